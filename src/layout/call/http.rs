//! Calls of user code that HTTP makes.

use crate::layout::evhttp::{EvhttpConnection, EvhttpRequest, RequestCallback};
use std::ffi::c_void;
use std::mem::transmute;

/// `void (*)(struct evhttp_connection *, void *arg)`: a connection is closed.
pub type CloseCallback = Option<unsafe extern "C" fn(*mut EvhttpConnection, *mut c_void)>;

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
