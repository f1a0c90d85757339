//! `evhub.h`: making greenlets, asking about them, waiting for their end.

use super::types::{evhub_fn_t, evhub_greenlet_t};
use super::{
    amount, any_threads, handle, none, object, objects, required, status, store, string, timeout,
};
use crate::abi::misuse;
use crate::errno::{Errno, Result};
use crate::hub::greenlet::{GreenletPtr, State};
use crate::hub::link::{ON_ERROR, ON_VALUE};
use crate::hub::spawn::{self, Attributes};
use crate::hub::{self, HubPtr};
use crate::log::Misuse;
use crate::sys::Timeout;
use std::ffi::{c_char, c_int, c_uint, c_ulong, c_void};
use std::mem::offset_of;
use std::ptr;

/// `EVHUB_QUIET`, `EVHUB_INHERIT_LOCALS`, `EVHUB_LINK_VALUE`, `EVHUB_LINK_ERROR`.
const QUIET: c_uint = 1;
const INHERIT_LOCALS: c_uint = 2;
const LINK_VALUE: c_uint = 4;
const LINK_ERROR: c_uint = 8;
const ALL_FLAGS: c_uint = QUIET | INHERIT_LOCALS | LINK_VALUE | LINK_ERROR;

/// `EVHUB_RAISE`.
pub const RAISE: c_uint = 1;

/// How a greenlet is to be. Zero, or EVHUB_ATTR_INIT, is the usual in every field but `size`.
#[allow(non_camel_case_types)]
#[repr(C)]
pub struct evhub_attr_t {
    /// sizeof(evhub_attr_t): what is behind it is not looked at
    size: usize,
    /// its name, copied; NULL: "greenlet-" and its number
    name: *const c_char,
    /// bytes of its stack, at least 16 KiB; 0: 256 KiB. Rounded up to a power of two
    stack_size: usize,
    /// seconds until it starts
    delay: f64,
    /// EVHUB_QUIET, EVHUB_INHERIT_LOCALS, EVHUB_LINK_VALUE, EVHUB_LINK_ERROR
    flags: c_uint,
}

/// What the fields say, as far as the caller has them.
///
/// # Safety
/// `raw` is NULL or an `evhub_attr_t` of the `size` that stands in it.
pub(super) unsafe fn attributes<'a>(raw: *const evhub_attr_t) -> Result<Attributes<'a>> {
    let Some(size) = (!raw.is_null()).then(|| {
        // SAFETY: not NULL, and the caller's word: the size comes first.
        unsafe { (&raw const (*raw).size).read() }
    }) else {
        return Ok(Attributes::NONE);
    };
    if size < offset_of!(evhub_attr_t, flags) + size_of::<c_uint>() {
        return Err(misuse(Misuse::BadStruct, "evhub_attr_t"));
    }
    // SAFETY: all fields are there.
    let attr = unsafe { &*raw };
    if attr.flags & !ALL_FLAGS != 0 {
        return Err(Errno::INVAL);
    }
    let has = |flag| attr.flags & flag != 0;
    let delay = Timeout::seconds(attr.delay)?;
    if delay == Timeout::NEVER {
        return Err(Errno::INVAL);
    }
    let mut ends = if has(LINK_VALUE) { ON_VALUE } else { 0 };
    ends |= if has(LINK_ERROR) { ON_ERROR } else { 0 };
    Ok(Attributes {
        // SAFETY: the caller's word.
        name: unsafe { string(attr.name) },
        stack_size: attr.stack_size,
        delay,
        quiet: has(QUIET),
        inherit_locals: has(INHERIT_LOCALS),
        links: ends,
    })
}

/// The hub, for a new greenlet with this function.
#[inline(always)]
fn hub_for(function: evhub_fn_t, name: &str) -> Result<HubPtr> {
    required(function, name)?;
    hub::get()
}

