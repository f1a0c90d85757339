//! A connection that serves: requests come in one after the other, replies go out in that order.
//!
//! ```text
//!   Head --> Begun --> Body --> Busy (the program has it) --> Head ...    --> Last --> closed
//!     |        | refused |        |  answered, the body is to be skipped: Skip   ^
//!     +--------+---------+--------+---------- the connection is to end ----------+
//! ```
//! One step is made at a time (`steps`); a step that ends at the program returns the call that is
//! to be made, and nothing is touched after it. What has to go on after a call was queued before
//! it, as work for the end of the round: there replies are written, several in one, and the next
//! request that has come already is looked at.

mod steps;

use super::Scan;
use super::body::Incoming;
use super::client::Reason;
use super::connection::{self, Connection, ConnectionPtr, Side, find};
use super::server::ServerPtr;
use crate::errno::{Errno, Result};
use crate::event::BasePtr;
use crate::layout::call::http::{CloseCallback, RequestCall, run_close, run_error};
use crate::layout::evhttp::{RequestPtr, Stage};
use crate::sys::{clock, fd, socket};
use std::cell::Cell;
use std::ffi::{c_int, c_void};
use std::net::SocketAddr;
use std::num::NonZeroU64;
use std::os::fd::{AsRawFd, OwnedFd};

/// So much input waits for its turn, before nothing more is read.
const INPUT_LIMIT: usize = 64 << 10;

/// So much output is collected, before pipelined requests have to wait.
const OUTPUT_LIMIT: usize = 256 << 10;

/// Requests that are answered in one round.
const PIPELINED: usize = 64;

/// Times that a connection goes on in one round because all has left that it had to say.
const TURNS: usize = 16;

/// Seconds for a peer to see that it was refused.
const LINGER: c_int = 2;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    /// The head of a request is to come, or comes.
    Head,
    /// It has come, and the program was told.
    Begun,
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
    head_until: Cell<Option<NonZeroU64>>,
    /// There is something to do when the peer has taken what it is sent.
    waits_for_room: Cell<bool>,
    /// The client waits for `100 Continue`.
    owes_continue: Cell<bool>,
    /// What is in the request's buffer was shown to the program.
    is_shown: Cell<bool>,
    /// Called when all has left.
    sent: Cell<CloseCallback>,
    sent_arg: Cell<*mut c_void>,
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
            owes_continue: Cell::new(false),
            is_shown: Cell::new(false),
            sent: Cell::new(None),
            sent_arg: Cell::new(std::ptr::null_mut()),
        }
    }

    /// Has a function called when all has left that is to be sent now; instead of any other.
    pub fn when_sent(&self, callback: CloseCallback, arg: *mut c_void) {
        self.sent.set(callback);
        self.sent_arg.set(arg);
    }
}

/// A call of the program's.
enum Call {
    Request(RequestCall),
    /// The request is there until the call returns, whoever ends it.
    Piece(RequestCall, RequestPtr),
    Sent {
        callback: CloseCallback,
        arg: *mut c_void,
    },
    /// There is nobody to reply to.
    Failed(RequestPtr, Reason),
}

impl Call {
    fn run(self, connection: *mut Connection, here: usize) {
        match self {
            Call::Request(call) => call.run(),
            Call::Piece(call, request) => {
                request.hold(here);
                call.run();
                request.release();
            }
            Call::Sent { callback, arg } => run_close(callback, connection, arg),
            Call::Failed(request, reason) => fail(request, reason, here),
        }
    }
}

/// The end of a request that is not the program's, which may want to hear of it.
fn fail(request: RequestPtr, reason: Reason, here: usize) {
    request.hold(here);
    request.evcon.set(std::ptr::null_mut());
    // Whatever the program does with it.
    request.end_when_released();
    run_error(request.error_cb.get(), reason as c_int, request.cb_arg.get());
    request.release();
}

