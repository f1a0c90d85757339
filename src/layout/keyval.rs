//! `struct evkeyval`, one header of an HTTP message, and the list of them, `struct evkeyvalq`.
//!
//! Programs walk and edit these lists with the macros of <sys/queue.h>. Entries, keys and values
//! are malloc'ed, each by itself, and freed with free(): a program may exchange any of them.

// Its other readers come with the connections of evhttp.h.
#![allow(dead_code)]

use crate::errno::Result;
use crate::sys::mem;
use std::cell::Cell;
use std::ffi::{CStr, c_char};
use std::marker::PhantomData;
use std::mem::{ManuallyDrop, offset_of, size_of};
use std::ptr::{self, NonNull};

/// Links of a header, laid out like a `TAILQ_ENTRY`.
#[repr(C)]
pub struct EvkeyvalEntry {
    pub tqe_next: Cell<*mut Evkeyval>,
    pub tqe_prev: Cell<*mut *mut Evkeyval>,
}

/// A pair of texts: a header of an HTTP message.
#[repr(C)]
pub struct Evkeyval {
    /// link in its list
    pub next: EvkeyvalEntry,
    /// what stands before the colon
    pub key: Cell<*mut c_char>,
    /// what stands behind it
    pub value: Cell<*mut c_char>,
}

/// A list of headers, laid out like a `TAILQ_HEAD`.
#[repr(C)]
pub struct Evkeyvalq {
    pub tqh_first: Cell<*mut Evkeyval>,
    pub tqh_last: Cell<*mut *mut Evkeyval>,
}

/// A list of headers that is there and in order.
///
/// Contract: made from a C pointer under the manual's word that it is a list that was initialised
/// and is not freed, whose entries are malloc'ed. What is read of it is used only until its next
/// change, and never across a call to user code.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Headers(NonNull<Evkeyvalq>);

/// A header of a list.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Keyval<'a> {
    pub key: &'a [u8],
    pub value: &'a [u8],
    /// As programs get it.
    pub raw_value: *const c_char,
    entry: NonNull<Evkeyval>,
}

/// Where a header is in its list; good until the next change.
pub struct Place(NonNull<Evkeyval>);

impl Keyval<'_> {
    pub fn place(&self) -> Place {
        Place(self.entry)
    }
}

impl Headers {
    /// # Safety
    /// `raw` is NULL or a list that was initialised and not freed.
    pub unsafe fn from_raw(raw: *mut Evkeyvalq) -> Option<Headers> {
        NonNull::new(raw).map(Headers)
    }

    /// Makes an empty list of memory that may have been anything.
    ///
    /// # Safety
    /// `raw` is NULL or a place for a list.
    pub unsafe fn init(raw: *mut Evkeyvalq) -> Option<Headers> {
        let list = Headers(NonNull::new(raw)?);
        list.reset();
        Some(list)
    }

    /// An empty list in memory of its own.
    pub fn create() -> Result<Headers> {
        let list = Headers(mem::allocate(size_of::<Evkeyvalq>())?.cast());
        list.reset();
        Ok(list)
    }

    /// Ends a list of `create`, and all that is in it.
    pub fn dispose(self) {
        self.clear();
        // SAFETY: the memory of `create`, and by contract this is its end.
        unsafe { mem::release(self.as_ptr().cast()) };
    }

    pub fn as_ptr(self) -> *mut Evkeyvalq {
        self.0.as_ptr()
    }

    fn reset(self) {
        let raw = self.as_ptr();
        // SAFETY: a place for a list; nothing of it is read.
        unsafe {
            let first = &raw mut (*raw).tqh_first;
            first.write(Cell::new(ptr::null_mut()));
            (&raw mut (*raw).tqh_last).write(Cell::new(first.cast()));
        }
    }

    fn head(&self) -> &Evkeyvalq {
        // SAFETY: alive by contract; all fields are `Cell`s.
        unsafe { self.0.as_ref() }
    }

