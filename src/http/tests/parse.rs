//! First lines, targets and fields.

use super::super::uri::is_absolute;
use super::*;
use Refusal::{BadRequest, VersionNotSupported};

fn parsed<R>(text: &[u8], then: impl FnOnce(&Request) -> R) -> super::super::Result<R> {
    let mut data = text.to_vec();
    let found = whole(Scan::request(false), &data)?;
    request(&found, &mut data[found.start..], false, then)
}

fn line(line: &str) -> super::super::Result<String> {
    parsed(format!("{line}\r\n\r\n").as_bytes(), |r| {
        assert!(r.fields.is_empty());
        format!("{:?} {} {}", r.method, r.target, r.minor)
    })
}

fn fields(text: &str) -> super::super::Result<String> {
    let text = format!("GET / HTTP/1.1\r\n{text}\r\n\r\n");
    parsed(text.as_bytes(), |r| written(r.fields))
}

fn written(fields: &[Field]) -> String {
    let text = |f: &Field| format!("[{}|{}]", f.name, f.value.escape_ascii());
    fields.iter().map(text).collect()
}

#[test]
fn request_lines_are_three_words() {
    assert_eq!(line("GET /a?b HTTP/1.1").as_deref(), Ok("Get /a?b 1"));
    assert_eq!(line("POST / HTTP/1.0").as_deref(), Ok("Post / 0"));
    assert_eq!(line("get / HTTP/1.1").as_deref(), Ok("Other(\"get\") / 1"));
    assert_eq!(line("BREW / HTTP/1.1").as_deref(), Ok("Other(\"BREW\") / 1"));
    for method in ["PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "HEAD"] {
        let text = line(&format!("{method} / HTTP/1.1")).expect("good");
        assert!(text.to_uppercase().starts_with(&format!("{method} ")), "{text}");
    }
    for bad in [
        "GET",
        "GET /",
        "GET / ",
        "GET  / HTTP/1.1",
        "GET /  HTTP/1.1",
        "GET\t/ HTTP/1.1",
        "GET / HTTP/1.1 ",
        "GET / HTTP/1.1\t",
        "GET /\x0b HTTP/1.1",
        "GET /a b HTTP/1.1",
        "GET /\x01 HTTP/1.1",
        "GET /\x7f HTTP/1.1",
        "GET /ä HTTP/1.1",
        "G(T / HTTP/1.1",
        "GÄT / HTTP/1.1",
        "GET / http/1.1",
        "GET / HTTP/1.2",
        "GET / HTTP/2.0",
        "GET / HTTP/01.1",
        "GET / HTTP/1.10",
        "GET / HTTP/1",
        "GET / HTTQ/1.1",
        "nonsense",
    ] {
        assert_eq!(line(bad), Err(BadRequest), "{bad:?}");
    }
}

#[test]
fn strictly_other_versions_have_an_answer_of_their_own() {
    for (text, refusal) in [
        ("GET / HTTP/2.0", VersionNotSupported),
        ("GET / HTTP/0.9", VersionNotSupported),
        ("GET / HTTP/1.2", VersionNotSupported),
        ("GET / HTTP/1.1 ", BadRequest),
        ("GET / HTTP/2.0 ", BadRequest),
        ("GET / HTTP/10.0", BadRequest),
        ("GET / HTTX/2.0", BadRequest),
        ("GET /", BadRequest),
    ] {
        let mut data = format!("{text}\r\n\r\n").into_bytes();
        let found = whole(Scan::request(true), &data).expect("good");
        assert_eq!(request(&found, &mut data, true, |_| ()), Err(refusal), "{text}");
    }
}

#[test]
fn targets_have_the_form_of_their_method() {
    for good in [
        "GET //b.c",
        "GET /a?b=c&d=%zz|<>\"{}",
        "GET http://a/",
        "GET http://a:80?b",
        "GET http://a",
        "POST x+y://a_b:/c",
        "OPTIONS *",
        "OPTIONS /",
        "CONNECT a:443",
        "CONNECT [::1]:443",
    ] {
        assert!(line(&format!("{good} HTTP/1.1")).is_ok(), "{good}");
    }
    for bad in [
        "GET *",
        "GET a:80",
        "GET foo/bar",
        "GET !",
        "GET ?",
        "GET http:/a",
        "GET http:///a",
        "GET http://:80/a",
        "GET http://a:b/",
        "GET http://a%/",
        "GET 1http://a/",
        "GET mailto:a",
        "GET /a#b",
        "OPTIONS a",
        "CONNECT /",
        "CONNECT a",
        "CONNECT a:",
        "CONNECT :443",
        "CONNECT b@a:443",
        "CONNECT a:65536",
        "CONNECT http://a:443",
    ] {
        assert_eq!(line(&format!("{bad} HTTP/1.1")), Err(BadRequest), "{bad}");
    }
    let is_proxy = |target: &str| {
        parsed(format!("GET {target} HTTP/1.1\r\n\r\n").as_bytes(), |r| r.is_proxy())
    };
    assert_eq!(is_proxy("http://a/b"), Ok(true));
    assert_eq!(is_proxy("/http://a/b"), Ok(false));
    assert!(!is_absolute(b"*"));
}

