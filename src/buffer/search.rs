//! Finding bytes in bytes.

use memchr::memmem;

/// Where `what` begins in `bytes`, first of all.
pub fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    memmem::find(bytes, what)
}

/// The same from a position on; none beyond the end.
pub fn find_from(bytes: &[u8], what: &[u8], start: usize) -> Option<usize> {
    find(bytes.get(start..)?, what).map(|found| start + found)
}
