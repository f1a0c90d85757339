//! Functions on requests that programs declare themselves and call, although no header of
//! libevent 1.4's declares them (behaviour 200).

use super::evhttp_connection::connection;
use super::evhttp_request::{answered, request};
use super::evhttp_server::{base_of, server};
use super::{misuse, status};
use crate::errno::{Errno, Result};
use crate::http::connection::{ConnectionPtr, NOWHERE};
use crate::http::server::Server;
use crate::http::{Refusal, exchange, pages, pieces, serving};
use crate::layout::call::http::CloseCallback;
use crate::layout::evbuffer::{BufferPtr, Evbuffer};
use crate::layout::evhttp::{EvhttpConnection, EvhttpRequest, RequestPtr};
use crate::log::Misuse;
use crate::sys::signal::set_errno;
use crate::sys::{address, fd};
use std::ffi::{c_char, c_int, c_void};

/// `enum message_read_status`.
const WHOLE: c_int = 1;
const INCOMPLETE: c_int = 0;
const CORRUPTED: c_int = -1;

/// Says the status of the reply to a request. It is sent by what answers.
///
/// @param req,code,reason as for evhttp_send_reply()
/// @see behaviours 197, 200
///
/// # Safety
/// `req` is NULL (EINVAL) or a request that was not freed; `reason` is NULL or a string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhttp_response_code(
    req: *mut EvhttpRequest,
    code: c_int,
    reason: *const c_char,
) {
    // SAFETY: the caller's word.
    if let Some((found, reason)) = unsafe { answered(req, reason, "evhttp_response_code") } {
        status(exchange::set_status(found, code, reason));
    }
}

/// Answers with a page, as the status that was said, or as 200, and ends the connection. Headers
/// that were added are not sent.
///
/// @param req a request that has no answer yet; it is the library's from then on
/// @param databuf the page, HTML, which is moved
/// @see behaviours 152, 196, 200
///
/// # Safety
/// `req` is NULL (EINVAL) or a request that was not freed; `databuf` is NULL or a buffer that was
/// not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhttp_send_page(req: *mut EvhttpRequest, databuf: *mut Evbuffer) {
    // SAFETY: the caller's word.
    let (found, page) = unsafe { (request(req, "evhttp_send_page"), BufferPtr::from_raw(databuf)) };
    status(found.map(|found| pages::page(found, page)));
}

/// # Safety
/// `req` is NULL or a request, `buffer` NULL or a buffer; neither was freed.
unsafe fn parsed(
    req: *mut EvhttpRequest,
    buffer: *mut Evbuffer,
    function: &str,
    parse: impl FnOnce(RequestPtr, BufferPtr) -> std::result::Result<bool, Refusal>,
) -> c_int {
    // SAFETY: the caller's word.
    let (found, input) = unsafe { (request(req, function), BufferPtr::from_raw(buffer)) };
    let input = input.ok_or_else(|| misuse(Misuse::NullArgument, function));
    match found.and_then(|found| Ok((found, input?))) {
        Ok((found, input)) => match parse(found, input) {
            Ok(true) => WHOLE,
            Ok(false) => INCOMPLETE,
            Err(_) => CORRUPTED,
        },
        Err(error) => {
            set_errno(error);
            CORRUPTED
        }
    }
}

/// Reads the first line of a message: of a request or of a reply, as `kind` of the request says.
///
/// @param req gets what the line says
/// @param buffer begins with the line, which is taken out
/// @return 1; 0 if there is no whole line yet, and nothing is taken; -1 if it is no such line, or
///   with EINVAL (NULL)
/// @see behaviours 139, 164, 200
///
/// # Safety
/// `req` is NULL or a request, `buffer` NULL or a buffer; neither was freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhttp_parse_firstline(
    req: *mut EvhttpRequest,
    buffer: *mut Evbuffer,
) -> c_int {
    // SAFETY: the caller's word.
    unsafe { parsed(req, buffer, "evhttp_parse_firstline", pieces::first_line) }
}

