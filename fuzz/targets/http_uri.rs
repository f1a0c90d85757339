//! Any string as a URI, a query, a text: what is escaped comes back, a URI is the sum of its parts,
//! parameters are those of a plain reader.
#![no_main]

mod common;
extern crate evhub as _;

use common::ffi;
use libfuzzer_sys::fuzz_target;
use std::ffi::{CStr, CString, c_char, c_int, c_uint, c_ushort, c_void};
use std::ptr;

#[repr(C)]
struct Header {
    next: *mut Header,
    prev: *mut *mut Header,
    key: *mut c_char,
    value: *mut c_char,
}

#[repr(C)]
struct List {
    first: *mut Header,
    last: *mut *mut Header,
}

unsafe extern "C" {
    fn evhttp_encode_uri(uri: *const c_char) -> *mut c_char;
    fn evhttp_decode_uri(uri: *const c_char) -> *mut c_char;
    fn evhttp_htmlescape(html: *const c_char) -> *mut c_char;
    fn evhttp_parse_query(uri: *const c_char, headers: *mut List);
    fn evhttp_clear_headers(headers: *mut List);
    fn evhttp_hostportfile(
        url: *mut c_char,
        host: *mut *mut c_char,
        port: *mut c_ushort,
        file: *mut *mut c_char,
    ) -> c_int;
    fn evhub_evhttp_uri_parse_with_flags(source: *const c_char, flags: c_uint) -> *mut c_void;
    fn evhub_evhttp_uri_join(uri: *mut c_void, buf: *mut c_char, limit: usize) -> *mut c_char;
    fn evhub_evhttp_uri_get_path(uri: *const c_void) -> *const c_char;
    fn evhub_evhttp_uri_get_port(uri: *const c_void) -> c_int;
    fn evhub_evhttp_uri_free(uri: *mut c_void);
    fn evhub_evhttp_uriencode(str: *const c_char, size: isize, plus: c_int) -> *mut c_char;
    fn evhub_evhttp_uridecode(uri: *const c_char, plus: c_int, size: *mut usize) -> *mut c_char;
}

/// A string that the library gave.
fn taken(text: *mut c_char) -> CString {
    assert!(!text.is_null());
    // SAFETY: a string that is ours to free.
    unsafe {
        let copy = CStr::from_ptr(text).to_owned();
        libc::free(text.cast());
        copy
    }
}

/// Every byte that stands for itself, one after the other.
fn plain_decode(text: &[u8], mut is_space: bool, in_query: bool) -> Vec<u8> {
    let (mut decoded, mut at) = (Vec::new(), 0);
    while at < text.len() {
        let digits = text.get(at + 1..at + 3).and_then(|d| std::str::from_utf8(d).ok());
        let digits = digits.filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()));
        match (text[at], digits) {
            (b'%', Some(digits)) => {
                decoded.push(u8::from_str_radix(digits, 16).expect("two digits"));
                at += 2;
            }
            (b'+', _) if is_space => decoded.push(b' '),
            (byte, _) => {
                is_space |= in_query && byte == b'?';
                decoded.push(byte);
            }
        }
        at += 1;
    }
    decoded
}

fn up_to_nul(mut text: Vec<u8>) -> Vec<u8> {
    text.truncate(text.iter().position(|b| *b == 0).unwrap_or(text.len()));
    text
}

fn escaping(text: &CStr) {
    // SAFETY: strings; what is given is freed in `taken`.
    unsafe {
        let encoded = taken(evhttp_encode_uri(text.as_ptr()));
        assert!(encoded.to_bytes().iter().all(|b| b.is_ascii_graphic() && *b != b'?'));
        assert_eq!(&*taken(evhttp_decode_uri(encoded.as_ptr())), text);
        let decoded = taken(evhttp_decode_uri(text.as_ptr()));
        assert_eq!(decoded.to_bytes(), up_to_nul(plain_decode(text.to_bytes(), false, true)));
        for plus in 0..2 {
            let encoded = taken(evhub_evhttp_uriencode(text.as_ptr(), -1, plus));
            let mut size = 0;
            assert_eq!(&*taken(evhub_evhttp_uridecode(encoded.as_ptr(), plus, &mut size)), text);
            assert_eq!(size, text.to_bytes().len());
        }
        let escaped = taken(evhttp_htmlescape(text.as_ptr()));
        let escaped = escaped.to_bytes();
        assert!(!escaped.iter().any(|b| b"<>\"'".contains(b)));
        let ampersands = |text: &[u8]| text.iter().filter(|b| **b == b'&').count();
        let special = text.to_bytes().iter().filter(|b| b"&<>\"'".contains(b)).count();
        assert_eq!(ampersands(escaped), special);
    }
}

