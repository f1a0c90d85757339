//! Slots: a block of memory that grows, whose elements are copied in and out by number.
//!
//! Nothing borrows an element, so whatever happens between two calls, the block may have grown.

use crate::errno::Result;
use std::cell::{Cell, UnsafeCell};

pub struct Slots<T>(UnsafeCell<Vec<Cell<T>>>);

impl<T: Copy> Slots<T> {
    pub const fn new() -> Slots<T> {
        Slots(UnsafeCell::new(Vec::new()))
    }

    #[inline(always)]
    fn all(&self) -> &[Cell<T>] {
        // SAFETY: the vector itself changes in `grow` and `clear` alone, which hand out nothing
        // and run no other code of this type's; what is returned here does not leave this file.
        unsafe { &*self.0.get() }
    }

    #[inline]
    pub fn count(&self) -> usize {
        self.all().len()
    }

    #[inline]
    pub fn get(&self, at: usize) -> T {
        self.all()[at].get()
    }

    #[inline]
    pub fn set(&self, at: usize, value: T) {
        self.all()[at].set(value);
    }

    /// The element with this number, where numbers go round: they are as many as a power of two.
    #[inline(always)]
    fn round(&self, number: usize) -> Option<&Cell<T>> {
        let all = self.all();
        let last = all.len().checked_sub(1)?;
        debug_assert!(all.len().is_power_of_two());
        // SAFETY: not beyond the last.
        Some(unsafe { all.get_unchecked(number & last) })
    }

    /// `get` of a number that goes round.
    #[inline(always)]
    pub fn get_round(&self, number: usize) -> Option<T> {
        self.round(number).map(Cell::get)
    }

    /// `set` of a number that goes round; nothing, if there are no slots.
    #[inline(always)]
    pub fn set_round(&self, number: usize, value: T) {
        if let Some(slot) = self.round(number) {
            slot.set(value);
        }
    }

    /// Makes it so many; new ones have this value.
    pub fn grow(&self, count: usize, value: T) -> Result<()> {
        // SAFETY: nobody has a reference into it (see `all`), and copies of `T` run no code.
        let slots = unsafe { &mut *self.0.get() };
        slots.try_reserve_exact(count.saturating_sub(slots.len()))?;
        slots.resize_with(count, || Cell::new(value));
        Ok(())
    }

    /// Gives the memory back.
    pub fn clear(&self) {
        // SAFETY: as in `grow`.
        unsafe { *self.0.get() = Vec::new() };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_what_was_set_when_it_grows() {
        let slots = Slots::new();
        assert_eq!(slots.count(), 0);
        assert!(slots.grow(2, 7).is_ok());
        slots.set(1, 9);
        assert!(slots.grow(5, 3).is_ok());
        let all: Vec<i32> = (0..slots.count()).map(|at| slots.get(at)).collect();
        assert_eq!(all, [7, 9, 3, 3, 3]);
        assert!(slots.grow(usize::MAX, 0).is_err());
        assert_eq!(slots.count(), 5);
        slots.clear();
        assert_eq!(slots.count(), 0);
    }
}
