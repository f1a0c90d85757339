//! `event_once` and `event_loopexit`: events whose memory is the library's.

use super::base::{Base, BasePtr, Core, Flags};
use crate::errno::{Errno, Result};
use crate::layout::event::{EV_READ, EV_SIGNAL, EV_TIMEOUT, EV_WRITE};
use crate::layout::once::{Once, Then, make_once};
use libc::timeval;
use std::ffi::{c_int, c_short};

const NO_TIME: timeval = timeval { tv_sec: 0, tv_usec: 0 };

/// Schedules one call. `EINVAL` unless `what` is just EV_TIMEOUT, or has EV_READ or EV_WRITE and
/// not EV_SIGNAL (behaviour 39).
pub fn schedule(
    base: BasePtr,
    fd: c_int,
    what: c_short,
    then: Then,
    timeout: Option<&timeval>,
) -> Result<()> {
    let (fd, events, timeout) = if what == EV_TIMEOUT {
        (-1, 0, Some(timeout.unwrap_or(&NO_TIME)))
    } else if what & EV_SIGNAL == 0 && what & (EV_READ | EV_WRITE) != 0 {
        (fd, what & (EV_READ | EV_WRITE), timeout)
    } else {
        return Err(Errno::INVAL);
    };
    base.try_enter(|core| core.schedule(base.as_ptr(), fd, events, then, timeout))?
}

/// Ends the loop after `timeout` (NULL: after this round). A signal handler that interrupts
/// another operation cannot schedule an event: it asks for the end as soon as possible.
pub fn schedule_exit(base: BasePtr, timeout: Option<&timeval>) -> Result<()> {
    match schedule(base, -1, EV_TIMEOUT, Then::ExitLoop, timeout) {
        Err(Errno::BUSY) if timeout.is_none_or(|tv| tv.tv_sec == 0 && tv.tv_usec == 0) => {
            base.flags.set(Flags::EXIT);
            Ok(())
        }
        result => result,
    }
}

impl Core {
    fn schedule(
        &mut self,
        base: *mut Base,
        fd: c_int,
        events: c_short,
        then: Then,
        timeout: Option<&timeval>,
    ) -> Result<()> {
        let record = make_once(&self.once, then)?;
        let event = Once::event(record);
        event.ev_base.set(base);
        event.ev_fd.set(fd);
        event.ev_events.set(events);
        event.ev_pri.set(self.middle_priority());
        self.add(event, timeout).inspect_err(|_| {
            record.free();
        })
    }
}