/// Serves a socket that was accepted.
pub fn open(server: ServerPtr, base: BasePtr, socket: OwnedFd, peer: SocketAddr) -> Result<()> {
    let side = Side::Server(Serving::new(server));
    let connection = connection::create(Some(base), peer, side)?;
    connection.wire.attach(connection, base, socket.as_raw_fd());
    connection.wire.set_timeout(server.timeout());
    let secured = server.transport().map_or(Ok(()), |maker| connection.wire.put_between(maker));
    let watched = secured.and_then(|()| served(&connection).map_or(Ok(()), Served::watch));
    if let Err(error) = watched {
        connection.wire.detach();
        connection.end();
        return Err(error);
    }
    let _ = socket::set_nodelay(socket.as_raw_fd());
    // Closed with the connection from now on.
    std::mem::forget(socket);
    server.add_connection(connection);
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
        _ => readable(connection),
    }
}

/// Reads what there is, and goes on with it.
fn readable(mut connection: ConnectionPtr) {
    let raw = connection.as_ptr();
    loop {
        let Some(this) = served(&connection) else { return };
        match this.fill() {
            Ok(()) => return go_on(connection),
            Err(Errno::AGAIN | Errno::INTR) => {}
            Err(_) => return close(connection),
        }
        let Some(question) = connection.wire.question() else { return };
        question.run();
        let Some(found) = find(raw) else { return };
        found.wire.answered();
        connection = found;
    }
}

fn overdue(connection: ConnectionPtr) {
    match served(&connection) {
        Some(this) if this.is_in_head() => this.answer_refusal(408),
        _ => close_because(connection, Reason::Timeout),
    }
}

/// Makes steps until there is nothing to do, or the program has a request.
fn go_on(connection: ConnectionPtr) {
    let raw = connection.as_ptr();
    let marker = 0_u8;
    let here = &raw const marker as usize;
    for _ in 0..PIPELINED {
        // It may have been closed meanwhile.
        let Some(connection) = find(raw) else { return };
        let Some(this) = served(&connection) else { return };
        let Some(call) = this.advance(here) else { return };
        // Whatever comes of the call, this goes on.
        connection.wire.queue();
        call.run(raw, here);
    }
}

/// What was answered is written, and what has come meanwhile is looked at.
pub fn end_of_round(connection: ConnectionPtr) {
    let raw = connection.as_ptr();
    for _ in 0..TURNS {
        let Some(connection) = find(raw) else { return };
        go_on(connection);
        if let Some(connection) = find(raw)
            && served(&connection).is_some_and(Served::has_pending)
        {
            readable(connection);
        }
        let Some(connection) = find(raw) else { return };
        match served(&connection).map_or(Ok(false), Served::flush) {
            Ok(true) => {}
            Ok(false) => return,
            Err(_) => return close(connection),
        }
    }
    if let Some(connection) = find(raw) {
        connection.wire.queue();
    }
}

/// Takes no more of a request's body, or goes on with it.
pub fn pause(connection: ConnectionPtr, request: RequestPtr, is_paused: bool) {
    request.is_paused.set(is_paused);
    if !is_paused {
        connection.wire.queue();
    }
}

/// Ends a connection; its program hears of it, and a request that it has stays with it.
pub fn close(connection: ConnectionPtr) {
    close_because(connection, Reason::Eof);
}

fn close_because(connection: ConnectionPtr, reason: Reason) {
    if !connection.wire.close() {
        // By what is called when it is closed.
        return;
    }
    if let Some(serving) = connection.serving() {
        serving.server.remove_connection(connection);
        if let Some(request) = serving.request.take() {
            request.evcon.set(std::ptr::null_mut());
            // The program frees it by its answer; one that was not given to it, or that it has
            // answered, is ours.
            if serving.state.get() != State::Busy || request.stage.get() == Stage::Answered {
                let marker = 0_u8;
                fail(request, reason, &raw const marker as usize);
            } else {
                run_error(request.error_cb.get(), reason as c_int, request.cb_arg.get());
            }
        }
    }
    connection.tell_closed();
    connection.end();
}

