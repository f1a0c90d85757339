//! A group: greenlets that are counted, joined and killed together; with a limit it is a pool.
//!
//! ```text
//!   take_place --> promised --enter--> members --kill--> dying      size: members and dying
//!       ^              |                  |                |
//!     places <---------+------------------+----------------+        ended, discarded, given back
//! ```
//! A place that becomes free is promised to the first who waits for one, so nobody who comes later
//! gets it; places are free only while nobody waits. A group is empty when it has no member and
//! has promised no place.

use super::member::{self, Member, MemberPtr, Owner};
use crate::errno::{Errno, Result};
use crate::hub::greenlet::{GreenletPtr, Line, Why};
use crate::hub::hub::Hub;
use crate::hub::join::Deadline;
use crate::hub::object::{Head, Kind, Object, stay};
use crate::hub::schedule::Wait;
use crate::hub::spawn::{self, Attributes};
use crate::layout::call::GreenletFn;
use crate::layout::chain::Chain;
use crate::layout::handle::Handle;
use crate::sys::Timeout;
use std::cell::Cell;
use std::ffi::c_void;

/// Those who wait for the ends of the members they have killed: there are others now.
const MORE: Errno = Errno::INPROGRESS;

#[repr(C)]
pub struct Group {
    /// In whose line those stand who wait until it is empty.
    pub object: Object,
    /// Those who wait until it is empty, or a member fails.
    raisers: Line,
    /// Those who kill it until it is empty.
    killers: Line,
    /// Those who wait for a place.
    places: Line,
    /// Those who wait until there is a place, without taking it.
    watchers: Line,
    members: Chain<Member>,
    /// Members that a kill of the group has asked to end.
    dying: Chain<Member>,
    size: Cell<usize>,
    /// Places that were given away to whoever has not filled them yet.
    promised: Cell<usize>,
    /// 0: none.
    limit: usize,
}

impl Head for Group {
    const KIND: Kind = Kind::Group;
    fn object(&self) -> &Object {
        &self.object
    }
    fn is_ready(&self) -> bool {
        self.is_empty()
    }
}

pub type GroupPtr = Handle<Group>;

/// What is to be run in a member.
pub struct Job<'a> {
    pub attributes: Attributes<'a>,
    pub function: GreenletFn,
    pub arg: *mut c_void,
}

impl Job<'_> {
    /// One whose failure somebody is told of by other ways.
    pub fn quiet(function: GreenletFn, arg: *mut c_void) -> Job<'static> {
        Job { attributes: Attributes { quiet: true, ..Attributes::NONE }, function, arg }
    }
}

pub fn create(limit: usize) -> Result<GroupPtr> {
    crate::hub::object::create(|object| Group {
        object,
        raisers: Line::new(),
        killers: Line::new(),
        places: Line::new(),
        watchers: Line::new(),
        members: Chain::new(),
        dying: Chain::new(),
        size: Cell::new(0),
        promised: Cell::new(0),
        limit,
    })
}

/// Frees a group. Its members live on.
pub fn free(group: GroupPtr) {
    for line in [&group.raisers, &group.killers, &group.places, &group.watchers] {
        group.object.hub.wake_all_gone(line);
    }
    while let Some(member) = group.members.pop().or_else(|| group.dying.pop()) {
        member.untie();
        member.end();
    }
    group.size.set(0);
    crate::hub::object::free(group);
}

impl Group {
    pub fn size(&self) -> usize {
        self.size.get()
    }

    /// 0: there is none.
    pub fn limit(&self) -> usize {
        self.limit
    }

    /// How many places are free, if there is a limit.
    pub fn free_count(&self) -> Option<usize> {
        let taken = self.size.get() + self.promised.get();
        (self.limit != 0).then(|| self.limit.saturating_sub(taken))
    }

    fn has_room(&self) -> bool {
        self.free_count() != Some(0)
    }

    fn is_empty(&self) -> bool {
        self.size.get() == 0 && self.promised.get() == 0
    }

    /// All members.
    pub fn members(&self) -> impl Iterator<Item = GreenletPtr> {
        self.members.iter().chain(self.dying.iter()).map(|member| member.greenlet)
    }

    /// Waits until there is a place, and does not take it.
    pub fn wait_available(&self, timeout: Timeout) -> Result<()> {
        let me = self.object.hub.check(timeout)?;
        if self.has_room() { Ok(()) } else { self.wait(me, &self.watchers, timeout) }
    }

    fn wait(&self, me: GreenletPtr, line: &Line, timeout: Timeout) -> Result<()> {
        let wait = Wait { line, why: Why::Group, object: &raw const self.object, timeout };
        Ok(self.object.hub.block(me, wait)?)
    }

    /// A place is not needed any more.
    fn free_place(&self) {
        let hub = self.object.hub;
        if hub.wake_first(&self.places).is_some() {
            self.promised.set(self.promised.get() + 1);
            return;
        }
        hub.wake_all(&self.watchers);
        if self.is_empty() {
            for line in [&self.object.line, &self.raisers, &self.killers] {
                hub.wake_all(line);
            }
            hub.notify(&self.object);
        }
    }

    fn return_place(&self) {
        self.promised.set(self.promised.get() - 1);
        self.free_place();
    }

    fn member_left(&self, member: MemberPtr) {
        Chain::<Member>::remove(member);
        member.end();
        self.size.set(self.size.get() - 1);
        self.free_place();
    }

