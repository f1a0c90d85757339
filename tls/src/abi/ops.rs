//! The table of functions that libevhub calls for each connection.

use crate::fault::{self, Result};
use crate::stream::Wants;
use crate::sys::errno::set_errno;
use crate::sys::evhub::TransportOps;
use crate::transport::{Plug, Transport};
use std::ffi::{c_int, c_short, c_void};
use std::mem::MaybeUninit;
use std::slice;

/// EV_READ and EV_WRITE.
const EV_READ: c_short = 0x02;
const EV_WRITE: c_short = 0x04;

/// Its address says whose transports they are.
pub static OPS: TransportOps = TransportOps {
    size: size_of::<TransportOps>(),
    open,
    read,
    write,
    wants,
    pending,
    handshake,
    call,
    shut_down,
    close,
    release,
};

/// A plug for libevhub, which gives it back by `release`.
pub fn given(plug: Plug) -> *mut c_void {
    Box::into_raw(Box::new(plug)).cast()
}

/// # Safety
/// `transport` is one that `open` has made and `close` has not ended.
pub unsafe fn transport<'a>(transport: *mut c_void) -> &'a Transport {
    // SAFETY: the caller's word.
    unsafe { &*transport.cast::<Transport>() }
}

/// A number of bytes, or -1 and `errno`.
fn count(result: Result<usize>) -> isize {
    match result {
        Ok(n) => n as isize,
        Err(fault) if fault.errno == libc::EAGAIN => {
            set_errno(libc::EAGAIN);
            -1
        }
        Err(fault) => {
            set_errno(fault::report(&fault));
            -1
        }
    }
}

/// # Safety
/// `evhub/http_ext.h` says what libevhub gives.
unsafe extern "C" fn open(arg: *mut c_void, fd: c_int) -> *mut c_void {
    // SAFETY: libevhub has it from `given`, and has not released it.
    let plug = unsafe { &*arg.cast::<Plug>() };
    match plug.open(fd) {
        Ok(transport) => Box::into_raw(Box::new(transport)).cast(),
        Err(fault) => {
            set_errno(fault::report(&fault));
            std::ptr::null_mut()
        }
    }
}

/// # Safety
/// `evhub/http_ext.h` says what libevhub gives.
unsafe extern "C" fn read(this: *mut c_void, data: *mut c_void, length: usize) -> isize {
    // SAFETY: libevhub's word: a transport, and room for as many bytes.
    let (transport, room) = unsafe {
        let room = slice::from_raw_parts_mut(data.cast::<MaybeUninit<u8>>(), length);
        (transport(this), room)
    };
    count(transport.read(room))
}

/// # Safety
/// `evhub/http_ext.h` says what libevhub gives.
unsafe extern "C" fn write(this: *mut c_void, data: *const c_void, length: usize) -> isize {
    // SAFETY: libevhub's word: a transport, and as many bytes.
    let (transport, bytes) =
        unsafe { (transport(this), slice::from_raw_parts(data.cast::<u8>(), length)) };
    count(transport.write(bytes))
}

/// # Safety
/// `evhub/http_ext.h` says what libevhub gives.
unsafe extern "C" fn wants(this: *mut c_void) -> c_short {
    // SAFETY: libevhub's word.
    match unsafe { transport(this) }.wants() {
        Wants::Read => EV_READ,
        Wants::Write => EV_WRITE,
        Wants::Choice => 0,
    }
}

/// # Safety
/// `evhub/http_ext.h` says what libevhub gives.
unsafe extern "C" fn pending(this: *mut c_void) -> c_int {
    // SAFETY: libevhub's word.
    unsafe { transport(this) }.has_pending().into()
}

/// # Safety
/// `evhub/http_ext.h` says what libevhub gives.
unsafe extern "C" fn handshake(this: *mut c_void) -> c_int {
    // SAFETY: libevhub's word.
    let seconds = unsafe { transport(this) }.patience();
    c_int::try_from(seconds).unwrap_or(c_int::MAX)
}

/// # Safety
/// `evhub/http_ext.h` says what libevhub gives.
unsafe extern "C-unwind" fn call(this: *mut c_void) {
    // SAFETY: libevhub's word; nothing of it is used after this line.
    let question = unsafe { transport(this) }.question();
    if let Some(question) = question {
        question.put();
    }
}

/// # Safety
/// `evhub/http_ext.h` says what libevhub gives.
unsafe extern "C" fn shut_down(this: *mut c_void) -> c_int {
    // SAFETY: libevhub's word.
    match count(unsafe { transport(this) }.shut_down().map(|()| 0)) {
        0 => 0,
        _ => -1,
    }
}

/// # Safety
/// `evhub/http_ext.h` says what libevhub gives.
unsafe extern "C" fn close(this: *mut c_void) {
    // SAFETY: `open` has made it of a box, and libevhub does not use it any more.
    let transport = unsafe { Box::from_raw(this.cast::<Transport>()) };
    // If there is no room for it, the peer does without.
    let _ = transport.shut_down();
}

/// # Safety
/// `evhub/http_ext.h` says what libevhub gives.
pub unsafe extern "C" fn release(arg: *mut c_void) {
    // SAFETY: libevhub has it from `given`, and does not use it any more.
    drop(unsafe { Box::from_raw(arg.cast::<Plug>()) });
}
