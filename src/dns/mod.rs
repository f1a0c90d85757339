//! Asking the domain name system, and answering for it.
//!
//! No `unsafe` here. Packets of others are decoded by c-ares; what we send we write ourselves.

pub mod answering;
#[allow(dead_code, reason = "its other users come with the next commits")]
pub mod name;
pub mod writer;
