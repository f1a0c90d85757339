//! A connection that serves: requests come in one after the other, replies go out in that order.
//!
//! ```text
//!   Head --> Body --> Busy (the program has the request) --> Head ...      --> Last --> closed
//!     |  refused        |  answered                                             ^
//!     +-----------------+------------------ the connection is to end ----------+
//! ```
//! One step is made at a time (`advance`); a step that ends at the program returns the call that is
//! to be made, and nothing is touched after it. What has to go on after a call was queued before it,
//! as work for the end of the round: there replies are written, several in one, and the next request
//! that has come already is looked at. An idle connection has no buffers.

use super::chunked::Piece;
use super::client::{self, Client};
use super::exchange;
use super::server::ServerPtr;
use super::{Body, Decoder, Refusal, Scan};
use crate::buffer;
use crate::errno::{Errno, Result};
use crate::event::{BasePtr, Core, timeval_of};
use crate::layout::call::http::{CloseCallback, RequestCall, run_close};
use crate::layout::chain::{Chain, linked};
use crate::layout::evbuffer::BufferPtr;
use crate::layout::event::{EV_PERSIST, EV_READ, EV_TIMEOUT, EV_WRITE, Event, EventPtr};
use crate::layout::evhttp::{RequestPtr, Stage};
use crate::layout::handle::Handle;
use crate::layout::late::{Late, Work};
use crate::layout::link::Link;
use crate::layout::live::Live;
use crate::layout::own_event::{self, Fires};
use crate::rpc::Owner;
use crate::sys::{clock, fd, mem, socket};
use std::cell::Cell;
use std::ffi::{CStr, c_int, c_void};
use std::io::Write;
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

/// Seconds without progress (behaviour 147).
pub const TIMEOUT: c_int = 50;

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

/// How the body of the current request comes.
enum Framing {
    Left(u64),
    Chunked(Box<Decoder>),
    UntilEof,
}

#[repr(C)]
pub struct Connection {
    place: Link,
    pub(super) server: Cell<Option<ServerPtr>>,
    pub(super) base: Cell<Option<BasePtr>>,
    pub(super) socket: Cell<c_int>,
    pub(super) read: Event,
    pub(super) write: Event,
    pub(super) late: Late,
    pub(super) state: Cell<State>,
    pub(super) scan: Cell<Option<Box<Scan>>>,
    pub(super) framing: Cell<Option<Framing>>,
    /// The body is not for the program (GET, HEAD).
    pub(super) skips_body: Cell<bool>,
    pub(super) input: Cell<Option<BufferPtr>>,
    pub(super) output: Cell<Option<BufferPtr>>,
    /// The request that is read, or that the program has.
    pub(super) request: Cell<Option<RequestPtr>>,
    pub(super) peer: SocketAddr,
    /// The same address as text.
    pub(super) peer_text: PeerText,
    /// Seconds; 0 is none.
    pub(super) timeout: Cell<c_int>,
    /// The peer has sent its last byte.
    pub(super) at_end: Cell<bool>,
    /// Something is on its way that will not be read.
    pub(super) was_refused: Cell<bool>,
    pub closecb: Cell<CloseCallback>,
    pub closecb_arg: Cell<*mut c_void>,
    /// When a head of which a byte has come must be complete, in microseconds: whatever drips in.
    head_until: Cell<Option<u64>>,
    /// The pool that it is in, and what is called when it ends.
    pub owner: Cell<Option<Owner>>,
    /// What it has instead if it is a program's that asks.
    pub(super) client: Option<Box<Client>>,
}

linked!(Connection, place, 0);

pub type ConnectionPtr = Handle<Connection>;

/// Serves a socket that was accepted.
pub fn open(server: ServerPtr, base: BasePtr, socket: OwnedFd, peer: SocketAddr) -> Result<()> {
    let number = socket.as_raw_fd();
    let connection = create(Some(server), Some(base), peer, None)?;
    connection.socket.set(number);
    connection.timeout.set(server.timeout());
    connection.late.set(Work::Http(end_of_round, connection));
    connection.watch(base, number);
    if let Err(error) = connection.add(&connection.read) {
        connection.end();
        return Err(error);
    }
    let _ = socket::set_nodelay(number);
    // Closed with the connection from now on.
    std::mem::forget(socket);
    server.connections().push(connection);
    // What was sent with the connection is read in this round, without asking the kernel.
    let event = EventPtr::of(&connection.read);
    let _ = base.try_enter(|core| core.activate(event, c_int::from(EV_READ), 1));
    Ok(())
}

