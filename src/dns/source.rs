//! The events of a resolver, and whom they tell.

use super::resolver::{self, ResolverPtr};
use super::slab::Key;
use crate::errno::Result;
use crate::event::{self, BasePtr, timeval_of};
use crate::layout::event::{EV_TIMEOUT, Event, EventPtr};
use crate::layout::handle::Handle;
use crate::layout::own_event::{self, Fires};
use crate::sys::mem;
use std::ffi::{c_int, c_short};

/// What has happened.
#[derive(Clone, Copy)]
pub enum What {
    /// A socket can be read, or written to.
    Channel(Key),
    /// The first deadline is over.
    Timer,
    /// There are answers for programs.
    Done,
}

/// One event. The resolver outlives it, and ends it.
pub struct Source {
    event: Event,
    owner: ResolverPtr,
    what: What,
}

pub type SourcePtr = Handle<Source>;

impl Fires for Source {
    fn fired(target: SourcePtr) {
        resolver::fired(target.owner, target.what);
    }
}

impl SourcePtr {
    pub fn try_new(owner: ResolverPtr, what: What) -> Result<SourcePtr> {
        Ok(Handle::leak(mem::try_box(Source { event: Event::zeroed(), owner, what })?))
    }

    fn event(&self) -> EventPtr {
        EventPtr::of(&self.event)
    }

    /// Watches a descriptor from now on; instead of what was watched before.
    pub fn watch(self, base: BasePtr, fd: c_int, events: c_short, keeps_alive: bool) -> Result<()> {
        let event = self.event();
        base.try_enter(|core| core.del(event))?;
        own_event::set(event, base, fd, events, self);
        base.try_enter(|core| {
            core.keep_alive(event, keeps_alive);
            core.add(event, None)
        })?
    }

    /// Sets up an event without a descriptor.
    pub fn prepare(self, base: BasePtr) {
        own_event::set(self.event(), base, -1, 0, self);
    }

    /// Fires in so many microseconds, instead of when it would have.
    pub fn fire_in(self, base: BasePtr, us: u64) -> Result<()> {
        base.try_enter(|core| core.add(self.event(), Some(&timeval_of(us))))?
    }

    /// Fires in this round, or the next.
    pub fn fire_now(self, base: BasePtr) -> Result<()> {
        base.try_enter(|core| core.activate(self.event(), c_int::from(EV_TIMEOUT), 1))
    }

    /// Does not fire.
    pub fn stop(self) {
        event::delete(self.event());
    }
}
