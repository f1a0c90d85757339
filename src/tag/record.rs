//! Records: a tag, the length of the payload, the payload (behaviour 97).

use super::codec::{Number, decode_int, decode_tag};
use crate::buffer;
use crate::errno::{Errno, Result};
use crate::layout::evbuffer::BufferPtr;
use libc::timeval;

/// What a record begins with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Head {
    pub tag: u32,
    /// Bytes of the tag.
    pub tag_length: usize,
    /// Bytes of tag and length.
    pub length: usize,
    /// Bytes that follow.
    pub payload: usize,
}

impl Head {
    /// The head that the bytes begin with; the payload need not be there.
    pub fn read(bytes: &[u8]) -> Option<Head> {
        let (tag, tag_length) = decode_tag(bytes)?;
        let (payload, length) = decode_int(&bytes[tag_length..])?;
        Some(Head { tag, tag_length, length: tag_length + length, payload: payload as usize })
    }

    /// Bytes of the whole record.
    pub fn total(&self) -> usize {
        self.length.saturating_add(self.payload)
    }
}

/// A complete record at the front of a buffer.
#[derive(Clone, Copy)]
pub struct Peeked<'a> {
    pub head: Head,
    pub payload: &'a [u8],
}

/// The first record, if it is complete.
pub fn peek(bytes: &[u8]) -> Option<Peeked<'_>> {
    let head = Head::read(bytes)?;
    let payload = bytes.get(head.length..head.total())?;
    Some(Peeked { head, payload })
}

/// A payload that is one integer, and nothing else.
pub fn as_int(payload: &[u8]) -> Option<u32> {
    match decode_int(payload) {
        Some((value, length)) if length == payload.len() => Some(value),
        _ => None,
    }
}

/// A payload that is seconds and microseconds. A million microseconds and more become seconds.
pub fn as_timeval(payload: &[u8]) -> Option<timeval> {
    let (seconds, length) = decode_int(payload)?;
    let micros = as_int(&payload[length..])?;
    let seconds = i64::from(seconds) + i64::from(micros / 1_000_000);
    Some(timeval {
        tv_sec: seconds as libc::time_t,
        tv_usec: (micros % 1_000_000) as libc::suseconds_t,
    })
}

/// Pieces that go to the end of a buffer together, or not at all.
pub struct Writer<'a> {
    buf: BufferPtr,
    pieces: [&'a [u8]; 4],
    count: usize,
}

impl<'a> Writer<'a> {
    pub fn new(buf: BufferPtr) -> Writer<'a> {
        Writer { buf, pieces: [&[]; 4], count: 0 }
    }

    pub fn piece(mut self, bytes: &'a [u8]) -> Writer<'a> {
        self.pieces[self.count] = bytes;
        self.count += 1;
        self
    }

    /// Adds them, and tells of it. Nothing of the buffer may be used afterwards.
    pub fn finish(self) -> Result<()> {
        let old = self.buf.off.get();
        let sum = |total: usize, piece: &&[u8]| total.checked_add(piece.len());
        let total = self.pieces.iter().try_fold(0, sum).ok_or(Errno::NOMEM)?;
        let own = self.pieces.map(|piece| self.buf.offset_of(piece));
        buffer::reserve(self.buf, total)?;
        for (piece, own) in self.pieces.iter().zip(own) {
            match own {
                Some(start) => self.buf.push(&self.buf.bytes()[start..start + piece.len()]),
                None => self.buf.push(piece),
            }
        }
        buffer::notify(self.buf, old);
        Ok(())
    }
}

/// Writes a record whose payload is at most two pieces.
pub fn write(buf: BufferPtr, tag: u32, payload: [&[u8]; 2]) -> Result<()> {
    let total = payload[0].len() + payload[1].len();
    let length = u32::try_from(total).map_err(|_| Errno::INVAL)?;
    let (tag, length) = (Number::tag(tag), Number::int(length));
    let writer = Writer::new(buf).piece(tag.bytes()).piece(length.bytes());
    writer.piece(payload[0]).piece(payload[1]).finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_there_when_its_last_byte_is() {
        let wire = [0x05, 0x02, 0x20, 0xfa];
        for cut in 0..wire.len() {
            assert!(peek(&wire[..cut]).is_none());
        }
        let record = peek(&wire).expect("a record");
        assert_eq!((record.head.tag, as_int(record.payload)), (5, Some(0xaf0)));
        assert_eq!((record.head.length, record.head.total()), (2, 4));
    }

    #[test]
    fn payloads_are_read_to_their_last_byte() {
        assert_eq!(as_int(&[0x20, 0xfa, 0x00]), None);
        assert_eq!(as_int(&[]), None);
        let time = as_timeval(&[0x12, 0x10, 0x25, 0x43]).map(|tv| (tv.tv_sec, tv.tv_usec));
        assert_eq!(time, Some((0x12, 0x345)));
        assert!(as_timeval(&[0x12, 0x10, 0x25, 0x43, 0x00]).is_none());
        // A million and a half microseconds.
        let time = as_timeval(&[0x01, 0x50, 0x63, 0xe6, 0x10]).map(|tv| (tv.tv_sec, tv.tv_usec));
        assert_eq!(time, Some((2, 500_000)));
    }
}
