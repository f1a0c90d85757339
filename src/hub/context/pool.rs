//! Stacks in slabs, one array of free ones for each size class.
//!
//! ```text
//!    slab:  [guard|stack][guard|stack][guard|stack]...          one mapping
//!    free:  [ clean ... | dirty: oldest ... newest ]            taken from the right end
//! ```
//! Clean stacks hold no memory: never used, or given back to the kernel. When more than a bounded
//! number are dirty, the oldest are given back, a batch at a time. The newest may still be running:
//! it is neither trimmed nor touched by `give`.
//!
//! Invariants: `promised <= free.len()`; the array has room for every stack that is mapped.

use super::stack::{Class, GUARD, Stack};
use super::tools;
use crate::errno::{Errno, Result};
use crate::sys::map;
use std::cell::UnsafeCell;

/// Stacks of the first slab of a class: a program with a few greenlets stays small.
const FIRST_SLAB: usize = 8;
/// Stacks of a later one, and its bytes, unless one stack alone is larger.
const MOST_OF_SLAB: usize = 64;
const BYTES_OF_SLAB: usize = 20 << 20;

/// Dirty stacks that a class keeps, and the bytes that these may hold.
const MOST_DIRTY: usize = 1024;
const BYTES_DIRTY: usize = 256 << 20;
const LEAST_DIRTY: usize = 8;

/// The stacks of a thread.
pub struct Pool(UnsafeCell<Inner>);

struct Inner {
    shelves: [Shelf; Class::COUNT],
    slabs: Vec<Slab>,
}

/// The stacks of a class.
struct Shelf {
    free: Vec<Stack>,
    /// So many of `free`, from the left, hold no memory.
    clean: usize,
    promised: usize,
    mapped: usize,
    /// How many stacks the next slab is to have; `most_of_slab` is the bound.
    next: usize,
}

struct Slab {
    address: usize,
    bytes: usize,
    class: Class,
    /// What tools call its stacks; empty without tools.
    names: Vec<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolStats {
    /// Stacks that there are.
    pub mapped: usize,
    /// Those that nobody has.
    pub free: usize,
    /// Those of them that still hold memory.
    pub dirty: usize,
    /// Address space, with guards.
    pub bytes: usize,
}

impl Pool {
    pub const fn new() -> Pool {
        let shelves = [const { Shelf::new() }; Class::COUNT];
        Pool(UnsafeCell::new(Inner { shelves, slabs: Vec::new() }))
    }

    /// One operation on the pool.
    #[inline(always)]
    fn enter<T>(&self, operation: impl FnOnce(&mut Inner) -> T) -> T {
        // SAFETY: a pool is used by one thread (it is not Sync), and operations are those of this
        // file: they call nothing that could come back here.
        operation(unsafe { &mut *self.0.get() })
    }

    #[inline(always)]
    fn shelf<T>(&self, class: Class, operation: impl FnOnce(&mut Shelf) -> T) -> T {
        self.enter(|inner| operation(&mut inner.shelves[class.index()]))
    }

    /// Promises a stack: the `take` that follows cannot fail. `ENOMEM`: there is none, and no
    /// memory for more, or too many mappings.
    #[inline]
    pub fn reserve(&self, class: Class) -> Result<()> {
        let promise = |shelf: &mut Shelf| {
            let is_there = shelf.promised < shelf.free.len();
            shelf.promised += usize::from(is_there);
            is_there
        };
        if self.shelf(class, promise) {
            return Ok(());
        }
        self.enter(|inner| inner.grow(class))?;
        self.shelf(class, |shelf| shelf.promised += 1);
        Ok(())
    }

    /// A promise that is not needed.
    #[inline]
    pub fn unreserve(&self, class: Class) {
        self.shelf(class, |shelf| {
            debug_assert!(shelf.promised != 0);
            shelf.promised -= 1;
        });
    }

    /// Makes a promise good.
    #[inline]
    pub fn take(&self, class: Class) -> Stack {
        self.shelf(class, |shelf| {
            debug_assert!(shelf.promised != 0);
            shelf.promised -= 1;
            let Some(stack) = shelf.free.pop() else { unreachable!("no stack was promised") };
            shelf.clean = shelf.clean.min(shelf.free.len());
            stack
        })
    }

    /// Takes a stack back. It may still be running, until the next `take` or `reserve`.
    #[inline]
    pub fn give(&self, stack: Stack) {
        let class = stack.class();
        self.shelf(class, |shelf| {
            debug_assert!(shelf.free.len() < shelf.free.capacity());
            shelf.free.push(stack);
            if shelf.dirty() > most_dirty(class) {
                shelf.trim(most_dirty(class) / 8);
            }
        });
    }

