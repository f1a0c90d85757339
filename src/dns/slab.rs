//! Objects in a table, found by keys that never name another object, and lines of them.
//!
//! An object is in one line at most; whoever takes it out knows which. Nothing is allocated but by
//! `insert`, which may fail.

use crate::errno::Result;
use std::ops::{Index, IndexMut};

/// Names one object, also after its end: then it names none.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Key {
    index: u32,
    generation: u32,
}

/// No slot.
const NONE: u32 = u32::MAX;

const HALF: u32 = usize::BITS / 2;
const LOW: usize = (1 << HALF) - 1;

struct Slot<T> {
    generation: u32,
    /// The next free slot, if this one is free.
    next: u32,
    previous: u32,
    value: Option<T>,
}

pub struct Slab<T> {
    slots: Vec<Slot<T>>,
    free: u32,
}

/// A line of objects of one slab, in order.
#[derive(Clone, Copy)]
pub struct Line {
    first: u32,
    last: u32,
}

impl Line {
    pub const EMPTY: Line = Line { first: NONE, last: NONE };

    pub fn is_empty(&self) -> bool {
        self.first == NONE
    }
}

impl<T> Slab<T> {
    pub const fn new() -> Slab<T> {
        Slab { slots: Vec::new(), free: NONE }
    }

    pub fn insert(&mut self, value: T) -> Result<Key> {
        if self.free == NONE {
            self.slots.try_reserve(1)?;
            self.slots.push(Slot { generation: 0, next: NONE, previous: NONE, value: None });
            self.free = self.slots.len() as u32 - 1;
        }
        let index = self.free;
        let slot = &mut self.slots[index as usize];
        self.free = slot.next;
        slot.value = Some(value);
        (slot.next, slot.previous) = (NONE, NONE);
        Ok(Key { index, generation: slot.generation })
    }

    /// Takes an object out of the table; it is in no line.
    pub fn remove(&mut self, key: Key) -> Option<T> {
        let slot = self.slots.get_mut(key.index as usize)?;
        if slot.generation != key.generation {
            return None;
        }
        let value = slot.value.take()?;
        slot.generation = slot.generation.wrapping_add(1);
        slot.next = self.free;
        self.free = key.index;
        Some(value)
    }

    pub fn get(&self, key: Key) -> Option<&T> {
        let slot = self.slots.get(key.index as usize)?;
        if slot.generation == key.generation { slot.value.as_ref() } else { None }
    }

    pub fn get_mut(&mut self, key: Key) -> Option<&mut T> {
        let slot = self.slots.get_mut(key.index as usize)?;
        if slot.generation == key.generation { slot.value.as_mut() } else { None }
    }

    /// The key as a number that is not 0, for programs to keep.
    pub fn handle(key: Key) -> usize {
        (key.generation as usize) << HALF | (key.index as usize + 1) & LOW
    }

    /// What such a number stands for, unless that has ended.
    pub fn by_handle(&self, handle: usize) -> Option<Key> {
        let key = self.key((handle & LOW).checked_sub(1)? as u32)?;
        let is_it = Self::handle(key) == handle && self.get(key).is_some();
        is_it.then_some(key)
    }

    /// One that fits.
    pub fn find(&self, fits: impl Fn(&T) -> bool) -> Option<Key> {
        let index = self.slots.iter().position(|slot| slot.value.as_ref().is_some_and(&fits))?;
        self.key(index as u32)
    }

    /// Any object, if there is one.
    pub fn any(&self) -> Option<Key> {
        self.find(|_| true)
    }

    fn key(&self, index: u32) -> Option<Key> {
        let slot = self.slots.get(index as usize)?;
        Some(Key { index, generation: slot.generation })
    }

    pub fn first(&self, line: &Line) -> Option<Key> {
        self.key(line.first)
    }

    pub fn last(&self, line: &Line) -> Option<Key> {
        self.key(line.last)
    }

    /// The object after `key`, which is in a line.
    pub fn after(&self, key: Key) -> Option<Key> {
        self.key(self.slots[key.index as usize].next)
    }

    /// The object before `key`, which is in a line.
    pub fn before(&self, key: Key) -> Option<Key> {
        self.key(self.slots[key.index as usize].previous)
    }

