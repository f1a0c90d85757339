//! The exported functions as C sees them, and buffers that free themselves.

use std::ffi::{c_char, c_int, c_uchar, c_void};
use std::ops::Deref;
use std::slice;

pub type ChangeCallback =
    unsafe extern "C" fn(buf: *mut Evbuffer, old: usize, new: usize, arg: *mut c_void);
pub type Cleanup = unsafe extern "C" fn(data: *const c_void, len: usize, arg: *mut c_void);

/// `struct evbuffer`, whose fields are public.
#[repr(C)]
pub struct Evbuffer {
    pub buffer: *mut c_uchar,
    pub orig_buffer: *mut c_uchar,
    pub misalign: usize,
    pub totallen: usize,
    pub off: usize,
    pub cb: Option<ChangeCallback>,
    pub cbarg: *mut c_void,
}

#[repr(C)]
pub struct EvbufferPtr {
    pub pos: isize,
}

unsafe extern "C" {
    pub fn event_set_log_callback(cb: Option<unsafe extern "C" fn(c_int, *const c_char)>);

    pub fn evbuffer_new() -> *mut Evbuffer;
    pub fn evbuffer_free(buf: *mut Evbuffer);
    pub fn evbuffer_setcb(buf: *mut Evbuffer, cb: Option<ChangeCallback>, arg: *mut c_void);
    pub fn evbuffer_add(buf: *mut Evbuffer, data: *const c_void, len: usize) -> c_int;
    pub fn evbuffer_add_buffer(out: *mut Evbuffer, from: *mut Evbuffer) -> c_int;
    pub fn evbuffer_add_printf(buf: *mut Evbuffer, format: *const c_char, ...) -> c_int;
    pub fn evbuffer_drain(buf: *mut Evbuffer, len: usize);
    pub fn evbuffer_expand(buf: *mut Evbuffer, len: usize) -> c_int;
    pub fn evbuffer_find(buf: *mut Evbuffer, what: *const c_uchar, len: usize) -> *mut c_uchar;
    pub fn evbuffer_read(buf: *mut Evbuffer, fd: c_int, howmuch: c_int) -> c_int;
    pub fn evbuffer_readline(buf: *mut Evbuffer) -> *mut c_char;
    pub fn evbuffer_readln(buf: *mut Evbuffer, len: *mut usize, style: c_int) -> *mut c_char;
    pub fn evbuffer_remove(buf: *mut Evbuffer, out: *mut c_void, len: usize) -> c_int;
    pub fn evbuffer_write(buf: *mut Evbuffer, fd: c_int) -> c_int;

    pub fn evhub_buffer_get_length(buf: *const Evbuffer) -> usize;
    pub fn evhub_buffer_pullup(buf: *mut Evbuffer, size: isize) -> *mut c_uchar;
    pub fn evhub_buffer_prepend(buf: *mut Evbuffer, data: *const c_void, len: usize) -> c_int;
    pub fn evhub_buffer_copyout(buf: *mut Evbuffer, out: *mut c_void, len: usize) -> isize;
    pub fn evhub_buffer_ptr_set(
        buf: *mut Evbuffer,
        ptr: *mut EvbufferPtr,
        position: usize,
        how: c_int,
    ) -> c_int;
    pub fn evhub_buffer_search(
        buf: *mut Evbuffer,
        what: *const c_char,
        len: usize,
        start: *const EvbufferPtr,
    ) -> EvbufferPtr;
    pub fn evhub_buffer_add_file(
        buf: *mut Evbuffer,
        fd: c_int,
        offset: libc::off_t,
        length: libc::off_t,
    ) -> c_int;
    pub fn evhub_buffer_add_reference(
        buf: *mut Evbuffer,
        data: *const c_void,
        len: usize,
        cleanup: Option<Cleanup>,
        arg: *mut c_void,
    ) -> c_int;

    pub fn encode_int(buf: *mut Evbuffer, number: u32);
    pub fn evtag_encode_tag(buf: *mut Evbuffer, tag: u32) -> c_int;
    pub fn evtag_decode_int(number: *mut u32, buf: *mut Evbuffer) -> c_int;
    pub fn evtag_decode_tag(tag: *mut u32, buf: *mut Evbuffer) -> c_int;
    pub fn evtag_marshal(buf: *mut Evbuffer, tag: u32, data: *const c_void, len: u32);
    pub fn evtag_marshal_int(buf: *mut Evbuffer, tag: u32, number: u32);
    pub fn evtag_marshal_string(buf: *mut Evbuffer, tag: u32, string: *const c_char);
    pub fn evtag_marshal_timeval(buf: *mut Evbuffer, tag: u32, tv: *mut libc::timeval);
    pub fn evtag_peek(buf: *mut Evbuffer, tag: *mut u32) -> c_int;
    pub fn evtag_peek_length(buf: *mut Evbuffer, length: *mut u32) -> c_int;
    pub fn evtag_payload_length(buf: *mut Evbuffer, length: *mut u32) -> c_int;
    pub fn evtag_consume(buf: *mut Evbuffer) -> c_int;
    pub fn evtag_unmarshal(buf: *mut Evbuffer, tag: *mut u32, out: *mut Evbuffer) -> c_int;
    pub fn evtag_unmarshal_int(buf: *mut Evbuffer, tag: u32, number: *mut u32) -> c_int;
    pub fn evtag_unmarshal_string(buf: *mut Evbuffer, tag: u32, string: *mut *mut c_char) -> c_int;
    pub fn evtag_unmarshal_timeval(buf: *mut Evbuffer, tag: u32, tv: *mut libc::timeval) -> c_int;
    pub fn evtag_unmarshal_fixed(
        buf: *mut Evbuffer,
        tag: u32,
        out: *mut c_void,
        len: usize,
    ) -> c_int;
}

