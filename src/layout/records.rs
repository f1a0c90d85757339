//! Records that the library allocates one by one and keeps in lists: an `event_once`, an async
//! handle, a hook. They are boxes behind pointers that may be copied.
//!
//! Contract: a `RecordPtr` is used only until `free`; the list of its base says which are alive.

use super::link::{Link, List};
use super::pinned::Pinned;
use crate::errno::Result;
use crate::sys::mem;
use std::ffi::c_void;
use std::marker::PhantomData;
use std::mem::offset_of;
use std::ops::Deref;
use std::ptr::NonNull;

#[repr(C)]
struct Record<T> {
    link: Link,
    value: T,
}

pub struct RecordPtr<T>(NonNull<Record<T>>);

impl<T> Clone for RecordPtr<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for RecordPtr<T> {}

impl<T> PartialEq for RecordPtr<T> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<T> RecordPtr<T> {
    /// # Safety
    /// `raw` is NULL or comes from `into_raw` of a record of this type that was not freed.
    pub unsafe fn from_raw(raw: *mut c_void) -> Option<RecordPtr<T>> {
        NonNull::new(raw.cast()).map(RecordPtr)
    }

    /// The record of a value inside one.
    ///
    /// # Safety
    /// `value` points to the value of a record that was not freed.
    pub unsafe fn from_value(value: *mut T) -> RecordPtr<T> {
        // SAFETY: the caller's word: the value is a field of a record.
        let raw = unsafe { value.byte_sub(offset_of!(Record<T>, value)) };
        // SAFETY: within an allocation, so not NULL.
        RecordPtr(unsafe { NonNull::new_unchecked(raw.cast()) })
    }

    /// The pointer that C code keeps as its handle.
    pub fn into_raw(self) -> *mut c_void {
        self.0.as_ptr().cast()
    }

    /// Takes the record off its list and leaves it to whoever holds the handle.
    pub fn detach(self) {
        // SAFETY: alive by contract.
        unsafe { self.0.as_ref() }.link.isolate();
    }

    /// Takes the record off its list and frees it; its value is returned.
    pub fn free(self) -> T {
        // SAFETY: `make` leaked the box; by contract nobody uses or frees it after this.
        let record = unsafe { Box::from_raw(self.0.as_ptr()) };
        record.link.unlink();
        record.value
    }
}

impl<T> Deref for RecordPtr<T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: alive by contract; values are changed through cells and atomics alone.
        unsafe { &self.0.as_ref().value }
    }
}

/// The records of one base, in the order of making.
pub struct Records<T>(Pinned<List>, PhantomData<RecordPtr<T>>);

impl<T> Records<T> {
    pub fn try_new() -> Result<Records<T>> {
        Ok(Records(Pinned::try_new(List::new())?, PhantomData))
    }

    /// Allocates a record at the end of the list.
    pub fn make(&self, value: T) -> Result<RecordPtr<T>> {
        let record = Box::leak(mem::try_box(Record { link: Link::new(), value })?);
        self.0.push_back(&record.link);
        Ok(RecordPtr(NonNull::from(record)))
    }

    pub fn front(&self) -> Option<RecordPtr<T>> {
        // A record's link is its first field, and nothing but records enters this list.
        self.0.front().map(|link| RecordPtr(link.cast()))
    }

    /// The record after `record`, which must be in this list.
    pub fn after(&self, record: RecordPtr<T>) -> Option<RecordPtr<T>> {
        // SAFETY: alive by contract.
        let link = unsafe { &record.0.as_ref().link };
        self.0.after(link).map(|link| RecordPtr(link.cast()))
    }

    /// The records in order. They may not be freed meanwhile.
    pub fn iter(&self) -> impl Iterator<Item = RecordPtr<T>> {
        std::iter::successors(self.front(), |&record| self.after(record))
    }
}
