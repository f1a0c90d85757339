//! `evhub/http_ext.h`: asking.

use super::evdns_config::string;
use super::evhttp_client::{made, with};
use super::{misuse, status};
use crate::dns::resolver::Resolver;
use crate::errno::Result;
use crate::event::{Base, BasePtr};
use crate::http::client;
use crate::http::connection::{self, ConnectionPtr};
use crate::layout::call::http::{ErrorCallback, HeaderCallback};
use crate::layout::evhttp::{EvhttpConnection, EvhttpRequest, RequestCallback, RequestPtr};
use crate::layout::registry;
use crate::log::Misuse;
use crate::sys::signal::set_errno;
use libc::ssize_t;
use std::ffi::{c_char, c_int, c_ushort};
use std::ptr;

/// Makes a connection for requests, on a base and with a resolver of one's own.
///
/// @param base the base; NULL: the current one, when something is asked for the first time
/// @param dnsbase a resolver of evhub_evdns_base_new(); NULL: as evhttp_connection_new(). Once it
///   is freed, names are looked up as without it
/// @param address,port as for evhttp_connection_new()
/// @return the connection, to be freed with evhttp_connection_free(); NULL with EINVAL or ENOMEM
///
/// # Safety
/// `base` and `dnsbase` are NULL or were not freed; `address` is NULL or a string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_evhttp_connection_base_new(
    base: *mut Base,
    dnsbase: *mut Resolver,
    address: *const c_char,
    port: c_ushort,
) -> *mut EvhttpConnection {
    const FUNCTION: &str = "evhttp_connection_base_new";
    let is_it = |entry: &registry::Entry| entry.resolver.as_ptr() == dnsbase;
    let resolver = match registry::find(is_it) {
        None if !dnsbase.is_null() => Err(misuse(Misuse::WrongObject, FUNCTION)),
        found => Ok(found),
    };
    // SAFETY: the caller's word.
    let (base, name) = unsafe { (BasePtr::from_raw(base), string(address, FUNCTION)) };
    made(resolver.and_then(|resolver| client::new(base, resolver, name?, port)))
}

/// Makes a connection for requests to a UNIX socket.
///
/// @param base the base; NULL: the current one, when something is asked for the first time
/// @param path where the server listens; copied. What evhttp_connection_get_peer() gives, with
///   port 0; the requests' Host is "localhost"
/// @return the connection, to be freed with evhttp_connection_free(); NULL with EINVAL or ENOMEM
///
/// # Safety
/// `base` is NULL or was not freed; `path` is NULL or a string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_http_connection_unix_new(
    base: *mut Base,
    path: *const c_char,
) -> *mut EvhttpConnection {
    // SAFETY: the caller's word.
    let (base, path) =
        unsafe { (BasePtr::from_raw(base), string(path, "evhub_http_connection_unix_new")) };
    made(path.and_then(|path| client::new_local(base, path)))
}

/// The base that a connection runs on.
///
/// @return the base; NULL if there is none yet, or with EINVAL (NULL)
///
/// # Safety
/// `conn` is NULL or a connection that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_evhttp_connection_get_base(
    conn: *mut EvhttpConnection,
) -> *mut Base {
    // SAFETY: the caller's word.
    let Some(found) = (unsafe { ConnectionPtr::from_raw(conn) }) else {
        set_errno(misuse(Misuse::NullArgument, "evhttp_connection_get_base"));
        return ptr::null_mut();
    };
    found.wire.base().map_or(ptr::null_mut(), BasePtr::as_ptr)
}

/// How long the heads of replies may be. A longer one is no reply.
///
/// @param evcon a connection of evhttp_connection_new()
/// @param new_max_headers_size bytes, with the status line and all 1xx replies before it; less than
///   0: as many as there is memory for. The default is 1 MiB
///
/// # Safety
/// `evcon` is NULL (EINVAL) or a connection that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_evhttp_connection_set_max_headers_size(
    evcon: *mut EvhttpConnection,
    new_max_headers_size: ssize_t,
) {
    let most = usize::try_from(new_max_headers_size).unwrap_or(usize::MAX);
    // SAFETY: the caller's word.
    unsafe {
        with(evcon, "evhttp_connection_set_max_headers_size", |client| {
            client.set_max_head(most);
            Ok(())
        });
    }
}

