//! A connection to a TCP port: queries one after the other, each after its length (RFC 7766).
//!
//! It has a bounded number of requests and answers at a time; with more it stops reading. One that
//! is idle for too long is closed, as is one that takes no answers. Its memory stays until its last
//! request has ended.

use super::port::{self, PortPtr};
use super::query::{self, Verdict};
use super::request::{self, Origin, RequestPtr};
use super::{Sent, event};
use crate::dns::packet::PREFIX;
use crate::errno::{Errno, Result};
use crate::layout::chain::linked;
use crate::layout::event::{EV_PERSIST, EV_READ, EV_WRITE, Event, EventPtr};
use crate::layout::handle::Handle;
use crate::layout::link::Link;
use crate::layout::own_event::{self, Fires};
use crate::sys::{fd, mem, socket};
use libc::timeval;
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::ffi::c_int;
use std::net::SocketAddr;
use std::os::fd::{AsRawFd, OwnedFd};

/// Requests and answers of one connection at a time.
const PIPELINE: usize = 64;

/// Without a whole query, or without taking anything of an answer.
const IDLE: timeval = timeval { tv_sec: 10, tv_usec: 0 };

/// What is read at once, if no query needs more.
const CHUNK: usize = 4096;

#[repr(C)]
pub struct Connection {
    place: Link,
    port: PortPtr,
    peer: SocketAddr,
    /// None once it is closed.
    socket: RefCell<Option<OwnedFd>>,
    read: Event,
    write: Event,
    timer: Event,
    input: RefCell<Input>,
    output: RefCell<Output>,
    requests: Cell<usize>,
    /// The peer sends no more.
    at_end: Cell<bool>,
    /// The next call is for what was read before.
    called_again: Cell<bool>,
}

linked!(Connection, place, 0);

pub type ConnectionPtr = Handle<Connection>;

/// What was read and not taken.
struct Input {
    bytes: Vec<u8>,
    taken: usize,
}

/// What is to be sent, and how much of the first packet was.
struct Output {
    packets: VecDeque<Vec<u8>>,
    sent: usize,
}

/// Makes a connection of a socket that was accepted. If that cannot be done the socket is closed.
pub fn open(port: PortPtr, socket: OwnedFd, peer: SocketAddr) {
    let Some(base) = port.base() else { return };
    let number = socket.as_raw_fd();
    let connection = mem::try_box(Connection {
        place: Link::new(),
        port,
        peer,
        socket: RefCell::new(Some(socket)),
        read: Event::zeroed(),
        write: Event::zeroed(),
        timer: Event::zeroed(),
        input: RefCell::new(Input { bytes: Vec::new(), taken: 0 }),
        output: RefCell::new(Output { packets: VecDeque::new(), sent: 0 }),
        requests: Cell::new(0),
        at_end: Cell::new(false),
        called_again: Cell::new(false),
    });
    let Ok(connection) = connection.map(Handle::leak) else { return };
    let set = |event: &Event, fd, what| {
        own_event::set(EventPtr::of(event), base, fd, what, connection);
    };
    set(&connection.read, number, EV_READ | EV_PERSIST);
    set(&connection.write, number, EV_WRITE);
    set(&connection.timer, -1, 0);
    port::connection_begins(port, connection);
    let is_ready = connection.reads(true).and_then(|()| connection.rewind());
    if is_ready.is_err() {
        close(connection);
    }
}

impl Fires for Connection {
    fn fired(connection: ConnectionPtr) {
        let is_new = !connection.called_again.replace(false);
        let goes_on = if connection.has_expired() {
            connection.is_waited_for() && connection.rewind().is_ok()
        } else {
            connection.flush().is_ok() && (!is_new || connection.fill().is_ok())
        };
        if goes_on {
            take_some(connection);
        } else {
            let port = connection.port;
            close(connection);
            port::settle(port);
        }
    }
}

/// What a query comes to.
enum Next {
    Nothing,
    Refuse(Vec<u8>),
    Ask(RequestPtr),
}

