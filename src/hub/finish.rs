//! The end of a greenlet: what it leaves behind, and who hears of it.
//!
//! The order is fixed: destructors of its locals (on its own stack, they may block), the report of
//! a failure, then its state, then its groups, then those who wait for it, then its links. The
//! struct may go with the last handle, but not before somebody else runs: it is kept as the hub's
//! `corpse` until then.

use super::context::Entry;
use super::greenlet::{GreenletPtr, State, flag};
use super::hub::Hub;
use super::report;
use crate::errno::Errno;
use crate::layout::call::StartCall;
use std::ffi::{c_int, c_void};
use std::ptr;

/// What `evhub_fail` returns: no value of a program's has this address.
static FAILED: u8 = 0;

pub fn failed_value() -> *mut c_void {
    (&raw const FAILED).cast_mut().cast()
}

/// The value of a greenlet that was killed, as `PTHREAD_CANCELED` is for threads.
pub const EXIT: *mut c_void = usize::MAX as *mut c_void;

/// What runs on a greenlet's stack; and the greenlets that use the stack after it.
pub struct GreenletMain;

impl Entry for GreenletMain {
    #[inline(always)]
    fn run() -> ! {
        loop {
            let Some(hub) = super::existing() else {
                crate::log::fatal(format_args!("evhub: a greenlet without its hub"))
            };
            let me = hub.me();
            let call = StartCall { function: me.function, arg: me.value.get() };
            let value = if me.has(flag::LINKED) {
                call.run_as_link(me.item.get());
                ptr::null_mut()
            } else {
                call.run_outermost()
            };
            hub.end(me, value);
            // Returns if another greenlet begins on this stack.
            hub.switch_away(me);
        }
    }
}

impl Hub {
    /// The function of a greenlet has returned.
    fn end(&self, me: GreenletPtr, value: *mut c_void) {
        if me.more.get().is_none() {
            // As nearly always: no locals, no limits, no kill, no failure.
            me.value.set(value);
            self.finish(me, State::Done);
        } else {
            self.end_of_the_less_simple(me, value);
        }
    }

    #[cold]
    fn end_of_the_less_simple(&self, me: GreenletPtr, value: *mut c_void) {
        self.destroy_locals(me);
        self.end_limits(me);
        let Some(more) = me.more.get() else { return };
        let has_failed = value == failed_value();
        // A kill that the greenlet was told of, and has not acknowledged, was its end.
        let killed_by = if me.has(flag::KILL_TOLD) { more.kill.get() } else { 0 };
        let error = if has_failed { more.error.get() } else { killed_by };
        let state = match error {
            0 => State::Done,
            libc::ECANCELED => State::Killed,
            _ => State::Failed,
        };
        let nothing = if state == State::Killed { EXIT } else { ptr::null_mut() };
        me.value.set(if has_failed || value.is_null() { nothing } else { value });
        me.cancel.set(0);
        if let Some(source) = more.source.take() {
            self.release(source);
        }
        self.settle_state(me, state, error);
    }

    /// Ends a greenlet that has never run, or will not run on.
    pub fn end_unrun(&self, greenlet: GreenletPtr, error: Errno) {
        let state = if error == Errno::CANCELED { State::Killed } else { State::Failed };
        greenlet.set(flag::QUIET);
        greenlet.value.set(if state == State::Killed { EXIT } else { ptr::null_mut() });
        self.settle_state(greenlet, state, error.0);
    }

    fn settle_state(&self, greenlet: GreenletPtr, state: State, error: c_int) {
        if state == State::Failed {
            // Without memory for more than the state, the number is lost, not the failure.
            if let Ok(more) = greenlet.more() {
                more.error.set(error);
            }
            if !greenlet.has(flag::QUIET) {
                self.report_failure(greenlet, error);
            }
        }
        self.finish(greenlet, state);
    }

    /// From here on it is finished: those who wait for that are woken.
    fn finish(&self, greenlet: GreenletPtr, state: State) {
        if greenlet.held.get() | greenlet.reads.get() != 0 {
            self.locks_are_left(greenlet);
        }
        greenlet.state.set(state);
        self.strike_off(greenlet);
        if greenlet.members.get().is_some() {
            self.tell_owners(greenlet);
        }
        if !greenlet.object.line.is_empty() {
            self.wake_all(&greenlet.object.line);
        }
        if !greenlet.object.links.is_empty() {
            self.notify_end(greenlet);
        }
        // The struct is used until somebody else runs.
        if let Some(former) = self.corpse.replace(Some(greenlet)) {
            self.release(former);
        }
    }

    /// Off the list of greenlets that are alive.
    pub fn strike_off(&self, greenlet: GreenletPtr) {
        super::greenlet::Roll::remove(greenlet);
        self.alive.set(self.alive.get() - 1);
    }

    fn report_failure(&self, greenlet: GreenletPtr, error: c_int) {
        self.without_blocking(|| report::failure(self, greenlet, error));
    }

    /// Runs code of the program's that may not block: whoever runs is in the middle of something.
    pub fn without_blocking(&self, call: impl FnOnce()) {
        let me = self.me();
        me.set(flag::MAY_NOT_BLOCK);
        let was = me.cancel.replace(Errno::PERM.0);
        call();
        me.cancel.set(was);
        me.clear(flag::MAY_NOT_BLOCK);
    }
}
