//! The table of descriptors: which events wait for which, and what the kernel knows.
//!
//! ```text
//!   chunks[fd / 64] -> [Slot; 64]   Slot { events: A <-> B <-> ..., armed, known, generation }
//! ```
//! Chunks are made when first needed and never move, so numbers may be huge and sparse. What is
//! wanted of the kernel is always worked out from the events themselves.

use super::backend::{Applied, BOTH, Backend, EDGE, Interest, ONESHOT};
use crate::errno::{Errno, Result};
use crate::layout::event::{EV_PERSIST, EVLIST_KIND, EVLIST_STALE, EVLIST_WAKE, EventPtr};
use crate::layout::lists::SourceList;
use crate::layout::pinned::Pinned;
use crate::sys::fd as descriptor;
use std::cell::Cell;
use std::ffi::c_int;

const CHUNK: usize = 64;

pub struct Slot {
    pub events: SourceList,
    /// Which registration of this number the kernel knows.
    pub generation: Cell<u32>,
    /// What the kernel watches now.
    pub armed: Cell<Interest>,
    /// The kernel has an entry, perhaps a disarmed one.
    pub known: Cell<bool>,
}

impl Slot {
    const fn new() -> Slot {
        Slot {
            events: SourceList::new(),
            generation: Cell::new(0),
            armed: Cell::new(0),
            known: Cell::new(false),
        }
    }

    /// What the slot's events want together.
    fn wanted(&self) -> Interest {
        let mut events = self.events.iter();
        let Some(first) = events.next() else { return 0 };
        let mut want = interest(first);
        for event in events {
            want = (want | interest(event)) & !ONESHOT;
        }
        want
    }
}

/// What one event wants, if it is alone.
#[inline]
fn interest(event: EventPtr) -> Interest {
    let want = event.ev_events.get() as Interest & BOTH;
    if event.ev_flags.get() & EVLIST_KIND == EVLIST_WAKE {
        want | EDGE
    } else if event.has(EV_PERSIST) {
        want
    } else {
        want | ONESHOT
    }
}

pub struct Fds {
    chunks: Vec<Option<Pinned<[Slot; CHUNK]>>>,
    /// Events whose descriptor was closed and its number re-used.
    stale: Pinned<SourceList>,
}

impl Fds {
    pub fn try_new() -> Result<Fds> {
        Ok(Fds { chunks: Vec::new(), stale: Pinned::try_new(SourceList::new())? })
    }

    #[inline]
    pub fn find(&self, fd: c_int) -> Option<&Slot> {
        let number = fd as usize;
        let chunk = self.chunks.get(number / CHUNK)?.as_ref()?;
        Some(&chunk[number % CHUNK])
    }

    /// The slot of `fd`, made if there is none. A number that no file has makes none.
    fn slot(&mut self, fd: c_int) -> Result<&Slot> {
        let number = fd as usize;
        if self.find(fd).is_none() {
            descriptor::must_be_open(fd)?;
            self.make_chunk(number / CHUNK)?;
        }
        self.find(fd).ok_or(Errno::NOMEM)
    }

    fn make_chunk(&mut self, chunk: usize) -> Result<()> {
        let slots = Pinned::try_new([const { Slot::new() }; CHUNK])?;
        if chunk >= self.chunks.len() {
            self.chunks.try_reserve(chunk + 1 - self.chunks.len())?;
            self.chunks.resize_with(chunk + 1, || None);
        }
        self.chunks[chunk] = Some(slots);
        Ok(())
    }

    /// Has the backend watch what `event` wants, and puts it into its slot. All or nothing.
    ///
    /// The kernel is asked even if others already want the same: it alone knows whether the
    /// number still is the file that they were added for.
    pub fn attach(&mut self, backend: &mut Backend, event: EventPtr) -> Result<()> {
        let fd = event.ev_fd.get();
        let alone = interest(event);
        let slot = self.slot(fd)?;
        if slot.events.is_empty() {
            backend.apply(fd, slot, alone)?;
        } else {
            let want = (slot.wanted() | alone) & !ONESHOT;
            if backend.apply(fd, slot, want)? == Applied::Renewed {
                self.retire(fd);
                let slot = self.slot(fd)?;
                backend.apply(fd, slot, alone)?;
            }
        }
        self.slot(fd)?.events.push_back(event);
        Ok(())
    }