    pub fn stats(&self) -> PoolStats {
        self.enter(|inner| PoolStats {
            mapped: inner.shelves.iter().map(|shelf| shelf.mapped).sum(),
            free: inner.shelves.iter().map(|shelf| shelf.free.len()).sum(),
            dirty: inner.shelves.iter().map(Shelf::dirty).sum(),
            bytes: inner.slabs.iter().map(|slab| slab.bytes).sum(),
        })
    }

    /// Unmaps everything. No stack is in use, and no promise is open.
    pub fn clear(&self) {
        self.enter(Inner::clear);
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.clear();
    }
}

/// How many dirty stacks a class keeps.
#[inline]
fn most_dirty(class: Class) -> usize {
    class.fit_into(BYTES_DIRTY).clamp(LEAST_DIRTY, MOST_DIRTY)
}

/// How many stacks a slab of the class has at most.
fn most_of_slab(class: Class) -> usize {
    (BYTES_OF_SLAB / class.slot()).clamp(1, MOST_OF_SLAB)
}

impl Shelf {
    const fn new() -> Shelf {
        Shelf { free: Vec::new(), clean: 0, promised: 0, mapped: 0, next: FIRST_SLAB }
    }

    #[inline]
    fn dirty(&self) -> usize {
        self.free.len() - self.clean
    }

    /// Gives the memory of the oldest dirty stacks back to the kernel.
    #[cold]
    fn trim(&mut self, count: usize) {
        let oldest = &self.free[self.clean..self.clean + count];
        for stack in oldest {
            // SAFETY: a free stack of a living slab; nobody needs what is on it.
            unsafe { map::give_back(stack.low(), stack.size()) };
        }
        self.clean += count;
    }

    /// Adds the stacks of a new slab, as clean ones. There is room for them.
    fn add(&mut self, slab: &Slab, count: usize) {
        let old = self.free.len();
        self.free.extend(slab.lows().take(count).filter_map(|low| Stack::new(low, slab.class)));
        self.free[old..].reverse();
        let added = self.free.len() - old;
        self.free[self.clean..].rotate_right(added);
        self.clean += added;
        self.mapped += added;
    }
}

impl Inner {
    /// Maps a slab. Where there is no memory, what free stacks hold is given back, and one stack
    /// alone is tried.
    #[cold]
    fn grow(&mut self, class: Class) -> Result<()> {
        let index = class.index();
        let count = self.shelves[index].next.min(most_of_slab(class));
        self.shelves[index].next = count * 2;
        if self.map_slab(class, count).is_ok() {
            return Ok(());
        }
        for shelf in &mut self.shelves {
            shelf.trim(shelf.dirty());
        }
        self.shelves[index].next = 1;
        self.map_slab(class, 1)
    }

    fn map_slab(&mut self, class: Class, count: usize) -> Result<()> {
        tools::look_for();
        let shelf = &mut self.shelves[class.index()];
        shelf.free.try_reserve(shelf.mapped + count - shelf.free.len())?;
        self.slabs.try_reserve(1)?;
        let slab = Slab::map(class, count)?;
        shelf.add(&slab, count);
        self.slabs.push(slab);
        Ok(())
    }

    fn clear(&mut self) {
        self.shelves = [const { Shelf::new() }; Class::COUNT];
        self.slabs = Vec::new();
    }
}

impl Slab {
    /// `ENOMEM`, whatever it is that the kernel has not enough of.
    fn map(class: Class, count: usize) -> Result<Slab> {
        let mut names = Vec::new();
        if tools::want_stacks() {
            names.try_reserve(count)?;
        }
        let bytes = count * class.slot();
        let address = map::map(bytes).map_err(|_| Errno::NOMEM)?;
        let mut slab = Slab { address, bytes, class, names };
        for low in slab.lows().take(count) {
            // SAFETY: the lowest part of a new slot.
            unsafe { map::forbid(low - GUARD, GUARD) }.map_err(|_| Errno::NOMEM)?;
            if tools::want_stacks() {
                slab.names.push(tools::register(low, class.size()));
            }
        }
        Ok(slab)
    }

    /// Where its stacks begin, from the lowest on, without end.
    fn lows(&self) -> impl Iterator<Item = usize> + use<> {
        (self.address + GUARD..).step_by(self.class.slot())
    }
}

impl Drop for Slab {
    fn drop(&mut self) {
        for (low, name) in self.lows().zip(self.names.drain(..)) {
            tools::deregister(low, self.class.size(), name);
        }
        // SAFETY: the slab's own mapping; by contract of `clear` its stacks are not in use.
        unsafe { map::unmap(self.address, self.bytes) };
    }
}
