//! The items of FIFO and LIFO queues: a ring whose size is a power of two.

use crate::errno::{Errno, Result};
use crate::layout::slots::Slots;
use std::cell::Cell;
use std::ffi::c_void;
use std::ptr;

/// So many slots there are at first, and as many are kept by a ring that is empty.
const FEW: usize = 8;
const KEPT: usize = 1024;

pub struct Ring {
    slots: Slots<*mut c_void>,
    first: Cell<usize>,
}

impl Ring {
    pub const fn new() -> Ring {
        Ring { slots: Slots::new(), first: Cell::new(0) }
    }

    /// Where the item with this number is, counted from the first.
    #[inline]
    fn place(&self, number: usize) -> usize {
        self.first.get().wrapping_add(number) & self.slots.count().wrapping_sub(1)
    }

    /// Puts an item behind the `len` that there are.
    pub fn push(&self, len: usize, item: *mut c_void) -> Result<()> {
        if len == self.slots.count() {
            self.grow(len)?;
        }
        self.slots.set(self.place(len), item);
        Ok(())
    }

    /// As `push`, if there is a slot: was there?
    #[inline(always)]
    pub fn append(&self, len: usize, item: *mut c_void) -> bool {
        let has_slot = len != self.slots.count();
        if has_slot {
            self.slots.set(self.place(len), item);
        }
        has_slot
    }

    /// Does it have memory that goes back when it is empty?
    #[inline(always)]
    pub fn is_large(&self) -> bool {
        self.slots.count() > KEPT
    }

    /// Takes the first of `len` items; there is one.
    #[inline]
    pub fn take_first(&self) -> *mut c_void {
        let first = self.place(0);
        self.first.set(first + 1);
        self.slots.get(first)
    }

    /// Takes the last of `len` items; there is one.
    #[inline]
    pub fn take_last(&self, len: usize) -> *mut c_void {
        self.slots.get(self.place(len - 1))
    }

    /// All slots are taken: twice as many. Those that were before the first, because the ring
    /// has come round, go behind the last.
    #[cold]
    fn grow(&self, len: usize) -> Result<()> {
        let first = if len == 0 { 0 } else { self.place(0) };
        let count = if len == 0 { FEW } else { len.checked_mul(2).ok_or(Errno::NOMEM)? };
        self.slots.grow(count, ptr::null_mut())?;
        for at in 0..first {
            self.slots.set(len + at, self.slots.get(at));
        }
        self.first.set(first);
        Ok(())
    }

    /// Now that it is empty, much memory goes back.
    #[inline]
    pub fn settle(&self) {
        if self.is_large() {
            self.slots.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::VecDeque;

    fn item(number: usize) -> *mut c_void {
        ptr::without_provenance_mut(number)
    }

    #[test]
    fn is_a_deque_wherever_it_begins() {
        let (ring, mut model) = (Ring::new(), VecDeque::new());
        let mut number = 0;
        // Longer and longer, with the beginning anywhere.
        for length in [1, 5, 8, 3, 9, 40, 2, 1500, 700] {
            for _ in 0..3 {
                while model.len() < length {
                    number += 1;
                    assert!(ring.push(model.len(), item(number)).is_ok());
                    model.push_back(item(number));
                }
                for _ in 0..length / 2 + 1 {
                    if number % 3 == 0 {
                        assert_eq!(Some(ring.take_last(model.len())), model.pop_back());
                    } else {
                        assert_eq!(Some(ring.take_first()), model.pop_front());
                    }
                    number += 1;
                }
            }
            while let Some(expected) = model.pop_front() {
                assert_eq!(ring.take_first(), expected);
            }
            ring.settle();
            assert!(ring.slots.count() <= KEPT);
        }
    }
}
