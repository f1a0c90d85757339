//! Sockets: making, connecting, sending.

use super::{check, fd};
use crate::errno::{Errno, Result};
use std::ffi::{c_int, c_void};
use std::io::IoSlice;
use std::mem::size_of;
use std::net::SocketAddr;
use std::os::fd::{AsRawFd, OwnedFd};

/// A peer that has gone is an error, not a signal, where the system can tell it so.
#[cfg(not(any(target_os = "macos", target_os = "ios")))]
const QUIETLY: c_int = libc::MSG_NOSIGNAL;
#[cfg(any(target_os = "macos", target_os = "ios"))]
const QUIETLY: c_int = 0;

/// An address as a C caller gives it.
#[derive(Clone, Copy)]
pub struct Address {
    raw: *const libc::sockaddr,
    length: libc::socklen_t,
}

impl Address {
    /// # Safety
    /// `raw` points to an address of `length` bytes for as long as this is used.
    pub unsafe fn new(raw: *const libc::sockaddr, length: libc::socklen_t) -> Address {
        Address { raw, length }
    }

    fn family(self) -> c_int {
        // SAFETY: valid by `new`.
        c_int::from(unsafe { (*self.raw).sa_family })
    }
}

/// A stream socket of the address's family that does not block and is closed on exec.
pub fn stream(address: Address) -> Result<OwnedFd> {
    // SAFETY: no pointers.
    let socket = fd::owned(unsafe { libc::socket(address.family(), libc::SOCK_STREAM, 0) })?;
    fd::set_nonblocking(socket.as_raw_fd())?;
    fd::set_close_on_exec(socket.as_raw_fd())?;
    Ok(socket)
}

/// Starts to connect; `EINPROGRESS` when that takes its time.
pub fn connect(socket: c_int, address: Address) -> Result<()> {
    // SAFETY: the address is valid by `Address::new`.
    check(unsafe { libc::connect(socket, address.raw, address.length) }).map(drop)
}

/// How an attempt to connect has ended: `SO_ERROR`.
pub fn connect_result(socket: c_int) -> Result<()> {
    let mut error: c_int = 0;
    let mut length = size_of::<c_int>() as libc::socklen_t;
    let place = (&raw mut error).cast::<c_void>();
    // SAFETY: the place has room for an int, which is what SO_ERROR gives.
    check(unsafe {
        libc::getsockopt(socket, libc::SOL_SOCKET, libc::SO_ERROR, place, &raw mut length)
    })?;
    if error == 0 { Ok(()) } else { Err(Errno(error)) }
}

/// Sends once, without SIGPIPE; how many bytes went out. `ENOTSOCK` for other files.
pub fn send(socket: c_int, bytes: &[u8]) -> Result<usize> {
    // SAFETY: the slice is readable for its length.
    let n = unsafe { libc::send(socket, bytes.as_ptr().cast(), bytes.len(), QUIETLY) };
    usize::try_from(n).map_err(|_| Errno::last())
}

/// Sends what lies in several pieces. `more`: another call follows at once.
pub fn send_pieces(socket: c_int, pieces: &[IoSlice], more: bool) -> Result<usize> {
    // SAFETY: all zero is a message without anything.
    let mut message: libc::msghdr = unsafe { std::mem::zeroed() };
    // An IoSlice is laid out like an iovec; nothing is written through it.
    message.msg_iov = pieces.as_ptr().cast_mut().cast();
    message.msg_iovlen = pieces.len() as _;
    let flags = if more { QUIETLY | MORE } else { QUIETLY };
    // SAFETY: the message says what pieces there are, and these are readable.
    let n = unsafe { libc::sendmsg(socket, &raw const message, flags) };
    usize::try_from(n).map_err(|_| Errno::last())
}

/// Says that another piece follows at once, where the system can be told.
#[cfg(any(target_os = "linux", target_os = "android"))]
const MORE: c_int = libc::MSG_MORE;
#[cfg(not(any(target_os = "linux", target_os = "android")))]
const MORE: c_int = 0;

fn set_option(socket: c_int, level: c_int, name: c_int, value: c_int) -> Result<()> {
    let place = (&raw const value).cast::<c_void>();
    let length = size_of::<c_int>() as libc::socklen_t;
    // SAFETY: the option is an int, which is what is handed over.
    check(unsafe { libc::setsockopt(socket, level, name, place, length) }).map(drop)
}

