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

pub const HEAD: usize = 12;

const CLASS_IN: u16 = 1;
const OPT: u16 = 41;

/// The size of UDP replies that we ask for: what networks carry without fragments.
pub const UDP_SIZE: u16 = 1232;

const QR: u16 = 0x8000;
const OPCODE: u16 = 0x7800;
const TC: u16 = 0x0200;
const RD: u16 = 0x0100;

/// Room for the longest question: head, name, type, class, OPT.
pub const QUESTION_LIMIT: usize = HEAD + 255 + 4 + 11;

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
        // The root; type; size; extended rcode, version and flags of 0; no options (RFC 6891).
        put(&[0]);
        put(&OPT.to_be_bytes());
        put(&UDP_SIZE.to_be_bytes());
        put(&[0; 6]);
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
