//! The parts that need no socket: names, what clients say first, streams over memory.

mod hello;
mod names;
mod outlet;
mod pipe;
mod stream;
