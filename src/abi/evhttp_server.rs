//! `evhttp.h`: servers.

use super::evdns_config::string;
use super::{current, misuse, status};
use crate::errno::{Errno, Result};
use crate::event::{Base, BasePtr};
use crate::globals;
use crate::http::listener::ListenerPtr;
use crate::http::server::{self, Server, ServerPtr};
use crate::layout::evhttp::RequestCallback;
use crate::log::Misuse;
use crate::sys::signal::set_errno;
use crate::sys::{host, socket};
use std::ffi::{c_char, c_int, c_ushort, c_void};
use std::os::fd::IntoRawFd;
use std::ptr;

/// # Safety
/// `raw` is NULL or a server that was not freed.
pub unsafe fn server(raw: *mut Server, function: &str) -> Result<ServerPtr> {
    // SAFETY: the caller's word.
    unsafe { ServerPtr::from_raw(raw) }.ok_or_else(|| misuse(Misuse::NullArgument, function))
}

fn made(result: Result<ServerPtr>) -> *mut Server {
    match result {
        Ok(server) => server.as_ptr(),
        Err(error) => {
            set_errno(error);
            ptr::null_mut()
        }
    }
}

/// Makes a server.
///
/// @param base the base that it runs on; NULL: the current one, at the time of the first socket
/// @return the server, to be freed with evhttp_free(); NULL with ENOMEM
/// @see behaviour 137
///
/// # Safety
/// `base` is NULL or a base that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhttp_new(base: *mut Base) -> *mut Server {
    // SAFETY: the caller's word.
    made(server::create(unsafe { BasePtr::from_raw(base) }))
}

/// Makes a server that listens.
///
/// @param address,port as for evhttp_bind_socket()
/// @return the server, on the current base; NULL with errno as evhttp_bind_socket()
/// @see behaviour 137
///
/// # Safety
/// `address` is NULL or a string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhttp_start(address: *const c_char, port: c_ushort) -> *mut Server {
    let result = server::create(None).and_then(|server| {
        // SAFETY: the caller's word.
        let bound = unsafe { bind(server, address, port) };
        bound.inspect_err(|_| server::free(server)).map(|_| server)
    });
    made(result)
}

/// Listens on an address as well.
///
/// @param http the server
/// @param address an address or a name of this machine; NULL or "0.0.0.0": all of IPv4
/// @param port 0: one of the system's choice
/// @return 0; -1 with EINVAL (NULL, no base, no such address), EADDRINUSE, EACCES and the like
/// @see behaviour 136
///
/// # Safety
/// `http` is NULL or a server that was not freed; `address` is NULL or a string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhttp_bind_socket(
    http: *mut Server,
    address: *const c_char,
    port: c_ushort,
) -> c_int {
    // SAFETY: the caller's word.
    let server = unsafe { server(http, "evhttp_bind_socket") };
    // SAFETY: the caller's word.
    status(server.and_then(|server| unsafe { bind(server, address, port) }).map(drop))
}

/// # Safety
/// `address` is NULL or a string.
pub unsafe fn bind(
    server: ServerPtr,
    address: *const c_char,
    port: c_ushort,
) -> Result<ListenerPtr> {
    let name = if address.is_null() {
        b"0.0.0.0"
    } else {
        // SAFETY: not NULL, and the caller's word.
        unsafe { string(address, "evhttp_bind_socket") }?
    };
    let at = host::local(name, port)?;
    let socket = socket::listener(at)?;
    let number = socket.into_raw_fd();
    listen(server, number).inspect_err(|_| crate::sys::fd::close(number))
}

/// Takes connections that come in on a socket. In error the socket stays the caller's.
pub fn listen(server: ServerPtr, socket: c_int) -> Result<ListenerPtr> {
    if socket < 0 {
        return Err(Errno::BADF);
    }
    server.listen(socket, base_of(server)?)
}

pub fn base_of(server: ServerPtr) -> Result<BasePtr> {
    match server.base().or_else(globals::current) {
        Some(base) => Ok(base),
        None => current("evhttp_bind_socket"),
    }
}

/// Serves a socket that listens already.
///
/// @param http the server
/// @param fd the socket: the server closes it. It is left as it is: if it blocks, one connection
///   is taken at a time
/// @return 0; -1 with EINVAL, EBADF or ENOMEM: then the socket stays the caller's
/// @see behaviours 136, 138
///
/// # Safety
/// `http` is NULL or a server that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhttp_accept_socket(http: *mut Server, fd: c_int) -> c_int {
    // SAFETY: the caller's word.
    let server = unsafe { server(http, "evhttp_accept_socket") };
    status(server.and_then(|server| listen(server, fd)).map(drop))
}

/// Ends a server: its sockets and connections are closed, requests that have no answer yet stay
/// their programs'.
///
/// @param http a server; NULL is fine
/// @see behaviour 138
///
/// # Safety
/// `http` is NULL or a server that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhttp_free(http: *mut Server) {
    // SAFETY: the caller's word.
    if let Some(server) = unsafe { ServerPtr::from_raw(http) } {
        server::free(server);
    }
}

/// Has a function called for requests of one path.
///
/// @param http the server
/// @param path what stands before the '?', byte for byte; the first function of a path is called
/// @param cb called with each such request, which is its until it answers
/// @param cb_arg its last argument
/// @see behaviours 141, 157
///
/// # Safety
/// `http` is NULL or a server that was not freed; `path` is NULL or a string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhttp_set_cb(
    http: *mut Server,
    path: *const c_char,
    cb: RequestCallback,
    cb_arg: *mut c_void,
) {
    const FUNCTION: &str = "evhttp_set_cb";
    // SAFETY: the caller's word.
    let (server, path) = unsafe { (server(http, FUNCTION), string(path, FUNCTION)) };
    status(server.and_then(|server| server.handlers.add(path?, cb, cb_arg)));
}

/// Takes away the function of a path that was set first.
///
/// @return 0; -1 with ENOENT (there is none) or EINVAL
/// @see behaviour 142
///
/// # Safety
/// `http` is NULL or a server that was not freed; `path` is NULL or a string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhttp_del_cb(http: *mut Server, path: *const c_char) -> c_int {
    const FUNCTION: &str = "evhttp_del_cb";
    // SAFETY: the caller's word.
    let (server, path) = unsafe { (server(http, FUNCTION), string(path, FUNCTION)) };
    status(server.and_then(|server| server.handlers.remove(path?)))
}

/// Has a function called for requests that no other one is for.
///
/// @param cb NULL: they are answered 404
/// @see behaviour 141
///
/// # Safety
/// `http` is NULL or a server that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhttp_set_gencb(
    http: *mut Server,
    cb: RequestCallback,
    arg: *mut c_void,
) {
    // SAFETY: the caller's word.
    match unsafe { server(http, "evhttp_set_gencb") } {
        Ok(server) => server.handlers.set_general(cb, arg),
        Err(error) => set_errno(error),
    }
}

/// How long connections to come may make no progress.
///
/// @param timeout_in_secs 0: for ever; less: 50 seconds, the default
/// @see behaviour 147
///
/// # Safety
/// `http` is NULL or a server that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhttp_set_timeout(http: *mut Server, timeout_in_secs: c_int) {
    // SAFETY: the caller's word.
    match unsafe { server(http, "evhttp_set_timeout") } {
        Ok(server) => server.set_timeout(timeout_in_secs),
        Err(error) => set_errno(error),
    }
}
