//! `event.h`: buffers.

use super::{bytes, fail, misuse, status};
use crate::buffer::{self, Eol, Line};
use crate::errno::{Errno, Result};
use crate::layout::copy::SHORT;
use crate::layout::evbuffer::{BufferPtr, Evbuffer};
use crate::log::Misuse;
use crate::sys::mem;
use crate::sys::signal::set_errno;
use std::ffi::{c_char, c_int, c_uchar, c_uint, c_void};
use std::mem::MaybeUninit;
use std::{ptr, slice};

/// `enum evbuffer_eol_style`, whatever number it is.
#[allow(non_camel_case_types)]
type evbuffer_eol_style = c_uint;

/// The buffer behind a C pointer.
///
/// # Safety
/// `raw` is NULL or a buffer of `evbuffer_new` that was not freed.
#[inline(always)]
pub unsafe fn buffer(raw: *mut Evbuffer, function: &str) -> Result<BufferPtr> {
    // SAFETY: the caller's word.
    unsafe { BufferPtr::from_raw(raw) }.ok_or_else(|| misuse(Misuse::NullArgument, function))
}

/// Makes an empty buffer. It has no memory for data until there is some.
///
/// @return the buffer, to be freed with evbuffer_free(); NULL with ENOMEM
/// @see behaviours 68, 193
#[unsafe(no_mangle)]
pub extern "C" fn evbuffer_new() -> *mut Evbuffer {
    match BufferPtr::create() {
        Ok(buf) => buf.as_ptr(),
        Err(error) => {
            set_errno(error);
            ptr::null_mut()
        }
    }
}

/// Frees a buffer and its data. May be called by the buffer's own callback.
///
/// @param buf the buffer; NULL: nothing is done
///
/// # Safety
/// `buf` is NULL or a buffer that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evbuffer_free(buf: *mut Evbuffer) {
    // SAFETY: the caller's word.
    if let Some(buf) = unsafe { BufferPtr::from_raw(buf) } {
        buffer::free(buf);
    }
}

/// Makes room, so that adding `datlen` bytes needs no more memory.
///
/// @return 0; -1 with ENOMEM (also if the sum is no size at all) and the buffer unchanged
/// @see behaviours 68, 74
///
/// # Safety
/// `buf` is NULL (EINVAL) or a buffer that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evbuffer_expand(buf: *mut Evbuffer, datlen: usize) -> c_int {
    // SAFETY: the caller's word.
    let buf = unsafe { buffer(buf, "evbuffer_expand") };
    status(buf.and_then(|buf| buffer::reserve(buf, datlen)))
}

/// Adds bytes at the end.
///
/// @param data the bytes; they may be the buffer's own. NULL is fine for none.
/// @param datlen how many
/// @return 0; -1 with ENOMEM and the buffer unchanged
/// @see behaviours 70, 74
///
/// # Safety
/// `buf` is NULL (EINVAL) or a buffer that was not freed; `data` has `datlen` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evbuffer_add(
    buf: *mut Evbuffer,
    data: *const c_void,
    datlen: usize,
) -> c_int {
    // SAFETY: the caller's word.
    unsafe {
        if let Some(found) = BufferPtr::from_raw(buf)
            && found.takes(data.cast(), datlen)
        {
            if datlen > SHORT {
                return add_long(found, data.cast(), datlen);
            }
            found.push_short(data.cast(), datlen);
            return added(found, datlen);
        }
        add_slowly(buf, data, datlen)
    }
}

/// The way of more than a few bytes, in a function of its own, so that the short way need not
/// save any register.
///
/// # Safety
/// `data` has `n` bytes, and the buffer has room for them.
#[inline(never)]
unsafe fn add_long(buf: BufferPtr, data: *const u8, n: usize) -> c_int {
    // SAFETY: the caller's word.
    unsafe { buf.push_raw(data, n) };
    added(buf, n)
}

#[inline(always)]
fn added(buf: BufferPtr, n: usize) -> c_int {
    if buf.is_watched() { tell_added(buf, n) } else { 0 }
}

