//! A connected socket that somebody else owns: read and written, never closed.

use std::ffi::c_int;
use std::io::{self, Read, Write};

/// Reads that one operation may make. What a peer sends besides data (empty records, new keys)
/// is gone through by OpenSSL at one go: it must not keep everybody else waiting.
const TURNS: u32 = 16;

pub struct Socket {
    number: c_int,
    turns: u32,
}

impl Socket {
    pub fn new(number: c_int) -> Socket {
        Socket { number, turns: TURNS }
    }
}

/// An operation begins.
pub trait Budget {
    fn renew(&mut self);
}

impl Budget for Socket {
    fn renew(&mut self) {
        self.turns = TURNS;
    }
}

impl Read for Socket {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        if self.turns == 0 {
            // The loop comes back: there is more.
            return Err(io::ErrorKind::WouldBlock.into());
        }
        self.turns -= 1;
        // SAFETY: room for as many bytes.
        again(|| unsafe { libc::recv(self.number, room.as_mut_ptr().cast(), room.len(), 0) })
    }
}

impl Write for Socket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // SAFETY: as many bytes. A peer that has gone is an error, not a signal.
        again(|| unsafe {
            libc::send(self.number, bytes.as_ptr().cast(), bytes.len(), libc::MSG_NOSIGNAL)
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn again(mut call: impl FnMut() -> isize) -> io::Result<usize> {
    loop {
        if let Ok(n) = usize::try_from(call()) {
            return Ok(n);
        }
        let error = io::Error::last_os_error();
        match error.raw_os_error() {
            Some(libc::EINTR) => {}
            // The `openssl` crate would take it for "later".
            Some(libc::ENOTCONN) => return Err(io::Error::from_raw_os_error(libc::ECONNRESET)),
            _ => return Err(error),
        }
    }
}
