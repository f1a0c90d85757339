//! Names of this machine.

use super::address;
use crate::errno::{Errno, Result};
use std::ffi::CString;
use std::mem::zeroed;
use std::net::SocketAddr;
use std::ptr;
use std::str::from_utf8;

/// The address to listen on: a literal of either family, or a name; IPv4 if it has both. `EINVAL`:
/// neither.
pub fn local(name: &[u8], port: u16) -> Result<SocketAddr> {
    let literal = from_utf8(name).ok().and_then(|text| text.parse().ok());
    if let Some(ip) = literal {
        return Ok(SocketAddr::new(ip, port));
    }
    [libc::AF_INET, libc::AF_INET6]
        .into_iter()
        .find_map(|family| first_of(name, family))
        .map(|address| SocketAddr::new(address.ip(), port))
        .ok_or(Errno::INVAL)
}

/// The first address of a name.
fn first_of(name: &[u8], family: i32) -> Option<SocketAddr> {
    let name = CString::new(name).ok()?;
    // SAFETY: all zero is a valid wish for anything.
    let mut hints: libc::addrinfo = unsafe { zeroed() };
    hints.ai_family = family;
    hints.ai_socktype = libc::SOCK_STREAM;
    let mut found = ptr::null_mut();
    // SAFETY: the name is terminated, the place writable.
    let error =
        unsafe { libc::getaddrinfo(name.as_ptr(), ptr::null(), &raw const hints, &raw mut found) };
    if error != 0 {
        return None;
    }
    // SAFETY: success gives a list of at least one, which is freed once.
    unsafe {
        let address = address::from_raw((*found).ai_addr, (*found).ai_addrlen);
        libc::freeaddrinfo(found);
        address.ok()
    }
}
