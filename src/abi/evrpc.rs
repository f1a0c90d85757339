//! `evrpc.h`: calls over HTTP, both sides.

use super::evdns_config::string;
use super::{fail, misuse, status};
use crate::errno::Result;
use crate::event::{Base, BasePtr};
use crate::globals;
use crate::http::connection;
use crate::http::server::{self, Server};
use crate::layout::call::rpc::HookCall;
use crate::layout::evhttp::EvhttpConnection;
use crate::layout::evrpc::{
    Evrpc, EvrpcBase, EvrpcPool, EvrpcRequestWrapper, RpcHandler, RpcHook, RpcPtr, WrapperPtr,
};
use crate::log::Misuse;
use crate::rpc::registry::{self, RegistryPtr};
use crate::rpc::{self, Hooks, PoolPtr, Side, call, pool};
use crate::sys::signal::set_errno;
use std::ffi::{c_char, c_int, c_uint, c_void};
use std::ptr;

/// `enum EVRPC_HOOK_TYPE`, whatever number it is.
type HookType = c_uint;

/// What a program points to, if it is what `find` knows.
fn known<T, P>(raw: *mut P, find: fn(*mut P) -> Option<T>, function: &str) -> Result<T> {
    if raw.is_null() {
        return Err(misuse(Misuse::NullArgument, function));
    }
    find(raw).ok_or_else(|| misuse(Misuse::WrongObject, function))
}

fn made<T>(result: Result<*mut T>) -> *mut T {
    result.unwrap_or_else(|error| {
        set_errno(error);
        ptr::null_mut()
    })
}

/// Makes a base for calls that are answered over an HTTP server.
///
/// @param server the server; it may be freed before the base, or after it
/// @return the base, to be freed with evrpc_free(); NULL with EINVAL or ENOMEM
/// @see behaviour 178
#[unsafe(no_mangle)]
pub extern "C" fn evrpc_init(server: *mut Server) -> *mut EvrpcBase {
    let server = known(server, server::find, "evrpc_init");
    made(server.and_then(registry::create).map(RegistryPtr::as_ptr))
}

/// Frees a base. Calls that are still registered are unregistered; requests that are being answered
/// can be answered still.
///
/// @param base a base; NULL is fine
/// @see behaviour 178
#[unsafe(no_mangle)]
pub extern "C" fn evrpc_free(base: *mut EvrpcBase) {
    if base.is_null() {
        return;
    }
    match known(base, registry::find, "evrpc_free") {
        Ok(found) => registry::free(found),
        Err(error) => set_errno(error),
    }
}

/// Registers a call: EVRPC_REGISTER() is the way to do that.
///
/// @param base the base
/// @param rpc says how messages are made, read and written; it and its name are of malloc, and the
///   library's from now on. After an error they stay the caller's
/// @param cb answers a request, then or later, by EVRPC_REQUEST_DONE(). The first function of
///   several of one name is called
/// @param cb_arg its last argument
/// @return 0; -1 with EINVAL (NULL, no name, registered already, the server was freed) or ENOMEM
/// @see behaviours 174, 177
///
/// # Safety
/// `rpc` is NULL or was filled in by EVRPC_REGISTER_OBJECT().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evrpc_register_rpc(
    base: *mut EvrpcBase,
    rpc: *mut Evrpc,
    cb: RpcHandler,
    cb_arg: *mut c_void,
) -> c_int {
    const FUNCTION: &str = "evrpc_register_rpc";
    // SAFETY: the caller's word.
    let rpc = unsafe { RpcPtr::from_raw(rpc) };
    status(known(base, registry::find, FUNCTION).and_then(|base| {
        let rpc = rpc.ok_or_else(|| misuse(Misuse::NullArgument, FUNCTION))?;
        base.register(rpc, cb, cb_arg)
    }))
}

/// Takes back the call of a name that was registered first. Requests of it that are being answered
/// can be answered still; its struct is freed after the last of them.
///
/// @param base the base
/// @param name the name, without what stands before it in a target
/// @return 0; -1 with ENOENT (there is none) or EINVAL
/// @see behaviour 178
///
/// # Safety
/// `name` is NULL or a string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evrpc_unregister_rpc(base: *mut EvrpcBase, name: *const c_char) -> c_int {
    const FUNCTION: &str = "evrpc_unregister_rpc";
    // SAFETY: the caller's word.
    let name = unsafe { string(name, FUNCTION) };
    status(known(base, registry::find, FUNCTION).and_then(|base| base.unregister(name?)))
}

/// Makes a call: EVRPC_MAKE_REQUEST() is the way to do that.
///
/// The function that was given with it is called once, whatever comes of the call: from the loop;
/// but from here, with EVRPC_STATUS_ERR_UNSTARTED, if the call cannot be sent at all.
///
/// @param ctx the call, of malloc, filled in by the function that EVRPC_GENERATE() defines. The
///   library frees it; what is asked and answered stays the program's
/// @return 0; -1 with EINVAL (NULL, no such pool, a pool without connections, no base) or ENOMEM,
///   when the function has been called
/// @see behaviours 179 to 181
///
/// # Safety
/// `ctx` is NULL or was filled in, and was not handed over before.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evrpc_make_request(ctx: *mut EvrpcRequestWrapper) -> c_int {
    const FUNCTION: &str = "evrpc_make_request";
    // SAFETY: the caller's word.
    let Some(wrapper) = (unsafe { WrapperPtr::from_raw(ctx) }) else {
        return fail(misuse(Misuse::NullArgument, FUNCTION));
    };
    let made = known(wrapper.pool.get(), pool::find, FUNCTION).and_then(|pool| {
        if !pool.has_connections() {
            return Err(misuse(Misuse::NoConnection, FUNCTION));
        }
        pool.base_or(globals::current()).map_err(|_| misuse(Misuse::NoBase, FUNCTION))?;
        call::create(pool, wrapper)
    });
    if let Err(error) = made {
        call::refuse(wrapper);
        return fail(error);
    }
    0
}

