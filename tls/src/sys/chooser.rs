//! A function of the program's that chooses a context for the name that a client asks for. This is
//! the only door to user code.

use crate::context::Context;
use std::ffi::{CStr, c_char, c_void};
use std::mem::transmute;
use std::sync::Arc;

/// What C has for `Context`; its pointers are those of an `Arc`.
#[allow(non_camel_case_types)]
pub struct evhub_tls_ctx_t;

/// `evhub_tls_ctx_t *(*)(const char *name, void *arg)`.
#[allow(non_camel_case_types)]
pub type evhub_tls_name_fn_t =
    Option<unsafe extern "C" fn(*const c_char, *mut c_void) -> *mut evhub_tls_ctx_t>;

#[derive(Clone, Copy)]
pub struct Chooser {
    pub function: evhub_tls_name_fn_t,
    pub arg: *mut c_void,
}

// SAFETY: who gives a context to several threads has its function called in each (the
// documentation of evhub_tls_ctx_set_name_cb).
unsafe impl Send for Chooser {}
// SAFETY: as above.
unsafe impl Sync for Chooser {}

impl Chooser {
    /// Asks. Nothing may be borrowed or locked: the function may do anything, and need not return.
    pub fn run(self, name: &CStr) -> Option<Arc<Context>> {
        let function = self.function?;
        type Unwind = unsafe extern "C-unwind" fn(*const c_char, *mut c_void) -> *mut c_void;
        // SAFETY: the program registered this function. An exception ends the process at the
        // next frame that cannot be unwound.
        let chosen = unsafe {
            let function: Unwind = transmute(function);
            function(name.as_ptr(), self.arg)
        };
        // SAFETY: the program's word: NULL, or a context that it has not freed.
        unsafe { borrowed(chosen.cast()) }
    }
}

/// A reference of our own to a context of the program's.
///
/// # Safety
/// `raw` is NULL or a context that was not freed.
pub unsafe fn borrowed(raw: *const evhub_tls_ctx_t) -> Option<Arc<Context>> {
    let raw: *const Context = raw.cast();
    if raw.is_null() {
        return None;
    }
    // SAFETY: the caller's word: `Arc::into_raw` has made it, and its count is at least one.
    unsafe {
        Arc::increment_strong_count(raw);
        Some(Arc::from_raw(raw))
    }
}
