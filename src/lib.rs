//! evhub: libevent 1.4's C interface on a reactor in Rust, and coroutines for C on the same loop.
//!
//! | module | what it is |
//! |---|---|
//! | `abi` | the exported functions: check, cast, call one function of the core, map the error |
//! | `hub` | greenlets: stacks, the run queue, and what they use to wait for each other |
//! | `buffer`, `bufferevent`, `tag` | evbuffers, the streams on them, tagged records |
//! | `dns` | the resolver, and name servers |
//! | `http` | HTTP/1 as bytes: heads, framing, chunks, header lists, URIs |
//! | `rpc` | evrpc: messages as bodies of HTTP requests and replies |
//! | `event` | the reactor: bases, the loop, ready queues, timers, descriptors, signals |
//! | `layout` | public structs byte for byte, intrusive lists, user calls as values |
//! | `sys` | every call of the C library, with safe signatures |
//! | `globals` | every process-wide variable |
//! | `log`, `errno` | messages and error numbers |
//!
//! Arrows point down only: `abi` -> `hub`, `bufferevent` -> `event` -> `layout`, `sys`.
//! ARCHITECTURE.md is the map.

#[cfg(not(any(panic = "abort", test, feature = "test-build")))]
compile_error!("evhub must be built with panic=abort: a panic may not unwind into C");

#[allow(unsafe_code)]
mod abi;
mod buffer;
mod bufferevent;
mod dns;
mod errno;
mod event;
mod globals;
mod http;
mod hub;
#[allow(unsafe_code)]
mod layout;
mod log;
mod rpc;
#[allow(unsafe_code)]
mod sys;
mod tag;
