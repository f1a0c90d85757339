//! The loop.
//!
//! ```text
//!        +-> Top: exit? break? gotsig? no events?  -> Wait -> Collect -> Calls -+
//!        |                                              ^         |             |
//!        |                                      hooks --+         +-- hooks     |
//!        +--------------------- queue empty, break, continue -------------------+
//! ```
//! `Core::step` moves on until user code is to be called, and returns that call. `run` makes it,
//! with nothing borrowed, and steps again. A frame is a loop's own; a callback may run another
//! loop on the same base, switch to another stack, free the base, or never return.

use super::base::{BasePtr, Core, Ended};
use super::dispatch::Next;
use super::watch::{When, run_hooks};
use crate::errno::{Errno, Result};
use crate::globals;
use crate::layout::call::{AsyncCall, Call};
use crate::log;
use crate::sys::Timeout;
use std::ffi::c_int;

pub const EVLOOP_ONCE: c_int = 0x01;
pub const EVLOOP_NONBLOCK: c_int = 0x02;

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

#[derive(Clone, Copy)]
enum Phase {
    Top,
    Wait,
    Collect,
    Calls,
}

/// Where one call of `event_base_loop` stands.
struct Frame {
    flags: c_int,
    phase: Phase,
    timeout: Timeout,
    priority: usize,
}

enum Step {
    Call(Call),
    Async(AsyncCall),
    Sigcb,
    Hooks(When),
    Done(Result<Outcome>),
}

/// Runs the loop of `base`.
pub fn run(base: BasePtr, flags: c_int) -> Result<Outcome> {
    base.enter(Core::begin_loop);
    let mut frame = Frame { flags, phase: Phase::Top, timeout: Timeout::NOW, priority: 0 };
    let result = loop {
        match base.enter(|core| core.step(&mut frame)) {
            Step::Call(call) => call.run(),
            Step::Async(call) => call.run(),
            Step::Hooks(when) => run_hooks(base, when, frame.timeout),
            Step::Sigcb => {
                if let Err(error) = globals::call_sigcb() {
                    break Err(error);
                }
            }
            Step::Done(Err(error)) => {
                log::warn_errno(error, format_args!("event_base_loop: wait"));
                break Err(error);
            }
            Step::Done(result) => break result,
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

    #[inline]
    fn step(&mut self, frame: &mut Frame) -> Step {
        loop {
            let step = match frame.phase {
                Phase::Calls => self.step_calls(frame),
                Phase::Top => self.step_top(frame),
                Phase::Wait => self.step_wait(frame),
                Phase::Collect => self.step_collect(frame),
            };
            if let Some(step) = step {
                return step;
            }
        }
    }

    #[inline]
    fn step_calls(&mut self, frame: &mut Frame) -> Option<Step> {
        let stopped = self.got_break != 0 || self.got_continue || self.doomed;
        if !stopped && let Some(next) = self.next_call(frame.priority) {
            return Some(match next {
                Next::Event(call) => Step::Call(call),
                Next::Async(call) => Step::Async(call),
            });
        }
        frame.phase = Phase::Top;
        self.got_continue = false;
        let round_over = self.active_count == 0 && frame.flags & EVLOOP_ONCE != 0;
        round_over.then(|| self.finish_once())
    }

    /// 1.4: EVLOOP_ONCE ends the loop before exit and break are looked at; they stay for the next.
    fn finish_once(&mut self) -> Step {
        if self.got_exit != 0 {
            self.ended = Ended::Exit;
        } else if self.got_break != 0 {
            self.ended = Ended::Break;
        }
        Step::Done(Ok(Outcome::Done))
    }

    fn step_top(&mut self, frame: &mut Frame) -> Option<Step> {
        if self.doomed {
            return Some(Step::Done(Ok(Outcome::Done)));
        }
        if self.got_exit != 0 {
            self.got_exit = 0;
            self.ended = Ended::Exit;
            return Some(Step::Done(Ok(Outcome::Done)));
        }
        if self.got_break != 0 {
            self.got_break = 0;
            self.ended = Ended::Break;
            return Some(Step::Done(Ok(Outcome::Done)));
        }
        if globals::take_gotsig() {
            return Some(Step::Sigcb);
        }
        if self.event_count == 0 && self.active_count == 0 {
            return Some(Step::Done(Ok(Outcome::NoEvents)));
        }
        frame.phase = Phase::Wait;
        frame.timeout = self.wait_time(frame.flags);
        self.watches.any(When::Prepare).then_some(Step::Hooks(When::Prepare))
    }

    /// How long the next wait may be.
    #[inline]
    fn wait_time(&mut self, flags: c_int) -> Timeout {
        let hurry = self.active_count > 0 || self.got_break != 0 || self.got_exit != 0;
        if hurry || flags & EVLOOP_NONBLOCK != 0 {
            return Timeout::NOW;
        }
        match self.timers.next() {
            None => Timeout::Never,
            Some((deadline, _)) => {
                let now = self.clock.now_ns() / 1000;
                Timeout::Micros(deadline.saturating_sub(now).min(LONGEST_WAIT_US))
            }
        }
    }

    fn step_wait(&mut self, frame: &mut Frame) -> Option<Step> {
        if self.watches.any(When::Prepare) {
            // The hooks may have added timers, activated events, or asked to end.
            if self.doomed {
                frame.phase = Phase::Top;
                return None;
            }
            self.clock.forget();
            frame.timeout = self.wait_time(frame.flags);
        }
        let waited = self.own_backend().and_then(|()| self.backend.wait(frame.timeout));
        match waited {
            Ok(()) | Err(Errno::INTR) => {}
            Err(error) => return Some(Step::Done(Err(error))),
        }
        self.clock.forget();
        frame.phase = Phase::Collect;
        self.watches.any(When::Check).then_some(Step::Hooks(When::Check))
    }

    #[inline]
    fn step_collect(&mut self, frame: &mut Frame) -> Option<Step> {
        frame.phase = Phase::Top;
        if self.doomed {
            return None;
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
            frame.phase = Phase::Calls;
            frame.priority = self.queues.most_urgent();
            return None;
        }
        let nothing = frame.flags & EVLOOP_NONBLOCK != 0;
        nothing.then_some(Step::Done(Ok(Outcome::Done)))
    }
}
