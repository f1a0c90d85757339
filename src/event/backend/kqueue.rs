//! kqueue: the default on the BSDs and macOS.
//!
//! Read and write are two filters of their own. The kernel drops both when the descriptor is
//! closed, whatever copies of it live on. Changes are made at once, so that a bad descriptor is
//! reported by event_add (behaviour 184, repaired). Signals come through the wake-up channel, as
//! with every other backend: one mechanism for all.

use super::spare::Spare;
use super::{Applied, BOTH, EDGE, Interest, ONESHOT, READ, Report, Slot, WRITE};
use crate::errno::{Errno, Result};
use crate::layout::event::{EV_READ, EV_WRITE};
use crate::sys::kqueue::{self as sys, Change, Filter};
use crate::sys::{Timeout, fd as descriptor};
use std::ffi::{c_int, c_short};

const FIRST_ROOM: usize = 64;
const MOST_ROOM: usize = 4096;
const SIDES: [(Interest, Filter); 2] = [(READ, Filter::Read), (WRITE, Filter::Write)];

/// Who watches what.
pub struct Kqueue {
    kernel: sys::Kqueue,
    generation: u32,
    /// Pipes without readers, which kqueue refuses to watch: always writable, as the error that
    /// a write would give.
    broken: Vec<Broken>,
    spare: Spare<Report>,
}

/// Who waits.
pub struct Poller {
    queue: c_int,
    events: Vec<sys::Event>,
    ready: usize,
    /// What there is to report of broken pipes, without waiting.
    broken: Vec<Report>,
}

struct Broken {
    report: Report,
    file: File,
}

/// The file behind a number: what kqueue does not watch, it does not tell about when closed.
type File = (libc::dev_t, libc::ino_t);

/// A one-shot filter is gone once it has reported; the other one of its descriptor stays.
pub fn after_report(armed: Interest, what: c_short) -> Interest {
    let left = armed & BOTH & !(what as Interest);
    if left == 0 { 0 } else { left | armed & !BOTH }
}

fn add(want: Interest) -> Change {
    if want & EDGE != 0 {
        Change::AddEdge
    } else if want & ONESHOT != 0 {
        Change::AddOneshot
    } else {
        Change::Add
    }
}

impl Kqueue {
    pub fn new() -> Result<Kqueue> {
        Ok(Kqueue {
            kernel: sys::Kqueue::new()?,
            generation: 0,
            broken: Vec::new(),
            spare: Spare::new(),
        })
    }

    pub fn prepare(&mut self, poller: &mut Poller) {
        poller.queue = self.kernel.fd();
        self.spare.lend(&mut poller.broken, self.broken.len());
        poller.broken.extend(self.broken.iter().map(|broken| {
            let still = descriptor::identity(broken.report.fd) == Ok(broken.file);
            Report { what: if still { EV_WRITE } else { 0 }, ..broken.report }
        }));
    }

    pub fn apply(&mut self, fd: c_int, slot: &Slot, want: Interest) -> Result<Applied> {
        if want & BOTH == 0 {
            self.delete(fd, slot, slot.armed.get() & BOTH);
            slot.armed.set(0);
            return Ok(Applied::Kept);
        }
        let lost = self.is_lost(fd, slot)?;
        if lost {
            self.remove_broken(fd);
        }
        let armed = if lost { 0 } else { slot.armed.get() };
        if armed == 0 {
            self.generation = self.generation.wrapping_add(1);
            slot.generation.set(self.generation);
        }
        self.add(fd, slot, armed, want)?;
        self.delete(fd, slot, armed & BOTH & !want);
        slot.armed.set(want);
        Ok(if lost { Applied::Renewed } else { Applied::Kept })
    }

