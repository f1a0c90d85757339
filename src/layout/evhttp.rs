//! `struct evhttp_request`, as `evhttp.h` declares it, and what we keep behind it.

use super::call::http::{ErrorCallback, HeaderCallback};
use super::evbuffer::{BufferPtr, Evbuffer};
use super::handle::Handle;
use super::keyval::{Evkeyvalq, Headers};
use crate::errno::Result;
use crate::http::connection::Connection;
use crate::rpc::Waiter;
use crate::sys::mem;
use std::cell::Cell;
use std::ffi::{CStr, c_char, c_int, c_uint, c_ushort, c_void};
use std::mem::{offset_of, size_of};
use std::ops::Deref;
use std::ptr::{self, NonNull};

/// `struct evhttp_connection`: an owned object, known to C by its pointer alone.
pub type EvhttpConnection = Connection;

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

    pub fn set_userdone(&self, on: bool) {
        self.put(Self::USERDONE, on);
    }
}

/// How far the reply to a request is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stage {
    /// The program has not answered yet.
    Open,
    /// It sends the body piece by piece.
    Streaming,
    /// It has said all.
    Answered,
}

/// A request, and what programs do not see of it.
#[repr(C)]
pub struct Request {
    public: EvhttpRequest,
    pub stage: Cell<Stage>,
    /// The connection ends with the reply.
    pub closes: Cell<bool>,
    /// The client has asked for that, and is told so.
    pub asked_close: Cell<bool>,
    /// The client has asked for the opposite.
    pub asked_keep_alive: Cell<bool>,
    /// Called when the head of a reply has come.
    pub header_cb: Cell<HeaderCallback>,
    /// Called for each piece of the body, however it comes.
    pub body_cb: Cell<RequestCallback>,
    /// Told why there is no reply, or nobody to reply to.
    pub error_cb: Cell<ErrorCallback>,
    /// Called when the reply has left, all of it.
    pub complete_cb: Cell<RequestCallback>,
    pub complete_arg: Cell<*mut c_void>,
    /// What `evhttp_request_get_host` has given away.
    host: Cell<*mut c_char>,
    /// The program takes no more of the body for now.
    pub is_paused: Cell<bool>,
    /// It was sent over a connection that has ended before anything came.
    pub was_sent: Cell<bool>,
    /// The program frees it, not the library.
    pub is_owned: Cell<bool>,
    /// Calls of the program's that have it, and where on the stack the first of them was made: a
    /// number, to be compared.
    holds: Cell<u32>,
    held_at: Cell<usize>,
    /// Freed while it is held.
    is_ended: Cell<bool>,
    /// Who is to hear that it is no more, if nobody has called its callback.
    pub dropped: Cell<Option<Waiter>>,
}

impl Deref for Request {
    type Target = EvhttpRequest;

    fn deref(&self) -> &EvhttpRequest {
        &self.public
    }
}

/// A request that is alive.
///
/// Contract: made from a C pointer under the manual's word that `evhttp_request_new` gave it and
/// that it was not freed. Its strings are malloc'ed, its lists and buffers its own.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct RequestPtr(NonNull<Request>);

impl Deref for RequestPtr {
    type Target = Request;

    fn deref(&self) -> &Request {
        // SAFETY: alive by contract; all fields are `Cell`s.
        unsafe { self.0.as_ref() }
    }
}

impl RequestPtr {
    /// # Safety
    /// `raw` is NULL or a request of `evhttp_request_new` that was not freed.
    pub unsafe fn from_raw(raw: *mut EvhttpRequest) -> Option<RequestPtr> {
        NonNull::new(raw).map(|raw| RequestPtr(raw.cast()))
    }

    pub fn as_ptr(self) -> *mut EvhttpRequest {
        self.0.as_ptr().cast()
    }

