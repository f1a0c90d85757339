//! The one door out: a call of user code, held as a value until nothing of ours is borrowed.
//!
//! Whoever holds a `Call` has already unlinked what it came from; after `run` nothing that it
//! refers to may be touched (the callback may have freed it, switched away, or not return).
//!
//! Calls are made as "C-unwind": a C++ exception that leaves a callback finds the end of the
//! process here, with the C++ runtime's message, instead of unwinding through Rust.

#![allow(clippy::missing_transmute_annotations, reason = "only the unwinding differs")]

pub mod dns;
pub mod http;
pub mod rpc;
pub mod transport;

use super::bufferevent::{Bufferevent, BuffereventCb, BuffereventErrorCb};
use super::evbuffer::Evbuffer;
use super::evdns::ServerRequest;
use super::event::{EventCallback, EventPtr};
use std::ffi::{c_char, c_int, c_short, c_void};
use std::marker::PhantomData;
use std::mem::transmute;
use std::sync::atomic::{AtomicPtr, Ordering::Relaxed};

/// `void (*)(int severity, const char *msg)`: what `event_set_log_callback` takes.
pub type LogCallback = unsafe extern "C" fn(c_int, *const c_char);

/// `int (*)(void)`: what the global `event_sigcb` points to.
pub type SigCallback = unsafe extern "C" fn() -> c_int;

/// `void (*)(void *arg)`: the callback of an async handle.
pub type AsyncCallback = Option<unsafe extern "C" fn(*mut c_void)>;

/// `void (*)(struct evbuffer *, size_t old_length, size_t new_length, void *arg)`.
pub type BufferCallback = Option<unsafe extern "C" fn(*mut Evbuffer, usize, usize, *mut c_void)>;

/// `void (*)(const void *data, size_t length, void *arg)`: the end of a reference.
pub type CleanupCallback = Option<unsafe extern "C" fn(*const c_void, usize, *mut c_void)>;

/// A hook around the wait: `void (*)(struct evwatch *, const INFO *, void *arg)`.
pub type WatchCallback = unsafe extern "C" fn(*mut c_void, *const c_void, *mut c_void);

/// The call of an event's callback.
#[derive(Clone, Copy)]
pub struct Call {
    pub callback: EventCallback,
    pub fd: c_int,
    pub what: c_short,
    pub arg: *mut c_void,
}

impl Call {
    /// The call that an active event stands for, read at the last moment.
    #[inline]
    pub fn of(event: EventPtr) -> Call {
        Call {
            callback: event.ev_callback.get(),
            fd: event.ev_fd.get(),
            what: event.ev_res.get() as c_short,
            arg: event.ev_arg.get(),
        }
    }

    #[inline]
    pub fn run(self) {
        if let Some(callback) = self.callback {
            type Unwind = unsafe extern "C-unwind" fn(c_int, c_short, *mut c_void);
            // SAFETY: the program registered this function for these arguments (event_set); the
            // two types differ in what they promise of unwinding alone.
            unsafe { transmute::<_, Unwind>(callback)(self.fd, self.what, self.arg) }
        }
    }
}

/// The call of an async handle's callback.
#[derive(Clone, Copy)]
pub struct AsyncCall {
    pub callback: AsyncCallback,
    pub arg: *mut c_void,
}

impl AsyncCall {
    pub fn run(self) {
        if let Some(callback) = self.callback {
            type Unwind = unsafe extern "C-unwind" fn(*mut c_void);
            // SAFETY: the program registered this function for this argument; see `Call::run`.
            unsafe { transmute::<_, Unwind>(callback)(self.arg) }
        }
    }
}

/// The call of a hook. `info` is valid for the length of the call alone.
#[derive(Clone, Copy)]
pub struct WatchCall {
    pub callback: WatchCallback,
    pub watch: *mut c_void,
    pub arg: *mut c_void,
}

impl WatchCall {
    pub fn run(self, info: *const c_void) {
        type Unwind = unsafe extern "C-unwind" fn(*mut c_void, *const c_void, *mut c_void);
        // SAFETY: the program registered this function for these arguments; see `Call::run`.
        unsafe { transmute::<_, Unwind>(self.callback)(self.watch, info, self.arg) }
    }
}

/// The call of a buffer's callback.
#[derive(Clone, Copy)]
pub struct BufferCall {
    pub callback: BufferCallback,
    pub buffer: *mut Evbuffer,
    pub old_length: usize,
    pub new_length: usize,
    pub arg: *mut c_void,
}

