//! Tagged records, written and read in the plainest way: what the library is compared with.

/// Seven bits a byte, low ones first; `padded` adds a byte that changes nothing.
pub fn write_tag(wire: &mut Vec<u8>, tag: u32, padded: bool) {
    let mut groups: Vec<u8> = (0..5).map(|i| (tag >> (7 * i)) as u8 & 0x7f).collect();
    while groups.len() > 1 && groups.last() == Some(&0) {
        groups.pop();
    }
    if padded && groups.len() < 5 {
        groups.push(0);
    }
    let last = groups.len() - 1;
    wire.extend(groups.iter().enumerate().map(|(i, g)| if i < last { g | 0x80 } else { *g }));
}

/// The number of nibbles less one, then the nibbles, low ones first.
pub fn write_int(wire: &mut Vec<u8>, value: u32) {
    let text = format!("{value:x}");
    let mut nibbles = vec![text.len() as u8 - 1];
    nibbles.extend(text.bytes().rev().map(|c| (c as char).to_digit(16).unwrap() as u8));
    if nibbles.len() % 2 == 1 {
        nibbles.push(0);
    }
    wire.extend(nibbles.chunks(2).map(|pair| pair[0] << 4 | pair[1]));
}

pub fn int(value: u32) -> Vec<u8> {
    let mut wire = Vec::new();
    write_int(&mut wire, value);
    wire
}

pub fn write_record(wire: &mut Vec<u8>, tag: u32, payload: &[u8]) {
    write_tag(wire, tag, false);
    write_int(wire, payload.len() as u32);
    wire.extend_from_slice(payload);
}

/// A tag and how many bytes it has.
pub fn read_tag(bytes: &[u8]) -> Option<(u32, usize)> {
    let length = bytes.iter().take(5).position(|byte| *byte < 0x80)? + 1;
    let add = |value: u64, byte: &u8| value * 128 + u64::from(byte % 128);
    let value = bytes[..length].iter().rev().fold(0, add);
    Some((u32::try_from(value).ok()?, length))
}

/// An integer and how many bytes it has.
pub fn read_int(bytes: &[u8]) -> Option<(u32, usize)> {
    let halves = bytes.iter().take(5).flat_map(|byte| [byte / 16, byte % 16]);
    let nibbles: Vec<u32> = halves.map(u32::from).collect();
    let count = *nibbles.first()? as usize + 1;
    if count > 8 || nibbles.len() <= count {
        return None;
    }
    let value = nibbles[1..=count].iter().rev().fold(0, |value, nibble| value * 16 + nibble);
    Some((value, count / 2 + 1))
}

/// What is known of the record at the front.
#[derive(Clone, Copy)]
pub struct Record<'a> {
    pub tag: u32,
    pub tag_length: usize,
    /// Bytes of tag and length.
    pub header: usize,
    pub length: u32,
    /// None: it is not all there.
    pub payload: Option<&'a [u8]>,
}

impl Record<'_> {
    /// What a call that takes the record takes.
    pub fn taken(&self) -> usize {
        self.payload.map_or(0, |payload| self.header + payload.len())
    }
}

/// The record at the front, if its header is there and valid.
pub fn read_record(bytes: &[u8]) -> Option<Record<'_>> {
    let (tag, tag_length) = read_tag(bytes)?;
    let (length, size) = read_int(&bytes[tag_length..])?;
    let header = tag_length + size;
    let payload = bytes[header..].get(..length as usize);
    Some(Record { tag, tag_length, header, length, payload })
}

/// A payload that is one integer.
pub fn as_int(payload: &[u8]) -> Option<u32> {
    read_int(payload).filter(|(_, length)| *length == payload.len()).map(|(value, _)| value)
}

/// A payload that is seconds and microseconds, put right.
pub fn as_time(payload: &[u8]) -> Option<(i64, i64)> {
    let (sec, length) = read_int(payload)?;
    let usec = as_int(&payload[length..])?;
    Some((i64::from(sec) + i64::from(usec / 1_000_000), i64::from(usec % 1_000_000)))
}