/// Makes a greenlet that is not started.
///
/// @param attr how it is to be (`delay` is not looked at); NULL: as usual
/// @param fn its function
/// @return a handle, to be given back with evhub_release(); NULL with EINVAL or ENOMEM
/// @see evhub_start(), evhub_spawn_with()
///
/// # Safety
/// `attr` is NULL or valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_new(
    attr: *const evhub_attr_t,
    r#fn: evhub_fn_t,
    arg: *mut c_void,
) -> *mut evhub_greenlet_t {
    // SAFETY: the caller's word.
    let attributes = unsafe { attributes(attr) };
    handle(hub_for(r#fn, "evhub_new").and_then(|hub| spawn::make(hub, &attributes?, r#fn, arg)))
}

/// Starts a greenlet: it runs when the caller and those who are ready before it have given way.
///
/// @return 0; -1 with EINVAL: it was started before, or has ended
///
/// # Safety
/// `g` is NULL (EINVAL) or a handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_start(g: *mut evhub_greenlet_t) -> c_int {
    // SAFETY: the caller's word.
    let greenlet: Result<GreenletPtr> = unsafe { object(g, "evhub_start") };
    status(greenlet.and_then(|greenlet| greenlet.object.hub.start(greenlet)))
}

/// Starts a greenlet after a time.
///
/// @param seconds the time, not negative
/// @return 0; -1 with EINVAL (it was started before, or has ended; no such time) or ENOMEM
///
/// # Safety
/// `g` is NULL (EINVAL) or a handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_start_later(g: *mut evhub_greenlet_t, seconds: f64) -> c_int {
    // SAFETY: the caller's word.
    let greenlet: Result<GreenletPtr> = unsafe { object(g, "evhub_start_later") };
    status(greenlet.and_then(|greenlet| {
        let delay = delay(seconds)?;
        spawn::begin(greenlet.object.hub, greenlet, delay)
    }))
}

/// A time that will be over.
fn delay(seconds: f64) -> Result<Timeout> {
    match timeout(seconds)? {
        Timeout::NEVER => Err(Errno::INVAL),
        delay => Ok(delay),
    }
}

