//! Allocations that may fail.

use crate::errno::{Errno, Result};
use std::alloc::{Layout, alloc};

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
