//! From a report of the backend to the queues, and from a queue to the user's call.

use super::backend::{EDGE, ONESHOT, Poller, Report};
use super::base::{BasePtr, Core, Flags};
use crate::layout::call::{AsyncCall, Call};
use crate::layout::event::{
    EV_PERSIST, EV_READ, EVLIST_KIND, EVLIST_ONCE, EVLIST_REPEAT, EventPtr,
};
use crate::layout::once::{Async, Once, Then};
use std::ffi::{c_int, c_short};
use std::sync::atomic::Ordering::SeqCst;

/// So many reports that nothing explains, and the backend starts over.
const STALE_LIMIT: u32 = 8;

/// Calls the events of one priority, until their queue is empty or the loop is to stop.
#[inline]
pub fn run_calls(base: BasePtr, priority: usize) {
    while !base.flags.any(Flags::HALT)
        && let Some(event) = base.enter(|core| core.next_active(priority))
    {
        if event.any(EVLIST_KIND) {
            run_own(base, event);
        } else {
            Call::of(event).run();
        }
    }
}

/// An event in a record of the library's.
#[cold]
fn run_own(base: BasePtr, event: EventPtr) {
    match event.ev_flags.get() & EVLIST_KIND {
        EVLIST_ONCE => run_once(base, event),
        _ => run_async(event),
    }
}

/// The record is freed before the user's callback runs.
fn run_once(base: BasePtr, event: EventPtr) {
    let mut call = Call::of(event);
    match Once::take(event) {
        Then::Call(callback, arg) => {
            (call.callback, call.arg) = (callback, arg);
            call.run();
        }
        Then::ExitLoop => base.flags.set(Flags::EXIT),
    }
}

fn run_async(event: EventPtr) {
    let handle = Async::of(event);
    handle.pending.store(false, SeqCst);
    AsyncCall { callback: handle.callback, arg: handle.arg }.run();
}

impl Core {
    /// The next event to be called, once. It is off its lists, or waits at the head of its queue
    /// with one call less: nothing is left to be done after the call.
    #[inline]
    fn next_active(&mut self, priority: usize) -> Option<EventPtr> {
        self.clock.forget();
        while let Some(event) = self.queues.front(priority) {
            if !event.has(EV_PERSIST) && !event.is(EVLIST_REPEAT) {
                self.remove_pending(event);
            }
            let calls = event.ev_ncalls.get();
            if calls > 1 {
                event.set_flags(EVLIST_REPEAT);
            } else {
                self.remove_active(event);
            }
            if calls > 0 {
                event.ev_ncalls.set(calls - 1);
                return Some(event);
            }
        }
        None
    }

    /// Activates what the poller has found.
    #[inline]
    pub fn collect_reports(&mut self, poller: &mut Poller) {
        match &*poller {
            #[cfg(has_epoll)]
            Poller::Epoll(epoll) => epoll.reports().for_each(|report| self.deliver(report)),
            #[cfg(has_kqueue)]
            Poller::Kqueue(kqueue) => {
                kqueue.reports().for_each(|report| self.deliver_aside(report))
            }
            Poller::Poll(poll) => poll.reports().for_each(|report| self.deliver_aside(report)),
            Poller::Select(select) => {
                select.reports().for_each(|report| self.deliver_aside(report));
            }
        }
        if self.stale_reports >= STALE_LIMIT {
            self.start_over();
        }
        poller.grow();
    }

    /// `deliver` for where it need not be inlined.
    #[inline(never)]
    fn deliver_aside(&mut self, report: Report) {
        self.deliver(report);
    }

    #[inline(always)]
    fn deliver(&mut self, report: Report) {
        let Some(slot) = self.fds.find(report.fd) else {
            self.stale_reports += 1;
            return;
        };
        if report.generation != slot.generation.get() {
            self.stale_reports += 1;
            return;
        }
        if report.what == 0 {
            return self.fds.closed(&mut self.backend, report.fd);
        }
        let armed = slot.armed.get();
        if armed & (ONESHOT | EDGE) != 0 {
            if armed & EDGE != 0 {
                // Only the wake-up channel is watched by edges.
                return self.drain_wakeup();
            }
            slot.armed.set(self.backend.after_report(armed, report.what));
        }
        let taken = match slot.events.only() {
            Some(event) => self.offer(event, report.what),
            None => self.offer_all(report),
        };
        if !taken {
            // Nobody waits for this: the entry of a closed number, or a program changed an
            // event's fields while it was pending.
            self.stale_reports += 1;
            self.fds.refresh(&mut self.backend, report.fd);
        }
    }

    /// Activates the event if it waits for any of `what`.
    #[inline(always)]
    fn offer(&mut self, event: EventPtr, what: c_short) -> bool {
        let result = event.ev_events.get() & what;
        if result == 0 {
            return false;
        }
        self.activate(event, c_int::from(result), 1);
        true
    }

    /// Several events on one descriptor: readers before writers (behaviour 6), each in the order
    /// of adding (behaviour 30, repaired).
    #[cold]
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
