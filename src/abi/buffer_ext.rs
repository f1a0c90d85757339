//! `evhub/buffer_ext.h`: what libevent 1.4 did not have for buffers.

use super::evbuffer::{buffer, needle, with_bytes};
use super::{fail, misuse, status};
use crate::buffer;
use crate::errno::{Errno, Result};
use crate::layout::call::{CleanupCallback, run_cleanup};
use crate::layout::evbuffer::{BufferPtr, Evbuffer};
use crate::log::Misuse;
use libc::ssize_t;
use std::ffi::{c_char, c_int, c_uchar, c_uint, c_void};
use std::mem::MaybeUninit;
use std::{ptr, slice};

/// Called when memory that was given by reference is the program's again.
#[allow(non_camel_case_types)]
pub type evbuffer_ref_cleanup_cb = CleanupCallback;

/// `enum evbuffer_ptr_how`, whatever number it is.
#[allow(non_camel_case_types)]
type evbuffer_ptr_how = c_uint;

const PTR_SET: c_uint = 0;
const PTR_ADD: c_uint = 1;

/// A position in a buffer.
#[repr(C)]
pub struct EvbufferPtr {
    /// bytes from the front; -1: nowhere
    pub pos: ssize_t,
}

const NOWHERE: EvbufferPtr = EvbufferPtr { pos: -1 };

/// How many bytes a buffer has.
///
/// # Safety
/// `buf` is NULL (0) or a buffer that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_buffer_get_length(buf: *const Evbuffer) -> usize {
    // SAFETY: the caller's word.
    match unsafe { buffer(buf.cast_mut(), "evbuffer_get_length") } {
        Ok(buf) => buf.off.get(),
        Err(_) => 0,
    }
}

/// The data, which always is in one piece here.
///
/// @param size how many bytes are wanted; negative: all
/// @return the data, until the buffer changes; NULL if there is less, or nothing
///
/// # Safety
/// `buf` is NULL or a buffer that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_buffer_pullup(buf: *mut Evbuffer, size: ssize_t) -> *mut c_uchar {
    // SAFETY: the caller's word.
    match unsafe { buffer(buf, "evbuffer_pullup") } {
        Ok(buf) if buf.off.get() != 0 && size <= buf.off.get() as ssize_t => buf.buffer.get(),
        _ => ptr::null_mut(),
    }
}

/// Adds bytes before the data. Room that was drained before is used, and then nothing is moved.
///
/// @param data the bytes; they may be the buffer's own
/// @return 0; -1 with ENOMEM and the buffer unchanged
///
/// # Safety
/// `buf` is NULL (EINVAL) or a buffer that was not freed; `data` has `len` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_buffer_prepend(
    buf: *mut Evbuffer,
    data: *const c_void,
    len: usize,
) -> c_int {
    // SAFETY: the caller's word.
    let arguments = unsafe { with_bytes(buf, data, len, "evbuffer_prepend") };
    status(arguments.and_then(|(buf, bytes)| {
        changed(buf, |buf| if bytes.is_empty() { Ok(()) } else { buffer::prepend(buf, bytes) })
    }))
}

/// Runs one operation, and tells of it if the length has changed.
fn changed(buf: BufferPtr, operation: impl FnOnce(BufferPtr) -> Result<()>) -> Result<()> {
    let old = buf.off.get();
    operation(buf)?;
    if buf.off.get() != old {
        buffer::notify(buf, old);
    }
    Ok(())
}

/// Copies bytes from the front and leaves them there.
///
/// @param data_out room for them
/// @param len how many at most
/// @return how many were copied; -1 with EINVAL
///
/// # Safety
/// `buf` is NULL (EINVAL) or a buffer that was not freed; `data_out` has room for `len` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_buffer_copyout(
    buf: *mut Evbuffer,
    data_out: *mut c_void,
    len: usize,
) -> ssize_t {
    // SAFETY: the caller's word.
    let buf = match unsafe { buffer(buf, "evbuffer_copyout") } {
        Ok(buf) => buf,
        Err(error) => return fail(error) as ssize_t,
    };
    let n = len.min(buf.off.get());
    if n == 0 {
        return 0;
    }
    if data_out.is_null() {
        return fail(misuse(Misuse::NullArgument, "evbuffer_copyout")) as ssize_t;
    }
    // SAFETY: the caller's word; any bytes do for memory that is going to be written.
    let room = unsafe { slice::from_raw_parts_mut(data_out.cast::<MaybeUninit<u8>>(), n) };
    buffer::copy_out(buf, room) as ssize_t
}

