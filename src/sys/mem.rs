//! Allocations that may fail: boxes, and blocks of the C library's that C may free.

use crate::errno::{Errno, Result};
use std::alloc::{Layout, alloc};
use std::ffi::c_char;
use std::ptr::{self, NonNull};

/// `Box::new` that returns `ENOMEM` instead of ending the process.
pub fn try_box<T>(value: T) -> Result<Box<T>> {
    let layout = Layout::new::<T>();
    assert!(layout.size() != 0, "no need to box nothing");
    // SAFETY: the layout is not empty.
    let memory = unsafe { alloc(layout) }.cast::<T>();
    if memory.is_null() {
        return Err(Errno::NOMEM);
    }
    // SAFETY: fresh memory of T's layout from the global allocator, initialised before the box
    // takes it over.
    unsafe {
        memory.write(value);
        Ok(Box::from_raw(memory))
    }
}

/// `realloc(3)` of a block (NULL: a new one). On failure the block stays as it was.
///
/// # Safety
/// `block` is NULL or from here and not freed; `size` is not 0.
pub unsafe fn reallocate(block: *mut u8, size: usize) -> Result<NonNull<u8>> {
    // SAFETY: the caller's word.
    let moved = unsafe { libc::realloc(block.cast(), size) };
    NonNull::new(moved.cast()).ok_or(Errno::NOMEM)
}

/// `malloc(3)`. `size` is not 0.
pub fn allocate(size: usize) -> Result<NonNull<u8>> {
    debug_assert!(size != 0);
    // SAFETY: no block is handed over.
    unsafe { reallocate(ptr::null_mut(), size) }
}

/// `free(3)`.
///
/// # Safety
/// `block` is NULL or from here and not freed; nobody uses it any more.
pub unsafe fn release(block: *mut u8) {
    // SAFETY: the caller's word.
    unsafe { libc::free(block.cast()) }
}

/// The bytes and a NUL, for a C caller to free().
pub fn new_string(bytes: &[u8]) -> Result<NonNull<c_char>> {
    let text = allocate(bytes.len().checked_add(1).ok_or(Errno::NOMEM)?)?;
    // SAFETY: fresh memory of one byte more than `bytes` has.
    unsafe {
        text.copy_from_nonoverlapping(NonNull::from(bytes).cast(), bytes.len());
        text.add(bytes.len()).write(0);
    }
    Ok(text.cast())
}

/// A string of pieces, which `write` gives twice: to be counted, and to be copied. For a C caller
/// to free().
pub fn new_string_of(write: impl Fn(&mut dyn FnMut(&[u8]))) -> Result<NonNull<c_char>> {
    let mut length = Some(0_usize);
    write(&mut |piece| length = length.and_then(|length| length.checked_add(piece.len())));
    let length = length.ok_or(Errno::NOMEM)?;
    let text = allocate(length.checked_add(1).ok_or(Errno::NOMEM)?)?;
    let mut used = 0;
    write(&mut |piece| {
        assert!(piece.len() <= length - used, "more than was counted");
        // SAFETY: fresh memory of one byte more than `length`.
        unsafe {
            let place = text.add(used);
            place.copy_from_nonoverlapping(NonNull::from(piece).cast(), piece.len());
        }
        used += piece.len();
    });
    // SAFETY: as above, and `used` is `length` at most.
    unsafe { text.add(used).write(0) };
    Ok(text.cast())
}
