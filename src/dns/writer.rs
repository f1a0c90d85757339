//! Writes packets: records with their names compressed (RFC 1035, 4.1.4).
//!
//! Names are remembered by their suffixes, of which a bounded number is kept: one that is not found
//! is just written out. Bytes are compared with their case, so that what is repeated is repeated as
//! it was. Whatever does not fit is an error, and changes nothing.

use super::name::Name;
use crate::errno::{Errno, Result};

/// The bytes of a packet: over TCP its length is a number of 16 bits.
pub const LIMIT: usize = 65_535;

/// 1.4: as many suffixes are remembered (behaviour 132).
const SUFFIXES: usize = 128;

/// A pointer has 14 bits for the place.
const REACH: usize = 0x4000;

/// Both bits set: a pointer instead of a label.
const POINTER: u8 = 0xc0;

/// Names in records of later types are not to be compressed (RFC 3597, 4).
const LAST_TYPE_OF_RFC_1035: u16 = 16;

/// What a record is about.
pub enum Data<'a> {
    Bytes(&'a [u8]),
    Name(&'a Name),
}

/// A record, ready to be written.
pub struct Record {
    /// The owner's name, then the data.
    bytes: Vec<u8>,
    owner_length: usize,
    data_is_name: bool,
    kind: u16,
    class: u16,
    ttl: u32,
}

impl Record {
    /// `EINVAL`: more data than a record can have.
    pub fn new(owner: &Name, kind: u16, class: u16, ttl: u32, data: Data) -> Result<Record> {
        let (data, data_is_name) = match data {
            Data::Bytes(bytes) => (bytes, false),
            Data::Name(name) => (name.wire(), true),
        };
        if data.len() > usize::from(u16::MAX) {
            return Err(Errno::INVAL);
        }
        let owner_length = owner.wire().len();
        let mut bytes = Vec::new();
        bytes.try_reserve_exact(owner_length + data.len())?;
        bytes.extend_from_slice(owner.wire());
        bytes.extend_from_slice(data);
        Ok(Record { bytes, owner_length, data_is_name, kind, class, ttl })
    }

    pub fn kind(&self) -> u16 {
        self.kind
    }
}

/// Where a suffix stands, and a number that few other suffixes have.
#[derive(Clone, Copy)]
struct Suffix {
    hash: u32,
    at: u16,
}

#[derive(Clone, Copy)]
pub struct Mark {
    length: usize,
    suffixes: usize,
}

pub struct Writer {
    bytes: Vec<u8>,
    suffixes: Vec<Suffix>,
    limit: usize,
}

impl Writer {
    /// Nothing yet, and never more than `limit` bytes.
    pub fn new(limit: usize) -> Writer {
        debug_assert!(limit <= LIMIT);
        Writer { bytes: Vec::new(), suffixes: Vec::new(), limit }
    }

    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Appends bytes as they are. `EMSGSIZE`: they do not fit.
    pub fn bytes(&mut self, bytes: &[u8]) -> Result<()> {
        if bytes.len() > self.limit - self.bytes.len() {
            return Err(Errno::MSGSIZE);
        }
        self.bytes.try_reserve(bytes.len())?;
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }

    pub fn number(&mut self, number: u16) -> Result<()> {
        self.bytes(&number.to_be_bytes())
    }

    /// What is asked.
    #[cfg(test)]
    pub fn question(&mut self, name: &Name, kind: u16, class: u16) -> Result<()> {
        self.name(name.wire())?;
        self.number(kind)?;
        self.number(class)
    }

    /// A question's bytes as they came: a name, a type and a class.
    pub fn repeat_question(&mut self, question: &[u8]) -> Result<()> {
        let (name, rest) = question.split_at(question.len().saturating_sub(4));
        self.name(name)?;
        self.bytes(rest)
    }

    /// How far it is written, for `back_to`.
    pub fn mark(&self) -> Mark {
        Mark { length: self.bytes.len(), suffixes: self.suffixes.len() }
    }

    /// Takes back what was written since.
    pub fn back_to(&mut self, mark: Mark) {
        self.bytes.truncate(mark.length);
        self.suffixes.truncate(mark.suffixes);
    }

    /// A whole record, or nothing of it.
    pub fn record(&mut self, record: &Record) -> Result<()> {
        let mark = self.mark();
        self.parts_of(record).inspect_err(|_| self.back_to(mark))
    }

    fn parts_of(&mut self, record: &Record) -> Result<()> {
        let (owner, data) = record.bytes.split_at(record.owner_length);
        self.name(owner)?;
        self.number(record.kind)?;
        self.number(record.class)?;
        self.bytes(&record.ttl.to_be_bytes())?;
        let length_at = self.bytes.len();
        self.number(0)?;
        if record.data_is_name && record.kind <= LAST_TYPE_OF_RFC_1035 {
            self.name(data)?;
        } else {
            self.bytes(data)?;
        }
        let length = (self.bytes.len() - length_at - 2) as u16;
        self.bytes[length_at..length_at + 2].copy_from_slice(&length.to_be_bytes());
        Ok(())
    }

    /// A name as `Name` has it: the labels that are new, then a pointer to the rest.
    fn name(&mut self, name: &[u8]) -> Result<()> {
        let suffixes = Suffixes::of(name);
        let known = suffixes.each().find_map(|(start, hash)| {
            let at = self.find(hash, &name[start..])?;
            Some((start, at))
        });
        self.suffixes.try_reserve(suffixes.count.min(SUFFIXES - self.suffixes.len()))?;
        let begin = self.bytes.len();
        let new = match known {
            Some((start, at)) => {
                self.bytes(&name[..start])?;
                self.number(u16::from(POINTER) << 8 | at)?;
                start
            }
            None => {
                self.bytes(name)?;
                name.len()
            }
        };
        for (start, hash) in suffixes.each().take_while(|(start, _)| *start < new) {
            self.remember(hash, begin + start);
        }
        Ok(())
    }

    fn remember(&mut self, hash: u32, at: usize) {
        if at < REACH && self.suffixes.len() < SUFFIXES {
            self.suffixes.push(Suffix { hash, at: at as u16 });
        }
    }

    /// Where the suffix stands already.
    fn find(&self, hash: u32, suffix: &[u8]) -> Option<u16> {
        let mut known = self.suffixes.iter().filter(|known| known.hash == hash);
        known.find(|known| self.stands_at(known.at, suffix)).map(|known| known.at)
    }

    /// Is what stands there, pointers followed, this name?
    fn stands_at(&self, at: u16, mut name: &[u8]) -> bool {
        let mut at = usize::from(at);
        while let Some(&length) = self.bytes.get(at) {
            if length & POINTER == POINTER {
                // Each leads to an earlier place.
                let Some(&low) = self.bytes.get(at + 1) else { return false };
                at = usize::from(length & !POINTER) << 8 | usize::from(low);
                continue;
            }
            let label = at..at + 1 + usize::from(length);
            let Some(rest) = self.bytes.get(label).and_then(|label| name.strip_prefix(label))
            else {
                return false;
            };
            if length == 0 {
                return true;
            }
            name = rest;
            at += 1 + usize::from(length);
        }
        false
    }
}

/// The suffixes of a name, but for the root.
struct Suffixes {
    starts: [u8; SUFFIXES],
    hashes: [u32; SUFFIXES],
    count: usize,
}

impl Suffixes {
    fn of(name: &[u8]) -> Suffixes {
        let mut suffixes = Suffixes { starts: [0; SUFFIXES], hashes: [0; SUFFIXES], count: 0 };
        let mut at = 0;
        while let Some(&length) = name.get(at)
            && length != 0
        {
            // A name of 255 bytes has at most 127 labels.
            suffixes.starts[suffixes.count] = at as u8;
            suffixes.count += 1;
            at += 1 + usize::from(length);
        }
        // FNV, from the last label to the first: a suffix has the same number in every name.
        let (mut hash, mut end) = (0x811c_9dc5_u32, at);
        for label in (0..suffixes.count).rev() {
            let start = usize::from(suffixes.starts[label]);
            for &byte in &name[start..end] {
                hash = (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
            }
            suffixes.hashes[label] = hash;
            end = start;
        }
        suffixes
    }

    /// Where each begins, and its number; the longest first.
    fn each(&self) -> impl Iterator<Item = (usize, u32)> {
        let starts = self.starts[..self.count].iter().map(|&start| usize::from(start));
        starts.zip(self.hashes[..self.count].iter().copied())
    }
}

#[cfg(test)]
mod tests;