    /// A member has ended.
    pub fn ended(&self, member: MemberPtr) {
        if let Err(error) = Hub::verdict(member.greenlet) {
            while let Some(raiser) = self.raisers.pop() {
                self.object.hub.wake(raiser, error.0);
            }
        }
        self.member_left(member);
    }
}

impl Handle<Group> {
    pub fn has(self, greenlet: GreenletPtr) -> bool {
        member::find(greenlet, Owner::Group(self)).is_some()
    }

    /// Waits for a place, which is to be filled by `enter`, or given back.
    fn take_place(self, timeout: Timeout) -> Result<()> {
        let me = self.object.hub.check(timeout)?;
        if self.object.is_freed() {
            return Err(Errno::BADF);
        }
        if self.has_room() {
            self.promised.set(self.promised.get() + 1);
            return Ok(());
        }
        stay(self, || {
            self.wait(me, &self.places, timeout)?;
            if self.object.is_freed() { Err(Errno::BADF) } else { Ok(()) }
        })
    }

    /// A greenlet gets the place that was taken for it; or that is given back.
    fn enter(self, greenlet: GreenletPtr) -> Result<MemberPtr> {
        let member = match member::tie(greenlet, Owner::Group(self)) {
            Ok(member) => member,
            Err(error) => {
                self.return_place();
                return Err(error);
            }
        };
        self.members.push(member);
        self.promised.set(self.promised.get() - 1);
        self.size.set(self.size.get() + 1);
        while let Some(killer) = self.killers.pop() {
            self.object.hub.wake(killer, MORE.0);
        }
        Ok(member)
    }

    fn leave(self, member: MemberPtr) {
        member.untie();
        self.member_left(member);
    }

    /// Spawns a member, and waits for its place if there is none. `prepare` sees it before it is
    /// started. The caller has a reference.
    pub fn spawn(
        self,
        job: &Job,
        timeout: Timeout,
        prepare: impl FnOnce(GreenletPtr) -> Result<()>,
    ) -> Result<GreenletPtr> {
        self.take_place(timeout)?;
        let hub = self.object.hub;
        let made = spawn::make(hub, &job.attributes, job.function, job.arg);
        let greenlet = made.inspect_err(|_| self.return_place())?;
        let entered = self.enter(greenlet).and_then(|member| {
            let begun = prepare(greenlet);
            let begun = begun.and_then(|()| spawn::begin(hub, greenlet, job.attributes.delay));
            begun.inspect_err(|_| self.leave(member))
        });
        match entered {
            Ok(()) => Ok(greenlet),
            Err(error) => {
                hub.release(greenlet);
                Err(error)
            }
        }
    }

    /// Makes a greenlet a member, and waits for a place if there is none. One that has ended, or
    /// is a member, is left as it is.
    pub fn add(self, greenlet: GreenletPtr, timeout: Timeout) -> Result<()> {
        let hub = self.object.hub;
        hub.check(timeout)?;
        if greenlet == hub.main || greenlet == hub.looper {
            // These never end.
            return Err(Errno::INVAL);
        }
        if !self.wants(greenlet) {
            return Ok(());
        }
        greenlet.refs.set(greenlet.refs.get() + 1);
        let added = self.take_place(timeout).and_then(|()| {
            if self.wants(greenlet) {
                self.enter(greenlet).map(drop)
            } else {
                self.return_place();
                Ok(())
            }
        });
        hub.release(greenlet);
        added
    }

    fn wants(self, greenlet: GreenletPtr) -> bool {
        !greenlet.is_finished() && !self.has(greenlet)
    }

    /// Takes a greenlet out; was it in?
    pub fn discard(self, greenlet: GreenletPtr) -> bool {
        let found = member::find(greenlet, Owner::Group(self));
        found.map(|member| self.leave(member)).is_some()
    }

    /// Waits until the group is empty; with `raise` only until a member fails, with that error.
    pub fn join(self, raise: bool, timeout: Timeout) -> Result<()> {
        let me = self.object.hub.check(timeout)?;
        if self.is_empty() {
            return Ok(());
        }
        if self.has(me) {
            return Err(Errno::DEADLK);
        }
        self.wait(me, if raise { &self.raisers } else { &self.object.line }, timeout)
    }

    /// Asks all members to end, and those who come meanwhile, until there are none.
    pub fn kill(self, error: Errno, timeout: Timeout) -> Result<()> {
        stay(self, || {
            if timeout == Timeout::NOW {
                self.ask_to_end(error)
            } else {
                self.kill_until_empty(error, timeout)
            }
        })
    }

    fn kill_until_empty(self, error: Errno, timeout: Timeout) -> Result<()> {
        let hub = self.object.hub;
        let deadline = Deadline::of(timeout);
        hub.check(timeout)?;
        loop {
            self.ask_to_end(error)?;
            // Fails if the caller was one of them.
            let me = hub.check(timeout)?;
            if self.is_empty() {
                return Ok(());
            }
            if self.has(me) {
                return Err(Errno::DEADLK);
            }
            match self.wait(me, &self.killers, deadline.left()) {
                Err(MORE) if self.object.is_freed() => return Err(Errno::BADF),
                Err(MORE) => {}
                waited => return waited,
            }
        }
    }

    /// Kills the members that were not asked before.
    fn ask_to_end(self, error: Errno) -> Result<()> {
        for _ in 0..self.size.get() {
            let Some(member) = self.members.pop() else { break };
            self.dying.push(member);
            // One that has not begun ends at once, and the member goes.
            if let Err(error) = self.object.hub.kill(member.greenlet, error, None) {
                Chain::<Member>::remove(member);
                self.members.push(member);
                return Err(error);
            }
        }
        Ok(())
    }
}
