//! Any bytes into every function that decodes: results, values, what is consumed and what the
//! callback hears are those of the plain decoder in `common::tags`; nothing is read behind the
//! data, which ends where its block ends.
#![no_main]

mod common;
extern crate evhub as _;

use common::ffi::{self, Buffer, Evbuffer};
use common::input::Input;
use common::tags::{self, Record};
use libfuzzer_sys::fuzz_target;
use std::cell::Cell;
use std::ffi::{c_char, c_void};
use std::{ptr, slice};

/// What the callback was told since the last look.
#[derive(Default)]
struct Heard {
    calls: Cell<u32>,
    from: Cell<usize>,
    to: Cell<usize>,
}

unsafe extern "C" fn hear(_buf: *mut Evbuffer, old: usize, new: usize, arg: *mut c_void) {
    // SAFETY: the argument that `Stream::new` gave.
    let heard = unsafe { &*arg.cast::<Heard>() };
    heard.calls.set(heard.calls.get() + 1);
    heard.from.set(old);
    heard.to.set(new);
}

/// The data, and the library's buffer with what is left of it.
struct Stream<'a> {
    left: &'a [u8],
    buf: Buffer,
    heard: Box<Heard>,
}

impl<'a> Stream<'a> {
    fn new(data: &'a [u8]) -> Self {
        let buf = Buffer::at_the_end(data);
        let heard: Box<Heard> = Box::default();
        buf.on_change(Some(hear), ptr::from_ref(&*heard).cast_mut().cast());
        Stream { left: data, buf, heard }
    }

    fn record(&self) -> Option<Record<'a>> {
        tags::read_record(self.left)
    }

    /// The call consumed that much, and said so once.
    fn consumed(&mut self, n: usize) {
        let before = self.left.len();
        self.left = &self.left[n..];
        assert!(self.buf.data() == self.left, "{n} bytes of {before} should be consumed");
        assert_eq!(self.heard.calls.replace(0), u32::from(n > 0));
        if n > 0 {
            assert_eq!((self.heard.from.get(), self.heard.to.get()), (before, before - n));
        }
    }
}

/// 0 and the value, or -1 and the place untouched.
fn check<T: Copy + PartialEq + std::fmt::Debug>(
    result: i32,
    got: T,
    want: Option<T>,
    untouched: T,
) {
    assert_eq!(result, if want.is_some() { 0 } else { -1 });
    assert_eq!(got, want.unwrap_or(untouched));
}

const UNTOUCHED: u32 = 0x5a5a_5a5a;

fn look(stream: &mut Stream) {
    let (buf, record) = (stream.buf.raw(), stream.record());
    let mut value = UNTOUCHED;
    // SAFETY: so for all calls here: the buffer lives, and places are as large as is said.
    unsafe {
        let tag = tags::read_tag(stream.left);
        let length = ffi::evtag_peek(buf, &mut value);
        assert_eq!(length, tag.map_or(-1, |(_, length)| length as i32));
        assert_eq!(value, tag.map_or(UNTOUCHED, |(tag, _)| tag));
        value = UNTOUCHED;
        let result = ffi::evtag_payload_length(buf, &mut value);
        check(result, value, record.map(|r| r.length), UNTOUCHED);
        value = UNTOUCHED;
        let whole = record.and_then(|r| r.length.checked_add(r.header as u32));
        let result = ffi::evtag_peek_length(buf, &mut value);
        check(result, value, whole, UNTOUCHED);
    }
    stream.consumed(0);
}

fn decode_tag(stream: &mut Stream) {
    let (mut value, want) = (UNTOUCHED, tags::read_tag(stream.left));
    let length = unsafe { ffi::evtag_decode_tag(&mut value, stream.buf.raw()) };
    assert_eq!(length, want.map_or(-1, |(_, length)| length as i32));
    assert_eq!(value, want.map_or(UNTOUCHED, |(tag, _)| tag));
    stream.consumed(want.map_or(0, |(_, length)| length));
}

fn decode_int(stream: &mut Stream) {
    let (mut value, want) = (UNTOUCHED, tags::read_int(stream.left));
    let result = unsafe { ffi::evtag_decode_int(&mut value, stream.buf.raw()) };
    check(result, value, want.map(|(value, _)| value), UNTOUCHED);
    stream.consumed(want.map_or(0, |(_, length)| length));
}

fn consume(stream: &mut Stream) {
    let payload = stream.record().and_then(|r| r.payload);
    let result = unsafe { ffi::evtag_consume(stream.buf.raw()) };
    assert_eq!(result, if payload.is_some() { 0 } else { -1 });
    taken(stream);
}

