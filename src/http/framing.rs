//! What follows a head: a body of which kind, and may the connection be used again?
//!
//! RFC 9112, 6 and 9. A message that could be read in two ways is refused: several
//! Content-Lengths, anything but one `chunked` at the end of Transfer-Encoding, several Hosts. The
//! one exception is a request with both framings, where libevent's users need an answer:
//! Transfer-Encoding rules, and the connection ends.

use super::{Field, Method, Refusal, Reply, Request, Result, members, uri};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body {
    None,
    /// So many bytes; may be 0.
    Length(u64),
    Chunked,
    UntilEof,
}

/// What a server wants to know beforehand.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rules {
    /// RFC 9112 to the letter.
    pub is_strict: bool,
    /// Longer bodies are refused at once.
    pub max_body: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestFraming {
    pub body: Body,
    /// The connection ends with the reply.
    pub close: bool,
    /// The client said `Connection: close`.
    pub asked_close: bool,
    /// The client said `Connection: keep-alive`; of 1.0 ones, those that do are told so.
    pub asked_keep_alive: bool,
    /// It waits for `100 Continue` before it sends the body.
    pub wants_continue: bool,
}

/// What a client remembers of its request.
#[derive(Clone, Copy, Debug, Default)]
pub struct Asked {
    pub is_head: bool,
    pub is_connect: bool,
    /// Its target was a whole URI: Proxy-Connection counts, Connection does not.
    pub is_proxy: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReplyFraming {
    pub body: Body,
    pub close: bool,
}

/// The fields that matter here, from one walk.
#[derive(Default)]
struct Seen<'a> {
    hosts: u32,
    host: &'a [u8],
    lengths: u32,
    length: &'a [u8],
    codings: u32,
    coding: &'a [u8],
    has_connection: bool,
    close: bool,
    keep_alive: bool,
    proxy_keep_alive: bool,
    expectations: u32,
    expectation: &'a [u8],
}

impl<'a> Seen<'a> {
    fn of(fields: &'a [Field<'a>]) -> Seen<'a> {
        let mut seen = Seen::default();
        for Field { name, value } in fields {
            seen.add(name, value);
        }
        seen
    }

    fn add(&mut self, name: &str, value: &'a [u8]) {
        let is = |other: &str| name.eq_ignore_ascii_case(other);
        match name.len() {
            4 if is("Host") => (self.hosts, self.host) = (self.hosts + 1, value),
            6 if is("Expect") => {
                (self.expectations, self.expectation) = (self.expectations + 1, value);
            }
            10 if is("Connection") => {
                self.has_connection = true;
                self.close |= members(value).any(|m| m.eq_ignore_ascii_case(b"close"));
                self.keep_alive |= members(value).any(is_keep_alive);
            }
            14 if is("Content-Length") => (self.lengths, self.length) = (self.lengths + 1, value),
            16 if is("Proxy-Connection") => {
                self.proxy_keep_alive |= members(value).any(is_keep_alive);
            }
            17 if is("Transfer-Encoding") => {
                (self.codings, self.coding) = (self.codings + 1, value);
            }
            _ => {}
        }
    }

    /// The one Content-Length.
    fn content_length(&self) -> Result<Option<u64>> {
        match self.lengths {
            0 => Ok(None),
            1 => decimal(self.length).map(Some),
            _ => Err(Refusal::BadRequest),
        }
    }

    /// Does the sender want the connection to stay?
    fn stays(&self, minor: u8, is_proxy: bool) -> bool {
        if is_proxy {
            self.proxy_keep_alive
        } else {
            !self.close && (minor >= 1 || self.keep_alive)
        }
    }
}

/// libevent 1.4 compares so many letters.
pub fn is_keep_alive(member: &[u8]) -> bool {
    const WORD: &[u8] = b"keep-alive";
    member.get(..WORD.len()).is_some_and(|start| start.eq_ignore_ascii_case(WORD))
}

/// Digits alone. What nobody can count is too large.
fn decimal(text: &[u8]) -> Result<u64> {
    if text.is_empty() || !text.iter().all(u8::is_ascii_digit) {
        return Err(Refusal::BadRequest);
    }
    let add = |sum: u64, digit: &u8| sum.checked_mul(10)?.checked_add(u64::from(digit - b'0'));
    let length = text.iter().try_fold(0, add).filter(|length| *length <= i64::MAX as u64);
    length.ok_or(Refusal::BodyTooLarge)
}

/// A Transfer-Encoding.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Coding {
    /// `chunked` alone.
    Chunked,
    /// Other codings, and `chunked` at the end.
    OthersChunked,
    /// `identity` of RFC 2616: as if nothing were said.
    Identity,
    Others,
    /// `chunked` twice, or not at the end; or nothing.
    Faulty,
}

fn coding(value: &[u8]) -> Coding {
    let (mut chunked, mut others, mut identities) = (0, 0, 0);
    for member in members(value) {
        if chunked > 0 {
            return Coding::Faulty;
        }
        match member {
            m if m.eq_ignore_ascii_case(b"chunked") => chunked += 1,
            m if m.eq_ignore_ascii_case(b"identity") => identities += 1,
            _ => others += 1,
        }
    }
    match (chunked, others + identities) {
        (1, 0) => Coding::Chunked,
        (1, _) => Coding::OthersChunked,
        (_, 0) => Coding::Faulty,
        (_, 1) if identities == 1 => Coding::Identity,
        _ => Coding::Others,
    }
}

