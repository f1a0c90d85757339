//! The process: its environment, its privileges, its end.

use super::check;
use crate::errno::Result;
use std::ffi::{CStr, c_int};
use std::mem::MaybeUninit;

/// Is the variable set, to whatever value? Never in a process that runs with more rights than
/// whoever started it.
pub fn is_set(name: &CStr) -> bool {
    // SAFETY: the name is NUL-terminated; only the presence of the result is looked at.
    !is_privileged() && !unsafe { libc::getenv(name.as_ptr()) }.is_null()
}

/// Does the variable have just this value?
#[cfg(feature = "kqueue-emulation")]
pub fn value_is(name: &CStr, value: &CStr) -> Option<bool> {
    // SAFETY: the name is NUL-terminated.
    let found = unsafe { libc::getenv(name.as_ptr()) };
    // SAFETY: a value from the environment is NUL-terminated.
    (!found.is_null()).then(|| unsafe { CStr::from_ptr(found) } == value)
}

fn is_privileged() -> bool {
    #[cfg(target_os = "linux")]
    // SAFETY: no pointers.
    if unsafe { libc::getauxval(libc::AT_SECURE) } != 0 {
        return true;
    }
    // SAFETY: no pointers; these cannot fail.
    unsafe { libc::getuid() != libc::geteuid() || libc::getgid() != libc::getegid() }
}

/// `exit(1)`: what 1.4 does, and its callers count on, when there is no way to go on.
pub fn exit_failure() -> ! {
    // SAFETY: runs the program's exit handlers, as `exit` from C would.
    unsafe { libc::exit(1) }
}

/// `fork(2)`: 0 in the child.
pub fn fork() -> Result<c_int> {
    // SAFETY: no pointers; what the child may do is the caller's business, as with the C function.
    check(unsafe { libc::fork() })
}

/// How large a thread's own stack may grow, in bytes: what code expects that was written for one.
pub fn stack_limit() -> usize {
    const USUAL: usize = 8 << 20;
    let mut limit = MaybeUninit::<libc::rlimit>::uninit();
    // SAFETY: `limit` is writable.
    if unsafe { libc::getrlimit(libc::RLIMIT_STACK, limit.as_mut_ptr()) } != 0 {
        return USUAL;
    }
    // SAFETY: getrlimit succeeded, so it filled `limit`.
    match unsafe { limit.assume_init() }.rlim_cur {
        libc::RLIM_INFINITY => USUAL,
        bytes => usize::try_from(bytes).unwrap_or(USUAL).clamp(1 << 20, 64 << 20),
    }
}

/// More of a machine's name is not asked for.
pub const NAME_LIMIT: usize = 256;

/// The name of this machine; empty if it has none.
pub fn host_name(room: &mut [u8; NAME_LIMIT]) -> &[u8] {
    // SAFETY: writable for one byte less than its length, so that it stays terminated.
    let result = unsafe { libc::gethostname(room.as_mut_ptr().cast(), room.len() - 1) };
    let end = room.iter().position(|&byte| byte == 0).unwrap_or(0);
    if result == 0 { &room[..end] } else { &[] }
}
