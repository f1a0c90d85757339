//! `struct bufferevent`: a descriptor, its two events and its two buffers.

use super::call::{StreamCall, StreamErrorCall};
use super::evbuffer::{BufferPtr, Evbuffer};
use super::event::{Event, EventPtr};
use super::hook::Hook;
use super::late::{Late, Work};
use crate::bufferevent::Transport;
use crate::errno::Result;
use crate::event::{Base, BasePtr};
use crate::sys::mem;
use std::cell::Cell;
use std::ffi::{c_int, c_short, c_void};
use std::mem::{offset_of, size_of};
use std::ops::Deref;
use std::ptr::{self, NonNull};

/// `evbuffercb` of event.h.
pub type BuffereventCb = Option<unsafe extern "C" fn(*mut Bufferevent, *mut c_void)>;

/// `everrorcb` of event.h.
pub type BuffereventErrorCb = Option<unsafe extern "C" fn(*mut Bufferevent, c_short, *mut c_void)>;

/// Bounds in bytes.
#[repr(C)]
pub struct Watermark {
    /// the callback waits until there is this much to read, or no more than this to write
    pub low: Cell<usize>,
    /// reading stops when there is this much; 0 is no bound
    pub high: Cell<usize>,
}

/// A descriptor with buffered input and output.
#[repr(C)]
pub struct Bufferevent {
    /// its base
    pub ev_base: Cell<*mut Base>,
    /// waits for input; ev_read.ev_fd is the descriptor
    pub ev_read: Event,
    /// waits until output can be written
    pub ev_write: Event,
    /// what was read
    pub input: Cell<*mut Evbuffer>,
    /// what is to be written
    pub output: Cell<*mut Evbuffer>,
    /// bounds of the input
    pub wm_read: Watermark,
    /// bounds of the output
    pub wm_write: Watermark,
    /// called when there is enough to read
    pub readcb: Cell<BuffereventCb>,
    /// called when enough was written
    pub writecb: Cell<BuffereventCb>,
    /// called when the connection ended or failed
    pub errorcb: Cell<BuffereventErrorCb>,
    /// argument of the three
    pub cbarg: Cell<*mut c_void>,
    /// seconds to wait for input; 0 is no bound
    pub timeout_read: Cell<c_int>,
    /// seconds to wait until output can be written; 0 is no bound
    pub timeout_write: Cell<c_int>,
    /// EV_READ and EV_WRITE, as enabled
    pub enabled: Cell<c_short>,
}

/// What `bufferevent_new` allocates: the public part, and behind it our own.
#[repr(C)]
pub struct Stream {
    public: Bufferevent,
    /// Its place in the queue for the end of the round.
    pub late: Late,
    /// How bytes get to the descriptor and from it.
    pub transport: Cell<&'static dyn Transport>,
    /// The buffer that tells it of changes: the input, as long as reading is stopped, even if the
    /// program has put another one there meanwhile.
    pub hooked: Cell<Option<BufferPtr>>,
    /// Frames of ours that go on when user code returns.
    pub depth: Cell<u32>,
    /// Bits of `bufferevent/mod.rs`.
    pub state: Cell<u32>,
}

impl Deref for Stream {
    type Target = Bufferevent;

    #[inline]
    fn deref(&self) -> &Bufferevent {
        &self.public
    }
}

/// A pointer to a bufferevent that is alive.
///
/// Contract: made from a C pointer under the manual's word that `bufferevent_new` gave it and
/// that it was not freed; not used after a call to user code, unless it is held (`depth`).
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(transparent)]
pub struct StreamPtr(NonNull<Stream>);

impl Deref for StreamPtr {
    type Target = Stream;

    #[inline]
    fn deref(&self) -> &Stream {
        // SAFETY: alive by contract.
        unsafe { self.0.as_ref() }
    }
}

impl StreamPtr {
    /// # Safety
    /// `raw` is NULL or a bufferevent of `bufferevent_new` that was not freed.
    pub unsafe fn from_raw(raw: *mut Bufferevent) -> Option<StreamPtr> {
        NonNull::new(raw).map(|raw| StreamPtr(raw.cast()))
    }

    pub fn as_ptr(self) -> *mut Bufferevent {
        self.0.as_ptr().cast()
    }

    /// A new one, whose events are not set up; `late` is what is done at the end of a round.
    pub fn create(
        late: fn(StreamPtr) -> bool,
        transport: &'static dyn Transport,
        input: BufferPtr,
        output: BufferPtr,
    ) -> Result<StreamPtr> {
        let mark = || Watermark { low: Cell::new(0), high: Cell::new(0) };
        let stream = mem::try_box(Stream {
            public: Bufferevent {
                ev_base: Cell::new(ptr::null_mut()),
                ev_read: Event::zeroed(),
                ev_write: Event::zeroed(),
                input: Cell::new(input.as_ptr()),
                output: Cell::new(output.as_ptr()),
                wm_read: mark(),
                wm_write: mark(),
                readcb: Cell::new(None),
                writecb: Cell::new(None),
                errorcb: Cell::new(None),
                cbarg: Cell::new(ptr::null_mut()),
                timeout_read: Cell::new(0),
                timeout_write: Cell::new(0),
                enabled: Cell::new(0),
            },
            late: Late::new(),
            transport: Cell::new(transport),
            hooked: Cell::new(None),
            depth: Cell::new(0),
            state: Cell::new(0),
        })?;
        let stream = StreamPtr(NonNull::from(Box::leak(stream)));
        stream.late.set(Work::Stream(late, stream));
        Ok(stream)
    }

