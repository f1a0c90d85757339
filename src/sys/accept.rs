//! Sockets that programs hand over, and the connections that come in on them.

use super::{address, check, fd};
use crate::errno::{Errno, Result};
use std::ffi::{c_int, c_void};
use std::mem::{MaybeUninit, size_of};
use std::net::SocketAddr;
use std::os::fd::OwnedFd;

fn option(socket: c_int, name: c_int) -> Result<c_int> {
    let mut value: c_int = 0;
    let mut length = size_of::<c_int>() as libc::socklen_t;
    let place = (&raw mut value).cast::<c_void>();
    // SAFETY: the place has room for an int, which is what these options are.
    check(unsafe { libc::getsockopt(socket, libc::SOL_SOCKET, name, place, &raw mut length) })?;
    Ok(value)
}

/// `EINVAL` unless it is a datagram socket; `ENOTSOCK` and `EBADF` as the kernel says.
pub fn must_be_datagram(socket: c_int) -> Result<()> {
    let is_datagram = option(socket, libc::SO_TYPE)? == libc::SOCK_DGRAM;
    is_datagram.then_some(()).ok_or(Errno::INVAL)
}

/// `EINVAL` unless it is a stream socket that listens.
pub fn must_listen(socket: c_int) -> Result<()> {
    let listens = option(socket, libc::SO_TYPE)? == libc::SOCK_STREAM
        && option(socket, libc::SO_ACCEPTCONN)? != 0;
    listens.then_some(()).ok_or(Errno::INVAL)
}

/// Takes the next connection, which does not block and is closed on exec, and says where it comes
/// from, if that is an internet address.
pub fn accept(socket: c_int) -> Result<(OwnedFd, Option<SocketAddr>)> {
    let mut storage = MaybeUninit::<libc::sockaddr_storage>::zeroed();
    let mut length = size_of::<libc::sockaddr_storage>() as libc::socklen_t;
    let connection = accept_into(socket, storage.as_mut_ptr(), &raw mut length)?;
    // SAFETY: zeros are an address, and so is what was written.
    let storage = unsafe { storage.assume_init() };
    Ok((connection, address::from_storage(&storage, length).ok()))
}

#[cfg(not(any(target_os = "macos", target_os = "ios")))]
fn accept_into(
    socket: c_int,
    place: *mut libc::sockaddr_storage,
    length: *mut libc::socklen_t,
) -> Result<OwnedFd> {
    const FLAGS: c_int = libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC;
    // SAFETY: `accept` gives a place that is writable for what the length says.
    fd::owned(unsafe { libc::accept4(socket, place.cast(), length, FLAGS) })
}

#[cfg(any(target_os = "macos", target_os = "ios"))]
fn accept_into(
    socket: c_int,
    place: *mut libc::sockaddr_storage,
    length: *mut libc::socklen_t,
) -> Result<OwnedFd> {
    use std::os::fd::AsRawFd;
    // SAFETY: `accept` gives a place that is writable for what the length says.
    let connection = fd::owned(unsafe { libc::accept(socket, place.cast(), length) })?;
    fd::set_nonblocking(connection.as_raw_fd())?;
    fd::set_close_on_exec(connection.as_raw_fd())?;
    Ok(connection)
}
