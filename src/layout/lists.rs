//! Lists of events: `List` with the type put back.

use super::event::EventPtr;
use super::link::List;

/// Events of one descriptor, of one signal, or the stale ones (linked by `ev_next`).
#[repr(transparent)]
pub struct SourceList(List);

/// Active events of one priority (linked by `ev_active_next`).
#[repr(transparent)]
pub struct ActiveList(List);

impl SourceList {
    pub const fn new() -> SourceList {
        SourceList(List::new())
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn push_back(&self, event: EventPtr) {
        self.0.push_back(event.source_link());
    }

    pub fn front(&self) -> Option<EventPtr> {
        self.0.front().map(EventPtr::from_source_link)
    }

    /// The event, if it is the only one.
    #[inline]
    pub fn only(&self) -> Option<EventPtr> {
        self.0.only().map(EventPtr::from_source_link)
    }

    /// The event after `event`, which must be in this list.
    pub fn after(&self, event: EventPtr) -> Option<EventPtr> {
        self.0.after(event.source_link()).map(EventPtr::from_source_link)
    }

    /// The events in order. They may not be taken out meanwhile.
    pub fn iter(&self) -> impl Iterator<Item = EventPtr> {
        std::iter::successors(self.front(), |&event| self.after(event))
    }

    /// Takes the event out of whichever source list it is in.
    pub fn remove(event: EventPtr) {
        event.source_link().unlink();
    }
}

impl ActiveList {
    pub const fn new() -> ActiveList {
        ActiveList(List::new())
    }

    pub fn push_back(&self, event: EventPtr) {
        self.0.push_back(event.active_link());
    }

    pub fn front(&self) -> Option<EventPtr> {
        self.0.front().map(EventPtr::from_active_link)
    }

    /// The event after `event`, which must be in this list.
    pub fn after(&self, event: EventPtr) -> Option<EventPtr> {
        self.0.after(event.active_link()).map(EventPtr::from_active_link)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes the event out of whichever queue it is in.
    pub fn remove(event: EventPtr) {
        event.active_link().unlink();
    }
}
