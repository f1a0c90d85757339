//! Who is told of the end of a greenlet at once, not by the loop: groups, and series of results.
//!
//! ```text
//!   greenlet.members: Member -> Member -> ...     (next: most greenlets have one, or none)
//!                       |
//!                     owner.members, a chain      (place)
//! ```
//! A member keeps its greenlet's struct.

use super::group::GroupPtr;
use super::imap::ImapPtr;
use crate::errno::Result;
use crate::hub::greenlet::GreenletPtr;
use crate::hub::hub::Hub;
use crate::layout::chain::linked;
use crate::layout::handle::Handle;
use crate::layout::link::Link;
use crate::sys::mem;
use std::cell::Cell;

pub type MemberPtr = Handle<Member>;

pub struct Member {
    place: Link,
    next: Cell<Option<MemberPtr>>,
    pub greenlet: GreenletPtr,
    owner: Owner,
}

linked!(Member, place, 0);

/// Who is told.
#[derive(Clone, Copy, PartialEq)]
pub enum Owner {
    Group(GroupPtr),
    /// It works on an item of a series.
    Item(ImapPtr),
    /// It gets the items of a series.
    Feeder(ImapPtr),
}

/// Has the owner told of the end of a greenlet that has not ended.
pub fn tie(greenlet: GreenletPtr, owner: Owner) -> Result<MemberPtr> {
    let next = Cell::new(greenlet.members.get());
    let member = Handle::leak(mem::try_box(Member { place: Link::new(), next, greenlet, owner })?);
    greenlet.members.set(Some(member));
    greenlet.refs.set(greenlet.refs.get() + 1);
    Ok(member)
}

/// What a greenlet is to this owner, if anything.
pub fn find(greenlet: GreenletPtr, owner: Owner) -> Option<MemberPtr> {
    let mut all = std::iter::successors(greenlet.members.get(), |member| member.next.get());
    all.find(|member| member.owner == owner)
}

impl Handle<Member> {
    /// Its owner is not told any more.
    pub fn untie(self) {
        if self.greenlet.is_finished() {
            return;
        }
        let first = self.greenlet.members.get();
        let mut all = std::iter::successors(first, |member| member.next.get());
        let before = all.find(|member| member.next.get() == Some(self));
        let place = before.as_ref().map_or(&self.greenlet.members, |before| &before.next);
        place.set(self.next.take());
    }

    /// Frees it, when nothing refers to it any more.
    pub fn end(self) {
        let greenlet = self.greenlet;
        self.dispose();
        greenlet.object.hub.release(greenlet);
    }
}

impl Hub {
    /// A greenlet has ended: all its owners are told.
    pub fn tell_owners(&self, greenlet: GreenletPtr) {
        while let Some(member) = greenlet.members.get() {
            greenlet.members.set(member.next.take());
            match member.owner {
                Owner::Group(group) => group.ended(member),
                Owner::Item(imap) => imap.ended(member),
                Owner::Feeder(imap) => imap.feeder_ended(member),
            }
        }
    }
}