/// Spawns a greenlet: it runs when the caller and those who are ready before it have given way.
/// May be called from the loop's callbacks.
///
/// @param fn its function; what it returns is the greenlet's value, unless that is evhub_fail()'s
/// @return a handle, to be given back with evhub_release(); NULL with EINVAL (no function) or
///   ENOMEM (no memory for it, or for its stack)
#[unsafe(no_mangle)]
pub extern "C" fn evhub_spawn(r#fn: evhub_fn_t, arg: *mut c_void) -> *mut evhub_greenlet_t {
    handle(hub_for(r#fn, "evhub_spawn").and_then(|hub| spawn::spawn(hub, r#fn, arg)))
}

/// Spawns a greenlet that starts after a time.
///
/// @param seconds the time, not negative
/// @return as evhub_spawn(); EINVAL also for no such time
#[unsafe(no_mangle)]
pub extern "C" fn evhub_spawn_later(
    seconds: f64,
    r#fn: evhub_fn_t,
    arg: *mut c_void,
) -> *mut evhub_greenlet_t {
    handle(hub_for(r#fn, "evhub_spawn_later").and_then(|hub| {
        let attributes = Attributes { delay: delay(seconds)?, ..Attributes::NONE };
        spawn::spawn_with(hub, &attributes, r#fn, arg)
    }))
}

/// Spawns a greenlet with attributes.
///
/// @param attr how it is to be; NULL: as usual
/// @return as evhub_spawn(); EINVAL also for attributes that there are not, EPERM for links to a
///   caller that is no greenlet
///
/// # Safety
/// `attr` is NULL or valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_spawn_with(
    attr: *const evhub_attr_t,
    r#fn: evhub_fn_t,
    arg: *mut c_void,
) -> *mut evhub_greenlet_t {
    // SAFETY: the caller's word.
    let attributes = unsafe { attributes(attr) };
    handle(
        hub_for(r#fn, "evhub_spawn_with")
            .and_then(|hub| spawn::spawn_with(hub, &attributes?, r#fn, arg)),
    )
}

/// Spawns a greenlet and forgets it: there is no handle.
///
/// @return 0; -1 as evhub_spawn()
#[unsafe(no_mangle)]
pub extern "C" fn evhub_go(r#fn: evhub_fn_t, arg: *mut c_void) -> c_int {
    status(hub_for(r#fn, "evhub_go").and_then(|hub| spawn::go(hub, r#fn, arg)))
}

/// Another reference to a greenlet.
///
/// @return `g`; NULL with EINVAL
///
/// # Safety
/// `g` is NULL (EINVAL) or a handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_retain(g: *mut evhub_greenlet_t) -> *mut evhub_greenlet_t {
    // SAFETY: the caller's word.
    let greenlet: Result<GreenletPtr> = unsafe { object(g, "evhub_retain") };
    handle(greenlet.inspect(|greenlet| greenlet.refs.set(greenlet.refs.get() + 1)))
}

/// Gives a handle back. A greenlet that runs goes on; one that was not started never will.
///
/// @param g a handle; NULL is fine
///
/// # Safety
/// `g` is NULL or a handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_release(g: *mut evhub_greenlet_t) {
    let release = |greenlet: GreenletPtr| greenlet.object.hub.release(greenlet);
    // SAFETY: the caller's word.
    unsafe { super::free_with(g, "evhub_release", release) };
}

/// Waits for the end of a greenlet, however it ends.
///
/// @param timeout seconds; negative: none; 0: does not wait
/// @return 0; -1 with EAGAIN or ETIMEDOUT (it has not ended), EDEADLK (the caller itself), or as
///   every call that waits
///
/// # Safety
/// `g` is NULL (EINVAL) or a handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_join(g: *mut evhub_greenlet_t, timeout: f64) -> c_int {
    // SAFETY: the caller's word.
    let greenlet: Result<GreenletPtr> = unsafe { object(g, "evhub_join") };
    status(greenlet.and_then(|greenlet| join(greenlet, timeout)))
}

fn join(greenlet: GreenletPtr, seconds: f64) -> Result<()> {
    greenlet.object.hub.join(greenlet, timeout(seconds)?)
}

/// Waits for the value of a greenlet.
///
/// @param value where it is put: what the function has returned; EVHUB_EXIT if the greenlet was
///   killed and has returned nothing. May be NULL
/// @param timeout seconds; negative: none; 0: does not wait
/// @return 0; -1 with the greenlet's error if it has failed, or as evhub_join()
///
/// # Safety
/// `g` is NULL (EINVAL) or a handle; `value` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_get(
    g: *mut evhub_greenlet_t,
    value: *mut *mut c_void,
    timeout: f64,
) -> c_int {
    // SAFETY: the caller's word.
    let greenlet: Result<GreenletPtr> = unsafe { object(g, "evhub_get") };
    status(greenlet.and_then(|greenlet| {
        join(greenlet, timeout)?;
        // SAFETY: the caller's word.
        unsafe { store(value, greenlet.value.get()) };
        hub::hub::Hub::verdict(greenlet)
    }))
}

/// Waits for the end of several greenlets. One may be among them more than once.
///
/// @param flags EVHUB_RAISE: only until one has failed, with that one's error
/// @param timeout seconds for all together; negative: none; 0: does not wait
/// @return 0: all have ended; -1 as evhub_get()
///
/// # Safety
/// `g` has `n` handles.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_joinall(
    g: *const *mut evhub_greenlet_t,
    n: usize,
    flags: c_uint,
    timeout: f64,
) -> c_int {
    // SAFETY: the caller's word.
    let all: Result<Vec<GreenletPtr>> = unsafe { objects(g, n, "evhub_joinall") };
    status(all.and_then(|all| {
        if flags & !RAISE != 0 {
            return Err(Errno::INVAL);
        }
        let timeout = self::timeout(timeout)?;
        hub::get()?.join_all(&all, flags & RAISE != 0, timeout)
    }))
}

/// The greenlet that runs.
///
/// @return it, not referenced; the thread's own stack is a greenlet, too. NULL in the loop's
///   callbacks (EPERM), or with ENOMEM
#[unsafe(no_mangle)]
pub extern "C" fn evhub_current() -> *mut evhub_greenlet_t {
    let current = hub::get().and_then(|hub| if hub.in_loop() { Err(Errno::PERM) } else { Ok(hub) });
    handle(current.map(|hub| hub.me()))
}

/// The greenlet that the thread's own stack is.
///
/// @return it, not referenced; NULL with ENOMEM
#[unsafe(no_mangle)]
pub extern "C" fn evhub_main() -> *mut evhub_greenlet_t {
    handle(hub::get().map(|hub| hub.main))
}

/// Sleeps.
///
/// @param seconds how long; 0: as evhub_yield()
/// @return 0; -1 with EINVAL (negative, or no number), or as every call that waits
#[unsafe(no_mangle)]
pub extern "C" fn evhub_sleep(seconds: f64) -> c_int {
    if seconds < 0.0 {
        return super::super::fail(Errno::INVAL);
    }
    status(timeout(seconds).and_then(|time| {
        let hub = hub::get()?;
        if time == Timeout::NOW { give_way(hub) } else { hub.sleep(time) }
    }))
}

/// Lets all others run who can, and the loop poll now and then; at once, if nobody can run.
///
/// @return 0; -1 as every call that waits
#[unsafe(no_mangle)]
pub extern "C" fn evhub_yield() -> c_int {
    status(hub::get().and_then(give_way))
}

#[inline(always)]
fn give_way(hub: HubPtr) -> Result<()> {
    let me = hub.check(Timeout::NEVER)?;
    hub.give_way(me)
}

/// Where a greenlet stands.
///
/// @return EVHUB_NEW, EVHUB_STARTED, EVHUB_READY, EVHUB_RUNNING, EVHUB_WAITING; EVHUB_DONE,
///   EVHUB_FAILED or EVHUB_KILLED when it has ended; -1 with EINVAL
///
/// # Safety
/// `g` is NULL (EINVAL) or a handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_state(g: *const evhub_greenlet_t) -> c_int {
    // SAFETY: the caller's word.
    match unsafe { any_threads(g, "evhub_state") } {
        Ok(greenlet) => state_of(greenlet),
        Err(error) => super::super::fail(error),
    }
}

