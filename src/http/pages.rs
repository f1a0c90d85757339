//! Replies that are pages: errors, and what a program has written itself.

use super::decimal::Decimal;
use super::exchange::{conclude, connection_of, set_status, write_reply};
use crate::buffer;
use crate::errno::Result;
use crate::http::connection::ConnectionPtr;
use crate::layout::evbuffer::BufferPtr;
use crate::layout::evhttp::{RequestPtr, Stage};
use crate::layout::keyval::Headers;
use std::ffi::c_int;
use std::io::Write;

/// An error page, after which the connection ends (behaviour 152).
pub fn error(request: RequestPtr, code: c_int, reason: &[u8]) {
    error_with(request, code, reason, false);
}

/// Nobody is there for the target.
pub fn answer_not_found(request: RequestPtr) {
    error_with(request, 404, b"Not Found", true);
}

fn error_with(request: RequestPtr, code: c_int, reason: &[u8], names_target: bool) {
    let Some(connection) = connection_of(request) else { return request.dispose() };
    if request.stage.get() != Stage::Open {
        return;
    }
    let written = write_error(request, connection, code, reason, names_target);
    conclude(request, connection, None, written);
}

fn write_error(
    request: RequestPtr,
    connection: ConnectionPtr,
    code: c_int,
    reason: &[u8],
    names_target: bool,
) -> Result<()> {
    write_with(request, connection, |list| {
        list.push(b"Content-Type", b"text/html")?;
        set_status(request, code, reason)?;
        let target = if names_target { request.uri_bytes() } else { b"" };
        write_page(request.output(), code, reason, target)
    })
}

/// Answers with a page of the program's, after which the connection ends (behaviour 196).
pub fn page(request: RequestPtr, page: Option<BufferPtr>) {
    let Some(connection) = connection_of(request) else { return request.dispose() };
    if request.stage.get() != Stage::Open {
        return;
    }
    let moved = page.map(|page| (page, page.off.get()));
    let written = write_with(request, connection, |list| {
        if request.response_code.get() == 0 {
            set_status(request, 200, b"OK")?;
        }
        page.map_or(Ok(()), |page| buffer::move_all(request.output(), page))?;
        list.push(b"Content-Type", b"text/html")
    });
    conclude(request, connection, moved, written);
}

/// Writes a reply that is the last one; of its headers none are sent but those that `fill` adds.
fn write_with(
    request: RequestPtr,
    connection: ConnectionPtr,
    fill: impl FnOnce(Headers) -> Result<()>,
) -> Result<()> {
    let list = request.output_headers();
    list.clear();
    request.closes.set(true);
    if request.minor.get() == 0 {
        request.minor.set(1);
    }
    fill(list)?;
    list.push(b"Connection", b"close")?;
    write_reply(request, connection)
}

fn write_page(page: BufferPtr, code: c_int, reason: &[u8], more: &[u8]) -> Result<()> {
    buffer::append(page, b"<html><head><title>")?;
    buffer::append(page, Decimal::new(u64::from(code.unsigned_abs())).bytes())?;
    buffer::append(page, b" ")?;
    append_escaped(page, reason)?;
    buffer::append(page, b"</title></head><body><h1>")?;
    append_escaped(page, reason)?;
    buffer::append(page, b"</h1>")?;
    append_escaped(page, more)?;
    buffer::append(page, b"</body></html>\n")
}

fn append_escaped(page: BufferPtr, text: &[u8]) -> Result<()> {
    for &byte in text {
        match byte {
            b'&' => buffer::append(page, b"&amp;")?,
            b'<' => buffer::append(page, b"&lt;")?,
            b'>' => buffer::append(page, b"&gt;")?,
            b'"' => buffer::append(page, b"&quot;")?,
            b'\'' => buffer::append(page, b"&#039;")?,
            _ => buffer::append(page, &[byte])?,
        }
    }
    Ok(())
}

/// The whole reply to what is no request.
pub fn refusal(status: u16, reason: &[u8]) -> Result<Vec<u8>> {
    let page = BufferPtr::create()?;
    let written = write_page(page, c_int::from(status), reason, &[]);
    let mut reply = Vec::new();
    let size = page.off.get();
    let reserved = reply.try_reserve(size + 160);
    if written.is_ok() && reserved.is_ok() {
        let text = String::from_utf8_lossy(reason);
        let _ = write!(
            reply,
            "HTTP/1.1 {status} {text}\r\nContent-Type: text/html\r\nConnection: close\r\n\
             Content-Length: {size}\r\n\r\n"
        );
        reply.extend_from_slice(page.bytes());
    }
    page.dispose();
    reserved?;
    written.map(|()| reply)
}
