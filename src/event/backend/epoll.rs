//! epoll: the default on Linux.
//!
//! The kernel keeps an entry per (open file, number). An entry whose number was closed while the
//! file lives on elsewhere (dup, fork) can neither be removed nor told apart by its number: it
//! would report for ever. The generation in the entry's data tells it from a later registration
//! of the number, and the table of descriptors starts over when such reports keep coming.

use super::{Applied, BOTH, EDGE, Interest, ONESHOT, READ, Report, Slot, WRITE};
use crate::errno::{Errno, Result};
use crate::layout::event::{EV_READ, EV_WRITE};
use crate::sys::Timeout;
use crate::sys::epoll as sys;
use std::ffi::{c_int, c_short};

const FIRST_ROOM: usize = 64;
const MOST_ROOM: usize = 4096;

/// Who watches what.
pub struct Epoll {
    kernel: sys::Epoll,
    generation: u32,
}

/// Who waits.
pub struct Poller {
    set: c_int,
    events: Vec<sys::Event>,
    ready: usize,
}

fn bits(want: Interest) -> u32 {
    let mut bits = 0;
    for (interest, bit) in [
        (READ, sys::EPOLLIN),
        (WRITE, sys::EPOLLOUT),
        (ONESHOT, sys::EPOLLONESHOT),
        (EDGE, sys::EPOLLET),
    ] {
        if want & interest != 0 {
            bits |= bit as u32;
        }
    }
    bits
}

/// Number and generation of an entry, as the kernel gives them back.
fn data(fd: c_int, generation: u32) -> u64 {
    u64::from(generation) << 32 | u64::from(fd as u32)
}

#[inline]
fn what(events: u32) -> c_short {
    if events & (sys::EPOLLERR | sys::EPOLLHUP) as u32 != 0 {
        return EV_READ | EV_WRITE;
    }
    let read = if events & sys::EPOLLIN as u32 != 0 { EV_READ } else { 0 };
    let write = if events & sys::EPOLLOUT as u32 != 0 { EV_WRITE } else { 0 };
    read | write
}

impl Epoll {
    pub fn new() -> Result<Epoll> {
        Ok(Epoll { kernel: sys::Epoll::new()?, generation: 0 })
    }

    #[inline]
    pub fn prepare(&self, poller: &mut Poller) {
        poller.set = self.kernel.fd();
    }

    pub fn apply(&mut self, fd: c_int, slot: &Slot, want: Interest) -> Result<Applied> {
        if want & BOTH == 0 {
            if slot.armed.replace(0) != 0 {
                // It fails when the descriptor was closed: then the kernel has forgotten it.
                let _ = self.kernel.delete(fd);
                slot.known.set(false);
            }
            return Ok(Applied::Kept);
        }
        let known = slot.known.get();
        if known {
            match self.kernel.modify(fd, bits(want), data(fd, slot.generation.get())) {
                Ok(()) => {
                    slot.armed.set(want);
                    return Ok(Applied::Kept);
                }
                Err(Errno::NOENT) => {}
                Err(error) => return Err(error),
            }
        }
        self.register(fd, slot, want)?;
        Ok(if known { Applied::Renewed } else { Applied::Kept })
    }

    fn register(&mut self, fd: c_int, slot: &Slot, want: Interest) -> Result<()> {
        let generation = self.generation.wrapping_add(1);
        let data = data(fd, generation);
        match self.kernel.add(fd, bits(want), data) {
            // A disarmed entry of a file that came back to its number.
            Err(Errno::EXIST) => self.kernel.modify(fd, bits(want), data)?,
            result => result?,
        }
        self.generation = generation;
        slot.generation.set(generation);
        slot.armed.set(want);
        slot.known.set(true);
        Ok(())
    }
}

impl Poller {
    pub fn new() -> Result<Poller> {
        let mut events = Vec::new();
        events.try_reserve_exact(FIRST_ROOM)?;
        events.resize(FIRST_ROOM, sys::Event { events: 0, u64: 0 });
        Ok(Poller { set: -1, events, ready: 0 })
    }

    #[inline]
    pub fn wait(&mut self, timeout: Timeout) -> Result<()> {
        let waited = sys::wait(self.set, &mut self.events, timeout);
        self.ready = waited.unwrap_or(0);
        waited.map(drop)
    }

    #[inline]
    pub fn reports(&self) -> impl Iterator<Item = Report> {
        self.events[..self.ready].iter().map(|event| {
            let data = event.u64;
            Report {
                fd: data as u32 as c_int,
                what: what(event.events),
                generation: (data >> 32) as u32,
            }
        })
    }

    /// A wait that filled its room gets more of it the next time.
    #[inline]
    pub fn grow(&mut self) {
        let room = self.events.len();
        if self.ready == room && room < MOST_ROOM && self.events.try_reserve_exact(room).is_ok() {
            self.events.resize(room * 2, sys::Event { events: 0, u64: 0 });
        }
    }
}
