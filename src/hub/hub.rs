//! The hub of a thread: who runs, who is to run, and what the thread's greenlets share.
//!
//! Made by the first call that needs it, of the thread's own stack as the main greenlet. The
//! struct stays until the thread ends (objects point to it); stacks and the loop's coroutine go
//! with `evhub_shutdown`.
//!
//! `current` is the greenlet that runs, or `looper` while the loop's own code and its callbacks
//! run, on whichever stack. `runner` is the greenlet whose stack runs the innermost loop: the
//! one to switch to when nobody else can run.

use super::context::tools::look_for_tools;
use super::context::{Class, Pool, overflow};
use super::greenlet::{Alarm, Greenlet, GreenletPtr, Line, Plan, Roll, State, flag};
use super::link::Link;
use super::object::{Kind, Object};
use super::queue::select::Seat;
use super::run_queue::RunQueue;
use super::signal::Signal;
use super::sync::rlock::Rlock;
use super::sync::rwlock::Rwlock;
use crate::errno::{Errno, Result};
use crate::event::{self, BasePtr, NewError};
use crate::globals;
use crate::layout::call::{ErrorHook, TraceHook};
use crate::layout::chain::Chain;
use crate::layout::handle::{Handle, Place};
use crate::layout::late::{Late, Work};
use crate::layout::mine;
use crate::sys::mem;
use std::cell::Cell;
use std::ffi::c_void;
use std::ptr;

pub type HubPtr = Handle<Hub>;

/// So many switches between greenlets, and the loop polls; at first.
pub const TURNS: usize = 512;
/// Fewer if they take long, more if they are over at once (`Hub::weigh_turn`).
pub const FEWEST_TURNS: usize = 64;
pub const MOST_TURNS: usize = 8192;

/// Structs of greenlets that are kept for the next ones.
pub const SPARES: usize = 256;

pub struct Hub {
    pub current: Cell<GreenletPtr>,
    pub ready: RunQueue,
    /// Turns that greenlets have in a round of the loop.
    pub allowance: Cell<usize>,
    /// Somebody wants to hear of switches: the trace hook, or a tool.
    pub is_watched: Cell<bool>,
    /// A tool does.
    pub has_tools: bool,
    /// Switches to the loop.
    pub loop_switches: Cell<u64>,
    pub runner: Cell<Option<GreenletPtr>>,
    /// What the pool has promised for the loop, until it is taken.
    pub loop_stack: Cell<Option<Class>>,
    /// There are a runner and a base.
    pub is_anchored: Cell<bool>,
    /// Stands for the loop. Its stack is the loop's coroutine, once that was made.
    pub looper: GreenletPtr,
    /// The thread's own stack.
    pub main: GreenletPtr,
    pub base: Cell<Option<BasePtr>>,
    /// The hub has made its base for itself alone, and frees it.
    pub owns_base: Cell<bool>,
    pub late: Late,
    pub pool: Pool,
    pub sleepers: Line,
    pub roll: Roll,
    /// Links whose callbacks the loop is to call.
    pub due: Chain<Link, 1>,
    pub spare_alarms: Chain<Alarm>,
    /// Structs of greenlets that have ended, to be used again; so many.
    pub spares: [Cell<Option<GreenletPtr>>; SPARES],
    pub spare_count: Cell<usize>,
    pub spare_seats: Chain<Seat>,
    /// All locks: those of a greenlet that has ended are looked for.
    pub rlocks: Chain<Rlock>,
    pub rwlocks: Chain<Rwlock>,
    /// The struct of the greenlet that ended last: its end was still using it.
    pub corpse: Cell<Option<GreenletPtr>>,
    /// Structs that are being freed, and hold links.
    pub graves: Line,
    pub next_id: Cell<u64>,
    pub next_local: Cell<u64>,
    /// How many limits have expired.
    pub expiries: Cell<u64>,
    pub alive: Cell<usize>,
    pub peak: Cell<usize>,
    pub wakeups: Cell<u64>,
    pub polls: Cell<u64>,
    /// When the loop's round began, in microseconds of the loop's clock.
    pub round: Cell<u64>,
    /// Objects and greenlets that point here.
    pub objects: Cell<usize>,
    pub closing: Cell<bool>,
    pub deadlocks: Cell<u32>,
    pub left_locks: Cell<u32>,
    pub trace: Cell<TraceHook>,
    pub trace_arg: Cell<*mut c_void>,
    pub error_hook: Cell<ErrorHook>,
    pub error_arg: Cell<*mut c_void>,
    pub signals: Chain<Signal>,
    pub interrupt_signal: Cell<Option<Handle<Signal>>>,
}

/// The hub of this thread, made if there is none.
#[inline]
pub fn get() -> Result<HubPtr> {
    match existing() {
        Some(hub) => Ok(hub),
        None => make(),
    }
}

/// The hub of this thread, if it has one.
#[inline]
pub fn existing() -> Option<HubPtr> {
    mine::hub()
}

