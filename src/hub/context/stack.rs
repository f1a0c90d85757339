//! A stack and its size classes.
//!
//! ```text
//!    guard, 64 KiB |  the stack, 2^n bytes                    |
//!                  low                             <- grows  top
//! ```
//! Stacks begin at page boundaries, so the low bits of a stack's address say how large it is: a
//! stack is one word.

use crate::errno::{Errno, Result};
use crate::sys::map;
use std::num::NonZero;

/// What is forbidden below each stack. A function whose frame is larger and that does not touch
/// it step by step can jump over it.
pub const GUARD: usize = 64 << 10;

const SMALLEST: u32 = 14;
const USUAL: u32 = 18;
const LARGEST: u32 = 30;

/// The bits of an address within the smallest page.
const IN_PAGE: usize = 4095;

/// A size of stacks: a power of two, as its exponent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Class(u8);

impl Class {
    /// What a greenlet gets that is not told otherwise.
    pub const DEFAULT: Class = Class(USUAL as u8);
    pub const COUNT: usize = (LARGEST - SMALLEST + 1) as usize;

    /// The smallest class of at least `size` bytes; 0 is 256 KiB. `EINVAL`: more than 1 GiB.
    pub fn of(size: usize) -> Result<Class> {
        if size == 0 {
            return Ok(Class(USUAL as u8));
        }
        if size > 1 << LARGEST {
            return Err(Errno::INVAL);
        }
        let size = size.max(1 << SMALLEST).max(map::page());
        Ok(Class(size.next_power_of_two().trailing_zeros() as u8))
    }

    pub fn size(self) -> usize {
        1 << self.0
    }

    /// How many stacks of the class have so many bytes.
    pub fn fit_into(self, bytes: usize) -> usize {
        bytes >> self.0
    }

    /// A number below `COUNT`.
    pub fn index(self) -> usize {
        usize::from(self.0) - SMALLEST as usize
    }

    /// What a stack and its guard take.
    pub fn slot(self) -> usize {
        GUARD + self.size()
    }
}

/// A stack of a pool: the address of its low end, and its class in the lowest bits.
#[derive(Debug, PartialEq, Eq)]
pub struct Stack(NonZero<usize>);

impl Stack {
    /// The stack above `low`. `None`: there is no page at 0, nor at what is no page boundary.
    pub(super) fn new(low: usize, class: Class) -> Option<Stack> {
        if low & IN_PAGE != 0 || low == 0 {
            return None;
        }
        NonZero::new(low | usize::from(class.0)).map(Stack)
    }

    #[inline]
    pub fn low(&self) -> usize {
        self.0.get() & !IN_PAGE
    }

    /// Behind the last byte.
    #[inline]
    pub fn top(&self) -> usize {
        self.low() + self.size()
    }

    #[inline]
    pub fn size(&self) -> usize {
        self.class().size()
    }

    #[inline]
    pub fn class(&self) -> Class {
        Class((self.0.get() & IN_PAGE) as u8)
    }

    /// Is this an address of its guard's?
    pub fn guards(&self, address: usize) -> bool {
        (self.low() - GUARD..self.low()).contains(&address)
    }
}

/// How much of the stack has been used at most, in whole pages, since its memory was last given
/// back to the kernel: by this owner, or by one before.
pub fn used(stack: &Stack) -> usize {
    let page = map::page();
    let mut pages = [0; 256];
    let mut low = stack.low();
    while low < stack.top() {
        let count = ((stack.top() - low) / page).min(pages.len());
        let pages = &mut pages[..count];
        if map::resident(low, pages).is_err() {
            return 0;
        }
        if let Some(first) = pages.iter().position(|page| page & 1 != 0) {
            return stack.top() - low - first * page;
        }
        low += count * page;
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_rounded_up() {
        let size = |size| Class::of(size).map(Class::size);
        assert_eq!(size(0), Ok(256 << 10));
        assert_eq!(size(1), Ok(16 << 10));
        assert_eq!(size(16 << 10), Ok(16 << 10));
        assert_eq!(size((16 << 10) + 1), Ok(32 << 10));
        assert_eq!(size(1 << 30), Ok(1 << 30));
        assert_eq!(size((1 << 30) + 1), Err(Errno::INVAL));
        assert_eq!(size(usize::MAX), Err(Errno::INVAL));
        assert_eq!(Class::of(1 << 30).map(Class::index), Ok(Class::COUNT - 1));
    }

    #[test]
    fn a_stack_is_a_word() {
        assert_eq!(size_of::<Option<Stack>>(), size_of::<usize>());
        let class = Class::of(1).unwrap();
        let stack = Stack::new(1 << 20, class).unwrap();
        assert_eq!((stack.low(), stack.size()), (1 << 20, 16 << 10));
        assert_eq!((stack.top(), stack.class()), ((1 << 20) + (16 << 10), class));
        assert!(stack.guards(stack.low() - 1) && stack.guards(stack.low() - GUARD));
        assert!(!stack.guards(stack.low()) && !stack.guards(stack.low() - GUARD - 1));
        assert_eq!(Stack::new(0, class), None);
        assert_eq!(Stack::new(100, class), None);
    }
}
