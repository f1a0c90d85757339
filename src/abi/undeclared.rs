//! Functions that programs declare themselves and call, although no header of libevent 1.4's
//! declares them.

use super::bufferevent::stream;
use super::evbuffer::buffer as buffer_of;
use super::evtag::{add_number, count, take};
use super::{evdns_config::string, fail, status};
use crate::bufferevent;
use crate::errno::{Errno, Result};
use crate::http::uri;
use crate::layout::evbuffer::Evbuffer;
use crate::layout::evrpc::EvrpcReqGeneric;
use crate::rpc;
use crate::tag::{self, Number};
use std::cell::UnsafeCell;
use std::ffi::{c_char, c_int, c_ushort, c_void};
use std::sync::{Mutex, PoisonError};

/// Adds a tag (1 to 5 bytes), without a record.
///
/// @return how many bytes it has; -1 with ENOMEM
/// @see behaviours 95, 101
///
/// # Safety
/// `evbuf` is NULL (EINVAL) or a buffer that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evtag_encode_tag(evbuf: *mut Evbuffer, tag: u32) -> c_int {
    // SAFETY: the caller's word.
    let buf = unsafe { buffer_of(evbuf, "evtag_encode_tag") };
    count(buf.and_then(|buf| add_number(buf, Number::tag(tag))))
}

/// Takes an integer from the front.
///
/// @param pnumber gets the integer
/// @return 0; -1 with EINVAL and nothing taken if none is there yet, or it has more than 8 nibbles
/// @see behaviours 96, 101
///
/// # Safety
/// `pnumber` is NULL or writable; `evbuf` is NULL (EINVAL) or a buffer that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evtag_decode_int(pnumber: *mut u32, evbuf: *mut Evbuffer) -> c_int {
    // SAFETY: the caller's word.
    status(unsafe { take_number(evbuf, pnumber, tag::decode_int, "evtag_decode_int") }.map(drop))
}

/// Takes a tag from the front.
///
/// @param ptag gets the tag
/// @return how many bytes it had; -1 with EINVAL and nothing taken if none is there yet, or it
///   does not fit 32 bits
/// @see behaviours 95, 101
///
/// # Safety
/// `ptag` is NULL or writable; `evbuf` is NULL (EINVAL) or a buffer that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evtag_decode_tag(ptag: *mut u32, evbuf: *mut Evbuffer) -> c_int {
    // SAFETY: the caller's word.
    count(unsafe { take_number(evbuf, ptag, tag::decode_tag, "evtag_decode_tag") })
}

/// # Safety
/// `evbuf` is NULL or a buffer that was not freed; `place` is NULL or writable.
unsafe fn take_number(
    evbuf: *mut Evbuffer,
    place: *mut u32,
    decode: fn(&[u8]) -> Option<(u32, usize)>,
    function: &str,
) -> Result<usize> {
    // SAFETY: the caller's word.
    let buf = unsafe { buffer_of(evbuf, function) }?;
    let (value, length) = decode(buf.bytes()).ok_or(Errno::INVAL)?;
    if !place.is_null() {
        // SAFETY: not NULL, and the caller's word.
        unsafe { place.write(value) };
    }
    take(buf, length);
    Ok(length)
}

/// What libevent 1.4 puts on the input of a bufferevent at its high mark: when there is less, the
/// callback is taken off, and reading goes on. TLS code that reads by itself puts it there, too.
///
/// @param now the length of the input
/// @param arg the bufferevent
/// @see behaviours 84, 94
///
/// # Safety
/// `buf` is NULL or a buffer, `arg` NULL or a bufferevent; not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bufferevent_read_pressure_cb(
    buf: *mut Evbuffer,
    _old: usize,
    now: usize,
    arg: *mut c_void,
) {
    // SAFETY: the caller's word.
    let found = unsafe {
        buffer_of(buf, "bufferevent_read_pressure_cb")
            .and_then(|buf| Ok((buf, stream(arg.cast(), "bufferevent_read_pressure_cb")?)))
    };
    if let Ok((buf, stream)) = found {
        let high = stream.wm_read.high.get();
        if high == 0 || now < high {
            buf.cb.set(None);
            buf.cbarg.set(std::ptr::null_mut());
            bufferevent::wait_for_more(stream);
        }
    }
}

