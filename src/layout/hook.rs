//! Work of the library's own that an object of a lower layer is asked to start: a function and
//! the bufferevent that it is done for.
//!
//! Whichever of the two is freed first lets go of the other (`unhook`).

use super::bufferevent::StreamPtr;

#[derive(Clone, Copy)]
pub struct Hook {
    pub run: fn(StreamPtr),
    pub owner: StreamPtr,
}
