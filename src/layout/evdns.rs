//! What `evdns.h` shows of a request to a name server of ours.

// Its readers come with the functions of evdns.h.
#![allow(dead_code)]

use std::cell::Cell;
use std::ffi::{c_char, c_int};
use std::mem::{offset_of, size_of};

/// `struct evdns_server_question`: one question; its memory goes on for as long as the name.
#[repr(C)]
pub struct Question {
    pub r#type: Cell<c_int>,
    /// `dns_question_class` in C++
    pub class: Cell<c_int>,
    pub name: [Cell<c_char>; 1],
}

/// `struct evdns_server_request`: what a client asks.
#[repr(C)]
pub struct ServerRequest {
    pub flags: Cell<c_int>,
    pub nquestions: Cell<c_int>,
    pub questions: Cell<*mut *mut Question>,
}

const _: () = {
    assert!(size_of::<Question>() == 12 && align_of::<Question>() == 4);
    assert!(offset_of!(Question, r#type) == 0);
    assert!(offset_of!(Question, class) == 4);
    assert!(offset_of!(Question, name) == 8);
    assert!(offset_of!(ServerRequest, flags) == 0);
    assert!(offset_of!(ServerRequest, nquestions) == 4);
    assert!(offset_of!(ServerRequest, questions) == 8);
};

#[cfg(target_pointer_width = "64")]
const _: () = assert!(size_of::<ServerRequest>() == 16 && align_of::<ServerRequest>() == 8);

#[cfg(target_pointer_width = "32")]
const _: () = assert!(size_of::<ServerRequest>() == 12 && align_of::<ServerRequest>() == 4);
