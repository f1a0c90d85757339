//! `evhub.h`: what there is to know of the hub and its greenlets.

use super::types::{evhub_greenlet_t, evhub_info_fn_t};
use super::{number, required, status};
use crate::abi::misuse;
use crate::errno::Result;
use crate::hub::greenlet::{GreenletPtr, State};
use crate::hub::info::stack_of;
use crate::hub::spawn::name_of;
use crate::hub::{self, HubPtr};
use crate::layout::call::EachCall;
use crate::log::Misuse;
use crate::sys::stdio::Stream;
use libc::FILE;
use std::ffi::{c_char, c_int, c_ulong, c_void};

/// Numbers of the thread's hub; see evhub_stats().
#[allow(non_camel_case_types)]
#[repr(C)]
pub struct evhub_stats_t {
    /// set by the caller: sizeof(evhub_stats_t)
    size: usize,
    /// switches from one stack to another
    switches: u64,
    /// greenlets woken
    wakeups: u64,
    /// turns of the loop that greenlets had
    polls: u64,
    /// greenlets ever made
    spawned: u64,
    /// greenlets that have not ended
    alive: usize,
    /// the most that there ever were
    peak: usize,
    /// greenlets that wait
    waiting: usize,
    /// greenlets that can run
    ready: usize,
    /// stacks that are mapped
    stacks: usize,
    /// those of them that nobody uses
    stacks_free: usize,
    /// address space of stacks and guards, in bytes
    stack_bytes: usize,
}

/// What evhub_foreach() tells of a greenlet.
#[allow(non_camel_case_types)]
#[repr(C)]
pub struct evhub_info_t {
    /// sizeof(evhub_info_t) of the library: later versions may have more fields
    size: usize,
    /// the greenlet, not referenced
    greenlet: *mut evhub_greenlet_t,
    /// its number
    id: c_ulong,
    /// the number of the greenlet that made it; 0: the main one, or a callback of the loop
    parent: c_ulong,
    /// its name
    name: *const c_char,
    /// as evhub_state()
    state: c_int,
    /// what it waits for, in words; NULL if it does not wait
    waits_for: *const c_char,
    /// the object that it waits for, if that is one
    object: *const c_void,
    /// seconds since it began to wait, as of the loop's last round
    waited: f64,
    /// bytes of its stack; 0: it has none of its own
    stack_size: usize,
    /// bytes of it that were used at most, in whole pages, by it or by one before it
    stack_used: usize,
}

/// Numbers of this thread's hub.
///
/// @param stats where to put them; its `size` is set by the caller
/// @return 0; -1 with EINVAL or ENOMEM
///
/// # Safety
/// `stats` is NULL (EINVAL) or writable for the `size` that stands in it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_stats(stats: *mut evhub_stats_t) -> c_int {
    // SAFETY: the caller's word: `size` comes first.
    let fits = unsafe { stats.cast::<usize>().as_ref() }.map(|s| *s >= size_of::<evhub_stats_t>());
    match fits {
        Some(true) => {}
        Some(false) => return status(Err(misuse(Misuse::BadStruct, "evhub_stats"))),
        None => return status(Err(misuse(Misuse::NullArgument, "evhub_stats"))),
    }
    status(hub::get().map(|hub| {
        let all = hub.numbers();
        let numbers = evhub_stats_t {
            size: size_of::<evhub_stats_t>(),
            switches: hub.ready.turns_given() as u64 + hub.loop_switches.get(),
            wakeups: hub.wakeups.get(),
            polls: hub.polls.get(),
            spawned: hub.spawned(),
            alive: hub.alive.get(),
            peak: hub.peak.get(),
            waiting: all.waiting,
            ready: all.ready,
            stacks: all.stacks,
            stacks_free: all.stacks_free,
            stack_bytes: all.stack_bytes,
        };
        // SAFETY: the caller has room for it.
        unsafe { stats.write(numbers) };
    }))
}

/// Calls a function for each greenlet of this thread that has not ended, the main one first.
///
/// @param fn told of one; what it returns, if not 0, ends the series. It may not wait, nor make or
///   end greenlets
/// @return what the function has returned last; -1 with EINVAL or ENOMEM
#[unsafe(no_mangle)]
pub extern "C" fn evhub_foreach(r#fn: evhub_info_fn_t, arg: *mut c_void) -> c_int {
    let hub = required(r#fn, "evhub_foreach").and_then(|_| hub::get());
    number(hub.and_then(|hub| {
        let mut last = 0;
        for greenlet in hub.all() {
            let info = info(hub, greenlet)?;
            last = EachCall { function: r#fn, object: (&raw const info).cast(), arg }.run();
            if last != 0 {
                break;
            }
        }
        Ok(last)
    }))
}

fn info(hub: HubPtr, greenlet: GreenletPtr) -> Result<evhub_info_t> {
    let waits = greenlet.state.get() == State::Waiting;
    let (stack_size, stack_used) = stack_of(greenlet);
    Ok(evhub_info_t {
        size: size_of::<evhub_info_t>(),
        greenlet: greenlet.as_ptr().cast(),
        id: greenlet.id as c_ulong,
        parent: greenlet.parent.get() as c_ulong,
        name: name_of(greenlet)?,
        state: super::greenlet::state_of(greenlet),
        waits_for: if waits { greenlet.why.get().text().as_ptr() } else { std::ptr::null() },
        object: if waits { greenlet.waits_for.get().cast() } else { std::ptr::null() },
        waited: hub.waited(greenlet),
        stack_size,
        stack_used,
    })
}

/// Writes a line for each greenlet of this thread, for debugging. The form may change.
///
/// @param out an open stream
/// @return 0; -1 with EINVAL or ENOMEM
///
/// # Safety
/// `out` is NULL (EINVAL) or an open stream.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_dump(out: *mut FILE) -> c_int {
    if out.is_null() {
        return status(Err(misuse(Misuse::NullArgument, "evhub_dump")));
    }
    // SAFETY: an open stream, by the caller's word.
    let mut stream = unsafe { Stream::new(out) };
    status(hub::get().map(|hub| {
        // What cannot be written is lost: it is a debugging aid.
        let _ = hub.dump(&mut stream);
    }))
}
