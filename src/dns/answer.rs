//! What a reply says to our question, read by c-ares' record functions.
//!
//! A record counts if its owner is the name that was asked for, or one that a chain of CNAMEs
//! leads to from there (RFC 5452, 6). Whatever else a server has put in is left alone.

use super::packet::Kind;
use super::settings::try_copy;
use crate::errno::{Errno, Result};
use c_ares::{
    DnsCls, DnsParseFlags, DnsRcode, DnsRecord, DnsRecordType, DnsRr, DnsRrKey, DnsSection,
};

/// Addresses for programs: no more than these (behaviour 110).
pub const MOST: usize = 32;

/// Longer chains of CNAMEs are loops, or meant to tire us.
const LONGEST_CHAIN: usize = 16;

/// What was asked for. No addresses: there is no such record.
#[derive(Debug, PartialEq, Eq)]
pub struct Answer {
    /// Addresses in network order one after the other, or a name and a NUL.
    pub data: Vec<u8>,
    pub count: usize,
    /// Seconds.
    pub ttl: u32,
    /// The name that has the addresses, if a CNAME led to another one.
    pub canonical: Vec<u8>,
    /// The server says that it does not know our version of EDNS (RFC 6891, 6.1.3).
    pub refuses_edns: bool,
}

impl Answer {
    /// For what is known here, whatever time is over.
    pub fn empty() -> Answer {
        Answer { data: Vec::new(), count: 0, ttl: 0, canonical: Vec::new(), refuses_edns: false }
    }

    fn of(record: &DnsRecord) -> Answer {
        // The number that c-ares calls BADSIG is BADVERS in a record of EDNS.
        let refuses_edns = record.rcode() == DnsRcode::BadSig;
        Answer { ttl: u32::MAX, refuses_edns, ..Answer::empty() }
    }

    pub fn try_clone(&self) -> Result<Answer> {
        let (data, canonical) = (try_copy(&self.data)?, try_copy(&self.canonical)?);
        Ok(Answer { data, canonical, ..*self })
    }

    pub fn add(&mut self, bytes: &[u8], count: usize) -> Result<()> {
        self.data.try_reserve(bytes.len())?;
        self.data.extend_from_slice(bytes);
        self.count += count;
        Ok(())
    }

    fn heed_ttl(&mut self, rr: &DnsRr) {
        // A number with the highest bit set is 0 (RFC 2181, 8).
        let ttl = rr.ttl();
        self.ttl = self.ttl.min(if ttl > i32::MAX as u32 { 0 } else { ttl });
    }
}

/// Reads a reply that is known to be for this question. `EINVAL`: it is malformed.
pub fn read(packet: &[u8], kind: Kind) -> Result<Answer> {
    match kind {
        Kind::Ptr => names(&parse(packet, DnsParseFlags::empty())?),
        Kind::A => addresses(packet, kind, 4),
        Kind::Aaaa => addresses(packet, kind, 16),
    }
}

fn parse(packet: &[u8], flags: DnsParseFlags) -> Result<DnsRecord> {
    DnsRecord::parse(packet, flags).map_err(|_| Errno::INVAL)
}

/// The addresses as they came: a record may have several, as libevent 1.4's servers send them.
fn addresses(packet: &[u8], kind: Kind, size: usize) -> Result<Answer> {
    // Raw, so that the length of the data is seen.
    let raw = parse(packet, DnsParseFlags::AN_BASE_RAW | DnsParseFlags::AN_EXT_RAW)?;
    let mut answer = Answer::of(&raw);
    let has_alias = raw.rrs(DnsSection::Answer).any(|rr| raw_type(rr) == CNAME);
    let decoded = if has_alias { Some(parse(packet, DnsParseFlags::empty())?) } else { None };
    let owner = end_of_chain(&raw, decoded.as_ref(), &mut answer)?;
    for rr in raw.rrs(DnsSection::Answer) {
        if raw_type(rr) != kind as u16 || rr.dns_class() != DnsCls::IN || !is(rr.name(), owner) {
            continue;
        }
        let data = rr.get_bin(DnsRrKey::RAW_RR_DATA).unwrap_or_default();
        if data.is_empty() || data.len() % size != 0 {
            return Err(Errno::INVAL);
        }
        let count = (data.len() / size).min(MOST - answer.count);
        answer.add(&data[..count * size], count)?;
        answer.heed_ttl(rr);
    }
    Ok(answer)
}

