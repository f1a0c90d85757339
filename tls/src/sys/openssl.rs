//! What of OpenSSL the `openssl` crate does not have.

use foreign_types_shared::ForeignTypeRef;
use openssl::ssl::SslRef;
use openssl_sys as ffi;
use std::ffi::c_int;

/// The extension `server_name` of a client's first message.
const SERVER_NAME: u32 = 0;

unsafe extern "C" {
    fn SSL_has_pending(ssl: *const ffi::SSL) -> c_int;
}

/// Empties this thread's queue of errors: what others have left there would be taken for ours.
pub fn clear_errors() {
    // SAFETY: it needs nothing.
    unsafe { ffi::ERR_clear_error() };
}

/// Is there anything that was taken from the socket and not given to the program yet?
pub fn has_pending(ssl: &SslRef) -> bool {
    // SAFETY: a live object.
    unsafe { SSL_has_pending(ssl.as_ptr()) != 0 }
}

/// The body of the extension with the name that a client wants. To be called in the callback for
/// a client's first message alone.
pub fn server_name_extension(ssl: &mut SslRef) -> Option<&[u8]> {
    let mut body = std::ptr::null();
    let mut length = 0;
    // SAFETY: a live object, and room for both results.
    let found = unsafe {
        ffi::SSL_client_hello_get0_ext(ssl.as_ptr(), SERVER_NAME, &mut body, &mut length)
    };
    if found != 1 || body.is_null() {
        return None;
    }
    // SAFETY: the message stays as long as the callback runs, in which nothing else is done with
    // the object, as it is borrowed.
    Some(unsafe { std::slice::from_raw_parts(body, length) })
}