/// Makes a pool of connections, over which calls are made.
///
/// @param base the base that it runs on; NULL: the current one, at the time of the first call
/// @return the pool, to be freed with evrpc_pool_free(); NULL with ENOMEM
///
/// # Safety
/// `base` is NULL or a base that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evrpc_pool_new(base: *mut Base) -> *mut EvrpcPool {
    // SAFETY: the caller's word.
    made(pool::create(unsafe { BasePtr::from_raw(base) }).map(PoolPtr::as_ptr))
}

/// Frees a pool with its connections. Calls that have no reply yet just end: nobody is told.
///
/// @param pool a pool; NULL is fine
#[unsafe(no_mangle)]
pub extern "C" fn evrpc_pool_free(pool: *mut EvrpcPool) {
    if pool.is_null() {
        return;
    }
    match known(pool, pool::find, "evrpc_pool_free") {
        Ok(found) => pool::free(found),
        Err(error) => set_errno(error),
    }
}

/// Gives a connection to a pool. If a call waits for one, it goes out.
///
/// @param pool the pool. Its base is the connection's from now on, its timeout too unless the
///   connection has been given another
/// @param evcon a connection of evhttp_connection_new(), which the pool frees. EINVAL: one of a
///   server's, or one that is in a pool
/// @see behaviour 180
#[unsafe(no_mangle)]
pub extern "C" fn evrpc_pool_add_connection(pool: *mut EvrpcPool, evcon: *mut EvhttpConnection) {
    const FUNCTION: &str = "evrpc_pool_add_connection";
    let added = known(pool, pool::find, FUNCTION).and_then(|pool| {
        let connection = known(evcon, connection::find, FUNCTION)?;
        if connection.client().is_none() || connection.owner.get().is_some() {
            return Err(misuse(Misuse::WrongObject, FUNCTION));
        }
        pool.add(connection)
    });
    if let Err(error) = added {
        set_errno(error);
    }
}

/// How long a call may take from the time that it is sent, in all; and how long the pool's
/// connections may make no progress. A call that takes longer ends with EVRPC_STATUS_ERR_TIMEOUT.
///
/// @param pool the pool
/// @param timeout_in_secs 0: for ever; less, the default: for ever, as far as connections make
///   progress
/// @see behaviour 179
#[unsafe(no_mangle)]
pub extern "C" fn evrpc_pool_set_timeout(pool: *mut EvrpcPool, timeout_in_secs: c_int) {
    match known(pool, pool::find, "evrpc_pool_set_timeout") {
        Ok(pool) => pool.set_timeout(timeout_in_secs),
        Err(error) => set_errno(error),
    }
}

/// Adds a hook behind those that there are: a function that is called with each message, may change
/// it and its headers, and may refuse it.
///
/// @param vbase a base of evrpc_init(), or a pool
/// @param hook_type EVRPC_INPUT: requests that come to a base, replies that come to a pool;
///   EVRPC_OUTPUT: replies and requests that go out
/// @param cb called with the HTTP request, the message and cb_arg. -1: it is refused, with 503 or
///   EVRPC_STATUS_ERR_HOOKABORTED, or before it is sent EVRPC_STATUS_ERR_UNSTARTED; else the next
///   hook is asked. It may add and remove hooks, and free `vbase`; it may not answer the request
/// @param cb_arg its last argument
/// @return what evrpc_remove_hook() knows the hook by; NULL with EINVAL or ENOMEM
/// @see behaviours 175, 176, 181
#[unsafe(no_mangle)]
pub extern "C" fn evrpc_add_hook(
    vbase: *mut c_void,
    hook_type: HookType,
    cb: RpcHook,
    cb_arg: *mut c_void,
) -> *mut c_void {
    const FUNCTION: &str = "evrpc_add_hook";
    let added = side(hook_type, FUNCTION).and_then(|side| {
        if cb.is_none() {
            return Err(misuse(Misuse::NullCallback, FUNCTION));
        }
        let call = HookCall { hook: cb, arg: cb_arg };
        hooks(vbase, FUNCTION, |hooks| hooks.add(side, call))?
    });
    made(added)
}

/// Takes a hook away. It may be the one that is being called.
///
/// @param vbase,hook_type as for evrpc_add_hook()
/// @param handle what that has returned
/// @return 1; 0 if there is none, or with EINVAL
/// @see behaviour 175
#[unsafe(no_mangle)]
pub extern "C" fn evrpc_remove_hook(
    vbase: *mut c_void,
    hook_type: HookType,
    handle: *mut c_void,
) -> c_int {
    const FUNCTION: &str = "evrpc_remove_hook";
    let removed = side(hook_type, FUNCTION)
        .and_then(|side| hooks(vbase, FUNCTION, |hooks| hooks.remove(side, handle)));
    match removed {
        Ok(was_there) => c_int::from(was_there),
        Err(error) => {
            set_errno(error);
            0
        }
    }
}

fn side(number: HookType, function: &str) -> Result<Side> {
    Side::of(number).ok_or_else(|| misuse(Misuse::BadHook, function))
}

/// What is done to the hooks of a base or a pool.
fn hooks<R>(owner: *mut c_void, function: &str, act: impl FnOnce(&Hooks) -> R) -> Result<R> {
    if owner.is_null() {
        return Err(misuse(Misuse::NullArgument, function));
    }
    rpc::with_hooks(owner, act).ok_or_else(|| misuse(Misuse::WrongObject, function))
}
