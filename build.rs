//! Names the shared library (its soname) and, for tests, links the kqueue emulation.

fn main() {
    let os = std::env::var("CARGO_CFG_TARGET_OS").unwrap_or_default();
    if os == "macos" {
        println!("cargo::rustc-cdylib-link-arg=-Wl,-install_name,@rpath/libevhub.0.dylib");
    } else {
        println!("cargo::rustc-cdylib-link-arg=-Wl,-soname,libevhub.so.0");
        // Signal handlers and fork handlers live in the library: it is never unmapped.
        println!("cargo::rustc-cdylib-link-arg=-Wl,-z,nodelete");
    }
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var_os("CARGO_FEATURE_KQUEUE_EMULATION").is_some() {
        println!("cargo::rerun-if-changed=ctests/kqueue");
        cc::Build::new().file("ctests/kqueue/emulation.c").compile("evhub_kqueue_emulation");
    }
}
