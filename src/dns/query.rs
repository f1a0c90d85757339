//! One question to name servers, from its first packet to its end.
//!
//! ```text
//!   fresh --> flying --> ended: its requests go on to the next name, or are done
//!     ^          | |
//!   waiting <----+ +--> sent again: later, elsewhere, without EDNS, over TCP
//! ```
//! Requests for the same name and type share one query, so that a forger has one id to guess.

use super::answer::Answer;
use super::name::Name;
use super::packet::{self, Kind, QUESTION_LIMIT};
use super::slab::{Key, Line};
use super::state::State;
use crate::errno::{Errno, Result};

/// What a program hears of a question that failed: a `DNS_ERR_*` number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Code(pub i32);

impl Code {
    pub const FORMAT: Code = Code(1);
    pub const SERVER_FAILED: Code = Code(2);
    pub const NOT_EXIST: Code = Code(3);
    pub const NOT_IMPLEMENTED: Code = Code(4);
    pub const REFUSED: Code = Code(5);
    pub const TRUNCATED: Code = Code(65);
    pub const UNKNOWN: Code = Code(66);
    pub const TIMEOUT: Code = Code(67);
    pub const SHUTDOWN: Code = Code(68);
    /// libevent 2's: the request was cancelled.
    pub const CANCEL: Code = Code(69);
}

pub type Outcome = Result<Answer, Code>;

/// Where a query is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// Nowhere: it is being moved.
    Between,
    /// Goes out at once.
    Fresh,
    /// Until another ends, or the resolver is resumed.
    Waiting,
    Flying,
}

/// One packet that went out.
#[derive(Clone, Copy)]
pub struct Sent {
    pub server: Key,
    pub channel: Key,
    pub edns: bool,
}

/// Replies to the last so many packets of a question are heeded.
const HEEDED: usize = 4;

pub struct Query {
    pub name: Name,
    pub kind: Kind,
    pub hash: u64,
    pub id: u16,
    /// Who waits for it.
    pub requests: Line,
    pub place: Place,
    /// When the next packet is due, in microseconds.
    pub deadline: u64,
    /// Packets so far, and the last of them.
    pub packets: u32,
    pub sent: [Option<Sent>; HEEDED],
    /// The server whose turn it is.
    pub server: Option<Key>,
    /// Never with EDNS again.
    pub plain: bool,
    pub over_tcp: bool,
    /// A server has told of an answer that was too long.
    pub was_cut: bool,
    /// A server has refused it, and it was asked elsewhere.
    pub reissued: bool,
    /// Nobody waits for it: it is to find out whether that server is back.
    pub probes: Option<Key>,
}

impl Query {
    pub fn new(name: Name, kind: Kind, hash: u64) -> Query {
        Query {
            name,
            kind,
            hash,
            id: 0,
            requests: Line::EMPTY,
            place: Place::Between,
            deadline: 0,
            packets: 0,
            sent: [None; HEEDED],
            server: None,
            plain: false,
            over_tcp: false,
            was_cut: false,
            reissued: false,
            probes: None,
        }
    }

    /// The packet of it that went out through this channel.
    pub fn sent_through(&self, channel: Key) -> Option<Sent> {
        self.sent.iter().flatten().copied().find(|sent| sent.channel == channel)
    }

    fn has_asked(&self, server: Key) -> bool {
        self.sent.iter().flatten().any(|sent| sent.server == server)
    }
}

impl State {
    /// The first packet, with this id.
    pub fn launch(&mut self, key: Key, id: u16) {
        let mixes_case = self.options.randomize_case;
        let query = &mut self.queries[key];
        debug_assert_eq!(query.place, Place::Between);
        query.id = id;
        let mixed = if mixes_case { query.name.mix_case(&mut self.random) } else { Ok(()) };
        if mixed.is_err() || self.ids.reserve().is_err() {
            return self.end(key, Err(Code::UNKNOWN));
        }
        self.ids.insert(u64::from(id), key);
        self.in_flight += 1;
        match self.servers.choose(|_| false) {
            Some(server) => self.send(key, server),
            None => self.end(key, Err(Code::UNKNOWN)),
        }
        self.probe_with(key);
    }

