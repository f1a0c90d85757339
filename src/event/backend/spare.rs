//! Memory put by for a wait, so that waiting never runs out of it.
//!
//! Adding a descriptor reserves, which may fail; preparing a wait hands the memory on, which may
//! not. The poller keeps what it has for as long as that is enough.

use crate::errno::Result;

pub struct Spare<T>(Vec<T>);

impl<T> Spare<T> {
    pub const fn new() -> Spare<T> {
        Spare(Vec::new())
    }

    /// Makes sure of room for so many.
    pub fn reserve(&mut self, room: usize) -> Result<()> {
        // Empty between uses: `lend` leaves nothing behind.
        self.0.try_reserve(room)?;
        Ok(())
    }

    /// Empties `list`, which then has room for so many; no more than was reserved.
    pub fn lend(&mut self, list: &mut Vec<T>, room: usize) {
        list.clear();
        if list.capacity() < room {
            std::mem::swap(list, &mut self.0);
        }
    }
}
