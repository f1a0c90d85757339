//! Name servers: `evdns_add_server_port` and what programs answer with.
//!
//! ```text
//!   socket -> Port ----------------+--> query: refused, or -> Request -> the program's function
//!               ^                  |                             |
//!               +-- Connection <---+ (TCP)                       v   add.., respond, drop
//!                     ^                                        Reply -> bytes
//!                     +-------------- queued while the socket is full <--+
//! ```
//! A port lives until the program has closed it and all of its requests have ended; a connection
//! until its socket is closed and the same. Programs hold pointers to requests and ports: each is
//! looked up before it is touched.
//!
//! The program's function is called last, and nothing is touched after it: what is left to do (more
//! datagrams, more of a stream) is the event's next call, which was asked for before.

mod connection;
mod event;
mod port;
pub mod query;
pub mod reply;
mod request;

pub use port::{Port, PortPtr, base_freed, close, find as find_port, open};
pub use reply::Section;
pub use request::{RequestPtr, end, find as find_request, respond};

/// What became of an answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sent {
    Now,
    /// When the socket takes more.
    Later,
}
