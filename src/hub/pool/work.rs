//! Functions that run in members of a group while the caller waits for what they return.
//!
//! Members never write where the caller wants its results: it takes them when they have ended, so
//! a caller that has gone leaves nothing behind that somebody could write to. It asks those that
//! still run to end.

use super::group::{GroupPtr, Job};
use crate::errno::{Errno, Result};
use crate::hub::finish::failed_value;
use crate::hub::greenlet::GreenletPtr;
use crate::hub::hub::{Hub, HubPtr};
use crate::hub::join::Deadline;
use crate::hub::object::stay;
use crate::layout::call::{EachCall, EachFn, GreenletFn, StartCall};
use crate::sys::Timeout;
use std::collections::VecDeque;
use std::ffi::{c_int, c_void};
use std::ptr;

/// Runs a function in a member: what it returns. A member runs it itself, so that a full group
/// cannot wait for itself.
pub fn call(
    group: GroupPtr,
    function: GreenletFn,
    arg: *mut c_void,
    timeout: Timeout,
) -> Result<*mut c_void> {
    let hub = group.object.hub;
    let me = hub.check(timeout)?;
    if group.has(me) {
        return run_here(hub, function, arg);
    }
    if timeout == Timeout::NOW {
        return Err(Errno::AGAIN);
    }
    let deadline = Deadline::of(timeout);
    let member = group.spawn(&Job::quiet(function, arg), timeout, |_| Ok(()))?;
    let result = wait_for(hub, member, deadline.left()).and_then(|()| result_of(member));
    drop_member(hub, member);
    result
}

/// Waits for the end of a greenlet. If the wait and the greenlet have ended together, it is fine.
fn wait_for(hub: HubPtr, greenlet: GreenletPtr, timeout: Timeout) -> Result<()> {
    let joined = hub.join(greenlet, timeout);
    if greenlet.is_finished() { Ok(()) } else { joined }
}

fn result_of(ended: GreenletPtr) -> Result<*mut c_void> {
    Hub::verdict(ended).map(|()| ended.value.get())
}

/// A member is not needed any more: if it still runs, it is asked to end.
fn drop_member(hub: HubPtr, member: GreenletPtr) {
    // Without memory for that it goes on, and nobody waits for what it returns.
    let _ = hub.kill(member, Errno::CANCELED, None);
    hub.release(member);
}

fn run_here(hub: HubPtr, function: GreenletFn, arg: *mut c_void) -> Result<*mut c_void> {
    let value = StartCall { function, arg }.run();
    if value == failed_value() { Err(Errno(hub.take_failure())) } else { Ok(value) }
}

/// Runs a function in a member for each of `count` arguments; `put` gets what has come of each,
/// in any order. All are waited for, then the failure of the first that failed is told.
pub fn map(
    group: GroupPtr,
    function: GreenletFn,
    count: usize,
    argument: impl Fn(usize) -> *mut c_void,
    put: impl FnMut(usize, *mut c_void),
) -> Result<()> {
    let hub = group.object.hub;
    hub.check(Timeout::NEVER)?;
    let mut batch = Batch { hub, running: VecDeque::new(), put, failure: None };
    let started = stay(group, || batch.start_all(group, function, count, argument));
    let done = started.and_then(|()| batch.finish());
    while let Some((_, member)) = batch.running.pop_front() {
        drop_member(hub, member);
    }
    done
}

/// What runs for one call of `map`.
struct Batch<P: FnMut(usize, *mut c_void)> {
    hub: HubPtr,
    /// In order of their arguments.
    running: VecDeque<(usize, GreenletPtr)>,
    put: P,
    failure: Option<(usize, Errno)>,
}

impl<P: FnMut(usize, *mut c_void)> Batch<P> {
    fn start_all(
        &mut self,
        group: GroupPtr,
        function: GreenletFn,
        count: usize,
        argument: impl Fn(usize) -> *mut c_void,
    ) -> Result<()> {
        for index in 0..count {
            self.collect_ended();
            self.running.try_reserve(1)?;
            let me = self.hub.check(Timeout::NEVER)?;
            let is_member = group.has(me);
            let timeout = if is_member { Timeout::NOW } else { Timeout::NEVER };
            let arg = argument(index);
            match group.spawn(&Job::quiet(function, arg), timeout, |_| Ok(())) {
                Ok(member) => self.running.push_back((index, member)),
                // Its own place is what it would wait for.
                Err(Errno::AGAIN) if is_member => {
                    let result = run_here(self.hub, function, arg);
                    self.note(index, result);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Waits for all, in order.
    fn finish(&mut self) -> Result<()> {
        while let Some(&(_, member)) = self.running.front() {
            wait_for(self.hub, member, Timeout::NEVER)?;
            self.collect_ended();
        }
        self.failure.map_or(Ok(()), |(_, error)| Err(error))
    }

    /// Takes the results of those at the front that have ended.
    fn collect_ended(&mut self) {
        while let Some(&(index, member)) = self.running.front()
            && member.is_finished()
        {
            self.running.pop_front();
            self.note(index, result_of(member));
            self.hub.release(member);
        }
    }

    fn note(&mut self, index: usize, result: Result<*mut c_void>) {
        if let Err(error) = result
            && self.failure.is_none_or(|(first, _)| index < first)
        {
            self.failure = Some((index, error));
        }
        (self.put)(index, result.unwrap_or(ptr::null_mut()));
    }
}

/// Calls a function for each member there is now; one that leaves before its turn is left out.
pub fn for_each(group: GroupPtr, function: EachFn, arg: *mut c_void) -> Result<c_int> {
    let hub = group.object.hub;
    let mut all: Vec<GreenletPtr> = Vec::new();
    all.try_reserve_exact(group.size())?;
    for member in group.members() {
        member.refs.set(member.refs.get() + 1);
        all.push(member);
    }
    stay(group, || {
        let mut last = 0;
        for member in all {
            if last == 0 && group.has(member) {
                let object = member.as_ptr().cast_const().cast();
                last = EachCall { function, object, arg }.run();
            }
            hub.release(member);
        }
        Ok(last)
    })
}
