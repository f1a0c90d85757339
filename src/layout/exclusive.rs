//! A value that is entered for one operation at a time, and its companion.
//!
//! The insides of a base are ordinary owned Rust, changed through `&mut`. Callbacks may do
//! anything, so no such borrow may be alive while user code runs: every operation enters,
//! changes, leaves, and *returns* the user's call that is to be made. The loop waits with only the
//! companion: what the wait needs.
//!
//! So only two things can find the value entered: a signal handler that interrupts an operation,
//! and a thread that has no business here. They are told so.
//!
//! ```text
//!   state      value   companion    who
//!   0          free    free
//!   VALUE      taken   maybe        an operation (`enter`, `enter_both`)
//!   COMPANION  free    taken        the wait; a handler may `try_enter` meanwhile
//! ```

use crate::errno::{Errno, Result};
use std::cell::UnsafeCell;
use std::sync::atomic::{AtomicU8, Ordering::Relaxed};

const VALUE: u8 = 1;
const COMPANION: u8 = 2;

#[repr(C)]
pub struct Exclusive<T, C> {
    value: UnsafeCell<T>,
    companion: UnsafeCell<C>,
    state: AtomicU8,
}

impl<T, C> Exclusive<T, C> {
    pub const fn new(value: T, companion: C) -> Exclusive<T, C> {
        Exclusive {
            value: UnsafeCell::new(value),
            companion: UnsafeCell::new(companion),
            state: AtomicU8::new(0),
        }
    }

    /// Runs one operation; `EBUSY` in the middle of another one. During a wait it may.
    #[inline]
    pub fn try_enter<R>(&self, operation: impl FnOnce(&mut T) -> R) -> Result<R> {
        let state = self.state.load(Relaxed);
        if state & VALUE != 0 {
            return Err(Errno::BUSY);
        }
        self.state.store(state | VALUE, Relaxed);
        // SAFETY: the value was not entered, so no other reference to it exists. (Bases belong to
        // one thread, by the manual's word; a signal handler leaves before it returns.)
        let result = operation(unsafe { &mut *self.value.get() });
        self.state.store(state, Relaxed);
        Ok(result)
    }

    /// Runs one operation on both; `EBUSY` in the middle of an operation or a wait.
    pub fn try_enter_both<R>(&self, operation: impl FnOnce(&mut T, &mut C) -> R) -> Result<R> {
        if self.state.load(Relaxed) != 0 {
            return Err(Errno::BUSY);
        }
        Ok(self.enter_both(operation))
    }

    /// `try_enter` for the loop, which no handler interrupts here: it outwaits a stray thread.
    #[inline]
    pub fn enter<R>(&self, operation: impl FnOnce(&mut T) -> R) -> R {
        self.enter_both(|value, _| operation(value))
    }

    /// `enter`, with the companion.
    #[inline]
    pub fn enter_both<R>(&self, operation: impl FnOnce(&mut T, &mut C) -> R) -> R {
        if self.state.load(Relaxed) != 0 {
            self.outwait();
        }
        self.state.store(VALUE, Relaxed);
        // SAFETY: neither was taken; as for `try_enter`.
        let result =
            operation(unsafe { &mut *self.value.get() }, unsafe { &mut *self.companion.get() });
        self.state.store(0, Relaxed);
        result
    }

    /// Runs something long on the companion alone; `EBUSY` as for `try_enter_both`.
    #[inline]
    pub fn with_companion<R>(&self, operation: impl FnOnce(&mut C) -> R) -> Result<R> {
        if self.state.load(Relaxed) != 0 {
            return Err(Errno::BUSY);
        }
        self.state.store(COMPANION, Relaxed);
        // SAFETY: it was not taken; while COMPANION is set `try_enter` gives out the value alone.
        let result = operation(unsafe { &mut *self.companion.get() });
        self.state.store(0, Relaxed);
        Ok(result)
    }

    #[cold]
    #[inline(never)]
    fn outwait(&self) {
        for _ in 0..100_000 {
            if self.state.load(Relaxed) == 0 {
                return;
            }
            std::thread::yield_now();
        }
        panic!("entered twice");
    }
}
