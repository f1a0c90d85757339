//! Every call of the C library and the kernel, with safe signatures and `Result<_, Errno>`.
//!
//! The one seam to the outside: nothing above it names `libc` functions. One of the three rooms
//! where `unsafe` is allowed.

pub mod clock;
#[cfg(has_epoll)]
pub mod epoll;
pub mod fd;
pub mod fork;
#[cfg(has_kqueue)]
pub mod kqueue;
pub mod mem;
pub mod poll;
pub mod process;
pub mod select;
pub mod signal;
pub mod stdio;
pub mod text;
pub mod wake;

use crate::errno::{Errno, Result};
use std::ffi::c_int;

/// The convention of system calls: -1 means `errno`.
fn check(result: c_int) -> Result<c_int> {
    if result == -1 { Err(Errno::last()) } else { Ok(result) }
}

/// How long a wait may last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timeout {
    Never,
    Micros(u64),
}

impl Timeout {
    pub const NOW: Timeout = Timeout::Micros(0);

    /// Milliseconds for calls that take no less, rounded up; -1 is for ever.
    pub fn millis(self) -> c_int {
        match self {
            Timeout::Never => -1,
            Timeout::Micros(us) => c_int::try_from(us.div_ceil(1000)).unwrap_or(c_int::MAX),
        }
    }

    pub fn timespec(self) -> Option<libc::timespec> {
        match self {
            Timeout::Never => None,
            Timeout::Micros(us) => Some(libc::timespec {
                tv_sec: (us / 1_000_000) as libc::time_t,
                tv_nsec: (us % 1_000_000 * 1000) as _,
            }),
        }
    }
}
