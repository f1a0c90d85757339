//! Waking a loop from a signal handler or from another thread.
//!
//! An eventfd where there is one, else a pipe. `pending` saves the write while an earlier one
//! has not been noticed.

use super::fd;
use crate::errno::{Errno, Result};
use std::ffi::c_int;
use std::os::fd::{AsRawFd, OwnedFd};
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

pub struct Wake {
    reader: OwnedFd,
    /// The other end of the pipe; an eventfd has but one.
    writer: Option<OwnedFd>,
    pending: AtomicBool,
}

impl Wake {
    pub fn new() -> Result<Wake> {
        #[cfg(target_os = "linux")]
        {
            // SAFETY: no pointers.
            let made = unsafe { libc::eventfd(0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK) };
            if let Ok(reader) = fd::owned(made) {
                return Ok(Wake { reader, writer: None, pending: AtomicBool::new(false) });
            }
        }
        let (reader, writer) = fd::pipe()?;
        Ok(Wake { reader, writer: Some(writer), pending: AtomicBool::new(false) })
    }

    /// The descriptor that becomes readable.
    pub fn fd(&self) -> c_int {
        self.reader.as_raw_fd()
    }

    /// Wakes the loop. Async-signal-safe, but for `errno`, which the caller keeps.
    pub fn send(&self) {
        if !self.pending.swap(true, SeqCst) {
            self.signal();
        }
    }

    fn signal(&self) {
        let writer = self.writer.as_ref().unwrap_or(&self.reader);
        // Bounded: this may run in a signal handler. A full pipe wakes as well.
        for _ in 0..1000 {
            match fd::write(writer.as_raw_fd(), &1_u64.to_ne_bytes()) {
                Err(Errno::INTR) => {}
                _ => return,
            }
        }
    }

    /// Was there a `send` since the last time? The sender's data is seen afterwards.
    #[inline]
    pub fn take(&self) -> bool {
        self.pending.load(SeqCst) && self.pending.swap(false, SeqCst)
    }

    /// Empties the descriptor, for backends that report levels. An eventfd that is watched by
    /// edges need not be: each `send` makes an edge of its own.
    pub fn drain(&self) {
        let mut bytes = [0; 512];
        while let Ok(n) = fd::read(self.fd(), &mut bytes)
            && n == bytes.len()
        {}
        // What was sent since the last `take` must wake once more.
        if self.pending.load(SeqCst) {
            self.signal();
        }
    }

    /// May it stay readable under a backend that reports edges?
    pub fn is_counter(&self) -> bool {
        self.writer.is_none()
    }
}
