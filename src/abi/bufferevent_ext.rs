//! `evhub/bufferevent_ext.h`: what libevent 1.4 did not have for bufferevents.

use super::bufferevent::stream;
use super::{fail, misuse, status};
use crate::bufferevent;
use crate::errno::Errno;
use crate::layout::bufferevent::{Bufferevent, BuffereventCb, BuffereventErrorCb};
use crate::layout::event::EV_WRITE;
use crate::log::Misuse;
use crate::sys::socket::Address;
use libc::sockaddr;
use std::ffi::{c_int, c_short, c_uint, c_void};

/// `enum bufferevent_flush_mode`, whatever number it is.
#[allow(non_camel_case_types)]
type bufferevent_flush_mode = c_uint;

/// Starts to connect. How it ends errorcb is told, from the loop: BEV_EVENT_CONNECTED;
/// EVBUFFER_ERROR, and errno says why; EVBUFFER_WRITE | EVBUFFER_TIMEOUT when the time of
/// bufferevent_settimeout() is up. Output waits until then, and so does reading, whether it is
/// enabled before this call (although that fails without a descriptor) or after it.
///
/// @param sa the address
/// @param socklen its length in bytes
/// @return 0; -1 with errno: EALREADY (an attempt is under way), and those of socket(2) and
///   connect(2). If the bufferevent has no descriptor, a stream socket is made for it, which is
///   closed when this fails, now or later, or when the bufferevent is freed before it is
///   connected; then it is the caller's to close. A descriptor that it has should not block; it
///   stays open in every case, and nothing is pending on it after a failure.
///
/// # Safety
/// `bufev` is NULL (EINVAL) or a bufferevent that was not freed; `sa` has `socklen` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_bufferevent_socket_connect(
    bufev: *mut Bufferevent,
    sa: *const sockaddr,
    socklen: c_int,
) -> c_int {
    // SAFETY: the caller's word.
    let found = unsafe { stream(bufev, "bufferevent_socket_connect") };
    if sa.is_null() {
        return fail(misuse(Misuse::NullArgument, "bufferevent_socket_connect"));
    }
    let family_end = std::mem::offset_of!(sockaddr, sa_data) as c_int;
    if socklen < family_end {
        return fail(Errno::INVAL);
    }
    // SAFETY: not NULL, and the caller's word.
    let address = unsafe { Address::new(sa, socklen as libc::socklen_t) };
    status(found.and_then(|stream| bufferevent::connect(stream, address)))
}

/// The descriptor of a bufferevent.
///
/// @return the descriptor; -1 if there is none
///
/// # Safety
/// `bufev` is NULL (-1, EINVAL) or a bufferevent that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_bufferevent_getfd(bufev: *mut Bufferevent) -> c_int {
    // SAFETY: the caller's word.
    match unsafe { stream(bufev, "bufferevent_getfd") } {
        Ok(stream) => stream.ev_read.ev_fd.get(),
        Err(error) => fail(error),
    }
}

/// The callbacks of a bufferevent and their argument.
///
/// @param readcb where to put the callback; NULL: nowhere. So for the others.
///
/// # Safety
/// `bufev` is NULL or a bufferevent that was not freed; the others are NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_bufferevent_getcb(
    bufev: *mut Bufferevent,
    readcb: *mut BuffereventCb,
    writecb: *mut BuffereventCb,
    errorcb: *mut BuffereventErrorCb,
    cbarg: *mut *mut c_void,
) {
    // SAFETY: the caller's word.
    let Ok(stream) = (unsafe { stream(bufev, "bufferevent_getcb") }) else { return };
    // SAFETY: the caller's word.
    unsafe {
        put(readcb, stream.readcb.get());
        put(writecb, stream.writecb.get());
        put(errorcb, stream.errorcb.get());
        put(cbarg, stream.cbarg.get());
    }
}

/// # Safety
/// `place` is NULL or writable.
unsafe fn put<T>(place: *mut T, value: T) {
    if !place.is_null() {
        // SAFETY: not NULL, and the caller's word.
        unsafe { place.write(value) };
    }
}

/// Writes the output now, once, as far as the descriptor takes it, without waiting for the end of
/// the loop's round, and even if writing is disabled. The output's own callback is told; readcb,
/// writecb and errorcb are the loop's to call.
///
/// @param iotype EV_WRITE; for EV_READ alone nothing is done
/// @param mode makes no difference here
/// @return 1 if something was written; 0 if nothing was; -1 with errno of write(2)
///
/// # Safety
/// `bufev` is NULL (EINVAL) or a bufferevent that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_bufferevent_flush(
    bufev: *mut Bufferevent,
    iotype: c_short,
    mode: bufferevent_flush_mode,
) -> c_int {
    let _ = mode;
    // SAFETY: the caller's word.
    let found = unsafe { stream(bufev, "bufferevent_flush") };
    let flushed =
        found.and_then(
            |stream| {
                if iotype & EV_WRITE == 0 { Ok(false) } else { bufferevent::flush(stream) }
            },
        );
    match flushed {
        Ok(something) => c_int::from(something),
        Err(error) => fail(error),
    }
}
