//! Reads what clients send: a question, or something that is refused or not worth an answer.
//!
//! The head and the question are read here, as they are to be repeated byte by byte. Whether the
//! rest is well formed, and what it says of the client's abilities (RFC 6891), c-ares tells; what
//! records it has is nobody's business.

use crate::dns::name::Name;
use crate::dns::packet::{CLASS_IN, HEAD, OPCODE, OPT, QR, opt};
use crate::dns::writer::{LIMIT, Writer};
use crate::errno::Result;
use c_ares::{DnsParseFlags, DnsRecord, DnsSection};

/// 1.4: what of the client's flags a program sees: RD and CD (behaviour 128).
const SHOWN: u16 = 0x0110;

/// The classes of questions that c-ares knows.
const KNOWN_CLASSES: [u16; 5] = [CLASS_IN, 3, 4, 254, 255];

/// What is wrong with a query (RFC 1035, 4.1.1; RFC 6891, 9).
const FORMAT_ERROR: u16 = 1;
const NOT_IMPLEMENTED: u16 = 4;
const BAD_VERSION: u16 = 16;

/// What a client says of itself.
#[derive(Clone, Copy)]
pub struct Edns {
    /// The largest datagram that it takes.
    pub size: u16,
    version: u8,
}

pub struct Query<'a> {
    pub id: u16,
    pub flags: u16,
    pub name: Name,
    pub kind: u16,
    pub class: u16,
    /// Name, type and class as they came.
    pub question: &'a [u8],
    pub edns: Option<Edns>,
}

/// What comes of a packet.
#[allow(clippy::large_enum_variant, reason = "it is looked at once and forgotten")]
pub enum Verdict<'a> {
    /// Nothing.
    Ignore,
    /// An answer that the program need not know of.
    Refuse(Refusal<'a>),
    Ask(Query<'a>),
}

pub struct Refusal<'a> {
    id: u16,
    flags: u16,
    /// The question, or nothing.
    question: &'a [u8],
    rcode: u16,
}

/// The numbers of a head.
struct Head {
    words: [u16; 6],
}

impl Head {
    fn read(packet: &[u8]) -> Option<Head> {
        let bytes = packet.first_chunk::<HEAD>()?;
        let mut words = [0; 6];
        for (word, pair) in words.iter_mut().zip(bytes.as_chunks::<2>().0) {
            *word = u16::from_be_bytes(*pair);
        }
        Some(Head { words })
    }

    fn has_records(&self) -> bool {
        self.words[3..] != [0; 3]
    }

    fn refuse<'a>(&self, rcode: u16, question: &'a [u8]) -> Verdict<'a> {
        let [id, flags, ..] = self.words;
        Verdict::Refuse(Refusal { id, flags: flags & (OPCODE | SHOWN), question, rcode })
    }
}

/// Judges a packet.
pub fn read(packet: &[u8]) -> Verdict<'_> {
    // A reply that is answered would go round for ever.
    let Some(head) = Head::read(packet).filter(|head| head.words[1] & QR == 0) else {
        return Verdict::Ignore;
    };
    let [id, flags, questions, ..] = head.words;
    if flags & OPCODE != 0 {
        return head.refuse(NOT_IMPLEMENTED, &[]);
    }
    let Some((name, kind, class, end)) = question(packet).filter(|_| questions == 1) else {
        return head.refuse(FORMAT_ERROR, &[]);
    };
    let question = &packet[HEAD..end];
    let edns = if head.has_records() { edns(packet, class, end) } else { Ok(None) };
    match edns {
        Ok(Some(edns)) if edns.version > 0 => head.refuse(BAD_VERSION, question),
        Ok(edns) => {
            Verdict::Ask(Query { id, flags: flags & SHOWN, name, kind, class, question, edns })
        }
        Err(c_ares::Error::ENOMEM) => Verdict::Ignore,
        Err(_) => head.refuse(FORMAT_ERROR, &[]),
    }
}

/// Name, type, class, and where they end.
fn question(packet: &[u8]) -> Option<(Name, u16, u16, usize)> {
    let (name, length) = Name::from_wire(&packet[HEAD..])?;
    let rest = &packet[HEAD + length..];
    let [a, b, c, d] = *rest.first_chunk()?;
    let (kind, class) = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
    Some((name, kind, class, HEAD + length + 4))
}

/// What the records behind the question say.
fn edns(packet: &[u8], class: u16, question_end: usize) -> c_ares::Result<Option<Edns>> {
    if KNOWN_CLASSES.contains(&class) {
        return edns_of(packet);
    }
    // c-ares takes no question of another class, which is for the program to judge.
    let mut copy = Vec::new();
    copy.try_reserve_exact(packet.len()).map_err(|_| c_ares::Error::ENOMEM)?;
    copy.extend_from_slice(packet);
    copy[question_end - 2..question_end].copy_from_slice(&CLASS_IN.to_be_bytes());
    edns_of(&copy)
}

fn edns_of(packet: &[u8]) -> c_ares::Result<Option<Edns>> {
    // All data as it is, but for the record that EDNS is in.
    let raw = DnsParseFlags::all() - DnsParseFlags::AR_EXT_RAW;
    let record = DnsRecord::parse(packet, raw)?;
    let opt = record.rrs(DnsSection::Additional).find_map(|rr| rr.as_opt());
    Ok(opt.map(|opt| Edns { size: opt.udp_size(), version: opt.version() }))
}

impl Refusal<'_> {
    /// The packet that says so. `framed`: its length goes before it.
    pub fn packet(&self, framed: bool) -> Result<Vec<u8>> {
        let is_extended = self.rcode > 15;
        let flags = QR | self.flags | self.rcode & 15;
        let questions = u16::from(!self.question.is_empty());
        let length = HEAD + self.question.len() + if is_extended { OPT } else { 0 };
        let mut writer = Writer::new(LIMIT);
        if framed {
            writer.number(length as u16)?;
        }
        for word in [self.id, flags, questions, 0, 0, u16::from(is_extended)] {
            writer.number(word)?;
        }
        writer.bytes(self.question)?;
        if is_extended {
            writer.bytes(&opt(self.rcode))?;
        }
        Ok(writer.into_bytes())
    }
}
