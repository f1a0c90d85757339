//! How bytes get to a descriptor and from it. What lies on top of a socket (TLS) is another
//! implementation of the trait.

use crate::errno::Result;
use crate::sys::fd::{self, Room};
use crate::sys::socket;
use std::ffi::c_int;

pub trait Transport: Sync {
    /// Reads once, into the first room, then the second; 0 at the end.
    fn read(&self, fd: c_int, first: Room, second: Room) -> Result<usize>;
    /// Writes once; how many bytes went out.
    fn write(&self, fd: c_int, bytes: &[u8]) -> Result<usize>;
}

/// A socket: a peer that has gone is an error, and no SIGPIPE.
pub struct Socket;

impl Transport for Socket {
    fn read(&self, fd: c_int, first: Room, second: Room) -> Result<usize> {
        fd::read_into(fd, first, second)
    }

    fn write(&self, fd: c_int, bytes: &[u8]) -> Result<usize> {
        socket::send(fd, bytes)
    }
}

/// A pipe, a terminal: whatever is not a socket.
pub struct File;

impl Transport for File {
    fn read(&self, fd: c_int, first: Room, second: Room) -> Result<usize> {
        fd::read_into(fd, first, second)
    }

    fn write(&self, fd: c_int, bytes: &[u8]) -> Result<usize> {
        fd::write(fd, bytes)
    }
}
