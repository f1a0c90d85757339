//! Queues: FIFO, LIFO, by priority; with a bound or without, or channels, which hold nothing.
//!
//! ```text
//!   putters (wait while it is full) --> items --> getters (wait while it is empty)
//! ```
//! Who gets waits only while there is no item, and who puts only while there is no place: an item
//! that comes goes to the first who gets, and a place that becomes free to the first who puts,
//! before anybody else runs. Whoever waits stands in a line itself (that is fast), or has a seat
//! in a chain of its own, if it waits in several queues at once (`select`). `order` tells who of
//! the two came first.

pub mod heap;
pub mod ring;
pub mod select;

use super::greenlet::{GreenletPtr, Line, Why};
use super::object::{Head, Kind, Object};
use super::schedule::Wait;
use crate::errno::{Errno, Result};
use crate::layout::call::CompareFn;
use crate::layout::chain::Chain;
use crate::layout::handle::Handle;
use crate::log::{self, Misuse};
use crate::sys::Timeout;
use heap::Heap;
use ring::Ring;
use select::{Seat, SeatPtr};
use std::cell::Cell;
use std::ffi::{c_long, c_void};
use std::ptr;

enum Items {
    Fifo(Ring),
    Lifo(Ring),
    Sorted(Heap),
}

/// In which order items come out.
#[derive(Clone, Copy)]
pub enum Order {
    Fifo,
    Lifo,
    Sorted(CompareFn, *mut c_void),
}

#[repr(C)]
pub struct Queue {
    /// In whose line those stand who get.
    object: Object,
    putters: Line,
    /// How many seats there are in the two chains of them.
    seats: Cell<usize>,
    /// How many items it has, and may have.
    len: Cell<usize>,
    most: usize,
    /// Items that were taken up, and of which nobody has said that they are done with.
    tasks: Cell<usize>,
    items: Items,
    getting: Chain<Seat>,
    putting: Chain<Seat>,
    /// Those who wait until there are no tasks.
    joiners: Line,
}

impl Head for Queue {
    const KIND: Kind = Kind::Queue;
    fn object(&self) -> &Object {
        &self.object
    }
    /// Can something be got?
    fn is_ready(&self) -> bool {
        self.len.get() != 0 || self.first_putter().is_some()
    }
}

pub type QueuePtr = Handle<Queue>;

/// Who waits in a queue: a greenlet in its line, or a select.
enum Waiter {
    Greenlet(GreenletPtr),
    Seat(SeatPtr),
}

/// `most`: how many items it may have; negative: as many as there is memory for.
pub fn create(most: c_long, order: Order) -> Result<QueuePtr> {
    let queue = super::object::create(|object| {
        let items = match order {
            Order::Fifo => Items::Fifo(Ring::new()),
            Order::Lifo => Items::Lifo(Ring::new()),
            Order::Sorted(function, arg) => Items::Sorted(Heap::new(object.hub, function, arg)),
        };
        Queue {
            object,
            putters: Line::new(),
            seats: Cell::new(0),
            len: Cell::new(0),
            most: usize::try_from(most).unwrap_or(usize::MAX),
            tasks: Cell::new(0),
            items,
            getting: Chain::new(),
            putting: Chain::new(),
            joiners: Line::new(),
        }
    })?;
    queue.object.line.settle();
    queue.putters.settle();
    Ok(queue)
}

/// Whoever waits gets `BADF`. Refused inside of its comparison.
pub fn free(queue: QueuePtr) {
    if queue.is_busy() {
        return log::misuse(Misuse::Busy, "evhub_queue_free");
    }
    let hub = queue.object.hub;
    hub.wake_all_gone(&queue.putters);
    hub.wake_all_gone(&queue.joiners);
    for seats in [&queue.getting, &queue.putting] {
        while let Some(seat) = seats.front() {
            seat.dismiss();
        }
    }
    super::object::free(queue);
}

impl Queue {
    pub fn len(&self) -> usize {
        self.len.get()
    }

    /// Is its comparison being called?
    fn is_busy(&self) -> bool {
        matches!(&self.items, Items::Sorted(heap) if heap.is_busy())
    }

    pub fn is_full(&self) -> bool {
        self.len.get() >= self.most
    }

    /// The usual cases of a put, with nothing to save and no call: somebody waits for the item, or
    /// it is appended. False: nothing was done.
    #[inline(always)]
    pub fn put_at_once(&self, item: *mut c_void) -> bool {
        if self.seats.get() != 0 {
            return false;
        }
        let tasks = self.tasks.get() + 1;
        if let Some(getter) = self.object.line.front() {
            self.tasks.set(tasks);
            getter.item.set(item);
            Line::remove(getter);
            self.object.hub.wake(getter, 0);
            return true;
        }
        let len = self.len.get();
        let Items::Fifo(ring) = &self.items else { return false };
        if len >= self.most || !self.object.links.is_empty() || !ring.append(len, item) {
            return false;
        }
        self.len.set(len + 1);
        self.tasks.set(tasks);
        true
    }

