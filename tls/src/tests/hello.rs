//! The extension with the name of a host.

use crate::hello::server_name;

const GOOD: &[u8] = b"\x00\x0e\x00\x00\x0bexample.org";

#[test]
fn a_name_is_found() {
    assert_eq!(server_name(GOOD), Some("example.org"));
}

/// Each extension that ends early, or has a byte more, is none.
#[test]
fn lengths_are_exact() {
    for end in 0..GOOD.len() {
        assert_eq!(server_name(&GOOD[..end]), None, "{end}");
    }
    let longer: Vec<u8> = GOOD.iter().copied().chain([0]).collect();
    assert_eq!(server_name(&longer), None);
}

#[test]
fn other_things_than_a_name_are_none() {
    // Another kind of name, two names, none, a NUL, no text.
    assert_eq!(server_name(b"\x00\x04\x01\x00\x01a"), None);
    assert_eq!(server_name(b"\x00\x08\x00\x00\x01a\x00\x00\x01b"), None);
    assert_eq!(server_name(b"\x00\x03\x00\x00\x00"), None);
    assert_eq!(server_name(b"\x00\x00"), None);
    assert_eq!(server_name(b"\x00\x06\x00\x00\x03a\x00b"), None);
    assert_eq!(server_name(b"\x00\x04\x00\x00\x01\xff"), None);
}
