//! Bufferevents: buffered input and output on a descriptor.
//!
//! ```text
//!   bufferevent_write -> output -> late queue of the base -> end of the round: one send
//!                                        |                        | the socket is full
//!                                        +--- ev_write fires <----+ (only then registered)
//!
//!   ev_read fires (registered while enabled) -> one readv -> input -> readcb
//!                                        | the high mark is reached
//!                                        +--- deleted at the end of the round, added again when
//!                                             the input is below the mark
//! ```
//! So a message costs a wait, a read and a write, and no change of a registration.
//!
//! Rules: user code is called last, and nothing is touched afterwards; where work has to go on
//! (after callbacks of buffers) the bufferevent is held by `survives`. Programs may put callbacks
//! of their own into the two events (TLS code of OpenBSD's does): then these are added as in
//! libevent 1.4, and reading and writing is theirs.

mod connect;
mod events;
mod read;
mod transport;
mod write;

pub use connect::connect;
pub use events::{
    disable, enable, set_base, set_descriptor, set_priority, set_timeouts, wait_for_more,
};
pub use read::set_marks;
pub use transport::Transport;
pub use write::{flush, write, write_buffer};

use crate::buffer;
use crate::errno::{Errno, Result};
use crate::layout::bufferevent::StreamPtr;
use crate::layout::evbuffer::BufferPtr;
use crate::layout::event::EV_WRITE;
use crate::sys::signal::set_errno;
use std::ffi::{c_int, c_short};

/// What an error callback is told, as `event.h` and `bufferevent_ext.h` name it.
const EVBUFFER_READ: c_short = 0x01;
const EVBUFFER_WRITE: c_short = 0x02;
const EVBUFFER_EOF: c_short = 0x10;
const EVBUFFER_ERROR: c_short = 0x20;
const EVBUFFER_TIMEOUT: c_short = 0x40;
const CONNECTED: c_short = 0x80;

// Bits of `Stream::state`.

/// Freed while frames of ours are in it.
const DOOMED: u32 = 1;
/// Reading has stopped at the high mark.
const STOPPED: u32 = 2;
/// Reading was asked for before there was a descriptor: it starts once connected.
const WANTS_INPUT: u32 = 4;
/// There is something to write, or a first look at whether that is possible, at the end of the
/// round.
const FLUSH: u32 = 8;
/// `ev_write` has fired in this round.
const WRITABLE: u32 = 16;
/// `connect` is under way.
const CONNECTING: u32 = 32;
/// The descriptor of that is ours, until it is connected.
const OWN_DESCRIPTOR: u32 = 64;

/// A bufferevent on a descriptor, or on none (-1) yet.
pub fn create(fd: c_int) -> Result<StreamPtr> {
    let input = BufferPtr::create()?;
    let output = BufferPtr::create().inspect_err(|_| input.dispose())?;
    let stream = StreamPtr::create(events::end_of_round, &transport::Socket, input, output);
    let stream = stream.inspect_err(|_| {
        input.dispose();
        output.dispose();
    })?;
    events::set_up(stream, fd);
    stream.enabled.set(EV_WRITE);
    Ok(stream)
}

/// Frees a bufferevent and its buffers: at once, or when our own frames in it have returned. The
/// descriptor stays as it is.
pub fn free(stream: StreamPtr) {
    events::forget(stream);
    buffer::free(stream.input());
    buffer::free(stream.output());
    if stream.depth.get() == 0 {
        stream.dispose();
    } else {
        set(stream, DOOMED);
    }
}

fn is(stream: StreamPtr, bits: u32) -> bool {
    stream.state.get() & bits != 0
}

fn set(stream: StreamPtr, bits: u32) {
    stream.state.set(stream.state.get() | bits);
}

fn clear(stream: StreamPtr, bits: u32) {
    stream.state.set(stream.state.get() & !bits);
}

fn is_enabled(stream: StreamPtr, what: c_short) -> bool {
    stream.enabled.get() & what != 0
}

/// Runs what may end in user code; false if the bufferevent was freed by that.
fn survives(stream: StreamPtr, run: impl FnOnce()) -> bool {
    stream.depth.set(stream.depth.get() + 1);
    run();
    stream.depth.set(stream.depth.get() - 1);
    if !is(stream, DOOMED) {
        return true;
    }
    if stream.depth.get() == 0 {
        stream.dispose();
    }
    false
}

/// Calls the program when there is something to read; the last thing that is done.
fn call_reader(stream: StreamPtr) {
    stream.read_call().run();
}

/// Calls the program when something was written; the last thing that is done.
fn call_writer(stream: StreamPtr) {
    stream.write_call().run();
}

/// Tells the error callback; the last thing that is done.
fn report(stream: StreamPtr, what: c_short, error: Option<Errno>) {
    if let Some(error) = error {
        set_errno(error);
    }
    stream.error_call(what).run();
}
