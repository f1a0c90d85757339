//! Heads: where they end, what is refused, limits, continuation lines.

use super::*;
use Refusal::{BadRequest, HeadTooLarge, TargetTooLong};

fn request_head(text: &str) -> super::super::Result<Option<Head>> {
    scanned(&Scan::request(false), text.as_bytes(), &Limits::default())
}

fn tidied(scan: Scan, text: &str) -> String {
    let mut data = text.as_bytes().to_vec();
    let found = whole(scan, &data).expect("a good head");
    let head = found.tidy(&mut data[found.start..found.end]);
    String::from_utf8(head.to_vec()).expect("UTF-8")
}

#[test]
fn heads_end_at_the_first_empty_line() {
    let found = request_head("GET / HTTP/1.1\r\nA: b\r\n\r\nmore\r\n\r\n");
    let found = found.expect("good").expect("complete");
    assert_eq!((found.start, found.end, found.lines), (0, 24, 2));
    let found = request_head("GET / HTTP/1.1\nA: b\n\nmore").expect("good").expect("complete");
    assert_eq!((found.start, found.end, found.lines), (0, 21, 2));
    assert_eq!(request_head("GET / HTTP/1.1\r\nA: b\r\n\r"), Ok(None));
    assert_eq!(request_head(""), Ok(None));
}

#[test]
fn empty_lines_before_a_request_are_skipped() {
    let found = request_head("\r\n\n\r\nGET / HTTP/1.0\r\n\r\n").expect("good").expect("complete");
    assert_eq!((found.start, found.end, found.lines), (5, 23, 1));
    assert_eq!(request_head("\r\n\r\n"), Ok(None));
    let limits = Limits { line: 10, head: 10 };
    let many = scanned(&Scan::request(false), &[b'\n'; 30], &limits);
    assert_eq!(many, Err(HeadTooLarge));
}

#[test]
fn a_request_has_begun_with_its_first_byte() {
    let mut scan = Scan::request(false);
    assert!(!scan.has_begun(b""));
    assert_eq!(scan.find(b"\r\n\r", &Limits::default()), Ok(None));
    assert!(!scan.has_begun(b"\r\n\r"));
    assert!(scan.has_begun(b"\r\n\r\nG"));
}

#[test]
fn trailers_may_be_none() {
    let scan = Scan::trailers(false, false);
    let found = scanned(&scan, b"\r\nGET", &Limits::default()).expect("good").expect("complete");
    assert_eq!((found.start, found.end, found.lines), (0, 2, 0));
    let found = scanned(&scan, b"A: b\r\n\r\n", &Limits::default()).expect("good").expect("one");
    assert_eq!((found.end, found.lines), (8, 1));
    assert_eq!(scanned(&scan, b" A: b\r\n\r\n", &Limits::default()), Err(BadRequest));
}

#[test]
fn lines_that_no_request_has_are_refused() {
    for text in [
        "GET / HTTP/1.1\r\nA: b\0c\r\n",
        "GET /\0 HTTP/1.1\r\n",
        "GET / HTTP/1.1\r\nA: b\rc\r\n",
        "GET / HTTP/1.1\r\r\n",
        "GET / HTTP/1.1\n\rA: b\r\n",
        "\rGET / HTTP/1.1\r\n",
        " GET / HTTP/1.1\r\n",
        "\t\r\n",
        "GET / HTTP/1.1\r\n A: b\r\n",
        "GET / HTTP/1.1\r\n\t\r\n",
    ] {
        assert_eq!(request_head(text), Err(BadRequest), "{text:?}");
    }
    // Strictly, a line ends with CR and LF.
    for text in ["GET / HTTP/1.1\n", "\nGET / HTTP/1.1\r\n", "GET / HTTP/1.1\r\nA: b\n"] {
        let strict = scanned(&Scan::request(true), text.as_bytes(), &Limits::default());
        assert_eq!(strict, Err(BadRequest), "{text:?}");
        assert_eq!(request_head(text), Ok(None), "{text:?}");
    }
}

#[test]
fn limits_are_exact() {
    let limits = Limits { line: 16, head: 24 };
    let check = |text: &str| {
        scanned(&Scan::request(false), text.as_bytes(), &limits).map(|h| h.map(|h| h.end))
    };
    assert_eq!(check("GET / HTTP/1.1\r\nA: bb\r\n"), Ok(None));
    assert_eq!(check("GET / HTTP/1.1\r\nA: b\r\n\r\n"), Ok(Some(24)));
    assert_eq!(check("GET / HTTP/1.1\r\nA: bbb\r\n\r\n"), Err(HeadTooLarge));
    assert_eq!(check("GET /1 HTTP/1.1\r\n\r\n"), Err(TargetTooLong));
    assert_eq!(check("GET /1 HTTP/1.1 and more"), Err(TargetTooLong));
    assert_eq!(check("\r\nGET / HTTP/1.1\r\nA: b\r\n\r\n"), Ok(Some(26)));
    let reply = scanned(&Scan::reply(), &[b'x'; 30], &limits);
    assert_eq!(reply, Err(HeadTooLarge));
    // Whichever of the two is the smaller one.
    let limits = Limits { line: 100, head: 20 };
    let line = scanned(&Scan::request(false), &[b'x'; 120], &limits);
    assert_eq!(line, Err(TargetTooLong));
}

#[test]
fn continuations_are_joined_by_one_space() {
    let scan = || Scan::request(false);
    let text = "GET / HTTP/1.1\r\nA: b \t\r\n\t  c\n d\r\n   \r\n e\r\nB: f\r\n\r\n";
    assert_eq!(tidied(scan(), text), "GET / HTTP/1.1\r\nA: b c d e\r\nB: f\r\n\r\n");
    let text = "G\r\nA:\r\n b\r\nB: c\r\n \r\n\r\n";
    assert_eq!(tidied(scan(), text), "G\r\nA: b\r\nB: c \r\n\r\n");
    let clean = "GET / HTTP/1.1\r\nA: b  c\r\n\r\n";
    assert_eq!(tidied(scan(), clean), clean);
    let found = whole(scan(), b"G\r\nA: b\r\n c\r\n\r\n").expect("good");
    assert_eq!(found.lines, 2);
}

#[test]
fn in_replies_a_cr_is_a_blank() {
    let text = "HTTP/1.1 200 O\rK\r\nA: b\r\r\nB\r: c\r\n\rd\r\n\r\n";
    let expected = "HTTP/1.1 200 O K\r\nA: b \r\nB : c d\r\n\r\n";
    assert_eq!(tidied(Scan::reply(), text), expected);
    let text = "H\r\nA: b\r\n\r\r\n\r\n";
    assert_eq!(tidied(Scan::reply(), text), "H\r\nA: b \r\n\r\n");
}

#[test]
fn many_folds_take_linear_time() {
    let mut data = b"GET / HTTP/1.1\r\nA: b\r\n".to_vec();
    for _ in 0..200_000 {
        data.extend_from_slice(b" c\r\n");
    }
    data.extend_from_slice(b"\r\n");
    let limits = Limits { line: 1 << 20, head: 1 << 20 };
    let found = Scan::request(false).find(&data, &limits).expect("good").expect("complete");
    assert_eq!(found.lines, 2);
    let tidy = found.tidy(&mut data);
    assert_eq!(tidy.len(), "GET / HTTP/1.1\r\nA: b\r\n\r\n".len() + 400_000);
}
