//! A connection that serves: requests come in one after the other, replies go out in that order.
//!
//! ```text
//!   Head --> Body --> Busy (the program has the request) --> Head ...    --> Last --> closed
//!     |  refused        |  answered, the body is to be skipped: Skip          ^
//!     +-----------------+------------------ the connection is to end ---------+
//! ```
//! One step is made at a time (`advance`); a step that ends at the program returns the call that is
//! to be made, and nothing is touched after it. What has to go on after a call was queued before it,
//! as work for the end of the round: there replies are written, several in one, and the next request
//! that has come already is looked at.

use super::body::{Incoming, Progress};
use super::connection::{self, Connection, ConnectionPtr, Side, find, no_memory, try_copy};
use super::exchange;
use super::server::ServerPtr;
use super::{Decoder, Scan};
use crate::buffer;
use crate::errno::{Errno, Result};
use crate::event::BasePtr;
use crate::layout::call::http::RequestCall;
use crate::layout::chain::Chain;
use crate::layout::evbuffer::BufferPtr;
use crate::layout::evhttp::{RequestPtr, Stage};
use crate::sys::{clock, fd, mem, socket};
use std::cell::Cell;
use std::ffi::c_int;
use std::net::SocketAddr;
use std::os::fd::{AsRawFd, OwnedFd};

/// So much input waits for its turn, before nothing more is read.
const INPUT_LIMIT: usize = 64 << 10;

/// So much output is collected, before pipelined requests have to wait.
const OUTPUT_LIMIT: usize = 256 << 10;

/// Requests that are answered in one round.
const PIPELINED: usize = 64;

/// Seconds for a peer to see that it was refused.
const LINGER: c_int = 2;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    /// The head of a request is to come, or comes.
    Head,
    /// Its body comes.
    Body,
    /// The program has it.
    Busy,
    /// It was answered, and the rest of its body comes, which nobody wants.
    Skip,
    /// Nothing more is read; when the output is written the connection is closed.
    Last,
    /// All is written. What the peer still sends is thrown away until it has seen that: closed
    /// at once, the kernel would take the reply back.
    Linger,
}

/// What a server has of a connection.
pub struct Serving {
    server: ServerPtr,
    state: Cell<State>,
    scan: Cell<Option<Box<Scan>>>,
    incoming: Cell<Option<Incoming>>,
    /// The request that is read, or that the program has.
    request: Cell<Option<RequestPtr>>,
    /// Something is on its way that will not be read.
    was_refused: Cell<bool>,
    /// When a head of which a byte has come must be complete, in microseconds: whatever drips in.
    head_until: Cell<Option<u64>>,
    /// There is input that is not looked at before the peer has taken some output.
    waits_for_room: Cell<bool>,
}

impl Serving {
    fn new(server: ServerPtr) -> Serving {
        Serving {
            server,
            state: Cell::new(State::Head),
            scan: Cell::new(None),
            incoming: Cell::new(None),
            request: Cell::new(None),
            was_refused: Cell::new(false),
            head_until: Cell::new(None),
            waits_for_room: Cell::new(false),
        }
    }
}

/// Serves a socket that was accepted.
pub fn open(server: ServerPtr, base: BasePtr, socket: OwnedFd, peer: SocketAddr) -> Result<()> {
    let side = Side::Server(Serving::new(server));
    let connection = connection::create(Some(base), peer, side)?;
    connection.wire.attach(connection, base, socket.as_raw_fd());
    connection.wire.set_timeout(server.timeout());
    if let Err(error) = connection.wire.watch_input() {
        connection.wire.detach();
        connection.end();
        return Err(error);
    }
    let _ = socket::set_nodelay(socket.as_raw_fd());
    // Closed with the connection from now on.
    std::mem::forget(socket);
    server.connections().push(connection);
    // What was sent with the connection is read in this round.
    connection.wire.read_at_once();
    Ok(())
}

/// The connection, as one that serves.
#[derive(Clone, Copy)]
struct Served<'a> {
    connection: &'a Connection,
    serving: &'a Serving,
}

fn served(connection: &Connection) -> Option<Served<'_>> {
    connection.serving().map(|serving| Served { connection, serving })
}

