//! Any bytes as a query, and any records as its answer, without a socket: what is refused is
//! refused by a packet that says so; what is answered repeats the question byte by byte, has the
//! records that were added, in the order of their sections, and never more bytes than it may have.
//! c-ares reads it back.
#![no_main]

mod common;

use c_ares::{DnsParseFlags, DnsRecord, DnsSection};
use common::input::Input;
use evhub::dns::answering::query::{self, Query, Refusal, Verdict};
use evhub::dns::answering::reply::{Reply, Section};
use evhub::dns::name::Name;
use evhub::dns::packet::{HEAD, PREFIX};
use evhub::dns::writer::{Data, LIMIT, Record};
use libfuzzer_sys::fuzz_target;

/// The classes of questions that c-ares reads.
const READABLE: [u16; 5] = [1, 3, 4, 254, 255];

const IS_CUT: u16 = 0x0200;

fn word(packet: &[u8], at: usize) -> u16 {
    u16::from_be_bytes([packet[at], packet[at + 1]])
}

/// A record that was added, as it is to be read back.
struct Added {
    section: Section,
    owner: String,
    kind: u16,
    ttl: u32,
}

fn refused(packet: &[u8], refusal: &Refusal) {
    let bytes = refusal.packet(false).expect("memory");
    let framed = refusal.packet(true).expect("memory");
    assert_eq!(usize::from(word(&framed, 0)), bytes.len());
    assert_eq!(framed[PREFIX..], bytes);
    assert_eq!(bytes[..2], packet[..2]);
    assert!(bytes[2] & 0x80 != 0 && bytes.len() <= packet.len() + 11);
    let result = word(&bytes, 2) & 15;
    let is_extended = word(&bytes, 10) == 1;
    assert!(if is_extended { result == 0 } else { result == 1 || result == 4 });
    assert_eq!(bytes.len() > HEAD, is_extended);
}

/// A name: one of a few, so that some repeat, or any text.
fn name(input: &mut Input, query: &Query) -> Option<Name> {
    match input.choice(4) {
        0 => Some(query.name),
        1 => {
            let length = input.choice(80);
            Name::from_text(input.bytes(length))
        }
        2 => Name::from_text(b"host").and_then(|host| host.within(&query.name)),
        _ => Name::from_text([b"a.b.c".as_slice(), b"b.c", b"B.c", b""][input.choice(4)]),
    }
}

fn add(input: &mut Input, query: &Query, reply: &mut Reply, added: &mut Vec<Added>) {
    let section = Section::from_number(input.choice(3) as i32).expect("a section");
    let Some(owner) = name(input, query) else { return };
    let kind = [1, 2, 5, 12, 16, 28, 39, 65535][input.choice(8)];
    let ttl = input.number();
    let record = if input.choice(2) == 0 {
        let Some(target) = name(input, query) else { return };
        Record::new(&owner, kind, 1, ttl, Data::Name(&target))
    } else {
        // Sometimes as much as there can be.
        let scale = [1, 16, 257][input.choice(3)];
        let length = input.choice(256) * scale;
        Record::new(&owner, kind, 1, ttl, Data::Bytes(&vec![0x5a; length]))
    };
    if reply.add(section, std::iter::once(record)).is_ok() {
        added.push(Added { section, owner: owner.to_string(), kind, ttl });
    }
}

fn answered(input: &mut Input, query: &Query) {
    let mut reply = Reply::new(query).expect("memory");
    let mut added = Vec::new();
    for _ in 0..input.choice(24) {
        add(input, query, &mut reply, &mut added);
    }
    added.sort_by_key(|record| record.section);
    let limit = [512, 513, 1232, 4096, 65_507, LIMIT][input.choice(6)];
    let flags = u16::from(input.byte()) << 8 | u16::from(input.byte());
    let rcode = input.choice(16) as u16;
    let packet = reply.packet(flags, rcode, limit, false).expect("memory");
    let framed = reply.packet(flags, rcode, limit, true).expect("memory");
    assert_eq!(usize::from(word(&framed, 0)), packet.len());
    assert_eq!(framed[PREFIX..], packet);
    assert!(packet.len() <= limit);
    assert_eq!(word(&packet, 0), query.id);
    assert_eq!(word(&packet, 2) & 0xf80f, 0x8000 | rcode);
    assert_eq!(packet[HEAD..HEAD + query.question.len()], *query.question);
    let counts = [6, 8, 10].map(|at| usize::from(word(&packet, at)));
    let kept = counts.iter().sum::<usize>() - usize::from(query.edns.is_some());
    assert_eq!(word(&packet, 2) & IS_CUT != 0, kept < added.len() || flags & IS_CUT != 0);
    if READABLE.contains(&query.class) {
        read_back(&packet, &added[..kept]);
    }
}

fn read_back(packet: &[u8], added: &[Added]) {
    let parsed = DnsRecord::parse(packet, DnsParseFlags::all()).expect("a packet");
    let sections = [
        (Section::Answer, DnsSection::Answer),
        (Section::Authority, DnsSection::Authority),
        (Section::Additional, DnsSection::Additional),
    ];
    let mut expected = added.iter().peekable();
    for (section, theirs) in sections {
        let mut records = parsed.rrs(theirs);
        while let Some(wanted) = expected.next_if(|record| record.section == section) {
            let found = records.next().expect("a record");
            let name = Name::from_text(found.name().as_bytes()).expect("a name");
            assert_eq!(name.to_string(), wanted.owner);
            assert_eq!(found.ttl(), wanted.ttl);
            assert_eq!(found.get_u16(c_ares::DnsRrKey::RAW_RR_TYPE), wanted.kind);
        }
        // Behind them there is nothing, or what EDNS says.
        assert!(records.count() <= usize::from(section == Section::Additional));
    }
    assert!(expected.next().is_none());
}

// Bytes of the packet, two for their number; then choices.
fuzz_target!(|data: &[u8]| {
    let mut input = Input::new(data);
    let length = usize::from(input.byte()) << 8 | usize::from(input.byte());
    // In a block of its own, so that nothing is read behind it.
    let packet: Box<[u8]> = input.bytes(length).into();
    match query::read(&packet) {
        Verdict::Ignore => assert!(packet.len() < HEAD || packet[2] & 0x80 != 0),
        Verdict::Refuse(refusal) => refused(&packet, &refusal),
        Verdict::Ask(query) => {
            assert!(packet[HEAD..].starts_with(query.question));
            assert_eq!(Name::from_text(query.name.to_string().as_bytes()), Some(query.name));
            answered(&mut input, &query);
        }
    }
});
