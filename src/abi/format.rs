//! What `format.c` needs of Rust: functions under names that only the library sees.

use super::evbuffer::buffer;
use super::misuse;
use crate::buffer;
use crate::layout::evbuffer::{BufferPtr, Evbuffer};
use crate::log::Misuse;
use crate::sys::signal::set_errno;
use std::arch::global_asm;
use std::ffi::c_char;
use std::ptr;

/// # Safety
/// `buf` is NULL or a buffer that was not freed; `room` is writable.
unsafe extern "C" fn room(
    buf: *mut Evbuffer,
    format: *const c_char,
    need: usize,
    room: *mut usize,
) -> *mut c_char {
    // SAFETY: what the program gave to evbuffer_add_printf.
    let mut found = unsafe { buffer(buf, "evbuffer_add_printf") };
    if format.is_null() {
        found = Err(misuse(Misuse::NullArgument, "evbuffer_add_printf"));
    }
    match found.and_then(|buf| buffer::reserve(buf, need).map(|()| buf)) {
        Ok(mut buf) => {
            let spare = buf.spare();
            // SAFETY: `room` is a variable of format.c.
            unsafe { room.write(spare.len()) };
            spare.as_mut_ptr().cast()
        }
        Err(error) => {
            set_errno(error);
            ptr::null_mut()
        }
    }
}

/// # Safety
/// `buf` is a buffer in whose room `length` bytes were written.
unsafe extern "C" fn done(buf: *mut Evbuffer, length: usize) {
    // SAFETY: what `room` has accepted.
    if let Some(buf) = unsafe { BufferPtr::from_raw(buf) } {
        let old = buf.off.get();
        buf.commit(length);
        buffer::notify(buf, old);
    }
}

#[cfg(not(target_vendor = "apple"))]
global_asm!(
    ".globl evhub_text_room", ".hidden evhub_text_room", ".set evhub_text_room, {room}",
    ".globl evhub_text_done", ".hidden evhub_text_done", ".set evhub_text_done, {done}",
    room = sym room, done = sym done,
);
#[cfg(target_vendor = "apple")]
global_asm!(
    ".private_extern _evhub_text_room", ".set _evhub_text_room, {room}",
    ".private_extern _evhub_text_done", ".set _evhub_text_done, {done}",
    room = sym room, done = sym done,
);
