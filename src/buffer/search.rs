//! Finding bytes in bytes.

use memchr::{memchr, memmem};

/// Where `what` begins in `bytes`, first of all.
///
/// As long as its first byte is rare, looking for that alone is twice as fast as the search for
/// all of it, which takes over when there are too many false starts.
pub fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    let Some(&first) = what.first() else { return Some(0) };
    let (mut at, mut misses) = (0, 0);
    while let Some(found) = memchr(first, &bytes[at..]) {
        at += found;
        if bytes[at..].starts_with(what) {
            return Some(at);
        }
        at += 1;
        misses += 1;
        // Eight at once, or one in 128 bytes.
        if misses * 128 > at + 1024 {
            return memmem::find(&bytes[at..], what).map(|found| at + found);
        }
    }
    None
}

/// The same from a position on; none beyond the end.
pub fn find_from(bytes: &[u8], what: &[u8], start: usize) -> Option<usize> {
    find(bytes.get(start..)?, what).map(|found| start + found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_of_looking_find_the_first() {
        for rare in [1, 3, 20, 400] {
            let mut text: Vec<u8> =
                (0..5000).map(|i| if i % rare == 0 { b'\r' } else { b'x' }).collect();
            assert_eq!(find(&text, b"\r\n"), None);
            for at in [4998, 4097, 130, 63, 0] {
                text[at..at + 2].copy_from_slice(b"\r\n");
                assert_eq!(find(&text, b"\r\n"), Some(at));
                assert_eq!(find_from(&text, b"\r\n", at), Some(at));
            }
        }
        assert_eq!(find(b"aaab", b"aab"), Some(1));
        assert_eq!((find(b"", b""), find(b"", b"a"), find(b"ab", b"abc")), (Some(0), None, None));
        assert_eq!(find_from(b"abc", b"", 3), Some(3));
        assert_eq!(find_from(b"abc", b"", 4), None);
    }
}
