//! Memory that others point into: owned, but reached by shared references alone.
//!
//! The sentinels of intrusive lists are written through the links of events. They may not stand
//! inside anything that is borrowed by `&mut`, which would promise the compiler that nobody else
//! writes there; nor in a `Box`, which makes the same promise. They stand in a `Pinned`.

use crate::errno::Result;
use crate::sys::mem;
use std::ops::Deref;
use std::ptr::NonNull;

pub struct Pinned<T>(NonNull<T>);

impl<T> Pinned<T> {
    pub fn try_new(value: T) -> Result<Pinned<T>> {
        Ok(Pinned(NonNull::from(Box::leak(mem::try_box(value)?))))
    }
}

impl<T> Deref for Pinned<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: `try_new` leaked the box, and only `drop` frees it; no `&mut` is ever made.
        unsafe { self.0.as_ref() }
    }
}

impl<T> Drop for Pinned<T> {
    fn drop(&mut self) {
        // SAFETY: from a box (`try_new`), and this is its end.
        drop(unsafe { Box::from_raw(self.0.as_ptr()) });
    }
}
