//! The library's buffers beside the model's.

use super::files::Files;
use super::model::{BUFFERS, Call, Mode, Model, trimmed};
use crate::common::ffi::{self, Buffer, Evbuffer};
use std::array;
use std::cell::{Cell, RefCell};
use std::ffi::c_void;
use std::mem;
use std::ptr;
use std::rc::Rc;

/// What the callbacks use and leave behind.
struct Shared {
    /// Every call of every callback, in their order.
    log: RefCell<Vec<Call>>,
    raw: [Cell<*mut Evbuffer>; BUFFERS],
    freed: [Cell<bool>; BUFFERS],
}

/// What a callback gets as its argument.
struct Listener {
    buffer: usize,
    mode: Mode,
    shared: Rc<Shared>,
}

unsafe extern "C" fn hear(buf: *mut Evbuffer, old: usize, new: usize, arg: *mut c_void) {
    // SAFETY: the argument that `World::listen` gave, which lives as long as the buffer.
    let listener = unsafe { &*arg.cast::<Listener>() };
    // SAFETY: a buffer is alive while its callback runs.
    assert_eq!(unsafe { (*buf).off }, new, "length in a callback");
    listener.shared.log.borrow_mut().push(Call { buffer: listener.buffer, old, new });
    if new > old {
        listener.react(buf, old, new);
    }
}

impl Listener {
    /// As the model does.
    fn react(&self, buf: *mut Evbuffer, old: usize, new: usize) {
        let next = self.buffer + 1;
        // SAFETY: a buffer is alive while its callback runs, and so is the next one, unless it
        // was freed by its own.
        unsafe {
            match self.mode {
                Mode::Silent | Mode::Notes => {}
                Mode::Trims => ffi::evbuffer_drain(buf, trimmed(old, new)),
                Mode::Moves => {
                    if self.shared.freed.get(next).is_some_and(|freed| !freed.get()) {
                        let next = self.shared.raw[next].get();
                        assert_eq!(ffi::evbuffer_add_buffer(next, buf), 0);
                    }
                }
                Mode::Frees => {
                    ffi::evbuffer_free(buf);
                    self.shared.freed[self.buffer].set(true);
                }
            }
        }
    }
}

pub struct World {
    pub model: Model,
    pub buffers: [Buffer; BUFFERS],
    pub files: Files,
    /// One per buffer; callbacks have their addresses.
    listeners: [Box<Listener>; BUFFERS],
    shared: Rc<Shared>,
}

impl World {
    pub fn new() -> Self {
        let buffers = array::from_fn(|_| Buffer::new());
        let shared = Rc::new(Shared {
            log: RefCell::default(),
            raw: array::from_fn(|i| Cell::new(buffers[i].raw())),
            freed: Default::default(),
        });
        let silent =
            |buffer| Box::new(Listener { buffer, mode: Mode::Silent, shared: Rc::clone(&shared) });
        World {
            model: Model::new(),
            buffers,
            files: Files::open(),
            listeners: array::from_fn(silent),
            shared,
        }
    }

    pub fn raw(&self, buffer: usize) -> *mut Evbuffer {
        self.buffers[buffer].raw()
    }

    /// All bytes that there are.
    pub fn size(&self) -> usize {
        self.model.data.iter().map(Vec::len).sum()
    }

    pub fn listen(&mut self, buffer: usize, mode: Mode) {
        self.model.modes[buffer] = mode;
        self.listeners[buffer].mode = mode;
        let cb = (mode != Mode::Silent).then_some(hear as ffi::ChangeCallback);
        let arg = ptr::from_ref(&*self.listeners[buffer]).cast_mut();
        self.buffers[buffer].on_change(cb, arg.cast());
    }

    /// Makes another buffer in the place of one; that one is returned.
    pub fn renew(&mut self, buffer: usize) -> Buffer {
        let old = mem::replace(&mut self.buffers[buffer], Buffer::new());
        self.shared.raw[buffer].set(self.raw(buffer));
        self.model.data[buffer].clear();
        self.listen(buffer, Mode::Silent);
        old
    }

    /// Everything is as the model says, and the fields fit each other.
    pub fn check(&mut self) {
        assert_eq!(self.shared.log.take(), self.model.calls, "calls");
        self.model.calls.clear();
        for buffer in 0..BUFFERS {
            let freed = self.shared.freed[buffer].replace(false);
            assert_eq!(freed, mem::take(&mut self.model.freed[buffer]));
            if freed {
                mem::forget(self.renew(buffer));
            }
        }
        for (buffer, data) in self.buffers.iter().zip(&self.model.data) {
            assert!(buffer.data() == data, "contents");
            check_fields(buffer);
        }
    }
}

/// Behaviours 68, 69 and 193: the fields describe one block.
fn check_fields(buf: &Evbuffer) {
    if buf.orig_buffer.is_null() {
        assert!(buf.buffer.is_null());
        assert_eq!((buf.misalign, buf.totallen, buf.off), (0, 0, 0));
        return;
    }
    assert!(buf.totallen >= 256 && buf.totallen.is_power_of_two(), "{}", buf.totallen);
    assert!(buf.misalign + buf.off <= buf.totallen);
    assert_eq!(buf.buffer, buf.orig_buffer.wrapping_add(buf.misalign));
    assert!(buf.off != 0 || buf.misalign == 0, "an empty buffer begins at the front");
    // SAFETY: the block is malloc's and not freed.
    assert!(unsafe { libc::malloc_usable_size(buf.orig_buffer.cast()) } >= buf.totallen);
}
