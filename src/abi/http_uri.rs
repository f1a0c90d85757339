//! `evhub/http_ext.h`: URIs in parts.

use super::evdns_config::string;
use super::evhttp_uri::{given, read_pairs};
use super::{bytes, fail, misuse, status};
use crate::errno::{Errno, Result};
use crate::http::escape::{self, Plus};
use crate::http::uri::Conformance;
use crate::http::uri_object::{Part, Uri};
use crate::layout::handle::Handle;
use crate::layout::keyval::{Evkeyvalq, Headers};
use crate::log::Misuse;
use crate::sys::mem;
use crate::sys::signal::set_errno;
use libc::ssize_t;
use std::ffi::{CStr, c_char, c_int, c_uint};
use std::ptr;

/// EVHTTP_URI_NONCONFORMANT.
const NONCONFORMANT: c_uint = 1;

fn conformance(flags: c_uint) -> Conformance {
    if flags & NONCONFORMANT != 0 { Conformance::Loose } else { Conformance::Exact }
}

/// # Safety
/// `raw` is NULL or a URI that was not freed, and nobody else uses it meanwhile.
unsafe fn object<'a>(raw: *mut Uri, function: &str) -> Result<&'a mut Uri> {
    // SAFETY: the caller's word.
    unsafe { raw.as_mut() }.ok_or_else(|| misuse(Misuse::NullArgument, function))
}

/// A URI for the caller, or NULL and `errno`.
fn made(uri: Result<Uri>) -> *mut Uri {
    match uri.and_then(mem::try_box) {
        Ok(uri) => Handle::leak(uri).as_ptr(),
        Err(error) => {
            set_errno(error);
            ptr::null_mut()
        }
    }
}

/// Makes a URI without any part.
///
/// @return to be freed with evhub_evhttp_uri_free(); NULL with ENOMEM
#[unsafe(no_mangle)]
pub extern "C" fn evhub_evhttp_uri_new() -> *mut Uri {
    made(Ok(Uri::new()))
}

/// Frees a URI, and what it has given away. NULL is fine.
///
/// # Safety
/// `uri` is NULL or a URI that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_evhttp_uri_free(uri: *mut Uri) {
    // SAFETY: the caller's word.
    if let Some(uri) = unsafe { Handle::from_raw(uri) } {
        uri.dispose();
    }
}

/// Says what parts may be set to from now on.
///
/// @param flags 0, or EVHTTP_URI_NONCONFORMANT
///
/// # Safety
/// `uri` is NULL (EINVAL) or a URI that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_evhttp_uri_set_flags(uri: *mut Uri, flags: c_uint) {
    // SAFETY: the caller's word.
    match unsafe { object(uri, "evhttp_uri_set_flags") } {
        Ok(uri) => uri.conformance = conformance(flags),
        Err(error) => set_errno(error),
    }
}

/// Takes a URI, or a relative reference, apart, as RFC 3986 has it.
///
/// @return to be freed with evhub_evhttp_uri_free(); NULL with EINVAL (it is none, or NULL) or
///   ENOMEM
///
/// # Safety
/// `source` is NULL or a string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_evhttp_uri_parse(source: *const c_char) -> *mut Uri {
    // SAFETY: the caller's word.
    unsafe { evhub_evhttp_uri_parse_with_flags(source, 0) }
}

/// Takes a URI apart that need not be one to the letter.
///
/// @param flags with EVHTTP_URI_NONCONFORMANT, userinfo, path, query and fragment may have all
///   bytes but control bytes and those that end them
/// @return as evhub_evhttp_uri_parse()
///
/// # Safety
/// `source` is NULL or a string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_evhttp_uri_parse_with_flags(
    source: *const c_char,
    flags: c_uint,
) -> *mut Uri {
    // SAFETY: the caller's word.
    let text = unsafe { string(source, "evhttp_uri_parse") };
    made(text.and_then(|text| Uri::parse(text, conformance(flags))))
}

/// # Safety
/// `uri` is NULL or a URI that was not freed.
unsafe fn get(uri: *const Uri, part: Part, function: &str) -> *const c_char {
    // SAFETY: the caller's word.
    match unsafe { uri.as_ref() } {
        Some(uri) => uri.get(part).as_ptr(),
        None => {
            set_errno(misuse(Misuse::NullArgument, function));
            ptr::null()
        }
    }
}

/// What is before the first colon, which is not there in a relative reference.
///
/// @return the part, which is there until it is set, or the URI freed; NULL if there is none, with
///   EINVAL if `uri` is NULL. So for all that get a part
///
/// # Safety
/// `uri` is NULL or a URI that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_evhttp_uri_get_scheme(uri: *const Uri) -> *const c_char {
    // SAFETY: the caller's word.
    unsafe { get(uri, Part::Scheme, "evhttp_uri_get_scheme") }
}

/// What is before the "@".
///
/// # Safety
/// `uri` is NULL or a URI that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_evhttp_uri_get_userinfo(uri: *const Uri) -> *const c_char {
    // SAFETY: the caller's word.
    unsafe { get(uri, Part::Userinfo, "evhttp_uri_get_userinfo") }
}

