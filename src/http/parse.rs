//! A complete head becomes a first line and fields: httparse sees each head once.
//!
//! What httparse lets through and HTTP does not is refused here: bytes of a target that no URI
//! has, targets of the wrong form for their method. Fields are slices of the head; there is room
//! for as many as it has lines, on the stack for the usual few.

use super::{Head, Refusal, Result, trim, uri};
use httparse::{Error, ParserConfig, Status};
use std::ffi::c_int;
use std::mem::MaybeUninit;

/// A header: `name` is a token, `value` has no blanks at its ends, no NUL, CR or LF.
pub type Field<'a> = httparse::Header<'a>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method<'a> {
    Get,
    Post,
    Head,
    Put,
    Delete,
    Options,
    Trace,
    Connect,
    Patch,
    /// A token that is none of these.
    Other(&'a str),
}

impl Method<'_> {
    pub fn of(token: &str) -> Method<'_> {
        match token {
            "GET" => Method::Get,
            "POST" => Method::Post,
            "HEAD" => Method::Head,
            "PUT" => Method::Put,
            "DELETE" => Method::Delete,
            "OPTIONS" => Method::Options,
            "TRACE" => Method::Trace,
            "CONNECT" => Method::Connect,
            "PATCH" => Method::Patch,
            _ => Method::Other(token),
        }
    }

    /// `enum evhttp_cmd_type`, and what follows there.
    pub fn number(self) -> Option<c_int> {
        Some(match self {
            Method::Get => 0,
            Method::Post => 1,
            Method::Head => 2,
            Method::Put => 3,
            Method::Delete => 4,
            Method::Options => 5,
            Method::Trace => 6,
            Method::Connect => 7,
            Method::Patch => 8,
            Method::Other(_) => return None,
        })
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Request<'a> {
    pub method: Method<'a>,
    /// As it came: visible ASCII, never empty.
    pub target: &'a str,
    /// The version is 1.0 or 1.1.
    pub minor: u8,
    pub fields: &'a [Field<'a>],
}

impl Request<'_> {
    /// libevent's EVHTTP_PROXY_REQUEST: the target is a whole URI.
    pub fn is_proxy(&self) -> bool {
        !self.target.starts_with('/') && uri::is_absolute(self.target.as_bytes())
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reply<'a> {
    pub minor: u8,
    /// 100 to 999.
    pub code: u16,
    /// May be empty, and have any bytes from 0x80.
    pub reason: &'a [u8],
    pub fields: &'a [Field<'a>],
}

/// Room for the fields of most messages.
const FEW: usize = 40;

type Room<'b> = [MaybeUninit<Field<'b>>];

/// Calls `then` with room for so many fields.
fn with_room<'b, R>(fields: usize, then: impl FnOnce(&mut Room<'b>) -> Result<R>) -> Result<R> {
    if fields <= FEW {
        return then(&mut [const { MaybeUninit::uninit() }; FEW]);
    }
    let mut room = Vec::new();
    room.try_reserve_exact(fields).map_err(|_| Refusal::NoMemory)?;
    room.resize_with(fields, MaybeUninit::uninit);
    then(&mut room)
}

/// Parses the head of a request: that of the data which was scanned, from `start` to `end`.
/// `is_strict` tells versions that are not ours from nonsense.
pub fn request<R>(
    found: &Head,
    head: &mut [u8],
    is_strict: bool,
    then: impl FnOnce(&Request) -> R,
) -> Result<R> {
    let head = found.tidy(head);
    with_room(found.lines, |room| {
        let mut parsed = httparse::Request::new(&mut []);
        match parsed.parse_with_uninit_headers(head, room) {
            Ok(Status::Complete(length)) if length == head.len() => {}
            Err(Error::Version) if is_strict && has_other_version(head) => {
                return Err(Refusal::VersionNotSupported);
            }
            _ => return Err(Refusal::BadRequest),
        }
        let (Some(method), Some(target), Some(minor)) =
            (parsed.method, parsed.path, parsed.version)
        else {
            return Err(Refusal::BadRequest);
        };
        let request = Request { method: Method::of(method), target, minor, fields: parsed.headers };
        check_target(&request)?;
        Ok(then(&request))
    })
}

/// "HTTP/2.0" and the like behind two words.
fn has_other_version(head: &[u8]) -> bool {
    let mut words = head.split(|b| *b == b'\n').next().unwrap_or_default().split(|b| *b == b' ');
    let version = words.nth(2).map(|word| word.strip_suffix(b"\r").unwrap_or(word));
    let is_version = version.is_some_and(|version| {
        matches!(version, [b'H', b'T', b'T', b'P', b'/', major, b'.', minor]
            if major.is_ascii_digit() && minor.is_ascii_digit())
    });
    is_version && words.next().is_none()
}

/// RFC 9112, 3.2: a path, or a whole URI; `*` for OPTIONS; host and port for CONNECT, only there.
fn check_target(request: &Request) -> Result<()> {
    let target = request.target.as_bytes();
    let is_good = target.iter().all(|b| b.is_ascii_graphic() && *b != b'#')
        && match request.method {
            Method::Connect => uri::is_authority_with_port(target),
            Method::Options if target == b"*" => true,
            _ => target[0] == b'/' || uri::is_absolute(target),
        };
    if is_good { Ok(()) } else { Err(Refusal::BadRequest) }
}

/// Parses the head of a reply. Any refusal means that it is none.
pub fn reply<R>(found: &Head, head: &mut [u8], then: impl FnOnce(&Reply) -> R) -> Result<R> {
    let head = found.tidy(head);
    with_room(found.lines, |room| {
        let mut parsed = httparse::Response::new(&mut []);
        let mut config = ParserConfig::default();
        config.allow_spaces_after_header_name_in_responses(true);
        match config.parse_response_with_uninit_headers(&mut parsed, head, room) {
            Ok(Status::Complete(length)) if length == head.len() => {}
            _ => return Err(Refusal::BadRequest),
        }
        let (Some(minor), Some(code)) = (parsed.version, parsed.code) else {
            return Err(Refusal::BadRequest);
        };
        if code < 100 {
            return Err(Refusal::BadRequest);
        }
        // httparse gives no reason that is not ASCII.
        let line = head.split(|b| *b == b'\n').next().unwrap_or_default();
        let reason = trim(line.get("HTTP/1.1 200".len()..).unwrap_or_default());
        let reason = reason.strip_suffix(b"\r").unwrap_or(reason);
        Ok(then(&Reply { minor, code, reason: trim(reason), fields: parsed.headers }))
    })
}

/// Parses the fields behind the last chunk; `then` is called with none if there are none.
pub fn trailers<R>(found: &Head, head: &mut [u8], then: impl FnOnce(&[Field]) -> R) -> Result<R> {
    let head = found.tidy(head);
    if found.lines == 0 {
        return Ok(then(&[]));
    }
    let mut room = Vec::new();
    room.try_reserve_exact(found.lines).map_err(|_| Refusal::NoMemory)?;
    room.resize(found.lines, httparse::EMPTY_HEADER);
    match httparse::parse_headers(head, &mut room) {
        Ok(Status::Complete((length, fields))) if length == head.len() => Ok(then(fields)),
        _ => Err(Refusal::BadRequest),
    }
}
