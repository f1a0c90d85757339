//! `event.h`: buffered input and output.

use super::evbuffer::{buffer, take};
use super::{base, bytes, misuse, status};
use crate::bufferevent;
use crate::errno::Result;
use crate::event::Base;
use crate::layout::bufferevent::{Bufferevent, BuffereventCb, BuffereventErrorCb, StreamPtr};
use crate::layout::evbuffer::Evbuffer;
use crate::layout::event::{EV_READ, EV_WRITE};
use crate::log::Misuse;
use crate::sys::signal::set_errno;
use std::ffi::{c_int, c_short, c_void};
use std::ptr;

/// The bufferevent behind a C pointer.
///
/// # Safety
/// `raw` is NULL or a bufferevent that was not freed.
pub unsafe fn stream(raw: *mut Bufferevent, function: &str) -> Result<StreamPtr> {
    // SAFETY: the caller's word.
    unsafe { StreamPtr::from_raw(raw) }.ok_or_else(|| misuse(Misuse::NullArgument, function))
}

/// Makes a bufferevent. It belongs to the current base, writing is enabled, reading is not, and
/// nothing is pending.
///
/// @param fd a descriptor that does not block: a socket, a pipe, a terminal. It stays the
///   caller's. -1: none yet.
/// @param readcb called when there is something to read; NULL: nobody
/// @param writecb called when what was to be written has gone; NULL: nobody
/// @param errorcb called when the connection ended or failed: nothing is pending then in that
///   direction. NULL: nobody
/// @param cbarg argument of the three
/// @return the bufferevent, to be freed with bufferevent_free(); NULL with ENOMEM
/// @see behaviours 81, 86, 195
#[unsafe(no_mangle)]
pub extern "C" fn bufferevent_new(
    fd: c_int,
    readcb: BuffereventCb,
    writecb: BuffereventCb,
    errorcb: BuffereventErrorCb,
    cbarg: *mut c_void,
) -> *mut Bufferevent {
    match bufferevent::create(fd) {
        Ok(stream) => {
            set_callbacks(stream, readcb, writecb, errorcb, cbarg);
            stream.as_ptr()
        }
        Err(error) => {
            set_errno(error);
            ptr::null_mut()
        }
    }
}

/// Frees a bufferevent and its two buffers. What was not written is lost, the descriptor is not
/// closed. May be called by any of its callbacks.
///
/// @param bufev the bufferevent; NULL: nothing is done
/// @see behaviour 93
///
/// # Safety
/// `bufev` is NULL or a bufferevent that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bufferevent_free(bufev: *mut Bufferevent) {
    // SAFETY: the caller's word.
    if let Some(stream) = unsafe { StreamPtr::from_raw(bufev) } {
        bufferevent::free(stream);
    }
}

/// Moves a bufferevent to another base, for good.
///
/// @return 0; -1 with EINVAL while anything is pending or to be written
/// @see behaviour 81
///
/// # Safety
/// `base` is NULL (EINVAL) or a base, `bufev` NULL (EINVAL) or a bufferevent; not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bufferevent_base_set(base: *mut Base, bufev: *mut Bufferevent) -> c_int {
    // SAFETY: the caller's word.
    let found = unsafe {
        self::base(base, "bufferevent_base_set")
            .and_then(|base| Ok((base, stream(bufev, "bufferevent_base_set")?)))
    };
    status(found.and_then(|(base, stream)| bufferevent::set_base(base, stream)))
}

/// Sets the priority of both directions.
///
/// @param pri 0 (first) to one less than the base has
/// @return 0; -1 with EINVAL
///
/// # Safety
/// `bufev` is NULL (EINVAL) or a bufferevent that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bufferevent_priority_set(bufev: *mut Bufferevent, pri: c_int) -> c_int {
    // SAFETY: the caller's word.
    let found = unsafe { stream(bufev, "bufferevent_priority_set") };
    status(found.and_then(|stream| bufferevent::set_priority(stream, pri)))
}

/// Sets the callbacks and their argument, as bufferevent_new() does.
///
/// # Safety
/// `bufev` is NULL or a bufferevent that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bufferevent_setcb(
    bufev: *mut Bufferevent,
    readcb: BuffereventCb,
    writecb: BuffereventCb,
    errorcb: BuffereventErrorCb,
    cbarg: *mut c_void,
) {
    // SAFETY: the caller's word.
    if let Ok(stream) = unsafe { stream(bufev, "bufferevent_setcb") } {
        set_callbacks(stream, readcb, writecb, errorcb, cbarg);
    }
}

fn set_callbacks(
    stream: StreamPtr,
    readcb: BuffereventCb,
    writecb: BuffereventCb,
    errorcb: BuffereventErrorCb,
    cbarg: *mut c_void,
) {
    stream.readcb.set(readcb);
    stream.writecb.set(writecb);
    stream.errorcb.set(errorcb);
    stream.cbarg.set(cbarg);
}

/// Gives a bufferevent another descriptor. Nothing is pending afterwards (enable what you need),
/// and the priority is the default again. Output that was not written stays.
///
/// @param fd the descriptor; -1: none. The old one is not closed.
/// @see behaviour 91
///
/// # Safety
/// `bufev` is NULL or a bufferevent that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bufferevent_setfd(bufev: *mut Bufferevent, fd: c_int) {
    // SAFETY: the caller's word.
    if let Ok(stream) = unsafe { stream(bufev, "bufferevent_setfd") } {
        bufferevent::set_descriptor(stream, fd);
    }
}