/// Connections that are alive, by their bases.
static LIVE: Live<Connection> = Live::new();

/// A base is about to be freed: its connections have none from now on.
pub fn base_freed(base: BasePtr) {
    while let Some(connection) = LIVE.tagged(base.as_ptr().addr()) {
        LIVE.retag(connection, 0);
        for event in [&connection.read, &connection.write] {
            connection.delete(event);
        }
        connection.cancel_late();
        connection.base.set(None);
    }
}

/// A connection without a socket.
pub(super) fn create(
    server: Option<ServerPtr>,
    base: Option<BasePtr>,
    peer: SocketAddr,
    client: Option<Box<Client>>,
) -> Result<ConnectionPtr> {
    let connection = Handle::leak(mem::try_box(Connection {
        place: Link::new(),
        server: Cell::new(server),
        base: Cell::new(base),
        socket: Cell::new(-1),
        read: Event::zeroed(),
        write: Event::zeroed(),
        late: Late::new(),
        state: Cell::new(State::Head),
        scan: Cell::new(None),
        framing: Cell::new(None),
        skips_body: Cell::new(false),
        input: Cell::new(None),
        output: Cell::new(None),
        request: Cell::new(None),
        peer,
        peer_text: PeerText::of(peer),
        timeout: Cell::new(TIMEOUT),
        at_end: Cell::new(false),
        was_refused: Cell::new(false),
        closecb: Cell::new(None),
        closecb_arg: Cell::new(std::ptr::null_mut()),
        head_until: Cell::new(None),
        owner: Cell::new(None),
        client,
    })?);
    let tag = base.map_or(0, |base| base.as_ptr().addr());
    LIVE.insert(connection, tag).inspect_err(|_| connection.dispose())?;
    Ok(connection)
}

impl ConnectionPtr {
    /// Sets up its events for a socket.
    pub(super) fn watch(self, base: BasePtr, number: c_int) {
        own_event::set(EventPtr::of(&self.read), base, number, EV_READ | EV_PERSIST, self);
        own_event::set(EventPtr::of(&self.write), base, number, EV_WRITE | EV_PERSIST, self);
    }
}

impl Fires for Connection {
    fn fired(connection: ConnectionPtr) {
        let timed_out = |event: &Event| {
            let result = event.ev_res.replace(0);
            result != 0 && result & c_int::from(EV_TIMEOUT) != 0
        };
        let is_late = timed_out(&connection.read) | timed_out(&connection.write);
        if connection.client.is_some() {
            return client::fired(connection, is_late);
        }
        if is_late && connection.is_overdue() {
            return overdue(connection);
        }
        if connection.output.get().is_some() {
            connection.queue();
        }
        match connection.state.get() {
            State::Last => connection.queue(),
            State::Linger if connection.throw_away() => {}
            State::Linger => close(connection),
            _ => readable(connection),
        }
    }
}

/// Reads what is there, and goes on with it.
fn readable(connection: ConnectionPtr) {
    match connection.fill() {
        Ok(()) => go_on(connection),
        Err(Errno::AGAIN | Errno::INTR) => {}
        Err(_) => close(connection),
    }
}

/// Makes steps until there is nothing to do, or the program has a request.
fn go_on(connection: ConnectionPtr) {
    let raw = connection.as_ptr();
    for _ in 0..PIPELINED {
        let Some(call) = connection.advance() else { break };
        // Whatever comes of the call, this goes on.
        connection.queue();
        call.run();
        // It may have been closed meanwhile.
        let Some(connection) = find(raw) else { return };
        if !connection.finish_request() {
            break;
        }
    }
}

/// The connection at an address, if there is one.
pub fn find(raw: *mut Connection) -> Option<ConnectionPtr> {
    LIVE.find(raw)
}

/// The end of a round: what was answered is written.
fn end_of_round(connection: ConnectionPtr) -> bool {
    let raw = connection.as_ptr();
    if connection.finish_request() {
        go_on(connection);
    }
    if let Some(connection) = find(raw)
        && connection.flush().is_err()
    {
        close(connection);
    }
    true
}

fn overdue(connection: ConnectionPtr) {
    if connection.state.get() == State::Head && connection.head_until.get().is_some() {
        connection.refuse(408, b"Request Timeout");
    } else {
        close(connection);
    }
}

