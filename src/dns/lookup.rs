//! Lookups of addresses of both families, as `getaddrinfo(3)` does them, without waiting.
//!
//! A lookup is one request for each family; when the last has its answer, the program is told.

use super::answer::Answer;
use super::packet::Kind;
use super::query::{Code, Outcome};
use super::request::{Asked, Owner};
use super::resolv_conf;
use super::settings::try_copy;
use super::slab::Key;
use super::state::State;
use crate::errno::{Errno, Result};
use crate::layout::addrinfo::{Entry, List};
use crate::layout::call::dns::AddrinfoCallback;
use std::ffi::{c_int, c_void};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// What a program hears of a lookup that was cancelled: no number of the system's.
pub const CANCELED: c_int = -90001;

/// What is wanted.
#[derive(Clone, Copy)]
pub struct Hints {
    pub flags: c_int,
    /// `AF_INET`, `AF_INET6`, or `AF_UNSPEC` for both.
    pub family: c_int,
    pub kind: c_int,
    pub protocol: c_int,
    pub port: u16,
}

impl Hints {
    fn wants(&self, kind: Kind) -> bool {
        let family = if kind == Kind::A { libc::AF_INET } else { libc::AF_INET6 };
        self.family == libc::AF_UNSPEC || self.family == family
    }

    fn has(&self, flag: c_int) -> bool {
        self.flags & flag != 0
    }
}

pub struct Lookup {
    /// What the program knows it by: no other resolver of the process has it.
    handle: usize,
    hints: Hints,
    callback: AddrinfoCallback,
    arg: *mut c_void,
    /// Requests that have no answer yet.
    requests: [Option<Key>; 2],
    v4: Option<Answer>,
    v6: Option<Answer>,
    /// `EAI_*` of what failed; of two, the one that may go away.
    error: c_int,
    /// The name that was asked for, and the interface behind it.
    name: Vec<u8>,
    scope: u32,
}

/// What a program is told.
pub struct Addresses {
    pub callback: AddrinfoCallback,
    pub arg: *mut c_void,
    pub result: Result<List, c_int>,
}

static NEXT_HANDLE: AtomicUsize = AtomicUsize::new(1);

impl State {
    /// Begins to look up `node`, without one the machine itself; what the lookup is known by. What
    /// is wrong with the arguments is told by the callback, too.
    pub fn ask_addresses(
        &mut self,
        node: Option<&[u8]>,
        hints: Result<Hints, c_int>,
        callback: AddrinfoCallback,
        arg: *mut c_void,
    ) -> Result<usize> {
        let nothing = Hints { flags: 0, family: libc::AF_UNSPEC, kind: 0, protocol: 0, port: 0 };
        let handle = NEXT_HANDLE.fetch_add(1, Relaxed).max(1);
        let lookup = Lookup {
            handle,
            hints: hints.unwrap_or(nothing),
            callback,
            arg,
            requests: [None; 2],
            v4: None,
            v6: None,
            error: 0,
            name: try_copy(node.unwrap_or_default())?,
            scope: 0,
        };
        let key = self.lookups.insert(lookup)?;
        let begun = match (hints, node) {
            (Err(error), _) => self.fail_lookup(key, error),
            (Ok(hints), None) => self.look_up_self(key, hints),
            (Ok(hints), Some(node)) => self.look_up_node(key, hints, node),
        };
        if let Err(error) = begun {
            self.drop_lookup(key);
            return Err(error);
        }
        Ok(handle)
    }

    fn fail_lookup(&mut self, key: Key, error: c_int) -> Result<()> {
        self.lookups[key].error = error;
        self.add_known(key, Kind::A, Err(Code::UNKNOWN))
    }

    fn look_up_self(&mut self, key: Key, hints: Hints) -> Result<()> {
        let (v4, v6) = match hints.has(libc::AI_PASSIVE) {
            true => (Ipv4Addr::UNSPECIFIED, Ipv6Addr::UNSPECIFIED),
            false => (Ipv4Addr::LOCALHOST, Ipv6Addr::LOCALHOST),
        };
        for (kind, address) in [(Kind::A, IpAddr::V4(v4)), (Kind::Aaaa, IpAddr::V6(v6))] {
            if hints.wants(kind) {
                let mut answer = Answer::empty();
                answer.add_address(address, kind)?;
                self.add_known(key, kind, Ok(answer))?;
            }
        }
        Ok(())
    }

    fn look_up_node(&mut self, key: Key, hints: Hints, node: &[u8]) -> Result<()> {
        let literal = resolv_conf::literal(node);
        // No name has a colon: that is an address which is wrong, or of an interface that is not.
        if literal.is_none() && (hints.has(libc::AI_NUMERICHOST) || node.contains(&b':')) {
            return self.fail_lookup(key, libc::EAI_NONAME);
        }
        self.lookups[key].scope = resolv_conf::scoped(node).map_or(0, |(_, scope)| scope);
        let mut begun = false;
        for (place, kind) in [Kind::A, Kind::Aaaa].into_iter().enumerate() {
            // An address has one family.
            let is_of_other = literal.is_some_and(|ip| ip.is_ipv4() != (kind == Kind::A));
            if !hints.wants(kind) || is_of_other {
                continue;
            }
            match self.ask(Asked::Text(node, false), kind, Owner::Lookup(key)) {
                Ok(request) => self.lookups[key].requests[place] = Some(request),
                Err(Errno::INVAL | Errno::NOENT) => {
                    return self.fail_lookup(key, libc::EAI_NONAME);
                }
                Err(error) => return Err(error),
            }
            begun = true;
        }
        if begun { Ok(()) } else { self.fail_lookup(key, ADDRESS_OF_OTHER_FAMILY) }
    }