/// Adds bytes to the output. If writing is enabled they go out at the end of the loop's round,
/// together with what else was added until then.
///
/// Differs from libevent 1.4, where ev_write was pending at once: here it is so only while the
/// descriptor takes no more. bufferevent_disable() takes back what was not written yet.
///
/// @param data the bytes, which are copied
/// @param size how many
/// @return 0; -1 with ENOMEM and nothing added
/// @see behaviour 82
///
/// # Safety
/// `bufev` is NULL (EINVAL) or a bufferevent that was not freed; `data` has `size` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bufferevent_write(
    bufev: *mut Bufferevent,
    data: *const c_void,
    size: usize,
) -> c_int {
    // SAFETY: the caller's word.
    let found = unsafe {
        stream(bufev, "bufferevent_write")
            .and_then(|stream| Ok((stream, bytes(data, size, "bufferevent_write")?)))
    };
    status(found.and_then(|(stream, bytes)| bufferevent::write(stream, bytes)))
}

/// Moves all data of a buffer to the output; see bufferevent_write(). It is not copied where
/// that can be helped. The output's callback is called first, the buffer's last.
///
/// @param buf the buffer, empty afterwards. The output itself is fine: it is just written.
/// @return 0; -1 with ENOMEM and nothing moved
/// @see behaviour 92
///
/// # Safety
/// `bufev` is NULL (EINVAL) or a bufferevent, `buf` NULL (EINVAL) or a buffer; not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bufferevent_write_buffer(
    bufev: *mut Bufferevent,
    buf: *mut Evbuffer,
) -> c_int {
    // SAFETY: the caller's word.
    let found = unsafe {
        stream(bufev, "bufferevent_write_buffer")
            .and_then(|stream| Ok((stream, buffer(buf, "bufferevent_write_buffer")?)))
    };
    status(found.and_then(|(stream, buf)| bufferevent::write_buffer(stream, buf)))
}

/// Takes bytes from the input.
///
/// @param data room for them
/// @param size how many at most
/// @return how many were taken; 0 with EINVAL for an argument that is NULL
/// @see behaviour 92
///
/// # Safety
/// `bufev` is NULL (0) or a bufferevent that was not freed; `data` has room for `size` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bufferevent_read(
    bufev: *mut Bufferevent,
    data: *mut c_void,
    size: usize,
) -> usize {
    // SAFETY: the caller's word.
    let found = unsafe { stream(bufev, "bufferevent_read") };
    // SAFETY: the caller's word.
    let taken =
        found.and_then(|stream| unsafe { take(stream.input(), data, size, "bufferevent_read") });
    match taken {
        Ok(n) => n,
        Err(error) => {
            set_errno(error);
            0
        }
    }
}

/// Starts reading, writing, or both. With nothing to write, writecb is called as soon as
/// something could be written: so a connection that is being made tells that it is there.
///
/// @param event EV_READ, EV_WRITE
/// @return 0; -1 with errno and nothing changed: EBADF (a closed descriptor, or none), EPERM
///   (reading a regular file, with epoll), EINVAL (no base), ENOMEM
/// @see behaviours 82, 83
///
/// # Safety
/// `bufev` is NULL (EINVAL) or a bufferevent that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bufferevent_enable(bufev: *mut Bufferevent, event: c_short) -> c_int {
    // SAFETY: the caller's word.
    let found = unsafe { stream(bufev, "bufferevent_enable") };
    status(found.and_then(|stream| bufferevent::enable(stream, event)))
}

/// Stops reading, writing, or both. What is in the buffers stays there.
///
/// @param event EV_READ, EV_WRITE
/// @return 0; -1 with EINVAL
/// @see behaviour 90
///
/// # Safety
/// `bufev` is NULL (EINVAL) or a bufferevent that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bufferevent_disable(bufev: *mut Bufferevent, event: c_short) -> c_int {
    // SAFETY: the caller's word.
    let found = unsafe { stream(bufev, "bufferevent_disable") };
    status(found.and_then(|stream| bufferevent::disable(stream, event)))
}

/// Sets how long a direction may be idle until errorcb is called with EVBUFFER_TIMEOUT. What is
/// pending gets the new time at once; 0 does not stop a time that runs.
///
/// @param timeout_read seconds without input, while reading is enabled; 0: no bound
/// @param timeout_write seconds in which nothing of the output can be written; 0: no bound
/// @see behaviours 83, 89
///
/// # Safety
/// `bufev` is NULL or a bufferevent that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bufferevent_settimeout(
    bufev: *mut Bufferevent,
    timeout_read: c_int,
    timeout_write: c_int,
) {
    // SAFETY: the caller's word.
    if let Ok(stream) = unsafe { stream(bufev, "bufferevent_settimeout") } {
        bufferevent::set_timeouts(stream, timeout_read, timeout_write);
    }
}

/// Sets the marks of the input, the output, or both.
///
/// Input: readcb is called when there are `lowmark` bytes, and reading stops when there are
/// `highmark`, until the program has taken some (0: it does not stop). Output: writecb is called
/// when no more than `lowmark` bytes are left; `highmark` is only noted.
///
/// Differs from libevent 1.4: the program's own callback on the input stays, and only the marks
/// of the direction that is named change anything.
///
/// @param events EV_READ, EV_WRITE
/// @see behaviours 84, 85, 88
///
/// # Safety
/// `bufev` is NULL or a bufferevent that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bufferevent_setwatermark(
    bufev: *mut Bufferevent,
    events: c_short,
    lowmark: usize,
    highmark: usize,
) {
    // SAFETY: the caller's word.
    let Ok(stream) = (unsafe { stream(bufev, "bufferevent_setwatermark") }) else { return };
    if events & EV_WRITE != 0 {
        stream.wm_write.low.set(lowmark);
        stream.wm_write.high.set(highmark);
    }
    if events & EV_READ != 0 {
        bufferevent::set_marks(stream, lowmark, highmark);
    }
}
