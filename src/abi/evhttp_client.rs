//! `evhttp.h`: asking.

use super::evdns_config::string;
use super::{misuse, status};
use crate::errno::{Errno, Result};
use crate::event::{Base, BasePtr};
use crate::globals;
use crate::http::client::{self, Client, Local};
use crate::http::connection::ConnectionPtr;
use crate::layout::evhttp::{EvhttpConnection, EvhttpRequest, RequestCallback, RequestPtr};
use crate::log::Misuse;
use crate::sys::host;
use crate::sys::signal::set_errno;
use std::ffi::{c_char, c_int, c_uint, c_ushort};
use std::ptr;

/// `enum evhttp_cmd_type`, whatever number it is.
#[allow(non_camel_case_types, reason = "the name that C has")]
type evhttp_cmd_type = c_uint;

/// Makes a connection for requests. It connects when there is one.
///
/// A name is looked up then, without waiting: in the hosts file, and by the name servers that
/// evdns knows, or else by those of /etc/resolv.conf. Its addresses are tried one after the other,
/// those of IPv4 first. A name that has none is like an address that refuses connections.
///
/// @param address an address, IPv6 with or without brackets, or a name of a host; copied
/// @param port its port
/// @return the connection, to be freed with evhttp_connection_free(); NULL with EINVAL (NULL) or
///   ENOMEM
/// @see behaviours 158, 159
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
    made(name.and_then(|name| client::new(None, None, name, port)))
}

/// A connection for the caller, or NULL and `errno`.
pub(super) fn made(connection: Result<ConnectionPtr>) -> *mut EvhttpConnection {
    connection.map_or_else(
        |error| {
            set_errno(error);
            ptr::null_mut()
        },
        ConnectionPtr::as_ptr,
    )
}

/// A connection of a program that asks.
///
/// # Safety
/// `raw` is NULL or a connection that was not freed.
pub(super) unsafe fn asking(raw: *mut EvhttpConnection, function: &str) -> Result<ConnectionPtr> {
    // SAFETY: the caller's word.
    let found = unsafe { ConnectionPtr::from_raw(raw) };
    let found = found.ok_or_else(|| misuse(Misuse::NullArgument, function))?;
    if found.client().is_some() { Ok(found) } else { Err(misuse(Misuse::WrongObject, function)) }
}

/// # Safety
/// `raw` is NULL or a connection that was not freed.
pub(super) unsafe fn with(
    raw: *mut EvhttpConnection,
    function: &str,
    then: impl FnOnce(&Client) -> Result<()>,
) {
    // SAFETY: the caller's word.
    let found = unsafe { asking(raw, function) };
    let done = found.and_then(|found| found.client().map_or(Ok(()), then));
    status(done);
}

/// # Safety
/// `raw` is NULL or a connection that was not freed.
unsafe fn set_up(
    raw: *mut EvhttpConnection,
    function: &str,
    then: impl FnOnce(ConnectionPtr) -> Result<()>,
) {
    // SAFETY: the caller's word.
    let found = unsafe { asking(raw, function) };
    status(found.and_then(|found| then(found).map_err(|_| misuse(Misuse::InUse, function))));
}

/// Says on which base a connection runs. Without this it is the one that is current when something
/// is asked for the first time.
///
/// @param evcon a connection that is not in use yet; otherwise nothing changes, and errno is EINVAL
/// @param base the base; NULL: the current one
/// @see behaviours 137, 168
///
/// # Safety
/// `evcon` is NULL or a connection that was not freed; `base` is NULL or a base that was not
/// freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhttp_connection_set_base(evcon: *mut EvhttpConnection, base: *mut Base) {
    // SAFETY: the caller's word.
    unsafe {
        let base = BasePtr::from_raw(base);
        set_up(evcon, "evhttp_connection_set_base", |found| client::set_base(found, base));
    }
}

