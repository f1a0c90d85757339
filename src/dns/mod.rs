//! Asking the domain name system, and answering for it.
//!
//! ```text
//!   evdns_resolve_* -> request -> query -> channel (UDP), tcp -> name server
//!                         |  hosts, literals, cache                   |
//!   callback <- resolver <+------------- answer <- reply <------------+
//! ```
//! Name servers of the program's own are in `answering`; `writer` writes their replies.
//!
//! A resolver is what the settings (process-wide, or its own) have become on one base: sockets,
//! questions and a timer. Its state is one value, entered for an operation at a time. No `unsafe`
//! here. Packets of others are decoded by c-ares; what we send we write ourselves.

pub mod answer;
pub mod answering;
mod cache;
mod channel;
mod hash;
pub mod hooks;
pub mod hosts;
pub mod lookup;
pub mod name;
pub mod packet;
pub mod query;
mod random;
mod reply;
pub mod request;
pub mod resolv_conf;
pub mod resolver;
mod server;
pub mod settings;
mod slab;
mod source;
mod state;
mod table;
mod tcp;
pub mod writer;

pub use resolver::{ResolverPtr, reinit};

use crate::event::BasePtr;

/// A base is about to be freed: its resolvers end, its name servers are left without events.
pub fn base_freed(base: BasePtr) {
    resolver::base_freed(base);
    answering::base_freed(base);
}
