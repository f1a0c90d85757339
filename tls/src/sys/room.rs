//! Memory to read into.

use std::mem::MaybeUninit;

/// Initialised memory for what needs none that is.
pub fn as_room(bytes: &mut [u8]) -> &mut [MaybeUninit<u8>] {
    // SAFETY: the same layout; `Stream::read` puts bytes there and nothing else.
    unsafe { &mut *(std::ptr::from_mut(bytes) as *mut [MaybeUninit<u8>]) }
}
