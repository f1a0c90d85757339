//! Work for the end of a loop's round, queued by objects that live longer than their place in
//! the queue (a bufferevent takes itself out before it is freed): bufferevents, the thread's
//! hub, whose work is to let greenlets run, resolvers, which have packets to send, and HTTP
//! connections, which have replies.

use super::bufferevent::StreamPtr;
use super::link::{Link, List};
use crate::dns::ResolverPtr;
use crate::event::BasePtr;
use crate::http::ConnectionPtr;
use crate::hub::HubPtr;
use std::cell::Cell;
use std::mem::offset_of;

/// What is to be done, and for whom. It returns whether it has called anybody, or moved any bytes.
#[derive(Clone, Copy)]
pub enum Work {
    Stream(fn(StreamPtr) -> bool, StreamPtr),
    Hub(fn(HubPtr) -> bool, HubPtr),
    Resolver(fn(ResolverPtr) -> bool, ResolverPtr),
    Http(fn(ConnectionPtr) -> bool, ConnectionPtr),
}

impl Work {
    pub fn perform(self) -> bool {
        match self {
            Work::Stream(run, stream) => run(stream),
            Work::Hub(run, hub) => run(hub),
            Work::Resolver(run, resolver) => run(resolver),
            Work::Http(run, connection) => run(connection),
        }
    }

    /// The base that it was queued on is freed.
    pub fn orphan(self) {
        if let Work::Stream(_, stream) = self {
            stream.writer().ev_base.set(std::ptr::null_mut());
        }
    }
}

#[repr(C)]
pub struct Late {
    link: Link,
    /// Where it is queued. (The events of its owner may have been given another base meanwhile.)
    base: Cell<Option<BasePtr>>,
    work: Cell<Option<Work>>,
}

impl Late {
    pub const fn new() -> Late {
        Late { link: Link::new(), base: Cell::new(None), work: Cell::new(None) }
    }

    /// Says what is to be done. Once, before it is queued.
    pub fn set(&self, work: Work) {
        self.work.set(Some(work));
    }

    #[inline]
    pub fn is_queued(&self) -> bool {
        self.base.get().is_some()
    }

    /// The base that it is queued on.
    pub fn base(&self) -> Option<BasePtr> {
        self.base.get()
    }
}

/// The queue of one base. It stands in `Pinned` memory, as all lists.
pub struct LateQueue(List);

impl LateQueue {
    pub const fn new() -> LateQueue {
        LateQueue(List::new())
    }

    /// Appends, to the queue of `base`; it must not be queued anywhere.
    pub fn push(&self, late: &Late, base: BasePtr) {
        debug_assert!(!late.is_queued());
        late.base.set(Some(base));
        self.0.push_back(&late.link);
    }

    /// Takes it out of the queue that it is in.
    pub fn remove(late: &Late) {
        late.link.unlink();
        late.base.set(None);
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
