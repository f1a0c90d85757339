//! A counter that cannot go below zero: who takes waits until there is something to take.
//!
//! What is released goes straight to the first who waits, so nobody who comes later can take it,
//! and the counter is positive only while nobody waits to take.

use crate::errno::{Errno, Result};
use crate::hub::greenlet::{Line, Why};
use crate::hub::object::{Head, Kind, Object};
use crate::hub::schedule::Wait;
use crate::layout::handle::Handle;
use crate::sys::Timeout;
use std::cell::Cell;
use std::ffi::c_long;

#[repr(C)]
pub struct Semaphore {
    /// In whose line those stand who take.
    object: Object,
    /// Those who wait without taking.
    watchers: Line,
    value: Cell<c_long>,
    most: c_long,
}

impl Head for Semaphore {
    const KIND: Kind = Kind::Semaphore;
    fn object(&self) -> &Object {
        &self.object
    }
    fn is_ready(&self) -> bool {
        self.value.get() > 0
    }
}

pub type SemaphorePtr = Handle<Semaphore>;

/// `EINVAL` for less than nothing.
pub fn create(value: c_long, is_bounded: bool) -> Result<SemaphorePtr> {
    if value < 0 {
        return Err(Errno::INVAL);
    }
    let most = if is_bounded { value } else { c_long::MAX };
    crate::hub::object::create(|object| Semaphore {
        object,
        watchers: Line::new(),
        value: Cell::new(value),
        most,
    })
}

pub fn free(semaphore: SemaphorePtr) {
    semaphore.object.hub.wake_all_gone(&semaphore.watchers);
    crate::hub::object::free(semaphore);
}

impl Semaphore {
    pub fn value(&self) -> c_long {
        self.value.get()
    }

    #[inline]
    pub fn acquire(&self, timeout: Timeout) -> Result<()> {
        let hub = self.object.hub;
        let me = hub.check(timeout)?;
        let value = self.value.get();
        if value > 0 {
            self.value.set(value - 1);
            return Ok(());
        }
        Ok(hub.block(me, Wait::at(&self.object, Why::Semaphore, timeout))?)
    }

    /// `EOVERFLOW` above the bound.
    pub fn release(&self) -> Result<()> {
        let hub = self.object.hub;
        if hub.wake_first(&self.object.line).is_some() {
            return Ok(());
        }
        let value = self.value.get();
        if value >= self.most {
            return Err(Errno::OVERFLOW);
        }
        self.value.set(value + 1);
        if value == 0 {
            hub.wake_all(&self.watchers);
        }
        hub.notify(&self.object);
        Ok(())
    }

    /// Waits until there is something to take, and does not take it.
    pub fn wait(&self, timeout: Timeout) -> Result<()> {
        let hub = self.object.hub;
        let me = hub.check(timeout)?;
        if self.value.get() == 0 {
            let why = Why::Semaphore;
            let object = &raw const self.object;
            hub.block(me, Wait { line: &self.watchers, why, object, timeout })?;
        }
        Ok(())
    }
}
