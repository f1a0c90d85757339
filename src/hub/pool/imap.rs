//! A series of results: members of a group work on items that are got one after the other, while
//! somebody takes what has come of them.
//!
//! ```text
//!   feeder: next() -> item -> member of the group -> ... items ... -> done -> evhub_imap_next
//!      ^                                                                           |
//!      +--- waits while `most` were started and not taken <------------------------+
//! ```
//! In order, what is ready is the first of `items` if that has ended; without order, it is the
//! first of `done`. Somebody waits only while nothing is ready: what becomes ready is handed to
//! the first who does. The end of the series comes after its last item, with the error of the
//! function that gets the items, if it has failed: that is told once.

use super::group::{GroupPtr, Job};
use super::member::{self, Member, MemberPtr, Owner};
use crate::errno::{Errno, Result};
use crate::hub::context::Class;
use crate::hub::finish::failed_value;
use crate::hub::greenlet::{GreenletPtr, Line, Plan, Why, flag};
use crate::hub::hub::Hub;
use crate::hub::object::{Head, Kind, Object, hold, let_go};
use crate::hub::schedule::Wait;
use crate::hub::spawn;
use crate::layout::call::{GreenletFn, NextCall, NextFn};
use crate::layout::chain::Chain;
use crate::layout::handle::Handle;
use crate::sys::Timeout;
use std::cell::Cell;
use std::ffi::{c_int, c_void};

/// So many are started and not taken, in a group without a limit.
const MOST: usize = 64;

#[repr(C)]
pub struct Imap {
    /// In whose line those stand who wait for what is next.
    object: Object,
    group: Held,
    work: Work,
    /// Made by a member of the group, which may wait for it.
    by_member: bool,
    most: usize,
    /// Referenced; none once it has ended. It holds the series.
    feeder: Cell<Option<GreenletPtr>>,
    /// The feeder, while it waits for room.
    room: Line,
    items: Chain<Member>,
    done: Chain<Member>,
    /// How many are in `items` and `done`.
    count: Cell<usize>,
    /// There will be no more items.
    is_fed: Cell<bool>,
    /// Why, if that is an error that was not told yet.
    error: Cell<c_int>,
}

impl Head for Imap {
    const KIND: Kind = Kind::Imap;
    fn object(&self) -> &Object {
        &self.object
    }
}

pub type ImapPtr = Handle<Imap>;

/// A group that is held as long as this exists.
struct Held(GroupPtr);

impl Held {
    fn new(group: GroupPtr) -> Held {
        hold(group);
        Held(group)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let_go(self.0);
    }
}

/// What a series is about.
#[derive(Clone, Copy)]
pub struct Work {
    pub function: GreenletFn,
    pub next: NextFn,
    pub arg: *mut c_void,
    pub unordered: bool,
}

/// What comes next of a series.
pub enum Next {
    Value(*mut c_void),
    End,
}

/// Begins a series. `feeder` is a function that calls `feed` with its argument.
pub fn create(group: GroupPtr, work: Work, feeder: GreenletFn) -> Result<ImapPtr> {
    let imap = crate::hub::object::create(|object| Imap {
        object,
        group: Held::new(group),
        work,
        by_member: group.has(group.object.hub.me()),
        most: if group.limit() == 0 { MOST } else { group.limit() },
        feeder: Cell::new(None),
        room: Line::new(),
        items: Chain::new(),
        done: Chain::new(),
        count: Cell::new(0),
        is_fed: Cell::new(false),
        error: Cell::new(0),
    })?;
    if let Err(error) = imap.start_feeder(feeder) {
        free(imap);
        return Err(error);
    }
    Ok(imap)
}

/// Ends a series: what still runs for it is asked to end, and so is the feeder.
pub fn free(imap: ImapPtr) {
    let hub = imap.object.hub;
    hold(imap);
    crate::hub::object::free(imap);
    while let Some(member) = imap.items.pop().or_else(|| imap.done.pop()) {
        member.untie();
        // Without memory for that it goes on, and nobody waits for what it returns.
        let _ = hub.kill(member.greenlet, Errno::CANCELED, None);
        member.end();
    }
    if let Some(feeder) = imap.feeder.get() {
        let _ = hub.kill(feeder, Errno::CANCELED, None);
        hub.wake_all_gone(&imap.room);
    }
    let_go(imap);
}

/// What the feeder does.
pub fn feed(imap: ImapPtr) {
    let error = loop {
        match imap.feed_one() {
            Ok(true) => {}
            Ok(false) => break 0,
            Err(error) => break error.0,
        }
    };
    imap.end_series(error);
}

impl Imap {
    /// The next, if it is there.
    fn take(&self) -> Option<Result<Next>> {
        let first = if self.work.unordered {
            self.done.front()
        } else {
            self.items.front().filter(|member| member.greenlet.is_finished())
        };
        let Some(member) = first else {
            let is_over = self.is_fed.get() && self.count.get() == 0;
            return is_over.then(|| match self.error.replace(0) {
                0 => Ok(Next::End),
                error => Err(Errno(error)),
            });
        };
        Chain::<Member>::remove(member);
        self.count.set(self.count.get() - 1);
        self.object.hub.wake_first(&self.room);
        let result = Hub::verdict(member.greenlet);
        let value = member.greenlet.value.get();
        member.end();
        Some(result.map(|()| Next::Value(value)))
    }

