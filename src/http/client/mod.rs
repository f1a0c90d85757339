//! A connection of a program that asks: one request after the other, over a socket that is made
//! when there is something to ask (behaviours 158 to 168, 203, 204).
//!
//! ```text
//!   Closed --> Resolving --> Connecting --> Idle <--> Asking (the first request is on its way)
//!     ^ ^  (a name)  |            |          |           | answered, failed
//!     | |   pause <--+-- fails <--+          v           v
//!     +-+----+                             closed <------+ if the connection ends with it
//! ```
//! What is wanted is worked out from the state alone, anew after each call of the program's
//! (`turn`): so it may free the connection, ask, never return. Requests belong to the connection
//! from `ask` on. Those at the front of its queue that are decided wait for their callbacks, which
//! are called in order; the first behind them is the one that goes out.

mod connect;
mod reply;
mod turn;
mod write;

pub use turn::{end_of_round, fired};

use super::Limits;
use super::connection::{self, ConnectionPtr, Side, find};
use crate::dns::ResolverPtr;
use crate::errno::{Errno, Result};
use crate::event::BasePtr;
use crate::layout::call::http::run_close;
use crate::layout::call::transport::Maker;
use crate::layout::evhttp::{KIND_REQUEST, RequestPtr, Stage};
use crate::sys::mem;
use connect::Lookup;
use reply::Incomplete;
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::ffi::{CStr, CString, c_int};
use std::net::{IpAddr, SocketAddr};

/// Why there is no reply: the numbers that programs get.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(i32)]
pub enum Reason {
    Timeout = 0,
    Eof = 1,
    /// What came is no reply.
    Invalid = 2,
    /// The request could not be sent, or there was no memory.
    Buffer = 3,
    /// The program does not want it.
    Cancel = 4,
    TooLong = 5,
    /// There is no connection.
    Connect = 6,
}

/// What has come of a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Verdict {
    Open,
    /// Its reply is there.
    Whole,
    /// No byte has come: the program gets its request, with code 0 (behaviours 161, 163).
    Nothing(Reason),
    /// The program gets NULL (behaviours 162, 163).
    Failed(Reason),
}

#[derive(Clone, Copy)]
struct Entry {
    request: RequestPtr,
    verdict: Verdict,
    /// The program has heard of the reason, if it wants to.
    is_error_told: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Phase {
    Closed,
    /// Its name is looked up.
    Resolving,
    Connecting,
    Idle,
    /// A request is on its way.
    Asking,
    /// Until the next attempt.
    Pausing,
}

/// Where the socket is bound before it connects.
#[derive(Clone, Copy)]
pub enum Local {
    Any,
    At(IpAddr),
    /// The program has said something that is no address.
    Wrong,
}

/// What a client has besides its wire.
pub struct Client {
    host: CString,
    port: u16,
    /// `host` is a path of the file system.
    is_path: bool,
    /// Whom to ask for addresses; without one the settings of the process, or of the system.
    resolver: Option<ResolverPtr>,
    local: Cell<Local>,
    local_port: Cell<u16>,
    phase: Cell<Phase>,
    queue: RefCell<VecDeque<Entry>>,
    /// So many at the front are decided.
    due: Cell<usize>,
    /// The connection has ended; the program is to hear of it.
    close_is_due: Cell<bool>,
    /// No connection could be made, and `ask` has said so: nothing is tried until it is called.
    is_stalled: Cell<bool>,
    is_ending: Cell<bool>,
    /// Attempts that are allowed beyond the first; less than 0: any number.
    retries: Cell<c_int>,
    attempts: Cell<u32>,
    /// Addresses that were not tried yet, the next one last.
    addresses: RefCell<Vec<SocketAddr>>,
    lookup: Cell<Option<Lookup>>,
    /// What lies between the wire and its socket.
    transport: Cell<Option<Maker>>,
    incoming: Incomplete,
    max_head: Cell<usize>,
    max_body: Cell<Option<u64>>,
    /// A request without a body is asked once more, if the connection has ended meanwhile.
    asks_again: Cell<bool>,
}

impl Client {
    /// The one that is on its way, or goes out next.
    fn first(&self) -> Option<RequestPtr> {
        self.queue.borrow().get(self.due.get()).map(|entry| entry.request)
    }

    /// The first is decided.
    fn decide(&self, verdict: Verdict) {
        if let Some(entry) = self.queue.borrow_mut().get_mut(self.due.get()) {
            entry.verdict = verdict;
            self.due.set(self.due.get() + 1);
        }
    }

    /// No one gets a reply.
    fn decide_all(&self, verdict: Verdict) {
        while self.first().is_some() {
            self.decide(verdict);
        }
    }

    fn is_connected(&self) -> bool {
        matches!(self.phase.get(), Phase::Idle | Phase::Asking)
    }

