//! Ends: of the hub, of its thread, of its base; and what a fork leaves.

use super::context::overflow;
use super::finish::EXIT;
use super::greenlet::{Greenlet, GreenletPtr, Line, State, Why, flag};
use super::hub::{Hub, HubPtr};
use super::schedule::Wait;
use crate::errno::{Errno, Result};
use crate::event::{self, BasePtr};
use crate::layout::mine;
use crate::log;
use crate::sys::{Timeout, process};
use std::ptr;

/// So often those who are left over are asked to end.
const ROUNDS: u32 = 3;

impl Hub {
    /// Runs until nothing is left to wait for, ends the greenlets that are left over, and gives
    /// back what the hub has. The next call that needs a hub begins anew.
    pub fn shut_down(&self) -> Result<()> {
        if self.me() != self.main || self.main.has(flag::LOOPS) {
            return Err(Errno::PERM);
        }
        super::signal::catch_sigint(false)?;
        self.closing.set(true);
        let result = self.run_dry().and_then(|()| self.end_the_rest());
        self.closing.set(false);
        result?;
        self.give_back();
        Ok(())
    }

    /// Lets everything run that can, until the loop has nothing to wait for.
    fn run_dry(&self) -> Result<()> {
        if self.alive.get() == 0 && self.runner.get().is_none() {
            return Ok(());
        }
        let me = self.check(Timeout::NEVER)?;
        let wait = Wait {
            line: &self.sleepers,
            why: Why::Shutdown,
            object: ptr::null(),
            timeout: Timeout::NEVER,
        };
        Ok(self.block(me, wait)?)
    }

    fn end_the_rest(&self) -> Result<()> {
        for _ in 0..ROUNDS {
            if self.alive.get() == 0 {
                return Ok(());
            }
            let mut at = self.roll.front();
            while let Some(greenlet) = at {
                at = self.roll.after(greenlet);
                self.kill(greenlet, Errno::CANCELED, None)?;
            }
            self.run_dry()?;
        }
        if self.alive.get() != 0 {
            log::warn(format_args!(
                "evhub_shutdown: {} greenlets do not end: dropped",
                self.alive.get()
            ));
            self.drop_all();
        }
        Ok(())
    }

    /// Ends greenlets without letting them run: their stacks are about to go.
    fn drop_all(&self) {
        while let Some(greenlet) = self.roll.front() {
            self.drop_one(greenlet);
        }
    }

    fn drop_one(&self, greenlet: GreenletPtr) {
        match greenlet.state.get() {
            State::Waiting => Line::remove(greenlet),
            State::Ready | State::Started => self.ready.remove(greenlet),
            _ => {}
        }
        if greenlet.alarm.get().is_some() {
            self.disarm(greenlet);
        }
        self.end_limits(greenlet);
        self.take_locks_from(greenlet);
        match greenlet.stack.take() {
            Some(stack) => self.pool.give(stack),
            None => self.pool.unreserve(greenlet.class),
        }
        let was_started = greenlet.state.get() != State::New;
        greenlet.state.set(State::Killed);
        greenlet.value.set(EXIT);
        self.strike_off(greenlet);
        // One that was not started may go with its last group.
        self.tell_owners(greenlet);
        if was_started {
            self.release(greenlet);
        }
    }

    /// The thread's own stack goes on, whoever has ended the thread.
    fn end_wait_of_main(&self) {
        match self.main.state.replace(State::Running) {
            State::Waiting => Line::remove(self.main),
            State::Ready => self.ready.remove(self.main),
            _ => {}
        }
        if self.main.alarm.get().is_some() {
            self.disarm(self.main);
        }
        self.current.set(self.main);
    }

    /// Nobody runs but the caller, on the thread's own stack.
    fn give_back(&self) {
        if let Some(corpse) = self.corpse.take() {
            self.release(corpse);
        }
        while let Some(signal) = self.signals.front() {
            super::signal::cancel(signal);
        }
        if let Some(base) = self.base.take() {
            let _ = base.try_enter(|core| core.cancel_late(&self.late));
            if self.owns_base.replace(false) {
                crate::http::connection::base_freed(base);
                crate::rpc::pool::base_freed(base);
                crate::dns::base_freed(base);
                let _ = event::free(base);
            }
        }
        self.runner.set(None);
        self.note_anchor();
        if let Some(stack) = self.looper.stack.take() {
            self.pool.give(stack);
        }
        while let Some(alarm) = self.spare_alarms.pop() {
            alarm.dispose();
        }
        self.drop_spares();
        while let Some(seat) = self.spare_seats.pop() {
            seat.dispose();
        }
        self.loop_stack.set(None);
        self.pool.clear();
    }

    /// The base is about to be freed: whoever waits gets `EBADF`.
    fn lose_base(&self) {
        self.base.set(None);
        self.note_anchor();
        self.owns_base.set(false);
        let mut at = self.roll.front();
        while let Some(greenlet) = at {
            at = self.roll.after(greenlet);
            self.lose_wait(greenlet);
        }
        self.lose_wait(self.main);
    }

    fn lose_wait(&self, greenlet: GreenletPtr) {
        if Hub::may_be_interrupted(greenlet) {
            self.interrupt(greenlet, Errno::BADF);
        }
    }
}

/// A base is about to be freed, by a call on this thread.
pub fn base_freed(base: BasePtr) {
    if let Some(hub) = super::existing()
        && hub.base.get() == Some(base)
    {
        let _ = base.try_enter(|core| core.cancel_late(&hub.late));
        hub.lose_base();
    }
    mine::forget_base(base);
}

/// The thread ends. Greenlets that did not are told of and dropped; objects that the program has
/// not freed keep the hub's struct in memory.
pub fn thread_ends(hub: HubPtr) {
    if hub.alive.get() != 0 {
        let count = hub.alive.get();
        log::warn(format_args!("evhub: a thread has ended with {count} greenlets: dropped"));
    }
    if let Some(base) = hub.base.get() {
        // Its loop may be in the middle of a round, on a stack that goes now.
        base.enter(|core| core.depth = 0);
    }
    hub.end_wait_of_main();
    hub.drop_all();
    hub.end_limits(hub.main);
    hub.give_back();
    overflow::disarm_thread();
    hub.looper.dispose();
    while let Some(link) = hub.main.object.links.pop() {
        link.abandon();
    }
    hub.main.free_more();
    if hub.objects.get() == 0 {
        hub.main.dispose();
        hub.dispose();
    }
}

impl Greenlet {
    /// What few greenlets have goes.
    pub fn free_more(&self) {
        if let Some(more) = self.more.take() {
            if let Some(source) = more.source.take() {
                source.object.hub.release(source);
            }
            more.dispose();
        }
    }
}

/// `fork(2)` with a loop that works in both processes.
pub fn fork() -> Result<i32> {
    let pid = process::fork()?;
    reinit()?;
    Ok(pid)
}

/// Rebuilds what the kernel keeps for the hub's base.
pub fn reinit() -> Result<()> {
    match super::existing().and_then(|hub| hub.base.get()) {
        Some(base) => base.try_enter(|core| core.reinit())?,
        None => Ok(()),
    }
}
