//! The public structs of `evrpc.h`, which macros in user code fill field by field.

// Its readers come with the functions of evrpc.h.
#![allow(dead_code)]

use super::evbuffer::Evbuffer;
use super::event::Event;
use super::evhttp::{EvhttpConnection, EvhttpRequest};
use std::cell::Cell;
use std::ffi::{c_char, c_int, c_void};
use std::mem::{offset_of, size_of};

/// `struct evrpc_base`: an owned object, known to C by its pointer alone.
#[repr(C)]
pub struct EvrpcBase {
    opaque: [u8; 0],
}

/// `struct evrpc_pool`: an owned object, known to C by its pointer alone.
#[repr(C)]
pub struct EvrpcPool {
    opaque: [u8; 0],
}

/// `void *(*)(void)`: makes an empty message.
pub type New = Option<unsafe extern "C" fn() -> *mut c_void>;
/// `void (*)(void *)`: frees or empties a message.
pub type Release = Option<unsafe extern "C" fn(*mut c_void)>;
/// `int (*)(void *, struct evbuffer *)`: reads a message.
pub type Unmarshal = Option<unsafe extern "C" fn(*mut c_void, *mut Evbuffer) -> c_int>;
/// `void (*)(struct evbuffer *, void *)`: writes a message.
pub type Marshal = Option<unsafe extern "C" fn(*mut Evbuffer, *mut c_void)>;
/// `int (*)(void *)`: is a message complete?
pub type Complete = Option<unsafe extern "C" fn(*mut c_void) -> c_int>;
/// `void (*)(struct evrpc_req_generic *, void *)`: answers a request.
pub type Handler = Option<unsafe extern "C" fn(*mut EvrpcReqGeneric, *mut c_void)>;
/// `void (*)(struct evrpc_req_generic *)`: sends a reply.
pub type Done = Option<unsafe extern "C" fn(*mut EvrpcReqGeneric)>;
/// `void (*)(struct evrpc_status *, void *request, void *reply, void *arg)`: the outcome.
pub type Outcome =
    Option<unsafe extern "C" fn(*mut EvrpcStatus, *mut c_void, *mut c_void, *mut c_void)>;

/// Links of a registered call, laid out like a `TAILQ_ENTRY`.
#[repr(C)]
pub struct EvrpcEntry {
    pub tqe_next: Cell<*mut Evrpc>,
    pub tqe_prev: Cell<*mut *mut Evrpc>,
}

/// `struct evrpc`: a registered call.
#[repr(C)]
pub struct Evrpc {
    pub next: EvrpcEntry,
    pub uri: Cell<*const c_char>,
    pub request_new: Cell<New>,
    pub request_free: Cell<Release>,
    pub request_unmarshal: Cell<Unmarshal>,
    pub reply_new: Cell<New>,
    pub reply_free: Cell<Release>,
    pub reply_complete: Cell<Complete>,
    pub reply_marshal: Cell<Marshal>,
    pub cb: Cell<Handler>,
    pub cb_arg: Cell<*mut c_void>,
    pub base: Cell<*mut EvrpcBase>,
}

/// `struct evrpc_req_generic`: a request that is being answered.
#[repr(C)]
pub struct EvrpcReqGeneric {
    pub request: Cell<*mut c_void>,
    pub reply: Cell<*mut c_void>,
    pub rpc: Cell<*mut Evrpc>,
    pub http_req: Cell<*mut EvhttpRequest>,
    pub done: Cell<Done>,
}

/// `struct evrpc_status`: how a call ended.
#[repr(C)]
pub struct EvrpcStatus {
    pub error: Cell<c_int>,
    pub http_req: Cell<*mut EvhttpRequest>,
}

/// Links of a call on its way, laid out like a `TAILQ_ENTRY`.
#[repr(C)]
pub struct WrapperEntry {
    pub tqe_next: Cell<*mut EvrpcRequestWrapper>,
    pub tqe_prev: Cell<*mut *mut EvrpcRequestWrapper>,
}

/// `struct evrpc_request_wrapper`: a call on its way. Old programs do not zero it, so only
/// what their macro sets (`pool`, `evcon`, and from `name` on) may be read before it is written.
#[repr(C)]
pub struct EvrpcRequestWrapper {
    pub next: WrapperEntry,
    pub pool: Cell<*mut EvrpcPool>,
    pub evcon: Cell<*mut EvhttpConnection>,
    pub ev_timeout: Event,
    pub name: Cell<*mut c_char>,
    pub cb: Cell<Outcome>,
    pub cb_arg: Cell<*mut c_void>,
    pub request: Cell<*mut c_void>,
    pub reply: Cell<*mut c_void>,
    pub request_marshal: Cell<Marshal>,
    pub reply_clear: Cell<Release>,
    pub reply_unmarshal: Cell<Unmarshal>,
}

