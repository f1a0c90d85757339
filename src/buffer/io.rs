//! Reading into a buffer and writing out of it: one system call each.

use super::edit::drain;
use super::room::{FIRST_BLOCK, block_size, gather_room, reserve};
use crate::errno::{Errno, Result};
use crate::layout::evbuffer::{Annex, BufferPtr};
use crate::sys::fd::{self, Room};
use std::ffi::c_int;

/// What libevent 1.4 reads at least, when there is that much.
const LEAST: usize = 4096;
/// So much more than the buffer has room for is set aside on a caller's word alone.
const TRUSTED: usize = 1 << 20;

/// Reads once, at most `want` bytes (not 0); how many came.
///
/// The buffer's spare bytes are filled first. What they cannot hold goes to a block on the side,
/// so that the buffer grows to what has come, and not to what was asked for.
pub fn fill(
    mut buf: BufferPtr,
    want: usize,
    read: impl FnOnce(Room, Room) -> Result<usize>,
) -> Result<usize> {
    reserve(buf, want.min(FIRST_BLOCK))?;
    if want > buf.room() {
        gather_room(buf);
    }
    let room = buf.room();
    let annex = if want > room { annex(buf, want).ok() } else { None };
    // Without memory for more, a read of what there is room for will do.
    let Some(mut annex) = annex else {
        let n = read(&mut buf.spare()[..want.min(room)], &mut [])?;
        buf.commit(n);
        return Ok(n);
    };
    let n = read(buf.spare(), &mut annex.room()[..want - room])?;
    buf.commit(n.min(room));
    if n > room {
        match reserve(buf, n - room) {
            Ok(()) => annex.pour(buf, n - room),
            Err(_) => annex.replace(buf, n - room),
        }
    }
    Ok(n)
}

fn annex(buf: BufferPtr, want: usize) -> Result<Annex> {
    let need = buf.off.get().checked_add(want).ok_or(Errno::NOMEM)?;
    Annex::new(buf, block_size(need)?)
}

/// What a read takes when nobody says how much: it grows with the buffer, as in 1.4.
pub fn usual_read(buf: BufferPtr) -> usize {
    buf.totallen.get().saturating_mul(4).max(LEAST)
}

/// `evbuffer_read`: at most `howmuch` bytes, or the usual amount if that is negative.
pub fn read(buf: BufferPtr, fd: c_int, howmuch: c_int) -> Result<usize> {
    let mut want = usize::try_from(howmuch).unwrap_or_else(|_| usual_read(buf));
    if want == 0 {
        return Ok(0);
    }
    let trusted = buf.room().saturating_add(TRUSTED);
    if want > trusted {
        want = want.min(fd::waiting(fd).unwrap_or(0).max(trusted));
    }
    fill(buf, want, |first, second| fd::read_into(fd, first, second))
}

/// `evbuffer_write`: writes once, and drops what was written. The write is made even of nothing:
/// it tells whether the descriptor is good (behaviour 79).
pub fn write(buf: BufferPtr, fd: c_int) -> Result<usize> {
    let n = fd::write(fd, buf.bytes())?;
    drain(buf, n);
    Ok(n)
}

/// Adds `length` bytes of a file from `offset` on, all of them or none; -1: to its end.
pub fn add_file(mut buf: BufferPtr, fd: c_int, offset: i64, length: i64) -> Result<()> {
    let length = match length {
        -1 => fd::size(fd)?.checked_sub(offset).ok_or(Errno::INVAL)?,
        length => length,
    };
    let length = usize::try_from(length).map_err(|_| Errno::INVAL)?;
    if offset < 0 {
        return Err(Errno::INVAL);
    }
    reserve(buf, length)?;
    let mut done = 0;
    loop {
        match fd::read_at(fd, &mut buf.spare()[done..length], offset + done as i64) {
            Ok(n) if done + n == length => break,
            // The file is shorter than that.
            Ok(0) => return Err(Errno::INVAL),
            Ok(n) => done += n,
            Err(Errno::INTR) => {}
            Err(error) => return Err(error),
        }
    }
    buf.commit(length);
    Ok(())
}
