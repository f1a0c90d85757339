//! Copies of a few bytes, without the call of memmove that costs more than they do.

use std::ptr;

/// What `short` copies at most.
pub const SHORT: usize = 32;

/// Copies 1 to `SHORT` bytes; the places may overlap, because all is read before any is written.
///
/// # Safety
/// `from` is readable and `to` writable for `n` bytes, and `n` is in that range.
#[inline(always)]
pub unsafe fn short(from: *const u8, to: *mut u8, n: usize) {
    // SAFETY: each branch touches the first and the last bytes of what the caller promises.
    unsafe {
        if n >= 16 {
            ends::<u128>(from, to, n);
        } else if n >= 8 {
            ends::<u64>(from, to, n);
        } else if n >= 4 {
            ends::<u32>(from, to, n);
        } else {
            let (first, middle, last) = (*from, *from.add(n / 2), *from.add(n - 1));
            *to = first;
            *to.add(n / 2) = middle;
            *to.add(n - 1) = last;
        }
    }
}

/// Copies the first and the last piece, which together are all of it.
///
/// # Safety
/// As for `short`; `n` is between once and twice the size of a piece.
#[inline(always)]
unsafe fn ends<Piece: Copy>(from: *const u8, to: *mut u8, n: usize) {
    let last = n - size_of::<Piece>();
    // SAFETY: the caller's word.
    unsafe {
        let pieces: (Piece, Piece) =
            (ptr::read_unaligned(from.cast()), ptr::read_unaligned(from.add(last).cast()));
        ptr::write_unaligned(to.cast(), pieces.0);
        ptr::write_unaligned(to.add(last).cast(), pieces.1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_length_and_overlap() {
        let source: Vec<u8> = (0..100).collect();
        for n in 1..=SHORT {
            for to in 0..100 - n {
                let mut bytes = source.clone();
                let mut wanted = source.clone();
                wanted.copy_within(40..40 + n, to);
                // SAFETY: both places are in the vector.
                unsafe { short(bytes.as_ptr().add(40), bytes.as_mut_ptr().add(to), n) };
                assert_eq!(bytes, wanted, "{n} bytes to {to}");
            }
        }
    }
}
