//! A port: a socket that queries come in on, datagrams or connections.
//!
//! It counts its requests. Once the program has closed it, it reads nothing any more, and goes with
//! the last request, connection and queued answer. Its base may be freed before: then answers are
//! sent at once or not at all.

use super::connection::{self, Connection};
use super::query::{self, Verdict};
use super::request::{self, Origin, RequestPtr};
use super::{Sent, event};
use crate::errno::{Errno, Result};
use crate::event::BasePtr;
use crate::layout::call::DnsRequestFn;
use crate::layout::chain::Chain;
use crate::layout::event::{EV_PERSIST, EV_READ, EV_WRITE, Event, EventPtr};
use crate::layout::handle::Handle;
use crate::layout::live::Live;
use crate::layout::own_event::{self, Fires};
use crate::sys::{accept, datagram, fd, mem};
use libc::timeval;
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::ffi::{c_int, c_void};
use std::net::SocketAddr;

/// Datagrams or connections that are taken before others have their turn.
const BURST: u32 = 32;

/// Answers that wait for the socket to take more. One more, and the oldest is dropped.
const QUEUE: usize = 128;

/// Connections at a time.
const CONNECTIONS: usize = 256;

/// Any datagram.
const ROOM: usize = 65_535;

/// Services that answer whatever they are sent: echo, daytime, qotd, chargen, time. A query that
/// seems to come from there is forged, and what answers a refusal would be refused again.
const TALKATIVE: [u16; 5] = [7, 13, 17, 19, 37];

/// How long nothing is accepted when there are no descriptors.
const PAUSE: timeval = timeval { tv_sec: 0, tv_usec: 100_000 };

/// The ports that were not closed, or have requests, each with the address of its base.
static PORTS: Live<Port> = Live::new();

pub struct Port {
    pub socket: c_int,
    pub is_tcp: bool,
    function: DnsRequestFn,
    arg: *mut c_void,
    base: Cell<Option<BasePtr>>,
    closed: Cell<bool>,
    requests: Cell<usize>,
    read: Event,
    /// Datagrams: the socket takes more. Connections: the end of a pause.
    later: Event,
    /// What was taken since others had their turn.
    burst: Cell<u32>,
    room: RefCell<Vec<u8>>,
    queue: RefCell<VecDeque<(SocketAddr, Vec<u8>)>>,
    connections: Chain<Connection>,
    connection_count: Cell<usize>,
}

pub type PortPtr = Handle<Port>;

/// The port that a program points to.
pub fn find(raw: *mut Port) -> Option<PortPtr> {
    PORTS.find(raw).filter(|port| !port.closed.get())
}

/// Makes a port of a socket, which is the port's from now on. On an error it stays the caller's.
pub fn open(
    base: BasePtr,
    socket: c_int,
    is_tcp: bool,
    function: DnsRequestFn,
    arg: *mut c_void,
) -> Result<PortPtr> {
    if is_tcp { accept::must_listen(socket) } else { accept::must_be_datagram(socket) }?;
    fd::set_nonblocking(socket)?;
    let mut room = Vec::new();
    if !is_tcp {
        room.try_reserve_exact(ROOM)?;
        room.resize(ROOM, 0);
    }
    let port = Handle::leak(mem::try_box(Port {
        socket,
        is_tcp,
        function,
        arg,
        base: Cell::new(Some(base)),
        closed: Cell::new(false),
        requests: Cell::new(0),
        read: Event::zeroed(),
        later: Event::zeroed(),
        burst: Cell::new(0),
        room: RefCell::new(room),
        queue: RefCell::new(VecDeque::new()),
        connections: Chain::new(),
        connection_count: Cell::new(0),
    })?);
    own_event::set(EventPtr::of(&port.read), base, socket, EV_READ | EV_PERSIST, port);
    let (later_fd, later_events) = if is_tcp { (-1, 0) } else { (socket, EV_WRITE) };
    own_event::set(EventPtr::of(&port.later), base, later_fd, later_events, port);
    if let Err(error) = begin(port, base) {
        port.dispose();
        return Err(error);
    }
    Ok(port)
}

fn begin(port: PortPtr, base: BasePtr) -> Result<()> {
    PORTS.insert(port, base.as_ptr().addr())?;
    event::add(Some(base), &port.read, None).inspect_err(|_| {
        PORTS.remove(port);
        PORTS.tidy();
    })
}

