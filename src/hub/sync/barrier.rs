//! A barrier: whoever comes waits until so many have come; then it can be used anew.
//!
//! Those who have come are those in line. Whoever gives up leaves it without a word, so `come` may
//! be too many: it is counted again before the barrier opens.

use crate::errno::{Errno, Result};
use crate::hub::greenlet::Why;
use crate::hub::object::{Head, Kind, Object};
use crate::hub::schedule::Wait;
use crate::layout::handle::Handle;
use crate::sys::Timeout;
use std::cell::Cell;
use std::ptr;

#[repr(C)]
pub struct Barrier {
    object: Object,
    count: usize,
    /// No fewer than are in line.
    come: Cell<usize>,
}

impl Head for Barrier {
    const KIND: Kind = Kind::Barrier;
    fn object(&self) -> &Object {
        &self.object
    }
}

pub type BarrierPtr = Handle<Barrier>;

/// `EINVAL` for none, and for more than `int` has numbers.
pub fn create(count: usize) -> Result<BarrierPtr> {
    if count == 0 || i32::try_from(count).is_err() {
        return Err(Errno::INVAL);
    }
    crate::hub::object::create(|object| Barrier { object, count, come: Cell::new(0) })
}

impl Barrier {
    /// Waits for the others; which place in the order of coming has the caller?
    pub fn wait(&self, timeout: Timeout) -> Result<usize> {
        let hub = self.object.hub;
        let me = hub.check(timeout)?;
        if self.come.get() + 1 >= self.count {
            self.come.set(self.object.line.iter().count());
        }
        if self.come.get() + 1 == self.count {
            self.open();
            return Ok(self.count - 1);
        }
        if timeout != Timeout::NOW {
            self.come.set(self.come.get() + 1);
        }
        hub.block(me, Wait::at(&self.object, Why::Barrier, timeout))?;
        Ok(me.item.get().addr())
    }

    fn open(&self) {
        self.come.set(0);
        let mut place = 0;
        while let Some(first) = self.object.line.pop() {
            first.item.set(ptr::without_provenance_mut(place));
            place += 1;
            self.object.hub.wake(first, 0);
        }
    }
}
