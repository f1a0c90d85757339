//! C programs that are made from the tables, compiled against the staged installation.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::shell::{command, fresh_folder, output, project, run, text, write};

/// The folder of the staged installation, which is made if it is missing.
pub fn stage() -> PathBuf {
    let stage = project().join("target/stage");
    if !stage.join("lib/libevhub.so.0").exists() {
        run(command("make").arg("stage"));
    }
    stage
}

/// What every such program begins with.
pub const ALL_HEADERS: &str = "\
#include <sys/queue.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include \"event.h\"
#include \"evutil.h\"
#include \"evhttp.h\"
#include \"evdns.h\"
#include \"evrpc.h\"
#if _EVENT_NUMERIC_VERSION != 0x01040f00
#error \"these are not the headers of evhub\"
#endif
";

/// A C compiler that finds the staged headers first, with a source file below target/tmp.
pub fn compile(name: &str, source: &str, flags: &[&str]) -> Command {
    compile_as("gcc", "-std=gnu11", name, source, flags)
}

fn compile_as(compiler: &str, standard: &str, name: &str, source: &str, flags: &[&str]) -> Command {
    let folder = fresh_folder(&format!("abi {name}"));
    let file = folder.join(if compiler == "gcc" { "made.c" } else { "made.cc" });
    write(&file, source);
    let mut command = command(compiler);
    command.args([standard, "-Wall", "-Wextra", "-Werror"]).args(flags);
    command.arg("-I").arg(stage().join("include")).arg(&file);
    command.arg("-o").arg(folder.join("made"));
    command
}

/// Compiles, links with the library under test and runs; the program must end with 0.
pub fn run_with_library(name: &str, source: &str) {
    link_and_run(name, compile(name, source, &[]));
}

/// The same for C++.
pub fn run_with_library_cplusplus(name: &str, source: &str) {
    link_and_run(name, compile_as("g++", "-std=gnu++17", name, source, &[]));
}

fn link_and_run(name: &str, mut compiler: Command) {
    let lib = stage().join("lib");
    compiler.arg("-L").arg(&lib).arg("-levhub").arg(format!("-Wl,-rpath,{}", lib.display()));
    run(&mut compiler);
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("abi {name}"));
    run(&mut command(folder.join("made")));
}

/// Whether programs for 32 bits can be compiled here at all.
pub fn has_32_bit_headers() -> bool {
    let source = "#include <stdio.h>\n#include <sys/time.h>\nint nothing;\n";
    output(&mut compile("has 32 bits", source, &["-m32", "-fsyntax-only"])).status.success()
}

/// Compiles for 32 bits, without linking.
pub fn check_32_bits(name: &str, source: &str) {
    let output = output(&mut compile(name, source, &["-m32", "-fsyntax-only"]));
    assert!(output.status.success(), "{}", text(&output));
}
