//! Asking the domain name system, and answering for it.
//!
//! ```text
//!   evdns_resolve_* -> request -> query -> channel (UDP), tcp -> name server
//!                         |  hosts, literals, cache                   |
//!   callback <- resolver <+------------- answer <- reply <------------+
//! ```
//! A resolver is what the settings (process-wide, or its own) have become on one base: sockets,
//! questions and a timer. Its state is one value, entered for an operation at a time. No `unsafe`
//! here. Packets of others are decoded by c-ares; what we send we write ourselves.

pub mod answer;
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
mod tcp;

pub use resolver::{ResolverPtr, base_freed, reinit};