impl BufferCall {
    #[inline]
    pub fn run(self) {
        if let Some(callback) = self.callback {
            type Unwind = unsafe extern "C-unwind" fn(*mut Evbuffer, usize, usize, *mut c_void);
            let (old, new) = (self.old_length, self.new_length);
            // SAFETY: the program registered this function (evbuffer_setcb); see `Call::run`.
            unsafe { transmute::<_, Unwind>(callback)(self.buffer, old, new, self.arg) }
        }
    }
}

/// The call of a bufferevent's readcb or writecb.
#[derive(Clone, Copy)]
pub struct StreamCall {
    pub callback: BuffereventCb,
    pub stream: *mut Bufferevent,
    pub arg: *mut c_void,
}

impl StreamCall {
    #[inline]
    pub fn run(self) {
        if let Some(callback) = self.callback {
            type Unwind = unsafe extern "C-unwind" fn(*mut Bufferevent, *mut c_void);
            // SAFETY: the program registered this function (bufferevent_new); see `Call::run`.
            unsafe { transmute::<_, Unwind>(callback)(self.stream, self.arg) }
        }
    }
}

/// The call of a bufferevent's errorcb.
#[derive(Clone, Copy)]
pub struct StreamErrorCall {
    pub callback: BuffereventErrorCb,
    pub stream: *mut Bufferevent,
    pub what: c_short,
    pub arg: *mut c_void,
}

impl StreamErrorCall {
    pub fn run(self) {
        if let Some(callback) = self.callback {
            type Unwind = unsafe extern "C-unwind" fn(*mut Bufferevent, c_short, *mut c_void);
            // SAFETY: the program registered this function (bufferevent_new); see `Call::run`.
            unsafe { transmute::<_, Unwind>(callback)(self.stream, self.what, self.arg) }
        }
    }
}

/// `void (*)(struct evdns_server_request *, void *arg)`.
pub type DnsRequestFn = Option<unsafe extern "C" fn(*mut ServerRequest, *mut c_void)>;

/// The call for a request to a name server.
#[derive(Clone, Copy)]
pub struct DnsRequestCall {
    pub function: DnsRequestFn,
    pub request: *mut ServerRequest,
    pub arg: *mut c_void,
}

impl DnsRequestCall {
    pub fn run(self) {
        if let Some(function) = self.function {
            type Unwind = unsafe extern "C-unwind" fn(*mut ServerRequest, *mut c_void);
            // SAFETY: the program registered this function (evdns_add_server_port); see
            // `Call::run`.
            unsafe { transmute::<_, Unwind>(function)(self.request, self.arg) }
        }
    }
}

/// `void *(*)(void *arg)`: the function of a greenlet.
pub type GreenletFn = Option<unsafe extern "C" fn(*mut c_void) -> *mut c_void>;

/// `void (*)(OBJECT *, void *arg)`: what a link calls.
pub type LinkFn = Option<unsafe extern "C" fn(*mut c_void, *mut c_void)>;

/// `void (*)(void *value)`: the end of a greenlet-local value.
pub type Destructor = Option<unsafe extern "C" fn(*mut c_void)>;

/// `void (*)(GREENLET *, int error, const char *text, void *arg)`: who hears of failures.
pub type ErrorHook = Option<unsafe extern "C" fn(*mut c_void, c_int, *const c_char, *mut c_void)>;

/// `void (*)(int what, GREENLET *from, GREENLET *to, void *arg)`: who hears of switches.
pub type TraceHook = Option<unsafe extern "C" fn(c_int, *mut c_void, *mut c_void, *mut c_void)>;

/// `int (*)(const INFO *, void *arg)`, or the same of another object: called for each of several.
pub type EachFn = Option<unsafe extern "C" fn(*const c_void, *mut c_void) -> c_int>;

/// `int (*)(const void *a, const void *b, void *arg)`: which of two items goes first.
pub type CompareFn =
    Option<unsafe extern "C" fn(*const c_void, *const c_void, *mut c_void) -> c_int>;
/// `int (*)(void *arg, void **item)`: gets the next item of a series.
pub type NextFn = Option<unsafe extern "C" fn(*mut c_void, *mut *mut c_void) -> c_int>;

/// The call of a greenlet's function.
#[derive(Clone, Copy)]
pub struct StartCall {
    pub function: GreenletFn,
    pub arg: *mut c_void,
}

