//! A number of things to be done, and those who wait until all are.

use crate::errno::{Errno, Result};
use crate::hub::greenlet::Why;
use crate::hub::object::{Head, Kind, Object};
use crate::hub::schedule::Wait;
use crate::layout::handle::Handle;
use crate::sys::Timeout;
use std::cell::Cell;
use std::ffi::c_long;

#[repr(C)]
pub struct Waitgroup {
    object: Object,
    left: Cell<c_long>,
}

impl Head for Waitgroup {
    const KIND: Kind = Kind::Waitgroup;
    fn object(&self) -> &Object {
        &self.object
    }
    fn is_ready(&self) -> bool {
        self.left.get() == 0
    }
}

pub type WaitgroupPtr = Handle<Waitgroup>;

pub fn create() -> Result<WaitgroupPtr> {
    crate::hub::object::create(|object| Waitgroup { object, left: Cell::new(0) })
}

impl Waitgroup {
    /// So many more, or fewer: `INVAL` if that were less than none.
    pub fn add(&self, count: c_long) -> Result<()> {
        let before = self.left.get();
        let left = before.checked_add(count).ok_or(Errno::OVERFLOW)?;
        if left < 0 {
            return Err(Errno::INVAL);
        }
        self.left.set(left);
        if left == 0 && before != 0 {
            let hub = self.object.hub;
            hub.wake_all(&self.object.line);
            hub.notify(&self.object);
        }
        Ok(())
    }

    /// Waits until nothing is left.
    pub fn wait(&self, timeout: Timeout) -> Result<()> {
        let hub = self.object.hub;
        let me = hub.check(timeout)?;
        if self.left.get() == 0 {
            return Ok(());
        }
        Ok(hub.block(me, Wait::at(&self.object, Why::Waitgroup, timeout))?)
    }
}
