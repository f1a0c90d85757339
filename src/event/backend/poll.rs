//! poll: everywhere.
//!
//! `entries` has one per watched descriptor, in no order; `places[fd]` says where. A closed
//! descriptor is noticed by the next wait (POLLNVAL), not when its number is added again.

use super::spare::Spare;
use super::{Applied, BOTH, Interest, ONESHOT, READ, Report, Slot, WRITE};
use crate::errno::Result;
use crate::layout::event::{EV_READ, EV_WRITE};
use crate::sys::poll as sys;
use crate::sys::{Timeout, fd as descriptor};
use std::ffi::{c_int, c_short};

const NOWHERE: u32 = u32::MAX;

/// Who watches what.
pub struct Poll {
    entries: Vec<sys::pollfd>,
    places: Vec<u32>,
    spare_entries: Spare<sys::pollfd>,
    spare_ready: Spare<Report>,
}

/// Who waits, on a copy of the entries.
pub struct Poller {
    entries: Vec<sys::pollfd>,
    ready: Vec<Report>,
}

fn bits(want: Interest) -> c_short {
    let read = if want & READ != 0 { sys::POLLIN } else { 0 };
    let write = if want & WRITE != 0 { sys::POLLOUT } else { 0 };
    read | write
}

fn what(revents: c_short) -> c_short {
    if revents & sys::POLLNVAL != 0 {
        return 0;
    }
    if revents & (sys::POLLERR | sys::POLLHUP) != 0 {
        return EV_READ | EV_WRITE;
    }
    let read = if revents & sys::POLLIN != 0 { EV_READ } else { 0 };
    let write = if revents & sys::POLLOUT != 0 { EV_WRITE } else { 0 };
    read | write
}

impl Poll {
    pub fn new() -> Poll {
        Poll {
            entries: Vec::new(),
            places: Vec::new(),
            spare_entries: Spare::new(),
            spare_ready: Spare::new(),
        }
    }

    pub fn apply(&mut self, fd: c_int, slot: &Slot, want: Interest) -> Result<Applied> {
        if want & BOTH == 0 {
            self.forget(fd);
            slot.armed.set(0);
            return Ok(Applied::Kept);
        }
        descriptor::must_be_open(fd)?;
        let place = self.place(fd)?;
        self.entries[place].events = bits(want);
        slot.armed.set(want & !ONESHOT);
        Ok(Applied::Kept)
    }

    /// Where the descriptor's entry is; made if there is none.
    fn place(&mut self, fd: c_int) -> Result<usize> {
        let number = fd as usize;
        if number >= self.places.len() {
            self.places.try_reserve(number + 1 - self.places.len())?;
            self.places.resize(number + 1, NOWHERE);
        }
        if self.places[number] == NOWHERE {
            let all = self.entries.len() + 1;
            self.spare_entries.reserve(all)?;
            self.spare_ready.reserve(all)?;
            self.entries.try_reserve(1)?;
            self.places[number] = self.entries.len() as u32;
            self.entries.push(sys::pollfd { fd, events: 0, revents: 0 });
        }
        Ok(self.places[number] as usize)
    }

    fn forget(&mut self, fd: c_int) {
        let Some(place) = self.places.get_mut(fd as usize).filter(|place| **place != NOWHERE)
        else {
            return;
        };
        let at = std::mem::replace(place, NOWHERE) as usize;
        self.entries.swap_remove(at);
        if let Some(moved) = self.entries.get(at) {
            self.places[moved.fd as usize] = at as u32;
        }
    }

    pub fn prepare(&mut self, poller: &mut Poller) {
        let all = self.entries.len();
        self.spare_ready.lend(&mut poller.ready, all);
        self.spare_entries.lend(&mut poller.entries, all);
        poller.entries.extend_from_slice(&self.entries);
    }
}

impl Poller {
    pub fn new() -> Poller {
        Poller { entries: Vec::new(), ready: Vec::new() }
    }

    pub fn wait(&mut self, timeout: Timeout) -> Result<()> {
        if sys::poll(&mut self.entries, timeout)? == 0 {
            return Ok(());
        }
        let told = self.entries.iter().filter(|entry| entry.revents != 0);
        self.ready.extend(told.map(|entry| Report {
            fd: entry.fd,
            what: what(entry.revents),
            generation: 0,
        }));
        Ok(())
    }

    pub fn reports(&self) -> impl Iterator<Item = Report> {
        self.ready.iter().copied()
    }
}
