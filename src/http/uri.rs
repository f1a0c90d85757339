//! URIs (RFC 3986): their parts, and whether they are well-formed.

use std::net::Ipv6Addr;
use std::str;

/// The parts of a reference, as they stand there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Parts<'a> {
    pub scheme: Option<&'a [u8]>,
    pub authority: Option<Authority<'a>>,
    pub path: &'a [u8],
    pub query: Option<&'a [u8]>,
    pub fragment: Option<&'a [u8]>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Authority<'a> {
    pub userinfo: Option<&'a [u8]>,
    /// With its brackets, if it is an IPv6 address; may be empty.
    pub host: &'a [u8],
    /// `None` if it is not there, or empty.
    pub port: Option<u16>,
}

/// Which bytes are let through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conformance {
    /// Those of RFC 3986.
    Exact,
    /// Whatever separates no parts and is no control byte; `%` need not be followed by digits.
    /// Schemes, hosts and ports are always exact.
    Loose,
}

impl<'a> Parts<'a> {
    /// A URI, or a reference that is relative to one.
    pub fn parse(text: &'a [u8], conformance: Conformance) -> Option<Parts<'a>> {
        let (text, fragment) = split(text, b'#');
        let (text, query) = split(text, b'?');
        let (scheme, rest) = split_scheme(text);
        let (authority, path) = match rest.strip_prefix(b"//") {
            None => (None, rest),
            Some(rest) => {
                let end = rest.iter().position(|b| *b == b'/').unwrap_or(rest.len());
                (Some(Authority::parse(&rest[..end], conformance)?), &rest[end..])
            }
        };
        let parts = Parts { scheme, authority, path, query, fragment };
        let is_good = parts.has_good_path(conformance)
            && query.is_none_or(|query| is_query(query, conformance))
            && fragment.is_none_or(|fragment| is_fragment(fragment, conformance));
        is_good.then_some(parts)
    }

    /// Would the parts, written one behind the other, be read as the same parts?
    pub fn has_good_path(&self, conformance: Conformance) -> bool {
        let path = self.path;
        let is_distinct = match (self.authority, self.scheme) {
            (Some(_), _) => path.is_empty() || path[0] == b'/',
            (None, _) if path.starts_with(b"//") => false,
            (None, Some(_)) => true,
            // The first segment would be taken for a scheme.
            (None, None) => !path.split(|b| *b == b'/').next().unwrap_or(path).contains(&b':'),
        };
        is_distinct && is_path(path, conformance)
    }
}

impl<'a> Authority<'a> {
    pub fn parse(text: &'a [u8], conformance: Conformance) -> Option<Authority<'a>> {
        let (userinfo, rest) = match text.iter().position(|b| *b == b'@') {
            Some(at) => (Some(&text[..at]), &text[at + 1..]),
            None => (None, text),
        };
        let digits = rest.iter().rev().take_while(|b| b.is_ascii_digit()).count();
        let (before, digits) = rest.split_at(rest.len() - digits);
        let (host, port) = match before.strip_suffix(b":") {
            Some(host) => (host, port(digits)?),
            None => (rest, None),
        };
        let is_good =
            is_host(host) && userinfo.is_none_or(|userinfo| is_userinfo(userinfo, conformance));
        is_good.then_some(Authority { userinfo, host, port })
    }
}

/// Before the first of these bytes, and behind it.
fn split(text: &[u8], at: u8) -> (&[u8], Option<&[u8]>) {
    match text.iter().position(|b| *b == at) {
        Some(n) => (&text[..n], Some(&text[n + 1..])),
        None => (text, None),
    }
}

fn split_scheme(text: &[u8]) -> (Option<&[u8]>, &[u8]) {
    match text.iter().position(|b| *b == b':') {
        Some(n) if is_scheme(&text[..n]) => (Some(&text[..n]), &text[n + 1..]),
        _ => (None, text),
    }
}

/// `Some(None)`: no digits, which is no port.
fn port(digits: &[u8]) -> Option<Option<u16>> {
    if digits.is_empty() {
        return Some(None);
    }
    let add = |sum: u16, digit: &u8| sum.checked_mul(10)?.checked_add(u16::from(digit - b'0'));
    digits.iter().try_fold(0, add).map(Some)
}

pub fn is_scheme(text: &[u8]) -> bool {
    text.first().is_some_and(u8::is_ascii_alphabetic)
        && text.iter().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(b))
}

pub fn is_userinfo(text: &[u8], conformance: Conformance) -> bool {
    consists_of(text, b":", b"@/?#", conformance)
}

pub fn is_path(text: &[u8], conformance: Conformance) -> bool {
    consists_of(text, b":@/", b"?#", conformance)
}

/// What a fragment may have, too.
pub fn is_query(text: &[u8], conformance: Conformance) -> bool {
    consists_of(text, b":@/?", b"#", conformance)
}

pub fn is_fragment(text: &[u8], conformance: Conformance) -> bool {
    consists_of(text, b":@/?", b"", conformance)
}

/// A name, an IPv4 address, or another address in brackets.
pub fn is_host(text: &[u8]) -> bool {
    match text.strip_prefix(b"[").and_then(|text| text.strip_suffix(b"]")) {
        Some([b'v' | b'V', future @ ..]) => is_future_address(future),
        Some(address) => str::from_utf8(address).is_ok_and(|a| a.parse::<Ipv6Addr>().is_ok()),
        None => consists_of(text, b"", b"", Conformance::Exact),
    }
}

/// `1*HEXDIG "." 1*( unreserved / sub-delims / ":" )`
fn is_future_address(text: &[u8]) -> bool {
    let (version, address) = split(text, b'.');
    let is_part = |b: &u8| is_unreserved(*b) || is_sub_delim(*b) || *b == b':';
    !version.is_empty()
        && version.iter().all(u8::is_ascii_hexdigit)
        && address.is_some_and(|address| !address.is_empty() && address.iter().all(is_part))
}

fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}