/// Small packets are sent at once.
pub fn set_nodelay(socket: c_int) -> Result<()> {
    set_option(socket, libc::IPPROTO_TCP, libc::TCP_NODELAY, 1)
}

/// Says that nothing more will be sent.
pub fn shut_down_writing(socket: c_int) -> Result<()> {
    // SAFETY: no pointers.
    check(unsafe { libc::shutdown(socket, libc::SHUT_WR) }).map(drop)
}

/// Connections that wait to be taken.
const BACKLOG: c_int = 128;

/// A socket that listens, does not block, and is closed on exec (behaviour 136).
pub fn listener(at: SocketAddr) -> Result<OwnedFd> {
    let (raw, length) = super::address::to_raw(at);
    // SAFETY: the storage outlives its use.
    let address = unsafe { Address::new((&raw const raw).cast(), length) };
    let socket = stream(address)?;
    let number = socket.as_raw_fd();
    set_option(number, libc::SOL_SOCKET, libc::SO_KEEPALIVE, 1)?;
    if at.is_ipv6() {
        set_option(number, libc::IPPROTO_IPV6, libc::IPV6_V6ONLY, 1)?;
    }
    bind(number, at)?;
    // SAFETY: no pointers.
    check(unsafe { libc::listen(number, BACKLOG) })?;
    Ok(socket)
}

/// An address of the file system. `ENAMETOOLONG`.
fn path_address(path: &[u8]) -> Result<libc::sockaddr_un> {
    // SAFETY: zeros are an address.
    let mut address: libc::sockaddr_un = unsafe { std::mem::zeroed() };
    address.sun_family = libc::AF_UNIX as libc::sa_family_t;
    // There is a NUL behind it.
    if path.len() >= address.sun_path.len() {
        return Err(Errno(libc::ENAMETOOLONG));
    }
    for (place, byte) in address.sun_path.iter_mut().zip(path) {
        *place = *byte as libc::c_char;
    }
    Ok(address)
}

const PATH_LENGTH: libc::socklen_t = size_of::<libc::sockaddr_un>() as libc::socklen_t;

/// The same at a path of the file system. `ENAMETOOLONG`; `EADDRINUSE`: there is something.
pub fn local_listener(path: &[u8]) -> Result<OwnedFd> {
    let address = path_address(path)?;
    // SAFETY: the address outlives its use.
    let address = unsafe { Address::new((&raw const address).cast(), PATH_LENGTH) };
    let socket = stream(address)?;
    let number = socket.as_raw_fd();
    // SAFETY: the address is valid by `Address::new`.
    check(unsafe { libc::bind(number, address.raw, address.length) })?;
    // SAFETY: no pointers.
    check(unsafe { libc::listen(number, BACKLOG) })?;
    Ok(socket)
}

/// A socket that does not block and is connected to a path of the file system. `ENOENT`,
/// `ECONNREFUSED`: nobody listens there; `EAGAIN`: too many wait.
pub fn local(path: &[u8]) -> Result<OwnedFd> {
    let address = path_address(path)?;
    // SAFETY: the address outlives its use.
    let address = unsafe { Address::new((&raw const address).cast(), PATH_LENGTH) };
    let socket = stream(address)?;
    match connect(socket.as_raw_fd(), address) {
        Ok(()) | Err(Errno::INPROGRESS | Errno::INTR) => Ok(socket),
        Err(error) => Err(error),
    }
}

/// Binds a socket to a local address, also if a connection from there has ended a moment ago.
pub fn bind(socket: c_int, local: SocketAddr) -> Result<()> {
    let (raw, length) = super::address::to_raw(local);
    set_option(socket, libc::SOL_SOCKET, libc::SO_REUSEADDR, 1)?;
    // SAFETY: the storage outlives the call.
    check(unsafe { libc::bind(socket, (&raw const raw).cast(), length) }).map(drop)
}

/// Has anything come that was not read: bytes, the end, an error?
pub fn has_news(socket: c_int) -> bool {
    let mut byte = 0_u8;
    let flags = libc::MSG_PEEK | libc::MSG_DONTWAIT;
    let (from, length) = (std::ptr::null_mut(), std::ptr::null_mut());
    // SAFETY: there is room for one byte; nobody asks who has sent it.
    let n = unsafe { libc::recvfrom(socket, (&raw mut byte).cast(), 1, flags, from, length) };
    n >= 0 || !matches!(Errno::last(), Errno::AGAIN | Errno::INTR)
}
