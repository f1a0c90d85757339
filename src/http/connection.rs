//! `struct evhttp_connection`: a wire, and who uses it — a server (`serving`) or a program that
//! asks (`client`).
//!
//! Connections are known by address: after a call of the program's one is looked up anew, as it
//! may have been freed meanwhile.

use super::Refusal;
use super::client::{self, Client};
use super::serving::{self, Serving};
use super::wire::Wire;
use crate::errno::{Errno, Result};
use crate::event::BasePtr;
use crate::layout::call::http::{CloseCallback, run_close};
use crate::layout::chain::linked;
use crate::layout::evhttp::RequestPtr;
use crate::layout::handle::Handle;
use crate::layout::late::Work;
use crate::layout::link::Link;
use crate::layout::live::Live;
use crate::layout::own_event::Fires;
use crate::rpc::Owner;
use crate::sys::mem;
use std::cell::{Cell, OnceCell};
use std::ffi::{CStr, c_int, c_void};
use std::io::Write;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// Seconds without progress (behaviour 147).
pub const TIMEOUT: c_int = 50;

/// The address of who has none: a peer over a UNIX socket.
pub const NOWHERE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0);

/// Who uses a connection, and what for.
pub enum Side {
    Server(Serving),
    Client(Box<Client>),
}

#[repr(C)]
pub struct Connection {
    place: Link,
    pub wire: Wire,
    pub side: Side,
    peer: SocketAddr,
    /// The same address as text, once a program has asked for it.
    peer_text: OnceCell<Box<PeerText>>,
    pub closecb: Cell<CloseCallback>,
    pub closecb_arg: Cell<*mut c_void>,
    /// The pool that it is in, and what is called when it ends.
    pub owner: Cell<Option<Owner>>,
}

linked!(Connection, place, 0);

pub type ConnectionPtr = Handle<Connection>;

/// Connections that are alive, by their bases.
static LIVE: Live<Connection> = Live::new();

/// The connection at an address, if there is one.
pub fn find(raw: *mut Connection) -> Option<ConnectionPtr> {
    LIVE.find(raw)
}

/// A base is about to be freed: its connections have none from now on.
pub fn base_freed(base: BasePtr) {
    while let Some(connection) = LIVE.tagged(base.as_ptr().addr()) {
        LIVE.retag(connection, 0);
        client::base_freed(connection);
        connection.wire.orphan();
    }
}

/// A connection without a socket.
pub fn create(base: Option<BasePtr>, peer: SocketAddr, side: Side) -> Result<ConnectionPtr> {
    let connection = Handle::leak(mem::try_box(Connection {
        place: Link::new(),
        wire: Wire::new(base, TIMEOUT),
        side,
        peer,
        peer_text: OnceCell::new(),
        closecb: Cell::new(None),
        closecb_arg: Cell::new(std::ptr::null_mut()),
        owner: Cell::new(None),
    })?);
    LIVE.insert(connection, tag(base)).inspect_err(|_| connection.dispose())?;
    connection.wire.set_work(Work::Http(end_of_round, connection));
    Ok(connection)
}

fn tag(base: Option<BasePtr>) -> usize {
    base.map_or(0, |base| base.as_ptr().addr())
}

impl Fires for Connection {
    fn fired(connection: ConnectionPtr) {
        let is_late = connection.wire.take_timeout();
        match &connection.side {
            Side::Server(_) => serving::fired(connection, is_late),
            Side::Client(_) => client::fired(connection, is_late),
        }
    }
}

fn end_of_round(connection: ConnectionPtr) -> bool {
    match &connection.side {
        Side::Server(_) => serving::end_of_round(connection),
        Side::Client(_) => client::end_of_round(connection),
    }
    true
}

/// Takes no more of the body that comes for a request, or goes on with it. `ENOENT`: no connection
/// has the request.
pub fn pause(request: RequestPtr, is_paused: bool) -> Result<()> {
    let connection = find(request.evcon.get()).ok_or(Errno::NOENT)?;
    match &connection.side {
        Side::Server(_) => serving::pause(connection, request, is_paused),
        Side::Client(_) => client::pause(request, is_paused)?,
    }
    Ok(())
}

/// Ends a connection; its program hears of it.
pub fn close(connection: ConnectionPtr) {
    match &connection.side {
        Side::Server(_) => serving::close(connection),
        Side::Client(_) => client::free(connection),
    }
}

impl ConnectionPtr {
    /// Which base frees it from its events when it goes.
    pub fn set_base(self, base: Option<BasePtr>) {
        self.wire.set_base(base);
        LIVE.retag(self, tag(base));
    }

    /// The end of its memory.
    pub fn end(self) {
        if let Some((ended, pool)) = self.owner.take() {
            ended(pool, self);
        }
        LIVE.remove(self);
        LIVE.tidy();
        self.dispose();
    }

    /// Tells the program that it is closed, once; it may be gone afterwards.
    pub fn tell_closed(self) {
        let callback = self.closecb.take();
        run_close(callback, self.as_ptr(), self.closecb_arg.get());
    }
}

impl Connection {
    /// What a server has of it.
    pub fn serving(&self) -> Option<&Serving> {
        match &self.side {
            Side::Server(serving) => Some(serving),
            Side::Client(_) => None,
        }
    }

    /// What a program that asks has of it.
    pub fn client(&self) -> Option<&Client> {
        match &self.side {
            Side::Client(client) => Some(client),
            Side::Server(_) => None,
        }
    }

    pub fn peer(&self) -> SocketAddr {
        self.peer
    }

    /// The peer's address, as text of the connection's.
    pub fn peer_text(&self) -> Result<&CStr> {
        let text = match self.peer_text.get() {
            Some(text) => text,
            None => {
                let text = mem::try_box(PeerText::of(self.peer))?;
                self.peer_text.get_or_init(|| text)
            }
        };
        Ok(text.as_string())
    }

    pub fn set_timeout(&self, seconds: c_int) {
        self.wire.set_timeout(if seconds < 0 { TIMEOUT } else { seconds });
        if self.serving().is_some() {
            let _ = self.wire.watch_input();
        }
    }
}

/// An address as text: a mapped one as that which it stands for (behaviour 136), none as nothing.
/// Room for the longest, and a NUL.
pub struct PeerText([u8; 46]);

impl PeerText {
    pub fn as_string(&self) -> &CStr {
        CStr::from_bytes_until_nul(&self.0).unwrap_or_default()
    }

    pub fn of(peer: SocketAddr) -> PeerText {
        let mut text = PeerText([0; 46]);
        if peer == NOWHERE {
            return text;
        }
        let room = text.0.len() - 1;
        let _ = write!(&mut text.0[..room], "{}", peer.ip().to_canonical());
        text
    }
}

pub fn no_memory(_: Errno) -> Refusal {
    Refusal::NoMemory
}

pub fn try_copy(bytes: &[u8]) -> super::Result<Vec<u8>> {
    let mut copy = Vec::new();
    copy.try_reserve_exact(bytes.len()).map_err(|_| Refusal::NoMemory)?;
    copy.extend_from_slice(bytes);
    Ok(copy)
}
