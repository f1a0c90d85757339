//! The socket of a connection, of a server's or a client's: what has come over it and was not
//! looked at yet, what is to be sent, and the two events that watch it.
//!
//! What is to be sent leaves at the end of the round, all of it at once; a buffer is there only
//! while it holds something, so that an idle connection has none. The socket closes with the wire.
//! Between the two there may be a transport.

use super::outgoing::Outgoing;
use super::transport::Layer;
use crate::buffer;
use crate::errno::{Errno, Result};
use crate::event::{self, BasePtr, Core, timeval_of};
use crate::layout::call::transport::{Maker, Question, Transport};
use crate::layout::evbuffer::BufferPtr;
use crate::layout::event::{EV_PERSIST, EV_READ, EV_TIMEOUT, EV_WRITE, Event, EventPtr};
use crate::layout::handle::Handle;
use crate::layout::late::{Late, Work};
use crate::layout::own_event::{self, Fires};
use crate::sys::{fd, mem};
use std::cell::Cell;
use std::ffi::c_int;
use std::os::fd::OwnedFd;

/// Microseconds of a second.
pub const SECOND: u64 = 1_000_000;

/// So many bytes are read at once, at first, and at most.
const LEAST_READ: usize = 4 << 10;
const MOST_READ: usize = 64 << 10;

/// So much is sent before others have their turn.
const TURN: usize = 4 << 20;

pub struct Wire {
    base: Cell<Option<BasePtr>>,
    socket: Cell<c_int>,
    layer: Layer,
    read: Event,
    /// Made when there is something to wait for, and ended with that.
    write: Cell<Option<Handle<Event>>>,
    late: Late,
    input: Cell<Option<BufferPtr>>,
    outgoing: Outgoing,
    /// How much is read at once.
    appetite: Cell<usize>,
    /// Seconds without progress; 0 is none.
    timeout: Cell<c_int>,
    /// The peer has sent its last byte.
    at_end: Cell<bool>,
}

impl Wire {
    pub fn new(base: Option<BasePtr>, timeout: c_int) -> Wire {
        Wire {
            base: Cell::new(base),
            socket: Cell::new(-1),
            layer: Layer::new(),
            read: Event::zeroed(),
            write: Cell::new(None),
            late: Late::new(),
            input: Cell::new(None),
            outgoing: Outgoing::new(),
            appetite: Cell::new(LEAST_READ),
            timeout: Cell::new(timeout),
            at_end: Cell::new(false),
        }
    }

    pub fn base(&self) -> Option<BasePtr> {
        self.base.get()
    }

    pub fn set_base(&self, base: Option<BasePtr>) {
        self.base.set(base);
    }

    /// What is done for it at the end of a round. Once, before it is queued.
    pub fn set_work(&self, work: Work) {
        self.late.set(work);
    }

    pub fn timeout(&self) -> c_int {
        self.timeout.get()
    }

    pub fn set_timeout(&self, seconds: c_int) {
        self.timeout.set(seconds);
    }

    /// Takes a socket, and has `owner` called for it. Nothing is watched yet.
    pub fn attach<T: Fires>(&self, owner: Handle<T>, base: BasePtr, number: c_int) {
        self.base.set(Some(base));
        self.socket.set(number);
        self.at_end.set(false);
        self.end_write_event();
        own_event::set(EventPtr::of(&self.read), base, number, EV_READ | EV_PERSIST, owner);
    }

    /// Puts a transport between itself and its socket.
    pub fn put_between(&self, maker: Maker) -> Result<()> {
        self.layer.open(maker, self.socket.get())
    }

    pub fn transport(&self) -> Option<Transport> {
        self.layer.transport()
    }

    /// Gives the socket back to the caller: it is not closed.
    pub fn detach(&self) {
        self.forget_events();
        self.layer.close();
        self.socket.set(-1);
    }

    pub fn socket(&self) -> c_int {
        self.socket.get()
    }

    /// Closes the socket, with all that waits to be read or sent. Was it open?
    pub fn close(&self) -> bool {
        self.forget_events();
        self.drop_input();
        self.outgoing.clear();
        self.layer.close();
        let number = self.socket.replace(-1);
        if number >= 0 {
            fd::close(number);
        }
        number >= 0
    }

    /// Its base is freed.
    pub fn orphan(&self) {
        self.forget_events();
        self.base.set(None);
    }

    fn forget_events(&self) {
        self.delete(&self.read);
        self.end_write_event();
        self.cancel();
    }

    /// Has the work done at the end of the round.
    pub fn queue(&self) {
        if let Some(base) = self.base.get() {
            let _ = base.try_enter(|core| core.queue_late(base, &self.late));
        }
    }

