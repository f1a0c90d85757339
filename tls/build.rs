//! Names the shared library (its soname), and links it to libevhub by a stand-in without code: the
//! real one need not be there when this is built, and every build of it will do.

use std::path::Path;

/// What is used of libevhub.
const STAND_IN: &str = "
void evhub_evhttp_set_transport(void) {}
void evhub_evhttp_connection_set_transport(void) {}
void evhub_evhttp_connection_get_transport(void) {}
void evhttp_connection_get_peer(void) {}
";

fn main() {
    let os = std::env::var("CARGO_CFG_TARGET_OS").unwrap_or_default();
    println!("cargo::rerun-if-changed=build.rs");
    if os == "macos" || os == "ios" {
        println!("cargo::rustc-cdylib-link-arg=-Wl,-install_name,@rpath/libevhub_tls.0.dylib");
        println!("cargo::rustc-cdylib-link-arg=-Wl,-undefined,dynamic_lookup");
        return;
    }
    println!("cargo::rustc-cdylib-link-arg=-Wl,-soname,libevhub_tls.so.0");
    // A fork handler lives in the library: it is never unmapped.
    println!("cargo::rustc-cdylib-link-arg=-Wl,-z,nodelete");
    let out = std::env::var("OUT_DIR").unwrap_or_default();
    if let Err(why) = make_stand_in(Path::new(&out)) {
        println!("cargo::error=no stand-in for libevhub: {why}");
        return;
    }
    println!("cargo::rustc-cdylib-link-arg=-Wl,--no-as-needed");
    println!("cargo::rustc-cdylib-link-arg={out}/libevhub.so.0");
    println!("cargo::rustc-cdylib-link-arg=-Wl,--as-needed");
}

fn make_stand_in(folder: &Path) -> Result<(), String> {
    let source = folder.join("stand_in.c");
    std::fs::write(&source, STAND_IN).map_err(|error| error.to_string())?;
    let mut compiler = cc::Build::new().get_compiler().to_command();
    compiler.args(["-shared", "-fPIC", "-nostdlib", "-Wl,-soname,libevhub.so.0", "-o"]);
    let status = compiler.arg(folder.join("libevhub.so.0")).arg(&source).status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(status.to_string()),
        Err(error) => Err(error.to_string()),
    }
}
