//! Memory by the page: mappings, guard regions, giving back, what is resident.
//!
//! A guard region (Linux 6.13) forbids access without a mapping of its own, so that a million of
//! them fit below `vm.max_map_count`. Where the kernel has none, mprotect(2) serves; which one
//! it is the first guard finds out for the process.

use super::check;
use crate::errno::{Errno, Result};
use std::ffi::{c_int, c_void};
use std::ptr;

#[cfg(target_os = "linux")]
const FLAGS: c_int = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
// Here the stack pointer may point to nothing else.
#[cfg(target_os = "openbsd")]
const FLAGS: c_int = libc::MAP_PRIVATE | libc::MAP_ANON | libc::MAP_STACK;
#[cfg(not(any(target_os = "linux", target_os = "openbsd")))]
const FLAGS: c_int = libc::MAP_PRIVATE | libc::MAP_ANON;

/// What madvise(2) calls "these bytes are not needed, take the pages".
#[cfg(target_os = "linux")]
const GIVE_BACK: c_int = libc::MADV_DONTNEED;
#[cfg(not(target_os = "linux"))]
const GIVE_BACK: c_int = libc::MADV_FREE;

/// The size of a page.
pub fn page() -> usize {
    // SAFETY: no pointers.
    let size = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    usize::try_from(size).unwrap_or(4096)
}

fn at(address: usize) -> *mut c_void {
    ptr::with_exposed_provenance_mut(address)
}

/// Fresh memory for stacks, touched by nobody: zeroes, in small pages. Returns its address.
pub fn map(bytes: usize) -> Result<usize> {
    // SAFETY: a new mapping, wherever the kernel wants it.
    let memory = unsafe {
        libc::mmap(ptr::null_mut(), bytes, libc::PROT_READ | libc::PROT_WRITE, FLAGS, -1, 0)
    };
    if memory == libc::MAP_FAILED {
        return Err(Errno::last());
    }
    // A huge page would make a stack's first byte cost as much as eight stacks. A kernel without
    // huge pages refuses, which does not matter.
    #[cfg(target_os = "linux")]
    // SAFETY: the new mapping.
    unsafe {
        libc::madvise(memory, bytes, libc::MADV_NOHUGEPAGE);
    }
    Ok(memory.expose_provenance())
}

/// # Safety
/// The bytes are from `map`, and nobody uses them any more.
pub unsafe fn unmap(address: usize, bytes: usize) {
    // SAFETY: the caller's word.
    unsafe { libc::munmap(at(address), bytes) };
}

/// Makes every access to the pages a fault. `ENOMEM`: the process has too many mappings.
///
/// # Safety
/// The pages are a part of what `map` gave, and nobody uses them.
pub unsafe fn forbid(address: usize, bytes: usize) -> Result<()> {
    #[cfg(target_os = "linux")]
    // SAFETY: the caller's word.
    if let Some(result) = unsafe { regions::install(address, bytes) } {
        return result;
    }
    // SAFETY: the caller's word.
    check(unsafe { libc::mprotect(at(address), bytes, libc::PROT_NONE) }).map(drop)
}

/// Gives the pages back to the kernel; they are zeroes when they are next touched (some systems
/// leave them as they were until they need them). Guards within stay.
///
/// # Safety
/// The pages are a part of what `map` gave, and nobody needs what is in them.
pub unsafe fn give_back(address: usize, bytes: usize) {
    // Locked memory is refused, and stays.
    // SAFETY: the caller's word.
    unsafe { libc::madvise(at(address), bytes, GIVE_BACK) };
}

/// Which pages from `address` on are in memory: one byte for each, whose lowest bit tells.
pub fn resident(address: usize, pages: &mut [u8]) -> Result<()> {
    // SAFETY: the kernel looks at its tables alone, and writes one byte for each page.
    check(unsafe { libc::mincore(at(address), pages.len() * page(), pages.as_mut_ptr().cast()) })
        .map(drop)
}

/// Guard regions, where the kernel has them.
#[cfg(target_os = "linux")]
pub mod regions {
    use crate::errno::{Errno, Result};
    use std::ffi::c_int;
    use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

    /// Older C libraries have no name for it.
    const MADV_GUARD_INSTALL: c_int = 102;

    /// Set by the first that is refused.
    static ARE_MISSING: AtomicBool = AtomicBool::new(false);

    /// `None`: mprotect has to do.
    ///
    /// # Safety
    /// As for `forbid`.
    pub(super) unsafe fn install(address: usize, bytes: usize) -> Option<Result<()>> {
        if ARE_MISSING.load(Relaxed) {
            return None;
        }
        // SAFETY: the caller's word.
        if unsafe { libc::madvise(super::at(address), bytes, MADV_GUARD_INSTALL) } == 0 {
            return Some(Ok(()));
        }
        let error = Errno::last();
        // Memory that is locked (mlockall) is refused as well, and mprotect takes it.
        if error == Errno::INVAL {
            ARE_MISSING.store(true, Relaxed);
            return None;
        }
        Some(Err(error))
    }

    /// From now on the kernel is an old one.
    #[cfg(test)]
    pub fn pretend_there_are_none() {
        ARE_MISSING.store(true, Relaxed);
    }
}