    /// As the program has named it.
    pub fn host(&self) -> &CStr {
        &self.host
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    fn limits(&self) -> Limits {
        Limits { line: self.max_head.get(), head: self.max_head.get() }
    }
}

/// A connection to a host, which is made when there is something to ask.
pub fn new(
    base: Option<BasePtr>,
    resolver: Option<ResolverPtr>,
    host: &[u8],
    port: u16,
) -> Result<ConnectionPtr> {
    create(base, resolver, host, port, false)
}

/// The same to a path of the file system.
pub fn new_local(base: Option<BasePtr>, path: &[u8]) -> Result<ConnectionPtr> {
    create(base, None, path, 0, true)
}

fn create(
    base: Option<BasePtr>,
    resolver: Option<ResolverPtr>,
    host: &[u8],
    port: u16,
    is_path: bool,
) -> Result<ConnectionPtr> {
    let mut name = Vec::new();
    name.try_reserve_exact(host.len() + 1)?;
    name.extend_from_slice(host);
    let client = mem::try_box(Client {
        host: CString::new(name).map_err(|_| Errno::INVAL)?,
        port,
        is_path,
        resolver,
        local: Cell::new(Local::Any),
        local_port: Cell::new(0),
        phase: Cell::new(Phase::Closed),
        queue: RefCell::new(VecDeque::new()),
        due: Cell::new(0),
        close_is_due: Cell::new(false),
        is_stalled: Cell::new(false),
        is_ending: Cell::new(false),
        retries: Cell::new(0),
        attempts: Cell::new(0),
        addresses: RefCell::new(Vec::new()),
        lookup: Cell::new(None),
        transport: Cell::new(None),
        incoming: Incomplete::new(),
        max_head: Cell::new(Limits::default().head),
        max_body: Cell::new(None),
        asks_again: Cell::new(false),
    })?;
    connection::create(base, SocketAddr::from(([0; 4], port)), Side::Client(client))
}

/// Asks, when it is its turn. If this fails because there can be no connection, the request is
/// the connection's all the same, and waits for the next one (behaviours 158, 203).
pub fn ask(
    connection: ConnectionPtr,
    current: Option<BasePtr>,
    request: RequestPtr,
    kind: c_int,
    target: &[u8],
) -> Result<()> {
    let Some(client) = connection.client() else { return Err(Errno::INVAL) };
    let was_asked = !request.evcon.get().is_null() || request.stage.get() != Stage::Open;
    if was_asked || write::method(kind).is_none() || client.is_ending.get() {
        return Err(Errno::INVAL);
    }
    adopt_base(connection, current)?;
    client.queue.borrow_mut().try_reserve(1)?;
    request.set_uri(target)?;
    request.kind.set(KIND_REQUEST);
    request.r#type.set(kind);
    request.evcon.set(connection.as_ptr());
    if request.major.get() == 0 && request.minor.get() == 0 {
        request.major.set(1);
        request.minor.set(1);
    }
    let entry = Entry { request, verdict: Verdict::Open, is_error_told: false };
    client.queue.borrow_mut().push_back(entry);
    match client.phase.get() {
        Phase::Closed => connect(connection),
        // The head is written at the end of the round: headers may be added until then.
        Phase::Idle => {
            connection.wire.queue();
            Ok(())
        }
        _ => Ok(()),
    }
}

/// The base that it runs on: the one that was set, or the one that is current now.
fn adopt_base(connection: ConnectionPtr, current: Option<BasePtr>) -> Result<()> {
    if connection.wire.base().is_some() {
        return Ok(());
    }
    // What is open still belongs to a base that was freed.
    if let Some(client) = connection.client()
        && client.phase.get() != Phase::Closed
    {
        drop_socket(connection, client);
    }
    connection.set_base(Some(current.ok_or(Errno::INVAL)?));
    if connection.client().is_some_and(|client| client.close_is_due.get()) {
        connection.wire.queue();
    }
    Ok(())
}

/// Connects, if it is not connected. An error: there can be no connection, as things are.
pub fn connect(connection: ConnectionPtr) -> Result<()> {
    let Some(client) = connection.client() else { return Err(Errno::INVAL) };
    if client.phase.get() != Phase::Closed {
        return Ok(());
    }
    client.is_stalled.set(false);
    match connect::start(connection, client) {
        Ok(()) => Ok(()),
        // Whether somebody listens is found out at once, or later: programs hear of it later.
        Err(Errno::CONNREFUSED) => {
            connect::attempt_failed(connection, client);
            connection.wire.queue();
            Ok(())
        }
        Err(error) => {
            client.is_stalled.set(true);
            Err(error)
        }
    }
}

/// `connect`, on this base if it has none.
pub fn connect_on(connection: ConnectionPtr, current: Option<BasePtr>) -> Result<()> {
    adopt_base(connection, current)?;
    connect(connection)
}

/// Closes the socket, with all that was under way. If it was connected, the program hears of it
/// next.
fn drop_socket(connection: ConnectionPtr, client: &Client) {
    if client.is_connected() {
        client.close_is_due.set(true);
    }
    connect::forget_lookup(client);
    connection.wire.close();
    client.addresses.borrow_mut().clear();
    client.incoming.forget();
    client.phase.set(Phase::Closed);
}

/// The first has failed; the others go on over a new connection (behaviour 162).
fn fail_first(connection: ConnectionPtr, client: &Client, verdict: Verdict) {
    drop_socket(connection, client);
    client.decide(verdict);
}

/// Ends the connection's first request, as if that had happened.
pub fn fail(connection: ConnectionPtr, reason: Reason) {
    if let Some(client) = connection.client() {
        fail_first(connection, client, Verdict::Failed(reason));
        turn::turn(connection);
    }
}

/// Closes the socket. Requests stay, and are asked with the next one.
pub fn reset(connection: ConnectionPtr) {
    if let Some(client) = connection.client() {
        drop_socket(connection, client);
        client.is_stalled.set(true);
        turn::turn(connection);
    }
}

/// The program does not want a reply any more: nobody is called, and the request ends. `ENOENT`:
/// no connection has it.
pub fn cancel(request: RequestPtr) -> Result<()> {
    let found = find(request.evcon.get()).ok_or(Errno::NOENT)?;
    let client = found.client().ok_or(Errno::NOENT)?;
    let is_it = |entry: &Entry| entry.request == request;
    let at = client.queue.borrow().iter().position(is_it).ok_or(Errno::NOENT)?;
    let due = client.due.get();
    client.queue.borrow_mut().remove(at);
    client.due.set(due - usize::from(at < due));
    request.evcon.set(std::ptr::null_mut());
    request.dispose();
    if at == due && client.phase.get() == Phase::Asking {
        // Its reply would be taken for another one's.
        drop_socket(found, client);
        found.wire.queue();
    }
    Ok(())
}

/// Has it nothing to ask, and nothing to tell?
pub fn is_idle(connection: ConnectionPtr) -> bool {
    connection.client().is_some_and(|client| client.queue.borrow().is_empty())
}

/// Takes no more of a reply, or goes on with it. `ENOENT`: no connection has the request.
pub fn pause(request: RequestPtr, is_paused: bool) -> Result<()> {
    let found = find(request.evcon.get()).ok_or(Errno::NOENT)?;
    let client = found.client().ok_or(Errno::NOENT)?;
    let was_paused = request.is_paused.replace(is_paused);
    let is_on_its_way = client.phase.get() == Phase::Asking && client.first() == Some(request);
    if is_on_its_way && is_paused {
        found.wire.ignore_input();
    } else if is_on_its_way && was_paused {
        if !client.incoming.is_broken.get() {
            found.wire.watch_input()?;
        }
        found.wire.queue();
    }
    Ok(())
}

/// The program frees it: requests that wait are freed with it, and nobody is called but closecb
/// (behaviour 166).
pub fn free(connection: ConnectionPtr) {
    let raw = connection.as_ptr();
    let Some(client) = connection.client() else { return };
    client.is_ending.set(true);
    drop_socket(connection, client);
    if client.close_is_due.replace(false) {
        run_close(connection.closecb.get(), raw, connection.closecb_arg.get());
        // It may have been freed by what was called, and another one be where it was.
        match find(raw).and_then(|found| Some(found.client()?.is_ending.get())) {
            Some(true) => {}
            _ => return,
        }
    }
    connection.wire.cancel();
    client.set_transport(None);
    while let Some(entry) = client.queue.borrow_mut().pop_front() {
        entry.request.evcon.set(std::ptr::null_mut());
        entry.request.dispose();
    }
    connection.end();
}

/// The base is about to be freed. The socket stays open, until the connection is used or freed.
pub fn base_freed(connection: ConnectionPtr) {
    if let Some(client) = connection.client() {
        connect::forget_lookup(client);
    }
}

/// Says on which base it runs, before it is used. `EINVAL`: it is used.
pub fn set_base(connection: ConnectionPtr, base: Option<BasePtr>) -> Result<()> {
    unused(&connection)?;
    connection.set_base(base);
    Ok(())
}

/// Where it connects from. `EINVAL`: it is used.
pub fn set_local(connection: ConnectionPtr, local: Local) -> Result<()> {
    unused(&connection)?.local.set(local);
    Ok(())
}

/// The port that it connects from; 0: one of the system's choice.
pub fn set_local_port(connection: ConnectionPtr, port: u16) -> Result<()> {
    unused(&connection)?.local_port.set(port);
    Ok(())
}

fn unused(connection: &ConnectionPtr) -> Result<&Client> {
    let is_unused = |client: &&Client| client.phase.get() == Phase::Closed;
    connection.client().filter(is_unused).ok_or(Errno::INVAL)
}

impl Client {
    /// For sockets that are connected from now on.
    pub fn set_transport(&self, maker: Option<Maker>) {
        if let Some(old) = self.transport.replace(maker) {
            old.release();
        }
    }

    pub fn set_retries(&self, most: c_int) {
        self.retries.set(most);
    }

    /// For heads that come from now on.
    pub fn set_max_head(&self, most: usize) {
        self.max_head.set(most);
    }

    pub fn set_asks_again(&self, on: bool) {
        self.asks_again.set(on);
    }

    /// For bodies that come from now on.
    pub fn set_max_body(&self, most: Option<u64>) {
        self.max_body.set(most);
    }
}
