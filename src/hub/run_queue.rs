//! The greenlets that can run, first in, first out; and how many of them may run before the loop
//! polls.
//!
//! ```text
//!   slots:  . . [head] G G - G [tail] . .         a ring; "-": one that was taken out again
//! ```
//! A ring, because the links of a list would be a chain of memory accesses from each switch to the
//! next. `head` and `tail` only grow; `head` counts the greenlets that were given a turn. There is
//! room for every greenlet that is alive (`reserve`), so that a wake-up cannot fail. The last slot
//! before `tail` is never one that was taken out.

use super::greenlet::GreenletPtr;
use crate::errno::{Errno, Result};
use crate::layout::slots::Slots;
use std::cell::Cell;

const FEW: usize = 16;

pub struct RunQueue {
    slots: Slots<Option<GreenletPtr>>,
    head: Cell<usize>,
    tail: Cell<usize>,
    /// When `head` comes here, the loop is to have its turn.
    limit: Cell<usize>,
    /// Turns that were left when the loop was sent for.
    put_off: Cell<usize>,
}

impl RunQueue {
    pub const fn new() -> RunQueue {
        RunQueue {
            slots: Slots::new(),
            head: Cell::new(0),
            tail: Cell::new(0),
            limit: Cell::new(0),
            put_off: Cell::new(0),
        }
    }

    /// Makes room for `count` greenlets.
    #[inline]
    pub fn reserve(&self, count: usize) -> Result<()> {
        if count <= self.slots.count() { Ok(()) } else { self.grow(count) }
    }

    #[cold]
    fn grow(&self, count: usize) -> Result<()> {
        let old = self.slots.count();
        let new = count.checked_next_power_of_two().ok_or(Errno::NOMEM)?.max(FEW);
        self.slots.grow(new, None)?;
        // Each goes to where its number says among so many more.
        let waiting = self.tail.get().wrapping_sub(self.head.get());
        for number in 0..waiting {
            let at = self.head.get().wrapping_add(number);
            if old != 0 && at & (new - 1) >= old {
                self.slots.set(at & (new - 1), self.slots.get(at & (old - 1)));
            }
        }
        Ok(())
    }

    /// Who has the slot with this number.
    #[inline(always)]
    fn at(&self, number: usize) -> Option<GreenletPtr> {
        self.slots.get_round(number).flatten()
    }

    #[inline]
    pub fn is_empty(&self) -> bool {
        self.head.get() == self.tail.get()
    }

    /// How many greenlets were ever given a turn.
    #[inline]
    pub fn turns_given(&self) -> usize {
        self.head.get()
    }

    #[inline]
    pub fn push(&self, greenlet: GreenletPtr) {
        let tail = self.tail.get();
        if tail.wrapping_sub(self.head.get()) == self.slots.count() {
            return self.push_tightly(greenlet);
        }
        self.slots.set_round(tail, Some(greenlet));
        self.tail.set(tail.wrapping_add(1));
    }

    /// Those that were taken out have made it full.
    #[cold]
    fn push_tightly(&self, greenlet: GreenletPtr) {
        let mut end = self.head.get();
        for number in 0..self.tail.get().wrapping_sub(self.head.get()) {
            if let Some(waiting) = self.at(self.head.get().wrapping_add(number)) {
                self.slots.set_round(end, Some(waiting));
                end = end.wrapping_add(1);
            }
        }
        debug_assert!(end != self.tail.get(), "room for all was reserved");
        self.slots.set_round(end, Some(greenlet));
        self.tail.set(end.wrapping_add(1));
    }

    /// The next one, if there is one and it may run before the loop polls.
    #[inline]
    pub fn pop(&self) -> Option<GreenletPtr> {
        loop {
            let head = self.head.get();
            if head == self.tail.get() || head == self.limit.get() {
                return None;
            }
            self.head.set(head.wrapping_add(1));
            if let Some(next) = self.at(head) {
                return Some(next);
            }
        }
    }

    /// What `pop` would give.
    #[inline]
    pub fn front(&self) -> Option<GreenletPtr> {
        let head = self.head.get();
        if head == self.tail.get() || head == self.limit.get() {
            return None;
        }
        self.at(head)
    }

    /// Takes what `front` has given.
    #[inline]
    pub fn take_front(&self) {
        self.head.set(self.head.get().wrapping_add(1));
    }

