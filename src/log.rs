//! Messages to whoever runs the program: `[warn] text: reason` on standard error, or the
//! callback of `event_set_log_callback`.
//!
//! The callback is user code: nothing of ours may be entered while a message is written. No
//! allocation; a message is cut at 1023 bytes, as in libevent 1.4.

use crate::errno::Errno;
use crate::layout::call::{FnCell, LogCallback, run_log};
use crate::sys::{process, stdio, text};
use std::ffi::{CStr, c_int};
use std::fmt::{self, Write};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// Severities, as the callback gets them.
#[derive(Clone, Copy)]
#[repr(i32)]
pub enum Severity {
    Msg = 1,
    Warn = 2,
    Err = 3,
}

const LIMIT: usize = 1024;

static CALLBACK: FnCell<LogCallback> = FnCell::<LogCallback>::new();
static REPORTED: AtomicU32 = AtomicU32::new(0);

/// `None`: standard error again.
pub fn set_callback(callback: Option<LogCallback>) {
    CALLBACK.set(callback);
}

/// Mistakes of the caller's that are reported, each once in a process's life.
#[derive(Clone, Copy)]
pub enum Misuse {
    Uninitialised,
    NoBase,
    BadFlags,
    SignalKind,
    Descriptor,
    NullCallback,
    NullArgument,
    Busy,
    RestlessCallback,
    OtherThread,
    WrongObject,
    BadStruct,
    BadNumber,
    BadName,
    BadRecord,
    BadResult,
    Answered,
    BadHook,
    NoConnection,
    InUse,
}

/// Reports a caller's mistake, the first time that it is made.
pub fn misuse(mistake: Misuse, function: &str) {
    let bit = 1 << mistake as u32;
    if REPORTED.fetch_or(bit, Relaxed) & bit == 0 {
        let what = match mistake {
            Misuse::Uninitialised => "event was not initialised by event_set",
            Misuse::NoBase => "event has no base: call event_init or event_base_set first",
            Misuse::BadFlags => "event is corrupt: ev_flags has unknown bits",
            Misuse::SignalKind => "EV_SIGNAL cannot be combined with EV_READ or EV_WRITE",
            Misuse::Descriptor => "negative descriptor",
            Misuse::NullCallback => "callback is NULL",
            Misuse::NullArgument => "argument is NULL",
            Misuse::RestlessCallback => "a callback keeps changing its own buffer: cut off",
            Misuse::OtherThread => "object of another thread",
            Misuse::WrongObject => "not such an object, or freed",
            Misuse::BadStruct => "a struct whose size field is too small",
            Misuse::BadNumber => "no error has a negative number",
            Misuse::BadName => "not a domain name",
            Misuse::BadRecord => "section, type, class, length or count out of range",
            Misuse::BadResult => "results are 0 to 15",
            Misuse::Answered => "the request was answered already",
            Misuse::BadHook => "hooks are EVRPC_INPUT or EVRPC_OUTPUT",
            Misuse::NoConnection => "the pool has no connection",
            Misuse::InUse => "the connection is in use",
            Misuse::Busy => "called by a signal handler or a thread in the middle of another call",
        };
        emit(Severity::Warn, format_args!("{function}: {what}"));
    }
}

pub fn msg(text: fmt::Arguments) {
    emit(Severity::Msg, text);
}

pub fn warn(text: fmt::Arguments) {
    emit(Severity::Warn, text);
}

/// A warning that ends in the reason of `error`.
pub fn warn_errno(error: Errno, text: fmt::Arguments) {
    text::with_strerror(error, |reason| {
        emit(Severity::Warn, format_args!("{text}: {}", Bytes(reason)));
    });
}

/// The last message: the process exits with status 1, as 1.4 does.
pub fn fatal(text: fmt::Arguments) -> ! {
    emit(Severity::Err, text);
    process::exit_failure()
}

/// `fatal` with the reason of `error`.
pub fn fatal_errno(error: Errno, text: fmt::Arguments) -> ! {
    text::with_strerror(error, |reason| {
        emit(Severity::Err, format_args!("{text}: {}", Bytes(reason)));
    });
    process::exit_failure()
}

/// Text of the C library's, which need not be UTF-8.
struct Bytes<'a>(&'a [u8]);

impl fmt::Display for Bytes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        self.0.utf8_chunks().try_for_each(|chunk| f.write_str(chunk.valid()))
    }
}

/// A line of bounded length, always terminated.
struct Line {
    bytes: [u8; LIMIT],
    len: usize,
}

impl Write for Line {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = LIMIT - 1 - self.len;
        let n = text.len().min(room);
        self.bytes[self.len..self.len + n].copy_from_slice(&text.as_bytes()[..n]);
        self.len += n;
        Ok(())
    }
}

fn emit(severity: Severity, text: fmt::Arguments) {
    let mut line = Line { bytes: [0; LIMIT], len: 0 };
    let _ = line.write_fmt(text);
    match CALLBACK.get() {
        None => to_stderr(severity, &line.bytes[..line.len]),
        Some(callback) => {
            if let Ok(text) = CStr::from_bytes_until_nul(&line.bytes) {
                run_log(callback, severity as c_int, text);
            }
        }
    }
}

fn to_stderr(severity: Severity, text: &[u8]) {
    let label: &[u8] = match severity {
        Severity::Msg => b"[msg] ",
        Severity::Warn => b"[warn] ",
        Severity::Err => b"[err] ",
    };
    let mut out = [0; LIMIT + 16];
    let (head, rest) = out.split_at_mut(label.len());
    head.copy_from_slice(label);
    rest[..text.len()].copy_from_slice(text);
    rest[text.len()] = b'\n';
    stdio::write_stderr(&out[..label.len() + text.len() + 1]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_cut_and_always_terminated() {
        let mut line = Line { bytes: [0xff; LIMIT], len: 0 };
        line.bytes[LIMIT - 1] = 0;
        assert!(write!(line, "{:5000}", 7).is_ok());
        assert_eq!(line.len, LIMIT - 1);
        let text = CStr::from_bytes_until_nul(&line.bytes).expect("a NUL");
        assert_eq!(text.to_bytes().len(), 1023);
        assert!(line.write_str("more").is_ok());
        assert_eq!(line.len, LIMIT - 1);
    }
}
