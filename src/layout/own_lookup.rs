//! Lookups of addresses of the library's own that call Rust.
//!
//! To the resolver they are a program's. Contract: whoever has begun one forgets it
//! (`resolver::forget_lookup`) before it ends itself.

use super::addrinfo;
use crate::dns::lookup::Hints;
use crate::dns::resolver::{self, ResolverPtr};
use crate::errno::{Errno, Result};
use crate::layout::handle::Handle;
use crate::sys::address;
use std::ffi::{c_int, c_void};
use std::net::SocketAddr;

/// Who waits for addresses.
pub trait Finds: Sized {
    /// By the loop: the addresses of the name, at least one. `ENOENT`: there are none.
    fn found(target: *mut Self, addresses: Result<Vec<SocketAddr>>);
}

/// Looks up the addresses of `name`; what the lookup is known by.
pub fn begin<T: Finds>(
    resolver: ResolverPtr,
    name: &[u8],
    hints: Hints,
    target: Handle<T>,
) -> Result<usize> {
    let arg = target.as_ptr().cast();
    resolver::ask_addresses(resolver, Some(name), Ok(hints), Some(found::<T>), arg)
}

/// # Safety
/// `list` is NULL, or a list of `addrinfo` that is the callee's now.
unsafe extern "C" fn found<T: Finds>(
    result: c_int,
    list: *mut libc::addrinfo,
    target: *mut c_void,
) {
    // SAFETY: the caller's word.
    let addresses = unsafe { addresses_of(list) };
    // SAFETY: as above, and nobody has it but us.
    unsafe { addrinfo::free(list) };
    let addresses = if result == 0 { addresses } else { Err(Errno::NOENT) };
    T::found(target.cast(), addresses);
}

/// # Safety
/// `entry` is NULL, or a list of `addrinfo`.
unsafe fn addresses_of(mut entry: *const libc::addrinfo) -> Result<Vec<SocketAddr>> {
    let mut addresses = Vec::new();
    // SAFETY: the caller's word, for each entry and its address.
    while let Some(info) = unsafe { entry.as_ref() } {
        addresses.try_reserve(1)?;
        // SAFETY: as above.
        if let Ok(address) = unsafe { address::from_raw(info.ai_addr, info.ai_addrlen) } {
            addresses.push(address);
        }
        entry = info.ai_next;
    }
    Ok(addresses)
}
