//! Services by name, from the machine's own list.

use std::ffi::{CStr, c_int};
use std::mem::zeroed;
use std::ptr;

/// The port of a service ("http", or digits), for a kind of sockets (0: any). The error is
/// `getaddrinfo`'s. No host is looked up, so that nothing is asked of anybody.
pub fn port(service: &CStr, kind: c_int, digits_only: bool) -> Result<u16, c_int> {
    // SAFETY: all zero is a valid wish for anything.
    let mut hints: libc::addrinfo = unsafe { zeroed() };
    hints.ai_family = libc::AF_INET;
    hints.ai_socktype = kind;
    hints.ai_flags = libc::AI_PASSIVE | if digits_only { libc::AI_NUMERICSERV } else { 0 };
    let mut found = ptr::null_mut();
    // SAFETY: the string is terminated, the place writable.
    let error = unsafe {
        libc::getaddrinfo(ptr::null(), service.as_ptr(), &raw const hints, &raw mut found)
    };
    if error != 0 {
        return Err(error);
    }
    // SAFETY: success gives a list of at least one, of the family that was asked for.
    unsafe {
        let address = (*found).ai_addr.cast::<libc::sockaddr_in>().read_unaligned();
        libc::freeaddrinfo(found);
        Ok(u16::from_be(address.sin_port))
    }
}
