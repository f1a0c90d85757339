//! A server: what it listens on, its connections, whom it calls.

use super::connection::{self, Connection, ConnectionPtr};
use super::handlers::Handlers;
use super::listener::{self, Listener, ListenerPtr};
use super::settings::Settings;
use crate::errno::{Errno, Result};
use crate::event::BasePtr;
use crate::layout::call::transport::Maker;
use crate::layout::chain::Chain;
use crate::layout::handle::Handle;
use crate::layout::live::Live;
use crate::layout::pinned::Pinned;
use crate::sys::mem;
use std::cell::Cell;
use std::ffi::c_int;

pub struct Server {
    base: Cell<Option<BasePtr>>,
    /// Who gets requests.
    pub handlers: Handlers,
    /// Who is told of them when their heads are there.
    pub head_handlers: Handlers,
    listeners: Pinned<Chain<Listener>>,
    connections: Pinned<Chain<Connection>>,
    count: Cell<usize>,
    timeout: Cell<c_int>,
    pub settings: Settings,
    /// What connections get.
    transport: Cell<Option<Maker>>,
}

pub type ServerPtr = Handle<Server>;

/// Servers that are alive.
static LIVE: Live<Server> = Live::new();

/// The server at an address, if there is one.
pub fn find(raw: *mut Server) -> Option<ServerPtr> {
    LIVE.find(raw)
}

/// A server for this base.
pub fn create(base: Option<BasePtr>) -> Result<ServerPtr> {
    let server = Server {
        base: Cell::new(base),
        handlers: Handlers::new(),
        head_handlers: Handlers::new(),
        listeners: Pinned::try_new(Chain::new())?,
        connections: Pinned::try_new(Chain::new())?,
        count: Cell::new(0),
        timeout: Cell::new(connection::TIMEOUT),
        settings: Settings::new(),
        transport: Cell::new(None),
    };
    let server = Handle::leak(mem::try_box(server)?);
    LIVE.insert(server, 0).inspect_err(|_| server.dispose())?;
    Ok(server)
}

/// Closes what it listens on, and its connections, without answering (behaviour 138).
pub fn free(server: ServerPtr) {
    while let Some(listener) = server.listeners.front() {
        listener::stop(listener);
    }
    while let Some(connection) = server.connections.front() {
        connection::close(connection);
    }
    server.set_transport(None);
    LIVE.remove(server);
    LIVE.tidy();
    server.dispose();
}

impl ServerPtr {
    /// Takes connections that come in on a socket, which is the server's from now on.
    pub fn listen(self, socket: c_int, base: BasePtr) -> Result<ListenerPtr> {
        let listener = listener::listen(self, socket, base)?;
        self.listeners.push(listener);
        Ok(listener)
    }

    /// Closes one of the sockets that it listens on. `ENOENT`: it is another server's.
    pub fn stop_listening(self, listener: ListenerPtr) -> Result<()> {
        if listener.server() != self {
            return Err(Errno::NOENT);
        }
        listener::stop(listener);
        Ok(())
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

    pub fn transport(&self) -> Option<Maker> {
        self.transport.get()
    }

    /// What lies between connections to come and their sockets.
    pub fn set_transport(&self, maker: Option<Maker>) {
        if let Some(old) = self.transport.replace(maker) {
            old.release();
        }
    }

    /// One more connection.
    pub fn add_connection(&self, connection: ConnectionPtr) {
        self.connections.push(connection);
        self.count.set(self.count.get() + 1);
    }

    /// One connection less: others may be waiting.
    pub fn remove_connection(&self, connection: ConnectionPtr) {
        Chain::<Connection>::remove(connection);
        let was_full = self.is_full();
        self.count.set(self.count.get() - 1);
        if was_full {
            self.has_room();
        }
    }

    pub fn is_full(&self) -> bool {
        self.settings.max_connections().is_some_and(|most| self.count.get() >= most)
    }

    /// Takes those that wait, if there is room.
    pub fn has_room(&self) {
        if !self.is_full() {
            self.listeners.iter().for_each(|listener| {
                let _ = listener.watch();
            });
        }
    }
}
