//! Answers that are kept until their time is over; none, unless the program wants it.
//!
//! The oldest goes when there is no more room.

use super::answer::Answer;
use super::name::Name;
use super::packet::Kind;
use super::query::Query;
use super::slab::{Key, Line, Slab};
use super::state::State;
use super::table::Table;
use crate::errno::Result;

struct Kept {
    name: Name,
    kind: Kind,
    hash: u64,
    answer: Answer,
    /// Microseconds of the clock.
    expires: u64,
}

pub struct Cache {
    kept: Slab<Kept>,
    by_hash: Table,
    /// In the order of their coming.
    order: Line,
    count: usize,
}

impl Cache {
    pub const fn new() -> Cache {
        Cache { kept: Slab::new(), by_hash: Table::new(), order: Line::EMPTY, count: 0 }
    }

    pub fn clear(&mut self) {
        *self = Cache::new();
    }

    fn get(&self, hash: u64, name: &Name, kind: Kind, now: u64) -> Option<(&Answer, u32)> {
        let kept = &self.kept[self.by_hash.get(hash)?];
        let left = kept.expires.checked_sub(now)?.div_ceil(1_000_000);
        let is_it = kept.name == *name && kept.kind == kind && left > 0;
        is_it.then_some((&kept.answer, left as u32))
    }

    fn keep(&mut self, kept: Kept, limit: usize) -> Result<()> {
        if let Some(same) = self.by_hash.get(kept.hash) {
            self.drop_one(same);
        }
        while self.count >= limit
            && let Some(oldest) = self.kept.first(&self.order)
        {
            self.drop_one(oldest);
        }
        self.by_hash.reserve()?;
        let hash = kept.hash;
        let key = self.kept.insert(kept)?;
        self.kept.push_back(&mut self.order, key);
        self.by_hash.insert(hash, key);
        self.count += 1;
        Ok(())
    }

    fn drop_one(&mut self, key: Key) {
        self.kept.unlink(&mut self.order, key);
        if let Some(kept) = self.kept.remove(key) {
            self.by_hash.remove(kept.hash, key);
            self.count -= 1;
        }
    }
}

impl State {
    /// An answer that still holds, with the time that is left to it.
    pub fn cached(&mut self, hash: u64, name: &Name, kind: Kind) -> Option<Answer> {
        if self.options.cache_size == 0 {
            return None;
        }
        let (answer, left) = self.cache.get(hash, name, kind, self.now())?;
        let mut answer = answer.try_clone().ok()?;
        answer.ttl = left;
        Some(answer)
    }

    /// Keeps an answer, if that is wanted and there is memory for it.
    pub fn keep(&mut self, query: &Query, answer: &Answer) {
        let limit = self.options.cache_size;
        if limit == 0 || answer.ttl == 0 {
            return;
        }
        let Ok(copy) = answer.try_clone() else { return };
        let expires = self.now() + u64::from(answer.ttl) * 1_000_000;
        let (name, kind, hash) = (query.name, query.kind, query.hash);
        let _ = self.cache.keep(Kept { name, kind, hash, answer: copy, expires }, limit);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(number: u64, expires: u64) -> Kept {
        let name = Name::from_text(format!("n{number}").as_bytes()).expect("a name");
        Kept { name, kind: Kind::A, hash: number % 4, answer: Answer::empty(), expires }
    }

    #[test]
    fn the_oldest_goes_and_time_runs_out() {
        let mut cache = Cache::new();
        for number in 1..=3 {
            cache.keep(kept(number, number * 1_000_000), 2).expect("memory");
        }
        let get = |cache: &Cache, number, now| {
            let kept = kept(number, 0);
            cache.get(kept.hash, &kept.name, Kind::A, now).map(|(_, left)| left)
        };
        assert_eq!([1, 2, 3].map(|n| get(&cache, n, 500_000)), [None, Some(2), Some(3)]);
        assert_eq!((get(&cache, 2, 2_000_000), get(&cache, 6, 0)), (None, None));
        cache.keep(kept(6, 9_000_000), 2).expect("memory");
        assert_eq!([2, 3, 6].map(|n| get(&cache, n, 0)), [None, Some(3), Some(9)]);
        assert_eq!(cache.count, 2);
    }
}
