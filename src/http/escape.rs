//! `%XX` and `&amp;`: text that is written otherwise where it would mean something else.
//!
//! Each function gives its result in pieces, as many as it likes, so that callers may count first
//! and copy then. All are linear.

/// Where pieces go.
pub type Out<'a> = &'a mut dyn FnMut(&[u8]);

const HEX: &[u8; 16] = b"0123456789ABCDEF";

/// What is left as it is by libevent 1.4's `evhttp_encode_uri`.
pub fn is_kept_in_uri(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!$'()*+,-./:=@_~;".contains(&byte)
}

/// RFC 3986's unreserved bytes.
pub fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}

/// Bytes that are not kept become `%XX`.
pub fn encode(text: &[u8], is_kept: fn(u8) -> bool, space: &[u8], out: Out) {
    let is_kept = |byte: &u8| is_kept(*byte);
    replace(text, is_kept, out, |byte, out| match byte {
        b' ' => out(space),
        _ => out(&[b'%', HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]),
    });
}

/// A target as it can be sent: what would end it, or the line, is escaped; all else is kept.
pub fn encode_target(target: &[u8], out: Out) {
    encode(target, |byte| byte > b' ' && byte != 0x7f, b"%20", out);
}

/// The five bytes that mean something in HTML and in values of its attributes.
pub fn escape_html(text: &[u8], out: Out) {
    replace(
        text,
        |byte| !b"&<>\"'".contains(byte),
        out,
        |byte, out| {
            out(match byte {
                b'&' => b"&amp;",
                b'<' => b"&lt;",
                b'>' => b"&gt;",
                b'"' => b"&quot;",
                _ => b"&#039;",
            });
        },
    );
}

/// Runs of bytes that are kept as they are, and each other one by itself.
fn replace(
    mut text: &[u8],
    is_kept: impl Fn(&u8) -> bool,
    out: Out,
    other: impl Fn(u8, &mut dyn FnMut(&[u8])),
) {
    loop {
        let run = text.iter().position(|byte| !is_kept(byte)).unwrap_or(text.len());
        if run > 0 {
            out(&text[..run]);
        }
        let Some(byte) = text.get(run) else { return };
        other(*byte, out);
        text = &text[run + 1..];
    }
}

/// Where a '+' is a space.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plus {
    Never,
    Always,
    /// Behind the first '?'.
    InQuery,
}

/// `%XX` becomes the byte; where no two digits follow, '%' is left as it is.
pub fn decode(mut text: &[u8], plus: Plus, out: Out) {
    let mut is_space = plus == Plus::Always;
    loop {
        let is_special = |byte: &u8| match byte {
            b'%' => true,
            b'+' => is_space,
            b'?' => plus == Plus::InQuery && !is_space,
            _ => false,
        };
        let run = text.iter().position(is_special).unwrap_or(text.len());
        if run > 0 {
            out(&text[..run]);
        }
        let Some((first, rest)) = text[run..].split_first() else { return };
        let (byte, used) = match (first, escaped(rest)) {
            (b'%', Some(byte)) => (byte, 2),
            (b'+', _) => (b' ', 0),
            _ => (*first, 0),
        };
        is_space |= *first == b'?';
        out(&[byte]);
        text = &rest[used..];
    }
}

/// The byte that two digits are.
fn escaped(text: &[u8]) -> Option<u8> {
    let digit = |at: usize| (*text.get(at)? as char).to_digit(16);
    Some((digit(0)? << 4 | digit(1)?) as u8)
}

/// The pairs of a query, `a=b&c=d`, as they stand there. Without '=' the value is empty; where
/// nothing is between two '&' there is no pair.
pub fn query_pairs(query: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    let segments = query.split(|byte| *byte == b'&').filter(|segment| !segment.is_empty());
    segments.map(|segment| match memchr::memchr(b'=', segment) {
        Some(at) => (&segment[..at], &segment[at + 1..]),
        None => (segment, &[][..]),
    })
}

/// What is behind the first '?'.
pub fn query_of(uri: &[u8]) -> Option<&[u8]> {
    memchr::memchr(b'?', uri).map(|at| &uri[at + 1..])
}