/// Takes queries out of what was read, up to the first that is the program's.
fn take_some(connection: ConnectionPtr) {
    let port = connection.port;
    let mut result = Ok(());
    while result.is_ok()
        && !connection.is_full()
        && !port.is_closing()
        && let Some(next) = next_query(connection)
    {
        match next {
            Ok(Next::Ask(request)) => {
                // If the function does not return, this holds all the same.
                connection.go_on();
                return request::call(request);
            }
            Ok(Next::Refuse(packet)) => result = connection.queue(packet).map(drop),
            Ok(Next::Nothing) => {}
            Err(error) => result = Err(error),
        }
    }
    match result {
        Ok(()) => settle(connection),
        // Without memory, or a peer: it would wait for ever.
        Err(_) => close(connection),
    }
    port::settle(port);
}

fn next_query(connection: ConnectionPtr) -> Option<Result<Next>> {
    let mut input = connection.input.borrow_mut();
    let packet = input.first()?;
    input.taken = packet.end;
    let _ = connection.rewind();
    port::connection_asks(connection.port, connection);
    let next = match query::read(&input.bytes[packet]) {
        Verdict::Ignore => Ok(Next::Nothing),
        Verdict::Refuse(refusal) => refusal.packet(true).map(Next::Refuse),
        Verdict::Ask(query) => {
            let origin = Origin::Stream(connection, connection.peer);
            request::create(connection.port, origin, &query).map(Next::Ask)
        }
    };
    Some(next)
}

impl Connection {
    /// Nothing was asked that is not answered.
    pub fn is_idle(&self) -> bool {
        self.requests.get() == 0 && self.is_sent()
    }

    fn is_sent(&self) -> bool {
        self.output.borrow().packets.is_empty()
    }

    /// The program has a request, and its answer is all that is missing.
    fn is_waited_for(&self) -> bool {
        self.requests.get() > 0 && self.is_sent()
    }

    fn is_full(&self) -> bool {
        self.requests.get() + self.output.borrow().packets.len() >= PIPELINE
    }

    /// Was it idle for too long?
    fn has_expired(&self) -> bool {
        self.timer.ev_res.replace(0) != 0
    }

    fn rewind(&self) -> Result<()> {
        event::add(self.port.base(), &self.timer, Some(&IDLE))
    }

    fn reads(&self, on: bool) -> Result<()> {
        if !on {
            event::delete(EventPtr::of(&self.read));
        } else if !event::is_waiting(&self.read) {
            event::add(self.port.base(), &self.read, None)?;
        }
        Ok(())
    }

    /// Has what was read already looked at once more, if there is a query in it.
    fn go_on(&self) {
        if self.input.borrow().first().is_some() {
            self.called_again.set(true);
            event::call_again(self.port.base(), &self.read);
        }
    }

