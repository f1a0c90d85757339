//! Sockets to name servers: which questions went out through them, and so which replies they may
//! bring.
//!
//! A server has one UDP socket at a time, connected to it, on a port that nobody can foresee. It
//! takes `QUESTIONS` questions, or those of a minute: then it is retired, and closed when the last
//! of its questions has ended. So a forger who has found a port can use it for a few questions at
//! most, 256 questions in flight have the receive buffers of four sockets, and a program that asks
//! now and then has one socket open.

use super::packet::QUESTION_LIMIT;
use super::query::Sent;
use super::slab::Key;
use super::source::{SourcePtr, What};
use super::state::State;
use super::tcp::Stream;
use crate::errno::{Errno, Result};
use crate::layout::event::{EV_PERSIST, EV_READ};
use crate::sys::inet;
use std::net::SocketAddr;
use std::os::fd::{AsRawFd, OwnedFd};

/// So many questions go out of one UDP socket.
const QUESTIONS: u32 = 64;

/// So long a UDP socket is used, in microseconds.
const LIFE: u64 = 60_000_000;

/// Ports from here on are free for everybody.
const FIRST_PORT: u16 = 1024;

/// So many ports are tried that may be taken, before the system has the choice.
const TRIES: usize = 8;

pub struct Channel {
    pub fd: OwnedFd,
    pub source: SourcePtr,
    pub server: Key,
    /// Questions in flight that went out through it.
    pub live: u32,
    uses: u32,
    opened: u64,
    /// No more questions.
    retired: bool,
    pub body: Body,
}

pub enum Body {
    /// What goes out at the end of the round: packets one after the other, and their lengths.
    Udp {
        out: Vec<u8>,
        lengths: Vec<u16>,
    },
    Tcp(Stream),
}

impl State {
    /// The UDP socket for the next question to a server.
    pub fn udp_channel(&mut self, server: Key) -> Result<Key> {
        let now = self.now();
        let known = self.servers.get(server).ok_or(Errno::NOENT)?;
        let address = known.address;
        if let Some(key) = known.channel {
            let channel = &mut self.channels[key];
            let is_old = channel.live == 0 && now.saturating_sub(channel.opened) > LIFE;
            if channel.uses < QUESTIONS && !is_old {
                channel.uses += 1;
                return Ok(key);
            }
            self.retire(key);
        }
        let fd = self.open_udp(address)?;
        let key =
            self.add_channel(fd, server, Body::Udp { out: Vec::new(), lengths: Vec::new() })?;
        self.channels[key].uses = 1;
        if let Some(known) = self.servers.get_mut(server) {
            known.channel = Some(key);
        }
        Ok(key)
    }

    fn open_udp(&mut self, server: SocketAddr) -> Result<OwnedFd> {
        for _ in 0..TRIES {
            let ports = usize::from(u16::MAX - FIRST_PORT) + 1;
            let port = FIRST_PORT + self.random.below(ports)? as u16;
            match inet::udp(server, port) {
                Err(Errno(libc::EADDRINUSE | libc::EACCES)) => {}
                result => return result,
            }
        }
        inet::udp(server, 0)
    }

    /// Takes up a socket and watches it.
    pub fn add_channel(&mut self, fd: OwnedFd, server: Key, body: Body) -> Result<Key> {
        let base = self.base.ok_or(Errno::INVAL)?;
        let (number, opened) = (fd.as_raw_fd(), self.now());
        let placeholder = self.timer;
        let channel = Channel {
            fd,
            source: placeholder,
            server,
            live: 0,
            uses: 0,
            opened,
            retired: false,
            body,
        };
        let key = self.channels.insert(channel)?;
        let watched = SourcePtr::try_new(self.me, What::Channel(key)).and_then(|source| {
            self.channels[key].source = source;
            source.watch(base, number, EV_READ | EV_PERSIST, self.keeps_alive)
        });
        if let Err(error) = watched {
            let source = self.channels[key].source;
            if source != placeholder {
                source.dispose();
            }
            self.channels.remove(key);
            return Err(error);
        }
        Ok(key)
    }

