//! Signal events: lists per signal, fed by the process's handler through the wake-up channel.

use super::base::Core;
use crate::errno::{Errno, Result};
use crate::layout::event::{EVLIST_ACTIVE, EventPtr};
use crate::layout::lists::SourceList;
use crate::layout::pinned::Pinned;
use crate::sys::signal::{NSIG, Watcher, can_be_caught};
use crate::sys::wake::Wake;
use std::ffi::{c_int, c_short};

pub struct Signals {
    lists: Pinned<[SourceList; NSIG]>,
    watcher: Option<&'static Watcher>,
}

impl Signals {
    pub fn try_new() -> Result<Signals> {
        let lists = Pinned::try_new([const { SourceList::new() }; NSIG])?;
        Ok(Signals { lists, watcher: None })
    }

    /// The handler wakes through another channel from now on.
    pub fn move_to(&self, wake: &Wake) {
        if let Some(watcher) = self.watcher {
            watcher.move_to(wake);
        }
    }

    /// Gives the watcher back; every signal gets its old action, unless others watch it.
    pub fn release(&mut self) {
        if let Some(watcher) = self.watcher.take() {
            watcher.release();
        }
    }

    /// Unlinks all signal events.
    pub fn drain(&mut self, mut each: impl FnMut(EventPtr)) {
        for list in self.lists.iter() {
            while let Some(event) = list.front() {
                SourceList::remove(event);
                each(event);
            }
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = EventPtr> {
        self.lists.iter().flat_map(SourceList::iter)
    }
}

impl Core {
    /// Puts a signal event into its list; the first one of a signal starts the watch.
    pub fn attach_signal(&mut self, event: EventPtr) -> Result<()> {
        let signal = event.ev_fd.get();
        if !can_be_caught(signal) {
            return Err(Errno::INVAL);
        }
        self.own_backend()?;
        if self.signals.lists[signal as usize].is_empty() {
            let watcher = self.watcher()?;
            watcher.watch(signal)?;
        }
        self.signals.lists[signal as usize].push_back(event);
        Ok(())
    }

    fn watcher(&mut self) -> Result<&'static Watcher> {
        if let Some(watcher) = self.signals.watcher {
            return Ok(watcher);
        }
        let watcher = Watcher::acquire(self.wake()?)?;
        self.signals.watcher = Some(watcher);
        Ok(watcher)
    }

    /// Takes a signal event out; the last one of a signal brings the old action back.
    pub fn detach_signal(&mut self, event: EventPtr) {
        SourceList::remove(event);
        let signal = event.ev_fd.get();
        let Some(list) = self.signals.lists.get(signal as usize) else { return };
        if list.is_empty()
            && let Some(watcher) = self.signals.watcher
        {
            watcher.unwatch(signal);
        }
    }

    /// Activates what the signals that came are for, in ascending order. Counts that do not fit
    /// an event's call count stay for the next round.
    pub fn collect_signals(&mut self) {
        let Some(watcher) = self.signals.watcher else { return };
        let mut left = false;
        let mut watched = watcher.watched();
        while watched != 0 {
            let signal = watched.trailing_zeros() as c_int + 1;
            watched &= watched - 1;
            let calls = watcher.take(signal, c_short::MAX as u32) as c_short;
            if calls == 0 {
                continue;
            }
            left |= calls == c_short::MAX;
            let mut at = self.signals.lists[signal as usize].front();
            while let Some(event) = at {
                at = self.signals.lists[signal as usize].after(event);
                self.activate_signal(event, calls);
            }
        }
        if left {
            self.wake_again();
        }
    }

    /// Deliveries add up while the event waits for its turn: none is lost.
    fn activate_signal(&mut self, event: EventPtr, calls: c_short) {
        use crate::layout::event::EV_SIGNAL;
        if event.is(EVLIST_ACTIVE) && event.ev_res.get() & c_int::from(EV_SIGNAL) != 0 {
            event.ev_ncalls.set(event.ev_ncalls.get().saturating_add(calls));
        } else {
            self.activate(event, c_int::from(EV_SIGNAL), calls);
        }
    }
}
