//! The clocks.

use libc::{CLOCK_MONOTONIC, CLOCK_REALTIME, clockid_t, timespec, timeval};

/// Nanoseconds since boot, or `None` on a kernel (or in a sandbox) without CLOCK_MONOTONIC.
#[inline]
pub fn monotonic_ns() -> Option<u64> {
    read(CLOCK_MONOTONIC)
}

/// Nanoseconds since the epoch, by the wall clock.
pub fn wall_ns() -> u64 {
    read(CLOCK_REALTIME).unwrap_or_else(|| {
        let tv = wall_timeval();
        tv.tv_sec as u64 * 1_000_000_000 + tv.tv_usec as u64 * 1000
    })
}

/// The wall clock as `gettimeofday` gives it.
pub fn wall_timeval() -> timeval {
    let mut tv = timeval { tv_sec: 0, tv_usec: 0 };
    // SAFETY: `tv` is writable; the time zone may be NULL. It cannot fail with these arguments.
    unsafe { libc::gettimeofday(&mut tv, std::ptr::null_mut()) };
    tv
}

#[inline]
fn read(clock: clockid_t) -> Option<u64> {
    let mut ts = timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `ts` is writable.
    if unsafe { libc::clock_gettime(clock, &mut ts) } != 0 {
        return None;
    }
    Some(ts.tv_sec as u64 * 1_000_000_000 + ts.tv_nsec as u64)
}
