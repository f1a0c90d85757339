//! Links: who is told, besides those who wait in line, that an object has become ready.
//!
//! ```text
//!   object.links: Link -> Link -> ...       ready: fire() puts the link on hub.due
//!   hub.due:      Link -> ...               the loop's next turn: act()
//! ```
//! What a link does is always done by the loop, never inside of the call that made its object
//! ready. A link of a greenlet acts once, and stays until it is unlinked or the greenlet's struct
//! goes; a link of another object acts each time that the object becomes ready.

use super::ELINKED_DONE;
use super::greenlet::{Greenlet, GreenletPtr, State};
use super::hub::{Hub, HubPtr};
use super::iwait::IwaitPtr;
use super::object::{Head, Object};
use super::sync::result::ResultPtr;
use crate::errno::{Errno, Result};
use crate::layout::call::{LinkCall, LinkFn};
use crate::layout::chain::{Chain, linked};
use crate::layout::handle::Handle;
use crate::layout::link::Link as Place;
use crate::sys::mem;
use std::cell::Cell;
use std::ffi::c_void;

/// For which ends of a greenlet a link is.
pub const ON_VALUE: u32 = 1;
pub const ON_ERROR: u32 = 2;
/// The loop calls, instead of a greenlet.
pub const ON_HUB: u32 = 4;

pub type LinkPtr = Handle<Link>;

/// What a link does.
#[derive(Clone, Copy)]
pub enum Action {
    Call(LinkFn, *mut c_void),
    /// Starts a greenlet that was made for it, with its stack: nothing can go wrong then.
    Start(GreenletPtr),
    /// Kills a greenlet (referenced).
    Kill(GreenletPtr),
    /// Copies what a greenlet has returned.
    Result(ResultPtr),
    /// Counts for somebody who waits for several objects.
    Count(IwaitPtr, usize),
    Nothing,
}

#[repr(C)]
pub struct Link {
    /// First: tools that look for leaks see what is pointed to at its beginning.
    place: Place,
    due: Place,
    hub: HubPtr,
    object: *const Object,
    /// The greenlet that it is at, if it is one.
    greenlet: Option<GreenletPtr>,
    when: u32,
    is_due: Cell<bool>,
    action: Cell<Action>,
}

linked!(Link, place, 0);
linked!(Link, due, 1);

/// Links to an object; fires at once if that is ready.
pub fn link<T: Head>(target: &T, when: u32, action: Action) -> Result<LinkPtr> {
    link_at(target.object(), None, when, action, target.is_ready())
}

/// Links to the end of a greenlet; fires at once if that is finished.
pub fn link_greenlet(target: GreenletPtr, when: u32, action: Action) -> Result<LinkPtr> {
    let link = link_at(&target.object, Some(target), when, action, false)?;
    if target.is_finished() {
        link.greenlet_has_ended();
    }
    Ok(link)
}

fn link_at(
    object: &Object,
    greenlet: Option<GreenletPtr>,
    when: u32,
    action: Action,
    is_ready: bool,
) -> Result<LinkPtr> {
    let link = Handle::leak(mem::try_box(Link {
        place: Place::new(),
        due: Place::new(),
        hub: object.hub,
        object,
        greenlet,
        when,
        is_due: Cell::new(false),
        action: Cell::new(action),
    })?);
    object.links.push(link);
    if is_ready {
        link.fire();
    }
    Ok(link)
}

/// Takes a link back and frees it.
pub fn unlink(link: LinkPtr) {
    Chain::<Link, 0>::remove(link);
    link.end();
}

impl Handle<Link> {
    /// Its object has become ready: the loop acts on it.
    pub fn fire(self) {
        if self.is_due.replace(true) {
            return;
        }
        if let Some(greenlet) = self.greenlet {
            // Stays until the link has acted, even if nobody has a handle.
            greenlet.refs.set(greenlet.refs.get() + 1);
        }
        self.hub.due.push(self);
        if self.hub.in_loop() {
            self.hub.ask_for_turn();
        } else {
            // The next switch is to the loop.
            self.hub.ready.put_off();
        }
    }

