//! An object of any kind that can be waited for among others.

use super::greenlet::GreenletPtr;
use super::link::{self, Action, LinkPtr, ON_ERROR, ON_VALUE};
use super::object::Head;
use super::pool::group::GroupPtr;
use super::queue::QueuePtr;
use super::sync::flag::FlagPtr;
use super::sync::result::ResultPtr;
use super::sync::semaphore::SemaphorePtr;
use super::sync::waitgroup::WaitgroupPtr;
use crate::errno::Result;

#[derive(Clone, Copy)]
pub enum Waitable {
    Greenlet(GreenletPtr),
    Flag(FlagPtr),
    Result(ResultPtr),
    Semaphore(SemaphorePtr),
    Queue(QueuePtr),
    Waitgroup(WaitgroupPtr),
    Group(GroupPtr),
}

/// The same of an object whatever its kind.
macro_rules! each {
    ($waitable:expr, $object:ident => $what:expr) => {
        match $waitable {
            Waitable::Greenlet($object) => $what,
            Waitable::Flag($object) => $what,
            Waitable::Result($object) => $what,
            Waitable::Semaphore($object) => $what,
            Waitable::Queue($object) => $what,
            Waitable::Waitgroup($object) => $what,
            Waitable::Group($object) => $what,
        }
    };
}

impl Waitable {
    pub fn is_ready(&self) -> bool {
        each!(self, object => object.is_ready())
    }

    /// Links to it: for a greenlet, to its end, however that is.
    pub fn link(self, action: Action) -> Result<LinkPtr> {
        match self {
            Waitable::Greenlet(greenlet) => {
                link::link_greenlet(greenlet, ON_VALUE | ON_ERROR, action)
            }
            _ => each!(self, object => link::link(&*object, ON_VALUE | ON_ERROR, action)),
        }
    }
}
