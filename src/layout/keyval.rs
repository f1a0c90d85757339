//! `struct evkeyval`, one header of an HTTP message, and the head of a list of them.

// Its readers come with the functions of evhttp.h.
#![allow(dead_code)]

use std::cell::Cell;
use std::ffi::c_char;
use std::mem::{offset_of, size_of};

/// Links of a header, laid out like a `TAILQ_ENTRY`.
#[repr(C)]
pub struct EvkeyvalEntry {
    pub tqe_next: Cell<*mut Evkeyval>,
    pub tqe_prev: Cell<*mut *mut Evkeyval>,
}

/// A pair of texts: a header of an HTTP message.
#[repr(C)]
pub struct Evkeyval {
    /// link in its list
    pub next: EvkeyvalEntry,
    /// what stands before the colon
    pub key: Cell<*mut c_char>,
    /// what stands behind it
    pub value: Cell<*mut c_char>,
}

/// A list of headers, laid out like a `TAILQ_HEAD`.
#[repr(C)]
pub struct Evkeyvalq {
    pub tqh_first: Cell<*mut Evkeyval>,
    pub tqh_last: Cell<*mut *mut Evkeyval>,
}

#[cfg(target_pointer_width = "64")]
const _: () = {
    assert!(size_of::<EvkeyvalEntry>() == 16);
    assert!(size_of::<Evkeyval>() == 32 && align_of::<Evkeyval>() == 8);
    assert!(offset_of!(Evkeyval, next) == 0);
    assert!(offset_of!(Evkeyval, key) == 16);
    assert!(offset_of!(Evkeyval, value) == 24);
    assert!(size_of::<Evkeyvalq>() == 16 && align_of::<Evkeyvalq>() == 8);
    assert!(offset_of!(Evkeyvalq, tqh_first) == 0);
    assert!(offset_of!(Evkeyvalq, tqh_last) == 8);
};

#[cfg(target_pointer_width = "32")]
const _: () = {
    assert!(size_of::<EvkeyvalEntry>() == 8);
    assert!(size_of::<Evkeyval>() == 16 && align_of::<Evkeyval>() == 4);
    assert!(offset_of!(Evkeyval, next) == 0);
    assert!(offset_of!(Evkeyval, key) == 8);
    assert!(offset_of!(Evkeyval, value) == 12);
    assert!(size_of::<Evkeyvalq>() == 8 && align_of::<Evkeyvalq>() == 4);
    assert!(offset_of!(Evkeyvalq, tqh_first) == 0);
    assert!(offset_of!(Evkeyvalq, tqh_last) == 4);
};
