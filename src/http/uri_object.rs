//! A URI that can be taken apart and put together: `struct evhttp_uri`.
//!
//! Each part is valid by itself, for it is checked when it is set. Whether they make a URI together
//! is looked at when they are joined.

use super::decimal::Decimal;
use super::escape::Out;
use super::uri::{self, Authority, Conformance, Parts};
use crate::errno::{Errno, Result};
use std::ffi::{CStr, c_char};
use std::ptr;

/// A part as C gets it: with a NUL behind it, or NULL.
#[derive(Default)]
pub struct Text(Option<Vec<u8>>);

impl Text {
    fn new(text: Option<&[u8]>) -> Result<Text> {
        let Some(text) = text else { return Ok(Text(None)) };
        let mut owned = Vec::new();
        owned.try_reserve_exact(text.len() + 1)?;
        owned.extend_from_slice(text);
        owned.push(0);
        Ok(Text(Some(owned)))
    }

    pub fn as_ptr(&self) -> *const c_char {
        self.0.as_ref().map_or(ptr::null(), |text| text.as_ptr().cast())
    }

    fn bytes(&self) -> Option<&[u8]> {
        let text = CStr::from_bytes_until_nul(self.0.as_deref()?);
        text.ok().map(CStr::to_bytes)
    }
}

/// Which part.
#[derive(Clone, Copy)]
pub enum Part {
    Scheme,
    Userinfo,
    Host,
    Path,
    Query,
    Fragment,
}

pub struct Uri {
    pub conformance: Conformance,
    parts: [Text; 6],
    port: Option<u16>,
}

impl Uri {
    /// A URI without any part.
    pub fn new() -> Uri {
        Uri { conformance: Conformance::Exact, parts: Default::default(), port: None }
    }

    pub fn parse(text: &[u8], conformance: Conformance) -> Result<Uri> {
        let parts = Parts::parse(text, conformance).ok_or(Errno::INVAL)?;
        let userinfo = parts.authority.and_then(|authority| authority.userinfo);
        let host = parts.authority.map(|authority| authority.host);
        Ok(Uri {
            conformance,
            parts: [
                Text::new(parts.scheme)?,
                Text::new(userinfo)?,
                Text::new(host)?,
                Text::new(Some(parts.path))?,
                Text::new(parts.query)?,
                Text::new(parts.fragment)?,
            ],
            port: parts.authority.and_then(|authority| authority.port),
        })
    }

    pub fn get(&self, part: Part) -> &Text {
        &self.parts[part as usize]
    }

    /// `None` takes the part away.
    pub fn set(&mut self, part: Part, text: Option<&[u8]>) -> Result<()> {
        let how = self.conformance;
        let is_good = text.is_none_or(|text| match part {
            Part::Scheme => uri::is_scheme(text),
            Part::Userinfo => uri::is_userinfo(text, how),
            Part::Host => uri::is_host(text),
            Part::Path => uri::is_path(text, how),
            Part::Query => uri::is_query(text, how),
            Part::Fragment => uri::is_fragment(text, how),
        });
        if !is_good {
            return Err(Errno::INVAL);
        }
        self.parts[part as usize] = Text::new(text)?;
        Ok(())
    }

    /// -1: none.
    pub fn port(&self) -> i32 {
        self.port.map_or(-1, i32::from)
    }

    pub fn set_port(&mut self, port: i32) -> Result<()> {
        self.port = match port {
            -1 => None,
            _ => Some(u16::try_from(port).map_err(|_| Errno::INVAL)?),
        };
        Ok(())
    }

    /// The parts one behind the other, if they are read as these parts again.
    pub fn join(&self) -> Result<impl Fn(Out)> {
        let part = |part: Part| self.get(part).bytes();
        let authority = part(Part::Host).map(|host| Authority {
            userinfo: part(Part::Userinfo),
            host,
            port: self.port,
        });
        let parts = Parts {
            scheme: part(Part::Scheme),
            authority,
            path: part(Part::Path).unwrap_or_default(),
            query: part(Part::Query),
            fragment: part(Part::Fragment),
        };
        let is_lost =
            authority.is_none() && (part(Part::Userinfo).is_some() || self.port.is_some());
        if is_lost || !parts.has_good_path(self.conformance) {
            return Err(Errno::INVAL);
        }
        Ok(move |out: Out| write(&parts, out))
    }
}

fn write(parts: &Parts, out: Out) {
    let mut put = |before: &[u8], part: Option<&[u8]>, behind: &[u8]| {
        if let Some(part) = part {
            out(before);
            out(part);
            out(behind);
        }
    };
    put(b"", parts.scheme, b":");
    if let Some(authority) = parts.authority {
        put(b"//", Some(b""), b"");
        put(b"", authority.userinfo, b"@");
        put(b"", Some(authority.host), b"");
        if let Some(port) = authority.port {
            put(b":", Some(Decimal::new(u64::from(port)).bytes()), b"");
        }
    }
    put(b"", Some(parts.path), b"");
    put(b"?", parts.query, b"");
    put(b"#", parts.fragment, b"");
}