/// Ends a connection; its program hears of it, and a request that it has stays with it.
pub fn close(connection: ConnectionPtr) {
    if connection.client.is_some() {
        return client::free(connection);
    }
    if connection.socket.get() < 0 {
        // By what is called when it is closed.
        return;
    }
    for event in [&connection.read, &connection.write] {
        connection.delete(event);
    }
    connection.cancel_late();
    fd::close(connection.socket.replace(-1));
    for buffer in [connection.input.take(), connection.output.take()].into_iter().flatten() {
        buffer.dispose();
    }
    Chain::<Connection>::remove(connection);
    if let Some(request) = connection.request.take() {
        request.evcon.set(std::ptr::null_mut());
        // The program frees it by its answer; one that was not given to it, or that it has
        // answered, is ours.
        if connection.state.get() != State::Busy || request.stage.get() == Stage::Answered {
            request.dispose();
        }
    }
    let callback = connection.closecb.take();
    run_close(callback, connection.as_ptr(), connection.closecb_arg.get());
    connection.end();
}

impl ConnectionPtr {
    /// The end of its memory.
    pub(super) fn end(self) {
        if let Some((ended, pool)) = self.owner.take() {
            ended(pool, self);
        }
        LIVE.remove(self);
        LIVE.tidy();
        self.dispose();
    }
}

impl Connection {
    pub(super) fn cancel_late(&self) {
        if let Some(base) = self.late.base() {
            let _ = base.try_enter(|core: &mut Core| core.cancel_late(&self.late));
        }
    }

    pub fn peer(&self) -> SocketAddr {
        self.peer
    }

    /// A mapped address as the one that it stands for (behaviour 136).
    pub fn peer_text(&self) -> &CStr {
        CStr::from_bytes_until_nul(&self.peer_text.0).unwrap_or_default()
    }

    pub fn timeout(&self) -> c_int {
        self.timeout.get()
    }

    pub fn set_timeout(&self, seconds: c_int) {
        self.timeout.set(if seconds < 0 { TIMEOUT } else { seconds });
        if let Some(base) = self.base.get() {
            let _ = base.try_enter(|core| core.del(EventPtr::of(&self.read)));
        }
        let _ = self.add(&self.read);
    }

    pub(super) fn add(&self, event: &Event) -> Result<()> {
        let base = self.base.get().ok_or(Errno::INVAL)?;
        let seconds = u64::from(self.timeout.get().max(0).unsigned_abs());
        let after = timeval_of(seconds * 1_000_000);
        let after = (seconds > 0).then_some(&after);
        base.try_enter(|core| core.add(EventPtr::of(event), after))?
    }

    pub(super) fn delete(&self, event: &Event) {
        let event = EventPtr::of(event);
        if Core::is_linked(event)
            && let Some(base) = self.base.get()
        {
            let _ = base.try_enter(|core| core.del(event));
        }
    }

    fn is_overdue(&self) -> bool {
        // The program may take its time; the peer may not.
        self.state.get() != State::Busy || self.output.get().is_some()
    }

    pub(super) fn has_input(&self) -> bool {
        self.input.get().is_some_and(|input| input.off.get() > 0)
    }

    /// Work at the end of the round, also if nobody returns from a call in between.
    pub fn queue(&self) {
        if let Some(base) = self.base.get() {
            let _ = base.try_enter(|core| core.queue_late(base, &self.late));
        }
    }

    /// Reads once. `ECONNRESET`: the end, with nothing left to do.
    fn fill(&self) -> Result<()> {
        let input = match self.input.get() {
            Some(input) => input,
            None => BufferPtr::create()?,
        };
        self.input.set(Some(input));
        if self.has_much_output()
            || input.off.get() >= INPUT_LIMIT && self.state.get() == State::Busy
        {
            // What is there is enough until the program has answered, and the peer has heard.
            self.delete(&self.read);
            return Ok(());
        }
        match buffer::read(input, self.socket.get(), -1) {
            Ok(0) => self.peer_is_done(),
            Ok(_) => self.has_progress(input),
            Err(error) => {
                if input.off.get() == 0 {
                    self.input.set(None);
                    input.dispose();
                }
                match error {
                    Errno::AGAIN | Errno::INTR => Err(error),
                    _ if self.state.get() == State::Busy => self.peer_is_done(),
                    _ => Err(error),
                }
            }
        }
    }

