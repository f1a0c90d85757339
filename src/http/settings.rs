//! What a server allows, and how long it waits. The default is libevent 1.4's, within limits.

use super::{Limits, Method, Refusal};
use std::cell::Cell;
use std::ffi::c_int;

pub struct Settings {
    is_strict: Cell<bool>,
    /// A bit for each method, by its number; `None`: those of libevent 1.4 (behaviour 139).
    methods: Cell<Option<u32>>,
    max_head: Cell<usize>,
    max_body: Cell<Option<u64>>,
    max_connections: Cell<Option<usize>>,
    /// Microseconds; `None`: as long as for anything else. 0: for ever.
    head_time: Cell<Option<u64>>,
    idle_time: Cell<Option<u64>>,
}

impl Settings {
    pub fn new() -> Settings {
        Settings {
            is_strict: Cell::new(false),
            methods: Cell::new(None),
            max_head: Cell::new(Limits::default().head),
            max_body: Cell::new(None),
            max_connections: Cell::new(None),
            head_time: Cell::new(None),
            idle_time: Cell::new(None),
        }
    }

    /// RFC 9112 to the letter?
    pub fn is_strict(&self) -> bool {
        self.is_strict.get()
    }

    pub fn set_strict(&self, on: bool) {
        self.is_strict.set(on);
    }

    pub fn set_methods(&self, mask: u32) {
        self.methods.set(Some(mask));
    }

    /// The number that programs know a method by, if it may reach them.
    pub fn allowed(&self, method: Method) -> super::Result<c_int> {
        let mask = self.methods.get();
        let refusal = match mask {
            None if !self.is_strict() => Refusal::BadRequest,
            _ => Refusal::NotImplemented,
        };
        let mask = mask.unwrap_or(0b111);
        method.number().filter(|number| mask >> number & 1 != 0).ok_or(refusal)
    }

    pub fn limits(&self) -> Limits {
        Limits { line: self.max_head.get(), head: self.max_head.get() }
    }

    pub fn set_max_head(&self, bytes: usize) {
        self.max_head.set(bytes);
    }

    pub fn max_body(&self) -> Option<u64> {
        self.max_body.get()
    }

    pub fn set_max_body(&self, bytes: Option<u64>) {
        self.max_body.set(bytes);
    }

    pub fn max_connections(&self) -> Option<usize> {
        self.max_connections.get()
    }

    pub fn set_max_connections(&self, most: Option<usize>) {
        self.max_connections.set(most);
    }

    pub fn head_time(&self) -> Option<u64> {
        self.head_time.get()
    }

    pub fn set_head_time(&self, time: Option<u64>) {
        self.head_time.set(time);
    }

    pub fn idle_time(&self) -> Option<u64> {
        self.idle_time.get()
    }

    pub fn set_idle_time(&self, time: Option<u64>) {
        self.idle_time.set(time);
    }
}
