//! HTTP/1 as bytes: heads, framing, chunks, header lists, URIs. Pure: no sockets, no events.
//!
//! ```text
//!   input --> head (where does it end) --> parse (httparse, once) --> framing (what follows)
//!                                                                        |
//!                                   body: length, until EOF, or chunked <+
//! ```
//! Whatever arrives in pieces is looked at anew with all that is there, and the state says how far
//! it was looked at already: nothing is read twice, and nothing beyond the data. What a peer sends
//! wrongly is a `Refusal`, which knows the status to answer.
//!
//! The rules are those of RFC 9112 with libevent 1.4's tolerance where it harms nobody; `strict`
//! is RFC 9112 to the letter. No message can be read in two ways.

mod body;
mod chunked;
pub mod client;
pub mod connection;
mod date;
mod decimal;
pub mod escape;
pub mod exchange;
mod framing;
mod handlers;
mod head;
pub mod headers;
pub mod listener;
mod outgoing;
pub mod pages;
mod parse;
pub mod pieces;
pub mod server;
pub mod serving;
mod settings;
mod transport;
pub mod uri;
pub mod uri_object;
mod wire;

pub use chunked::{ChunkHead, Decoder, LAST_CHUNK};
pub use connection::ConnectionPtr;
pub use date::imf_fixdate;
pub use framing::{Asked, Body, Rules, is_allowed_trailer, of_request};
pub use head::{Head, Limits, Scan};
pub use parse::{Field, Method, Reply, Request};

/// Why a message is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    BadRequest,
    BodyTooLarge,
    TargetTooLong,
    ExpectationFailed,
    HeadTooLarge,
    NotImplemented,
    VersionNotSupported,
    NoMemory,
}

impl Refusal {
    /// The status that a server answers. The connection is closed afterwards, always.
    pub fn status(self) -> u16 {
        match self {
            Refusal::BadRequest => 400,
            Refusal::BodyTooLarge => 413,
            Refusal::TargetTooLong => 414,
            Refusal::ExpectationFailed => 417,
            Refusal::HeadTooLarge => 431,
            Refusal::NotImplemented => 501,
            Refusal::NoMemory => 503,
            Refusal::VersionNotSupported => 505,
        }
    }
}

type Result<T> = std::result::Result<T, Refusal>;

/// A byte of a token (RFC 9110): a method, a header's name.
fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

fn is_blank(byte: u8) -> bool {
    byte == b' ' || byte == b'\t'
}

/// Without blanks at both ends.
fn trim(text: &[u8]) -> &[u8] {
    let start = text.iter().position(|b| !is_blank(*b)).unwrap_or(text.len());
    let end = text.iter().rposition(|b| !is_blank(*b)).map_or(start, |at| at + 1);
    &text[start..end]
}

/// The members of a comma-separated list, trimmed; empty ones are left out.
fn members(list: &[u8]) -> impl Iterator<Item = &[u8]> {
    list.split(|b| *b == b',').map(trim).filter(|member| !member.is_empty())
}

#[cfg(test)]
mod tests;
