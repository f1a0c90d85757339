//! `evhttp.h`: requests, and answers to them.

use super::evdns_config::string;
use super::misuse;
use crate::errno::Result;
use crate::http::client;
use crate::http::{exchange, pages};
use crate::layout::evbuffer::{BufferPtr, Evbuffer};
use crate::layout::evhttp::{EvhttpConnection, EvhttpRequest, RequestCallback, RequestPtr};
use crate::log::Misuse;
use crate::sys::signal::set_errno;
use std::ffi::{c_char, c_int, c_void};
use std::ptr;

/// # Safety
/// `raw` is NULL or a request that was not freed.
pub unsafe fn request(raw: *mut EvhttpRequest, function: &str) -> Result<RequestPtr> {
    // SAFETY: the caller's word.
    unsafe { RequestPtr::from_raw(raw) }.ok_or_else(|| misuse(Misuse::NullArgument, function))
}

/// Makes a request, to be sent by evhttp_make_request().
///
/// @param cb called with the reply
/// @param arg its last argument
/// @return the request; NULL with ENOMEM
#[unsafe(no_mangle)]
pub extern "C" fn evhttp_request_new(cb: RequestCallback, arg: *mut c_void) -> *mut EvhttpRequest {
    RequestPtr::create(cb, arg).map_or_else(
        |error| {
            set_errno(error);
            ptr::null_mut()
        },
        RequestPtr::as_ptr,
    )
}

/// Frees a request that nobody else has: one that was not sent, or that a program has kept.
///
/// @param req a request; NULL is fine
///
/// # Safety
/// `req` is NULL or a request that was not freed, and that no connection has.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhttp_request_free(req: *mut EvhttpRequest) {
    // SAFETY: the caller's word.
    if let Some(request) = unsafe { RequestPtr::from_raw(req) }
        && client::cancel(request).is_err()
    {
        request.dispose();
    }
}

/// The target of a request, as it came.
///
/// @return a string of the request's; NULL with EINVAL
///
/// # Safety
/// `req` is NULL or a request that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhttp_request_uri(req: *mut EvhttpRequest) -> *const c_char {
    // SAFETY: the caller's word.
    match unsafe { request(req, "evhttp_request_uri") } {
        Ok(request) => request.uri.get(),
        Err(error) => {
            set_errno(error);
            ptr::null()
        }
    }
}

/// The connection of a request.
///
/// @return the connection; NULL if the client has gone, or with EINVAL
///
/// # Safety
/// `req` is NULL or a request that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhttp_request_get_connection(
    req: *mut EvhttpRequest,
) -> *mut EvhttpConnection {
    // SAFETY: the caller's word.
    match unsafe { request(req, "evhttp_request_get_connection") } {
        Ok(request) => request.evcon.get(),
        Err(error) => {
            set_errno(error);
            ptr::null_mut()
        }
    }
}

/// # Safety
/// `req` is NULL or a request that was not freed; `reason` is NULL or a string.
pub unsafe fn answered<'a>(
    req: *mut EvhttpRequest,
    reason: *const c_char,
    function: &str,
) -> Option<(RequestPtr, &'a [u8])> {
    // SAFETY: the caller's word.
    let found = unsafe { request(req, function) };
    let reason = if reason.is_null() {
        Ok(&b""[..])
    } else {
        // SAFETY: not NULL, and the caller's word.
        unsafe { string(reason, function) }
    };
    match found.and_then(|request| Ok((request, reason?))) {
        Ok(both) => Some(both),
        Err(error) => {
            set_errno(error);
            None
        }
    }
}

/// Answers a request, which is the library's from then on. At any time: inside the function that
/// was called with it, or later. If the client has gone, the request is just freed.
///
/// @param req a request that has no answer yet
/// @param code the status
/// @param reason its words; line ends in them become spaces. NULL: none
/// @param databuf the body, which is moved; NULL: none. To HEAD and with codes that have no body
///   it is left out
/// @see behaviours 148, 149, 151
///
/// # Safety
/// `req` is NULL or a request that was not freed; `reason` is NULL or a string; `databuf` is
/// NULL or a buffer that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhttp_send_reply(
    req: *mut EvhttpRequest,
    code: c_int,
    reason: *const c_char,
    databuf: *mut Evbuffer,
) {
    // SAFETY: the caller's word.
    let (found, body) =
        unsafe { (answered(req, reason, "evhttp_send_reply"), BufferPtr::from_raw(databuf)) };
    if let Some((request, reason)) = found {
        exchange::reply(request, code, reason, body);
    }
}

/// Answers with a page that names the status, and ends the connection.
///
/// @param req,error,reason as for evhttp_send_reply()
/// @see behaviour 152
///
/// # Safety
/// `req` is NULL or a request that was not freed; `reason` is NULL or a string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhttp_send_error(
    req: *mut EvhttpRequest,
    error: c_int,
    reason: *const c_char,
) {
    // SAFETY: the caller's word.
    if let Some((request, reason)) = unsafe { answered(req, reason, "evhttp_send_error") } {
        pages::error(request, error, reason);
    }
}

/// Begins an answer whose body comes piece by piece.
///
/// @param req,code,reason as for evhttp_send_reply()
/// @see behaviours 153, 154, 198
///
/// # Safety
/// `req` is NULL or a request that was not freed; `reason` is NULL or a string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhttp_send_reply_start(
    req: *mut EvhttpRequest,
    code: c_int,
    reason: *const c_char,
) {
    // SAFETY: the caller's word.
    if let Some((request, reason)) = unsafe { answered(req, reason, "evhttp_send_reply_start") } {
        exchange::start(request, code, reason);
    }
}

/// Sends a piece of the body.
///
/// @param req a request whose answer was begun
/// @param databuf the piece, which is moved; it stays if the client has gone. An empty one is
///   nothing
/// @see behaviours 153, 198
///
/// # Safety
/// `req` is NULL or a request that was not freed; `databuf` is NULL or a buffer that was not
/// freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhttp_send_reply_chunk(req: *mut EvhttpRequest, databuf: *mut Evbuffer) {
    const FUNCTION: &str = "evhttp_send_reply_chunk";
    // SAFETY: the caller's word.
    let (request, data) = unsafe { (request(req, FUNCTION), BufferPtr::from_raw(databuf)) };
    match request.and_then(|request| {
        Ok((request, data.ok_or_else(|| misuse(Misuse::NullArgument, FUNCTION))?))
    }) {
        Ok((request, data)) => exchange::chunk(request, data),
        Err(error) => set_errno(error),
    }
}

/// Ends an answer that came piece by piece. The request is the library's from then on.
///
/// @param req a request whose answer was begun
/// @see behaviour 154
///
/// # Safety
/// `req` is NULL or a request that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhttp_send_reply_end(req: *mut EvhttpRequest) {
    // SAFETY: the caller's word.
    match unsafe { request(req, "evhttp_send_reply_end") } {
        Ok(request) => exchange::end(request),
        Err(error) => set_errno(error),
    }
}
