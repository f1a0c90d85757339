//! Making greenlets, as programs ask for them.

use super::context::Class;
use super::greenlet::{Greenlet, GreenletPtr, Plan, flag};
use super::hub::{Hub, HubPtr};
use super::link::{self, Action, ON_ERROR, ON_VALUE};
use super::report::{Name, Text};
use super::sync::result::terminated;
use crate::errno::{Errno, Result};
use crate::layout::call::{GreenletFn, LinkFn};
use crate::sys::Timeout;
use std::ffi::{c_char, c_void};
use std::fmt::Write;

/// What a program may say of a greenlet that it makes.
#[derive(Clone, Copy)]
pub struct Attributes<'a> {
    pub name: Option<&'a [u8]>,
    pub stack_size: usize,
    pub delay: Timeout,
    pub quiet: bool,
    pub inherit_locals: bool,
    /// `ON_VALUE`, `ON_ERROR`: it is linked to its maker.
    pub links: u32,
}

impl Attributes<'_> {
    pub const NONE: Attributes<'static> = Attributes {
        name: None,
        stack_size: 0,
        delay: Timeout::NOW,
        quiet: false,
        inherit_locals: false,
        links: 0,
    };
}

/// Spawns and forgets.
pub fn go(hub: HubPtr, function: GreenletFn, arg: *mut c_void) -> Result<()> {
    let plan = Plan { function, arg, class: Class::DEFAULT, flags: 0, handles: 0 };
    let greenlet = hub.create(hub, plan)?;
    hub.start(greenlet)
}

/// Spawns; the caller has a reference.
#[inline]
pub fn spawn(hub: HubPtr, function: GreenletFn, arg: *mut c_void) -> Result<GreenletPtr> {
    let plan = Plan { function, arg, class: Class::DEFAULT, flags: 0, handles: 1 };
    let greenlet = hub.create(hub, plan)?;
    hub.start(greenlet)?;
    Ok(greenlet)
}

/// Makes a greenlet with all that was asked for, and does not start it.
pub fn make(
    hub: HubPtr,
    attributes: &Attributes,
    function: GreenletFn,
    arg: *mut c_void,
) -> Result<GreenletPtr> {
    let class = Class::of(attributes.stack_size)?;
    let flags = if attributes.quiet { flag::QUIET } else { 0 };
    let greenlet = hub.create(hub, Plan { function, arg, class, flags, handles: 1 })?;
    match furnish(hub, greenlet, attributes) {
        Ok(()) => Ok(greenlet),
        Err(error) => {
            hub.release(greenlet);
            Err(error)
        }
    }
}

fn furnish(hub: HubPtr, greenlet: GreenletPtr, attributes: &Attributes) -> Result<()> {
    let me = hub.me();
    if let Some(name) = attributes.name {
        greenlet.set_name(name)?;
    }
    if attributes.inherit_locals {
        hub.inherit_locals(greenlet)?;
    }
    let when = attributes.links & (ON_VALUE | ON_ERROR);
    if when != 0 {
        if me == hub.looper {
            return Err(Errno::PERM);
        }
        link_to(greenlet, when, me)?;
    }
    Ok(())
}

/// The end of `greenlet` kills `target`.
pub fn link_to(greenlet: GreenletPtr, when: u32, target: GreenletPtr) -> Result<link::LinkPtr> {
    target.refs.set(target.refs.get() + 1);
    let made = link::link_greenlet(greenlet, when, Action::Kill(target));
    made.inspect_err(|_| target.object.hub.release(target))
}

/// Starts it now, or after a time.
pub fn begin(hub: HubPtr, greenlet: GreenletPtr, delay: Timeout) -> Result<()> {
    if delay == Timeout::NOW { hub.start(greenlet) } else { hub.start_later(greenlet, delay) }
}

/// Makes and starts a greenlet with attributes.
pub fn spawn_with(
    hub: HubPtr,
    attributes: &Attributes,
    function: GreenletFn,
    arg: *mut c_void,
) -> Result<GreenletPtr> {
    let greenlet = make(hub, attributes, function, arg)?;
    match begin(hub, greenlet, attributes.delay) {
        Ok(()) => Ok(greenlet),
        Err(error) => {
            hub.release(greenlet);
            Err(error)
        }
    }
}

/// The greenlet's name, terminated; valid until it gets another one.
pub fn name_of(greenlet: GreenletPtr) -> Result<*const c_char> {
    let more = greenlet.more()?;
    let name = match more.name.take() {
        Some(name) => name,
        None => {
            let mut text = Text::new();
            // Never too long.
            let _ = write!(text, "{}", Name(greenlet));
            terminated(text.bytes())?
        }
    };
    let raw = name.as_ptr();
    more.name.set(Some(name));
    Ok(raw.cast())
}

/// NULL for no text.
pub fn start_of(text: &Option<Box<[u8]>>) -> *const u8 {
    text.as_deref().map_or(std::ptr::null(), <[u8]>::as_ptr)
}

impl Greenlet {
    /// A greenlet that waits for the end of another one, to call a link's function.
    pub fn for_link(
        hub: HubPtr,
        ended: GreenletPtr,
        function: LinkFn,
        arg: *mut c_void,
    ) -> Result<GreenletPtr> {
        let function = crate::layout::call::disguised(function);
        let plan = Plan { function, arg, class: Class::DEFAULT, flags: flag::LINKED, handles: 1 };
        let greenlet = hub.create(hub, plan)?;
        greenlet.item.set(ended.as_ptr().cast());
        match greenlet.more() {
            Ok(_) => Ok(greenlet),
            Err(error) => {
                hub.release(greenlet);
                Err(error)
            }
        }
    }

    /// Gives it another name.
    pub fn set_name(&self, name: &[u8]) -> Result<()> {
        let copy = terminated(name)?;
        self.more()?.name.set(Some(copy));
        Ok(())
    }

    /// What it says of its failure, terminated; NULL if nothing.
    pub fn text(&self) -> *const c_char {
        let Some(more) = self.more.get() else { return std::ptr::null() };
        super::look(&more.text, start_of).cast()
    }
}

impl Hub {
    /// How many greenlets were ever made; two numbers are those of the stand-ins.
    pub fn spawned(&self) -> u64 {
        self.next_id.get() - 2
    }
}
