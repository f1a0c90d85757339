//! `evhttp.h`: connections.

use super::misuse;
use crate::errno::Result;
use crate::http::connection::{self, ConnectionPtr};
use crate::layout::call::http::CloseCallback;
use crate::layout::evhttp::EvhttpConnection;
use crate::log::Misuse;
use crate::sys::signal::set_errno;
use std::ffi::{c_char, c_int, c_ushort, c_void};

/// # Safety
/// `raw` is NULL or a connection that was not freed.
pub unsafe fn connection(raw: *mut EvhttpConnection, function: &str) -> Result<ConnectionPtr> {
    // SAFETY: the caller's word.
    unsafe { ConnectionPtr::from_raw(raw) }.ok_or_else(|| misuse(Misuse::NullArgument, function))
}

/// # Safety
/// `raw` is NULL or a connection that was not freed.
unsafe fn with(raw: *mut EvhttpConnection, function: &str, then: impl FnOnce(ConnectionPtr)) {
    // SAFETY: the caller's word.
    match unsafe { connection(raw, function) } {
        Ok(connection) => then(connection),
        Err(error) => set_errno(error),
    }
}

/// Closes a connection. Requests that a program is to answer stay the program's; those that it has
/// asked are freed, and their callbacks are not called. In any callback.
///
/// @param evcon a connection; NULL is fine
/// @see behaviours 138, 166
///
/// # Safety
/// `evcon` is NULL or a connection that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhttp_connection_free(evcon: *mut EvhttpConnection) {
    // SAFETY: the caller's word.
    if let Some(found) = unsafe { ConnectionPtr::from_raw(evcon) } {
        connection::close(found);
    }
}

/// Has a function called when the connection is closed, by whomever.
///
/// @param evcon the connection
/// @param cb called while `evcon` is still there: of a server's once, of a program's that asks each
///   time that it was connected and is not any more; NULL: nobody
/// @param arg its last argument
/// @see behaviours 166, 202
///
/// # Safety
/// `evcon` is NULL or a connection that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhttp_connection_set_closecb(
    evcon: *mut EvhttpConnection,
    cb: CloseCallback,
    arg: *mut c_void,
) {
    // SAFETY: the caller's word.
    unsafe {
        with(evcon, "evhttp_connection_set_closecb", |found| {
            found.closecb.set(cb);
            found.closecb_arg.set(arg);
        });
    }
}

/// How long the connection may make no progress.
///
/// @param evcon the connection
/// @param timeout_in_secs 0: for ever; less: 50 seconds, the default
/// @see behaviours 147, 167
///
/// # Safety
/// `evcon` is NULL or a connection that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhttp_connection_set_timeout(
    evcon: *mut EvhttpConnection,
    timeout_in_secs: c_int,
) {
    // SAFETY: the caller's word.
    unsafe {
        with(evcon, "evhttp_connection_set_timeout", |found| found.set_timeout(timeout_in_secs));
    }
}

/// Who is at the other end: as a program has named it that asks.
///
/// @param evcon the connection
/// @param address where to put the address, a string of the connection's; empty without memory
/// @param port where to put the port
/// @see behaviours 156, 168
///
/// # Safety
/// `evcon` is NULL or a connection that was not freed; the others are NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhttp_connection_get_peer(
    evcon: *mut EvhttpConnection,
    address: *mut *mut c_char,
    port: *mut c_ushort,
) {
    // SAFETY: the caller's word.
    unsafe {
        with(evcon, "evhttp_connection_get_peer", |found| {
            let (host, number) = match found.client() {
                Some(client) => (client.host(), client.port()),
                None => (found.peer_text().unwrap_or_default(), found.peer().port()),
            };
            if !address.is_null() {
                *address = host.as_ptr().cast_mut();
            }
            if !port.is_null() {
                *port = number;
            }
        });
    }
}
