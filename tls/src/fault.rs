//! What went wrong: a number for `errno`, a text for people, and the text of the last one.

use openssl::error::ErrorStack;
use std::cell::RefCell;
use std::ffi::{CStr, CString, c_char};

/// An error number and why.
#[derive(Clone, Debug)]
pub struct Fault {
    pub errno: i32,
    pub text: String,
}

pub type Result<T> = std::result::Result<T, Fault>;

impl Fault {
    pub fn new(errno: i32, text: impl Into<String>) -> Fault {
        Fault { errno, text: text.into() }
    }
}

/// What OpenSSL says of a certificate or a key, or when it sets something up.
impl From<ErrorStack> for Fault {
    fn from(stack: ErrorStack) -> Fault {
        let is_memory = |error: &openssl::error::Error| {
            error.reason().is_some_and(|reason| reason == "malloc failure")
        };
        let no_memory = stack.errors().iter().any(is_memory);
        Fault::new(if no_memory { libc::ENOMEM } else { libc::EINVAL }, reasons(&stack))
    }
}

/// The reasons of a stack, without places in OpenSSL's sources.
pub fn reasons(stack: &ErrorStack) -> String {
    let mut text = String::new();
    for error in stack.errors() {
        // "system lib", "PEM lib": which part of it has passed the error on.
        let Some(reason) = error.reason().filter(|reason| !reason.ends_with(" lib")) else {
            continue;
        };
        if !text.contains(reason) {
            text.push_str(if text.is_empty() { "" } else { ", " });
            text.push_str(reason);
        }
    }
    if text.is_empty() { "OpenSSL gives no reason".to_string() } else { text }
}

thread_local! {
    /// Written by `report` alone; programs get a pointer into it.
    static LAST: RefCell<CString> = RefCell::default();
}

/// Remembers the text for `evhub_tls_error`, and returns the number.
pub fn report(fault: &Fault) -> i32 {
    let text = CString::new(fault.text.replace('\0', "?")).unwrap_or_default();
    // A thread that is ending has no place for it any more.
    let _ = LAST.try_with(|last| last.replace(text));
    fault.errno
}

/// The text of this thread's last fault; "" if there was none.
pub fn last() -> *const c_char {
    // The string lives on the heap: the pointer is good until the next report.
    LAST.try_with(|last| last.borrow().as_ptr()).unwrap_or(CStr::as_ptr(c""))
}
