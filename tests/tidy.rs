//! The rules of the house that a machine can check. CONTRIBUTING.md says why they are rules.

#[path = "tidy/exports.rs"]
mod exports;
#[path = "tidy/files.rs"]
mod files;
#[path = "tidy/functions.rs"]
mod functions;
#[path = "tidy/rooms.rs"]
mod rooms;
#[path = "support/shell.rs"]
mod shell;
#[path = "tidy/text.rs"]
mod text;

/// Fails with everything that was found, so that one run shows it all.
fn none(found: Vec<String>, rule: &str) {
    assert!(found.is_empty(), "{rule}:\n{}\n", found.join("\n"));
}
