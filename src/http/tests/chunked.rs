//! Chunks: sizes, extensions, line ends, trailers, limits.

use super::*;
use Refusal::{BadRequest, BodyTooLarge, HeadTooLarge};

#[derive(Debug, PartialEq)]
struct Decoded {
    body: Vec<u8>,
    chunks: usize,
    trailers: String,
    /// What is behind the body.
    left: usize,
}

/// Feeds the data up to each of `cuts`, and drops what was used.
fn feed(
    mut decoder: Decoder,
    data: &[u8],
    cuts: impl Iterator<Item = usize>,
) -> super::super::Result<Option<Decoded>> {
    let (mut used, mut body, mut chunks) = (0, Vec::new(), 0);
    for cut in cuts {
        loop {
            // An allocation of its own: valgrind and sanitizers see what is read beyond it.
            let mut rest = data[used..cut].to_vec();
            match decoder.next(&rest)? {
                Piece::Data { skip, length, ends_chunk } => {
                    assert!(length > 0 && skip + length <= rest.len());
                    body.extend_from_slice(&rest[skip..skip + length]);
                    used += skip + length;
                    chunks += usize::from(ends_chunk);
                }
                Piece::More { skip } => {
                    used += skip;
                    assert!(used <= cut);
                    break;
                }
                Piece::End { trailers: found } => {
                    let head = &mut rest[found.start..found.end];
                    let text = |fields: &[Field]| {
                        fields
                            .iter()
                            .map(|f| format!("{}={};", f.name, f.value.escape_ascii()))
                            .collect()
                    };
                    let trailers = trailers(&found, head, text)?;
                    let left = data.len() - used - found.end;
                    return Ok(Some(Decoded { body, chunks, trailers, left }));
                }
            }
        }
    }
    Ok(None)
}

/// In all splits into two, and byte by byte.
fn decode_with(decoder: &Decoder, data: &[u8]) -> super::super::Result<Option<Decoded>> {
    let whole = feed(decoder.clone(), data, std::iter::once(data.len()));
    for cut in 0..data.len() {
        let part = feed(decoder.clone(), data, [cut, data.len()].into_iter());
        assert_eq!(part, whole, "cut at {cut}: {:?}", String::from_utf8_lossy(data));
    }
    let bytes = feed(decoder.clone(), data, 0..=data.len());
    assert_eq!(bytes, whole, "byte by byte: {:?}", String::from_utf8_lossy(data));
    whole
}

fn loose() -> Decoder {
    Decoder::new(false, false, Limits::default(), None)
}

fn strict() -> Decoder {
    Decoder::new(true, false, Limits::default(), None)
}

fn decode(text: &str) -> super::super::Result<Option<String>> {
    let decoded = decode_with(&loose(), text.as_bytes())?;
    Ok(decoded.map(|d| format!("{} {}", String::from_utf8_lossy(&d.body), d.left)))
}

#[test]
fn bodies_are_the_data_of_their_chunks() {
    let data = b"5\r\nhello\r\n1\r\n,\r\n00c\r\n wide world!\r\n0\r\n\r\nGET";
    let decoded = decode_with(&loose(), data).expect("good").expect("complete");
    assert_eq!(decoded.body, b"hello, wide world!");
    assert_eq!((decoded.chunks, decoded.left, decoded.trailers.as_str()), (3, 3, ""));
    assert_eq!(decode_with(&strict(), data), Ok(Some(decoded)));
    for end in ["0\r\n\r\n", "000\r\n\r\n", "0;x\r\n\r\n", "0 ; x=\"y\"\n\n"] {
        assert_eq!(decode(end), Ok(Some(" 0".to_string())), "{end:?}");
    }
}

#[test]
fn incomplete_bodies_wait() {
    let data = "3;a\r\nabc\r\n0\r\nA: b\r\n\r\n";
    for end in 0..data.len() {
        assert_eq!(decode(&data[..end]), Ok(None), "{end}");
    }
    assert!(decode(data).is_ok_and(|decoded| decoded.is_some()));
}

#[test]
fn sizes_are_hexadecimal_digits() {
    for bad in [
        "", "+5", "-5", "0x5", " 5", "\t5", "5 5", "g", "5g", "5,", "\u{665}", "5\r", "\r5", "5\0",
        "5\x0b", "x", ";a", " ;a",
    ] {
        assert_eq!(decode(&format!("{bad}\r\nhello\r\n0\r\n\r\n")), Err(BadRequest), "{bad:?}");
    }
    let ok = Ok(Some("hello 0".to_string()));
    for good in ["5", "05", "5 ", "5 \t", "0000000000000000000000000005"] {
        assert_eq!(decode(&format!("{good}\r\nhello\r\n0\r\n\r\n")), ok, "{good:?}");
    }
    assert_eq!(decode("A\r\n0123456789\r\n0\r\n\r\n"), Ok(Some("0123456789 0".to_string())));
    assert_eq!(decode("10000000000000000\r\n"), Err(BodyTooLarge));
    assert_eq!(decode("ffffffffffffffff\r\nabc"), Ok(None));
    assert_eq!(decode("1\r\na\r\nffffffffffffffff\r\n"), Err(BodyTooLarge));
    assert_eq!(decode("fffffffffffffffffffffffffffffffffffffffff\r\n"), Err(BodyTooLarge));
}

