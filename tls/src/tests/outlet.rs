//! What there is no room for waits, and leaves in order.

use super::pipe::pipe;
use crate::outlet::Outlet;
use std::io::{ErrorKind, Write};

#[test]
fn everything_is_taken_and_leaves_in_order() {
    let (end, other) = pipe(10);
    let mut outlet = Outlet::new(end);
    let mut left = Vec::new();
    for number in 0..50_u8 {
        assert_eq!(outlet.write(&[number; 7]).unwrap(), 7);
        if number % 3 == 0 {
            left.extend(other.from.borrow_mut().bytes.drain(..));
        }
    }
    while !outlet.clear().unwrap() {
        left.extend(other.from.borrow_mut().bytes.drain(..));
    }
    left.extend(other.from.borrow_mut().bytes.drain(..));
    let expected: Vec<u8> = (0..50).flat_map(|number| [number; 7]).collect();
    assert_eq!(left, expected);
    assert!(outlet.is_clear());
}

/// A peer that makes us answer and does not hear the answers.
#[test]
fn there_is_an_end_to_what_waits() {
    let (end, _other) = pipe(0);
    let mut outlet = Outlet::new(end);
    let mut taken = 0;
    let error = loop {
        match outlet.write(&[0; 1000]) {
            Ok(n) => taken += n,
            Err(error) => break error,
        }
        assert!(taken < 1 << 20);
    };
    assert_eq!(error.kind(), ErrorKind::WouldBlock);
}
