//! Making and setting up contexts.

use super::{context, is_null, path, status, string};
use crate::context::{Context, Role, Verify};
use crate::fault::{self, Fault, Result};
use crate::sys::chooser::{Chooser, evhub_tls_ctx_t, evhub_tls_name_fn_t};
use crate::sys::errno::set_errno;
use openssl::ssl::SslVersion;
use std::ffi::{c_char, c_int, c_void};
use std::ptr;
use std::sync::Arc;

fn made(result: Result<Context>) -> *mut evhub_tls_ctx_t {
    match result {
        Ok(context) => Arc::into_raw(Arc::new(context)).cast_mut().cast(),
        Err(fault) => {
            set_errno(fault::report(&fault));
            ptr::null_mut()
        }
    }
}

/// Makes a context for servers.
///
/// @param chain_file the server's certificate, and after it those that lead to a root, in PEM
/// @param key_file its private key, in PEM and not encrypted; may be the same file
/// @return the context, to be freed with evhub_tls_ctx_free(); NULL with EINVAL (NULL, nothing of
///   use in a file, a key that is not the certificate's), ENOENT and what else a file may have, or
///   ENOMEM
///
/// # Safety
/// `chain_file` and `key_file` are NULL or strings.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_tls_server_ctx_new(
    chain_file: *const c_char,
    key_file: *const c_char,
) -> *mut evhub_tls_ctx_t {
    // SAFETY: the caller's word.
    let files = unsafe { (path(chain_file), path(key_file)) };
    let (Some(chain), Some(key)) = files else { return made(Err(is_null("the name of a file"))) };
    made(Context::new(Role::Server).and_then(|context| {
        context.set_identity(chain, key)?;
        Ok(context)
    }))
}

/// Makes a context for clients. It verifies servers against the certificates that the system
/// trusts (OpenSSL's default places, or those of SSL_CERT_FILE and SSL_CERT_DIR).
///
/// @return the context, to be freed with evhub_tls_ctx_free(); NULL with ENOMEM
#[unsafe(no_mangle)]
pub extern "C" fn evhub_tls_client_ctx_new() -> *mut evhub_tls_ctx_t {
    made(Context::new(Role::Client))
}

/// Gives up a context. Servers and connections that have it keep it.
///
/// @param ctx a context; NULL is fine
///
/// # Safety
/// `ctx` is NULL or a context that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_tls_ctx_free(ctx: *mut evhub_tls_ctx_t) {
    if !ctx.is_null() {
        // SAFETY: `made` gave it out by `Arc::into_raw`, and the caller gives it back.
        drop(unsafe { Arc::from_raw(ctx.cast_const().cast::<Context>()) });
    }
}

/// The certificate that a client shows to servers that ask for one.
///
/// @param chain_file,key_file as for evhub_tls_server_ctx_new()
/// @return 0; -1 with EEXIST (it has one), EBUSY (the context is in use), and as
///   evhub_tls_server_ctx_new()
///
/// # Safety
/// `ctx` is NULL or a context that was not freed; `chain_file` and `key_file` are NULL or
/// strings.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_tls_ctx_set_certificate(
    ctx: *mut evhub_tls_ctx_t,
    chain_file: *const c_char,
    key_file: *const c_char,
) -> c_int {
    // SAFETY: the caller's word.
    let (ctx, files) = unsafe { (context(ctx), (path(chain_file), path(key_file))) };
    let (Some(chain), Some(key)) = files else {
        return status(Err(is_null("the name of a file")));
    };
    status(ctx.and_then(|ctx| ctx.set_identity(chain, key)))
}

/// Says whom to trust, instead of those whom the system trusts. May be called several times.
///
/// @param file certificates of authorities, in PEM; or NULL
/// @param folder a folder of such files under the hashes of their names (`openssl rehash`); or NULL
/// @return 0; -1 with EINVAL (both are NULL, no certificate), ENOENT and the like, EBUSY (the
///   context is in use) or ENOMEM
///
/// # Safety
/// `ctx` is NULL or a context that was not freed; `file` and `folder` are NULL or strings.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_tls_ctx_set_ca(
    ctx: *mut evhub_tls_ctx_t,
    file: *const c_char,
    folder: *const c_char,
) -> c_int {
    // SAFETY: the caller's word.
    let (ctx, file, folder) = unsafe { (context(ctx), path(file), path(folder)) };
    if file.is_none() && folder.is_none() {
        return status(Err(is_null("file and folder")));
    }
    status(ctx.and_then(|ctx| ctx.trust(file, folder)))
}