    /// What has come gives the peer more time, but for heads: a head has its time as a whole.
    fn has_progress(&self, input: BufferPtr) -> Result<()> {
        if self.state.get() != State::Head {
            return self.add(&self.read);
        }
        let is_blank = |byte: &u8| matches!(byte, b'\r' | b'\n');
        let seconds = u64::from(self.timeout.get().max(0).unsigned_abs());
        if seconds == 0 {
            return Ok(());
        }
        let now = clock::monotonic_ns().unwrap_or_else(clock::wall_ns) / 1000;
        let until = match self.head_until.get() {
            Some(until) => until,
            // Empty lines are no request yet: such a connection is idle.
            None if input.bytes().iter().all(is_blank) => return self.add(&self.read),
            None => now + seconds * 1_000_000,
        };
        self.head_until.set(Some(until));
        let base = self.base.get().ok_or(Errno::INVAL)?;
        let left = timeval_of(until.saturating_sub(now));
        base.try_enter(|core| core.add(EventPtr::of(&self.read), Some(&left)))?
    }

    fn has_much_output(&self) -> bool {
        self.output.get().is_some_and(|output| output.off.get() > OUTPUT_LIMIT)
    }

    fn peer_is_done(&self) -> Result<()> {
        self.at_end.set(true);
        self.delete(&self.read);
        let is_needed = match self.state.get() {
            State::Busy => true,
            State::Body | State::Skip => true,
            State::Head => self.has_input(),
            State::Last | State::Linger => false,
        };
        if is_needed { Ok(()) } else { Err(Errno(libc::ECONNRESET)) }
    }

    /// One step: what is to be called, if it comes to that.
    fn advance(&self) -> Option<RequestCall> {
        if self.has_much_output() {
            return None;
        }
        let call = match self.state.get() {
            State::Head => self.read_head(),
            State::Body | State::Skip => self.read_body(),
            State::Busy | State::Last | State::Linger => return None,
        };
        match call {
            Ok(call) => call,
            Err(refusal) => {
                self.refuse_for(refusal);
                None
            }
        }
    }

    fn read_head(&self) -> super::Result<Option<RequestCall>> {
        let Some(server) = self.server.get() else { return Ok(None) };
        let Some(input) = self.input.get() else { return Ok(None) };
        if input.off.get() == 0 {
            self.drop_input();
            return Ok(None);
        }
        let mut scan = match self.scan.take() {
            Some(scan) => scan,
            None => mem::try_box(Scan::request(server.is_strict())).map_err(no_memory)?,
        };
        let Some(found) = scan.find(input.bytes(), &server.limits())? else {
            if self.at_end.get() {
                self.end_quietly();
            } else {
                self.scan.set(Some(scan));
            }
            return Ok(None);
        };
        let mut head = try_copy(&input.bytes()[found.start..found.end])?;
        buffer::drain(input, found.end);
        self.head_until.set(None);
        let taken = exchange::begin(self, server, &found, &mut head)?;
        self.request.set(Some(taken.request));
        self.skips_body.set(taken.skips_body);
        match taken.body {
            Body::None | Body::Length(0) => return Ok(self.dispatch()),
            Body::Length(length) => self.framing.set(Some(Framing::Left(length))),
            Body::UntilEof => self.framing.set(Some(Framing::UntilEof)),
            Body::Chunked => {
                let decoder =
                    Decoder::new(server.is_strict(), false, server.limits(), server.max_body());
                let decoder = mem::try_box(decoder).map_err(no_memory)?;
                self.framing.set(Some(Framing::Chunked(decoder)));
            }
        }
        if taken.skips_body {
            // It is answered now; the end of the body only tells where the next request begins.
            taken.request.closes.set(taken.request.closes.get() || taken.wants_continue);
            return Ok(self.dispatch());
        }
        self.state.set(State::Body);
        if taken.wants_continue && input.off.get() == 0 {
            self.send(b"HTTP/1.1 100 Continue\r\n\r\n").map_err(no_memory)?;
        }
        self.read_body()
    }

