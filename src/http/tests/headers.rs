//! What may be in a list of headers, and the list itself.

use super::super::headers::*;
use crate::layout::keyval::Headers;

fn sent(value: &str) -> String {
    let pieces: Vec<&[u8]> = pieces(value.as_bytes()).collect();
    String::from_utf8(pieces.join(&b' ')).expect("UTF-8")
}

#[test]
fn keys_are_words() {
    for good in ["A", "X-y", "a(b)", "\u{e4}"] {
        assert!(check_key(good.as_bytes()).is_ok(), "{good}");
    }
    for bad in ["", "a:", ":", "a b", "a\t", "a\r", "\na", "a\0", "\x7f", " "] {
        assert!(check_key(bad.as_bytes()).is_err(), "{bad:?}");
    }
}

#[test]
fn values_may_be_folded() {
    for good in ["", "v", "v\r\n y", "v\n\ty", "v\r\n y\r\n z", "v\r\n "] {
        assert!(check_value(good.as_bytes()).is_ok(), "{good:?}");
    }
    for bad in ["v\r\ny", "v\n", "v\r", "v\r\n", "\r\n", "v\r\n y\r\nz", "v\ny"] {
        assert!(check_value(bad.as_bytes()).is_err(), "{bad:?}");
    }
}

#[test]
fn what_is_sent_is_one_line() {
    assert_eq!(sent("a b"), "a b");
    assert_eq!(sent(""), "");
    assert_eq!(sent("v\r\n y"), "v y");
    assert_eq!(sent("v\r\n \t y\n z"), "v y z");
    assert_eq!(sent("v\r\nEvil: x\r\n\r\nbody"), "v Evil: x body");
    assert_eq!(sent("\r\n\r\na\r"), " a");
}

#[test]
fn lists_are_in_order() {
    let list = Headers::create().expect("memory");
    let written = || -> String {
        let text = |b: &[u8]| String::from_utf8(b.to_vec()).expect("UTF-8");
        list.iter().map(|h| format!("{}={};", text(h.key), text(h.value))).collect()
    };
    for (key, value) in [("A", "1"), ("B", "2"), ("a", "3"), ("C", "")] {
        assert!(add(list, key.as_bytes(), value.as_bytes()).is_ok());
    }
    assert_eq!(written(), "A=1;B=2;a=3;C=;");
    assert!(find(&list, b"a").is_some_and(|header| header.value == b"1"));
    assert!(find(&list, b"D").is_none());
    assert!(remove(list, b"c") && !remove(list, b"c"));
    assert!(remove(list, b"a"));
    assert_eq!(written(), "B=2;a=3;");
    assert!(add(list, b"D", b"4").is_ok() && remove(list, b"B"));
    assert!(add(list, b"x y", b"4").is_err() && add(list, b"x", b"4\n").is_err());
    assert_eq!(written(), "a=3;D=4;");
    list.clear();
    assert!(list.is_empty() && list.iter().next().is_none());
    assert!(add(list, b"E", b"5").is_ok());
    assert_eq!(written(), "E=5;");
    list.dispose();
}
