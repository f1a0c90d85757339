//! The hub: greenlets, and what they use to wait for each other.
//!
//! ```text
//!   spawn -> greenlet -> schedule (run queue, park, wake, switch) -> finish -> join, link
//!              |              |          |
//!           context/        turn      object: the head of all that can be waited for
//!       (stacks, switch)  (the loop)   sync/  queue/  pool/  iwait
//! ```
//! Rules: a greenlet is in one place at most (the run queue, or the line of what it waits for);
//! nothing of ours is borrowed when another greenlet or user code runs, so fields are `Cell`s; what
//! was waited for is handed over before the waiter is woken. No `unsafe` but in `context/`.

#[allow(unsafe_code)]
pub mod context;
pub mod end;
pub mod finish;
pub mod greenlet;
#[allow(clippy::module_inception, reason = "the hub is the hub")]
pub mod hub;
pub mod info;
pub mod iwait;
pub mod join;
pub mod kill;
pub mod link;
pub mod local;
pub mod object;
pub mod pool;
pub mod queue;
pub mod report;
pub mod run_queue;
pub mod schedule;
pub mod signal;
pub mod spawn;
pub mod sync;
pub mod timeout;
pub mod turn;
pub mod waitable;

pub use end::{base_freed, thread_ends};
pub use hub::{HubPtr, existing, get};
pub use turn::run_loop;

use crate::errno::Result;
use crate::event::BasePtr;
use crate::layout::event::EventPtr;
use crate::sys::Timeout;
use std::cell::Cell;
use std::ffi::c_int;

/// Errors of the hub's own, beyond those of any system.
pub const ELINKED_DONE: c_int = 0x4556_0001;
pub const ELINKED_FAILED: c_int = ELINKED_DONE + 1;
pub const ELINKED_KILLED: c_int = ELINKED_DONE + 2;
pub const ELOOPEXIT: c_int = ELINKED_DONE + 3;

/// Looks at what is in a cell. What is called does not use the cell.
fn look<T: Default, R>(cell: &Cell<T>, look: impl FnOnce(&T) -> R) -> R {
    let content = cell.take();
    let seen = look(&content);
    cell.set(content);
    seen
}

/// Adds a timer that counts from now, not from the beginning of the round.
fn add_timer(base: BasePtr, event: EventPtr, after: Timeout) -> Result<()> {
    let after = crate::event::timeval_of(after.bound().unwrap_or(0));
    base.try_enter(|core| {
        core.clock.forget();
        core.add(event, Some(&after))
    })?
}
