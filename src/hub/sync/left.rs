//! Locks that a greenlet holds when it ends: told of, and passed on to those who wait.

use crate::hub::greenlet::GreenletPtr;
use crate::hub::hub::Hub;
use crate::hub::report::Name;
use crate::log;

/// So many greenlets of a thread that leave locks are named.
const REPORTS: u32 = 10;

impl Hub {
    /// A greenlet has ended, and not released what it held.
    #[cold]
    pub fn locks_are_left(&self, greenlet: GreenletPtr) {
        let (locks, reads) = (greenlet.held.get(), greenlet.reads.get());
        self.take_locks_from(greenlet);
        self.without_blocking(|| self.report_locks(greenlet, locks, reads));
    }

    /// Passes on the locks of a greenlet. Those that it reads under cannot be found.
    pub fn take_locks_from(&self, greenlet: GreenletPtr) {
        for lock in self.rlocks.iter().filter(|lock| lock.owner() == Some(greenlet)) {
            lock.pass_on();
        }
        for lock in self.rwlocks.iter().filter(|lock| lock.writer() == Some(greenlet)) {
            lock.pass_on();
        }
    }

    fn report_locks(&self, greenlet: GreenletPtr, locks: u32, reads: u32) {
        let reports = self.left_locks.get();
        if reports >= REPORTS {
            return;
        }
        self.left_locks.set(reports + 1);
        let name = Name(greenlet);
        if locks > 0 {
            log::warn(format_args!(
                "evhub: {name} has ended and still held locks ({locks}): they are passed on"
            ));
        }
        if reads > 0 {
            log::warn(format_args!(
                "evhub: {name} has ended and still read under locks ({reads}): \
                 nobody will ever write under them"
            ));
        }
    }
}