impl Fires for Port {
    fn fired(port: PortPtr) {
        if port.closed.get() {
            port.flush();
            settle(port);
        } else if port.is_tcp {
            accept_some(port);
        } else {
            port.flush();
            receive_some(port);
        }
    }
}

/// What came in.
enum Next {
    /// Nothing is left.
    Nothing,
    /// It was nothing for the program.
    Done,
    Ask(RequestPtr),
}

fn receive_some(port: PortPtr) {
    while port.takes_another() {
        match receive(port) {
            Next::Done => {}
            Next::Nothing => return port.burst.set(0),
            Next::Ask(request) => {
                // If the function does not return, or closes the port, this holds all the same.
                if port.burst.get() < BURST {
                    event::call_again(port.base(), &port.read);
                } else {
                    port.burst.set(0);
                }
                return request::call(request);
            }
        }
    }
}

fn receive(port: PortPtr) -> Next {
    let mut room = port.room.borrow_mut();
    let (length, from) = match datagram::receive(port.socket, &mut room) {
        Ok(received) => received,
        Err(Errno::AGAIN) => return Next::Nothing,
        // What became of something that was sent before, or an interruption.
        Err(_) => return Next::Done,
    };
    // An answer to port 0 can never arrive.
    let Some(from) = from.filter(|from| from.port() != 0) else { return Next::Done };
    match query::read(&room[..length]) {
        Verdict::Ignore => {}
        Verdict::Refuse(_) if TALKATIVE.contains(&from.port()) => {}
        Verdict::Refuse(refusal) => {
            // If it cannot be sent now, the client asks again.
            let _ = refusal.packet(false).and_then(|packet| port.transmit(&packet, from));
        }
        Verdict::Ask(query) => {
            if let Ok(request) = request::create(port, Origin::Datagram(from), &query) {
                return Next::Ask(request);
            }
        }
    }
    Next::Done
}

fn accept_some(port: PortPtr) {
    if !event::is_waiting(&port.read) {
        port.listen(true);
    }
    port.burst.set(0);
    while port.takes_another() {
        if port.is_full() && port.spare_connection().is_none() {
            return port.listen(false);
        }
        match accept::accept(port.socket) {
            Ok((socket, Some(from))) => {
                if port.is_full()
                    && let Some(spare) = port.spare_connection()
                {
                    connection::close(spare);
                }
                connection::open(port, socket, from);
            }
            Err(Errno::AGAIN) => return,
            Err(Errno::MFILE | Errno::NFILE | Errno::NOBUFS | Errno::NOMEM) => {
                // The one that waits would be reported again and again.
                port.listen(false);
                let _ = event::add(port.base(), &port.later, Some(&PAUSE));
                return;
            }
            // Gone already, or from where no answer goes to.
            Ok((_, None)) | Err(_) => {}
        }
    }
}

impl Port {
    pub fn callback(&self) -> (DnsRequestFn, *mut c_void) {
        (self.function, self.arg)
    }

    pub fn base(&self) -> Option<BasePtr> {
        self.base.get()
    }

    /// Is nothing read any more?
    pub fn is_closing(&self) -> bool {
        self.closed.get() || self.base.get().is_none()
    }

    /// Counts one; false if it is the others' turn.
    fn takes_another(&self) -> bool {
        let taken = self.burst.get();
        self.burst.set(if taken < BURST { taken + 1 } else { 0 });
        taken < BURST
    }

    fn is_full(&self) -> bool {
        self.connection_count.get() >= CONNECTIONS
    }

    /// The connection that gives way if there are too many: of the idle ones, the one whose last
    /// query was first.
    fn spare_connection(&self) -> Option<Handle<Connection>> {
        self.connections.iter().find(|connection| connection.is_idle())
    }

    fn listen(&self, on: bool) {
        if on {
            let _ = event::add(self.base(), &self.read, None);
        } else {
            event::delete(EventPtr::of(&self.read));
        }
    }

    /// Sends once more if an earlier answer was refused: that is what the error tells of.
    fn transmit(&self, packet: &[u8], to: SocketAddr) -> Result<()> {
        match datagram::send(self.socket, packet, to) {
            Err(Errno::INTR | Errno::CONNREFUSED) => datagram::send(self.socket, packet, to),
            sent => sent,
        }
    }