/// Says from which address a connection is made.
///
/// @param evcon a connection that is not in use yet; otherwise nothing changes, and errno is EINVAL
/// @param address an address of this machine, copied. What is none makes evhttp_make_request() fail
/// @see behaviour 168
///
/// # Safety
/// `evcon` is NULL or a connection that was not freed; `address` is NULL or a string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhttp_connection_set_local_address(
    evcon: *mut EvhttpConnection,
    address: *const c_char,
) {
    const FUNCTION: &str = "evhttp_connection_set_local_address";
    // SAFETY: the caller's word.
    let text = unsafe { string(address, FUNCTION) };
    let local = match text {
        Ok(text) => host::local(text, 0).map_or(Local::Wrong, |found| Local::At(found.ip())),
        Err(error) => return set_errno(error),
    };
    // SAFETY: the caller's word.
    unsafe { set_up(evcon, FUNCTION, |found| client::set_local(found, local)) };
}

/// Says from which port a connection is made.
///
/// @param evcon a connection that is not in use yet; otherwise nothing changes, and errno is EINVAL
/// @param port 0: one of the system's choice
/// @see behaviour 168
///
/// # Safety
/// `evcon` is NULL or a connection that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhttp_connection_set_local_port(
    evcon: *mut EvhttpConnection,
    port: c_ushort,
) {
    const FUNCTION: &str = "evhttp_connection_set_local_port";
    // SAFETY: the caller's word.
    unsafe { set_up(evcon, FUNCTION, |found| client::set_local_port(found, port)) };
}

/// How often a connection is tried again that cannot be made, after 2, 4, 8 seconds and so on, an
/// hour at most.
///
/// @param evcon the connection
/// @param retry_max 0: never, the default; less: for ever
/// @see behaviour 161
///
/// # Safety
/// `evcon` is NULL or a connection that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhttp_connection_set_retries(
    evcon: *mut EvhttpConnection,
    retry_max: c_int,
) {
    // SAFETY: the caller's word.
    unsafe {
        with(evcon, "evhttp_connection_set_retries", |client| {
            client.set_retries(retry_max);
            Ok(())
        });
    }
}

/// Asks. The request is the connection's from now on; its callback is called once, by the loop.
///
/// Requests wait for one another; the connection is made, and made again, as needed. The callback
/// gets the request with the reply in it, which is freed afterwards. If there is no connection, or
/// it ends before a byte of the reply has come, response_code is 0; if the reply is not complete,
/// or is none, the callback gets NULL, and the request is freed already. The connection may be
/// freed there, and asked again.
///
/// Host is added when the request is sent, at the end of the round or later, if it is not there
/// then; Content-Length for a body, and for POST. Line ends in the target are escaped.
///
/// @param evcon the connection
/// @param req a request of evhttp_request_new()
/// @param type EVHTTP_REQ_GET, EVHTTP_REQ_POST or EVHTTP_REQ_HEAD
/// @param uri the target, copied
/// @return 0; -1 with why there can be no connection (ENETUNREACH, EADDRNOTAVAIL, EMFILE and the
///   like): the request is the connection's all the same, and waits for the next one; -1 with
///   EINVAL or ENOMEM, and the request stays the caller's (its evcon is NULL)
/// @see behaviours 158 to 165, 203
///
/// # Safety
/// `evcon` is NULL or a connection that was not freed, `req` NULL or a request that was not
/// freed; `uri` is NULL or a string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhttp_make_request(
    evcon: *mut EvhttpConnection,
    req: *mut EvhttpRequest,
    r#type: evhttp_cmd_type,
    uri: *const c_char,
) -> c_int {
    const FUNCTION: &str = "evhttp_make_request";
    // SAFETY: the caller's word.
    let (found, request, target) =
        unsafe { (asking(evcon, FUNCTION), RequestPtr::from_raw(req), string(uri, FUNCTION)) };
    status(found.and_then(|found| {
        let request = request.ok_or_else(|| misuse(Misuse::NullArgument, FUNCTION))?;
        let kind = c_int::try_from(r#type).map_err(|_| Errno::INVAL)?;
        client::ask(found, globals::current(), request, kind, target?)
    }))
}

/// Has a function called for each piece of a reply that comes in chunks, as it comes; then the
/// last callback gets no body. A chunk that is large comes in several pieces.
///
/// @param req the request
/// @param cb called with the piece in input_buffer, which is emptied afterwards; NULL: the body is
///   collected
/// @see behaviour 165
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
