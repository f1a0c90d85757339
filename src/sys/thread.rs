//! The thread's words: what the hub and the bases keep for each thread, and a call at its end.
//!
//! The words are a variable of thread.c, because only C has the initial-exec model: on x86-64
//! Linux a read is two moves here, elsewhere a small call. They are NULL in a new thread.

use crate::errno::{Errno, Result};
use std::ffi::c_void;
use std::sync::{Mutex, PoisonError};

/// As in thread.c.
#[cfg(not(all(target_arch = "x86_64", target_pointer_width = "64", target_os = "linux")))]
#[repr(C)]
struct Words {
    hub: *mut c_void,
    loop_base: *mut c_void,
    made_base: *mut c_void,
}

#[cfg(all(target_arch = "x86_64", target_pointer_width = "64", target_os = "linux"))]
mod words {
    use std::arch::asm;
    use std::ffi::c_void;

    /// The offset of the words from the thread pointer is in the table of offsets; a word is then
    /// read relative to `fs`.
    macro_rules! word {
        ($get:ident, $set:ident, $offset:literal) => {
            #[inline(always)]
            pub fn $get() -> *mut c_void {
                let value: *mut c_void;
                // SAFETY: reads a word of the calling thread's `evhub_thread` (thread.c), which
                // is there as long as the thread is.
                unsafe {
                    asm!(
                        "mov {at}, qword ptr [rip + evhub_thread@GOTTPOFF]",
                        concat!("mov {at}, qword ptr fs:[{at} + ", $offset, "]"),
                        at = out(reg) value,
                        options(pure, readonly, nostack, preserves_flags),
                    );
                }
                value
            }

            #[inline(always)]
            pub fn $set(value: *mut c_void) {
                // SAFETY: writes the word that is read above, which nothing borrows.
                unsafe {
                    asm!(
                        "mov {at}, qword ptr [rip + evhub_thread@GOTTPOFF]",
                        concat!("mov qword ptr fs:[{at} + ", $offset, "], {value}"),
                        at = out(reg) _,
                        value = in(reg) value,
                        options(nostack, preserves_flags),
                    );
                }
            }
        };
    }

    word!(hub, set_hub, "0");
    word!(loop_base, set_loop_base, "8");
    word!(made_base, set_made_base, "16");

    #[inline(always)]
    pub fn identity() -> usize {
        let address: usize;
        // SAFETY: word 0 of the thread's block is its own address (the ABI's), to which the
        // offset is added.
        unsafe {
            asm!(
                "mov {at}, qword ptr fs:[0]",
                "add {at}, qword ptr [rip + evhub_thread@GOTTPOFF]",
                at = out(reg) address,
                options(pure, readonly, nostack),
            );
        }
        address
    }
}

#[cfg(not(all(target_arch = "x86_64", target_pointer_width = "64", target_os = "linux")))]
mod words {
    use super::Words;
    use std::ffi::c_void;

    unsafe extern "C" {
        safe fn evhub_thread_block() -> *mut Words;
    }

    macro_rules! word {
        ($get:ident, $set:ident, $field:ident) => {
            #[inline]
            pub fn $get() -> *mut c_void {
                // SAFETY: the block is the calling thread's, as long as it lives.
                unsafe { (*evhub_thread_block()).$field }
            }

            #[inline]
            pub fn $set(value: *mut c_void) {
                // SAFETY: as above, and nothing borrows it.
                unsafe { (*evhub_thread_block()).$field = value };
            }
        };
    }

    word!(hub, set_hub, hub);
    word!(loop_base, set_loop_base, loop_base);
    word!(made_base, set_made_base, made_base);

    #[inline]
    pub fn identity() -> usize {
        evhub_thread_block().addr()
    }
}

/// The thread's hub; NULL if there is none.
#[inline(always)]
pub fn hub() -> *mut c_void {
    words::hub()
}

#[inline(always)]
pub fn set_hub(hub: *mut c_void) {
    words::set_hub(hub);
}

/// The base whose loop the thread runs; NULL if there is none.
#[inline(always)]
pub fn loop_base() -> *mut c_void {
    words::loop_base()
}

#[inline(always)]
pub fn set_loop_base(base: *mut c_void) {
    words::set_loop_base(base);
}

/// The base that the thread made with `event_init`; NULL if there is none.
#[inline(always)]
pub fn made_base() -> *mut c_void {
    words::made_base()
}

#[inline(always)]
pub fn set_made_base(base: *mut c_void) {
    words::set_made_base(base);
}

/// Tells living threads apart. Never 0.
#[inline(always)]
pub fn identity() -> usize {
    words::identity()
}

/// Made when it is first needed, and kept: the destructor stays mapped (build.rs).
static KEY: Mutex<Option<libc::pthread_key_t>> = Mutex::new(None);

/// Calls `end(value)` when the calling thread ends, unless `value` is NULL: that takes it back.
/// `end` is the same function in every call. `EAGAIN`: the process has no key left.
pub fn at_exit_of_thread(end: extern "C" fn(*mut c_void), value: *mut c_void) -> Result<()> {
    let mut key = KEY.lock().unwrap_or_else(PoisonError::into_inner);
    let key = match *key {
        Some(key) => key,
        None => *key.insert(new_key(end)?),
    };
    // SAFETY: the key exists. The destructor takes any value that was set.
    zero(unsafe { libc::pthread_setspecific(key, value) })
}

fn new_key(end: extern "C" fn(*mut c_void)) -> Result<libc::pthread_key_t> {
    let mut key = 0;
    // SAFETY: `key` is writable; `end` is a function of the library, which is never unmapped.
    zero(unsafe { libc::pthread_key_create(&raw mut key, Some(end)) })?;
    Ok(key)
}

/// The convention of threads' functions: they return the error.
fn zero(error: i32) -> Result<()> {
    if error == 0 { Ok(()) } else { Err(Errno(error)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ptr;
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

    #[test]
    fn words_are_the_thread_s_own() {
        let at = |number| ptr::without_provenance_mut::<c_void>(number);
        let one_thread = move |number| {
            assert!(hub().is_null() && loop_base().is_null() && made_base().is_null());
            set_hub(at(number));
            set_loop_base(at(number + 1));
            set_made_base(at(number + 2));
            std::thread::yield_now();
            assert_eq!((hub(), loop_base()), (at(number), at(number + 1)));
            assert_eq!(made_base(), at(number + 2));
            identity()
        };
        let mine = one_thread(10);
        let other = std::thread::spawn(move || one_thread(20)).join().unwrap();
        assert_ne!(mine, other);
        assert_eq!((mine, hub()), (identity(), at(10)));
        assert_ne!(mine, 0);
        set_hub(ptr::null_mut());
        set_loop_base(ptr::null_mut());
        set_made_base(ptr::null_mut());
    }

    static ENDED: AtomicUsize = AtomicUsize::new(0);

    extern "C" fn end(value: *mut c_void) {
        ENDED.fetch_add(value.addr(), SeqCst);
    }

    #[test]
    fn threads_that_asked_for_it_are_called_at_their_end() {
        let ask = |number| at_exit_of_thread(end, ptr::without_provenance_mut(number));
        let in_a_thread = |numbers: &'static [usize]| {
            let thread = std::thread::spawn(move || {
                assert!(numbers.iter().all(|&number| ask(number).is_ok()));
            });
            thread.join().unwrap();
        };
        in_a_thread(&[1]);
        in_a_thread(&[2]);
        // Taken back.
        in_a_thread(&[4, 0]);
        assert_eq!(ENDED.load(SeqCst), 3);
    }
}
