//! Greenlets: what a coroutine is, and how it comes into being.
//!
//! ```text
//!   New --start--> Started --first switch--> Running <--> Ready     Ready: in the run queue
//!    |                |                        |   ^                Waiting: in one line
//!    |                |                        v   |
//!    +----- kill -----+------> Killed       Waiting
//!                               Done, Failed, Killed <-- its function returns
//! ```
//! A greenlet's struct and its stack have lives of their own: the struct is counted (handles of
//! the program's, one reference of the running greenlet itself), the stack goes back when its
//! function has returned.

use super::hub::HubPtr;
use super::object::{Head, Kind, Object};
use super::pool::member::MemberPtr;
use super::timeout::TimeLimit;
use crate::errno::{Errno, Result};
use crate::hub::context::{Class, Stack, Strand, tools};
use crate::layout::call::GreenletFn;
use crate::layout::chain::{Chain, linked};
use crate::layout::event::Event;
use crate::layout::handle::Handle;
use crate::layout::link::Link;
use crate::layout::own_event::Fires;
use crate::sys::mem;
use std::cell::Cell;
use std::ffi::{c_int, c_void};
use std::ptr;

/// As C sees them; from `Done` on a greenlet is finished.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Debug)]
#[repr(u8)]
pub enum State {
    New,
    Started,
    Ready,
    Running,
    Waiting,
    Done,
    Failed,
    Killed,
}

/// What a greenlet waits for, in words for reports.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Why {
    Nothing,
    Sleep,
    Greenlet,
    Several,
    Flag,
    Result,
    Waiter,
    QueueGet,
    QueuePut,
    QueueJoin,
    Select,
    Semaphore,
    Rlock,
    Condition,
    ReadLock,
    WriteLock,
    Barrier,
    Waitgroup,
    Group,
    Imap,
    Shutdown,
}

impl Why {
    pub fn text(self) -> &'static std::ffi::CStr {
        match self {
            Why::Nothing => c"nothing",
            Why::Sleep => c"sleep",
            Why::Greenlet => c"end of greenlet",
            Why::Several => c"several objects",
            Why::Flag => c"flag",
            Why::Result => c"result",
            Why::Waiter => c"waiter",
            Why::QueueGet => c"queue: item",
            Why::QueuePut => c"queue: place",
            Why::QueueJoin => c"queue: tasks",
            Why::Select => c"several queues",
            Why::Semaphore => c"semaphore",
            Why::Rlock => c"lock",
            Why::Condition => c"condition",
            Why::ReadLock => c"lock: read",
            Why::WriteLock => c"lock: write",
            Why::Barrier => c"barrier",
            Why::Waitgroup => c"wait group",
            Why::Group => c"group",
            Why::Imap => c"map",
            Why::Shutdown => c"shutdown",
        }
    }
}

/// Greenlets that wait for one thing. Whoever is in one is not in the run queue, which is a ring.
pub type Line = Chain<Greenlet, 0>;
/// All greenlets of a thread.
pub type Roll = Chain<Greenlet, 1>;
pub type GreenletPtr = Handle<Greenlet>;

linked!(Greenlet, place, 0);
linked!(Greenlet, roll, 1);

/// Bits of `Greenlet::flags`.
pub mod flag {
    /// Its failure is not reported.
    pub const QUIET: u8 = 1;
    /// The kill has been told to it, by a call that failed.
    pub const KILL_TOLD: u8 = 2;
    /// Its wait was for an object that is gone.
    pub const GONE: u8 = 4;
    /// Runs a loop of its own on its stack.
    pub const LOOPS: u8 = 8;
    /// In code of the program's that may not block: a hook, a destructor.
    pub const MAY_NOT_BLOCK: u8 = 16;
    /// Runs a link's function; `item` is the greenlet that has ended.
    pub const LINKED: u8 = 32;
    /// Its wait is not cancelled: only what it waits for ends it, or that it can never end.
    pub const STAYS: u8 = 64;
}

#[repr(C)]
pub struct Greenlet {
    pub object: Object,
    place: Link,
    roll: Link,
    pub strand: Strand,
    /// What calls that may block fail with: 0 is nothing, as nearly always.
    pub cancel: Cell<c_int>,
    /// How the last wait ended: 0, or an error.
    pub outcome: Cell<c_int>,
    pub refs: Cell<u32>,
    pub state: Cell<State>,
    pub why: Cell<Why>,
    pub flags: Cell<u8>,
    pub class: Class,
    pub function: GreenletFn,
    /// The function's argument, then what it has returned.
    pub value: Cell<*mut c_void>,
    /// What is handed over, by or to whom wakes it.
    pub item: Cell<*mut c_void>,
    pub stack: Cell<Option<Stack>>,
    pub alarm: Cell<Option<Handle<Alarm>>>,
    /// Who has waited longer of two that wait for one thing in two chains: the lesser one.
    pub order: Cell<u64>,
    /// What it waits for, for reports.
    pub waits_for: Cell<*const Object>,
    /// The loop's round when it began to wait, in microseconds of the loop's clock.
    pub since: Cell<u64>,
    /// How many locks it holds alone; and how many to read.
    pub held: Cell<u32>,
    pub reads: Cell<u32>,
    pub id: u64,
    /// The number of the one that made it.
    pub parent: Cell<u64>,
    pub more: Cell<Option<Handle<More>>>,
    /// What it is in groups: these are told of its end.
    pub members: Cell<Option<MemberPtr>>,
}

