//! Questions as they are sent, and the look at a reply that decides whose it is.
//!
//! Nothing here reads beyond a packet; what a reply says beyond its head and its question is for
//! `answer`, once it is known to be ours.

use super::name::Name;

/// What is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u16)]
pub enum Kind {
    A = 1,
    Ptr = 12,
    Aaaa = 28,
}

/// Bytes of the head, which all packets have (RFC 1035, 4.1.1).
pub const HEAD: usize = 12;

/// Bytes of the length that goes before a packet on a stream (RFC 1035, 4.2.2).
pub const PREFIX: usize = 2;

pub const CLASS_IN: u16 = 1;

/// The type of the record in which EDNS is, and the bytes of one without options (RFC 6891, 6.1).
pub const OPT_TYPE: u16 = 41;
pub const OPT: usize = 11;

/// How large a datagram may be without being cut in pieces on its way, as far as anybody knows.
const UDP_SIZE: u16 = 1232;

/// Bits of the head's second word.
pub const QR: u16 = 0x8000;
pub const OPCODE: u16 = 0x7800;
const TC: u16 = 0x0200;
const RD: u16 = 0x0100;

/// Room for the longest question: head, name, type, class, OPT.
pub const QUESTION_LIMIT: usize = HEAD + 255 + 4 + OPT;

/// What we say of ourselves by EDNS; the upper eight bits of a result are here.
pub fn opt(rcode: u16) -> [u8; OPT] {
    let [kind_high, kind_low] = OPT_TYPE.to_be_bytes();
    let [high, low] = UDP_SIZE.to_be_bytes();
    // The root; type; size; result, version and flags; no options.
    [0, kind_high, kind_low, high, low, (rcode >> 4) as u8, 0, 0, 0, 0, 0]
}

/// Writes a question; how many bytes it has.
pub fn write_question(
    room: &mut [u8; QUESTION_LIMIT],
    id: u16,
    name: &Name,
    kind: Kind,
    edns: bool,
) -> usize {
    let mut at = 0;
    let mut put = |bytes: &[u8]| {
        room[at..at + bytes.len()].copy_from_slice(bytes);
        at += bytes.len();
    };
    put(&id.to_be_bytes());
    put(&RD.to_be_bytes());
    put(&[0, 1, 0, 0, 0, 0, 0, u8::from(edns)]);
    put(name.wire());
    put(&(kind as u16).to_be_bytes());
    put(&CLASS_IN.to_be_bytes());
    if edns {
        put(&opt(0));
    }
    at
}

/// The head of a reply.
#[derive(Clone, Copy)]
pub struct Head {
    pub id: u16,
    pub is_cut: bool,
    pub rcode: u8,
    questions: u16,
}

/// `None`: no reply, or too short for one.
pub fn head(packet: &[u8]) -> Option<Head> {
    let word = |at: usize| Some(u16::from_be_bytes(*packet.get(at..)?.first_chunk()?));
    if packet.len() < HEAD {
        return None;
    }
    let flags = word(2)?;
    if flags & (QR | OPCODE) != QR {
        return None;
    }
    let (is_cut, rcode) = (flags & TC != 0, (flags & 15) as u8);
    Some(Head { id: word(0)?, is_cut, rcode, questions: word(4)? })
}

impl Head {
    /// Is the question of the packet just this one, letter for letter if `exactly`?
    pub fn answers(&self, packet: &[u8], name: &Name, kind: Kind, exactly: bool) -> bool {
        let wire = name.wire();
        let Some(question) = packet.get(HEAD..HEAD + wire.len() + 4) else { return false };
        let (asked, rest) = question.split_at(wire.len());
        let is_same = if exactly { asked == wire } else { asked.eq_ignore_ascii_case(wire) };
        let [kind_high, kind_low] = (kind as u16).to_be_bytes();
        let [class_high, class_low] = CLASS_IN.to_be_bytes();
        self.questions == 1 && is_same && rest == [kind_high, kind_low, class_high, class_low]
    }

    /// The reply of a server that could make nothing of the question: just a head.
    pub fn is_bare(&self, packet: &[u8]) -> bool {
        self.questions == 0 && packet.len() == HEAD
    }
}