    fn add_known(&mut self, key: Key, kind: Kind, outcome: Outcome) -> Result<()> {
        let request = self.add_request_done(kind, Owner::Lookup(key), outcome)?;
        self.lookups[key].requests[usize::from(kind == Kind::Aaaa)] = Some(request);
        Ok(())
    }

    /// One family has its answer; was it the last?
    pub fn part_of_lookup(&mut self, key: Key, kind: Kind, outcome: Outcome) -> Option<Addresses> {
        let lookup = self.lookups.get_mut(key)?;
        lookup.requests[usize::from(kind == Kind::Aaaa)] = None;
        match (outcome, kind) {
            (Ok(answer), Kind::Aaaa) => lookup.v6 = Some(answer),
            (Ok(answer), _) => lookup.v4 = Some(answer),
            // Of two errors the one that may go away.
            (Err(code), _) if lookup.error == 0 || eai(code) == libc::EAI_AGAIN => {
                lookup.error = eai(code);
            }
            _ => {}
        }
        if lookup.requests != [None; 2] {
            return None;
        }
        let lookup = self.lookups.remove(key)?;
        let result = lookup.result();
        Some(Addresses { callback: lookup.callback, arg: lookup.arg, result })
    }

    /// Its callback is told so, from the loop. Nothing happens if there is no such lookup here.
    pub fn cancel_lookup(&mut self, handle: usize) {
        let Some(key) = self.lookups.find(|lookup| lookup.handle == handle) else { return };
        let lookup = &mut self.lookups[key];
        lookup.error = CANCELED;
        for request in lookup.requests.into_iter().flatten() {
            self.cancel(request);
        }
    }

    /// It ends without its callback. Nothing happens if there is no such lookup here.
    pub fn forget_lookup(&mut self, handle: usize) {
        if let Some(key) = self.lookups.find(|lookup| lookup.handle == handle) {
            self.drop_lookup(key);
        }
    }

    fn drop_lookup(&mut self, key: Key) {
        let Some(lookup) = self.lookups.remove(key) else { return };
        for request in lookup.requests.into_iter().flatten() {
            self.drop_request(request);
        }
    }
}

impl Lookup {
    fn result(&self) -> Result<List, c_int> {
        if self.error == CANCELED {
            return Err(CANCELED);
        }
        let mut list = List::new();
        for (answer, size) in [(&self.v4, 4), (&self.v6, 16)] {
            let Some(answer) = answer else { continue };
            for bytes in answer.data.chunks_exact(size) {
                self.add(&mut list, bytes, answer).map_err(|_| libc::EAI_MEMORY)?;
            }
        }
        match (list.is_empty(), self.error) {
            (false, _) => Ok(list),
            // There are addresses, but no such sockets.
            (true, 0) => Err(libc::EAI_SOCKTYPE),
            (true, error) => Err(error),
        }
    }

    fn add(&self, list: &mut List, bytes: &[u8], answer: &Answer) -> Result<()> {
        let port = self.hints.port;
        let address = match (<[u8; 4]>::try_from(bytes), <[u8; 16]>::try_from(bytes)) {
            (Ok(v4), _) => SocketAddr::from((Ipv4Addr::from(v4), port)),
            (_, Ok(v6)) => SocketAddrV6::new(Ipv6Addr::from(v6), port, 0, self.scope).into(),
            _ => return Ok(()),
        };
        for (kind, protocol) in
            [(libc::SOCK_STREAM, libc::IPPROTO_TCP), (libc::SOCK_DGRAM, libc::IPPROTO_UDP)]
        {
            let fits = |wanted, known| wanted == 0 || wanted == known;
            if fits(self.hints.kind, kind) && fits(self.hints.protocol, protocol) {
                let entry = Entry { flags: self.hints.flags, kind, protocol };
                let is_named = list.is_empty() && self.hints.has(libc::AI_CANONNAME);
                let name = match &answer.canonical[..] {
                    [] => &self.name[..],
                    name => name,
                };
                list.add(address, entry, is_named.then_some(name))?;
            }
        }
        Ok(())
    }
}

/// `EAI_ADDRFAMILY`, which not every system has.
const ADDRESS_OF_OTHER_FAMILY: c_int = libc::EAI_NONAME;

fn eai(code: Code) -> c_int {
    match code {
        Code::NOT_EXIST | Code::UNKNOWN => libc::EAI_NONAME,
        Code::TIMEOUT | Code::SERVER_FAILED | Code::TRUNCATED => libc::EAI_AGAIN,
        Code::SHUTDOWN | Code::CANCEL => CANCELED,
        _ => libc::EAI_FAIL,
    }
}
