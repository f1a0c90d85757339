//! What is written is read back by c-ares, and compared byte by byte where it is short.

use super::*;
use c_ares::{DnsParseFlags, DnsRecord, DnsRecordType, DnsSection};

fn name(text: &str) -> Name {
    Name::from_text(text.as_bytes()).expect(text)
}

fn record(owner: &str, kind: u16, data: Data) -> Record {
    Record::new(&name(owner), kind, 1, 300, data).expect("memory")
}

/// A writer that has written a question, and counts records as answers.
struct Packet {
    writer: Writer,
    count: u16,
}

impl Packet {
    fn asking(question: &str, limit: usize) -> Packet {
        let mut writer = Writer::new(limit);
        writer.bytes(&[0x12, 0x34, 0x80, 0, 0, 1, 0, 0, 0, 0, 0, 0]).expect("room");
        writer.question(&name(question), 1, 1).expect("room");
        Packet { writer, count: 0 }
    }

    fn add(&mut self, record: &Record) -> Result<()> {
        self.writer.record(record)?;
        self.count += 1;
        Ok(())
    }

    /// As c-ares reads it.
    fn parsed(&mut self) -> DnsRecord {
        self.writer.bytes[6..8].copy_from_slice(&self.count.to_be_bytes());
        let parsed = DnsRecord::parse(self.writer.as_bytes(), DnsParseFlags::empty());
        let parsed = parsed.expect("a packet");
        assert_eq!(parsed.rr_count(DnsSection::Answer), usize::from(self.count));
        parsed
    }

    fn owners(&mut self) -> Vec<String> {
        self.parsed().rrs(DnsSection::Answer).map(|rr| rr.name().to_string()).collect()
    }
}

#[test]
fn names_are_written_once() {
    let mut packet = Packet::asking("www.example.org", LIMIT);
    packet.add(&record("www.example.org", 5, Data::Name(&name("host.example.org")))).expect("room");
    packet.add(&record("host.example.org", 1, Data::Bytes(&[192, 0, 2, 1]))).expect("room");
    let wanted = b"\x03www\x07example\x03org\0\0\x01\0\x01\
        \xc0\x0c\0\x05\0\x01\0\0\x01\x2c\0\x07\x04host\xc0\x10\
        \xc0\x2d\0\x01\0\x01\0\0\x01\x2c\0\x04\xc0\0\x02\x01";
    assert_eq!(packet.writer.as_bytes()[12..], wanted[..]);
    assert_eq!(packet.owners(), ["www.example.org", "host.example.org"]);
}

#[test]
fn case_is_kept() {
    let mut packet = Packet::asking("wWw.Example.org", LIMIT);
    packet.add(&record("www.example.org", 1, Data::Bytes(&[1; 4]))).expect("room");
    packet.add(&record("wWw.Example.org", 1, Data::Bytes(&[1; 4]))).expect("room");
    assert_eq!(packet.owners(), ["www.example.org", "wWw.Example.org"]);
}

#[test]
fn the_root_and_labels_that_repeat() {
    let mut packet = Packet::asking("", LIMIT);
    packet.add(&record("a.a.a", 5, Data::Name(&Name::ROOT))).expect("room");
    packet.add(&record("a.a", 2, Data::Name(&name("a.a.a.a")))).expect("room");
    assert_eq!(packet.owners(), ["a.a.a", "a.a"]);
    let wanted = b"\xc0\x13\0\x02\0\x01\0\0\x01\x2c\0\x04\x01a\xc0\x11";
    assert!(packet.writer.as_bytes().ends_with(wanted), "{:x?}", packet.writer.as_bytes());
}

#[test]
fn later_types_are_not_compressed() {
    let mut packet = Packet::asking("example.org", LIMIT);
    packet.add(&record("example.org", 39, Data::Name(&name("example.org")))).expect("room");
    assert!(packet.writer.as_bytes().ends_with(b"\0\x0d\x07example\x03org\0"));
}

#[test]
fn what_does_not_fit_leaves_no_trace() {
    for limit in 29..70 {
        let mut packet = Packet::asking("example.org", limit);
        let before = packet.writer.as_bytes().to_vec();
        let added = packet.add(&record("www.example.org", 5, Data::Name(&name("a.www.org"))));
        // The owner takes 6 bytes, the rest of the head 10, the data 8.
        assert_eq!(added.is_ok(), limit >= before.len() + 6 + 10 + 8, "{limit}");
        if added.is_err() {
            assert_eq!(added, Err(Errno::MSGSIZE));
            assert_eq!(packet.writer.as_bytes(), before);
            assert_eq!(packet.writer.suffixes.len(), 2);
        }
    }
}

#[test]
fn more_names_than_are_remembered() {
    let mut packet = Packet::asking("example.org", LIMIT);
    let owners: Vec<String> =
        (0..1000).map(|n| format!("h{}.d{}.example.org", n % 300, n % 7)).collect();
    for owner in &owners {
        packet.add(&record(owner, 1, Data::Bytes(&[1; 4]))).expect("room");
    }
    assert_eq!(packet.owners(), owners);
    assert_eq!(packet.writer.suffixes.len(), SUFFIXES);
}

#[test]
fn nothing_points_beyond_its_reach() {
    let mut packet = Packet::asking("example.org", LIMIT);
    let filler = vec![7; 0x3f00];
    packet.add(&record("example.org", 999, Data::Bytes(&filler))).expect("room");
    let owners: Vec<String> = (0..90).map(|n| format!("host{}.other.net", n / 2)).collect();
    for owner in &owners {
        packet.add(&record(owner, 1, Data::Bytes(&[1; 4]))).expect("room");
    }
    assert_eq!(packet.owners()[1..], owners[..]);
    assert!(packet.writer.suffixes.iter().all(|known| usize::from(known.at) < REACH));
}

#[test]
fn longest_names_and_longest_data() {
    let longest = "a.".repeat(127);
    let mut packet = Packet::asking(&longest, LIMIT);
    packet.add(&record(&longest, 12, Data::Name(&name(&longest)))).expect("room");
    assert_eq!(packet.owners(), [longest.trim_end_matches('.')]);
    assert!(packet.writer.as_bytes().ends_with(b"\0\x02\xc0\x0c"));
    let most = vec![0; 65_535];
    assert!(Record::new(&Name::ROOT, 1, 1, 0, Data::Bytes(&most)).is_ok());
    assert!(Record::new(&Name::ROOT, 1, 1, 0, Data::Bytes(&[&most[..], &[0]].concat())).is_err());
}

#[test]
fn up_to_the_last_byte() {
    let mut packet = Packet::asking("example.org", LIMIT);
    let used = packet.writer.as_bytes().len() + 12;
    let rest = vec![0; LIMIT - used + 1];
    let refused = packet.add(&record("example.org", 16, Data::Bytes(&rest)));
    assert_eq!(refused, Err(Errno::MSGSIZE));
    packet.add(&record("example.org", 999, Data::Bytes(&rest[1..]))).expect("room");
    assert_eq!(packet.writer.as_bytes().len(), LIMIT);
    let parsed = packet.parsed();
    let kinds: Vec<_> = parsed.rrs(DnsSection::Answer).map(|rr| rr.rr_type()).collect();
    assert_eq!(kinds, [DnsRecordType::RAW_RR]);
}