/// A new greenlet whose alarm is set was started: it only has to wait.
pub(super) fn state_of(greenlet: GreenletPtr) -> c_int {
    match greenlet.state.get() {
        State::New if greenlet.alarm.get().is_some() => State::Started as c_int,
        state => state as c_int,
    }
}

/// The value of a greenlet that has ended.
///
/// @return as evhub_get() puts it; NULL before its end
///
/// # Safety
/// `g` is NULL (NULL, EINVAL) or a handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_value(g: *const evhub_greenlet_t) -> *mut c_void {
    // SAFETY: the caller's word.
    let greenlet: Result<GreenletPtr> = unsafe { any_threads(g, "evhub_value") };
    match greenlet {
        Ok(greenlet) if greenlet.is_finished() => greenlet.value.get(),
        Ok(_) => ptr::null_mut(),
        Err(error) => none(error),
    }
}

/// The error of a greenlet that has failed.
///
/// @return its number; 0: it has not failed, or not ended; -1 with EINVAL
///
/// # Safety
/// `g` is NULL (EINVAL) or a handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_error(g: *const evhub_greenlet_t) -> c_int {
    // SAFETY: the caller's word.
    let greenlet: Result<GreenletPtr> = unsafe { any_threads(g, "evhub_error") };
    match greenlet {
        Ok(greenlet) => greenlet.error(),
        Err(error) => super::super::fail(error),
    }
}

/// What a greenlet that has failed says of it.
///
/// @return the text of evhub_fail(), valid as long as the handle; NULL if there is none
///
/// # Safety
/// `g` is NULL (NULL, EINVAL) or a handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_error_text(g: *const evhub_greenlet_t) -> *const c_char {
    // SAFETY: the caller's word.
    let greenlet: Result<GreenletPtr> = unsafe { any_threads(g, "evhub_error_text") };
    match greenlet {
        Ok(greenlet) if greenlet.is_finished() => greenlet.text(),
        Ok(_) => ptr::null(),
        Err(error) => none(error),
    }
}

/// The name of a greenlet.
///
/// @return its name, valid until it gets another one; NULL with EINVAL or ENOMEM
///
/// # Safety
/// `g` is NULL (EINVAL) or a handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_name(g: *const evhub_greenlet_t) -> *const c_char {
    // SAFETY: the caller's word.
    let greenlet: Result<GreenletPtr> = unsafe { any_threads(g, "evhub_name") };
    greenlet.and_then(spawn::name_of).unwrap_or_else(|error| none(error))
}

/// Gives a greenlet another name.
///
/// @param name the name, copied
/// @return 0; -1 with EINVAL or ENOMEM
///
/// # Safety
/// `g` is NULL (EINVAL) or a handle, `name` NULL (EINVAL) or a string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_set_name(g: *mut evhub_greenlet_t, name: *const c_char) -> c_int {
    // SAFETY: the caller's word.
    let (greenlet, name) = unsafe { (object(g, "evhub_set_name"), string(name)) };
    status(greenlet.and_then(|greenlet: GreenletPtr| {
        let name = name.ok_or_else(|| misuse(Misuse::NullArgument, "evhub_set_name"))?;
        greenlet.set_name(name)
    }))
}

/// The number of a greenlet, which no other one of the thread's has ever had.
///
/// @return the number; 0 with EINVAL
///
/// # Safety
/// `g` is NULL (EINVAL) or a handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_id(g: *const evhub_greenlet_t) -> c_ulong {
    // SAFETY: the caller's word.
    let greenlet: Result<GreenletPtr> = unsafe { any_threads(g, "evhub_id") };
    amount(greenlet.map(|greenlet| greenlet.id as c_ulong))
}
