//! `event.h`: tagged records in buffers.

use super::evbuffer::buffer as buffer_of;
use super::{bytes, fail, misuse, status};
use crate::buffer;
use crate::errno::{Errno, Result};
use crate::layout::evbuffer::{BufferPtr, Evbuffer};
use crate::log::Misuse;
use crate::sys::mem;
use crate::sys::signal::set_errno;
use crate::tag::{self, Head, Number, Writer};
use libc::timeval;
use std::ffi::{CStr, c_char, c_int, c_void};
use std::mem::MaybeUninit;
use std::slice;

/// Nothing: libevent 1.4 needed to be told to begin.
///
/// @see behaviour 100
#[unsafe(no_mangle)]
pub extern "C" fn evtag_init() {}

/// Adds an integer in as few bytes as it needs (1 to 5).
///
/// Without memory for them nothing is added, and errno is ENOMEM; so for all that add here.
///
/// @see behaviour 96
///
/// # Safety
/// `evbuf` is NULL or a buffer that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn encode_int(evbuf: *mut Evbuffer, number: u32) {
    // SAFETY: the caller's word.
    let buf = unsafe { buffer_of(evbuf, "encode_int") };
    silently(buf.and_then(|buf| add_number(buf, Number::int(number)).map(drop)));
}

/// Adds a number and says how many bytes it has.
pub fn add_number(buf: BufferPtr, number: Number) -> Result<usize> {
    let length = number.bytes().len();
    Writer::new(buf).piece(number.bytes()).finish().map(|()| length)
}

/// How many, or -1 and `errno`.
pub fn count(result: Result<usize>) -> c_int {
    match result {
        Ok(n) => c_int::try_from(n).unwrap_or(c_int::MAX),
        Err(error) => fail(error),
    }
}

/// For functions that cannot say how it went: errno does.
fn silently(result: Result<()>) {
    if let Err(error) = result {
        set_errno(error);
    }
}

/// Adds a record: tag, length, payload.
///
/// @param data the payload, `len` bytes; NULL is fine for none, otherwise errno is EINVAL
/// @see behaviour 97
///
/// # Safety
/// `evbuf` is NULL or a buffer that was not freed; `data` has `len` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evtag_marshal(
    evbuf: *mut Evbuffer,
    tag: u32,
    data: *const c_void,
    len: u32,
) {
    // SAFETY: the caller's word.
    let found = unsafe {
        buffer_of(evbuf, "evtag_marshal")
            .and_then(|buf| Ok((buf, bytes(data, len as usize, "evtag_marshal")?)))
    };
    silently(found.and_then(|(buf, data)| tag::write(buf, tag, [data, &[]])));
}

/// Adds a record whose payload is an integer.
///
/// @see behaviour 97
///
/// # Safety
/// `evbuf` is NULL or a buffer that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evtag_marshal_int(evbuf: *mut Evbuffer, tag: u32, integer: u32) {
    // SAFETY: the caller's word.
    let buf = unsafe { buffer_of(evbuf, "evtag_marshal_int") };
    let payload = Number::int(integer);
    silently(buf.and_then(|buf| tag::write(buf, tag, [payload.bytes(), &[]])));
}

/// Adds a record whose payload is a string, without its NUL.
///
/// @see behaviour 97
///
/// # Safety
/// `buf` is NULL or a buffer that was not freed; `string` is NULL (EINVAL) or a string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evtag_marshal_string(buf: *mut Evbuffer, tag: u32, string: *const c_char) {
    // SAFETY: the caller's word.
    let found = unsafe { buffer_of(buf, "evtag_marshal_string") };
    if string.is_null() {
        return silently(Err(misuse(Misuse::NullArgument, "evtag_marshal_string")));
    }
    // SAFETY: not NULL, and the caller's word.
    let text = unsafe { CStr::from_ptr(string) }.to_bytes();
    silently(found.and_then(|buf| tag::write(buf, tag, [text, &[]])));
}

/// Adds a record whose payload is a time: seconds, then microseconds, the low 32 bits of each.
///
/// @see behaviour 97
///
/// # Safety
/// `evbuf` is NULL or a buffer that was not freed; `tv` is NULL (EINVAL) or a timeval.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evtag_marshal_timeval(evbuf: *mut Evbuffer, tag: u32, tv: *mut timeval) {
    // SAFETY: the caller's word.
    let (found, tv) = unsafe { (buffer_of(evbuf, "evtag_marshal_timeval"), tv.as_ref()) };
    let Some(tv) = tv else {
        return silently(Err(misuse(Misuse::NullArgument, "evtag_marshal_timeval")));
    };
    let (sec, usec) = (Number::int(tv.tv_sec as u32), Number::int(tv.tv_usec as u32));
    silently(found.and_then(|buf| tag::write(buf, tag, [sec.bytes(), usec.bytes()])));
}

/// Drops bytes from the front and tells of it: the last thing that is done.
pub fn take(buf: BufferPtr, length: usize) {
    let old = buf.off.get();
    buffer::drain(buf, length);
    buffer::notify(buf, old);
}

