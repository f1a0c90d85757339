//! A 4-ary min-heap with the key beside the node, so that sifting reads no node's memory.
//!
//! ```text
//!   block 0: [-  -  -  3]     the root is entry 3, and the children of entry i are the whole
//!   block 1: [4  5  6  7]     block i-2: with 16-byte entries, one cache line;
//!   block 2: [8  9 10 11]     the parent of entry i is i/4 + 2
//!   ...
//! ```
//! Each node is told its place, so that it can be taken out or moved from anywhere. Among equal
//! keys the node with the older place in line wins.

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

const FAN: usize = 4;
const ROOT: usize = FAN - 1;

#[derive(Clone, Copy)]
#[repr(align(64))]
struct Block<N>([Entry<N>; FAN]);

pub struct Heap<N> {
    /// What is not an entry (before the root, after the last) holds stale copies.
    blocks: Vec<Block<N>>,
    /// One more than the last entry's index; `ROOT` when empty.
    end: usize,
}

#[inline]
fn parent(index: usize) -> usize {
    index / FAN + FAN - 2
}

impl<N: Node> Heap<N> {
    pub const fn new() -> Heap<N> {
        Heap { blocks: Vec::new(), end: ROOT }
    }

    #[inline]
    pub fn is_empty(&self) -> bool {
        self.end == ROOT
    }

    /// All nodes, in no order.
    pub fn iter(&self) -> impl Iterator<Item = N> {
        (ROOT..self.end).map(|index| self.at(index).node)
    }

    /// Makes room for one more; the only step that can fail.
    #[inline]
    pub fn reserve(&mut self) -> Result<()> {
        if self.end / FAN >= self.blocks.capacity() {
            self.blocks.try_reserve(1)?;
        }
        Ok(())
    }

    /// The smallest key and its node.
    #[inline]
    pub fn top(&self) -> Option<(u64, N)> {
        if self.is_empty() {
            return None;
        }
        let top = self.at(ROOT);
        Some((top.key, top.node))
    }

    pub fn key(&self, index: usize) -> u64 {
        self.at(index).key
    }

    #[inline]
    fn at(&self, index: usize) -> Entry<N> {
        self.blocks[index / FAN].0[index % FAN]
    }

    /// Adds a node; `reserve` came before.
    #[inline]
    pub fn push(&mut self, key: u64, node: N) {
        let entry = Entry { key, node };
        if self.end / FAN == self.blocks.len() {
            self.blocks.push(Block([entry; FAN]));
        }
        self.end += 1;
        self.sift_up(self.end - 1, entry);
    }

    /// Takes out the node at `index`.
    #[inline]
    pub fn remove(&mut self, index: usize) {
        self.end -= 1;
        if index != self.end {
            self.settle(index, self.at(self.end));
        }
    }

    /// Gives the node at `index` a new key (and place in line).
    pub fn rekey(&mut self, index: usize, key: u64) {
        let node = self.at(index).node;
        self.settle(index, Entry { key, node });
    }

    fn settle(&mut self, index: usize, entry: Entry<N>) {
        if index > ROOT && entry.is_before(&self.at(parent(index))) {
            self.sift_up(index, entry);
        } else {
            self.sift_down(index, entry);
        }
    }

    #[inline]
    fn put(&mut self, index: usize, entry: Entry<N>) {
        self.blocks[index / FAN].0[index % FAN] = entry;
        entry.node.set_index(index);
    }

    #[inline]
    fn sift_up(&mut self, mut index: usize, entry: Entry<N>) {
        while index > ROOT {
            let up = parent(index);
            let above = self.at(up);
            if !entry.is_before(&above) {
                break;
            }
            self.put(index, above);
            index = up;
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
        let block = index - (FAN - 2);
        let first = block * FAN;
        if first >= self.end {
            return None;
        }
        let children = &self.blocks[block].0;
        let count = (self.end - first).min(FAN);
        let (mut at, mut least) = (0, children[0]);
        for (i, child) in children.iter().enumerate().take(count).skip(1) {
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
