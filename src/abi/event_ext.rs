//! `evhub/event_ext.h`: what libevent 1.4 did not have.
//!
//! Names of our own, so that no legacy program or configure script is disturbed; the header
//! gives libevent 2's spelling where it has the function.

use super::{base, base_of, event, fail, misuse, status};
use crate::errno::{Errno, Result};
use crate::event::watch::{self, PrepareInfo, Watch, When};
use crate::event::{self, Base, BasePtr, Core, Ended, Flags};
use crate::layout::call::WatchCallback;
use crate::layout::event::{
    EV_READ, EV_SIGNAL, EV_WRITE, EVLIST_ALL, Event, EventCallback, EventPtr,
};
use crate::layout::records::RecordPtr;
use crate::log::{self, Misuse};
use crate::sys::signal::set_errno;
use crate::sys::{mem, stdio};
use libc::{FILE, timeval};
use std::ffi::{c_char, c_int, c_short, c_uint, c_void};
use std::ptr;

/// A hook; made by evhub_evwatch_prepare_new() or evhub_evwatch_check_new().
#[allow(non_camel_case_types)]
pub struct evwatch;

/// What a prepare hook is told; see evhub_evwatch_prepare_get_timeout().
#[allow(non_camel_case_types)]
pub struct evwatch_prepare_cb_info;

/// What a check hook is told: nothing yet.
#[allow(non_camel_case_types)]
pub struct evwatch_check_cb_info;

/// Called by the loop before it waits.
#[allow(non_camel_case_types)]
pub type evwatch_prepare_cb =
    Option<unsafe extern "C" fn(*mut evwatch, *const evwatch_prepare_cb_info, *mut c_void)>;

/// Called by the loop after it has waited, before any callback.
#[allow(non_camel_case_types)]
pub type evwatch_check_cb =
    Option<unsafe extern "C" fn(*mut evwatch, *const evwatch_check_cb_info, *mut c_void)>;

/// The library's own version, such as "0.1.0".
///
/// @see event_get_version() for the version of the interface
#[unsafe(no_mangle)]
pub extern "C" fn evhub_version() -> *const c_char {
    concat!(env!("CARGO_PKG_VERSION"), "\0").as_ptr().cast()
}

/// Allocates an event and sets it up.
///
/// @param base the base; NULL: the current one
/// @param fd a descriptor, or a signal number with EV_SIGNAL; -1 for timers
/// @param events EV_READ, EV_WRITE, or EV_SIGNAL, with EV_PERSIST; 0 for timers
/// @return the event, to be freed with evhub_event_free(); NULL with EINVAL (no base, EV_SIGNAL
///   together with EV_READ or EV_WRITE) or ENOMEM
///
/// # Safety
/// `base` is NULL or a base that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_event_new(
    base: *mut Base,
    fd: c_int,
    events: c_short,
    cb: EventCallback,
    arg: *mut c_void,
) -> *mut Event {
    // SAFETY: the caller's word.
    let made = unsafe { base_or_current(base, "event_new") }.and_then(|base| {
        let memory = mem::try_box(Event::zeroed())?;
        assign(EventPtr::of(&memory), base, fd, events, cb, arg)?;
        Ok(Box::into_raw(memory))
    });
    made.unwrap_or_else(|error| {
        set_errno(error);
        ptr::null_mut()
    })
}

/// Deletes an event and frees it. Also inside its own callback.
///
/// @param ev an event of evhub_event_new(); NULL is fine
///
/// # Safety
/// `ev` is NULL or comes from evhub_event_new() and was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_event_free(ev: *mut Event) {
    // SAFETY: the caller's word: it is a box that `evhub_event_new` gave away.
    unsafe {
        if let Some(event) = EventPtr::from_raw(ev) {
            if Core::is_linked(event)
                && let Ok(base) = base_of(event, "event_free")
                && base.try_enter(|core| core.del(event)).is_err()
            {
                return log::misuse(Misuse::Busy, "event_free");
            }
            drop(Box::from_raw(ev));
        }
    }
}

/// Sets up an event in memory of the caller's: event_set() and event_base_set() in one.
///
/// @param base the base; NULL: the current one
/// @return 0; -1 with EINVAL (no base, the event is pending or active, EV_SIGNAL together with
///   EV_READ or EV_WRITE)
///
/// # Safety
/// `ev` is NULL (EINVAL) or points to a `struct event`, all zero if it was never set up.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_event_assign(
    ev: *mut Event,
    base: *mut Base,
    fd: c_int,
    events: c_short,
    cb: EventCallback,
    arg: *mut c_void,
) -> c_int {
    // SAFETY: the caller's word.
    let (base, event) = unsafe { (base_or_current(base, "event_assign"), EventPtr::from_raw(ev)) };
    let event = event.ok_or_else(|| misuse(Misuse::NullArgument, "event_assign"));
    status(base.and_then(|base| assign(event?, base, fd, events, cb, arg)))
}

