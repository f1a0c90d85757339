//! select(2), over sets that grow beyond FD_SETSIZE.
//!
//! The kernel takes sets of any length, as arrays of longs; only the C macros are limited.

use super::{Timeout, check};
use crate::errno::Result;
use libc::{fd_set, timeval};
use std::ffi::{c_int, c_ulong};

pub type Word = c_ulong;
pub const WORD_BITS: usize = Word::BITS as usize;

/// Waits until a descriptor below `count` is ready. `read` and `write` hold at least `count`
/// bits; on return, those that are ready.
pub fn select(
    count: usize,
    read: &mut [Word],
    write: &mut [Word],
    timeout: Timeout,
) -> Result<usize> {
    assert!(count <= read.len() * WORD_BITS && count <= write.len() * WORD_BITS);
    let mut tv = timeout
        .timespec()
        .map(|ts| timeval { tv_sec: ts.tv_sec, tv_usec: (ts.tv_nsec / 1000) as libc::suseconds_t });
    let tv = tv.as_mut().map_or(std::ptr::null_mut(), std::ptr::from_mut);
    // SAFETY: the kernel reads and writes `count` bits of each set: within the slices (asserted);
    // `tv` is NULL or writable.
    let n = check(unsafe {
        libc::select(
            count as c_int,
            read.as_mut_ptr().cast::<fd_set>(),
            write.as_mut_ptr().cast::<fd_set>(),
            std::ptr::null_mut(),
            tv,
        )
    })?;
    Ok(n as usize)
}
