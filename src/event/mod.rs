//! The reactor: bases, the loop, ready queues, timers, descriptors, signals.
//!
//! ```text
//!            event_add / event_del                      event_base_loop
//!                    |                                        |
//!   add.rs  -> fds.rs, signal.rs, time.rs     run.rs: top -> wait -> collect -> call, call ...
//!                    |       |                                |        |
//!                 backend/  sys::signal              backend/ wait   queue.rs (dispatch.rs)
//! ```
//! Rules (the reasons are in ARCHITECTURE.md): a base is entered for one operation at a time and
//! never while user code runs; a user's call is returned as a value and made last; nothing in
//! memory may point into the stack frame that dispatches. No `unsafe` and no `RefCell` here.

mod add;
mod backend;
mod base;
mod dispatch;
mod fds;
mod heap;
mod late;
mod list;
mod once;
mod queue;
mod run;
mod set;
mod signal;
mod time;
pub mod wakeup;
pub mod watch;

pub use base::{Base, BasePtr, Core, Ended, Flags, NewError, create, free};
pub use list::{count_events, dump_events};
pub use once::{schedule, schedule_exit};
pub use run::{Outcome, run};
pub use set::{
    assign_base, deadline_of_day, delete, set, set_for, set_priority, shows_method, time_of_day,
};
pub use time::timeval_of;
