//! The head of everything that greenlets wait for: greenlets, flags, results, queues, locks.
//!
//! ```text
//!   Object { kind, hub, line: greenlets that are parked here, links: who is told besides }
//! ```
//! It is the first field of its object. A greenlet in `line` waits for nothing else; whoever
//! waits for several objects at once has a link at each.
//!
//! Between the end of a wait and the turn of who has waited, the object may be freed. Whoever
//! looks at it after a wait therefore waits inside of `stay`, or holds it: that keeps the memory.

use super::greenlet::Line;
use super::hub::HubPtr;
use super::link::Link;
use crate::errno::{Errno, Result};
use crate::layout::chain::Chain;
use crate::layout::handle::Handle;
use crate::layout::mine;
use crate::sys::mem;
use std::cell::Cell;

/// What an object is. The numbers are unlikely ones: whatever else a pointer may point to, it is
/// not taken for an object.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u32)]
pub enum Kind {
    Freed = 0x6875_6200,
    Greenlet,
    Flag,
    Result,
    Waiter,
    Queue,
    Semaphore,
    Rlock,
    Condition,
    Rwlock,
    Barrier,
    Waitgroup,
    Group,
    Imap,
    Iwait,
    Timeout,
    Local,
    Signal,
}

#[repr(C)]
pub struct Object {
    /// A `Kind`, if nothing has gone wrong.
    kind: Cell<u32>,
    /// So many need the memory, even if it is freed.
    holds: Cell<u32>,
    pub hub: HubPtr,
    pub line: Line,
    pub links: Chain<Link>,
}

/// A struct whose first field is an `Object`.
pub trait Head: Sized {
    const KIND: Kind;
    fn object(&self) -> &Object;

    /// Is there nothing to wait for? Asked when somebody links to the object or waits for
    /// several.
    fn is_ready(&self) -> bool {
        false
    }
}

impl Object {
    #[inline]
    pub fn new(kind: Kind, hub: HubPtr) -> Object {
        hub.objects.set(hub.objects.get() + 1);
        Self::uncounted(kind, hub)
    }

    /// One that goes before the hub does.
    #[inline]
    pub fn uncounted(kind: Kind, hub: HubPtr) -> Object {
        Object {
            kind: Cell::new(kind as u32),
            holds: Cell::new(0),
            hub,
            line: Line::new(),
            links: Chain::new(),
        }
    }

    #[inline]
    pub fn is(&self, kind: Kind) -> bool {
        self.kind.get() == kind as u32
    }

    #[inline]
    pub fn is_freed(&self) -> bool {
        self.is(Kind::Freed)
    }

    /// `EINVAL` for what is no such object (any more), `EPERM` for one of another thread.
    #[inline]
    pub fn check(&self, kind: Kind) -> Result<()> {
        if !self.is(kind) {
            Err(Errno::INVAL)
        } else if !mine::is_hub(self.hub) {
            Err(Errno::PERM)
        } else {
            Ok(())
        }
    }

    /// Which kind it says that it is, of those that can be waited for.
    pub fn kind(&self) -> u32 {
        self.kind.get()
    }

    /// Everybody who waits for it is told that it is gone. Links are freed.
    pub fn close(&self) {
        self.kind.set(Kind::Freed as u32);
        self.hub.wake_all_gone(&self.line);
        while let Some(link) = self.links.pop() {
            link.abandon();
        }
        self.hub.objects.set(self.hub.objects.get() - 1);
    }
}

/// Allocates an object of this thread's.
pub fn create<T: Head>(make: impl FnOnce(Object) -> T) -> Result<Handle<T>> {
    let hub = super::get()?;
    match mem::try_box(make(Object::new(T::KIND, hub))) {
        Ok(object) => Ok(Handle::leak(object)),
        Err(error) => {
            hub.objects.set(hub.objects.get() - 1);
            Err(error)
        }
    }
}

/// Frees an object: whoever waits for it gets `EBADF`.
pub fn free<T: Head>(object: Handle<T>) {
    object.object().close();
    if object.object().holds.get() == 0 {
        object.dispose();
    }
}

/// Has the memory of an object stay until `let_go`, even if it is freed meanwhile.
#[inline]
pub fn hold<T: Head>(object: Handle<T>) {
    let holds = &object.object().holds;
    holds.set(holds.get() + 1);
}

#[inline]
pub fn let_go<T: Head>(object: Handle<T>) {
    let holds = &object.object().holds;
    holds.set(holds.get() - 1);
    if holds.get() == 0 && object.object().is_freed() {
        object.dispose();
    }
}

/// Has the memory of an object stay until `call` has returned.
#[inline]
pub fn stay<T: Head, R>(object: Handle<T>, call: impl FnOnce() -> R) -> R {
    hold(object);
    let result = call();
    let_go(object);
    result
}
