//! What the targets share: the C interface, the input as a list of choices, records,
//! packets.

// Each target uses its part.
#![allow(dead_code)]

pub mod ffi;
pub mod input;
pub mod packets;
pub mod tags;
