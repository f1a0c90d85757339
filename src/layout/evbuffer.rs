//! `struct evbuffer`: bytes in one block of memory, which C reads through macros.
//!
//! ```text
//!   orig_buffer       buffer                            orig_buffer + totallen
//!   |<-- misalign -->|<---- off bytes of data ---->|<---- free ---->|
//! ```
//! Invariant: the fields are always as in the picture; without a block all are 0. The block comes
//! from malloc. What is done with the bytes, and when the block grows, is decided in `buffer/`.

use super::call::BufferCall;
use super::copy;
use super::hook::Hook;
use crate::errno::Result;
use crate::sys::fd::Room;
use crate::sys::mem;
use std::cell::Cell;
use std::ffi::{c_uchar, c_void};
use std::mem::{MaybeUninit, offset_of, size_of};
use std::ops::Deref;
use std::ptr::{self, NonNull};
use std::slice;
use std::sync::atomic::{AtomicPtr, Ordering::AcqRel};

/// A buffer: data in one block, taken from the front and added to the end. Made by
/// evbuffer_new() alone.
#[repr(C)]
pub struct Evbuffer {
    /// the data
    pub buffer: Cell<*mut c_uchar>,
    /// the memory that it lies in
    pub orig_buffer: Cell<*mut c_uchar>,
    /// unused bytes before the data
    pub misalign: Cell<usize>,
    /// size of the memory in bytes
    pub totallen: Cell<usize>,
    /// length of the data in bytes
    pub off: Cell<usize>,
    /// called when the length changes
    pub cb: Cell<
        Option<
            unsafe extern "C" fn(
                buf: *mut Evbuffer,
                old_length: usize,
                new_length: usize,
                arg: *mut c_void,
            ),
        >,
    >,
    /// its argument
    pub cbarg: Cell<*mut c_void>,
}

/// What `evbuffer_new` allocates: the public part, and behind it our own.
#[repr(C)]
pub struct Buffer {
    public: Evbuffer,
    /// Told of every change, before the user's callback.
    pub hook: Cell<Option<Hook>>,
    /// Callbacks of this buffer that are running, one inside the other.
    pub depth: Cell<u32>,
    /// Where on the stack the innermost of them was called: a number, to be compared.
    pub innermost: Cell<usize>,
    /// Frames that will use the buffer when user code has returned.
    pub holds: Cell<u32>,
    /// Freed while it is held: the last of those frames ends it.
    pub doomed: Cell<bool>,
    /// The length before changes that have not been reported, because callbacks are too deep.
    pub unreported: Cell<Option<usize>>,
}

impl Deref for Buffer {
    type Target = Evbuffer;

    #[inline(always)]
    fn deref(&self) -> &Evbuffer {
        &self.public
    }
}

/// A pointer to a buffer that is alive.
///
/// Contract: made from a C pointer under the manual's word that `evbuffer_new` gave it and that
/// it was not freed. Slices of its bytes are used only until its next change, and never across a
/// call to user code.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(transparent)]
pub struct BufferPtr(NonNull<Buffer>);

impl Deref for BufferPtr {
    type Target = Buffer;

    #[inline(always)]
    fn deref(&self) -> &Buffer {
        // SAFETY: alive by contract.
        unsafe { self.0.as_ref() }
    }
}

impl BufferPtr {
    /// # Safety
    /// `raw` is NULL or a buffer of `evbuffer_new` that was not freed.
    #[inline(always)]
    pub unsafe fn from_raw(raw: *mut Evbuffer) -> Option<BufferPtr> {
        NonNull::new(raw).map(|raw| BufferPtr(raw.cast()))
    }

    /// # Safety
    /// `raw` is a buffer of `evbuffer_new` that was not freed.
    pub unsafe fn from_raw_unchecked(raw: *mut Evbuffer) -> BufferPtr {
        // SAFETY: the caller's word.
        BufferPtr(unsafe { NonNull::new_unchecked(raw.cast()) })
    }

    pub fn as_ptr(self) -> *mut Evbuffer {
        self.0.as_ptr().cast()
    }

