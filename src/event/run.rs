//! The loop.
//!
//! ```text
//!   start_round: exit? break? gotsig? no events?  how long?
//!        |                (prepare hooks)
//!      wait               nothing is entered: a signal handler finds the base at rest, as in 1.4
//!        |                (check hooks)
//!   finish_round: signals, descriptors, timers -> queues
//!        |
//!    run_calls: the callbacks of the most urgent priority
//!        |
//!    run_late: what they have put off (late.rs); then the next round
//! ```
//! Whatever is user code, and the wait, happens in `run`, between operations on the base. A frame
//! is a loop's own; a callback may run another loop on the same base, switch to another stack,
//! free the base, or never return.

use super::backend::Poller;
use super::base::{BasePtr, Core, Ended, Flags};
use super::dispatch::run_calls;
use super::late::run_late;
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

/// Where one call of `event_base_loop` stands.
pub struct Frame {
    flags: c_int,
    /// The callbacks of a round have run.
    called: bool,
    timeout: Timeout,
    /// Whose events are called in this round.
    priority: usize,
    /// There are hooks to be called after the wait.
    has_check: bool,
    /// Lent by the base for the wait. Not while callbacks run: a frame may be left for ever.
    poller: Option<Box<Poller>>,
}

/// What comes next.
pub enum Next {
    Wait,
    Prepare,
    Sigcb,
    Calls,
    Round,
    Done(Outcome),
    Failed(Errno),
}

/// Runs the loop of `base`.
pub fn run(base: BasePtr, flags: c_int) -> Result<Outcome> {
    base.try_enter(Core::begin_loop)?;
    let mut frame = Frame {
        flags,
        called: false,
        timeout: Timeout::NOW,
        priority: 0,
        has_check: false,
        poller: None,
    };
    let result = run_rounds(base, &mut frame);
    let is_outermost = base.enter(Core::end_loop);
    if is_outermost && base.flags.any(Flags::DOOMED) {
        base.enter(Core::let_go);
        base.dispose();
    }
    result
}

fn run_rounds(base: BasePtr, frame: &mut Frame) -> Result<Outcome> {
    loop {
        let mut next = base.enter(|core| core.start_round(frame, &base.flags));
        if let Next::Prepare = next {
            run_hooks(base, When::Prepare, frame.timeout);
            next = base.enter(|core| core.resume_round(frame, &base.flags));
        }
        match next {
            Next::Done(outcome) => return Ok(outcome),
            Next::Failed(error) => return Err(fail(error)),
            Next::Sigcb => globals::call_sigcb()?,
            _ => match wait_and_collect(base, frame) {
                Next::Calls => {
                    run_calls(base, frame.priority);
                    if base.enter(|core| !core.late.is_empty()) {
                        frame.called |= run_late(base);
                    }
                }
                Next::Done(outcome) => return Ok(outcome),
                Next::Failed(error) => return Err(fail(error)),
                _ => {}
            },
        }
    }
}

#[inline]
fn wait_and_collect(base: BasePtr, frame: &mut Frame) -> Next {
    let waited = match &mut frame.poller {
        Some(poller) => poller.wait(frame.timeout),
        None => Err(Errno::BADF),
    };
    if frame.has_check {
        // The poller stays with us: a hook may run a loop, which would lose what it has found.
        base.enter(|core| core.clock.forget());
        run_hooks(base, When::Check, frame.timeout);
    }
    match waited {
        Ok(()) | Err(Errno::INTR) => base.enter(|core| core.finish_round(frame, &base.flags)),
        Err(error) => {
            base.enter(|core| core.poller = frame.poller.take());
            Next::Failed(error)
        }
    }
}

#[cold]
fn fail(error: Errno) -> Errno {
    log::warn_errno(error, format_args!("event_base_loop: wait"));
    error
}

impl Core {
    fn begin_loop(&mut self) {
        self.depth += 1;
        self.ended = Ended::No;
        self.clock.forget();
    }

    /// Was this the outermost loop?
    fn end_loop(&mut self) -> bool {
        self.depth -= 1;
        self.clock.forget();
        self.depth == 0
    }

