//! What the hub tells people: failures, deadlocks, who waits for what; and hooks for tools.

use super::context::Stack;
use super::context::overflow::MOST;
use super::greenlet::{GreenletPtr, State};
use super::hub::Hub;
use super::{ELINKED_DONE, ELINKED_FAILED, ELINKED_KILLED, ELOOPEXIT};
use crate::errno::Errno;
use crate::layout::call::{ErrorCall, ErrorHook, TraceCall, TraceHook};
use crate::log;
use crate::sys::text;
use std::ffi::{CStr, c_int, c_void};
use std::fmt::{self, Write};

/// So many waiters are named in a report of a deadlock.
const NAMED: usize = 100;
/// So many deadlocks of a thread are reported.
const REPORTS: u32 = 10;

pub const TRACE_SWITCH: c_int = 1;
pub const TRACE_THROW: c_int = 2;

/// The text of an error number, those of the hub's own included.
pub fn own_text(error: c_int) -> Option<&'static CStr> {
    match error {
        ELINKED_DONE => Some(c"a linked greenlet has ended"),
        ELINKED_FAILED => Some(c"a linked greenlet has failed"),
        ELINKED_KILLED => Some(c"a linked greenlet was killed"),
        ELOOPEXIT => Some(c"the loop was told to end"),
        _ => None,
    }
}

/// Text of a program's, which need not be UTF-8; up to its NUL.
pub struct Bytes<'a>(pub &'a [u8]);

impl fmt::Display for Bytes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let end = self.0.iter().position(|&byte| byte == 0).unwrap_or(self.0.len());
        self.0[..end].utf8_chunks().try_for_each(|chunk| f.write_str(chunk.valid()))
    }
}

/// The name of a greenlet: its own, or its number's.
pub struct Name(pub GreenletPtr);

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let hub = self.0.object.hub;
        if let Some(more) = self.0.more.get() {
            let write_name = |name: &[u8]| write!(f, "{}", Bytes(name));
            let written = super::look(&more.name, |name| name.as_deref().map(write_name));
            if let Some(written) = written {
                return written;
            }
        }
        match self.0 {
            main if main == hub.main => f.write_str("main"),
            looper if looper == hub.looper => f.write_str("loop"),
            greenlet => write!(f, "greenlet-{}", greenlet.id),
        }
    }
}

/// A short text without an allocation; what does not fit is cut.
pub struct Text {
    bytes: [u8; MOST],
    length: usize,
}

impl Text {
    pub fn new() -> Text {
        Text { bytes: [0; MOST], length: 0 }
    }

    pub fn bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

impl Write for Text {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = &mut self.bytes[self.length..];
        let length = text.len().min(room.len());
        room[..length].copy_from_slice(&text.as_bytes()[..length]);
        self.length += length;
        Ok(())
    }
}

/// Who has run into the guard of its stack, if anybody has. In a signal handler.
pub fn who_overflows(fault: usize, name: &mut [u8; MOST]) -> usize {
    let Some(hub) = super::existing() else { return 0 };
    let me = match hub.in_loop() {
        true => hub.runner.get().unwrap_or(hub.looper),
        false => hub.me(),
    };
    let guards = |stack: &Option<Stack>| stack.as_ref().is_some_and(|stack| stack.guards(fault));
    if !super::look(&me.stack, guards) {
        return 0;
    }
    let mut text = Text::new();
    let _ = write!(text, "{}", Name(me));
    name[..text.length].copy_from_slice(text.bytes());
    text.length
}

/// Calls `use_it` with the text of an error.
fn with_text<R>(error: c_int, use_it: impl FnOnce(&[u8]) -> R) -> R {
    match own_text(error) {
        Some(text) => use_it(text.to_bytes()),
        None => text::with_strerror(Errno(error), use_it),
    }
}

