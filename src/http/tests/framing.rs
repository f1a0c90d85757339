//! Bodies, hosts, connections and expectations, message by message.

use super::*;
use Body::{Chunked, Length, UntilEof};
use Refusal::{BadRequest, BodyTooLarge, ExpectationFailed, NotImplemented};

const LOOSE: Rules = Rules { is_strict: false, max_body: None };
const STRICT: Rules = Rules { is_strict: true, max_body: None };

/// The framing of a POST with Host and these fields.
fn post(fields: &str) -> super::super::Result<RequestFraming> {
    framed(&message("POST / HTTP/1.1", fields), &LOOSE)
}

fn message(line: &str, fields: &str) -> String {
    let fields = if fields.is_empty() { String::new() } else { format!("{fields}\r\n") };
    format!("{line}\r\n{fields}\r\n")
}

fn body(line: &str, fields: &str, rules: &Rules) -> super::super::Result<(Body, bool)> {
    framed(&message(line, fields), rules).map(|framing| (framing.body, framing.close))
}

#[test]
fn bodies_are_framed_by_their_fields() {
    let check = |line, fields, loose, strict| {
        assert_eq!(body(line, fields, &LOOSE), loose, "{line} {fields:?}");
        let fields = format!("Host: a\r\n{fields}");
        assert_eq!(body(line, fields.trim_end(), &STRICT), strict, "strictly, {line} {fields:?}");
    };
    let same = |line, fields, result| check(line, fields, result, result);
    same("GET / HTTP/1.1", "A: b", Ok((Body::None, false)));
    same("GET / HTTP/1.1", "Content-Length: 5", Ok((Length(5), false)));
    same("POST / HTTP/1.1", "Content-Length: 0", Ok((Length(0), false)));
    same("PUT / HTTP/1.1", "A: b", Ok((Body::None, false)));
    same("HEAD / HTTP/1.1", "transfer-encoding: Chunked", Ok((Chunked, false)));
    same("POST / HTTP/1.1", "Transfer-Encoding: ,chunked , ", Ok((Chunked, false)));
    check("POST / HTTP/1.1", "", Ok((UntilEof, true)), Ok((Body::None, false)));
    let close = "Connection: close";
    check("POST / HTTP/1.1", close, Ok((UntilEof, true)), Ok((Body::None, true)));
    let stay = "Connection: keep-alive";
    check("POST / HTTP/1.1", stay, Err(BadRequest), Ok((Body::None, false)));
    let both = "Content-Length: 5\r\nTransfer-Encoding: chunked";
    check("POST / HTTP/1.1", both, Ok((Chunked, true)), Err(BadRequest));
}

#[test]
fn lengths_are_digits_once() {
    for value in ["", "-1", "+1", "1 1", "0x5", "5,5", "5, 5", "abc", "1.0", "\u{661}", "5;"] {
        assert_eq!(post(&format!("Content-Length: {value}")), Err(BadRequest), "{value}");
    }
    for value in ["9223372036854775808", "18446744073709551616", "1234567890123456789012345678901"]
    {
        assert_eq!(post(&format!("Content-Length: {value}")), Err(BodyTooLarge), "{value}");
    }
    let length = |value: &str| post(&format!("Content-Length: {value}")).map(|f| f.body);
    assert_eq!(length("9223372036854775807"), Ok(Length(i64::MAX as u64)));
    assert_eq!(length(" \t7 "), Ok(Length(7)));
    assert_eq!(length("00000000000000000000000000000007"), Ok(Length(7)));
    for two in ["5\r\nContent-Length: 6", "5\r\ncontent-length: 5"] {
        assert_eq!(length(two), Err(BadRequest), "{two}");
    }
}

#[test]
fn codings_are_chunked_once() {
    for (value, refusal) in [
        ("gzip, chunked", NotImplemented),
        ("identity", NotImplemented),
        ("xchunked", NotImplemented),
        ("gzip", NotImplemented),
        ("chunked;a=b", NotImplemented),
        ("\"chunked\"", NotImplemented),
        ("chunked chunked", NotImplemented),
        ("\u{a0}chunked", NotImplemented),
        ("chunked\x0b", BadRequest),
        ("chunked, gzip", BadRequest),
        ("chunked, chunked", BadRequest),
        ("chunked, identity", BadRequest),
        ("", BadRequest),
        (" , ", BadRequest),
        ("chunked\r\nTransfer-Encoding: chunked", BadRequest),
        ("gzip\r\nTransfer-Encoding: chunked", BadRequest),
        ("chunked\r\nTransfer-Encoding:", BadRequest),
        ("chunked\r\nContent-Length: x", BadRequest),
        ("chunked\r\nContent-Length: 5\r\nContent-Length: 5", BadRequest),
    ] {
        assert_eq!(post(&format!("Transfer-Encoding: {value}")), Err(refusal), "{value:?}");
    }
    let old = body("POST / HTTP/1.0", "Transfer-Encoding: chunked", &LOOSE);
    assert_eq!(old, Err(BadRequest));
}

