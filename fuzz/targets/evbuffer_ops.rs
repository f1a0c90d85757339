//! The input is a list of operations on a few buffers; after each one contents, fields and what
//! the callbacks heard must be those of plain byte vectors (`evbuffer::model`).
#![no_main]

mod common;
mod evbuffer {
    pub mod files;
    pub mod model;
    pub mod ops;
    pub mod world;
}
extern crate evhub as _;

use common::ffi;
use common::input::Input;
use evbuffer::ops;
use evbuffer::world::World;
use libfuzzer_sys::fuzz_target;

const MOST: usize = 400;

fuzz_target!(|data: &[u8]| {
    ffi::silence();
    let mut input = Input::new(data);
    let mut world = World::new();
    for _ in 0..MOST {
        if input.is_empty() {
            break;
        }
        ops::run_one(&mut world, &mut input);
        world.check();
    }
});