/// How long the bodies of replies may be. With a longer one there is no reply, and the reason is
/// EVREQ_HTTP_DATA_TOO_LONG: at once if its length is told, or else when so much has come.
///
/// @param evcon a connection of evhttp_connection_new()
/// @param new_max_body_size bytes; less than 0: any number, the default
///
/// # Safety
/// `evcon` is NULL (EINVAL) or a connection that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_evhttp_connection_set_max_body_size(
    evcon: *mut EvhttpConnection,
    new_max_body_size: ssize_t,
) {
    let most = u64::try_from(new_max_body_size).ok();
    // SAFETY: the caller's word.
    unsafe {
        with(evcon, "evhttp_connection_set_max_body_size", |client| {
            client.set_max_body(most);
            Ok(())
        });
    }
}

/// Has requests asked once more whose connection has ended before a byte of a reply has come.
/// Servers close idle connections at any time, also while a request is on its way to them. Off by
/// default: then such a request gets code 0.
///
/// @param evcon a connection of evhttp_connection_new()
/// @param on not 0: requests without a body, of methods that may be repeated (GET, HEAD, PUT,
///   DELETE, OPTIONS, TRACE), over connections that had been used before
///
/// # Safety
/// `evcon` is NULL (EINVAL) or a connection that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_http_connection_set_ask_again(
    evcon: *mut EvhttpConnection,
    on: c_int,
) {
    // SAFETY: the caller's word.
    unsafe {
        with(evcon, "evhub_http_connection_set_ask_again", |client| {
            client.set_asks_again(on != 0);
            Ok(())
        });
    }
}

/// Ends a request that was asked. None of its callbacks is called any more, and it is freed; in its
/// own callbacks it is there until they return. If it is on its way, its connection ends, and the
/// next one is asked over a new one.
///
/// @param req a request that evhttp_make_request() has taken and whose callback was not called yet;
///   otherwise nothing happens, and errno is EINVAL or ENOENT
///
/// # Safety
/// `req` is NULL or a request that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_evhttp_cancel_request(req: *mut EvhttpRequest) {
    // SAFETY: the caller's word.
    let found = unsafe { request(req, "evhttp_cancel_request") };
    status(found.and_then(client::cancel));
}

/// # Safety
/// `raw` is NULL or a request that was not freed.
unsafe fn request(raw: *mut EvhttpRequest, function: &str) -> Result<RequestPtr> {
    // SAFETY: the caller's word.
    unsafe { RequestPtr::from_raw(raw) }.ok_or_else(|| misuse(Misuse::NullArgument, function))
}

/// # Safety
/// `raw` is NULL or a request that was not freed.
unsafe fn with_request(raw: *mut EvhttpRequest, function: &str, then: impl FnOnce(RequestPtr)) {
    // SAFETY: the caller's word.
    status(unsafe { request(raw, function) }.map(then));
}

/// Has a function called if there is no reply, before the request's callback. It may free the
/// connection.
///
/// A request that came to a server: the function is called if the client goes, or its body is not
/// complete, before all of the answer has left. One that the program has to answer is still to be
/// answered then; any other is freed when the function returns. A client that has said its last
/// byte while the program has the request is taken for one that has gone.
///
/// @param req a request of evhttp_request_new(), or one that came to a server
/// @param cb called with the reason and the argument of the request's callback (of a request that
///   came to a server: its cb_arg); NULL: nobody
///
/// # Safety
/// `req` is NULL (EINVAL) or a request that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_evhttp_request_set_error_cb(
    req: *mut EvhttpRequest,
    cb: ErrorCallback,
) {
    // SAFETY: the caller's word.
    unsafe { with_request(req, "evhttp_request_set_error_cb", |found| found.error_cb.set(cb)) };
}

