//! `struct evhttp_request`, as `evhttp.h` declares it.

// Its readers come with the functions of evhttp.h.
#![allow(dead_code)]

use super::evbuffer::Evbuffer;
use super::keyval::Evkeyvalq;
use std::cell::Cell;
use std::ffi::{c_char, c_int, c_uint, c_ushort, c_void};
use std::mem::{offset_of, size_of};

/// `struct evhttp_connection`: an owned object, known to C by its pointer alone.
#[repr(C)]
pub struct EvhttpConnection {
    opaque: [u8; 0],
}

/// `void (*)(struct evhttp_request *, void *arg)`.
pub type RequestCallback = Option<unsafe extern "C" fn(*mut EvhttpRequest, *mut c_void)>;

/// Links of a request, laid out like a `TAILQ_ENTRY`.
#[repr(C)]
pub struct RequestEntry {
    pub tqe_next: Cell<*mut EvhttpRequest>,
    pub tqe_prev: Cell<*mut *mut EvhttpRequest>,
}

/// `struct evhttp_request` of libevent 1.4.
#[repr(C)]
pub struct EvhttpRequest {
    pub next: RequestEntry,
    pub evcon: Cell<*mut EvhttpConnection>,
    pub flags: Cell<c_int>,
    pub input_headers: Cell<*mut Evkeyvalq>,
    pub output_headers: Cell<*mut Evkeyvalq>,
    pub remote_host: Cell<*mut c_char>,
    pub remote_port: Cell<c_ushort>,
    /// `enum evhttp_request_kind`
    pub kind: Cell<c_int>,
    /// `enum evhttp_cmd_type`
    pub r#type: Cell<c_int>,
    pub uri: Cell<*mut c_char>,
    pub major: Cell<c_char>,
    pub minor: Cell<c_char>,
    pub response_code: Cell<c_int>,
    pub response_code_line: Cell<*mut c_char>,
    pub input_buffer: Cell<*mut Evbuffer>,
    pub ntoread: Cell<i64>,
    /// The two bit-fields that C calls `chunked` and `userdone`.
    pub bits: RequestBits,
    pub output_buffer: Cell<*mut Evbuffer>,
    pub cb: Cell<RequestCallback>,
    pub cb_arg: Cell<*mut c_void>,
    pub chunk_cb: Cell<RequestCallback>,
}

/// `int chunked:1; int userdone:1;`, signed: C reads a bit that is set as -1.
///
/// The first bit-field is the least significant bit on little-endian machines and the most
/// significant one on big-endian machines.
#[repr(transparent)]
pub struct RequestBits(Cell<c_uint>);

impl RequestBits {
    const CHUNKED: c_uint = Self::bit(0);
    const USERDONE: c_uint = Self::bit(1);

    const fn bit(nth: u32) -> c_uint {
        if cfg!(target_endian = "little") { 1 << nth } else { 1 << (c_uint::BITS - 1 - nth) }
    }

    fn put(&self, bit: c_uint, on: bool) {
        let rest = self.0.get() & !bit;
        self.0.set(if on { rest | bit } else { rest });
    }

    pub fn chunked(&self) -> bool {
        self.0.get() & Self::CHUNKED != 0
    }

    pub fn set_chunked(&self, on: bool) {
        self.put(Self::CHUNKED, on);
    }

    pub fn userdone(&self) -> bool {
        self.0.get() & Self::USERDONE != 0
    }

    pub fn set_userdone(&self, on: bool) {
        self.put(Self::USERDONE, on);
    }
}

#[cfg(target_pointer_width = "64")]
const _: () = {
    assert!(size_of::<EvhttpRequest>() == 152 && align_of::<EvhttpRequest>() == 8);
    assert!(offset_of!(EvhttpRequest, next) == 0);
    assert!(offset_of!(EvhttpRequest, evcon) == 16);
    assert!(offset_of!(EvhttpRequest, flags) == 24);
    assert!(offset_of!(EvhttpRequest, input_headers) == 32);
    assert!(offset_of!(EvhttpRequest, output_headers) == 40);
    assert!(offset_of!(EvhttpRequest, remote_host) == 48);
    assert!(offset_of!(EvhttpRequest, remote_port) == 56);
    assert!(offset_of!(EvhttpRequest, kind) == 60);
    assert!(offset_of!(EvhttpRequest, r#type) == 64);
    assert!(offset_of!(EvhttpRequest, uri) == 72);
    assert!(offset_of!(EvhttpRequest, major) == 80);
    assert!(offset_of!(EvhttpRequest, minor) == 81);
    assert!(offset_of!(EvhttpRequest, response_code) == 84);
    assert!(offset_of!(EvhttpRequest, response_code_line) == 88);
    assert!(offset_of!(EvhttpRequest, input_buffer) == 96);
    assert!(offset_of!(EvhttpRequest, ntoread) == 104);
    assert!(offset_of!(EvhttpRequest, bits) == 112);
    assert!(offset_of!(EvhttpRequest, output_buffer) == 120);
    assert!(offset_of!(EvhttpRequest, cb) == 128);
    assert!(offset_of!(EvhttpRequest, cb_arg) == 136);
    assert!(offset_of!(EvhttpRequest, chunk_cb) == 144);
};

// i386: elsewhere `ntoread` may be aligned to eight bytes.
#[cfg(target_arch = "x86")]
const _: () = {
    assert!(size_of::<EvhttpRequest>() == 88 && align_of::<EvhttpRequest>() == 4);
    assert!(offset_of!(EvhttpRequest, next) == 0);
    assert!(offset_of!(EvhttpRequest, evcon) == 8);
    assert!(offset_of!(EvhttpRequest, flags) == 12);
    assert!(offset_of!(EvhttpRequest, input_headers) == 16);
    assert!(offset_of!(EvhttpRequest, output_headers) == 20);
    assert!(offset_of!(EvhttpRequest, remote_host) == 24);
    assert!(offset_of!(EvhttpRequest, remote_port) == 28);
    assert!(offset_of!(EvhttpRequest, kind) == 32);
    assert!(offset_of!(EvhttpRequest, r#type) == 36);
    assert!(offset_of!(EvhttpRequest, uri) == 40);
    assert!(offset_of!(EvhttpRequest, major) == 44);
    assert!(offset_of!(EvhttpRequest, minor) == 45);
    assert!(offset_of!(EvhttpRequest, response_code) == 48);
    assert!(offset_of!(EvhttpRequest, response_code_line) == 52);
    assert!(offset_of!(EvhttpRequest, input_buffer) == 56);
    assert!(offset_of!(EvhttpRequest, ntoread) == 60);
    assert!(offset_of!(EvhttpRequest, bits) == 68);
    assert!(offset_of!(EvhttpRequest, output_buffer) == 72);
    assert!(offset_of!(EvhttpRequest, cb) == 76);
    assert!(offset_of!(EvhttpRequest, cb_arg) == 80);
    assert!(offset_of!(EvhttpRequest, chunk_cb) == 84);
};
