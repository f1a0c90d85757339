//! Heads in parts, for programs that have read them themselves (behaviour 200).

use super::connection::{no_memory, try_copy};
use super::{Limits, Refusal, Result, Scan, exchange, parse, settings::Settings};
use crate::buffer;
use crate::layout::evbuffer::BufferPtr;
use crate::layout::evhttp::{FLAG_PROXY, KIND_REQUEST, RequestPtr};
use memchr::memchr;
use std::ffi::{c_char, c_int};

/// Takes the first line, of a request or a reply; false: it is not complete.
pub fn first_line(request: RequestPtr, input: BufferPtr) -> Result<bool> {
    let Some(length) = memchr(b'\n', input.bytes()).map(|at| at + 1) else { return Ok(false) };
    let is_request = request.kind.get() == KIND_REQUEST;
    let mut head = try_copy(&input.bytes()[..length])?;
    head.try_reserve(2).map_err(|_| Refusal::NoMemory)?;
    head.extend_from_slice(b"\r\n");
    let mut scan = if is_request { Scan::request(false) } else { Scan::reply() };
    let found = scan.find(&head, &Limits::default())?.ok_or(Refusal::BadRequest)?;
    let start = found.start;
    if is_request {
        parse::request(&found, &mut head[start..], false, |parsed| -> Result<()> {
            request.r#type.set(Settings::new().allowed(parsed.method)?);
            request.major.set(1);
            request.minor.set(parsed.minor as c_char);
            let proxy = if parsed.is_proxy() { FLAG_PROXY } else { 0 };
            request.flags.set(request.flags.get() | proxy);
            request.set_uri(parsed.target.as_bytes()).map_err(no_memory)
        })??;
    } else {
        parse::reply(&found, &mut head[start..], |parsed| -> Result<()> {
            request.major.set(1);
            request.minor.set(parsed.minor as c_char);
            request.response_code.set(c_int::from(parsed.code));
            request.set_reason(parsed.reason).map_err(no_memory)
        })??;
    }
    buffer::drain(input, length);
    Ok(true)
}

/// Takes the lines up to an empty one, and adds what they say; false: they are not complete.
pub fn fields(request: RequestPtr, input: BufferPtr) -> Result<bool> {
    let is_reply = request.kind.get() != KIND_REQUEST;
    let found = Scan::trailers(false, is_reply).find(input.bytes(), &Limits::default())?;
    let Some(found) = found else { return Ok(false) };
    let mut head = try_copy(&input.bytes()[found.start..found.end])?;
    parse::trailers(&found, &mut head, |fields| {
        let list = request.input_headers();
        exchange::add_all(list, fields.iter().map(|field| (field.name, field.value)))
    })?
    .map_err(no_memory)?;
    buffer::drain(input, found.end);
    Ok(true)
}
