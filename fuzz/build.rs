//! The library's own build, and the C code of the messages that `rpc_payload` reads.

#[path = "../build.rs"]
mod library;

use std::path::PathBuf;
use std::process::Command;

const GENERATOR: &str = "../pkgconfig/event_rpcgen.py";
const MESSAGES: &str = "../ctests/rpc/messages.rpc";

fn main() {
    library::main();
    let out = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo says where"));
    let (header, code) = (out.join("messages.gen.h"), out.join("messages.gen.c"));
    for file in [GENERATOR, MESSAGES] {
        println!("cargo::rerun-if-changed={file}");
    }
    let mut python = Command::new("python3");
    let made = python.arg(GENERATOR).arg(MESSAGES).arg(&header).arg(&code).status();
    assert!(made.is_ok_and(|status| status.success()), "event_rpcgen.py failed");
    cc::Build::new().include("../include/evhub").file(code).compile("evhub_messages");
}
