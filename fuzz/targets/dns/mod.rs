//! The parts of `src/dns` that read queries and write answers.
#![allow(dead_code)]

pub mod answering;
#[path = "../../../src/dns/name.rs"]
pub mod name;
#[path = "../../../src/dns/writer.rs"]
pub mod writer;