fn query(uri: &CStr) {
    let mut expected = Vec::new();
    let text = uri.to_bytes();
    if let Some(at) = text.iter().position(|b| *b == b'?') {
        for segment in text[at + 1..].split(|b| *b == b'&').filter(|s| !s.is_empty()) {
            let mut halves = segment.splitn(2, |b| *b == b'=');
            let mut half = || up_to_nul(plain_decode(halves.next().unwrap_or(b""), true, false));
            expected.push((half(), half()));
        }
    }
    let mut found = Vec::new();
    // SAFETY: the list is initialised by the call, and its texts are strings.
    unsafe {
        let mut list = List { first: ptr::dangling_mut(), last: ptr::null_mut() };
        evhttp_parse_query(uri.as_ptr(), &mut list);
        let mut next = list.first;
        while let Some(header) = next.as_ref() {
            let text = |text| CStr::from_ptr(text).to_bytes().to_vec();
            found.push((text(header.key), text(header.value)));
            next = header.next;
        }
        evhttp_clear_headers(&mut list);
        assert!(list.first.is_null());
    }
    assert_eq!(found, expected);
}

fn parts(text: &CStr) {
    for flags in 0..2 {
        // SAFETY: strings, and an object that is freed once.
        unsafe {
            let uri = evhub_evhttp_uri_parse_with_flags(text.as_ptr(), flags);
            if uri.is_null() {
                continue;
            }
            let (mut joined, length) = (vec![0; text.to_bytes().len() + 1], text.to_bytes().len());
            let port = evhub_evhttp_uri_get_port(uri);
            let result = evhub_evhttp_uri_join(uri, joined.as_mut_ptr().cast(), length + 1);
            // Ports may lose zeros, or be left out where there is only a colon.
            if !result.is_null() {
                let joined = CStr::from_bytes_until_nul(&joined).expect("a NUL");
                let again = evhub_evhttp_uri_parse_with_flags(joined.as_ptr(), flags);
                assert!(!again.is_null());
                assert_eq!(evhub_evhttp_uri_get_port(again), port);
                let path = |uri| CStr::from_ptr(evhub_evhttp_uri_get_path(uri)).to_owned();
                assert_eq!(path(again), path(uri));
                evhub_evhttp_uri_free(again);
                let colons = |text: &CStr| text.to_bytes().contains(&b':');
                assert!(joined == text || colons(text));
            } else {
                panic!("the parts of {text:?} cannot be joined");
            }
            evhub_evhttp_uri_free(uri);
        }
    }
}

fn host_port_file(text: &CStr) {
    let copy = text.to_owned().into_raw();
    let (mut host, mut port, mut file) = (ptr::null_mut(), 0, ptr::null_mut());
    // SAFETY: a string, and places.
    unsafe {
        if evhttp_hostportfile(copy, &mut host, &mut port, &mut file) == 0 {
            let (host, file) = (CStr::from_ptr(host).to_bytes(), CStr::from_ptr(file).to_bytes());
            assert!(!host.is_empty() && !host.contains(&b'/') && port != 0);
            assert!(file.starts_with(b"/"));
            assert!(text.to_bytes().windows(host.len()).any(|part| part == host));
            assert!(file == b"/" || text.to_bytes().ends_with(file));
        }
        drop(CString::from_raw(copy));
    }
}

unsafe extern "C" fn quiet(_severity: c_int, _text: *const c_char) {}

fuzz_target!(|data: &[u8]| {
    // SAFETY: a function without state.
    unsafe { ffi::event_set_log_callback(Some(quiet)) };
    let text = CString::new(up_to_nul(data.to_vec())).expect("no NUL");
    escaping(&text);
    query(&text);
    parts(&text);
    host_port_file(&text);
});
