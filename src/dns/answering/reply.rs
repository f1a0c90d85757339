//! What a program answers, until it says that this is all: records, section by section.
//!
//! Records are written as they are added, so that what does not fit is refused at once. Sections
//! that were added out of order are put in order at the end.

use super::query::Query;
use crate::dns::packet::{HEAD, OPT, OPT_TYPE, PREFIX, QR, opt};
use crate::dns::writer::{LIMIT, Record, Writer};
use crate::errno::{Errno, Result};

/// The bits of the head that programs may set: all but "reply", the operation and the result.
const OF_PROGRAM: u16 = 0x07f0;
const IS_CUT: u16 = 0x0200;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Section {
    Answer,
    Authority,
    Additional,
}

impl Section {
    const ALL: [Section; 3] = [Section::Answer, Section::Authority, Section::Additional];

    /// By the number that `evdns.h` has for it.
    pub fn from_number(number: i32) -> Option<Section> {
        usize::try_from(number).ok().and_then(|number| Section::ALL.get(number)).copied()
    }
}

/// A packet that grows, and where its records end.
struct Body {
    writer: Writer,
    ends: Vec<(Section, usize)>,
}

impl Body {
    /// The head, to be filled in, and the question.
    fn new(id: u16, question: &[u8], limit: usize) -> Result<Body> {
        let mut writer = Writer::new(limit);
        for word in [id, 0, 1, 0, 0, 0] {
            writer.number(word)?;
        }
        writer.repeat_question(question)?;
        Ok(Body { writer, ends: Vec::new() })
    }

    fn add(&mut self, section: Section, record: &Record) -> Result<()> {
        self.ends.try_reserve(1)?;
        self.writer.record(record)?;
        self.ends.push((section, self.writer.as_bytes().len()));
        Ok(())
    }
}

pub struct Reply {
    body: Body,
    records: Vec<(Section, Record)>,
    question_length: usize,
    /// The client knows of EDNS: it is told our side of it.
    has_edns: bool,
}

impl Reply {
    pub fn new(query: &Query) -> Result<Reply> {
        let has_edns = query.edns.is_some();
        let limit = LIMIT - if has_edns { OPT } else { 0 };
        let body = Body::new(query.id, query.question, limit)?;
        let question_length = query.question.len();
        Ok(Reply { body, records: Vec::new(), question_length, has_edns })
    }

    /// Adds records, all or none. `EMSGSIZE`: no packet can hold them beside the others.
    pub fn add(
        &mut self,
        section: Section,
        records: impl Iterator<Item = Result<Record>>,
    ) -> Result<()> {
        let (count, mark) = (self.records.len(), self.body.writer.mark());
        let added = self.add_each(section, records);
        if added.is_err() {
            self.records.truncate(count);
            self.body.ends.truncate(count);
            self.body.writer.back_to(mark);
        }
        added
    }

    fn add_each(
        &mut self,
        section: Section,
        records: impl Iterator<Item = Result<Record>>,
    ) -> Result<()> {
        for record in records {
            let record = record?;
            self.records.try_reserve(1)?;
            self.body.add(section, &record)?;
            self.records.push((section, record));
        }
        Ok(())
    }

    /// The packet, of at most `limit` bytes: records at the end that do not fit are left out, and
    /// it says so. `framed`: its length goes before it.
    pub fn packet(&self, flags: u16, rcode: u16, limit: usize, framed: bool) -> Result<Vec<u8>> {
        let flags = QR | flags & OF_PROGRAM | rcode;
        if self.body.ends.is_sorted_by_key(|(section, _)| *section) {
            self.cut(&self.body, flags, limit, framed)
        } else {
            self.cut(&self.in_order()?, flags, limit, framed)
        }
    }

    fn in_order(&self) -> Result<Body> {
        let bytes = self.body.writer.as_bytes();
        let id = u16::from_be_bytes([bytes[0], bytes[1]]);
        let question = &bytes[HEAD..HEAD + self.question_length];
        let mut body = Body::new(id, question, LIMIT)?;
        for section in Section::ALL {
            for (_, record) in self.records.iter().filter(|(of, _)| *of == section) {
                match body.add(section, record) {
                    // Names are compressed otherwise in this order, at worst by less.
                    Err(Errno::MSGSIZE) => return Ok(body),
                    added => added?,
                }
            }
        }
        Ok(body)
    }

    /// As much of the body as fits.
    fn cut(&self, body: &Body, flags: u16, limit: usize, framed: bool) -> Result<Vec<u8>> {
        // A program may have brought a record of its own.
        let has_own = self.records.iter().any(|(_, record)| record.kind() == OPT_TYPE);
        let has_opt = self.has_edns && !has_own;
        let room = limit - if has_opt { OPT } else { 0 };
        let kept = body.ends.partition_point(|(_, end)| *end <= room);
        let end = body.ends[..kept].last().map_or(HEAD + self.question_length, |(_, end)| *end);
        let is_cut = kept < self.records.len();
        let flags = if is_cut { flags | IS_CUT } else { flags };
        let count = |section| {
            let those = body.ends[..kept].iter().filter(|(of, _)| *of == section);
            those.count() as u16
        };
        let additional = count(Section::Additional) + u16::from(has_opt);
        let counts = [1, count(Section::Answer), count(Section::Authority), additional];

        let length = end + if has_opt { OPT } else { 0 };
        let mut packet = Vec::new();
        packet.try_reserve_exact(PREFIX + length)?;
        if framed {
            packet.extend_from_slice(&(length as u16).to_be_bytes());
        }
        let bytes = body.writer.as_bytes();
        packet.extend_from_slice(&bytes[..2]);
        packet.extend_from_slice(&flags.to_be_bytes());
        counts.iter().for_each(|count| packet.extend_from_slice(&u16::to_be_bytes(*count)));
        packet.extend_from_slice(&bytes[HEAD..end]);
        if has_opt {
            packet.extend_from_slice(&opt(0));
        }
        Ok(packet)
    }
}
