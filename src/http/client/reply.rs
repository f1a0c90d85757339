//! A reply, as it comes: heads until the last one, then a body by its framing, which a program may
//! take piece by piece.

use super::turn::Call;
use super::{Client, Phase, Reason, Verdict, drop_socket, fail_first};
use crate::buffer;
use crate::errno::Result;
use crate::http::body::{Incoming, Progress};
use crate::http::connection::{ConnectionPtr, no_memory, try_copy};
use crate::http::framing::{self, ReplyFraming};
use crate::http::{Asked, Body, Decoder, Head, Refusal, Reply, Scan, parse};
use crate::layout::evbuffer::BufferPtr;
use crate::layout::evhttp::{KIND_RESPONSE, RequestPtr};
use crate::sys::mem;
use std::cell::Cell;
use std::ffi::{c_char, c_int};

/// What has come of a reply.
pub struct Incomplete {
    scan: Cell<Option<Box<Scan>>>,
    body: Cell<Option<Incoming>>,
    has_head: Cell<bool>,
    /// A byte of it has come.
    has_begun: Cell<bool>,
    /// What is in the request's buffer was shown to the program.
    is_shown: Cell<bool>,
    /// So much has come that nothing more is read.
    pub is_full: Cell<bool>,
    /// Nothing more will come, and that was not the end.
    pub is_broken: Cell<bool>,
    /// Bytes of 1xx replies before it.
    interim: Cell<usize>,
    /// If nothing of it comes, the request is asked over another connection.
    pub may_ask_again: Cell<bool>,
    /// The connection ends with it.
    pub closes: Cell<bool>,
    /// How the framing of the reply is found.
    pub asked: Cell<Asked>,
    /// Something was asked over this socket before.
    pub was_used: Cell<bool>,
}

impl Incomplete {
    pub fn new() -> Incomplete {
        Incomplete {
            scan: Cell::new(None),
            body: Cell::new(None),
            has_head: Cell::new(false),
            has_begun: Cell::new(false),
            is_shown: Cell::new(false),
            is_full: Cell::new(false),
            is_broken: Cell::new(false),
            interim: Cell::new(0),
            may_ask_again: Cell::new(false),
            closes: Cell::new(false),
            asked: Cell::new(Asked::default()),
            was_used: Cell::new(false),
        }
    }

    /// Nothing has come, over a new socket or for another request.
    pub fn forget(&self) {
        self.scan.set(None);
        self.body.set(None);
        self.has_head.set(false);
        self.has_begun.set(false);
        self.is_shown.set(false);
        self.is_full.set(false);
        self.is_broken.set(false);
        self.interim.set(0);
        self.may_ask_again.set(false);
        self.closes.set(false);
        self.was_used.set(false);
    }
}

impl Incomplete {
    pub fn has_head(&self) -> bool {
        self.has_head.get()
    }
}

/// What a step has come to.
pub enum Step {
    /// More has to come.
    Wait,
    /// There may be more to do.
    Again,
    Call(Call),
}

impl Client {
    /// The program has said that it takes no more of the reply for now.
    pub fn is_paused(&self) -> bool {
        self.first().is_some_and(|request| request.is_paused.get())
    }
}

/// Goes on with the reply to the first request, as far as it has come.
pub fn step(connection: ConnectionPtr, client: &Client) -> Step {
    let Some(request) = client.first() else { return Step::Wait };
    if request.is_paused.get() {
        return Step::Wait;
    }
    let incoming = &client.incoming;
    incoming.has_begun.set(incoming.has_begun.get() || connection.wire.has_input());
    let result = match connection.wire.input() {
        _ if incoming.has_head.get() => read_body(connection, client, request),
        Some(input) => read_head(connection, client, request, input),
        None => Ok(Step::Wait),
    };
    match result {
        Ok(Step::Wait) if incoming.is_broken.get() => {
            fail_first(connection, client, Verdict::Failed(Reason::Eof));
            Step::Again
        }
        Ok(Step::Wait) if connection.wire.is_at_end() && may_ask_again(client) => {
            ask_again(connection, client);
            Step::Again
        }
        Ok(Step::Wait) if connection.wire.is_at_end() => {
            let verdict = match incoming.has_begun.get() {
                true => Verdict::Failed(Reason::Eof),
                false => Verdict::Nothing(Reason::Eof),
            };
            fail_first(connection, client, verdict);
            Step::Again
        }
        Ok(step) => step,
        Err(refusal) => {
            fail_first(connection, client, Verdict::Failed(reason_of(refusal)));
            Step::Again
        }
    }
}

/// The server has closed a connection that was idle, while the request was on its way there.
pub fn may_ask_again(client: &Client) -> bool {
    client.incoming.may_ask_again.get() && !client.incoming.has_begun.get()
}

/// Over another connection; once.
pub fn ask_again(connection: ConnectionPtr, client: &Client) {
    if let Some(request) = client.first() {
        request.was_sent.set(true);
    }
    drop_socket(connection, client);
}

