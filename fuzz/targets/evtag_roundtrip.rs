//! Records that the library writes, one after the other into one buffer, are the bytes that the
//! plain encoder in `common::tags` writes, and come back as what they were; cut anywhere, the
//! last one is left alone.
#![no_main]

mod common;
extern crate evhub as _;

use common::ffi::{self, Buffer};
use common::input::Input;
use common::tags;
use libfuzzer_sys::fuzz_target;
use std::ffi::CString;
use std::{ptr, slice};

#[derive(Clone, PartialEq, Debug)]
enum Value {
    Int(u32),
    Text(CString),
    Time(i64, i64),
    Bytes(Vec<u8>),
    Fixed(Vec<u8>),
}

struct Record {
    tag: u32,
    value: Value,
}

fn choose(input: &mut Input) -> Record {
    let tag = input.number();
    let size = usize::from(input.byte()) * if input.byte() > 250 { 300 } else { 1 };
    let value = match input.choice(5) {
        0 => Value::Int(input.number()),
        1 => {
            let text: Vec<u8> = input.bytes(size).iter().map(|byte| byte | 1).collect();
            Value::Text(CString::new(text).unwrap())
        }
        2 => {
            let high = i64::from(input.byte() as i8) << 32;
            Value::Time(i64::from(input.number()) + high, i64::from(input.number()))
        }
        3 => Value::Bytes(input.bytes(size).to_vec()),
        _ => Value::Fixed(vec![input.byte(); size]),
    };
    Record { tag, value }
}

impl Record {
    fn marshal(&self, buf: &Buffer) {
        let (buf, tag) = (buf.raw(), self.tag);
        // SAFETY: the buffer lives, and so do the values.
        unsafe {
            match &self.value {
                Value::Int(value) => ffi::evtag_marshal_int(buf, tag, *value),
                Value::Text(text) => ffi::evtag_marshal_string(buf, tag, text.as_ptr()),
                Value::Time(sec, usec) => {
                    let mut tv = libc::timeval { tv_sec: *sec, tv_usec: *usec };
                    ffi::evtag_marshal_timeval(buf, tag, &mut tv);
                }
                Value::Bytes(bytes) | Value::Fixed(bytes) => {
                    ffi::evtag_marshal(buf, tag, bytes.as_ptr().cast(), bytes.len() as u32);
                }
            }
        }
    }

    fn payload(&self) -> Vec<u8> {
        match &self.value {
            Value::Int(value) => tags::int(*value),
            Value::Text(text) => text.as_bytes().to_vec(),
            Value::Time(sec, usec) => [tags::int(*sec as u32), tags::int(*usec as u32)].concat(),
            Value::Bytes(bytes) | Value::Fixed(bytes) => bytes.clone(),
        }
    }

    /// What comes back: of times the low 32 bits, put right.
    fn expected(&self) -> Value {
        match &self.value {
            Value::Time(sec, usec) => {
                let (sec, usec) = (i64::from(*sec as u32), i64::from(*usec as u32));
                Value::Time(sec + usec / 1_000_000, usec % 1_000_000)
            }
            value => value.clone(),
        }
    }

    /// As a program takes it that knows what comes; None: refused.
    fn unmarshal(&self, buf: &Buffer) -> Option<Value> {
        let (buf, tag) = (buf.raw(), self.tag);
        // SAFETY: the buffer lives, and places are as large as is said.
        unsafe {
            match &self.value {
                Value::Int(_) => {
                    let mut value = 0;
                    let result = ffi::evtag_unmarshal_int(buf, tag, &mut value);
                    (result == 0).then_some(Value::Int(value))
                }
                Value::Text(_) => {
                    let mut text = ptr::null_mut();
                    let result = ffi::evtag_unmarshal_string(buf, tag, &mut text);
                    (result == 0).then(|| {
                        let copy = std::ffi::CStr::from_ptr(text).to_owned();
                        libc::free(text.cast());
                        Value::Text(copy)
                    })
                }
                Value::Time(..) => {
                    let mut tv = libc::timeval { tv_sec: 0, tv_usec: 0 };
                    let result = ffi::evtag_unmarshal_timeval(buf, tag, &mut tv);
                    (result == 0).then_some(Value::Time(tv.tv_sec, tv.tv_usec))
                }
                Value::Bytes(_) => {
                    let (out, mut found) = (Buffer::new(), 0);
                    let result = ffi::evtag_unmarshal(buf, &mut found, out.raw());
                    (result >= 0).then(|| {
                        assert_eq!((found, result as usize), (tag, out.data().len()));
                        Value::Bytes(out.data().to_vec())
                    })
                }
                Value::Fixed(bytes) => {
                    let mut room = vec![0; bytes.len()];
                    let place = room.as_mut_ptr().cast();
                    let result = ffi::evtag_unmarshal_fixed(buf, tag, place, room.len());
                    (result == 0).then_some(Value::Fixed(room))
                }
            }
        }
    }
}

// Where in its block the data begins, where the last record is cut, then the records.
fuzz_target!(|data: &[u8]| {
    ffi::silence();
    let mut input = Input::new(data);
    let buf = Buffer::new();
    let (front, cut) = (vec![b'f'; usize::from(input.byte())], input.number() as usize);
    buf.add(&front);
    let mut wire = front.clone();
    let mut records = Vec::new();
    let mut last = front.len();
    while !input.is_empty() && records.len() < 64 {
        let record = choose(&mut input);
        last = wire.len();
        record.marshal(&buf);
        tags::write_record(&mut wire, record.tag, &record.payload());
        records.push(record);
        // The first record may slide over the place of what was there before.
        if records.len() == 1 {
            unsafe { ffi::evbuffer_drain(buf.raw(), front.len()) };
            wire.drain(..front.len());
            last -= front.len();
        }
        assert_eq!(buf.data(), wire);
    }
    let Some((record, whole)) = records.split_last() else { return };
    for record in whole {
        assert_eq!(record.unmarshal(&buf), Some(record.expected()));
    }
    let rest = &wire[last..];
    assert_eq!(buf.data(), rest);
    // SAFETY: the data is there, and the copy is made before the buffer changes.
    let all = unsafe { slice::from_raw_parts(buf.buffer, buf.off) }.to_vec();
    let part = Buffer::at_the_end(&all[..cut % all.len()]);
    assert_eq!(record.unmarshal(&part), None);
    assert_eq!(part.data(), &rest[..cut % rest.len()]);
    part.add(&rest[cut % rest.len()..]);
    assert_eq!(record.unmarshal(&part), Some(record.expected()));
    assert_eq!(part.data(), &[] as &[u8]);
});
