//! Internet addresses: from what the kernel and C have to what Rust has, and back.

use crate::errno::{Errno, Result};
use std::ffi::c_int;
use std::mem::{MaybeUninit, offset_of, size_of};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};

/// For calls of the system's: the address, and how many bytes of it count.
pub fn to_raw(address: SocketAddr) -> (libc::sockaddr_storage, libc::socklen_t) {
    let mut storage = MaybeUninit::<libc::sockaddr_storage>::zeroed();
    let length = match address {
        SocketAddr::V4(v4) => {
            // SAFETY: the storage is made to hold any address, and zeros are one.
            let place = unsafe { &mut *storage.as_mut_ptr().cast::<libc::sockaddr_in>() };
            place.sin_family = libc::AF_INET as libc::sa_family_t;
            place.sin_port = v4.port().to_be();
            place.sin_addr.s_addr = u32::from_ne_bytes(v4.ip().octets());
            size_of::<libc::sockaddr_in>()
        }
        SocketAddr::V6(v6) => {
            // SAFETY: as above.
            let place = unsafe { &mut *storage.as_mut_ptr().cast::<libc::sockaddr_in6>() };
            place.sin6_family = libc::AF_INET6 as libc::sa_family_t;
            place.sin6_port = v6.port().to_be();
            place.sin6_flowinfo = v6.flowinfo();
            place.sin6_addr.s6_addr = v6.ip().octets();
            place.sin6_scope_id = v6.scope_id();
            size_of::<libc::sockaddr_in6>()
        }
    };
    // SAFETY: zeroed, and partly written: no byte is uninitialised.
    let mut storage = unsafe { storage.assume_init() };
    set_length(&mut storage, length);
    (storage, length as libc::socklen_t)
}

/// Some systems keep the length inside, too.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn set_length(_: &mut libc::sockaddr_storage, _: usize) {}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn set_length(storage: &mut libc::sockaddr_storage, length: usize) {
    storage.ss_len = length as u8;
}

/// An address of the kernel's or of C's. `EAFNOSUPPORT`: neither IPv4 nor IPv6; `EINVAL`: too
/// short for what it says it is.
///
/// # Safety
/// `raw` is NULL (`EINVAL`) or has `length` readable bytes; they need not be aligned.
pub unsafe fn from_raw(raw: *const libc::sockaddr, length: libc::socklen_t) -> Result<SocketAddr> {
    const FAMILY: usize = offset_of!(libc::sockaddr, sa_family);
    let length = length as usize;
    if raw.is_null() || length < FAMILY + size_of::<libc::sa_family_t>() {
        return Err(Errno::INVAL);
    }
    // SAFETY: the bytes are readable, by the caller's word and the check above.
    let family = unsafe { raw.byte_add(FAMILY).cast::<libc::sa_family_t>().read_unaligned() };
    match c_int::from(family) {
        libc::AF_INET if length >= size_of::<libc::sockaddr_in>() => {
            // SAFETY: as many bytes are readable; any bytes are such an address.
            let v4 = unsafe { raw.cast::<libc::sockaddr_in>().read_unaligned() };
            let ip = Ipv4Addr::from(v4.sin_addr.s_addr.to_ne_bytes());
            Ok(SocketAddrV4::new(ip, u16::from_be(v4.sin_port)).into())
        }
        libc::AF_INET6 if length >= size_of::<libc::sockaddr_in6>() => {
            // SAFETY: as above.
            let v6 = unsafe { raw.cast::<libc::sockaddr_in6>().read_unaligned() };
            let ip = Ipv6Addr::from(v6.sin6_addr.s6_addr);
            let port = u16::from_be(v6.sin6_port);
            Ok(SocketAddrV6::new(ip, port, v6.sin6_flowinfo, v6.sin6_scope_id).into())
        }
        libc::AF_INET | libc::AF_INET6 => Err(Errno::INVAL),
        _ => Err(Errno::AFNOSUPPORT),
    }
}

/// An address that a call of the system's has written.
pub fn from_storage(
    storage: &libc::sockaddr_storage,
    length: libc::socklen_t,
) -> Result<SocketAddr> {
    let length = length.min(size_of::<libc::sockaddr_storage>() as libc::socklen_t);
    // SAFETY: no more bytes than the storage has.
    unsafe { from_raw(std::ptr::from_ref(storage).cast(), length) }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn back(address: SocketAddr) -> Result<SocketAddr> {
        let (storage, length) = to_raw(address);
        from_storage(&storage, length)
    }

    #[test]
    fn there_and_back() {
        for text in ["192.0.2.1:53", "0.0.0.0:0", "[::1]:65535", "[2001:db8::1]:53"] {
            let address: SocketAddr = text.parse().expect(text);
            assert_eq!(back(address), Ok(address));
        }
        let scoped = SocketAddrV6::new("fe80::1".parse().expect("an address"), 53, 7, 9).into();
        assert_eq!(back(scoped), Ok(scoped));
    }

    #[test]
    fn what_is_no_internet_address() {
        let (mut storage, length) = to_raw("192.0.2.1:53".parse().expect("an address"));
        for short in 0..length {
            assert_eq!(from_storage(&storage, short), Err(Errno::INVAL), "{short}");
        }
        storage.ss_family = libc::AF_UNIX as libc::sa_family_t;
        assert_eq!(from_storage(&storage, length), Err(Errno::AFNOSUPPORT));
        // SAFETY: NULL is allowed.
        assert_eq!(unsafe { from_raw(std::ptr::null(), 16) }, Err(Errno::INVAL));
    }
}