#[cold]
fn make() -> Result<HubPtr> {
    let mut place = Place::try_new()?;
    let main = stand_in(place.handle(), 1)?;
    let looper = match stand_in(place.handle(), 0) {
        Ok(looper) => looper,
        Err(error) => {
            main.dispose();
            return Err(error);
        }
    };
    // For ever: whatever may block fails in the loop.
    looper.cancel.set(Errno::PERM.0);
    let hub = place.fill(Hub::new(main, looper));
    if let Err(error) = hub.ready.reserve(1).and_then(|()| mine::set_hub(hub)) {
        looper.dispose();
        main.dispose();
        hub.dispose();
        return Err(error);
    }
    hub.settle(hub);
    // If it cannot be had now, it is asked for again when it is needed.
    let _ = hub.promise_loop_stack();
    overflow::watch(super::report::who_overflows);
    // Without an alternate stack an overflow ends the process without a word.
    let _ = overflow::arm_thread();
    Ok(hub)
}

/// A greenlet that no function was given: the thread's own stack, or the loop's.
fn stand_in(hub: HubPtr, id: u64) -> Result<GreenletPtr> {
    let class = Class::of(0)?;
    let plan = Plan { function: None, arg: ptr::null_mut(), class, flags: 0, handles: 1 };
    let object = Object::uncounted(Kind::Greenlet, hub);
    let greenlet = Handle::leak(mem::try_box(Greenlet::new(object, plan, id))?);
    greenlet.state.set(State::Running);
    Ok(greenlet)
}

impl Hub {
    fn new(main: GreenletPtr, looper: GreenletPtr) -> Hub {
        let has_tools = look_for_tools();
        Hub {
            current: Cell::new(main),
            ready: RunQueue::new(),
            allowance: Cell::new(TURNS),
            is_watched: Cell::new(has_tools),
            has_tools,
            loop_switches: Cell::new(0),
            runner: Cell::new(None),
            loop_stack: Cell::new(None),
            is_anchored: Cell::new(false),
            looper,
            main,
            base: Cell::new(None),
            owns_base: Cell::new(false),
            late: Late::new(),
            pool: Pool::new(),
            sleepers: Line::new(),
            roll: Roll::new(),
            due: Chain::new(),
            spare_alarms: Chain::new(),
            spares: [const { Cell::new(None) }; SPARES],
            spare_count: Cell::new(0),
            spare_seats: Chain::new(),
            rlocks: Chain::new(),
            rwlocks: Chain::new(),
            corpse: Cell::new(None),
            graves: Line::new(),
            next_id: Cell::new(2),
            next_local: Cell::new(1),
            expiries: Cell::new(0),
            alive: Cell::new(0),
            peak: Cell::new(0),
            wakeups: Cell::new(0),
            polls: Cell::new(0),
            round: Cell::new(0),
            objects: Cell::new(0),
            closing: Cell::new(false),
            deadlocks: Cell::new(0),
            left_locks: Cell::new(0),
            trace: Cell::new(None),
            trace_arg: Cell::new(ptr::null_mut()),
            error_hook: Cell::new(None),
            error_arg: Cell::new(ptr::null_mut()),
            signals: Chain::new(),
            interrupt_signal: Cell::new(None),
        }
    }

    /// Now that it stays where it is.
    fn settle(&self, hub: HubPtr) {
        self.ready.allow(TURNS);
        self.roll.settle();
        self.late.set(Work::Hub(super::turn::let_greenlets_run, hub));
        if let Some(base) = mine::running_loop() {
            // Made by a callback: the loop is below us on this stack.
            self.base.set(Some(base));
            self.runner.set(Some(self.main));
            self.note_anchor();
            self.main.set(flag::LOOPS);
            self.current.set(self.looper);
        }
    }

    /// The thread's base: the one whose loop runs, or that `event_init` has made on this thread, or
    /// a new one.
    #[inline]
    pub fn base(&self) -> Result<BasePtr> {
        match self.base.get() {
            Some(base) => Ok(base),
            None => self.find_base(),
        }
    }

    #[cold]
    fn find_base(&self) -> Result<BasePtr> {
        if let Some(made) = mine::made_base() {
            self.base.set(Some(made));
            return Ok(made);
        }
        let base = event::create().map_err(|error| match error {
            NewError::NoMethod => Errno::NOSYS,
            NewError::System(error) => error,
        })?;
        if globals::offer_current(base) {
            mine::set_made_base(Some(base));
        } else {
            self.owns_base.set(true);
        }
        self.base.set(Some(base));
        Ok(base)
    }

    /// Who runs; the looper in the loop's callbacks.
    #[inline]
    pub fn me(&self) -> GreenletPtr {
        self.current.get()
    }

    /// Does the loop's own code run, or one of its callbacks?
    #[inline]
    pub fn in_loop(&self) -> bool {
        self.current.get() == self.looper
    }
}
