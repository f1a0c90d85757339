//! Sending a file without reading it, and without SIGPIPE, which this call alone cannot be told to
//! keep to itself.

use crate::errno::{Errno, Result};
use std::ffi::c_int;

/// Sends a part of a file; 0: it has ended. `ENOSYS`, `EINVAL`: the system does not do that, or not
/// with this file.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub fn send_file(socket: c_int, file: c_int, offset: i64, length: usize) -> Result<usize> {
    let mut offset = libc::off_t::try_from(offset).map_err(|_| Errno::INVAL)?;
    quietly(length, || {
        // SAFETY: the place of the offset is writable.
        let n = unsafe { libc::sendfile(socket, file, &raw mut offset, length) };
        usize::try_from(n).map_err(|_| Errno::last())
    })
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub fn send_file(_: c_int, _: c_int, _: i64, _: usize) -> Result<usize> {
    Err(Errno(libc::ENOSYS))
}

/// Sends so many bytes, holds SIGPIPE back meanwhile, and takes away what `send` has caused. One
/// that waits already stays.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn quietly(length: usize, send: impl FnOnce() -> Result<usize>) -> Result<usize> {
    use std::mem::MaybeUninit;
    use std::ptr;

    let mut only_pipe = MaybeUninit::<libc::sigset_t>::uninit();
    let mut before = MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: the places are writable, and written by the first call that gets each of them.
    let waits_already = unsafe {
        libc::sigemptyset(only_pipe.as_mut_ptr());
        libc::sigaddset(only_pipe.as_mut_ptr(), libc::SIGPIPE);
        let error = libc::pthread_sigmask(libc::SIG_BLOCK, only_pipe.as_ptr(), before.as_mut_ptr());
        if error != 0 {
            return Err(Errno(libc::ENOSYS));
        }
        libc::sigismember(before.as_ptr(), libc::SIGPIPE) == 1 && is_pending()
    };
    let result = send();
    // SAFETY: both sets were written above.
    unsafe {
        // Also if some of it went out before the peer was found to have gone.
        if result != Ok(length) && !waits_already {
            let at_once = libc::timespec { tv_sec: 0, tv_nsec: 0 };
            libc::sigtimedwait(only_pipe.as_ptr(), ptr::null_mut(), &raw const at_once);
        }
        libc::pthread_sigmask(libc::SIG_SETMASK, before.as_ptr(), ptr::null_mut());
    }
    result
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn is_pending() -> bool {
    let mut pending = std::mem::MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: the place is writable, and written if the call succeeds.
    unsafe {
        libc::sigpending(pending.as_mut_ptr()) == 0
            && libc::sigismember(pending.as_ptr(), libc::SIGPIPE) == 1
    }
}
