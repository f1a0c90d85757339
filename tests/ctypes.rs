//! Python scripts that use the library through ctypes, by any of its names: ctests/ctypes/*.py.
//! What a compiled program has from the headers is here declared by the scripts.

#[path = "support/shell.rs"]
mod shell;

use shell::{command, project, run};

/// The names that scripts load, of which the second is libevent 1.4's own.
const NAMES: [&str; 2] = ["libevhub.so.0", "libevent-1.4.so.2"];

#[test]
fn buffers_through_ctypes() {
    let lib = project().join("target/stage/lib");
    if !lib.join(NAMES[0]).exists() {
        run(command("make").arg("stage"));
    }
    for name in NAMES {
        let mut script = command("python3");
        script.arg(project().join("ctests/ctypes/buffers.py"));
        script.env("EVHUB_LIBRARY", name).env("LD_LIBRARY_PATH", &lib);
        let said = run(script.env("PYTHONDONTWRITEBYTECODE", "1"));
        assert_eq!(said, "passed\n", "{name}");
    }
}
