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
//! * `wait` waits; then `report(i)`, for i below `ready()`, tells one by one what is ready.
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

use super::fds::Slot;
use crate::errno::{Errno, Result};
use crate::sys::Timeout;
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

/// Calls the same method of whichever backend it is.
macro_rules! each {
    ($self:expr, $backend:ident => $call:expr) => {
        match $self {
            #[cfg(has_epoll)]
            Backend::Epoll($backend) => $call,
            #[cfg(has_kqueue)]
            Backend::Kqueue($backend) => $call,
            Backend::Poll($backend) => $call,
            Backend::Select($backend) => $call,
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
        each!(self, backend => backend.apply(fd, slot, want))
    }

    #[inline]
    pub fn wait(&mut self, timeout: Timeout) -> Result<()> {
        each!(self, backend => backend.wait(timeout))
    }

    #[inline]
    pub fn ready(&self) -> usize {
        each!(self, backend => backend.ready())
    }

    #[inline]
    pub fn report(&self, index: usize) -> Report {
        each!(self, backend => backend.report(index))
    }

    /// Makes room after a wait that filled what there was.
    #[inline]
    pub fn grow(&mut self) {
        match self {
            #[cfg(has_epoll)]
            Backend::Epoll(epoll) => epoll.grow(),
            #[cfg(has_kqueue)]
            Backend::Kqueue(kqueue) => kqueue.grow(),
            Backend::Poll(_) | Backend::Select(_) => {}
        }
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
}
