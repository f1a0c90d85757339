//! What one resolver has on one base. Changed through `&mut`, one operation at a time, and never
//! while user code runs; `resolver` is the way in.

use super::cache::Cache;
use super::channel::{Body, Channel};
use super::hash::HashKey;
use super::hooks;
use super::lookup::Lookup;
use super::name::Name;
use super::packet::Kind;
use super::query::{Code, Place, Query};
use super::random::Random;
use super::request::{Owner, Request};
use super::resolver::{Delivery, ResolverPtr};
use super::server::Servers;
use super::settings::{self, Options, Settings};
use super::slab::{Key, Line, Slab};
use super::source::{SourcePtr, What};
use super::table::Table;
use crate::errno::{Errno, Result};
use crate::event::BasePtr;
use crate::sys::{clock, fork, inet};
use std::fmt::Write;

pub struct State {
    pub me: ResolverPtr,
    /// Until it is freed.
    pub base: Option<BasePtr>,
    /// Unless they are the process-wide ones.
    own: Option<Settings>,
    /// Which settings the servers are those of.
    generation: Option<u32>,
    /// A copy, as of the beginning of the operation.
    pub options: Options,
    pub servers: Servers,
    pub channels: Slab<Channel>,
    pub queries: Slab<Query>,
    pub requests: Slab<Request>,
    pub fresh: Line,
    pub waiting: Line,
    pub flying: Line,
    /// Requests whose programs are to be told.
    pub done: Line,
    /// Queries by id, and by the hash of what they ask.
    pub ids: Table,
    pub asked: Table,
    hash_key: HashKey,
    /// Queries in `flying` that are for programs.
    pub in_flight: usize,
    pub lookups: Slab<Lookup>,
    pub cache: Cache,
    pub random: Random,
    pub datagrams: Option<inet::Datagrams>,
    /// Channels with packets that go out at the end of the round.
    pub unsent: Vec<Key>,
    pub timer: SourcePtr,
    announcer: SourcePtr,
    /// When the timer fires.
    armed: Option<u64>,
    /// Do name servers keep the loop running, or questions alone?
    pub keeps_alive: bool,
    /// The end has begun: nothing can be asked.
    pub is_closing: bool,
    fork_generation: u32,
    messages: Vec<Message>,
    /// The clock as of the beginning of the operation.
    moment: u64,
}

/// A line for the program's log function, cut as libevent 1.4 does (behaviour 124).
pub struct Message {
    pub is_warning: bool,
    pub text: [u8; 512],
}

impl State {
    pub fn try_new(me: ResolverPtr, base: BasePtr, own: Option<Settings>) -> Result<State> {
        let hash_key = HashKey::try_new()?;
        let timer = SourcePtr::try_new(me, What::Timer)?;
        let announcer = SourcePtr::try_new(me, What::Done).inspect_err(|_| timer.dispose())?;
        timer.prepare(base);
        announcer.prepare(base);
        Ok(State {
            me,
            base: Some(base),
            own,
            generation: None,
            options: Options::DEFAULT,
            servers: Servers::new(),
            channels: Slab::new(),
            queries: Slab::new(),
            requests: Slab::new(),
            fresh: Line::EMPTY,
            waiting: Line::EMPTY,
            flying: Line::EMPTY,
            done: Line::EMPTY,
            ids: Table::new(),
            asked: Table::new(),
            hash_key,
            in_flight: 0,
            lookups: Slab::new(),
            cache: Cache::new(),
            random: Random::new(),
            datagrams: None,
            unsent: Vec::new(),
            timer,
            announcer,
            armed: None,
            keeps_alive: true,
            is_closing: false,
            fork_generation: fork::generation(),
            messages: Vec::new(),
            moment: 0,
        })
    }

    pub fn with_settings<R>(&self, look: impl FnOnce(&Settings) -> R) -> R {
        match &self.own {
            Some(settings) => look(settings),
            None => settings::with_shared(|settings| look(settings)),
        }
    }

    pub fn change_settings<R>(&mut self, change: impl FnOnce(&mut Settings) -> R) -> R {
        match &mut self.own {
            Some(settings) => change(settings),
            None => settings::with_shared(change),
        }
    }

    /// Heeds what has changed since the last operation: settings, and forks.
    pub fn catch_up(&mut self) {
        self.moment = clock::monotonic_ns().unwrap_or_else(clock::wall_ns) / 1000;
        if self.fork_generation != fork::generation() {
            self.begin_anew_in_child();
        }
        let (generation, options) = self.with_settings(|s| (s.generation, s.options));
        self.options = options;
        if self.generation != Some(generation) {
            self.renew_servers(generation);
        }
    }