    /// Its object is gone, and it is off that object's list.
    pub fn abandon(self) {
        if let Action::Count(several, index) = self.action.get() {
            several.object_gone(index);
        }
        self.end();
    }

    fn end(self) {
        if self.is_due.replace(false) {
            Chain::<Link, 1>::remove(self);
            self.let_go_of_greenlet();
        }
        self.drop_action();
        self.dispose();
    }

    fn let_go_of_greenlet(self) {
        if let Some(greenlet) = self.greenlet {
            self.hub.release(greenlet);
        }
    }

    fn drop_action(self) {
        match self.action.replace(Action::Nothing) {
            Action::Start(greenlet) | Action::Kill(greenlet) => self.hub.release(greenlet),
            _ => {}
        }
    }

    /// Is it for this end of its greenlet?
    fn is_meant(self) -> bool {
        let Some(greenlet) = self.greenlet else { return true };
        let kind = if greenlet.state.get() == State::Failed { ON_ERROR } else { ON_VALUE };
        self.when & kind != 0
    }

    /// Acts in the loop's turn, or never: then it needs nobody any more. Greenlets that are linked
    /// to each other would otherwise hold each other for ever.
    fn greenlet_has_ended(self) {
        if self.is_meant() { self.fire() } else { self.drop_action() }
    }

    /// Does it, in a turn of the loop. The link may be gone afterwards.
    fn act(self) {
        let action = match self.greenlet {
            Some(_) => self.action.replace(Action::Nothing),
            None => self.action.get(),
        };
        match action {
            Action::Call(function, arg) => {
                LinkCall { function, object: self.object.cast_mut().cast(), arg }.run();
            }
            Action::Start(greenlet) => {
                if let (Some(ended), Some(more)) = (self.greenlet, greenlet.more.get()) {
                    // Until the function has returned.
                    ended.refs.set(ended.refs.get() + 1);
                    more.source.set(Some(ended));
                }
                // Cannot be refused: it was made for this.
                let _ = self.hub.start(greenlet);
                self.hub.release(greenlet);
            }
            Action::Kill(target) => self.kill(target),
            Action::Result(result) => self.copy(result),
            Action::Count(several, index) => several.object_ready(index),
            Action::Nothing => {}
        }
    }

    fn kill(self, target: GreenletPtr) {
        if let Some(greenlet) = self.greenlet {
            let error = Errno(ELINKED_DONE + greenlet.state.get() as i32 - State::Done as i32);
            if self.hub.kill(target, error, Some(greenlet)).is_err() {
                crate::log::warn_errno(Errno::NOMEM, format_args!("evhub: a linked greenlet"));
            }
        }
        self.hub.release(target);
    }

    fn copy(self, result: ResultPtr) {
        if let Some(greenlet) = self.greenlet {
            result.copy_of(greenlet);
        }
    }
}

impl Hub {
    /// An object has become ready: all that are linked to it are told.
    pub fn notify(&self, object: &Object) {
        let mut at = object.links.front();
        while let Some(link) = at {
            at = object.links.after(link);
            link.fire();
        }
    }

    /// A greenlet has ended.
    pub fn notify_end(&self, greenlet: GreenletPtr) {
        let mut at = greenlet.object.links.front();
        while let Some(link) = at {
            at = greenlet.object.links.after(link);
            link.greenlet_has_ended();
        }
    }

    /// Acts on the links that are due, as many as fit into one turn.
    pub fn call_due_links(&self) {
        for _ in 0..super::hub::TURNS {
            let Some(link) = self.due.pop() else { return };
            link.is_due.set(false);
            let greenlet = link.greenlet;
            link.act();
            if let Some(greenlet) = greenlet {
                self.release(greenlet);
            }
        }
    }
}

/// Links a greenlet that runs `function` with the one that has ended, and `arg`.
pub fn link_with_greenlet(
    target: GreenletPtr,
    when: u32,
    function: LinkFn,
    arg: *mut c_void,
) -> Result<LinkPtr> {
    let hub = target.object.hub;
    let helper = Greenlet::for_link(hub, target, function, arg)?;
    let linked = link_greenlet(target, when, Action::Start(helper));
    if linked.is_err() {
        hub.release(helper);
    }
    linked
}