/// A name or an address; IPv6 addresses are in brackets. May be empty.
///
/// # Safety
/// `uri` is NULL or a URI that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_evhttp_uri_get_host(uri: *const Uri) -> *const c_char {
    // SAFETY: the caller's word.
    unsafe { get(uri, Part::Host, "evhttp_uri_get_host") }
}

/// The port that the URI says; -1 if it says none.
///
/// # Safety
/// `uri` is NULL (-1 with EINVAL) or a URI that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_evhttp_uri_get_port(uri: *const Uri) -> c_int {
    // SAFETY: the caller's word.
    match unsafe { uri.as_ref() } {
        Some(uri) => uri.port(),
        None => fail(misuse(Misuse::NullArgument, "evhttp_uri_get_port")),
    }
}

/// The path. It is empty, not NULL, in a URI that was parsed and has none.
///
/// # Safety
/// `uri` is NULL or a URI that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_evhttp_uri_get_path(uri: *const Uri) -> *const c_char {
    // SAFETY: the caller's word.
    unsafe { get(uri, Part::Path, "evhttp_uri_get_path") }
}

/// What is behind the "?".
///
/// # Safety
/// `uri` is NULL or a URI that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_evhttp_uri_get_query(uri: *const Uri) -> *const c_char {
    // SAFETY: the caller's word.
    unsafe { get(uri, Part::Query, "evhttp_uri_get_query") }
}

/// What is behind the "#".
///
/// # Safety
/// `uri` is NULL or a URI that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_evhttp_uri_get_fragment(uri: *const Uri) -> *const c_char {
    // SAFETY: the caller's word.
    unsafe { get(uri, Part::Fragment, "evhttp_uri_get_fragment") }
}

/// # Safety
/// `uri` is NULL or a URI that was not freed; `text` is NULL or a string.
unsafe fn set(uri: *mut Uri, part: Part, text: *const c_char, function: &str) -> c_int {
    // SAFETY: the caller's word. The text may be the part itself: it is copied first.
    let (uri, text) = unsafe {
        let text = (!text.is_null()).then(|| CStr::from_ptr(text).to_bytes());
        (object(uri, function), text)
    };
    status(uri.and_then(|uri| uri.set(part, text)))
}

/// Sets the scheme.
///
/// @param scheme copied; NULL takes the part away. So for all that set a part
/// @return 0; -1 with EINVAL (the part cannot be that, or `uri` is NULL) or ENOMEM, and nothing
///   changes
///
/// # Safety
/// `uri` is NULL or a URI that was not freed; `scheme` is NULL or a string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_evhttp_uri_set_scheme(
    uri: *mut Uri,
    scheme: *const c_char,
) -> c_int {
    // SAFETY: the caller's word.
    unsafe { set(uri, Part::Scheme, scheme, "evhttp_uri_set_scheme") }
}

/// Sets what is before the "@".
///
/// # Safety
/// `uri` is NULL or a URI that was not freed; `userinfo` is NULL or a string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_evhttp_uri_set_userinfo(
    uri: *mut Uri,
    userinfo: *const c_char,
) -> c_int {
    // SAFETY: the caller's word.
    unsafe { set(uri, Part::Userinfo, userinfo, "evhttp_uri_set_userinfo") }
}

/// Sets the host, an IPv6 address in brackets.
///
/// # Safety
/// `uri` is NULL or a URI that was not freed; `host` is NULL or a string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_evhttp_uri_set_host(uri: *mut Uri, host: *const c_char) -> c_int {
    // SAFETY: the caller's word.
    unsafe { set(uri, Part::Host, host, "evhttp_uri_set_host") }
}

/// Sets the port.
///
/// @param port 0 to 65535; -1 takes it away
/// @return 0; -1 with EINVAL
///
/// # Safety
/// `uri` is NULL or a URI that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_evhttp_uri_set_port(uri: *mut Uri, port: c_int) -> c_int {
    // SAFETY: the caller's word.
    let uri = unsafe { object(uri, "evhttp_uri_set_port") };
    status(uri.and_then(|uri| uri.set_port(port)))
}

/// Sets the path.
///
/// # Safety
/// `uri` is NULL or a URI that was not freed; `path` is NULL or a string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_evhttp_uri_set_path(uri: *mut Uri, path: *const c_char) -> c_int {
    // SAFETY: the caller's word.
    unsafe { set(uri, Part::Path, path, "evhttp_uri_set_path") }
}

/// Sets what is behind the "?".
///
/// # Safety
/// `uri` is NULL or a URI that was not freed; `query` is NULL or a string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_evhttp_uri_set_query(uri: *mut Uri, query: *const c_char) -> c_int {
    // SAFETY: the caller's word.
    unsafe { set(uri, Part::Query, query, "evhttp_uri_set_query") }
}

