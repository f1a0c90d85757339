//! Numbers that nobody can foresee, got from the system many at a time.
//!
//! A child of fork gets its own: what the parent had in store would be the same in both.

use crate::errno::Result;
use crate::sys::{fork, random};

const STORE: usize = 512;

pub struct Random {
    store: [u8; STORE],
    /// How many are left.
    left: usize,
    generation: u32,
}

impl Random {
    pub const fn new() -> Random {
        Random { store: [0; STORE], left: 0, generation: 0 }
    }

    /// Sees to it that there is one. Fails if the system has no random source: nothing is made up
    /// instead.
    pub fn prepare(&mut self) -> Result<()> {
        if self.left < 2 || self.generation != fork::generation() {
            random::fill(&mut self.store)?;
            self.left = STORE;
            self.generation = fork::generation();
        }
        Ok(())
    }

    pub fn number(&mut self) -> Result<u16> {
        self.prepare()?;
        self.left -= 2;
        let pair = &mut self.store[self.left..self.left + 2];
        let number = u16::from_ne_bytes([pair[0], pair[1]]);
        // What was used can be found in no dump of the memory.
        pair.fill(0);
        Ok(number)
    }

    /// Below `limit`, without a preference that would matter.
    pub fn below(&mut self, limit: usize) -> Result<usize> {
        Ok((usize::from(self.number()?) * limit) >> 16)
    }

    /// Letters in any case.
    pub fn mix_case(&mut self, letters: &mut [u8]) -> Result<()> {
        for chunk in letters.chunks_mut(16) {
            let mut bits = self.number()?;
            for byte in chunk {
                if bits & 1 != 0 && byte.is_ascii_alphabetic() {
                    *byte ^= 0x20;
                }
                bits >>= 1;
            }
        }
        Ok(())
    }
}