    /// From the first to the last.
    pub fn iter(&self) -> Iter<'_> {
        Iter { next: self.head().tqh_first.get(), list: PhantomData }
    }

    pub fn is_empty(&self) -> bool {
        self.head().tqh_first.get().is_null()
    }

    /// Adds a header at the end: copies, with a NUL behind each. Without memory nothing happens.
    pub fn push(self, key: &[u8], value: &[u8]) -> Result<()> {
        self.push_of(|out| out(key), |out| out(value))
    }

    /// Adds a header whose texts come in pieces (`mem::new_string_of`).
    pub fn push_of(
        self,
        key: impl Fn(&mut dyn FnMut(&[u8])),
        value: impl Fn(&mut dyn FnMut(&[u8])),
    ) -> Result<()> {
        let entry = Block(mem::allocate(size_of::<Evkeyval>())?.as_ptr());
        let key = Block(mem::new_string_of(key)?.as_ptr().cast());
        let value = Block(mem::new_string_of(value)?.as_ptr().cast());
        let entry = entry.keep().cast::<Evkeyval>();
        let last = self.head().tqh_last.get();
        // SAFETY: the entry's memory is fresh. `last` is the last entry's link, or the list's
        // first one, both of which are alive by contract.
        unsafe {
            entry.write(Evkeyval {
                next: EvkeyvalEntry {
                    tqe_next: Cell::new(ptr::null_mut()),
                    tqe_prev: Cell::new(last),
                },
                key: Cell::new(key.keep().cast()),
                value: Cell::new(value.keep().cast()),
            });
            last.write(entry);
            self.head().tqh_last.set((&raw mut (*entry).next.tqe_next).cast());
        }
        Ok(())
    }

    /// Takes a header out, and frees it.
    pub fn remove(self, place: Place) {
        let entry = place.0;
        // SAFETY: an entry of this list, since by contract nothing was changed meanwhile; so its
        // neighbours' links are alive, and it is malloc'ed, as what it points to is.
        unsafe {
            let Evkeyval { next: links, key, value } = entry.as_ref();
            let (next, prev) = (links.tqe_next.get(), links.tqe_prev.get());
            match next.as_ref() {
                Some(next) => next.next.tqe_prev.set(prev),
                None => self.head().tqh_last.set(prev),
            }
            prev.write(next);
            let texts = (key.get(), value.get());
            mem::release(texts.0.cast());
            mem::release(texts.1.cast());
            mem::release(entry.as_ptr().cast());
        }
    }

    /// Frees all headers.
    pub fn clear(self) {
        while let Some(first) = NonNull::new(self.head().tqh_first.get()) {
            self.remove(Place(first));
        }
    }
}

/// Memory that is freed unless it is kept.
struct Block(*mut u8);

impl Block {
    fn keep(self) -> *mut u8 {
        ManuallyDrop::new(self).0
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        // SAFETY: from malloc, and known to nobody else.
        unsafe { mem::release(self.0) };
    }
}

pub struct Iter<'a> {
    next: *mut Evkeyval,
    list: PhantomData<&'a Headers>,
}

impl<'a> Iterator for Iter<'a> {
    type Item = Keyval<'a>;

    fn next(&mut self) -> Option<Keyval<'a>> {
        let entry = NonNull::new(self.next)?;
        // SAFETY: an entry of a list that is in order and not changed while it is walked.
        let header = unsafe { entry.as_ref() };
        self.next = header.next.tqe_next.get();
        let raw_value = header.value.get().cast_const();
        // SAFETY: NULL or strings, which stay until the list is changed.
        let (key, value) = unsafe { (text(header.key.get()), text(raw_value)) };
        Some(Keyval { key, value, raw_value, entry })
    }
}

/// # Safety
/// `raw` is NULL or a string, which stays as it is while this is used.
unsafe fn text<'a>(raw: *const c_char) -> &'a [u8] {
    if raw.is_null() {
        return &[];
    }
    // SAFETY: not NULL, and the caller's word.
    unsafe { CStr::from_ptr(raw) }.to_bytes()
}

#[cfg(target_pointer_width = "64")]
const _: () = {
    assert!(size_of::<EvkeyvalEntry>() == 16);
    assert!(size_of::<Evkeyval>() == 32 && align_of::<Evkeyval>() == 8);
    assert!(offset_of!(Evkeyval, next) == 0);
    assert!(offset_of!(Evkeyval, key) == 16);
    assert!(offset_of!(Evkeyval, value) == 24);
    assert!(size_of::<Evkeyvalq>() == 16 && align_of::<Evkeyvalq>() == 8);
    assert!(offset_of!(Evkeyvalq, tqh_first) == 0);
    assert!(offset_of!(Evkeyvalq, tqh_last) == 8);
};

#[cfg(target_pointer_width = "32")]
const _: () = {
    assert!(size_of::<EvkeyvalEntry>() == 8);
    assert!(size_of::<Evkeyval>() == 16 && align_of::<Evkeyval>() == 4);
    assert!(offset_of!(Evkeyval, next) == 0);
    assert!(offset_of!(Evkeyval, key) == 8);
    assert!(offset_of!(Evkeyval, value) == 12);
    assert!(size_of::<Evkeyvalq>() == 8 && align_of::<Evkeyvalq>() == 4);
    assert!(offset_of!(Evkeyvalq, tqh_first) == 0);
    assert!(offset_of!(Evkeyvalq, tqh_last) == 4);
};
