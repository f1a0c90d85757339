//! evrpc: messages as bodies of HTTP requests and replies (behaviours 174 to 181).
//!
//! ```text
//!   registry: calls by name -- a request comes --> answer: hooks, messages, the program, a reply
//!   pool: connections, who waits for one -- free? --> call: hooks, message, request --> outcome
//! ```
//! Both sides stand on the core of HTTP, not on its functions in C. Messages are the program's:
//! they are made, read and written by functions that it has given, all of which are user code.

mod answer;
pub mod call;
mod hooks;
pub mod pool;
pub mod registry;

pub use answer::{abandon, finish};
pub use call::Waiter;
pub use hooks::{Hooks, Side};
pub use pool::{Owner, Pool, PoolPtr};
pub use registry::{Registered, Registry};

use hooks::HasHooks;

/// Does something to the hooks of a base or a pool, whichever a program points to.
pub fn with_hooks<P, R>(owner: *mut P, act: impl FnOnce(&Hooks) -> R) -> Option<R> {
    match registry::find(owner) {
        Some(registry) => Some(act(registry.hooks())),
        None => pool::find(owner).map(|pool| act(pool.hooks())),
    }
}
