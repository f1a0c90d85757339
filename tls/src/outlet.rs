//! A way out that takes what it is given: what there is no room for waits here.
//!
//! OpenSSL cannot answer a demand for new keys while a record of its own is half sent: reading
//! fails then. So to it no record ever is; the stream above sees to it that no new one is begun
//! before the last one has left.

use crate::sys::socket::Budget;
use std::io::{self, ErrorKind, Read, Write};

/// Answers to a peer that does not hear them; beyond that it has to.
const LIMIT: usize = 64 << 10;

pub struct Outlet<S> {
    over: S,
    backlog: Vec<u8>,
}

impl<S: Write> Outlet<S> {
    pub fn new(over: S) -> Outlet<S> {
        Outlet { over, backlog: Vec::new() }
    }

    pub fn is_clear(&self) -> bool {
        self.backlog.is_empty()
    }

    /// Sends what has waited; is that all?
    pub fn clear(&mut self) -> io::Result<bool> {
        let mut sent = 0;
        while sent < self.backlog.len() {
            match self.over.write(&self.backlog[sent..]) {
                Ok(n) => sent += n,
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    self.backlog.drain(..sent);
                    return Ok(false);
                }
                Err(error) => return Err(error),
            }
        }
        // An idle connection has none.
        self.backlog = Vec::new();
        Ok(true)
    }

    fn keep(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.backlog.try_reserve(bytes.len()).map_err(|_| ErrorKind::OutOfMemory)?;
        self.backlog.extend_from_slice(bytes);
        Ok(())
    }
}

impl<S: Write> Write for Outlet<S> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let n = match self.clear()? {
            false if self.backlog.len() >= LIMIT => return Err(ErrorKind::WouldBlock.into()),
            false => 0,
            true => match self.over.write(bytes) {
                Ok(n) => n,
                Err(error) if error.kind() == ErrorKind::WouldBlock => 0,
                Err(error) => return Err(error),
            },
        };
        self.keep(&bytes[n..])?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<S: Read> Read for Outlet<S> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        self.over.read(room)
    }
}

impl<S: Budget> Budget for Outlet<S> {
    fn renew(&mut self) {
        self.over.renew();
    }
}