    pub fn cancel(&self) {
        if let Some(base) = self.late.base() {
            let _ = base.try_enter(|core: &mut Core| core.cancel_late(&self.late));
        }
    }

    /// Makes the loop look at the socket in this round, without asking the kernel.
    pub fn read_at_once(&self) {
        let event = EventPtr::of(&self.read);
        if let Some(base) = self.base.get() {
            let _ = base.try_enter(|core| core.activate(event, c_int::from(EV_READ), 1));
        }
    }

    /// Watches for input; the time without progress begins anew.
    pub fn watch_input(&self) -> Result<()> {
        self.watch_input_until(self.patience())
    }

    /// Watches for input, so many microseconds.
    pub fn watch_input_for(&self, time: u64) -> Result<()> {
        self.watch_input_until(Some(time))
    }

    fn watch_input_until(&self, time: Option<u64>) -> Result<()> {
        if self.layer.has_pending() {
            // Nobody else will tell of it.
            self.queue();
        }
        if self.layer.is_inverted() {
            self.add(&*self.write_event()?, time)
        } else {
            self.add(&self.read, time)
        }
    }

    /// Watches for input, for as long as it takes.
    pub fn watch_idle(&self) -> Result<()> {
        self.watch_input_until(None)
    }

    pub fn ignore_input(&self) {
        self.delete(&self.read);
        if self.layer.forget_inversion() && self.output_length() == 0 {
            self.end_write_event();
        }
    }

    /// Watches for room to send.
    pub fn watch_output(&self) -> Result<()> {
        self.add(&*self.write_event()?, self.patience())
    }

    /// Watches for room to send, so many microseconds.
    pub fn watch_output_for(&self, time: u64) -> Result<()> {
        self.add(&*self.write_event()?, Some(time))
    }

    pub fn ignore_output(&self) {
        if !self.layer.is_inverted() {
            self.end_write_event();
        }
    }

    /// A pause of so many microseconds, while there is no socket.
    pub fn pause<T: Fires>(&self, owner: Handle<T>, time: u64) -> Result<()> {
        let base = self.base.get().ok_or(Errno::INVAL)?;
        self.end_write_event();
        own_event::set(EventPtr::of(&self.read), base, -1, 0, owner);
        let event = self.write_event()?;
        event.ev_events.set(0);
        self.add(&event, Some(time))
    }

    /// The event that waits for room to send. It calls whom the other one calls.
    fn write_event(&self) -> Result<Handle<Event>> {
        if let Some(event) = self.write.get() {
            return Ok(event);
        }
        let event = Handle::leak(mem::try_box(Event::zeroed())?);
        let (callback, arg) = (self.read.ev_callback.get(), self.read.ev_arg.get());
        let (base, number) = (self.base.get(), self.socket.get());
        let place = EventPtr::of(&event);
        event::set_for(base, place, number, EV_WRITE | EV_PERSIST, callback, arg);
        self.write.set(Some(event));
        Ok(event)
    }

    fn end_write_event(&self) {
        if let Some(event) = self.write.take() {
            self.delete(&event);
            event.dispose();
        }
    }

    fn patience(&self) -> Option<u64> {
        let seconds = u64::from(self.timeout.get().max(0).unsigned_abs());
        (seconds > 0).then_some(seconds * SECOND)
    }

    fn add(&self, event: &Event, time: Option<u64>) -> Result<()> {
        let base = self.base.get().ok_or(Errno::INVAL)?;
        let event = EventPtr::of(event);
        let after = self.layer.limit(time).map(timeval_of);
        base.try_enter(|core| {
            if after.is_none() && Core::is_linked(event) {
                // An old time limit would stay otherwise.
                core.del(event);
            }
            core.add(event, after.as_ref())
        })?
    }

    fn delete(&self, event: &Event) {
        let event = EventPtr::of(event);
        if Core::is_linked(event)
            && let Some(base) = self.base.get()
        {
            let _ = base.try_enter(|core| core.del(event));
        }
    }

    /// Has time run out, since this was asked last?
    pub fn take_timeout(&self) -> bool {
        let timed_out = |event: &Event| event.ev_res.replace(0) & c_int::from(EV_TIMEOUT) != 0;
        timed_out(&self.read) | self.write.get().is_some_and(|write| timed_out(&write))
    }

    pub fn is_at_end(&self) -> bool {
        self.at_end.get()
    }

    pub fn set_at_end(&self) {
        self.at_end.set(true);
    }

    pub fn input(&self) -> Option<BufferPtr> {
        self.input.get()
    }

    pub fn has_input(&self) -> bool {
        self.input_length() > 0
    }

    pub fn input_length(&self) -> usize {
        self.input.get().map_or(0, |input| input.off.get())
    }

    pub fn drop_input(&self) {
        if let Some(input) = self.input.take() {
            input.dispose();
        }
    }

