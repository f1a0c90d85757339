//! `evhub.h`: ending greenlets before their time.

use super::types::evhub_greenlet_t;
use super::{object, objects, status, timeout};
use crate::abi::misuse;
use crate::errno::{Errno, Result};
use crate::hub;
use crate::hub::finish::failed_value;
use crate::hub::greenlet::GreenletPtr;
use crate::log::Misuse;
use crate::sys::Timeout;
use std::arch::global_asm;
use std::ffi::{c_char, c_int, c_void};
use std::ptr;

/// The error of a kill: `ECANCELED` unless another is given.
pub(super) fn error_of(error: c_int) -> Result<Errno> {
    match error {
        0 => Ok(Errno::CANCELED),
        error if error > 0 => Ok(Errno(error)),
        _ => Err(misuse(Misuse::BadNumber, "evhub_kill")),
    }
}

/// Kills a greenlet: its current call that waits, and every later one, fails with the error until
/// the greenlet returns or calls evhub_kill_ack(). One that has not run yet never will. One that
/// is killed already keeps its first error. The caller may be killed, too: this call fails then.
///
/// May be called from the loop's callbacks with timeout 0.
///
/// @param error what the calls fail with; 0: ECANCELED
/// @param timeout seconds to wait for its end; negative: for ever; 0: only asks
/// @return 0; -1 with EINVAL, ENOMEM, ETIMEDOUT (it has not ended by then), or as every call that
///   waits
///
/// # Safety
/// `g` is NULL (EINVAL) or a handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_kill(g: *mut evhub_greenlet_t, error: c_int, timeout: f64) -> c_int {
    // SAFETY: the caller's word.
    let greenlet: Result<GreenletPtr> = unsafe { object(g, "evhub_kill") };
    status(greenlet.and_then(|greenlet| {
        let (error, timeout) = (error_of(error)?, self::timeout(timeout)?);
        kill(greenlet, error, timeout)
    }))
}

fn kill(greenlet: GreenletPtr, error: Errno, timeout: Timeout) -> Result<()> {
    let hub = greenlet.object.hub;
    if greenlet == hub.looper {
        return Err(Errno::INVAL);
    }
    hub.kill(greenlet, error, None)?;
    if greenlet == hub.me() {
        // Fails, as whatever may wait does from now on.
        return hub.check(Timeout::NEVER).map(drop);
    }
    if timeout == Timeout::NOW { Ok(()) } else { hub.join(greenlet, timeout) }
}

/// Kills several greenlets, all at once; then waits for their ends.
///
/// @param timeout seconds for all together; negative: none; 0: only asks
/// @return 0; -1 as evhub_kill()
///
/// # Safety
/// `g` has `n` handles.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_killall(
    g: *const *mut evhub_greenlet_t,
    n: usize,
    error: c_int,
    timeout: f64,
) -> c_int {
    // SAFETY: the caller's word.
    let all: Result<Vec<GreenletPtr>> = unsafe { objects(g, n, "evhub_killall") };
    status(all.and_then(|all| {
        let (error, timeout) = (error_of(error)?, self::timeout(timeout)?);
        hub::get()?.kill_all(&all, error, timeout)
    }))
}

/// Says that the caller was killed and goes on: its calls work again, so that it can clean up with
/// calls that wait, or live.
///
/// @return the error that it was killed with; 0: it was not
#[unsafe(no_mangle)]
pub extern "C" fn evhub_kill_ack() -> c_int {
    hub::existing().map_or(0, |hub| hub.acknowledge_kill())
}

/// Whose end has killed the caller, by a link.
///
/// @return the greenlet, valid until evhub_kill_ack(); NULL: it was not killed, or not by a link
#[unsafe(no_mangle)]
pub extern "C" fn evhub_kill_source() -> *mut evhub_greenlet_t {
    let source = hub::existing().and_then(|hub| hub.kill_source());
    source.map_or(ptr::null_mut(), |source| source.as_ptr().cast())
}

/// What `evhub_fail` does with the text that C has made of its arguments.
///
/// # Safety
/// `text` is NULL or a string.
unsafe extern "C" fn failed(error: c_int, text: *const c_char) -> *mut c_void {
    // SAFETY: the caller's word.
    let text = unsafe { super::string(text) };
    if let Some(hub) = hub::existing() {
        hub.note_failure(error, text);
    }
    failed_value()
}

#[cfg(not(target_vendor = "apple"))]
global_asm!(
    ".globl evhub_note_failure", ".hidden evhub_note_failure",
    ".set evhub_note_failure, {failed}", failed = sym failed,
);
#[cfg(target_vendor = "apple")]
global_asm!(
    ".private_extern _evhub_note_failure", ".set _evhub_note_failure, {failed}",
    failed = sym failed,
);
