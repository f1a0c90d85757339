//! Reading: once a turn, up to the high mark, which stops it.

use super::events::{self, add, delete, owns_reader, provoke};
use super::{
    CONNECTING, EVBUFFER_EOF, EVBUFFER_ERROR, EVBUFFER_READ, EVBUFFER_TIMEOUT, STOPPED,
    call_reader, clear, is, is_enabled, report, set, survives,
};
use crate::buffer;
use crate::errno::{Errno, Result};
use crate::layout::bufferevent::StreamPtr;
use crate::layout::event::{EV_READ, EV_TIMEOUT, EVLIST_INSERTED};
use std::ffi::c_short;

/// What one turn reads at most, so that nobody waits long.
const MOST: usize = 64 * 1024;

/// `ev_read` has fired.
pub fn readable(stream: StreamPtr, what: c_short) {
    if what & EV_TIMEOUT != 0 {
        // It may have been added again since, and "nothing is pending after an error".
        delete(stream.reader());
        // The clock does not run while reading is stopped.
        if !is(stream, STOPPED) {
            report(stream, EVBUFFER_READ | EVBUFFER_TIMEOUT, None);
        }
        return;
    }
    let room = room_below_mark(stream);
    if room == 0 {
        stop(stream);
        return delete(stream.reader());
    }
    let (input, fd) = (stream.input(), stream.ev_read.ev_fd.get());
    let (old, want) = (input.off.get(), buffer::usual_read(input).min(MOST).min(room));
    let transport = stream.transport.get();
    match buffer::fill(input, want, |first, second| transport.read(fd, first, second)) {
        Ok(0) => {
            delete(stream.reader());
            report(stream, EVBUFFER_READ | EVBUFFER_EOF, None);
        }
        Ok(_) => {
            if survives(stream, || buffer::notify(input, old)) {
                arrived(stream);
            }
        }
        Err(Errno::AGAIN | Errno::INTR) => {
            if let Err(error) = keep_on(stream) {
                failed(stream, error);
            }
        }
        Err(error) => failed(stream, error),
    }
}

fn failed(stream: StreamPtr, error: Errno) {
    delete(stream.reader());
    report(stream, EVBUFFER_READ | EVBUFFER_ERROR, Some(error));
}

/// How much may be read until the high mark is reached.
fn room_below_mark(stream: StreamPtr) -> usize {
    match stream.wm_read.high.get() {
        0 => usize::MAX,
        high => high.saturating_sub(stream.input().off.get()),
    }
}

/// There is new data: the marks say what happens (behaviour 84).
fn arrived(stream: StreamPtr) {
    if let Err(error) = keep_on(stream) {
        return failed(stream, error);
    }
    if stream.input().off.get() < stream.wm_read.low.get() {
        return;
    }
    if room_below_mark(stream) == 0 {
        stop(stream);
    }
    call_reader(stream);
}

/// Waits for more. The timeout is one of idleness: traffic starts it anew (behaviour 83).
fn keep_on(stream: StreamPtr) -> Result<()> {
    let is_pending = stream.reader().is(EVLIST_INSERTED);
    // It is not pending if adding it failed the last time (`provoke`), or if the base is gone.
    let is_wanted = is_enabled(stream, EV_READ)
        && !is(stream, STOPPED | CONNECTING)
        && stream.reader().base().is_some();
    let seconds = stream.timeout_read.get();
    let is_due = if is_pending { seconds != 0 } else { is_wanted };
    if is_due { add(stream.reader(), seconds) } else { Ok(()) }
}

/// Starts reading; at the high mark it starts when there is less.
pub fn start(stream: StreamPtr) -> Result<()> {
    if room_below_mark(stream) == 0 {
        stop(stream);
        return Ok(());
    }
    go_on(stream);
    add(stream.reader(), stream.timeout_read.get())
}

/// Reading stops until the input is below the mark. The event goes at the end of the round: if
/// readcb takes the data at once, it never does.
fn stop(stream: StreamPtr) {
    stream.hook(stream.input(), resume);
    set(stream, STOPPED);
    // Without a base nothing is pending that would have to go.
    let _ = events::queue(stream, STOPPED);
}

fn go_on(stream: StreamPtr) {
    clear(stream, STOPPED);
    stream.unhook();
}

/// The round ends, and reading is stopped: its event goes. But there may be room after all, if the
/// program has put another input there.
pub fn settle(stream: StreamPtr) {
    if room_below_mark(stream) != 0 {
        resume(stream);
    } else if owns_reader(stream) {
        delete(stream.reader());
    }
}

/// The input has changed, or the mark: if there is room again, reading goes on.
fn resume(stream: StreamPtr) {
    if room_below_mark(stream) == 0 {
        return;
    }
    go_on(stream);
    if is_enabled(stream, EV_READ)
        && !is(stream, CONNECTING)
        && !stream.reader().is(EVLIST_INSERTED)
        && add(stream.reader(), stream.timeout_read.get()).is_err()
    {
        provoke(stream.reader(), EV_READ);
    }
}

/// Sets the marks of the input. Raising the high one makes reading go on.
pub fn set_marks(stream: StreamPtr, low: usize, high: usize) {
    stream.wm_read.low.set(low);
    stream.wm_read.high.set(high);
    // A program that reads by itself stops by itself, too.
    if is(stream, STOPPED) || !owns_reader(stream) {
        resume(stream);
    }
}
