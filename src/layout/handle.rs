//! Owned objects behind the pointers that C holds: a base, and what later steps add.
//!
//! Contract: a handle is made from a pointer under the manual's word that the object is alive,
//! and used only until `dispose`.

use std::ops::Deref;
use std::ptr::NonNull;

pub struct Handle<T>(NonNull<T>);

impl<T> Clone for Handle<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Handle<T> {}

impl<T> PartialEq for Handle<T> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<T> Handle<T> {
    /// # Safety
    /// `raw` is NULL or a live object that `leak` made.
    #[inline]
    pub unsafe fn from_raw(raw: *mut T) -> Option<Handle<T>> {
        NonNull::new(raw).map(Handle)
    }

    /// Gives an object to C.
    pub fn leak(object: Box<T>) -> Handle<T> {
        Handle(NonNull::from(Box::leak(object)))
    }

    pub fn as_ptr(self) -> *mut T {
        self.0.as_ptr()
    }

    /// Ends the object. No copy of the handle may be used afterwards.
    pub fn dispose(self) {
        // SAFETY: `leak` took it from a box; by contract it is alive and this is its end.
        drop(unsafe { Box::from_raw(self.0.as_ptr()) });
    }
}

impl<T> Deref for Handle<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: alive by contract.
        unsafe { self.0.as_ref() }
    }
}
