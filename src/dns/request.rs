//! What a program has asked for: a name, looked up in one domain after the other, until there is
//! an answer or nothing left to try (behaviours 102, 119).

use super::answer::{Answer, MOST};
use super::hosts::Hosts;
use super::name::Name;
use super::packet::Kind;
use super::query::{Code, Outcome, Place, Query};
use super::resolv_conf;
use super::settings::{Search, try_copy};
use super::slab::Key;
use super::state::State;
use crate::errno::{Errno, Result};
use crate::layout::call::dns::Callback;
use std::ffi::c_void;
use std::net::IpAddr;

/// Who is told.
#[derive(Clone, Copy)]
pub enum Owner {
    Program(Callback, *mut c_void),
    /// A lookup of addresses of both families.
    Lookup(Key),
}

pub struct Request {
    pub kind: Kind,
    pub owner: Owner,
    plan: Plan,
    /// What it waits for.
    pub query: Option<Key>,
    /// What its program has not heard yet.
    pub outcome: Option<Outcome>,
}

/// The names to look up, one after the other. What the search list becomes meanwhile is nothing to
/// a question that has begun.
struct Plan {
    name: Name,
    /// Empty if the name alone is looked up.
    domains: Vec<Name>,
    /// Is the name itself the first to be tried? Otherwise it is the last.
    is_first: bool,
    step: usize,
}

impl Plan {
    fn of(name: Name) -> Plan {
        Plan { name, domains: Vec::new(), is_first: true, step: 0 }
    }

    fn with(name: Name, search: &Search) -> Result<Plan> {
        let is_first = name.dots() >= search.ndots as usize;
        Ok(Plan { name, domains: try_copy(&search.domains)?, is_first, step: 0 })
    }

    fn next(&mut self) -> Option<Name> {
        while self.step <= self.domains.len() {
            let found = self.candidate();
            self.step += 1;
            if found.is_some() {
                return found;
            }
        }
        None
    }

    fn candidate(&self) -> Option<Name> {
        let place = if self.is_first { 0 } else { self.domains.len() };
        if self.step == place {
            return Some(self.name);
        }
        // A name that would be too long does not exist.
        self.name.within(self.domains.get(self.step - usize::from(self.is_first))?)
    }
}

/// What is asked, as a program says it.
pub enum Asked<'a> {
    /// A name for addresses; without the search list, if so wanted.
    Text(&'a [u8], bool),
    /// The name of an address.
    Address(IpAddr),
}

impl State {
    /// Begins to look up. `EINVAL`: that is no name.
    pub fn ask(&mut self, asked: Asked, kind: Kind, owner: Owner) -> Result<Key> {
        let (plan, known) = match asked {
            Asked::Address(address) => (Plan::of(Name::reverse(address)), None),
            Asked::Text(text, no_search) => match self.known(text, kind)? {
                // An address may be no name: it is not looked up.
                Some(outcome) => (Plan::of(Name::ROOT), Some(outcome)),
                None => (self.plan(text, no_search)?, None),
            },
        };
        let request = Request { kind, owner, plan, query: None, outcome: None };
        let key = self.requests.insert(request)?;
        match known {
            Some(outcome) => self.done(key, outcome),
            None => {
                if let Err(error) = self.look_up(key) {
                    self.requests.remove(key);
                    return Err(error);
                }
            }
        }
        Ok(key)
    }

    fn plan(&self, text: &[u8], no_search: bool) -> Result<Plan> {
        let name = Name::from_text(text).ok_or(Errno::INVAL)?;
        if no_search || name.is_root() || text.ends_with(b".") {
            return Ok(Plan::of(name));
        }
        self.with_settings(|settings| Plan::with(name, &settings.search))
    }

    /// The answer to what needs no name server: an address, or a name of the hosts file.
    fn known(&self, text: &[u8], kind: Kind) -> Result<Option<Outcome>> {
        let mut found = Answer::empty();
        if let Some(literal) = resolv_conf::literal(text) {
            let fits = found.add_address(literal, kind)?;
            return Ok(Some(if fits { Ok(found) } else { Err(Code::NOT_EXIST) }));
        }
        let add_all = |hosts: &Hosts| -> Result<()> {
            for address in hosts.addresses(text) {
                found.add_address(address, kind)?;
            }
            Ok(())
        };
        self.with_settings(|settings| settings.hosts.as_ref().map_or(Ok(()), add_all))?;
        Ok((found.count > 0).then_some(Ok(found)))
    }

