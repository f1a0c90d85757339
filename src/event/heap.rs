//! A 4-ary min-heap with the key beside the node, so that sifting reads no node's memory.
//!
//! ```text
//!            0                 entry i has the children 4i+1 ..= 4i+4; each node is told its
//!     1   2    3   4           place, so that it can be taken out or moved from anywhere
//!   5678 ...
//! ```
//! Among equal keys the node with the older place in line wins.

use crate::errno::Result;

/// What the heap holds.
pub trait Node: Copy {
    fn set_index(self, index: usize);
    /// Does `self` stand before `other` in line? Asked among equal keys only.
    fn is_before(self, other: Self) -> bool;
}

#[derive(Clone, Copy)]
struct Entry<N> {
    key: u64,
    node: N,
}

impl<N: Node> Entry<N> {
    #[inline]
    fn is_before(&self, other: &Entry<N>) -> bool {
        self.key < other.key || (self.key == other.key && self.node.is_before(other.node))
    }
}

pub struct Heap<N> {
    entries: Vec<Entry<N>>,
}

impl<N: Node> Heap<N> {
    pub const fn new() -> Heap<N> {
        Heap { entries: Vec::new() }
    }

    #[inline]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// All nodes, in no order.
    pub fn iter(&self) -> impl Iterator<Item = N> {
        self.entries.iter().map(|entry| entry.node)
    }

    /// Makes room for one more; the only step that can fail.
    #[inline]
    pub fn reserve(&mut self) -> Result<()> {
        if self.entries.len() == self.entries.capacity() {
            self.entries.try_reserve(1)?;
        }
        Ok(())
    }

    /// The smallest key and its node.
    #[inline]
    pub fn top(&self) -> Option<(u64, N)> {
        self.entries.first().map(|top| (top.key, top.node))
    }

    pub fn key(&self, index: usize) -> u64 {
        self.entries[index].key
    }

    /// Adds a node; `reserve` came before.
    pub fn push(&mut self, key: u64, node: N) {
        let entry = Entry { key, node };
        self.entries.push(entry);
        self.sift_up(self.entries.len() - 1, entry);
    }

    /// Takes out the node at `index`.
    pub fn remove(&mut self, index: usize) {
        if let Some(last) = self.entries.pop()
            && index < self.entries.len()
        {
            self.settle(index, last);
        }
    }

    /// Gives the node at `index` a new key (and place in line).
    pub fn rekey(&mut self, index: usize, key: u64) {
        let node = self.entries[index].node;
        self.settle(index, Entry { key, node });
    }

    fn settle(&mut self, index: usize, entry: Entry<N>) {
        if index > 0 && entry.is_before(&self.entries[(index - 1) / 4]) {
            self.sift_up(index, entry);
        } else {
            self.sift_down(index, entry);
        }
    }

    #[inline]
    fn put(&mut self, index: usize, entry: Entry<N>) {
        self.entries[index] = entry;
        entry.node.set_index(index);
    }

    fn sift_up(&mut self, mut index: usize, entry: Entry<N>) {
        while index > 0 {
            let parent = (index - 1) / 4;
            let above = self.entries[parent];
            if !entry.is_before(&above) {
                break;
            }
            self.put(index, above);
            index = parent;
        }
        self.put(index, entry);
    }

    fn sift_down(&mut self, mut index: usize, entry: Entry<N>) {
        while let Some((child, least)) = self.least_child(index) {
            if !least.is_before(&entry) {
                break;
            }
            self.put(index, least);
            index = child;
        }
        self.put(index, entry);
    }

    #[inline]
    fn least_child(&self, index: usize) -> Option<(usize, Entry<N>)> {
        let first = 4 * index + 1;
        let end = self.entries.len().min(first + 4);
        let children = self.entries.get(first..end)?;
        let (mut at, mut least) = (0, *children.first()?);
        for (i, child) in children.iter().enumerate().skip(1) {
            if child.is_before(&least) {
                (at, least) = (i, *child);
            }
        }
        Some((first + at, least))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    struct Item {
        index: Cell<usize>,
        line: Cell<usize>,
        id: usize,
    }

    impl Node for &Item {
        fn set_index(self, index: usize) {
            self.index.set(index);
        }
        fn is_before(self, other: Self) -> bool {
            self.line.get() < other.line.get()
        }
    }

    fn random(state: &mut u64) -> u64 {
        *state ^= *state << 13;
        *state ^= *state >> 7;
        *state ^= *state << 17;
        *state
    }

    fn items(n: usize) -> Vec<Item> {
        let make = |id| Item { index: Cell::new(0), line: Cell::new(id), id };
        (0..n).map(make).collect()
    }

    #[test]
    fn equal_keys_come_out_in_line() {
        let items = items(100);
        let mut heap = Heap::new();
        for item in &items {
            heap.reserve().expect("memory");
            heap.push(7, item);
        }
        for id in 0..100 {
            let (key, item) = heap.top().expect("an entry");
            assert_eq!((key, item.id), (7, id));
            heap.remove(item.index.get());
        }
        assert!(heap.is_empty());
    }

    /// Random pushes, removals and re-keyings against a plain list that is searched.
    #[test]
    fn behaves_like_a_sorted_list() {
        // `make check` sets EVHUB_SEEDS to many more.
        let seeds = std::env::var("EVHUB_SEEDS").ok().and_then(|n| n.parse().ok());
        for seed in 1..=seeds.unwrap_or(200_u64) {
            let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
            let items = items(64);
            let mut heap: Heap<&Item> = Heap::new();
            let mut model: Vec<(u64, usize, usize)> = Vec::new();
            let mut line = 0;
            for _ in 0..400 {
                let item = &items[random(&mut state) as usize % items.len()];
                let key = random(&mut state) % 16;
                let known = model.iter().position(|&(_, _, id)| id == item.id);
                line += 1;
                match (known, random(&mut state) % 3) {
                    (None, _) => {
                        item.line.set(line);
                        heap.reserve().expect("memory");
                        heap.push(key, item);
                        model.push((key, line, item.id));
                    }
                    (Some(at), 0) => {
                        heap.remove(item.index.get());
                        model.remove(at);
                    }
                    (Some(at), _) => {
                        item.line.set(line);
                        heap.rekey(item.index.get(), key);
                        model[at] = (key, line, item.id);
                    }
                }
                let least = model.iter().min().map(|&(key, _, id)| (key, id));
                assert_eq!(heap.top().map(|(key, item)| (key, item.id)), least, "seed {seed}");
                assert_eq!(heap.iter().count(), model.len());
            }
        }
    }
}
