//! Calls of the C library, of the program and of libevhub, and what of OpenSSL the `openssl` crate
//! does not have, with safe signatures.

pub mod chooser;
pub mod errno;
pub mod evhub;
pub mod fork;
pub mod openssl;
#[cfg(test)]
pub mod room;
pub mod socket;
