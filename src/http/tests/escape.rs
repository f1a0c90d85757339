//! Escaping and back; pairs of queries.

use super::super::escape::*;

fn text(write: impl Fn(Out)) -> String {
    let mut bytes = Vec::new();
    write(&mut |piece| {
        assert!(!piece.is_empty());
        bytes.extend_from_slice(piece);
    });
    String::from_utf8(bytes).expect("UTF-8")
}

#[test]
fn what_is_encoded_comes_back() {
    let all: Vec<u8> = (0..=255).collect();
    for is_kept in [is_kept_in_uri, is_unreserved] {
        let encoded = text(|out| encode(&all, is_kept, b"%20", out));
        let mut decoded = Vec::new();
        decode(encoded.as_bytes(), Plus::Never, &mut |piece| decoded.extend_from_slice(piece));
        assert_eq!(decoded, all);
    }
}

#[test]
fn plus_is_a_space_where_it_is_said() {
    let decoded = |plus| text(|out| decode(b"a+b?c+d?%2b%", plus, out));
    assert_eq!(decoded(Plus::Never), "a+b?c+d?+%");
    assert_eq!(decoded(Plus::InQuery), "a+b?c d?+%");
    assert_eq!(decoded(Plus::Always), "a b?c d?+%");
}

#[test]
fn targets_stay_in_their_line() {
    let target = text(|out| encode_target(b"/a b\r\nEvil: c\t\x7f%41?\"#", out));
    assert_eq!(target, "/a%20b%0D%0AEvil:%20c%09%7F%41?\"#");
}

#[test]
fn queries_are_pairs() {
    let pairs: Vec<(&[u8], &[u8])> = query_pairs(b"a=b&&c&=d&e=f=g&").collect();
    let expected: [(&[u8], &[u8]); 4] = [(b"a", b"b"), (b"c", b""), (b"", b"d"), (b"e", b"f=g")];
    assert_eq!(pairs, expected);
    assert_eq!(query_of(b"a?b?c"), Some(&b"b?c"[..]));
    assert_eq!(query_of(b"a"), None);
}
