//! Adding, taking, moving bytes.

use super::room::{emptied, reserve, reserve_front};
use crate::errno::Result;
use crate::layout::evbuffer::BufferPtr;
use std::mem::MaybeUninit;

/// Adds bytes at the end. They may be the buffer's own.
#[inline]
pub fn append(buf: BufferPtr, bytes: &[u8]) -> Result<()> {
    if bytes.len() <= buf.room() {
        buf.push(bytes);
        return Ok(());
    }
    append_slowly(buf, bytes)
}

#[inline(never)]
fn append_slowly(buf: BufferPtr, bytes: &[u8]) -> Result<()> {
    let own = buf.offset_of(bytes);
    reserve(buf, bytes.len())?;
    match own {
        // They have moved with the block.
        Some(start) => buf.push(&buf.bytes()[start..start + bytes.len()]),
        None => buf.push(bytes),
    }
    Ok(())
}

/// Adds bytes before the data. They may be the buffer's own.
pub fn prepend(buf: BufferPtr, bytes: &[u8]) -> Result<()> {
    let own = buf.offset_of(bytes);
    reserve_front(buf, bytes.len())?;
    match own {
        Some(start) => buf.push_front(&buf.bytes()[start..start + bytes.len()]),
        None => buf.push_front(bytes),
    }
    Ok(())
}

/// Drops bytes from the front, at most all of them.
#[inline]
pub fn drain(buf: BufferPtr, n: usize) {
    let length = buf.off.get();
    if n < length {
        buf.skip(n);
    } else if length != 0 {
        emptied(buf);
    }
}

/// Copies bytes from the front and leaves them there; how many.
pub fn copy_out(buf: BufferPtr, room: &mut [MaybeUninit<u8>]) -> usize {
    let n = room.len().min(buf.off.get());
    for (place, byte) in room[..n].iter_mut().zip(&buf.bytes()[..n]) {
        place.write(*byte);
    }
    n
}

/// Takes bytes from the front; how many.
pub fn remove(buf: BufferPtr, room: &mut [MaybeUninit<u8>]) -> usize {
    let n = copy_out(buf, room);
    drain(buf, n);
    n
}

/// Where next to nothing is left at the far end of a block, it goes to the front while that is
/// cheap, and not when the block is full.
fn gather_early(buf: BufferPtr) {
    if buf.misalign.get() / 16 > buf.off.get() {
        buf.slide(0);
    }
}

/// Moves all bytes of `from` to the end of `to`, copying no more than it must.
pub fn move_all(to: BufferPtr, from: BufferPtr) -> Result<()> {
    let (here, there) = (to.off.get(), from.off.get());
    if here == 0 {
        to.swap(from);
    } else if here < there && here <= from.misalign.get() {
        // The few bytes here go in front of the many there, whose block comes over.
        from.push_front(to.bytes());
        to.swap(from);
    } else {
        gather_early(to);
        append(to, from.bytes())?;
    }
    drain(from, from.off.get());
    Ok(())
}
