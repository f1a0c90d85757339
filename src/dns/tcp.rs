//! Questions over TCP, for answers that a datagram had no room for (RFC 7766).
//!
//! A server has one connection at a time, which all such questions share. It is closed when there
//! was none for a while, or when the server closes it.

use super::channel::{Body, Channel};
use super::packet::{PREFIX, QUESTION_LIMIT};
use super::query::Code;
use super::slab::Key;
use super::state::State;
use crate::errno::{Errno, Result};
use crate::layout::event::{EV_PERSIST, EV_READ, EV_WRITE};
use crate::sys::{fd, inet, socket};
use std::os::fd::AsRawFd;

/// Without questions a connection is closed after so many microseconds.
const IDLE: u64 = 10_000_000;

/// So much is taken in one go, before others have their turn.
const READ_LIMIT: usize = 256 << 10;

pub struct Stream {
    /// What has not gone out yet.
    out: Vec<u8>,
    /// The beginning of a message.
    input: Vec<u8>,
    /// Is it watched for writing, too?
    writes: bool,
    /// When its last question ended, if it has none.
    idle_since: Option<u64>,
}

impl State {
    /// Asks a question over TCP.
    pub fn send_over_tcp(&mut self, server: Key, packet: &[u8]) -> Result<Key> {
        debug_assert!(packet.len() <= QUESTION_LIMIT);
        let key = self.stream(server)?;
        let Body::Tcp(stream) = &mut self.channels[key].body else { return Err(Errno::INVAL) };
        stream.out.try_reserve(PREFIX + packet.len())?;
        stream.out.extend_from_slice(&(packet.len() as u16).to_be_bytes());
        stream.out.extend_from_slice(packet);
        stream.idle_since = None;
        self.watch_stream(key, true)?;
        Ok(key)
    }

    fn stream(&mut self, server: Key) -> Result<Key> {
        let known = self.servers.get(server).ok_or(Errno::NOENT)?;
        let address = known.address;
        if let Some(key) = known.stream {
            return Ok(key);
        }
        let fd = inet::tcp(address)?;
        let stream = Stream { out: Vec::new(), input: Vec::new(), writes: false, idle_since: None };
        let key = self.add_channel(fd, server, Body::Tcp(stream))?;
        if let Some(known) = self.servers.get_mut(server) {
            known.stream = Some(key);
        }
        Ok(key)
    }

    fn watch_stream(&mut self, key: Key, writes: bool) -> Result<()> {
        let base = self.base.ok_or(Errno::INVAL)?;
        let keeps_alive = self.keeps_alive;
        let channel = &mut self.channels[key];
        let (source, number) = (channel.source, channel.fd.as_raw_fd());
        let Body::Tcp(stream) = &mut channel.body else { return Ok(()) };
        if stream.writes == writes {
            return Ok(());
        }
        stream.writes = writes;
        let events = if writes { EV_READ | EV_WRITE } else { EV_READ };
        source.watch(base, number, events | EV_PERSIST, keeps_alive)
    }

    /// Its last question has ended.
    pub fn stream_is_idle(&mut self, key: Key) {
        let now = self.now();
        let channel = &mut self.channels[key];
        let source = channel.source;
        if let (Body::Tcp(stream), Some(base)) = (&mut channel.body, self.base) {
            stream.idle_since = Some(now);
            if source.fire_in(base, IDLE).is_err() {
                self.retire(key);
            }
        }
    }

    /// The connection can be read or written.
    pub fn serve_stream(&mut self, key: Key) {
        let done = self.write_stream(key).and_then(|()| self.read_stream(key));
        if done.is_err() {
            self.stream_failed(key);
        }
        if self.channels.get(key).is_some_and(|channel| self.has_been_idle(channel)) {
            self.retire(key);
        }
    }

    fn has_been_idle(&self, channel: &Channel) -> bool {
        let Body::Tcp(stream) = &channel.body else { return false };
        stream.idle_since.is_some_and(|since| self.now() >= since + IDLE)
    }

    fn write_stream(&mut self, key: Key) -> Result<()> {
        let channel = &mut self.channels[key];
        let number = channel.fd.as_raw_fd();
        let Body::Tcp(stream) = &mut channel.body else { return Ok(()) };
        if stream.out.is_empty() {
            return Ok(());
        }
        match socket::send(number, &stream.out) {
            Ok(n) => {
                stream.out.drain(..n);
            }
            // Linux says EAGAIN of a socket that is not connected yet, others say ENOTCONN.
            Err(Errno::AGAIN | Errno::INTR | Errno(libc::ENOTCONN)) => {}
            Err(error) => return Err(error),
        }
        let writes = !stream.out.is_empty();
        self.watch_stream(key, writes)
    }

    /// Hands over every message that is whole.
    fn read_stream(&mut self, key: Key) -> Result<()> {
        let mut piece = [0; 16384];
        let mut taken = 0;
        while taken < READ_LIMIT {
            let Some(channel) = self.channels.get_mut(key) else { return Ok(()) };
            let Body::Tcp(stream) = &mut channel.body else { return Ok(()) };
            let n = match fd::read(channel.fd.as_raw_fd(), &mut piece) {
                // The end, and the questions that are left have no answer.
                Ok(0) => return Err(Errno(libc::ECONNRESET)),
                Ok(n) => n,
                Err(Errno::AGAIN | Errno::INTR) => return Ok(()),
                Err(Errno(libc::ENOTCONN)) => return Ok(()),
                Err(error) => return Err(error),
            };
            taken += n;
            stream.input.try_reserve(n)?;
            stream.input.extend_from_slice(&piece[..n]);
            let mut input = std::mem::take(&mut stream.input);
            let used = self.take_messages(key, &input);
            if let Some(channel) = self.channels.get_mut(key)
                && let Body::Tcp(stream) = &mut channel.body
            {
                input.drain(..used);
                stream.input = input;
            }
        }
        Ok(())
    }

    /// How many bytes of the input are done with.
    fn take_messages(&mut self, key: Key, input: &[u8]) -> usize {
        let mut at = 0;
        while let Some(prefix) = input[at..].first_chunk::<PREFIX>() {
            let start = at + PREFIX;
            let Some(message) = input.get(start..start + usize::from(u16::from_be_bytes(*prefix)))
            else {
                break;
            };
            self.reply(key, message, false);
            at = start + message.len();
        }
        at
    }

    /// The connection is gone: its questions are asked elsewhere, or fail.
    fn stream_failed(&mut self, key: Key) {
        let questions = self.flying_through(key);
        self.retire(key);
        for query in questions {
            self.elsewhere_or(query, Code::TRUNCATED);
        }
        if self.channels.get(key).is_some() {
            self.close(key);
        }
    }
}
