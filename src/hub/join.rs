//! Waiting for the end of greenlets.

use super::greenlet::{GreenletPtr, State, Why};
use super::hub::Hub;
use super::schedule::Wait;
use crate::errno::{Errno, Result};
use crate::sys::{Timeout, clock};

impl Hub {
    /// Waits for the end of a greenlet.
    pub fn join(&self, greenlet: GreenletPtr, timeout: Timeout) -> Result<()> {
        let me = self.check(timeout)?;
        if greenlet.is_finished() {
            return Ok(());
        }
        if greenlet == me || greenlet == self.looper {
            return Err(Errno::DEADLK);
        }
        // It is needed until this call has returned, whoever lets go of it meanwhile.
        greenlet.refs.set(greenlet.refs.get() + 1);
        let joined = self.block(me, Wait::at(&greenlet.object, Why::Greenlet, timeout));
        self.release(greenlet);
        Ok(joined?)
    }

    /// Waits for the end of all of them; with `raise` only until one has failed, whose error is
    /// the result.
    pub fn join_all(&self, all: &[GreenletPtr], raise: bool, timeout: Timeout) -> Result<()> {
        if raise {
            return self.join_until_failure(all, timeout);
        }
        let deadline = Deadline::of(timeout);
        all.iter().try_for_each(|&greenlet| self.join(greenlet, deadline.left()))
    }

    /// Asks all to end, then waits for that.
    pub fn kill_all(&self, all: &[GreenletPtr], error: Errno, timeout: Timeout) -> Result<()> {
        let mut asked = Ok(());
        for &greenlet in all {
            asked = asked.and(self.kill(greenlet, error, None));
        }
        if timeout == Timeout::NOW {
            return asked;
        }
        asked.and(self.join_all(all, false, timeout))
    }

    /// What joining says of a greenlet that has ended: its error, if it failed.
    pub fn verdict(greenlet: GreenletPtr) -> Result<()> {
        match (greenlet.state.get(), greenlet.error()) {
            (State::Failed, 0) => Err(Errno::NOMEM),
            (State::Failed, error) => Err(Errno(error)),
            _ => Ok(()),
        }
    }
}

/// A limit for several waits together.
#[derive(Clone, Copy)]
pub enum Deadline {
    None,
    Now,
    At(u64),
}

impl Deadline {
    pub fn of(timeout: Timeout) -> Deadline {
        match timeout {
            Timeout::NEVER => Deadline::None,
            Timeout::NOW => Deadline::Now,
            timeout => Deadline::At(now_us().saturating_add(timeout.bound().unwrap_or(0))),
        }
    }

    /// What is left of it. A wait that is over its time still waits for a moment, so that it
    /// fails with `ETIMEDOUT`, not with `EAGAIN`.
    pub fn left(self) -> Timeout {
        match self {
            Deadline::None => Timeout::NEVER,
            Deadline::Now => Timeout::NOW,
            Deadline::At(end) => Timeout::micros(end.saturating_sub(now_us()).max(1)),
        }
    }
}

fn now_us() -> u64 {
    clock::monotonic_ns().unwrap_or_else(clock::wall_ns) / 1000
}
