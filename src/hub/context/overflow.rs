//! Who has run into a guard: the process says the greenlet's name, and ends.
//!
//! All of it runs in a signal handler, on the thread's alternate stack.

use crate::errno::Result;
use crate::sys::{fault, stdio};
use std::mem::transmute;
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering::Relaxed};

/// Writes the name of the greenlet in whose guard the address is, and returns its length; 0 if it
/// is in none. Runs in a signal handler.
pub type NameOf = fn(fault: usize, name: &mut [u8; MOST]) -> usize;

/// The longest name that is told.
pub const MOST: usize = 64;

static NAME_OF: AtomicPtr<()> = AtomicPtr::new(ptr::null_mut());

/// Says who knows the guards.
pub fn watch(name_of: NameOf) {
    NAME_OF.store(name_of as *mut (), Relaxed);
}

/// From now on an overflow in this thread is told.
pub fn arm_thread() -> Result<()> {
    fault::install(tell)?;
    fault::arm_thread()
}

/// The thread has no more stacks.
pub fn disarm_thread() {
    fault::disarm_thread();
}

/// Is the address in a guard? If so, the message is out.
fn tell(address: usize) -> bool {
    let mut name = [0; MOST];
    let length = name_of(address, &mut name).min(MOST);
    if length == 0 {
        return false;
    }
    let parts = [b"evhub: stack overflow in greenlet ", &name[..length], b"\n"];
    let mut message = [0; 128];
    let mut end = 0;
    for part in parts {
        message[end..end + part.len()].copy_from_slice(part);
        end += part.len();
    }
    stdio::write_stderr(&message[..end]);
    true
}

fn name_of(address: usize, name: &mut [u8; MOST]) -> usize {
    let raw = NAME_OF.load(Relaxed);
    if raw.is_null() {
        return 0;
    }
    // SAFETY: `watch` has stored a function of this type.
    let name_of = unsafe { transmute::<*mut (), NameOf>(raw) };
    name_of(address, name)
}