    /// Has the kernel dropped a filter that was armed? Then the descriptor was closed.
    fn is_lost(&self, fd: c_int, slot: &Slot) -> Result<bool> {
        for (side, filter) in SIDES {
            if slot.armed.get() & side == 0 {
                continue;
            }
            if side == WRITE
                && let Some(broken) = self.find_broken(fd)
            {
                return Ok(descriptor::identity(fd)? != broken.file);
            }
            let generation = slot.generation.get();
            return match self.kernel.change(fd, filter, Change::Verify, generation) {
                Ok(()) => Ok(false),
                Err(Errno::NOENT) => Ok(true),
                Err(error) => Err(error),
            };
        }
        Ok(false)
    }

    /// Adds (or changes) the wanted filters; when one is refused, those just added are taken
    /// back.
    fn add(&mut self, fd: c_int, slot: &Slot, armed: Interest, want: Interest) -> Result<()> {
        for (side, filter) in SIDES {
            let same_mode = (armed ^ want) & !BOTH == 0;
            if want & side == 0 || (armed & side != 0 && same_mode) {
                continue;
            }
            // EV_ADD of a filter that stands does not change its mode everywhere.
            self.delete(fd, slot, armed & side);
            let generation = slot.generation.get();
            let added = match self.kernel.change(fd, filter, add(want), generation) {
                Err(Errno::PIPE) => self.add_broken(fd, generation),
                result => result,
            };
            if let Err(error) = added {
                self.delete(fd, slot, want & BOTH & !armed & !side);
                return Err(error);
            }
        }
        Ok(())
    }

    fn add_broken(&mut self, fd: c_int, generation: u32) -> Result<()> {
        self.broken.try_reserve(1)?;
        self.spare.reserve(self.broken.len() + 1)?;
        let file = descriptor::identity(fd)?;
        self.broken.push(Broken { report: Report { fd, what: EV_WRITE, generation }, file });
        Ok(())
    }

    fn find_broken(&self, fd: c_int) -> Option<&Broken> {
        self.broken.iter().find(|broken| broken.report.fd == fd)
    }

    fn remove_broken(&mut self, fd: c_int) {
        self.broken.retain(|broken| broken.report.fd != fd);
    }

    /// Deletes filters. One that is gone, with its descriptor or by EV_ONESHOT, is no error.
    fn delete(&mut self, fd: c_int, slot: &Slot, sides: Interest) {
        for (side, filter) in SIDES {
            if sides & side != 0 {
                let generation = slot.generation.get();
                let _ = self.kernel.change(fd, filter, Change::Delete, generation);
            }
        }
        if sides & WRITE != 0 {
            self.remove_broken(fd);
        }
    }
}

impl Poller {
    pub fn new() -> Result<Poller> {
        let mut events = Vec::new();
        events.try_reserve_exact(FIRST_ROOM)?;
        events.resize(FIRST_ROOM, sys::Event::empty());
        Ok(Poller { queue: -1, events, ready: 0, broken: Vec::new() })
    }

    pub fn wait(&mut self, timeout: Timeout) -> Result<()> {
        let timeout = if self.broken.is_empty() { timeout } else { Timeout::NOW };
        let waited = sys::wait(self.queue, &mut self.events, timeout);
        self.ready = waited.unwrap_or(0);
        waited.map(drop)
    }

    pub fn reports(&self) -> impl Iterator<Item = Report> {
        let told = self.events[..self.ready].iter().map(|event| {
            // No changes are submitted with a wait, so an error can only say that a descriptor
            // is gone: it is reported as closed.
            let what = match (event.error(), event.filter()) {
                (None, Some(Filter::Read)) => EV_READ,
                (None, Some(Filter::Write)) => EV_WRITE,
                _ => 0,
            };
            Report { fd: event.fd(), what, generation: event.generation() }
        });
        told.chain(self.broken.iter().copied())
    }

    /// A wait that filled its room gets more of it the next time.
    pub fn grow(&mut self) {
        let room = self.events.len();
        if self.ready == room && room < MOST_ROOM && self.events.try_reserve_exact(room).is_ok() {
            self.events.resize(room * 2, sys::Event::empty());
        }
    }
}