    /// Takes one out that is not to run. It is looked for from both ends.
    pub fn remove(&self, greenlet: GreenletPtr) {
        let count = self.tail.get().wrapping_sub(self.head.get());
        for number in 0..count.div_ceil(2) {
            for number in [number, count - 1 - number] {
                let at = self.head.get().wrapping_add(number);
                if self.at(at) == Some(greenlet) {
                    self.slots.set_round(at, None);
                    return self.shorten();
                }
            }
        }
    }

    /// Nothing that was taken out stays at the end.
    fn shorten(&self) {
        while !self.is_empty() {
            let last = self.tail.get().wrapping_sub(1);
            if self.at(last).is_some() {
                return;
            }
            self.tail.set(last);
        }
    }

    /// So many may run from now on before the loop polls.
    #[inline]
    pub fn allow(&self, turns: usize) {
        self.limit.set(self.head.get().wrapping_add(turns));
        self.put_off.set(0);
    }

    /// The loop goes first: whoever switches away now switches to it. The turns that are left are
    /// for afterwards (`go_on`).
    pub fn put_off(&self) {
        let left = self.limit.get().wrapping_sub(self.head.get());
        self.put_off.set(self.put_off.get() + left);
        self.limit.set(self.head.get());
    }

    /// The loop polls before anybody else runs.
    #[inline]
    pub fn stop(&self) {
        self.limit.set(self.head.get());
    }

    /// Gives back the turns that were put off; were there any?
    pub fn go_on(&self) -> bool {
        let turns = self.put_off.replace(0);
        self.limit.set(self.limit.get().wrapping_add(turns));
        turns != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hub::greenlet::Greenlet;
    use crate::layout::handle::{Handle, Place};
    use std::collections::VecDeque;

    /// Handles that are told apart and never followed.
    fn some(count: usize) -> Vec<(Place<Greenlet>, GreenletPtr)> {
        let place = || Place::try_new().expect("memory");
        (0..count).map(|_| place()).map(|mut place| (place.handle(), place)).map(turned).collect()
    }

    fn turned(
        (handle, place): (Handle<Greenlet>, Place<Greenlet>),
    ) -> (Place<Greenlet>, GreenletPtr) {
        (place, handle)
    }

    #[test]
    fn is_a_deque_from_which_some_are_taken_out() {
        let greenlets = some(100);
        let (queue, mut model) = (RunQueue::new(), VecDeque::new());
        queue.allow(usize::MAX / 2);
        let mut seed = 7_u32;
        let mut random = |below: usize| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 16) as usize % below
        };
        let mut idle: Vec<GreenletPtr> = greenlets.iter().map(|(_, greenlet)| *greenlet).collect();
        for step in 0..100_000 {
            let alive = 2 + step / 1000;
            assert!(queue.reserve(alive).is_ok());
            match random(3) {
                0 | 1 if model.len() < alive && step % 7000 > 3000 || model.len() < 2 => {
                    let greenlet = idle.swap_remove(random(idle.len()));
                    queue.push(greenlet);
                    model.push_back(greenlet);
                }
                0 => {
                    let first = queue.pop();
                    assert!(first == model.pop_front());
                    idle.extend(first);
                }
                _ if !model.is_empty() => {
                    let Some(out) = model.remove(random(model.len())) else { continue };
                    queue.remove(out);
                    idle.push(out);
                }
                _ => {}
            }
            assert_eq!(queue.is_empty(), model.is_empty());
        }
    }

    #[test]
    fn turns_end_and_go_on() {
        let greenlets = some(4);
        let queue = RunQueue::new();
        assert!(queue.reserve(4).is_ok());
        greenlets.iter().for_each(|(_, greenlet)| queue.push(*greenlet));
        assert!(queue.pop().is_none());
        queue.allow(2);
        assert!(queue.pop().is_some());
        queue.put_off();
        assert!(queue.pop().is_none() && queue.front().is_none());
        assert!(queue.go_on() && !queue.go_on());
        assert!(queue.front() == Some(greenlets[1].1));
        assert!(queue.pop().is_some() && queue.pop().is_none());
        queue.allow(9);
        queue.stop();
        assert!(queue.pop().is_none() && !queue.go_on());
        assert_eq!(queue.turns_given(), 2);
    }
}