/// 0, which the compiler is not to know: it would give up the jump to here for a call.
#[inline(never)]
fn tell_added(buf: BufferPtr, n: usize) -> c_int {
    buffer::notify(buf, buf.off.get() - n);
    std::hint::black_box(0)
}

/// Nothing to add, no room for it, or a mistake.
///
/// # Safety
/// As for `evbuffer_add`.
#[inline(never)]
unsafe fn add_slowly(buf: *mut Evbuffer, data: *const c_void, datlen: usize) -> c_int {
    // SAFETY: the caller's word.
    let arguments = unsafe { with_bytes(buf, data, datlen, "evbuffer_add") };
    status(arguments.and_then(|(buf, bytes)| {
        if bytes.is_empty() {
            return Ok(());
        }
        let old = buf.off.get();
        buffer::append(buf, bytes)?;
        buffer::notify(buf, old);
        Ok(())
    }))
}

/// A buffer and bytes to go into it.
///
/// # Safety
/// As for `buffer` and `bytes`.
#[inline(always)]
pub unsafe fn with_bytes<'a>(
    buf: *mut Evbuffer,
    data: *const c_void,
    len: usize,
    function: &str,
) -> Result<(BufferPtr, &'a [u8])> {
    // SAFETY: the caller's word.
    unsafe { Ok((buffer(buf, function)?, bytes(data, len, function)?)) }
}

/// Moves all data of a buffer to the end of another, and copies no more of it than it must: an
/// empty buffer exchanges its memory with the other. First `inbuf` is told if `outbuf` was
/// empty, otherwise `outbuf` is.
///
/// Differs from libevent 1.4: a buffer can be added to itself, which does nothing.
///
/// @param outbuf gets the data
/// @param inbuf is empty afterwards
/// @return 0; -1 with ENOMEM and both unchanged
/// @see behaviour 71
///
/// # Safety
/// Both are NULL (EINVAL) or buffers that were not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evbuffer_add_buffer(outbuf: *mut Evbuffer, inbuf: *mut Evbuffer) -> c_int {
    // SAFETY: the caller's word.
    let found = unsafe {
        buffer(outbuf, "evbuffer_add_buffer")
            .and_then(|out| Ok((out, buffer(inbuf, "evbuffer_add_buffer")?)))
    };
    status(found.and_then(|(out, inbuf)| buffer::add_buffer(out, inbuf)))
}

/// Takes bytes from the front.
///
/// @param data room for them
/// @param datlen how many at most; more than INT_MAX count as INT_MAX
/// @return how many were taken; -1 with EINVAL
/// @see behaviour 72
///
/// # Safety
/// `buf` is NULL (EINVAL) or a buffer that was not freed; `data` has room for `datlen` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evbuffer_remove(
    buf: *mut Evbuffer,
    data: *mut c_void,
    datlen: usize,
) -> c_int {
    // SAFETY: the caller's word.
    let found = unsafe { buffer(buf, "evbuffer_remove") };
    // SAFETY: the caller's word.
    let taken = found.and_then(|buf| unsafe { take(buf, data, datlen, "evbuffer_remove") });
    match taken {
        Ok(n) => n as c_int,
        Err(error) => fail(error),
    }
}

/// Takes bytes from the front of a buffer into memory of C's; how many, which an int can tell.
///
/// # Safety
/// `data` is NULL or has room for `len` bytes.
pub unsafe fn take(buf: BufferPtr, data: *mut c_void, len: usize, function: &str) -> Result<usize> {
    let old = buf.off.get();
    let n = len.min(old).min(c_int::MAX as usize);
    if n == 0 {
        return Ok(0);
    }
    if data.is_null() {
        return Err(misuse(Misuse::NullArgument, function));
    }
    // SAFETY: the caller's word; any bytes do for memory that is going to be written.
    let room = unsafe { slice::from_raw_parts_mut(data.cast::<MaybeUninit<u8>>(), n) };
    buffer::remove(buf, room);
    buffer::notify(buf, old);
    Ok(n)
}

