//! `struct event`, byte for byte as libevent 1.4 has it, and the pointer that the core works with.
//!
//! The caller allocates it, macros and bindings read it, so it holds the truth: there is no
//! shadow of an event anywhere else. Every field is a `Cell`, so a shared reference is all that
//! is ever made of a C pointer (a `&mut` would promise the compiler that callbacks keep out).
//!
//! Fields that C code has no use for carry our own links:
//!
//! | field            | what we keep there                                               |
//! |------------------|------------------------------------------------------------------|
//! | `ev_next`        | link in the list of the descriptor, of the signal, or of the stale |
//! | `ev_active_next` | link in the queue of its priority                                |
//! | `ev_signal_next` | the two places in line of a timer (see `event/time.rs`)          |
//! | `ev_pncalls`     | always NULL: it pointed into the loop's stack frame in 1.4       |

use super::link::Link;
use crate::event::BasePtr;
use std::cell::Cell;
use std::ffi::{c_int, c_short, c_uint, c_void};
use std::mem::{offset_of, size_of};
use std::ops::Deref;
use std::ptr::NonNull;

/// Event kinds and flags, as `event.h` names them.
pub const EV_TIMEOUT: c_short = 0x01;
pub const EV_READ: c_short = 0x02;
pub const EV_WRITE: c_short = 0x04;
pub const EV_SIGNAL: c_short = 0x08;
pub const EV_PERSIST: c_short = 0x10;

/// States of an event (`ev_flags`).
pub const EVLIST_TIMEOUT: c_int = 0x01;
pub const EVLIST_INSERTED: c_int = 0x02;
pub const EVLIST_ACTIVE: c_int = 0x08;
pub const EVLIST_INTERNAL: c_int = 0x10;
pub const EVLIST_INIT: c_int = 0x80;
pub const EVLIST_ALL: c_int = 0xf000 | 0x9f;

/// Our own states, in the bits that 1.4 leaves to the library.
/// The event has been called and waits at the head of its queue for its next call.
pub const EVLIST_REPEAT: c_int = 0x1000;
/// Its descriptor was closed and the number re-used: pending and silent until deleted.
pub const EVLIST_STALE: c_int = 0x2000;
/// What the event belongs to (the two bits together): a C program, or a record of ours.
pub const EVLIST_KIND: c_int = 0xc000;
pub const EVLIST_ONCE: c_int = 0x4000;
pub const EVLIST_ASYNC: c_int = 0x8000;
pub const EVLIST_WAKE: c_int = 0xc000;

/// What a program registers: `void (*)(int fd, short what, void *arg)`.
pub type EventCallback = Option<unsafe extern "C" fn(c_int, c_short, *mut c_void)>;

/// A pair of list links, laid out like a `TAILQ_ENTRY`.
#[allow(non_camel_case_types)]
#[repr(C)]
pub struct event_entry {
    pub tqe_next: Cell<*mut Event>,
    pub tqe_prev: Cell<*mut *mut Event>,
}

/// `struct event` of libevent 1.4.
#[repr(C)]
pub struct Event {
    pub ev_next: event_entry,
    pub ev_active_next: event_entry,
    pub ev_signal_next: event_entry,
    pub min_heap_idx: Cell<c_uint>,
    pub ev_base: Cell<*mut crate::event::Base>,
    pub ev_fd: Cell<c_int>,
    pub ev_events: Cell<c_short>,
    pub ev_ncalls: Cell<c_short>,
    pub ev_pncalls: Cell<*mut c_short>,
    pub ev_timeout: Cell<libc::timeval>,
    pub ev_pri: Cell<c_int>,
    pub ev_callback: Cell<EventCallback>,
    pub ev_arg: Cell<*mut c_void>,
    pub ev_res: Cell<c_int>,
    pub ev_flags: Cell<c_int>,
}

/// What a timer notes in `ev_signal_next`.
#[repr(C)]
pub struct TimerPlaces {
    /// Place in line that the heap knows.
    pub heap: Cell<usize>,
    /// Place in line of the deadline in `ev_timeout`; differs from `heap` after a lazy renewal.
    pub due: Cell<usize>,
}

impl Event {
    /// An event of the library's own: zeroed, as a C program would start.
    pub const fn zeroed() -> Event {
        const fn entry() -> event_entry {
            event_entry {
                tqe_next: Cell::new(std::ptr::null_mut()),
                tqe_prev: Cell::new(std::ptr::null_mut()),
            }
        }
        Event {
            ev_next: entry(),
            ev_active_next: entry(),
            ev_signal_next: entry(),
            min_heap_idx: Cell::new(0),
            ev_base: Cell::new(std::ptr::null_mut()),
            ev_fd: Cell::new(0),
            ev_events: Cell::new(0),
            ev_ncalls: Cell::new(0),
            ev_pncalls: Cell::new(std::ptr::null_mut()),
            ev_timeout: Cell::new(libc::timeval { tv_sec: 0, tv_usec: 0 }),
            ev_pri: Cell::new(0),
            ev_callback: Cell::new(None),
            ev_arg: Cell::new(std::ptr::null_mut()),
            ev_res: Cell::new(0),
            ev_flags: Cell::new(0),
        }
    }

    /// Are all of `bits` set in `ev_flags`?
    pub fn is(&self, bits: c_int) -> bool {
        self.ev_flags.get() & bits == bits
    }

    /// Is any of `bits` set in `ev_flags`?
    pub fn any(&self, bits: c_int) -> bool {
        self.ev_flags.get() & bits != 0
    }

