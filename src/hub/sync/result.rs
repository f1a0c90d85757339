//! A value, or an error, that many can wait for.

use crate::errno::{Errno, Result};
use crate::hub::greenlet::{GreenletPtr, State, Why};
use crate::hub::look;
use crate::hub::object::{Head, Kind, Object, stay};
use crate::hub::schedule::Wait;
use crate::hub::spawn::start_of;
use crate::layout::handle::Handle;
use crate::sys::Timeout;
use std::cell::Cell;
use std::ffi::{c_int, c_void};
use std::ptr;

#[repr(C)]
pub struct Outcome {
    object: Object,
    is_set: Cell<bool>,
    error: Cell<c_int>,
    value: Cell<*mut c_void>,
    text: Cell<Option<Box<[u8]>>>,
}

impl Head for Outcome {
    const KIND: Kind = Kind::Result;
    fn object(&self) -> &Object {
        &self.object
    }
    fn is_ready(&self) -> bool {
        self.is_set.get()
    }
}

pub type ResultPtr = Handle<Outcome>;

pub fn create() -> Result<ResultPtr> {
    crate::hub::object::create(|object| Outcome {
        object,
        is_set: Cell::new(false),
        error: Cell::new(0),
        value: Cell::new(ptr::null_mut()),
        text: Cell::new(None),
    })
}

impl Outcome {
    pub fn is_set(&self) -> bool {
        self.is_set.get()
    }

    /// NULL unless it was set to a value.
    pub fn value(&self) -> *mut c_void {
        self.value.get()
    }

    /// 0 unless it was set to an error.
    pub fn error(&self) -> c_int {
        self.error.get()
    }

    /// The text of the error, terminated; valid until it is set anew.
    pub fn text(&self) -> *const u8 {
        look(&self.text, start_of)
    }

    /// Sets a value; the last one holds.
    pub fn set(&self, value: *mut c_void) {
        self.store(value, 0, None);
    }

    /// Sets an error, and a text that is copied.
    pub fn set_error(&self, error: Errno, text: Option<&[u8]>) -> Result<()> {
        let text = text.map(terminated).transpose()?;
        self.store(ptr::null_mut(), error.0, text);
        Ok(())
    }

    fn store(&self, value: *mut c_void, error: c_int, text: Option<Box<[u8]>>) {
        self.value.set(value);
        self.error.set(error);
        self.text.set(text);
        self.is_set.set(true);
        let hub = self.object.hub;
        hub.wake_all(&self.object.line);
        hub.notify(&self.object);
    }

    /// Becomes what a finished greenlet has become.
    pub fn copy_of(&self, greenlet: GreenletPtr) {
        if greenlet.state.get() != State::Failed {
            return self.set(greenlet.value.get());
        }
        let more = greenlet.more.get();
        let text = more.and_then(|more| look(&more.text, |text| text.as_deref().map(terminated)));
        // Without memory for the text, the error goes without.
        self.store(ptr::null_mut(), greenlet.error(), text.and_then(Result::ok));
    }

    /// Waits until it is set.
    pub fn wait(&self, timeout: Timeout) -> Result<()> {
        let hub = self.object.hub;
        let me = hub.check(timeout)?;
        if self.is_set.get() {
            return Ok(());
        }
        Ok(hub.block(me, Wait::at(&self.object, Why::Result, timeout))?)
    }
}

impl Handle<Outcome> {
    /// Waits for the value, or the error.
    pub fn get(self, timeout: Timeout) -> Result<*mut c_void> {
        stay(self, || {
            self.wait(timeout)?;
            match self.error.get() {
                0 => Ok(self.value.get()),
                error => Err(Errno(error)),
            }
        })
    }
}

/// A copy of a text up to its NUL, terminated.
pub fn terminated(text: &[u8]) -> Result<Box<[u8]>> {
    let end = text.iter().position(|&byte| byte == 0).unwrap_or(text.len());
    let mut copy = Vec::new();
    copy.try_reserve_exact(end + 1)?;
    copy.extend_from_slice(&text[..end]);
    copy.push(0);
    Ok(copy.into_boxed_slice())
}
