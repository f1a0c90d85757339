//! Bodies in chunks (RFC 9112, 7.1).
//!
//! ```text
//!   size in hex [; extensions] CRLF    that many bytes CRLF    ...    0 CRLF  [fields]  CRLF
//! ```
//! The decoder is shown all that is there and says what of it is data; the caller drops what was
//! used. Lines are used when they are complete, so that each is parsed once. Extensions must be
//! well-formed, and are forgotten.

use super::{Head, Limits, Refusal, Result, Scan, is_blank, is_token_byte};
use memchr::memchr;

/// What the front of the data is. `skip` bytes are framing and come first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Then so many bytes of the body; with `ends_chunk` they are the last ones of a chunk.
    Data { skip: usize, length: usize, ends_chunk: bool },
    /// Nothing more until more has come.
    More { skip: usize },
    /// The end: fields (`parse::trailers`), and the message ends at `trailers.end`.
    End { trailers: Head },
}

/// The line with a chunk's size, or the one behind its data, may have so many bytes.
const LINE: usize = 4096;

#[derive(Clone, Debug)]
enum State {
    /// A line with a size is to come.
    Size,
    /// So many bytes of data are.
    Data(u64),
    /// The line end behind them is.
    Behind,
    Trailers(Scan),
}

#[derive(Clone, Debug)]
pub struct Decoder {
    state: State,
    /// What of an incomplete line was looked at.
    seen: usize,
    /// Bytes of data in all chunks so far, announced.
    total: u64,
    max: u64,
    is_strict: bool,
    is_reply: bool,
    limits: Limits,
}

impl Decoder {
    /// `limits.head` is for the trailers; `max_body` for the sum of all chunks.
    pub fn new(is_strict: bool, is_reply: bool, limits: Limits, max_body: Option<u64>) -> Decoder {
        Decoder {
            state: State::Size,
            seen: 0,
            total: 0,
            max: max_body.unwrap_or(u64::MAX),
            is_strict: is_strict && !is_reply,
            is_reply,
            limits,
        }
    }

    /// Looks at the data. It begins with what was not used yet: the caller drops `skip` and
    /// `length` of each piece.
    pub fn next(&mut self, data: &[u8]) -> Result<Piece> {
        let mut skip = 0;
        loop {
            let rest = &data[skip..];
            match &mut self.state {
                State::Size => match self.line(rest)? {
                    Some((line, used)) => {
                        let size = self.size(line)?;
                        self.begin(size)?;
                        skip += used;
                    }
                    None => return Ok(Piece::More { skip }),
                },
                State::Data(_) if rest.is_empty() => return Ok(Piece::More { skip }),
                State::Data(left) => {
                    let length = usize::try_from(*left).map_or(rest.len(), |l| l.min(rest.len()));
                    *left -= length as u64;
                    let ends_chunk = *left == 0;
                    if ends_chunk {
                        self.state = State::Behind;
                    }
                    return Ok(Piece::Data { skip, length, ends_chunk });
                }
                State::Behind => match self.line_end(rest)? {
                    Some(used) => {
                        self.state = State::Size;
                        skip += used;
                    }
                    None => return Ok(Piece::More { skip }),
                },
                State::Trailers(scan) => {
                    return Ok(match scan.find(rest, &self.limits)? {
                        None => Piece::More { skip },
                        Some(found) => Piece::End { trailers: found.moved(skip) },
                    });
                }
            }
        }
    }

