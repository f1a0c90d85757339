//! Datagrams: one from anywhere, one to somewhere.

use super::address;
use crate::errno::{Errno, Result};
use std::ffi::c_int;
use std::mem::{MaybeUninit, size_of};
use std::net::SocketAddr;

/// Receives one; how many bytes came, and from where, if that is an internet address.
pub fn receive(socket: c_int, room: &mut [u8]) -> Result<(usize, Option<SocketAddr>)> {
    let mut storage = MaybeUninit::<libc::sockaddr_storage>::zeroed();
    let mut length = size_of::<libc::sockaddr_storage>() as libc::socklen_t;
    let (bytes, size) = (room.as_mut_ptr().cast(), room.len());
    let place = storage.as_mut_ptr().cast();
    // SAFETY: the room is writable for its length, the place for what `length` says.
    let n = unsafe { libc::recvfrom(socket, bytes, size, 0, place, &raw mut length) };
    let n = usize::try_from(n).map_err(|_| Errno::last())?;
    // SAFETY: zeros are an address, and so is what was written.
    let storage = unsafe { storage.assume_init() };
    Ok((n, address::from_storage(&storage, length).ok()))
}

/// Sends one.
pub fn send(socket: c_int, bytes: &[u8], to: SocketAddr) -> Result<()> {
    let (storage, length) = address::to_raw(to);
    let place = (&raw const storage).cast();
    // SAFETY: the bytes and the address are readable for their lengths.
    let n = unsafe { libc::sendto(socket, bytes.as_ptr().cast(), bytes.len(), 0, place, length) };
    if n < 0 { Err(Errno::last()) } else { Ok(()) }
}
