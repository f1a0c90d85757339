//! Name servers as one resolver sees them: whose turn it is, who is down, who knows EDNS.

use super::slab::{Key, Slab};
use super::state::State;
use crate::errno::Result;
use std::net::SocketAddr;

/// Seconds until a server that is down is asked again, the first time and later (behaviour 116).
const PROBES: [u64; 5] = [10, 60, 300, 900, 3600];

pub struct Server {
    pub address: SocketAddr,
    /// The socket for the next question.
    pub channel: Option<Key>,
    /// The connection, if one is open.
    pub stream: Option<Key>,
    /// Does it know EDNS, as far as we know?
    pub edns: bool,
    /// Timeouts in a row.
    timeouts: u32,
    down: Option<Down>,
}

#[derive(Clone, Copy)]
struct Down {
    /// How often it was asked in vain since.
    probes: usize,
    /// When it is asked again, in microseconds.
    next: u64,
}

impl Server {
    pub fn new(address: SocketAddr) -> Server {
        Server { address, channel: None, stream: None, edns: true, timeouts: 0, down: None }
    }

    pub fn is_down(&self) -> bool {
        self.down.is_some()
    }
}

/// Servers in the order of their turns.
pub struct Servers {
    slab: Slab<Server>,
    order: Vec<Key>,
    /// Whose turn is next.
    turn: usize,
}

impl Servers {
    pub const fn new() -> Servers {
        Servers { slab: Slab::new(), order: Vec::new(), turn: 0 }
    }

    pub fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    pub fn count(&self) -> usize {
        self.order.len()
    }

    /// A new one comes after the one whose turn it is (behaviour 115).
    pub fn add(&mut self, address: SocketAddr) -> Result<Key> {
        self.order.try_reserve(1)?;
        let key = self.slab.insert(Server::new(address))?;
        let place = if self.order.is_empty() { 0 } else { self.turn + 1 };
        self.order.insert(place, key);
        Ok(key)
    }

    /// One of those that `is_wanted` refuses, taken out.
    pub fn remove_unwanted(&mut self, is_wanted: impl Fn(&SocketAddr) -> bool) -> Option<Server> {
        let at = self.order.iter().position(|&key| !is_wanted(&self.slab[key].address))?;
        let key = self.order.remove(at);
        if at < self.turn || self.turn >= self.order.len() {
            self.turn = self.turn.saturating_sub(1);
        }
        self.slab.remove(key)
    }

    pub fn has(&self, address: &SocketAddr) -> bool {
        self.order.iter().any(|&key| self.slab[key].address == *address)
    }

    pub fn get(&self, key: Key) -> Option<&Server> {
        self.slab.get(key)
    }

    pub fn get_mut(&mut self, key: Key) -> Option<&mut Server> {
        self.slab.get_mut(key)
    }

    /// One of them, by its place.
    pub fn at(&self, place: usize) -> Key {
        self.order[place]
    }

    /// The next in turn that is up and not left out; or, if all are down, just the next.
    pub fn choose(&mut self, is_left_out: impl Fn(Key) -> bool) -> Option<Key> {
        let from = self.turn;
        let in_turn = |step: usize| (from + step) % self.order.len();
        let fits = |&at: &usize| !is_left_out(self.order[at]);
        let is_up = |&at: &usize| !self.slab[self.order[at]].is_down();
        let mut candidates = (0..self.order.len()).map(in_turn).filter(fits);
        let at = candidates.clone().find(is_up).or_else(|| candidates.next())?;
        self.turn = (at + 1) % self.order.len();
        Some(self.order[at])
    }

    /// Whom to ask after this one was asked in vain: another that is up, itself if it is, another.
    pub fn after(&mut self, server: Option<Key>) -> Option<Key> {
        let is_it = |key| Some(key) == server;
        let known = server.filter(|&key| self.slab.get(key).is_some_and(|s| !s.is_down()));
        match known {
            Some(_) if !self.has_good(is_it) => known,
            _ => self.choose(is_it).or(server.filter(|&key| self.slab.get(key).is_some())),
        }
    }