/// What few greenlets have.
pub struct More {
    pub name: Cell<Option<Box<[u8]>>>,
    pub limits: Chain<TimeLimit>,
    /// The error of a kill that was not acknowledged.
    pub kill: Cell<c_int>,
    /// Whose end has killed it; referenced.
    pub source: Cell<Option<GreenletPtr>>,
    /// Calls in a row that failed because of `cancel`.
    pub strikes: Cell<u32>,
    pub error: Cell<c_int>,
    pub text: Cell<Option<Box<[u8]>>>,
    pub locals: Cell<Vec<super::local::Slot>>,
}

/// A timer of a greenlet that sleeps, waits with a limit, or starts later. Re-used.
#[repr(C)]
pub struct Alarm {
    /// First: tools that look for leaks see what is pointed to at its beginning.
    spare: Link,
    pub event: Event,
}

linked!(Alarm, spare, 0);

impl Alarm {
    pub fn try_new() -> Result<Handle<Alarm>> {
        let alarm = Alarm { event: Event::zeroed(), spare: Link::new() };
        Ok(Handle::leak(mem::try_box(alarm)?))
    }
}

impl Fires for Greenlet {
    /// The alarm rings: the wait, or the time before the start, is over.
    fn fired(greenlet: GreenletPtr) {
        let hub = greenlet.object.hub;
        match greenlet.state.get() {
            State::Waiting if greenlet.why.get() == Why::Sleep => {
                Line::remove(greenlet);
                hub.wake(greenlet, 0);
            }
            State::Waiting => hub.interrupt(greenlet, Errno::TIMEDOUT),
            State::New => hub.start_now(greenlet),
            _ => {}
        }
    }
}

impl Head for Greenlet {
    const KIND: Kind = Kind::Greenlet;
    fn object(&self) -> &Object {
        &self.object
    }
    fn is_ready(&self) -> bool {
        self.is_finished()
    }
}

impl Greenlet {
    #[inline]
    pub fn new(object: Object, plan: Plan, id: u64) -> Greenlet {
        Greenlet {
            object,
            place: Link::new(),
            roll: Link::new(),
            strand: Strand::new(),
            cancel: Cell::new(0),
            outcome: Cell::new(0),
            refs: Cell::new(plan.handles),
            state: Cell::new(State::New),
            why: Cell::new(Why::Nothing),
            flags: Cell::new(plan.flags),
            class: plan.class,
            function: plan.function,
            value: Cell::new(plan.arg),
            item: Cell::new(ptr::null_mut()),
            stack: Cell::new(None),
            alarm: Cell::new(None),
            order: Cell::new(0),
            waits_for: Cell::new(ptr::null()),
            since: Cell::new(0),
            held: Cell::new(0),
            reads: Cell::new(0),
            id,
            parent: Cell::new(0),
            more: Cell::new(None),
            members: Cell::new(None),
        }
    }

    #[inline]
    pub fn is_finished(&self) -> bool {
        self.state.get() >= State::Done
    }

    pub fn has(&self, bits: u8) -> bool {
        self.flags.get() & bits != 0
    }

    pub fn set(&self, bits: u8) {
        self.flags.set(self.flags.get() | bits);
    }

    pub fn clear(&self, bits: u8) {
        self.flags.set(self.flags.get() & !bits);
    }

    /// What few greenlets have, made when it is first needed.
    pub fn more(&self) -> Result<Handle<More>> {
        if let Some(more) = self.more.get() {
            return Ok(more);
        }
        let more = Handle::leak(mem::try_box(More {
            name: Cell::new(None),
            limits: Chain::new(),
            kill: Cell::new(0),
            source: Cell::new(None),
            strikes: Cell::new(0),
            error: Cell::new(0),
            text: Cell::new(None),
            locals: Cell::new(Vec::new()),
        })?);
        self.more.set(Some(more));
        Ok(more)
    }

    /// 0, or why it failed.
    pub fn error(&self) -> c_int {
        if self.state.get() != State::Failed {
            return 0;
        }
        self.more.get().map_or(0, |more| more.error.get())
    }
}

/// How a greenlet is to be.
#[derive(Clone, Copy)]
pub struct Plan {
    pub function: GreenletFn,
    pub arg: *mut c_void,
    pub class: Class,
    pub flags: u8,
    /// References that are given away. From its start on the greenlet has one of its own.
    pub handles: u32,
}