/// Drops bytes from the front. Memory stays for the next bytes, unless it is more than 1 MiB
/// and the buffer is empty now.
///
/// @param len how many; all there are if it is more
/// @see behaviour 69
///
/// # Safety
/// `buf` is NULL or a buffer that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evbuffer_drain(buf: *mut Evbuffer, len: usize) {
    // SAFETY: the caller's word.
    if let Ok(buf) = unsafe { buffer(buf, "evbuffer_drain") } {
        drop_front(buf, len);
    }
}

#[inline]
fn drop_front(buf: BufferPtr, len: usize) {
    let old = buf.off.get();
    buffer::drain(buf, len);
    if len != 0 && old != 0 {
        buffer::notify(buf, old);
    }
}

/// Takes a line from the front. It ends at the first CR or LF; one byte of the other kind that
/// follows at once belongs to that end.
///
/// @return the line without its end, terminated, to be freed with free(); NULL if there is no
///   whole line, or with ENOMEM (the line stays)
/// @see behaviour 75; evbuffer_readln() for other line ends and for lines that contain NUL
///
/// # Safety
/// `buf` is NULL or a buffer that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evbuffer_readline(buf: *mut Evbuffer) -> *mut c_char {
    // SAFETY: the caller's word.
    let Ok(buf) = (unsafe { buffer(buf, "evbuffer_readline") }) else {
        set_errno(Errno::INVAL);
        return ptr::null_mut();
    };
    take_line(buf, buffer::first_line(buf.bytes()))
}

/// Takes a line from the front, with a choice of what ends it.
///
/// @param n_read_out if not NULL: the length of the line, which may contain NUL; 0 if there is
///   none
/// @param eol_style EVBUFFER_EOL_ANY and so on
/// @return the line without its end, terminated, to be freed with free(); NULL if there is no
///   whole line, with EINVAL for an unknown style, with ENOMEM (the line stays)
/// @see behaviour 76
///
/// # Safety
/// `buf` is NULL or a buffer that was not freed; `n_read_out` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evbuffer_readln(
    buf: *mut Evbuffer,
    n_read_out: *mut usize,
    eol_style: evbuffer_eol_style,
) -> *mut c_char {
    // SAFETY: the caller's word.
    let found = unsafe { buffer(buf, "evbuffer_readln") }
        .and_then(|buf| eol(eol_style).ok_or(Errno::INVAL).map(|style| (buf, style)));
    let (text, length) = match found {
        Ok((buf, style)) => {
            let line = buffer::next_line(buf.bytes(), style);
            (take_line(buf, line), line.map_or(0, |line| line.length))
        }
        Err(error) => {
            set_errno(error);
            (ptr::null_mut(), 0)
        }
    };
    if !n_read_out.is_null() {
        // SAFETY: not NULL, and the caller's word.
        unsafe { n_read_out.write(if text.is_null() { 0 } else { length }) };
    }
    text
}

fn eol(style: evbuffer_eol_style) -> Option<Eol> {
    [Eol::Any, Eol::Crlf, Eol::CrlfStrict, Eol::Lf].get(style as usize).copied()
}

#[inline]
fn take_line(buf: BufferPtr, line: Option<Line>) -> *mut c_char {
    let Some(line) = line else { return ptr::null_mut() };
    match mem::new_string(&buf.bytes()[..line.length]) {
        Ok(text) => {
            drop_front(buf, line.taken);
            text.as_ptr()
        }
        Err(error) => {
            set_errno(error);
            ptr::null_mut()
        }
    }
}

/// Finds bytes.
///
/// @param what the bytes
/// @param len how many; 0 counts as 1, as in libevent 1.4
/// @return where they are in the data, first of all; valid until the buffer changes. NULL if
///   they are not there.
/// @see behaviour 77
///
/// # Safety
/// `buffer` is NULL or a buffer that was not freed; `what` has `len` bytes, and at least one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evbuffer_find(
    buffer: *mut Evbuffer,
    what: *const c_uchar,
    len: usize,
) -> *mut c_uchar {
    // SAFETY: the caller's word.
    match unsafe { needle(buffer, what.cast(), len.max(1), "evbuffer_find") } {
        Ok((buf, what)) => match buffer::find(buf.bytes(), what) {
            Some(at) => buf.buffer.get().wrapping_add(at),
            None => ptr::null_mut(),
        },
        Err(_) => ptr::null_mut(),
    }
}

