//! From the head of a request to the bytes of its reply.

use super::connection::{ConnectionPtr, find, no_memory};
use super::decimal::Decimal;
use super::server::ServerPtr;
use super::{
    Body, ChunkHead, Head, LAST_CHUNK, Request, Rules, headers, imf_fixdate, is_allowed_trailer,
    members, of_request, parse, uri,
};
use crate::buffer;
use crate::errno::{Errno, Result};
use crate::http::connection::{Connection, PeerText};
use crate::layout::call::http::CloseCallback;
use crate::layout::evbuffer::BufferPtr;
use crate::layout::evhttp::{
    FLAG_OWN_CONNECTION, FLAG_PROXY, KIND_REQUEST, KIND_RESPONSE, RequestPtr, Stage,
};
use crate::layout::keyval::{Headers, Keyval};
use crate::sys::clock;
use std::ffi::{c_char, c_int, c_void};
use std::ops::Range;
use std::os::fd::OwnedFd;

/// A request whose head was read.
pub struct Taken {
    pub request: RequestPtr,
    pub body: Body,
    pub wants_continue: bool,
}

pub const METHOD_HEAD: c_int = 2;

/// Makes a request of a head.
pub fn begin(
    connection: &Connection,
    server: ServerPtr,
    found: &Head,
    head: &mut [u8],
) -> super::Result<Taken> {
    let settings = &server.settings;
    parse::request(found, head, settings.is_strict(), |parsed| {
        let kind = settings.allowed(parsed.method)?;
        let rules = Rules { is_strict: settings.is_strict(), max_body: settings.max_body() };
        let framing = of_request(parsed, &rules)?;
        let request = RequestPtr::create(None, std::ptr::null_mut()).map_err(no_memory)?;
        request.closes.set(framing.close);
        request.asked_close.set(framing.asked_close);
        request.asked_keep_alive.set(framing.asked_keep_alive);
        if let Err(error) = fill(request, connection, parsed, kind, framing.body) {
            request.dispose();
            return Err(no_memory(error));
        }
        Ok(Taken { request, body: framing.body, wants_continue: framing.wants_continue })
    })?
}

fn fill(
    request: RequestPtr,
    connection: &Connection,
    parsed: &Request,
    kind: c_int,
    body: Body,
) -> Result<()> {
    request.kind.set(KIND_REQUEST);
    request.r#type.set(kind);
    request.major.set(1);
    request.minor.set(parsed.minor as c_char);
    let proxy = if parsed.is_proxy() { FLAG_PROXY } else { 0 };
    request.flags.set(FLAG_OWN_CONNECTION | proxy);
    request.evcon.set(std::ptr::from_ref(connection).cast_mut());
    request.bits.set_chunked(body == Body::Chunked);
    request.set_uri(parsed.target.as_bytes())?;
    request.remote_port.set(connection.peer().port());
    request.set_remote_host(PeerText::of(connection.peer()).as_string().to_bytes())?;
    add_all(request.input_headers(), parsed.fields.iter().map(|field| (field.name, field.value)))
}

pub fn push_number(list: Headers, key: &[u8], number: usize) -> Result<()> {
    list.push(key, Decimal::new(number as u64).bytes())
}

pub fn add_all<'a>(list: Headers, fields: impl Iterator<Item = (&'a str, &'a [u8])>) -> Result<()> {
    for (name, value) in fields {
        list.push(name.as_bytes(), value)?;
    }
    Ok(())
}

/// Fields behind the last chunk join the others (behaviour 144).
pub fn add_trailers(request: RequestPtr, found: &Head, head: &mut [u8]) -> super::Result<()> {
    parse::trailers(found, head, |fields| {
        let allowed = fields.iter().filter(|field| is_allowed_trailer(field.name));
        add_all(request.input_headers(), allowed.map(|field| (field.name, field.value)))
    })?
    .map_err(no_memory)
}

/// The host that a request is for, without its port: its target says that, or its Host.
pub fn host(request: RequestPtr) -> Result<Option<Vec<u8>>> {
    let list = request.input_headers();
    let said = headers::find(&list, b"Host").map(|header| header.value);
    let Some(text) = uri::authority(request.uri_bytes()).or(said) else { return Ok(None) };
    let host = uri::host_of(text);
    let mut copy = Vec::new();
    copy.try_reserve_exact(host.len())?;
    copy.extend_from_slice(host);
    Ok(Some(copy))
}

/// The words of a status.
pub fn reason(status: u16) -> &'static [u8] {
    match status {
        400 => b"Bad Request",
        404 => b"Not Found",
        408 => b"Request Timeout",
        413 => b"Content Too Large",
        414 => b"URI Too Long",
        417 => b"Expectation Failed",
        431 => b"Request Header Fields Too Large",
        501 => b"Not Implemented",
        503 => b"Service Unavailable",
        505 => b"HTTP Version Not Supported",
        _ => b"Error",
    }
}

/// May a reply to this request have a body?
fn has_body(request: RequestPtr) -> bool {
    let code = request.response_code.get();
    request.r#type.get() != METHOD_HEAD && !matches!(code, 100..=199 | 204 | 304)
}