    /// A complete line without its end, and its length with that.
    fn line<'a>(&mut self, data: &'a [u8]) -> Result<Option<(&'a [u8], usize)>> {
        let end = memchr(b'\n', &data[self.seen..]).map(|length| self.seen + length);
        if end.unwrap_or(data.len()) >= LINE {
            return Err(Refusal::BadRequest);
        }
        let Some(end) = end else {
            self.seen = data.len();
            return Ok(None);
        };
        self.seen = 0;
        let line = &data[..end];
        match line.strip_suffix(b"\r") {
            Some(line) => Ok(Some((line, end + 1))),
            None if self.is_strict => Err(Refusal::BadRequest),
            None => Ok(Some((line, end + 1))),
        }
    }

    fn line_end(&self, data: &[u8]) -> Result<Option<usize>> {
        match data {
            [b'\r', b'\n', ..] => Ok(Some(2)),
            [b'\n', ..] if !self.is_strict => Ok(Some(1)),
            [] | [b'\r'] => Ok(None),
            _ => Err(Refusal::BadRequest),
        }
    }

    /// Hexadecimal digits, and extensions.
    fn size(&self, line: &[u8]) -> Result<u64> {
        let digits = line.iter().take_while(|b| b.is_ascii_hexdigit()).count();
        let add = |sum: u64, digit: &u8| {
            let value = (*digit as char).to_digit(16)?;
            Some(sum.checked_mul(16)? + u64::from(value))
        };
        let size = line[..digits].iter().try_fold(0, add).filter(|_| digits > 0);
        let rest = &line[digits..];
        let is_blank_end = !self.is_strict && rest.iter().all(|b| is_blank(*b));
        if is_blank_end || are_extensions(rest) {
            size.ok_or(if digits > 0 { Refusal::BodyTooLarge } else { Refusal::BadRequest })
        } else {
            Err(Refusal::BadRequest)
        }
    }

    fn begin(&mut self, size: u64) -> Result<()> {
        if size == 0 {
            self.state = State::Trailers(Scan::trailers(self.is_strict, self.is_reply));
            return Ok(());
        }
        let total = self.total.checked_add(size).filter(|total| *total <= self.max);
        self.total = total.ok_or(Refusal::BodyTooLarge)?;
        self.state = State::Data(size);
        Ok(())
    }
}

/// `*( BWS ";" BWS name [ BWS "=" BWS ( token / quoted-string ) ] )`
fn are_extensions(mut text: &[u8]) -> bool {
    while !text.is_empty() {
        let Some(rest) = skip_blanks(text).strip_prefix(b";") else { return false };
        let Some(rest) = skip_token(skip_blanks(rest)) else { return false };
        text = rest;
        if let Some(value) = skip_blanks(rest).strip_prefix(b"=") {
            let value = skip_blanks(value);
            let Some(rest) = skip_quoted(value).or_else(|| skip_token(value)) else {
                return false;
            };
            text = rest;
        }
    }
    true
}

fn skip_blanks(text: &[u8]) -> &[u8] {
    let n = text.iter().take_while(|b| is_blank(**b)).count();
    &text[n..]
}

fn skip_token(text: &[u8]) -> Option<&[u8]> {
    let n = text.iter().take_while(|b| is_token_byte(**b)).count();
    if n == 0 { None } else { Some(&text[n..]) }
}

fn skip_quoted(text: &[u8]) -> Option<&[u8]> {
    let mut rest = text.strip_prefix(b"\"")?;
    loop {
        rest = match rest {
            [b'"', rest @ ..] => return Some(rest),
            [b'\\', byte, rest @ ..] | [byte, rest @ ..] if is_text(*byte) => rest,
            _ => return None,
        };
    }
}

fn is_text(byte: u8) -> bool {
    byte == b'\t' || byte >= b' ' && byte != 0x7f
}

/// The line before a chunk's data.
pub struct ChunkHead {
    bytes: [u8; 18],
    start: usize,
}

/// What ends a body without trailers.
pub const LAST_CHUNK: &[u8] = b"0\r\n\r\n";

impl ChunkHead {
    /// `size` is not 0: that would be the last chunk.
    pub fn new(size: usize) -> ChunkHead {
        debug_assert!(size > 0);
        let mut head = ChunkHead { bytes: [0; 18], start: 16 };
        head.bytes[16..].copy_from_slice(b"\r\n");
        let mut left = size;
        while left > 0 {
            head.start -= 1;
            head.bytes[head.start] = b"0123456789abcdef"[left & 15];
            left >>= 4;
        }
        head
    }

    pub fn bytes(&self) -> &[u8] {
        &self.bytes[self.start..]
    }
}
