//! A value that is entered for one operation at a time.
//!
//! The insides of a base are ordinary owned Rust, changed through `&mut`. Callbacks may do
//! anything, so no such borrow may be alive while user code runs: every operation enters,
//! changes, leaves, and *returns* the user's call that is to be made (design rules R1, R4).

use std::cell::{Cell, UnsafeCell};

#[repr(C)]
pub struct Exclusive<T> {
    value: UnsafeCell<T>,
    entered: Cell<bool>,
}

impl<T> Exclusive<T> {
    pub const fn new(value: T) -> Exclusive<T> {
        Exclusive { value: UnsafeCell::new(value), entered: Cell::new(false) }
    }

    /// Runs one operation. Entering twice would be a bug of the library, never of its user:
    /// operations run no user code.
    #[inline]
    pub fn enter<R>(&self, operation: impl FnOnce(&mut T) -> R) -> R {
        assert!(!self.entered.replace(true), "entered twice");
        // SAFETY: `entered` was false, so no other reference to the value exists.
        let result = operation(unsafe { &mut *self.value.get() });
        self.entered.set(false);
        result
    }
}