/// Reads the headers of a message, and the empty line behind them.
///
/// @param req gets them, in input_headers
/// @param buffer begins with the headers, which are taken out
/// @return 1; 0 if they are not complete yet, and nothing is taken; -1 if there is something else,
///   or with EINVAL (NULL)
/// @see behaviours 140, 200
///
/// # Safety
/// `req` is NULL or a request, `buffer` NULL or a buffer; neither was freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhttp_parse_headers(
    req: *mut EvhttpRequest,
    buffer: *mut Evbuffer,
) -> c_int {
    // SAFETY: the caller's word.
    unsafe { parsed(req, buffer, "evhttp_parse_headers", pieces::fields) }
}

/// Serves a connection that a program has accepted.
///
/// @param http the server
/// @param fd the connection's socket, which is the server's from then on
/// @param sa,salen who is at the other end
/// @see behaviour 200
///
/// # Safety
/// `http` is NULL (EINVAL) or a server that was not freed; `sa` is NULL or has `salen` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhttp_get_request(
    http: *mut Server,
    fd: c_int,
    sa: *mut libc::sockaddr,
    salen: libc::socklen_t,
) {
    // SAFETY: the caller's word.
    let (found, peer) =
        unsafe { (server(http, "evhttp_get_request"), address::from_raw(sa, salen)) };
    let served = found.and_then(|found| {
        fd::set_nonblocking(fd)?;
        // SAFETY: open, and by the caller's word nobody else's from now on.
        let socket = unsafe { fd::adopted(fd) };
        serving::open(found, base_of(found)?, socket, peer.unwrap_or(NOWHERE))
    });
    status(served);
}

/// # Safety
/// As `connection`: one of a server's is wanted.
unsafe fn serving_one(raw: *mut EvhttpConnection, function: &str) -> Result<ConnectionPtr> {
    // SAFETY: the caller's word.
    let found = unsafe { connection(raw, function) }?;
    found.serving().map(|_| found).ok_or_else(|| misuse(Misuse::WrongObject, function))
}

/// Writes head and body of a reply, of which the status was said (evhttp_response_code()), to what
/// a connection is to send. evhttp_write_buffer() sends it.
///
/// @param evcon a server's connection
/// @param req the request, which stays the program's
/// @see behaviours 148, 200
///
/// # Safety
/// `evcon` is NULL (EINVAL) or a connection, `req` NULL (EINVAL) or a request; neither was freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhttp_make_header(evcon: *mut EvhttpConnection, req: *mut EvhttpRequest) {
    const FUNCTION: &str = "evhttp_make_header";
    // SAFETY: the caller's word.
    let (found, request) = unsafe { (serving_one(evcon, FUNCTION), request(req, FUNCTION)) };
    status(found.and_then(|found| exchange::write_reply(request?, found)));
}

/// Sends what a connection has to send.
///
/// @param evcon a server's connection
/// @param cb called when all of it has left, unless the client goes before; NULL: nobody
/// @param arg its last argument
/// @see behaviour 200
///
/// # Safety
/// `evcon` is NULL (EINVAL) or a connection that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhttp_write_buffer(
    evcon: *mut EvhttpConnection,
    cb: CloseCallback,
    arg: *mut c_void,
) {
    // SAFETY: the caller's word.
    let found = unsafe { serving_one(evcon, "evhttp_write_buffer") };
    status(found.map(|found| {
        if let Some(serving) = found.serving() {
            serving.when_sent(cb, arg);
        }
        found.wire.queue();
    }));
}

/// Reads from a connection. Servers do that by themselves, so this changes nothing; the time
/// without progress begins anew.
///
/// @param evcon a server's connection
/// @see behaviour 200
///
/// # Safety
/// `evcon` is NULL (EINVAL) or a connection that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhttp_start_read(evcon: *mut EvhttpConnection) {
    // SAFETY: the caller's word.
    let found = unsafe { serving_one(evcon, "evhttp_start_read") };
    status(found.and_then(|found| match found.wire.socket() {
        -1 => Err(Errno::BADF),
        _ => found.wire.watch_input(),
    }));
}
