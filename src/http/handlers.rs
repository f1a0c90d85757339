//! Functions of a program's for the paths of a server.

use crate::errno::{Errno, Result};
use crate::layout::call::http::RequestCall;
use crate::layout::evhttp::{RequestCallback, RequestPtr};
use std::cell::{Cell, RefCell};
use std::ffi::c_void;

pub struct Handlers {
    list: RefCell<Vec<Handler>>,
    general: Cell<(RequestCallback, *mut c_void)>,
}

struct Handler {
    path: Vec<u8>,
    callback: RequestCallback,
    arg: *mut c_void,
}

impl Handlers {
    pub fn new() -> Handlers {
        Handlers {
            list: RefCell::new(Vec::new()),
            general: Cell::new((None, std::ptr::null_mut())),
        }
    }

    /// For requests that no other one is for.
    pub fn set_general(&self, callback: RequestCallback, arg: *mut c_void) {
        self.general.set((callback, arg));
    }

    /// Adds a function; the first of a path wins (behaviours 141, 142).
    pub fn add(&self, path: &[u8], callback: RequestCallback, arg: *mut c_void) -> Result<()> {
        let mut copy = Vec::new();
        copy.try_reserve_exact(path.len())?;
        copy.extend_from_slice(path);
        let mut list = self.list.borrow_mut();
        list.try_reserve(1)?;
        list.push(Handler { path: copy, callback, arg });
        Ok(())
    }

    /// Takes away the first of a path. `ENOENT`: there is none.
    pub fn remove(&self, path: &[u8]) -> Result<()> {
        let mut list = self.list.borrow_mut();
        let at = list.iter().position(|handler| handler.path == path).ok_or(Errno::NOENT)?;
        list.remove(at);
        Ok(())
    }

    /// Takes away one of several of a path: that with this argument.
    pub fn remove_of(&self, path: &[u8], arg: *mut c_void) {
        let mut list = self.list.borrow_mut();
        let is_it = |handler: &Handler| handler.path == path && handler.arg == arg;
        if let Some(at) = list.iter().position(is_it) {
            list.remove(at);
        }
    }

    /// Who is called for a request.
    pub fn find(&self, request: RequestPtr) -> Option<RequestCall> {
        let uri = request.uri_bytes();
        let path = uri.split(|byte| *byte == b'?').next().unwrap_or_default();
        let list = self.list.borrow();
        let found = list.iter().find(|handler| handler.path == path);
        let (callback, arg) = match found {
            Some(handler) => (handler.callback, handler.arg),
            None => self.general.get(),
        };
        callback.map(|_| RequestCall { callback, request: request.as_ptr(), arg })
    }
}