    /// An empty buffer without a block.
    pub fn create() -> Result<BufferPtr> {
        let buffer = mem::try_box(Buffer {
            public: Evbuffer {
                buffer: Cell::new(ptr::null_mut()),
                orig_buffer: Cell::new(ptr::null_mut()),
                misalign: Cell::new(0),
                totallen: Cell::new(0),
                off: Cell::new(0),
                cb: Cell::new(None),
                cbarg: Cell::new(ptr::null_mut()),
            },
            hook: Cell::new(None),
            depth: Cell::new(0),
            innermost: Cell::new(0),
            holds: Cell::new(0),
            doomed: Cell::new(false),
            unreported: Cell::new(None),
        })?;
        Ok(BufferPtr(NonNull::from(Box::leak(buffer))))
    }

    /// Ends the buffer and its block. No copy of the pointer may be used afterwards.
    pub fn dispose(self) {
        // SAFETY: the block and the box are ours, alive by contract, and this is their end.
        unsafe {
            mem::release(self.orig_buffer.get());
            drop(Box::from_raw(self.0.as_ptr()));
        }
    }

    /// The data.
    #[inline]
    pub fn bytes(&self) -> &[u8] {
        if self.off.get() == 0 {
            return &[];
        }
        // SAFETY: `off` initialised bytes in the block (head of the module).
        unsafe { slice::from_raw_parts(self.buffer.get(), self.off.get()) }
    }

    /// How many bytes can be added as the block is.
    #[inline(always)]
    pub fn room(&self) -> usize {
        self.totallen.get() - self.misalign.get() - self.off.get()
    }

    fn tail(&self) -> *mut u8 {
        self.buffer.get().wrapping_add(self.off.get())
    }