/// Looks at the tag of the first record and takes nothing.
///
/// @param ptag gets the tag
/// @return how many bytes the tag has; -1 with EINVAL if it is not there yet, or does not fit 32
///   bits
/// @see behaviours 98, 101
///
/// # Safety
/// `evbuf` is NULL (EINVAL) or a buffer that was not freed; `ptag` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evtag_peek(evbuf: *mut Evbuffer, ptag: *mut u32) -> c_int {
    // SAFETY: the caller's word.
    let (buf, place) = unsafe { (buffer_of(evbuf, "evtag_peek"), ptag.as_mut()) };
    count(buf.and_then(|buf| {
        let (tag, length) = tag::decode_tag(buf.bytes()).ok_or(Errno::INVAL)?;
        if let Some(place) = place {
            *place = tag;
        }
        Ok(length)
    }))
}

/// Looks at how long the first record is, with tag and length; the payload need not be there.
///
/// @param plength gets the length in bytes
/// @return 0; -1 with EINVAL if tag and length are not there yet, or not valid
/// @see behaviour 98
///
/// # Safety
/// `evbuf` is NULL (EINVAL) or a buffer that was not freed; `plength` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evtag_peek_length(evbuf: *mut Evbuffer, plength: *mut u32) -> c_int {
    // SAFETY: the caller's word.
    let (buf, place) = unsafe { (buffer_of(evbuf, "evtag_peek_length"), plength.as_mut()) };
    status(buf.and_then(|buf| look_at_length(buf, place, Head::total)))
}

/// Looks at how long the payload of the first record is; it need not be there.
///
/// @param plength gets the length in bytes
/// @return 0; -1 with EINVAL if tag and length are not there yet, or not valid
/// @see behaviour 98
///
/// # Safety
/// `evbuf` is NULL (EINVAL) or a buffer that was not freed; `plength` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evtag_payload_length(evbuf: *mut Evbuffer, plength: *mut u32) -> c_int {
    // SAFETY: the caller's word.
    let (buf, place) = unsafe { (buffer_of(evbuf, "evtag_payload_length"), plength.as_mut()) };
    status(buf.and_then(|buf| look_at_length(buf, place, |head| head.payload)))
}

fn look_at_length(
    buf: BufferPtr,
    place: Option<&mut u32>,
    length: fn(&Head) -> usize,
) -> Result<()> {
    let head = Head::read(buf.bytes()).ok_or(Errno::INVAL)?;
    let length = u32::try_from(length(&head)).map_err(|_| Errno::INVAL)?;
    if let Some(place) = place {
        *place = length;
    }
    Ok(())
}

/// Takes the first record and drops it.
///
/// @return 0; -1 with EINVAL and nothing taken if it is not complete, or not valid
/// @see behaviour 99
///
/// # Safety
/// `evbuf` is NULL (EINVAL) or a buffer that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evtag_consume(evbuf: *mut Evbuffer) -> c_int {
    // SAFETY: the caller's word.
    let buf = unsafe { buffer_of(evbuf, "evtag_consume") };
    status(buf.and_then(|buf| {
        let total = tag::peek(buf.bytes()).ok_or(Errno::INVAL)?.head.total();
        take(buf, total);
        Ok(())
    }))
}

/// Takes the first record, and adds its payload to another buffer.
///
/// @param ptag gets the tag
/// @param dst gets the payload
/// @return the length of the payload in bytes; -1 with EINVAL (the record is not complete, or not
///   valid) or ENOMEM, and nothing taken
/// @see behaviours 98, 99
///
/// # Safety
/// The buffers are NULL (EINVAL) or were not freed; `ptag` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evtag_unmarshal(
    src: *mut Evbuffer,
    ptag: *mut u32,
    dst: *mut Evbuffer,
) -> c_int {
    // SAFETY: the caller's word.
    let found = unsafe {
        buffer_of(src, "evtag_unmarshal")
            .and_then(|src| Ok((src, buffer_of(dst, "evtag_unmarshal")?)))
    };
    count(found.and_then(|(src, dst)| {
        let record = tag::peek(src.bytes()).ok_or(Errno::INVAL)?;
        let (head, old_src, old_dst) = (record.head, src.off.get(), dst.off.get());
        buffer::append(dst, record.payload)?;
        buffer::drain(src, head.total());
        // SAFETY: the caller's word.
        if let Some(place) = unsafe { ptag.as_mut() } {
            *place = head.tag;
        }
        buffer::held(src, || {
            if head.payload != 0 && src != dst {
                buffer::notify(dst, old_dst);
            }
            buffer::notify(src, old_src);
        });
        Ok(head.payload)
    }))
}

