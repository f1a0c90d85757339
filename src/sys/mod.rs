//! Every call of the C library and the kernel, with safe signatures and `Result<_, Errno>`.
//!
//! The one seam to the outside: nothing above it names `libc` functions. One of the three rooms
//! where `unsafe` is allowed.

pub mod accept;
pub mod address;
pub mod clock;
pub mod datagram;
#[cfg(has_epoll)]
pub mod epoll;
pub mod fault;
pub mod fd;
pub mod file;
pub mod fork;
pub mod host;
pub mod inet;
#[cfg(has_kqueue)]
pub mod kqueue;
pub mod map;
pub mod mem;
pub mod poll;
pub mod process;
pub mod random;
pub mod select;
pub mod sendfile;
pub mod service;
pub mod signal;
pub mod socket;
pub mod stdio;
pub mod symbol;
pub mod text;
#[allow(dead_code)]
pub mod thread;
pub mod wake;

use crate::errno::{Errno, Result};
use std::ffi::c_int;

/// The convention of system calls: -1 means `errno`.
fn check(result: c_int) -> Result<c_int> {
    if result == -1 { Err(Errno::last()) } else { Ok(result) }
}

/// How long a wait may last, in microseconds; for ever is the largest number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeout(u64);

impl Timeout {
    pub const NOW: Timeout = Timeout(0);
    pub const NEVER: Timeout = Timeout(u64::MAX);

    pub const fn micros(us: u64) -> Timeout {
        Timeout(us)
    }

    /// What a program says in seconds: negative or endless is no bound; less than a microsecond
    /// is one. `EINVAL`: not a number.
    #[inline]
    pub fn seconds(seconds: f64) -> Result<Timeout> {
        if seconds < 0.0 {
            Ok(Timeout::NEVER)
        } else if seconds == 0.0 {
            Ok(Timeout::NOW)
        } else {
            Timeout::some_seconds(seconds)
        }
    }

    fn some_seconds(seconds: f64) -> Result<Timeout> {
        if seconds.is_nan() {
            return Err(Errno::INVAL);
        }
        if seconds.is_infinite() {
            return Ok(Timeout::NEVER);
        }
        // Casts saturate; what is longer than the loop's clock can tell is as long as it can.
        let (us, most) = (seconds * 1e6, i64::MAX as u64);
        let whole = (us as u64).min(most);
        Ok(Timeout((whole + u64::from(us > whole as f64)).clamp(1, most)))
    }

    /// The bound, if there is one.
    pub fn bound(self) -> Option<u64> {
        (self != Timeout::NEVER).then_some(self.0)
    }

    /// Milliseconds for calls that take no less, rounded up; -1 is for ever.
    pub fn millis(self) -> c_int {
        match self.bound() {
            None => -1,
            Some(us) => c_int::try_from(us.div_ceil(1000)).unwrap_or(c_int::MAX),
        }
    }

    pub fn timespec(self) -> Option<libc::timespec> {
        self.bound().map(|us| libc::timespec {
            tv_sec: (us / 1_000_000) as libc::time_t,
            tv_nsec: (us % 1_000_000 * 1000) as _,
        })
    }
}