/// The first name, which is all that a program is given.
fn names(record: &DnsRecord) -> Result<Answer> {
    let mut answer = Answer::of(record);
    let owner = end_of_chain(record, Some(record), &mut answer)?;
    let found = record.rrs(DnsSection::Answer).find(|rr| {
        rr.rr_type() == DnsRecordType::PTR && rr.dns_class() == DnsCls::IN && is(rr.name(), owner)
    });
    if let Some(rr) = found
        && let Some(name) = rr.get_str(DnsRrKey::PTR_DNAME)
    {
        answer.add(name.as_bytes(), 1)?;
        answer.add(&[0], 0)?;
        answer.heed_ttl(rr);
    }
    Ok(answer)
}

const CNAME: u16 = 5;

fn raw_type(rr: &DnsRr) -> u16 {
    match rr.rr_type() {
        DnsRecordType::RAW_RR => rr.get_u16(DnsRrKey::RAW_RR_TYPE),
        _ => 0,
    }
}

/// Both have come from the same packet: text that was made of names by the same hand.
fn is(name: &str, other: &str) -> bool {
    name.eq_ignore_ascii_case(other)
}

/// The name that the records have to belong to.
fn end_of_chain<'a>(
    questions: &'a DnsRecord,
    aliases: Option<&'a DnsRecord>,
    answer: &mut Answer,
) -> Result<&'a str> {
    let (mut owner, ..) = questions.query_get(0).map_err(|_| Errno::INVAL)?;
    let Some(aliases) = aliases else { return Ok(owner) };
    for _ in 0..LONGEST_CHAIN {
        let next = aliases.rrs(DnsSection::Answer).find_map(|rr| {
            let is_alias = rr.rr_type() == DnsRecordType::CNAME
                && rr.dns_class() == DnsCls::IN
                && is(rr.name(), owner);
            is_alias.then(|| (rr, rr.get_str(DnsRrKey::CNAME_CNAME)))
        });
        let Some((rr, Some(target))) = next else { return Ok(owner) };
        answer.heed_ttl(rr);
        answer.canonical = try_copy(target.as_bytes())?;
        owner = target;
    }
    Err(Errno::INVAL)
}

#[cfg(test)]
mod tests {
    use super::super::name::Name;
    use super::super::packet;
    use super::*;

    const KINDS: [Kind; 3] = [Kind::A, Kind::Aaaa, Kind::Ptr];

    /// The fuzzer's own, which begin with a byte that is for it.
    fn packets() -> Vec<Vec<u8>> {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/seeds/evdns_answer");
        let files = std::fs::read_dir(folder).expect("seeds");
        let packets: Vec<_> = files
            .map(|file| std::fs::read(file.expect("a seed").path()).expect("a seed"))
            .collect();
        assert!(packets.len() > 10);
        packets.into_iter().map(|seed| seed[1..].to_vec()).collect()
    }

    /// Read as an answer to each kind of question; how many made sense.
    fn check(packet: &[u8]) -> usize {
        let name = Name::from_text(b"www.example").expect("a name");
        let is_good = |&kind: &Kind| {
            let _ = packet::head(packet).map(|head| head.answers(packet, &name, kind, true));
            let Ok(answer) = read(packet, kind) else { return false };
            let size = if kind == Kind::A { 4 } else { 16 };
            assert!(answer.count <= MOST);
            assert!(kind == Kind::Ptr || answer.data.len() == answer.count * size);
            true
        };
        KINDS.iter().filter(|kind| is_good(kind)).count()
    }

    #[test]
    fn packets_that_end_anywhere() {
        for packet in packets() {
            for length in 0..packet.len() {
                check(&packet[..length]);
            }
        }
    }

    #[test]
    fn packets_with_another_byte() {
        let mut good = 0;
        for packet in packets() {
            good += check(&packet);
            for at in 0..packet.len() {
                for flip in [1, 2, 4, 8, 16, 32, 64, 128, 255] {
                    let mut changed = packet.clone();
                    changed[at] ^= flip;
                    check(&changed);
                }
            }
        }
        assert!(good > 20, "only {good} of the packets make sense");
    }
}
