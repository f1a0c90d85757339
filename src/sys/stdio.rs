//! Output: to standard error, and to a `FILE` of the program's.

use std::fmt::{self, Write};

/// Writes the bytes to standard error, in one piece where the kernel takes them so.
pub fn write_stderr(bytes: &[u8]) {
    let mut rest = bytes;
    while let Ok(n) = super::fd::write(libc::STDERR_FILENO, rest) {
        rest = &rest[n..];
        if rest.is_empty() {
            return;
        }
    }
}

/// A C stream as a Rust writer.
pub struct Stream(*mut libc::FILE);

impl Stream {
    /// # Safety
    /// `file` is an open stream for as long as the writer is used.
    pub unsafe fn new(file: *mut libc::FILE) -> Stream {
        Stream(file)
    }
}

impl Write for Stream {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        // SAFETY: the slice is readable for its length; the stream is open (`new`).
        let n = unsafe { libc::fwrite(text.as_ptr().cast(), 1, text.len(), self.0) };
        if n == text.len() { Ok(()) } else { Err(fmt::Error) }
    }
}