/// Sets a position in a buffer, for evhub_buffer_search().
///
/// @param position bytes from the front, or, with EVBUFFER_PTR_ADD, from where `ptr` is
/// @param how EVBUFFER_PTR_SET or EVBUFFER_PTR_ADD
/// @return 0; -1 with EINVAL, and `ptr` is nowhere, if that is beyond the data, or `how` unknown
///
/// # Safety
/// `buf` is NULL (EINVAL) or a buffer that was not freed; `ptr` is NULL (EINVAL) or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_buffer_ptr_set(
    buf: *mut Evbuffer,
    ptr: *mut EvbufferPtr,
    position: usize,
    how: evbuffer_ptr_how,
) -> c_int {
    // SAFETY: the caller's word.
    let (buf, place) = unsafe { (buffer(buf, "evbuffer_ptr_set"), ptr.as_mut()) };
    let Some(place) = place else {
        return fail(misuse(Misuse::NullArgument, "evbuffer_ptr_set"));
    };
    let from = match how {
        PTR_SET => Some(0),
        PTR_ADD => usize::try_from(place.pos).ok(),
        _ => None,
    };
    let sum = from.and_then(|from| from.checked_add(position));
    *place = NOWHERE;
    status(buf.and_then(|buf| {
        let sum = sum.filter(|sum| *sum <= buf.off.get()).ok_or(Errno::INVAL)?;
        place.pos = sum as ssize_t;
        Ok(())
    }))
}

/// Finds bytes.
///
/// @param what the bytes
/// @param len how many; none are found at once
/// @param start where to begin; NULL: at the front
/// @return where they are, first of all; `pos` is -1 if they are not there, or `start` is beyond
///   the data or nowhere
///
/// # Safety
/// `buf` is NULL or a buffer that was not freed; `what` has `len` bytes; `start` is NULL or
/// set.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_buffer_search(
    buf: *mut Evbuffer,
    what: *const c_char,
    len: usize,
    start: *const EvbufferPtr,
) -> EvbufferPtr {
    // SAFETY: the caller's word.
    let (found, start) =
        unsafe { (needle(buf, what.cast(), len, "evbuffer_search"), start.as_ref()) };
    let start = usize::try_from(start.map_or(0, |start| start.pos));
    match (found, start) {
        (Ok((buf, what)), Ok(start)) => match buffer::find_from(buf.bytes(), what, start) {
            Some(pos) => EvbufferPtr { pos: pos as ssize_t },
            None => NOWHERE,
        },
        _ => NOWHERE,
    }
}

/// Adds a part of a file, all of it or nothing, and closes the file: its bytes are copied.
///
/// @param fd a file that can be read at any place
/// @param offset where in the file the part begins
/// @param length how long it is in bytes; -1: to the end of the file
/// @return 0, and `fd` is closed; -1 with errno, and `fd` is still open and the buffer unchanged:
///   EINVAL (the file ends before), ESPIPE, EISDIR, EIO ... of pread(2), ENOMEM
///
/// # Safety
/// `buf` is NULL (EINVAL) or a buffer that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_buffer_add_file(
    buf: *mut Evbuffer,
    fd: c_int,
    offset: i64,
    length: i64,
) -> c_int {
    // SAFETY: the caller's word.
    let buf = unsafe { buffer(buf, "evbuffer_add_file") };
    status(buf.and_then(|buf| {
        changed(buf, |buf| {
            buffer::add_file(buf, fd, offset, length)?;
            crate::sys::fd::close(fd);
            Ok(())
        })
    }))
}

/// Adds memory of the program's. Data here is in one piece, so it is copied, and the memory is
/// the program's again at once.
///
/// @param cleanup called with `data`, `len` and `arg` when the memory is not needed any more,
///   which is before this returns; NULL: nobody
/// @return 0; -1 with ENOMEM, the buffer unchanged and `cleanup` not called
///
/// # Safety
/// `buf` is NULL (EINVAL) or a buffer that was not freed; `data` has `len` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_buffer_add_reference(
    buf: *mut Evbuffer,
    data: *const c_void,
    len: usize,
    cleanup: evbuffer_ref_cleanup_cb,
    arg: *mut c_void,
) -> c_int {
    // SAFETY: the caller's word.
    let arguments = unsafe { with_bytes(buf, data, len, "evbuffer_add_reference") };
    status(arguments.and_then(|(buf, bytes)| {
        let old = buf.off.get();
        buffer::append(buf, bytes)?;
        buffer::held(buf, || {
            run_cleanup(cleanup, data, len, arg);
            if len != 0 {
                buffer::notify(buf, old);
            }
        });
        Ok(())
    }))
}
