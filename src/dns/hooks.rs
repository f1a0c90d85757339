//! Functions of the program's that resolvers call: who hears of what goes on, who gives the ids.
//! Process-wide, as in libevent 1.4.

use super::state::Message;
use crate::layout::call::dns::{IdFn, run_id};
use crate::layout::call::{FnCell, LogCallback, run_log};
use std::ffi::{CStr, c_int};

static LOG: FnCell<LogCallback> = FnCell::<LogCallback>::new();
static ID: FnCell<IdFn> = FnCell::<IdFn>::new();

/// `None`: nobody is told.
pub fn set_log(function: Option<LogCallback>) {
    LOG.set(function);
}

pub fn has_log() -> bool {
    LOG.get().is_some()
}

/// User code: nothing of ours is entered.
pub fn log(message: &Message) {
    if let (Some(function), Ok(text)) = (LOG.get(), CStr::from_bytes_until_nul(&message.text)) {
        run_log(function, c_int::from(message.is_warning), text);
    }
}

/// `None`: ids are random.
pub fn set_id(function: Option<IdFn>) {
    ID.set(function);
}

pub fn has_id() -> bool {
    ID.get().is_some()
}

/// User code: nothing of ours is entered.
pub fn id() -> Option<u16> {
    ID.get().map(run_id)
}
