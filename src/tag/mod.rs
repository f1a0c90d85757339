//! Tagged records on the wire: evtag.
//!
//! ```text
//!   record    = tag, length, payload          tag: 7 bits a byte, low ones first
//!   length    = an integer                    integer: its number of nibbles less one, then the
//!   payload   = bytes | integer | two         nibbles, low ones first, two in a byte
//! ```
//! codec.rs has the numbers, record.rs the records: mostly pure functions on bytes. What a caller
//! asks of a buffer is done in one piece or not at all, so that its callback is called once.

mod codec;
mod record;

pub use codec::{Number, decode_int, decode_tag};
pub use record::{Head, Writer, as_int, as_timeval, peek, write};
