//! `evhub/http_ext.h`: what a request says, and answers that leave piece by piece.

use super::evhttp_request::{answered, request};
use super::{misuse, status};
use crate::errno::{Errno, Result};
use crate::http::exchange;
use crate::layout::call::http::CloseCallback;
use crate::layout::evbuffer::{BufferPtr, Evbuffer};
use crate::layout::evhttp::{EvhttpRequest, RequestCallback, RequestPtr, Stage};
use crate::layout::keyval::Evkeyvalq;
use crate::log::Misuse;
use crate::sys::fd;
use crate::sys::signal::set_errno;
use std::ffi::{c_char, c_int, c_uint, c_void};
use std::ops::Range;
use std::ptr;

/// `enum evhttp_cmd_type`, whatever number it is.
#[allow(non_camel_case_types, reason = "the name that C has")]
type evhttp_cmd_type = c_uint;

/// What a request has; `other` and `errno` if there is none.
///
/// # Safety
/// `raw` is NULL or a request that was not freed.
unsafe fn of<T>(
    raw: *const EvhttpRequest,
    function: &str,
    other: T,
    get: impl FnOnce(RequestPtr) -> T,
) -> T {
    // SAFETY: the caller's word.
    match unsafe { request(raw.cast_mut(), function) } {
        Ok(request) => get(request),
        Err(error) => {
            set_errno(error);
            other
        }
    }
}

/// The target of a request.
///
/// @return a string of the request's; NULL with EINVAL (NULL)
///
/// # Safety
/// `req` is NULL or a request that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_evhttp_request_get_uri(req: *const EvhttpRequest) -> *const c_char {
    // SAFETY: the caller's word.
    unsafe { of(req, "evhttp_request_get_uri", ptr::null(), |found| found.uri.get().cast_const()) }
}

/// The method of a request.
///
/// @return the number: EVHTTP_REQ_GET and the like; EVHTTP_REQ_GET with EINVAL (NULL)
///
/// # Safety
/// `req` is NULL or a request that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_evhttp_request_get_command(
    req: *const EvhttpRequest,
) -> evhttp_cmd_type {
    // SAFETY: the caller's word.
    unsafe { of(req, "evhttp_request_get_command", 0, |found| found.r#type.get().unsigned_abs()) }
}

/// The status of a reply.
///
/// @return the status; 0 if there is none yet, or with EINVAL (NULL)
///
/// # Safety
/// `req` is NULL or a request that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_evhttp_request_get_response_code(
    req: *const EvhttpRequest,
) -> c_int {
    // SAFETY: the caller's word.
    unsafe { of(req, "evhttp_request_get_response_code", 0, |found| found.response_code.get()) }
}

/// The words of a reply's status.
///
/// @return a string of the request's; NULL if there is none, or with EINVAL (NULL)
///
/// # Safety
/// `req` is NULL or a request that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_evhttp_request_get_response_code_line(
    req: *const EvhttpRequest,
) -> *const c_char {
    const FUNCTION: &str = "evhttp_request_get_response_code_line";
    // SAFETY: the caller's word.
    unsafe { of(req, FUNCTION, ptr::null(), |found| found.response_code_line.get().cast_const()) }
}

/// The headers that have come: of the request in a server, of the reply in a client.
///
/// @return a list of the request's; NULL with EINVAL (NULL). So for all that follow
///
/// # Safety
/// `req` is NULL or a request that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_evhttp_request_get_input_headers(
    req: *mut EvhttpRequest,
) -> *mut Evkeyvalq {
    const FUNCTION: &str = "evhttp_request_get_input_headers";
    // SAFETY: the caller's word.
    unsafe { of(req, FUNCTION, ptr::null_mut(), |found| found.input_headers.get()) }
}

/// The headers that are to be sent, or were.
///
/// # Safety
/// `req` is NULL or a request that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_evhttp_request_get_output_headers(
    req: *mut EvhttpRequest,
) -> *mut Evkeyvalq {
    const FUNCTION: &str = "evhttp_request_get_output_headers";
    // SAFETY: the caller's word.
    unsafe { of(req, FUNCTION, ptr::null_mut(), |found| found.output_headers.get()) }
}

/// The body that has come.
///
/// # Safety
/// `req` is NULL or a request that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_evhttp_request_get_input_buffer(
    req: *mut EvhttpRequest,
) -> *mut Evbuffer {
    const FUNCTION: &str = "evhttp_request_get_input_buffer";
    // SAFETY: the caller's word.
    unsafe { of(req, FUNCTION, ptr::null_mut(), |found| found.input_buffer.get()) }
}

/// The body that is to be sent.
///
/// # Safety
/// `req` is NULL or a request that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_evhttp_request_get_output_buffer(
    req: *mut EvhttpRequest,
) -> *mut Evbuffer {
    const FUNCTION: &str = "evhttp_request_get_output_buffer";
    // SAFETY: the caller's word.
    unsafe { of(req, FUNCTION, ptr::null_mut(), |found| found.output_buffer.get()) }
}

