//! Domain names as they travel: labels, each after its length, and a 0 at the end.
//!
//! Invariant: the bytes are such a name, of at most 255 bytes, with labels of 1 to 63.

use super::random::Random;
use crate::errno::Result;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Bytes of a name, with all lengths and the 0 (RFC 1035, 2.3.4).
pub const LIMIT: usize = 255;

const LABEL_LIMIT: usize = 63;

#[derive(Clone, Copy)]
pub struct Name {
    bytes: [u8; LIMIT],
    length: u8,
}

impl Name {
    /// The root, which has no labels.
    pub const ROOT: Name = Name { bytes: [0; LIMIT], length: 1 };

    /// A name from text. A dot parts labels, one at the end changes nothing; `\.` and the like
    /// stand for the character itself, `\032` for the byte of that number (RFC 1035, 5.1). All
    /// other bytes stand for themselves. `None`: an empty label, or one that is too long, or a
    /// name that is.
    pub fn from_text(text: &[u8]) -> Option<Name> {
        let mut name = Builder::new();
        if !matches!(text, b"" | b".") {
            name.add_text(text)?;
        }
        name.finish()
    }

    /// The name at the head of these bytes, and how many of them it takes. `None`: it is cut off or
    /// too long, or parts of it stand elsewhere.
    pub fn from_wire(bytes: &[u8]) -> Option<(Name, usize)> {
        let mut end = 0;
        loop {
            let length = usize::from(*bytes.get(end)?);
            end += 1 + length;
            if length > LABEL_LIMIT || end > LIMIT {
                return None;
            }
            if length == 0 {
                break;
            }
        }
        let mut name = Name::ROOT;
        name.bytes[..end].copy_from_slice(&bytes[..end]);
        name.length = end as u8;
        Some((name, end))
    }

    /// This name below another: "www" and "example.org". `None`: that is too long.
    pub fn within(&self, parent: &Name) -> Option<Name> {
        let mut name = Builder::new();
        name.add(self.labels())?;
        name.add(parent.labels())?;
        name.finish()
    }

    /// Gives its letters a case that cannot be foreseen.
    pub fn mix_case(&mut self, random: &mut Random) -> Result<()> {
        // Lengths of labels are no letters.
        random.mix_case(&mut self.bytes[..usize::from(self.length)])
    }

    /// How many dots it has as text.
    pub fn dots(&self) -> usize {
        self.label_starts().count().saturating_sub(1)
    }

    /// Where the name of an address is kept.
    pub fn reverse(address: IpAddr) -> Name {
        match address {
            IpAddr::V4(address) => Name::reverse4(address),
            IpAddr::V6(address) => Name::reverse6(address),
        }
    }

    /// 1.2.0.192.in-addr.arpa (RFC 1035, 3.5).
    fn reverse4(address: Ipv4Addr) -> Name {
        let [a, b, c, d] = address.octets();
        Name::made(format_args!("{d}.{c}.{b}.{a}.in-addr.arpa"))
    }

    /// 1.0.0 ... .ip6.arpa (RFC 3596, 2.5).
    fn reverse6(address: Ipv6Addr) -> Name {
        let mut name = Builder::new();
        for byte in address.octets().iter().rev() {
            for digit in [byte & 15, byte >> 4] {
                let text = [b"0123456789abcdef"[usize::from(digit)]];
                let _ = name.add_text(&text);
            }
        }
        let _ = name.add(b"\x03ip6\x04arpa");
        name.finish().unwrap_or(Name::ROOT)
    }

    fn made(text: std::fmt::Arguments) -> Name {
        let mut room = [0_u8; 64];
        let mut rest = &mut room[..];
        let fits = std::io::Write::write_fmt(&mut rest, text).is_ok();
        debug_assert!(fits);
        let left = rest.len();
        Name::from_text(&room[..room.len() - left]).unwrap_or(Name::ROOT)
    }

    /// As it is sent.
    pub fn wire(&self) -> &[u8] {
        &self.bytes[..usize::from(self.length)]
    }

    /// All but the 0 at the end.
    fn labels(&self) -> &[u8] {
        &self.bytes[..usize::from(self.length) - 1]
    }

    pub fn is_root(&self) -> bool {
        self.length == 1
    }

    /// Where each of its labels begins.
    pub fn label_starts(&self) -> impl Iterator<Item = usize> {
        let first = (!self.is_root()).then_some(0);
        std::iter::successors(first, |&at| {
            let next = at + 1 + usize::from(self.bytes[at]);
            (self.bytes[next] != 0).then_some(next)
        })
    }
}

/// Without the case of letters (RFC 4343). Lengths are below any letter, so that they count.
impl PartialEq for Name {
    fn eq(&self, other: &Name) -> bool {
        self.wire().eq_ignore_ascii_case(other.wire())
    }
}

impl Eq for Name {}

impl std::fmt::Debug for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}

/// As text, with escapes where a byte would not stand for itself.
impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        use std::fmt::Write;
        for start in self.label_starts() {
            if start > 0 {
                f.write_char('.')?;
            }
            let end = start + 1 + usize::from(self.bytes[start]);
            for &byte in &self.bytes[start + 1..end] {
                match byte {
                    b'.' | b'\\' => write!(f, "\\{}", char::from(byte))?,
                    b'!'..=b'~' => f.write_char(char::from(byte))?,
                    _ => write!(f, "\\{byte:03}")?,
                }
            }
        }
        Ok(())
    }
}

/// A name that grows label by label.
struct Builder {
    bytes: [u8; LIMIT],
    /// How many are written.
    length: usize,
}

impl Builder {
    fn new() -> Builder {
        Builder { bytes: [0; LIMIT], length: 0 }
    }