    /// A request of which nothing is known yet.
    pub fn create(cb: RequestCallback, arg: *mut c_void) -> Result<RequestPtr> {
        let parts = Parts::create()?;
        let memory = mem::try_box(Request {
            public: EvhttpRequest {
                next: RequestEntry {
                    tqe_next: Cell::new(ptr::null_mut()),
                    tqe_prev: Cell::new(ptr::null_mut()),
                },
                evcon: Cell::new(ptr::null_mut()),
                flags: Cell::new(0),
                input_headers: Cell::new(parts.input_headers.as_ptr()),
                output_headers: Cell::new(parts.output_headers.as_ptr()),
                remote_host: Cell::new(ptr::null_mut()),
                remote_port: Cell::new(0),
                kind: Cell::new(KIND_RESPONSE),
                r#type: Cell::new(0),
                uri: Cell::new(ptr::null_mut()),
                major: Cell::new(0),
                minor: Cell::new(0),
                response_code: Cell::new(0),
                response_code_line: Cell::new(ptr::null_mut()),
                input_buffer: Cell::new(parts.input_buffer.as_ptr()),
                ntoread: Cell::new(0),
                bits: RequestBits(Cell::new(0)),
                output_buffer: Cell::new(parts.output_buffer.as_ptr()),
                cb: Cell::new(cb),
                cb_arg: Cell::new(arg),
                chunk_cb: Cell::new(None),
            },
            stage: Cell::new(Stage::Open),
            closes: Cell::new(false),
            asked_close: Cell::new(false),
            asked_keep_alive: Cell::new(false),
            header_cb: Cell::new(None),
            body_cb: Cell::new(None),
            error_cb: Cell::new(None),
            complete_cb: Cell::new(None),
            complete_arg: Cell::new(ptr::null_mut()),
            host: Cell::new(ptr::null_mut()),
            is_paused: Cell::new(false),
            was_sent: Cell::new(false),
            is_owned: Cell::new(false),
            holds: Cell::new(0),
            held_at: Cell::new(0),
            is_ended: Cell::new(false),
            dropped: Cell::new(None),
        });
        match memory {
            Ok(memory) => Ok(RequestPtr(NonNull::from(Box::leak(memory)))),
            Err(error) => {
                parts.dispose();
                Err(error)
            }
        }
    }

    /// Keeps it until `release`, whoever ends it meanwhile. `place` is one on the stack, of the
    /// frame that makes the call.
    pub fn hold(self, place: usize) {
        if !self.is_held(place) {
            self.held_at.set(place);
        }
        self.holds.set(self.holds.get() + 1);
    }

    pub fn release(self) {
        // Not below 0: callbacks that switch stacks return in any order.
        self.holds.set(self.holds.get().saturating_sub(1));
        if self.is_ended.get() && self.holds.get() == 0 {
            self.dispose();
        }
    }

    /// Is a call under way that has it? None is that was made from `place`, or from further down
    /// the stack (which grows towards lower addresses): it was left by longjmp.
    pub fn is_held(self, place: usize) -> bool {
        if self.holds.get() > 0 && place >= self.held_at.get() {
            self.holds.set(0);
        }
        self.holds.get() > 0
    }

    /// For who holds it: nobody needs it afterwards.
    pub fn end_when_released(self) {
        self.is_ended.set(true);
    }

    /// Ends the request and all that is its. Not in line: its frame is to be below its caller's,
    /// which may be the one that holds the request.
    #[inline(never)]
    pub fn dispose(self) {
        let marker = 0_u8;
        if self.is_held(&raw const marker as usize) {
            return self.is_ended.set(true);
        }
        let dropped = self.dropped.take();
        self.parts().dispose();
        // SAFETY: strings are malloc'ed or NULL, the box is ours, and this is its end.
        unsafe {
            mem::release(self.remote_host.get().cast());
            mem::release(self.uri.get().cast());
            mem::release(self.response_code_line.get().cast());
            mem::release(self.host.get().cast());
            drop(Box::from_raw(self.0.as_ptr()));
        }
        if let Some((run, call)) = dropped {
            run(call);
        }
    }

