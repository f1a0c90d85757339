//! Timers: deadlines in microseconds of a clock that never goes back.
//!
//! A deadline that moves later is only noted (idle timeouts are renewed far more often than they
//! expire): the heap keeps the old key until it comes up. `ev_timeout` holds the true deadline,
//! `places().due` its place in line; the heap's own view is its key and `places().heap`.

use super::heap::{Heap, Node};
use crate::errno::Result;
use crate::layout::event::EventPtr;
use crate::sys::clock;
use libc::timeval;

const MICROS: u64 = 1_000_000;

impl Node for EventPtr {
    fn set_index(self, index: usize) {
        self.min_heap_idx.set(index as u32);
    }

    fn is_before(self, other: EventPtr) -> bool {
        // Wraps after 2^63 additions (2^31 with 32-bit words): compare by distance.
        (self.places().heap.get().wrapping_sub(other.places().heap.get()) as isize) < 0
    }
}

/// Microseconds of a timeval as the caller wrote it: negative, or with a large `tv_usec`.
#[allow(clippy::unnecessary_cast, reason = "the fields have other widths elsewhere")]
fn micros_of(tv: &timeval) -> i64 {
    (tv.tv_sec as i64).saturating_mul(MICROS as i64).saturating_add(tv.tv_usec as i64)
}

/// A timeval of that many microseconds.
pub fn timeval_of(us: u64) -> timeval {
    timeval { tv_sec: (us / MICROS) as libc::time_t, tv_usec: (us % MICROS) as libc::suseconds_t }
}

/// A moment, in microseconds of the loop's clock.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// Rounded down: what is due at this time is due.
    pub past: u64,
    /// Rounded up: a deadline counted from here is not early.
    next: u64,
}

/// The loop's clock, read at most once between two calls of user code.
pub struct Clock {
    kept: Moment,
    is_kept: bool,
    /// Without a monotonic clock: what to add to the wall clock so that it never goes back.
    wall_offset: u64,
    wall_latest: u64,
    /// The time of day as read at this time of ours.
    wall_at: Option<(Moment, timeval)>,
}

impl Clock {
    pub const fn new() -> Clock {
        Clock {
            kept: Moment { past: 0, next: 0 },
            is_kept: false,
            wall_offset: 0,
            wall_latest: 0,
            wall_at: None,
        }
    }

    /// User code is about to run: time will have passed.
    #[inline]
    pub fn forget(&mut self) {
        self.is_kept = false;
    }

    #[inline]
    pub fn now(&mut self) -> Moment {
        if !self.is_kept {
            self.read();
        }
        self.kept
    }

    #[inline(never)]
    fn read(&mut self) {
        let ns = match clock::monotonic_ns() {
            Some(now) => now,
            None => self.steady_wall_ns(),
        };
        let past = ns / 1000;
        self.kept = Moment { past, next: past + u64::from(ns % 1000 != 0) };
        self.is_kept = true;
    }

    /// The time of day; it stands still for as long as this clock does.
    pub fn time_of_day(&mut self) -> timeval {
        let now = self.now();
        match self.wall_at {
            Some((asked, wall)) if asked == now => wall,
            _ => {
                let wall = clock::wall_timeval();
                self.wall_at = Some((now, wall));
                wall
            }
        }
    }

    /// The wall clock; when it steps back, time stands still for that moment and all deadlines
    /// keep their distance (behaviour 20).
    fn steady_wall_ns(&mut self) -> u64 {
        let wall = clock::wall_ns();
        if wall < self.wall_latest {
            self.wall_offset += self.wall_latest - wall;
        }
        self.wall_latest = wall;
        wall + self.wall_offset
    }
}

pub struct Timers {
    heap: Heap<EventPtr>,
    line: usize,
}

impl Timers {
    pub const fn new() -> Timers {
        Timers { heap: Heap::new(), line: 0 }
    }

    #[inline]
    pub fn is_empty(&self) -> bool {
        self.heap.is_empty()
    }

    /// All timers, in no order.
    pub fn iter(&self) -> impl Iterator<Item = EventPtr> {
        self.heap.iter()
    }

