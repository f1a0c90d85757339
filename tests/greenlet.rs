//! Python's greenlet copies slices of the C stack away and back. Here the loop runs under it:
//! ctests/greenlet/*.py switch greenlets inside callbacks and change events from outside, on
//! every backend. The package comes from PyPI into a virtual environment below target/.

#[path = "support/shell.rs"]
mod shell;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use shell::{command, output, project, run, text};

/// Name, what is switched off, and whether it takes the test build of the library.
const BACKENDS: [(&str, &[&str], bool); 4] = [
    ("epoll", &[], false),
    ("poll", &["EVENT_NOEPOLL"], false),
    ("select", &["EVENT_NOEPOLL", "EVENT_NOPOLL"], false),
    ("kqueue", &[], true),
];

/// A Python that has greenlet, or why there is none.
fn python() -> &'static Result<PathBuf, String> {
    static PYTHON: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    PYTHON.get_or_init(|| {
        let folder = project().join("target/greenlet");
        let python = folder.join("bin/python");
        if !has_greenlet(&python) {
            try_run(command("python3").args(["-m", "venv", "--clear"]).arg(&folder))?;
            let mut pip = command(&python);
            pip.args(["-m", "pip", "install", "--disable-pip-version-check", "greenlet"]);
            try_run(with_network_settings(&mut pip))?;
        }
        Ok(python)
    })
}

fn has_greenlet(python: &Path) -> bool {
    python.exists() && output(command(python).args(["-c", "import greenlet"])).status.success()
}

fn try_run(command: &mut Command) -> Result<(), String> {
    let output = output(command);
    let last_line = |text: String| text.lines().last().unwrap_or("no output").to_string();
    if output.status.success() { Ok(()) } else { Err(last_line(text(&output))) }
}

/// Where packages come from, and through which proxy, is the caller's choice.
fn with_network_settings(pip: &mut Command) -> &mut Command {
    let wanted = |name: &str| {
        let name = name.to_ascii_lowercase();
        name.starts_with("pip_") || name.starts_with("ssl_cert_") || name.ends_with("_proxy")
    };
    pip.envs(std::env::vars().filter(|(name, _)| wanted(name)))
}

/// Built by make, unless it is there already.
fn library(test_build: bool) -> PathBuf {
    static BUILT: OnceLock<()> = OnceLock::new();
    let staged = project().join("target/stage/lib/libevhub.so.0");
    let test = project().join("target/testlib/libevhub.so");
    BUILT.get_or_init(|| {
        for (file, goal) in [(&staged, "stage"), (&test, "testlib")] {
            if !file.exists() {
                run(command("make").arg(goal));
            }
        }
    });
    if test_build { test } else { staged }
}

fn run_script(name: &str) {
    let python = match python() {
        Ok(python) => python,
        Err(why) => {
            let _ = writeln!(std::io::stderr(), "skipped: {name} needs Python's greenlet: {why}");
            return;
        }
    };
    for (backend, off, test_build) in BACKENDS {
        let mut script = command(python);
        script.arg(project().join("ctests/greenlet").join(name));
        script.env("EVHUB_LIBRARY", library(test_build)).env("EVHUB_METHOD", backend);
        script.env("PYTHONDONTWRITEBYTECODE", "1");
        if !test_build {
            script.env("EVENT_NOKQUEUE", "1");
        }
        off.iter().for_each(|variable| {
            script.env(variable, "1");
        });
        let said = run(&mut script);
        assert!(said.ends_with("passed\n"), "{name} on {backend} said: {said}");
    }
}

#[test]
fn greenlets_wait_for_descriptors_and_timers() {
    run_script("switching.py");
}

#[test]
fn events_change_while_the_loop_is_switched_out() {
    run_script("foreign.py");
}

#[test]
fn nested_loops_on_stacks_of_their_own() {
    run_script("nested.py");
}

#[test]
fn greenlets_talk_through_bufferevents() {
    run_script("streams.py");
}
