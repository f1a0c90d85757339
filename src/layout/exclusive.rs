//! A value that is entered for one operation at a time.
//!
//! The insides of a base are ordinary owned Rust, changed through `&mut`. Callbacks may do
//! anything, so no such borrow may be alive while user code runs: every operation enters,
//! changes, leaves, and *returns* the user's call that is to be made. The loop waits outside.
//!
//! So only two things can find the value entered: a signal handler that interrupts an operation,
//! and a thread that has no business here. They are told so.

use crate::errno::{Errno, Result};
use std::cell::UnsafeCell;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

#[repr(C)]
pub struct Exclusive<T> {
    value: UnsafeCell<T>,
    entered: AtomicBool,
}

impl<T> Exclusive<T> {
    pub const fn new(value: T) -> Exclusive<T> {
        Exclusive { value: UnsafeCell::new(value), entered: AtomicBool::new(false) }
    }

    /// Runs one operation; `EBUSY` in the middle of another one.
    #[inline]
    pub fn try_enter<R>(&self, operation: impl FnOnce(&mut T) -> R) -> Result<R> {
        if self.entered.load(Relaxed) {
            return Err(Errno::BUSY);
        }
        Ok(self.enter(operation))
    }

    /// `try_enter` for the loop, which no handler interrupts here: it outwaits a stray thread.
    #[inline]
    pub fn enter<R>(&self, operation: impl FnOnce(&mut T) -> R) -> R {
        if self.entered.load(Relaxed) {
            self.outwait();
        }
        self.entered.store(true, Relaxed);
        // SAFETY: the value was not entered, so no other reference to it exists. (Bases belong to
        // one thread, by the manual's word; a signal handler leaves before it returns.)
        let result = operation(unsafe { &mut *self.value.get() });
        self.entered.store(false, Relaxed);
        result
    }

    #[cold]
    #[inline(never)]
    fn outwait(&self) {
        for _ in 0..100_000 {
            if !self.entered.load(Relaxed) {
                return;
            }
            std::thread::yield_now();
        }
        panic!("entered twice");
    }
}
