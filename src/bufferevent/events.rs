//! The two events of a bufferevent, and its place in the queue for the end of the round.

use super::{
    CONNECTING, FLUSH, OWN_DESCRIPTOR, STOPPED, WANTS_INPUT, WRITABLE, clear, is, is_enabled, read,
    set, write,
};
use crate::errno::{Errno, Result};
use crate::event::{self, BasePtr};
use crate::layout::bufferevent::StreamPtr;
use crate::layout::event::{
    EV_PERSIST, EV_READ, EV_WRITE, EVLIST_ACTIVE, EVLIST_INIT, EVLIST_INSERTED, EVLIST_TIMEOUT,
    EventPtr,
};
use crate::sys::fd;
use libc::timeval;
use std::ffi::{c_int, c_short, c_void};

/// Sets up both events for a descriptor, on the base of the bufferevent's or the current one.
pub fn set_up(stream: StreamPtr, fd: c_int) {
    let arg = stream.as_ptr().cast();
    let (reader, writer) = (stream.reader(), stream.writer());
    event::set(reader, fd, EV_READ | EV_PERSIST, Some(on_readable), arg);
    event::set(writer, fd, EV_WRITE | EV_PERSIST, Some(on_writable), arg);
    if let Some(base) = stream.base() {
        for event in [reader, writer] {
            // An event that was just set up can go to any base.
            let _ = event::assign_base(base, event);
        }
    }
}

extern "C" fn on_readable(_fd: c_int, what: c_short, arg: *mut c_void) {
    if let Some(stream) = StreamPtr::of_argument(arg) {
        read::readable(stream, what);
    }
}

extern "C" fn on_writable(_fd: c_int, what: c_short, arg: *mut c_void) {
    if let Some(stream) = StreamPtr::of_argument(arg) {
        write::writable(stream, what);
    }
}

/// Does the read event still call us? Programs that encrypt by themselves put callbacks of their
/// own into both events.
pub fn owns_reader(stream: StreamPtr) -> bool {
    calls(stream.reader(), on_readable)
}

/// Does the write event still call us?
pub fn owns_writer(stream: StreamPtr) -> bool {
    calls(stream.writer(), on_writable)
}

fn calls(event: EventPtr, ours: extern "C" fn(c_int, c_short, *mut c_void)) -> bool {
    event.ev_callback.get().is_some_and(|callback| callback as usize == ours as usize)
}

/// Takes the bufferevent out of everything that could call it. A socket of our own that is not
/// connected goes: nobody else knows of it.
pub fn forget(stream: StreamPtr) {
    delete(stream.reader());
    delete(stream.writer());
    cancel(stream);
    if is(stream, OWN_DESCRIPTOR) {
        clear(stream, OWN_DESCRIPTOR);
        fd::close(stream.ev_write.ev_fd.get());
    }
    clear(stream, STOPPED | FLUSH | WRITABLE | CONNECTING | WANTS_INPUT);
    stream.unhook();
}

/// Another descriptor: nothing is added for it, and the priority is the default again
/// (behaviour 91).
pub fn set_descriptor(stream: StreamPtr, fd: c_int) {
    if fd == stream.ev_write.ev_fd.get() {
        // A program that names a socket of ours has taken it over.
        clear(stream, OWN_DESCRIPTOR);
    }
    forget(stream);
    stream.transport.set(&super::transport::Socket);
    set_up(stream, fd);
}

/// `EINVAL` while anything is pending or to be written (behaviour 81).
pub fn set_base(base: BasePtr, stream: StreamPtr) -> Result<()> {
    let is_idle = |event: EventPtr| event.ev_flags.get() == EVLIST_INIT;
    let will_write = stream.late.is_queued() && is(stream, FLUSH);
    if !is_idle(stream.reader()) || !is_idle(stream.writer()) || will_write {
        return Err(Errno::INVAL);
    }
    cancel(stream);
    stream.ev_base.set(base.as_ptr());
    event::assign_base(base, stream.reader())?;
    event::assign_base(base, stream.writer())
}

pub fn set_priority(stream: StreamPtr, priority: c_int) -> Result<()> {
    for event in [stream.reader(), stream.writer()] {
        event::set_priority(event.base().ok_or(Errno::INVAL)?, event, priority)?;
    }
    Ok(())
}

/// Seconds without any traffic until the error callback is called; 0 is no bound. What runs
/// already gets the new time at once, but 0 does not stop it (behaviour 89).
pub fn set_timeouts(stream: StreamPtr, read: c_int, write: c_int) {
    stream.timeout_read.set(read);
    stream.timeout_write.set(write);
    for (event, seconds) in [(stream.reader(), read), (stream.writer(), write)] {
        if event.is(EVLIST_INSERTED) {
            // It is pending: there is no way for this to fail but memory, and then it stays.
            let _ = add(event, seconds);
        }
    }
}