#[cfg(target_pointer_width = "64")]
const _: () = {
    assert!(size_of::<Evrpc>() == 104 && align_of::<Evrpc>() == 8);
    assert!(offset_of!(Evrpc, next) == 0);
    assert!(offset_of!(Evrpc, uri) == 16);
    assert!(offset_of!(Evrpc, request_new) == 24);
    assert!(offset_of!(Evrpc, request_free) == 32);
    assert!(offset_of!(Evrpc, request_unmarshal) == 40);
    assert!(offset_of!(Evrpc, reply_new) == 48);
    assert!(offset_of!(Evrpc, reply_free) == 56);
    assert!(offset_of!(Evrpc, reply_complete) == 64);
    assert!(offset_of!(Evrpc, reply_marshal) == 72);
    assert!(offset_of!(Evrpc, cb) == 80);
    assert!(offset_of!(Evrpc, cb_arg) == 88);
    assert!(offset_of!(Evrpc, base) == 96);
    assert!(size_of::<EvrpcReqGeneric>() == 40 && align_of::<EvrpcReqGeneric>() == 8);
    assert!(offset_of!(EvrpcReqGeneric, request) == 0);
    assert!(offset_of!(EvrpcReqGeneric, reply) == 8);
    assert!(offset_of!(EvrpcReqGeneric, rpc) == 16);
    assert!(offset_of!(EvrpcReqGeneric, http_req) == 24);
    assert!(offset_of!(EvrpcReqGeneric, done) == 32);
    assert!(size_of::<EvrpcStatus>() == 16 && align_of::<EvrpcStatus>() == 8);
    assert!(offset_of!(EvrpcStatus, error) == 0);
    assert!(offset_of!(EvrpcStatus, http_req) == 8);
    assert!(size_of::<EvrpcRequestWrapper>() == 224 && align_of::<EvrpcRequestWrapper>() == 8);
    assert!(offset_of!(EvrpcRequestWrapper, next) == 0);
    assert!(offset_of!(EvrpcRequestWrapper, pool) == 16);
    assert!(offset_of!(EvrpcRequestWrapper, evcon) == 24);
    assert!(offset_of!(EvrpcRequestWrapper, ev_timeout) == 32);
    assert!(offset_of!(EvrpcRequestWrapper, name) == 160);
    assert!(offset_of!(EvrpcRequestWrapper, cb) == 168);
    assert!(offset_of!(EvrpcRequestWrapper, cb_arg) == 176);
    assert!(offset_of!(EvrpcRequestWrapper, request) == 184);
    assert!(offset_of!(EvrpcRequestWrapper, reply) == 192);
    assert!(offset_of!(EvrpcRequestWrapper, request_marshal) == 200);
    assert!(offset_of!(EvrpcRequestWrapper, reply_clear) == 208);
    assert!(offset_of!(EvrpcRequestWrapper, reply_unmarshal) == 216);
};

#[cfg(target_pointer_width = "32")]
const _: () = {
    assert!(size_of::<Evrpc>() == 52 && align_of::<Evrpc>() == 4);
    assert!(offset_of!(Evrpc, next) == 0);
    assert!(offset_of!(Evrpc, uri) == 8);
    assert!(offset_of!(Evrpc, request_new) == 12);
    assert!(offset_of!(Evrpc, request_free) == 16);
    assert!(offset_of!(Evrpc, request_unmarshal) == 20);
    assert!(offset_of!(Evrpc, reply_new) == 24);
    assert!(offset_of!(Evrpc, reply_free) == 28);
    assert!(offset_of!(Evrpc, reply_complete) == 32);
    assert!(offset_of!(Evrpc, reply_marshal) == 36);
    assert!(offset_of!(Evrpc, cb) == 40);
    assert!(offset_of!(Evrpc, cb_arg) == 44);
    assert!(offset_of!(Evrpc, base) == 48);
    assert!(size_of::<EvrpcReqGeneric>() == 20 && align_of::<EvrpcReqGeneric>() == 4);
    assert!(offset_of!(EvrpcReqGeneric, request) == 0);
    assert!(offset_of!(EvrpcReqGeneric, reply) == 4);
    assert!(offset_of!(EvrpcReqGeneric, rpc) == 8);
    assert!(offset_of!(EvrpcReqGeneric, http_req) == 12);
    assert!(offset_of!(EvrpcReqGeneric, done) == 16);
    assert!(size_of::<EvrpcStatus>() == 8 && align_of::<EvrpcStatus>() == 4);
    assert!(offset_of!(EvrpcStatus, error) == 0);
    assert!(offset_of!(EvrpcStatus, http_req) == 4);
    assert!(size_of::<EvrpcRequestWrapper>() == 120 && align_of::<EvrpcRequestWrapper>() == 4);
    assert!(offset_of!(EvrpcRequestWrapper, next) == 0);
    assert!(offset_of!(EvrpcRequestWrapper, pool) == 8);
    assert!(offset_of!(EvrpcRequestWrapper, evcon) == 12);
    assert!(offset_of!(EvrpcRequestWrapper, ev_timeout) == 16);
    assert!(offset_of!(EvrpcRequestWrapper, name) == 88);
    assert!(offset_of!(EvrpcRequestWrapper, cb) == 92);
    assert!(offset_of!(EvrpcRequestWrapper, cb_arg) == 96);
    assert!(offset_of!(EvrpcRequestWrapper, request) == 100);
    assert!(offset_of!(EvrpcRequestWrapper, reply) == 104);
    assert!(offset_of!(EvrpcRequestWrapper, request_marshal) == 108);
    assert!(offset_of!(EvrpcRequestWrapper, reply_clear) == 112);
    assert!(offset_of!(EvrpcRequestWrapper, reply_unmarshal) == 116);
};
