//! `evhub/http_ext.h`: what a server allows, and where it listens.

use super::evdns_config::string;
use super::evhttp_server::{bind, listen, server};
use super::{misuse, status};
use crate::errno::{Errno, Result};
use crate::http::listener::{Listener, ListenerPtr};
use crate::http::server::{Server, ServerPtr};
use crate::layout::evhttp::RequestCallback;
use crate::log::Misuse;
use crate::sys::signal::set_errno;
use crate::sys::socket;
use libc::{ssize_t, timeval};
use std::ffi::{c_char, c_int, c_uint, c_ushort, c_void};
use std::os::fd::IntoRawFd;
use std::ptr;

/// # Safety
/// `raw` is NULL or a server that was not freed.
unsafe fn with(raw: *mut Server, function: &str, then: impl FnOnce(ServerPtr)) {
    // SAFETY: the caller's word.
    status(unsafe { server(raw, function) }.map(then));
}

/// Says whether requests are read as RFC 9112 has it, to the letter: a 1.1 request without Host,
/// one with both Content-Length and Transfer-Encoding, and lines that end without CR are refused, a
/// POST without either has no body, and a method that is not allowed is answered 501. The default
/// is what libevent 1.4 let through, as far as no message can be read in two ways.
///
/// @param http the server
/// @param on 0 or not; for requests to come
/// @see behaviours 143, 145
///
/// # Safety
/// `http` is NULL (EINVAL) or a server that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_http_set_strict(http: *mut Server, on: c_int) {
    // SAFETY: the caller's word.
    unsafe { with(http, "evhub_http_set_strict", |server| server.settings.set_strict(on != 0)) };
}

/// Says which methods reach the program. All others are answered 501 from then on; before this is
/// called GET, POST and HEAD reach it, and others are answered 400.
///
/// @param http the server
/// @param methods EVHUB_HTTP_GET and the like, or'ed. These are libevent 2's bits; its names for
///   them are the numbers of the methods here, as in libevent 1.4
/// @see behaviour 139
///
/// # Safety
/// `http` is NULL (EINVAL) or a server that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_evhttp_set_allowed_methods(http: *mut Server, methods: c_uint) {
    // SAFETY: the caller's word.
    unsafe {
        with(http, "evhttp_set_allowed_methods", |server| server.settings.set_methods(methods));
    }
}

/// How long the heads of requests may be. A first line that is longer is answered 414, a longer
/// head 431. So for the fields behind a body in chunks.
///
/// @param http the server
/// @param max_headers_size bytes, with the first line; less than 0: as many as there is memory for.
///   The default is 1 MiB
/// @see behaviour 139
///
/// # Safety
/// `http` is NULL (EINVAL) or a server that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_evhttp_set_max_headers_size(
    http: *mut Server,
    max_headers_size: ssize_t,
) {
    let most = usize::try_from(max_headers_size).unwrap_or(usize::MAX);
    // SAFETY: the caller's word.
    unsafe {
        with(http, "evhttp_set_max_headers_size", |server| server.settings.set_max_head(most));
    }
}

/// How long the bodies of requests may be. A longer one is answered 413: at once if its length is
/// told, or else when so much has come.
///
/// @param http the server
/// @param max_body_size bytes; less than 0: any number, the default
/// @see behaviour 139
///
/// # Safety
/// `http` is NULL (EINVAL) or a server that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_evhttp_set_max_body_size(http: *mut Server, max_body_size: ssize_t) {
    let most = u64::try_from(max_body_size).ok();
    // SAFETY: the caller's word.
    unsafe { with(http, "evhttp_set_max_body_size", |server| server.settings.set_max_body(most)) };
}

/// How many connections there may be at the same time. Who comes then waits in the backlog, until
/// somebody goes.
///
/// @param http the server
/// @param most at least 1; less: any number, the default. Those that are there stay
///
/// # Safety
/// `http` is NULL (EINVAL) or a server that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_http_set_max_connections(http: *mut Server, most: c_int) {
    let most = usize::try_from(most).ok().filter(|most| *most > 0);
    // SAFETY: the caller's word.
    unsafe {
        with(http, "evhub_http_set_max_connections", |server| {
            server.settings.set_max_connections(most);
            server.has_room();
        });
    }
}

