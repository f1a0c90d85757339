//! `evhub/http_ext.h`: what lies between HTTP and a socket.

use super::evhttp_connection::connection;
use super::evhttp_server::server;
use super::{misuse, status};
use crate::http::connection::ConnectionPtr;
use crate::http::server::Server;
use crate::layout::call::transport::{Maker, TransportOps};
use crate::layout::evhttp::EvhttpConnection;
use crate::log::Misuse;
use std::ffi::{c_int, c_void};
use std::ptr::{self, NonNull};

/// Has the connections that a server takes from now on go through transports. Those that are there
/// stay as they are.
///
/// @param http the server
/// @param ops the functions, which have to stay; NULL: none
/// @param arg what `open` and `release` get; it is released when the server is freed or is given
///   something else
/// @return 0; -1 with EINVAL (NULL, or a function that is needed is): then `arg` is not released
///
/// # Safety
/// `http` is NULL or a server that was not freed; `ops` is NULL or a table as it is described.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_evhttp_set_transport(
    http: *mut Server,
    ops: *const TransportOps,
    arg: *mut c_void,
) -> c_int {
    // SAFETY: the caller's word.
    let (server, maker) =
        unsafe { (server(http, "evhub_evhttp_set_transport"), Maker::new(ops, arg)) };
    status(server.and_then(|server| {
        server.set_transport(maker?);
        Ok(())
    }))
}

/// Has a connection go through a transport, from the next time on that it connects.
///
/// @param evcon a connection of evhttp_connection_new()
/// @param ops,arg as for evhub_evhttp_set_transport()
/// @return 0; -1 with EINVAL (NULL, a connection that serves, or a function that is needed is
///   NULL): then `arg` is not released
///
/// # Safety
/// `evcon` is NULL or a connection that was not freed; `ops` is NULL or a table as it is
/// described.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_evhttp_connection_set_transport(
    evcon: *mut EvhttpConnection,
    ops: *const TransportOps,
    arg: *mut c_void,
) -> c_int {
    const FUNCTION: &str = "evhub_evhttp_connection_set_transport";
    // SAFETY: the caller's word.
    let (found, maker) = unsafe { (connection(evcon, FUNCTION), Maker::new(ops, arg)) };
    status(found.and_then(|found| {
        let client = found.client().ok_or_else(|| misuse(Misuse::WrongObject, FUNCTION))?;
        client.set_transport(maker?);
        Ok(())
    }))
}

/// The transport of a connection: what `open` has returned for it.
///
/// @param evcon a connection of either kind
/// @param ops the table that it must have been made with
/// @return the transport, which is there as long as its socket; NULL if there is none, or another's
///
/// # Safety
/// `evcon` is NULL or a connection that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_evhttp_connection_get_transport(
    evcon: *mut EvhttpConnection,
    ops: *const TransportOps,
) -> *mut c_void {
    // SAFETY: the caller's word.
    let found = unsafe { ConnectionPtr::from_raw(evcon) };
    let transport = found.and_then(|found| found.wire.transport());
    transport.and_then(|transport| transport.of(ops)).map_or(ptr::null_mut(), NonNull::as_ptr)
}
