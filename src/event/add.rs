//! Adding, deleting, activating: how an event enters and leaves its lists.

use super::base::Core;
use super::queue::Queues;
use super::time::Timers;
use crate::errno::{Errno, Result};
use crate::layout::event::{
    EV_PERSIST, EV_READ, EV_SIGNAL, EV_TIMEOUT, EV_WRITE, EVLIST_ACTIVE, EVLIST_INSERTED,
    EVLIST_INTERNAL, EVLIST_REPEAT, EVLIST_TIMEOUT, EventPtr,
};
use libc::timeval;
use std::ffi::{c_int, c_short};

/// An event that was added or activated is in one of these states.
const LINKED: c_int = EVLIST_TIMEOUT | EVLIST_INSERTED | EVLIST_ACTIVE;

impl Core {
    /// Adds an event, or renews its timeout. All or nothing.
    pub fn add(&mut self, event: EventPtr, timeout: Option<&timeval>) -> Result<()> {
        let timed_out =
            event.is(EVLIST_ACTIVE) && event.ev_res.get() & c_int::from(EV_TIMEOUT) != 0;
        // 1.4: a new timeout cancels the activation by the old one (behaviour 27).
        let cancels = timeout.is_some() && timed_out;
        if timeout.is_some() && !event.is(EVLIST_TIMEOUT) {
            self.timers.reserve()?;
        }
        if self.needs_source(event, cancels) {
            self.insert(event)?;
        }
        if cancels {
            event.ev_ncalls.set(0);
            self.remove_active(event);
        }
        if let Some(after) = timeout {
            self.set_timer(event, after);
        }
        Ok(())
    }

    /// Is the event to enter the list of its descriptor or signal?
    ///
    /// A one-shot event that is about to be called would be deleted before its call (behaviours
    /// 9 and 28), so it does not enter; between its repeated calls it may.
    fn needs_source(&self, event: EventPtr, cancels: bool) -> bool {
        event.has(EV_READ | EV_WRITE | EV_SIGNAL)
            && !event.is(EVLIST_INSERTED)
            && (!event.is(EVLIST_ACTIVE)
                || event.has(EV_PERSIST)
                || event.is(EVLIST_REPEAT)
                || cancels)
    }

    fn insert(&mut self, event: EventPtr) -> Result<()> {
        if event.has(EV_SIGNAL) {
            self.attach_signal(event)?;
        } else if event.ev_fd.get() < 0 {
            return Err(Errno::BADF);
        } else {
            self.own_backend()?;
            self.fds.attach(&mut self.backend, event)?;
        }
        event.set_flags(EVLIST_INSERTED);
        self.count(event, 1);
        Ok(())
    }

    fn set_timer(&mut self, event: EventPtr, after: &timeval) {
        let deadline = Timers::deadline(self.clock.now(), after);
        if event.is(EVLIST_TIMEOUT) {
            self.timers.renew(event, deadline);
        } else {
            self.timers.insert(event, deadline);
            event.set_flags(EVLIST_TIMEOUT);
            self.count(event, 1);
        }
        self.forget_clock_outside();
    }

    /// Outside the loop the clock is never kept (behaviour 18).
    #[inline]
    pub fn forget_clock_outside(&mut self) {
        if self.depth == 0 {
            self.clock.forget();
        }
    }

    /// The time of day by the loop's clock.
    pub fn time_of_day(&mut self) -> timeval {
        let now = self.clock.time_of_day();
        self.forget_clock_outside();
        now
    }

    /// Takes the event out of everything; its calls to come are dropped.
    pub fn del(&mut self, event: EventPtr) {
        event.ev_ncalls.set(0);
        if event.is(EVLIST_ACTIVE) {
            self.remove_active(event);
        }
        self.remove_pending(event);
    }

    /// Takes the event out of the heap and of its source, not out of its queue.
    #[inline]
    pub fn remove_pending(&mut self, event: EventPtr) {
        if event.is(EVLIST_TIMEOUT) {
            self.timers.remove(event);
            event.clear_flags(EVLIST_TIMEOUT);
            self.count(event, -1);
        }
        if event.is(EVLIST_INSERTED) {
            event.clear_flags(EVLIST_INSERTED);
            self.count(event, -1);
            self.remove_source(event);
        }
    }

    fn remove_source(&mut self, event: EventPtr) {
        if event.has(EV_SIGNAL) {
            return self.detach_signal(event);
        }
        if self.own_backend().is_err() {
            // In a child that cannot have a backend of its own, the parent's is left alone.
            return self.fds.detach_quietly(event);
        }
        self.fds.detach(&mut self.backend, event);
    }

    #[inline]
    pub fn remove_active(&mut self, event: EventPtr) {
        Queues::remove(event);
        event.clear_flags(EVLIST_ACTIVE | EVLIST_REPEAT);
        self.active_count -= 1;
        self.count(event, -1);
    }

    /// Queues the event to be called `calls` times with `result`. One that is queued already only
    /// collects the result (behaviour 33), except between its calls, where the new ones are added.
    #[inline(always)]
    pub fn activate(&mut self, event: EventPtr, result: c_int, calls: c_short) {
        if event.is(EVLIST_ACTIVE) {
            event.ev_res.set(event.ev_res.get() | result);
            if event.is(EVLIST_REPEAT) {
                event.ev_ncalls.set(event.ev_ncalls.get().saturating_add(calls.max(0)));
            }
            return;
        }
        event.ev_res.set(result);
        event.ev_ncalls.set(calls);
        self.active_count += 1;
        self.count(event, 1);
        event.set_flags(EVLIST_ACTIVE);
        self.queues.push(event);
    }

    /// Moves what is due to the queues. An event that is ready as well loses that result: it is
    /// deleted, then activated with EV_TIMEOUT alone (behaviour 8).
    pub fn expire_timers(&mut self) {
        let now = self.clock.now().past;
        while let Some((deadline, event)) = self.timers.next()
            && deadline <= now
        {
            self.del(event);
            self.activate(event, c_int::from(EV_TIMEOUT), 1);
        }
    }

    /// What of `mask` the event is pending or active for.
    pub fn pending(event: EventPtr, mask: c_short) -> c_short {
        let mut what = 0;
        if event.is(EVLIST_INSERTED) {
            what |= event.ev_events.get() & (EV_READ | EV_WRITE | EV_SIGNAL);
        }
        if event.is(EVLIST_ACTIVE) {
            what |= event.ev_res.get() as c_short;
        }
        if event.is(EVLIST_TIMEOUT) {
            what |= EV_TIMEOUT;
        }
        what & mask & (EV_TIMEOUT | EV_READ | EV_WRITE | EV_SIGNAL)
    }

    pub fn is_linked(event: EventPtr) -> bool {
        event.any(LINKED)
    }

    /// Should the loop go on for this event? `on` false takes back what it counts for.
    pub fn keep_alive(&mut self, event: EventPtr, on: bool) {
        if event.is(EVLIST_INTERNAL) != on {
            return;
        }
        let memberships = (event.ev_flags.get() & LINKED).count_ones() as c_int;
        if on {
            event.clear_flags(EVLIST_INTERNAL);
            self.event_count += memberships;
        } else {
            event.set_flags(EVLIST_INTERNAL);
            self.event_count -= memberships;
        }
    }

    #[inline]
    fn count(&mut self, event: EventPtr, change: c_int) {
        if !event.is(EVLIST_INTERNAL) {
            self.event_count += change;
        }
    }
}