/// Microseconds of a time that C gives. NULL is none of its own.
///
/// # Safety
/// `raw` is NULL or a time.
unsafe fn time(raw: *const timeval) -> Result<Option<u64>> {
    // SAFETY: the caller's word.
    let Some(time) = (unsafe { raw.as_ref() }) else { return Ok(None) };
    let parts = (u64::try_from(time.tv_sec), u64::try_from(time.tv_usec));
    let (Ok(seconds), Ok(rest)) = parts else { return Err(Errno::INVAL) };
    seconds.checked_mul(1_000_000).and_then(|us| us.checked_add(rest)).map(Some).ok_or(Errno::INVAL)
}

/// How long the head of a request may take, from its first byte on, however it drips in. Then it is
/// answered 408.
///
/// @param http the server
/// @param tv the time, copied; zero: for ever; NULL: that of evhttp_set_timeout(), the default
/// @return 0; -1 with EINVAL (NULL server, negative)
/// @see behaviour 147
///
/// # Safety
/// `http` is NULL or a server that was not freed; `tv` is NULL or a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_http_set_head_timeout(
    http: *mut Server,
    tv: *const timeval,
) -> c_int {
    // SAFETY: the caller's word.
    let (server, time) = unsafe { (server(http, "evhub_http_set_head_timeout"), time(tv)) };
    status(server.and_then(|server| {
        server.settings.set_head_time(time?);
        Ok(())
    }))
}

/// How long a connection may wait for the first byte of a request, the first one or another. Then
/// it is closed without a word.
///
/// @param http the server
/// @param tv as for evhub_http_set_head_timeout(); of a connection that waits already it is looked
///   at after its next request
/// @return 0; -1 with EINVAL (NULL server, negative)
/// @see behaviour 147
///
/// # Safety
/// `http` is NULL or a server that was not freed; `tv` is NULL or a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_http_set_idle_timeout(
    http: *mut Server,
    tv: *const timeval,
) -> c_int {
    // SAFETY: the caller's word.
    let (server, time) = unsafe { (server(http, "evhub_http_set_idle_timeout"), time(tv)) };
    status(server.and_then(|server| {
        server.settings.set_idle_time(time?);
        Ok(())
    }))
}

/// Has a function called when the head of a request has come, before its body: what comes of the
/// body can be had as it comes (evhub_http_request_set_body_cb()), be made to wait
/// (evhub_http_request_pause()), or be done without, by answering at once. When the body is
/// complete, and the request has no answer yet, the function of evhttp_set_cb() or
/// evhttp_set_gencb() is called with it, as for any other request; until then the library may free
/// it, if the client goes, which evhub_evhttp_request_set_error_cb() tells of.
///
/// A client that waits for `100 Continue` hears that after the call, unless there is an answer or a
/// pause.
///
/// @param http the server
/// @param path as for evhttp_set_cb(); NULL: requests that no other such function is for
/// @param cb called with the request; NULL takes the function of this path away, or the general one
/// @param arg its last argument; and cb_arg of the request, until the program sets that to
///   something else
/// @return 0; -1 with EINVAL (NULL), ENOMEM or ENOENT (there is none to take away)
/// @see behaviour 141
///
/// # Safety
/// `http` is NULL or a server that was not freed; `path` is NULL or a string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_http_set_head_cb(
    http: *mut Server,
    path: *const c_char,
    cb: RequestCallback,
    arg: *mut c_void,
) -> c_int {
    const FUNCTION: &str = "evhub_http_set_head_cb";
    // SAFETY: the caller's word.
    let found = unsafe { server(http, FUNCTION) };
    status(found.and_then(|server| {
        if path.is_null() {
            server.head_handlers.set_general(cb, arg);
            return Ok(());
        }
        // SAFETY: not NULL, and the caller's word.
        let path = unsafe { string(path, FUNCTION) }?;
        match cb {
            Some(_) => server.head_handlers.add(path, cb, arg),
            None => server.head_handlers.remove(path),
        }
    }))
}

