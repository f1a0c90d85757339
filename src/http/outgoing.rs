//! What is to be sent, in order: small things together in one buffer, large buffers as they are,
//! pieces of files.
//!
//! ```text
//!   queue:  [ heads and small bodies ][ large body ][ small ][ file ]     tail: [ small ]
//! ```
//! A large body is moved, never copied. What is at the front goes out with one call, as far as it
//! lies in memory. Most connections have a tail at most, and idle ones nothing.

use super::transport::Layer;
use crate::buffer;
use crate::errno::{Errno, Result};
use crate::layout::evbuffer::BufferPtr;
use crate::sys::{fd, mem, sendfile};
use std::cell::Cell;
use std::collections::VecDeque;
use std::ffi::c_int;
use std::io::IoSlice;
use std::os::fd::{AsRawFd, OwnedFd};

/// From so many bytes on, copying costs more than a piece of its own.
const LARGE: usize = 16 << 10;

/// Pieces of memory that go out with one call.
const PIECES: usize = 16;

/// So much of a file is read where the system cannot send it by itself.
const READ: usize = 64 << 10;

enum Segment {
    Buffer(BufferPtr),
    File { file: OwnedFd, offset: i64, left: usize },
}

impl Segment {
    fn length(&self) -> usize {
        match self {
            Segment::Buffer(buffer) => buffer.off.get(),
            Segment::File { left, .. } => *left,
        }
    }

    fn end(self) {
        if let Segment::Buffer(buffer) = self {
            buffer.dispose();
        }
    }
}

type Queue = VecDeque<Segment>;

pub struct Outgoing {
    /// What goes out before the tail.
    queue: Cell<Option<Box<Queue>>>,
    tail: Cell<Option<BufferPtr>>,
    /// Bytes of the queue.
    queued: Cell<usize>,
}

impl Outgoing {
    pub const fn new() -> Outgoing {
        Outgoing { queue: Cell::new(None), tail: Cell::new(None), queued: Cell::new(0) }
    }

    pub fn length(&self) -> usize {
        let tail = self.tail.get().map_or(0, |tail| tail.off.get());
        self.queued.get().saturating_add(tail)
    }

    /// Forgets all of it.
    pub fn clear(&self) {
        self.queued.set(0);
        if let Some(queue) = self.queue.take() {
            queue.into_iter().for_each(Segment::end);
        }
        if let Some(tail) = self.tail.take() {
            tail.dispose();
        }
    }

    /// The buffer that goes out last.
    pub fn tail(&self) -> Result<BufferPtr> {
        let tail = match self.tail.get() {
            Some(tail) => tail,
            None => BufferPtr::create()?,
        };
        self.tail.set(Some(tail));
        Ok(tail)
    }

    /// Moves what is in a buffer behind all else. Nobody is told of that.
    pub fn push_buffer(&self, from: BufferPtr) -> Result<()> {
        if from.off.get() < LARGE || self.length() == 0 {
            return buffer::move_all(self.tail()?, from);
        }
        let own = BufferPtr::create()?;
        // Blocks are exchanged.
        buffer::move_all(own, from).inspect_err(|_| own.dispose())?;
        self.push(Segment::Buffer(own))
    }

    /// So many bytes of a file.
    pub fn push_file(&self, file: OwnedFd, offset: i64, length: usize) -> Result<()> {
        if length == 0 {
            return Ok(());
        }
        self.push(Segment::File { file, offset, left: length })
    }

    fn push(&self, segment: Segment) -> Result<()> {
        let mut queue = match self.queue.take() {
            Some(queue) => queue,
            None => match mem::try_box(Queue::new()) {
                Ok(queue) => queue,
                Err(error) => {
                    segment.end();
                    return Err(error);
                }
            },
        };
        let result = queue.try_reserve(2);
        if result.is_ok() {
            let tail = self.tail.take().map(Segment::Buffer);
            for segment in tail.into_iter().chain([segment]) {
                self.queued.set(self.queued.get().saturating_add(segment.length()));
                queue.push_back(segment);
            }
        } else {
            segment.end();
        }
        self.queue.set(Some(queue));
        Ok(result?)
    }