    /// Ends the bufferevent; nothing refers to it any more.
    pub fn dispose(self) {
        // SAFETY: from a box (`create`), alive by contract, and this is its end.
        drop(unsafe { Box::from_raw(self.0.as_ptr()) });
    }

    /// The buffer of what was read: programs may have put another one there.
    #[inline]
    pub fn input(&self) -> BufferPtr {
        // SAFETY: a live buffer, by `create` or the program's word.
        unsafe { BufferPtr::from_raw_unchecked(self.input.get()) }
    }

    /// The buffer of what is to be written.
    #[inline]
    pub fn output(&self) -> BufferPtr {
        // SAFETY: as for `input`.
        unsafe { BufferPtr::from_raw_unchecked(self.output.get()) }
    }

    /// The base that the program has given it.
    pub fn base(&self) -> Option<BasePtr> {
        // SAFETY: `bufferevent_base_set` stores live bases.
        unsafe { BasePtr::from_raw(self.ev_base.get()) }
    }

    /// Has a buffer tell the bufferevent of its changes.
    pub fn hook(self, buffer: BufferPtr, run: fn(StreamPtr)) {
        self.unhook();
        buffer.unhook();
        buffer.hook.set(Some(Hook { run, owner: self }));
        self.hooked.set(Some(buffer));
    }

    /// Ends that.
    pub fn unhook(self) {
        if let Some(buffer) = self.hooked.take() {
            buffer.hook.set(None);
        }
    }

    pub fn reader(&self) -> EventPtr {
        EventPtr::of(&self.ev_read)
    }

    pub fn writer(&self) -> EventPtr {
        EventPtr::of(&self.ev_write)
    }

    pub fn read_call(&self) -> StreamCall {
        StreamCall { callback: self.readcb.get(), stream: self.as_ptr(), arg: self.cbarg.get() }
    }

    pub fn write_call(&self) -> StreamCall {
        StreamCall { callback: self.writecb.get(), stream: self.as_ptr(), arg: self.cbarg.get() }
    }

    pub fn error_call(&self, what: c_short) -> StreamErrorCall {
        let (callback, arg) = (self.errorcb.get(), self.cbarg.get());
        StreamErrorCall { callback, stream: self.as_ptr(), what, arg }
    }

    /// The bufferevent that is the argument of its events' callbacks. They are deleted before it
    /// is freed, so it is alive.
    pub fn of_argument(arg: *mut c_void) -> Option<StreamPtr> {
        NonNull::new(arg.cast()).map(StreamPtr)
    }
}

#[cfg(target_pointer_width = "64")]
const _: () = {
    assert!(size_of::<Watermark>() == 16 && align_of::<Watermark>() == 8);
    assert!(offset_of!(Watermark, low) == 0);
    assert!(offset_of!(Watermark, high) == 8);
    assert!(size_of::<Bufferevent>() == 360 && align_of::<Bufferevent>() == 8);
    assert!(offset_of!(Bufferevent, ev_base) == 0);
    assert!(offset_of!(Bufferevent, ev_read) == 8);
    assert!(offset_of!(Bufferevent, ev_write) == 136);
    assert!(offset_of!(Bufferevent, input) == 264);
    assert!(offset_of!(Bufferevent, output) == 272);
    assert!(offset_of!(Bufferevent, wm_read) == 280);
    assert!(offset_of!(Bufferevent, wm_write) == 296);
    assert!(offset_of!(Bufferevent, readcb) == 312);
    assert!(offset_of!(Bufferevent, writecb) == 320);
    assert!(offset_of!(Bufferevent, errorcb) == 328);
    assert!(offset_of!(Bufferevent, cbarg) == 336);
    assert!(offset_of!(Bufferevent, timeout_read) == 344);
    assert!(offset_of!(Bufferevent, timeout_write) == 348);
    assert!(offset_of!(Bufferevent, enabled) == 352);
};

#[cfg(target_pointer_width = "32")]
const _: () = {
    assert!(size_of::<Watermark>() == 8 && align_of::<Watermark>() == 4);
    assert!(offset_of!(Watermark, low) == 0);
    assert!(offset_of!(Watermark, high) == 4);
    assert!(size_of::<Bufferevent>() == 200 && align_of::<Bufferevent>() == 4);
    assert!(offset_of!(Bufferevent, ev_base) == 0);
    assert!(offset_of!(Bufferevent, ev_read) == 4);
    assert!(offset_of!(Bufferevent, ev_write) == 76);
    assert!(offset_of!(Bufferevent, input) == 148);
    assert!(offset_of!(Bufferevent, output) == 152);
    assert!(offset_of!(Bufferevent, wm_read) == 156);
    assert!(offset_of!(Bufferevent, wm_write) == 164);
    assert!(offset_of!(Bufferevent, readcb) == 172);
    assert!(offset_of!(Bufferevent, writecb) == 176);
    assert!(offset_of!(Bufferevent, errorcb) == 180);
    assert!(offset_of!(Bufferevent, cbarg) == 184);
    assert!(offset_of!(Bufferevent, timeout_read) == 188);
    assert!(offset_of!(Bufferevent, timeout_write) == 192);
    assert!(offset_of!(Bufferevent, enabled) == 196);
};
