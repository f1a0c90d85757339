//! C++ exceptions thrown by callbacks (ctests/exceptions/throw.cc): one that nobody catches ends
//! the process with the C++ library's message; one that is caught around the loop is like a
//! longjmp, and the base goes on.

#[path = "support/shell.rs"]
mod shell;

use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::sync::OnceLock;

use shell::{command, fresh_folder, output, project, run, text};

const SIGABRT: i32 = 6;

/// The compiled program.
fn throw() -> &'static PathBuf {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let stage = project().join("target/stage/lib");
        if !stage.join("libevhub.so.0").exists() {
            run(command("make").arg("stage"));
        }
        let mut pkg_config = command("pkg-config");
        pkg_config.env("PKG_CONFIG_PATH", stage.join("pkgconfig"));
        let flags = run(pkg_config.args(["--cflags", "--libs", "evhub"]));
        let program = fresh_folder("exceptions").join("throw");
        let mut cxx = command("c++");
        cxx.args(["-std=c++17", "-Wall", "-Wextra", "-Werror", "-O1", "-o"]).arg(&program);
        cxx.arg(project().join("ctests/exceptions/throw.cc")).args(flags.split_whitespace());
        run(cxx.arg(format!("-Wl,-rpath,{}", stage.display())));
        program
    })
}

#[test]
fn an_exception_that_nobody_catches_ends_the_process() {
    let output = output(&mut command(throw()));
    let said = text(&output);
    let code = output.status.code();
    assert!(code == Some(128 + SIGABRT) || output.status.signal() == Some(SIGABRT), "{said}");
    assert!(said.contains("thrown in a callback"), "{said}");
    assert!(!said.contains("returned"), "{said}");
}

#[test]
fn an_exception_that_is_caught_around_the_loop() {
    let said = run(command(throw()).arg("catch"));
    assert_eq!(said.lines().last(), Some("good"), "{said}");
    assert_eq!(said.matches("caught: thrown in a callback").count(), 4, "{said}");
    assert!(!said.contains("not reached"), "{said}");
}
