//! What of a name server needs no socket.

#[path = "../../../src/dns/answering/query.rs"]
pub mod query;
#[path = "../../../src/dns/answering/reply.rs"]
pub mod reply;