    /// The servers of the settings: those that are left keep what is known of them.
    fn renew_servers(&mut self, generation: u32) {
        let wanted = self.with_settings(|settings| settings::try_copy(&settings.servers));
        let Ok(wanted) = wanted else { return };
        while let Some(server) = self.servers.remove_unwanted(|known| wanted.contains(known)) {
            [server.channel, server.stream].into_iter().flatten().for_each(|key| self.retire(key));
        }
        for address in &wanted {
            if !self.servers.has(address) && self.servers.add(*address).is_err() {
                return;
            }
        }
        self.generation = Some(generation);
        self.cache.clear();
        self.call_back_orphans();
    }

    /// What was asked of servers that are gone waits for others (behaviour 122).
    fn call_back_orphans(&mut self) {
        while let Some(key) = self.last_orphan() {
            self.unplace(key);
            if self.queries[key].probes.is_some() {
                self.end(key, Err(Code::CANCEL));
                continue;
            }
            self.take_back(key);
            self.place_at(key, Place::Waiting, true);
        }
        if self.flying.is_empty() {
            self.disarm_if_idle();
        }
    }

    fn last_orphan(&self) -> Option<Key> {
        let mut at = self.queries.last(&self.flying);
        while let Some(key) = at {
            if self.queries[key].server.is_none_or(|server| self.servers.get(server).is_none()) {
                return Some(key);
            }
            at = self.queries.before(key);
        }
        None
    }

    /// As if it had not been asked yet.
    fn take_back(&mut self, key: Key) {
        let query = &mut self.queries[key];
        let sent = std::mem::take(&mut query.sent);
        let id = query.id;
        (query.packets, query.plain, query.was_cut, query.server) = (0, false, false, None);
        if self.ids.remove(u64::from(id), key) {
            self.in_flight -= 1;
        }
        sent.into_iter().flatten().for_each(|sent| self.release_channel(sent.channel));
    }

    /// In a child of fork: the parent's sockets are the parent's, and so are the ids.
    fn begin_anew_in_child(&mut self) {
        self.fork_generation = fork::generation();
        self.unsent.clear();
        while let Some(key) = self.channels.any() {
            self.retire(key);
            self.close(key);
        }
        while let Some(key) = self.queries.last(&self.flying) {
            self.unplace(key);
            if self.queries[key].probes.is_some() {
                self.end(key, Err(Code::CANCEL));
                continue;
            }
            self.take_back(key);
            self.place_at(key, Place::Fresh, true);
        }
        // Who has no socket now gets one with the next question.
        let _ = self.open_sockets();
    }

    /// A socket for each server: so a program hears at once if there can be none, and its loop
    /// runs as long as there are servers. Where the network is down there will be one later.
    pub fn open_sockets(&mut self) -> Result<()> {
        let mut result = Ok(());
        for place in 0..self.servers.count() {
            let key = self.servers.at(place);
            if self.servers.get(key).is_some_and(|server| server.channel.is_none()) {
                result = result.and(self.udp_channel(key).map(drop).or_else(if_network_is_down));
            }
        }
        result
    }

    /// The next query that can go out, if the caller is to choose its id.
    pub fn next_launch(&mut self, chooses_id: bool) -> Option<Key> {
        while let Some(key) = self.queries.first(&self.fresh) {
            self.unplace(key);
            if self.in_flight >= self.options.max_inflight || self.servers.is_empty() {
                self.place_at(key, Place::Waiting, false);
                continue;
            }
            if chooses_id {
                return Some(key);
            }
            match self.free_id() {
                Ok(id) => self.launch(key, id),
                Err(error) => self.cannot_launch(key, error),
            }
        }
        None
    }

    /// Without random numbers nothing is asked.
    pub fn cannot_launch(&mut self, key: Key, error: Errno) {
        self.log(true, format_args!("no random numbers to be had: error {}", error.0));
        self.end(key, Err(Code::UNKNOWN));
    }

    /// Everything that waits may go, as far as there is room.
    pub fn resume(&mut self) {
        while let Some(key) = self.queries.first(&self.waiting) {
            if self.servers.is_empty() {
                return;
            }
            self.unplace(key);
            self.place_at(key, Place::Fresh, false);
        }
    }

    /// Sees to it that the timer fires at the first deadline, or before.
    pub fn arm(&mut self) {
        let (Some(base), Some(first)) = (self.base, self.queries.first(&self.flying)) else {
            return;
        };
        let deadline = self.queries[first].deadline;
        if self.armed.is_some_and(|armed| armed <= deadline) {
            return;
        }
        let after = deadline.saturating_sub(self.now());
        if self.timer.fire_in(base, after).is_ok() {
            self.armed = Some(deadline);
        } else {
            // No memory for a timer: looks again in every round.
            let _ = self.timer.fire_now(base);
        }
    }

    pub fn timer_fired(&mut self) {
        self.armed = None;
        self.expire();
    }

