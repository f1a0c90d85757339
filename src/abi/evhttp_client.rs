//! `evhttp.h`: asking.

use super::evdns_config::string;
use super::{current, misuse, status};
use crate::errno::{Errno, Result};
use crate::event::{Base, BasePtr};
use crate::globals;
use crate::http::client;
use crate::http::connection::ConnectionPtr;
use crate::layout::evhttp::{EvhttpConnection, EvhttpRequest, RequestCallback, RequestPtr};
use crate::log::Misuse;
use crate::sys::host;
use crate::sys::signal::set_errno;
use std::ffi::{c_char, c_int, c_ushort};
use std::ptr;

/// Makes a connection for requests. It connects when there is one.
///
/// @param address an address, or a name of a host
/// @param port its port
/// @return the connection, to be freed with evhttp_connection_free(); NULL with EINVAL or ENOMEM
///
/// # Safety
/// `address` is NULL or a string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhttp_connection_new(
    address: *const c_char,
    port: c_ushort,
) -> *mut EvhttpConnection {
    // SAFETY: the caller's word.
    let name = unsafe { string(address, "evhttp_connection_new") };
    let made = name.and_then(|name| client::new(None, host::local(name, port)?));
    made.map_or_else(
        |error| {
            set_errno(error);
            ptr::null_mut()
        },
        ConnectionPtr::as_ptr,
    )
}

/// # Safety
/// `raw` is NULL or a connection that was not freed.
unsafe fn asking(raw: *mut EvhttpConnection, function: &str) -> Result<ConnectionPtr> {
    // SAFETY: the caller's word.
    let found = unsafe { ConnectionPtr::from_raw(raw) };
    let found = found.ok_or_else(|| misuse(Misuse::NullArgument, function))?;
    match found.client() {
        Some(_) => Ok(found),
        None => Err(misuse(Misuse::WrongObject, function)),
    }
}

/// Says on which base a connection runs that has not been used yet.
///
/// # Safety
/// `evcon` is NULL or a connection that was not freed; `base` is NULL or a base that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhttp_connection_set_base(evcon: *mut EvhttpConnection, base: *mut Base) {
    const FUNCTION: &str = "evhttp_connection_set_base";
    // SAFETY: the caller's word.
    let (found, base) = unsafe { (asking(evcon, FUNCTION), BasePtr::from_raw(base)) };
    status(found.and_then(|found| client::set_base(found, base)));
}

/// How often a connection is tried again that cannot be made, after 2, 4, 8 seconds and so on.
///
/// @param retry_max 0: never; less: for ever
///
/// # Safety
/// `evcon` is NULL or a connection that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhttp_connection_set_retries(
    evcon: *mut EvhttpConnection,
    retry_max: c_int,
) {
    // SAFETY: the caller's word.
    let found = unsafe { asking(evcon, "evhttp_connection_set_retries") };
    status(found.map(|found| client::set_retries(found, retry_max)));
}

/// Asks. The request is the connection's from now on; its callback is called once.
///
/// @param evcon the connection
/// @param req a request of evhttp_request_new()
/// @param type GET, POST or HEAD
/// @param uri the target
/// @return 0; -1 with EINVAL or ENOMEM, or why there can be no connection: then the request waits
///
/// # Safety
/// `evcon` is NULL or a connection that was not freed, `req` NULL or a request that no connection
/// has; `uri` is NULL or a string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhttp_make_request(
    evcon: *mut EvhttpConnection,
    req: *mut EvhttpRequest,
    r#type: c_int,
    uri: *const c_char,
) -> c_int {
    const FUNCTION: &str = "evhttp_make_request";
    // SAFETY: the caller's word.
    let (found, request, target) =
        unsafe { (asking(evcon, FUNCTION), RequestPtr::from_raw(req), string(uri, FUNCTION)) };
    status(found.and_then(|found| {
        let request = request.ok_or_else(|| misuse(Misuse::NullArgument, FUNCTION))?;
        if !(0..=2).contains(&r#type) {
            return Err(Errno::INVAL);
        }
        let base = match globals::current() {
            Some(base) => base,
            None => current(FUNCTION)?,
        };
        client::ask(found, base, request, r#type, target?)
    }))
}

/// Has a function called for each piece of a reply that comes in chunks.
///
/// # Safety
/// `req` is NULL or a request that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhttp_request_set_chunked_cb(
    req: *mut EvhttpRequest,
    cb: RequestCallback,
) {
    // SAFETY: the caller's word.
    match unsafe { RequestPtr::from_raw(req) } {
        Some(request) => request.chunk_cb.set(cb),
        None => set_errno(misuse(Misuse::NullArgument, "evhttp_request_set_chunked_cb")),
    }
}
