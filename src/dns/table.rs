//! Keys by hash: a table with open addressing, at most half full.
//!
//! Hashes are good ones, and few are equal: whoever looks one up checks that it is the object that
//! was meant. One block of memory, whose beginning is kept, so that tools that look for leaks see
//! that it is in use.

use super::slab::Key;
use crate::errno::Result;

#[derive(Default)]
pub struct Table {
    /// A power of two of them.
    slots: Vec<Option<(u64, Key)>>,
    used: usize,
}

impl Table {
    pub const fn new() -> Table {
        Table { slots: Vec::new(), used: 0 }
    }

    /// Sees to it that one more has room.
    pub fn reserve(&mut self) -> Result<()> {
        if (self.used + 1) * 2 <= self.slots.len() {
            return Ok(());
        }
        let size = (self.slots.len() * 2).max(16);
        let mut slots = Vec::new();
        slots.try_reserve_exact(size)?;
        slots.resize(size, None);
        let old = std::mem::replace(&mut self.slots, slots);
        for (hash, key) in old.into_iter().flatten() {
            self.put(hash, key);
        }
        Ok(())
    }

    /// Adds an entry, for which there is room; one with the same hash gives way.
    pub fn insert(&mut self, hash: u64, key: Key) {
        debug_assert!((self.used + 1) * 2 <= self.slots.len());
        self.used += usize::from(self.put(hash, key));
    }

    /// Is it a new entry?
    fn put(&mut self, hash: u64, key: Key) -> bool {
        let at = self.place(hash);
        self.slots[at].replace((hash, key)).is_none()
    }

    pub fn get(&self, hash: u64) -> Option<Key> {
        if self.slots.is_empty() {
            return None;
        }
        self.slots[self.place(hash)].map(|(_, key)| key)
    }

    /// Takes the entry out, if it is for this key.
    pub fn remove(&mut self, hash: u64, key: Key) -> bool {
        if self.get(hash) != Some(key) {
            return false;
        }
        let mut gap = self.place(hash);
        self.slots[gap] = None;
        self.used -= 1;
        // What stands behind it may have been meant for its place.
        let mut at = self.next(gap);
        while let Some((hash, _)) = self.slots[at] {
            let is_between = self.distance(self.home(hash), at) < self.distance(gap, at);
            if !is_between {
                self.slots.swap(gap, at);
                gap = at;
            }
            at = self.next(at);
        }
        true
    }

    pub fn clear(&mut self) {
        *self = Table::new();
    }

    /// Where the hash is, or would be.
    fn place(&self, hash: u64) -> usize {
        let mut at = self.home(hash);
        while self.slots[at].is_some_and(|(other, _)| other != hash) {
            at = self.next(at);
        }
        at
    }

    fn home(&self, hash: u64) -> usize {
        hash as usize & (self.slots.len() - 1)
    }

    fn next(&self, at: usize) -> usize {
        (at + 1) & (self.slots.len() - 1)
    }

    fn distance(&self, from: usize, to: usize) -> usize {
        to.wrapping_sub(from) & (self.slots.len() - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::super::slab::Slab;
    use super::*;
    use std::collections::HashMap;

    /// Against a map of the standard library's, with hashes that collide often.
    #[test]
    fn a_table_does_what_a_map_does() {
        let mut slab = Slab::new();
        let (mut table, mut model) = (Table::new(), HashMap::new());
        let mut random = 1_u64;
        for step in 0..100_000 {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(step);
            let hash = random >> 58 << 4 | random >> 40 & 3;
            if random & 1 << 33 == 0 {
                let key = slab.insert(step).expect("memory");
                table.reserve().expect("memory");
                table.insert(hash, key);
                model.insert(hash, key);
            } else if let Some(key) = model.remove(&hash) {
                assert!(table.remove(hash, key));
                assert!(!table.remove(hash, key));
            }
            assert_eq!(table.get(hash), model.get(&hash).copied());
            assert_eq!(table.used, model.len());
        }
        assert!(model.iter().all(|(&hash, &key)| table.get(hash) == Some(key)));
    }
}
