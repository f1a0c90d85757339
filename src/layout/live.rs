//! Objects that programs point to, known by address: whether a pointer still is one of them is
//! found out without touching what it points to.
//!
//! Contract: an object is taken out before it ends. So what is in the set is alive.

use super::handle::Handle;
use crate::errno::Result;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::marker::PhantomData;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Addresses, each with a number of its owner's choice.
type Addresses = HashMap<usize, usize, BuildHasherDefault<Spread>>;

/// Held for a look or a change alone; a child that is forked in between by another thread's
/// doing would find it held for ever.
pub struct Live<T>(Mutex<Addresses>, PhantomData<fn() -> T>);

impl<T> Live<T> {
    pub const fn new() -> Live<T> {
        Live(Mutex::new(HashMap::with_hasher(BuildHasherDefault::new())), PhantomData)
    }

    fn lock(&self) -> MutexGuard<'_, Addresses> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn insert(&self, object: Handle<T>, tag: usize) -> Result<()> {
        let mut addresses = self.lock();
        addresses.try_reserve(1)?;
        addresses.insert(object.as_ptr().expose_provenance(), tag);
        Ok(())
    }

    /// Before the object ends.
    pub fn remove(&self, object: Handle<T>) {
        self.lock().remove(&object.as_ptr().addr());
    }

    /// Gives memory back, if there is nothing in the set: at ends that are rare.
    pub fn tidy(&self) {
        let mut addresses = self.lock();
        if addresses.is_empty() {
            *addresses = HashMap::default();
        }
    }

    /// The object that a program points to, if it is one.
    pub fn find<P>(&self, raw: *mut P) -> Option<Handle<T>> {
        if !self.lock().contains_key(&raw.addr()) {
            return None;
        }
        // SAFETY: an object of ours is alive at this address (module head).
        unsafe { Handle::from_raw(raw.cast()) }
    }

    /// One that has this tag.
    pub fn tagged(&self, tag: usize) -> Option<Handle<T>> {
        let address = self.lock().iter().find(|(_, has)| **has == tag).map(|(at, _)| *at)?;
        // SAFETY: as for `find`; `insert` got the address from a handle, which exposed it.
        unsafe { Handle::from_raw(std::ptr::with_exposed_provenance_mut(address)) }
    }

    /// Gives an object that is in the set another tag.
    pub fn retag(&self, object: Handle<T>, tag: usize) {
        if let Some(place) = self.lock().get_mut(&object.as_ptr().addr()) {
            *place = tag;
        }
    }
}

/// Addresses differ in their middle bits; a product has them at the top, where tables look.
#[derive(Default)]
struct Spread(u64);

impl Hasher for Spread {
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|&byte| self.write_usize(usize::from(byte)));
    }

    fn write_usize(&mut self, value: usize) {
        let mixed = (self.0 ^ value as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = mixed ^ mixed >> 32;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_alive_is_found() {
        let live = Live::<u64>::new();
        let objects: Vec<Handle<u64>> = (0..100).map(|n| Handle::leak(Box::new(n))).collect();
        for &object in &objects {
            live.insert(object, 7).expect("memory");
        }
        assert!(live.find(objects[5].as_ptr()).is_some_and(|found| *found == 5));
        live.remove(objects[5]);
        assert!(live.find(objects[5].as_ptr()).is_none());
        assert!(live.find(std::ptr::null_mut::<u64>()).is_none());
        live.retag(objects[9], 8);
        assert!(live.tagged(8).is_some_and(|found| *found == 9));
        assert!(live.tagged(9).is_none());
        live.tidy();
        assert!(live.find(objects[9].as_ptr()).is_some());
        objects.iter().for_each(|&object| live.remove(object));
        live.tidy();
        assert!(live.find(objects[9].as_ptr()).is_none());
        objects.iter().for_each(|object| object.dispose());
    }
}
