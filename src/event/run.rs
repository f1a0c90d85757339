//! The loop.
//!
//! ```text
//!     +-> Top: exit? break? gotsig? no events? -> Wait -> Collect -> the callbacks -+
//!     |                                  ^        |   ^      |                      |
//!     |                                  +- hooks +   +-hooks+                      |
//!     +---------------------- queue empty, break, continue -------------------------+
//! ```
//! `Core::advance` moves on until user code is to be called, and says which. `run` has it called,
//! with nothing borrowed, and advances again. A frame is a loop's own; a callback may run another
//! loop on the same base, switch to another stack, free the base, or never return.

use super::base::{BasePtr, Core, Ended};
use super::dispatch::run_calls;
use super::watch::{When, run_hooks};
use crate::errno::{Errno, Result};
use crate::globals;
use crate::log;
use crate::sys::Timeout;
use std::ffi::c_int;

const EVLOOP_ONCE: c_int = 0x01;
const EVLOOP_NONBLOCK: c_int = 0x02;

/// No wait is longer (35 minutes): some kernels refuse longer ones.
const LONGEST_WAIT_US: u64 = 35 * 60 * 1_000_000;

/// Why a loop returned.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// Nothing is pending or active.
    NoEvents,
    /// Asked to: by exit, break, or the flags.
    Done,
}

/// How far a round has come.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd)]
enum Phase {
    Top,
    /// The prepare hooks have run.
    Prepared,
    /// The wait is over, and the check hooks have run.
    Waited,
}

/// Where one call of `event_base_loop` stands.
struct Frame {
    flags: c_int,
    phase: Phase,
    /// The callbacks of a round have run.
    called: bool,
    timeout: Timeout,
    priority: usize,
}

/// What is to be done outside.
enum Step {
    Calls,
    Sigcb,
    Hooks(When),
    Done(Outcome),
    Failed(Errno),
}

/// Runs the loop of `base`.
pub fn run(base: BasePtr, flags: c_int) -> Result<Outcome> {
    base.enter(Core::begin_loop);
    let mut frame =
        Frame { flags, phase: Phase::Top, called: false, timeout: Timeout::NOW, priority: 0 };
    let result = loop {
        match base.enter(|core| core.advance(&mut frame)) {
            Step::Calls => run_calls(base, frame.priority),
            Step::Hooks(when) => run_hooks(base, when, frame.timeout),
            Step::Sigcb => {
                if let Err(error) = globals::call_sigcb() {
                    break Err(error);
                }
            }
            Step::Failed(error) => {
                log::warn_errno(error, format_args!("event_base_loop: wait"));
                break Err(error);
            }
            Step::Done(outcome) => break Ok(outcome),
        }
    };
    if base.enter(Core::end_loop) {
        base.dispose();
    }
    result
}

impl Core {
    fn begin_loop(&mut self) {
        self.depth += 1;
        self.ended = Ended::No;
        self.clock.forget();
    }

    /// Is this the end of the base, too?
    fn end_loop(&mut self) -> bool {
        self.depth -= 1;
        self.clock.forget();
        self.doomed && self.depth == 0
    }

    fn advance(&mut self, frame: &mut Frame) -> Step {
        loop {
            if frame.phase == Phase::Top
                && let Some(step) = self.start_round(frame)
            {
                return step;
            }
            if frame.phase < Phase::Waited
                && let Some(step) = self.wait(frame)
            {
                return step;
            }
            frame.phase = Phase::Top;
            if let Some(step) = self.collect(frame) {
                return step;
            }
        }
    }

    #[inline]
    fn start_round(&mut self, frame: &mut Frame) -> Option<Step> {
        if frame.called {
            frame.called = false;
            self.halted = self.doomed;
            if frame.flags & EVLOOP_ONCE != 0 && self.active_count == 0 {
                return Some(self.finish_once());
            }
        }
        if self.got_exit | self.got_break != 0 || self.doomed {
            return Some(self.stop());
        }
        if globals::take_gotsig() {
            return Some(Step::Sigcb);
        }
        if self.event_count | self.active_count == 0 {
            return Some(Step::Done(Outcome::NoEvents));
        }
        frame.timeout = self.wait_time(frame.flags);
        if self.watches.any(When::Prepare) {
            frame.phase = Phase::Prepared;
            return Some(Step::Hooks(When::Prepare));
        }
        None
    }

    /// 1.4: EVLOOP_ONCE ends the loop before exit and break are looked at; they stay for the next
    /// call.
    #[cold]
    fn finish_once(&mut self) -> Step {
        if self.got_exit != 0 {
            self.ended = Ended::Exit;
        } else if self.got_break != 0 {
            self.ended = Ended::Break;
        }
        Step::Done(Outcome::Done)
    }

    /// Takes the flag that ends the loop; exit goes first (behaviour 3).
    #[cold]
    fn stop(&mut self) -> Step {
        if self.got_exit != 0 {
            self.got_exit = 0;
            self.ended = Ended::Exit;
        } else if self.got_break != 0 {
            self.got_break = 0;
            self.ended = Ended::Break;
        }
        self.halted = self.doomed;
        Step::Done(Outcome::Done)
    }

    /// How long the next wait may be.
    #[inline]
    fn wait_time(&mut self, flags: c_int) -> Timeout {
        let hurry = self.active_count | self.got_break | self.got_exit | flags & EVLOOP_NONBLOCK;
        if hurry != 0 {
            Timeout::NOW
        } else if self.timers.is_empty() {
            Timeout::NEVER
        } else {
            self.time_to_next_timer()
        }
    }

    fn time_to_next_timer(&mut self) -> Timeout {
        let now = self.clock.now_ns() / 1000;
        let deadline = self.timers.next().map_or(0, |(deadline, _)| deadline);
        Timeout::micros(deadline.saturating_sub(now).min(LONGEST_WAIT_US))
    }

    #[inline]
    fn wait(&mut self, frame: &mut Frame) -> Option<Step> {
        if frame.phase == Phase::Prepared {
            // The hooks may have added timers, activated events, or asked to end.
            if self.doomed {
                return Some(self.stop());
            }
            self.clock.forget();
            frame.timeout = self.wait_time(frame.flags);
        }
        let waited = self.own_backend().and_then(|()| self.backend.wait(frame.timeout));
        if let Err(error) = waited
            && error != Errno::INTR
        {
            return Some(Step::Failed(error));
        }
        self.clock.forget();
        if self.watches.any(When::Check) {
            frame.phase = Phase::Waited;
            return Some(Step::Hooks(When::Check));
        }
        None
    }

    #[inline]
    fn collect(&mut self, frame: &mut Frame) -> Option<Step> {
        if self.doomed {
            return Some(self.stop());
        }
        // 1.4: signals come before the descriptors of the same wake-up (behaviour 61).
        if self.was_woken() {
            self.collect_signals();
            self.collect_asyncs();
        }
        self.collect_reports();
        if !self.timers.is_empty() {
            self.expire_timers();
        }
        if self.active_count > 0 {
            frame.called = true;
            frame.priority = self.queues.most_urgent();
            return Some(Step::Calls);
        }
        let nothing = frame.flags & EVLOOP_NONBLOCK != 0;
        nothing.then_some(Step::Done(Outcome::Done))
    }
}