#[test]
fn bodies_may_be_limited() {
    let rules = Rules { max_body: Some(10), ..LOOSE };
    let body = |fields: &str| body("POST / HTTP/1.1", fields, &rules).map(|(body, _)| body);
    assert_eq!(body("Content-Length: 10"), Ok(Length(10)));
    assert_eq!(body("Content-Length: 11"), Err(BodyTooLarge));
    assert_eq!(body("Transfer-Encoding: chunked"), Ok(Chunked));
}

#[test]
fn there_is_one_host() {
    let get = |fields: &str, rules: &Rules| {
        framed(&message("GET / HTTP/1.1", fields), rules).map(|framing| framing.close)
    };
    assert_eq!(get("", &LOOSE), Ok(false));
    assert_eq!(get("", &STRICT), Err(BadRequest));
    assert!(framed("GET / HTTP/1.0\r\n\r\n", &STRICT).is_ok());
    for good in ["", "a", "a.b:80", "[::1]:80", "a:"] {
        assert_eq!(get(&format!("Host: {good}"), &LOOSE), Ok(false), "{good}");
        assert_eq!(get(&format!("Host: {good}"), &STRICT), Ok(false), "{good}");
    }
    for bad in ["a b", "a/b", "b@a", "a\tb", "a\r\nHost: a", "a\r\nhost:", "a\x01"] {
        assert_eq!(get(&format!("Host: {bad}"), &LOOSE), Err(BadRequest), "{bad:?}");
    }
    for odd in ["a:b", "[a]", "a%", ":80", "a,b?"] {
        assert_eq!(get(&format!("Host: {odd}"), &LOOSE), Ok(false), "{odd}");
        assert_eq!(get(&format!("Host: {odd}"), &STRICT), Err(BadRequest), "{odd}");
    }
}

#[test]
fn connections_stay_if_both_know_how() {
    let close = |line: &str, fields: &str| framed(&message(line, fields), &LOOSE).map(|f| f.close);
    for (line, fields, closes) in [
        ("GET / HTTP/1.1", "", false),
        ("GET / HTTP/1.1", "Connection: Close", true),
        ("GET / HTTP/1.1", "Connection: foo, close", true),
        ("GET / HTTP/1.1", "Connection: keep-alive, close", true),
        ("GET / HTTP/1.1", "Connection: close\r\nConnection: keep-alive", true),
        ("GET / HTTP/1.1", "Connection: closed", false),
        ("GET / HTTP/1.0", "", true),
        ("GET / HTTP/1.0", "Connection: Keep-Alive", false),
        ("GET / HTTP/1.0", "Connection: foo, keep-alive", false),
        ("GET / HTTP/1.0", "Connection: keep-alive, close", true),
        ("GET / HTTP/1.0", "Connection: keep", true),
        ("GET / HTTP/1.0", "Proxy-Connection: keep-alive", true),
        ("GET http://a/ HTTP/1.1", "", true),
        ("GET http://a/ HTTP/1.1", "Connection: keep-alive", true),
        ("GET http://a/ HTTP/1.1", "Proxy-Connection: keep-alive", false),
        ("GET http://a/ HTTP/1.0", "Proxy-Connection: Keep-Alive\r\nConnection: close", false),
        ("OPTIONS * HTTP/1.1", "", false),
    ] {
        assert_eq!(close(line, fields), Ok(closes), "{line} {fields:?}");
    }
    let framing = framed(&message("GET / HTTP/1.0", "Connection: keep-alive"), &LOOSE);
    assert!(framing.is_ok_and(|f| f.asked_keep_alive && !f.asked_close));
}

