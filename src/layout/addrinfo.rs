//! Lists of `struct addrinfo`, as `getaddrinfo(3)` gives them: each in one block of the C library's
//! with its address and its name.

use crate::errno::{Errno, Result};
use crate::sys::{address, mem};
use libc::{addrinfo, sockaddr_storage};
use std::ffi::{c_char, c_int};
use std::mem::size_of;
use std::net::SocketAddr;
use std::ptr;

/// One entry; the name follows it.
#[repr(C)]
struct Block {
    info: addrinfo,
    address: sockaddr_storage,
}

/// A list that nobody has yet. It frees itself unless it is given away.
pub struct List {
    first: *mut addrinfo,
    last: *mut addrinfo,
}

/// What an entry says besides its address.
#[derive(Clone, Copy)]
pub struct Entry {
    pub flags: c_int,
    pub kind: c_int,
    pub protocol: c_int,
}

impl List {
    pub const fn new() -> List {
        List { first: ptr::null_mut(), last: ptr::null_mut() }
    }

    pub fn is_empty(&self) -> bool {
        self.first.is_null()
    }

    /// Adds an entry. The first has the name, if there is one.
    pub fn add(&mut self, address: SocketAddr, entry: Entry, name: Option<&[u8]>) -> Result<()> {
        let name_length = name.map_or(0, |name| name.len() + 1);
        let size = size_of::<Block>().checked_add(name_length).ok_or(Errno::NOMEM)?;
        let block = mem::allocate(size)?.cast::<Block>().as_ptr();
        let (raw, length) = address::to_raw(address);
        // SAFETY: a fresh block with room for the entry and, behind it, the name and a NUL.
        // Malloc's blocks are aligned for all of that.
        let info = unsafe {
            let place = block.add(1).cast::<u8>();
            if let Some(name) = name {
                place.copy_from_nonoverlapping(name.as_ptr(), name.len());
                place.add(name.len()).write(0);
            }
            (&raw mut (*block).address).write(raw);
            let mut info: addrinfo = std::mem::zeroed();
            info.ai_flags = entry.flags;
            info.ai_family = if address.is_ipv4() { libc::AF_INET } else { libc::AF_INET6 };
            info.ai_socktype = entry.kind;
            info.ai_protocol = entry.protocol;
            info.ai_addrlen = length;
            info.ai_addr = (&raw mut (*block).address).cast();
            info.ai_canonname =
                if name.is_some() { place.cast::<c_char>() } else { ptr::null_mut() };
            (&raw mut (*block).info).write(info);
            &raw mut (*block).info
        };
        if self.last.is_null() {
            self.first = info;
        } else {
            // SAFETY: the last entry of this list is alive.
            unsafe { (*self.last).ai_next = info };
        }
        self.last = info;
        Ok(())
    }

    /// Gives the list to a program, which frees it with `free`.
    pub fn give(mut self) -> *mut addrinfo {
        std::mem::replace(&mut self.first, ptr::null_mut())
    }
}

impl Drop for List {
    fn drop(&mut self) {
        // SAFETY: nobody else has the list.
        unsafe { free(self.first) };
    }
}

/// Frees a list.
///
/// # Safety
/// `list` is NULL or was given away by `List::give`, and not freed.
pub unsafe fn free(mut list: *mut addrinfo) {
    while !list.is_null() {
        // SAFETY: alive, and the start of its block.
        unsafe {
            let next = (*list).ai_next;
            mem::release(list.cast());
            list = next;
        }
    }
}
