//! Work of the library's own that an object of a lower layer is asked to start: a function and
//! what it is done for. Hooks run no user code.

use std::ffi::c_void;

#[derive(Clone, Copy)]
pub struct Hook {
    pub run: fn(*mut c_void),
    pub owner: *mut c_void,
}

impl Hook {
    pub fn run(self) {
        (self.run)(self.owner);
    }
}
