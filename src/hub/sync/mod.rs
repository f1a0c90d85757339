//! What greenlets wait for each other with: flags, results, locks. FIFO, all of them.

pub mod flag;
pub mod result;
pub mod semaphore;
