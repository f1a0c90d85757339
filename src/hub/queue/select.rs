//! Selects: the first possible of several gets and puts, in queues that may be several.
//!
//! ```text
//!   select: seat -> seat -> seat            one for each choice, while it waits
//!             |       |       |
//!           queue   queue   queue           .getting or .putting: seats of many selects
//! ```
//! The greenlet itself stands in no queue's line. Whoever does one of the choices takes that seat
//! off its queue and wakes the greenlet; seats of a greenlet that does not wait any more (another
//! choice was done, it was killed, its time is over) are dead: they are passed over, and gone
//! before the select returns.

use super::QueuePtr;
use crate::errno::{Errno, Result};
use crate::hub::greenlet::{GreenletPtr, Line, State, Why};
use crate::hub::hub::Hub;
use crate::hub::schedule::Wait;
use crate::layout::chain::{Chain, linked};
use crate::layout::handle::Handle;
use crate::layout::link::Link;
use crate::sys::{Timeout, mem};
use std::cell::Cell;
use std::ffi::c_void;
use std::ptr;

pub struct Seat {
    place: Link,
    /// None: it is off its queue.
    queue: Cell<Option<QueuePtr>>,
    greenlet: Cell<GreenletPtr>,
    /// What is put, or was got.
    pub item: Cell<*mut c_void>,
    /// As a greenlet's.
    pub order: Cell<u64>,
    index: Cell<usize>,
    is_done: Cell<bool>,
    /// The next of the same select.
    next: Cell<Option<SeatPtr>>,
}

linked!(Seat, place, 0);

pub type SeatPtr = Handle<Seat>;

/// One of several: a get, or the put of an item.
#[derive(Clone, Copy)]
pub enum Choice {
    Get(QueuePtr),
    Put(QueuePtr, *mut c_void),
}

/// The choice that was done, and its item.
pub struct Done {
    pub index: usize,
    pub item: *mut c_void,
}

impl Choice {
    fn queue(self) -> QueuePtr {
        match self {
            Choice::Get(queue) | Choice::Put(queue, _) => queue,
        }
    }

    /// Does it, if that is possible without waiting: the item.
    fn attempt(self) -> Result<Option<*mut c_void>> {
        match self {
            Choice::Get(queue) => queue.try_get(),
            Choice::Put(queue, item) => Ok(queue.try_put(item)?.then_some(item)),
        }
    }
}

/// Does the first of `count` choices that is possible, and waits for one if none is.
pub fn select(
    count: usize,
    choice: impl Fn(usize) -> Result<Choice>,
    timeout: Timeout,
) -> Result<Done> {
    if count == 0 {
        return Err(Errno::INVAL);
    }
    // All are looked at before anything is done.
    for index in 1..count {
        choice(index)?;
    }
    let hub = choice(0)?.queue().object.hub;
    let me = hub.check(timeout)?;
    for index in 0..count {
        if let Some(item) = choice(index)?.attempt()? {
            return Ok(Done { index, item });
        }
    }
    if timeout == Timeout::NOW {
        return Err(Errno::AGAIN);
    }
    let first = Cell::new(None);
    // Whoever finds a seat of it looks at the greenlet.
    me.refs.set(me.refs.get() + 1);
    let waited = hub.take_seats(me, count, choice, &first).and_then(|()| {
        let why = Why::Select;
        let wait = Wait { line: &hub.sleepers, why, object: ptr::null(), timeout };
        Ok(hub.block(me, wait)?)
    });
    let done = hub.leave_seats(first.get());
    hub.release(me);
    waited.and_then(|()| done.ok_or(Errno::BADF))
}

impl Hub {
    /// Takes a seat for each choice, in their order; `first` is the head of the list of them.
    fn take_seats(
        &self,
        me: GreenletPtr,
        count: usize,
        choice: impl Fn(usize) -> Result<Choice>,
        first: &Cell<Option<SeatPtr>>,
    ) -> Result<()> {
        for index in 0..count {
            let choice = choice(index)?;
            let seat = match self.spare_seats.pop() {
                Some(seat) => seat,
                None => Seat::try_new(me)?,
            };
            seat.queue.set(Some(choice.queue()));
            seat.greenlet.set(me);
            seat.order.set(self.ready.turns_given() as u64);
            seat.index.set(index);
            seat.is_done.set(false);
            seat.next.set(first.replace(Some(seat)));
            match choice {
                Choice::Get(queue) => queue.seat_getter(seat),
                Choice::Put(queue, item) => {
                    seat.item.set(item);
                    queue.seat_putter(seat);
                }
            }
        }
        Ok(())
    }

    /// All seats of a select are given back. Which choice was done?
    fn leave_seats(&self, first: Option<SeatPtr>) -> Option<Done> {
        let mut done = None;
        let mut at = first;
        while let Some(seat) = at {
            at = seat.next.take();
            seat.leave_queue();
            if seat.is_done.get() {
                done = Some(Done { index: seat.index.get(), item: seat.item.get() });
            }
            self.spare_seats.push(seat);
        }
        done
    }
}

impl Seat {
    fn try_new(greenlet: GreenletPtr) -> Result<SeatPtr> {
        Ok(Handle::leak(mem::try_box(Seat {
            place: Link::new(),
            queue: Cell::new(None),
            greenlet: Cell::new(greenlet),
            item: Cell::new(ptr::null_mut()),
            order: Cell::new(0),
            index: Cell::new(0),
            is_done: Cell::new(false),
            next: Cell::new(None),
        })?))
    }
}

impl Handle<Seat> {
    /// Takes it off its queue, if it is there.
    fn leave_queue(self) {
        if let Some(queue) = self.queue.take() {
            Chain::<Seat>::remove(self);
            queue.seats.set(queue.seats.get() - 1);
        }
    }

    /// Its choice was done: the select is over.
    pub fn finish(self) {
        self.is_done.set(true);
        self.end_wait(0);
    }

    /// Its queue is about to be freed.
    pub fn dismiss(self) {
        if self.greenlet.get().state.get() == State::Waiting {
            self.end_wait(Errno::BADF.0);
        } else {
            self.leave_queue();
        }
    }

    fn end_wait(self, outcome: i32) {
        self.leave_queue();
        let greenlet = self.greenlet.get();
        Line::remove(greenlet);
        greenlet.object.hub.wake(greenlet, outcome);
    }
}

/// The first seat of a select that still waits.
pub fn first(seats: &Chain<Seat>) -> Option<SeatPtr> {
    loop {
        let seat = seats.front()?;
        if seat.greenlet.get().state.get() == State::Waiting {
            return Some(seat);
        }
        seat.leave_queue();
    }
}