impl Served<'_> {
    fn is_overdue(self) -> bool {
        // The program may take its time; the peer may not.
        let is_programs = matches!(self.serving.state.get(), State::Busy | State::Begun);
        !(is_programs || self.is_paused()) || self.connection.wire.output_length() > 0
    }

    /// Has a byte of a request come, and its head not?
    fn is_in_head(self) -> bool {
        self.serving.state.get() == State::Head && self.serving.head_until.get().is_some()
    }

    fn is_paused(self) -> bool {
        self.serving.request.get().is_some_and(|request| request.is_paused.get())
    }

    fn has_much_output(self) -> bool {
        self.connection.wire.output_length() > OUTPUT_LIMIT
    }

    /// What is there is enough until the program has done its part.
    fn has_much_input(self) -> bool {
        let is_programs = self.serving.state.get() == State::Busy || self.is_paused();
        is_programs && self.connection.wire.input_length() >= INPUT_LIMIT
    }

    /// Does the program that has the request want to hear if its client goes?
    fn is_guarded(self) -> bool {
        let request = self.serving.request.get();
        self.serving.state.get() == State::Busy
            && request.is_some_and(|r| r.error_cb.get().is_some())
    }

    /// Is there something to read that the socket does not tell of?
    fn has_pending(self) -> bool {
        let reads = !matches!(self.serving.state.get(), State::Last | State::Linger);
        reads && self.connection.wire.has_pending()
    }

    /// Reads once. `ECONNRESET`: the end, with nothing left to do.
    fn fill(self) -> Result<()> {
        let wire = &self.connection.wire;
        if self.has_much_output() || self.has_much_input() {
            // Until the program has answered, and the peer has heard.
            wire.ignore_input();
            return Ok(());
        }
        match wire.fill() {
            Ok(0) => self.peer_is_done(),
            Ok(_) => self.has_progress(),
            Err(error @ (Errno::AGAIN | Errno::INTR)) => Err(error),
            Err(_) if self.serving.state.get() == State::Busy => {
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

    /// Watches for input: for a request, or for what is due.
    fn watch(self) -> Result<()> {
        let idle = self.serving.server.settings.idle_time();
        match idle.filter(|_| self.serving.state.get() == State::Head) {
            None => self.connection.wire.watch_input(),
            Some(0) => self.connection.wire.watch_idle(),
            Some(time) => self.connection.wire.watch_input_for(time),
        }
    }

    /// A head has its time as a whole; empty lines are no request yet, such a connection is idle.
    fn wait_for_head(self, has_begun: bool) -> Result<()> {
        if !has_begun {
            return self.watch();
        }
        let wire = &self.connection.wire;
        let usual = u64::from(wire.timeout().max(0).unsigned_abs()) * 1_000_000;
        let time = self.serving.server.settings.head_time().unwrap_or(usual);
        if time == 0 {
            return wire.watch_idle();
        }
        let now = clock::monotonic_ns().unwrap_or_else(clock::wall_ns) / 1000;
        let until = self.serving.head_until.get();
        let until = until.map_or(now.saturating_add(time), NonZeroU64::get);
        self.serving.head_until.set(NonZeroU64::new(until));
        wire.watch_input_for(until.saturating_sub(now))
    }

    fn peer_is_done(self) -> Result<()> {
        self.connection.wire.ignore_input();
        let is_needed = match self.serving.state.get() {
            State::Busy => !self.is_guarded(),
            State::Begun | State::Body | State::Skip => true,
            State::Head if self.connection.wire.has_input() => true,
            // It may still hear its last reply.
            State::Head if self.connection.wire.output_length() > 0 => {
                self.end_quietly();
                true
            }
            State::Head => false,
            State::Last | State::Linger => false,
        };
        if is_needed { Ok(()) } else { Err(Errno(libc::ECONNRESET)) }
    }

    /// Writes what there is; has something waited for that? An error ends the connection, as does
    /// the end of the last reply.
    fn flush(self) -> Result<bool> {
        let (wire, state) = (&self.connection.wire, &self.serving.state);
        if !wire.flush()? {
            return Ok(false);
        }
        if state.get() == State::Last && !wire.say_end()? {
            return Ok(false);
        }
        if state.get() == State::Last && !wire.is_at_end() && self.is_still_told() {
            return self.linger().map(|()| false);
        }
        let reads = state.get() != State::Last && !self.has_much_input();
        if reads && !wire.is_at_end() && !self.is_in_head() {
            self.watch()?;
        }
        let is_over = state.get() == State::Last
            || wire.is_at_end() && state.get() == State::Head && !wire.has_input();
        if is_over {
            return Err(Errno(libc::ECONNRESET));
        }
        Ok(self.serving.waits_for_room.replace(false))
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