    /// As `put_at_once`: there is an item and nobody waits to put, or somebody offers one in a
    /// channel.
    #[inline(always)]
    pub fn get_at_once(&self) -> Option<*mut c_void> {
        if self.seats.get() != 0 {
            return None;
        }
        let len = self.len.get();
        if let Some(putter) = self.putters.front() {
            if len != 0 || self.is_cancelled() {
                return None;
            }
            let item = putter.item.get();
            self.tasks.set(self.tasks.get() + 1);
            Line::remove(putter);
            self.object.hub.wake(putter, 0);
            return Some(item);
        }
        let Items::Fifo(ring) = &self.items else { return None };
        if len == 0 || ring.is_large() || self.is_cancelled() {
            return None;
        }
        self.len.set(len - 1);
        Some(ring.take_first())
    }

    /// Was the caller killed, or is its time over?
    fn is_cancelled(&self) -> bool {
        self.object.hub.me().cancel.get() != 0
    }

    /// A put without a limit that waits, in the usual case, after `put_at_once`. `None`: nothing
    /// was done.
    #[inline(always)]
    pub fn put_easily(&self, item: *mut c_void) -> Option<Result<()>> {
        if !self.is_full() || self.most == 0 && !self.object.links.is_empty() || self.is_busy() {
            return None;
        }
        self.wait_easily(&self.putters, Why::QueuePut, item).map(|waited| waited.map(drop))
    }

    /// A get without a limit that waits, in the usual case, after `get_at_once`. `None`: nothing
    /// was done.
    #[inline(always)]
    pub fn get_easily(&self) -> Option<Result<*mut c_void>> {
        if self.len.get() != 0 {
            return None;
        }
        self.wait_easily(&self.object.line, Why::QueueGet, ptr::null_mut())
    }

    /// Waits for an item, or with one; the caller knows that there is no other way.
    #[inline(always)]
    fn wait_easily(&self, line: &Line, why: Why, item: *mut c_void) -> Option<Result<*mut c_void>> {
        let hub = self.object.hub;
        let me = hub.me();
        if self.seats.get() != 0 || me.cancel.get() != 0 {
            return None;
        }
        me.item.set(item);
        me.order.set(hub.ready.turns_given() as u64);
        let (object, timeout) = (&raw const self.object, Timeout::NEVER);
        let waited = hub.block_easily(me, Wait { line, why, object, timeout })?;
        Some(waited.map(|()| me.item.get()).map_err(Errno::from))
    }

    /// Puts an item; what finds a place is put whatever has become of the caller.
    pub fn put(&self, item: *mut c_void, timeout: Timeout) -> Result<()> {
        if self.try_put(item)? {
            return Ok(());
        }
        let hub = self.object.hub;
        let me = hub.check(timeout)?;
        if self.most == 0 && timeout != Timeout::NOW {
            self.notify();
        }
        me.item.set(item);
        me.order.set(hub.ready.turns_given() as u64);
        let (line, object) = (&self.putters, &raw const self.object);
        Ok(hub.block(me, Wait { line, why: Why::QueuePut, object, timeout })?)
    }

    #[inline]
    pub fn get(&self, timeout: Timeout) -> Result<*mut c_void> {
        let hub = self.object.hub;
        let me = hub.check(timeout)?;
        if (self.len.get() != 0 || self.most == 0)
            && let Some(item) = self.try_get()?
        {
            return Ok(item);
        }
        me.order.set(hub.ready.turns_given() as u64);
        hub.block_here(me, Wait::at(&self.object, Why::QueueGet, timeout))?;
        Ok(me.item.get())
    }

    /// Puts an item if it need not wait: was it put?
    pub fn try_put(&self, item: *mut c_void) -> Result<bool> {
        if self.is_busy() {
            return Err(Errno::BUSY);
        }
        match self.first_getter() {
            // There are no items, so this one is next in any order.
            Some(getter) => self.hand_over(getter, item),
            None if self.is_full() => return Ok(false),
            None => self.store(item)?,
        }
        self.tasks.set(self.tasks.get() + 1);
        Ok(true)
    }

    /// Gets an item if there is one.
    #[inline(never)]
    pub fn try_get(&self) -> Result<Option<*mut c_void>> {
        let len = self.len.get();
        if len != 0 {
            let item = self.take(len)?;
            self.admit()?;
            if self.len.get() == 0 {
                self.settle();
            }
            return Ok(Some(item));
        }
        if self.most != 0 {
            return Ok(None);
        }
        Ok(self.first_putter().map(|putter| self.receive(putter)))
    }

