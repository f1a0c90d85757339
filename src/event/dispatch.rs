//! From a queue to the user's call, and from a report of the backend to the queues.

use super::backend::{BOTH, ONESHOT, Report};
use super::base::Core;
use crate::layout::call::{AsyncCall, Call};
use crate::layout::event::{
    EV_PERSIST, EV_READ, EVLIST_ASYNC, EVLIST_KIND, EVLIST_ONCE, EVLIST_REPEAT, EVLIST_WAKE,
    EventPtr,
};
use crate::layout::once::{Async, Once, Then};
use std::ffi::{c_int, c_short};
use std::sync::atomic::Ordering::SeqCst;

/// So many reports that nothing explains, and the backend starts over.
const STALE_LIMIT: u32 = 8;

/// The next thing to do for the most urgent events.
pub enum Next {
    Event(Call),
    Async(AsyncCall),
}

impl Core {
    /// The next call of the events of this priority; `None` when their queue is empty.
    ///
    /// The event is off its lists, or waits at the head of its queue with one call less: nothing
    /// is left to be done after the call.
    #[inline]
    pub fn next_call(&mut self, priority: usize) -> Option<Next> {
        self.clock.forget();
        while let Some(event) = self.queues.front(priority) {
            if !event.is(EVLIST_REPEAT) && !event.has(EV_PERSIST) {
                self.remove_pending(event);
            }
            let calls = event.ev_ncalls.get();
            if calls > 1 {
                event.set_flags(EVLIST_REPEAT);
            } else {
                self.remove_active(event);
            }
            event.ev_ncalls.set(calls.saturating_sub(1).max(0));
            if calls > 0
                && let Some(next) = self.call_of(event)
            {
                return Some(next);
            }
        }
        None
    }

    #[inline]
    fn call_of(&mut self, event: EventPtr) -> Option<Next> {
        let what = event.ev_res.get() as c_short;
        let fd = event.ev_fd.get();
        match event.ev_flags.get() & EVLIST_KIND {
            EVLIST_ONCE => match Once::take(event) {
                Then::Call(callback, arg) => Some(Next::Event(Call { callback, fd, what, arg })),
                Then::ExitLoop => {
                    self.got_exit = 1;
                    None
                }
            },
            EVLIST_ASYNC => {
                let handle = Async::of(event);
                handle.pending.store(false, SeqCst);
                Some(Next::Async(AsyncCall { callback: handle.callback, arg: handle.arg }))
            }
            _ => {
                let (callback, arg) = (event.ev_callback.get(), event.ev_arg.get());
                Some(Next::Event(Call { callback, fd, what, arg }))
            }
        }
    }

    /// Activates what the last wait reported.
    #[inline]
    pub fn collect_reports(&mut self) {
        let mut index = 0;
        while let Some(report) = self.backend.report(index) {
            index += 1;
            self.deliver(report);
        }
        if index > 0 {
            self.backend.grow();
        }
        if self.stale_reports >= STALE_LIMIT {
            self.start_over();
        }
    }

    #[inline]
    fn deliver(&mut self, report: Report) {
        let Some(slot) = self.fds.find(report.fd) else {
            self.stale_reports += 1;
            return;
        };
        if report.generation.is_some_and(|known| known != slot.generation.get()) {
            self.stale_reports += 1;
            return;
        }
        if report.what == 0 {
            return self.fds.closed(&mut self.backend, report.fd);
        }
        let armed = slot.armed.get();
        if armed & ONESHOT != 0 {
            slot.armed.set(self.backend.after_report(armed, report.what));
        }
        let first = slot.events.front();
        let several = first.is_some_and(|event| slot.events.after(event).is_some());
        let taken = match first {
            Some(event) if !several => self.offer(event, report.what),
            _ => self.offer_all(report),
        };
        if !taken && armed & BOTH != 0 {
            // Nobody waits for this: a program changed an event's fields while it was pending.
            self.stale_reports += 1;
            self.fds.refresh(&mut self.backend, report.fd);
        }
    }

    /// Activates the event if it waits for any of `what`.
    #[inline]
    fn offer(&mut self, event: EventPtr, what: c_short) -> bool {
        let result = event.ev_events.get() & what;
        if result == 0 {
            return false;
        }
        if event.ev_flags.get() & EVLIST_KIND == EVLIST_WAKE {
            self.drain_wakeup();
        } else {
            self.activate(event, c_int::from(result), 1);
        }
        true
    }

    /// Several events on one descriptor: readers before writers (behaviour 6), each in the order
    /// of adding (behaviour 30, repaired).
    fn offer_all(&mut self, report: Report) -> bool {
        let mut taken = false;
        for readers in [true, false] {
            let mut at = self.fds.find(report.fd).and_then(|slot| slot.events.front());
            while let Some(event) = at {
                let slot = self.fds.find(report.fd);
                at = slot.and_then(|slot| slot.events.after(event));
                let reads = event.ev_events.get() & report.what & EV_READ != 0;
                if reads == readers {
                    taken |= self.offer(event, report.what);
                }
            }
        }
        taken
    }
}