    /// Sends the question to a server, and gives it its time.
    pub fn send(&mut self, key: Key, server: Key) {
        self.unplace(key);
        let query = &mut self.queries[key];
        query.packets += 1;
        query.server = Some(server);
        query.over_tcp = false;
        if let Err(error) = self.put_out(key, server, false) {
            // As if it had been lost: there may be room for it the next time.
            self.log(true, format_args!("cannot send a question: error {}", error.0));
        }
        self.fly(key);
    }

    /// The same packet once more to the same server, over TCP, in the time that is left.
    pub fn send_again_over_tcp(&mut self, key: Key, server: Key) {
        let query = &mut self.queries[key];
        query.was_cut = true;
        query.over_tcp = true;
        query.server = Some(server);
        if self.put_out(key, server, true).is_err() {
            self.elsewhere_or(key, Code::TRUNCATED);
        }
    }

    fn put_out(&mut self, key: Key, server: Key, over_tcp: bool) -> Result<()> {
        let query = &self.queries[key];
        let edns = !query.plain && self.servers.get(server).is_some_and(|server| server.edns);
        let mut room = [0; QUESTION_LIMIT];
        let length = packet::write_question(&mut room, query.id, &query.name, query.kind, edns);
        let packet = &room[..length];
        let channel = if over_tcp {
            self.send_over_tcp(server, packet)?
        } else {
            let channel = self.udp_channel(server)?;
            self.enqueue(channel, packet)?;
            channel
        };
        self.note_sent(key, Sent { server, channel, edns });
        Ok(())
    }

    fn note_sent(&mut self, key: Key, sent: Sent) {
        self.channels[sent.channel].live += 1;
        let query = &mut self.queries[key];
        let oldest = query.sent[HEEDED - 1];
        query.sent.copy_within(..HEEDED - 1, 1);
        query.sent[0] = Some(sent);
        if let Some(oldest) = oldest {
            self.release_channel(oldest.channel);
        }
    }

    /// Puts a query where its deadline says: most are the last.
    fn fly(&mut self, key: Key) {
        let deadline = self.now() + u64::from(self.options.timeout) * 1_000_000;
        let query = &mut self.queries[key];
        query.place = Place::Flying;
        query.deadline = deadline;
        let mut before = self.queries.last(&self.flying);
        while let Some(other) = before
            && self.queries[other].deadline > deadline
        {
            before = self.queries.before(other);
        }
        match before {
            Some(other) => self.queries.push_after(&mut self.flying, other, key),
            None => self.queries.push_front(&mut self.flying, key),
        }
        self.arm();
    }

    /// Takes it out of the line that it is in.
    pub fn unplace(&mut self, key: Key) {
        let place = std::mem::replace(&mut self.queries[key].place, Place::Between);
        let line = match place {
            Place::Between => return,
            Place::Fresh => &mut self.fresh,
            Place::Waiting => &mut self.waiting,
            Place::Flying => &mut self.flying,
        };
        self.queries.unlink(line, key);
    }

    pub fn place_at(&mut self, key: Key, place: Place, in_front: bool) {
        debug_assert_eq!(self.queries[key].place, Place::Between);
        self.queries[key].place = place;
        let line = if place == Place::Fresh { &mut self.fresh } else { &mut self.waiting };
        if in_front {
            self.queries.push_front(line, key);
        } else {
            self.queries.push_back(line, key);
        }
    }

    /// The deadlines that are over.
    pub fn expire(&mut self) {
        let now = self.now();
        while let Some(key) = self.queries.first(&self.flying)
            && self.queries[key].deadline <= now
        {
            self.timed_out(key);
        }
        self.arm();
    }

    fn timed_out(&mut self, key: Key) {
        let query = &self.queries[key];
        let (server, sent) = (query.server, query.sent[0]);
        if let Some(server) = server {
            self.server_timed_out(server);
        }
        if let Some(sent) = sent {
            self.give_up_channel(sent);
        }
        let query = &mut self.queries[key];
        if query.probes.is_some() || query.packets >= self.options.attempts {
            let code = if query.was_cut { Code::TRUNCATED } else { Code::TIMEOUT };
            return self.end(key, Err(code));
        }
        // Some networks swallow what they do not know.
        query.plain = true;
        match self.servers.after(server) {
            Some(next) => self.send(key, next),
            None => self.end(key, Err(Code::TIMEOUT)),
        }
    }

