//! The items of priority queues: a binary heap that the program's comparison orders.
//!
//! The comparison may do anything, so the heap is not in the middle of a change when it is called:
//! where an item goes is found first, and only then items move. While that goes on the queue is
//! `busy`: every other call that would touch the heap gets `EBUSY`. Comparing may not block.

use crate::errno::{Errno, Result};
use crate::hub::HubPtr;
use crate::hub::greenlet::flag;
use crate::layout::call::{CompareCall, CompareFn};
use crate::layout::slots::Slots;
use std::cell::Cell;
use std::ffi::c_void;
use std::ptr;

/// As of a ring.
const FEW: usize = 8;
const KEPT: usize = 1024;

#[derive(Clone, Copy)]
struct Entry {
    item: *mut c_void,
    /// Equals go in the order of putting.
    number: u64,
}

pub struct Heap {
    hub: HubPtr,
    slots: Slots<Entry>,
    next: Cell<u64>,
    busy: Cell<bool>,
    function: CompareFn,
    arg: *mut c_void,
}

const fn parent(at: usize) -> usize {
    (at - 1) / 2
}

impl Heap {
    pub fn new(hub: HubPtr, function: CompareFn, arg: *mut c_void) -> Heap {
        let (next, busy) = (Cell::new(0), Cell::new(false));
        Heap { hub, slots: Slots::new(), next, busy, function, arg }
    }

    pub fn is_busy(&self) -> bool {
        self.busy.get()
    }

    /// Room for one more than the `len` that there are.
    pub fn reserve(&self, len: usize) -> Result<()> {
        if len == self.slots.count() {
            let count = if len == 0 { FEW } else { len.checked_mul(2).ok_or(Errno::NOMEM)? };
            self.slots.grow(count, Entry { item: ptr::null_mut(), number: 0 })?;
        }
        Ok(())
    }

    /// Puts an item where it belongs among `len`: there is room. `len` counts it already.
    pub fn push(&self, len: usize, item: *mut c_void) {
        let entry = Entry { item, number: self.next.get() };
        self.next.set(entry.number + 1);
        let last = len - 1;
        self.slots.set(last, entry);
        if last != 0 {
            let place = self.comparing(|| self.climb(last, entry));
            self.pull_down(last, place);
            self.slots.set(place, entry);
        }
    }

    /// Takes the first of `len` items; there is one. Until it returns they are all there.
    pub fn take(&self, len: usize) -> Result<*mut c_void> {
        if self.busy.get() {
            return Err(Errno::BUSY);
        }
        let last = len - 1;
        let entry = self.slots.get(last);
        if last == 0 {
            return Ok(entry.item);
        }
        // The last item is to fill the gap: beginning at a leaf, it need not climb far.
        let place = self.comparing(|| self.place_on_path(self.leaf(last), entry));
        let first = self.slots.get(0).item;
        self.pull_up(place);
        self.slots.set(place, entry);
        Ok(first)
    }

    /// The leaf below the first of `count` that is reached by going to the lesser child.
    fn leaf(&self, count: usize) -> usize {
        let mut at = 0;
        loop {
            let left = 2 * at + 1;
            if left >= count {
                return at;
            }
            let is_right = left + 1 < count && self.is_less(left + 1, self.slots.get(left));
            at = left + usize::from(is_right);
        }
    }

    /// Where an entry belongs on the way from a leaf to the root, when all that are not greater
    /// move up by one.
    fn place_on_path(&self, leaf: usize, entry: Entry) -> usize {
        let mut at = leaf;
        while at != 0 && !self.is_less(at, entry) {
            at = parent(at);
        }
        at
    }

    /// Where an entry gets that climbs from a place: below the first that is not greater.
    fn climb(&self, from: usize, entry: Entry) -> usize {
        let mut at = from;
        while at != 0 && !self.is_less(parent(at), entry) {
            at = parent(at);
        }
        at
    }

    /// Between two places one above the other, each goes to the place below its own.
    fn pull_down(&self, from: usize, to: usize) {
        let mut at = from;
        while at != to {
            self.slots.set(at, self.slots.get(parent(at)));
            at = parent(at);
        }
    }

    /// From a place to the root, each goes to the place above its own. The root's is lost.
    fn pull_up(&self, from: usize) {
        let mut at = from;
        let mut entry = self.slots.get(at);
        while at != 0 {
            at = parent(at);
            let above = self.slots.get(at);
            self.slots.set(at, entry);
            entry = above;
        }
    }

    /// Now that it is empty, much memory goes back.
    pub fn settle(&self) {
        if self.slots.count() > KEPT {
            self.slots.clear();
        }
    }

    fn is_less(&self, at: usize, than: Entry) -> bool {
        let entry = self.slots.get(at);
        let call = CompareCall { function: self.function, arg: self.arg };
        match call.run(entry.item, than.item) {
            0 => entry.number < than.number,
            order => order < 0,
        }
    }

    /// Compares: meanwhile the queue is busy, and whoever compares may not block.
    fn comparing(&self, compare: impl FnOnce() -> usize) -> usize {
        let me = self.hub.me();
        let may_block = me != self.hub.looper && !me.has(flag::MAY_NOT_BLOCK);
        if may_block {
            me.set(flag::MAY_NOT_BLOCK);
            me.cancel.set(Errno::PERM.0);
        }
        self.busy.set(true);
        let place = compare();
        self.busy.set(false);
        if may_block {
            me.clear(flag::MAY_NOT_BLOCK);
            self.hub.reckon_cancel(me);
        }
        place
    }
}
