//! The client side: connections, and calls that wait for one (behaviours 179, 180).
//!
//! A connection carries one call at a time; calls go out in order of asking. Connections are the
//! pool's, and freed with it; one that its program frees takes itself out of the list.

use super::call::Call;
use super::hooks::{HasHooks, Hooks};
use crate::errno::{Errno, Result};
use crate::event::{self, BasePtr};
use crate::http::{ConnectionPtr, client, connection};
use crate::layout::chain::Chain;
use crate::layout::event::{Event, EventPtr};
use crate::layout::handle::Handle;
use crate::layout::live::Live;
use crate::layout::own_event::{self, Fires};
use crate::layout::pinned::Pinned;
use crate::sys::mem;
use std::cell::{Cell, RefCell};
use std::ffi::c_int;

/// `struct evrpc_pool`.
pub struct Pool {
    hooks: Hooks,
    /// That of the program, or the current one at the first use.
    base: Cell<Option<BasePtr>>,
    /// Seconds for a call; 0 and less: any number.
    timeout: Cell<c_int>,
    connections: RefCell<Vec<ConnectionPtr>>,
    /// Calls that no connection was free for.
    pub(super) waiting: Pinned<Chain<Call>>,
    /// Calls that a connection was found for.
    pub(super) sent: Pinned<Chain<Call>>,
    /// Goes on with those that wait, if a call ends in a function that does not return.
    again: Event,
}

pub type PoolPtr = Handle<Pool>;

/// What is called when a connection ends, and for which pool.
pub type Owner = (fn(PoolPtr, ConnectionPtr), PoolPtr);

/// Pools that are alive, by their bases.
static LIVE: Live<Pool> = Live::new();

pub fn create(base: Option<BasePtr>) -> Result<PoolPtr> {
    let pool = Handle::leak(mem::try_box(Pool {
        hooks: Hooks::new(),
        base: Cell::new(base),
        timeout: Cell::new(-1),
        connections: RefCell::new(Vec::new()),
        waiting: Pinned::try_new(Chain::new())?,
        sent: Pinned::try_new(Chain::new())?,
        again: Event::zeroed(),
    })?);
    LIVE.insert(pool, tag(base)).inspect_err(|_| pool.dispose())?;
    Ok(pool)
}

fn tag(base: Option<BasePtr>) -> usize {
    base.map_or(0, |base| base.as_ptr().addr())
}

/// The pool that a program points to, if it is one.
pub fn find<P>(raw: *mut P) -> Option<PoolPtr> {
    LIVE.find(raw)
}

/// A base is about to be freed: its pools have none from now on.
pub fn base_freed(base: BasePtr) {
    while let Some(pool) = LIVE.tagged(tag(Some(base))) {
        event::delete(EventPtr::of(&pool.again));
        pool.sent.iter().for_each(Handle::<Call>::stop_clock);
        pool.set_base(None);
    }
}

/// Ends a pool with its connections and calls: nobody is told of these.
pub fn free(pool: PoolPtr) {
    LIVE.remove(pool);
    LIVE.tidy();
    event::delete(EventPtr::of(&pool.again));
    for calls in [&pool.waiting, &pool.sent] {
        while let Some(call) = calls.front() {
            call.forget();
        }
    }
    loop {
        // What is called when one is closed may free others of them.
        let last = pool.connections.borrow_mut().pop();
        let Some(connection) = last else { break };
        connection.owner.set(None);
        connection::close(connection);
    }
    pool.dispose();
}

impl HasHooks for Pool {
    fn find(raw: *mut Pool) -> Option<PoolPtr> {
        find(raw)
    }

    fn hooks(&self) -> &Hooks {
        &self.hooks
    }
}

impl PoolPtr {
    fn set_base(self, base: Option<BasePtr>) {
        self.base.set(base);
        LIVE.retag(self, tag(base));
    }

    /// The pool's base; `current` if it has none.
    pub fn base_or(self, current: Option<BasePtr>) -> Result<BasePtr> {
        let base = self.base.get().or(current).ok_or(Errno::INVAL)?;
        if self.base.get().is_none() {
            self.set_base(Some(base));
        }
        Ok(base)
    }

    pub(super) fn has(self, connection: ConnectionPtr) -> bool {
        self.connections.borrow().contains(&connection)
    }

    pub fn has_connections(self) -> bool {
        !self.connections.borrow().is_empty()
    }

    /// A connection for calls, which is the pool's from now on.
    pub fn add(self, connection: ConnectionPtr) -> Result<()> {
        if connection.owner.get().is_some() {
            return Err(Errno::INVAL);
        }
        self.connections.borrow_mut().try_reserve(1)?;
        if let Some(base) = self.base.get() {
            // One that is in use already stays where it is.
            let _ = client::set_base(connection, Some(base));
        }
        if self.timeout.get() >= 0 && connection.wire.timeout() == connection::TIMEOUT {
            connection.set_timeout(self.timeout.get());
        }
        connection.owner.set(Some((ended, self)));
        self.connections.borrow_mut().push(connection);
        schedule(self.as_ptr());
        Ok(())
    }

    /// How long a call may take, in seconds.
    pub fn set_timeout(self, seconds: c_int) {
        self.timeout.set(seconds);
        self.connections.borrow().iter().for_each(|connection| connection.set_timeout(seconds));
    }

    pub fn timeout(self) -> Option<u64> {
        u64::try_from(self.timeout.get()).ok().filter(|seconds| *seconds > 0)
    }

    /// A connection that nobody uses.
    fn idle(self) -> Option<ConnectionPtr> {
        self.connections.borrow().iter().copied().find(|connection| client::is_idle(*connection))
    }

    /// Those that wait are thought of in any case, whatever comes of what is called next.
    pub(super) fn remember(self) {
        let event = EventPtr::of(&self.again);
        if let Some(base) = self.base.get()
            && !self.waiting.is_empty()
        {
            event::delete(event);
            own_event::set(event, base, -1, 0, self);
            let _ = base.try_enter(|core| core.activate(event, 0, 1));
        }
    }
}

impl Fires for Pool {
    fn fired(pool: PoolPtr) {
        schedule(pool.as_ptr());
    }
}

/// Gives connections that are free to calls that wait.
pub(super) fn schedule(raw: *mut Pool) {
    // What is called on the way may free the pool.
    while let Some(pool) = find(raw) {
        event::delete(EventPtr::of(&pool.again));
        let Some(call) = pool.waiting.front() else { return };
        let Some(connection) = pool.idle() else { return };
        call.send(connection);
    }
}

/// A connection ends.
fn ended(pool: PoolPtr, connection: ConnectionPtr) {
    pool.connections.borrow_mut().retain(|other| *other != connection);
}