    pub fn push_back(&mut self, line: &mut Line, key: Key) {
        self.link(line, line.last, key.index, NONE);
    }

    pub fn push_front(&mut self, line: &mut Line, key: Key) {
        self.link(line, NONE, key.index, line.first);
    }

    /// Puts an object behind `place`, which is in the line.
    pub fn push_after(&mut self, line: &mut Line, place: Key, key: Key) {
        self.link(line, place.index, key.index, self.slots[place.index as usize].next);
    }

    fn link(&mut self, line: &mut Line, previous: u32, index: u32, next: u32) {
        match previous {
            NONE => line.first = index,
            at => self.slots[at as usize].next = index,
        }
        match next {
            NONE => line.last = index,
            at => self.slots[at as usize].previous = index,
        }
        let slot = &mut self.slots[index as usize];
        (slot.previous, slot.next) = (previous, next);
    }

    /// Takes an object out of the line that it is in.
    pub fn unlink(&mut self, line: &mut Line, key: Key) {
        let slot = &mut self.slots[key.index as usize];
        let (previous, next) = (slot.previous, slot.next);
        (slot.previous, slot.next) = (NONE, NONE);
        match previous {
            NONE => line.first = next,
            at => self.slots[at as usize].next = next,
        }
        match next {
            NONE => line.last = previous,
            at => self.slots[at as usize].previous = previous,
        }
    }

    pub fn pop_front(&mut self, line: &mut Line) -> Option<Key> {
        let key = self.first(line)?;
        self.unlink(line, key);
        Some(key)
    }
}

/// Of an object that is there.
impl<T> Index<Key> for Slab<T> {
    type Output = T;

    fn index(&self, key: Key) -> &T {
        match self.get(key) {
            Some(value) => value,
            None => unreachable!("a key of the past"),
        }
    }
}

impl<T> IndexMut<Key> for Slab<T> {
    fn index_mut(&mut self, key: Key) -> &mut T {
        match self.get_mut(key) {
            Some(value) => value,
            None => unreachable!("a key of the past"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(slab: &Slab<u32>, line: &Line) -> Vec<u32> {
        std::iter::successors(slab.first(line), |&key| slab.after(key)).map(|k| slab[k]).collect()
    }

    #[test]
    fn a_key_names_one_object_alone() {
        let mut slab = Slab::new();
        let one = slab.insert(1).expect("memory");
        assert_eq!(slab.remove(one), Some(1));
        let two = slab.insert(2).expect("memory");
        assert_eq!((slab.get(one), slab.get(two)), (None, Some(&2)));
        let handles = [one, two].map(Slab::<u32>::handle);
        assert_eq!(handles.map(|handle| slab.by_handle(handle)), [None, Some(two)]);
        assert_eq!([0, 2, usize::MAX].map(|handle| slab.by_handle(handle)), [None; 3]);
        assert_eq!(slab.remove(one), None);
        assert_eq!(slab.any(), Some(two));
    }

    #[test]
    fn lines_keep_their_order() {
        let mut slab = Slab::new();
        let mut line = Line::EMPTY;
        let keys: Vec<Key> = (0..5).map(|n| slab.insert(n).expect("memory")).collect();
        slab.push_back(&mut line, keys[1]);
        slab.push_back(&mut line, keys[3]);
        slab.push_front(&mut line, keys[0]);
        slab.push_after(&mut line, keys[1], keys[2]);
        slab.push_after(&mut line, keys[3], keys[4]);
        assert_eq!(numbers(&slab, &line), [0, 1, 2, 3, 4]);
        assert_eq!(slab.last(&line).and_then(|key| slab.before(key)), Some(keys[3]));
        slab.unlink(&mut line, keys[2]);
        slab.unlink(&mut line, keys[4]);
        assert_eq!(slab.pop_front(&mut line), Some(keys[0]));
        assert_eq!(numbers(&slab, &line), [1, 3]);
        slab.unlink(&mut line, keys[1]);
        slab.unlink(&mut line, keys[3]);
        assert!(line.is_empty() && slab.pop_front(&mut line).is_none());
    }
}
