//! Who runs next: parking, waking, switching.
//!
//! ```text
//!   block ---> line of the object            wake ---> run queue
//!     |                                                  |
//!     +--> switch to the next of the run queue <---------+
//!          or, if there is none (or the turns are over), to whoever runs the loop
//! ```
//! A greenlet is handed what it waited for before it is woken: what it gets cannot be taken by
//! somebody else meanwhile, and a kill that comes later does not undo it.

use super::context::Strand;
use super::greenlet::{Alarm, GreenletPtr, Line, State, Why, flag};
use super::hub::Hub;
use super::object::Object;
use crate::errno::{Errno, Result};
use crate::layout::event::EventPtr;
use crate::layout::own_event;
use crate::sys::Timeout;
use std::ptr;

/// A wait that is about to begin.
pub struct Wait<'a> {
    pub line: &'a Line,
    pub why: Why,
    pub object: *const Object,
    pub timeout: Timeout,
}

impl<'a> Wait<'a> {
    /// In the line of an object.
    pub fn at(object: &'a Object, why: Why, timeout: Timeout) -> Wait<'a> {
        Wait { line: &object.line, why, object, timeout }
    }
}

/// Why a wait has ended without what was waited for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stop {
    /// The object is gone: it may not be touched.
    Gone,
    Error(Errno),
}

impl From<Stop> for Errno {
    fn from(stop: Stop) -> Errno {
        match stop {
            Stop::Gone => Errno::BADF,
            Stop::Error(error) => error,
        }
    }
}

impl Hub {
    /// To be called at the start of whatever may block: fails if the caller was killed, has run
    /// out of time, or may not block at all. A call that does not wait is not cancelled.
    #[inline]
    pub fn check(&self, timeout: Timeout) -> Result<GreenletPtr> {
        let me = self.me();
        if me.cancel.get() != 0 && timeout != Timeout::NOW {
            self.cancelled(me)?;
        }
        Ok(me)
    }

    /// Parks the caller until it is woken. `AGAIN` if it does not want to wait.
    pub fn block(&self, me: GreenletPtr, wait: Wait) -> Result<(), Stop> {
        self.block_here(me, wait)
    }

    /// `block`, as a part of the function that calls it.
    #[inline(always)]
    pub fn block_here(&self, me: GreenletPtr, wait: Wait) -> Result<(), Stop> {
        self.prepare(me, wait.timeout).map_err(Stop::Error)?;
        self.park(me, wait)
    }

    /// What can go wrong before the caller is parked.
    #[inline(always)]
    pub fn prepare(&self, me: GreenletPtr, timeout: Timeout) -> Result<()> {
        if timeout == Timeout::NOW {
            return Err(Errno::AGAIN);
        }
        if !self.is_anchored.get() {
            self.make_runner()?;
        }
        if timeout != Timeout::NEVER {
            self.arm(me, timeout)?;
        }
        Ok(())
    }

    /// `block`, after `prepare`.
    #[inline(always)]
    pub fn park(&self, me: GreenletPtr, wait: Wait) -> Result<(), Stop> {
        self.begin_wait(me, wait.why, wait.object);
        wait.line.push(me);
        self.switch_out(me);
        if me.alarm.get().is_some() {
            self.disarm(me);
        }
        match me.outcome.get() {
            0 => Ok(()),
            error => Err(self.stopped(me, error)),
        }
    }

    #[inline(always)]
    fn begin_wait(&self, me: GreenletPtr, why: Why, object: *const Object) {
        me.why.set(why);
        me.waits_for.set(object);
        me.since.set(self.round.get());
        me.state.set(State::Waiting);
    }