/// The host that a request that came to a server is for, without a port: that of its target, if
/// that is a whole URI, or else that of Host.
///
/// @return a string of the request's, until this is called again; NULL if there is none, with
///   EINVAL (NULL) or with ENOMEM
///
/// # Safety
/// `req` is NULL or a request that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_evhttp_request_get_host(req: *mut EvhttpRequest) -> *const c_char {
    // SAFETY: the caller's word.
    unsafe {
        of(req, "evhttp_request_get_host", ptr::null(), |found| {
            let host = exchange::host(found);
            let kept = host.and_then(|host| host.map(|host| found.keep_host(&host)).transpose());
            match kept {
                Ok(host) => host.unwrap_or(ptr::null()),
                Err(error) => {
                    set_errno(error);
                    ptr::null()
                }
            }
        })
    }
}

/// Has a function called when the answer to a request has left, all of it, as the last thing before
/// the request is freed. If the client goes before that it is not called.
///
/// Requests that come after it on its connection wait for that.
///
/// @param req a request that came to a server, and has no answer yet
/// @param cb called with the request; NULL: nobody
/// @param cb_arg its last argument
/// @see evhub_evhttp_request_set_error_cb()
///
/// # Safety
/// `req` is NULL (EINVAL) or a request that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_evhttp_request_set_on_complete_cb(
    req: *mut EvhttpRequest,
    cb: RequestCallback,
    cb_arg: *mut c_void,
) {
    // SAFETY: the caller's word.
    let found = unsafe { request(req, "evhttp_request_set_on_complete_cb") };
    status(found.map(|found| {
        found.complete_cb.set(cb);
        found.complete_arg.set(cb_arg);
    }));
}

/// evhttp_send_reply_chunk(), and a function that is called when the piece has left, and all that
/// was sent before it: then it is time for the next piece.
///
/// @param req,databuf as for evhttp_send_reply_chunk()
/// @param cb called once, by the loop, with the connection, which it may close; there is one such
///   function at a time for a connection. It is not called if the client goes. NULL: nobody
/// @param arg its last argument
/// @return 0; -1 with EINVAL (NULL, no answer was begun) or ENOTCONN (the client has gone, and the
///   piece stays in `databuf`)
/// @see behaviours 153, 198
///
/// # Safety
/// `req` is NULL or a request that was not freed; `databuf` is NULL or a buffer that was not
/// freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_http_send_reply_chunk_with_cb(
    req: *mut EvhttpRequest,
    databuf: *mut Evbuffer,
    cb: CloseCallback,
    arg: *mut c_void,
) -> c_int {
    const FUNCTION: &str = "evhub_http_send_reply_chunk_with_cb";
    // SAFETY: the caller's word.
    let (found, data) = unsafe { (request(req, FUNCTION), BufferPtr::from_raw(databuf)) };
    let data: Result<BufferPtr> = data.ok_or_else(|| misuse(Misuse::NullArgument, FUNCTION));
    status(found.and_then(|found| exchange::chunk_with(found, data?, cb, arg)))
}

/// Answers with a part of a file, which the system sends by itself where it can.
///
/// @param req,code,reason as for evhttp_send_reply()
/// @param fd a regular file, which is the library's from then on: it is closed when it was sent.
///   Its position stays as it is
/// @param offset where the part begins
/// @param length how many bytes it has; less than 0: up to the end. If the file becomes shorter
///   before it was sent, the connection is cut off
/// @return 0, also if the client has gone; -1 with EINVAL (NULL, an answer already, no regular
///   file, no such part) or EBADF: then request and file stay the caller's
/// @see behaviours 148, 149
///
/// # Safety
/// `req` is NULL or a request that was not freed; `reason` is NULL or a string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_http_send_reply_file(
    req: *mut EvhttpRequest,
    code: c_int,
    reason: *const c_char,
    fd: c_int,
    offset: i64,
    length: i64,
) -> c_int {
    // SAFETY: the caller's word.
    let Some((found, reason)) = (unsafe { answered(req, reason, "evhub_http_send_reply_file") })
    else {
        return -1;
    };
    let part = match part_of(fd, offset, length) {
        Ok(part) if found.stage.get() == Stage::Open => part,
        Ok(_) => return super::fail(Errno::INVAL),
        Err(error) => return super::fail(error),
    };
    // SAFETY: open, and by the caller's word nobody else's from now on.
    let file = unsafe { fd::adopted(fd) };
    status(exchange::reply_file(found, code, reason, file, part))
}

fn part_of(fd: c_int, offset: i64, length: i64) -> Result<Range<i64>> {
    let size = fd::size_of_file(fd)?;
    let end = if length < 0 { Some(size) } else { offset.checked_add(length) };
    let end = end.filter(|end| (0..=size).contains(end)).ok_or(Errno::INVAL)?;
    if (0..=end).contains(&offset) { Ok(offset..end) } else { Err(Errno::INVAL) }
}
