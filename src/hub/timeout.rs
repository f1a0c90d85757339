//! Limits on a stretch of code: when one expires, the calls of its greenlet that may block fail
//! until it is cancelled. Several may be running; each is told apart by its object.

use super::greenlet::GreenletPtr;
use super::hub::Hub;
use super::object::{Head, Kind, Object};
use crate::errno::{Errno, Result};
use crate::layout::chain::{Chain, linked};
use crate::layout::event::{Event, EventPtr};
use crate::layout::handle::Handle;
use crate::layout::link::Link;
use crate::layout::own_event::{self, Fires};
use crate::sys::Timeout;
use std::cell::Cell;
use std::ffi::c_int;

/// An error of limits that are nobody's failure: calls fail with `ETIMEDOUT`.
pub const SILENT: c_int = -1;

#[repr(C)]
pub struct TimeLimit {
    object: Object,
    event: Event,
    place: Link,
    error: Cell<c_int>,
    expired: Cell<bool>,
    /// Which expired first goes first.
    order: Cell<u64>,
    /// None once that has ended.
    greenlet: Cell<Option<GreenletPtr>>,
}

linked!(TimeLimit, place, 0);

impl Head for TimeLimit {
    const KIND: Kind = Kind::Timeout;
    fn object(&self) -> &Object {
        &self.object
    }
}

pub type TimeLimitPtr = Handle<TimeLimit>;

impl TimeLimit {
    pub fn is_expired(&self) -> bool {
        self.expired.get()
    }

    pub fn is_pending(&self) -> bool {
        crate::event::Core::is_linked(EventPtr::of(&self.event))
    }

    fn errno(&self) -> c_int {
        match self.error.get() {
            0 | SILENT => libc::ETIMEDOUT,
            error => error,
        }
    }

    pub fn is_silent(&self) -> bool {
        self.error.get() == SILENT
    }
}

/// What the limit that expired first says; 0 if none has.
pub fn first_expired(limits: &Chain<TimeLimit>) -> c_int {
    let expired = limits.iter().filter(|limit| limit.expired.get());
    expired.min_by_key(|limit| limit.order.get()).map_or(0, |limit| limit.errno())
}

impl Fires for TimeLimit {
    fn fired(limit: TimeLimitPtr) {
        let hub = limit.object.hub;
        limit.expired.set(true);
        limit.order.set(hub.expiries.replace(hub.expiries.get() + 1));
        let Some(greenlet) = limit.greenlet.get() else { return };
        let was = greenlet.cancel.get();
        hub.reckon_cancel(greenlet);
        hub.trace_throw(greenlet);
        if was == 0 && Hub::may_be_interrupted(greenlet) {
            hub.interrupt(greenlet, Errno(limit.errno()));
        }
    }
}

/// Starts a limit for the calling greenlet.
pub fn start(after: Timeout, error: c_int) -> Result<TimeLimitPtr> {
    let hub = super::get()?;
    let me = hub.me();
    if me == hub.looper {
        return Err(Errno::PERM);
    }
    let limits = me.more()?;
    let limit = super::object::create(|object| TimeLimit {
        object,
        event: Event::zeroed(),
        place: Link::new(),
        error: Cell::new(error),
        expired: Cell::new(false),
        order: Cell::new(0),
        greenlet: Cell::new(Some(me)),
    })?;
    limits.limits.push(limit);
    if after != Timeout::NEVER {
        let event = EventPtr::of(&limit.event);
        let armed = hub.base().and_then(|base| {
            own_event::set(event, base, -1, 0, limit);
            super::add_timer(base, event, after)
        });
        if let Err(error) = armed {
            cancel(limit);
            return Err(error);
        }
    }
    Ok(limit)
}

/// Ends a limit and frees it; calls of its greenlet work again, unless something else is wrong.
pub fn cancel(limit: TimeLimitPtr) {
    disarm(limit);
    limit.object.close();
    limit.dispose();
}

fn disarm(limit: TimeLimitPtr) {
    crate::event::delete(EventPtr::of(&limit.event));
    if let Some(greenlet) = limit.greenlet.take() {
        Chain::<TimeLimit>::remove(limit);
        if limit.expired.get() {
            limit.object.hub.reckon_cancel(greenlet);
        }
    }
}

impl Hub {
    /// A greenlet ends: its limits do, too.
    pub fn end_limits(&self, greenlet: GreenletPtr) {
        let Some(more) = greenlet.more.get() else { return };
        while let Some(limit) = more.limits.front() {
            if limit.is_silent() && limit.is_expired() {
                greenlet.set(super::greenlet::flag::QUIET);
            }
            cancel(limit);
        }
    }
}
