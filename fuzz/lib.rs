//! evhub once more, as a crate that Rust programs can link, which the C ABI's crate types do not
//! allow. `src/lib.rs` is the library's own root; here `dns` and `http` are public, so that targets
//! reach what has no function in C.

#[allow(unsafe_code)]
#[path = "src/abi/mod.rs"]
mod abi;
#[path = "src/buffer/mod.rs"]
mod buffer;
#[path = "src/bufferevent/mod.rs"]
mod bufferevent;
#[path = "src/dns/mod.rs"]
pub mod dns;
#[path = "src/errno.rs"]
mod errno;
#[path = "src/event/mod.rs"]
mod event;
#[path = "src/globals.rs"]
mod globals;
#[path = "src/http/mod.rs"]
pub mod http;
#[path = "src/hub/mod.rs"]
mod hub;
#[allow(unsafe_code)]
#[path = "src/layout/mod.rs"]
mod layout;
#[path = "src/log.rs"]
mod log;
#[path = "src/rpc/mod.rs"]
mod rpc;
#[allow(unsafe_code)]
#[path = "src/sys/mod.rs"]
mod sys;
#[path = "src/tag/mod.rs"]
mod tag;