    /// Sends once; how many bytes have gone.
    pub fn send(&self, layer: &Layer, number: c_int) -> Result<usize> {
        let Some(mut queue) = self.queue.take() else {
            let Some(tail) = self.tail.get() else { return Ok(0) };
            let n = layer.write(tail.bytes(), number)?;
            buffer::drain(tail, n);
            return Ok(n);
        };
        let sent = self.send_queue(&mut queue, layer, number);
        if !queue.is_empty() {
            self.queue.set(Some(queue));
        }
        sent
    }

    fn send_queue(&self, queue: &mut Queue, layer: &Layer, number: c_int) -> Result<usize> {
        if let Some(Segment::File { file, offset, left }) = queue.front_mut() {
            if layer.transport().is_none() {
                match sendfile::send_file(number, file.as_raw_fd(), *offset, *left) {
                    // It is shorter than was said.
                    Ok(0) => return Err(Errno(libc::EIO)),
                    Ok(n) => {
                        *offset += n as i64;
                        *left -= n;
                        self.forget(queue, n);
                        return Ok(n);
                    }
                    Err(Errno(libc::EINVAL | libc::ENOSYS)) => {}
                    Err(error) => return Err(error),
                }
            }
            read_front(queue)?;
        }
        let n = self.send_buffers(queue, layer, number)?;
        let mut rest = n;
        for segment in queue.iter() {
            let Segment::Buffer(buffer) = segment else { break };
            let here = rest.min(buffer.off.get());
            buffer::drain(*buffer, here);
            rest -= here;
        }
        self.forget(queue, n - rest);
        if let Some(tail) = self.tail.get() {
            buffer::drain(tail, rest);
        }
        Ok(n)
    }

    /// So many bytes have gone of the queue, and were taken out of its segments.
    fn forget(&self, queue: &mut Queue, n: usize) {
        self.queued.set(self.queued.get() - n);
        while queue.front().is_some_and(|segment| segment.length() == 0) {
            queue.pop_front().into_iter().for_each(Segment::end);
        }
    }

    /// Sends what lies in memory before the first file.
    fn send_buffers(&self, queue: &Queue, layer: &Layer, number: c_int) -> Result<usize> {
        let mut pieces = [IoSlice::new(&[]); PIECES];
        let mut count = 0;
        let buffers = queue.iter().map(|segment| match segment {
            Segment::Buffer(buffer) => Some(buffer),
            Segment::File { .. } => None,
        });
        let tail = self.tail.get();
        let all = buffers.chain([tail.as_ref()]).map_while(|buffer| buffer);
        for (place, buffer) in pieces.iter_mut().zip(all) {
            *place = IoSlice::new(buffer.bytes());
            count += 1;
        }
        let more = queue.iter().any(|segment| matches!(segment, Segment::File { .. }));
        layer.write_pieces(&pieces[..count], number, more)
    }
}

/// A file at the front is read, as far as it goes in one piece.
fn read_front(queue: &mut Queue) -> Result<()> {
    let Some(Segment::File { file, offset, left }) = queue.front_mut() else { return Ok(()) };
    let length = (*left).min(READ);
    let own = BufferPtr::create()?;
    buffer::reserve(own, length).inspect_err(|_| own.dispose())?;
    let read = buffer::fill(own, length, |first, _| {
        let length = length.min(first.len());
        fd::read_at(file.as_raw_fd(), &mut first[..length], *offset)
    });
    match read {
        Ok(n) if n > 0 => {
            *offset += n as i64;
            *left -= n;
        }
        other => {
            own.dispose();
            return other.and(Err(Errno(libc::EIO)));
        }
    }
    if *left == 0 {
        queue.pop_front();
    } else {
        queue.try_reserve(1).inspect_err(|_| own.dispose())?;
    }
    queue.push_front(Segment::Buffer(own));
    Ok(())
}
