//! A base: everything that one loop has.
//!
//! ```text
//!   struct event_base *  ->  Base { Exclusive<Core> | .. }     Core { head as in 1.4 | our own }
//! ```
//! The first words are where libevent 1.4 has them: programs with copied internal headers read
//! them. A base is used by one thread at a time. It may be freed inside its own callbacks: then
//! it lets go of everything at once, and the outermost loop frees the shell (`Flags::DOOMED`).

use super::backend::{Backend, Method, Poller};
use super::fds::Fds;
use super::late::LateWork;
use super::queue::Queues;
use super::signal::Signals;
use super::time::{Clock, Timers};
use super::wakeup::Wakeup;
use super::watch::Watches;
use crate::errno::{Errno, Result};
use crate::globals;
use crate::layout::event::{EVLIST_INIT, EVLIST_KIND, EventPtr};
use crate::layout::exclusive::Exclusive;
use crate::layout::handle::Handle;
use crate::layout::once::{Async, Once};
use crate::layout::pinned::Pinned;
use crate::layout::records::Records;
use crate::sys::{fork, mem};
use std::ffi::{CStr, c_int};
use std::sync::atomic::{AtomicI32, AtomicU32, Ordering::Relaxed};

#[repr(C)]
pub struct Base {
    core: Exclusive<Core>,
    method: &'static Method,
    /// How many priorities there are. Here, because `event_set` asks the current base, which may
    /// be at work in another thread.
    priorities: AtomicI32,
    pub flags: Flags,
}

/// What is asked of a loop: at any time, also by a signal handler that interrupts it.
pub struct Flags(AtomicU32);

impl Flags {
    /// loopexit has fired.
    pub const EXIT: u32 = 1;
    /// loopbreak was called.
    pub const BREAK: u32 = 2;
    /// The base was freed while its loops run.
    pub const DOOMED: u32 = 4;
    /// What ends the loop.
    pub const END: u32 = Self::EXIT | Self::BREAK | Self::DOOMED;
    /// loopcontinue was called.
    pub const CONTINUE: u32 = 8;
    /// What ends a round of callbacks.
    pub const HALT: u32 = Self::BREAK | Self::CONTINUE | Self::DOOMED;

    #[inline]
    pub fn any(&self, bits: u32) -> bool {
        self.0.load(Relaxed) & bits != 0
    }

    pub fn set(&self, bits: u32) {
        self.0.fetch_or(bits, Relaxed);
    }

    pub fn clear(&self, bits: u32) {
        self.0.fetch_and(!bits, Relaxed);
    }
}

impl Base {
    fn new(core: Core, method: &'static Method) -> Base {
        Base {
            core: Exclusive::new(core),
            method,
            priorities: AtomicI32::new(1),
            flags: Flags(AtomicU32::new(0)),
        }
    }

    /// Runs one operation on the base; `EBUSY` if that interrupts another one.
    #[inline]
    pub fn try_enter<R>(&self, operation: impl FnOnce(&mut Core) -> R) -> Result<R> {
        self.core.try_enter(operation)
    }

    /// Runs one operation of the loop.
    #[inline]
    pub fn enter<R>(&self, operation: impl FnOnce(&mut Core) -> R) -> R {
        self.core.enter(operation)
    }

    pub fn method_name(&self) -> &'static CStr {
        self.method.name
    }

    pub fn priorities(&self) -> c_int {
        self.priorities.load(Relaxed)
    }

    /// What an event gets that is not told otherwise: the middle.
    pub fn middle_priority(&self) -> c_int {
        self.priorities() / 2
    }

    /// How many priorities there are to be; `EINVAL` while any event is active.
    pub fn set_priorities(&self, count: c_int) -> Result<()> {
        self.try_enter(|core| core.set_priorities(count))??;
        self.priorities.store(count, Relaxed);
        Ok(())
    }
}

/// A base that is alive.
pub type BasePtr = Handle<Base>;

/// How the last loop ended, for `event_base_got_exit` and `_got_break`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    No,
    Exit,
    Break,
}

#[repr(C)]
pub struct Core {
    /// 1.4: `evsel`, `evbase`.
    reserved: [usize; 2],
    /// Memberships (in a slot or signal list, in the heap, in a queue) of events that count.
    pub event_count: c_int,
    /// Events in queues.
    pub active_count: c_int,
    pub ended: Ended,
    /// Loops running on this base, one inside the other.
    pub depth: u32,
    /// Reports that no registration explains, since the backend last started over.
    pub stale_reports: u32,
    fork_generation: u32,
    pub clock: Clock,
    pub queues: Queues,
    pub timers: Timers,
    pub fds: Fds,
    pub signals: Signals,
    pub backend: Backend,
    /// At home between waits; a wait has it for itself.
    pub poller: Option<Box<Poller>>,
    pub wakeup: Option<Pinned<Wakeup>>,
    pub once: Records<Once>,
    pub asyncs: Records<Async>,
    pub watches: Watches,
    pub late: LateWork,
}

