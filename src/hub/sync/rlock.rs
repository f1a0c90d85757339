//! A lock that its owner may take again. What is released goes straight to the first who waits.
//!
//! A parked greenlet's `item` is how often it will have taken the lock: 1, or as often as before
//! it began to wait for a condition. The hub has a list of its locks: a greenlet that ends counts
//! what it holds, and only if that is not 0 the list is searched.

use super::condition::Condition;
use crate::errno::{Errno, Result};
use crate::hub::greenlet::{GreenletPtr, Why, flag};
use crate::hub::object::{Head, Kind, Object};
use crate::hub::schedule::{Stop, Wait};
use crate::layout::chain::{Chain, linked};
use crate::layout::handle::Handle;
use crate::layout::link::Link;
use crate::sys::Timeout;
use std::cell::Cell;
use std::ptr;

#[repr(C)]
pub struct Rlock {
    pub object: Object,
    place: Link,
    owner: Cell<Option<GreenletPtr>>,
    /// How often the owner has taken it.
    depth: Cell<usize>,
    /// Those that are used with this lock.
    pub conditions: Chain<Condition>,
}

linked!(Rlock, place, 0);

impl Head for Rlock {
    const KIND: Kind = Kind::Rlock;
    fn object(&self) -> &Object {
        &self.object
    }
}

pub type RlockPtr = Handle<Rlock>;

pub fn create() -> Result<RlockPtr> {
    let lock = crate::hub::object::create(|object| Rlock {
        object,
        place: Link::new(),
        owner: Cell::new(None),
        depth: Cell::new(0),
        conditions: Chain::new(),
    })?;
    lock.object.hub.rlocks.push(lock);
    Ok(lock)
}

/// Whoever waits for it, or for a condition of it, gets `EBADF`.
pub fn free(lock: RlockPtr) {
    lock.set_owner(None, 0);
    Chain::<Rlock>::remove(lock);
    while let Some(condition) = lock.conditions.pop() {
        condition.lock_is_gone();
    }
    crate::hub::object::free(lock);
}

impl Rlock {
    pub fn owner(&self) -> Option<GreenletPtr> {
        self.owner.get()
    }

    pub fn depth(&self) -> usize {
        self.depth.get()
    }

    fn set_owner(&self, owner: Option<GreenletPtr>, depth: usize) {
        self.depth.set(depth);
        if let Some(former) = self.owner.replace(owner) {
            former.held.set(former.held.get() - 1);
        }
        if let Some(owner) = owner {
            owner.held.set(owner.held.get() + 1);
        }
    }

    pub fn acquire(&self, timeout: Timeout) -> Result<()> {
        let hub = self.object.hub;
        let me = hub.check(timeout)?;
        match self.owner.get() {
            None => self.set_owner(Some(me), 1),
            Some(owner) if owner == me => self.depth.set(self.depth.get() + 1),
            Some(_) => {
                me.item.set(ptr::without_provenance_mut(1));
                hub.block(me, Wait::at(&self.object, Why::Rlock, timeout))?;
            }
        }
        Ok(())
    }

    /// `PERM` if the caller does not hold it.
    pub fn release(&self) -> Result<()> {
        if self.owner.get() != Some(self.object.hub.me()) {
            return Err(Errno::PERM);
        }
        match self.depth.get() {
            1 => self.pass_on(),
            depth => self.depth.set(depth - 1),
        }
        Ok(())
    }

    /// From its owner, however often that has taken it, to the first who waits.
    pub fn pass_on(&self) {
        match self.object.line.pop() {
            Some(next) => self.hand_to(next),
            None => self.set_owner(None, 0),
        }
    }

    fn hand_to(&self, next: GreenletPtr) {
        self.set_owner(Some(next), next.item.get().addr());
        next.clear(flag::STAYS);
        self.object.hub.wake(next, 0);
    }

    /// A greenlet that is parked, and in no line, waits for the lock from now on. Neither time nor
    /// a kill ends that.
    pub fn enroll(&self, greenlet: GreenletPtr) {
        if self.owner.get().is_none() {
            return self.hand_to(greenlet);
        }
        greenlet.why.set(Why::Rlock);
        greenlet.waits_for.set(&raw const self.object);
        greenlet.set(flag::STAYS);
        self.object.line.push(greenlet);
    }

    /// Takes it back, `depth` times, whatever happens meanwhile but its end.
    pub fn regain(&self, me: GreenletPtr, depth: usize) -> Result<(), Stop> {
        if self.owner.get().is_none() {
            self.set_owner(Some(me), depth);
            return Ok(());
        }
        me.item.set(ptr::without_provenance_mut(depth));
        me.set(flag::STAYS);
        let regained =
            self.object.hub.block(me, Wait::at(&self.object, Why::Rlock, Timeout::NEVER));
        me.clear(flag::STAYS);
        regained
    }
}
