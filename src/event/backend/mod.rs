//! Backends: what watches descriptors and waits.
//!
//! The contract of one, for each descriptor's `Slot`:
//!
//! * `apply(fd, slot, want)` makes the kernel watch just `want`. It is all or nothing; `EBADF` for
//!   a closed descriptor. Told to want nothing, it succeeds, whatever became of the descriptor.
//!   It keeps `slot.armed` (what the kernel watches now) and `slot.known` (the kernel has an
//!   entry, perhaps disarmed).
//! * `Applied::Renewed` says that the kernel had lost the entry: the descriptor was closed and its
//!   number re-used, so what was in the slot before is stale.
//! * The wait is made by the other half, the `Poller`, while a signal handler may enter the base:
//!   `prepare` tells it all that it needs. Then `reports` tells one by one what is
//!   ready.
//! * With `ONESHOT` the kernel disarms the entry when it reports (`after_report`). A backend
//!   without it leaves the bit out of `armed`.
//! * `reopen` starts over with a fresh kernel object that knows nothing.

#[cfg(has_epoll)]
mod epoll;
#[cfg(has_kqueue)]
mod kqueue;
mod method;
mod poll;
mod select;
mod spare;

use super::fds::Slot;
use crate::errno::{Errno, Result};
use crate::sys::{Timeout, mem};
use std::ffi::{c_int, c_short};

pub use method::Method;

/// What to watch: `EV_READ`, `EV_WRITE`, and how.
pub type Interest = u8;
pub const READ: Interest = 0x02;
pub const WRITE: Interest = 0x04;
pub const BOTH: Interest = READ | WRITE;
pub const ONESHOT: Interest = 0x40;
pub const EDGE: Interest = 0x80;

#[derive(Debug, PartialEq, Eq)]
pub enum Applied {
    Kept,
    Renewed,
}

/// Something about a descriptor.
#[derive(Clone, Copy)]
pub struct Report {
    pub fd: c_int,
    /// `EV_READ`, `EV_WRITE`; 0: the descriptor turned out to be closed.
    pub what: c_short,
    /// The slot's generation at registration. Backends in which the kernel does not keep it leave
    /// it 0 in slots, too.
    pub generation: u32,
}

#[repr(u8)]
pub enum Backend {
    #[cfg(has_epoll)]
    Epoll(epoll::Epoll),
    #[cfg(has_kqueue)]
    Kqueue(kqueue::Kqueue),
    Poll(poll::Poll),
    Select(select::Select),
}

/// The other half: who waits. It has memory of its own, so that the base may be entered meanwhile.
#[repr(u8)]
pub enum Poller {
    #[cfg(has_epoll)]
    Epoll(epoll::Poller),
    #[cfg(has_kqueue)]
    Kqueue(kqueue::Poller),
    Poll(poll::Poller),
    Select(select::Poller),
}

/// Calls the same method of whichever backend it is.
macro_rules! each {
    ($kind:ident, $self:expr, $backend:ident => $call:expr) => {
        match $self {
            #[cfg(has_epoll)]
            $kind::Epoll($backend) => $call,
            #[cfg(has_kqueue)]
            $kind::Kqueue($backend) => $call,
            $kind::Poll($backend) => $call,
            $kind::Select($backend) => $call,
        }
    };
}

impl Backend {
    /// The best mechanism that the environment allows; `Ok(None)` if it allows none.
    ///
    /// One that the kernel lacks is passed over; running out of descriptors or memory is an
    /// error (behaviour 54).
    pub fn open() -> Result<Option<Backend>> {
        for method in method::allowed() {
            match method.open() {
                Ok(backend) => return Ok(Some(backend)),
                Err(error @ (Errno(libc::EMFILE | libc::ENFILE) | Errno::NOMEM)) => {
                    return Err(error);
                }
                Err(_) => {}
            }
        }
        Ok(None)
    }

    /// One without a kernel object, for a base that is to be freed.
    pub fn none() -> Backend {
        Backend::Select(select::Select::new())
    }

    pub fn method(&self) -> &'static Method {
        match self {
            #[cfg(has_epoll)]
            Backend::Epoll(_) => &method::EPOLL,
            #[cfg(has_kqueue)]
            Backend::Kqueue(_) => &method::KQUEUE,
            Backend::Poll(_) => &method::POLL,
            Backend::Select(_) => &method::SELECT,
        }
    }

    /// Starts over with a fresh kernel object (after a fork, or to get rid of stale entries).
    pub fn reopen(&mut self) -> Result<()> {
        *self = self.method().open()?;
        Ok(())
    }

    #[inline]
    pub fn apply(&mut self, fd: c_int, slot: &Slot, want: Interest) -> Result<Applied> {
        each!(Backend, self, backend => backend.apply(fd, slot, want))
    }

    /// Tells the poller what to wait for.
    #[inline(always)]
    pub fn prepare(&mut self, poller: &mut Poller) -> Result<()> {
        #[cfg(has_epoll)]
        if let (Backend::Epoll(epoll), Poller::Epoll(poller)) = (&*self, &mut *poller) {
            epoll.prepare(poller);
            return Ok(());
        }
        self.prepare_other(poller)
    }

    #[inline(never)]
    fn prepare_other(&mut self, poller: &mut Poller) -> Result<()> {
        match (self, poller) {
            #[cfg(has_kqueue)]
            (Backend::Kqueue(kqueue), Poller::Kqueue(poller)) => kqueue.prepare(poller),
            (Backend::Poll(poll), Poller::Poll(poller)) => poll.prepare(poller),
            (Backend::Select(select), Poller::Select(poller)) => select.prepare(poller),
            // Only the backend of a base that is freed is another one; it does not wait.
            _ => return Err(Errno::BADF),
        }
        Ok(())
    }

    /// What is still armed after a report of `what` on an entry that was one-shot.
    #[inline]
    pub fn after_report(&self, armed: Interest, what: c_short) -> Interest {
        match self {
            #[cfg(has_kqueue)]
            Backend::Kqueue(_) => kqueue::after_report(armed, what),
            _ => {
                let _ = (armed, what);
                0
            }
        }
    }

    /// Does an entry with `EDGE` report changes alone, so that nobody need drain the descriptor?
    pub fn reports_edges(&self) -> bool {
        !matches!(self, Backend::Poll(_) | Backend::Select(_))
    }

    /// The poller that belongs to this backend.
    pub fn poller(&self) -> Result<Box<Poller>> {
        mem::try_box(match self {
            #[cfg(has_epoll)]
            Backend::Epoll(_) => Poller::Epoll(epoll::Poller::new()?),
            #[cfg(has_kqueue)]
            Backend::Kqueue(_) => Poller::Kqueue(kqueue::Poller::new()?),
            Backend::Poll(_) => Poller::Poll(poll::Poller::new()),
            Backend::Select(_) => Poller::Select(select::Poller::new()),
        })
    }
}

impl Poller {
    #[inline]
    pub fn wait(&mut self, timeout: Timeout) -> Result<()> {
        each!(Poller, self, poller => poller.wait(timeout))
    }

    /// Makes room after a wait that filled what there was.
    #[inline]
    pub fn grow(&mut self) {
        match self {
            #[cfg(has_epoll)]
            Poller::Epoll(epoll) => epoll.grow(),
            #[cfg(has_kqueue)]
            Poller::Kqueue(kqueue) => kqueue.grow(),
            Poller::Poll(_) | Poller::Select(_) => {}
        }
    }
}
