//! Greenlet-locals: a value of each greenlet for each key.

use super::greenlet::{GreenletPtr, flag};
use super::hub::Hub;
use super::object::{Head, Kind, Object};
use crate::errno::Result;
use crate::layout::call::{Destructor, DestructorCall};
use crate::layout::handle::Handle;
use std::ffi::c_void;

/// Destructors may set locals anew: so often they are called again, as POSIX has it.
const ROUNDS: u32 = 4;

#[repr(C)]
pub struct Local {
    object: Object,
    key: u64,
    destructor: Destructor,
}

impl Head for Local {
    const KIND: Kind = Kind::Local;
    fn object(&self) -> &Object {
        &self.object
    }
}

pub type LocalPtr = Handle<Local>;

/// A value of one greenlet's. The key is never used again, so a slot may outlive its local.
#[derive(Clone, Copy)]
pub struct Slot {
    key: u64,
    value: *mut c_void,
    destructor: Destructor,
}

pub fn create(destructor: Destructor) -> Result<LocalPtr> {
    let hub = super::get()?;
    let key = hub.next_local.replace(hub.next_local.get() + 1);
    super::object::create(|object| Local { object, key, destructor })
}

/// The value that the running greenlet has; NULL if it has none.
pub fn get(local: LocalPtr) -> *mut c_void {
    let me = local.object.hub.me();
    let Some(more) = me.more.get() else { return std::ptr::null_mut() };
    let found = super::look(&more.locals, |slots| {
        slots.iter().find(|slot| slot.key == local.key).map(|slot| slot.value)
    });
    found.unwrap_or(std::ptr::null_mut())
}

/// Sets the value of the running greenlet. The one before is the caller's business.
pub fn set(local: LocalPtr, value: *mut c_void) -> Result<()> {
    let more = local.object.hub.me().more()?;
    let mut slots = more.locals.take();
    let slot = Slot { key: local.key, value, destructor: local.destructor };
    let result = match slots.iter_mut().find(|slot| slot.key == local.key) {
        Some(found) => {
            *found = slot;
            Ok(())
        }
        None => slots.try_reserve(1).map(|()| slots.push(slot)),
    };
    more.locals.set(slots);
    Ok(result?)
}

impl Hub {
    /// A new greenlet gets the values of the running one, but for those with a destructor: they
    /// have one owner.
    pub fn inherit_locals(&self, heir: GreenletPtr) -> Result<()> {
        let Some(more) = self.me().more.get() else { return Ok(()) };
        let heirs = heir.more()?;
        super::look(&more.locals, |slots| {
            let mut copy = Vec::new();
            copy.try_reserve(slots.len())?;
            copy.extend(slots.iter().filter(|slot| slot.destructor.is_none()));
            heirs.locals.set(copy);
            Ok(())
        })
    }

    /// The end of a greenlet, on its own stack.
    pub fn destroy_locals(&self, me: GreenletPtr) {
        let Some(more) = me.more.get() else { return };
        debug_assert!(!me.has(flag::MAY_NOT_BLOCK));
        for _ in 0..ROUNDS {
            let slots = more.locals.take();
            if slots.is_empty() {
                return;
            }
            for slot in slots {
                if !slot.value.is_null() {
                    DestructorCall { function: slot.destructor, value: slot.value }.run();
                }
            }
        }
        more.locals.set(Vec::new());
    }
}
