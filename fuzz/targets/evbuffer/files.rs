//! Descriptors for the operations that read and write: a pipe and a file in memory.

use std::ffi::c_int;

/// What the file holds.
pub const FILE_SIZE: usize = 5000;
/// What a pipe surely takes at once.
pub const PIPE_SIZE: usize = 65536;

pub struct Files {
    /// Reading end and writing end, neither of which blocks.
    pipe: [c_int; 2],
    file: Option<c_int>,
}

/// The bytes of the file.
pub fn contents() -> Vec<u8> {
    (0..FILE_SIZE).map(|i| (i % 251) as u8).collect()
}

fn checked(result: isize) -> usize {
    usize::try_from(result).expect("a system call failed")
}

impl Files {
    pub fn open() -> Self {
        let mut pipe = [-1; 2];
        // SAFETY: room for two descriptors.
        checked(unsafe { libc::pipe2(pipe.as_mut_ptr(), libc::O_NONBLOCK) } as isize);
        Files { pipe, file: None }
    }

    pub fn reader(&self) -> c_int {
        self.pipe[0]
    }

    pub fn writer(&self) -> c_int {
        self.pipe[1]
    }

    /// Another descriptor of the file, for whoever closes it.
    pub fn file(&mut self) -> c_int {
        let file = *self.file.get_or_insert_with(|| {
            let bytes = contents();
            // SAFETY: a string with its NUL, and the bytes.
            unsafe {
                let fd = libc::memfd_create(c"fuzz".as_ptr(), 0);
                let written = libc::write(fd, bytes.as_ptr().cast(), bytes.len());
                assert_eq!(checked(written), bytes.len());
                fd
            }
        });
        // SAFETY: no memory is involved.
        checked(unsafe { libc::dup(file) } as isize) as c_int
    }

    /// Puts bytes into the pipe.
    pub fn put(&self, bytes: &[u8]) {
        // SAFETY: the slice is as long as it says.
        let n = unsafe { libc::write(self.pipe[1], bytes.as_ptr().cast(), bytes.len()) };
        assert_eq!(checked(n), bytes.len());
    }

    /// Empties the pipe.
    pub fn take(&self) -> Vec<u8> {
        let mut bytes = vec![0; PIPE_SIZE];
        // SAFETY: the room is as large as is said. An empty pipe is an error, EAGAIN.
        let n = unsafe { libc::read(self.pipe[0], bytes.as_mut_ptr().cast(), bytes.len()) };
        bytes.truncate(n.max(0) as usize);
        bytes
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        for fd in self.pipe.into_iter().chain(self.file) {
            // SAFETY: ours alone.
            unsafe { libc::close(fd) };
        }
    }
}
