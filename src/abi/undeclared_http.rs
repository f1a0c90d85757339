//! Functions on connections that programs declare themselves and call, although no header of
//! libevent 1.4's declares them (behaviour 200).

use super::evhttp_client::asking;
use super::status;
use crate::globals;
use crate::http::client::{self, Reason};
use crate::http::connection::{self, ConnectionPtr};
use crate::layout::evhttp::EvhttpConnection;
use std::ffi::{c_int, c_uint};

/// Connects, though nothing is asked yet.
///
/// @param evcon a connection of evhttp_connection_new()
/// @return 0, also if it is connected; -1 with errno as evhttp_make_request()
///
/// # Safety
/// `evcon` is NULL (EINVAL) or a connection that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhttp_connection_connect(evcon: *mut EvhttpConnection) -> c_int {
    // SAFETY: the caller's word.
    let found = unsafe { asking(evcon, "evhttp_connection_connect") };
    status(found.and_then(|found| client::connect_on(found, globals::current())))
}

/// Closes the socket of a connection; its program hears of that by closecb. Requests that wait are
/// asked with the next one. A server's connection ends.
///
/// @see behaviour 166
///
/// # Safety
/// `evcon` is NULL or a connection that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhttp_connection_reset(evcon: *mut EvhttpConnection) {
    // SAFETY: the caller's word.
    match unsafe { ConnectionPtr::from_raw(evcon) } {
        Some(found) if found.client().is_some() => client::reset(found),
        Some(found) => connection::close(found),
        None => {}
    }
}

/// Ends the request that is under way, whose callback gets NULL, now; the next one is asked over a
/// new connection. A server's connection ends.
///
/// @param error why: 0 it took too long, 1 the connection has ended, 2 what came is no reply
/// @see behaviours 162, 179
///
/// # Safety
/// `evcon` is NULL or a connection that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhttp_connection_fail(evcon: *mut EvhttpConnection, error: c_uint) {
    let reason = match error {
        0 => Reason::Timeout,
        1 => Reason::Eof,
        _ => Reason::Invalid,
    };
    // SAFETY: the caller's word.
    match unsafe { ConnectionPtr::from_raw(evcon) } {
        Some(found) if found.client().is_some() => client::fail(found, reason),
        Some(found) => connection::close(found),
        None => {}
    }
}
