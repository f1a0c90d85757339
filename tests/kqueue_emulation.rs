//! The kqueue emulation that the C tests run on is itself tested, against the manual.

use std::process::Command;

#[test]
fn keeps_to_the_manual() {
    let output = Command::new("sh")
        .arg("ctests/kqueue/run")
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("sh runs");
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}{errors}");
    assert!(text.contains("0 failed"), "{text}{errors}");
}