unsafe extern "C" fn be_quiet(_severity: c_int, _text: *const c_char) {}

/// What a program does wrong is logged, and a fuzzer does much wrong.
pub fn silence() {
    // SAFETY: the callback lives for ever.
    unsafe { event_set_log_callback(Some(be_quiet)) }
}

/// A buffer that is freed with its owner.
pub struct Buffer(*mut Evbuffer);

impl Buffer {
    pub fn new() -> Self {
        // SAFETY: no arguments.
        let buf = unsafe { evbuffer_new() };
        assert!(!buf.is_null());
        Buffer(buf)
    }

    /// Data that ends where its block ends, so that whoever reads on is caught.
    pub fn at_the_end(data: &[u8]) -> Self {
        let buf = Buffer::new();
        let block = data.len().next_power_of_two().max(256);
        let filler = vec![0xee; block - data.len()];
        buf.add(&filler);
        buf.add(data);
        // SAFETY: the buffer lives.
        unsafe { evbuffer_drain(buf.raw(), filler.len()) };
        assert!(data.is_empty() || buf.misalign + buf.off == buf.totallen);
        assert_eq!(buf.data(), data);
        buf
    }

    pub fn raw(&self) -> *mut Evbuffer {
        self.0
    }

    pub fn data(&self) -> &[u8] {
        if self.off == 0 {
            return &[];
        }
        // SAFETY: the fields say where the data is (behaviour 68); nothing changes it while
        // the caller looks.
        unsafe { slice::from_raw_parts(self.buffer, self.off) }
    }

    pub fn add(&self, data: &[u8]) {
        // SAFETY: the slice is as long as it says.
        assert_eq!(unsafe { evbuffer_add(self.0, data.as_ptr().cast(), data.len()) }, 0);
    }

    /// Changes are reported to the callback from now on.
    pub fn on_change(&self, cb: Option<ChangeCallback>, arg: *mut c_void) {
        // SAFETY: the caller's argument is what the caller's callback wants.
        unsafe { evbuffer_setcb(self.0, cb, arg) }
    }
}

impl Deref for Buffer {
    type Target = Evbuffer;

    fn deref(&self) -> &Evbuffer {
        // SAFETY: it lives as long as its owner; only one thread runs.
        unsafe { &*self.0 }
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        // SAFETY: nobody else frees it.
        unsafe { evbuffer_free(self.0) }
    }
}
