//! Hooks: functions that see what comes in and what goes out, in order of adding.
//!
//! A hook may add and remove hooks, itself too, and free what they belong to: so the next one is
//! looked up anew after each, by numbers that are given once.

use crate::errno::Result;
use crate::layout::call::rpc::HookCall;
use crate::layout::evbuffer::BufferPtr;
use crate::layout::evhttp::RequestPtr;
use crate::layout::handle::Handle;
use crate::sys::mem;
use std::cell::{Cell, RefCell};
use std::ffi::{c_uint, c_void};

/// What hooks see.
#[derive(Clone, Copy)]
pub enum Side {
    Input,
    Output,
}

impl Side {
    /// `EVRPC_INPUT`, `EVRPC_OUTPUT`.
    pub fn of(number: c_uint) -> Option<Side> {
        match number {
            0 => Some(Side::Input),
            1 => Some(Side::Output),
            _ => None,
        }
    }
}

/// A hook. Its address is what programs know it by.
struct Hook {
    number: u64,
    call: HookCall,
}

/// The hooks of both sides.
pub struct Hooks {
    sides: [RefCell<Vec<Handle<Hook>>>; 2],
    added: Cell<u64>,
}

impl Hooks {
    pub fn new() -> Hooks {
        Hooks { sides: [RefCell::new(Vec::new()), RefCell::new(Vec::new())], added: Cell::new(0) }
    }

    pub fn add(&self, side: Side, call: HookCall) -> Result<*mut c_void> {
        let mut hooks = self.sides[side as usize].borrow_mut();
        hooks.try_reserve(1)?;
        let number = self.added.get() + 1;
        let hook = Handle::leak(mem::try_box(Hook { number, call })?);
        self.added.set(number);
        hooks.push(hook);
        Ok(hook.as_ptr().cast())
    }

    /// Was it there?
    pub fn remove(&self, side: Side, hook: *mut c_void) -> bool {
        let mut hooks = self.sides[side as usize].borrow_mut();
        let found = hooks.iter().position(|known| known.as_ptr().cast() == hook);
        if let Some(at) = found {
            hooks.remove(at).dispose();
        }
        found.is_some()
    }

    /// The first that was added after the one of this number.
    fn after(&self, side: Side, number: u64) -> Option<(u64, HookCall)> {
        let hooks = self.sides[side as usize].borrow();
        let next = hooks.iter().find(|hook| hook.number > number)?;
        Some((next.number, next.call))
    }
}

impl Drop for Hooks {
    fn drop(&mut self) {
        for side in &self.sides {
            side.borrow_mut().drain(..).for_each(Handle::dispose);
        }
    }
}

/// Who has hooks, looked up anew each time.
pub trait HasHooks: Sized {
    fn find(raw: *mut Self) -> Option<Handle<Self>>;
    fn hooks(&self) -> &Hooks;
}

/// Calls the hooks of one side in order, till one refuses. Do they all agree? When their owner is
/// gone there are none.
pub fn agree<T: HasHooks>(owner: *mut T, side: Side, request: RequestPtr, data: BufferPtr) -> bool {
    let mut last = 0;
    while let Some(owner) = T::find(owner)
        && let Some((number, call)) = owner.hooks().after(side, last)
    {
        last = number;
        if call.run(request.as_ptr(), data.as_ptr()) == -1 {
            return false;
        }
    }
    true
}
