//! select: where nothing better is. The sets grow with the descriptors, beyond FD_SETSIZE.

use super::spare::Spare;
use super::{Applied, BOTH, Interest, ONESHOT, READ, Report, Slot, WRITE};
use crate::errno::{Errno, Result};
use crate::layout::event::{EV_READ, EV_WRITE};
use crate::sys::select::{WORD_BITS, Word, select};
use crate::sys::{Timeout, fd as descriptor};
use std::ffi::c_int;

/// A set of descriptors, as the kernel wants it.
type Set = Vec<Word>;

/// Who watches what.
pub struct Select {
    read: Set,
    write: Set,
    /// One more than the highest descriptor watched.
    count: usize,
    spare_sets: [Spare<Word>; 2],
    spare_ready: Spare<Report>,
}

/// Who waits, on copies of the sets, which the kernel overwrites.
pub struct Poller {
    read: Set,
    write: Set,
    count: usize,
    ready: Vec<Report>,
}

fn contains(set: &Set, fd: usize) -> bool {
    set[fd / WORD_BITS] >> (fd % WORD_BITS) & 1 != 0
}

fn put(set: &mut Set, fd: usize, member: bool) {
    let bit = 1 << (fd % WORD_BITS);
    let word = &mut set[fd / WORD_BITS];
    *word = if member { *word | bit } else { *word & !bit };
}

impl Select {
    pub fn new() -> Select {
        Select {
            read: Set::new(),
            write: Set::new(),
            count: 0,
            spare_sets: [Spare::new(), Spare::new()],
            spare_ready: Spare::new(),
        }
    }

    pub fn apply(&mut self, fd: c_int, slot: &Slot, want: Interest) -> Result<Applied> {
        let number = fd as usize;
        if want & BOTH != 0 {
            descriptor::must_be_open(fd)?;
            self.make_room(number)?;
            self.count = self.count.max(number + 1);
        }
        if number / WORD_BITS < self.read.len() {
            put(&mut self.read, number, want & READ != 0);
            put(&mut self.write, number, want & WRITE != 0);
        }
        slot.armed.set(want & !ONESHOT);
        self.shrink_count();
        Ok(Applied::Kept)
    }

    fn make_room(&mut self, number: usize) -> Result<()> {
        let words = number / WORD_BITS + 1;
        if words <= self.read.len() {
            return Ok(());
        }
        let more = words - self.read.len();
        self.read.try_reserve(more)?;
        self.write.try_reserve(more)?;
        self.spare_ready.reserve(words * WORD_BITS)?;
        for spare in &mut self.spare_sets {
            spare.reserve(words)?;
        }
        self.read.resize(words, 0);
        self.write.resize(words, 0);
        Ok(())
    }

    fn shrink_count(&mut self) {
        while let Some(last) = self.count.checked_sub(1)
            && !contains(&self.read, last)
            && !contains(&self.write, last)
        {
            self.count = last;
        }
    }

    pub fn prepare(&mut self, poller: &mut Poller) {
        let words = self.count.div_ceil(WORD_BITS);
        let [spare_read, spare_write] = &mut self.spare_sets;
        self.spare_ready.lend(&mut poller.ready, words * WORD_BITS);
        spare_read.lend(&mut poller.read, words);
        spare_write.lend(&mut poller.write, words);
        poller.read.extend_from_slice(&self.read[..words]);
        poller.write.extend_from_slice(&self.write[..words]);
        poller.count = self.count;
    }
}

impl Poller {
    pub fn new() -> Poller {
        Poller { read: Set::new(), write: Set::new(), count: 0, ready: Vec::new() }
    }

    pub fn wait(&mut self, timeout: Timeout) -> Result<()> {
        match select(self.count, &mut self.read, &mut self.write, timeout) {
            Ok(0) => Ok(()),
            Ok(_) => {
                self.ready.extend(members(&self.read, &self.write));
                Ok(())
            }
            Err(Errno::BADF) => self.find_closed(),
            Err(error) => Err(error),
        }
    }

    /// `select` says only that some descriptor is closed; the sets are as they were.
    fn find_closed(&mut self) -> Result<()> {
        let watched = members(&self.read, &self.write);
        let closed = watched.filter(|report| descriptor::must_be_open(report.fd).is_err());
        self.ready.extend(closed.map(|report| Report { what: 0, ..report }));
        if self.ready.is_empty() { Err(Errno::BADF) } else { Ok(()) }
    }

    pub fn reports(&self) -> impl Iterator<Item = Report> {
        self.ready.iter().copied()
    }
}

/// What is in either set, by number.
fn members(read: &Set, write: &Set) -> impl Iterator<Item = Report> {
    let words = read.iter().zip(write).map(|(read, write)| read | write).enumerate();
    words.flat_map(move |(index, word)| {
        let bits = (0..WORD_BITS).filter(move |bit| word >> bit & 1 != 0);
        bits.map(move |bit| {
            let fd = index * WORD_BITS + bit;
            let read = if contains(read, fd) { EV_READ } else { 0 };
            let write = if contains(write, fd) { EV_WRITE } else { 0 };
            Report { fd: fd as c_int, what: read | write, generation: 0 }
        })
    })
}
