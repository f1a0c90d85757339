//! epoll(7).

use super::fd::{owned, set_close_on_exec};
use super::{Timeout, check};
use crate::errno::{Errno, Result};
use libc::{EPOLL_CTL_ADD, EPOLL_CTL_DEL, EPOLL_CTL_MOD, epoll_event};
use std::ffi::c_int;
use std::os::fd::{AsRawFd, OwnedFd};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

pub use libc::{EPOLLERR, EPOLLET, EPOLLHUP, EPOLLIN, EPOLLONESHOT, EPOLLOUT};
pub type Event = epoll_event;

pub struct Epoll {
    fd: OwnedFd,
}

/// Set once the kernel (ENOSYS) or a sandbox (EPERM) has refused `epoll_pwait2`.
static NO_PWAIT2: AtomicBool = AtomicBool::new(false);

impl Epoll {
    pub fn new() -> Result<Epoll> {
        // SAFETY: no pointers.
        match owned(unsafe { libc::epoll_create1(libc::EPOLL_CLOEXEC) }) {
            Err(Errno::NOSYS | Errno::PERM) => {
                // SAFETY: no pointers; the size is a hint that must be positive.
                let fd = owned(unsafe { libc::epoll_create(1024) })?;
                set_close_on_exec(fd.as_raw_fd())?;
                Ok(Epoll { fd })
            }
            made => made.map(|fd| Epoll { fd }),
        }
    }

    pub fn add(&self, fd: c_int, events: u32, data: u64) -> Result<()> {
        self.ctl(EPOLL_CTL_ADD, fd, events, data)
    }

    pub fn modify(&self, fd: c_int, events: u32, data: u64) -> Result<()> {
        self.ctl(EPOLL_CTL_MOD, fd, events, data)
    }

    pub fn delete(&self, fd: c_int) -> Result<()> {
        self.ctl(EPOLL_CTL_DEL, fd, 0, 0)
    }

    fn ctl(&self, op: c_int, fd: c_int, events: u32, data: u64) -> Result<()> {
        let mut event = epoll_event { events, u64: data };
        // SAFETY: `event` is readable for the length of the call.
        check(unsafe { libc::epoll_ctl(self.fd.as_raw_fd(), op, fd, &mut event) }).map(drop)
    }

    pub fn fd(&self) -> c_int {
        self.fd.as_raw_fd()
    }
}

/// Waits on the set with this number; how many of `events` were filled.
#[inline]
pub fn wait(set: c_int, events: &mut [Event], timeout: Timeout) -> Result<usize> {
    let room = events.len() as c_int;
    let millis = match timeout {
        Timeout::NOW => 0,
        Timeout::NEVER => -1,
        _ if !NO_PWAIT2.load(Relaxed) => match pwait2(set, events, room, timeout) {
            Err(Errno::NOSYS | Errno::PERM) => {
                NO_PWAIT2.store(true, Relaxed);
                timeout.millis()
            }
            result => return result,
        },
        _ => timeout.millis(),
    };
    // SAFETY: `events` is writable for `room` entries.
    let n = check(unsafe { libc::epoll_wait(set, events.as_mut_ptr(), room, millis) })?;
    Ok(n as usize)
}

/// `epoll_wait` to the microsecond. By number: older C libraries have no name for it.
#[cold]
fn pwait2(set: c_int, events: &mut [Event], room: c_int, timeout: Timeout) -> Result<usize> {
    const SYS_EPOLL_PWAIT2: libc::c_long = 441;
    let timespec = timeout.timespec();
    let timespec = timespec.as_ref().map_or(std::ptr::null(), std::ptr::from_ref);
    // SAFETY: `events` is writable for `room` entries, `timespec` is NULL or readable, and the
    // signal mask is NULL.
    let n = unsafe {
        libc::syscall(
            SYS_EPOLL_PWAIT2,
            set,
            events.as_mut_ptr(),
            room,
            timespec,
            std::ptr::null::<libc::sigset_t>(),
            0_usize,
        )
    };
    usize::try_from(n).map_err(|_| Errno::last())
}
