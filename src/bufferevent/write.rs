//! Writing: at the end of the round what has been collected goes out, in one piece.

use super::events::{add, delete, owns_writer, queue};
use super::transport::{File, Transport};
use super::{
    CONNECTING, EVBUFFER_EOF, EVBUFFER_ERROR, EVBUFFER_TIMEOUT, EVBUFFER_WRITE, FLUSH, WRITABLE,
    call_writer, clear, connect, is, is_enabled, report, survives,
};
use crate::buffer;
use crate::errno::{Errno, Result};
use crate::layout::bufferevent::StreamPtr;
use crate::layout::evbuffer::BufferPtr;
use crate::layout::event::{EV_TIMEOUT, EV_WRITE, EVLIST_INSERTED};
use std::ffi::c_short;

/// What one turn writes at most, so that nobody waits long.
const MOST: usize = 256 * 1024;

/// `bufferevent_write`: adds to the output, which goes out at the end of the round.
pub fn write(stream: StreamPtr, bytes: &[u8]) -> Result<()> {
    let output = stream.output();
    let old = output.off.get();
    buffer::append(output, bytes)?;
    if !bytes.is_empty() && survives(stream, || buffer::notify(output, old)) {
        schedule(stream);
    }
    Ok(())
}

/// `bufferevent_write_buffer`: moves all of a buffer to the output. First the output's callback
/// is called, last the source's (behaviour 92).
pub fn write_buffer(stream: StreamPtr, source: BufferPtr) -> Result<()> {
    let output = stream.output();
    let (here, there) = (output.off.get(), source.off.get());
    if there == 0 {
        return Ok(());
    }
    if source == output {
        schedule(stream);
        return Ok(());
    }
    buffer::move_all(output, source)?;
    buffer::held(source, || {
        if survives(stream, || buffer::notify(output, here)) {
            schedule(stream);
        }
        buffer::notify(source, there);
    });
    Ok(())
}

/// Has the output written, if that is enabled and not under way already.
fn schedule(stream: StreamPtr) {
    let has_descriptor = stream.ev_write.ev_fd.get() >= 0;
    if !is_enabled(stream, EV_WRITE) || is(stream, CONNECTING) || !has_descriptor {
        return;
    }
    if !owns_writer(stream) || stream.writer().is(EVLIST_INSERTED) {
        // As in 1.4, which does not say either when this fails: a time that runs starts anew.
        let _ = add(stream.writer(), stream.timeout_write.get());
    } else {
        // Without a base the output waits until there is one and writing is enabled on it.
        let _ = queue(stream, FLUSH);
    }
}

/// The end of the round. A descriptor that is known to take something has writecb called even
/// if there is nothing. Did the program hear of it?
pub fn write_out(stream: StreamPtr, is_writable: bool) -> bool {
    if !owns_writer(stream) {
        // The program has taken over meanwhile: what is to be written is its affair.
        schedule(stream);
        false
    } else if stream.output().off.get() != 0 {
        write_once(stream)
    } else if is_writable {
        delete(stream.writer());
        call_writer(stream);
        true
    } else if stream.writecb.get().is_some() || stream.timeout_write.get() != 0 {
        wait(stream)
    } else {
        false
    }
}

/// `ev_write` has fired: what there is goes out at the end of the round, with what else comes.
pub fn writable(stream: StreamPtr, what: c_short) {
    if is(stream, CONNECTING) {
        connect::ended(stream, what);
    } else if what & EV_TIMEOUT != 0 {
        stop(stream);
        report(stream, EVBUFFER_WRITE | EVBUFFER_TIMEOUT, None);
    } else if queue(stream, FLUSH | WRITABLE).is_err() {
        // Without a base for it, it would be called again and again.
        delete(stream.writer());
    }
}

fn write_once(stream: StreamPtr) -> bool {
    let output = stream.output();
    let asked = output.off.get().min(MOST);
    match transfer(stream, &output.bytes()[..asked]) {
        Ok(0) => {
            stop(stream);
            report(stream, EVBUFFER_WRITE | EVBUFFER_EOF, None);
        }
        Ok(n) => {
            if taken(stream, output, n) {
                written(stream, n < asked);
            }
        }
        Err(Errno::AGAIN | Errno::INTR | Errno::INPROGRESS) => return wait(stream),
        Err(error) => {
            stop(stream);
            report(stream, EVBUFFER_WRITE | EVBUFFER_ERROR, Some(error));
        }
    }
    true
}

/// After an error nothing is pending, even if it was asked for in the same round.
fn stop(stream: StreamPtr) {
    delete(stream.writer());
    clear(stream, FLUSH | WRITABLE);
}

/// Writes once, by the means that suit the descriptor.
fn transfer(stream: StreamPtr, bytes: &[u8]) -> Result<usize> {
    let fd = stream.ev_write.ev_fd.get();
    match stream.transport.get().write(fd, bytes) {
        Err(Errno::NOTSOCK) => {
            stream.transport.set(&File);
            File.write(fd, bytes)
        }
        result => result,
    }
}

/// Drops what went out and tells of it; false if the bufferevent was freed by that.
fn taken(stream: StreamPtr, output: BufferPtr, n: usize) -> bool {
    let old = output.off.get();
    buffer::drain(output, n);
    survives(stream, || buffer::notify(output, old))
}

/// Something went out: is there more, and is the low mark reached (behaviour 88)?
fn written(stream: StreamPtr, is_full: bool) {
    if is(stream, CONNECTING) {
        // The output's callback has begun to connect anew: the events wait for that.
        return;
    }
    let left = stream.output().off.get();
    if left == 0 {
        delete(stream.writer());
    } else if is_enabled(stream, EV_WRITE) {
        if is_full || stream.writer().is(EVLIST_INSERTED) {
            if let Err(error) = try_wait(stream) {
                return report(stream, EVBUFFER_WRITE | EVBUFFER_ERROR, Some(error));
            }
        } else {
            // The turn was long enough: the rest has its own.
            let _ = queue(stream, FLUSH);
        }
    }
    if left <= stream.wm_write.low.get() {
        call_writer(stream);
    }
}

/// Waits until the descriptor takes more; the last thing that is done. Was an error told?
fn wait(stream: StreamPtr) -> bool {
    let result = try_wait(stream);
    if let Err(error) = result {
        report(stream, EVBUFFER_WRITE | EVBUFFER_ERROR, Some(error));
    }
    result.is_err()
}

fn try_wait(stream: StreamPtr) -> Result<()> {
    if !is_enabled(stream, EV_WRITE) {
        return Ok(());
    }
    add(stream.writer(), stream.timeout_write.get())
}

/// `bufferevent_flush`: writes now, once, as much as the descriptor takes; was it anything? What
/// there is to say of it the loop says.
pub fn flush(stream: StreamPtr) -> Result<bool> {
    let output = stream.output();
    if is(stream, CONNECTING) || !owns_writer(stream) || output.off.get() == 0 {
        return Ok(false);
    }
    match transfer(stream, output.bytes()) {
        Ok(n) => {
            if taken(stream, output, n) {
                schedule(stream);
            }
            Ok(n > 0)
        }
        Err(Errno::AGAIN | Errno::INTR | Errno::INPROGRESS) => Ok(false),
        Err(error) => Err(error),
    }
}
