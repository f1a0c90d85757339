//! Two ends of memory: what is written to one is read from the other, as far as there is room.

use crate::sys::socket::Budget;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::io::{ErrorKind, Read, Result, Write};
use std::rc::Rc;

/// One direction.
#[derive(Default)]
pub struct Lane {
    pub bytes: VecDeque<u8>,
    /// So many fit in.
    pub room: usize,
    pub is_closed: bool,
}

pub type SharedLane = Rc<RefCell<Lane>>;

pub struct End {
    pub from: SharedLane,
    pub to: SharedLane,
}

/// Both ends.
pub fn pipe(room: usize) -> (End, End) {
    let lane = || Rc::new(RefCell::new(Lane { room, ..Lane::default() }));
    let (one, other) = (lane(), lane());
    (End { from: one.clone(), to: other.clone() }, End { from: other, to: one })
}

impl Read for End {
    fn read(&mut self, into: &mut [u8]) -> Result<usize> {
        let mut lane = self.from.borrow_mut();
        if lane.bytes.is_empty() && !lane.is_closed {
            return Err(ErrorKind::WouldBlock.into());
        }
        lane.bytes.read(into)
    }
}

impl Write for End {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        let mut lane = self.to.borrow_mut();
        let n = bytes.len().min(lane.room.saturating_sub(lane.bytes.len()));
        if n == 0 {
            return Err(ErrorKind::WouldBlock.into());
        }
        lane.bytes.extend(&bytes[..n]);
        Ok(n)
    }

    fn flush(&mut self) -> Result<()> {
        Ok(())
    }
}

impl Budget for End {
    fn renew(&mut self) {}
}