    /// Takes the event out of its slot; the kernel stops watching what nobody wants any more.
    pub fn detach(&mut self, backend: &mut Backend, event: EventPtr) {
        SourceList::remove(event);
        if event.is(EVLIST_STALE) {
            event.clear_flags(EVLIST_STALE);
            return;
        }
        self.refresh(backend, event.ev_fd.get());
    }

    /// Takes the event out of its slot and leaves the kernel alone.
    pub fn detach_quietly(&mut self, event: EventPtr) {
        SourceList::remove(event);
        event.clear_flags(EVLIST_STALE);
    }

    /// Has the kernel watch what the slot's events want, if that has changed.
    pub fn refresh(&mut self, backend: &mut Backend, fd: c_int) {
        let Some(slot) = self.find(fd) else { return };
        let want = slot.wanted();
        if want & BOTH == slot.armed.get() & BOTH {
            return;
        }
        match backend.apply(fd, slot, want) {
            Ok(Applied::Kept) => {}
            // The number is another file's, or nobody's: nothing that is left here can fire.
            Ok(Applied::Renewed) => {
                self.retire(fd);
                self.refresh(backend, fd);
            }
            Err(_) => self.retire_unknown(fd),
        }
    }

    /// Sets all events of a slot aside: pending, and silent until they are deleted.
    pub fn retire(&mut self, fd: c_int) {
        let Some(slot) = self.find(fd) else { return };
        while let Some(event) = slot.events.front() {
            SourceList::remove(event);
            event.set_flags(EVLIST_STALE);
            self.stale.push_back(event);
        }
    }

    /// `retire`, for a descriptor that the kernel no longer has.
    fn retire_unknown(&mut self, fd: c_int) {
        self.retire(fd);
        if let Some(slot) = self.find(fd) {
            slot.armed.set(0);
            slot.known.set(false);
        }
    }

    /// A wait told that the descriptor is closed.
    pub fn closed(&mut self, backend: &mut Backend, fd: c_int) {
        self.retire(fd);
        if let Some(slot) = self.find(fd) {
            // Wanting nothing succeeds whatever became of the descriptor.
            let _ = backend.apply(fd, slot, 0);
        }
    }

    /// Registers everything with a backend that knows nothing. The first error is returned, the
    /// rest is done all the same.
    pub fn register_all(&mut self, backend: &mut Backend) -> Result<()> {
        let mut result = Ok(());
        for fd in self.numbers() {
            let Some(slot) = self.find(fd) else { continue };
            slot.armed.set(0);
            slot.known.set(false);
            let want = slot.wanted();
            if want == 0 {
                continue;
            }
            if let Err(error) = backend.apply(fd, slot, want) {
                // Short of memory or watches, it may do better the next time; else it is gone.
                if !matches!(error, Errno::NOMEM | Errno::NOSPC) {
                    self.retire(fd);
                }
                result = result.and(Err(error));
            }
        }
        result
    }

    /// Sets aside the events of descriptors that are closed, before new descriptors of our own
    /// take their numbers. `EBADF` if there were any.
    pub fn retire_closed(&mut self) -> Result<()> {
        let mut result = Ok(());
        for fd in self.numbers() {
            let is_used = self.find(fd).is_some_and(|slot| !slot.events.is_empty());
            if is_used && let Err(error) = descriptor::must_be_open(fd) {
                self.retire(fd);
                result = Err(error);
            }
        }
        result
    }

    /// Every number that the table has room for.
    fn numbers(&self) -> std::ops::Range<c_int> {
        0..(self.chunks.len() * CHUNK) as c_int
    }

    fn slots(&self) -> impl Iterator<Item = &Slot> {
        self.chunks.iter().flatten().flat_map(|chunk| chunk.iter())
    }

    /// Unlinks all events, without a word to the kernel.
    pub fn drain(&mut self, mut each: impl FnMut(EventPtr)) {
        let slots = self.slots().map(|slot| &slot.events);
        for list in slots.chain([&*self.stale]) {
            while let Some(event) = list.front() {
                SourceList::remove(event);
                each(event);
            }
        }
    }

    /// All events that wait for descriptors, by number, then the stale ones.
    pub fn iter(&self) -> impl Iterator<Item = EventPtr> {
        self.slots().flat_map(|slot| slot.events.iter()).chain(self.stale.iter())
    }
}