#[test]
fn who_expects_100_may_wait_for_it() {
    let wants = |line: &str, fields: &str| {
        framed(&message(line, fields), &LOOSE).map(|framing| framing.wants_continue)
    };
    let (new, old) = ("POST / HTTP/1.1", "POST / HTTP/1.0");
    assert_eq!(wants(new, "Expect: 100-Continue\r\nContent-Length: 5"), Ok(true));
    assert_eq!(wants(new, "Expect: 100-continue\r\nTransfer-Encoding: chunked"), Ok(true));
    assert_eq!(wants(new, "Expect: 100-continue\r\nContent-Length: 0"), Ok(false));
    assert_eq!(wants("GET / HTTP/1.1", "Expect: 100-continue"), Ok(false));
    assert_eq!(wants(old, "Expect: 100-continue\r\nContent-Length: 5"), Ok(false));
    assert_eq!(wants(old, "Expect: foo\r\nContent-Length: 5"), Ok(false));
    assert_eq!(wants(new, "Expect: foo\r\nContent-Length: 5"), Err(ExpectationFailed));
    assert_eq!(wants(new, "Expect: 100-continue, b\r\nContent-Length: 5"), Err(ExpectationFailed));
}

fn answer(text: &str, asked: &Asked) -> super::super::Result<(Body, bool)> {
    let mut data = format!("HTTP/{text}\r\n\r\n").into_bytes();
    let found = whole(Scan::reply(), &data)?;
    let framing = reply(&found, &mut data, |reply| of_reply(reply, asked))??;
    Ok((framing.body, framing.close))
}

#[test]
fn replies_are_framed_by_code_and_fields() {
    let get = Asked::default();
    for (text, result) in [
        ("1.1 200", Ok((UntilEof, true))),
        ("1.1 200\r\nConnection: keep-alive", Ok((UntilEof, true))),
        ("1.1 200\r\nContent-Length: 5", Ok((Length(5), false))),
        ("1.1 200\r\nContent-Length : 5\r\nConnection: close", Ok((Length(5), true))),
        ("1.0 200\r\nContent-Length: 5", Ok((Length(5), true))),
        ("1.0 200\r\nContent-Length: 5\r\nConnection: keep-alive", Ok((Length(5), false))),
        ("1.1 200\r\nTransfer-Encoding: chunked", Ok((Chunked, false))),
        ("1.0 200\r\nTransfer-Encoding: chunked\r\nConnection: keep-alive", Ok((Chunked, true))),
        ("1.1 200\r\nTransfer-Encoding: gzip, chunked", Ok((Chunked, false))),
        ("1.1 200\r\nTransfer-Encoding: gzip", Ok((UntilEof, true))),
        ("1.1 200\r\nTransfer-Encoding: identity\r\nContent-Length: 5", Ok((Length(5), false))),
        ("1.1 200\r\nTransfer-Encoding: chunked, gzip", Err(BadRequest)),
        ("1.1 200\r\nTransfer-Encoding: chunked\r\nContent-Length: 5", Err(BadRequest)),
        ("1.1 200\r\nContent-Length: 5\r\nContent-Length: 6", Err(BadRequest)),
        ("1.1 200\r\nContent-Length: 5\r\nContent-Length: 5", Err(BadRequest)),
        ("1.1 200\r\nContent-Length: 5x", Err(BadRequest)),
        ("1.1 204\r\nContent-Length: 5", Ok((Body::None, false))),
        ("1.1 304\r\nTransfer-Encoding: chunked", Ok((Body::None, false))),
        ("1.1 100", Ok((Body::None, false))),
        ("1.1 103\r\nLink: a", Ok((Body::None, false))),
        ("1.1 101\r\nUpgrade: x", Ok((Body::None, true))),
        ("1.0 204", Ok((Body::None, true))),
    ] {
        assert_eq!(answer(text, &get), result, "{text}");
    }
}

#[test]
fn replies_are_framed_by_what_was_asked() {
    let head = Asked { is_head: true, ..Asked::default() };
    assert_eq!(answer("1.1 200\r\nContent-Length: 5", &head), Ok((Body::None, false)));
    assert_eq!(answer("1.1 404", &head), Ok((Body::None, false)));
    let connect = Asked { is_connect: true, ..Asked::default() };
    assert_eq!(answer("1.1 200", &connect), Ok((Body::None, true)));
    assert_eq!(answer("1.1 407\r\nContent-Length: 5", &connect), Ok((Length(5), false)));
    let proxy = Asked { is_proxy: true, ..Asked::default() };
    assert_eq!(answer("1.1 200\r\nContent-Length: 5", &proxy), Ok((Length(5), true)));
    let stays = "1.1 200\r\nContent-Length: 5\r\nProxy-Connection: keep-alive";
    assert_eq!(answer(stays, &proxy), Ok((Length(5), false)));
}

#[test]
fn trailers_say_nothing_of_the_message() {
    assert!(is_allowed_trailer("Server-Timing") && is_allowed_trailer("Digest"));
    for never in ["content-length", "TRANSFER-ENCODING", "host", "Connection", "te"] {
        assert!(!is_allowed_trailer(never), "{never}");
    }
}
