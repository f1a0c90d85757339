//! The server side: which calls there are, and who answers them.
//!
//! A call is registered with evhttp under the path of its name. It is counted by the requests that
//! are being answered: unregistered before that, its struct stays till the last of them is done.

use super::answer;
use super::hooks::{HasHooks, Hooks};
use crate::errno::{Errno, Result};
use crate::http::server::{self, Server, ServerPtr};
use crate::layout::evhttp::RequestPtr;
use crate::layout::evrpc::{RpcHandler, RpcPtr};
use crate::layout::handle::Handle;
use crate::layout::live::Live;
use crate::layout::own_request::{self, Hears};
use crate::sys::mem;
use std::cell::{Cell, RefCell};
use std::ffi::c_void;
use std::ptr;

/// What stands before a name in the target of a request (behaviour 174).
const PREFIX: &[u8] = b"/.rpc.";

/// `struct evrpc_base`.
pub struct Registry {
    hooks: Hooks,
    /// It may be freed before.
    server: *mut Server,
    calls: RefCell<Vec<Handle<Registered>>>,
}

pub type RegistryPtr = Handle<Registry>;

static LIVE: Live<Registry> = Live::new();

/// A call that was registered.
pub struct Registered {
    rpc: RpcPtr,
    path: Vec<u8>,
    /// Where it is registered, as long as it is.
    registry: Cell<*mut Registry>,
    /// Requests that are being answered.
    requests: Cell<usize>,
}

/// Calls over this server.
pub fn create(server: ServerPtr) -> Result<RegistryPtr> {
    let registry = Handle::leak(mem::try_box(Registry {
        hooks: Hooks::new(),
        server: server.as_ptr(),
        calls: RefCell::new(Vec::new()),
    })?);
    LIVE.insert(registry, 0).inspect_err(|_| registry.dispose())?;
    Ok(registry)
}

/// The target of requests for the call of this name.
pub fn path(name: &[u8]) -> Result<Vec<u8>> {
    let mut path = Vec::new();
    path.try_reserve_exact(PREFIX.len() + name.len())?;
    path.extend_from_slice(PREFIX);
    path.extend_from_slice(name);
    Ok(path)
}

/// The registry that a program points to, if it is one.
pub fn find<P>(raw: *mut P) -> Option<RegistryPtr> {
    LIVE.find(raw)
}

/// Unregisters what is left (behaviour 178).
pub fn free(registry: RegistryPtr) {
    loop {
        let last = registry.calls.borrow_mut().pop();
        let Some(call) = last else { break };
        registry.let_go(call);
    }
    LIVE.remove(registry);
    LIVE.tidy();
    registry.dispose();
}

impl HasHooks for Registry {
    fn find(raw: *mut Registry) -> Option<RegistryPtr> {
        find(raw)
    }

    fn hooks(&self) -> &Hooks {
        &self.hooks
    }
}

impl RegistryPtr {
    /// Registers a call, whose struct is the library's from now on; not so after an error. The
    /// first of several with one name is called.
    pub fn register(self, rpc: RpcPtr, handler: RpcHandler, arg: *mut c_void) -> Result<()> {
        let server = server::find(self.server).ok_or(Errno::INVAL)?;
        let name = rpc.name().ok_or(Errno::INVAL)?;
        let path = path(name)?;
        let mut calls = self.calls.borrow_mut();
        if calls.iter().any(|call| call.rpc == rpc) {
            return Err(Errno::INVAL);
        }
        calls.try_reserve(1)?;
        let call = Handle::leak(mem::try_box(Registered {
            rpc,
            path,
            registry: Cell::new(self.as_ptr()),
            requests: Cell::new(0),
        })?);
        let callback = own_request::callback::<Registered>();
        let added = server.handlers.add(&call.path, callback, call.as_ptr().cast());
        added.inspect_err(|_| call.dispose())?;
        rpc.cb.set(handler);
        rpc.cb_arg.set(arg);
        rpc.base.set(self.as_ptr());
        calls.push(call);
        Ok(())
    }

    /// Takes back the first call of a name. `ENOENT`: there is none.
    pub fn unregister(self, name: &[u8]) -> Result<()> {
        let mut calls = self.calls.borrow_mut();
        let is_it = |call: &Handle<Registered>| &call.path[PREFIX.len()..] == name;
        let at = calls.iter().position(is_it).ok_or(Errno::NOENT)?;
        let call = calls.remove(at);
        drop(calls);
        self.let_go(call);
        Ok(())
    }

    /// A call that is out of the list.
    fn let_go(self, call: Handle<Registered>) {
        if let Some(server) = server::find(self.server) {
            server.handlers.remove_of(&call.path, call.as_ptr().cast());
        }
        call.registry.set(ptr::null_mut());
        call.rpc.base.set(ptr::null_mut());
        call.end_if_unused();
    }
}

impl Registered {
    pub fn rpc(&self) -> RpcPtr {
        self.rpc
    }

    /// NULL: it is registered no longer.
    pub fn registry(&self) -> *mut Registry {
        self.registry.get()
    }
}

impl Handle<Registered> {
    /// A request is being answered: the call stays.
    pub fn hold(self) {
        self.requests.set(self.requests.get() + 1);
    }

    /// One less.
    pub fn release(self) {
        self.requests.set(self.requests.get() - 1);
        self.end_if_unused();
    }

    fn end_if_unused(self) {
        if self.requests.get() == 0 && self.registry.get().is_null() {
            self.rpc.release();
            self.dispose();
        }
    }
}

impl Hears for Registered {
    fn heard(call: Handle<Registered>, request: Option<RequestPtr>) {
        if let Some(request) = request {
            answer::begin(call, request);
        }
    }
}
