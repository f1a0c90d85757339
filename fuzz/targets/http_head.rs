//! Any bytes as the head of a request or a reply: in pieces it is what it is whole, it ends where
//! a plain search finds its end, and what was parsed is the same once more when it is written
//! anew. So nobody who gets our message reads it otherwise than we do.
#![no_main]

use evhub::http::{self, Asked, Body, Field, Head, Limits, Refusal, Reply, Request, Rules, Scan};
use libfuzzer_sys::fuzz_target;

const LIMITS: Limits = Limits { line: 600, head: 1500 };

type Result<T> = std::result::Result<T, Refusal>;

/// As a whole, and in pieces whose lengths `cuts` says.
fn scanned(scan: &Scan, data: &[u8], cuts: &[u8]) -> Result<Option<Head>> {
    let whole = scan.clone().find(data, &LIMITS);
    let (mut scan, mut end, mut part) = (scan.clone(), 0, Ok(None));
    for cut in cuts {
        end = (end + usize::from(*cut)).min(data.len());
        // What is behind the piece is not there: sanitizers see what is read of it.
        part = scan.find(&data[..end].to_vec(), &LIMITS);
        if part != Ok(None) {
            break;
        }
    }
    if part == Ok(None) {
        part = scan.find(data, &LIMITS);
    }
    assert_eq!(part, whole);
    whole
}

/// The first empty line behind one that is not.
fn plain_end(data: &[u8]) -> Option<usize> {
    let (mut end, mut has_begun) = (0, false);
    for line in data.split_inclusive(|b| *b == b'\n').filter(|line| line.ends_with(b"\n")) {
        end += line.len();
        let is_empty = line == b"\r\n" || line == b"\n";
        if is_empty && has_begun {
            return Some(end);
        }
        has_begun |= !is_empty;
    }
    None
}

fn check_fields(fields: &[Field]) {
    for field in fields {
        assert!(!field.name.is_empty() && field.name.bytes().all(|b| b.is_ascii_graphic()));
        assert!(!field.name.contains(':'));
        let is_good = |b: &u8| *b == b'\t' || *b >= b' ' && *b != 0x7f;
        assert!(field.value.iter().all(is_good));
        let is_blank = |b: Option<&u8>| matches!(b, Some(b' ' | b'\t'));
        assert!(!is_blank(field.value.first()) && !is_blank(field.value.last()));
    }
}

fn written(first: &[u8], fields: &[Field]) -> Vec<u8> {
    let mut text = [first, b"\r\n"].concat();
    for field in fields {
        text.extend_from_slice(&[field.name.as_bytes(), b": ", field.value, b"\r\n"].concat());
    }
    text.extend_from_slice(b"\r\n");
    text
}

/// The request line that `head` begins with, of its parts.
fn line(request: &Request, head: &[u8]) -> Vec<u8> {
    let method = head.split(|b| *b == b' ').next().unwrap_or_default();
    let rest = format!(" {} HTTP/1.{}", request.target, request.minor);
    [method, rest.as_bytes()].concat()
}

fn request(data: &[u8], is_strict: bool, cuts: &[u8]) {
    let Ok(Some(found)) = scanned(&Scan::request(is_strict), data, cuts) else { return };
    assert_eq!(plain_end(data), Some(found.end));
    let mut copy = data[found.start..found.end].to_vec();
    let rules = Rules { is_strict, max_body: Some(1000) };
    let first = http::request(&found, &mut copy, is_strict, |request| {
        check_fields(request.fields);
        let line = line(request, &data[found.start..]);
        (written(&line, request.fields), http::of_request(request, &rules))
    });
    let Ok((mut text, framing)) = first else { return };
    if let Ok(framing) = framing {
        check_framing(framing.body, &rules);
        assert!(framing.body != Body::UntilEof || framing.close);
    }
    let again = Scan::request(true).find(&text, &Limits::default());
    let again = again.expect("good").expect("complete");
    assert_eq!((again.start, again.end), (0, text.len()));
    let expected = text.clone();
    let second = http::request(&again, &mut text, is_strict, |request| {
        let line = line(request, &expected);
        (written(&line, request.fields), http::of_request(request, &rules))
    });
    assert_eq!(second, Ok((expected, framing)));
}

fn check_framing(body: Body, rules: &Rules) {
    if let (Body::Length(length), Some(max)) = (body, rules.max_body) {
        assert!(length <= max);
    }
}

fn reply(data: &[u8], asked: &Asked, cuts: &[u8]) {
    let Ok(Some(found)) = scanned(&Scan::reply(), data, cuts) else { return };
    let mut copy = data[found.start..found.end].to_vec();
    let show = |reply: &Reply| {
        check_fields(reply.fields);
        let line = format!("HTTP/1.{} {} ", reply.minor, reply.code);
        let line = [line.as_bytes(), reply.reason].concat();
        (written(&line, reply.fields), http::of_reply(reply, asked))
    };
    let Ok((mut text, framing)) = http::reply(&found, &mut copy, show) else { return };
    let again = Scan::reply().find(&text, &Limits::default()).expect("good").expect("complete");
    assert_eq!((again.start, again.end), (0, text.len()));
    let expected = text.clone();
    assert_eq!(http::reply(&again, &mut text, show), Ok((expected, framing)));
}

fuzz_target!(|data: &[u8]| {
    let Some((&[choice, a, b, c], data)) = data.split_first_chunk::<4>() else { return };
    let cuts = [a, b, c, a, b, c];
    match choice % 4 {
        0 => request(data, false, &cuts),
        1 => request(data, true, &cuts),
        _ => {
            let asked = Asked {
                is_head: choice & 4 != 0,
                is_connect: choice & 8 != 0,
                is_proxy: choice & 16 != 0,
            };
            reply(data, &asked, &cuts);
        }
    }
});
