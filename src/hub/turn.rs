//! The loop's side: greenlets get their turn in every round of the loop that runs them.
//!
//! ```text
//!   round of the loop: wait, callbacks, late work:  let_greenlets_run
//!                                                     links that are due
//!                                                     switch to the first of the run queue
//!                                                     ... they switch among themselves ...
//!                                                     <- nobody left, or the turns are over
//! ```
//! Usually the loop runs on a coroutine of its own (`LooperMain`), made when somebody has to wait
//! for the first time. A program, or a greenlet, that calls `event_dispatch` runs it on its own
//! stack instead, and plays that part until its loop returns. Loops nest like calls: the innermost
//! one is `runner`.

use super::context::{Class, Entry};
use super::greenlet::{GreenletPtr, Line, State, flag};
use super::hub::{FEWEST_TURNS, Hub, HubPtr, MOST_TURNS};
use crate::errno::{Errno, Result};
use crate::event::{self, BasePtr, Outcome};
use crate::layout::mine;
use crate::log;
use crate::sys::process;
use std::ffi::c_int;

/// The loop waits may fail so often in a row before the main greenlet hears of it.
const RETRIES: u32 = 15;

/// Late work of the loop: everybody who can run does. Returns to the loop.
pub fn let_greenlets_run(hub: HubPtr) -> bool {
    hub.polls.set(hub.polls.get() + 1);
    hub.note_round();
    hub.take_turn();
    hub.end_turn();
    true
}

/// Runs a loop of the program's. If it is the one that greenlets depend on, the caller plays the
/// hub meanwhile.
pub fn run_loop(base: BasePtr, flags: c_int) -> Result<Outcome> {
    let outer = mine::running_loop();
    mine::set_running_loop(Some(base));
    let hub = super::existing().filter(|hub| hub.base.get().is_none_or(|own| own == base));
    let result = match hub {
        Some(hub) => hub.run_as_loop(base, flags),
        None => event::run(base, flags),
    };
    // A hub that was made by a callback of this loop has taken it over.
    if hub.is_none()
        && outer.is_none()
        && let Some(made) = super::existing()
    {
        made.leave_loop(made.main, None);
    }
    if mine::running_loop() == Some(base) {
        mine::set_running_loop(outer);
    }
    result
}

impl Hub {
    fn run_as_loop(&self, base: BasePtr, flags: c_int) -> Result<Outcome> {
        if self.base.get().is_none() {
            self.base.set(Some(base));
        }
        let me = self.me();
        if me == self.looper {
            // A loop within a callback: the same stack runs it.
            return event::run(base, flags);
        }
        let outer = self.runner.replace(Some(me));
        self.note_anchor();
        let outer_flag = me.has(flag::LOOPS);
        me.set(flag::LOOPS);
        self.current.set(self.looper);
        if !self.ready.is_empty() || !self.due.is_empty() {
            self.ask_for_turn();
        }
        let result = event::run(base, flags);
        self.leave_loop(me, outer);
        if outer_flag {
            me.set(flag::LOOPS);
        }
        result
    }

    /// The loop on this stack has returned: its caller is an ordinary greenlet again.
    fn leave_loop(&self, me: GreenletPtr, outer: Option<GreenletPtr>) {
        me.clear(flag::LOOPS);
        self.runner.set(outer);
        self.note_anchor();
        self.current.set(me);
        me.state.set(State::Running);
        self.refill();
    }

    /// Has the loop give greenlets a turn in this round.
    #[inline]
    pub fn ask_for_turn(&self) {
        if !self.late.is_queued() {
            self.queue_turn();
        }
    }

    #[cold]
    fn queue_turn(&self) {
        let Some(base) = self.base.get() else { return };
        // Refused only inside of an operation on the base, by a signal handler, which may not
        // call this.
        let _ = base.try_enter(|core| core.queue_late(base, &self.late));
    }

    /// Links that are due, then greenlets that can run, until there are neither or the turns are
    /// over.
    fn take_turn(&self) {
        self.refill();
        loop {
            self.call_due_links();
            self.run_ready();
            // Turns that are left, because a link became due, are for after that link.
            if !self.ready.go_on() {
                return;
            }
        }
    }

    /// Switches to the first who can run; comes back when nobody can, or the turns are over.
    fn run_ready(&self) {
        let Some(me) = self.runner.get() else { return };
        if let Some(next) = self.next_ready() {
            self.switch(me, next);
        }
        debug_assert!(self.in_loop());
    }

