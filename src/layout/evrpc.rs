//! The public structs of `evrpc.h`, which macros in user code fill field by field, and what we
//! keep behind a request that is being answered.
//!
//! Programs allocate `struct evrpc` and `struct evrpc_request_wrapper`, and their names, by malloc;
//! they are ours from the call that gets them.

use super::evbuffer::Evbuffer;
use super::event::Event;
use super::evhttp::{EvhttpConnection, EvhttpRequest, RequestPtr};
use super::handle::Handle;
use crate::errno::Result;
use crate::rpc::{Pool, Registered, Registry};
use crate::sys::mem;
use std::cell::Cell;
use std::ffi::{CStr, c_char, c_int, c_void};
use std::mem::{offset_of, size_of};
use std::ops::Deref;
use std::ptr::{self, NonNull};

/// `struct evrpc_base`: an owned object, known to C by its pointer alone.
pub type EvrpcBase = Registry;

/// `struct evrpc_pool`: an owned object, known to C by its pointer alone.
pub type EvrpcPool = Pool;

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
pub type RpcHandler = Option<unsafe extern "C" fn(*mut EvrpcReqGeneric, *mut c_void)>;
/// `void (*)(struct evrpc_req_generic *)`: sends a reply.
pub type Done = Option<unsafe extern "C" fn(*mut EvrpcReqGeneric)>;
/// `void (*)(struct evrpc_status *, void *request, void *reply, void *arg)`: the outcome.
pub type Outcome =
    Option<unsafe extern "C" fn(*mut EvrpcStatus, *mut c_void, *mut c_void, *mut c_void)>;
/// `int (*)(struct evhttp_request *, struct evbuffer *, void *arg)`: looks at what comes or goes.
pub type RpcHook =
    Option<unsafe extern "C" fn(*mut EvhttpRequest, *mut Evbuffer, *mut c_void) -> c_int>;

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
    pub cb: Cell<RpcHandler>,
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

/// A `struct evrpc` with a name.
///
/// Contract: made from a C pointer under the manual's word that it was filled in by
/// EVRPC_REGISTER_OBJECT and is malloc'ed; used until `release`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct RpcPtr(NonNull<Evrpc>);

impl Deref for RpcPtr {
    type Target = Evrpc;

    fn deref(&self) -> &Evrpc {
        // SAFETY: alive by contract; all fields are `Cell`s.
        unsafe { self.0.as_ref() }
    }
}

impl RpcPtr {
    /// # Safety
    /// `raw` is NULL or a `struct evrpc` that is filled in and was not freed.
    pub unsafe fn from_raw(raw: *mut Evrpc) -> Option<RpcPtr> {
        NonNull::new(raw).map(RpcPtr)
    }

    pub fn as_ptr(self) -> *mut Evrpc {
        self.0.as_ptr()
    }

    /// The name of the call, if it has one.
    pub fn name(&self) -> Option<&[u8]> {
        // SAFETY: NULL or a string by contract.
        unsafe { text(self.uri.get()) }
    }

    /// Frees it and its name.
    pub fn release(self) {
        // SAFETY: malloc'ed by contract, and this is their end.
        unsafe {
            mem::release(self.uri.get().cast_mut().cast());
            mem::release(self.0.as_ptr().cast());
        }
    }
}

/// A `struct evrpc_request_wrapper` that is to be sent.
///
/// Contract: as for `RpcPtr`, filled in by EVRPC_GENERATE's function. What stands before `name`,
/// but for `pool`, may never have been written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct WrapperPtr(NonNull<EvrpcRequestWrapper>);

impl Deref for WrapperPtr {
    type Target = EvrpcRequestWrapper;

    fn deref(&self) -> &EvrpcRequestWrapper {
        // SAFETY: alive by contract; all fields are `Cell`s, of types that any bytes are good for
        // as long as they are not read.
        unsafe { self.0.as_ref() }
    }
}

impl WrapperPtr {
    /// # Safety
    /// `raw` is NULL or a wrapper that is filled in and was not freed.
    pub unsafe fn from_raw(raw: *mut EvrpcRequestWrapper) -> Option<WrapperPtr> {
        NonNull::new(raw).map(WrapperPtr)
    }

    /// The name of the call, if it has one.
    pub fn call_name(&self) -> Option<&[u8]> {
        // SAFETY: NULL or a string by contract.
        unsafe { text(self.name.get()) }
    }

    /// Frees it and its name. What is asked and answered stays the program's.
    pub fn release(self) {
        // SAFETY: malloc'ed by contract, and this is their end.
        unsafe {
            mem::release(self.name.get().cast());
            mem::release(self.0.as_ptr().cast());
        }
    }
}

/// # Safety
/// `raw` is NULL or a string that stays as it is while this is used.
unsafe fn text<'a>(raw: *const c_char) -> Option<&'a [u8]> {
    // SAFETY: not NULL, and the caller's word.
    (!raw.is_null()).then(|| unsafe { CStr::from_ptr(raw) }.to_bytes())
}

/// A request that is being answered, and what programs do not see of it.
#[repr(C)]
pub struct State {
    public: EvrpcReqGeneric,
    pub call: Handle<Registered>,
}

impl Deref for State {
    type Target = EvrpcReqGeneric;

    fn deref(&self) -> &EvrpcReqGeneric {
        &self.public
    }
}

impl State {
    /// Without request and reply, yet.
    pub fn create(
        call: Handle<Registered>,
        request: RequestPtr,
        done: Done,
    ) -> Result<Handle<State>> {
        let memory = mem::try_box(State {
            public: EvrpcReqGeneric {
                request: Cell::new(ptr::null_mut()),
                reply: Cell::new(ptr::null_mut()),
                rpc: Cell::new(call.rpc().as_ptr()),
                http_req: Cell::new(request.as_ptr()),
                done: Cell::new(done),
            },
            call,
        })?;
        Ok(Handle::leak(memory))
    }

    /// The HTTP request, which is the program's until it has answered.
    pub fn http_request(&self) -> Option<RequestPtr> {
        // SAFETY: by the manual still what `create` has put there.
        unsafe { RequestPtr::from_raw(self.http_req.get()) }
    }
}

impl Handle<State> {
    pub fn as_public(self) -> *mut EvrpcReqGeneric {
        self.as_ptr().cast()
    }
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
