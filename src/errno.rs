//! Error numbers: what the core returns as `Err`, and the C caller's `errno`.

use std::ffi::c_int;

/// An error number of the C library.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Errno(pub c_int);

impl Errno {
    pub const AFNOSUPPORT: Errno = Errno(libc::EAFNOSUPPORT);
    pub const AGAIN: Errno = Errno(libc::EAGAIN);
    pub const ALREADY: Errno = Errno(libc::EALREADY);
    pub const BUSY: Errno = Errno(libc::EBUSY);
    pub const BADF: Errno = Errno(libc::EBADF);
    pub const EXIST: Errno = Errno(libc::EEXIST);
    pub const CONNREFUSED: Errno = Errno(libc::ECONNREFUSED);
    pub const CONNRESET: Errno = Errno(libc::ECONNRESET);
    pub const CANCELED: Errno = Errno(libc::ECANCELED);
    pub const DEADLK: Errno = Errno(libc::EDEADLK);
    pub const INPROGRESS: Errno = Errno(libc::EINPROGRESS);
    pub const INTR: Errno = Errno(libc::EINTR);
    pub const INVAL: Errno = Errno(libc::EINVAL);
    pub const MFILE: Errno = Errno(libc::EMFILE);
    pub const MSGSIZE: Errno = Errno(libc::EMSGSIZE);
    pub const NFILE: Errno = Errno(libc::ENFILE);
    pub const NOBUFS: Errno = Errno(libc::ENOBUFS);
    pub const NOENT: Errno = Errno(libc::ENOENT);
    pub const NOMEM: Errno = Errno(libc::ENOMEM);
    pub const NOSPC: Errno = Errno(libc::ENOSPC);
    pub const NOSYS: Errno = Errno(libc::ENOSYS);
    pub const OVERFLOW: Errno = Errno(libc::EOVERFLOW);
    pub const TIMEDOUT: Errno = Errno(libc::ETIMEDOUT);
    pub const NOTSOCK: Errno = Errno(libc::ENOTSOCK);
    pub const PERM: Errno = Errno(libc::EPERM);
    #[cfg(has_kqueue)]
    pub const PIPE: Errno = Errno(libc::EPIPE);

    /// The calling thread's `errno`.
    pub fn last() -> Errno {
        Errno(std::io::Error::last_os_error().raw_os_error().unwrap_or(0))
    }
}

/// An allocation that was refused is `ENOMEM`, whatever was asked for.
impl From<std::collections::TryReserveError> for Errno {
    fn from(_: std::collections::TryReserveError) -> Errno {
        Errno::NOMEM
    }
}

/// What the standard library says of a system call.
impl From<std::io::Error> for Errno {
    fn from(error: std::io::Error) -> Errno {
        Errno(error.raw_os_error().unwrap_or(libc::EIO))
    }
}

pub type Result<T, E = Errno> = std::result::Result<T, E>;