    /// Asks a server that it has not asked yet, or fails.
    pub fn elsewhere_or(&mut self, key: Key, code: Code) {
        let Some(query) = self.queries.get(key) else { return };
        let is_over = query.probes.is_some() || query.packets >= self.options.attempts;
        let next = if is_over { None } else { self.servers.choose(|key| query.has_asked(key)) };
        match next {
            Some(next) => self.send(key, next),
            None => self.end(key, Err(code)),
        }
    }

    /// The same question without EDNS, to the same server.
    pub fn again_without_edns(&mut self, key: Key, server: Key, code: Code) {
        if let Some(server) = self.servers.get_mut(server) {
            server.edns = false;
        }
        let query = &mut self.queries[key];
        query.plain = true;
        if query.packets >= self.options.attempts {
            return self.end(key, Err(code));
        }
        self.send(key, server);
    }

    /// Nobody listens there. Not proven, so that it matters only if there is another server.
    pub fn refused(&mut self, channel: Key) {
        let Some(server) = self.channels.get(channel).map(|channel| channel.server) else { return };
        if !self.servers.has_good(|other| other == server) {
            return;
        }
        self.server_failed(server, "nobody listens");
        for key in self.flying_through(channel) {
            let query = &self.queries[key];
            if query.probes.is_some() || query.packets >= self.options.attempts {
                continue;
            }
            if let Some(next) = self.servers.choose(|other| other == server) {
                self.send(key, next);
            }
        }
    }

    /// The queries whose last packet went out through a channel. None if there is no memory.
    pub fn flying_through(&self, channel: Key) -> Vec<Key> {
        let mut found = Vec::new();
        let mut next = self.queries.first(&self.flying);
        while let Some(key) = next {
            next = self.queries.after(key);
            let is_last = self.queries[key].sent[0].is_some_and(|sent| sent.channel == channel);
            if is_last && found.try_reserve(1).is_ok() {
                found.push(key);
            }
        }
        found
    }

    /// Asks a server that is down along with a real question: it is not the program's time that
    /// is spent on finding out.
    fn probe_with(&mut self, key: Key) {
        let now = self.now();
        let Some(server) = self.servers.to_probe(now) else { return };
        let Some(query) = self.queries.get(key) else { return };
        if query.server == Some(server) {
            return;
        }
        let mut probe = Query::new(query.name, query.kind, query.hash);
        probe.probes = Some(server);
        let Ok(id) = self.free_id() else { return };
        if self.ids.reserve().is_err() {
            return;
        }
        probe.id = id;
        let Ok(probe) = self.queries.insert(probe) else { return };
        self.ids.insert(u64::from(id), probe);
        self.servers.probing(server, now);
        self.send(probe, server);
    }

    /// The end of a query: its requests have their answer.
    pub fn end(&mut self, key: Key, outcome: Outcome) {
        self.unplace(key);
        let query = &self.queries[key];
        let (id, asked, sent) = (query.id, query.hash, query.sent);
        let is_probe = query.probes.is_some();
        if self.ids.remove(u64::from(id), key) {
            self.in_flight -= usize::from(!is_probe);
        }
        self.asked.remove(asked, key);
        for sent in sent.into_iter().flatten() {
            self.release_channel(sent.channel);
        }
        let Some(query) = self.queries.remove(key) else { return };
        self.settle_requests(&query, outcome);
        self.let_next_go();
        if self.flying.is_empty() {
            self.disarm_if_idle();
        }
    }

    /// A place is free for one that waits.
    pub fn let_next_go(&mut self) {
        if self.in_flight < self.options.max_inflight
            && !self.servers.is_empty()
            && let Some(key) = self.queries.first(&self.waiting)
        {
            self.unplace(key);
            self.place_at(key, Place::Fresh, false);
        }
    }

    /// An id that no question in flight has; never 0xffff (behaviour 117).
    pub fn free_id(&mut self) -> Result<u16> {
        // With the most questions that may be in flight, 65,000, one id of 123 is free: so many
        // tries find one but for once in some hundred million million cases.
        for _ in 0..4096 {
            let id = self.random.number()?;
            if self.is_free(id) {
                return Ok(id);
            }
        }
        (0..u16::MAX).find(|&id| self.is_free(id)).ok_or(Errno::AGAIN)
    }

    /// The question in flight with this id.
    pub fn query_with(&self, id: u16) -> Option<Key> {
        self.ids.get(u64::from(id))
    }

    pub fn is_free(&self, id: u16) -> bool {
        id != u16::MAX && self.query_with(id).is_none()
    }
}