/// What a server does with a request. A refusal ends the connection.
pub fn of_request(request: &Request, rules: &Rules) -> Result<RequestFraming> {
    let seen = Seen::of(request.fields);
    check_host(&seen, request.minor, rules.is_strict)?;
    let body = request_body(request, &seen, rules)?;
    if let (Body::Length(length), Some(max)) = (body, rules.max_body)
        && length > max
    {
        return Err(Refusal::BodyTooLarge);
    }
    let has_both = seen.codings > 0 && seen.lengths > 0;
    Ok(RequestFraming {
        body,
        close: !seen.stays(request.minor, request.is_proxy()) || has_both || body == Body::UntilEof,
        asked_close: seen.close,
        asked_keep_alive: seen.keep_alive,
        wants_continue: wants_continue(&seen, request.minor, body)?,
    })
}

fn check_host(seen: &Seen, minor: u8, is_strict: bool) -> Result<()> {
    let is_good = match seen.hosts {
        0 => !is_strict || minor == 0,
        1 if is_strict => seen.host.is_empty() || uri::is_host_and_port(seen.host),
        1 => seen.host.iter().all(|b| *b > b' ' && *b != 0x7f && *b != b'/' && *b != b'@'),
        _ => false,
    };
    if is_good { Ok(()) } else { Err(Refusal::BadRequest) }
}

fn request_body(request: &Request, seen: &Seen, rules: &Rules) -> Result<Body> {
    let length = seen.content_length();
    if seen.codings > 0 {
        let is_refused = seen.codings > 1
            || request.minor == 0
            || matches!(length, Err(Refusal::BadRequest))
            || (rules.is_strict && seen.lengths > 0);
        return match coding(seen.coding) {
            _ if is_refused => Err(Refusal::BadRequest),
            Coding::Chunked => Ok(Body::Chunked),
            Coding::Faulty => Err(Refusal::BadRequest),
            Coding::OthersChunked | Coding::Identity | Coding::Others => {
                Err(Refusal::NotImplemented)
            }
        };
    }
    match length? {
        Some(length) => Ok(Body::Length(length)),
        None if request.method != Method::Post || rules.is_strict => Ok(Body::None),
        // As old clients do it, who close after they have sent the body.
        None if !seen.has_connection || seen.close => Ok(Body::UntilEof),
        None => Err(Refusal::BadRequest),
    }
}

fn wants_continue(seen: &Seen, minor: u8, body: Body) -> Result<bool> {
    if minor == 0 || seen.expectations == 0 {
        return Ok(false);
    }
    if seen.expectations > 1 || !seen.expectation.eq_ignore_ascii_case(b"100-continue") {
        return Err(Refusal::ExpectationFailed);
    }
    Ok(!matches!(body, Body::None | Body::Length(0)))
}

/// What a client does with a reply. A refusal means that it is none.
///
/// A 1xx reply has no body: another one follows, but for 101, which ends HTTP on the connection.
pub fn of_reply(reply: &Reply, asked: &Asked) -> Result<ReplyFraming> {
    let seen = Seen::of(reply.fields);
    let is_tunnel = asked.is_connect && reply.code / 100 == 2;
    if asked.is_head || is_tunnel || matches!(reply.code, 100..=199 | 204 | 304) {
        let ends = is_tunnel || reply.code == 101;
        let close = ends || !seen.stays(reply.minor, asked.is_proxy);
        return Ok(ReplyFraming { body: Body::None, close });
    }
    let body = reply_body(&seen)?;
    // RFC 9112, 6.1: chunks of 1.0 come from somebody who has only passed them on.
    let is_odd = body == Body::Chunked && reply.minor == 0;
    let close = is_odd || body == Body::UntilEof || !seen.stays(reply.minor, asked.is_proxy);
    Ok(ReplyFraming { body, close })
}

fn reply_body(seen: &Seen) -> Result<Body> {
    let length = seen.content_length()?;
    let by_length = length.map_or(Body::UntilEof, Body::Length);
    match (seen.codings, coding(seen.coding), length) {
        (0, ..) | (1, Coding::Identity, _) => Ok(by_length),
        (1, Coding::Chunked | Coding::OthersChunked, None) => Ok(Body::Chunked),
        (1, Coding::Others, None) => Ok(Body::UntilEof),
        _ => Err(Refusal::BadRequest),
    }
}

/// May this field stand behind the body? Not if it says how to read the message, where it goes, or
/// who sends it (RFC 9110, 6.5.1).
pub fn is_allowed_trailer(name: &str) -> bool {
    const NEVER: [&str; 22] = [
        "Transfer-Encoding",
        "Content-Length",
        "Content-Encoding",
        "Content-Type",
        "Content-Range",
        "Host",
        "Connection",
        "Proxy-Connection",
        "Keep-Alive",
        "Upgrade",
        "Trailer",
        "TE",
        "Expect",
        "Max-Forwards",
        "Range",
        "Cache-Control",
        "Authorization",
        "Proxy-Authorization",
        "WWW-Authenticate",
        "Proxy-Authenticate",
        "Cookie",
        "Set-Cookie",
    ];
    !NEVER.iter().any(|never| name.eq_ignore_ascii_case(never))
}
