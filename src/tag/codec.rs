//! Tags and integers: numbers of 32 bits in as few bytes as they need (behaviours 95 and 96).

/// A number as it is written: at most five bytes.
#[derive(Clone, Copy)]
pub struct Number {
    bytes: [u8; 5],
    length: usize,
}

impl Number {
    /// Seven bits a byte, low ones first; the high bit says that more follows.
    pub fn tag(tag: u32) -> Number {
        let mut number = Number { bytes: [0; 5], length: 0 };
        let mut rest = tag;
        loop {
            let more = if rest >> 7 != 0 { 0x80 } else { 0 };
            number.bytes[number.length] = rest as u8 & 0x7f | more;
            number.length += 1;
            rest >>= 7;
            if rest == 0 {
                return number;
            }
        }
    }

    /// A nibble that tells how many follow after the first, then the nibbles, low ones first.
    pub fn int(value: u32) -> Number {
        let nibbles = value.checked_ilog2().unwrap_or(0) as usize / 4 + 1;
        let mut bytes = [0; 5];
        bytes[0] = (nibbles as u8 - 1) << 4;
        for nibble in 0..nibbles {
            // The first shares its byte with the count, as the low half of it.
            let place = nibble + 1;
            let bits = (value >> (4 * nibble)) as u8 & 0x0f;
            bytes[place / 2] |= if place & 1 == 1 { bits } else { bits << 4 };
        }
        Number { bytes, length: nibbles / 2 + 1 }
    }

    pub fn bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

/// The tag that the bytes begin with, and how many bytes it has; none if it is cut short, or does
/// not fit 32 bits (behaviour 101).
pub fn decode_tag(bytes: &[u8]) -> Option<(u32, usize)> {
    let mut tag = 0u32;
    for (index, &byte) in bytes.iter().enumerate().take(5) {
        let bits = u32::from(byte & 0x7f);
        let shift = 7 * index as u32;
        if bits << shift >> shift != bits {
            return None;
        }
        tag |= bits << shift;
        if byte & 0x80 == 0 {
            return Some((tag, index + 1));
        }
    }
    None
}

/// The integer that the bytes begin with, and how many bytes it has; none if it is cut short, or
/// has more than eight nibbles.
pub fn decode_int(bytes: &[u8]) -> Option<(u32, usize)> {
    let nibbles = usize::from(bytes.first()? >> 4) + 1;
    if nibbles > 8 {
        return None;
    }
    let length = nibbles / 2 + 1;
    let bytes = bytes.get(..length)?;
    let nibble = |place: usize| {
        let (byte, is_low) = (bytes[place / 2], place & 1 == 1);
        u32::from(if is_low { byte & 0x0f } else { byte >> 4 })
    };
    let value = (1..=nibbles).rev().fold(0, |value, place| value << 4 | nibble(place));
    Some((value, length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_libevent_does() {
        let tags: [(u32, &[u8]); 4] = [
            (0, &[0]),
            (0x80, &[0x80, 0x01]),
            (0xaf0, &[0xf0, 0x15]),
            (u32::MAX, &[0xff, 0xff, 0xff, 0xff, 0x0f]),
        ];
        for (tag, wire) in tags {
            assert_eq!(Number::tag(tag).bytes(), wire);
            assert_eq!(decode_tag(wire), Some((tag, wire.len())));
        }
        let ints: [(u32, &[u8]); 6] = [
            (0, &[0x00]),
            (0xf, &[0x0f]),
            (0x10, &[0x10, 0x10]),
            (0xaf0, &[0x20, 0xfa]),
            (0xdead_beef, &[0x7f, 0xee, 0xbd, 0xae, 0xd0]),
            (u32::MAX, &[0x7f, 0xff, 0xff, 0xff, 0xf0]),
        ];
        for (value, wire) in ints {
            assert_eq!(Number::int(value).bytes(), wire);
            assert_eq!(decode_int(wire), Some((value, wire.len())));
        }
    }

    #[test]
    fn what_is_cut_short_or_too_large_is_no_number() {
        let tags: [&[u8]; 5] = [
            &[],
            &[0x80, 0x80],
            &[0xff, 0xff, 0xff, 0xff, 0x10],
            &[0x80, 0x80, 0x80, 0x80, 0x80],
            &[0x80, 0x80, 0x80, 0x80, 0x80, 0x00],
        ];
        assert!(tags.iter().all(|wire| decode_tag(wire).is_none()));
        let ints: [&[u8]; 3] = [&[], &[0x70, 0, 0, 0], &[0x80, 0, 0, 0, 0, 0]];
        assert!(ints.iter().all(|wire| decode_int(wire).is_none()));
    }
}
