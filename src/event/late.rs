//! Work for the end of a round, when its callbacks have run and before the next wait: what
//! bufferevents have to write goes out then, several writes in one.
//!
//! It is done once a round, for what was queued when its turn came: work that queues itself anew
//! waits for the next round, so that nobody starves. Queued work keeps the loop running.

use super::base::{BasePtr, Core, Flags};
use crate::errno::Result;
use crate::layout::late::{Late, LateQueue, Work};
use crate::layout::pinned::Pinned;

pub struct LateWork {
    queue: Pinned<LateQueue>,
    count: u32,
}

impl LateWork {
    pub fn try_new() -> Result<LateWork> {
        Ok(LateWork { queue: Pinned::try_new(LateQueue::new())?, count: 0 })
    }

    #[inline]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }
}

impl Core {
    /// Queues work on this base, if it is not queued already.
    pub fn queue_late(&mut self, base: BasePtr, late: &Late) {
        if !late.is_queued() {
            self.late.queue.push(late, base);
            self.late.count += 1;
            self.event_count += 1;
        }
    }

    /// Takes back work that is queued on this base.
    pub fn cancel_late(&mut self, late: &Late) {
        if late.is_queued() {
            LateQueue::remove(late);
            self.forget_late();
        }
    }

    fn forget_late(&mut self) {
        self.late.count -= 1;
        self.event_count -= 1;
    }

    /// The next work, off the queue.
    pub fn next_late(&mut self) -> Option<Work> {
        self.clock.forget();
        let work = self.late.queue.pop()?;
        self.forget_late();
        Some(work)
    }
}

/// Does what is queued now; was it anything that a program can see? Nothing of the base is
/// borrowed meanwhile: work ends in user code.
pub fn run_late(base: BasePtr) -> bool {
    let mut turns = base.enter(|core| core.late.count);
    let mut seen = false;
    while turns > 0
        && !base.flags.any(Flags::HALT)
        && let Some(work) = base.enter(Core::next_late)
    {
        turns -= 1;
        seen |= work.perform();
    }
    if base.flags.any(Flags::CONTINUE) {
        // What was to be left out has been, even if no callback has run in this round.
        base.flags.clear(Flags::CONTINUE);
    }
    seen
}
