//! Where the head of a message ends: the lines up to an empty one.
//!
//! A scan keeps how far it has looked, so a head that drips in is looked at once. It finds lines,
//! refuses what no line may have (NUL; in what clients send, a CR that ends no line), and notes
//! whether something has to be put right before the head is parsed: continuation lines, which
//! are joined by a space, and in replies CRs, which count as blanks.

use super::{Refusal, Result, is_blank};
use memchr::memchr;

/// How long a head may be, in bytes.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The first line, with its end.
    pub line: usize,
    /// All of it.
    pub head: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { line: 1 << 20, head: 1 << 20 }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Request,
    Reply,
    /// Fields behind the last chunk: there is no first line.
    Trailers,
}

/// A search for the end of one head.
#[derive(Clone, Debug)]
pub struct Scan {
    kind: Kind,
    /// A line ends with CR and LF, nothing else.
    is_strict: bool,
    /// A CR that ends no line is a blank.
    is_tolerant: bool,
    /// Where the first line begins.
    start: usize,
    /// Where the line begins that is not complete.
    line: usize,
    /// What was looked at.
    at: usize,
    lines: usize,
    is_untidy: bool,
}

/// A complete head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Where it begins: empty lines before it are skipped.
    pub start: usize,
    /// Behind the empty line.
    pub end: usize,
    /// How many lines it has, the empty one and continuations not counted.
    pub lines: usize,
    is_untidy: bool,
}

impl Scan {
    pub fn request(is_strict: bool) -> Scan {
        Scan::new(Kind::Request, is_strict, false)
    }

    pub fn reply() -> Scan {
        Scan::new(Kind::Reply, false, true)
    }

    /// Of a request's body, or of a reply's, where a CR is a blank.
    pub fn trailers(is_strict: bool, is_reply: bool) -> Scan {
        Scan::new(Kind::Trailers, is_strict && !is_reply, is_reply)
    }

    fn new(kind: Kind, is_strict: bool, is_tolerant: bool) -> Scan {
        Scan { kind, is_strict, is_tolerant, start: 0, line: 0, at: 0, lines: 0, is_untidy: false }
    }

    /// Whether a byte has come that is not one of an empty line: a request has begun.
    pub fn has_begun(&self, data: &[u8]) -> bool {
        data[self.start.min(data.len())..].iter().any(|b| *b != b'\r' && *b != b'\n')
    }

    /// Looks at what has come since the last call. `data` begins where it began then, and has at
    /// least what it had.
    pub fn find(&mut self, data: &[u8], limits: &Limits) -> Result<Option<Head>> {
        while let Some(length) = memchr(b'\n', &data[self.at..]) {
            self.at += length + 1;
            self.check_length(self.at - self.start, limits)?;
            if self.take_line(&data[self.line..self.at - 1])? {
                let Scan { start, at: end, lines, is_untidy, .. } = *self;
                return Ok(Some(Head { start, end, lines, is_untidy }));
            }
            self.line = self.at;
        }
        self.at = data.len();
        // Another byte is to come at least.
        self.check_length(self.at - self.start + 1, limits)?;
        Ok(None)
    }

    fn check_length(&self, length: usize, limits: &Limits) -> Result<()> {
        if self.kind == Kind::Request && self.lines == 0 && length > limits.line.min(limits.head) {
            Err(Refusal::TargetTooLong)
        } else if length > limits.head || self.start > limits.head {
            Err(Refusal::HeadTooLarge)
        } else {
            Ok(())
        }
    }

    /// A line without its LF. Is it the one that ends the head?
    fn take_line(&mut self, line: &[u8]) -> Result<bool> {
        let stripped = line.strip_suffix(b"\r");
        if self.is_strict && stripped.is_none() {
            return Err(Refusal::BadRequest);
        }
        let line = stripped.unwrap_or(line);
        let Some(first) = line.first() else { return Ok(self.take_empty_line()) };
        if memchr(0, line).is_some() {
            return Err(Refusal::BadRequest);
        }
        if memchr(b'\r', line).is_some() {
            if !self.is_tolerant {
                return Err(Refusal::BadRequest);
            }
            self.is_untidy = true;
        }
        if is_blank(*first) || *first == b'\r' {
            // It goes on with a field: is there one?
            let before = if self.kind == Kind::Trailers { 0 } else { 1 };
            if self.lines <= before {
                return Err(Refusal::BadRequest);
            }
            self.is_untidy = true;
        } else {
            self.lines += 1;
        }
        Ok(false)
    }

    fn take_empty_line(&mut self) -> bool {
        let is_end = self.lines > 0 || self.kind == Kind::Trailers;
        if !is_end {
            self.start = self.at;
        }
        is_end
    }
}

impl Head {
    /// The same head, in data with so many more bytes before it.
    pub fn moved(self, by: usize) -> Head {
        Head { start: self.start + by, end: self.end + by, ..self }
    }

    /// Puts right what parsers do not know: CRs become blanks, continuation lines are joined by
    /// one space, with what was blank around their ends. `head` is that of the data, from `start`
    /// to `end`; its first part is what is left.
    pub fn tidy<'a>(&self, head: &'a mut [u8]) -> &'a [u8] {
        if !self.is_untidy {
            return head;
        }
        blank_out_crs(head);
        let (mut from, mut to) = (0, 0);
        while let Some(length) = memchr(b'\n', &head[from..]) {
            let end = from + length + 1;
            head.copy_within(from..end, to);
            to += end - from;
            from = end;
            if head.get(from).is_some_and(|b| is_blank(*b)) {
                to = trim_end(&head[..to]);
                head[to] = b' ';
                to += 1;
                from += head[from..].iter().take_while(|b| is_blank(**b)).count();
            }
        }
        &head[..to]
    }
}

/// CRs that end no line become blanks.
fn blank_out_crs(head: &mut [u8]) {
    let mut from = 0;
    while let Some(length) = memchr(b'\r', &head[from..]) {
        from += length + 1;
        if head.get(from) != Some(&b'\n') {
            head[from - 1] = b' ';
        }
    }
}

/// The length of a line without its end, and without blanks before that.
fn trim_end(line: &[u8]) -> usize {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    line.iter().rposition(|b| !is_blank(*b)).map_or(0, |at| at + 1)
}
