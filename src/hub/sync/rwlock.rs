//! A lock that many may hold to read, or one to write.
//!
//! All wait in one line, in the order of asking: whoever comes after a writer that waits, waits,
//! too. When the lock is free for the first of the line, that is admitted; a reader with all
//! readers right behind it.
//!
//! Of readers only the number is known, and of each greenlet how many locks it reads.

use crate::errno::{Errno, Result};
use crate::hub::greenlet::{GreenletPtr, Why};
use crate::hub::object::{Head, Kind, Object, stay};
use crate::hub::schedule::Wait;
use crate::layout::chain::{Chain, linked};
use crate::layout::handle::Handle;
use crate::layout::link::Link;
use crate::sys::Timeout;
use std::cell::Cell;

#[repr(C)]
pub struct Rwlock {
    pub object: Object,
    place: Link,
    writer: Cell<Option<GreenletPtr>>,
    readers: Cell<usize>,
}

linked!(Rwlock, place, 0);

impl Head for Rwlock {
    const KIND: Kind = Kind::Rwlock;
    fn object(&self) -> &Object {
        &self.object
    }
}

pub type RwlockPtr = Handle<Rwlock>;

pub fn create() -> Result<RwlockPtr> {
    let lock = crate::hub::object::create(|object| Rwlock {
        object,
        place: Link::new(),
        writer: Cell::new(None),
        readers: Cell::new(0),
    })?;
    lock.object.hub.rwlocks.push(lock);
    Ok(lock)
}

pub fn free(lock: RwlockPtr) {
    lock.set_writer(None);
    Chain::<Rwlock>::remove(lock);
    crate::hub::object::free(lock);
}

impl Rwlock {
    pub fn writer(&self) -> Option<GreenletPtr> {
        self.writer.get()
    }

    fn set_writer(&self, writer: Option<GreenletPtr>) {
        if let Some(former) = self.writer.replace(writer) {
            former.held.set(former.held.get() - 1);
        }
        if let Some(writer) = writer {
            writer.held.set(writer.held.get() + 1);
        }
    }

    fn add_reader(&self, reader: GreenletPtr) {
        self.readers.set(self.readers.get() + 1);
        reader.reads.set(reader.reads.get() + 1);
    }

    fn is_free_for(&self, why: Why) -> bool {
        self.writer.get().is_none() && (why == Why::ReadLock || self.readers.get() == 0)
    }

    /// The lock is the greenlet's.
    fn give(&self, greenlet: GreenletPtr, why: Why) {
        match why {
            Why::ReadLock => self.add_reader(greenlet),
            _ => self.set_writer(Some(greenlet)),
        }
    }

    /// Those at the front of the line for whom it is free.
    fn admit(&self) {
        while let Some(first) = self.object.line.front() {
            let why = first.why.get();
            if !self.is_free_for(why) {
                return;
            }
            self.object.line.pop();
            self.give(first, why);
            self.object.hub.wake(first, 0);
        }
    }

    /// `PERM` if the caller holds it neither to read nor to write, as far as one can see.
    pub fn release(&self) -> Result<()> {
        let me = self.object.hub.me();
        if self.writer.get() == Some(me) {
            self.pass_on();
        } else if self.readers.get() > 0 && me.reads.get() > 0 {
            self.readers.set(self.readers.get() - 1);
            me.reads.set(me.reads.get() - 1);
            self.admit();
        } else {
            return Err(Errno::PERM);
        }
        Ok(())
    }

    /// From its writer to those who wait.
    pub fn pass_on(&self) {
        self.set_writer(None);
        self.admit();
    }
}

impl Handle<Rwlock> {
    pub fn acquire_read(self, timeout: Timeout) -> Result<()> {
        self.acquire(Why::ReadLock, timeout)
    }

    pub fn acquire_write(self, timeout: Timeout) -> Result<()> {
        self.acquire(Why::WriteLock, timeout)
    }

    /// `DEADLK` for the writer itself.
    fn acquire(self, why: Why, timeout: Timeout) -> Result<()> {
        let hub = self.object.hub;
        let me = hub.check(timeout)?;
        if self.writer.get() == Some(me) {
            return Err(Errno::DEADLK);
        }
        if self.object.line.is_empty() && self.is_free_for(why) {
            self.give(me, why);
            return Ok(());
        }
        stay(self, || {
            let waited = hub.block(me, Wait::at(&self.object, why, timeout));
            if waited.is_err() && !self.object.is_freed() {
                // Those behind it need not wait for it any more.
                self.admit();
            }
            Ok(waited?)
        })
    }
}
