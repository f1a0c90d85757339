//! poll(2).

use super::{Timeout, check};
use crate::errno::Result;

pub use libc::{POLLERR, POLLHUP, POLLIN, POLLNVAL, POLLOUT, pollfd};

/// Waits; how many entries have something to tell.
pub fn poll(entries: &mut [pollfd], timeout: Timeout) -> Result<usize> {
    // SAFETY: `entries` is writable for its length.
    let n = check(unsafe {
        libc::poll(entries.as_mut_ptr(), entries.len() as libc::nfds_t, timeout.millis())
    })?;
    Ok(n as usize)
}
