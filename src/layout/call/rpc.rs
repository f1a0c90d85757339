//! Calls of user code that evrpc makes: functions of messages, hooks, who answers, who has asked.

use crate::layout::evbuffer::Evbuffer;
use crate::layout::evhttp::EvhttpRequest;
use crate::layout::evrpc::{
    Complete, EvrpcReqGeneric, EvrpcStatus, Marshal, New, Outcome, Release, RpcHandler, RpcHook,
    Unmarshal,
};
use std::ffi::{c_int, c_void};
use std::mem::transmute;

/// The call that makes a message; NULL: there is none.
pub fn run_new(function: New) -> *mut c_void {
    let Some(function) = function else { return std::ptr::null_mut() };
    type Unwind = unsafe extern "C-unwind" fn() -> *mut c_void;
    // SAFETY: the program registered this function; see `super::Call::run`.
    unsafe { transmute::<_, Unwind>(function)() }
}

/// The call that frees or empties a message.
pub fn run_release(function: Release, message: *mut c_void) {
    if let Some(function) = function {
        type Unwind = unsafe extern "C-unwind" fn(*mut c_void);
        // SAFETY: the program registered this function for such messages; see `super::Call::run`.
        unsafe { transmute::<_, Unwind>(function)(message) }
    }
}

/// The call that reads a message; -1: it is not one.
pub fn run_unmarshal(function: Unmarshal, message: *mut c_void, from: *mut Evbuffer) -> c_int {
    let Some(function) = function else { return -1 };
    type Unwind = unsafe extern "C-unwind" fn(*mut c_void, *mut Evbuffer) -> c_int;
    // SAFETY: the program registered this function for such messages; see `super::Call::run`.
    unsafe { transmute::<_, Unwind>(function)(message, from) }
}

/// The call that writes a message.
pub fn run_marshal(function: Marshal, to: *mut Evbuffer, message: *mut c_void) {
    if let Some(function) = function {
        type Unwind = unsafe extern "C-unwind" fn(*mut Evbuffer, *mut c_void);
        // SAFETY: the program registered this function for such messages; see `super::Call::run`.
        unsafe { transmute::<_, Unwind>(function)(to, message) }
    }
}

/// The call that asks whether a message has all that it must have; -1: it has not.
pub fn run_complete(function: Complete, message: *mut c_void) -> c_int {
    let Some(function) = function else { return 0 };
    type Unwind = unsafe extern "C-unwind" fn(*mut c_void) -> c_int;
    // SAFETY: the program registered this function for such messages; see `super::Call::run`.
    unsafe { transmute::<_, Unwind>(function)(message) }
}

/// The call of a hook; -1: it refuses.
#[derive(Clone, Copy)]
pub struct HookCall {
    pub hook: RpcHook,
    pub arg: *mut c_void,
}

impl HookCall {
    pub fn run(self, request: *mut EvhttpRequest, data: *mut Evbuffer) -> c_int {
        let Some(hook) = self.hook else { return 0 };
        type Unwind =
            unsafe extern "C-unwind" fn(*mut EvhttpRequest, *mut Evbuffer, *mut c_void) -> c_int;
        // SAFETY: the program registered this function (evrpc_add_hook); see `super::Call::run`.
        unsafe { transmute::<_, Unwind>(hook)(request, data, self.arg) }
    }
}

/// The call that gives a request to the program, which answers it.
pub fn run_handler(handler: RpcHandler, request: *mut EvrpcReqGeneric, arg: *mut c_void) {
    if let Some(handler) = handler {
        type Unwind = unsafe extern "C-unwind" fn(*mut EvrpcReqGeneric, *mut c_void);
        // SAFETY: the program registered this function (evrpc_register_rpc); see
        // `super::Call::run`.
        unsafe { transmute::<_, Unwind>(handler)(request, arg) }
    }
}

/// The call that tells a program what has come of its call.
pub struct OutcomeCall {
    pub callback: Outcome,
    pub status: EvrpcStatus,
    pub request: *mut c_void,
    pub reply: *mut c_void,
    pub arg: *mut c_void,
}

impl OutcomeCall {
    pub fn run(self) {
        if let Some(callback) = self.callback {
            type Unwind = unsafe extern "C-unwind" fn(
                *mut EvrpcStatus,
                *mut c_void,
                *mut c_void,
                *mut c_void,
            );
            let mut status = self.status;
            // SAFETY: the program gave this function with its call; the status outlives it; see
            // `super::Call::run`.
            unsafe {
                transmute::<_, Unwind>(callback)(
                    &raw mut status,
                    self.request,
                    self.reply,
                    self.arg,
                );
            }
        }
    }
}
