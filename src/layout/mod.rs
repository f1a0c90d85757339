//! Memory that C shares with us: public structs, links inside them, owned handles, user calls.
//!
//! One of the three rooms where `unsafe` is allowed. What leaves it is safe to use under the
//! contracts written at its types.

pub mod call;
pub mod event;
pub mod exclusive;
pub mod handle;
pub mod link;
pub mod lists;
pub mod once;
pub mod pinned;
pub mod records;
