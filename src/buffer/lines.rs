//! Where lines end: pure functions on bytes.

use memchr::{memchr, memchr2, memmem};

/// What ends a line: `enum evbuffer_eol_style`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Eol {
    /// A run of CR and LF, however long.
    Any,
    /// LF, or CR LF.
    Crlf,
    /// CR LF alone.
    CrlfStrict,
    /// LF alone.
    Lf,
}

/// The first line: its length, and how many bytes it takes with its end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Line {
    pub length: usize,
    pub taken: usize,
}

/// `evbuffer_readline`: a line ends at the first CR or LF, and takes one of the other kind that
/// follows at once (behaviour 75).
#[inline]
pub fn first_line(bytes: &[u8]) -> Option<Line> {
    let length = memchr2(b'\r', b'\n', bytes)?;
    let pair = match bytes.get(length + 1) {
        Some(next @ (b'\r' | b'\n')) => *next != bytes[length],
        _ => false,
    };
    Some(Line { length, taken: length + 1 + usize::from(pair) })
}

/// `evbuffer_readln` (behaviour 76).
pub fn next_line(bytes: &[u8], end: Eol) -> Option<Line> {
    match end {
        Eol::Any => {
            let length = memchr2(b'\r', b'\n', bytes)?;
            let is_text = |byte: &u8| !matches!(byte, b'\r' | b'\n');
            let run = bytes[length..].iter().position(is_text);
            Some(Line { length, taken: run.map_or(bytes.len(), |run| length + run) })
        }
        Eol::Crlf => {
            let lf = memchr(b'\n', bytes)?;
            let cr = lf > 0 && bytes[lf - 1] == b'\r';
            Some(Line { length: lf - usize::from(cr), taken: lf + 1 })
        }
        Eol::CrlfStrict => {
            let length = memmem::find(bytes, b"\r\n")?;
            Some(Line { length, taken: length + 2 })
        }
        Eol::Lf => {
            let length = memchr(b'\n', bytes)?;
            Some(Line { length, taken: length + 1 })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(mut bytes: &[u8], line: impl Fn(&[u8]) -> Option<Line>) -> (Vec<&[u8]>, &[u8]) {
        let mut lines = Vec::new();
        while let Some(Line { length, taken }) = line(bytes) {
            lines.push(&bytes[..length]);
            bytes = &bytes[taken..];
        }
        (lines, bytes)
    }

    const TEXT: &[u8] = b"a\r\nb\n\rc\n\nd\r\r\ne\0f\nrest";

    #[test]
    fn each_style_ends_lines_in_its_own_places() {
        type Case = (Eol, &'static [&'static [u8]], &'static [u8]);
        let readline: [&[u8]; 7] = [b"a", b"b", b"c", b"", b"d", b"", b"e\0f"];
        assert_eq!(split(TEXT, first_line), (readline.to_vec(), b"rest".as_slice()));
        let styles: [Case; 4] = [
            (Eol::Any, &[b"a", b"b", b"c", b"d", b"e\0f"], b"rest"),
            (Eol::Crlf, &[b"a", b"b", b"\rc", b"", b"d\r", b"e\0f"], b"rest"),
            (Eol::CrlfStrict, &[b"a", b"b\n\rc\n\nd\r"], b"e\0f\nrest"),
            (Eol::Lf, &[b"a\r", b"b", b"\rc", b"", b"d\r\r", b"e\0f"], b"rest"),
        ];
        for (style, lines, rest) in styles {
            assert_eq!(split(TEXT, |bytes| next_line(bytes, style)), (lines.to_vec(), rest));
        }
    }

    #[test]
    fn a_lone_cr_at_the_end_ends_a_line() {
        assert_eq!(first_line(b"ab\r"), Some(Line { length: 2, taken: 3 }));
        assert_eq!(next_line(b"ab\r", Eol::Any), Some(Line { length: 2, taken: 3 }));
        assert_eq!(next_line(b"ab\r", Eol::Crlf), None);
        assert_eq!(next_line(b"ab\r", Eol::CrlfStrict), None);
        assert_eq!(first_line(b""), None);
    }
}