#[cfg(target_pointer_width = "64")]
const _: () = {
    use std::mem::offset_of;
    assert!(offset_of!(Core, event_count) == 16);
    assert!(offset_of!(Core, active_count) == 20);
    assert!(offset_of!(Base, core) == 0);
};

/// Why there is no base.
pub enum NewError {
    NoMethod,
    System(Errno),
}

impl From<Errno> for NewError {
    fn from(error: Errno) -> NewError {
        NewError::System(error)
    }
}

/// A new base, not the current one.
pub fn create() -> Result<BasePtr, NewError> {
    fork::watch();
    let backend = Backend::open()?.ok_or(NewError::NoMethod)?;
    let method = backend.method();
    let base = mem::try_box(Base::new(Core::new(backend)?, method))?;
    globals::reset_signal_globals();
    Ok(Handle::leak(base))
}

/// Lets go of all events (their memory is the program's) and frees the base: at once, or when
/// its outermost loop returns.
pub fn free(base: BasePtr) -> Result<()> {
    let running = base.try_enter(|core| {
        core.let_go();
        core.depth > 0
    })?;
    globals::forget_current(base.as_ptr());
    base.flags.set(Flags::DOOMED);
    if !running {
        base.dispose();
    }
    Ok(())
}

impl Core {
    fn new(backend: Backend) -> Result<Core> {
        let poller = Some(backend.poller()?);
        Ok(Core {
            reserved: [0; 2],
            event_count: 0,
            active_count: 0,
            ended: Ended::No,
            depth: 0,
            stale_reports: 0,
            fork_generation: fork::generation(),
            clock: Clock::new(),
            queues: Queues::new(1)?,
            timers: Timers::new(),
            fds: Fds::try_new()?,
            signals: Signals::try_new()?,
            backend,
            poller,
            wakeup: None,
            once: Records::try_new()?,
            asyncs: Records::try_new()?,
            watches: Watches::try_new()?,
            late: LateWork::try_new()?,
        })
    }

    fn set_priorities(&mut self, count: c_int) -> Result<()> {
        let count = Queues::check_count(count)?;
        if self.active_count > 0 {
            return Err(Errno::INVAL);
        }
        if count != self.queues.len() {
            self.queues = Queues::new(count)?;
        }
        Ok(())
    }

    /// As `Base::middle_priority`, from within.
    pub fn middle_priority(&self) -> c_int {
        self.queues.len() as c_int / 2
    }

    /// In a child of fork, everything shared with the parent is replaced before it is first
    /// touched, even if the program forgets `event_reinit`.
    #[inline]
    pub fn own_backend(&mut self) -> Result<()> {
        if self.fork_generation == fork::generation() { Ok(()) } else { self.adopt() }
    }

    #[cold]
    #[inline(never)]
    fn adopt(&mut self) -> Result<()> {
        self.reinit()
    }

    /// A fresh backend and wake-up channel; everything is registered anew. The first event that
    /// could not be is the error, the others are done all the same.
    pub fn reinit(&mut self) -> Result<()> {
        let closed = self.fds.retire_closed();
        self.backend.reopen()?;
        self.fork_generation = fork::generation();
        let wakeup = self.renew_wakeup();
        let registered = self.fds.register_all(&mut self.backend);
        closed.and(wakeup).and(registered)
    }

    /// Gets rid of kernel entries that can no longer be named (see `backend/epoll.rs`).
    pub fn start_over(&mut self) {
        self.stale_reports = 0;
        let _ = self.fds.retire_closed();
        if self.backend.reopen().is_ok() {
            // What fails here was closed: it has been set aside.
            let _ = self.fds.register_all(&mut self.backend);
        }
    }

    /// Lets go of everything. Once when the base is freed, and again when its outermost loop has
    /// returned: the callback that freed it may have gone on adding.
    pub fn let_go(&mut self) {
        self.fds.drain(orphan);
        self.signals.drain(orphan);
        self.signals.release();
        while let Some((_, event)) = self.timers.next() {
            self.timers.remove(event);
            orphan(event);
        }
        while let Some(event) = self.queues.any() {
            Queues::remove(event);
            orphan(event);
        }
        while let Some(record) = self.once.front() {
            record.free();
        }
        while let Some(handle) = self.asyncs.front() {
            handle.orphan();
            handle.detach();
        }
        self.watches.free_all();
        while let Some(work) = self.next_late() {
            work.orphan();
        }
        self.backend = Backend::none();
        self.wakeup = None;
    }
}

/// An event without a base: initialised, not pending, and harmless to delete. Its other lists
/// let go of it in their turn.
fn orphan(event: EventPtr) {
    event.ev_flags.set(event.ev_flags.get() & EVLIST_KIND | EVLIST_INIT);
    event.ev_ncalls.set(0);
    event.ev_base.set(std::ptr::null_mut());
}
