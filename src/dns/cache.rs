//! Answers that are kept until their time is over; none, unless the program wants it.
//!
//! The oldest goes when there is no more room.

use super::answer::Answer;
use super::hash::Plain;
use super::name::Name;
use super::packet::Kind;
use super::query::Query;
use super::state::State;
use crate::errno::Result;
use std::collections::{HashMap, VecDeque};
use std::hash::BuildHasherDefault;

struct Kept {
    name: Name,
    kind: Kind,
    answer: Answer,
    /// Microseconds of the clock.
    expires: u64,
    /// Which of the entries under its hash this is.
    number: u64,
}

#[derive(Default)]
pub struct Cache {
    kept: HashMap<u64, Kept, BuildHasherDefault<Plain>>,
    /// In the order of their coming: hashes, and numbers.
    order: VecDeque<(u64, u64)>,
    number: u64,
}

impl Cache {
    pub fn clear(&mut self) {
        *self = Cache::default();
    }

    fn get(&self, hash: u64, name: &Name, kind: Kind, now: u64) -> Option<(&Answer, u32)> {
        let kept = self.kept.get(&hash)?;
        let left = kept.expires.checked_sub(now)?.div_ceil(1_000_000);
        let is_it = kept.name == *name && kept.kind == kind && left > 0;
        is_it.then_some((&kept.answer, left as u32))
    }

    fn keep(&mut self, hash: u64, kept: Kept, limit: usize) -> Result<()> {
        while self.order.len() >= limit {
            let Some((hash, number)) = self.order.pop_front() else { break };
            if self.kept.get(&hash).is_some_and(|kept| kept.number == number) {
                self.kept.remove(&hash);
            }
        }
        self.kept.try_reserve(1)?;
        self.order.try_reserve(1)?;
        self.order.push_back((hash, kept.number));
        self.kept.insert(hash, kept);
        Ok(())
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
        self.cache.number += 1;
        let number = self.cache.number;
        let kept = Kept { name: query.name, kind: query.kind, answer: copy, expires, number };
        let _ = self.cache.keep(query.hash, kept, limit);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(number: u64, expires: u64) -> (u64, Kept) {
        let name = Name::from_text(format!("n{number}").as_bytes()).expect("a name");
        (number % 3, Kept { name, kind: Kind::A, answer: Answer::empty(), expires, number })
    }

    #[test]
    fn the_oldest_goes_and_time_runs_out() {
        let mut cache = Cache::default();
        for number in 1..=3 {
            let (hash, kept) = kept(number, number * 1_000_000);
            cache.keep(hash, kept, 2).expect("memory");
        }
        let get = |number, now| {
            let (hash, kept) = kept(number, 0);
            cache.get(hash, &kept.name, Kind::A, now).map(|(_, left)| left)
        };
        assert_eq!((get(1, 0), get(2, 0), get(3, 500_000)), (None, Some(2), Some(3)));
        assert_eq!((get(2, 2_000_000), get(5, 0)), (None, None));
    }
}