#[test]
fn strictly_lines_end_with_cr_and_lf_and_not_with_blanks() {
    for text in [
        "5 \r\nhello\r\n0\r\n\r\n",
        "5\nhello\r\n0\r\n\r\n",
        "5\r\nhello\n0\r\n\r\n",
        "5\r\nhello\r\n0\n\r\n",
        "5\r\nhello\r\n0\r\n\n",
    ] {
        assert_eq!(decode(text), Ok(Some("hello 0".to_string())), "{text:?}");
        assert_eq!(decode_with(&strict(), text.as_bytes()), Err(BadRequest), "{text:?}");
    }
    let blanks = b"5 ;a\r\nhello\r\n0\r\n\r\n";
    assert!(decode_with(&strict(), blanks).is_ok_and(|decoded| decoded.is_some()));
}

#[test]
fn extensions_are_well_formed_and_forgotten() {
    for good in
        [";a", ";a=b", ";a=\"b;c\\\"\"", " ; a = b ;c", ";a;b=c;d=\"\"", ";a=\"\u{e4}\\\t\""]
    {
        let text = format!("5{good}\r\nhello\r\n0{good}\r\n\r\n");
        assert_eq!(decode(&text), Ok(Some("hello 0".to_string())), "{good:?}");
    }
    for bad in [
        ";",
        ";;",
        ";=",
        ";=b",
        ";a=",
        ";=\"",
        ";a=\"b",
        ";a=\"b\r\nc\"",
        ";a=\"b\nc\"",
        ";a\rb",
        ";a b",
        ";a=b c",
        ";a=\"b\"c",
        ";a=\"b\x01\"",
        ";a=\"\\\"",
        ";a ",
        "; ",
        ";\u{e4}",
        ";a\0",
    ] {
        assert_eq!(decode(&format!("5{bad}\r\nhello\r\n0\r\n\r\n")), Err(BadRequest), "{bad:?}");
    }
}

#[test]
fn lines_are_limited() {
    let extension = |length: usize| format!("5;{}\r\nhello\r\n0\r\n\r\n", "a".repeat(length));
    assert_eq!(decode(&extension(4000)), Ok(Some("hello 0".to_string())));
    assert_eq!(decode(&extension(5000)), Err(BadRequest));
    let endless = vec![b'1'; 5000];
    assert_eq!(feed(loose(), &endless, 0..=5000), Err(BadRequest));
}

#[test]
fn data_ends_with_its_size() {
    for bad in ["3\r\nabcd\r\n", "3\r\nabc\rd", "4\r\nab\r\n0\r\n\r\n", "3\r\nabc0\r\n\r\n"] {
        assert_eq!(decode(bad), Err(BadRequest), "{bad:?}");
    }
    assert_eq!(decode("0\r\nX\r\n\r\n"), Err(BadRequest));
}

#[test]
fn trailers_are_read_and_limited() {
    let data = b"1\r\na\r\n0\r\nA: b\r\n c\r\nB:d\r\n\r\nX";
    let decoded = decode_with(&loose(), data).expect("good").expect("complete");
    assert_eq!((decoded.trailers.as_str(), decoded.left), ("A=b c;B=d;", 1));
    let small = Decoder::new(false, false, Limits { line: 10, head: 10 }, None);
    assert!(decode_with(&small, b"0\r\nA: bcd\r\n\r\n").is_ok_and(|d| d.is_some()));
    assert_eq!(decode_with(&small, b"0\r\nA: bcdef\r\n\r\n"), Err(HeadTooLarge));
}

#[test]
fn bodies_may_be_limited() {
    let small = Decoder::new(false, false, Limits::default(), Some(5));
    let five = decode_with(&small, b"2\r\nab\r\n3\r\ncde\r\n0\r\n\r\n");
    assert!(five.is_ok_and(|decoded| decoded.is_some_and(|d| d.body == b"abcde")));
    assert_eq!(decode_with(&small, b"2\r\nab\r\n4\r\nc"), Err(BodyTooLarge));
}

#[test]
fn what_is_written_can_be_read() {
    for size in [1, 9, 10, 15, 16, 255, 256, 4095, 65535, 65536] {
        let head = ChunkHead::new(size);
        assert_eq!(head.bytes(), format!("{size:x}\r\n").as_bytes());
        let data = [head.bytes(), &vec![b'x'; size], b"\r\n", LAST_CHUNK].concat();
        let decoded = feed(strict(), &data, std::iter::once(data.len()));
        assert!(decoded.is_ok_and(|d| d.is_some_and(|d| d.body.len() == size && d.chunks == 1)));
    }
    assert_eq!(ChunkHead::new(usize::MAX).bytes(), format!("{:x}\r\n", usize::MAX).as_bytes());
}