    pub fn input_or_new(&self) -> Result<BufferPtr> {
        let input = match self.input.get() {
            Some(input) => input,
            None => BufferPtr::create()?,
        };
        self.input.set(Some(input));
        Ok(input)
    }

    /// Reads once, more of it the more there was the last time; 0: the peer has sent its last byte.
    pub fn fill(&self) -> Result<usize> {
        let input = self.input_or_new()?;
        let was_inverted = self.layer.is_inverted();
        let want = self.appetite.get();
        let read = self.layer.read(input, self.socket.get(), want);
        match read {
            Ok(0) => self.at_end.set(true),
            Ok(n) if n >= want => self.appetite.set((2 * want).min(MOST_READ)),
            Ok(n) if n < want / 4 => self.appetite.set((want / 2).max(LEAST_READ)),
            _ => {}
        }
        if input.off.get() == 0 {
            self.drop_input();
        }
        if self.layer.transport().is_some() {
            self.heed(was_inverted)?;
        }
        read
    }

    /// After a reading: watches for what the transport waits for.
    fn heed(&self, was_inverted: bool) -> Result<()> {
        let is_inverted = self.layer.is_inverted();
        if is_inverted && !was_inverted {
            self.delete(&self.read);
        } else if was_inverted && !is_inverted && self.output_length() == 0 {
            self.end_write_event();
        }
        if is_inverted != was_inverted || self.layer.has_become_ready() {
            self.watch_input()?;
        } else if self.layer.has_pending() {
            self.queue();
        }
        Ok(())
    }

    /// Is there something to read that the socket does not tell of?
    pub fn has_pending(&self) -> bool {
        self.layer.has_pending()
    }

    /// Has what comes before the first byte taken too long?
    pub fn is_unready(&self) -> bool {
        self.layer.is_unready()
    }

    /// What the program is to be asked before reading can go on.
    pub fn question(&self) -> Option<Question> {
        self.layer.question()
    }

    /// The program has been asked.
    pub fn answered(&self) {
        self.layer.answered();
    }

    pub fn output_length(&self) -> usize {
        self.outgoing.length()
    }

    /// The buffer of what is to be sent last.
    pub fn output(&self) -> Result<BufferPtr> {
        self.outgoing.tail()
    }

    /// Has what is in a buffer sent behind all else: it is moved.
    pub fn push_buffer(&self, from: BufferPtr) -> Result<()> {
        self.outgoing.push_buffer(from)
    }

    /// Has a part of a file sent behind all else.
    pub fn push_file(&self, file: OwnedFd, offset: i64, length: usize) -> Result<()> {
        self.outgoing.push_file(file, offset, length)
    }

    /// Forgets what is to be sent.
    pub fn drop_output(&self) {
        self.outgoing.clear();
    }

    /// Sends, at the end of the round.
    pub fn send(&self, bytes: &[u8]) -> Result<()> {
        let output = self.output()?;
        self.queue();
        buffer::append(output, bytes)
    }

    /// Writes what there is; is that all? Otherwise the rest follows when there is room.
    pub fn flush(&self) -> Result<bool> {
        let mut sent = 0;
        while self.outgoing.length() > 0 {
            match self.outgoing.send(&self.layer, self.socket.get()) {
                Ok(n) => sent += n,
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => {
                    self.is_heard(sent);
                    return self.wait_for_room().map(|()| false);
                }
                Err(error) => return Err(error),
            }
            if sent >= TURN && self.outgoing.length() > 0 {
                self.is_heard(sent);
                return self.watch_output().map(|()| false);
            }
        }
        self.outgoing.clear();
        self.ignore_output();
        Ok(true)
    }

    /// What waits for room may in truth wait for input: then there is always room.
    fn wait_for_room(&self) -> Result<()> {
        if !self.layer.writing_wants_input() {
            return self.watch_output();
        }
        self.ignore_output();
        if Core::is_linked(EventPtr::of(&self.read)) { Ok(()) } else { self.watch_input() }
    }

    /// Says, where there is a way to, that this was all. Is it said? Otherwise it is to be tried
    /// again when there is room.
    pub fn say_end(&self) -> Result<bool> {
        match self.layer.shut_down() {
            Err(Errno::AGAIN) => self.watch_output().map(|()| false),
            // Who cannot be told finds out.
            Ok(()) | Err(_) => Ok(true),
        }
    }

    /// The peer takes what it is sent: it is given more time for the rest.
    fn is_heard(&self, sent: usize) {
        let write = self.write.get();
        for event in [Some(&self.read), write.as_deref()].into_iter().flatten() {
            if sent > 0 && Core::is_linked(EventPtr::of(event)) {
                let _ = self.add(event, self.patience());
            }
        }
    }
}
