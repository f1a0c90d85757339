//! `struct bufferevent`: a descriptor, its two events and its two buffers.

// Its readers come with the functions on bufferevents.
#![allow(dead_code)]

use super::evbuffer::Evbuffer;
use super::event::Event;
use crate::event::Base;
use std::cell::Cell;
use std::ffi::{c_int, c_short, c_void};
use std::mem::{offset_of, size_of};

/// `evbuffercb` of event.h.
pub type BuffereventCb = Option<unsafe extern "C" fn(*mut Bufferevent, *mut c_void)>;

/// `everrorcb` of event.h.
pub type BuffereventErrorCb = Option<unsafe extern "C" fn(*mut Bufferevent, c_short, *mut c_void)>;

/// Bounds in bytes.
#[repr(C)]
pub struct Watermark {
    /// the callback waits until there is this much to read, or no more than this to write
    pub low: Cell<usize>,
    /// reading stops when there is this much; 0 is no bound
    pub high: Cell<usize>,
}

/// A descriptor with buffered input and output.
#[repr(C)]
pub struct Bufferevent {
    /// its base
    pub ev_base: Cell<*mut Base>,
    /// waits for input; ev_read.ev_fd is the descriptor
    pub ev_read: Event,
    /// waits until output can be written
    pub ev_write: Event,
    /// what was read
    pub input: Cell<*mut Evbuffer>,
    /// what is to be written
    pub output: Cell<*mut Evbuffer>,
    /// bounds of the input
    pub wm_read: Watermark,
    /// bounds of the output
    pub wm_write: Watermark,
    /// called when there is enough to read
    pub readcb: Cell<BuffereventCb>,
    /// called when enough was written
    pub writecb: Cell<BuffereventCb>,
    /// called when the connection ended or failed
    pub errorcb: Cell<BuffereventErrorCb>,
    /// argument of the three
    pub cbarg: Cell<*mut c_void>,
    /// seconds to wait for input; 0 is no bound
    pub timeout_read: Cell<c_int>,
    /// seconds to wait until output can be written; 0 is no bound
    pub timeout_write: Cell<c_int>,
    /// EV_READ and EV_WRITE, as enabled
    pub enabled: Cell<c_short>,
}

#[cfg(target_pointer_width = "64")]
const _: () = {
    assert!(size_of::<Watermark>() == 16 && align_of::<Watermark>() == 8);
    assert!(offset_of!(Watermark, low) == 0);
    assert!(offset_of!(Watermark, high) == 8);
    assert!(size_of::<Bufferevent>() == 360 && align_of::<Bufferevent>() == 8);
    assert!(offset_of!(Bufferevent, ev_base) == 0);
    assert!(offset_of!(Bufferevent, ev_read) == 8);
    assert!(offset_of!(Bufferevent, ev_write) == 136);
    assert!(offset_of!(Bufferevent, input) == 264);
    assert!(offset_of!(Bufferevent, output) == 272);
    assert!(offset_of!(Bufferevent, wm_read) == 280);
    assert!(offset_of!(Bufferevent, wm_write) == 296);
    assert!(offset_of!(Bufferevent, readcb) == 312);
    assert!(offset_of!(Bufferevent, writecb) == 320);
    assert!(offset_of!(Bufferevent, errorcb) == 328);
    assert!(offset_of!(Bufferevent, cbarg) == 336);
    assert!(offset_of!(Bufferevent, timeout_read) == 344);
    assert!(offset_of!(Bufferevent, timeout_write) == 348);
    assert!(offset_of!(Bufferevent, enabled) == 352);
};

#[cfg(target_pointer_width = "32")]
const _: () = {
    assert!(size_of::<Watermark>() == 8 && align_of::<Watermark>() == 4);
    assert!(offset_of!(Watermark, low) == 0);
    assert!(offset_of!(Watermark, high) == 4);
    assert!(size_of::<Bufferevent>() == 200 && align_of::<Bufferevent>() == 4);
    assert!(offset_of!(Bufferevent, ev_base) == 0);
    assert!(offset_of!(Bufferevent, ev_read) == 4);
    assert!(offset_of!(Bufferevent, ev_write) == 76);
    assert!(offset_of!(Bufferevent, input) == 148);
    assert!(offset_of!(Bufferevent, output) == 152);
    assert!(offset_of!(Bufferevent, wm_read) == 156);
    assert!(offset_of!(Bufferevent, wm_write) == 164);
    assert!(offset_of!(Bufferevent, readcb) == 172);
    assert!(offset_of!(Bufferevent, writecb) == 176);
    assert!(offset_of!(Bufferevent, errorcb) == 180);
    assert!(offset_of!(Bufferevent, cbarg) == 184);
    assert!(offset_of!(Bufferevent, timeout_read) == 188);
    assert!(offset_of!(Bufferevent, timeout_write) == 192);
    assert!(offset_of!(Bufferevent, enabled) == 196);
};
