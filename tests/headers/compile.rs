//! Compiling C against the public headers, as C and as C++.

// Each test program uses a part of this.
#![allow(dead_code)]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::shell::{command, fresh_folder, output, project, run, text, write};

/// Every language that the headers are written for.
pub const LANGUAGES: [(&str, &[&str]); 5] = [
    ("gcc", &["-std=gnu89"]),
    ("gcc", &["-std=c99", "-pedantic"]),
    ("gcc", &["-std=c11", "-pedantic"]),
    ("g++", &["-x", "c++", "-std=c++98", "-pedantic"]),
    ("g++", &["-x", "c++", "-std=c++17", "-pedantic"]),
];

pub const STRICT: [&str; 3] = ["-Wall", "-Wextra", "-Werror"];

/// A compiler that finds the headers of the work tree.
pub fn compiler(language: (&str, &[&str])) -> Command {
    let mut compiler = command(language.0);
    compiler.args(language.1).args(STRICT);
    let include = project().join("include");
    compiler.arg("-I").arg(include.join("evhub")).arg("-I").arg(include);
    compiler
}

/// Whether a text compiles in a language; what the compiler says if not.
pub fn check(language: (&str, &[&str]), folder: &Path, source: &str) -> Result<(), String> {
    let file = folder.join("source.c");
    write(&file, source);
    let output = output(compiler(language).arg("-fsyntax-only").arg(&file));
    if output.status.success() {
        return Ok(());
    }
    Err(format!("{language:?}:\n{source}\n{}", text(&output)))
}

/// Builds ctests/headers/NAME.c and runs it, in each language, without the library.
pub fn run_alone(name: &str) {
    let folder = fresh_folder(&format!("headers {name}"));
    for language in LANGUAGES {
        let program = folder.join("program");
        run(compiler(language).arg(source(name)).arg("-o").arg(&program));
        run(&mut command(&program));
    }
}

/// The same against the staged installation, by its pkg-config file.
pub fn run_with_library(name: &str) {
    let folder = fresh_folder(&format!("headers {name}"));
    for language in LANGUAGES {
        let program = folder.join("program");
        let mut compiler = command(language.0);
        compiler.args(language.1).args(STRICT).arg(source(name)).arg("-o").arg(&program);
        run(compiler.args(["-x", "none"]).args(staged_flags()));
        run(&mut command(&program));
    }
}

fn source(name: &str) -> PathBuf {
    project().join("ctests/headers").join(format!("{name}.c"))
}

/// What pkg-config says of the staged installation, which is made if it is missing.
pub fn staged_flags() -> &'static [String] {
    static FLAGS: OnceLock<Vec<String>> = OnceLock::new();
    FLAGS.get_or_init(|| {
        let lib = project().join("target/stage/lib");
        if !lib.join("libevhub.so.0").exists() {
            run(command("make").arg("stage"));
        }
        let mut ask = command("pkg-config");
        ask.env("PKG_CONFIG_PATH", lib.join("pkgconfig"));
        let said = run(ask.args(["--cflags", "--libs", "evhub"]));
        let mut flags: Vec<String> = said.split_whitespace().map(String::from).collect();
        flags.push(format!("-Wl,-rpath,{}", lib.display()));
        flags
    })
}