/// Sets what is behind the "#".
///
/// # Safety
/// `uri` is NULL or a URI that was not freed; `fragment` is NULL or a string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_evhttp_uri_set_fragment(
    uri: *mut Uri,
    fragment: *const c_char,
) -> c_int {
    // SAFETY: the caller's word.
    unsafe { set(uri, Part::Fragment, fragment, "evhttp_uri_set_fragment") }
}

/// Writes a URI as text.
///
/// @param buf gets it, with a NUL behind it
/// @param limit the size of `buf`
/// @return `buf`; NULL, and nothing is written, with ENOSPC (it does not fit), or EINVAL (NULL, or
///   the parts would be read as others: a path that does not begin with a slash behind a host,
///   userinfo or port without one)
///
/// # Safety
/// `uri` is NULL or a URI that was not freed; `buf` is NULL or has `limit` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_evhttp_uri_join(
    uri: *mut Uri,
    buf: *mut c_char,
    limit: usize,
) -> *mut c_char {
    const FUNCTION: &str = "evhttp_uri_join";
    // SAFETY: the caller's word.
    let uri = unsafe { object(uri, FUNCTION) };
    let written = uri.and_then(|uri| {
        if buf.is_null() {
            return Err(misuse(Misuse::NullArgument, FUNCTION));
        }
        let write = uri.join()?;
        let mut length = 0_usize;
        write(&mut |piece| length = length.saturating_add(piece.len()));
        if length >= limit {
            return Err(Errno::NOSPC);
        }
        let mut at = buf.cast::<u8>();
        write(&mut |piece| {
            // SAFETY: the caller's word, and all pieces and a NUL fit.
            unsafe {
                at.copy_from_nonoverlapping(piece.as_ptr(), piece.len());
                at = at.add(piece.len());
            }
        });
        // SAFETY: as above.
        unsafe { at.write(0) };
        Ok(buf)
    });
    written.unwrap_or_else(|error| {
        set_errno(error);
        ptr::null_mut()
    })
}

/// Escapes text that becomes a part of a URI, so that it means nothing there.
///
/// Letters, digits and - . _ ~ stay as they are, all else becomes %XX.
///
/// @param str the text
/// @param size its length in bytes; negative: up to its NUL
/// @param space_to_plus not 0: a space becomes a plus sign, as in queries
/// @return a string to be freed with free(); NULL with EINVAL (NULL) or ENOMEM
///
/// # Safety
/// `str` is NULL or has `size` bytes, or is a string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_evhttp_uriencode(
    str: *const c_char,
    size: ssize_t,
    space_to_plus: c_int,
) -> *mut c_char {
    const FUNCTION: &str = "evhttp_uriencode";
    // SAFETY: the caller's word.
    let text = unsafe {
        match usize::try_from(size) {
            Ok(size) => bytes(str.cast(), size, FUNCTION),
            Err(_) => string(str, FUNCTION),
        }
    };
    let space: &[u8] = if space_to_plus != 0 { b"+" } else { b"%20" };
    given(text.and_then(|text| {
        mem::new_string_of(|out| escape::encode(text, escape::is_unreserved, space, out))
    }))
}

/// Undoes escaping. A % without two digits behind it stays.
///
/// @param decode_plus not 0: a plus sign is a space
/// @param size_out gets the length, which counts where %00 was decoded, too; NULL is fine
/// @return a string to be freed with free(); NULL with EINVAL (NULL) or ENOMEM
///
/// # Safety
/// `uri` is NULL or a string; `size_out` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_evhttp_uridecode(
    uri: *const c_char,
    decode_plus: c_int,
    size_out: *mut usize,
) -> *mut c_char {
    // SAFETY: the caller's word.
    let text = unsafe { string(uri, "evhttp_uridecode") };
    let plus = if decode_plus != 0 { Plus::Always } else { Plus::Never };
    given(text.and_then(|text| {
        let decoded = mem::new_string_of(|out| escape::decode(text, plus, out))?;
        // SAFETY: the caller's word.
        if let Some(place) = unsafe { size_out.as_mut() } {
            *place = 0;
            escape::decode(text, plus, &mut |piece| *place += piece.len());
        }
        Ok(decoded)
    }))
}

/// Reads parameters, "a=b&c=d", as evhttp_parse_query() does of a whole URI.
///
/// @param uri the parameters alone, without a question mark
/// @param headers becomes a list of them. What it was does not matter
/// @return 0; -1 with EINVAL (NULL) or ENOMEM, and the list is empty
///
/// # Safety
/// `uri` is NULL or a string; `headers` is NULL or memory for a list.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_evhttp_parse_query_str(
    uri: *const c_char,
    headers: *mut Evkeyvalq,
) -> c_int {
    const FUNCTION: &str = "evhttp_parse_query_str";
    // SAFETY: the caller's word.
    let (query, list) = unsafe { (string(uri, FUNCTION), Headers::init(headers)) };
    status(query.and_then(|query| {
        let list = list.ok_or_else(|| misuse(Misuse::NullArgument, FUNCTION))?;
        read_pairs(query, list)
    }))
}
