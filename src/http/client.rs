//! The other side: a connection that asks, one request after the other, and connects when it has
//! something to ask (behaviours 158 to 168, 203, 204).
//!
//! ```text
//!   Closed --> Connecting --> Idle <--> Asking (the first of the queue is on its way)
//!     ^  |  ^       | fails                | answered, failed, closed
//!     |  +--+ pause +----------------------+
//! ```
//! Requests belong to the connection from `ask` on; each has its callback called once, as the last
//! thing of a step. A callback may free the connection, and ask anew.

use super::body::{Incoming, Progress};
use super::connection::{self, ConnectionPtr, Side, find, no_memory, try_copy};
use super::exchange;
use super::framing;
use super::{Asked, Body, Decoder, Limits, Scan, parse};
use crate::buffer;
use crate::errno::{Errno, Result};
use crate::event::BasePtr;
use crate::layout::call::http::{RequestCall, run_close};
use crate::layout::evbuffer::BufferPtr;
use crate::layout::evhttp::{KIND_REQUEST, KIND_RESPONSE, RequestPtr};
use crate::sys::{inet, mem, socket};
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::ffi::c_int;
use std::net::SocketAddr;
use std::os::fd::{AsRawFd, IntoRawFd};

/// Seconds until a connection must be there (behaviour 167).
const CONNECT_TIMEOUT: u64 = 45;

/// The longest pause between two attempts, in seconds (behaviour 161).
const LONGEST_PAUSE: u64 = 3600;

/// Microseconds of a second.
const SECOND: u64 = 1_000_000;

/// Steps that are made at one go.
const STEPS: usize = 64;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Phase {
    Closed,
    Connecting,
    Idle,
    /// The first of the queue is on its way.
    Asking,
    /// Until the next attempt.
    Pausing,
}

/// What a client has besides its connection.
pub struct Client {
    at: SocketAddr,
    phase: Cell<Phase>,
    queue: RefCell<VecDeque<RequestPtr>>,
    /// Attempts that are allowed beyond the first; less than 0: any number.
    pub retries: Cell<c_int>,
    attempts: Cell<u32>,
    scan: Cell<Option<Box<Scan>>>,
    incoming: Cell<Option<Incoming>>,
    has_head: Cell<bool>,
    /// A byte of the reply has come.
    has_begun: Cell<bool>,
    closes: Cell<bool>,
}

impl Client {
    fn first(&self) -> Option<RequestPtr> {
        self.queue.borrow().front().copied()
    }

    fn forget_reply(&self) {
        self.scan.set(None);
        self.incoming.set(None);
        self.has_head.set(false);
        self.has_begun.set(false);
        self.closes.set(false);
    }
}

/// A connection to an address, which is made when there is something to ask.
pub fn new(base: Option<BasePtr>, at: SocketAddr) -> Result<ConnectionPtr> {
    let client = mem::try_box(Client {
        at,
        phase: Cell::new(Phase::Closed),
        queue: RefCell::new(VecDeque::new()),
        retries: Cell::new(0),
        attempts: Cell::new(0),
        scan: Cell::new(None),
        incoming: Cell::new(None),
        has_head: Cell::new(false),
        has_begun: Cell::new(false),
        closes: Cell::new(false),
    })?;
    connection::create(base, at, Side::Client(client))
}

/// Asks, when it is its turn. The request is the connection's from now on, also if this fails
/// because there can be no connection (behaviours 158, 203).
pub fn ask(
    connection: ConnectionPtr,
    base: BasePtr,
    request: RequestPtr,
    kind: c_int,
    target: &[u8],
) -> Result<()> {
    let Some(client) = connection.client() else { return Err(Errno::INVAL) };
    client.queue.borrow_mut().try_reserve(1)?;
    request.set_uri(target)?;
    request.kind.set(KIND_REQUEST);
    request.r#type.set(kind);
    request.evcon.set(connection.as_ptr());
    if request.major.get() == 0 && request.minor.get() == 0 {
        request.major.set(1);
        request.minor.set(1);
    }
    client.queue.borrow_mut().push_back(request);
    connection.set_base(Some(connection.wire.base().unwrap_or(base)));
    match client.phase.get() {
        Phase::Closed => connect(connection),
        Phase::Idle => begin(connection),
        _ => Ok(()),
    }
}

