//! Owned objects behind the pointers that C holds: a base, and what later steps add.
//!
//! Contract: a handle is made from a pointer under the manual's word that the object is alive,
//! and used only until `dispose`.

use crate::errno::Result;
use crate::sys::mem;
use std::mem::MaybeUninit;
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

    /// The object that a link is in.
    ///
    /// # Safety
    /// `object` is a live object that `leak` made.
    #[inline]
    pub unsafe fn from_link(object: NonNull<T>) -> Handle<T> {
        Handle(object)
    }

    /// Gives an object to C.
    pub fn leak(object: Box<T>) -> Handle<T> {
        Handle(NonNull::from(Box::leak(object)))
    }

    pub fn as_ptr(self) -> *mut T {
        self.0.as_ptr()
    }

    /// Makes another object of the memory of one that is ended, and needs no drop.
    #[inline]
    pub fn renew(self, object: T) -> Handle<T> {
        const { assert!(!std::mem::needs_drop::<T>()) };
        // SAFETY: by contract nobody uses what is there, and the memory is the owner's still.
        unsafe { self.0.write(object) };
        self
    }

    /// Ends the object. No copy of the handle may be used afterwards.
    pub fn dispose(self) {
        // SAFETY: `leak` took it from a box; by contract it is alive and this is its end.
        drop(unsafe { Box::from_raw(self.0.as_ptr()) });
    }
}

/// Memory for an object that others have to point to before it is made. Its handle is not used
/// before `fill`; a place that is never filled is just memory.
pub struct Place<T>(Box<MaybeUninit<T>>);

impl<T> Place<T> {
    pub fn try_new() -> Result<Place<T>> {
        Ok(Place(mem::try_box(MaybeUninit::uninit())?))
    }

    pub fn handle(&mut self) -> Handle<T> {
        Handle(NonNull::from(&mut *self.0).cast())
    }

    pub fn fill(self, object: T) -> Handle<T> {
        Handle(NonNull::from(Box::leak(self.0).write(object)))
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
