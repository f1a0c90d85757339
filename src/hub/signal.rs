//! Signals that start greenlets, and SIGINT for the main greenlet.

use super::object::{Head, Kind, Object};
use crate::errno::{Errno, Result};
use crate::event::Core;
use crate::layout::call::GreenletFn;
use crate::layout::chain::{Chain, linked};
use crate::layout::event::{EV_PERSIST, EV_SIGNAL, Event, EventPtr};
use crate::layout::handle::Handle;
use crate::layout::link::Link;
use crate::layout::own_event::{self, Fires};
use crate::log;
use std::ffi::{c_int, c_void};

/// What a delivery does.
#[derive(Clone, Copy)]
pub enum Then {
    Spawn(GreenletFn, *mut c_void),
    KillMain(Errno),
}

#[repr(C)]
pub struct Signal {
    object: Object,
    event: Event,
    place: Link,
    then: Then,
}

linked!(Signal, place, 0);

impl Head for Signal {
    const KIND: Kind = Kind::Signal;
    fn object(&self) -> &Object {
        &self.object
    }
}

pub type SignalPtr = Handle<Signal>;

impl Fires for Signal {
    fn fired(signal: SignalPtr) {
        let hub = signal.object.hub;
        let done = match signal.then {
            Then::Spawn(function, arg) => super::spawn::go(hub, function, arg),
            Then::KillMain(error) => hub.kill(hub.main, error, None),
        };
        if let Err(error) = done {
            log::warn_errno(error, format_args!("evhub: a signal's greenlet"));
        }
    }
}

/// Watches a signal. `counts`: it is something that greenlets may hope for.
pub fn watch(signal: c_int, then: Then, counts: bool) -> Result<SignalPtr> {
    let hub = super::get()?;
    let base = hub.base()?;
    let place = Link::new();
    let made =
        super::object::create(|object| Signal { object, event: Event::zeroed(), place, then })?;
    let event = EventPtr::of(&made.event);
    own_event::set(event, base, signal, EV_SIGNAL | EV_PERSIST, made);
    let added = base.try_enter(|core: &mut Core| {
        core.keep_alive(event, counts);
        core.add(event, None)
    });
    if let Err(error) = added.and_then(|added| added) {
        super::object::free(made);
        return Err(error);
    }
    hub.signals.push(made);
    Ok(made)
}

/// Stops watching and frees it.
pub fn cancel(signal: SignalPtr) {
    crate::event::delete(EventPtr::of(&signal.event));
    Chain::<Signal>::remove(signal);
    super::object::free(signal);
}

/// Has SIGINT kill the main greenlet with `EINTR`, or not.
pub fn catch_sigint(on: bool) -> Result<()> {
    let hub = super::get()?;
    match (on, hub.interrupt_signal.get()) {
        (true, None) => {
            let then = Then::KillMain(Errno::INTR);
            hub.interrupt_signal.set(Some(watch(libc::SIGINT, then, false)?));
        }
        (false, Some(signal)) => {
            hub.interrupt_signal.set(None);
            cancel(signal);
        }
        _ => {}
    }
    Ok(())
}
