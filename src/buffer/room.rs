//! Room for more bytes: when data moves to the front of its block, when the block grows.
//!
//! Blocks are powers of two, from 256 bytes (behaviours 68 and 193). Moving data costs as much as
//! it is long, so that is only done where it is short, or where enough was taken from the front
//! since the last time; otherwise the block grows. Either way a byte is moved a bounded number of
//! times, however a program adds and takes.

use crate::errno::{Errno, Result};
use crate::layout::evbuffer::BufferPtr;

/// The size of a first block.
pub const FIRST_BLOCK: usize = 256;
/// Data up to this length is moved without a thought.
const SHORT: usize = 4096;
/// A larger block is given back when its data has gone.
const KEPT_BLOCK: usize = 1 << 20;
/// What remains of it.
const SMALL_BLOCK: usize = 4096;

/// Makes room for `n` more bytes. `ENOMEM` and nothing changed if there cannot be.
#[inline]
pub fn reserve(buf: BufferPtr, n: usize) -> Result<()> {
    if n <= buf.room() { Ok(()) } else { make_room(buf, n) }
}

#[inline(never)]
fn make_room(buf: BufferPtr, n: usize) -> Result<()> {
    let length = buf.off.get();
    let need = length.checked_add(n).ok_or(Errno::NOMEM)?;
    let size = buf.totallen.get();
    if need > size {
        return buf.resize(block_size(need)?);
    }
    let grown = if is_cheap_to_move(length, buf.misalign.get()) {
        Err(Errno::NOMEM)
    } else {
        block_size(size + 1).and_then(|size| buf.resize(size))
    };
    // Whatever it costs, it fits.
    if grown.is_err() {
        buf.slide(0);
    }
    Ok(())
}

/// Moves the data to the front, if that is cheap: for who can use all the room that there is.
pub fn gather_room(buf: BufferPtr) {
    let unused = buf.misalign.get();
    if unused != 0 && is_cheap_to_move(buf.off.get(), unused) {
        buf.slide(0);
    }
}

/// The block for `need` bytes. More than half of the address space is refused.
pub fn block_size(need: usize) -> Result<usize> {
    let size = need.max(FIRST_BLOCK).checked_next_power_of_two().ok_or(Errno::NOMEM)?;
    if size > isize::MAX as usize { Err(Errno::NOMEM) } else { Ok(size) }
}

/// Is it worth moving `length` bytes to win `unused` ones?
fn is_cheap_to_move(length: usize, unused: usize) -> bool {
    length <= SHORT || unused > length
}

/// Makes room for `n` bytes before the data, with more to spare, so that a row of such calls does
/// not move the data each time.
pub fn reserve_front(buf: BufferPtr, n: usize) -> Result<()> {
    if n <= buf.misalign.get() {
        return Ok(());
    }
    let length = buf.off.get();
    let need = length.checked_add(n).ok_or(Errno::NOMEM)?;
    let size = buf.totallen.get();
    if need > size || !is_cheap_to_move(length, size - need) {
        let grown = relocate_behind(buf, n, need.saturating_add(need / 2));
        if grown.is_ok() || need > size {
            return grown.or_else(|_| relocate_behind(buf, n, need));
        }
    }
    buf.slide(n + (size - need) / 2);
    Ok(())
}

/// Moves the data to a block for `wanted` bytes, with `n` and half of what is free before it.
fn relocate_behind(buf: BufferPtr, n: usize, wanted: usize) -> Result<()> {
    let size = block_size(wanted)?;
    buf.relocate(size, n + (size - buf.off.get() - n) / 2)
}

/// The data has gone: a large block goes, too.
#[inline(always)]
pub fn emptied(buf: BufferPtr) {
    buf.clear();
    if buf.totallen.get() > KEPT_BLOCK {
        give_back(buf);
    }
}

#[cold]
fn give_back(buf: BufferPtr) {
    // If even this is refused, the block stays as it is.
    let _ = buf.resize(SMALL_BLOCK);
}
