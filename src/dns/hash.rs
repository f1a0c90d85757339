//! Hashes of questions, with a key: whoever chooses names cannot choose where they collide.

use super::name::Name;
use super::packet::Kind;
use crate::errno::Result;
use crate::sys::random;

/// The key of one resolver.
pub struct HashKey([u64; 2]);

impl HashKey {
    /// Fails if the system has no random source.
    pub fn try_new() -> Result<HashKey> {
        let mut bytes = [0; 16];
        random::fill(&mut bytes)?;
        let [low, high] = [0, 8].map(|at| {
            let half = bytes[at..].first_chunk().copied().unwrap_or_default();
            u64::from_ne_bytes(half)
        });
        Ok(HashKey([low, high | 1]))
    }

    /// Of a name without its case, and what is asked of it.
    pub fn hash(&self, name: &Name, kind: Kind) -> u64 {
        let mut hash = self.0[0] ^ kind as u64;
        for chunk in name.wire().chunks(8) {
            let mut bytes = [0; 8];
            bytes[..chunk.len()].copy_from_slice(chunk);
            bytes.make_ascii_lowercase();
            hash = self.mix(hash ^ u64::from_le_bytes(bytes));
        }
        self.mix(hash)
    }

    /// Every bit of the product counts.
    fn mix(&self, number: u64) -> u64 {
        let product = u128::from(number ^ self.0[0]) * u128::from(self.0[1]);
        product as u64 ^ (product >> 64) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn hashes_heed_all_but_the_case() {
        let key = HashKey([0x0123_4567_89ab_cdef, 0x9e37_79b9_7f4a_7c15]);
        let hash =
            |text: &str, kind| key.hash(&Name::from_text(text.as_bytes()).expect(text), kind);
        assert_eq!(hash("www.Example.org", Kind::A), hash("WWW.eXample.ORG", Kind::A));
        assert_ne!(hash("www.example.org", Kind::A), hash("www.example.org", Kind::Aaaa));
        let all: HashSet<u64> = (0..10_000).map(|n| hash(&format!("h{n}.test"), Kind::A)).collect();
        assert_eq!(all.len(), 10_000);
    }
}