impl StartCall {
    pub fn run(self) -> *mut c_void {
        let Some(function) = self.function else { return std::ptr::null_mut() };
        type Unwind = unsafe extern "C-unwind" fn(*mut c_void) -> *mut c_void;
        // SAFETY: the program gave this function for this argument; see `Call::run`.
        unsafe { transmute::<_, Unwind>(function)(self.arg) }
    }

    /// As the first function of its stack.
    #[inline]
    pub fn run_outermost(self) -> *mut c_void {
        let Some(function) = self.function else { return std::ptr::null_mut() };
        // SAFETY: as for `run`; the function does not look at the second argument.
        unsafe { outermost(self.arg, std::ptr::null_mut(), transmute::<_, Start>(function)) }
    }

    /// As the first function of its stack, of a greenlet that runs a link's function: `disguised`
    /// made it one of a greenlet.
    pub fn run_as_link(self, object: *mut c_void) {
        let Some(function) = self.function else { return };
        // SAFETY: `disguised` was given a function of these two arguments, without a result, which
        // is not looked at.
        unsafe { outermost(object, self.arg, transmute::<_, Start>(function)) };
    }
}

type Start = unsafe extern "C-unwind" fn(*mut c_void, *mut c_void) -> *mut c_void;

/// Calls the function as the outermost one of its stack: whoever unwinds finds the end there. So
/// `pthread_exit` in a greenlet ends the thread, an exception that leaves one ends the process with
/// the C++ runtime's message, and a debugger shows the program's frames alone.
///
/// # Safety
/// As for the call itself.
#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
#[unsafe(naked)]
unsafe extern "C-unwind" fn outermost(
    first: *mut c_void,
    second: *mut c_void,
    function: Start,
) -> *mut c_void {
    std::arch::naked_asm!(
        ".cfi_startproc",
        ".cfi_undefined rip",
        "sub rsp, 8",
        ".cfi_adjust_cfa_offset 8",
        "call rdx",
        "add rsp, 8",
        ".cfi_adjust_cfa_offset -8",
        "ret",
        ".cfi_endproc",
    )
}

/// Calls the function.
///
/// # Safety
/// As for the call itself.
#[cfg(not(all(target_arch = "x86_64", target_os = "linux")))]
unsafe extern "C-unwind" fn outermost(
    first: *mut c_void,
    second: *mut c_void,
    function: Start,
) -> *mut c_void {
    // SAFETY: the caller's word.
    unsafe { function(first, second) }
}

/// A link's function, to be kept where that of a greenlet is.
pub fn disguised(function: LinkFn) -> GreenletFn {
    // SAFETY: it is not called as that, but by `run_as_link`.
    unsafe { transmute::<LinkFn, GreenletFn>(function) }
}

/// The call of a link's function.
#[derive(Clone, Copy)]
pub struct LinkCall {
    pub function: LinkFn,
    pub object: *mut c_void,
    pub arg: *mut c_void,
}

impl LinkCall {
    pub fn run(self) {
        if let Some(function) = self.function {
            type Unwind = unsafe extern "C-unwind" fn(*mut c_void, *mut c_void);
            // SAFETY: the program registered this function (evhub_link); see `Call::run`.
            unsafe { transmute::<_, Unwind>(function)(self.object, self.arg) }
        }
    }
}

/// The call of a local's destructor.
#[derive(Clone, Copy)]
pub struct DestructorCall {
    pub function: Destructor,
    pub value: *mut c_void,
}

impl DestructorCall {
    pub fn run(self) {
        if let Some(function) = self.function {
            type Unwind = unsafe extern "C-unwind" fn(*mut c_void);
            // SAFETY: the program registered this function (evhub_local_new); see `Call::run`.
            unsafe { transmute::<_, Unwind>(function)(self.value) }
        }
    }
}

/// The call of the error hook.
#[derive(Clone, Copy)]
pub struct ErrorCall {
    pub hook: ErrorHook,
    pub greenlet: *mut c_void,
    pub error: c_int,
    pub text: *const c_char,
    pub arg: *mut c_void,
}

impl ErrorCall {
    pub fn run(self) {
        if let Some(hook) = self.hook {
            type Unwind =
                unsafe extern "C-unwind" fn(*mut c_void, c_int, *const c_char, *mut c_void);
            // SAFETY: the program registered this function; the text outlives the call.
            unsafe { transmute::<_, Unwind>(hook)(self.greenlet, self.error, self.text, self.arg) }
        }
    }
}

/// The call of the trace hook.
#[derive(Clone, Copy)]
pub struct TraceCall {
    pub hook: TraceHook,
    pub what: c_int,
    pub from: *mut c_void,
    pub to: *mut c_void,
    pub arg: *mut c_void,
}