    fn read_body(&self) -> super::Result<Option<RequestCall>> {
        let Some(input) = self.input.get() else { return Ok(None) };
        let skips = self.state.get() == State::Skip;
        let request = match self.request.get() {
            Some(request) => request,
            // What nobody wants needs a place for its trailers all the same.
            None if skips => return self.skip_body(input),
            None => return Ok(None),
        };
        let target = request.input();
        let take = |length: usize| -> super::Result<()> {
            buffer::append(target, &input.bytes()[..length]).map_err(no_memory)?;
            buffer::drain(input, length);
            Ok(())
        };
        let is_whole = match self.framing.take() {
            None => true,
            Some(Framing::Left(left)) => {
                let length = usize::try_from(left).unwrap_or(usize::MAX).min(input.off.get());
                take(length)?;
                let left = left - length as u64;
                request.ntoread.set(left as i64);
                self.framing.set(Some(Framing::Left(left)));
                left == 0
            }
            Some(Framing::UntilEof) => {
                let max = self.server.get().and_then(|server| server.max_body());
                if max.is_some_and(|max| (target.off.get() + input.off.get()) as u64 > max) {
                    return Err(Refusal::BodyTooLarge);
                }
                take(input.off.get())?;
                self.framing.set(Some(Framing::UntilEof));
                self.at_end.get()
            }
            Some(Framing::Chunked(mut decoder)) => {
                let is_whole = self.read_chunks(&mut decoder, request, take)?;
                self.framing.set(Some(Framing::Chunked(decoder)));
                is_whole
            }
        };
        if is_whole {
            self.framing.set(None);
            return Ok(self.dispatch());
        }
        if self.at_end.get() {
            self.end_quietly();
            return Ok(None);
        }
        if input.off.get() == 0 {
            self.drop_input();
        }
        Ok(None)
    }

    /// Throws away the body of a request that was answered; then the next one may come.
    fn skip_body(&self, input: BufferPtr) -> super::Result<Option<RequestCall>> {
        let is_whole = match self.framing.take() {
            None => true,
            Some(Framing::Left(left)) => {
                let length = usize::try_from(left).unwrap_or(usize::MAX).min(input.off.get());
                buffer::drain(input, length);
                self.framing.set(Some(Framing::Left(left - length as u64)));
                left == length as u64
            }
            Some(Framing::UntilEof) => {
                buffer::drain(input, input.off.get());
                self.framing.set(Some(Framing::UntilEof));
                false
            }
            Some(Framing::Chunked(mut decoder)) => {
                let is_whole = skip_chunks(&mut decoder, input)?;
                self.framing.set(Some(Framing::Chunked(decoder)));
                is_whole
            }
        };
        if is_whole {
            self.framing.set(None);
            self.state.set(State::Head);
            return self.read_head();
        }
        if self.at_end.get() {
            self.end_quietly();
        } else if input.off.get() == 0 {
            self.drop_input();
        }
        Ok(None)
    }

    fn read_chunks(
        &self,
        decoder: &mut Decoder,
        request: RequestPtr,
        take: impl Fn(usize) -> super::Result<()>,
    ) -> super::Result<bool> {
        let Some(input) = self.input.get() else { return Ok(false) };
        loop {
            match decoder.next(input.bytes())? {
                Piece::Data { skip, length, .. } => {
                    buffer::drain(input, skip);
                    take(length)?;
                }
                Piece::More { skip } => {
                    buffer::drain(input, skip);
                    return Ok(false);
                }
                Piece::End { trailers } => {
                    let mut head = try_copy(&input.bytes()[trailers.start..trailers.end])?;
                    buffer::drain(input, trailers.end);
                    exchange::add_trailers(request, &trailers, &mut head)?;
                    return Ok(true);
                }
            }
        }
    }

    /// The request is there: who is to be called.
    fn dispatch(&self) -> Option<RequestCall> {
        let (Some(server), Some(request)) = (self.server.get(), self.request.get()) else {
            return None;
        };
        self.state.set(State::Busy);
        match server.handler(request) {
            Some(call) => Some(call),
            None => {
                exchange::answer_not_found(request);
                self.queue();
                None
            }
        }
    }

    /// After an answer: the next request may come. Is there anything to look at?
    fn finish_request(&self) -> bool {
        let Some(request) = self.request.get() else { return self.state.get() == State::Head };
        if self.state.get() != State::Busy || request.stage.get() != Stage::Answered {
            return false;
        }
        self.request.set(None);
        let closes = request.closes.get() || self.at_end.get() && !self.has_input();
        request.dispose();
        if closes {
            self.state.set(State::Last);
            return false;
        }
        let framing = self.framing.take();
        self.state.set(if framing.is_some() { State::Skip } else { State::Head });
        self.framing.set(framing);
        if !self.at_end.get() && !self.has_much_output() {
            let _ = self.add(&self.read);
        }
        self.has_input() && !self.has_much_output()
    }

    fn refuse_for(&self, refusal: Refusal) {
        let status = refusal.status();
        self.refuse(status, exchange::reason(status));
    }

