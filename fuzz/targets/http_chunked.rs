//! Any bytes as a body in chunks: in pieces it is what it is whole, and what a plain decoder makes
//! of it; data in chunks of any sizes comes back.
#![no_main]

use evhub::http::{ChunkHead, Decoder, LAST_CHUNK, Limits, Piece, Refusal};
use libfuzzer_sys::fuzz_target;

const LIMITS: Limits = Limits { line: 500, head: 500 };

/// The data, and the length of the body with all that frames it.
type Decoded = Result<Option<(Vec<u8>, usize)>, Refusal>;

/// Shows the decoder all there is up to each cut, and drops what was used.
fn feed(mut decoder: Decoder, data: &[u8], cuts: impl Iterator<Item = usize>) -> Decoded {
    let (mut used, mut body) = (0, Vec::new());
    for cut in cuts {
        loop {
            let rest = data[used..cut].to_vec();
            match decoder.next(&rest)? {
                Piece::Data { skip, length, .. } => {
                    assert!(length > 0);
                    body.extend_from_slice(&rest[skip..skip + length]);
                    used += skip + length;
                }
                Piece::More { skip } => {
                    assert!(skip <= rest.len());
                    used += skip;
                    break;
                }
                Piece::End { trailers } => return Ok(Some((body, used + trailers.end))),
            }
        }
    }
    Ok(None)
}

/// Strictly formed bodies without extensions and trailers, as the RFC reads; `None` if it is
/// anything else.
fn plain(mut data: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let end = data.windows(2).position(|pair| pair == b"\r\n")?;
        let digits = std::str::from_utf8(&data[..end]).ok()?;
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            return None;
        }
        let size = usize::from_str_radix(digits, 16).ok()?;
        data = &data[end + 2..];
        if size == 0 {
            return (data == b"\r\n").then_some(body);
        }
        body.extend_from_slice(data.get(..size)?);
        data = data[size..].strip_prefix(b"\r\n")?;
    }
}

fn any_bytes(choice: u8, data: &[u8], cuts: &[u8]) {
    let decoder = || Decoder::new(choice & 1 != 0, choice & 2 != 0, LIMITS, None);
    let whole = feed(decoder(), data, std::iter::once(data.len()));
    let ends = cuts.iter().scan(0, |end, cut| {
        *end = (*end + usize::from(*cut)).min(data.len());
        Some(*end)
    });
    assert_eq!(feed(decoder(), data, ends.chain([data.len()])), whole);
    if data.len() < 200 {
        assert_eq!(feed(decoder(), data, 0..=data.len()), whole);
    }
    if let Some(body) = plain(data) {
        assert_eq!(whole, Ok(Some((body, data.len()))));
    }
}

/// What we write is read, and a plain reader reads it, too.
fn round(data: &[u8], cuts: &[u8]) {
    let (mut rest, mut text) = (data, Vec::new());
    for cut in cuts.iter().filter(|cut| **cut > 0).cycle() {
        if rest.is_empty() {
            break;
        }
        let (chunk, behind) = rest.split_at(usize::from(*cut).min(rest.len()));
        text.extend_from_slice(&[ChunkHead::new(chunk.len()).bytes(), chunk, b"\r\n"].concat());
        rest = behind;
    }
    text.extend_from_slice(LAST_CHUNK);
    let expected = &data[..data.len() - rest.len()];
    assert_eq!(plain(&text).as_deref(), Some(expected));
    let decoder = Decoder::new(true, false, LIMITS, Some(expected.len() as u64));
    let decoded = feed(decoder, &text, std::iter::once(text.len()));
    assert_eq!(decoded, Ok(Some((expected.to_vec(), text.len()))));
}

fuzz_target!(|data: &[u8]| {
    let Some((&[choice, a, b, c], data)) = data.split_first_chunk::<4>() else { return };
    match choice & 4 {
        0 => any_bytes(choice, data, &[a, b, c]),
        _ => round(data, &[a, b, c]),
    }
});
