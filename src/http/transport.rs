//! What lies between a wire and its socket: nothing, or a transport (TLS, say), for which reading
//! may have to wait for room to write, writing for input, and either for the program.

use crate::buffer;
use crate::errno::{Errno, Result};
use crate::layout::call::transport::{Maker, Question, Transport};
use crate::layout::evbuffer::BufferPtr;
use crate::layout::event::{EV_READ, EV_WRITE};
use crate::sys::{clock, mem, socket};
use std::cell::{Cell, OnceCell};
use std::ffi::c_int;
use std::io::IoSlice;
use std::mem::MaybeUninit;

/// What is read at one go: a whole record.
const PIECE: usize = 16 << 10;

/// So much is read before others have their turn.
const TURN: usize = 64 << 10;

/// Made with the first transport: most connections have none, and are smaller for it.
pub struct Layer(OnceCell<Box<State>>);

struct State {
    transport: Cell<Option<Transport>>,
    /// Reading waits for room to write.
    is_inverted: Cell<bool>,
    /// The program has been asked, and has not returned.
    is_asking: Cell<bool>,
    /// What the next reading says: it was found out behind the data of the last one.
    rest: Cell<Option<Result<usize>>>,
    /// When the first byte must be possible, in microseconds.
    ready_until: Cell<Option<u64>>,
}

impl State {
    const fn new() -> State {
        State {
            transport: Cell::new(None),
            is_inverted: Cell::new(false),
            is_asking: Cell::new(false),
            rest: Cell::new(None),
            ready_until: Cell::new(None),
        }
    }
}

impl Layer {
    pub const fn new() -> Layer {
        Layer(OnceCell::new())
    }

    fn state(&self) -> Option<&State> {
        self.0.get().map(|state| &**state)
    }

    fn state_or_new(&self) -> Result<&State> {
        if self.0.get().is_none() {
            let _ = self.0.set(mem::try_box(State::new())?);
        }
        self.state().ok_or(Errno::NOMEM)
    }

    pub fn open(&self, maker: Maker, socket: c_int) -> Result<()> {
        let state = self.state_or_new()?;
        let transport = maker.open(socket)?;
        let time = transport.handshake() * 1_000_000;
        state.ready_until.set((time > 0).then(|| now().saturating_add(time)));
        state.transport.set(Some(transport));
        Ok(())
    }

    /// Before the socket is closed.
    pub fn close(&self) {
        let Some(state) = self.state() else { return };
        state.is_inverted.set(false);
        state.is_asking.set(false);
        state.rest.set(None);
        state.ready_until.set(None);
        if let Some(transport) = state.transport.take() {
            transport.close();
        }
    }

    pub fn transport(&self) -> Option<Transport> {
        self.state()?.transport.get()
    }

    pub fn is_inverted(&self) -> bool {
        self.state().is_some_and(|state| state.is_inverted.get())
    }

    /// Reading does not wait any more, whatever for.
    pub fn forget_inversion(&self) -> bool {
        self.state().is_some_and(|state| state.is_inverted.replace(false))
    }

    /// Reads what there is, within limits, without a transport at most `want` bytes; 0: the end.
    pub fn read(&self, input: BufferPtr, number: c_int, want: usize) -> Result<usize> {
        let (Some(state), Some(transport)) = (self.state(), self.transport()) else {
            return buffer::read(input, number, want as c_int);
        };
        if let Some(rest) = state.rest.take() {
            return rest;
        }
        state.is_inverted.set(false);
        let mut total = 0;
        while total < TURN && (total == 0 || transport.has_pending()) {
            let read = buffer::fill(input, PIECE, |first, second| both(transport, first, second));
            match read {
                Ok(n) if n > 0 => total += n,
                Err(Errno::AGAIN) => {
                    state.is_inverted.set(transport.wants() & EV_WRITE != 0);
                    return if total == 0 { read } else { Ok(total) };
                }
                _ if total == 0 => return read,
                _ => {
                    state.rest.set(Some(read));
                    break;
                }
            }
        }
        Ok(total)
    }

    /// Is there something to read that the socket does not tell of?
    pub fn has_pending(&self) -> bool {
        let Some(state) = self.state() else { return false };
        let Some(transport) = state.transport.get() else { return false };
        !state.is_asking.get() && (state.rest.get().is_some() || transport.has_pending())
    }

    /// Writes some of it.
    pub fn write(&self, bytes: &[u8], number: c_int) -> Result<usize> {
        match self.transport() {
            None => socket::send(number, bytes),
            Some(transport) => transport.write(bytes),
        }
    }

    /// Writes some of what lies in several pieces, of which there is at least one. `more`: there is
    /// more to come, which goes out by itself.
    pub fn write_pieces(&self, pieces: &[IoSlice], number: c_int, more: bool) -> Result<usize> {
        match self.transport() {
            None => socket::send_pieces(number, pieces, more),
            Some(transport) => transport.write(pieces.first().map_or(&[], |piece| piece)),
        }
    }

    /// After a writing that was told to wait: for input, of all things?
    pub fn writing_wants_input(&self) -> bool {
        self.transport().is_some_and(|transport| transport.wants() & EV_WRITE == 0)
    }

    /// Says that nothing more will be written. `EAGAIN`: when there is room.
    pub fn shut_down(&self) -> Result<()> {
        self.transport().map_or(Ok(()), Transport::shut_down)
    }

    /// What the program is to be asked before reading goes on. Once: an answer that does not
    /// come is waited for.
    pub fn question(&self) -> Option<Question> {
        let state = self.state()?;
        let transport = state.transport.get()?;
        let is_due = transport.wants() & (EV_READ | EV_WRITE) == 0;
        (is_due && !state.is_asking.replace(true)).then(|| transport.question())
    }

    pub fn answered(&self) {
        if let Some(state) = self.state() {
            state.is_asking.set(false);
        }
    }

    /// Has it become possible to read and write since this was asked last?
    pub fn has_become_ready(&self) -> bool {
        let Some(state) = self.state() else { return false };
        let is_open = state.transport.get().is_some_and(|transport| transport.handshake() == 0);
        is_open && state.ready_until.take().is_some()
    }

    /// Is it too late for the first byte?
    pub fn is_unready(&self) -> bool {
        let until = self.state().and_then(|state| state.ready_until.get());
        until.is_some_and(|until| !self.has_become_ready() && until <= now())
    }

    /// A time limit, in microseconds, in which what comes before the first byte is heeded.
    pub fn limit(&self, time: Option<u64>) -> Option<u64> {
        let until = self.state().and_then(|state| state.ready_until.get());
        let Some(until) = until else { return time };
        if self.has_become_ready() {
            return time;
        }
        let left = until.saturating_sub(now());
        Some(time.map_or(left, |time| time.min(left)))
    }
}

fn now() -> u64 {
    clock::monotonic_ns().unwrap_or_else(clock::wall_ns) / 1000
}

/// Reads into one piece of memory, and what it cannot hold into another.
fn both(
    transport: Transport,
    first: &mut [MaybeUninit<u8>],
    second: &mut [MaybeUninit<u8>],
) -> Result<usize> {
    if first.is_empty() {
        return transport.read(second);
    }
    let n = transport.read(first)?;
    if n < first.len() || second.is_empty() || !transport.has_pending() {
        return Ok(n);
    }
    // What it says here, but for bytes, it says again.
    Ok(n + transport.read(second).unwrap_or(0))
}
