//! Buffers: what is done with the bytes of a `struct evbuffer`.
//!
//! ```text
//!   add, remove, printf, readline ...    what the caller asks for
//!        |
//!   room.rs    is there room?  slide to the front, or grow by powers of two
//!   edit.rs    add, drop, move          lines.rs, search.rs   pure functions on bytes
//!   io.rs      one read, one write      notify.rs             who is told, last of all
//! ```
//! Rules: an operation that fails changes nothing. It does not call anybody: whoever ordered it
//! says `notify` when all is done, and may not touch the buffer after that unless it holds it
//! (`held`), because a callback may have freed it.

mod edit;
mod io;
mod lines;
mod notify;
mod room;
mod search;

pub use edit::{append, copy_out, drain, move_all, prepend, remove};
pub use io::{add_file, fill, read, usual_read, write};
pub use lines::{Eol, Line, first_line, next_line};
pub use notify::{add_buffer, free, held, notify};
pub use room::reserve;
pub use search::{find, find_from};
