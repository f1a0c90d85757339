//! Work for the end of a loop's round, queued by objects that live longer than their place in
//! the queue (a bufferevent takes itself out before it is freed).

use super::bufferevent::StreamPtr;
use super::link::{Link, List};
use std::cell::Cell;
use std::mem::offset_of;

/// What is to be done, and for whom. It returns whether it has called anybody, or moved any bytes.
#[derive(Clone, Copy)]
pub struct Work {
    pub run: fn(StreamPtr) -> bool,
    pub owner: StreamPtr,
}

impl Work {
    /// The base is freed: the work waits for another one.
    pub fn orphan(self) {
        self.owner.ev_write.ev_base.set(std::ptr::null_mut());
    }
}

#[repr(C)]
pub struct Late {
    link: Link,
    is_queued: Cell<bool>,
    work: Cell<Option<Work>>,
}

impl Late {
    pub const fn new() -> Late {
        Late { link: Link::new(), is_queued: Cell::new(false), work: Cell::new(None) }
    }

    /// Says what is to be done. Once, before it is queued.
    pub fn set(&self, work: Work) {
        self.work.set(Some(work));
    }

    #[inline]
    pub fn is_queued(&self) -> bool {
        self.is_queued.get()
    }
}

/// The queue of one base. It stands in `Pinned` memory, as all lists.
pub struct LateQueue(List);

impl LateQueue {
    pub const fn new() -> LateQueue {
        LateQueue(List::new())
    }

    /// Appends; it must not be queued anywhere.
    pub fn push(&self, late: &Late) {
        debug_assert!(!late.is_queued());
        late.is_queued.set(true);
        self.0.push_back(&late.link);
    }

    /// Takes it out of the queue that it is in.
    pub fn remove(late: &Late) {
        late.link.unlink();
        late.is_queued.set(false);
    }

    /// Takes out the first, and returns what is to be done.
    pub fn pop(&self) -> Option<Work> {
        let first = self.0.front()?;
        // SAFETY: only `push` links, and what is linked is the link of a living `Late`.
        let late = unsafe { first.byte_sub(offset_of!(Late, link)).cast::<Late>().as_ref() };
        Self::remove(late);
        late.work.get()
    }
}