    fn parts(self) -> Parts {
        let headers = |raw: &Cell<*mut Evkeyvalq>| {
            // SAFETY: by contract still the lists that `create` made.
            unsafe { Headers::from_raw(raw.get()) }
        };
        let buffer = |raw: &Cell<*mut Evbuffer>| {
            // SAFETY: by contract alive.
            unsafe { BufferPtr::from_raw(raw.get()) }
        };
        match (
            headers(&self.input_headers),
            headers(&self.output_headers),
            buffer(&self.input_buffer),
            buffer(&self.output_buffer),
        ) {
            (
                Some(input_headers),
                Some(output_headers),
                Some(input_buffer),
                Some(output_buffer),
            ) => Parts { input_headers, output_headers, input_buffer, output_buffer },
            _ => unreachable!("a request without its parts"),
        }
    }

    pub fn input_headers(self) -> Headers {
        self.parts().input_headers
    }

    pub fn output_headers(self) -> Headers {
        self.parts().output_headers
    }

    pub fn input(self) -> BufferPtr {
        self.parts().input_buffer
    }

    pub fn output(self) -> BufferPtr {
        self.parts().output_buffer
    }

    pub fn set_uri(self, uri: &[u8]) -> Result<()> {
        exchange(&self.uri, uri)
    }

    pub fn set_remote_host(self, host: &[u8]) -> Result<()> {
        exchange(&self.remote_host, host)
    }

    pub fn set_reason(self, reason: &[u8]) -> Result<()> {
        exchange(&self.response_code_line, reason)
    }

    /// Keeps a copy of a host's name, and gives it as a string.
    pub fn keep_host(self, host: &[u8]) -> Result<*const c_char> {
        exchange(&self.host, host)?;
        Ok(self.host.get())
    }

    /// What stands for a string that is missing is an empty one.
    pub fn uri_bytes(&self) -> &[u8] {
        text(&self.uri)
    }

    pub fn reason_bytes(&self) -> &[u8] {
        text(&self.response_code_line)
    }
}

/// The connection that a request belongs to, until that is closed.
pub fn connection_of(request: RequestPtr) -> Option<Handle<Connection>> {
    // SAFETY: only connections of ours are stored there, and each takes itself away at its end.
    unsafe { Handle::from_raw(request.evcon.get()) }
}

/// A string of a request, good until its next change.
fn text(place: &Cell<*mut c_char>) -> &[u8] {
    if place.get().is_null() {
        return &[];
    }
    // SAFETY: by contract a string.
    unsafe { CStr::from_ptr(place.get()) }.to_bytes()
}

fn exchange(place: &Cell<*mut c_char>, text: &[u8]) -> Result<()> {
    let copy = mem::new_string(text)?;
    let old = place.replace(copy.as_ptr());
    // SAFETY: malloc'ed or NULL by contract, and no longer reachable.
    unsafe { mem::release(old.cast()) };
    Ok(())
}

/// `EVHTTP_REQUEST`, `EVHTTP_RESPONSE`.
pub const KIND_REQUEST: c_int = 0;
pub const KIND_RESPONSE: c_int = 1;

/// `EVHTTP_REQ_OWN_CONNECTION`, `EVHTTP_PROXY_REQUEST`.
pub const FLAG_OWN_CONNECTION: c_int = 1;
pub const FLAG_PROXY: c_int = 2;

/// What a request has that is allocated by itself.
struct Parts {
    input_headers: Headers,
    output_headers: Headers,
    input_buffer: BufferPtr,
    output_buffer: BufferPtr,
}

impl Parts {
    fn create() -> Result<Parts> {
        let input_headers = Headers::create()?;
        let output_headers = Headers::create().inspect_err(|_| input_headers.dispose())?;
        let no_lists = |_: &_| {
            input_headers.dispose();
            output_headers.dispose();
        };
        let input_buffer = BufferPtr::create().inspect_err(no_lists)?;
        let output_buffer = BufferPtr::create().inspect_err(no_lists);
        let output_buffer = output_buffer.inspect_err(|_| input_buffer.dispose())?;
        Ok(Parts { input_headers, output_headers, input_buffer, output_buffer })
    }

    fn dispose(self) {
        self.input_headers.dispose();
        self.output_headers.dispose();
        crate::buffer::free(self.input_buffer);
        crate::buffer::free(self.output_buffer);
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