fn connect(connection: ConnectionPtr) -> Result<()> {
    let (Some(client), Some(base)) = (connection.client(), connection.wire.base()) else {
        return Err(Errno::INVAL);
    };
    let socket = inet::tcp(client.at)?;
    let _ = socket::set_nodelay(socket.as_raw_fd());
    connection.wire.attach(connection, base, socket.into_raw_fd());
    let added = connection.wire.watch_output_for(CONNECT_TIMEOUT * SECOND);
    if let Err(error) = added {
        drop_socket(connection);
        return Err(error);
    }
    client.phase.set(Phase::Connecting);
    Ok(())
}

/// Closes the socket, if there is one; was there?
fn drop_socket(connection: ConnectionPtr) -> bool {
    if let Some(client) = connection.client() {
        client.phase.set(Phase::Closed);
        client.forget_reply();
    }
    connection.wire.close()
}

/// The first of the queue goes out.
fn begin(connection: ConnectionPtr) -> Result<()> {
    let Some(client) = connection.client() else { return Ok(()) };
    let Some(request) = client.first() else { return Ok(()) };
    client.phase.set(Phase::Asking);
    client.forget_reply();
    exchange::write_request(request, connection, client.at)?;
    connection.wire.queue();
    connection.wire.watch_input()
}

/// Something has happened to the socket, or did not in time.
pub fn fired(connection: ConnectionPtr, is_late: bool) {
    let Some(client) = connection.client() else { return };
    match client.phase.get() {
        Phase::Pausing => try_again(connection),
        Phase::Connecting if is_late => attempt_failed(connection),
        Phase::Connecting => match socket::connect_result(connection.wire.socket()) {
            Ok(()) => connected(connection),
            Err(_) => attempt_failed(connection),
        },
        Phase::Asking if is_late => fail_first(connection, None),
        Phase::Asking => {
            if connection.wire.flush().is_err() {
                return fail_first(connection, None);
            }
            readable(connection);
        }
        // The peer has closed it, or says something that nobody asked for.
        Phase::Idle if !is_late => go_on_over_another(connection),
        Phase::Idle | Phase::Closed => {}
    }
}

fn connected(connection: ConnectionPtr) {
    let Some(client) = connection.client() else { return };
    client.attempts.set(0);
    connection.wire.ignore_output();
    if begin(connection).is_err() {
        fail_first(connection, None);
    }
}

/// No connection: once more after a while, or everybody hears of it.
fn attempt_failed(connection: ConnectionPtr) {
    let Some(client) = connection.client() else { return };
    drop_socket(connection);
    let attempts = client.attempts.get();
    let allowed = client.retries.get();
    if allowed < 0 || attempts < allowed.unsigned_abs() {
        let seconds = (2_u64 << attempts.min(20)).min(LONGEST_PAUSE);
        client.attempts.set(attempts + 1);
        if connection.wire.pause(connection, seconds * SECOND).is_ok() {
            client.phase.set(Phase::Pausing);
            return;
        }
    }
    client.attempts.set(0);
    fail_all(connection);
}

fn try_again(connection: ConnectionPtr) {
    if let Some(client) = connection.client() {
        client.phase.set(Phase::Closed);
    }
    if connect(connection).is_err() {
        attempt_failed(connection);
    }
}

/// Every request that waits is told, in order (behaviour 161).
fn fail_all(connection: ConnectionPtr) {
    let raw = connection.as_ptr();
    let take = || find(raw)?.client()?.queue.borrow_mut().pop_front();
    let count = connection.client().map_or(0, |client| client.queue.borrow().len());
    for _ in 0..count {
        // A callback may have freed it.
        let Some(request) = take() else { return };
        tell(request, Some(0));
    }
}

