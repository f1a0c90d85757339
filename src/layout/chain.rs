//! Intrusive lists of handles: `List` with the type put back, for any struct with a `Link` in it.
//!
//! A struct may have several links, told apart by a tag: it can be in as many chains at once.
//! Contract, as for all lists: what is linked stays alive and in place until it is taken out.

use super::handle::Handle;
use super::link::{Link, List};
use std::marker::PhantomData;
use std::ptr::NonNull;

/// A struct that has a link for chains of this tag. Implemented by `linked!`.
///
/// # Safety
/// `OFFSET` is where a field of type `Link` begins, which `Chain<Self, TAG>` alone uses.
pub unsafe trait Linked<const TAG: u8>: Sized {
    const OFFSET: usize;
}

/// `linked!(Struct, field, TAG)`: the field is the struct's link for chains of that tag.
macro_rules! linked {
    ($type:ty, $field:ident, $tag:expr) => {
        const _: fn(&$type) -> &$crate::layout::link::Link = |value| &value.$field;
        // SAFETY: the offset is the field's, and its type was checked above.
        #[allow(unsafe_code)]
        unsafe impl $crate::layout::chain::Linked<{ $tag }> for $type {
            const OFFSET: usize = std::mem::offset_of!($type, $field);
        }
    };
}
pub(crate) use linked;

pub struct Chain<T, const TAG: u8 = 0>(List, PhantomData<Handle<T>>);

impl<T: Linked<TAG>, const TAG: u8> Chain<T, TAG> {
    pub const fn new() -> Self {
        Chain(List::new(), PhantomData)
    }

    /// Spares later calls the look whether the chain was ever used: it stays where it is now.
    pub fn settle(&self) {
        self.0.settle();
    }

    fn link(member: &Handle<T>) -> &Link {
        // SAFETY: the contract of `Linked`; the member is alive.
        unsafe { &*member.as_ptr().byte_add(T::OFFSET).cast::<Link>() }
    }

    fn member(link: NonNull<Link>) -> Handle<T> {
        // SAFETY: the link is that of a `T`: nothing else enters this chain.
        unsafe { Handle::from_link(link.byte_sub(T::OFFSET).cast()) }
    }

    #[inline]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    #[inline]
    pub fn push(&self, member: Handle<T>) {
        self.0.push_back(Self::link(&member));
    }

    #[inline]
    pub fn front(&self) -> Option<Handle<T>> {
        self.0.front().map(Self::member)
    }

    /// Takes out the first.
    #[inline]
    pub fn pop(&self) -> Option<Handle<T>> {
        let first = self.front()?;
        Self::remove(first);
        Some(first)
    }

    /// `push`, to a chain that is settled.
    #[inline]
    pub fn push_to_settled(&self, member: Handle<T>) {
        self.0.push_to_settled(Self::link(&member));
    }

    /// Takes it out of whichever chain of this tag it is in: it must be in one.
    #[inline]
    pub fn remove(member: Handle<T>) {
        Self::link(&member).unlink();
    }

    /// The member after `member`, which must be in this chain.
    pub fn after(&self, member: Handle<T>) -> Option<Handle<T>> {
        self.0.after(Self::link(&member)).map(Self::member)
    }

    /// The members in order. None may be taken out meanwhile.
    pub fn iter(&self) -> impl Iterator<Item = Handle<T>> {
        std::iter::successors(self.front(), |&member| self.after(member))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Node {
        number: u32,
        one: Link,
        two: Link,
    }
    linked!(Node, one, 1);
    linked!(Node, two, 2);

    #[test]
    fn a_struct_is_in_several_chains_at_once() {
        let node = |number| Node { number, one: Link::new(), two: Link::new() };
        let nodes: Vec<Handle<Node>> =
            (0..4).map(|number| Handle::leak(Box::new(node(number)))).collect();
        let (one, two) = (Chain::<Node, 1>::new(), Chain::<Node, 2>::new());
        nodes.iter().for_each(|&node| one.push(node));
        nodes.iter().rev().for_each(|&node| two.push(node));
        Chain::<Node, 1>::remove(nodes[1]);
        let numbers = |list: Vec<Handle<Node>>| list.iter().map(|n| n.number).collect::<Vec<_>>();
        assert_eq!(numbers(one.iter().collect()), [0, 2, 3]);
        assert_eq!(numbers(two.iter().collect()), [3, 2, 1, 0]);
        assert!(two.pop().is_some_and(|node| node.number == 3));
        one.settle();
        assert!(one.is_empty());
        nodes.iter().for_each(|node| node.dispose());
    }
}
