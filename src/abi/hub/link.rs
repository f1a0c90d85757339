//! `evhub.h`: who is told of the end of a greenlet, or that an object is ready.

use super::types::{
    evhub_greenlet_t, evhub_link_fn_t, evhub_link_t, evhub_result_t, evhub_waitable_t,
    evhub_watch_fn_t,
};
use super::wait::waitable;
use super::{handle, object, required, status};
use crate::abi::misuse;
use crate::errno::{Errno, Result};
use crate::hub::greenlet::GreenletPtr;
use crate::hub::link::{self, Action, LinkPtr, ON_ERROR, ON_HUB, ON_VALUE};
use crate::hub::spawn;
use crate::layout::handle::Handle;
use crate::log::Misuse;
use std::ffi::{c_int, c_uint, c_void};

/// For which ends a link is; `EINVAL` if for none.
fn ends(when: c_uint, also: c_uint) -> Result<u32> {
    let ends = when & (ON_VALUE | ON_ERROR);
    if ends == 0 || when & !(ON_VALUE | ON_ERROR | also) != 0 {
        return Err(Errno::INVAL);
    }
    Ok(ends)
}

/// Has a function called when a greenlet has ended; now, if it has. Once.
///
/// The function runs in a greenlet of its own; with EVHUB_ON_HUB the loop calls it, and it may not
/// wait. One link does not disturb the others.
///
/// @param when EVHUB_ON_VALUE (it has returned, or was killed), EVHUB_ON_ERROR (it has failed), or
///   both; with EVHUB_ON_HUB
/// @return the link, which goes with the greenlet's last handle or by evhub_unlink(); NULL with
///   EINVAL or ENOMEM
///
/// # Safety
/// `g` is NULL (EINVAL) or a handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_link(
    g: *mut evhub_greenlet_t,
    when: c_uint,
    r#fn: evhub_link_fn_t,
    arg: *mut c_void,
) -> *mut evhub_link_t {
    // SAFETY: the caller's word.
    let greenlet: Result<GreenletPtr> = unsafe { object(g, "evhub_link") };
    handle(greenlet.and_then(|greenlet| {
        required(r#fn, "evhub_link")?;
        let ends = ends(when, ON_HUB)?;
        if when & ON_HUB != 0 {
            link::link_greenlet(greenlet, ends, Action::Call(r#fn, arg))
        } else {
            link::link_with_greenlet(greenlet, ends, r#fn, arg)
        }
    }))
}

/// Has a greenlet killed when another one has ended: with EVHUB_ELINKED_DONE, _FAILED or _KILLED.
/// evhub_kill_source() says who it was.
///
/// @param when EVHUB_ON_VALUE, EVHUB_ON_ERROR, or both
/// @param target who is killed; NULL: the caller
/// @return as evhub_link(); EPERM: the caller is no greenlet
///
/// # Safety
/// `g` is NULL (EINVAL) or a handle, `target` NULL or a handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_link_greenlet(
    g: *mut evhub_greenlet_t,
    when: c_uint,
    target: *mut evhub_greenlet_t,
) -> *mut evhub_link_t {
    // SAFETY: the caller's word.
    let greenlet: Result<GreenletPtr> = unsafe { object(g, "evhub_link_greenlet") };
    handle(greenlet.and_then(|greenlet| {
        let hub = greenlet.object.hub;
        let target = if target.is_null() {
            hub.me()
        } else {
            // SAFETY: the caller's word.
            unsafe { object(target, "evhub_link_greenlet") }?
        };
        if target == hub.looper {
            return Err(Errno::PERM);
        }
        spawn::link_to(greenlet, ends(when, 0)?, target)
    }))
}

/// Has a result set to what a greenlet ends with. The result must outlive the link.
///
/// @return as evhub_link()
///
/// # Safety
/// `g` is NULL (EINVAL) or a handle, `r` NULL (EINVAL) or a result.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_link_result(
    g: *mut evhub_greenlet_t,
    r: *mut evhub_result_t,
) -> *mut evhub_link_t {
    // SAFETY: the caller's word.
    let (greenlet, result) =
        unsafe { (object(g, "evhub_link_result"), object(r, "evhub_link_result")) };
    handle(greenlet.and_then(|greenlet: GreenletPtr| {
        link::link_greenlet(greenlet, ON_VALUE | ON_ERROR, Action::Result(result?))
    }))
}

/// Has the loop call a function each time that an object becomes ready; now, if it is. The function
/// may not wait.
///
/// @param object a flag: it is set. A semaphore: there is something to take. A queue: there is an
///   item. A wait group: nothing is left. A result, a greenlet: once
/// @return the link, which goes with the object or by evhub_unlink(); NULL with EINVAL or ENOMEM
///
/// # Safety
/// `object` is NULL (EINVAL) or an object that can be waited for.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_watch(
    object: *mut evhub_waitable_t,
    r#fn: evhub_watch_fn_t,
    arg: *mut c_void,
) -> *mut evhub_link_t {
    // SAFETY: the caller's word.
    let object = unsafe { waitable(object, "evhub_watch") };
    handle(object.and_then(|object| {
        required(r#fn, "evhub_watch")?;
        object.link(Action::Call(r#fn, arg))
    }))
}

/// Takes a link back and frees it: nothing is called any more. Also inside its own function.
///
/// @return 0; -1 with EINVAL
///
/// # Safety
/// `link` is NULL (EINVAL) or a link whose object is still there.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_unlink(link: *mut evhub_link_t) -> c_int {
    // SAFETY: the caller's word.
    let link: Option<LinkPtr> = unsafe { Handle::from_raw(link.cast()) };
    let link = link.ok_or_else(|| misuse(Misuse::NullArgument, "evhub_unlink"));
    status(link.map(link::unlink))
}