/// A reply of which the status is known (behaviour 197).
///
/// What is no status would be no reply: it becomes 500.
pub fn set_status(request: RequestPtr, code: c_int, reason: &[u8]) -> Result<()> {
    let code = if (100..=999).contains(&code) { code } else { 500 };
    request.set_reason(reason)?;
    request.kind.set(KIND_RESPONSE);
    request.response_code.set(code);
    Ok(())
}

pub fn connection_of(request: RequestPtr) -> Option<ConnectionPtr> {
    // Set by us alone, and taken away before the connection ends.
    crate::layout::evhttp::connection_of(request)
}

/// Answers with a whole body, which is moved.
pub fn reply(request: RequestPtr, code: c_int, reason: &[u8], body: Option<BufferPtr>) {
    let Some(connection) = connection_of(request) else { return request.dispose() };
    if request.stage.get() != Stage::Open {
        return;
    }
    let moved = body.map(|body| (body, body.off.get()));
    let written = set_status(request, code, reason)
        .and_then(|()| body.map_or(Ok(()), |body| buffer::move_all(request.output(), body)))
        .and_then(|()| write_reply(request, connection));
    conclude(request, connection, moved, written);
}

/// A buffer of the program's, and how long it was before its bytes were moved.
pub type Moved = Option<(BufferPtr, usize)>;

/// The program has said all.
pub fn conclude(request: RequestPtr, connection: ConnectionPtr, moved: Moved, written: Result<()>) {
    request.bits.set_userdone(true);
    request.stage.set(Stage::Answered);
    go_on(connection, moved, written);
}

/// What was written is sent. Half a reply would be taken for a whole one: without memory for it
/// the connection ends. Of what has moved the program is told, whatever it does then.
fn go_on(connection: ConnectionPtr, moved: Moved, written: Result<()>) {
    let raw = connection.as_ptr();
    connection.wire.queue();
    if let Some((from, length)) = moved
        && from.off.get() != length
    {
        buffer::notify(from, length);
    }
    if written.is_err()
        && let Some(connection) = find(raw)
    {
        super::connection::close(connection);
    }
}

pub fn write_reply(request: RequestPtr, connection: ConnectionPtr) -> Result<()> {
    let body = request.output();
    let length = body.off.get();
    add_fields(request, Some(length))?;
    write_head(request, connection.wire.output()?)?;
    if has_body(request) && length > 0 {
        connection.wire.push_buffer(body)?;
    }
    Ok(())
}

/// Answers with a part of a file. `EINVAL`: it has an answer.
pub fn reply_file(
    request: RequestPtr,
    code: c_int,
    reason: &[u8],
    file: OwnedFd,
    part: Range<i64>,
) -> Result<()> {
    let Some(connection) = connection_of(request) else {
        request.dispose();
        return Ok(());
    };
    if request.stage.get() != Stage::Open {
        return Err(Errno::INVAL);
    }
    let length = usize::try_from(part.end - part.start).map_err(|_| Errno::INVAL)?;
    let written = set_status(request, code, reason)
        .and_then(|()| add_fields(request, Some(length)))
        .and_then(|()| write_head(request, connection.wire.output()?))
        .and_then(|()| match has_body(request) {
            true => connection.wire.push_file(file, part.start, length),
            false => Ok(()),
        });
    conclude(request, connection, None, written);
    Ok(())
}

/// What the program has not said itself (behaviour 148).
fn add_fields(request: RequestPtr, length: Option<usize>) -> Result<()> {
    let list = request.output_headers();
    let has = |key: &[u8]| headers::find(&list, key).is_some();
    let is_newer = request.minor.get() >= 1;
    if is_newer && !has(b"Date") {
        list.push(b"Date", &imf_fixdate(clock::wall_ns() / 1_000_000_000))?;
    }
    let is_proxy = request.flags.get() & FLAG_PROXY != 0;
    let key: &[u8] = if is_proxy { b"Proxy-Connection" } else { b"Connection" };
    let said = headers::find(&list, key);
    let says = |word: &[u8]| {
        said.is_some_and(|said| members(said.value).any(|member| member.eq_ignore_ascii_case(word)))
    };
    // Behaviour 201: both sides of a proxy have to want it.
    let ends = says(b"close") || is_proxy && !says(b"keep-alive");
    let is_said = said.is_some();
    request.closes.set(request.closes.get() || ends);
    if !is_proxy && !is_said {
        if request.closes.get() && request.asked_close.get() {
            list.push(b"Connection", b"close")?;
        } else if !is_newer && !request.closes.get() {
            list.push(b"Connection", b"keep-alive")?;
        }
    }
    let code = request.response_code.get();
    if let Some(length) = length {
        let has_none = matches!(code, 100..=199 | 204) || code == 304 && length == 0;
        if !has_none && !has(b"Content-Length") && !has(b"Transfer-Encoding") {
            push_number(list, b"Content-Length", length)?;
        }
        if length > 0 && has_body(request) && !has(b"Content-Type") {
            list.push(b"Content-Type", b"text/html; charset=ISO-8859-1")?;
        }
    }
    Ok(())
}