    /// Makes room for one more timer.
    #[inline]
    pub fn reserve(&mut self) -> Result<()> {
        self.heap.reserve()
    }

    /// A deadline `after` from `now`, never early; one that is due at once is due now.
    pub fn deadline(now: Moment, after: &timeval) -> u64 {
        let after = micros_of(after);
        let from = if after > 0 { now.next } else { now.past };
        from.saturating_add_signed(after).min(i64::MAX as u64)
    }

    fn note(&mut self, event: EventPtr, deadline: u64) {
        event.ev_timeout.set(timeval_of(deadline));
        self.line = self.line.wrapping_add(1);
        event.places().due.set(self.line);
    }

    fn due(event: EventPtr) -> u64 {
        micros_of(&event.ev_timeout.get()) as u64
    }

    /// Adds a timer; `reserve` came before.
    pub fn insert(&mut self, event: EventPtr, deadline: u64) {
        self.note(event, deadline);
        event.places().heap.set(self.line);
        self.heap.push(deadline, event);
    }

    /// Moves a timer that is in the heap.
    pub fn renew(&mut self, event: EventPtr, deadline: u64) {
        // Later than it was: the heap, which may be far from the caches, is not even looked at.
        let is_later = deadline >= Self::due(event);
        self.note(event, deadline);
        if is_later {
            return;
        }
        let index = event.min_heap_idx.get() as usize;
        if deadline < self.heap.key(index) {
            event.places().heap.set(self.line);
            self.heap.rekey(index, deadline);
        }
    }

    pub fn remove(&mut self, event: EventPtr) {
        self.heap.remove(event.min_heap_idx.get() as usize);
    }

    /// The earliest deadline, after putting right what was renewed lazily.
    #[inline]
    pub fn next(&mut self) -> Option<(u64, EventPtr)> {
        loop {
            let (key, event) = self.heap.top()?;
            let places = event.places();
            if places.heap.get() == places.due.get() {
                return Some((key, event));
            }
            places.heap.set(places.due.get());
            self.heap.rekey(event.min_heap_idx.get() as usize, Self::due(event));
        }
    }

    /// Microseconds from `now` to the timer's deadline; 0 when it has passed.
    pub fn remaining(event: EventPtr, now: Moment) -> u64 {
        Self::due(event).saturating_sub(now.past)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::event::Event;

    fn tv(tv_sec: i64, tv_usec: i64) -> timeval {
        timeval { tv_sec: tv_sec as _, tv_usec: tv_usec as _ }
    }

    #[test]
    fn deadlines_are_never_early_and_never_wrap() {
        let exact = Moment { past: 5, next: 5 };
        let between = Moment { past: 5, next: 6 };
        assert_eq!(Timers::deadline(between, &tv(0, 0)), 5);
        assert_eq!(Timers::deadline(between, &tv(0, 1)), 7);
        assert_eq!(Timers::deadline(exact, &tv(1, 0)), 1_000_005);
        assert_eq!(Timers::deadline(exact, &tv(0, 1_500_000)), 1_500_005);
        assert_eq!(Timers::deadline(exact, &tv(-9, 0)), 0);
        assert_eq!(Timers::deadline(exact, &tv(i64::MAX, 999_999)), i64::MAX as u64);
        assert_eq!(Timers::deadline(exact, &tv(i64::MIN, 0)), 0);
    }

    #[test]
    fn a_renewed_timer_takes_a_new_place_in_line() {
        let events: Vec<Event> = (0..3).map(|_| Event::zeroed()).collect();
        let [a, b, c] = [&events[0], &events[1], &events[2]].map(EventPtr::of);
        let mut timers = Timers::new();
        for (event, deadline) in [(a, 10), (b, 20), (c, 20)] {
            timers.reserve().expect("memory");
            timers.insert(event, deadline);
        }
        timers.renew(a, 20);
        timers.renew(b, 30);
        let mut order = Vec::new();
        while let Some((deadline, event)) = timers.next() {
            order.push((deadline, event));
            timers.remove(event);
        }
        assert_eq!(order, [(20, c), (20, a), (30, b)]);
    }
}
