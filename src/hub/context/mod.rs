//! Stacks and switching between them: the one place that knows what a stack is made of.
//!
//! | file | what it is |
//! |---|---|
//! | `switch.rs` | `Strand`: a stack that does not run; the switch, by the crate `context` |
//! | `stack.rs` | `Stack` and its size classes, how much of one was used |
//! | `pool.rs` | stacks in slabs, each with a guard; promised, taken, given back |
//! | `tools.rs` | what sanitizers and valgrind want to know of stacks |
//! | `overflow.rs` | who has run into a guard |
//!
//! Invariants:
//! * A strand, its stack and its pool belong to one thread and never leave it.
//! * A stack is in its pool or in the hands of one owner; it is unmapped only with the whole pool.
//! * Nothing allocates once a slab is mapped: not `take`, not `give`, not the switch.

pub mod overflow;
mod pool;
mod stack;
mod switch;
#[cfg(test)]
mod tests;
pub mod tools;

pub use pool::Pool;
pub use stack::{Class, Stack, used};
pub use switch::{Entry, Strand};
