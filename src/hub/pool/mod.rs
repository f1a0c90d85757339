//! Groups of greenlets, and work that is shared out among their members.
//!
//! ```text
//!   Group { members: Member -> Member -> ..., places: who waits for one }
//!                      |          |
//!                   greenlet   greenlet       each knows its members, and tells them of its end
//! ```
//! A greenlet leaves its groups in the moment in which it ends, before those who wait for it are
//! woken: after a join the group has one member less. What ends later than its group, or waits in
//! it when it is freed, finds the struct closed, not gone: it holds it.

pub mod group;
pub mod imap;
pub mod member;
pub mod work;
