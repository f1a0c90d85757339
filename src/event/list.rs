//! What a base holds, counted and listed.

use super::base::{BasePtr, Core};
use crate::errno::Result;
use crate::layout::event::{
    EV_PERSIST, EV_READ, EV_SIGNAL, EV_WRITE, EVLIST_ACTIVE, EVLIST_INSERTED, EVLIST_INTERNAL,
    EVLIST_TIMEOUT, Event, EventPtr,
};
use std::ffi::c_int;
use std::fmt::{self, Write};

/// How many events are active, added, or both. An event counts once in each.
pub fn count_events(base: BasePtr, active: bool, added: bool) -> Result<c_int> {
    base.try_enter(|core| {
        let is_own = |event: &EventPtr| event.is(EVLIST_INTERNAL);
        let mut count = 0;
        if active {
            count += core.queues.iter().filter(|event| !is_own(event)).count();
        }
        if added {
            count += core.added().filter(|event| !is_own(event)).count();
        }
        c_int::try_from(count).unwrap_or(c_int::MAX)
    })
}

impl Core {
    /// Every event that waits for something, once.
    fn added(&self) -> impl Iterator<Item = EventPtr> {
        let sources = self.fds.iter().chain(self.signals.iter());
        sources.chain(self.timers.iter().filter(|event| !event.is(EVLIST_INSERTED)))
    }
}

/// Lists the events, added ones first. Nothing of the base is entered while a line is written.
pub fn dump_events(base: BasePtr, out: &mut dyn Write) -> fmt::Result {
    let lists = base.try_enter(|core| {
        let mut lines = (String::new(), String::new());
        // A listing that runs out of memory is cut short.
        let _ = core.added().try_for_each(|event| describe(&event, &mut lines.0));
        let _ = core.queues.iter().try_for_each(|event| describe(&event, &mut lines.1));
        lines
    });
    let (added, active) = lists.map_err(|_| fmt::Error)?;
    write!(out, "Inserted events:\n{added}Active events:\n{active}")
}

fn describe(event: &Event, line: &mut String) -> fmt::Result {
    line.try_reserve(160).map_err(|_| fmt::Error)?;
    let kind = if event.has(EV_SIGNAL) { "sig" } else { "fd" };
    write!(line, "  {:p} [{kind} {}]", event, event.ev_fd.get())?;
    for (bit, name) in
        [(EV_READ, " Read"), (EV_WRITE, " Write"), (EV_SIGNAL, " Signal"), (EV_PERSIST, " Persist")]
    {
        if event.has(bit) {
            line.write_str(name)?;
        }
    }
    for (bit, name) in [(EVLIST_INTERNAL, " Internal"), (EVLIST_ACTIVE, " Active")] {
        if event.is(bit) {
            line.write_str(name)?;
        }
    }
    if event.is(EVLIST_TIMEOUT) {
        let due = event.ev_timeout.get();
        write!(line, " Timeout={}.{:06}", due.tv_sec, due.tv_usec)?;
    }
    line.write_char('\n')
}