impl TraceCall {
    pub fn run(self) {
        if let Some(hook) = self.hook {
            type Unwind = unsafe extern "C-unwind" fn(c_int, *mut c_void, *mut c_void, *mut c_void);
            // SAFETY: the program registered this function; see `Call::run`.
            unsafe { transmute::<_, Unwind>(hook)(self.what, self.from, self.to, self.arg) }
        }
    }
}

/// The call for one of several objects; not 0 ends the series.
#[derive(Clone, Copy)]
pub struct EachCall {
    pub function: EachFn,
    pub object: *const c_void,
    pub arg: *mut c_void,
}

impl EachCall {
    pub fn run(self) -> c_int {
        let Some(function) = self.function else { return 0 };
        type Unwind = unsafe extern "C-unwind" fn(*const c_void, *mut c_void) -> c_int;
        // SAFETY: the program gave this function for these arguments; see `Call::run`.
        unsafe { transmute::<_, Unwind>(function)(self.object, self.arg) }
    }
}

/// The call that compares two items of a queue.
#[derive(Clone, Copy)]
pub struct CompareCall {
    pub function: CompareFn,
    pub arg: *mut c_void,
}

impl CompareCall {
    pub fn run(self, a: *const c_void, b: *const c_void) -> c_int {
        let Some(function) = self.function else { return 0 };
        type Unwind =
            unsafe extern "C-unwind" fn(*const c_void, *const c_void, *mut c_void) -> c_int;
        // SAFETY: the program gave this function for its items and this argument; see `Call::run`.
        unsafe { transmute::<_, Unwind>(function)(a, b, self.arg) }
    }
}

/// The call for the next item of a series.
#[derive(Clone, Copy)]
pub struct NextCall {
    pub function: NextFn,
    pub arg: *mut c_void,
}

impl NextCall {
    /// What it has returned, and the item.
    pub fn run(self) -> (c_int, *mut c_void) {
        let mut item = std::ptr::null_mut();
        let Some(function) = self.function else { return (0, item) };
        type Unwind = unsafe extern "C-unwind" fn(*mut c_void, *mut *mut c_void) -> c_int;
        // SAFETY: the program gave this function (evhub_group_imap); see `Call::run`. The item's
        // place outlives the call.
        let more = unsafe { transmute::<_, Unwind>(function)(self.arg, &raw mut item) };
        (more, item)
    }
}

/// Tells a program that its memory is not referred to any more.
pub fn run_cleanup(callback: CleanupCallback, data: *const c_void, len: usize, arg: *mut c_void) {
    if let Some(callback) = callback {
        type Unwind = unsafe extern "C-unwind" fn(*const c_void, usize, *mut c_void);
        // SAFETY: the program gave this function for these arguments; see `Call::run`.
        unsafe { transmute::<_, Unwind>(callback)(data, len, arg) }
    }
}

/// Calls `event_sigcb`.
pub fn run_sigcb(callback: SigCallback) -> c_int {
    type Unwind = unsafe extern "C-unwind" fn() -> c_int;
    // SAFETY: the program stored this function in `event_sigcb`; see `Call::run`.
    unsafe { transmute::<_, Unwind>(callback)() }
}

/// Where a function of the program's is kept: written and read by any thread.
pub struct FnCell<F>(AtomicPtr<()>, PhantomData<F>);

macro_rules! fn_cell {
    ($type:ty) => {
        impl FnCell<$type> {
            pub const fn new() -> Self {
                FnCell(AtomicPtr::new(std::ptr::null_mut()), PhantomData)
            }

            pub fn set(&self, function: Option<$type>) {
                let raw = function.map_or(std::ptr::null_mut(), |function| function as *mut ());
                self.0.store(raw, Relaxed);
            }

            pub fn get(&self) -> Option<$type> {
                // SAFETY: `set` stores only functions of this type, or NULL, which is `None`.
                unsafe { transmute::<*mut (), Option<$type>>(self.0.load(Relaxed)) }
            }
        }
    };
}

fn_cell!(LogCallback);
fn_cell!(dns::IdFn);

/// Hands one line to a log callback.
pub fn run_log(callback: LogCallback, severity: c_int, text: &std::ffi::CStr) {
    type Unwind = unsafe extern "C-unwind" fn(c_int, *const c_char);
    // SAFETY: the program registered this function; the text outlives the call.
    unsafe { transmute::<_, Unwind>(callback)(severity, text.as_ptr()) }
}
