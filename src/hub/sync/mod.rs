//! What greenlets wait for each other with: flags, results, locks. FIFO, all of them.

pub mod barrier;
pub mod condition;
pub mod flag;
pub mod left;
pub mod result;
pub mod rlock;
pub mod rwlock;
pub mod semaphore;
pub mod waiter;
pub mod waitgroup;