/// A complete record was consumed whole, whatever came of it.
fn taken(stream: &mut Stream) {
    stream.consumed(stream.record().map_or(0, |r| r.taken()));
}

fn unmarshal(stream: &mut Stream) {
    let (out, mut tag) = (Buffer::new(), UNTOUCHED);
    let record = stream.record().filter(|r| r.payload.is_some());
    let result = unsafe { ffi::evtag_unmarshal(stream.buf.raw(), &mut tag, out.raw()) };
    assert_eq!(result, record.map_or(-1, |r| r.length as i32));
    assert_eq!(out.data(), record.and_then(|r| r.payload).unwrap_or_default());
    if let Some(record) = record {
        assert_eq!(tag, record.tag);
    }
    taken(stream);
}

/// The payload of a complete record that has the tag.
fn payload<'a>(stream: &Stream<'a>, tag: u32) -> Option<&'a [u8]> {
    stream.record().filter(|r| r.tag == tag).and_then(|r| r.payload)
}

fn unmarshal_int(stream: &mut Stream, tag: u32) {
    let (mut value, want) = (UNTOUCHED, payload(stream, tag).and_then(tags::as_int));
    let result = unsafe { ffi::evtag_unmarshal_int(stream.buf.raw(), tag, &mut value) };
    check(result, value, want, UNTOUCHED);
    taken(stream);
}

fn unmarshal_timeval(stream: &mut Stream, tag: u32) {
    let mut tv = libc::timeval { tv_sec: -5, tv_usec: -6 };
    let want = payload(stream, tag).and_then(tags::as_time);
    let result = unsafe { ffi::evtag_unmarshal_timeval(stream.buf.raw(), tag, &mut tv) };
    check(result, (tv.tv_sec, tv.tv_usec), want, (-5, -6));
    taken(stream);
}

fn unmarshal_string(stream: &mut Stream, tag: u32) {
    let (mut string, want) = (ptr::null_mut::<c_char>(), payload(stream, tag));
    let result = unsafe { ffi::evtag_unmarshal_string(stream.buf.raw(), tag, &mut string) };
    assert_eq!(result, if want.is_some() { 0 } else { -1 });
    assert_eq!(string.is_null(), want.is_none());
    if let Some(want) = want {
        // SAFETY: the string is as long as the payload and ends with a NUL.
        unsafe {
            let text = slice::from_raw_parts(string.cast::<u8>(), want.len() + 1);
            assert_eq!(text, [want, &[0]].concat());
            libc::free(string.cast());
        }
    }
    taken(stream);
}

/// Into memory that is as long as is said, and not a byte longer.
fn unmarshal_fixed(stream: &mut Stream, tag: u32, other_length: usize) {
    let known = stream.record().and_then(|r| r.payload).map_or(0, <[u8]>::len);
    let length = if other_length == 0 { known } else { other_length };
    let (mut room, want) = (vec![0x5a; length], payload(stream, tag).filter(|p| p.len() == length));
    let place = room.as_mut_ptr().cast();
    let result = unsafe { ffi::evtag_unmarshal_fixed(stream.buf.raw(), tag, place, length) };
    assert_eq!(result, if want.is_some() { 0 } else { -1 });
    assert_eq!(room, want.map_or(vec![0x5a; length], <[u8]>::to_vec));
    taken(stream);
}

fn call(stream: &mut Stream, choice: u8, argument: u8) {
    let own_tag = stream.record().map_or(0, |r| r.tag);
    let tag = if argument < 192 { own_tag } else { u32::from(argument - 192) };
    match choice % 10 {
        0 => look(stream),
        1 => decode_tag(stream),
        2 => decode_int(stream),
        3 => consume(stream),
        4 => unmarshal(stream),
        5 => unmarshal_int(stream, tag),
        6 => unmarshal_timeval(stream, tag),
        7 => unmarshal_string(stream, tag),
        8 => unmarshal_fixed(stream, tag, usize::from(argument % 8)),
        _ => {
            unsafe { ffi::evbuffer_drain(stream.buf.raw(), 1) };
            stream.consumed(stream.left.len().min(1));
        }
    }
}

// How many calls, two bytes for each, then the data.
fuzz_target!(|data: &[u8]| {
    ffi::silence();
    let mut input = Input::new(data);
    let count = input.choice(32);
    let calls = input.bytes(2 * count);
    let mut stream = Stream::new(input.rest());
    for pair in calls.chunks_exact(2) {
        call(&mut stream, pair[0], pair[1]);
    }
    look(&mut stream);
});
