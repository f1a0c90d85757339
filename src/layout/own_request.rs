//! HTTP requests of the library's own that call Rust: a server hands them over, or a client brings
//! the reply.
//!
//! To the core of HTTP they are requests like any other. Contract: the target is alive for as long
//! as its request, or the path that it serves, is with a connection or a server.

use super::evhttp::{EvhttpRequest, RequestCallback, RequestPtr};
use super::handle::Handle;
use std::ffi::c_void;

/// What a request calls.
pub trait Hears: Sized {
    /// With a request to be answered; or one that was answered, `None` if there is no reply.
    fn heard(target: Handle<Self>, request: Option<RequestPtr>);
}

/// The function to register, with the target as its argument.
pub fn callback<T: Hears>() -> RequestCallback {
    Some(hear::<T>)
}

/// # Safety
/// `request` is NULL or alive; `target` is a handle, and still there.
unsafe extern "C" fn hear<T: Hears>(request: *mut EvhttpRequest, target: *mut c_void) {
    // SAFETY: the caller's word.
    let (target, request) =
        unsafe { (Handle::from_raw(target.cast::<T>()), RequestPtr::from_raw(request)) };
    if let Some(target) = target {
        T::heard(target, request);
    }
}