    /// Where servers do not keep the loop running, a timer that nobody needs may not, either.
    pub fn disarm_if_idle(&mut self) {
        let has_servers = self.keeps_alive && !self.servers.is_empty();
        if !has_servers {
            self.timer.stop();
            self.armed = None;
        }
    }

    pub fn announce(&self) {
        if let Some(base) = self.base {
            let _ = self.announcer.fire_now(base);
        }
    }

    pub fn flush_at_end_of_round(&self) {
        if let Some(base) = self.base {
            let _ = base.try_enter(|core| core.queue_late(base, &self.me.late));
        }
    }

    /// The clock in microseconds, of the one that only goes forward if there is one; read once in
    /// an operation.
    pub fn now(&self) -> u64 {
        self.moment
    }

    pub fn hash(&self, name: &Name, kind: Kind) -> u64 {
        self.hash_key.hash(name, kind)
    }

    pub fn log(&mut self, is_warning: bool, text: std::fmt::Arguments) {
        if hooks::has_log() && self.messages.try_reserve(1).is_ok() {
            let mut message = Message { is_warning, text: [0; 512] };
            let _ = message.write_fmt(text);
            self.messages.push(message);
        }
    }

    pub fn take_messages_to_log(&mut self) -> Vec<Message> {
        std::mem::take(&mut self.messages)
    }

    /// The next answer for a program. Another event fires for the one after it.
    pub fn next_delivery(&mut self) -> Option<Delivery> {
        while let Some(key) = self.requests.pop_front(&mut self.done) {
            if !self.done.is_empty() {
                self.announce();
            }
            let request = self.requests.remove(key)?;
            let (kind, outcome) = (request.kind, request.outcome?);
            match request.owner {
                Owner::Program(callback, arg) => {
                    return Some(Delivery::Answer { callback, arg, kind, outcome });
                }
                Owner::Lookup(lookup) => {
                    if let Some(addresses) = self.part_of_lookup(lookup, kind, outcome) {
                        return Some(Delivery::Addresses(addresses));
                    }
                }
            }
        }
        None
    }

    pub fn count_done(&self) -> usize {
        let first = self.requests.first(&self.done);
        std::iter::successors(first, |&key| self.requests.after(key)).count()
    }

    pub fn channel_ready(&mut self, key: Key) {
        match self.channels.get(key).map(|channel| &channel.body) {
            Some(Body::Udp { .. }) => self.receive(key),
            Some(Body::Tcp(_)) => self.serve_stream(key),
            None => {}
        }
    }

    /// Ends everything that has to do with name servers; who waits is done with this code, or
    /// hears nothing.
    pub fn shut_down(&mut self, code: Option<Code>) {
        for line in [self.fresh, self.waiting, self.flying] {
            let mut next = self.queries.first(&line);
            while let Some(key) = next {
                next = self.queries.after(key);
                self.drop_query(key, code);
            }
        }
        (self.fresh, self.waiting, self.flying) = (Line::EMPTY, Line::EMPTY, Line::EMPTY);
        (self.in_flight, self.generation) = (0, None);
        self.ids.clear();
        self.asked.clear();
        self.unsent.clear();
        while let Some(key) = self.channels.any() {
            self.close(key);
        }
        while self.servers.remove_unwanted(|_| false).is_some() {}
        self.cache.clear();
        if let Some(code) = code {
            let mut next = self.requests.first(&self.done);
            while let Some(key) = next {
                next = self.requests.after(key);
                self.requests[key].outcome = Some(Err(code));
            }
        } else {
            while let Some(key) = self.requests.pop_front(&mut self.done) {
                self.requests.remove(key);
            }
            while let Some(key) = self.lookups.any() {
                self.lookups.remove(key);
            }
        }
        self.timer.stop();
        if self.done.is_empty() {
            self.announcer.stop();
        }
        self.armed = None;
    }

    fn drop_query(&mut self, key: Key, code: Option<Code>) {
        let Some(query) = self.queries.remove(key) else { return };
        let mut line = query.requests;
        while let Some(key) = self.requests.pop_front(&mut line) {
            self.requests[key].query = None;
            match code {
                Some(code) => self.done(key, Err(code)),
                None => drop(self.requests.remove(key)),
            }
        }
    }
}

fn if_network_is_down(error: Errno) -> Result<()> {
    match error.0 {
        libc::ENETUNREACH | libc::EHOSTUNREACH | libc::ENETDOWN | libc::EADDRNOTAVAIL => Ok(()),
        _ => Err(error),
    }
}

impl Drop for State {
    fn drop(&mut self) {
        self.timer.dispose();
        self.announcer.dispose();
    }
}

impl Write for Message {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        let used = self.text.iter().position(|&byte| byte == 0).unwrap_or(self.text.len());
        let room = (self.text.len() - 1).saturating_sub(used).min(text.len());
        self.text[used..used + room].copy_from_slice(&text.as_bytes()[..room]);
        Ok(())
    }
}
