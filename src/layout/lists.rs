//! Lists of events: `List` with the type put back.

use super::event::EventPtr;
use super::link::List;
use crate::errno::Result;

/// Events of one descriptor, of one signal, or the stale ones (linked by `ev_next`).
#[repr(transparent)]
pub struct SourceList(List);

/// The queues of active events (linked by `ev_active_next`), one per priority.
///
/// Settled when made: queues are looked at more often than anything else.
pub struct ActiveLists(Vec<List>);

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

impl ActiveLists {
    pub fn try_new(count: usize) -> Result<ActiveLists> {
        let mut lists = Vec::new();
        lists.try_reserve_exact(count)?;
        lists.resize_with(count, List::new);
        lists.iter().for_each(List::settle);
        Ok(ActiveLists(lists))
    }

    #[inline]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Appends to a queue; false if there is no such queue.
    #[inline]
    pub fn push(&self, queue: usize, event: EventPtr) -> bool {
        match self.0.get(queue) {
            Some(list) => {
                list.push_to_settled(event.active_link());
                true
            }
            None => false,
        }
    }

    /// The first event of a queue; none if there is no such queue.
    #[inline]
    pub fn front(&self, queue: usize) -> Option<EventPtr> {
        self.0.get(queue)?.front_of_settled().map(EventPtr::from_active_link)
    }

    /// All events, queue by queue. They may not be taken out meanwhile.
    pub fn iter(&self) -> impl Iterator<Item = EventPtr> {
        self.0.iter().flat_map(|list| {
            std::iter::successors(list.front(), |link| {
                list.after(EventPtr::from_active_link(*link).active_link())
            })
            .map(EventPtr::from_active_link)
        })
    }

    /// Takes the event out of whichever queue it is in.
    #[inline]
    pub fn remove(event: EventPtr) {
        event.active_link().unlink();
    }
}