#[test]
fn fields_are_names_and_trimmed_values() {
    assert_eq!(fields("A: b").as_deref(), Ok("[A|b]"));
    assert_eq!(fields("A:b\r\nB: \t c d \t").as_deref(), Ok("[A|b][B|c d]"));
    assert_eq!(fields("A:\r\nB: ").as_deref(), Ok("[A|][B|]"));
    assert_eq!(fields("A: b:c\r\na: d").as_deref(), Ok("[A|b:c][a|d]"));
    assert_eq!(fields("A: \u{e4}\tb").as_deref(), Ok("[A|\\xc3\\xa4\\tb]"));
    assert_eq!(fields("A: b\r\n  c").as_deref(), Ok("[A|b c]"));
    for bad in [
        "A : b",
        "A\t: b",
        ": b",
        ":",
        "A",
        "A\r\n : b",
        "(A): b",
        "[A]: b",
        "A@: b",
        "\u{e4}: b",
        "A: b\x07",
        "A: b\x7f",
        "A\x01: b",
        "A b: c",
        "\x0bA: b",
        "A: b\x0b",
    ] {
        assert_eq!(fields(bad), Err(BadRequest), "{bad:?}");
    }
}

#[test]
fn fields_are_as_many_as_there_are_lines() {
    for count in [0, 1, 39, 40, 41, 42, 1000, 10_000] {
        let text: String = (0..count).map(|n| format!("a{n}: {n}\r\n")).collect();
        let mut data = format!("GET / HTTP/1.1\r\n{text}\r\n").into_bytes();
        let found = Scan::request(false).find(&data, &Limits::default());
        let found = found.expect("good").expect("complete");
        let got = request(&found, &mut data, false, |r| r.fields.len());
        assert_eq!(got, Ok(count));
    }
}

fn status(text: &[u8]) -> super::super::Result<String> {
    let mut data = [text, b"\r\n\r\n"].concat();
    let found = whole(Scan::reply(), &data)?;
    reply(&found, &mut data, |r| {
        let fields = written(r.fields);
        format!("{} {} {}{fields}", r.minor, r.code, r.reason.escape_ascii())
    })
}

#[test]
fn status_lines_may_have_no_reason() {
    for (text, result) in [
        ("HTTP/1.1 200 OK", "1 200 OK"),
        ("HTTP/1.0 404 Not  Found ", "0 404 Not  Found"),
        ("HTTP/1.1 200", "1 200 "),
        ("HTTP/1.1 200 ", "1 200 "),
        ("HTTP/1.1 999 \u{e4}", "1 999 \\xc3\\xa4"),
        ("HTTP/1.1 200 O\rK", "1 200 O K"),
    ] {
        assert_eq!(status(text.as_bytes()).as_deref(), Ok(result), "{text:?}");
    }
    for bad in [
        "HTTP/1.1",
        "HTTP/1.1 ",
        "HTTP/1.1200 OK",
        "HTTP/1.1 99 x",
        "HTTP/1.1 099 x",
        "HTTP/1.1 20",
        "HTTP/1.1 2000",
        "HTTP/1.1 -1",
        "HTTP/1.1 abc",
        "HTTP/1.1  200 OK",
        "HTTP/1.1200",
        "HTTP/1.2 200 OK",
        "HTTP/2.0 200 OK",
        "http/1.1 200 OK",
        "ICY 200 OK",
        "HTTP/1.1 200 O\x01K",
        "HTTP/1.1 200 OK\r\n: a",
        "HTTP/1.1 200 OK\r\nA",
        "HTTP/1.1 200 OK\r\n A: b",
        "HTTP/1.1 200 OK\r\nA: b\0",
        "HTTP/1.1 200 OK\r\nA b: c",
    ] {
        assert_eq!(status(bad.as_bytes()), Err(BadRequest), "{bad:?}");
    }
}

#[test]
fn replies_may_have_blanks_before_colons() {
    assert_eq!(status(b"HTTP/1.1 200\r\nA : b").as_deref(), Ok("1 200 [A|b]"));
    assert_eq!(status(b"HTTP/1.1 200\r\nA \t :b").as_deref(), Ok("1 200 [A|b]"));
    assert_eq!(status(b"HTTP/1.1 200\r\nA\r: b").as_deref(), Ok("1 200 [A|b]"));
    assert_eq!(status(b"HTTP/1.1 200\nA: b\n\tc\nB:\n d").as_deref(), Ok("1 200 [A|b c][B|d]"));
    assert_eq!(status(b"HTTP/1.1 200\r\nA: b\r\r\nB: c").as_deref(), Ok("1 200 [A|b][B|c]"));
}

#[test]
fn trailers_are_fields() {
    let read = |text: &str| {
        let mut data = text.as_bytes().to_vec();
        let found = whole(Scan::trailers(false, false), &data)?;
        trailers(&found, &mut data, written)
    };
    assert_eq!(read("\r\n").as_deref(), Ok(""));
    assert_eq!(read("A: b\r\n c\r\nB: d\r\n\r\n").as_deref(), Ok("[A|b c][B|d]"));
    assert_eq!(read("A\r\n\r\n"), Err(BadRequest));
    assert_eq!(read("A : b\r\n\r\n"), Err(BadRequest));
}