    /// Reads once, unless there is enough.
    fn fill(&self) -> Result<()> {
        let (socket, mut input) = (self.socket.borrow(), self.input.borrow_mut());
        let Some(socket) = socket.as_ref() else { return Ok(()) };
        if self.at_end.get() || self.is_full() || input.first().is_some() {
            return Ok(());
        }
        match input.read(socket.as_raw_fd()) {
            Ok(0) => self.at_end.set(true),
            Ok(_) | Err(Errno::AGAIN | Errno::INTR) => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// Sends what there is, until the socket is full. On an error the connection is of no use.
    fn flush(&self) -> Result<()> {
        let (socket, mut output) = (self.socket.borrow(), self.output.borrow_mut());
        let socket = socket.as_ref().ok_or(Errno::CONNRESET)?.as_raw_fd();
        let Output { packets, sent } = &mut *output;
        while let Some(packet) = packets.front() {
            match socket::send(socket, &packet[*sent..]) {
                Ok(n) => {
                    *sent += n;
                    let _ = self.rewind();
                }
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => {
                    let added = event::add(self.port.base(), &self.write, None);
                    return added.map_err(|_| Errno::AGAIN);
                }
                Err(error) => return Err(error),
            }
            if *sent == packet.len() {
                packets.pop_front();
                *sent = 0;
            }
        }
        Ok(())
    }

    /// Sends a packet, after those that wait.
    fn queue(&self, packet: Vec<u8>) -> Result<Sent> {
        let is_first = self.is_sent();
        {
            let packets = &mut self.output.borrow_mut().packets;
            packets.try_reserve(1)?;
            packets.push_back(packet);
        }
        if is_first {
            self.flush()?;
        }
        Ok(if self.is_sent() { Sent::Now } else { Sent::Later })
    }

    /// Its base is about to be freed.
    pub fn loses_base(&self) {
        for event in [&self.read, &self.write, &self.timer] {
            event::delete(EventPtr::of(event));
        }
    }

    fn is_closed(&self) -> bool {
        self.socket.borrow().is_none()
    }

    /// Has it nothing left to do?
    fn is_done(&self) -> bool {
        if self.port.base().is_none() && !self.is_sent() {
            // Nothing tells when the socket takes more.
            return true;
        }
        let is_last = self.at_end.get() && self.input.borrow().first().is_none();
        self.is_idle() && (is_last || self.port.is_closing())
    }
}

impl Input {
    /// Where the first query is, if it is there as a whole.
    fn first(&self) -> Option<std::ops::Range<usize>> {
        let begin = self.taken + PREFIX;
        let end = begin + self.length()?;
        (end <= self.bytes.len()).then_some(begin..end)
    }

    /// What the first query says of its length.
    fn length(&self) -> Option<usize> {
        let prefix = self.bytes[self.taken..].first_chunk::<PREFIX>()?;
        Some(usize::from(u16::from_be_bytes(*prefix)))
    }

    /// Reads once; how many bytes came.
    fn read(&mut self, fd: c_int) -> Result<usize> {
        self.bytes.drain(..self.taken);
        self.taken = 0;
        let old = self.bytes.len();
        let wanted = self.length().map_or(0, |length| (PREFIX + length).saturating_sub(old));
        let room = wanted.max(CHUNK);
        self.bytes.try_reserve(room)?;
        self.bytes.resize(old + room, 0);
        let read = fd::read(fd, &mut self.bytes[old..]);
        self.bytes.truncate(old + read.unwrap_or(0));
        read
    }
}

/// Sends an answer. If that fails the connection is closed, and its other requests have none.
pub fn send(connection: ConnectionPtr, packet: Vec<u8>) -> Result<Sent> {
    if connection.is_closed() {
        return Err(Errno::CONNRESET);
    }
    connection.queue(packet).inspect_err(|error| {
        if *error != Errno::NOMEM {
            close(connection);
        }
    })
}

pub fn request_begins(connection: ConnectionPtr) {
    connection.requests.set(connection.requests.get() + 1);
}

pub fn request_ends(connection: ConnectionPtr) {
    connection.requests.set(connection.requests.get() - 1);
    if connection.is_closed() {
        return release(connection);
    }
    let _ = connection.rewind();
    settle(connection);
}

/// After a change: closes it, or reads on, or not. Its port stays.
pub fn settle(connection: ConnectionPtr) {
    if connection.is_done() {
        return close(connection);
    }
    let is_open = !connection.at_end.get() && !connection.port.is_closing();
    if connection.is_idle() {
        port::has_room(connection.port);
    }
    // Without memory for the event, the next change tries again; the timer ends it at last.
    let _ = connection.reads(is_open && !connection.is_full());
    if !connection.is_full() && !connection.port.is_closing() {
        connection.go_on();
    }
}

/// Closes it; its requests find it closed.
pub fn close(connection: ConnectionPtr) {
    connection.loses_base();
    connection.socket.take();
    connection.output.borrow_mut().packets.clear();
    port::connection_ends(connection.port, connection);
    release(connection);
}

/// Frees a connection that is closed, unless a request still points to it.
fn release(connection: ConnectionPtr) {
    if connection.requests.get() == 0 {
        connection.dispose();
    }
}