    /// `block` without a limit in a line that is settled, in the usual case: there is somebody to
    /// switch to, who has a stack, and nobody looks on. So nothing can go wrong, and little is
    /// left to save. `None`: it is not so, and nothing was done.
    #[inline(always)]
    pub fn block_easily(&self, me: GreenletPtr, wait: Wait) -> Option<Result<(), Stop>> {
        let next = self.ready.front()?;
        if next.state.get() == State::Started || !self.is_anchored.get() || self.is_watched.get() {
            return None;
        }
        self.begin_wait(me, wait.why, wait.object);
        wait.line.push_to_settled(me);
        self.ready.take_front();
        next.state.set(State::Running);
        self.current.set(next);
        Strand::switch_unseen(&me.strand, &next.strand);
        Some(match me.outcome.get() {
            0 => Ok(()),
            error => Err(self.stopped(me, error)),
        })
    }

    #[cold]
    fn stopped(&self, me: GreenletPtr, error: i32) -> Stop {
        if me.has(flag::GONE) {
            me.clear(flag::GONE);
            return Stop::Gone;
        }
        Stop::Error(Errno(error))
    }

    /// Lets everybody run who can, and the loop poll if nobody can.
    #[inline(always)]
    pub fn give_way(&self, me: GreenletPtr) -> Result<()> {
        if !self.is_anchored.get() {
            self.make_runner()?;
        }
        if self.ready.is_empty() {
            // Nobody else: the loop polls before it comes back.
            self.ready.stop();
        }
        me.state.set(State::Ready);
        self.ready.push(me);
        self.switch_out(me);
        Ok(())
    }

    /// Switches to whoever is next; returns when the caller is resumed.
    #[inline(always)]
    fn switch_out(&self, me: GreenletPtr) {
        let next = self.next();
        debug_assert!(next != me);
        self.switch(me, next);
    }

    /// Who runs next: taken off the run queue, or the loop.
    #[inline(always)]
    pub fn next(&self) -> GreenletPtr {
        match self.next_ready() {
            Some(next) => next,
            None => self.to_runner(),
        }
    }

    /// The next greenlet that may run before the loop polls.
    #[inline(always)]
    pub fn next_ready(&self) -> Option<GreenletPtr> {
        let next = self.ready.pop()?;
        if next.state.get() == State::Started {
            self.give_stack(next);
        }
        next.state.set(State::Running);
        self.current.set(next);
        Some(next)
    }

    fn to_runner(&self) -> GreenletPtr {
        self.loop_switches.set(self.loop_switches.get() + 1);
        self.current.set(self.looper);
        // `block` and `give_way` have seen to it that there is one.
        self.runner.get().unwrap_or(self.looper)
    }

    #[inline]
    pub fn switch(&self, me: GreenletPtr, next: GreenletPtr) {
        if self.is_watched.get() {
            return self.switch_watched(me, next);
        }
        Strand::switch_unseen(&me.strand, &next.strand);
    }

    #[cold]
    #[inline(never)]
    fn switch_watched(&self, me: GreenletPtr, next: GreenletPtr) {
        self.trace_switch(me, next);
        Strand::switch(&me.strand, &next.strand);
    }

    /// Before its first turn: the stack that it was promised.
    #[cold]
    #[inline(never)]
    fn give_stack(&self, greenlet: GreenletPtr) {
        let stack = self.pool.take(greenlet.class);
        greenlet.strand.prepare::<super::finish::GreenletMain>(&stack);
        greenlet.stack.set(Some(stack));
    }

    /// Appends to the run queue.
    #[inline]
    pub fn enqueue(&self, greenlet: GreenletPtr) {
        self.ready.push(greenlet);
        if self.in_loop() {
            self.ask_for_turn();
        }
    }

    /// Wakes a greenlet that is off its line: its wait ends with `outcome` (0: it got it).
    #[inline]
    pub fn wake(&self, greenlet: GreenletPtr, outcome: i32) {
        greenlet.outcome.set(outcome);
        greenlet.state.set(State::Ready);
        self.wakeups.set(self.wakeups.get() + 1);
        self.enqueue(greenlet);
    }

    /// Wakes the first of a line; who was it?
    #[inline]
    pub fn wake_first(&self, line: &Line) -> Option<GreenletPtr> {
        let first = line.pop()?;
        self.wake(first, 0);
        Some(first)
    }

