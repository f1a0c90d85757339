//! select: where nothing better is. The sets grow with the descriptors, beyond FD_SETSIZE.

use super::{Applied, BOTH, Interest, ONESHOT, READ, Report, Slot, WRITE};
use crate::errno::{Errno, Result};
use crate::layout::event::{EV_READ, EV_WRITE};
use crate::sys::select::{WORD_BITS, Word, select};
use crate::sys::{Timeout, fd as descriptor};
use std::ffi::{c_int, c_short};

/// A set of descriptors, as the kernel wants it.
type Set = Vec<Word>;

pub struct Select {
    read: Set,
    write: Set,
    /// What `select` gets to overwrite.
    read_out: Set,
    write_out: Set,
    ready: Vec<Report>,
    /// One more than the highest descriptor watched.
    count: usize,
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
            read_out: Set::new(),
            write_out: Set::new(),
            ready: Vec::new(),
            count: 0,
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
        let sets = [&mut self.read, &mut self.write, &mut self.read_out, &mut self.write_out];
        for set in sets {
            if set.len() < words {
                set.try_reserve(words - set.len())?;
                set.resize(words, 0);
            }
        }
        self.ready.try_reserve(words * WORD_BITS)?;
        Ok(())
    }

    fn is_watched(&self, fd: usize) -> bool {
        contains(&self.read, fd) || contains(&self.write, fd)
    }

    fn shrink_count(&mut self) {
        while self.count > 0 && !self.is_watched(self.count - 1) {
            self.count -= 1;
        }
    }

    pub fn wait(&mut self, timeout: Timeout) -> Result<()> {
        self.ready.clear();
        let words = self.count.div_ceil(WORD_BITS);
        self.read_out[..words].copy_from_slice(&self.read[..words]);
        self.write_out[..words].copy_from_slice(&self.write[..words]);
        match select(self.count, &mut self.read_out, &mut self.write_out, timeout) {
            Ok(0) => Ok(()),
            Ok(_) => {
                self.collect();
                Ok(())
            }
            Err(Errno::BADF) => self.find_closed(),
            Err(error) => Err(error),
        }
    }

    fn collect(&mut self) {
        for word in 0..self.count.div_ceil(WORD_BITS) {
            let mut bits = self.read_out[word] | self.write_out[word];
            while bits != 0 {
                let fd = word * WORD_BITS + bits.trailing_zeros() as usize;
                bits &= bits - 1;
                let read = if contains(&self.read_out, fd) { EV_READ } else { 0 };
                let write = if contains(&self.write_out, fd) { EV_WRITE } else { 0 };
                self.tell(fd, read | write);
            }
        }
    }

    /// `select` says only that some descriptor is closed.
    fn find_closed(&mut self) -> Result<()> {
        for fd in 0..self.count {
            if self.is_watched(fd) && descriptor::must_be_open(fd as c_int).is_err() {
                self.tell(fd, 0);
            }
        }
        if self.ready.is_empty() { Err(Errno::BADF) } else { Ok(()) }
    }

    fn tell(&mut self, fd: usize, what: c_short) {
        self.ready.push(Report { fd: fd as c_int, what, generation: 0 });
    }

    pub fn ready(&self) -> usize {
        self.ready.len()
    }

    pub fn report(&self, index: usize) -> Report {
        self.ready[index]
    }
}
