//! Intrusive lists: circular, doubly linked, with a sentinel.
//!
//! ```text
//!        +-----------------------------------------------+
//!        v                                               |
//!   List{head} <-> Link (in an event) <-> Link <-> ... <-+
//! ```
//! A link can be taken out without knowing which list it is in. Invariant, and the contract of
//! every dereference here: a linked `Link`, and the `List` that it is in, stay alive and in
//! place until the link is taken out. Lists live in memory that nobody borrows by `&mut` (see
//! `pinned.rs`).

use std::cell::Cell;
use std::ptr::{self, NonNull};

#[repr(C)]
pub struct Link {
    next: Cell<*const Link>,
    prev: Cell<*const Link>,
}

impl Link {
    pub const fn new() -> Link {
        Link { next: Cell::new(ptr::null()), prev: Cell::new(ptr::null()) }
    }

    /// Takes the link out of its list. Its own pointers are left as they were: whoever unlinks
    /// also clears the flag that says "linked".
    pub fn unlink(&self) {
        let (next, prev) = (self.next.get(), self.prev.get());
        // SAFETY: the neighbours of a linked link are linked or sentinels: alive (module head).
        unsafe {
            (*next).prev.set(prev);
            (*prev).next.set(next);
        }
    }

    /// `unlink`, after which the link is a list of its own: unlinking it again does nothing.
    pub fn isolate(&self) {
        self.unlink();
        self.next.set(self);
        self.prev.set(self);
    }

    fn insert_after(&self, new: &Link) {
        let next = self.next.get();
        new.prev.set(self);
        new.next.set(next);
        // SAFETY: `next` is linked or the sentinel: alive (module head).
        unsafe { (*next).prev.set(new) };
        self.next.set(new);
    }
}

/// A list head. It becomes circular when first used, so that it may be moved before.
#[repr(transparent)]
pub struct List {
    head: Link,
}

impl List {
    pub const fn new() -> List {
        List { head: Link::new() }
    }

    /// Makes the list circular, now that it stays where it is. Done by the first `push_back`, if
    /// not before.
    pub fn settle(&self) {
        self.head.next.set(&self.head);
        self.head.prev.set(&self.head);
    }

    pub fn is_empty(&self) -> bool {
        let next = self.head.next.get();
        next.is_null() || ptr::eq(next, &self.head)
    }

    pub fn push_back(&self, link: &Link) {
        let last = self.head.prev.get();
        if last.is_null() {
            self.settle();
            return self.head.insert_after(link);
        }
        // SAFETY: the last link is linked or the sentinel: alive (module head).
        unsafe { (*last).insert_after(link) };
    }

    pub fn front(&self) -> Option<NonNull<Link>> {
        self.step(self.head.next.get())
    }

    /// The link, if it is the only one.
    #[inline]
    pub fn only(&self) -> Option<NonNull<Link>> {
        let next = self.head.next.get();
        if ptr::eq(next, self.head.prev.get()) { self.step(next) } else { None }
    }

    /// The link after `link`, which must be in this list.
    pub fn after(&self, link: &Link) -> Option<NonNull<Link>> {
        self.step(link.next.get())
    }

    /// `front`, of a list that is known to be settled.
    #[inline]
    pub fn front_of_settled(&self) -> Option<NonNull<Link>> {
        let next = self.head.next.get();
        debug_assert!(!next.is_null());
        // SAFETY: a settled list is circular: no link in it is null.
        (!ptr::eq(next, &self.head)).then(|| unsafe { NonNull::new_unchecked(next.cast_mut()) })
    }

    /// `push_back`, to a list that is known to be settled.
    #[inline]
    pub fn push_to_settled(&self, link: &Link) {
        debug_assert!(!self.head.prev.get().is_null());
        // SAFETY: a settled list is circular: the last link is alive, or the sentinel.
        unsafe { (*self.head.prev.get()).insert_after(link) };
    }

    fn step(&self, next: *const Link) -> Option<NonNull<Link>> {
        if ptr::eq(next, &self.head) { None } else { NonNull::new(next.cast_mut()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(list: &List, links: &[Link]) -> Vec<usize> {
        let mut seen = Vec::new();
        let mut at = list.front();
        while let Some(link) = at {
            let index = links.iter().position(|l| ptr::eq(l, link.as_ptr())).expect("a stranger");
            seen.push(index);
            at = list.after(&links[index]);
        }
        seen
    }

    #[test]
    fn keeps_the_order_of_adding_and_takes_out_anywhere() {
        let list = List::new();
        let links: Vec<Link> = (0..5).map(|_| Link::new()).collect();
        assert!(list.is_empty() && list.front().is_none());
        links.iter().for_each(|l| list.push_back(l));
        assert_eq!(order(&list, &links), [0, 1, 2, 3, 4]);
        links[2].unlink();
        links[0].unlink();
        links[4].unlink();
        assert_eq!(order(&list, &links), [1, 3]);
        list.push_back(&links[0]);
        assert_eq!(order(&list, &links), [1, 3, 0]);
        [1, 3, 0].iter().for_each(|&i| links[i].unlink());
        assert!(list.is_empty());
    }
}