    /// The free bytes after the data; `commit` makes them data.
    #[inline]
    pub fn spare(&mut self) -> Room<'_> {
        let room = self.room();
        if room == 0 {
            return &mut [];
        }
        // SAFETY: `room` bytes of the block behind the data, which nothing else refers to.
        unsafe { slice::from_raw_parts_mut(self.tail().cast(), room) }
    }

    /// The first `n` spare bytes, which somebody has written, are data now.
    #[inline]
    pub fn commit(&self, n: usize) {
        debug_assert!(n <= self.room());
        self.off.set(self.off.get() + n);
    }

    /// Copies into the room that there is: the caller has looked.
    pub fn push(&self, bytes: &[u8]) {
        debug_assert!(bytes.len() <= self.room());
        // SAFETY: the slice, and room that is in the block.
        unsafe { self.push_raw(bytes.as_ptr(), bytes.len()) };
    }

    /// `push` of what C hands in.
    ///
    /// # Safety
    /// `data` has `n` bytes, and there is room for them.
    #[inline(always)]
    pub unsafe fn push_raw(&self, data: *const u8, n: usize) {
        // SAFETY: the caller's word; memmove, because a caller may hand in what it wrote into the
        // room itself.
        unsafe { ptr::copy(data, self.tail(), n) };
        self.off.set(self.off.get() + n);
    }

    /// `push_raw` of 1 to `copy::SHORT` bytes.
    ///
    /// # Safety
    /// As for `push_raw`.
    #[inline(always)]
    pub unsafe fn push_short(&self, data: *const u8, n: usize) {
        // SAFETY: the caller's word.
        unsafe { copy::short(data, self.tail(), n) };
        self.off.set(self.off.get() + n);
    }

    /// Are there bytes, and is there room for them? One comparison tells of both.
    #[inline(always)]
    pub fn takes(&self, data: *const u8, n: usize) -> bool {
        !data.is_null() && n.wrapping_sub(1) < self.room()
    }

    /// Copies into the unused bytes before the data: the caller has looked.
    pub fn push_front(&self, bytes: &[u8]) {
        debug_assert!(bytes.len() <= self.misalign.get());
        let front = self.buffer.get().wrapping_sub(bytes.len());
        // SAFETY: that many bytes of the block lie before the data.
        unsafe { ptr::copy(bytes.as_ptr(), front, bytes.len()) };
        self.buffer.set(front);
        self.misalign.set(self.misalign.get() - bytes.len());
        self.off.set(self.off.get() + bytes.len());
    }

    /// Drops bytes from the front, not all of them.
    #[inline(always)]
    pub fn skip(&self, n: usize) {
        debug_assert!(n < self.off.get());
        self.buffer.set(self.buffer.get().wrapping_add(n));
        self.misalign.set(self.misalign.get() + n);
        self.off.set(self.off.get() - n);
    }

    /// Drops all bytes and keeps the block.
    #[inline(always)]
    pub fn clear(&self) {
        self.buffer.set(self.orig_buffer.get());
        self.misalign.set(0);
        self.off.set(0);
    }

    /// Moves the data within the block, so that `misalign` bytes are unused before it.
    pub fn slide(&self, misalign: usize) {
        debug_assert!(misalign + self.off.get() <= self.totallen.get());
        let place = self.orig_buffer.get().wrapping_add(misalign);
        // SAFETY: both places are in the block (checked by the callers).
        unsafe { ptr::copy(self.buffer.get(), place, self.off.get()) };
        self.buffer.set(place);
        self.misalign.set(misalign);
    }

    /// Gives the block another size; the data, which fits, goes to its front (`slide`).
    pub fn resize(&self, size: usize) -> Result<()> {
        debug_assert!(size >= self.off.get());
        if self.misalign.get() != 0 {
            return self.relocate(size, 0);
        }
        // SAFETY: the block is ours (head of the module).
        let block = unsafe { mem::reallocate(self.orig_buffer.get(), size) }?;
        self.set_block(block, size, 0);
        Ok(())
    }

    /// Copies the data into a new block, `misalign` bytes from its front.
    pub fn relocate(&self, size: usize, misalign: usize) -> Result<()> {
        debug_assert!(misalign + self.off.get() <= size);
        self.adopt(mem::allocate(size)?, size, misalign);
        Ok(())
    }

    /// `relocate` into a block of the caller's, which becomes the buffer's.
    fn adopt(&self, block: NonNull<u8>, size: usize, misalign: usize) {
        let old = self.orig_buffer.get();
        if self.off.get() != 0 {
            // SAFETY: the data fits behind `misalign` in the block (checked by the callers), which
            // is fresh.
            unsafe {
                let place = block.as_ptr().add(misalign);
                ptr::copy_nonoverlapping(self.buffer.get(), place, self.off.get());
            }
        }
        self.set_block(block, size, misalign);
        // SAFETY: ours, and replaced.
        unsafe { mem::release(old) };
    }

    fn set_block(&self, block: NonNull<u8>, size: usize, misalign: usize) {
        self.orig_buffer.set(block.as_ptr());
        self.buffer.set(block.as_ptr().wrapping_add(misalign));
        self.misalign.set(misalign);
        self.totallen.set(size);
    }

    /// Exchanges blocks and data with another buffer.
    pub fn swap(&self, other: BufferPtr) {
        self.buffer.swap(&other.buffer);
        self.orig_buffer.swap(&other.orig_buffer);
        self.misalign.swap(&other.misalign);
        self.totallen.swap(&other.totallen);
        self.off.swap(&other.off);
    }

    /// Where in the data a slice begins that a caller has handed in, if it lies there.
    pub fn offset_of(&self, bytes: &[u8]) -> Option<usize> {
        let start = (bytes.as_ptr() as usize).checked_sub(self.buffer.get() as usize)?;
        (start + bytes.len() <= self.off.get() && !bytes.is_empty()).then_some(start)
    }

    /// Tells no bufferevent any more.
    pub fn unhook(&self) {
        if let Some(hook) = self.hook.take() {
            hook.owner.hooked.set(None);
        }
    }

    /// Is anybody to be told of changes?
    #[inline(always)]
    pub fn is_watched(&self) -> bool {
        self.cb.get().is_some() || self.hook.get().is_some()
    }

    /// The call of the user's callback for a change.
    pub fn call(self, old: usize) -> BufferCall {
        BufferCall {
            callback: self.cb.get(),
            buffer: self.as_ptr(),
            old_length: old,
            new_length: self.off.get(),
            arg: self.cbarg.get(),
        }
    }
}