    /// Wakes those who wait now, in order.
    pub fn wake_all(&self, line: &Line) {
        while self.wake_first(line).is_some() {}
    }

    /// Wakes everybody: the object of this line is gone.
    pub fn wake_all_gone(&self, line: &Line) {
        while let Some(first) = line.pop() {
            first.set(flag::GONE);
            self.wake(first, Errno::BADF.0);
        }
    }

    /// Does it wait, so that an error may end that?
    pub fn may_be_interrupted(greenlet: GreenletPtr) -> bool {
        greenlet.state.get() == State::Waiting && !greenlet.has(flag::STAYS)
    }

    /// Ends the wait of a greenlet that is parked.
    pub fn interrupt(&self, greenlet: GreenletPtr, error: Errno) {
        debug_assert!(greenlet.state.get() == State::Waiting);
        Line::remove(greenlet);
        self.wake(greenlet, error.0);
    }

    /// A call of a greenlet that is cancelled: everybody else may run before it fails, so that a
    /// greenlet which ignores errors starves nobody.
    #[cold]
    #[inline(never)]
    pub fn cancelled(&self, me: GreenletPtr) -> Result<()> {
        if me == self.looper || me.has(flag::MAY_NOT_BLOCK) {
            return Err(Errno::PERM);
        }
        self.strike(me);
        let error = me.cancel.get();
        self.give_way(me)?;
        // Of a kill that came meanwhile, too.
        me.set(flag::KILL_TOLD);
        // If somebody else has ended the limit meanwhile, this call fails all the same.
        Err(Errno(match me.cancel.get() {
            0 => error,
            later => later,
        }))
    }

    /// Has the alarm of a greenlet ring after a time: exactly then, by a clock that is read now.
    pub fn arm(&self, greenlet: GreenletPtr, after: Timeout) -> Result<()> {
        let base = self.base()?;
        let alarm = match self.spare_alarms.pop() {
            Some(alarm) => alarm,
            None => Alarm::try_new()?,
        };
        let event = EventPtr::of(&alarm.event);
        own_event::set(event, base, -1, 0, greenlet);
        if let Err(error) = super::add_timer(base, event, after) {
            self.spare_alarms.push(alarm);
            return Err(error);
        }
        greenlet.alarm.set(Some(alarm));
        Ok(())
    }

    /// Takes the alarm back.
    pub fn disarm(&self, greenlet: GreenletPtr) {
        if let Some(alarm) = greenlet.alarm.take() {
            crate::event::delete(EventPtr::of(&alarm.event));
            self.spare_alarms.push(alarm);
        }
    }

    /// A finished greenlet runs no more: whoever is next does, for ever. Its stack is the next
    /// one's, if that has none yet and wants one of this size.
    #[inline(always)]
    pub fn switch_away(&self, me: GreenletPtr) -> GreenletPtr {
        if let Some(next) = self.ready.front()
            && next.state.get() == State::Started
            && next.class == me.class
            && !self.is_watched.get()
        {
            self.ready.take_front();
            self.pool.unreserve(next.class);
            next.stack.set(me.stack.take());
            next.state.set(State::Running);
            self.current.set(next);
            return next;
        }
        let next = self.next();
        // The stack is still in use, but nobody takes it before we have left it.
        if let Some(stack) = me.stack.take() {
            self.pool.give(stack);
        }
        if self.is_watched.get() {
            self.trace_switch(me, next);
        }
        Strand::leave(&me.strand, &next.strand)
    }

    /// After a turn of the loop there are turns again.
    pub fn refill(&self) {
        self.ready.allow(self.allowance.get());
    }

    /// A line for those who wait for time alone.
    pub fn sleep(&self, timeout: Timeout) -> Result<()> {
        let me = self.check(Timeout::NEVER)?;
        let wait = Wait { line: &self.sleepers, why: Why::Sleep, object: ptr::null(), timeout };
        Ok(self.block(me, wait)?)
    }
}
