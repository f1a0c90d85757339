//! The body of a message as it comes, by its framing.

use super::chunked::Piece;
use super::connection::{no_memory, try_copy};
use super::exchange;
use super::{Body, Decoder, Refusal};
use crate::buffer;
use crate::layout::evbuffer::BufferPtr;
use crate::layout::evhttp::RequestPtr;
use crate::sys::mem;

/// What is to come.
pub enum Incoming {
    /// So many bytes.
    Left(u64),
    Chunked(Box<Decoder>),
    /// All until the peer has sent its last byte, but not more than so many bytes.
    UntilEof(u64),
}

/// How far a step has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Progress {
    /// More has to come from the peer.
    Wait,
    /// A piece was taken; there may be another one.
    Piece,
    /// The body is complete.
    Whole,
}

impl Incoming {
    /// `None`: there is no body. `decoder`: for chunks.
    pub fn new(
        body: Body,
        max: Option<u64>,
        decoder: impl FnOnce() -> Decoder,
    ) -> super::Result<Option<Incoming>> {
        Ok(match body {
            Body::None | Body::Length(0) => None,
            Body::Length(length) => Some(Incoming::Left(length)),
            Body::UntilEof => Some(Incoming::UntilEof(max.unwrap_or(u64::MAX))),
            Body::Chunked => Some(Incoming::Chunked(mem::try_box(decoder()).map_err(no_memory)?)),
        })
    }

    /// Takes a piece out of `input`, and appends it to what `request` has; without one it is
    /// thrown away.
    pub fn step(
        &mut self,
        input: BufferPtr,
        is_at_end: bool,
        request: Option<RequestPtr>,
    ) -> super::Result<Progress> {
        match self {
            Incoming::Left(left) => {
                let length = usize::try_from(*left).unwrap_or(usize::MAX).min(input.off.get());
                take(input, length, request)?;
                *left -= length as u64;
                if let Some(request) = request {
                    request.ntoread.set(*left as i64);
                }
                Ok(if *left == 0 { Progress::Whole } else { Progress::Wait })
            }
            Incoming::UntilEof(room) => {
                let length = input.off.get();
                *room = room.checked_sub(length as u64).ok_or(Refusal::BodyTooLarge)?;
                take(input, length, request)?;
                Ok(if is_at_end { Progress::Whole } else { Progress::Wait })
            }
            Incoming::Chunked(decoder) => chunk(decoder, input, request),
        }
    }
}

fn take(input: BufferPtr, length: usize, request: Option<RequestPtr>) -> super::Result<()> {
    let Some(request) = request else {
        buffer::drain(input, length);
        return Ok(());
    };
    if length == input.off.get() {
        return buffer::move_all(request.input(), input).map_err(no_memory);
    }
    buffer::append(request.input(), &input.bytes()[..length]).map_err(no_memory)?;
    buffer::drain(input, length);
    Ok(())
}

fn chunk(
    decoder: &mut Decoder,
    input: BufferPtr,
    request: Option<RequestPtr>,
) -> super::Result<Progress> {
    match decoder.next(input.bytes())? {
        Piece::Data { skip, length, .. } => {
            buffer::drain(input, skip);
            take(input, length, request)?;
            Ok(Progress::Piece)
        }
        Piece::More { skip } => {
            buffer::drain(input, skip);
            Ok(Progress::Wait)
        }
        Piece::End { trailers } => {
            if let Some(request) = request {
                let mut head = try_copy(&input.bytes()[trailers.start..trailers.end])?;
                exchange::add_trailers(request, &trailers, &mut head)?;
            }
            buffer::drain(input, trailers.end);
            Ok(Progress::Whole)
        }
    }
}
