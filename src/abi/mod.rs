//! The exported functions: check the arguments, cast once, call one function of the core, map
//! the error to -1 or NULL and `errno`.
//!
//! One file per section of a header. The text of the headers that Rust cannot say is in `text/`.
//! The core never calls an exported name. What an export logs, it logs with nothing entered.

pub mod buffer_ext;
pub mod bufferevent;
pub mod bufferevent_ext;
pub mod evbuffer;
mod evdns_ask;
mod evdns_base;
pub mod evdns_client;
pub mod evdns_config;
pub mod evdns_server;
pub mod event_base;
pub mod event_ext;
pub mod event_loop;
pub mod event_ops;
mod evhttp_client;
mod evhttp_connection;
pub mod evhttp_headers;
mod evhttp_request;
pub mod evhttp_server;
pub mod evhttp_uri;
pub mod evrpc;
pub mod evtag;
pub mod evutil;
mod format;
mod http_client_ext;
mod http_request_ext;
mod http_server_ext;
pub mod http_transport;
pub mod http_uri;
pub mod hub;
pub mod undeclared;
mod undeclared_http;
mod undeclared_serving;
mod variadic;

use crate::errno::{Errno, Result};
use crate::event::BasePtr;
use crate::globals;
use crate::layout::event::{EVLIST_ALL, EVLIST_INIT, Event, EventPtr};
use crate::log::{self, Misuse};
use crate::sys::signal::set_errno;
use std::ffi::{c_int, c_void};
use std::slice;

/// 0, or -1 and `errno`.
fn status(result: Result<()>) -> c_int {
    match result {
        Ok(()) => 0,
        Err(error) => fail(error),
    }
}

fn fail(error: Errno) -> c_int {
    set_errno(error);
    -1
}

/// Reports a mistake of the caller's (once) and fails with `EINVAL`.
#[cold]
fn misuse(mistake: Misuse, function: &str) -> Errno {
    log::misuse(mistake, function);
    Errno::INVAL
}

/// The event behind a C pointer, if it looks like one that `event_set` has set up.
///
/// # Safety
/// `raw` is NULL or points to a `struct event`.
#[inline(always)]
unsafe fn event(raw: *mut Event, function: &str) -> Result<EventPtr> {
    // SAFETY: the caller's word.
    let event = unsafe { EventPtr::from_raw(raw) };
    let event = event.ok_or_else(|| misuse(Misuse::NullArgument, function))?;
    let flags = event.ev_flags.get();
    if flags & (!EVLIST_ALL | EVLIST_INIT) == EVLIST_INIT {
        return Ok(event);
    }
    let unknown = flags & !EVLIST_ALL != 0;
    Err(misuse(if unknown { Misuse::BadFlags } else { Misuse::Uninitialised }, function))
}

/// The base that an event belongs to.
#[inline(always)]
fn base_of(event: EventPtr, function: &str) -> Result<BasePtr> {
    event.base().ok_or_else(|| misuse(Misuse::NoBase, function))
}

/// The base behind a C pointer.
///
/// # Safety
/// `raw` is NULL or a base that was not freed.
unsafe fn base(raw: *mut crate::event::Base, function: &str) -> Result<BasePtr> {
    // SAFETY: the caller's word.
    unsafe { BasePtr::from_raw(raw) }.ok_or_else(|| misuse(Misuse::NullArgument, function))
}

/// The base of calls that name none.
fn current(function: &str) -> Result<BasePtr> {
    globals::current().ok_or_else(|| misuse(Misuse::NoBase, function))
}

/// Bytes that C hands in. NULL is fine for none.
///
/// # Safety
/// `data` is NULL or has `len` bytes, which stay as they are while this is used.
#[inline(always)]
unsafe fn bytes<'a>(data: *const c_void, len: usize, function: &str) -> Result<&'a [u8]> {
    if len == 0 {
        Ok(&[])
    } else if data.is_null() {
        Err(misuse(Misuse::NullArgument, function))
    } else if len > isize::MAX as usize {
        // No object is that large: whatever is asked, there is no memory for it.
        Err(Errno::NOMEM)
    } else {
        // SAFETY: the caller's word, and a length that an object can have.
        Ok(unsafe { slice::from_raw_parts(data.cast(), len) })
    }
}
