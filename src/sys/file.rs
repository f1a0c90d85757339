//! Reading a small file whole.

use crate::errno::{Errno, Result};
use std::ffi::OsStr;
use std::fs::OpenOptions;
use std::io::{ErrorKind, Read};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;

/// What has failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    Open,
    Stat,
    TooLarge,
    Memory,
    Read,
}

impl Failure {
    pub fn errno(self) -> Errno {
        match self {
            Failure::Open => Errno::NOENT,
            Failure::TooLarge => Errno(libc::EFBIG),
            Failure::Memory => Errno::NOMEM,
            Failure::Stat | Failure::Read => Errno(libc::EIO),
        }
    }
}

/// The bytes of a file of at most `limit`. It never waits: a pipe has what it has.
pub fn read(path: &[u8], limit: usize) -> Result<Vec<u8>, Failure> {
    let mut options = OpenOptions::new();
    let options = options.read(true).custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY);
    let mut file = options.open(OsStr::from_bytes(path)).map_err(|_| Failure::Open)?;
    let size = file.metadata().map_err(|_| Failure::Stat)?.len();
    if size > limit as u64 {
        return Err(Failure::TooLarge);
    }
    let mut bytes = Vec::new();
    // Files may grow, and devices say nothing of their size.
    bytes.try_reserve(size as usize + 1).map_err(|_| Failure::Memory)?;
    let mut piece = [0; 8192];
    loop {
        match file.read(&mut piece) {
            Ok(0) => return Ok(bytes),
            Ok(n) if bytes.len() + n > limit => return Err(Failure::TooLarge),
            Ok(n) => {
                bytes.try_reserve(n).map_err(|_| Failure::Memory)?;
                bytes.extend_from_slice(&piece[..n]);
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(bytes),
            Err(_) => return Err(Failure::Read),
        }
    }
}
