//! `struct evbuffer`: bytes in one block of memory, which C reads through macros.
//!
//! ```text
//!   orig_buffer       buffer                            orig_buffer + totallen
//!   |<-- misalign -->|<---- off bytes of data ---->|<---- free ---->|
//! ```

// Its readers come with the functions on buffers.
#![allow(dead_code)]

use std::cell::Cell;
use std::ffi::{c_uchar, c_void};
use std::mem::{offset_of, size_of};

/// A buffer: data in one block, taken from the front and added to the end.
#[repr(C)]
pub struct Evbuffer {
    /// the data
    pub buffer: Cell<*mut c_uchar>,
    /// the memory that it lies in
    pub orig_buffer: Cell<*mut c_uchar>,
    /// unused bytes before the data
    pub misalign: Cell<usize>,
    /// size of the memory in bytes
    pub totallen: Cell<usize>,
    /// length of the data in bytes
    pub off: Cell<usize>,
    /// called when the length changes
    pub cb: Cell<
        Option<
            unsafe extern "C" fn(
                buf: *mut Evbuffer,
                old_length: usize,
                new_length: usize,
                arg: *mut c_void,
            ),
        >,
    >,
    /// its argument
    pub cbarg: Cell<*mut c_void>,
}

#[cfg(target_pointer_width = "64")]
const _: () = {
    assert!(size_of::<Evbuffer>() == 56 && align_of::<Evbuffer>() == 8);
    assert!(offset_of!(Evbuffer, buffer) == 0);
    assert!(offset_of!(Evbuffer, orig_buffer) == 8);
    assert!(offset_of!(Evbuffer, misalign) == 16);
    assert!(offset_of!(Evbuffer, totallen) == 24);
    assert!(offset_of!(Evbuffer, off) == 32);
    assert!(offset_of!(Evbuffer, cb) == 40);
    assert!(offset_of!(Evbuffer, cbarg) == 48);
};

#[cfg(target_pointer_width = "32")]
const _: () = {
    assert!(size_of::<Evbuffer>() == 28 && align_of::<Evbuffer>() == 4);
    assert!(offset_of!(Evbuffer, buffer) == 0);
    assert!(offset_of!(Evbuffer, orig_buffer) == 4);
    assert!(offset_of!(Evbuffer, misalign) == 8);
    assert!(offset_of!(Evbuffer, totallen) == 12);
    assert!(offset_of!(Evbuffer, off) == 16);
    assert!(offset_of!(Evbuffer, cb) == 20);
    assert!(offset_of!(Evbuffer, cbarg) == 24);
};
