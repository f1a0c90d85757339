//! Calls of user code that resolvers make.

use libc::addrinfo;
use std::ffi::{c_char, c_int, c_void};
use std::mem::transmute;

/// `void (*)(int result, char type, int count, int ttl, void *addresses, void *arg)`.
pub type Callback =
    Option<unsafe extern "C" fn(c_int, c_char, c_int, c_int, *mut c_void, *mut c_void)>;

/// `void (*)(int result, struct addrinfo *list, void *arg)`.
pub type AddrinfoCallback = Option<unsafe extern "C" fn(c_int, *mut addrinfo, *mut c_void)>;

/// The call that gives a program a list of addresses, which it frees.
pub struct AddrinfoCall {
    pub callback: AddrinfoCallback,
    pub result: c_int,
    pub list: *mut addrinfo,
    pub arg: *mut c_void,
}

impl AddrinfoCall {
    pub fn run(self) {
        if let Some(callback) = self.callback {
            type Unwind = unsafe extern "C-unwind" fn(c_int, *mut addrinfo, *mut c_void);
            // SAFETY: the program gave this function with its question; see `super::Call::run`.
            unsafe { transmute::<_, Unwind>(callback)(self.result, self.list, self.arg) }
        }
    }
}

/// `uint16_t (*)(void)`: gives the ids of questions.
pub type IdFn = unsafe extern "C" fn() -> u16;

/// The call that tells a program what has come of its question.
pub struct AnswerCall {
    pub callback: Callback,
    pub result: c_int,
    /// `DNS_IPv4_A` and so on.
    pub kind: c_char,
    pub count: c_int,
    pub ttl: c_int,
    pub addresses: *mut c_void,
    pub arg: *mut c_void,
}

impl AnswerCall {
    pub fn run(self) {
        let AnswerCall { callback, result, kind, count, ttl, addresses, arg } = self;
        if let Some(callback) = callback {
            type Unwind =
                unsafe extern "C-unwind" fn(c_int, c_char, c_int, c_int, *mut c_void, *mut c_void);
            // SAFETY: the program gave this function with its question; the addresses outlive
            // the call; see `super::Call::run`.
            unsafe {
                transmute::<_, Unwind>(callback)(result, kind, count, ttl, addresses, arg);
            }
        }
    }
}

/// Asks the program for the id of a question.
pub fn run_id(function: IdFn) -> u16 {
    type Unwind = unsafe extern "C-unwind" fn() -> u16;
    // SAFETY: the program registered this function (evdns_set_transaction_id_fn).
    unsafe { transmute::<_, Unwind>(function)() }
}