fn is_sub_delim(byte: u8) -> bool {
    b"!$&'()*+,;=".contains(&byte)
}

/// Unreserved bytes, delimiters within parts, `%XX`, and `more`; or, loosely, what is not in
/// `ends`.
fn consists_of(text: &[u8], more: &[u8], ends: &[u8], conformance: Conformance) -> bool {
    if conformance == Conformance::Loose {
        return text.iter().all(|b| *b >= b' ' && *b != 0x7f && !ends.contains(b));
    }
    let mut rest = text;
    loop {
        rest = match rest {
            [] => return true,
            [b'%', a, b, rest @ ..] if a.is_ascii_hexdigit() && b.is_ascii_hexdigit() => rest,
            [b, rest @ ..] if is_unreserved(*b) || is_sub_delim(*b) || more.contains(b) => rest,
            _ => return false,
        };
    }
}

/// A request target with scheme and host: `http://host/...`. Its path and query may have any
/// visible bytes, as those of other targets.
pub fn is_absolute(target: &[u8]) -> bool {
    let authority = authority(target).and_then(|text| Authority::parse(text, Conformance::Exact));
    authority.is_some_and(|authority| !authority.host.is_empty())
}

/// What stands between the slashes of a target with a scheme.
pub fn authority(target: &[u8]) -> Option<&[u8]> {
    let (scheme, rest) = split_scheme(target);
    let rest = rest.strip_prefix(b"//").filter(|_| scheme.is_some())?;
    let end = rest.iter().position(|b| b"/?#".contains(b)).unwrap_or(rest.len());
    Some(&rest[..end])
}

/// The host of an authority, or of a Host header; all of what is none.
pub fn host_of(text: &[u8]) -> &[u8] {
    Authority::parse(text, Conformance::Loose).map_or(text, |authority| authority.host)
}

/// What a Host header says: a host that is not empty, and maybe a port.
pub fn is_host_and_port(text: &[u8]) -> bool {
    Authority::parse(text, Conformance::Exact)
        .is_some_and(|a| a.userinfo.is_none() && !a.host.is_empty())
}

/// What CONNECT asks for: a host and a port.
pub fn is_authority_with_port(text: &[u8]) -> bool {
    is_host_and_port(text)
        && Authority::parse(text, Conformance::Exact).is_some_and(|a| a.port.is_some())
}

/// `http://HOST[:PORT][/FILE]` of libevent 1.4: the port is 80 if none is said, the file "/".
pub fn host_port_file(url: &[u8]) -> Option<(&[u8], u16, &[u8])> {
    const SCHEME: &[u8] = b"http://";
    let start = url.get(..SCHEME.len()).filter(|start| start.eq_ignore_ascii_case(SCHEME))?;
    let rest = &url[start.len()..];
    let end = rest.iter().position(|b| *b == b'/').unwrap_or(rest.len());
    let (host, file) = rest.split_at(end);
    let digits = host.iter().rev().take_while(|b| b.is_ascii_digit()).count();
    let (before, digits) = host.split_at(host.len() - digits);
    let (host, port) = match before.strip_suffix(b":") {
        Some(host) => (host, port(digits)?.unwrap_or(80)),
        None if before.contains(&b':') && !before.ends_with(b"]") => return None,
        None => (host, 80),
    };
    let file = if file.is_empty() { b"/" } else { file };
    (!host.is_empty() && port != 0).then_some((host, port, file))
}