    pub fn set_flags(&self, bits: c_int) {
        self.ev_flags.set(self.ev_flags.get() | bits);
    }

    pub fn clear_flags(&self, bits: c_int) {
        self.ev_flags.set(self.ev_flags.get() & !bits);
    }

    pub fn has(&self, what: c_short) -> bool {
        self.ev_events.get() & what != 0
    }

    /// The link in the list of its descriptor or signal.
    pub fn source_link(&self) -> &Link {
        // SAFETY: both are two pointer-sized cells, `repr(C)`; the assert below holds them equal.
        unsafe { &*(&raw const self.ev_next).cast::<Link>() }
    }

    /// The link in the queue of active events.
    pub fn active_link(&self) -> &Link {
        // SAFETY: as for `source_link`.
        unsafe { &*(&raw const self.ev_active_next).cast::<Link>() }
    }

    pub fn places(&self) -> &TimerPlaces {
        // SAFETY: as for `source_link`; any two words are valid places.
        unsafe { &*(&raw const self.ev_signal_next).cast::<TimerPlaces>() }
    }
}

/// A pointer to an event that is alive.
///
/// Contract: whoever makes one from a C pointer has the manual's word that the event stays
/// valid and in place while it is pending or active; whoever takes one from a list relies on
/// "in a list means alive". It is never kept across a call to user code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(transparent)]
pub struct EventPtr(NonNull<Event>);

impl EventPtr {
    /// # Safety
    /// `raw` is NULL or points to a `struct event` that stays valid while it is in use.
    pub unsafe fn from_raw(raw: *mut Event) -> Option<EventPtr> {
        NonNull::new(raw).map(EventPtr)
    }

    /// An event of the library's own, which lives in a record that outlives its memberships.
    pub fn of(event: &Event) -> EventPtr {
        EventPtr(NonNull::from(event))
    }

    pub fn as_ptr(self) -> *mut Event {
        self.0.as_ptr()
    }

    /// The base that the event belongs to.
    #[inline(always)]
    pub fn base(self) -> Option<BasePtr> {
        // SAFETY: `event_set` and `event_base_set` store live bases, and freeing a base takes it
        // out of every event that it holds.
        unsafe { BasePtr::from_raw(self.ev_base.get()) }
    }

    pub fn from_source_link(link: NonNull<Link>) -> EventPtr {
        // SAFETY: the link is the `ev_next` of an event: nothing else enters source lists.
        EventPtr(unsafe { link.byte_sub(offset_of!(Event, ev_next)) }.cast())
    }

    pub fn from_active_link(link: NonNull<Link>) -> EventPtr {
        // SAFETY: the link is the `ev_active_next` of an event: nothing else enters queues.
        EventPtr(unsafe { link.byte_sub(offset_of!(Event, ev_active_next)) }.cast())
    }
}

impl Deref for EventPtr {
    type Target = Event;

    fn deref(&self) -> &Event {
        // SAFETY: the contract of the type.
        unsafe { self.0.as_ref() }
    }
}

const _: () = {
    assert!(size_of::<event_entry>() == size_of::<Link>());
    assert!(size_of::<event_entry>() == size_of::<TimerPlaces>());
};

#[cfg(target_pointer_width = "64")]
const _: () = {
    assert!(size_of::<Event>() == 128 && align_of::<Event>() == 8);
    assert!(offset_of!(Event, ev_next) == 0);
    assert!(offset_of!(Event, ev_active_next) == 16);
    assert!(offset_of!(Event, ev_signal_next) == 32);
    assert!(offset_of!(Event, min_heap_idx) == 48);
    assert!(offset_of!(Event, ev_base) == 56);
    assert!(offset_of!(Event, ev_fd) == 64);
    assert!(offset_of!(Event, ev_events) == 68);
    assert!(offset_of!(Event, ev_ncalls) == 70);
    assert!(offset_of!(Event, ev_pncalls) == 72);
    assert!(offset_of!(Event, ev_timeout) == 80);
    assert!(offset_of!(Event, ev_pri) == 96);
    assert!(offset_of!(Event, ev_callback) == 104);
    assert!(offset_of!(Event, ev_arg) == 112);
    assert!(offset_of!(Event, ev_res) == 120);
    assert!(offset_of!(Event, ev_flags) == 124);
};

#[cfg(target_pointer_width = "32")]
const _: () = {
    assert!(size_of::<Event>() == 72 && align_of::<Event>() == 4);
    assert!(offset_of!(Event, ev_next) == 0);
    assert!(offset_of!(Event, ev_active_next) == 8);
    assert!(offset_of!(Event, ev_signal_next) == 16);
    assert!(offset_of!(Event, min_heap_idx) == 24);
    assert!(offset_of!(Event, ev_base) == 28);
    assert!(offset_of!(Event, ev_fd) == 32);
    assert!(offset_of!(Event, ev_events) == 36);
    assert!(offset_of!(Event, ev_ncalls) == 38);
    assert!(offset_of!(Event, ev_pncalls) == 40);
    assert!(offset_of!(Event, ev_timeout) == 44);
    assert!(offset_of!(Event, ev_pri) == 52);
    assert!(offset_of!(Event, ev_callback) == 56);
    assert!(offset_of!(Event, ev_arg) == 60);
    assert!(offset_of!(Event, ev_res) == 64);
    assert!(offset_of!(Event, ev_flags) == 68);
};
