//! Queues of active events, one per priority, first in, first out.

use crate::errno::{Errno, Result};
use crate::layout::event::EventPtr;
use crate::layout::lists::ActiveLists;
use std::ffi::c_int;

/// More priorities than any program has; each costs two words and a look when it is empty.
pub const MAX_PRIORITIES: c_int = 32_768;

pub struct Queues {
    lists: ActiveLists,
    /// No queue below this one has an event.
    lowest: usize,
}

impl Queues {
    pub fn new(count: usize) -> Result<Queues> {
        Ok(Queues { lists: ActiveLists::try_new(count)?, lowest: count })
    }

    /// `EINVAL` unless 1..=MAX_PRIORITIES.
    pub fn check_count(count: c_int) -> Result<usize> {
        if (1..=MAX_PRIORITIES).contains(&count) { Ok(count as usize) } else { Err(Errno::INVAL) }
    }

    pub fn len(&self) -> usize {
        self.lists.len()
    }

    #[inline]
    pub fn push(&mut self, event: EventPtr) {
        let priority = event.ev_pri.get() as usize;
        if self.lists.push(priority, event) {
            self.lowest = self.lowest.min(priority);
        } else {
            self.push_last(event);
        }
    }

    /// Programs may leave garbage in `ev_pri` (behaviour 24): it counts as the last priority.
    #[cold]
    fn push_last(&mut self, event: EventPtr) {
        let last = self.lists.len() - 1;
        self.lists.push(last, event);
        self.lowest = self.lowest.min(last);
    }

    #[inline]
    pub fn remove(event: EventPtr) {
        ActiveLists::remove(event);
    }

    /// The most urgent priority that has an event; anything, if none has.
    #[inline]
    pub fn most_urgent(&mut self) -> usize {
        if self.lists.len() == 1 {
            return 0;
        }
        while self.lowest < self.lists.len() && self.lists.front(self.lowest).is_none() {
            self.lowest += 1;
        }
        self.lowest
    }

    /// The first event of a priority; none if there is no such priority (any more).
    #[inline]
    pub fn front(&self, priority: usize) -> Option<EventPtr> {
        self.lists.front(priority)
    }

    /// The first of the most urgent events.
    pub fn any(&mut self) -> Option<EventPtr> {
        let priority = self.most_urgent();
        self.front(priority)
    }

    /// All active events, for a listing.
    pub fn iter(&self) -> impl Iterator<Item = EventPtr> {
        self.lists.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::event::Event;

    #[test]
    fn the_most_urgent_first_and_in_order() {
        let events: Vec<Event> = (0..6).map(|_| Event::zeroed()).collect();
        let mut queues = Queues::new(3).expect("memory");
        assert_eq!(queues.most_urgent(), 3);
        for (event, priority) in events.iter().zip([2, 1, 2, -7, 1, 99]) {
            event.ev_pri.set(priority);
            queues.push(EventPtr::of(event));
        }
        let mut order = Vec::new();
        while let Some(event) = {
            let priority = queues.most_urgent();
            queues.front(priority)
        } {
            order.push(events.iter().position(|e| EventPtr::of(e) == event).expect("ours"));
            Queues::remove(event);
        }
        assert_eq!(order, [1, 4, 0, 2, 3, 5]);
    }
}