    /// Looks up the name that the request has come to. `ENOENT`: there is none left.
    fn look_up(&mut self, key: Key) -> Result<()> {
        let request = &mut self.requests[key];
        let kind = request.kind;
        let name = request.plan.next().ok_or(Errno::NOENT)?;
        let hash = self.hash(&name, kind);
        if let Some(answer) = self.cached(hash, &name, kind) {
            self.done(key, Ok(answer));
            return Ok(());
        }
        self.join_or_begin(key, name, hash)
    }

    fn join_or_begin(&mut self, key: Key, name: Name, hash: u64) -> Result<()> {
        let kind = self.requests[key].kind;
        let same = self.asked.get(hash).filter(|&query| {
            let query = &self.queries[query];
            query.name == name && query.kind == kind
        });
        let query = match same {
            Some(query) => query,
            None => self.begin(Query::new(name, kind, hash))?,
        };
        self.requests.push_back(&mut self.queries[query].requests, key);
        self.requests[key].query = Some(query);
        Ok(())
    }

    fn begin(&mut self, query: Query) -> Result<Key> {
        // A program is told at once that nothing can be asked.
        self.random.prepare()?;
        self.asked.reserve()?;
        let hash = query.hash;
        let key = self.queries.insert(query)?;
        // In the unlikely case that two names have one hash, the second is not shared.
        if self.asked.get(hash).is_none() {
            self.asked.insert(hash, key);
        }
        let place = if self.servers.is_empty() { Place::Waiting } else { Place::Fresh };
        self.place_at(key, place, false);
        Ok(key)
    }

    /// A query has ended: everybody who waited for it goes on.
    pub fn settle_requests(&mut self, query: &Query, outcome: Outcome) {
        if let Ok(answer) = &outcome {
            self.keep(query, answer);
        }
        let mut line = query.requests;
        let mut left = Some(outcome);
        while let Some(key) = self.requests.pop_front(&mut line) {
            let outcome = if line.is_empty() { left.take() } else { left.as_ref().map(copied) };
            self.requests[key].query = None;
            self.go_on(key, outcome.unwrap_or(Err(Code::UNKNOWN)));
        }
    }

    /// The next name, unless this is the answer.
    fn go_on(&mut self, key: Key, outcome: Outcome) {
        let goes_on = matches!(outcome, Err(Code::NOT_EXIST | Code::UNKNOWN | Code::SERVER_FAILED));
        if !(goes_on && self.look_up(key).is_ok()) {
            self.done(key, outcome);
        }
    }

    /// The program is told in the loop's next round.
    pub fn done(&mut self, key: Key, outcome: Outcome) {
        self.requests[key].outcome = Some(outcome);
        self.requests.push_back(&mut self.done, key);
        self.announce();
    }

    /// A request whose answer is known.
    pub fn add_request_done(&mut self, kind: Kind, owner: Owner, outcome: Outcome) -> Result<Key> {
        let plan = Plan::of(Name::ROOT);
        let key =
            self.requests.insert(Request { kind, owner, plan, query: None, outcome: None })?;
        self.done(key, outcome);
        Ok(key)
    }

    /// The program hears that it was cancelled, from the loop.
    pub fn cancel(&mut self, key: Key) {
        let request = &mut self.requests[key];
        if request.outcome.is_some() {
            request.outcome = Some(Err(Code::CANCEL));
        } else {
            self.abandon(key);
            self.done(key, Err(Code::CANCEL));
        }
    }

    /// Nobody hears of it any more.
    pub fn drop_request(&mut self, key: Key) {
        let Some(request) = self.requests.get(key) else { return };
        if request.outcome.is_some() {
            self.requests.unlink(&mut self.done, key);
        } else {
            self.abandon(key);
        }
        self.requests.remove(key);
    }

    /// Takes a request away from its query, which ends if nobody else waits for it.
    fn abandon(&mut self, key: Key) {
        let Some(query) = self.requests[key].query.take() else { return };
        self.requests.unlink(&mut self.queries[query].requests, key);
        if self.queries[query].requests.is_empty() {
            self.end(query, Err(Code::CANCEL));
        }
    }
}

fn copied(outcome: &Outcome) -> Outcome {
    match outcome {
        Ok(answer) => answer.try_clone().map_err(|_| Code::UNKNOWN),
        Err(code) => Err(*code),
    }
}

impl Answer {
    /// Adds an address of the family that was asked for; was it one?
    pub fn add_address(&mut self, address: IpAddr, kind: Kind) -> Result<bool> {
        if self.count == MOST {
            return Ok(true);
        }
        match (address, kind) {
            (IpAddr::V4(address), Kind::A) => self.add(&address.octets(), 1)?,
            (IpAddr::V6(address), Kind::Aaaa) => self.add(&address.octets(), 1)?,
            _ => return Ok(false),
        }
        Ok(true)
    }
}
