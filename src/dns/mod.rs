//! Asking the domain name system, and answering for it.
//!
//! No `unsafe` here. Packets of others are decoded by c-ares; what we send we write ourselves.

mod hosts;
pub mod name;
mod resolv_conf;
pub mod settings;
mod slab;
