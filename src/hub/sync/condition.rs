//! A condition: to be told of what others do under a lock.
//!
//! ```text
//!   wait: line of the condition --notify--> line of the lock --release--> runs, with the lock
//!                 |                                                            ^
//!                 +-- time is over, killed, condition freed --> regain --------+
//! ```
//! Whoever is notified goes straight on to the lock's line, and runs when it has the lock.

use super::rlock::{self, RlockPtr};
use crate::errno::{Errno, Result};
use crate::hub::greenlet::{GreenletPtr, Why, flag};
use crate::hub::object::{Head, Kind, Object, stay};
use crate::hub::schedule::Wait;
use crate::layout::chain::{Chain, linked};
use crate::layout::handle::Handle;
use crate::layout::link::Link;
use crate::sys::Timeout;
use std::cell::Cell;
use std::ptr;

#[repr(C)]
pub struct Condition {
    object: Object,
    /// In the list of the lock's conditions.
    place: Link,
    /// None once that was freed.
    lock: Cell<Option<RlockPtr>>,
    owns_lock: bool,
}

linked!(Condition, place, 0);

impl Head for Condition {
    const KIND: Kind = Kind::Condition;
    fn object(&self) -> &Object {
        &self.object
    }
}

pub type ConditionPtr = Handle<Condition>;

/// Without a lock, it has one of its own.
pub fn create(lock: Option<RlockPtr>) -> Result<ConditionPtr> {
    let used = match lock {
        Some(lock) => lock,
        None => rlock::create()?,
    };
    let made = crate::hub::object::create(|object| Condition {
        object,
        place: Link::new(),
        lock: Cell::new(Some(used)),
        owns_lock: lock.is_none(),
    });
    match made {
        Ok(condition) => used.conditions.push(condition),
        Err(_) if lock.is_none() => rlock::free(used),
        Err(_) => {}
    }
    made
}

pub fn free(condition: ConditionPtr) {
    if let Some(lock) = condition.lock.take() {
        Chain::<Condition>::remove(condition);
        if condition.owns_lock {
            rlock::free(lock);
        }
    }
    crate::hub::object::free(condition);
}

impl Condition {
    /// `BADF`: it was freed.
    pub fn lock(&self) -> Result<RlockPtr> {
        self.lock.get().ok_or(Errno::BADF)
    }

    /// Off the lock's list already.
    pub fn lock_is_gone(&self) {
        self.lock.set(None);
        self.object.hub.wake_all_gone(&self.object.line);
    }

    /// Sends so many of those who wait to the lock.
    pub fn notify(&self, count: usize) -> Result<()> {
        let lock = self.lock()?;
        for _ in 0..count {
            let Some(waiter) = self.object.line.pop() else { break };
            // It has what it waited for: the rest of its time does not count.
            self.object.hub.disarm(waiter);
            lock.enroll(waiter);
        }
        Ok(())
    }
}

impl Handle<Condition> {
    /// Releases the lock, waits to be notified, and takes the lock back, whatever happens.
    pub fn wait(self, timeout: Timeout) -> Result<()> {
        let hub = self.object.hub;
        let me = hub.check(timeout)?;
        let lock = self.lock()?;
        if lock.owner() != Some(me) {
            return Err(Errno::PERM);
        }
        hub.prepare(me, timeout)?;
        stay(self, || stay(lock, || self.wait_without(lock, me, timeout)))
    }

    /// Nothing can go wrong any more but the wait itself.
    fn wait_without(self, lock: RlockPtr, me: GreenletPtr, timeout: Timeout) -> Result<()> {
        let depth = lock.depth();
        me.item.set(ptr::without_provenance_mut(depth));
        lock.pass_on();
        let wait = Wait::at(&self.object, Why::Condition, timeout);
        let Err(stop) = self.object.hub.park(me, wait) else { return Ok(()) };
        if me.has(flag::STAYS) {
            // It was notified, and can never have the lock: that was freed, or is stuck.
            me.clear(flag::STAYS);
            return Err(stop.into());
        }
        let regained = if lock.object.is_freed() { Ok(()) } else { lock.regain(me, depth) };
        if lock.object.is_freed() {
            return Err(Errno::BADF);
        }
        Err(regained.err().unwrap_or(stop).into())
    }
}
