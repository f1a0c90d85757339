//! A server: what it listens on, whom it calls, what it allows.

use super::connection::{self, Connection};
use super::serving;
use super::{Limits, Method};
use crate::errno::{Errno, Result};
use crate::event::{BasePtr, Core, timeval_of};
use crate::layout::call::http::RequestCall;
use crate::layout::chain::{Chain, linked};
use crate::layout::event::{EV_PERSIST, EV_READ, Event, EventPtr};
use crate::layout::evhttp::{RequestCallback, RequestPtr};
use crate::layout::handle::Handle;
use crate::layout::link::Link;
use crate::layout::own_event::{self, Fires};
use crate::layout::pinned::Pinned;
use crate::log;
use crate::sys::{accept, fd, mem};
use std::cell::{Cell, RefCell};
use std::ffi::{c_int, c_void};

/// Connections that are taken at one go, before others have their turn.
const ACCEPTS: usize = 64;

/// Microseconds without accepting, when descriptors or memory have run out.
const PAUSE: u64 = 100_000;

pub struct Server {
    base: Cell<Option<BasePtr>>,
    handlers: RefCell<Vec<Handler>>,
    general: Cell<(RequestCallback, *mut c_void)>,
    listeners: Pinned<Chain<Listener>>,
    connections: Pinned<Chain<Connection>>,
    timeout: Cell<c_int>,
}

pub type ServerPtr = Handle<Server>;

struct Handler {
    path: Vec<u8>,
    callback: RequestCallback,
    arg: *mut c_void,
}

#[repr(C)]
pub struct Listener {
    place: Link,
    server: ServerPtr,
    base: BasePtr,
    event: Event,
    /// It can be asked for more connections than one without waiting.
    takes_several: bool,
    is_pausing: Cell<bool>,
}

linked!(Listener, place, 0);

/// A server for this base.
pub fn create(base: Option<BasePtr>) -> Result<ServerPtr> {
    let server = Server {
        base: Cell::new(base),
        handlers: RefCell::new(Vec::new()),
        general: Cell::new((None, std::ptr::null_mut())),
        listeners: Pinned::try_new(Chain::new())?,
        connections: Pinned::try_new(Chain::new())?,
        timeout: Cell::new(connection::TIMEOUT),
    };
    Ok(Handle::leak(mem::try_box(server)?))
}

/// Closes what it listens on, and its connections, without answering (behaviour 138).
pub fn free(server: ServerPtr) {
    while let Some(listener) = server.listeners.front() {
        stop(listener);
    }
    while let Some(connection) = server.connections.front() {
        connection::close(connection);
    }
    server.dispose();
}

fn stop(listener: Handle<Listener>) {
    let event = EventPtr::of(&listener.event);
    if Core::is_linked(event) {
        let _ = listener.base.try_enter(|core| core.del(event));
    }
    fd::close(event.ev_fd.get());
    Chain::<Listener>::remove(listener);
    listener.dispose();
}

impl ServerPtr {
    /// Takes connections that come in on a socket, which is the server's from now on.
    pub fn listen(self, socket: c_int, base: BasePtr) -> Result<()> {
        let listener = Handle::leak(mem::try_box(Listener {
            place: Link::new(),
            server: self,
            base,
            event: Event::zeroed(),
            takes_several: fd::is_nonblocking(socket).unwrap_or(false),
            is_pausing: Cell::new(false),
        })?);
        let event = EventPtr::of(&listener.event);
        own_event::set(event, base, socket, EV_READ | EV_PERSIST, listener);
        let added = base.try_enter(|core| core.add(event, None)).and_then(|added| added);
        if let Err(error) = added {
            listener.dispose();
            return Err(error);
        }
        self.listeners.push(listener);
        Ok(())
    }
}

impl Fires for Listener {
    fn fired(listener: Handle<Listener>) {
        if listener.is_pausing.replace(false) {
            let event = EventPtr::of(&listener.event);
            let _ = listener.base.try_enter(|core| core.add(event, None));
        }
        let turns = if listener.takes_several { ACCEPTS } else { 1 };
        for _ in 0..turns {
            match accept::accept(listener.event.ev_fd.get()) {
                Ok((socket, Some(peer))) => {
                    // Without memory it is closed.
                    let _ = serving::open(listener.server, listener.base, socket, peer);
                }
                Ok((_, None)) => {}
                Err(Errno::AGAIN) => return,
                Err(Errno(libc::EMFILE | libc::ENFILE | libc::ENOBUFS | libc::ENOMEM)) => {
                    return listener.pause();
                }
                // It was gone before it was taken.
                Err(_) => {}
            }
        }
    }
}

impl Listener {
    /// What cannot be taken now would be told again and again.
    fn pause(&self) {
        log::warn(format_args!("evhttp: no descriptor for a connection"));
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

impl Server {
    pub fn base(&self) -> Option<BasePtr> {
        self.base.get()
    }

    pub fn timeout(&self) -> c_int {
        self.timeout.get()
    }

    pub fn set_timeout(&self, seconds: c_int) {
        self.timeout.set(if seconds < 0 { connection::TIMEOUT } else { seconds });
    }

    pub fn connections(&self) -> &Chain<Connection> {
        &self.connections
    }

    pub fn is_strict(&self) -> bool {
        false
    }

    pub fn limits(&self) -> Limits {
        Limits::default()
    }

    pub fn max_body(&self) -> Option<u64> {
        None
    }

    /// The number that programs know a method by, if it may reach them.
    pub fn allows(&self, method: Method) -> Option<c_int> {
        match method {
            Method::Get => Some(0),
            Method::Post => Some(1),
            Method::Head => Some(2),
            _ => None,
        }
    }

    pub fn set_general(&self, callback: RequestCallback, arg: *mut c_void) {
        self.general.set((callback, arg));
    }

    /// Adds a handler; the first of a path wins (behaviours 141, 142).
    pub fn add_handler(
        &self,
        path: &[u8],
        callback: RequestCallback,
        arg: *mut c_void,
    ) -> Result<()> {
        let mut copy = Vec::new();
        copy.try_reserve_exact(path.len())?;
        copy.extend_from_slice(path);
        let mut handlers = self.handlers.borrow_mut();
        handlers.try_reserve(1)?;
        handlers.push(Handler { path: copy, callback, arg });
        Ok(())
    }

    /// Takes away the first of a path. `ENOENT`: there is none.
    pub fn remove_handler(&self, path: &[u8]) -> Result<()> {
        let mut handlers = self.handlers.borrow_mut();
        let at = handlers.iter().position(|handler| handler.path == path).ok_or(Errno::NOENT)?;
        handlers.remove(at);
        Ok(())
    }

    /// Who is called for a request.
    pub fn handler(&self, request: RequestPtr) -> Option<RequestCall> {
        let uri = request.uri_bytes();
        let path = uri.split(|byte| *byte == b'?').next().unwrap_or_default();
        let handlers = self.handlers.borrow();
        let found = handlers.iter().find(|handler| handler.path == path);
        let (callback, arg) = match found {
            Some(handler) => (handler.callback, handler.arg),
            None => self.general.get(),
        };
        callback.map(|_| RequestCall { callback, request: request.as_ptr(), arg })
    }
}
