//! Telling of changes: the library's own hook, then the user's callback, which may never return.
//!
//! A callback may change its buffer, which calls it again from within, as in libevent 1.4. Below a
//! certain depth changes are put together and told when the callback at that depth has returned,
//! so that the stack is bounded; and a callback that never leaves its buffer alone is cut off.

use super::edit::move_all;
use crate::errno::Result;
use crate::layout::evbuffer::BufferPtr;
use crate::log::{self, Misuse};

/// How deep callbacks of one buffer are called from within each other.
const DEEPEST: u32 = 16;
/// How often the callback at that depth is called for changes that it made itself.
const MOST_TURNS: u32 = 100_000;

/// The length was `old` before: whoever wants to know is told. Nothing of the buffer may be used
/// afterwards, unless it is `held`.
#[inline]
pub fn notify(buf: BufferPtr, old: usize) {
    if buf.is_watched() {
        tell(buf, old);
    }
}

#[inline(never)]
fn tell(buf: BufferPtr, old: usize) {
    if let Some(hook) = buf.hook.get() {
        (hook.run)(hook.owner);
    }
    if buf.cb.get().is_none() {
        return;
    }
    let marker = 0u8;
    let here = &raw const marker as usize;
    let (outer, outer_place) = running(buf, here);
    if outer == DEEPEST {
        if buf.unreported.get().is_none() {
            buf.unreported.set(Some(old));
        }
        return;
    }
    held(buf, || {
        buf.depth.set(outer + 1);
        buf.innermost.set(here);
        buf.call(old).run();
        if outer + 1 == DEEPEST {
            catch_up(buf);
        }
        // Not what it was before: callbacks that switch stacks return in any order.
        buf.depth.set(buf.depth.get().saturating_sub(1));
        buf.innermost.set(outer_place);
    });
}

/// How many callbacks of the buffer are running, and where the innermost was called. None are, if
/// that was here or further down the stack (which grows towards lower addresses): it has been left
/// by longjmp.
fn running(buf: BufferPtr, here: usize) -> (u32, usize) {
    if buf.depth.get() == 0 || here >= buf.innermost.get() {
        buf.unreported.set(None);
        return (0, 0);
    }
    (buf.depth.get(), buf.innermost.get())
}

/// Reports what the callback at the greatest depth has changed.
fn catch_up(buf: BufferPtr) {
    let mut turns = 0;
    while let Some(old) = buf.unreported.take()
        && !buf.doomed.get()
    {
        turns += 1;
        if turns > MOST_TURNS {
            return log::misuse(Misuse::RestlessCallback, "evbuffer");
        }
        buf.call(old).run();
    }
}

/// Moves all of `from` to the end of `to`; both are told, in the order of 1.4 (behaviour 71). A
/// buffer added to itself stays as it is.
pub fn add_buffer(to: BufferPtr, from: BufferPtr) -> Result<()> {
    let (here, there) = (to.off.get(), from.off.get());
    if to == from {
        return Ok(());
    }
    move_all(to, from)?;
    if there == 0 {
        return Ok(());
    }
    let (first, second) =
        if here == 0 { ((from, there), (to, 0)) } else { ((to, here), (from, there)) };
    held(second.0, || {
        notify(first.0, first.1);
        notify(second.0, second.1);
    });
    Ok(())
}

/// Keeps the buffer's memory until `run`, which may end in user code, has returned.
pub fn held(buf: BufferPtr, run: impl FnOnce()) {
    buf.holds.set(buf.holds.get() + 1);
    run();
    buf.holds.set(buf.holds.get() - 1);
    if buf.doomed.get() && buf.holds.get() == 0 {
        buf.dispose();
    }
}

/// Frees the buffer: at once, or when nobody holds it any more. Nobody is told of anything then.
pub fn free(buf: BufferPtr) {
    buf.cb.set(None);
    buf.unhook();
    if buf.holds.get() == 0 {
        buf.dispose();
    } else {
        buf.doomed.set(true);
    }
}