    /// Is there a server to turn to that is up and not left out?
    pub fn has_good(&self, is_left_out: impl Fn(Key) -> bool) -> bool {
        self.order.iter().any(|&key| !self.slab[key].is_down() && !is_left_out(key))
    }

    /// A server that is down and to be asked again.
    pub fn to_probe(&self, now: u64) -> Option<Key> {
        let is_due = |key: &Key| self.slab[*key].down.is_some_and(|down| down.next <= now);
        self.order.iter().copied().find(is_due)
    }

    /// It is being asked again: not twice at the same time.
    pub fn probing(&mut self, key: Key, now: u64) {
        let Some(server) = self.slab.get_mut(key) else { return };
        if let Some(down) = &mut server.down {
            down.probes += 1;
            down.next = now + PROBES[down.probes.min(PROBES.len() - 1)] * 1_000_000;
        }
    }
}

impl State {
    /// A question to the server was not answered in time.
    pub fn server_timed_out(&mut self, key: Key) {
        let most = self.options.max_timeouts;
        let Some(server) = self.servers.get_mut(key) else { return };
        server.timeouts = server.timeouts.saturating_add(1);
        if server.timeouts > most {
            self.server_failed(key, "does not answer");
        }
    }

    /// The server is left out, as long as there are others.
    pub fn server_failed(&mut self, key: Key, why: &str) {
        let now = self.now();
        let Some(server) = self.servers.get_mut(key) else { return };
        if server.down.is_none() {
            server.down = Some(Down { probes: 0, next: now + PROBES[0] * 1_000_000 });
            let address = server.address;
            self.log(true, format_args!("name server {address} is down: {why}"));
        }
    }

    /// The server has given a proper answer.
    pub fn server_answered(&mut self, key: Key) {
        let Some(server) = self.servers.get_mut(key) else { return };
        server.timeouts = 0;
        if server.down.take().is_some() {
            let address = server.address;
            self.log(false, format_args!("name server {address} is back up"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(n: u8) -> SocketAddr {
        SocketAddr::from(([192, 0, 2, n], 53))
    }

    #[test]
    fn turns_go_round_and_new_ones_come_next_but_one() {
        let mut servers = Servers::new();
        let one = servers.add(address(1)).expect("memory");
        let two = servers.add(address(2)).expect("memory");
        let three = servers.add(address(3)).expect("memory");
        let chosen: Vec<Key> = (0..4).filter_map(|_| servers.choose(|_| false)).collect();
        assert_eq!(chosen, [one, three, two, one]);
        assert_eq!(servers.choose(|key| key == three), Some(two));
        assert_eq!(servers.choose(|_| true), None);
    }

    #[test]
    fn who_is_asked_after_a_failure() {
        let mut servers = Servers::new();
        let one = servers.add(address(1)).expect("memory");
        assert_eq!(servers.after(Some(one)), Some(one));
        let two = servers.add(address(2)).expect("memory");
        assert_eq!(servers.after(Some(one)), Some(two));
        servers.slab[two].down = Some(Down { probes: 0, next: 0 });
        assert_eq!(servers.after(Some(one)), Some(one));
        servers.slab[one].down = Some(Down { probes: 0, next: 0 });
        assert_eq!(servers.after(Some(one)), Some(two));
    }

    #[test]
    fn servers_go_when_they_are_not_wanted() {
        let mut servers = Servers::new();
        for n in 1..=4 {
            servers.add(address(n)).expect("memory");
        }
        servers.choose(|_| false);
        while servers.remove_unwanted(|known| known.port() == 53 && *known == address(3)).is_some()
        {
        }
        assert_eq!(servers.count(), 1);
        assert!(servers.has(&address(3)) && servers.choose(|_| false).is_some());
        assert!(servers.remove_unwanted(|_| false).is_some());
        assert!(servers.is_empty() && servers.choose(|_| false).is_none());
    }
}