/// # Safety
/// `raw` is NULL or a base that was not freed.
unsafe fn base_or_current(raw: *mut Base, function: &str) -> Result<BasePtr> {
    // SAFETY: the caller's word.
    match unsafe { BasePtr::from_raw(raw) } {
        Some(base) => Ok(base),
        None => super::current(function),
    }
}

fn assign(
    event: EventPtr,
    base: BasePtr,
    fd: c_int,
    events: c_short,
    cb: EventCallback,
    arg: *mut c_void,
) -> Result<()> {
    if events & EV_SIGNAL != 0 && events & (EV_READ | EV_WRITE) != 0 {
        return Err(misuse(Misuse::SignalKind, "event_assign"));
    }
    // Garbage in memory that was never set up may look like anything; a valid pending event only
    // like one.
    if event.ev_flags.get() & !EVLIST_ALL == 0 && Core::is_linked(event) {
        return Err(Errno::INVAL);
    }
    event::set(event, fd, events, cb, arg);
    event::assign_base(base, event)
}

/// Ends the round of callbacks that is running; the loop polls and goes on.
///
/// @return 0; -1 with EINVAL
///
/// # Safety
/// `base` is NULL (EINVAL) or a base that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_event_base_loopcontinue(base: *mut Base) -> c_int {
    // SAFETY: the caller's word.
    let base = unsafe { self::base(base, "event_base_loopcontinue") };
    status(base.map(|base| base.flags.set(Flags::CONTINUE)))
}

/// Did the last loop end by event_loopexit(), or is the next or running one about to?
///
/// @return 1 or 0; -1 with EINVAL
///
/// # Safety
/// `base` is NULL (EINVAL) or a base that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_event_base_got_exit(base: *mut Base) -> c_int {
    // SAFETY: the caller's word.
    let base = unsafe { self::base(base, "event_base_got_exit") };
    ended(base, Flags::EXIT, Ended::Exit)
}

/// Did the last loop end by event_loopbreak(), or is the next or running one about to?
///
/// @return 1 or 0; -1 with EINVAL
///
/// # Safety
/// `base` is NULL (EINVAL) or a base that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_event_base_got_break(base: *mut Base) -> c_int {
    // SAFETY: the caller's word.
    let base = unsafe { self::base(base, "event_base_got_break") };
    ended(base, Flags::BREAK, Ended::Break)
}

fn ended(base: Result<BasePtr>, asked: u32, how: Ended) -> c_int {
    match base.and_then(|base| Ok((base, base.try_enter(|core| core.ended)?))) {
        Ok((base, last)) => c_int::from(base.flags.any(asked) || last == how),
        Err(error) => fail(error),
    }
}

/// The time of day by the loop's clock, which is read at most once between two callbacks: cheap,
/// and the same for all who ask within one callback.
///
/// @param tv where to put it
/// @return 0; -1 with EINVAL
///
/// # Safety
/// `base` is NULL (EINVAL) or a base that was not freed; `tv` NULL (EINVAL) or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_event_base_gettimeofday_cached(
    base: *mut Base,
    tv: *mut timeval,
) -> c_int {
    // SAFETY: the caller's word.
    let base = unsafe { self::base(base, "event_base_gettimeofday_cached") };
    if tv.is_null() {
        return fail(misuse(Misuse::NullArgument, "event_base_gettimeofday_cached"));
    }
    status(base.and_then(event::time_of_day).map(|now| {
        // SAFETY: not NULL, and the caller's word.
        unsafe { *tv = now }
    }))
}

/// How many events a base has.
///
/// @param flags EVENT_BASE_COUNT_ACTIVE: those queued to be called; EVENT_BASE_COUNT_ADDED: those
///   that wait for something; EVENT_BASE_COUNT_VIRTUAL: none here. Their sum for several.
/// @return the number, without those of evhub_event_unref(); -1 with EINVAL
///
/// # Safety
/// `base` is NULL (EINVAL) or a base that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_event_base_get_num_events(base: *mut Base, flags: c_uint) -> c_int {
    const ACTIVE: c_uint = 1;
    const ADDED: c_uint = 4;
    // SAFETY: the caller's word.
    let base = unsafe { self::base(base, "event_base_get_num_events") };
    let (active, added) = (flags & ACTIVE != 0, flags & ADDED != 0);
    match base.and_then(|base| event::count_events(base, active, added)) {
        Ok(count) => count,
        Err(error) => fail(error),
    }
}

/// Writes a line for each event of a base, for debugging. The form may change.
///
/// @param out an open stream
///
/// # Safety
/// `base` is NULL or a base that was not freed; `out` is NULL or an open stream.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_event_base_dump_events(base: *mut Base, out: *mut FILE) {
    // SAFETY: the caller's word.
    let base = unsafe { self::base(base, "event_base_dump_events") };
    let (Ok(base), false) = (base, out.is_null()) else { return };
    // SAFETY: an open stream, by the caller's word. What cannot be written is lost: it is a
    // debugging aid without a result.
    let _ = event::dump_events(base, &mut unsafe { stdio::Stream::new(out) });
}

