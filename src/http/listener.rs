//! A socket that a server listens on: connections are taken several at one go, but not more than
//! the server may have, and none for a while when descriptors or memory have run out, or the system
//! refuses every one.

use super::connection::NOWHERE;
use super::server::ServerPtr;
use super::serving;
use crate::errno::{Errno, Result};
use crate::event::{BasePtr, Core, timeval_of};
use crate::layout::chain::{Chain, linked};
use crate::layout::event::{EV_PERSIST, EV_READ, Event, EventPtr};
use crate::layout::handle::Handle;
use crate::layout::link::Link;
use crate::layout::own_event::{self, Fires};
use crate::log;
use crate::sys::{accept, fd, mem};
use std::cell::Cell;
use std::ffi::c_int;

/// Connections that are taken at one go, before others have their turn.
const ACCEPTS: usize = 64;

/// Microseconds without accepting, when nothing comes of it.
const PAUSE: u64 = 100_000;

#[repr(C)]
pub struct Listener {
    place: Link,
    server: ServerPtr,
    base: BasePtr,
    event: Event,
    /// It can be asked for more connections than one without waiting.
    takes_several: bool,
    is_pausing: Cell<bool>,
    /// So many failed, one after the other.
    failures: Cell<usize>,
    /// The log has it that it cannot take any.
    is_known_to_pause: Cell<bool>,
}

linked!(Listener, place, 0);

pub type ListenerPtr = Handle<Listener>;

/// Takes connections that come in on a socket, which is the listener's from now on.
pub fn listen(server: ServerPtr, socket: c_int, base: BasePtr) -> Result<ListenerPtr> {
    let listener = Handle::leak(mem::try_box(Listener {
        place: Link::new(),
        server,
        base,
        event: Event::zeroed(),
        takes_several: fd::is_nonblocking(socket).unwrap_or(false),
        is_pausing: Cell::new(false),
        failures: Cell::new(0),
        is_known_to_pause: Cell::new(false),
    })?);
    own_event::set(EventPtr::of(&listener.event), base, socket, EV_READ | EV_PERSIST, listener);
    listener.watch().inspect_err(|_| listener.dispose())?;
    Ok(listener)
}

/// Closes the socket. The listener is in its server's list.
pub fn stop(listener: ListenerPtr) {
    listener.ignore();
    fd::close(listener.socket());
    Chain::<Listener>::remove(listener);
    listener.dispose();
}

impl Fires for Listener {
    fn fired(listener: ListenerPtr) {
        if listener.is_pausing.replace(false) {
            let _ = listener.watch();
        }
        let turns = if listener.takes_several { ACCEPTS } else { 1 };
        for _ in 0..turns {
            if listener.server.is_full() {
                // Who comes now waits for somebody to go (`Server::has_room`).
                return listener.ignore();
            }
            match accept::accept(listener.socket()) {
                Ok((socket, peer)) => {
                    listener.is_known_to_pause.set(false);
                    listener.failures.set(0);
                    let peer = peer.unwrap_or(NOWHERE);
                    // Without memory it is closed.
                    let _ = serving::open(listener.server, listener.base, socket, peer);
                }
                Err(Errno::AGAIN) => return,
                Err(error @ Errno(libc::EMFILE | libc::ENFILE | libc::ENOBUFS | libc::ENOMEM)) => {
                    return listener.pause(error);
                }
                Err(Errno::INTR) => {}
                // It was gone before it was taken; but not all of them.
                Err(error) if listener.has_failed() => return listener.pause(error),
                Err(_) => {}
            }
        }
    }
}

impl Listener {
    pub fn socket(&self) -> c_int {
        self.event.ev_fd.get()
    }

    pub fn server(&self) -> ServerPtr {
        self.server
    }

    /// Takes connections, from now on or again.
    pub fn watch(&self) -> Result<()> {
        let event = EventPtr::of(&self.event);
        self.base.try_enter(|core| core.add(event, None))?
    }

    fn ignore(&self) {
        let event = EventPtr::of(&self.event);
        if Core::is_linked(event) {
            let _ = self.base.try_enter(|core| core.del(event));
        }
    }

    /// Once more; too often?
    fn has_failed(&self) -> bool {
        self.failures.set((self.failures.get() + 1) % ACCEPTS);
        self.failures.get() == 0
    }

    /// What cannot be taken now would be told again and again.
    fn pause(&self, why: Errno) {
        if !self.is_known_to_pause.replace(true) {
            log::warn_errno(why, format_args!("evhttp: no connection can be taken"));
        }
        let event = EventPtr::of(&self.event);
        let paused = self.base.try_enter(|core| {
            core.del(event);
            let fd = event.ev_fd.get();
            event.ev_events.set(EV_PERSIST);
            let added = core.add(event, Some(&timeval_of(PAUSE)));
            event.ev_events.set(EV_READ | EV_PERSIST);
            event.ev_fd.set(fd);
            added
        });
        self.is_pausing.set(matches!(paused, Ok(Ok(()))));
    }
}