/// Takes the first record, whose payload has a tag and a length that the caller knows.
///
/// A complete record is taken even if it is not what was asked for, so that whoever skips what
/// he does not know gets on. So for the three that follow, too.
///
/// @param data room for the payload, `len` bytes
/// @return 0; -1 with EINVAL (not complete: nothing is taken; another tag or length: it is)
/// @see behaviour 99
///
/// # Safety
/// `src` is NULL (EINVAL) or a buffer that was not freed; `data` has room for `len` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evtag_unmarshal_fixed(
    src: *mut Evbuffer,
    need_tag: u32,
    data: *mut c_void,
    len: usize,
) -> c_int {
    let is_missing = data.is_null() && len != 0;
    // SAFETY: the caller's word.
    let buf = unsafe { known(src, is_missing, "evtag_unmarshal_fixed") };
    status(unmarshal(buf, need_tag, |payload| {
        if payload.len() != len {
            return Err(Errno::INVAL);
        }
        if len != 0 {
            // SAFETY: the caller's word; any bytes do for memory that is going to be written.
            let room = unsafe { slice::from_raw_parts_mut(data.cast::<MaybeUninit<u8>>(), len) };
            for (place, byte) in room.iter_mut().zip(payload) {
                place.write(*byte);
            }
        }
        Ok(())
    }))
}

/// Takes the first record, whose payload is an integer.
///
/// @param pinteger gets the integer
/// @return 0; -1 with EINVAL (not complete: nothing is taken; another tag or payload: it is)
/// @see behaviours 97, 99, 101
///
/// # Safety
/// `evbuf` is NULL (EINVAL) or a buffer that was not freed; `pinteger` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evtag_unmarshal_int(
    evbuf: *mut Evbuffer,
    need_tag: u32,
    pinteger: *mut u32,
) -> c_int {
    // SAFETY: the caller's word.
    let buf = unsafe { known(evbuf, pinteger.is_null(), "evtag_unmarshal_int") };
    status(unmarshal(buf, need_tag, |payload| {
        let value = tag::as_int(payload).ok_or(Errno::INVAL)?;
        // SAFETY: not NULL (`known`), and the caller's word.
        unsafe { pinteger.write(value) };
        Ok(())
    }))
}

/// Takes the first record, whose payload is a string.
///
/// @param pstring gets the payload with a NUL behind it, to be freed with free(). The payload may
///   contain NUL, too: evtag_payload_length() before tells how long it is.
/// @return 0; -1 with EINVAL (not complete: nothing is taken; another tag: it is) or ENOMEM
///   (nothing is taken)
/// @see behaviours 97, 99
///
/// # Safety
/// `evbuf` is NULL (EINVAL) or a buffer that was not freed; `pstring` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evtag_unmarshal_string(
    evbuf: *mut Evbuffer,
    need_tag: u32,
    pstring: *mut *mut c_char,
) -> c_int {
    // SAFETY: the caller's word.
    let buf = unsafe { known(evbuf, pstring.is_null(), "evtag_unmarshal_string") };
    status(unmarshal(buf, need_tag, |payload| {
        let text = mem::new_string(payload)?;
        // SAFETY: not NULL (`known`), and the caller's word.
        unsafe { pstring.write(text.as_ptr()) };
        Ok(())
    }))
}

/// Takes the first record, whose payload is a time. A million microseconds and more become
/// seconds.
///
/// @param ptv gets the time
/// @return 0; -1 with EINVAL (not complete: nothing is taken; another tag or payload: it is)
/// @see behaviours 97, 99
///
/// # Safety
/// `evbuf` is NULL (EINVAL) or a buffer that was not freed; `ptv` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evtag_unmarshal_timeval(
    evbuf: *mut Evbuffer,
    need_tag: u32,
    ptv: *mut timeval,
) -> c_int {
    // SAFETY: the caller's word.
    let buf = unsafe { known(evbuf, ptv.is_null(), "evtag_unmarshal_timeval") };
    status(unmarshal(buf, need_tag, |payload| {
        let time = tag::as_timeval(payload).ok_or(Errno::INVAL)?;
        // SAFETY: not NULL (`known`), and the caller's word.
        unsafe { ptv.write(time) };
        Ok(())
    }))
}

/// The buffer, if there also is a place for what is going to be read.
///
/// # Safety
/// `raw` is NULL or a buffer that was not freed.
unsafe fn known(raw: *mut Evbuffer, place_is_missing: bool, function: &str) -> Result<BufferPtr> {
    if place_is_missing {
        return Err(misuse(Misuse::NullArgument, function));
    }
    // SAFETY: the caller's word.
    unsafe { buffer_of(raw, function) }
}

/// Takes a record of a known tag, if it is complete; `read` stores what its payload says. Only
/// when memory runs out the record stays.
fn unmarshal(
    buf: Result<BufferPtr>,
    need_tag: u32,
    read: impl FnOnce(&[u8]) -> Result<()>,
) -> Result<()> {
    let buf = buf?;
    let record = tag::peek(buf.bytes()).ok_or(Errno::INVAL)?;
    let total = record.head.total();
    let result = if record.head.tag == need_tag { read(record.payload) } else { Err(Errno::INVAL) };
    if result != Err(Errno::NOMEM) {
        take(buf, total);
    }
    result
}
