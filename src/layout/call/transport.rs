//! What lies between HTTP and a socket, if a program has put something there: a table of its
//! functions, and what they are for.
//!
//! They are made for this and call nothing of ours, but for `call`, which is the program's.

use crate::errno::{Errno, Result};
use std::ffi::{c_int, c_short, c_void};
use std::mem::{MaybeUninit, transmute};
use std::ptr::NonNull;

type Void = c_void;
type Open = Option<unsafe extern "C" fn(*mut Void, c_int) -> *mut Void>;
type Read = Option<unsafe extern "C" fn(*mut Void, *mut Void, usize) -> isize>;
type Write = Option<unsafe extern "C" fn(*mut Void, *const Void, usize) -> isize>;
type Wants = Option<unsafe extern "C" fn(*mut Void) -> c_short>;
type Ask = Option<unsafe extern "C" fn(*mut Void) -> c_int>;
type End = Option<unsafe extern "C" fn(*mut Void)>;

/// `struct evhub_transport_ops` (http_ext.h).
#[repr(C)]
pub struct TransportOps {
    size: usize,
    open: Open,
    read: Read,
    write: Write,
    wants: Wants,
    pending: Ask,
    handshake: Ask,
    call: End,
    shut_down: Ask,
    close: End,
    release: End,
}

impl TransportOps {
    /// Is there all that is needed?
    fn is_complete(&self) -> bool {
        self.size >= size_of::<TransportOps>()
            && self.open.is_some()
            && self.read.is_some()
            && self.write.is_some()
            && self.wants.is_some()
            && self.close.is_some()
    }
}

/// What a server or a connection was given to make transports with.
#[derive(Clone, Copy)]
pub struct Maker {
    ops: &'static TransportOps,
    arg: *mut Void,
}

impl Maker {
    /// `None` for no table; `EINVAL` for one that is not complete.
    ///
    /// # Safety
    /// `ops` is NULL or a table that stays, as http_ext.h has it.
    pub unsafe fn new(ops: *const TransportOps, arg: *mut Void) -> Result<Option<Maker>> {
        // SAFETY: the caller's word.
        match unsafe { ops.as_ref() } {
            None => Ok(None),
            Some(ops) if ops.is_complete() => Ok(Some(Maker { ops, arg })),
            Some(_) => Err(Errno::INVAL),
        }
    }

    /// A transport over a socket, which stays ours.
    pub fn open(self, socket: c_int) -> Result<Transport> {
        // SAFETY: the program's word, for the table and for what it gave with it.
        let object = self.ops.open.and_then(|open| NonNull::new(unsafe { open(self.arg, socket) }));
        object.map(|object| Transport { ops: self.ops, object }).ok_or_else(Errno::last)
    }

    /// Nothing more is made with it.
    pub fn release(self) {
        if let Some(release) = self.ops.release {
            // SAFETY: as for `open`; this is the last time.
            unsafe { release(self.arg) };
        }
    }
}

/// The transport of one connection.
#[derive(Clone, Copy)]
pub struct Transport {
    ops: &'static TransportOps,
    object: NonNull<Void>,
}

impl Transport {
    /// Reads; 0 is the end. After `EAGAIN`, `wants` says what it waits for.
    pub fn read(self, room: &mut [MaybeUninit<u8>]) -> Result<usize> {
        let Some(read) = self.ops.read else { return Err(Errno::INVAL) };
        // SAFETY: the program's word for the table, an object that is open, room for so much.
        let n = unsafe { read(self.object.as_ptr(), room.as_mut_ptr().cast(), room.len()) };
        usize::try_from(n).map(|n| n.min(room.len())).map_err(|_| Errno::last())
    }

    /// Writes some of it. After `EAGAIN` the same bytes come again.
    pub fn write(self, bytes: &[u8]) -> Result<usize> {
        let Some(write) = self.ops.write else { return Err(Errno::INVAL) };
        // SAFETY: as for `read`; so many bytes.
        let n = unsafe { write(self.object.as_ptr(), bytes.as_ptr().cast(), bytes.len()) };
        usize::try_from(n).map(|n| n.min(bytes.len())).map_err(|_| Errno::last())
    }

    /// EV_READ or EV_WRITE; 0: `Question` is to be put, and then the same again.
    pub fn wants(self) -> c_short {
        // SAFETY: as for `read`.
        self.ops.wants.map_or(0, |wants| unsafe { wants(self.object.as_ptr()) })
    }

    /// Is there something to read that the socket does not tell of?
    pub fn has_pending(self) -> bool {
        self.ask(self.ops.pending) > 0
    }

    /// Seconds for what comes before the first byte; 0 when that is over, or may take any time.
    pub fn handshake(self) -> u64 {
        u64::from(self.ask(self.ops.handshake).max(0).unsigned_abs())
    }

    fn ask(self, ask: Ask) -> c_int {
        // SAFETY: as for `read`.
        ask.map_or(0, |ask| unsafe { ask(self.object.as_ptr()) })
    }

    /// Says that nothing more will be written.
    pub fn shut_down(self) -> Result<()> {
        if self.ask(self.ops.shut_down) == 0 { Ok(()) } else { Err(Errno::last()) }
    }

    /// The end of the object. The socket is still open.
    pub fn close(self) {
        if let Some(close) = self.ops.close {
            // SAFETY: as for `read`; this is the last time.
            unsafe { close(self.object.as_ptr()) };
        }
    }

    /// What the program is to be asked.
    pub fn question(self) -> Question {
        Question(self)
    }

    /// The object, if it belongs to a table.
    pub fn of(self, ops: *const TransportOps) -> Option<NonNull<Void>> {
        std::ptr::eq(self.ops, ops).then_some(self.object)
    }
}

/// A call of the program's that reading waits for. The transport may be gone afterwards.
pub struct Question(Transport);

impl Question {
    pub fn run(self) {
        if let Some(call) = self.0.ops.call {
            type Unwind = unsafe extern "C-unwind" fn(*mut Void);
            // SAFETY: the program's word for the table, an object that is open; see
            // `super::Call::run`.
            unsafe { transmute::<_, Unwind>(call)(self.0.object.as_ptr()) }
        }
    }
}