fn made(listener: Result<ListenerPtr>) -> *mut Listener {
    match listener {
        Ok(listener) => listener.as_ptr(),
        Err(error) => {
            set_errno(error);
            ptr::null_mut()
        }
    }
}

/// evhttp_bind_socket(), and which socket that is.
///
/// @return the socket, the server's, until evhub_evhttp_del_accept_socket() or evhttp_free(); NULL
///   with errno as evhttp_bind_socket()
/// @see behaviour 136
///
/// # Safety
/// `http` is NULL or a server that was not freed; `address` is NULL or a string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_evhttp_bind_socket_with_handle(
    http: *mut Server,
    address: *const c_char,
    port: c_ushort,
) -> *mut Listener {
    // SAFETY: the caller's word.
    unsafe {
        let server = server(http, "evhttp_bind_socket_with_handle");
        made(server.and_then(|server| bind(server, address, port)))
    }
}

/// evhttp_accept_socket(), and which socket that is.
///
/// @return as evhub_evhttp_bind_socket_with_handle(); NULL with errno as evhttp_accept_socket()
/// @see behaviours 136, 138
///
/// # Safety
/// `http` is NULL or a server that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_evhttp_accept_socket_with_handle(
    http: *mut Server,
    fd: c_int,
) -> *mut Listener {
    // SAFETY: the caller's word.
    let server = unsafe { server(http, "evhttp_accept_socket_with_handle") };
    made(server.and_then(|server| listen(server, fd)))
}

/// Listens on a path of the file system: on a UNIX socket. Peers have no address there: remote_host
/// is empty, remote_port 0.
///
/// @param http the server
/// @param path where the socket is made. It stays there, and is the program's to unlink
/// @return as evhub_evhttp_bind_socket_with_handle(); NULL with EINVAL (NULL, no base),
///   ENAMETOOLONG, EADDRINUSE (there is something), EACCES and the like
///
/// # Safety
/// `http` is NULL or a server that was not freed; `path` is NULL or a string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_http_bind_unix(
    http: *mut Server,
    path: *const c_char,
) -> *mut Listener {
    const FUNCTION: &str = "evhub_http_bind_unix";
    // SAFETY: the caller's word.
    let (server, path) = unsafe { (server(http, FUNCTION), string(path, FUNCTION)) };
    made(server.and_then(|server| {
        let number = socket::local_listener(path?)?.into_raw_fd();
        listen(server, number).inspect_err(|_| crate::sys::fd::close(number))
    }))
}

/// Closes a socket that a server listens on. The connections that came in on it stay.
///
/// @param http the server
/// @param bound its socket; another server's stays (ENOENT)
///
/// # Safety
/// `http` is NULL (EINVAL) or a server that was not freed; `bound` is NULL (EINVAL) or one that
/// was not closed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_evhttp_del_accept_socket(http: *mut Server, bound: *mut Listener) {
    const FUNCTION: &str = "evhttp_del_accept_socket";
    // SAFETY: the caller's word.
    let (server, listener) = unsafe { (server(http, FUNCTION), listener(bound, FUNCTION)) };
    status(server.and_then(|server| server.stop_listening(listener?)));
}

/// The number of a socket that a server listens on.
///
/// @return the number, which stays the server's; -1 with EINVAL (NULL)
///
/// # Safety
/// `bound` is NULL or one that was not closed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_evhttp_bound_socket_get_fd(bound: *mut Listener) -> c_int {
    // SAFETY: the caller's word.
    let listener = unsafe { listener(bound, "evhttp_bound_socket_get_fd") };
    listener.map_or_else(super::fail, |listener| listener.socket())
}

/// # Safety
/// `raw` is NULL or one that was not closed.
unsafe fn listener(raw: *mut Listener, function: &str) -> Result<ListenerPtr> {
    // SAFETY: the caller's word.
    unsafe { ListenerPtr::from_raw(raw) }.ok_or_else(|| misuse(Misuse::NullArgument, function))
}