    /// Sends what is queued, until the socket is full.
    fn flush(&self) {
        let mut queue = self.queue.borrow_mut();
        while let Some((to, packet)) = queue.front() {
            if self.transmit(packet, *to) == Err(Errno::AGAIN) {
                // Without memory for that, the next answer tries again.
                let _ = event::add(self.base(), &self.later, None);
                return;
            }
            // What the kernel does not take at all is lost, as datagrams may be.
            queue.pop_front();
        }
        event::delete(EventPtr::of(&self.later));
    }

    fn enqueue(&self, to: SocketAddr, packet: Vec<u8>) -> Result<Sent> {
        if self.base().is_none() {
            return Err(Errno::AGAIN);
        }
        let mut queue = self.queue.borrow_mut();
        queue.try_reserve(1)?;
        if !event::is_waiting(&self.later) {
            event::add(self.base(), &self.later, None)?;
        }
        if queue.len() >= QUEUE {
            queue.pop_front();
        }
        queue.push_back((to, packet));
        Ok(Sent::Later)
    }

    fn is_needed(&self) -> bool {
        !self.closed.get()
            || self.requests.get() > 0
            || !self.queue.borrow().is_empty()
            || !self.connections.is_empty()
    }
}

/// Sends an answer, after those that wait.
pub fn send(port: PortPtr, to: SocketAddr, packet: Vec<u8>) -> Result<Sent> {
    if port.queue.borrow().is_empty() {
        match port.transmit(&packet, to) {
            Err(Errno::AGAIN) => {}
            sent => return sent.map(|()| Sent::Now),
        }
    }
    port.enqueue(to, packet)
}

pub fn request_begins(port: PortPtr) {
    port.requests.set(port.requests.get() + 1);
}

pub fn request_ends(port: PortPtr) {
    port.requests.set(port.requests.get() - 1);
    settle(port);
}

pub fn connection_begins(port: PortPtr, connection: Handle<Connection>) {
    port.connections.push(connection);
    port.connection_count.set(port.connection_count.get() + 1);
}

pub fn connection_ends(port: PortPtr, connection: Handle<Connection>) {
    Chain::<Connection>::remove(connection);
    port.connection_count.set(port.connection_count.get() - 1);
    has_room(port);
}

/// The connection has a query: others are spared after those that have not.
pub fn connection_asks(port: PortPtr, connection: Handle<Connection>) {
    Chain::<Connection>::remove(connection);
    port.connections.push(connection);
}

/// Another connection could be taken, as one is idle or has ended.
pub fn has_room(port: PortPtr) {
    if !port.is_closing() && !event::is_waiting(&port.read) && !event::is_timer(&port.later) {
        port.listen(true);
    }
}

/// The program is done with it.
pub fn close(port: PortPtr) {
    port.closed.set(true);
    event::delete(EventPtr::of(&port.read));
    if port.is_tcp {
        event::delete(EventPtr::of(&port.later));
    }
    settle_connections(port);
    settle(port);
}

/// Frees the port if nobody needs it any more.
pub fn settle(port: PortPtr) {
    if port.is_needed() {
        return;
    }
    event::delete(EventPtr::of(&port.read));
    event::delete(EventPtr::of(&port.later));
    PORTS.remove(port);
    PORTS.tidy();
    request::tidy();
    // 1.4: descriptor 0 is not closed (behaviour 126).
    if port.socket != 0 {
        fd::close(port.socket);
    }
    port.dispose();
}

/// Closes the connections that have nothing left to do. The port stays.
fn settle_connections(port: PortPtr) {
    let mut next = port.connections.front();
    while let Some(connection) = next {
        next = port.connections.after(connection);
        connection::settle(connection);
    }
}

/// A base is about to be freed: its ports have none from now on.
pub fn base_freed(base: BasePtr) {
    while let Some(port) = PORTS.tagged(base.as_ptr().addr()) {
        PORTS.retag(port, 0);
        event::delete(EventPtr::of(&port.read));
        event::delete(EventPtr::of(&port.later));
        port.connections.iter().for_each(|connection| connection.loses_base());
        port.base.set(None);
        port.queue.borrow_mut().clear();
        settle_connections(port);
        settle(port);
    }
}
