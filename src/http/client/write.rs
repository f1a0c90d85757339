//! A request as it is sent.

use super::Client;
use crate::buffer;
use crate::errno::Result;
use crate::http::connection::ConnectionPtr;
use crate::http::exchange::{append_fields, push_number};
use crate::http::framing::is_keep_alive;
use crate::http::{Asked, escape, headers, members};
use crate::layout::evbuffer::BufferPtr;
use crate::layout::evhttp::RequestPtr;
use crate::layout::keyval::Headers;
use std::ffi::c_int;
use std::io::Write;

/// Methods, by the numbers that programs know them by: the first three are libevent 1.4's.
const METHODS: [&[u8]; 9] =
    [b"GET", b"POST", b"HEAD", b"PUT", b"DELETE", b"OPTIONS", b"TRACE", b"CONNECT", b"PATCH"];

const POST: &[u8] = b"POST";

pub fn method(number: c_int) -> Option<&'static [u8]> {
    METHODS.get(usize::try_from(number).ok()?).copied()
}

/// Does it matter how often it is asked? (RFC 9110, 9.2.2)
pub fn is_idempotent(number: c_int) -> bool {
    let changes = [POST, b"CONNECT", b"PATCH"];
    method(number).is_some_and(|method| !changes.contains(&method))
}

/// Writes head and body (behaviours 158, 173, 201).
pub fn write_request(
    request: RequestPtr,
    connection: ConnectionPtr,
    client: &Client,
) -> Result<()> {
    let method = method(request.r#type.get()).unwrap_or(METHODS[0]);
    let list = request.output_headers();
    note_what_was_asked(request, method, client);
    while headers::remove(list, b"Proxy-Connection") {}
    add_fields(request, method, client)?;
    let output = connection.wire.output()?;
    buffer::append(output, method)?;
    buffer::append(output, b" ")?;
    append_target(output, target_of(&request))?;
    let version = if request.minor.get() == 0 { b" HTTP/1.0\r\n" } else { b" HTTP/1.1\r\n" };
    buffer::append(output, version)?;
    append_fields(request, output)?;
    let body = request.output();
    if body.off.get() > 0 { connection.wire.push_buffer(body) } else { Ok(()) }
}

/// What the reply's framing depends on, and whether the program wants the connection to end.
fn note_what_was_asked(request: RequestPtr, method: &[u8], client: &Client) {
    let list = request.output_headers();
    let says = |key: &[u8], is_it: fn(&[u8]) -> bool| {
        let mut values = list.iter().filter(|header| header.key.eq_ignore_ascii_case(key));
        values.any(|header| members(header.value).any(is_it))
    };
    let is_connect = method == b"CONNECT";
    let is_proxy = !is_connect && !target_of(&request).starts_with(b"/") && method != b"OPTIONS";
    let asked = Asked { is_head: method == b"HEAD", is_connect, is_proxy };
    client.incoming.asked.set(asked);
    client.incoming.closes.set(match is_proxy {
        true => !says(b"Proxy-Connection", is_keep_alive),
        false => says(b"Connection", |member| member.eq_ignore_ascii_case(b"close")),
    });
}

/// What the program has not said itself.
fn add_fields(request: RequestPtr, method: &[u8], client: &Client) -> Result<()> {
    let list = request.output_headers();
    let has = |key: &[u8]| headers::find(&list, key).is_some();
    if !has(b"Host") {
        add_host(list, client)?;
    }
    // What is behind a head is another request, unless it has a length.
    let length = request.output().off.get();
    let usually_has_body = matches!(method, POST | b"PUT" | b"PATCH");
    if (length > 0 || usually_has_body) && !has(b"Content-Length") && !has(b"Transfer-Encoding") {
        push_number(list, b"Content-Length", length)?;
    }
    Ok(())
}

fn add_host(list: Headers, client: &Client) -> Result<()> {
    if client.is_path {
        return list.push(b"Host", b"localhost");
    }
    let host = client.host.to_bytes();
    // An IPv6 address; the interface behind it is nobody's business but ours.
    let bare = host.split(|byte| *byte == b'%').next().unwrap_or_default();
    let is_bare_v6 = bare.contains(&b':') && !bare.starts_with(b"[");
    let mut text = Vec::new();
    text.try_reserve_exact(host.len() + "[]:65535".len())?;
    if is_bare_v6 {
        text.push(b'[');
    }
    text.extend_from_slice(if bare.contains(&b':') { bare } else { host });
    if is_bare_v6 {
        text.push(b']');
    }
    if client.port != 80 {
        let _ = write!(text, ":{}", client.port);
    }
    list.push(b"Host", &text)
}

/// Without a target there would be no request.
fn target_of(request: &RequestPtr) -> &[u8] {
    match request.uri_bytes() {
        b"" => b"/",
        target => target,
    }
}

fn append_target(output: BufferPtr, target: &[u8]) -> Result<()> {
    let mut result = Ok(());
    escape::encode_target(target, &mut |bytes: &[u8]| {
        if result.is_ok() {
            result = buffer::append(output, bytes);
        }
    });
    result
}
