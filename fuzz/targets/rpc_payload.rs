//! Any bytes as the payload of a call, to the code that `event_rpcgen.py` makes: what is taken for
//! a message is complete and written as a message, which is read as the same; nothing is read
//! behind the data, which ends where its block ends; what is refused can be emptied and used again.
#![no_main]

mod common;
extern crate evhub as _;

use common::ffi::{self, Buffer, Evbuffer};
use libfuzzer_sys::fuzz_target;
use std::ffi::{c_int, c_void};

unsafe extern "C" {
    fn question_new() -> *mut c_void;
    fn question_free(message: *mut c_void);
    fn question_clear(message: *mut c_void);
    fn question_complete(message: *mut c_void) -> c_int;
    fn question_marshal(to: *mut Evbuffer, message: *const c_void);
    fn question_unmarshal(message: *mut c_void, from: *mut Evbuffer) -> c_int;
}

struct Question(*mut c_void);

impl Question {
    fn new() -> Question {
        // SAFETY: no arguments.
        let message = unsafe { question_new() };
        assert!(!message.is_null());
        Question(message)
    }

    /// Reads the whole buffer; is it a message?
    fn read(&self, data: &[u8]) -> bool {
        let from = Buffer::at_the_end(data);
        // SAFETY: both are alive.
        let result = unsafe { question_unmarshal(self.0, from.raw()) };
        assert!(result == 0 || result == -1);
        assert!(from.data().len() <= data.len());
        assert!(result == -1 || from.data().is_empty());
        result == 0
    }

    fn write(&self) -> Vec<u8> {
        let to = Buffer::new();
        // SAFETY: both are alive.
        unsafe { question_marshal(to.raw(), self.0) };
        to.data().to_vec()
    }

    fn is_complete(&self) -> bool {
        // SAFETY: it is alive.
        unsafe { question_complete(self.0) == 0 }
    }

    fn clear(&self) {
        // SAFETY: it is alive.
        unsafe { question_clear(self.0) }
    }
}

impl Drop for Question {
    fn drop(&mut self) {
        // SAFETY: nobody else frees it.
        unsafe { question_free(self.0) }
    }
}

/// Complete without anything but a text.
const SMALL: &[u8] = b"\x01\x05hello";

fuzz_target!(|data: &[u8]| {
    ffi::silence();
    let message = Question::new();
    if message.read(data) {
        assert!(message.is_complete());
        let written = message.write();
        let again = Question::new();
        assert!(again.read(&written), "what was written is no message");
        assert_eq!(again.write(), written);
    }
    message.clear();
    assert!(!message.is_complete());
    assert!(message.read(SMALL));
    assert_eq!(message.write(), SMALL);
});