/// Sends the reply of a call that was made to an evrpc base, as EVRPC_REQUEST_DONE() does.
///
/// @param rpc_state the request; it is gone afterwards
/// @see behaviour 174
#[unsafe(no_mangle)]
pub extern "C" fn evrpc_request_done(rpc_state: *mut EvrpcReqGeneric) {
    rpc::finish(rpc_state);
}

/// Frees a request that was made to an evrpc base, and its messages, without a reply: the HTTP
/// request is the program's, to be answered by evhttp_send_reply() and the like.
///
/// @param rpc_state the request
///
/// @see behaviour 174
#[unsafe(no_mangle)]
pub extern "C" fn evrpc_reqstate_free(rpc_state: *mut EvrpcReqGeneric) {
    rpc::abandon(rpc_state);
}

/// Memory that is given to C, and is written anew by each call.
struct Place(UnsafeCell<[u8; LONGEST]>);

const LONGEST: usize = 4096;

// SAFETY: it is written only by `keep`, by one thread at a time; what C reads of it meanwhile is
// C's affair, as it was with libevent 1.4.
unsafe impl Sync for Place {}

static HOST: Place = Place(UnsafeCell::new([0; LONGEST]));
static FILE: Place = Place(UnsafeCell::new([0; LONGEST]));
static WRITER: Mutex<()> = Mutex::new(());

impl Place {
    /// Copies a text that is shorter than the place.
    fn keep(&self, text: &[u8]) -> *mut c_char {
        let start = self.0.get().cast::<u8>();
        assert!(text.len() < LONGEST);
        // SAFETY: it fits, with a NUL; nobody else writes (`Sync`), and nothing refers to it.
        unsafe {
            start.copy_from_nonoverlapping(text.as_ptr(), text.len());
            start.add(text.len()).write(0);
        }
        start.cast()
    }
}

/// Takes "http://HOST[:PORT][/FILE]" apart.
///
/// What it gives is in static memory, which the next call writes anew: threads have to take turns.
///
/// @param phost gets the host; NULL is fine here and below
/// @param pport gets the port, 80 if there is none
/// @param pfile gets what follows, at least "/"
/// @return 0; -1 with EINVAL (another scheme, no host, no such port, port 0, NULL) or ENOSPC
///   (host or file have 4096 bytes or more), and nothing is stored
/// @see behaviour 200
///
/// # Safety
/// `url` is NULL or a string; the others are NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhttp_hostportfile(
    url: *mut c_char,
    phost: *mut *mut c_char,
    pport: *mut c_ushort,
    pfile: *mut *mut c_char,
) -> c_int {
    // SAFETY: the caller's word.
    let url = unsafe { string(url, "evhttp_hostportfile") };
    let parts = url.and_then(|url| uri::host_port_file(url).ok_or(Errno::INVAL));
    let (host, port, file) = match parts {
        Ok(parts) => parts,
        Err(error) => return fail(error),
    };
    if host.len() >= LONGEST || file.len() >= LONGEST {
        return fail(Errno::NOSPC);
    }
    // The URL may lie in what the last call gave: copies first.
    let (host, file) = match (owned(host), owned(file)) {
        (Ok(host), Ok(file)) => (host, file),
        (Err(error), _) | (_, Err(error)) => return fail(error),
    };
    let _turn = WRITER.lock().unwrap_or_else(PoisonError::into_inner);
    // SAFETY: the caller's word.
    unsafe {
        if let Some(place) = phost.as_mut() {
            *place = HOST.keep(&host);
        }
        if let Some(place) = pport.as_mut() {
            *place = port;
        }
        if let Some(place) = pfile.as_mut() {
            *place = FILE.keep(&file);
        }
    }
    0
}

fn owned(text: &[u8]) -> Result<Vec<u8>> {
    let mut copy = Vec::new();
    copy.try_reserve_exact(text.len())?;
    copy.extend_from_slice(text);
    Ok(copy)
}