/// Something has happened to the socket, or did not in time.
pub fn fired(connection: ConnectionPtr, is_late: bool) {
    let Some(this) = served(&connection) else { return };
    if is_late && this.is_overdue() {
        return overdue(connection);
    }
    if connection.wire.output_length() > 0 {
        connection.wire.queue();
    }
    match this.serving.state.get() {
        State::Last => connection.wire.queue(),
        State::Linger if this.throw_away() => {}
        State::Linger => close(connection),
        _ => match this.fill() {
            Ok(()) => go_on(connection),
            Err(Errno::AGAIN | Errno::INTR) => {}
            Err(_) => close(connection),
        },
    }
}

fn overdue(connection: ConnectionPtr) {
    match served(&connection) {
        Some(this) if this.is_in_head() => this.refuse(408),
        _ => close(connection),
    }
}

/// Makes steps until there is nothing to do, or the program has a request.
fn go_on(connection: ConnectionPtr) {
    let raw = connection.as_ptr();
    for _ in 0..PIPELINED {
        // It may have been closed meanwhile.
        let Some(connection) = find(raw) else { return };
        let Some(this) = served(&connection) else { return };
        let Some(call) = this.advance() else { return };
        // Whatever comes of the call, this goes on.
        connection.wire.queue();
        call.run();
        let Some(connection) = find(raw) else { return };
        if !served(&connection).is_some_and(Served::finish_request) {
            return;
        }
    }
}

/// What was answered is written, and what has come meanwhile is looked at.
pub fn end_of_round(connection: ConnectionPtr) {
    let raw = connection.as_ptr();
    if served(&connection).is_some_and(Served::finish_request) {
        go_on(connection);
    }
    if let Some(connection) = find(raw)
        && served(&connection).is_some_and(|this| this.flush().is_err())
    {
        close(connection);
    }
}

/// Ends a connection; its program hears of it, and a request that it has stays with it.
pub fn close(connection: ConnectionPtr) {
    if !connection.wire.close() {
        // By what is called when it is closed.
        return;
    }
    Chain::<Connection>::remove(connection);
    if let Some(serving) = connection.serving()
        && let Some(request) = serving.request.take()
    {
        request.evcon.set(std::ptr::null_mut());
        // The program frees it by its answer; one that was not given to it, or that it has
        // answered, is ours.
        if serving.state.get() != State::Busy || request.stage.get() == Stage::Answered {
            request.dispose();
        }
    }
    connection.tell_closed();
    connection.end();
}