fn write_head(request: RequestPtr, output: BufferPtr) -> Result<()> {
    let version = |number: c_char| Decimal::new(u64::from(number as u8));
    let (major, minor) = (version(request.major.get()), version(request.minor.get()));
    let code = Decimal::new(u64::from(request.response_code.get().unsigned_abs()));
    for part in [b"HTTP/", major.bytes(), b".", minor.bytes(), b" ", code.bytes(), b" "] {
        buffer::append(output, part)?;
    }
    append_pieces(output, request.reason_bytes())?;
    buffer::append(output, b"\r\n")?;
    append_fields(request, output)
}

/// Headers of which only the first is sent, however many a program has added: with another one the
/// message would be read in two ways, or is none.
const ONCE: [&[u8]; 5] = [b"Date", b"Server", b"Content-Length", b"Content-Type", b"Host"];

/// The headers, and the line that ends them.
pub fn append_fields(request: RequestPtr, output: BufferPtr) -> Result<()> {
    let list = request.output_headers();
    for header in list.iter() {
        let is_single = ONCE.iter().any(|key| header.key.eq_ignore_ascii_case(key));
        let is_first = |first: Keyval| first == header;
        if is_single && !headers::find(&list, header.key).is_some_and(is_first) {
            continue;
        }
        append_pieces(output, header.key)?;
        buffer::append(output, b": ")?;
        append_pieces(output, header.value)?;
        buffer::append(output, b"\r\n")?;
    }
    buffer::append(output, b"\r\n")
}

/// One line, whatever a program has put there (behaviour 173).
fn append_pieces(output: BufferPtr, text: &[u8]) -> Result<()> {
    if memchr::memchr2(b'\r', b'\n', text).is_none() {
        return buffer::append(output, text);
    }
    for (nth, piece) in headers::pieces(text).enumerate() {
        if nth > 0 {
            buffer::append(output, b" ")?;
        }
        buffer::append(output, piece)?;
    }
    Ok(())
}

/// Begins a reply whose body comes piece by piece (behaviour 153).
pub fn start(request: RequestPtr, code: c_int, reason: &[u8]) {
    let Some(connection) = connection_of(request) else { return };
    if request.stage.get() != Stage::Open {
        return;
    }
    if start_reply(request, connection, code, reason).is_err() {
        return super::connection::close(connection);
    }
    request.stage.set(Stage::Streaming);
    connection.wire.queue();
}

fn start_reply(
    request: RequestPtr,
    connection: ConnectionPtr,
    code: c_int,
    reason: &[u8],
) -> Result<()> {
    set_status(request, code, reason)?;
    let list = request.output_headers();
    let is_sized = headers::find(&list, b"Content-Length").is_some();
    let is_newer = request.minor.get() >= 1;
    if is_newer && has_body(request) && !is_sized {
        if headers::find(&list, b"Transfer-Encoding").is_none() {
            list.push(b"Transfer-Encoding", b"chunked")?;
        }
        request.bits.set_chunked(true);
    } else {
        request.bits.set_chunked(false);
        request.closes.set(request.closes.get() || has_body(request) && !is_sized || code == 101);
    }
    add_fields(request, None)?;
    write_head(request, connection.wire.output()?)
}

/// A piece of the body, which is moved. It stays where it is if the client has gone. `sent` is
/// called when it has left.
pub fn chunk_with(
    request: RequestPtr,
    data: BufferPtr,
    sent: CloseCallback,
    arg: *mut c_void,
) -> Result<()> {
    let connection = connection_of(request).ok_or(Errno(libc::ENOTCONN))?;
    let serving = connection.serving().ok_or(Errno::INVAL)?;
    if request.stage.get() != Stage::Streaming {
        return Err(Errno::INVAL);
    }
    serving.when_sent(sent, arg);
    connection.wire.queue();
    chunk(request, data);
    Ok(())
}

/// A piece of the body, which is moved. It stays where it is if the client has gone.
pub fn chunk(request: RequestPtr, data: BufferPtr) {
    let Some(connection) = connection_of(request) else { return };
    let length = data.off.get();
    if request.stage.get() != Stage::Streaming || length == 0 {
        return;
    }
    if !has_body(request) && request.response_code.get() != 101 {
        buffer::drain(data, length);
        return buffer::notify(data, length);
    }
    let written = connection.wire.output().and_then(|output| {
        let is_chunked = request.bits.chunked();
        if is_chunked {
            buffer::append(output, ChunkHead::new(length).bytes())?;
        }
        connection.wire.push_buffer(data)?;
        if is_chunked { buffer::append(connection.wire.output()?, b"\r\n") } else { Ok(()) }
    });
    go_on(connection, Some((data, length)), written);
}

/// The body is complete.
pub fn end(request: RequestPtr) {
    let Some(connection) = connection_of(request) else { return request.dispose() };
    if request.stage.get() != Stage::Streaming {
        return;
    }
    let written = if request.bits.chunked() { connection.wire.send(LAST_CHUNK) } else { Ok(()) };
    conclude(request, connection, None, written);
}