/// Says whose certificate has to be good.
///
/// @param mode EVHUB_TLS_VERIFY_PEER, the default of clients: the server's, or of servers: every
///   client has to have one; EVHUB_TLS_VERIFY_IF_GIVEN: of a client that has one;
///   EVHUB_TLS_VERIFY_NONE, the default of servers: nobody's. A client that says so may speak to
///   anybody at all
/// @return 0; -1 with EINVAL or EBUSY (the context is in use)
///
/// # Safety
/// `ctx` is NULL or a context that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_tls_ctx_set_verify(ctx: *mut evhub_tls_ctx_t, mode: c_int) -> c_int {
    let verify = match mode {
        0 => Ok(Verify::Nobody),
        1 => Ok(Verify::Peer),
        2 => Ok(Verify::IfGiven),
        _ => Err(Fault::new(libc::EINVAL, "no such way to verify")),
    };
    // SAFETY: the caller's word.
    let ctx = unsafe { context(ctx) };
    status(ctx.and_then(|ctx| ctx.set_verify(verify?)))
}

/// Says which version of TLS it must be at least.
///
/// @param version EVHUB_TLS_1_2, the default, or EVHUB_TLS_1_3
/// @return 0; -1 with EINVAL or EBUSY (the context is in use)
///
/// # Safety
/// `ctx` is NULL or a context that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_tls_ctx_set_min_version(
    ctx: *mut evhub_tls_ctx_t,
    version: c_int,
) -> c_int {
    let version = match version {
        0x0303 => Ok(SslVersion::TLS1_2),
        0x0304 => Ok(SslVersion::TLS1_3),
        _ => Err(Fault::new(libc::EINVAL, "no such version of TLS")),
    };
    // SAFETY: the caller's word.
    let ctx = unsafe { context(ctx) };
    status(ctx.and_then(|ctx| ctx.set_min_version(version?)))
}

/// Says how long a handshake may take.
///
/// @param seconds 30 by default; 0: as long as the timeout of the connection allows
/// @return 0; -1 with EINVAL (less than 0) or EBUSY (the context is in use)
///
/// # Safety
/// `ctx` is NULL or a context that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_tls_ctx_set_handshake_timeout(
    ctx: *mut evhub_tls_ctx_t,
    seconds: c_int,
) -> c_int {
    let seconds = u32::try_from(seconds);
    let seconds = seconds.map_err(|_| Fault::new(libc::EINVAL, "less than no time"));
    // SAFETY: the caller's word.
    let ctx = unsafe { context(ctx) };
    status(ctx.and_then(|ctx| ctx.set_patience(seconds?)))
}

/// Takes the end of a TCP connection for the end of the data, though anybody on the way could have
/// made it. Some old servers end so: with a body that has no length, that looks like an attack.
///
/// @param allow 1: yes; 0, the default: it is an error
/// @return 0; -1 with EINVAL or EBUSY (the context is in use)
///
/// # Safety
/// `ctx` is NULL or a context that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_tls_ctx_allow_truncation(
    ctx: *mut evhub_tls_ctx_t,
    allow: c_int,
) -> c_int {
    // SAFETY: the caller's word.
    let ctx = unsafe { context(ctx) };
    status(ctx.and_then(|ctx| ctx.allow_truncation(allow != 0)))
}

/// Has clients that ask for a name (SNI) served by another context: its certificate, and what it
/// demands of clients.
///
/// @param ctx a context for servers, which serves all other names
/// @param name a name, or "*." and a name: one label more, whatever it is
/// @param other a context for servers, in which this one gets a share. Names that it was given
///   itself do not count
/// @return 0; -1 with EINVAL or EBUSY (`ctx` is in use)
///
/// # Safety
/// `ctx` and `other` are NULL or contexts that were not freed; `name` is NULL or a string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_tls_ctx_add_name(
    ctx: *mut evhub_tls_ctx_t,
    name: *const c_char,
    other: *mut evhub_tls_ctx_t,
) -> c_int {
    // SAFETY: the caller's word.
    let (ctx, name, other) = unsafe { (context(ctx), string(name, "the name"), context(other)) };
    status(ctx.and_then(|ctx| ctx.add_name(name?, other?)))
}

/// Has a function choose the context for each name that clients ask for and that no
/// evhub_tls_ctx_add_name() is for.
///
/// @param ctx a context for servers
/// @param cb gets the name as the client has sent it, whatever that is, and returns a context for
///   servers, which it does not give away, or NULL: `ctx`. It may free the server, and need not
///   return. NULL: no function any more
/// @param arg its last argument
/// @return 0; -1 with EINVAL or EBUSY (the context is in use)
///
/// # Safety
/// `ctx` is NULL or a context that was not freed. A context whose servers run in several
/// threads has its function called in each.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_tls_ctx_set_name_cb(
    ctx: *mut evhub_tls_ctx_t,
    cb: evhub_tls_name_fn_t,
    arg: *mut c_void,
) -> c_int {
    let chooser = cb.map(|_| Chooser { function: cb, arg });
    // SAFETY: the caller's word.
    let ctx = unsafe { context(ctx) };
    status(ctx.and_then(|ctx| ctx.set_chooser(chooser)))
}
