//! What went wrong, in words.

use crate::fault;
use std::ffi::c_char;

/// What the last failure in this thread was: of a call, or of a connection that libevhub has had to
/// end.
///
/// @return a text, "" if nothing has failed yet; it is there until the next failure in this thread
#[unsafe(no_mangle)]
pub extern "C" fn evhub_tls_error() -> *const c_char {
    fault::last()
}
