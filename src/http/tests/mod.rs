//! What is fed in pieces gives what it gives whole; and the rules, message by message.

mod chunked;
mod escape;
mod framing;
mod head;
mod headers;
mod parse;
mod uri;

use super::chunked::Piece;
use super::framing::{RequestFraming, of_reply};
use super::parse::{reply, request, trailers};
use super::*;

/// Scans data that comes in pieces: all splits into two, and byte by byte. All results are that of
/// the whole, which is returned.
fn scanned(scan: &Scan, data: &[u8], limits: &Limits) -> super::Result<Option<Head>> {
    let whole = scan.clone().find(data, limits);
    for cut in 0..=data.len() {
        let mut scan = scan.clone();
        let part = match scan.find(&data[..cut], limits) {
            Ok(None) => scan.find(data, limits),
            result => result,
        };
        assert_eq!(part, whole, "cut at {cut}: {:?}", String::from_utf8_lossy(data));
    }
    let mut scan = scan.clone();
    let steps = (0..=data.len()).map(|end| scan.find(&data[..end], limits));
    let first = steps.into_iter().find(|result| *result != Ok(None)).unwrap_or(Ok(None));
    assert_eq!(first, whole, "byte by byte: {:?}", String::from_utf8_lossy(data));
    whole
}

/// The one head that the data is.
fn whole(scan: Scan, data: &[u8]) -> super::Result<Head> {
    let found = scanned(&scan, data, &Limits::default())?.expect("a whole head");
    assert_eq!(found.end, data.len());
    Ok(found)
}

/// A request's framing, from text.
fn framed(text: &str, rules: &Rules) -> super::Result<RequestFraming> {
    let mut data = text.as_bytes().to_vec();
    let found = whole(Scan::request(rules.is_strict), &data)?;
    let head = &mut data[found.start..found.end];
    request(&found, head, rules.is_strict, |request| of_request(request, rules))?
}
