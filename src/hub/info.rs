//! What there is to know of the hub and its greenlets.

use super::context::used;
use super::greenlet::{GreenletPtr, State};
use super::hub::Hub;
use super::report::Name;
use std::fmt::{self, Write};

/// Numbers of a hub.
pub struct Numbers {
    pub waiting: usize,
    pub ready: usize,
    pub stacks: usize,
    pub stacks_free: usize,
    pub stack_bytes: usize,
}

impl Hub {
    pub fn numbers(&self) -> Numbers {
        let count = |state| self.roll.iter().filter(|g| g.state.get() == state).count();
        let pool = self.pool.stats();
        Numbers {
            waiting: count(State::Waiting),
            ready: count(State::Ready) + count(State::Started),
            stacks: pool.mapped,
            stacks_free: pool.free,
            stack_bytes: pool.bytes,
        }
    }

    /// The main greenlet, then all others in the order of making.
    pub fn all(&self) -> impl Iterator<Item = GreenletPtr> {
        std::iter::once(self.main).chain(self.roll.iter())
    }

    /// For how many seconds a greenlet has been waiting, as of the loop's last round.
    pub fn waited(&self, greenlet: GreenletPtr) -> f64 {
        if greenlet.state.get() != State::Waiting {
            return 0.0;
        }
        self.round.get().saturating_sub(greenlet.since.get()) as f64 / 1e6
    }

    /// A line for each greenlet.
    pub fn dump(&self, out: &mut dyn Write) -> fmt::Result {
        for greenlet in self.all() {
            let (size, used) = stack_of(greenlet);
            let state = match greenlet.state.get() {
                State::Waiting => greenlet.why.get().text().to_str().unwrap_or_default(),
                State::New => "new",
                State::Started | State::Ready => "ready",
                _ => "runs",
            };
            writeln!(
                out,
                "{} {}: {state} {:.3} s, stack {used} of {size} bytes",
                greenlet.id,
                Name(greenlet),
                self.waited(greenlet)
            )?;
        }
        Ok(())
    }
}

/// The size of a greenlet's stack, and how much of it was used at most; 0 for a thread's own.
pub fn stack_of(greenlet: GreenletPtr) -> (usize, usize) {
    super::look(&greenlet.stack, |stack| {
        stack.as_ref().map_or((0, 0), |stack| (stack.size(), used(stack)))
    })
}