impl Served<'_> {
    fn is_overdue(self) -> bool {
        // The program may take its time; the peer may not.
        self.serving.state.get() != State::Busy || self.connection.wire.output_length() > 0
    }

    /// Has a byte of a request come, and its head not?
    fn is_in_head(self) -> bool {
        self.serving.state.get() == State::Head && self.serving.head_until.get().is_some()
    }

    fn has_much_output(self) -> bool {
        self.connection.wire.output_length() > OUTPUT_LIMIT
    }

    /// Reads once. `ECONNRESET`: the end, with nothing left to do.
    fn fill(self) -> Result<()> {
        let wire = &self.connection.wire;
        let is_busy = self.serving.state.get() == State::Busy;
        if self.has_much_output() || wire.input_length() >= INPUT_LIMIT && is_busy {
            // What is there is enough until the program has answered, and the peer has heard.
            wire.ignore_input();
            return Ok(());
        }
        match wire.fill() {
            Ok(0) => self.peer_is_done(),
            Ok(_) => self.has_progress(),
            Err(error @ (Errno::AGAIN | Errno::INTR)) => Err(error),
            Err(_) if is_busy => {
                wire.set_at_end();
                self.peer_is_done()
            }
            Err(error) => Err(error),
        }
    }

    /// What has come gives the peer more time. But for heads: see `wait_for_head`.
    fn has_progress(self) -> Result<()> {
        if self.serving.state.get() == State::Head {
            return Ok(());
        }
        self.connection.wire.watch_input()
    }

    /// A head has its time as a whole; empty lines are no request yet, such a connection is idle.
    fn wait_for_head(self, has_begun: bool) -> Result<()> {
        let wire = &self.connection.wire;
        let seconds = u64::from(wire.timeout().max(0).unsigned_abs());
        if !has_begun || seconds == 0 {
            return wire.watch_input();
        }
        let now = clock::monotonic_ns().unwrap_or_else(clock::wall_ns) / 1000;
        let until = self.serving.head_until.get().unwrap_or(now + seconds * 1_000_000);
        self.serving.head_until.set(Some(until));
        wire.watch_input_for(until.saturating_sub(now))
    }

    fn peer_is_done(self) -> Result<()> {
        self.connection.wire.ignore_input();
        let is_needed = match self.serving.state.get() {
            State::Busy | State::Body | State::Skip => true,
            State::Head => self.connection.wire.has_input(),
            State::Last | State::Linger => false,
        };
        if is_needed { Ok(()) } else { Err(Errno(libc::ECONNRESET)) }
    }

    /// One step: what is to be called, if it comes to that.
    fn advance(self) -> Option<RequestCall> {
        if self.has_much_output() {
            self.serving.waits_for_room.set(true);
            return None;
        }
        let step = match self.serving.state.get() {
            State::Head => self.read_head(),
            State::Body => self.read_body(),
            State::Skip => self.skip_body(),
            State::Busy | State::Last | State::Linger => return None,
        };
        match step {
            Ok(call) => call,
            Err(refusal) => {
                self.refuse(refusal.status());
                None
            }
        }
    }

    fn read_head(self) -> super::Result<Option<RequestCall>> {
        let (serving, server) = (self.serving, self.serving.server);
        let Some(input) = self.connection.wire.input() else { return Ok(None) };
        let mut scan = match serving.scan.take() {
            Some(scan) => scan,
            None => mem::try_box(Scan::request(server.is_strict())).map_err(no_memory)?,
        };
        let Some(found) = scan.find(input.bytes(), &server.limits())? else {
            if self.connection.wire.is_at_end() {
                self.end_quietly();
            } else {
                self.wait_for_head(scan.has_begun(input.bytes())).map_err(no_memory)?;
                serving.scan.set(Some(scan));
            }
            return Ok(None);
        };
        let mut head = try_copy(&input.bytes()[found.start..found.end])?;
        buffer::drain(input, found.end);
        serving.head_until.set(None);
        let taken = exchange::begin(self.connection, server, &found, &mut head)?;
        serving.request.set(Some(taken.request));
        serving.incoming.set(Incoming::new(taken.body, server.max_body(), || {
            Decoder::new(server.is_strict(), false, server.limits(), server.max_body())
        })?);
        if !self.has_body() || taken.skips_body {
            // What is to be skipped is answered now; the end of the body only tells where the
            // next request begins.
            let ends = taken.skips_body && taken.wants_continue && self.has_body();
            taken.request.closes.set(taken.request.closes.get() || ends);
            return Ok(self.dispatch());
        }
        serving.state.set(State::Body);
        if taken.wants_continue && input.off.get() == 0 {
            let go_on = self.connection.wire.send(b"HTTP/1.1 100 Continue\r\n\r\n");
            go_on.map_err(no_memory)?;
        }
        self.read_body()
    }

    fn has_body(self) -> bool {
        let incoming = self.serving.incoming.take();
        let has = incoming.is_some();
        self.serving.incoming.set(incoming);
        has
    }

    /// Takes what there is of the body; with a request it is appended to that.
    fn take_body(self, input: BufferPtr, request: Option<RequestPtr>) -> super::Result<Progress> {
        let Some(mut incoming) = self.serving.incoming.take() else { return Ok(Progress::Whole) };
        let is_at_end = self.connection.wire.is_at_end();
        loop {
            match incoming.step(input, is_at_end, request)? {
                Progress::Piece => {}
                Progress::Wait => {
                    self.serving.incoming.set(Some(incoming));
                    return Ok(Progress::Wait);
                }
                Progress::Whole => return Ok(Progress::Whole),
            }
        }
    }

    fn read_body(self) -> super::Result<Option<RequestCall>> {
        let (input, request) = (self.input()?, self.serving.request.get());
        match self.take_body(input, request)? {
            Progress::Whole => Ok(self.dispatch()),
            _ => Ok(self.wait()),
        }
    }

    /// Throws away the body of a request that was answered; then the next one may come.
    fn skip_body(self) -> super::Result<Option<RequestCall>> {
        if self.take_body(self.input()?, None)? == Progress::Whole {
            self.serving.state.set(State::Head);
            return self.read_head();
        }
        Ok(self.wait())
    }

    /// An empty one if nothing has come: a body may be over at the end of all input.
    fn input(self) -> super::Result<BufferPtr> {
        self.connection.wire.input_or_new().map_err(no_memory)
    }

    /// The rest of the body has to come.
    fn wait(self) -> Option<RequestCall> {
        if self.connection.wire.is_at_end() {
            self.end_quietly();
        } else if !self.connection.wire.has_input() {
            self.connection.wire.drop_input();
        }
        None
    }

    /// The request is there: who is to be called.
    fn dispatch(self) -> Option<RequestCall> {
        let request = self.serving.request.get()?;
        self.serving.state.set(State::Busy);
        let call = self.serving.server.handler(request);
        if call.is_none() {
            exchange::answer_not_found(request);
            self.connection.wire.queue();
        }
        call
    }

    /// After an answer: the next request may come. Is there anything to look at?
    fn finish_request(self) -> bool {
        let (serving, wire) = (self.serving, &self.connection.wire);
        let Some(request) = serving.request.get() else {
            return matches!(serving.state.get(), State::Head | State::Skip) && wire.has_input();
        };
        if serving.state.get() != State::Busy || request.stage.get() != Stage::Answered {
            return false;
        }
        serving.request.set(None);
        let closes = request.closes.get() || wire.is_at_end() && !wire.has_input();
        request.dispose();
        if closes {
            serving.state.set(State::Last);
            return false;
        }
        serving.state.set(if self.has_body() { State::Skip } else { State::Head });
        if !wire.is_at_end() && !self.has_much_output() {
            let _ = wire.watch_input();
        }
        wire.has_input()
    }

    /// Answers what is no request, and ends the connection.
    fn refuse(self, status: u16) {
        if let Some(request) = self.serving.request.take() {
            request.dispose();
        }
        self.serving.incoming.set(None);
        self.serving.was_refused.set(true);
        self.serving.state.set(State::Last);
        let page = exchange::refusal(status, exchange::reason(status));
        if page.and_then(|page| self.connection.wire.send(&page)).is_err() {
            // Without memory for that it just ends.
            self.end_quietly();
        }
    }

    /// Ends at the end of the round, without another word.
    fn end_quietly(self) {
        self.serving.state.set(State::Last);
        self.connection.wire.queue();
    }

    /// Writes what there is. An error ends the connection, as does the end of the last reply.
    fn flush(self) -> Result<()> {
        let (wire, state) = (&self.connection.wire, &self.serving.state);
        if !wire.flush()? {
            return Ok(());
        }
        if state.get() == State::Last && !wire.is_at_end() && self.is_still_told() {
            return self.linger();
        }
        if self.serving.waits_for_room.replace(false) {
            wire.queue();
        }
        if !wire.is_at_end() && state.get() != State::Last && !self.is_in_head() {
            wire.watch_input()?;
        }
        let is_over = state.get() == State::Last
            || wire.is_at_end() && state.get() == State::Head && !wire.has_input();
        if is_over { Err(Errno(libc::ECONNRESET)) } else { Ok(()) }
    }

    /// Does the peer send what nobody will read?
    fn is_still_told(self) -> bool {
        let mut byte = [0; 1];
        self.serving.was_refused.get()
            || self.connection.wire.has_input()
            || matches!(fd::read(self.connection.wire.socket(), &mut byte), Ok(1))
    }

    fn linger(self) -> Result<()> {
        let wire = &self.connection.wire;
        wire.drop_input();
        self.serving.state.set(State::Linger);
        wire.set_timeout(LINGER);
        socket::shut_down_writing(wire.socket())?;
        wire.ignore_input();
        wire.watch_input()
    }

    /// Reads what nobody wants; may more come?
    fn throw_away(self) -> bool {
        let mut piece = [0; 16384];
        for _ in 0..16 {
            match fd::read(self.connection.wire.socket(), &mut piece) {
                Ok(0) => return false,
                Ok(_) | Err(Errno::INTR) => {}
                Err(error) => return error == Errno::AGAIN,
            }
        }
        true
    }
}