    #[inline]
    fn start_round(&mut self, frame: &mut Frame, flags: &Flags) -> Next {
        if frame.called {
            frame.called = false;
            if flags.any(Flags::CONTINUE) {
                flags.clear(Flags::CONTINUE);
            }
            if frame.flags & EVLOOP_ONCE != 0 && self.active_count == 0 {
                return self.finish_once(flags);
            }
        }
        if flags.any(Flags::END) {
            return self.stop(flags);
        }
        if globals::take_gotsig() {
            return Next::Sigcb;
        }
        if self.event_count | self.active_count == 0 {
            return Next::Done(Outcome::NoEvents);
        }
        frame.timeout = self.wait_time(frame.flags, flags);
        frame.has_check = false;
        if !self.watches.is_empty() {
            frame.has_check = self.watches.any(When::Check);
            if self.watches.any(When::Prepare) {
                return Next::Prepare;
            }
        }
        self.prepare(frame)
    }

    /// The prepare hooks may have added timers, activated events, or asked to end.
    #[cold]
    fn resume_round(&mut self, frame: &mut Frame, flags: &Flags) -> Next {
        if flags.any(Flags::DOOMED) {
            return self.stop(flags);
        }
        self.clock.forget();
        frame.timeout = self.wait_time(frame.flags, flags);
        frame.has_check = self.watches.any(When::Check);
        self.prepare(frame)
    }

    #[inline(always)]
    fn prepare(&mut self, frame: &mut Frame) -> Next {
        match self.own_backend().and_then(|()| self.lend_poller()) {
            Ok(poller) => {
                frame.poller = Some(poller);
                Next::Wait
            }
            Err(error) => Next::Failed(error),
        }
    }

    /// The poller, told what to wait for. Another one, if it is out: with a wait that this loop
    /// interrupts (in a signal handler), or that was left for ever.
    #[inline(always)]
    fn lend_poller(&mut self) -> Result<Box<Poller>> {
        let mut poller = match self.poller.take() {
            Some(poller) => poller,
            None => self.backend.poller()?,
        };
        self.backend.prepare(&mut poller)?;
        Ok(poller)
    }

    #[inline]
    fn finish_round(&mut self, frame: &mut Frame, flags: &Flags) -> Next {
        if flags.any(Flags::DOOMED) {
            return self.stop(flags);
        }
        self.clock.forget();
        // 1.4: signals come before the descriptors of the same wake-up (behaviour 61).
        if self.was_woken() {
            self.collect_signals();
            self.collect_asyncs();
        }
        if let Some(mut poller) = frame.poller.take() {
            self.collect_reports(&mut poller);
            self.poller = Some(poller);
        }
        if !self.timers.is_empty() {
            self.expire_timers();
        }
        if self.active_count > 0 || !self.late.is_empty() {
            frame.called = self.active_count > 0;
            frame.priority = self.queues.most_urgent();
            Next::Calls
        } else if frame.flags & EVLOOP_NONBLOCK != 0 {
            Next::Done(Outcome::Done)
        } else {
            Next::Round
        }
    }

    /// 1.4: EVLOOP_ONCE ends the loop before exit and break are looked at; they stay for the next
    /// call.
    #[cold]
    fn finish_once(&mut self, flags: &Flags) -> Next {
        if flags.any(Flags::EXIT) {
            self.ended = Ended::Exit;
        } else if flags.any(Flags::BREAK) {
            self.ended = Ended::Break;
        }
        Next::Done(Outcome::Done)
    }

    /// Takes the flag that ends the loop; exit goes first (behaviour 3).
    #[cold]
    fn stop(&mut self, flags: &Flags) -> Next {
        if flags.any(Flags::EXIT) {
            flags.clear(Flags::EXIT);
            self.ended = Ended::Exit;
        } else if flags.any(Flags::BREAK) {
            flags.clear(Flags::BREAK);
            self.ended = Ended::Break;
        }
        Next::Done(Outcome::Done)
    }

    /// How long the next wait may be.
    #[inline(always)]
    fn wait_time(&mut self, loop_flags: c_int, flags: &Flags) -> Timeout {
        if self.active_count | loop_flags & EVLOOP_NONBLOCK != 0
            || !self.late.is_empty()
            || flags.any(Flags::END)
        {
            Timeout::NOW
        } else if self.timers.is_empty() {
            Timeout::NEVER
        } else {
            self.time_to_next_timer()
        }
    }

    #[inline(never)]
    fn time_to_next_timer(&mut self) -> Timeout {
        let now = self.clock.now().past;
        let deadline = self.timers.next().map_or(0, |(deadline, _)| deadline);
        Timeout::micros(deadline.saturating_sub(now).min(LONGEST_WAIT_US))
    }
}