/// The first of the queue has failed; the others go on over a new connection. `code`: the callback
/// gets the request, with that code; otherwise NULL (behaviours 162, 163).
fn fail_first(connection: ConnectionPtr, code: Option<c_int>) {
    let Some(client) = connection.client() else { return };
    let request = client.queue.borrow_mut().pop_front();
    go_on_over_another(connection);
    if let Some(request) = request {
        tell(request, code);
    }
}

/// Closes the socket, and connects anew if there is more to ask.
fn go_on_over_another(connection: ConnectionPtr) {
    let raw = connection.as_ptr();
    close_socket(connection);
    let Some(connection) = find(raw) else { return };
    let waits = connection.client().is_some_and(|client| client.first().is_some());
    if waits && connect(connection).is_err() {
        attempt_failed(connection);
    }
}

/// Calls the callback and ends the request.
fn tell(request: RequestPtr, code: Option<c_int>) {
    request.evcon.set(std::ptr::null_mut());
    request.kind.set(KIND_RESPONSE);
    let (callback, arg) = (request.cb.get(), request.cb_arg.get());
    match code {
        Some(code) => {
            request.response_code.set(code);
            RequestCall { callback, request: request.as_ptr(), arg }.run();
            request.dispose();
        }
        None => {
            request.dispose();
            RequestCall { callback, request: std::ptr::null_mut(), arg }.run();
        }
    }
}

/// Closes the socket of a connection that was there: the program hears of it (behaviour 166).
fn close_socket(connection: ConnectionPtr) {
    if drop_socket(connection) {
        let (callback, arg) = (connection.closecb.get(), connection.closecb_arg.get());
        run_close(callback, connection.as_ptr(), arg);
    }
}

/// The program frees it: requests that wait are freed with it, and nobody is called.
pub fn free(connection: ConnectionPtr) {
    let raw = connection.as_ptr();
    close_socket(connection);
    // It may have been freed by what was called.
    let Some(connection) = find(raw) else { return };
    if let Some(client) = connection.client() {
        while let Some(request) = client.queue.borrow_mut().pop_front() {
            request.dispose();
        }
    }
    connection.end();
}

/// What is asked is sent.
pub fn end_of_round(connection: ConnectionPtr) {
    if connection.wire.flush().is_err() {
        fail_first(connection, None);
    }
}

/// What a step has come to.
enum Step {
    /// More has to come.
    Wait,
    /// A piece of the body is for the program.
    Piece,
    Done,
}

fn readable(connection: ConnectionPtr) {
    match connection.wire.fill() {
        Ok(0) => {}
        Ok(_) if connection.wire.watch_input().is_ok() => {}
        Err(Errno::AGAIN | Errno::INTR) => return,
        _ => connection.wire.set_at_end(),
    }
    let is_over = connection.wire.is_at_end();
    let raw = connection.as_ptr();
    for _ in 0..STEPS {
        // What was called may have freed it.
        let Some(connection) = find(raw) else { return };
        let Some(client) = connection.client() else { return };
        if client.phase.get() != Phase::Asking {
            return;
        }
        match step(connection, client) {
            Err(()) => return fail_first(connection, None),
            Ok(Step::Done) => return answered(connection),
            Ok(Step::Piece) => pass_on(connection, client),
            // Before the first byte the request is given back (behaviour 163).
            Ok(Step::Wait) if is_over => {
                return fail_first(connection, (!client.has_begun.get()).then_some(0));
            }
            Ok(Step::Wait) => return,
        }
    }
}

fn step(connection: ConnectionPtr, client: &Client) -> std::result::Result<Step, ()> {
    let (Some(request), Some(input)) = (client.first(), connection.wire.input_or_new().ok()) else {
        return Ok(Step::Wait);
    };
    client.has_begun.set(client.has_begun.get() || input.off.get() > 0);
    let result = if client.has_head.get() {
        read_body(connection, client, request, input)
    } else {
        read_head(client, request, input)
    };
    result.map_err(|_| ())
}

