//! Sockets to name servers: connected UDP with several datagrams a call, and TCP.

use super::address;
use super::socket::{self, Address};
use crate::errno::{Errno, Result};
use std::ffi::c_int;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::os::fd::{AsRawFd, OwnedFd};

/// A UDP socket on a local port (0: one of the system's choice) that hears this peer alone. It
/// does not block, and is closed on exec. `EADDRINUSE`, `EACCES`: not that port.
pub fn udp(peer: SocketAddr, port: u16) -> Result<OwnedFd> {
    let any = match peer {
        SocketAddr::V4(_) => SocketAddr::from((Ipv4Addr::UNSPECIFIED, port)),
        SocketAddr::V6(_) => SocketAddr::from((Ipv6Addr::UNSPECIFIED, port)),
    };
    let socket = UdpSocket::bind(any)?;
    socket.set_nonblocking(true)?;
    socket.connect(peer)?;
    Ok(socket.into())
}

/// A TCP socket that does not block and has begun to connect.
pub fn tcp(peer: SocketAddr) -> Result<OwnedFd> {
    tcp_from(None, peer)
}

/// The same, bound to a local address. `EADDRNOTAVAIL`, `EADDRINUSE`, `EACCES`: not to that one.
pub fn tcp_from(local: Option<SocketAddr>, peer: SocketAddr) -> Result<OwnedFd> {
    let (raw, length) = address::to_raw(peer);
    // SAFETY: the storage outlives the calls.
    let peer = unsafe { Address::new((&raw const raw).cast(), length) };
    let fd = socket::stream(peer)?;
    if let Some(local) = local {
        socket::bind(fd.as_raw_fd(), local)?;
    }
    match socket::connect(fd.as_raw_fd(), peer) {
        Ok(()) | Err(Errno::INPROGRESS | Errno::INTR) => Ok(fd),
        Err(error) => Err(error),
    }
}

/// How many datagrams one call takes.
pub const BATCH: usize = 16;

/// Sends datagrams, which stand one after the other in `bytes`. What went out before an error is
/// taken from both.
pub fn send_all(fd: c_int, bytes: &mut &[u8], lengths: &mut &[u16]) -> Result<()> {
    while !lengths.is_empty() {
        let batch = &lengths[..lengths.len().min(BATCH)];
        let sent = send_batch(fd, bytes, batch)?;
        let size: usize = batch[..sent].iter().map(|&length| usize::from(length)).sum();
        *bytes = &bytes[size..];
        *lengths = &lengths[sent..];
    }
    Ok(())
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn send_batch(fd: c_int, bytes: &[u8], lengths: &[u16]) -> Result<usize> {
    if let [length] = lengths {
        return socket::send(fd, &bytes[..usize::from(*length)]).map(|_| 1);
    }
    let mut parts = [libc::iovec { iov_base: std::ptr::null_mut(), iov_len: 0 }; BATCH];
    // SAFETY: all zero is a message without an address, data or control.
    let mut messages: [libc::mmsghdr; BATCH] = unsafe { std::mem::zeroed() };
    let mut at = 0;
    for ((part, message), &length) in parts.iter_mut().zip(&mut messages).zip(lengths) {
        let datagram = &bytes[at..at + usize::from(length)];
        part.iov_base = datagram.as_ptr().cast_mut().cast();
        part.iov_len = datagram.len();
        message.msg_hdr.msg_iov = part;
        message.msg_hdr.msg_iovlen = 1;
        at += usize::from(length);
    }
    let count = lengths.len().min(BATCH) as libc::c_uint;
    // SAFETY: so many messages were filled above; their parts live on, and are only read.
    let n = unsafe { libc::sendmmsg(fd, messages.as_mut_ptr(), count, libc::MSG_NOSIGNAL) };
    usize::try_from(n).map_err(|_| Errno::last())
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn send_batch(fd: c_int, bytes: &[u8], lengths: &[u16]) -> Result<usize> {
    let mut at = 0;
    for (sent, &length) in lengths.iter().enumerate() {
        match socket::send(fd, &bytes[at..at + usize::from(length)]) {
            Err(error) if sent == 0 => return Err(error),
            Err(_) => return Ok(sent),
            Ok(_) => at += usize::from(length),
        }
    }
    Ok(lengths.len())
}

/// What a datagram may have; more is cut off, and told.
const DATAGRAM: usize = 4096;

/// Room for the datagrams of one call.
pub struct Datagrams {
    bytes: Vec<u8>,
    /// The length of each that came, and whether it was cut.
    came: [(usize, bool); BATCH],
    count: usize,
}

impl Datagrams {
    pub fn try_new() -> Result<Datagrams> {
        let mut bytes = Vec::new();
        bytes.try_reserve_exact(BATCH * DATAGRAM)?;
        bytes.resize(BATCH * DATAGRAM, 0);
        Ok(Datagrams { bytes, came: [(0, false); BATCH], count: 0 })
    }

    pub fn len(&self) -> usize {
        self.count
    }

    /// One that came, and whether it was cut.
    pub fn get(&self, index: usize) -> (&[u8], bool) {
        let (length, cut) = self.came[index];
        (&self.bytes[index * DATAGRAM..][..length], cut)
    }

    /// Receives what is there, as much as fits.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    pub fn receive(&mut self, fd: c_int) -> Result<()> {
        self.count = 0;
        let mut parts = [libc::iovec { iov_base: std::ptr::null_mut(), iov_len: 0 }; BATCH];
        // SAFETY: all zero is a message without an address, data or control.
        let mut messages: [libc::mmsghdr; BATCH] = unsafe { std::mem::zeroed() };
        let rooms = self.bytes.chunks_exact_mut(DATAGRAM);
        for ((part, message), room) in parts.iter_mut().zip(&mut messages).zip(rooms) {
            part.iov_base = room.as_mut_ptr().cast();
            part.iov_len = room.len();
            message.msg_hdr.msg_iov = part;
            message.msg_hdr.msg_iovlen = 1;
        }
        let (all, none) = (BATCH as libc::c_uint, std::ptr::null_mut());
        // SAFETY: so many messages were filled above, their rooms are writable and live on.
        let n = unsafe { libc::recvmmsg(fd, messages.as_mut_ptr(), all, libc::MSG_DONTWAIT, none) };
        self.count = usize::try_from(n).map_err(|_| Errno::last())?;
        for (came, message) in self.came.iter_mut().zip(&messages[..self.count]) {
            let cut = message.msg_hdr.msg_flags & libc::MSG_TRUNC != 0;
            *came = ((message.msg_len as usize).min(DATAGRAM), cut);
        }
        Ok(())
    }

    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    pub fn receive(&mut self, fd: c_int) -> Result<()> {
        self.count = 0;
        for (came, room) in self.came.iter_mut().zip(self.bytes.chunks_exact_mut(DATAGRAM)) {
            // A datagram that fills all of the room may have been longer.
            match super::fd::read(fd, room) {
                Ok(n) => *came = (n, n == DATAGRAM),
                Err(error) if self.count == 0 => return Err(error),
                Err(_) => break,
            }
            self.count += 1;
        }
        Ok(())
    }
}
