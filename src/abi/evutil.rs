//! `evutil.h`: small helpers.

use super::{fail, misuse, status};
use crate::log::Misuse;
use crate::sys::{fd, text};
use std::ffi::{c_char, c_int};

/// Makes a socket non-blocking; its other flags stay.
///
/// @param sock a descriptor
/// @return 0; -1 with errno (EBADF)
/// @see behaviour 182
#[unsafe(no_mangle)]
pub extern "C" fn evutil_make_socket_nonblocking(sock: c_int) -> c_int {
    status(fd::set_nonblocking(sock))
}

/// A pair of connected sockets: socketpair(2).
///
/// @param d domain, e.g. AF_UNIX
/// @param type SOCK_STREAM and so on
/// @param protocol usually 0
/// @param sv room for two descriptors, which the caller closes
/// @return 0; -1 with errno (EAFNOSUPPORT, EINVAL, EMFILE ...)
/// @see behaviour 183
///
/// # Safety
/// `sv` is NULL (EINVAL) or points to two ints.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evutil_socketpair(
    d: c_int,
    r#type: c_int,
    protocol: c_int,
    sv: *mut c_int,
) -> c_int {
    if sv.is_null() {
        return fail(misuse(Misuse::NullArgument, "evutil_socketpair"));
    }
    status(fd::socketpair(d, r#type, protocol).map(|pair| {
        // SAFETY: not NULL, and the caller's word.
        unsafe { sv.cast::<[c_int; 2]>().write(pair) }
    }))
}

/// Reads a 64-bit number: strtoll(3).
///
/// @param s the text
/// @param endptr if not NULL: where reading stopped
/// @param base 2 to 36, or 0 to go by the prefix
/// @return the number; INT64_MAX or INT64_MIN with errno ERANGE; 0 with EINVAL for a bad base
/// @see behaviour 183
///
/// # Safety
/// `s` is a string; `endptr` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evutil_strtoll(
    s: *const c_char,
    endptr: *mut *mut c_char,
    base: c_int,
) -> i64 {
    // SAFETY: the caller's word.
    unsafe { text::strtoll(s, endptr, base) }
}
