//! The hub: greenlets of a thread, and what they wait for.

#[allow(dead_code, unused_imports)]
pub mod context;
