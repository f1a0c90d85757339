//! libevhub's functions. Tests of the parts below them do without the library.

use std::ffi::{c_char, c_int, c_short, c_ushort, c_void};

/// `struct evhttp`.
pub enum Evhttp {}

/// `struct evhttp_connection`.
pub enum EvhttpConnection {}

type Void = c_void;

/// `struct evhub_transport_ops` of http_ext.h, which says what each function does.
#[repr(C)]
pub struct TransportOps {
    pub size: usize,
    pub open: unsafe extern "C" fn(arg: *mut Void, fd: c_int) -> *mut Void,
    pub read: unsafe extern "C" fn(*mut Void, data: *mut Void, length: usize) -> isize,
    pub write: unsafe extern "C" fn(*mut Void, data: *const Void, length: usize) -> isize,
    pub wants: unsafe extern "C" fn(*mut Void) -> c_short,
    pub pending: unsafe extern "C" fn(*mut Void) -> c_int,
    pub handshake: unsafe extern "C" fn(*mut Void) -> c_int,
    pub call: unsafe extern "C-unwind" fn(*mut Void),
    pub shut_down: unsafe extern "C" fn(*mut Void) -> c_int,
    pub close: unsafe extern "C" fn(*mut Void),
    pub release: unsafe extern "C" fn(arg: *mut Void),
}

#[cfg(not(test))]
unsafe extern "C" {
    pub fn evhub_evhttp_set_transport(
        http: *mut Evhttp,
        ops: *const TransportOps,
        arg: *mut c_void,
    ) -> c_int;

    pub fn evhub_evhttp_connection_set_transport(
        evcon: *mut EvhttpConnection,
        ops: *const TransportOps,
        arg: *mut c_void,
    ) -> c_int;

    pub fn evhub_evhttp_connection_get_transport(
        evcon: *mut EvhttpConnection,
        ops: *const TransportOps,
    ) -> *mut c_void;

    pub fn evhttp_connection_get_peer(
        evcon: *mut EvhttpConnection,
        address: *mut *mut c_char,
        port: *mut c_ushort,
    );
}

#[cfg(test)]
pub use nobody::*;

#[cfg(test)]
mod nobody {
    use super::*;

    /// # Safety
    /// None is needed.
    pub unsafe fn evhub_evhttp_set_transport(
        _: *mut Evhttp,
        _: *const TransportOps,
        _: *mut c_void,
    ) -> c_int {
        -1
    }

    /// # Safety
    /// None is needed.
    pub unsafe fn evhub_evhttp_connection_set_transport(
        _: *mut EvhttpConnection,
        _: *const TransportOps,
        _: *mut c_void,
    ) -> c_int {
        -1
    }

    /// # Safety
    /// None is needed.
    pub unsafe fn evhub_evhttp_connection_get_transport(
        _: *mut EvhttpConnection,
        _: *const TransportOps,
    ) -> *mut c_void {
        std::ptr::null_mut()
    }

    /// # Safety
    /// None is needed.
    pub unsafe fn evhttp_connection_get_peer(
        _: *mut EvhttpConnection,
        _: *mut *mut c_char,
        _: *mut c_ushort,
    ) {
    }
}
