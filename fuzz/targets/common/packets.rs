//! Replies of name servers, read in the plainest way: the model of the resolver's reader.

/// What was asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Question {
    pub kind: u16,
    /// As it travels.
    pub name: &'static [u8],
}

pub const A: u16 = 1;
pub const CNAME: u16 = 5;
pub const PTR: u16 = 12;
pub const AAAA: u16 = 28;

const HEAD: usize = 12;
const LONGEST_CHAIN: usize = 16;
const MOST: usize = 32;

pub const QUESTIONS: [Question; 3] = [
    Question { kind: A, name: b"\x03www\x07example\0" },
    Question { kind: AAAA, name: b"\x03www\x07example\0" },
    Question { kind: PTR, name: b"\x017\x012\x010\x03192\x07in-addr\x04arpa\0" },
];

/// The first byte of an input says what was asked, and whether the packet is made to be a reply to
/// that: its head and its question. The rest is the packet.
pub fn from_input(data: &[u8]) -> Option<(Question, Vec<u8>)> {
    let (&choice, packet) = data.split_first()?;
    let question = QUESTIONS[usize::from(choice & 3) % QUESTIONS.len()];
    let mut packet = packet.to_vec();
    if choice & 4 != 0 {
        repair(&mut packet, question);
    }
    Some((question, packet))
}

fn repair(packet: &mut [u8], question: Question) {
    let end = HEAD + question.name.len();
    if packet.len() < end + 4 {
        return;
    }
    packet[2] = packet[2] & 7 | 0x80;
    packet[4..6].copy_from_slice(&[0, 1]);
    packet[HEAD..end].copy_from_slice(question.name);
    packet[end..end + 4].copy_from_slice(&[0, question.kind as u8, 0, 1]);
}

/// Is it a reply, and to this question, whatever the case of its letters?
pub fn answers(packet: &[u8], question: Question) -> bool {
    let end = HEAD + question.name.len();
    let Some(asked) = packet.get(HEAD..end + 4) else { return false };
    let (name, rest) = asked.split_at(question.name.len());
    packet[2] & 0xf8 == 0x80
        && packet[4..6] == [0, 1]
        && name.eq_ignore_ascii_case(question.name)
        && rest == [0, question.kind as u8, 0, 1]
}

struct Record {
    owner: Vec<u8>,
    kind: u16,
    class: u16,
    ttl: u32,
    start: usize,
    end: usize,
}

fn word(packet: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(*packet.get(at..)?.first_chunk()?))
}

/// A name in lower case, and where it ends. Pointers lead backwards.
fn name(packet: &[u8], mut at: usize) -> Option<(Vec<u8>, usize)> {
    let (mut name, mut end, mut limit) = (Vec::new(), None, at);
    loop {
        let length = *packet.get(at)?;
        match length {
            0 => {
                name.push(0);
                return Some((name, end.unwrap_or(at + 1)));
            }
            1..64 => {
                let label = packet.get(at..=at + usize::from(length))?;
                name.extend(label.iter().map(u8::to_ascii_lowercase));
                at += label.len();
            }
            192.. => {
                end = end.or(Some(at + 2));
                at = usize::from(word(packet, at)? & 0x3fff);
                if at >= limit {
                    return None;
                }
                limit = at;
            }
            _ => return None,
        }
    }
}

fn records(packet: &[u8], question: Question) -> Option<Vec<Record>> {
    let mut at = HEAD + question.name.len() + 4;
    let mut records = Vec::new();
    for _ in 0..word(packet, 6)? {
        let (owner, end) = name(packet, at)?;
        let [kind, class, high, low, length] =
            [0, 2, 4, 6, 8].map(|offset| word(packet, end + offset));
        let ttl = u32::from(high?) << 16 | u32::from(low?);
        let start = end + 10;
        at = start + usize::from(length?);
        packet.get(start..at)?;
        records.push(Record { owner, kind: kind?, class: class?, ttl, start, end: at });
    }
    Some(records)
}

/// What the program is told.
#[derive(PartialEq, Eq, Debug, Default)]
pub struct Told {
    /// Of A and AAAA the addresses.
    pub data: Vec<u8>,
    pub count: usize,
    pub ttl: u32,
}

/// `None`: there is no sense in the packet, as far as it is looked at here.
pub fn read(packet: &[u8], question: Question) -> Option<Told> {
    const IN: u16 = 1;
    let records = records(packet, question)?;
    let size = if question.kind == A { 4 } else { 16 };
    let (mut owner, mut ttl) = (question.name.to_ascii_lowercase(), u32::MAX);
    let mut heed = |record: &Record| {
        ttl = ttl.min(if record.ttl > i32::MAX as u32 { 0 } else { record.ttl });
    };
    for links in 0.. {
        let is_it = |r: &&Record| r.kind == CNAME && r.class == IN && r.owner == owner;
        let Some(record) = records.iter().find(is_it) else { break };
        if links == LONGEST_CHAIN {
            return None;
        }
        heed(record);
        owner = name(packet, record.start)?.0;
    }
    let mut told = Told::default();
    for record in &records {
        if record.kind != question.kind || record.class != IN || record.owner != owner {
            continue;
        }
        if question.kind == PTR {
            told.count = 1;
            heed(record);
            break;
        }
        let data = &packet[record.start..record.end];
        if data.is_empty() || data.len() % size != 0 {
            return None;
        }
        let count = (data.len() / size).min(MOST - told.count);
        told.data.extend_from_slice(&data[..count * size]);
        told.count += count;
        heed(record);
    }
    Some(Told { ttl, ..told })
}
