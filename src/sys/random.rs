//! Bytes that nobody can foresee.

use crate::errno::{Errno, Result};
use std::fs::File;
use std::io::Read;

/// Fills all of `bytes` from the system's random source; without one that is an error, and never
/// something that could be guessed.
pub fn fill(bytes: &mut [u8]) -> Result<()> {
    let mut filled = 0;
    while filled < bytes.len() {
        match some(&mut bytes[filled..]) {
            Ok(n) => filled += n,
            Err(Errno::INTR) => {}
            Err(_) => return from_file(&mut bytes[filled..]),
        }
    }
    Ok(())
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn some(bytes: &mut [u8]) -> Result<usize> {
    // SAFETY: the slice is writable for its length.
    let n = unsafe { libc::getrandom(bytes.as_mut_ptr().cast(), bytes.len(), 0) };
    usize::try_from(n).map_err(|_| Errno::last())
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn some(bytes: &mut [u8]) -> Result<usize> {
    let n = bytes.len().min(256);
    // SAFETY: the slice is writable for that length, of which 256 are allowed.
    super::check(unsafe { libc::getentropy(bytes.as_mut_ptr().cast(), n) }).map(|_| n)
}

/// Kernels and sandboxes without the call may have the file.
fn from_file(bytes: &mut [u8]) -> Result<()> {
    let read = |mut file: File| file.read_exact(bytes);
    File::open("/dev/urandom").and_then(read).map_err(Errno::from)
}
