//! `evhub.h`: the hub itself: its base, signals, forks, the end; hooks.

use super::types::{evhub_error_fn_t, evhub_fn_t, evhub_signal_t, evhub_trace_fn_t};
use super::{free_with, handle, none, number, required, status};
use crate::errno::Errno;
use crate::event::Base;
use crate::hub::signal::{self, Then};
use crate::hub::{self, end, report};
use std::ffi::{c_char, c_int, c_void};

/// The base that the thread's greenlets share with libevent code: the one whose loop runs, that
/// event_init() has made on this thread, or a new one, which becomes the current base if there is
/// none. Events of that base and greenlets wait for each other's sake.
///
/// @return the base; NULL with ENOMEM or EMFILE
#[unsafe(no_mangle)]
pub extern "C" fn evhub_base() -> *mut Base {
    match hub::get().and_then(|hub| hub.base()) {
        Ok(base) => base.as_ptr(),
        Err(error) => none(error),
    }
}

/// fork(), after which the loop works in both processes.
///
/// @return 0 in the child; its number in the parent; -1 as fork(), or with what event_reinit() says
#[unsafe(no_mangle)]
pub extern "C" fn evhub_fork() -> libc::pid_t {
    number(end::fork())
}

/// Rebuilds what the kernel keeps for the hub's base: event_reinit().
///
/// @return 0; -1 as event_reinit()
#[unsafe(no_mangle)]
pub extern "C" fn evhub_reinit() -> c_int {
    status(end::reinit())
}

/// Ends the hub of the thread: runs until there is nothing to wait for, kills the greenlets that
/// still wait, and gives back the stacks. What does not end then is dropped, with a line in the
/// log. Objects and handles stay valid; the next call that needs a hub begins anew.
///
/// @return 0; -1 with EPERM (not called by the main greenlet), or as every call that waits
#[unsafe(no_mangle)]
pub extern "C" fn evhub_shutdown() -> c_int {
    status(hub::existing().map_or(Ok(()), |hub| hub.shut_down()))
}

/// Has SIGINT kill the main greenlet with EINTR, instead of what it did before, or not. It is no
/// hope: a deadlock is one even so.
///
/// @return 0; -1 with ENOMEM or EMFILE
#[unsafe(no_mangle)]
pub extern "C" fn evhub_catch_sigint(on: c_int) -> c_int {
    status(signal::catch_sigint(on != 0))
}

/// Has a greenlet spawned at each delivery of a signal.
///
/// @param signum the signal
/// @param fn what it runs
/// @return the watch, to be ended by evhub_signal_cancel(); NULL with EINVAL or ENOMEM
#[unsafe(no_mangle)]
pub extern "C" fn evhub_signal(
    signum: c_int,
    r#fn: evhub_fn_t,
    arg: *mut c_void,
) -> *mut evhub_signal_t {
    let made = required(r#fn, "evhub_signal");
    handle(made.and_then(|_| signal::watch(signum, Then::Spawn(r#fn, arg), true)))
}

/// Ends what evhub_signal() began: the signal does again what it did before.
///
/// @param s the watch; NULL is fine
///
/// # Safety
/// `s` is NULL or a watch that was not ended.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_signal_cancel(s: *mut evhub_signal_t) {
    // SAFETY: the caller's word.
    unsafe { free_with(s, "evhub_signal_cancel", signal::cancel) };
}

/// Has a function told of greenlets of this thread that fail, instead of a line in the log; and of
/// those that ignore a thousand times in a row that they were killed. It may not wait.
///
/// @param fn the function; NULL: the log again
/// @return 0; -1 with ENOMEM
#[unsafe(no_mangle)]
pub extern "C" fn evhub_set_error_hook(r#fn: evhub_error_fn_t, arg: *mut c_void) -> c_int {
    status(hub::get().map(|hub| hub.set_error_hook(r#fn, arg)))
}

/// Has a function told of every switch between the greenlets of this thread, and of errors that are
/// sent to one. It may not wait. Switches cost more meanwhile.
///
/// @param fn the function; NULL: nobody
/// @return 0; -1 with ENOMEM
#[unsafe(no_mangle)]
pub extern "C" fn evhub_set_trace(r#fn: evhub_trace_fn_t, arg: *mut c_void) -> c_int {
    status(hub::get().map(|hub| hub.set_trace(r#fn, arg)))
}

/// The text of an error number: strerror(), and for the hub's own ones.
///
/// @return the text; not to be freed, valid until the thread's next strerror()
#[unsafe(no_mangle)]
pub extern "C" fn evhub_strerror(error: c_int) -> *const c_char {
    match report::own_text(error) {
        Some(text) => text.as_ptr(),
        None => crate::sys::text::strerror(Errno(error)),
    }
}