/// A buffer and bytes to be looked for, of which there are not more than the buffer has:
/// otherwise `ENOENT`, and they are not even looked at.
///
/// # Safety
/// As for `with_bytes`.
pub unsafe fn needle<'a>(
    buf: *mut Evbuffer,
    what: *const c_void,
    len: usize,
    function: &str,
) -> Result<(BufferPtr, &'a [u8])> {
    // SAFETY: the caller's word.
    let buf = unsafe { buffer(buf, function) }?;
    if len > buf.off.get() {
        return Err(Errno::NOENT);
    }
    // SAFETY: the caller's word.
    Ok((buf, unsafe { bytes(what, len, function) }?))
}

/// Reads once from a descriptor, and adds what has come.
///
/// Differs from libevent 1.4, which asked for the number of waiting bytes first: this reads what
/// is there, up to `howmuch`. Memory grows to what has come, not to what was asked for.
///
/// @param fd a descriptor
/// @param howmuch how many bytes at most; negative: as the buffer's memory suggests, at least
///   4096
/// @return how many bytes came; 0 at the end of file (and for a `howmuch` of 0); -1 with errno
///   (EAGAIN, EINTR, ECONNRESET ... of read(2), ENOMEM), and no data is lost
/// @see behaviours 78, 194
///
/// # Safety
/// `buf` is NULL (EINVAL) or a buffer that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evbuffer_read(buf: *mut Evbuffer, fd: c_int, howmuch: c_int) -> c_int {
    // SAFETY: the caller's word.
    let found = unsafe { buffer(buf, "evbuffer_read") };
    transferred(found, |buf| buffer::read(buf, fd, howmuch))
}

/// Writes once to a descriptor, and drops what went out. SIGPIPE is the program's affair.
///
/// @return how many bytes went out, 0 if there were none; -1 with errno (EAGAIN, EINTR, EPIPE ...
///   of write(2)) and the buffer unchanged
/// @see behaviour 79
///
/// # Safety
/// `buffer` is NULL (EINVAL) or a buffer that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evbuffer_write(buffer: *mut Evbuffer, fd: c_int) -> c_int {
    // SAFETY: the caller's word.
    let found = unsafe { self::buffer(buffer, "evbuffer_write") };
    transferred(found, |buf| buffer::write(buf, fd))
}

/// The result of a read or a write, which the buffer's callback is told of.
fn transferred(
    found: Result<BufferPtr>,
    transfer: impl FnOnce(BufferPtr) -> Result<usize>,
) -> c_int {
    let done = found.and_then(|buf| {
        let old = buf.off.get();
        let n = transfer(buf)?;
        if n > 0 {
            buffer::notify(buf, old);
        }
        Ok(n)
    });
    match done {
        Ok(n) => c_int::try_from(n).unwrap_or(c_int::MAX),
        Err(error) => fail(error),
    }
}

/// Has a function called after each change of the buffer's length. It may change or free the
/// buffer: changes by the callback itself call it again, from within at first, and when they
/// never end it is cut off.
///
/// @param cb gets the buffer, its length before and after, and `cbarg`; NULL: nobody
/// @see behaviour 70
///
/// # Safety
/// `buffer` is NULL or a buffer that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evbuffer_setcb(
    buffer: *mut Evbuffer,
    cb: Option<
        unsafe extern "C" fn(
            buf: *mut Evbuffer,
            old_length: usize,
            new_length: usize,
            arg: *mut c_void,
        ),
    >,
    cbarg: *mut c_void,
) {
    // SAFETY: the caller's word.
    if let Ok(buf) = unsafe { self::buffer(buffer, "evbuffer_setcb") } {
        buf.cb.set(cb);
        buf.cbarg.set(cbarg);
    }
}
