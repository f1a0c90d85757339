//! The wake-up channel of a base, and async handles, which other threads send through it.
//!
//! The channel is made when first needed. It is watched by an event of the library's own that
//! does not count: it keeps no loop alive.

use super::base::{BasePtr, Core};
use crate::errno::Result;
use crate::layout::call::AsyncCallback;
use crate::layout::event::{
    EV_PERSIST, EV_READ, EVLIST_INIT, EVLIST_INTERNAL, EVLIST_WAKE, Event, EventPtr,
};
use crate::layout::lists::SourceList;
use crate::layout::once::{Async, make_async};
use crate::layout::pinned::Pinned;
use crate::layout::records::RecordPtr;
use crate::sys::wake::Wake;
use std::ffi::c_void;
use std::ptr;
use std::sync::atomic::Ordering::SeqCst;

pub struct Wakeup {
    event: Event,
    wake: Wake,
}

impl Wakeup {
    fn new() -> Result<Pinned<Wakeup>> {
        let wakeup = Pinned::try_new(Wakeup { event: Event::zeroed(), wake: Wake::new()? })?;
        wakeup.event.set_flags(EVLIST_INIT | EVLIST_INTERNAL | EVLIST_WAKE);
        wakeup.event.ev_events.set(EV_READ | EV_PERSIST);
        wakeup.event.ev_fd.set(wakeup.wake.fd());
        Ok(wakeup)
    }
}

impl Core {
    /// The channel, made if there is none.
    pub fn wake(&mut self) -> Result<&Wake> {
        let wakeup = match self.wakeup.take() {
            Some(wakeup) => wakeup,
            None => {
                let wakeup = Wakeup::new()?;
                self.fds.attach(&mut self.backend, EventPtr::of(&wakeup.event))?;
                wakeup
            }
        };
        Ok(&self.wakeup.insert(wakeup).wake)
    }

    /// A channel of this process's own, after a fork. The new backend learns of it with the rest.
    pub fn renew_wakeup(&mut self) -> Result<()> {
        let Some(old) = &self.wakeup else { return Ok(()) };
        let new = Wakeup::new()?;
        self.fds.attach(&mut self.backend, EventPtr::of(&new.event))?;
        SourceList::remove(EventPtr::of(&old.event));
        self.signals.move_to(&new.wake);
        for handle in self.asyncs.iter() {
            handle.wake.store(ptr::from_ref(&new.wake).cast_mut(), SeqCst);
        }
        // What was sent before is looked for once more.
        new.wake.send();
        self.wakeup = Some(new);
        Ok(())
    }

    /// Has the next round look for signals again.
    pub fn wake_again(&self) {
        if let Some(wakeup) = &self.wakeup {
            wakeup.wake.send();
        }
    }

    /// The channel was reported readable.
    #[cold]
    pub fn drain_wakeup(&mut self) {
        if let Some(wakeup) = &self.wakeup
            && !(wakeup.wake.is_counter() && self.backend.reports_edges())
        {
            wakeup.wake.drain();
        }
    }

    /// Was something sent since the last time?
    #[inline]
    pub fn was_woken(&self) -> bool {
        self.wakeup.as_ref().is_some_and(|wakeup| wakeup.wake.take())
    }

    /// Activates the async handles that were sent.
    pub fn collect_asyncs(&mut self) {
        let mut at = self.asyncs.front();
        while let Some(handle) = at {
            at = self.asyncs.after(handle);
            if handle.pending.load(SeqCst) {
                self.activate(EventPtr::of(&handle.event), 0, 1);
            }
        }
    }

    fn open_async(
        &mut self,
        callback: AsyncCallback,
        arg: *mut c_void,
    ) -> Result<RecordPtr<Async>> {
        let wake = ptr::from_ref(self.wake()?).cast_mut();
        let handle = make_async(&self.asyncs, callback, arg)?;
        handle.wake.store(wake, SeqCst);
        handle.event.ev_pri.set(self.middle_priority());
        // An open handle keeps the loop alive: somebody may send.
        self.event_count += 1;
        Ok(handle)
    }
}

/// Opens a handle on the base.
pub fn open_async(
    base: BasePtr,
    callback: AsyncCallback,
    arg: *mut c_void,
) -> Result<RecordPtr<Async>> {
    let handle = base.try_enter(|core| core.open_async(callback, arg))??;
    handle.base.set(base.as_ptr());
    Ok(handle)
}

/// Closes and frees a handle of `base` (none if that was freed before).
pub fn close_async(base: Option<BasePtr>, handle: RecordPtr<Async>) -> Result<()> {
    if let Some(base) = base {
        base.try_enter(|core| {
            core.del(EventPtr::of(&handle.event));
            core.event_count -= 1;
        })?;
    }
    handle.free();
    Ok(())
}
