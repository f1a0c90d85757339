//! Exported functions whose arguments Rust cannot name: the exported name jumps to a function of
//! C's. Their prototypes stand in the templates of the headers.
//!
//! `evutil_snprintf` and `evutil_vsnprintf` are the C library's, which terminate always and
//! write nothing to an empty buffer (behaviour 182, repaired). The others are in `format.c`.

use std::arch::naked_asm;

macro_rules! jump_to {
    ($name:ident, $target:path) => {
        #[unsafe(naked)]
        #[unsafe(no_mangle)]
        extern "C" fn $name() {
            #[cfg(any(target_arch = "x86_64", target_arch = "x86"))]
            naked_asm!("jmp {}", sym $target);
            #[cfg(any(target_arch = "aarch64", target_arch = "arm"))]
            naked_asm!("b {}", sym $target);
            #[cfg(target_arch = "riscv64")]
            naked_asm!("tail {}", sym $target);
        }
    };
}

mod c {
    use std::ffi::{c_char, c_int, c_void};

    unsafe extern "C" {
        pub fn snprintf(buf: *mut c_char, len: usize, format: *const c_char, ...) -> c_int;
        pub fn vsnprintf(
            buf: *mut c_char,
            len: usize,
            format: *const c_char,
            args: *mut c_void,
        ) -> c_int;
        pub fn evhub_add_printf(buf: *mut c_void, format: *const c_char, ...) -> c_int;
        pub fn evhub_add_vprintf(
            buf: *mut c_void,
            format: *const c_char,
            args: *mut c_void,
        ) -> c_int;
        pub fn evhub_fail_text(error: c_int, format: *const c_char, ...) -> *mut c_void;
    }
}

jump_to!(evutil_snprintf, c::snprintf);
jump_to!(evutil_vsnprintf, c::vsnprintf);
jump_to!(evbuffer_add_printf, c::evhub_add_printf);
jump_to!(evbuffer_add_vprintf, c::evhub_add_vprintf);
jump_to!(evhub_fail, c::evhub_fail_text);
