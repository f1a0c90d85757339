//! The parts of `src/dns` that read queries and write answers.
#![allow(dead_code)]

#[path = "../../../src/dns/name.rs"]
pub mod name;
#[path = "../../../src/dns/writer.rs"]
pub mod writer;

pub mod answering {
    #[path = "../../../../src/dns/answering/query.rs"]
    pub mod query;
    #[path = "../../../../src/dns/answering/reply.rs"]
    pub mod reply;
}