    fn push(&mut self, byte: u8) -> Option<()> {
        *self.bytes.get_mut(self.length)? = byte;
        self.length += 1;
        Some(())
    }

    fn add(&mut self, bytes: &[u8]) -> Option<()> {
        bytes.iter().try_for_each(|&byte| self.push(byte))
    }

    /// Adds labels; text that ends in a dot ends there.
    fn add_text(&mut self, text: &[u8]) -> Option<()> {
        let mut rest = text.iter();
        let mut start = self.begin_label()?;
        while let Some(&byte) = rest.next() {
            match byte {
                b'.' => {
                    self.end_label(start)?;
                    if rest.as_slice().is_empty() {
                        return Some(());
                    }
                    start = self.begin_label()?;
                }
                b'\\' => self.push(escaped(&mut rest)?)?,
                byte => self.push(byte)?,
            }
        }
        self.end_label(start)
    }

    fn begin_label(&mut self) -> Option<usize> {
        self.push(0)?;
        Some(self.length - 1)
    }

    fn end_label(&mut self, start: usize) -> Option<()> {
        let length = self.length - start - 1;
        if !(1..=LABEL_LIMIT).contains(&length) {
            return None;
        }
        self.bytes[start] = length as u8;
        Some(())
    }

    fn finish(mut self) -> Option<Name> {
        self.push(0)?;
        Some(Name { bytes: self.bytes, length: self.length as u8 })
    }
}

/// The byte that an escape stands for.
fn escaped(rest: &mut std::slice::Iter<u8>) -> Option<u8> {
    let digit = |byte: Option<&u8>| byte.and_then(|&b| char::from(b).to_digit(10));
    let Some(first) = digit(rest.as_slice().first()) else { return rest.next().copied() };
    rest.next();
    let number = first * 100 + digit(rest.next())? * 10 + digit(rest.next())?;
    u8::try_from(number).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Name {
        Name::from_text(text.as_bytes()).expect(text)
    }

    #[test]
    fn text_becomes_labels_and_text_again() {
        assert_eq!(name("www.example.org").wire(), b"\x03www\x07example\x03org\0");
        assert_eq!(name("www.example.org.").wire(), name("www.example.org").wire());
        assert_eq!(name("").wire(), b"\0");
        assert_eq!(name(".").wire(), b"\0");
        assert_eq!(name(r"a\.b\\c\032.d").wire(), b"\x06a.b\\c \x01d\0");
        assert_eq!(name("a b.\u{e9}").wire(), b"\x03a b\x02\xc3\xa9\0");
        for text in ["www.example.org", r"a\.b\\c\032.d", "x", ""] {
            assert_eq!(name(text).to_string(), text);
        }
    }

    #[test]
    fn what_is_no_name() {
        let long = "a".repeat(64);
        for text in ["a..b", ".a", "..", r"a\", r"a\25", r"a\256", r"a\1x2", long.as_str()] {
            assert!(Name::from_text(text.as_bytes()).is_none(), "{text}");
        }
    }

    #[test]
    fn lengths_up_to_their_limits() {
        let label = "a".repeat(63);
        let most = format!("{label}.{label}.{label}.{}", "b".repeat(61));
        assert_eq!(name(&most).wire().len(), LIMIT);
        assert!(Name::from_text(format!("{most}b").as_bytes()).is_none());
        assert!(name(&most).within(&name("c")).is_none());
        assert_eq!(Name::from_text("a.".repeat(127).as_bytes()).map(|n| n.wire().len()), Some(255));
        assert!(Name::from_text("a.".repeat(128).as_bytes()).is_none());
    }

    #[test]
    fn names_as_they_come() {
        let wire = b"\x03wWw\x01.\0rest";
        let (read, length) = Name::from_wire(wire).expect("a name");
        assert_eq!((read.wire(), length), (&wire[..7], 7));
        assert_eq!(read.to_string(), r"wWw.\.");
        for cut in 0..7 {
            assert!(Name::from_wire(&wire[..cut]).is_none(), "{cut}");
        }
        assert!(Name::from_wire(b"\x01a\xc0\x0c").is_none());
        assert!(Name::from_wire(&[[1, b'a'].repeat(127), vec![0]].concat()).is_some());
        assert!(Name::from_wire(&[[1, b'a'].repeat(128), vec![0]].concat()).is_none());
        assert!(Name::from_wire(&[64; 70]).is_none());
    }

    #[test]
    fn names_are_compared_without_case() {
        assert_eq!(name("WWW.Example.ORG"), name("www.eXample.org"));
        assert_ne!(name("www.example.or"), name("www.example.org"));
        assert_ne!(name(r"www\.example.org"), name("www.example.org"));
    }

    #[test]
    fn names_of_addresses() {
        let v4 = Name::reverse4(Ipv4Addr::new(192, 0, 2, 1));
        assert_eq!(v4, name("1.2.0.192.in-addr.arpa"));
        let v6 = Name::reverse6("2001:db8::abcd".parse().expect("an address"));
        let zeros = "0.".repeat(20);
        assert_eq!(v6, name(&format!("d.c.b.a.{zeros}8.b.d.0.1.0.0.2.ip6.arpa")));
        let max = Name::reverse4(Ipv4Addr::BROADCAST);
        assert_eq!(max, name("255.255.255.255.in-addr.arpa"));
    }

    #[test]
    fn a_name_below_another() {
        let below = name("www.a").within(&name("example.org")).expect("fits");
        assert_eq!(below, name("www.a.example.org"));
        assert_eq!(name("www").within(&Name::ROOT), Some(name("www")));
        assert_eq!((below.dots(), Name::ROOT.dots(), name("www").dots()), (3, 0, 0));
        assert_eq!(below.label_starts().collect::<Vec<_>>(), [0, 4, 6, 14]);
    }
}