/// Has a function called when the head of the reply has come, and nothing of its body was passed
/// on: response_code and input_headers are there.
///
/// @param req a request of evhttp_request_new()
/// @param cb returns 0; less if the reply is not wanted, which ends it with
///   EVREQ_HTTP_REQUEST_CANCEL, and its callback gets NULL. NULL: nobody is called
///
/// # Safety
/// `req` is NULL (EINVAL) or a request that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_evhttp_request_set_header_cb(
    req: *mut EvhttpRequest,
    cb: HeaderCallback,
) {
    // SAFETY: the caller's word.
    unsafe { with_request(req, "evhttp_request_set_header_cb", |found| found.header_cb.set(cb)) };
}

/// Keeps a request when its callback has returned: it is to be freed with evhttp_request_free().
///
/// @param req a request whose callback runs, or was not called yet. One that fails is freed all the
///   same where the callback gets NULL
///
/// # Safety
/// `req` is NULL (EINVAL) or a request that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_evhttp_request_own(req: *mut EvhttpRequest) {
    // SAFETY: the caller's word.
    unsafe { with_request(req, "evhttp_request_own", |found| found.is_owned.set(true)) };
}

/// Was evhub_evhttp_request_own() called with it?
///
/// @return 1 or 0; -1 with EINVAL (NULL)
///
/// # Safety
/// `req` is NULL or a request that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_evhttp_request_is_owned(req: *mut EvhttpRequest) -> c_int {
    // SAFETY: the caller's word.
    match unsafe { request(req, "evhttp_request_is_owned") } {
        Ok(found) => c_int::from(found.is_owned.get()),
        Err(error) => super::fail(error),
    }
}

/// Has a function called for each piece of the body of a reply, however it comes: by its length,
/// in chunks, or until the end; then the last callback gets no body. What
/// evhttp_request_set_chunked_cb() has set is not called.
///
/// So for the body of a request that came to a server, in what evhub_http_set_head_cb() has called
/// for it: its handler is called when the body is complete, and gets none.
///
/// @param req a request of evhttp_request_new(), or one that came to a server
/// @param cb called with the piece in input_buffer, which is emptied afterwards; NULL: the body is
///   collected
/// @see evhub_http_request_pause()
///
/// # Safety
/// `req` is NULL (EINVAL) or a request that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_http_request_set_body_cb(
    req: *mut EvhttpRequest,
    cb: RequestCallback,
) {
    // SAFETY: the caller's word.
    unsafe { with_request(req, "evhub_http_request_set_body_cb", |found| found.body_cb.set(cb)) };
}

/// Takes no more of a reply for now, or of the body of a request that came to a server: none of
/// the request's callbacks is called, nothing is read, and so the other side has to wait. The time
/// that the connection may make no progress does not run meanwhile. In callbacks of pieces, or at
/// any time.
///
/// @param req a request that evhttp_make_request() has taken, or that came to a server
/// @return 0; -1 with EINVAL (NULL) or ENOENT (no connection has it)
///
/// # Safety
/// `req` is NULL or a request that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_http_request_pause(req: *mut EvhttpRequest) -> c_int {
    // SAFETY: the caller's word.
    let found = unsafe { request(req, "evhub_http_request_pause") };
    status(found.and_then(|found| connection::pause(found, true)))
}

/// Goes on with what was paused, from the loop.
///
/// @param req a request that evhub_http_request_pause() was called with; otherwise nothing changes
/// @return 0; -1 with EINVAL (NULL) or ENOENT (no connection has it)
///
/// # Safety
/// `req` is NULL or a request that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_http_request_resume(req: *mut EvhttpRequest) -> c_int {
    // SAFETY: the caller's word.
    let found = unsafe { request(req, "evhub_http_request_resume") };
    status(found.and_then(|found| connection::pause(found, false)))
}
