//! Connecting: the write event tells when it has ended.

use super::events::{self, add, delete, provoke, queue};
use super::{
    CONNECTED, CONNECTING, EVBUFFER_ERROR, EVBUFFER_TIMEOUT, EVBUFFER_WRITE, FLUSH, OWN_DESCRIPTOR,
    WANTS_INPUT, WRITABLE, clear, is, is_enabled, read, report, set,
};
use crate::errno::{Errno, Result};
use crate::layout::bufferevent::StreamPtr;
use crate::layout::event::{EV_READ, EV_TIMEOUT, EV_WRITE};
use crate::sys::socket::{self, Address};
use std::ffi::{c_int, c_short};
use std::os::fd::{AsRawFd, IntoRawFd};

/// Starts to connect: the descriptor of the bufferevent, or a socket made for it. How it ended
/// the error callback is told, from the loop.
pub fn connect(stream: StreamPtr, address: Address) -> Result<()> {
    if is(stream, CONNECTING) {
        return Err(Errno::ALREADY);
    }
    if stream.ev_write.ev_fd.get() < 0 {
        return connect_own(stream, address);
    }
    start(stream.ev_write.ev_fd.get(), address)?;
    // What was to be written at the end of this round waits, too.
    clear(stream, FLUSH | WRITABLE);
    delete(stream.reader());
    add(stream.writer(), stream.timeout_write.get())?;
    set(stream, CONNECTING);
    Ok(())
}

fn connect_own(stream: StreamPtr, address: Address) -> Result<()> {
    let socket = socket::stream(address)?;
    start(socket.as_raw_fd(), address)?;
    let (priority, wants_input) = (stream.ev_write.ev_pri.get(), is(stream, WANTS_INPUT));
    events::set_descriptor(stream, socket.as_raw_fd());
    stream.ev_read.ev_pri.set(priority);
    stream.ev_write.ev_pri.set(priority);
    // From here on it is the bufferevent's, and when connected the program's.
    let _ = socket.into_raw_fd();
    set(stream, OWN_DESCRIPTOR);
    if let Err(error) = add(stream.writer(), stream.timeout_write.get()) {
        events::set_descriptor(stream, -1);
        return Err(error);
    }
    set(stream, CONNECTING);
    if wants_input {
        stream.enabled.set(stream.enabled.get() | EV_READ);
    }
    Ok(())
}

fn start(fd: c_int, address: Address) -> Result<()> {
    match socket::connect(fd, address) {
        Err(Errno::INPROGRESS | Errno::INTR) => Ok(()),
        result => result,
    }
}

/// The descriptor can be written, or time is up.
pub fn ended(stream: StreamPtr, what: c_short) {
    let error = if what & EV_TIMEOUT != 0 {
        Some((EVBUFFER_WRITE | EVBUFFER_TIMEOUT, None))
    } else {
        let result = socket::connect_result(stream.ev_write.ev_fd.get());
        result.err().map(|error| (EVBUFFER_ERROR, Some(error)))
    };
    delete(stream.writer());
    clear(stream, CONNECTING);
    if let Some((what, error)) = error {
        if is(stream, OWN_DESCRIPTOR) {
            // This closes it.
            events::set_descriptor(stream, -1);
        }
        return report(stream, what, error);
    }
    clear(stream, OWN_DESCRIPTOR);
    if is_enabled(stream, EV_READ) && read::start(stream).is_err() {
        provoke(stream.reader(), EV_READ);
    }
    if is_enabled(stream, EV_WRITE) && stream.output().off.get() != 0 {
        let _ = queue(stream, FLUSH);
    }
    report(stream, CONNECTED, None);
}