/// A block on the side: room for a read that may be larger than the buffer's own.
///
/// It is laid out as the buffer's next block would be: if what was read does not fit the old
/// one, and no better block can be had, this becomes the buffer's, and nothing is lost.
pub struct Annex {
    block: NonNull<u8>,
    size: usize,
    /// Where the read bytes go: as much as the buffer's data and spare bytes take before them.
    start: usize,
}

/// The size of the block that is kept for the next read. What nobody has written to is not
/// resident.
const KEPT: usize = 1 << 20;

/// Such a block, or NULL. Whoever reads takes it, and puts it back.
static SPARE: AtomicPtr<u8> = AtomicPtr::new(ptr::null_mut());

impl Annex {
    /// Room for all that `buffer` can hold and what goes beyond that, up to `size`.
    pub fn new(buffer: BufferPtr, size: usize) -> Result<Annex> {
        let start = buffer.off.get() + buffer.room();
        debug_assert!(size > start);
        if size > KEPT {
            return Ok(Annex { block: mem::allocate(size)?, size, start });
        }
        let block = match NonNull::new(SPARE.swap(ptr::null_mut(), AcqRel)) {
            Some(block) => block,
            None => mem::allocate(KEPT)?,
        };
        Ok(Annex { block, size: KEPT, start })
    }

    pub fn room(&mut self) -> Room<'_> {
        let length = self.size - self.start;
        // SAFETY: that much of the block, which is ours alone.
        unsafe {
            let room = self.block.as_ptr().add(self.start).cast::<MaybeUninit<u8>>();
            slice::from_raw_parts_mut(room, length)
        }
    }

    /// Copies the first `n` bytes of this room, which were read to there, into that of the
    /// buffer, which has as much.
    pub fn pour(self, buffer: BufferPtr, n: usize) {
        debug_assert!(n <= self.size - self.start && n <= buffer.room());
        // SAFETY: `n` bytes of the block, and of the room.
        unsafe { buffer.push_raw(self.block.as_ptr().add(self.start), n) };
    }

    /// Makes this the buffer's block, with the first `n` bytes of this room as data; the buffer's
    /// own room has become data before.
    pub fn replace(self, buffer: BufferPtr, n: usize) {
        debug_assert!(n <= self.size - self.start && buffer.off.get() == self.start);
        buffer.adopt(self.block, self.size, 0);
        buffer.commit(n);
        std::mem::forget(self);
    }
}

impl Drop for Annex {
    fn drop(&mut self) {
        let mut block = self.block.as_ptr();
        if self.size == KEPT {
            block = SPARE.swap(block, AcqRel);
        }
        // SAFETY: from `new`, and not the buffer's; or NULL; or one that another thread put back
        // meanwhile.
        unsafe { mem::release(block) };
    }
}

#[cfg(target_pointer_width = "64")]
const _: () = {
    assert!(size_of::<Evbuffer>() == 56 && align_of::<Evbuffer>() == 8);
    assert!(offset_of!(Evbuffer, buffer) == 0);
    assert!(offset_of!(Evbuffer, orig_buffer) == 8);
    assert!(offset_of!(Evbuffer, misalign) == 16);
    assert!(offset_of!(Evbuffer, totallen) == 24);
    assert!(offset_of!(Evbuffer, off) == 32);
    assert!(offset_of!(Evbuffer, cb) == 40);
    assert!(offset_of!(Evbuffer, cbarg) == 48);
};

#[cfg(target_pointer_width = "32")]
const _: () = {
    assert!(size_of::<Evbuffer>() == 28 && align_of::<Evbuffer>() == 4);
    assert!(offset_of!(Evbuffer, buffer) == 0);
    assert!(offset_of!(Evbuffer, orig_buffer) == 4);
    assert!(offset_of!(Evbuffer, misalign) == 8);
    assert!(offset_of!(Evbuffer, totallen) == 12);
    assert!(offset_of!(Evbuffer, off) == 16);
    assert!(offset_of!(Evbuffer, cb) == 20);
    assert!(offset_of!(Evbuffer, cbarg) == 24);
};
