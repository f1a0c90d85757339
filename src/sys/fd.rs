//! Descriptors: flags, pairs, plain reads and writes.

use super::check;
use crate::errno::{Errno, Result};
use std::ffi::c_int;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

/// `EBADF` unless the descriptor is open.
pub fn must_be_open(fd: c_int) -> Result<()> {
    // SAFETY: F_GETFD takes no pointer.
    check(unsafe { libc::fcntl(fd, libc::F_GETFD) }).map(drop)
}

fn stat(fd: c_int) -> Result<libc::stat> {
    let mut stat = MaybeUninit::<libc::stat>::uninit();
    // SAFETY: `stat` is writable.
    check(unsafe { libc::fstat(fd, stat.as_mut_ptr()) })?;
    // SAFETY: fstat succeeded, so it filled `stat`.
    Ok(unsafe { stat.assume_init() })
}

/// Which file is behind a number: to tell whether it still is the same one.
#[cfg(has_kqueue)]
pub fn identity(fd: c_int) -> Result<(libc::dev_t, libc::ino_t)> {
    stat(fd).map(|stat| (stat.st_dev, stat.st_ino))
}

/// The size of a file in bytes.
#[allow(clippy::useless_conversion, reason = "the field has 32 bits elsewhere")]
pub fn size(fd: c_int) -> Result<i64> {
    stat(fd).map(|stat| i64::from(stat.st_size))
}

/// The size of a regular file; `EINVAL` for others.
pub fn size_of_file(fd: c_int) -> Result<i64> {
    let is_regular = stat(fd)?.st_mode & libc::S_IFMT == libc::S_IFREG;
    if is_regular { size(fd) } else { Err(Errno::INVAL) }
}

/// Sets O_NONBLOCK and keeps the other flags.
pub fn set_nonblocking(fd: c_int) -> Result<()> {
    // SAFETY: F_GETFL and F_SETFL take no pointer.
    let flags = check(unsafe { libc::fcntl(fd, libc::F_GETFL) })?;
    // SAFETY: as above.
    check(unsafe { libc::fcntl(fd, libc::F_SETFL, flags | libc::O_NONBLOCK) }).map(drop)
}

/// Is O_NONBLOCK set?
pub fn is_nonblocking(fd: c_int) -> Result<bool> {
    // SAFETY: F_GETFL takes no pointer.
    check(unsafe { libc::fcntl(fd, libc::F_GETFL) }).map(|flags| flags & libc::O_NONBLOCK != 0)
}

/// Sets FD_CLOEXEC.
pub fn set_close_on_exec(fd: c_int) -> Result<()> {
    // SAFETY: F_SETFD takes no pointer.
    check(unsafe { libc::fcntl(fd, libc::F_SETFD, libc::FD_CLOEXEC) }).map(drop)
}

/// Takes over a descriptor that a system call just made.
pub(super) fn owned(result: c_int) -> Result<OwnedFd> {
    // SAFETY: the descriptor is fresh: nobody else owns it.
    check(result).map(|fd| unsafe { OwnedFd::from_raw_fd(fd) })
}

/// Takes over a descriptor that a program gives away.
///
/// # Safety
/// It is open, and nobody else's from now on.
pub unsafe fn adopted(fd: c_int) -> OwnedFd {
    // SAFETY: the caller's word.
    unsafe { OwnedFd::from_raw_fd(fd) }
}

/// A pipe whose ends do not block and are closed on exec: (read end, write end).
pub fn pipe() -> Result<(OwnedFd, OwnedFd)> {
    let mut ends = [-1; 2];
    // SAFETY: `ends` has room for two descriptors.
    check(unsafe { libc::pipe(ends.as_mut_ptr()) })?;
    let (reader, writer) = (owned(ends[0])?, owned(ends[1])?);
    for end in [&reader, &writer] {
        set_nonblocking(end.as_raw_fd())?;
        set_close_on_exec(end.as_raw_fd())?;
    }
    Ok((reader, writer))
}

/// `socketpair(2)`, which on some systems writes to its result even when it fails: this does not.
pub fn socketpair(domain: c_int, kind: c_int, protocol: c_int) -> Result<[c_int; 2]> {
    let mut pair = [-1; 2];
    // SAFETY: `pair` has room for two descriptors.
    check(unsafe { libc::socketpair(domain, kind, protocol, pair.as_mut_ptr()) })?;
    Ok(pair)
}

/// Writes once; how many bytes went out.
pub fn write(fd: c_int, bytes: &[u8]) -> Result<usize> {
    // SAFETY: the slice is readable for its length.
    let n = unsafe { libc::write(fd, bytes.as_ptr().cast(), bytes.len()) };
    usize::try_from(n).map_err(|_| Errno::last())
}

/// Reads once; how many bytes came.
pub fn read(fd: c_int, bytes: &mut [u8]) -> Result<usize> {
    // SAFETY: the slice is writable for its length.
    let n = unsafe { libc::read(fd, bytes.as_mut_ptr().cast(), bytes.len()) };
    usize::try_from(n).map_err(|_| Errno::last())
}

/// Memory that a read may fill.
pub type Room<'a> = &'a mut [MaybeUninit<u8>];

/// Reads once into the first room, and what does not fit there into the second; how many bytes
/// came. The first is full before the second gets any.
pub fn read_into(fd: c_int, first: Room, second: Room) -> Result<usize> {
    let part = |room: Room| libc::iovec { iov_base: room.as_mut_ptr().cast(), iov_len: room.len() };
    let parts = [part(first), part(second)];
    // SAFETY: both parts are writable for their lengths.
    let n = unsafe { libc::readv(fd, parts.as_ptr(), parts.len() as c_int) };
    usize::try_from(n).map_err(|_| Errno::last())
}

/// Reads once from a place in a file; how many bytes came.
pub fn read_at(fd: c_int, room: Room, offset: i64) -> Result<usize> {
    let offset = libc::off_t::try_from(offset).map_err(|_| Errno::INVAL)?;
    // SAFETY: the room is writable for its length.
    let n = unsafe { libc::pread(fd, room.as_mut_ptr().cast(), room.len(), offset) };
    usize::try_from(n).map_err(|_| Errno::last())
}

/// How many bytes there are to read, as far as the kernel tells (`FIONREAD`).
pub fn waiting(fd: c_int) -> Option<usize> {
    let mut count: c_int = 0;
    // SAFETY: FIONREAD writes one int.
    let result = unsafe { libc::ioctl(fd, libc::FIONREAD, &raw mut count) };
    if result == 0 { usize::try_from(count).ok() } else { None }
}

/// Closes a descriptor.
pub fn close(fd: c_int) {
    // SAFETY: no pointers. Whoever calls this owns the number.
    unsafe { libc::close(fd) };
}