/// A greenlet has failed: the error hook is told, or whoever runs the program.
#[cold]
pub fn failure(hub: &Hub, greenlet: GreenletPtr, error: c_int) {
    let text = greenlet.more.get().and_then(|more| more.text.take());
    if hub.error_hook.get().is_some() {
        let raw = super::spawn::start_of(&text);
        tell_hook(hub, greenlet, error, raw);
    } else {
        with_text(error, |reason| {
            let (name, reason) = (Name(greenlet), Bytes(text.as_deref().unwrap_or(reason)));
            log::warn(format_args!("evhub: {name} failed: {reason}"));
        });
    }
    if let Some(more) = greenlet.more.get() {
        more.text.set(text);
    }
}

fn tell_hook(hub: &Hub, greenlet: GreenletPtr, error: c_int, text: *const u8) {
    ErrorCall {
        hook: hub.error_hook.get(),
        greenlet: greenlet.as_ptr().cast(),
        error,
        text: text.cast(),
        arg: hub.error_arg.get(),
    }
    .run();
}

/// A greenlet that was killed goes on as if nothing had happened.
#[cold]
pub fn ignores_errors(hub: &Hub, greenlet: GreenletPtr) {
    let error = greenlet.cancel.get();
    if hub.error_hook.get().is_some() {
        return tell_hook(hub, greenlet, error, c"ignores that it was cancelled".as_ptr().cast());
    }
    with_text(error, |reason| {
        let (name, reason) = (Name(greenlet), Bytes(reason));
        log::warn(format_args!("evhub: {name} ignores that it was cancelled ({reason})"));
    });
}

impl Hub {
    pub fn set_error_hook(&self, hook: ErrorHook, arg: *mut c_void) {
        self.error_hook.set(hook);
        self.error_arg.set(arg);
    }

    pub fn set_trace(&self, hook: TraceHook, arg: *mut c_void) {
        self.trace.set(hook);
        self.trace_arg.set(arg);
        self.is_watched.set(hook.is_some() || self.has_tools);
    }

    /// What a hook knows the loop by: no greenlet.
    fn seen(&self, greenlet: GreenletPtr) -> *mut c_void {
        if greenlet == self.looper { std::ptr::null_mut() } else { greenlet.as_ptr().cast() }
    }

    pub fn trace_switch(&self, from: GreenletPtr, to: GreenletPtr) {
        if self.trace.get().is_none() {
            return;
        }
        self.trace_call(TRACE_SWITCH, self.seen(from), self.seen(to));
    }

    /// An error is on its way to a greenlet.
    pub fn trace_throw(&self, to: GreenletPtr) {
        if self.is_watched.get() {
            self.trace_call(TRACE_THROW, self.seen(self.me()), self.seen(to));
        }
    }

    fn trace_call(&self, what: c_int, from: *mut c_void, to: *mut c_void) {
        // The hook may not block, whoever it is that runs.
        let me = self.current.replace(self.looper);
        TraceCall { hook: self.trace.get(), what, from, to, arg: self.trace_arg.get() }.run();
        self.current.set(me);
    }

    /// Nobody can run, and nothing can ever wake anybody: names all who wait.
    pub fn report_deadlock(&self) {
        let reports = self.deadlocks.get();
        if reports >= REPORTS {
            return;
        }
        self.deadlocks.set(reports + 1);
        let waiting = || self.roll.iter().filter(|g| g.state.get() == State::Waiting);
        let count = waiting().count();
        log::warn(format_args!(
            "evhub: deadlock: main waits for {}, {count} other greenlets wait",
            Bytes(self.main.why.get().text().to_bytes())
        ));
        for greenlet in waiting().take(NAMED) {
            let (name, why) = (Name(greenlet), Bytes(greenlet.why.get().text().to_bytes()));
            let object = greenlet.waits_for.get();
            log::warn(format_args!("evhub: deadlock: {name} waits for {why} ({object:p})"));
        }
        if count > NAMED {
            log::warn(format_args!("evhub: deadlock: and {} more", count - NAMED));
        }
    }
}
