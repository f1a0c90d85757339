//! Calls of user code that HTTP makes.

use crate::layout::evhttp::{EvhttpConnection, EvhttpRequest, RequestCallback};
use std::ffi::{c_int, c_void};
use std::mem::transmute;

/// `void (*)(struct evhttp_connection *, void *arg)`: a connection is closed.
pub type CloseCallback = Option<unsafe extern "C" fn(*mut EvhttpConnection, *mut c_void)>;

/// `int (*)(struct evhttp_request *, void *arg)`: the head of a reply has come. Less than 0: it is
/// not wanted.
pub type HeaderCallback = Option<unsafe extern "C" fn(*mut EvhttpRequest, *mut c_void) -> c_int>;

/// `void (*)(enum evhttp_request_error, void *arg)`: why there is no reply.
pub type ErrorCallback = Option<unsafe extern "C" fn(c_int, *mut c_void)>;

/// The call that gives a request to a program.
pub struct RequestCall {
    pub callback: RequestCallback,
    pub request: *mut EvhttpRequest,
    pub arg: *mut c_void,
}

impl RequestCall {
    pub fn run(self) {
        if let Some(callback) = self.callback {
            type Unwind = unsafe extern "C-unwind" fn(*mut EvhttpRequest, *mut c_void);
            // SAFETY: the program registered this function (evhttp_set_cb and the like); see
            // `super::Call::run`.
            unsafe { transmute::<_, Unwind>(callback)(self.request, self.arg) }
        }
    }
}

/// Tells a program that a connection is closed.
pub fn run_close(callback: CloseCallback, connection: *mut EvhttpConnection, arg: *mut c_void) {
    if let Some(callback) = callback {
        type Unwind = unsafe extern "C-unwind" fn(*mut EvhttpConnection, *mut c_void);
        // SAFETY: the program registered this function (evhttp_connection_set_closecb); see
        // `super::Call::run`.
        unsafe { transmute::<_, Unwind>(callback)(connection, arg) }
    }
}

/// Shows a program the head of a reply; is it wanted?
pub fn run_header(callback: HeaderCallback, request: *mut EvhttpRequest, arg: *mut c_void) -> bool {
    callback.is_none_or(|callback| {
        type Unwind = unsafe extern "C-unwind" fn(*mut EvhttpRequest, *mut c_void) -> c_int;
        // SAFETY: the program registered this function (evhttp_request_set_header_cb); see
        // `super::Call::run`.
        unsafe { transmute::<_, Unwind>(callback)(request, arg) >= 0 }
    })
}

/// Tells a program why there is no reply.
pub fn run_error(callback: ErrorCallback, reason: c_int, arg: *mut c_void) {
    if let Some(callback) = callback {
        type Unwind = unsafe extern "C-unwind" fn(c_int, *mut c_void);
        // SAFETY: the program registered this function (evhttp_request_set_error_cb); see
        // `super::Call::run`.
        unsafe { transmute::<_, Unwind>(callback)(reason, arg) }
    }
}
