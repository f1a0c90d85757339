//! Contexts for servers and connections, and what connections have come to.

use super::ops::{self, OPS};
use super::{context, is_null, status, string};
use crate::context::{Context, Role};
use crate::fault::{Fault, Result};
use crate::sys::chooser::evhub_tls_ctx_t;
use crate::sys::evhub::{
    Evhttp, EvhttpConnection, evhttp_connection_get_peer, evhub_evhttp_connection_get_transport,
    evhub_evhttp_connection_set_transport, evhub_evhttp_set_transport,
};
use crate::transport::{About, Plug};
use std::ffi::{CStr, c_char, c_int, c_void};
use std::io;
use std::ptr;
use std::sync::Arc;

/// A plug of a context for its own role, or nothing for no context.
///
/// # Safety
/// `ctx` is NULL or a context that was not freed.
unsafe fn plug(
    ctx: *const evhub_tls_ctx_t,
    role: Role,
    host: impl FnOnce() -> Result<String>,
) -> Result<*mut c_void> {
    if ctx.is_null() {
        return Ok(ptr::null_mut());
    }
    // SAFETY: the caller's word.
    let context: Arc<Context> = unsafe { context(ctx) }?;
    if context.role() != role {
        let text = format!("the context is not for a {role:?}").to_lowercase();
        return Err(Fault::new(libc::EINVAL, text));
    }
    Ok(ops::given(Plug::new(context, host()?)?))
}

/// What libevhub says of a plug that it was given, which it has taken only if all is well.
///
/// # Safety
/// `plug` is NULL or one of `ops::given`.
unsafe fn taken(answer: c_int, plug: *mut c_void) -> Result<()> {
    if answer == 0 {
        return Ok(());
    }
    let error = io::Error::last_os_error();
    if !plug.is_null() {
        // SAFETY: it is still ours.
        unsafe { ops::release(plug) };
    }
    Err(Fault::new(error.raw_os_error().unwrap_or(libc::EINVAL), error.to_string()))
}

/// Has a server speak TLS with all who connect from now on.
///
/// @param http the server, which gets a share in the context
/// @param ctx a context for servers; NULL: no TLS any more. Connections that are there stay as
///   they are: so certificates are renewed
/// @return 0; -1 with EINVAL or ENOMEM
///
/// # Safety
/// `http` is NULL or a server that was not freed; `ctx` is NULL or a context that was not
/// freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_tls_set_server(
    http: *mut Evhttp,
    ctx: *mut evhub_tls_ctx_t,
) -> c_int {
    if http.is_null() {
        return status(Err(is_null("the server")));
    }
    // SAFETY: the caller's word.
    let result = unsafe { plug(ctx, Role::Server, || Ok(String::new())) }.and_then(|plug| {
        let ops = if plug.is_null() { ptr::null() } else { &raw const OPS };
        // SAFETY: the caller's word; the table stays; `taken` sees to the plug.
        unsafe { taken(evhub_evhttp_set_transport(http, ops, plug), plug) }
    });
    status(result)
}

/// Has a client speak TLS, from the next time on that it connects. The server's certificate must be
/// good, and for the host (unless evhub_tls_ctx_set_verify() has said otherwise).
///
/// @param evcon a connection of evhttp_connection_new(), which gets a share in the context
/// @param ctx a context for clients; NULL: no TLS any more
/// @param host the name or the address that the certificate has to be for, and that the server is
///   told (SNI), names only; NULL: what the connection was made with
/// @return 0; -1 with EINVAL or ENOMEM
///
/// # Safety
/// `evcon` is NULL or a connection that was not freed; `ctx` is NULL or a context that was not
/// freed; `host` is NULL or a string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_tls_set_connection(
    evcon: *mut EvhttpConnection,
    ctx: *mut evhub_tls_ctx_t,
    host: *const c_char,
) -> c_int {
    if evcon.is_null() {
        return status(Err(is_null("the connection")));
    }
    // SAFETY: the caller's word.
    let name = || unsafe {
        match host.is_null() {
            true => Ok(peer(evcon)),
            false => string(host, "the host").map(String::from),
        }
    };
    // SAFETY: the caller's word.
    let result = unsafe { plug(ctx, Role::Client, name) }.and_then(|plug| {
        let ops = if plug.is_null() { ptr::null() } else { &raw const OPS };
        // SAFETY: the caller's word; the table stays; `taken` sees to the plug.
        unsafe { taken(evhub_evhttp_connection_set_transport(evcon, ops, plug), plug) }
    });
    status(result)
}

/// Whom a connection was made for.
///
/// # Safety
/// `evcon` is a connection that was not freed.
unsafe fn peer(evcon: *mut EvhttpConnection) -> String {
    let (mut address, mut port) = (ptr::null_mut::<c_char>(), 0);
    // SAFETY: the caller's word, and room for both.
    unsafe { evhttp_connection_get_peer(evcon, &mut address, &mut port) };
    if address.is_null() {
        return String::new();
    }
    // SAFETY: a string of the connection's.
    unsafe { CStr::from_ptr(address) }.to_string_lossy().into_owned()
}

/// # Safety
/// `evcon` is NULL or a connection that was not freed.
unsafe fn text(evcon: *mut EvhttpConnection, about: About) -> *const c_char {
    if evcon.is_null() {
        return ptr::null();
    }
    // SAFETY: the caller's word; what is found is alive and was made by `open`.
    unsafe {
        let found = evhub_evhttp_connection_get_transport(evcon, &OPS);
        if found.is_null() { ptr::null() } else { ops::transport(found).text(about) }
    }
}

/// The version of TLS that a connection speaks: "TLSv1.3".
///
/// @param evcon a connection, in a callback of a request's, say
/// @return a text that is there as long as the TCP connection; NULL if there is none (no TLS, or
///   not yet). So for all that follow
///
/// # Safety
/// `evcon` is NULL or a connection that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_tls_version(evcon: *mut EvhttpConnection) -> *const c_char {
    // SAFETY: the caller's word.
    unsafe { text(evcon, About::Version) }
}

/// The cipher suite of a connection, as its standard calls it: "TLS_AES_256_GCM_SHA384".
///
/// # Safety
/// `evcon` is NULL or a connection that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_tls_cipher(evcon: *mut EvhttpConnection) -> *const c_char {
    // SAFETY: the caller's word.
    unsafe { text(evcon, About::Cipher) }
}

/// The protocol that both have agreed on (ALPN): "http/1.1", or NULL if one of them did not ask.
///
/// # Safety
/// `evcon` is NULL or a connection that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_tls_alpn(evcon: *mut EvhttpConnection) -> *const c_char {
    // SAFETY: the caller's word.
    unsafe { text(evcon, About::Protocol) }
}

/// The name of the host that the client has asked for (SNI).
///
/// # Safety
/// `evcon` is NULL or a connection that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_tls_server_name(evcon: *mut EvhttpConnection) -> *const c_char {
    // SAFETY: the caller's word.
    unsafe { text(evcon, About::ServerName) }
}

/// Whom the peer's certificate is for: "O=Company, CN=name", with a backslash before what would
/// look like a part of that.
///
/// # Safety
/// `evcon` is NULL or a connection that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_tls_peer_subject(evcon: *mut EvhttpConnection) -> *const c_char {
    // SAFETY: the caller's word.
    unsafe { text(evcon, About::PeerSubject) }
}

/// The peer's certificate, in PEM.
///
/// # Safety
/// `evcon` is NULL or a connection that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_tls_peer_certificate(evcon: *mut EvhttpConnection) -> *const c_char {
    // SAFETY: the caller's word.
    unsafe { text(evcon, About::PeerCertificate) }
}