    /// A place was made: the first who waits for one has it.
    #[inline]
    fn admit(&self) -> Result<()> {
        match self.first_putter() {
            Some(putter) => self.store(self.receive(putter)),
            None => Ok(()),
        }
    }

    fn store(&self, item: *mut c_void) -> Result<()> {
        let len = self.len.get();
        match &self.items {
            Items::Fifo(ring) | Items::Lifo(ring) => {
                ring.push(len, item)?;
                self.len.set(len + 1);
            }
            Items::Sorted(heap) => {
                heap.reserve(len)?;
                self.len.set(len + 1);
                heap.push(len + 1, item);
            }
        }
        self.notify();
        Ok(())
    }

    fn take(&self, len: usize) -> Result<*mut c_void> {
        let item = match &self.items {
            Items::Fifo(ring) => ring.take_first(),
            Items::Lifo(ring) => ring.take_last(len),
            Items::Sorted(heap) => heap.take(len)?,
        };
        self.len.set(len - 1);
        Ok(item)
    }

    /// Now that it is empty, much memory goes back.
    #[inline]
    fn settle(&self) {
        match &self.items {
            Items::Fifo(ring) | Items::Lifo(ring) => ring.settle(),
            Items::Sorted(heap) => heap.settle(),
        }
    }

    /// Gives an item to who waits for it.
    #[inline]
    fn hand_over(&self, getter: Waiter, item: *mut c_void) {
        match getter {
            Waiter::Greenlet(greenlet) => {
                greenlet.item.set(item);
                Line::remove(greenlet);
                self.object.hub.wake(greenlet, 0);
            }
            Waiter::Seat(seat) => {
                seat.item.set(item);
                seat.finish();
            }
        }
    }

    /// Takes the item of who waits to put it.
    #[inline]
    fn receive(&self, putter: Waiter) -> *mut c_void {
        self.tasks.set(self.tasks.get() + 1);
        match putter {
            Waiter::Greenlet(greenlet) => {
                Line::remove(greenlet);
                self.object.hub.wake(greenlet, 0);
                greenlet.item.get()
            }
            Waiter::Seat(seat) => {
                seat.finish();
                seat.item.get()
            }
        }
    }

    #[inline]
    fn first_getter(&self) -> Option<Waiter> {
        if self.seats.get() != 0 {
            return first_of(&self.object.line, &self.getting);
        }
        self.object.line.front().map(Waiter::Greenlet)
    }

    #[inline]
    fn first_putter(&self) -> Option<Waiter> {
        if self.seats.get() != 0 {
            return first_of(&self.putters, &self.putting);
        }
        self.putters.front().map(Waiter::Greenlet)
    }

    /// A select waits to get.
    fn seat_getter(&self, seat: SeatPtr) {
        self.seats.set(self.seats.get() + 1);
        self.getting.push(seat);
    }

    /// A select waits to put.
    fn seat_putter(&self, seat: SeatPtr) {
        self.seats.set(self.seats.get() + 1);
        self.putting.push(seat);
        if self.most == 0 {
            self.notify();
        }
    }

    /// There is something to get.
    #[inline]
    fn notify(&self) {
        if !self.object.links.is_empty() {
            self.object.hub.notify(&self.object);
        }
    }

    /// One task is done: `INVAL` if there is none.
    pub fn task_done(&self) -> Result<()> {
        let left = self.tasks.get().checked_sub(1).ok_or(Errno::INVAL)?;
        self.tasks.set(left);
        if left == 0 {
            self.object.hub.wake_all(&self.joiners);
        }
        Ok(())
    }

    /// Waits until all tasks are done.
    pub fn join(&self, timeout: Timeout) -> Result<()> {
        let hub = self.object.hub;
        let me = hub.check(timeout)?;
        if self.tasks.get() == 0 {
            return Ok(());
        }
        let (line, object) = (&self.joiners, &raw const self.object);
        Ok(hub.block(me, Wait { line, why: Why::QueueJoin, object, timeout })?)
    }
}

/// The first of those who stand in a line and those who have a seat.
#[cold]
fn first_of(line: &Line, seats: &Chain<Seat>) -> Option<Waiter> {
    let standing = line.front();
    match (standing, select::first(seats)) {
        (Some(greenlet), Some(seat)) if greenlet.order.get() < seat.order.get() => {
            Some(Waiter::Greenlet(greenlet))
        }
        (_, Some(seat)) => Some(Waiter::Seat(seat)),
        (standing, None) => standing.map(Waiter::Greenlet),
    }
}