/// Makes a hook that is called before each wait of the base's loop.
///
/// @param cb called with the hook, what is known of the wait, and `arg`
/// @return the hook, freed by evhub_evwatch_free() or with the base; NULL with EINVAL or ENOMEM
///
/// # Safety
/// `base` is NULL (EINVAL) or a base that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_evwatch_prepare_new(
    base: *mut Base,
    cb: evwatch_prepare_cb,
    arg: *mut c_void,
) -> *mut evwatch {
    // SAFETY: pointers to opaque types are passed as what they are: pointers.
    let callback = cb.map(|f| unsafe { std::mem::transmute::<_, WatchCallback>(f) });
    // SAFETY: the caller's word.
    watch(unsafe { self::base(base, "evwatch_prepare_new") }, When::Prepare, callback, arg)
}

/// Makes a hook that is called after each wait of the base's loop, before any callback.
///
/// @param cb called with the hook, a pointer to nothing yet, and `arg`
/// @return the hook, freed by evhub_evwatch_free() or with the base; NULL with EINVAL or ENOMEM
///
/// # Safety
/// `base` is NULL (EINVAL) or a base that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_evwatch_check_new(
    base: *mut Base,
    cb: evwatch_check_cb,
    arg: *mut c_void,
) -> *mut evwatch {
    // SAFETY: pointers to opaque types are passed as what they are: pointers.
    let callback = cb.map(|f| unsafe { std::mem::transmute::<_, WatchCallback>(f) });
    // SAFETY: the caller's word.
    watch(unsafe { self::base(base, "evwatch_check_new") }, When::Check, callback, arg)
}

fn watch(
    base: Result<BasePtr>,
    when: When,
    callback: Option<WatchCallback>,
    arg: *mut c_void,
) -> *mut evwatch {
    let made = base.and_then(|base| {
        let callback = callback.ok_or_else(|| misuse(Misuse::NullCallback, "evwatch_new"))?;
        watch::open(base, when, callback, arg)
    });
    match made {
        Ok(watch) => watch.into_raw().cast(),
        Err(error) => {
            set_errno(error);
            ptr::null_mut()
        }
    }
}

/// The base that a hook belongs to.
///
/// @return the base; NULL with EINVAL if `watch` is NULL
///
/// # Safety
/// `watch` is NULL or a hook that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_evwatch_base(watch: *mut evwatch) -> *mut Base {
    // SAFETY: the caller's word.
    match unsafe { RecordPtr::<Watch>::from_raw(watch.cast()) } {
        Some(watch) => watch.base(),
        None => {
            set_errno(misuse(Misuse::NullArgument, "evwatch_base"));
            ptr::null_mut()
        }
    }
}

/// How long the wait that follows a prepare hook is going to be.
///
/// @param info what the hook was given
/// @param tv the longest time; not written if the wait has no bound
/// @return 1 if the wait is bounded, otherwise 0
///
/// # Safety
/// `info` is what the running hook was given; `tv` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_evwatch_prepare_get_timeout(
    info: *const evwatch_prepare_cb_info,
    tv: *mut timeval,
) -> c_int {
    // SAFETY: the caller's word: the driver passes a PrepareInfo to prepare hooks.
    let timeout = unsafe { info.cast::<PrepareInfo>().as_ref() }.and_then(PrepareInfo::timeout);
    match timeout {
        Some(timeout) => {
            if !tv.is_null() {
                // SAFETY: not NULL, and the caller's word.
                unsafe { *tv = timeout };
            }
            1
        }
        None => 0,
    }
}

/// Frees a hook. Also inside any hook, its own call included.
///
/// @param watch a hook; NULL is fine
///
/// # Safety
/// `watch` is NULL or a hook that was not freed, of a base that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_evwatch_free(watch: *mut evwatch) {
    // SAFETY: the caller's word.
    unsafe {
        if let Some(watch) = RecordPtr::<Watch>::from_raw(watch.cast())
            && let Some(base) = BasePtr::from_raw(watch.base())
            && watch::close(base, watch).is_err()
        {
            log::misuse(Misuse::Busy, "evwatch_free");
        }
    }
}

/// Lets an event count again for whether the loop goes on.
///
/// @return 0; -1 with EINVAL
///
/// # Safety
/// `ev` is NULL (EINVAL) or a `struct event`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_event_ref(ev: *mut Event) -> c_int {
    // SAFETY: the caller's word.
    keep_alive(unsafe { event(ev, "event_ref") }, true)
}

/// Marks an event as one that does not keep the loop alive: a loop that has only such events
/// left ends. May be called before the event is added or while it is pending; event_set() takes
/// the mark away.
///
/// @return 0; -1 with EINVAL
///
/// # Safety
/// `ev` is NULL (EINVAL) or a `struct event`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_event_unref(ev: *mut Event) -> c_int {
    // SAFETY: the caller's word.
    keep_alive(unsafe { event(ev, "event_unref") }, false)
}

fn keep_alive(event: Result<EventPtr>, on: bool) -> c_int {
    status(event.and_then(|event| {
        let base = base_of(event, "event_ref")?;
        base.try_enter(|core| core.keep_alive(event, on))
    }))
}
