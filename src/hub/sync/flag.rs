//! A flag that many can wait for: what gevent and threading call an event.

use crate::errno::Result;
use crate::hub::greenlet::Why;
use crate::hub::object::{Head, Kind, Object, stay};
use crate::hub::schedule::Wait;
use crate::layout::handle::Handle;
use crate::sys::Timeout;
use std::cell::Cell;

#[repr(C)]
pub struct Flag {
    object: Object,
    is_set: Cell<bool>,
}

impl Head for Flag {
    const KIND: Kind = Kind::Flag;
    fn object(&self) -> &Object {
        &self.object
    }
    fn is_ready(&self) -> bool {
        self.is_set.get()
    }
}

pub type FlagPtr = Handle<Flag>;

pub fn create() -> Result<FlagPtr> {
    crate::hub::object::create(|object| Flag { object, is_set: Cell::new(false) })
}

impl Flag {
    pub fn is_set(&self) -> bool {
        self.is_set.get()
    }

    /// Raises it: all who wait now are woken, even if it is cleared before they run.
    pub fn set(&self) {
        if !self.is_set.replace(true) {
            let hub = self.object.hub;
            hub.wake_all(&self.object.line);
            hub.notify(&self.object);
        }
    }

    pub fn clear(&self) {
        self.is_set.set(false);
    }
}

impl Handle<Flag> {
    /// Waits until it is set; is it still?
    pub fn wait(self, timeout: Timeout) -> Result<bool> {
        let hub = self.object.hub;
        let me = hub.check(timeout)?;
        if self.is_set.get() {
            return Ok(true);
        }
        stay(self, || {
            hub.block(me, Wait::at(&self.object, Why::Flag, timeout))?;
            Ok(self.is_set.get())
        })
    }
}
