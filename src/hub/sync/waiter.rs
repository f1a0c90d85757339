//! A hand-over to one greenlet: of a value, or an error, once; then it can be used anew.

use crate::errno::{Errno, Result};
use crate::hub::greenlet::Why;
use crate::hub::object::{Head, Kind, Object};
use crate::hub::schedule::Wait;
use crate::layout::handle::Handle;
use crate::sys::Timeout;
use std::cell::Cell;
use std::ffi::{c_int, c_void};
use std::ptr;

#[repr(C)]
pub struct Waiter {
    object: Object,
    /// There is something that nobody has taken.
    is_full: Cell<bool>,
    error: Cell<c_int>,
    value: Cell<*mut c_void>,
}

impl Head for Waiter {
    const KIND: Kind = Kind::Waiter;
    fn object(&self) -> &Object {
        &self.object
    }
}

pub type WaiterPtr = Handle<Waiter>;

pub fn create() -> Result<WaiterPtr> {
    crate::hub::object::create(|object| Waiter {
        object,
        is_full: Cell::new(false),
        error: Cell::new(0),
        value: Cell::new(ptr::null_mut()),
    })
}

impl Waiter {
    pub fn is_full(&self) -> bool {
        self.is_full.get()
    }

    /// Hands over a value, or an error that is not 0; `BUSY` if the last one was not taken.
    pub fn set(&self, value: *mut c_void, error: c_int) -> Result<()> {
        if let Some(waiter) = self.object.line.pop() {
            waiter.item.set(value);
            self.object.hub.wake(waiter, error);
            return Ok(());
        }
        if self.is_full.replace(true) {
            return Err(Errno::BUSY);
        }
        self.value.set(value);
        self.error.set(error);
        Ok(())
    }

    /// Waits for what is handed over; `BUSY` if somebody else does.
    pub fn get(&self, timeout: Timeout) -> Result<*mut c_void> {
        let hub = self.object.hub;
        let me = hub.check(timeout)?;
        if self.is_full.replace(false) {
            return match self.error.get() {
                0 => Ok(self.value.get()),
                error => Err(Errno(error)),
            };
        }
        if !self.object.line.is_empty() {
            return Err(Errno::BUSY);
        }
        hub.block(me, Wait::at(&self.object, Why::Waiter, timeout))?;
        Ok(me.item.get())
    }
}
