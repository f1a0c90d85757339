//! Socket addresses, from C's form and to it.

use crate::errno::{Errno, Result};
use libc::{sockaddr, sockaddr_in, sockaddr_in6, sockaddr_storage, socklen_t};
use std::ffi::c_int;
use std::mem::{size_of, zeroed};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};

/// The address, and how many of its bytes count.
pub fn to_raw(address: SocketAddr) -> (sockaddr_storage, socklen_t) {
    // SAFETY: all zero is a storage without an address.
    let mut raw: sockaddr_storage = unsafe { zeroed() };
    let place = &raw mut raw;
    let length = match address {
        SocketAddr::V4(address) => {
            // SAFETY: all zero is an address, to be filled; a storage has room and alignment.
            let v4 = unsafe { &mut *place.cast::<sockaddr_in>() };
            v4.sin_family = libc::AF_INET as _;
            v4.sin_port = address.port().to_be();
            v4.sin_addr.s_addr = u32::from(*address.ip()).to_be();
            size_of::<sockaddr_in>()
        }
        SocketAddr::V6(address) => {
            // SAFETY: as above.
            let v6 = unsafe { &mut *place.cast::<sockaddr_in6>() };
            v6.sin6_family = libc::AF_INET6 as _;
            v6.sin6_port = address.port().to_be();
            v6.sin6_flowinfo = address.flowinfo();
            v6.sin6_addr.s6_addr = address.ip().octets();
            v6.sin6_scope_id = address.scope_id();
            size_of::<sockaddr_in6>()
        }
    };
    (raw, length as socklen_t)
}

/// The address of a C caller or of the kernel. `EAFNOSUPPORT`: neither IPv4 nor IPv6; `EINVAL`:
/// too short for that.
///
/// # Safety
/// `raw` has `length` bytes.
pub unsafe fn from_raw(raw: *const sockaddr, length: socklen_t) -> Result<SocketAddr> {
    let length = length as usize;
    if raw.is_null() || length < size_of::<sockaddr>() {
        return Err(Errno::INVAL);
    }
    // SAFETY: long enough for the family; fields are read where they may be unaligned.
    match c_int::from(unsafe { (&raw const (*raw).sa_family).read_unaligned() }) {
        libc::AF_INET if length >= size_of::<sockaddr_in>() => {
            // SAFETY: long enough.
            let v4 = unsafe { raw.cast::<sockaddr_in>().read_unaligned() };
            let ip = Ipv4Addr::from(u32::from_be(v4.sin_addr.s_addr));
            Ok(SocketAddrV4::new(ip, u16::from_be(v4.sin_port)).into())
        }
        libc::AF_INET6 if length >= size_of::<sockaddr_in6>() => {
            // SAFETY: long enough.
            let v6 = unsafe { raw.cast::<sockaddr_in6>().read_unaligned() };
            let (ip, port) = (Ipv6Addr::from(v6.sin6_addr.s6_addr), u16::from_be(v6.sin6_port));
            Ok(SocketAddrV6::new(ip, port, v6.sin6_flowinfo, v6.sin6_scope_id).into())
        }
        libc::AF_INET | libc::AF_INET6 => Err(Errno::INVAL),
        _ => Err(Errno(libc::EAFNOSUPPORT)),
    }
}

/// The number of a network interface, by its name or as digits: what follows the `%` of an
/// address.
pub fn scope(name: &[u8]) -> Option<u32> {
    let mut terminated = [0_u8; libc::IFNAMSIZ];
    let room = terminated.len() - 1;
    terminated[..room].get_mut(..name.len())?.copy_from_slice(name);
    // SAFETY: terminated, for at least its last byte is 0.
    match unsafe { libc::if_nametoindex(terminated.as_ptr().cast()) } {
        0 => std::str::from_utf8(name).ok()?.parse().ok(),
        index => Some(index),
    }
}
