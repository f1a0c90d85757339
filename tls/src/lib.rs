//! evhub_tls: TLS for evhub's HTTP servers and clients, over the system's OpenSSL.
//!
//! | module | what it is |
//! |---|---|
//! | `abi` | the exported functions, and the table that libevhub calls |
//! | `transport` | what libevhub gets for a connection: its stream, what calls it has to make |
//! | `stream` | TLS over something that reads and writes; no descriptor is known here |
//! | `outlet` | what is to be sent and waits for room |
//! | `context` | certificates, trust and choices; from the first use on they stay as they are |
//! | `choice`, `names`, `hello` | which certificate a client gets, by the name that it asks for |
//! | `pem` | files with certificates and keys |
//! | `fault` | error numbers with a text, and the text of a thread's last one |
//! | `sys` | sockets, forks, and what of OpenSSL the `openssl` crate does not have |
//!
//! libevhub knows nothing of this library: it is told by `evhub_evhttp_set_transport` to let bytes
//! through a table of functions. So programs without TLS never load OpenSSL.

#[cfg(not(any(panic = "abort", test, feature = "test-build")))]
compile_error!("evhub_tls must be built with panic=abort: a panic may not unwind into C");

#[allow(unsafe_code)]
mod abi;
mod choice;
mod context;
mod fault;
mod hello;
mod names;
mod outlet;
mod pem;
mod stream;
#[allow(unsafe_code)]
mod sys;
mod transport;

#[cfg(test)]
mod tests;