    /// Hands out what is there to those who wait.
    fn hand_out(&self) {
        let hub = self.object.hub;
        while let Some(waiter) = self.object.line.front()
            && let Some(next) = self.take()
        {
            Line::remove(waiter);
            let (item, outcome) = match next {
                Ok(Next::Value(value)) => (value, 0),
                // No item has this value.
                Ok(Next::End) => (failed_value(), 0),
                Err(error) => (failed_value(), error.0),
            };
            waiter.item.set(item);
            hub.wake(waiter, outcome);
        }
    }

    /// Waits for what is next.
    pub fn next(&self, timeout: Timeout) -> Result<Next> {
        let hub = self.object.hub;
        let me = hub.check(timeout)?;
        if let Some(next) = self.take() {
            return next;
        }
        if self.feeder.get() == Some(me) {
            return Err(Errno::DEADLK);
        }
        hub.block(me, Wait::at(&self.object, Why::Imap, timeout))?;
        let item = me.item.get();
        Ok(if item == failed_value() { Next::End } else { Next::Value(item) })
    }

    /// Waits until less than `most` are started and not taken.
    fn wait_for_room(&self) -> Result<()> {
        let hub = self.object.hub;
        let me = hub.check(Timeout::NEVER)?;
        if self.count.get() < self.most {
            return Ok(());
        }
        let object = &raw const self.object;
        let wait = Wait { line: &self.room, why: Why::Imap, object, timeout: Timeout::NEVER };
        Ok(hub.block(me, wait)?)
    }

    fn end_series(&self, error: c_int) {
        if !self.is_fed.replace(true) {
            self.error.set(error);
            self.hand_out();
        }
    }

    /// An item's greenlet has ended.
    pub fn ended(&self, member: MemberPtr) {
        if self.work.unordered {
            Chain::<Member>::remove(member);
            self.done.push(member);
        }
        self.hand_out();
    }
}

impl Handle<Imap> {
    fn start_feeder(self, function: GreenletFn) -> Result<()> {
        let hub = self.object.hub;
        let arg = self.as_ptr().cast();
        let plan = Plan { function, arg, class: Class::DEFAULT, flags: flag::QUIET, handles: 1 };
        let feeder = hub.create(hub, plan)?;
        if let Err(error) = member::tie(feeder, Owner::Feeder(self)) {
            hub.release(feeder);
            return Err(error);
        }
        hold(self);
        self.feeder.set(Some(feeder));
        hub.start(feeder)
    }

    /// The feeder has ended, maybe before it has begun.
    pub fn feeder_ended(self, member: MemberPtr) {
        self.end_series(Errno::CANCELED.0);
        self.feeder.set(None);
        self.object.hub.release(member.greenlet);
        member.end();
        let_go(self);
    }

    /// Gets an item and has it worked on; false: there was none.
    fn feed_one(self) -> Result<bool> {
        self.wait_for_room()?;
        if self.object.is_freed() {
            return Ok(false);
        }
        let (more, item) = NextCall { function: self.work.next, arg: self.work.arg }.run();
        if more == 0 || self.object.is_freed() {
            return Ok(false);
        }
        if more < 0 {
            let error = Errno::last();
            return Err(if error.0 == 0 { Errno::INVAL } else { error });
        }
        self.start(item)?;
        Ok(true)
    }

    fn start(self, item: *mut c_void) -> Result<()> {
        let job = Job::quiet(self.work.function, item);
        let timeout = if self.by_member { Timeout::NOW } else { Timeout::NEVER };
        match self.group.0.spawn(&job, timeout, |greenlet| self.adopt(greenlet)) {
            Ok(greenlet) => {
                self.object.hub.release(greenlet);
                Ok(())
            }
            Err(Errno::AGAIN) if self.by_member => self.start_beside(&job),
            Err(error) => Err(error),
        }
    }

    fn adopt(self, greenlet: GreenletPtr) -> Result<()> {
        if self.object.is_freed() {
            return Err(Errno::CANCELED);
        }
        self.items.push(member::tie(greenlet, Owner::Item(self))?);
        self.count.set(self.count.get() + 1);
        Ok(())
    }

    /// The group is full, and one of its members may be waiting for this: the item is worked on
    /// outside of the group, and the next one has to wait until that is done.
    fn start_beside(self, job: &Job) -> Result<()> {
        let hub = self.object.hub;
        let greenlet = spawn::make(hub, &job.attributes, job.function, job.arg)?;
        let started = self.adopt(greenlet).and_then(|()| hub.start(greenlet));
        let done = started.and_then(|()| hub.join(greenlet, Timeout::NEVER));
        hub.release(greenlet);
        done
    }
}