fn read_head(client: &Client, request: RequestPtr, input: BufferPtr) -> super::Result<Step> {
    let mut scan = match client.scan.take() {
        Some(scan) => scan,
        None => mem::try_box(Scan::reply()).map_err(no_memory)?,
    };
    let Some(found) = scan.find(input.bytes(), &Limits::default())? else {
        client.scan.set(Some(scan));
        return Ok(Step::Wait);
    };
    let mut head = try_copy(&input.bytes()[found.start..found.end])?;
    buffer::drain(input, found.end);
    let asked = Asked { is_head: request.r#type.get() == 2, ..Asked::default() };
    let (code, framing) = parse::reply(&found, &mut head, |reply| -> super::Result<_> {
        let framing = framing::of_reply(reply, &asked)?;
        // 1xx replies are followed by another one, but for 101.
        if reply.code >= 200 || reply.code == 101 {
            exchange::fill_reply(request, reply).map_err(no_memory)?;
        }
        Ok((reply.code, framing))
    })??;
    if code < 200 && code != 101 {
        return Ok(Step::Piece);
    }
    client.has_head.set(true);
    client.closes.set(framing.close);
    request.bits.set_chunked(framing.body == Body::Chunked);
    client.incoming.set(Incoming::new(framing.body, None, || {
        Decoder::new(false, true, Limits::default(), None)
    })?);
    Ok(Step::Piece)
}

fn read_body(
    connection: ConnectionPtr,
    client: &Client,
    request: RequestPtr,
    input: BufferPtr,
) -> super::Result<Step> {
    let Some(mut incoming) = client.incoming.take() else { return Ok(Step::Done) };
    let progress = incoming.step(input, connection.wire.is_at_end(), Some(request))?;
    client.incoming.set(Some(incoming));
    Ok(match progress {
        Progress::Wait => Step::Wait,
        Progress::Piece => Step::Piece,
        Progress::Whole => Step::Done,
    })
}

/// A program that wants pieces gets what there is, and its buffer is empty afterwards.
fn pass_on(connection: ConnectionPtr, client: &Client) {
    let Some(request) = client.first() else { return };
    let is_piece = client.has_head.get() && request.input().off.get() > 0;
    let callback = request.chunk_cb.get();
    if callback.is_none() || !is_piece || !request.bits.chunked() {
        return;
    }
    let (raw, arg) = (connection.as_ptr(), request.cb_arg.get());
    RequestCall { callback, request: request.as_ptr(), arg }.run();
    let first = find(raw).and_then(|found| found.client()?.first());
    if first == Some(request) {
        buffer::drain(request.input(), request.input().off.get());
    }
}

/// The first of the queue has its reply: the next one goes out, and the program is told.
fn answered(connection: ConnectionPtr) {
    let Some(client) = connection.client() else { return };
    let Some(request) = client.queue.borrow_mut().pop_front() else { return };
    let closes = client.closes.get() || connection.wire.is_at_end();
    client.forget_reply();
    client.phase.set(Phase::Idle);
    if closes {
        go_on_over_another(connection);
    } else if client.first().is_some() && begin(connection).is_err() {
        attempt_failed(connection);
    }
    let code = request.response_code.get();
    tell(request, Some(code));
}

/// Before it is used for the first time.
pub fn set_base(connection: ConnectionPtr, base: Option<BasePtr>) -> Result<()> {
    let is_unused = connection.client().is_some_and(|c| c.phase.get() == Phase::Closed);
    if !is_unused {
        return Err(Errno::INVAL);
    }
    connection.set_base(base);
    Ok(())
}

pub fn set_retries(connection: ConnectionPtr, most: c_int) {
    if let Some(client) = connection.client() {
        client.retries.set(most);
    }
}
