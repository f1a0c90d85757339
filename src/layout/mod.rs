//! Memory that C shares with us: public structs, links inside them, owned handles, user calls.
//!
//! One of the three rooms where `unsafe` is allowed. What leaves it is safe to use under the
//! contracts written at its types.

pub mod addrinfo;
pub mod bufferevent;
pub mod call;
pub mod chain;
pub mod copy;
pub mod evbuffer;
pub mod evdns;
pub mod event;
pub mod evhttp;
pub mod evrpc;
pub mod exclusive;
pub mod handle;
pub mod hook;
pub mod keyval;
pub mod late;
pub mod link;
pub mod lists;
pub mod live;
pub mod mine;
pub mod once;
pub mod own_event;
pub mod own_lookup;
pub mod own_request;
pub mod pinned;
pub mod records;
pub mod registry;
pub mod slots;
