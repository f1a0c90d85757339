//! Running commands in tests: a clean environment, a time limit, and all output on failure.

// Each test program uses a part of this.
#![allow(dead_code)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// No command of a test may run longer, in seconds: a first build included.
const LIMIT: &str = "600";

/// The project's folder.
pub fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A new empty folder for one test, below target/tmp; removed by the next run.
pub fn fresh_folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    if folder.symlink_metadata().is_ok() {
        std::fs::remove_dir_all(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    }
    make_folder(&folder);
    folder
}

pub fn make_folder(folder: &Path) {
    std::fs::create_dir_all(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
}

pub fn write(file: &Path, text: &str) {
    if let Some(folder) = file.parent() {
        make_folder(folder);
    }
    std::fs::write(file, text).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
}

pub fn read(file: &Path) -> String {
    std::fs::read_to_string(file).unwrap_or_else(|e| panic!("{}: {e}", file.display()))
}

/// What a command hears of the caller's environment: nothing that make, cargo, the compiler or
/// the loader would listen to.
const KEPT: &[&str] = &["PATH", "HOME", "CARGO_HOME", "RUSTUP_HOME", "RUSTUP_TOOLCHAIN", "TMPDIR"];

/// A command with a time limit, in the project's folder.
pub fn command(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new("timeout");
    command.args(["--kill-after=10", LIMIT]).arg(program);
    command.current_dir(project()).stdin(Stdio::null()).env_clear();
    for name in KEPT {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    command.env("LC_ALL", "C").env("CARGO_BUILD_JOBS", "2");
    command
}

pub fn output(command: &mut Command) -> Output {
    command.output().unwrap_or_else(|e| panic!("{command:?}: {e}"))
}

/// Standard output and standard error, in this order.
pub fn text(output: &Output) -> String {
    let out = String::from_utf8_lossy(&output.stdout);
    format!("{out}{}", String::from_utf8_lossy(&output.stderr))
}

/// Runs what must succeed; returns its standard output.
pub fn run(command: &mut Command) -> String {
    let output = output(command);
    assert!(output.status.success(), "{command:?}: {}\n{}", output.status, text(&output));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Runs what must fail (by itself, not by a signal or the time limit); returns all its output.
pub fn run_failing(command: &mut Command) -> String {
    let output = output(command);
    let code = output.status.code();
    let by_itself = code.is_some_and(|c| c != 0 && c < 124);
    assert!(by_itself, "{command:?}: {}\n{}", output.status, text(&output));
    text(&output)
}
