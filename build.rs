//! Names the shared library (its soname), says which backends the target has, compiles the small
//! half that is C, and, for tests, links the kqueue emulation.

const BSDS: [&str; 6] = ["freebsd", "netbsd", "openbsd", "dragonfly", "macos", "ios"];

pub fn main() {
    let os = std::env::var("CARGO_CFG_TARGET_OS").unwrap_or_default();
    let emulated = std::env::var_os("CARGO_FEATURE_KQUEUE_EMULATION").is_some();
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-check-cfg=cfg(has_epoll, has_kqueue)");
    if os == "linux" || os == "android" {
        println!("cargo::rustc-cfg=has_epoll");
    }
    if BSDS.contains(&os.as_str()) || emulated {
        println!("cargo::rustc-cfg=has_kqueue");
    }
    if os == "macos" || os == "ios" {
        println!("cargo::rustc-cdylib-link-arg=-Wl,-install_name,@rpath/libevhub.0.dylib");
    } else {
        println!("cargo::rustc-cdylib-link-arg=-Wl,-soname,libevhub.so.0");
        // Signal handlers and fork handlers live in the library: it is never unmapped.
        println!("cargo::rustc-cdylib-link-arg=-Wl,-z,nodelete");
    }
    let mut c = cc::Build::new();
    for file in ["src/abi/format.c", "src/hub/context/leave.c", "src/sys/thread.c"] {
        println!("cargo::rerun-if-changed={file}");
        c.file(file);
    }
    c.flag("-fvisibility=hidden").compile("evhub_c");
    if emulated {
        println!("cargo::rerun-if-changed=ctests/kqueue");
        cc::Build::new().file("ctests/kqueue/emulation.c").compile("evhub_kqueue_emulation");
    }
}
