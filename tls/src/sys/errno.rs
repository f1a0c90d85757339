//! The calling thread's `errno`.

pub fn set_errno(number: i32) {
    #[cfg(target_os = "linux")]
    // SAFETY: the address is the calling thread's own.
    unsafe {
        *libc::__errno_location() = number;
    }
    #[cfg(any(target_os = "macos", target_os = "ios", target_os = "freebsd"))]
    // SAFETY: as above.
    unsafe {
        *libc::__error() = number;
    }
    #[cfg(any(target_os = "netbsd", target_os = "openbsd"))]
    // SAFETY: as above.
    unsafe {
        *libc::__errno() = number;
    }
}