    /// Answers what is no request, and ends the connection.
    fn refuse(&self, status: u16, reason: &[u8]) {
        if let Some(request) = self.request.take() {
            request.dispose();
        }
        self.framing.set(None);
        self.was_refused.set(true);
        self.state.set(State::Last);
        let page = exchange::refusal(status, reason);
        if page.and_then(|page| self.send(&page)).is_err() {
            // Without memory for that it just ends.
            self.end_quietly();
        }
    }

    /// Ends at the end of the round, without another word.
    fn end_quietly(&self) {
        self.state.set(State::Last);
        self.queue();
    }

    pub(super) fn drop_input(&self) {
        if let Some(input) = self.input.take() {
            input.dispose();
        }
    }

    /// Reads what nobody wants; may more come?
    fn throw_away(&self) -> bool {
        let mut piece = [0; 16384];
        for _ in 0..16 {
            match fd::read(self.socket.get(), &mut piece) {
                Ok(0) => return false,
                Ok(_) | Err(Errno::INTR) => {}
                Err(error) => return error == Errno::AGAIN,
            }
        }
        true
    }

    /// The buffer that replies go to.
    pub fn output(&self) -> Result<BufferPtr> {
        let output = match self.output.get() {
            Some(output) => output,
            None => BufferPtr::create()?,
        };
        self.output.set(Some(output));
        Ok(output)
    }

    pub fn send(&self, bytes: &[u8]) -> Result<()> {
        let output = self.output()?;
        self.queue();
        buffer::append(output, bytes)
    }

    /// The peer takes what it is sent: it is given more time.
    fn is_heard(&self) {
        for event in [&self.read, &self.write] {
            if Core::is_linked(EventPtr::of(event)) {
                let _ = self.add(event);
            }
        }
    }

    /// Writes what there is. An error ends the connection, as does the end of the last reply.
    fn flush(&self) -> Result<()> {
        if let Some(output) = self.output.get() {
            while output.off.get() > 0 {
                match socket::send(self.socket.get(), output.bytes()) {
                    Ok(n) => {
                        buffer::drain(output, n);
                        self.is_heard();
                    }
                    Err(Errno::INTR) => {}
                    Err(Errno::AGAIN) => return self.add(&self.write),
                    Err(error) => return Err(error),
                }
            }
            self.output.set(None);
            output.dispose();
            self.delete(&self.write);
        }
        if self.state.get() == State::Last && !self.at_end.get() && self.is_still_told() {
            return self.linger();
        }
        if self.has_input() && matches!(self.state.get(), State::Head | State::Skip) {
            // What waited for room.
            self.queue();
        }
        if !self.at_end.get() && self.state.get() != State::Last {
            self.add(&self.read)?;
        }
        let is_over = self.state.get() == State::Last
            || self.at_end.get() && self.state.get() == State::Head && !self.has_input();
        if is_over { Err(Errno(libc::ECONNRESET)) } else { Ok(()) }
    }
}

impl Connection {
    /// Does the peer send what nobody will read?
    fn is_still_told(&self) -> bool {
        let mut byte = [0; 1];
        self.was_refused.get()
            || self.has_input()
            || matches!(fd::read(self.socket.get(), &mut byte), Ok(1))
    }

    fn linger(&self) -> Result<()> {
        self.drop_input();
        self.state.set(State::Linger);
        self.timeout.set(LINGER);
        socket::shut_down_writing(self.socket.get())?;
        self.delete(&self.read);
        self.add(&self.read)
    }
}

/// Room for the longest address, and a NUL.
struct PeerText([u8; 46]);

impl PeerText {
    fn of(peer: SocketAddr) -> PeerText {
        let mut text = PeerText([0; 46]);
        let room = text.0.len() - 1;
        let _ = write!(&mut text.0[..room], "{}", peer.ip().to_canonical());
        text
    }
}

pub(super) fn no_memory(_: Errno) -> Refusal {
    Refusal::NoMemory
}

pub(super) fn try_copy(bytes: &[u8]) -> super::Result<Vec<u8>> {
    let mut copy = Vec::new();
    copy.try_reserve_exact(bytes.len()).map_err(|_| Refusal::NoMemory)?;
    copy.extend_from_slice(bytes);
    Ok(copy)
}

fn skip_chunks(decoder: &mut Decoder, input: BufferPtr) -> super::Result<bool> {
    loop {
        match decoder.next(input.bytes())? {
            Piece::Data { skip, length, .. } => buffer::drain(input, skip + length),
            Piece::More { skip } => {
                buffer::drain(input, skip);
                return Ok(false);
            }
            Piece::End { trailers } => {
                buffer::drain(input, trailers.end);
                return Ok(true);
            }
        }
    }
}