fn reason_of(refusal: Refusal) -> Reason {
    match refusal {
        Refusal::NoMemory => Reason::Buffer,
        Refusal::BodyTooLarge => Reason::TooLong,
        _ => Reason::Invalid,
    }
}

fn read_head(
    connection: ConnectionPtr,
    client: &Client,
    request: RequestPtr,
    input: BufferPtr,
) -> crate::http::Result<Step> {
    let incoming = &client.incoming;
    let mut scan = match incoming.scan.take() {
        Some(scan) => scan,
        None => mem::try_box(Scan::reply()).map_err(no_memory)?,
    };
    let Some(found) = scan.find(input.bytes(), &client.limits())? else {
        incoming.scan.set(Some(scan));
        return Ok(Step::Wait);
    };
    let mut head = try_copy(&input.bytes()[found.start..found.end])?;
    buffer::drain(input, found.end);
    let (code, framing) = parse_head(client, request, &found, &mut head)?;
    if is_interim(code) {
        // They are no way to send a head that is longer than heads may be.
        incoming.interim.set(incoming.interim.get() + found.end);
        let is_good = incoming.interim.get() <= client.max_head.get();
        return if is_good { Ok(Step::Again) } else { Err(Refusal::HeadTooLarge) };
    }
    incoming.has_head.set(true);
    incoming.closes.set(incoming.closes.get() || framing.close);
    request.bits.set_chunked(framing.body == Body::Chunked);
    let max = client.max_body.get();
    if let (Body::Length(length), Some(max)) = (framing.body, max)
        && length > max
    {
        return Err(Refusal::BodyTooLarge);
    }
    let limits = client.limits();
    let decoder = || Decoder::new(false, true, limits, max);
    incoming.body.set(Incoming::new(framing.body, max, decoder)?);
    if input.off.get() == 0 {
        connection.wire.drop_input();
    }
    Ok(match request.header_cb.get() {
        None => Step::Again,
        callback => Step::Call(Call::Header { callback, request }),
    })
}

/// 1xx replies are followed by another one, but for 101 (behaviour 164).
fn is_interim(code: u16) -> bool {
    code < 200 && code != 101
}

fn parse_head(
    client: &Client,
    request: RequestPtr,
    found: &Head,
    head: &mut [u8],
) -> crate::http::Result<(u16, ReplyFraming)> {
    let asked = client.incoming.asked.get();
    parse::reply(found, head, |reply| {
        let framing = framing::of_reply(reply, &asked)?;
        if !is_interim(reply.code) {
            fill(request, reply).map_err(no_memory)?;
        }
        Ok((reply.code, framing))
    })?
}

/// What the program gets: status, headers (behaviour 197).
fn fill(request: RequestPtr, reply: &Reply) -> Result<()> {
    request.kind.set(KIND_RESPONSE);
    request.major.set(1);
    request.minor.set(reply.minor as c_char);
    request.response_code.set(c_int::from(reply.code));
    request.set_reason(reply.reason)?;
    let list = request.input_headers();
    reply.fields.iter().try_for_each(|field| list.push(field.name.as_bytes(), field.value))
}

fn read_body(
    connection: ConnectionPtr,
    client: &Client,
    request: RequestPtr,
) -> crate::http::Result<Step> {
    if client.incoming.is_shown.replace(false) {
        buffer::drain(request.input(), request.input().off.get());
    }
    let Some(mut body) = client.incoming.body.take() else {
        return Ok(whole(connection, client));
    };
    if !connection.wire.has_input() && !connection.wire.is_at_end() {
        client.incoming.body.set(Some(body));
        return Ok(Step::Wait);
    }
    let input = connection.wire.input_or_new().map_err(no_memory)?;
    let progress = body.step(input, connection.wire.is_at_end(), Some(request))?;
    let is_chunked = matches!(body, Incoming::Chunked(_));
    if input.off.get() == 0 {
        connection.wire.drop_input();
    }
    if progress != Progress::Whole {
        client.incoming.body.set(Some(body));
    }
    let callback = match request.body_cb.get() {
        None if is_chunked => request.chunk_cb.get(),
        callback => callback,
    };
    if callback.is_some() && request.input().off.get() > 0 {
        client.incoming.is_shown.set(true);
        return Ok(Step::Call(Call::Piece { callback, request }));
    }
    Ok(match progress {
        Progress::Wait => Step::Wait,
        Progress::Piece => Step::Again,
        Progress::Whole => whole(connection, client),
    })
}

/// The first of the queue has its reply.
fn whole(connection: ConnectionPtr, client: &Client) -> Step {
    let wire = &connection.wire;
    // What is there beyond the reply is one that nobody has asked for; and a server that has
    // answered before it has heard all would take the rest for another request.
    let closes = client.incoming.closes.get()
        || client.incoming.is_broken.get()
        || wire.is_at_end()
        || wire.has_input()
        || wire.output_length() > 0;
    client.decide(Verdict::Whole);
    if closes {
        drop_socket(connection, client);
    } else {
        client.phase.set(Phase::Idle);
    }
    Step::Again
}
