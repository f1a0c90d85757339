//! Waiting for several objects: they are told of in the order in which they become ready.
//!
//! ```text
//!   entries[i]: a link at object i until that is ready    first -> next -> ...: ready, not taken
//! ```
//! Whoever waits for the next one is handed it: several may wait, and each object is told of once.

use super::greenlet::{GreenletPtr, Why};
use super::hub::Hub;
use super::join::Deadline;
use super::link::{self, Action, LinkPtr};
use super::object::{Head, Kind, Object, stay};
use super::schedule::Wait;
use super::waitable::Waitable;
use crate::errno::{Errno, Result};
use crate::layout::handle::Handle;
use crate::sys::Timeout;
use std::cell::Cell;
use std::ptr;

/// No entry.
const NONE: usize = usize::MAX;

struct Entry {
    link: Cell<Option<LinkPtr>>,
    is_gone: Cell<bool>,
    /// The entry that became ready after this one.
    next: Cell<usize>,
}

#[repr(C)]
pub struct Iwait {
    object: Object,
    entries: Box<[Entry]>,
    first: Cell<usize>,
    last: Cell<usize>,
    ready: Cell<usize>,
    taken: Cell<usize>,
    /// Whoever waits is woken when so many are ready; 0: with the next one.
    wanted: Cell<usize>,
}

impl Head for Iwait {
    const KIND: Kind = Kind::Iwait;
    fn object(&self) -> &Object {
        &self.object
    }
}

pub type IwaitPtr = Handle<Iwait>;

/// What comes next of several objects.
pub enum Next {
    Ready(usize),
    /// The object was freed.
    Gone(usize),
    Nothing,
}

pub fn create(objects: &[Waitable]) -> Result<IwaitPtr> {
    let mut entries = Vec::new();
    entries.try_reserve_exact(objects.len())?;
    entries.resize_with(objects.len(), || Entry {
        link: Cell::new(None),
        is_gone: Cell::new(false),
        next: Cell::new(NONE),
    });
    let several = super::object::create(|object| Iwait {
        object,
        entries: entries.into_boxed_slice(),
        first: Cell::new(NONE),
        last: Cell::new(NONE),
        ready: Cell::new(0),
        taken: Cell::new(0),
        wanted: Cell::new(0),
    })?;
    for (index, waitable) in objects.iter().enumerate() {
        if waitable.is_ready() {
            several.append(index);
            continue;
        }
        match waitable.link(Action::Count(several, index)) {
            Ok(link) => several.entries[index].link.set(Some(link)),
            Err(error) => {
                free(several);
                return Err(error);
            }
        }
    }
    Ok(several)
}

pub fn free(several: IwaitPtr) {
    several.entries.iter().filter_map(|entry| entry.link.take()).for_each(link::unlink);
    super::object::free(several);
}

impl Iwait {
    fn append(&self, index: usize) {
        self.ready.set(self.ready.get() + 1);
        let wanted = self.wanted.get();
        if wanted == 0 && self.hand_over(index) {
            return;
        }
        match self.last.replace(index) {
            NONE => self.first.set(index),
            last => self.entries[last].next.set(index),
        }
        if wanted != 0 && self.ready.get() >= wanted {
            self.object.hub.wake_all(&self.object.line);
        }
    }

    /// To the first who waits for the next one, if anybody does. After the last one there is
    /// nothing left for the others.
    fn hand_over(&self, index: usize) -> bool {
        if !self.hand(index) {
            return false;
        }
        self.taken.set(self.taken.get() + 1);
        while self.taken.get() == self.entries.len() && self.hand(NONE) {}
        true
    }

    fn hand(&self, index: usize) -> bool {
        let Some(waiter) = self.object.line.pop() else { return false };
        waiter.item.set(ptr::without_provenance_mut(index));
        self.object.hub.wake(waiter, 0);
        true
    }

    /// An object has become ready: once is enough.
    pub fn object_ready(&self, index: usize) {
        if let Some(link) = self.entries[index].link.take() {
            link::unlink(link);
            self.append(index);
        }
    }

    /// An object was freed, and its link is about to be.
    pub fn object_gone(&self, index: usize) {
        let entry = &self.entries[index];
        if entry.link.take().is_some() {
            entry.is_gone.set(true);
            // Nobody has to wait for more.
            self.wanted.set(self.wanted.get().min(1));
            self.append(index);
        }
    }

    /// The next that is ready, if one is.
    fn take(&self) -> Option<Next> {
        let index = self.first.get();
        let entry = self.entries.get(index)?;
        self.first.set(entry.next.get());
        if self.first.get() == NONE {
            self.last.set(NONE);
        }
        self.taken.set(self.taken.get() + 1);
        Some(self.found(index))
    }

    fn found(&self, index: usize) -> Next {
        match self.entries.get(index) {
            None => Next::Nothing,
            Some(entry) if entry.is_gone.get() => Next::Gone(index),
            Some(_) => Next::Ready(index),
        }
    }

    /// Waits until so many are ready; how many are? `BADF` if one of them is gone.
    fn wait_for(&self, count: usize, timeout: Timeout) -> Result<usize> {
        let hub = self.object.hub;
        let me = hub.check(timeout)?;
        if self.ready.get() < count {
            self.wanted.set(count);
            let waited = hub.block(me, Wait::at(&self.object, Why::Several, timeout));
            match waited.map_err(Errno::from) {
                // What is ready by now is what there is to tell.
                Err(Errno::TIMEDOUT | Errno::AGAIN) if self.ready.get() > 0 => {}
                waited => waited?,
            }
        }
        if self.entries.iter().any(|entry| entry.is_gone.get()) {
            return Err(Errno::BADF);
        }
        Ok(self.ready.get())
    }
}

impl Handle<Iwait> {
    /// Waits for the next that is ready.
    pub fn next(self, timeout: Timeout) -> Result<Next> {
        let hub = self.object.hub;
        let me = hub.check(timeout)?;
        if let Some(next) = self.take() {
            return Ok(next);
        }
        if self.taken.get() == self.entries.len() {
            return Ok(Next::Nothing);
        }
        stay(self, || {
            hub.block(me, Wait::at(&self.object, Why::Several, timeout))?;
            Ok(self.found(me.item.get().addr()))
        })
    }
}

/// Waits for `count` of the objects (0: all); how many are ready when the wait is over?
pub fn wait(objects: &[Waitable], count: usize, timeout: Timeout) -> Result<usize> {
    let count = if count == 0 { objects.len() } else { count };
    if count > objects.len() {
        return Err(Errno::INVAL);
    }
    let several = create(objects)?;
    let result = several.wait_for(count, timeout);
    free(several);
    result
}

impl Hub {
    /// Joins until one of them has failed: its error.
    pub fn join_until_failure(&self, all: &[GreenletPtr], timeout: Timeout) -> Result<()> {
        let mut objects = Vec::new();
        objects.try_reserve_exact(all.len())?;
        objects.extend(all.iter().map(|&greenlet| Waitable::Greenlet(greenlet)));
        let deadline = Deadline::of(timeout);
        let several = create(&objects)?;
        let result = loop {
            match several.next(deadline.left()) {
                Ok(Next::Ready(index)) => {
                    if let Err(error) = Self::verdict(all[index]) {
                        break Err(error);
                    }
                }
                Ok(_) => break Ok(()),
                Err(error) => break Err(error),
            }
        };
        free(several);
        result
    }
}