    /// A question that went out through this socket was not answered: the next gets a fresh one,
    /// for the way to the server may be another by now.
    pub fn give_up_channel(&mut self, sent: Sent) {
        let current = self.servers.get(sent.server).and_then(|server| server.channel);
        if current == Some(sent.channel) {
            self.retire(sent.channel);
            if self.keeps_alive {
                // Without one the loop would end; if there can be none, the next question asks.
                let _ = self.udp_channel(sent.server);
            }
        }
    }

    /// No question uses it any more; those that did may still be answered.
    pub fn retire(&mut self, key: Key) {
        let Some(channel) = self.channels.get_mut(key) else { return };
        channel.retired = true;
        let (server, is_idle) = (channel.server, channel.live == 0);
        if let Some(server) = self.servers.get_mut(server) {
            server.channel = server.channel.filter(|&current| current != key);
            server.stream = server.stream.filter(|&current| current != key);
        }
        // What waits to be sent belongs to questions that are in flight.
        if is_idle {
            self.close(key);
        }
    }

    pub fn close(&mut self, key: Key) {
        let Some(channel) = self.channels.remove(key) else { return };
        channel.source.stop();
        channel.source.dispose();
    }

    /// A question that went out through it has ended.
    pub fn release_channel(&mut self, key: Key) {
        let Some(channel) = self.channels.get_mut(key) else { return };
        channel.live -= 1;
        match (channel.live, &channel.body) {
            (0, _) if channel.retired => self.retire(key),
            (0, Body::Tcp(_)) => self.stream_is_idle(key),
            _ => {}
        }
    }

    /// Puts a packet where it goes out at the end of the round.
    pub fn enqueue(&mut self, key: Key, packet: &[u8]) -> Result<()> {
        debug_assert!(packet.len() <= QUESTION_LIMIT);
        let Body::Udp { out, lengths } = &mut self.channels[key].body else {
            return Err(Errno::INVAL);
        };
        out.try_reserve(packet.len())?;
        lengths.try_reserve(1)?;
        if lengths.is_empty() {
            self.unsent.try_reserve(1)?;
            self.unsent.push(key);
        }
        out.extend_from_slice(packet);
        lengths.push(packet.len() as u16);
        self.flush_at_end_of_round();
        Ok(())
    }

    /// Sends what has come together; did anything go out?
    pub fn flush(&mut self) -> bool {
        let mut seen = false;
        let mut at = 0;
        while let Some(&key) = self.unsent.get(at) {
            at += 1;
            let Some(channel) = self.channels.get_mut(key) else { continue };
            let fd = channel.fd.as_raw_fd();
            let Body::Udp { out, lengths } = &mut channel.body else { continue };
            let (mut packets, mut rest) = (&out[..], &lengths[..]);
            let refused = Err(Errno(libc::ECONNREFUSED));
            // That is about an earlier packet, and keeps this one from going out.
            let is_refused = inet::send_all(fd, &mut packets, &mut rest) == refused;
            if is_refused {
                // What cannot go out is as good as lost on the way: it is sent again in time.
                let _ = inet::send_all(fd, &mut packets, &mut rest);
            }
            out.clear();
            lengths.clear();
            seen = true;
            if is_refused {
                self.refused(key);
            }
        }
        self.unsent.clear();
        seen
    }

    /// A UDP socket can be read: takes what is there, up to a few batches.
    pub fn receive(&mut self, key: Key) {
        const BATCHES: usize = 4;
        let Ok(mut datagrams) = self.take_datagrams() else { return };
        for _ in 0..BATCHES {
            let Some(channel) = self.channels.get(key) else { break };
            match datagrams.receive(channel.fd.as_raw_fd()) {
                Ok(()) => {}
                Err(Errno(libc::ECONNREFUSED)) => {
                    self.refused(key);
                    continue;
                }
                Err(_) => break,
            }
            for index in 0..datagrams.len() {
                let (packet, is_cut) = datagrams.get(index);
                self.reply(key, packet, is_cut);
            }
            if datagrams.len() < inet::BATCH {
                break;
            }
        }
        self.datagrams = Some(datagrams);
    }

    fn take_datagrams(&mut self) -> Result<inet::Datagrams> {
        match self.datagrams.take() {
            Some(datagrams) => Ok(datagrams),
            None => inet::Datagrams::try_new(),
        }
    }
}