/// Starts reading or writing, all or nothing; once connected, if that is under way.
pub fn enable(stream: StreamPtr, what: c_short) -> Result<()> {
    let what = what & (EV_READ | EV_WRITE);
    if what & EV_READ != 0 && stream.ev_read.ev_fd.get() < 0 {
        // An error, as in 1.4; but libevent 2's programs ask before they connect.
        set(stream, WANTS_INPUT);
    }
    if !is(stream, CONNECTING) {
        let was_reading = stream.reader().is(EVLIST_INSERTED);
        if what & EV_READ != 0 {
            read::start(stream)?;
        }
        if what & EV_WRITE != 0
            && let Err(error) = start_writing(stream)
        {
            if !was_reading {
                delete(stream.reader());
            }
            return Err(error);
        }
    }
    stream.enabled.set(stream.enabled.get() | what);
    Ok(())
}

/// What there is goes out at the end of the round; if there is nothing, writecb is called as
/// soon as something could (behaviour 82).
fn start_writing(stream: StreamPtr) -> Result<()> {
    if !owns_writer(stream) || stream.writer().is(EVLIST_INSERTED) {
        return add(stream.writer(), stream.timeout_write.get());
    }
    fd::must_be_open(stream.ev_write.ev_fd.get())?;
    queue(stream, FLUSH)
}

/// Stops reading or writing (behaviour 90).
pub fn disable(stream: StreamPtr, what: c_short) -> Result<()> {
    if what & EV_READ != 0 {
        delete(stream.reader());
        clear(stream, WANTS_INPUT);
    }
    if what & EV_WRITE != 0 && !is(stream, CONNECTING) {
        delete(stream.writer());
        clear(stream, FLUSH | WRITABLE);
    }
    if !is(stream, FLUSH) && !stream.reader().is(EVLIST_INSERTED) {
        cancel(stream);
    }
    stream.enabled.set(stream.enabled.get() & !what);
    Ok(())
}

/// For `bufferevent_read_pressure_cb`: reading goes on.
pub fn wait_for_more(stream: StreamPtr) {
    if is_enabled(stream, EV_READ) {
        // As in 1.4, whose callback cannot say that it failed.
        let _ = add(stream.reader(), stream.timeout_read.get());
    }
}

/// The end of a round: reading that has stopped lets go of its event, and output goes out. Did
/// the program hear of it?
pub fn end_of_round(stream: StreamPtr) -> bool {
    if is(stream, STOPPED) {
        read::settle(stream);
    }
    if !is(stream, FLUSH) {
        return false;
    }
    let is_writable = is(stream, WRITABLE);
    clear(stream, FLUSH | WRITABLE);
    write::write_out(stream, is_writable)
}

/// Asks for `end_of_round`, and notes why.
pub fn queue(stream: StreamPtr, why: u32) -> Result<()> {
    let base = stream.writer().base().ok_or(Errno::INVAL)?;
    if owns_reader(stream) && stream.reader().base().is_none() {
        // The base was freed while the reader was pending, and the writer was not.
        return Err(Errno::INVAL);
    }
    base.try_enter(|core| core.queue_late(base, &stream.late))?;
    set(stream, why);
    Ok(())
}

fn cancel(stream: StreamPtr) {
    if let Some(base) = stream.late.base() {
        let _ = base.try_enter(|core| core.cancel_late(&stream.late));
    }
}

/// Adds an event with a timeout in seconds; 0: with none, or with what it has.
pub fn add(event: EventPtr, seconds: c_int) -> Result<()> {
    let timeout = timeval { tv_sec: seconds.max(0) as libc::time_t, tv_usec: 0 };
    let timeout = if timeout.tv_sec == 0 { None } else { Some(&timeout) };
    if event.ev_fd.get() < 0 {
        return Err(Errno::BADF);
    }
    event.base().ok_or(Errno::INVAL)?.try_enter(|core| core.add(event, timeout))?
}

/// Takes an event out of everything that it is in.
pub fn delete(event: EventPtr) {
    if event.any(EVLIST_INSERTED | EVLIST_TIMEOUT | EVLIST_ACTIVE)
        && let Some(base) = event.base()
    {
        // Only a handler that interrupts the base would find it busy: it has no business here.
        let _ = base.try_enter(|core| core.del(event));
    }
}

/// Has an event called as if it had fired, so that what is wrong with its descriptor shows.
pub fn provoke(event: EventPtr, what: c_short) {
    if let Some(base) = event.base() {
        let _ = base.try_enter(|core| core.activate(event, c_int::from(what), 1));
    }
}
