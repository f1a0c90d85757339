//! `evhttp.h`: escaping, and the parameters of a URI.

use super::evdns_config::string;
use super::misuse;
use crate::errno::Result;
use crate::http::escape::{self, Out, Plus};
use crate::layout::keyval::{Evkeyvalq, Headers};
use crate::log::Misuse;
use crate::sys::mem;
use crate::sys::signal::set_errno;
use std::ffi::c_char;
use std::ptr::{self, NonNull};

/// A new string for the caller, or NULL and `errno`.
pub(super) fn given(text: Result<NonNull<c_char>>) -> *mut c_char {
    match text {
        Ok(text) => text.as_ptr(),
        Err(error) => {
            set_errno(error);
            ptr::null_mut()
        }
    }
}

/// What `write` makes of a string.
///
/// # Safety
/// `text` is NULL or a string.
unsafe fn converted(text: *const c_char, function: &str, write: fn(&[u8], Out)) -> *mut c_char {
    // SAFETY: the caller's word.
    let text = unsafe { string(text, function) };
    given(text.and_then(|text| mem::new_string_of(|out| write(text, out))))
}

/// Escapes text that becomes a part of a URI.
///
/// Letters, digits and ! $ ' ( ) * + , - . / : = @ _ ~ ; stay as they are, all else becomes
/// %XX. A plus sign stays, too, and is read as a space in a query.
///
/// @return a string to be freed with free(); NULL with EINVAL (NULL) or ENOMEM
/// @see behaviours 169, 172
///
/// # Safety
/// `uri` is NULL or a string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhttp_encode_uri(uri: *const c_char) -> *mut c_char {
    // SAFETY: the caller's word.
    unsafe {
        converted(uri, "evhttp_encode_uri", |text, out| {
            escape::encode(text, escape::is_kept_in_uri, b"%20", out);
        })
    }
}

/// Undoes escaping: %XX becomes the byte, and a plus sign a space if it is behind a question mark.
///
/// A % without two digits behind it stays. %00 ends the string for C.
///
/// @return a string to be freed with free(); NULL with EINVAL (NULL) or ENOMEM
/// @see behaviours 170, 172
///
/// # Safety
/// `uri` is NULL or a string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhttp_decode_uri(uri: *const c_char) -> *mut c_char {
    // SAFETY: the caller's word.
    unsafe {
        converted(uri, "evhttp_decode_uri", |text, out| escape::decode(text, Plus::InQuery, out))
    }
}

/// Escapes text that becomes a part of a page: &amp; &lt; &gt; &quot; &#039;
///
/// @return a string to be freed with free(); NULL with EINVAL (NULL) or ENOMEM
/// @see behaviour 172
///
/// # Safety
/// `html` is NULL or a string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhttp_htmlescape(html: *const c_char) -> *mut c_char {
    // SAFETY: the caller's word.
    unsafe { converted(html, "evhttp_htmlescape", escape::escape_html) }
}

/// Reads the parameters of a URI: what is behind its first question mark.
///
/// Names and values are decoded. A parameter without an equals sign has an empty value. Differs
/// from libevent 1.4, which stopped there, and did not decode names.
///
/// @param headers becomes a list of them, in order. What it was does not matter, so a list that
///   has headers is to be cleared before. Without memory it is empty, and errno is ENOMEM; with a
///   NULL argument errno is EINVAL
/// @see behaviour 171
///
/// # Safety
/// `uri` is NULL or a string; `headers` is NULL or memory for a list.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhttp_parse_query(uri: *const c_char, headers: *mut Evkeyvalq) {
    const FUNCTION: &str = "evhttp_parse_query";
    // SAFETY: the caller's word.
    let (uri, list) = unsafe { (string(uri, FUNCTION), Headers::init(headers)) };
    let result = uri.and_then(|uri| {
        let list = list.ok_or_else(|| misuse(Misuse::NullArgument, FUNCTION))?;
        read_pairs(escape::query_of(uri).unwrap_or_default(), list)
    });
    if let Err(error) = result {
        set_errno(error);
    }
}

/// Adds the pairs of a query to an empty list: all or none.
pub(super) fn read_pairs(query: &[u8], list: Headers) -> Result<()> {
    let decoded = |text| move |out: Out| escape::decode(text, Plus::Always, out);
    let mut pairs = escape::query_pairs(query);
    let result = pairs.try_for_each(|(key, value)| list.push_of(decoded(key), decoded(value)));
    result.inspect_err(|_| list.clear())
}