    fn end_turn(&self) {
        if let Some(base) = self.base.get() {
            let _ = base.try_enter(|core| core.clock.forget());
        }
        if !self.ready.is_empty() || !self.due.is_empty() {
            self.weigh_turn();
            self.ask_for_turn();
        }
    }

    /// All turns were used: a poll costs as much as dozens of switches, but events may not wait for
    /// long. So there are as many turns as take between 0.2 and 1 ms, within bounds.
    fn weigh_turn(&self) {
        let began = self.round.get();
        self.note_round();
        let took = self.round.get().saturating_sub(began);
        let turns = self.allowance.get();
        if took < 200 {
            self.allowance.set((turns * 2).min(MOST_TURNS));
        } else if took > 1000 {
            self.allowance.set((turns / 2).max(FEWEST_TURNS));
        }
    }

    /// Notes when this round has begun, for reports of how long greenlets wait.
    fn note_round(&self) {
        if let Some(base) = self.base.get()
            && let Ok(now) = base.try_enter(|core| core.clock.now().past)
        {
            self.round.set(now);
        }
    }

    /// Sees to it that there is somebody who runs the loop.
    #[cold]
    #[inline(never)]
    pub fn make_runner(&self) -> Result<()> {
        self.base()?;
        // Whoever waits before the first round begins to wait now.
        self.note_round();
        if self.runner.get().is_some() {
            self.note_anchor();
            return Ok(());
        }
        let looper = self.looper;
        let stack = self.pool.take(self.promise_loop_stack()?);
        self.loop_stack.set(None);
        looper.strand.prepare::<LooperMain>(&stack);
        looper.stack.set(Some(stack));
        self.runner.set(Some(looper));
        self.note_anchor();
        Ok(())
    }

    /// Promises the stack that the loop will want: while there is memory, before greenlets have it
    /// all.
    pub fn promise_loop_stack(&self) -> Result<Class> {
        if let Some(class) = self.loop_stack.get() {
            return Ok(class);
        }
        let class = Class::of(process::stack_limit())?;
        self.pool.reserve(class)?;
        self.loop_stack.set(Some(class));
        Ok(class)
    }

    /// Whether there is somebody who runs a loop, and the loop: greenlets may park.
    pub fn note_anchor(&self) {
        self.is_anchored.set(self.runner.get().is_some() && self.base.get().is_some());
    }

    /// One run of the loop, on the loop's own coroutine. `failures`: how often in a row it has
    /// failed.
    fn run_own_loop(&self, failures: u32) -> u32 {
        if self.closing.get() {
            // The main greenlet goes on outside of the loop, whose stack it is about to give back.
            self.take_turn();
        }
        if !self.ready.is_empty() || !self.due.is_empty() {
            self.ask_for_turn();
        }
        let base = self.base();
        let result = base.and_then(|base| {
            mine::set_running_loop(Some(base));
            let result = event::run(base, 0);
            mine::set_running_loop(None);
            result
        });
        match result {
            // A base that was freed inside of its loop: there is another one by now, or will be.
            _ if base.is_ok() && self.base.get() != base.ok() => 0,
            Ok(Outcome::NoEvents) => {
                self.nobody_can_run();
                0
            }
            Ok(Outcome::Done) => {
                if Hub::may_be_interrupted(self.main) {
                    self.tell_main(Errno(super::ELOOPEXIT));
                }
                0
            }
            Err(error) if failures >= RETRIES => {
                self.tell_main(error);
                0
            }
            Err(_) => failures + 1,
        }
    }

    /// The loop has nothing to wait for, and no greenlet can run.
    fn nobody_can_run(&self) {
        if !self.ready.is_empty() || !self.due.is_empty() {
            return;
        }
        if self.closing.get() {
            if self.main.state.get() == State::Waiting {
                Line::remove(self.main);
                self.wake(self.main, 0);
            }
            return;
        }
        self.report_deadlock();
        self.tell_main(Errno::DEADLK);
    }

    /// Ends the wait of the main greenlet.
    fn tell_main(&self, error: Errno) {
        if self.main.state.get() == State::Waiting {
            self.interrupt(self.main, error);
        }
    }
}

/// The loop's coroutine.
struct LooperMain;

impl Entry for LooperMain {
    fn run() -> ! {
        let mut failures = 0;
        loop {
            match super::existing() {
                Some(hub) => failures = hub.run_own_loop(failures),
                None => log::fatal(format_args!("evhub: a loop without its hub")),
            }
        }
    }
}
