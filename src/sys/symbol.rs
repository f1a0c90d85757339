//! Functions that the process may have: looked up by name while it runs.

use std::ffi::{CStr, c_void};
use std::ptr::NonNull;

/// The address of what the program or a library of its exports under the name.
pub fn find(name: &CStr) -> Option<NonNull<c_void>> {
    // SAFETY: the name ends with NUL; the default scope needs no handle.
    NonNull::new(unsafe { libc::dlsym(libc::RTLD_DEFAULT, name.as_ptr()) })
}