impl super::hub::Hub {
    /// A greenlet that has not been started, with the promise of a stack.
    #[inline]
    pub fn create(&self, hub: HubPtr, plan: Plan) -> Result<GreenletPtr> {
        self.pool.reserve(plan.class)?;
        match self.new_greenlet(hub, plan) {
            Ok(greenlet) => Ok(greenlet),
            Err(error) => {
                self.pool.unreserve(plan.class);
                Err(error)
            }
        }
    }

    #[inline]
    fn new_greenlet(&self, hub: HubPtr, plan: Plan) -> Result<GreenletPtr> {
        // This one, those that are alive, and the main one.
        self.ready.reserve(self.alive.get() + 2)?;
        let id = self.next_id.get();
        let object = Object::uncounted(Kind::Greenlet, hub);
        let greenlet = match self.take_spare() {
            Some(spare) => spare.renew(Greenlet::new(object, plan, id)),
            None => Handle::leak(mem::try_box(Greenlet::new(object, plan, id))?),
        };
        self.next_id.set(id + 1);
        greenlet.parent.set(self.me().id);
        self.objects.set(self.objects.get() + 1);
        self.roll.push_to_settled(greenlet);
        let alive = self.alive.get() + 1;
        self.alive.set(alive);
        if alive > self.peak.get() {
            self.peak.set(alive);
        }
        Ok(greenlet)
    }

    /// Starts a greenlet that was made: it runs when its turn comes.
    pub fn start(&self, greenlet: GreenletPtr) -> Result<()> {
        if greenlet.state.get() != State::New || greenlet.alarm.get().is_some() {
            return Err(Errno::INVAL);
        }
        greenlet.refs.set(greenlet.refs.get() + 1);
        self.start_now(greenlet);
        Ok(())
    }

    #[inline]
    pub fn start_now(&self, greenlet: GreenletPtr) {
        if greenlet.alarm.get().is_some() {
            self.disarm(greenlet);
        }
        greenlet.state.set(State::Started);
        self.enqueue(greenlet);
    }

    /// Starts a greenlet after a time.
    pub fn start_later(&self, greenlet: GreenletPtr, after: crate::sys::Timeout) -> Result<()> {
        if greenlet.state.get() != State::New || greenlet.alarm.get().is_some() {
            return Err(Errno::INVAL);
        }
        self.arm(greenlet, after)?;
        greenlet.refs.set(greenlet.refs.get() + 1);
        Ok(())
    }

    /// Drops a reference; the last one frees the struct.
    #[inline]
    pub fn release(&self, greenlet: GreenletPtr) {
        let refs = greenlet.refs.get() - 1;
        greenlet.refs.set(refs);
        if refs == 0 {
            free(greenlet);
        }
    }
}

/// Frees the struct of a greenlet that is finished or was never started: nobody has a handle.
fn free(greenlet: GreenletPtr) {
    if greenlet.object.links.is_empty() {
        bury(greenlet);
        return greenlet.object.hub.keep_spare(greenlet);
    }
    // Its links may hold the last references to others, and so on: one after the other, not one
    // within the other.
    let graves = &greenlet.object.hub.graves;
    let is_first = graves.is_empty();
    graves.push(greenlet);
    while is_first && let Some(next) = graves.front() {
        bury(next);
        Line::remove(next);
        next.object.hub.keep_spare(next);
    }
}

fn bury(greenlet: GreenletPtr) {
    let hub = greenlet.object.hub;
    if greenlet.state.get() == State::New {
        hub.pool.unreserve(greenlet.class);
        hub.strike_off(greenlet);
    }
    greenlet.object.close();
    greenlet.free_more();
}

impl super::hub::Hub {
    #[inline]
    fn take_spare(&self) -> Option<GreenletPtr> {
        let count = self.spare_count.get().checked_sub(1)?;
        self.spare_count.set(count);
        let spare = self.spares.get(count)?.get();
        if tools::on_valgrind()
            && let Some(spare) = spare
        {
            tools::allow(spare.as_ptr().addr(), size_of::<Greenlet>());
        }
        spare
    }

    /// Keeps the struct of a greenlet that is gone for another one, unless a tool is to see that
    /// nobody uses it.
    #[inline]
    fn keep_spare(&self, greenlet: GreenletPtr) {
        let count = self.spare_count.get();
        match self.spares.get(count) {
            Some(place) if !self.has_tools => {
                if tools::on_valgrind() {
                    tools::forbid(greenlet.as_ptr().addr(), size_of::<Greenlet>());
                }
                place.set(Some(greenlet));
                self.spare_count.set(count + 1);
            }
            _ => greenlet.dispose(),
        }
    }

    /// Frees the structs that are kept.
    pub fn drop_spares(&self) {
        while let Some(spare) = self.take_spare() {
            spare.dispose();
        }
    }
}
