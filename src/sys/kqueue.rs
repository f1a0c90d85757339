//! kqueue(2), on the systems that have it, or over the emulation that test builds link.
//!
//! On some systems `struct kevent` is packed and its fields have other widths: it is made and
//! read here alone, by value.

use super::Timeout;
use crate::errno::{Errno, Result};
use std::ffi::c_int;

#[cfg(feature = "kqueue-emulation")]
mod kernel {
    //! The emulation of ctests/kqueue: same names, same shapes.
    use std::ffi::{c_int, c_short, c_uint, c_ushort, c_void};

    #[repr(C)]
    #[derive(Clone, Copy)]
    pub struct kevent {
        pub ident: usize,
        pub filter: c_short,
        pub flags: c_ushort,
        pub fflags: c_uint,
        pub data: i64,
        pub udata: *mut c_void,
    }
    pub const EVFILT_READ: c_short = -1;
    pub const EVFILT_WRITE: c_short = -2;
    pub const EV_ADD: c_ushort = 0x1;
    pub const EV_DELETE: c_ushort = 0x2;
    pub const EV_ENABLE: c_ushort = 0x4;
    pub const EV_ONESHOT: c_ushort = 0x10;
    pub const EV_CLEAR: c_ushort = 0x20;
    pub const EV_ERROR: c_ushort = 0x4000;

    unsafe extern "C" {
        #[link_name = "evhub_emu_kqueue"]
        pub fn kqueue() -> c_int;
        #[link_name = "evhub_emu_kevent"]
        #[allow(clashing_extern_declarations)]
        pub fn call(
            kq: c_int,
            changes: *const kevent,
            nchanges: c_int,
            events: *mut kevent,
            nevents: c_int,
            timeout: *const libc::timespec,
        ) -> c_int;
        #[link_name = "evhub_emu_close"]
        pub fn close(kq: c_int) -> c_int;
    }
}

#[cfg(not(feature = "kqueue-emulation"))]
mod kernel {
    pub use libc::{
        EV_ADD, EV_CLEAR, EV_DELETE, EV_ENABLE, EV_ERROR, EV_ONESHOT, EVFILT_READ, EVFILT_WRITE,
        close, kevent, kevent as call, kqueue,
    };
}

/// Has files that are read to their end stay readable, as they are with the other backends:
/// NOTE_FILE_POLL, NOTE_EOF.
#[cfg(all(any(target_os = "freebsd", target_os = "openbsd"), not(feature = "kqueue-emulation")))]
const READ_AT_END: u32 = 2;
#[cfg(not(all(
    any(target_os = "freebsd", target_os = "openbsd"),
    not(feature = "kqueue-emulation")
)))]
const READ_AT_END: u32 = 0;

/// Which side of a descriptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filter {
    Read,
    Write,
}

/// What is to become of a filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    Add,
    AddOneshot,
    AddEdge,
    /// `ENOENT` if the kernel has no such filter: tells whether a registration still stands.
    Verify,
    Delete,
}

/// What the kernel reports.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct Event(kernel::kevent);

// SAFETY: `udata` is a number of ours, never followed.
unsafe impl Send for Event {}

impl Event {
    pub fn empty() -> Event {
        // SAFETY: all zeroes is a valid kevent: numbers and a null pointer.
        Event(unsafe { std::mem::zeroed() })
    }

    fn change(fd: c_int, filter: Filter, change: Change, generation: u32) -> Event {
        let mut event = Event::empty();
        event.0.ident = fd as _;
        event.0.filter = match filter {
            Filter::Read => kernel::EVFILT_READ as _,
            Filter::Write => kernel::EVFILT_WRITE as _,
        };
        event.0.flags = match change {
            Change::Add => kernel::EV_ADD as _,
            Change::AddOneshot => (kernel::EV_ADD | kernel::EV_ONESHOT) as _,
            Change::AddEdge => (kernel::EV_ADD | kernel::EV_CLEAR) as _,
            Change::Verify => kernel::EV_ENABLE as _,
            Change::Delete => kernel::EV_DELETE as _,
        };
        event.0.udata = generation as usize as _;
        if filter == Filter::Read {
            event.0.fflags = READ_AT_END as _;
        }
        event
    }

    pub fn fd(&self) -> c_int {
        let ident = self.0.ident;
        ident as c_int
    }

    pub fn generation(&self) -> u32 {
        let udata = self.0.udata;
        udata as usize as u32
    }

    pub fn filter(&self) -> Option<Filter> {
        let filter = self.0.filter;
        if filter == kernel::EVFILT_READ as _ {
            Some(Filter::Read)
        } else if filter == kernel::EVFILT_WRITE as _ {
            Some(Filter::Write)
        } else {
            None
        }
    }

    /// The error, if this reports a change that failed.
    pub fn error(&self) -> Option<Errno> {
        let flags = self.0.flags;
        let data = self.0.data;
        (flags & kernel::EV_ERROR as kernel_flags != 0).then_some(Errno(data as c_int))
    }
}

#[cfg(not(target_os = "netbsd"))]
#[allow(non_camel_case_types)]
type kernel_flags = u16;
#[cfg(target_os = "netbsd")]
#[allow(non_camel_case_types)]
type kernel_flags = u32;

pub struct Kqueue {
    fd: c_int,
    /// A queue does not survive a fork: in the child the number may be another file's.
    owner: c_int,
}

fn process_id() -> c_int {
    // SAFETY: no pointers; it cannot fail.
    unsafe { libc::getpid() }
}

impl Kqueue {
    pub fn new() -> Result<Kqueue> {
        // SAFETY: no pointers.
        let fd = super::check(unsafe { kernel::kqueue() })?;
        let queue = Kqueue { fd, owner: process_id() };
        super::fd::set_close_on_exec(fd)?;
        Ok(queue)
    }

    /// Makes one change, at once.
    pub fn change(&self, fd: c_int, filter: Filter, change: Change, generation: u32) -> Result<()> {
        let change = Event::change(fd, filter, change, generation);
        loop {
            // SAFETY: one change is readable; no event is asked for.
            let n = unsafe {
                let none = std::ptr::null_mut();
                kernel::call(self.fd, &change.0, 1, none, 0, std::ptr::null())
            };
            match super::check(n) {
                // The change has been applied all the same; to make it twice does no harm.
                Err(Errno::INTR) => {}
                result => return result.map(drop),
            }
        }
    }

    pub fn fd(&self) -> c_int {
        self.fd
    }
}

/// Waits on the queue with this number; how many of `events` were filled.
pub fn wait(queue: c_int, events: &mut [Event], timeout: Timeout) -> Result<usize> {
    let timespec = timeout.timespec();
    let timespec = timespec.as_ref().map_or(std::ptr::null(), std::ptr::from_ref);
    // SAFETY: no changes; `events` is writable for its length (`Event` is transparent);
    // `timespec` is NULL or readable.
    let n = unsafe {
        let room = events.len() as c_int;
        let none = std::ptr::null();
        kernel::call(queue, none, 0, events.as_mut_ptr().cast(), room as _, timespec)
    };
    super::check(n).map(|n| n as usize)
}

impl Drop for Kqueue {
    fn drop(&mut self) {
        if self.owner == process_id() {
            // SAFETY: the descriptor is ours, and this is the process that made it.
            unsafe { kernel::close(self.fd) };
        }
    }
}
