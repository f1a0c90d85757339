//! Hooks before and after the wait of a loop.
//!
//! Hooks may make and free hooks, themselves included: after each call the list is read again
//! from its head, and a stamp tells who has had its turn in this round.

use super::base::{Base, BasePtr, Core};
use crate::errno::Result;
use crate::layout::call::{WatchCall, WatchCallback};
use crate::layout::records::{RecordPtr, Records};
use crate::sys::Timeout;
use libc::timeval;
use std::cell::Cell;
use std::ffi::{c_int, c_void};

/// When a hook is called.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum When {
    Prepare,
    Check,
}

pub struct Watch {
    when: When,
    callback: WatchCallback,
    arg: *mut c_void,
    stamp: Cell<u64>,
    base: *mut Base,
}

/// What a prepare hook may ask: how long the wait is going to be at most.
#[repr(C)]
pub struct PrepareInfo {
    bounded: c_int,
    timeout: timeval,
}

impl PrepareInfo {
    pub fn new(timeout: Timeout) -> PrepareInfo {
        let bound = timeout.bound();
        PrepareInfo {
            bounded: c_int::from(bound.is_some()),
            timeout: super::time::timeval_of(bound.unwrap_or(0)),
        }
    }

    /// The bound, if there is one.
    pub fn timeout(&self) -> Option<timeval> {
        (self.bounded != 0).then_some(self.timeout)
    }
}

pub struct Watches {
    records: Records<Watch>,
    /// How many of each kind: none is the usual case.
    counts: [u32; 2],
    round: u64,
}

impl Watches {
    pub fn try_new() -> Result<Watches> {
        Ok(Watches { records: Records::try_new()?, counts: [0; 2], round: 0 })
    }

    #[inline]
    pub fn is_empty(&self) -> bool {
        self.counts == [0; 2]
    }

    pub fn any(&self, when: When) -> bool {
        self.counts[when as usize] != 0
    }

    pub fn free_all(&mut self) {
        while let Some(watch) = self.records.front() {
            watch.free();
        }
        self.counts = [0; 2];
    }

    fn start_round(&mut self) -> u64 {
        self.round += 1;
        self.round
    }

    /// The next hook that has not had its turn.
    fn next(&self, when: When, round: u64) -> Option<WatchCall> {
        let mut turns = self.records.iter();
        let watch = turns.find(|watch| watch.when == when && watch.stamp.get() < round)?;
        watch.stamp.set(round);
        Some(WatchCall { callback: watch.callback, watch: watch.into_raw(), arg: watch.arg })
    }
}

/// Makes a hook.
pub fn open(
    base: BasePtr,
    when: When,
    callback: WatchCallback,
    arg: *mut c_void,
) -> Result<RecordPtr<Watch>> {
    base.try_enter(|core| {
        let stamp = Cell::new(core.watches.round);
        let watch = Watch { when, callback, arg, stamp, base: base.as_ptr() };
        let record = core.watches.records.make(watch)?;
        core.watches.counts[when as usize] += 1;
        Ok(record)
    })?
}

impl Watch {
    pub fn base(&self) -> *mut Base {
        self.base
    }

    pub fn when(&self) -> When {
        self.when
    }
}

/// Ends a hook of `base`.
pub fn close(base: BasePtr, watch: RecordPtr<Watch>) -> Result<()> {
    base.try_enter(|core| core.watches.counts[watch.when() as usize] -= 1)?;
    watch.free();
    Ok(())
}

/// Calls the hooks of one kind. Nothing of the base is borrowed while one runs.
pub fn run_hooks(base: BasePtr, when: When, timeout: Timeout) {
    let info = PrepareInfo::new(timeout);
    let round = base.enter(|core: &mut Core| core.watches.start_round());
    while let Some(call) = base.enter(|core| core.watches.next(when, round)) {
        call.run(std::ptr::from_ref(&info).cast());
    }
}
