//! What readelf and nm say about a file.

// Each test program uses a part of this.
#![allow(dead_code)]

use std::path::Path;

use crate::shell;

fn dynamic(file: &Path, tag: &str) -> Vec<String> {
    let text = shell::run(shell::command("readelf").args(["-W", "-d"]).arg(file));
    let bracketed = |line: &str| Some(line.split_once('[')?.1.split_once(']')?.0.to_string());
    text.lines().filter(|line| line.contains(tag)).filter_map(bracketed).collect()
}

/// The name by which programs will ask for this library.
pub fn soname(file: &Path) -> Option<String> {
    dynamic(file, "(SONAME)").pop()
}

/// The libraries that this file asks for.
pub fn needed(file: &Path) -> Vec<String> {
    dynamic(file, "(NEEDED)")
}

/// The dynamic symbols that this file defines, with their letter (T, B, D ...).
pub fn exported(file: &Path) -> Vec<(String, String)> {
    symbols(shell::run(shell::command("nm").args(["-D", "--defined-only"]).arg(file)))
}

/// The global symbols that the members of an archive define.
pub fn global(archive: &Path) -> Vec<(String, String)> {
    symbols(shell::run(shell::command("nm").args(["-g", "--defined-only"]).arg(archive)))
}

fn symbols(text: String) -> Vec<(String, String)> {
    let parse = |line: &str| {
        let mut words = line.split_whitespace().rev();
        let name = words.next()?;
        Some((name.to_string(), words.next()?.to_string()))
    };
    text.lines().filter_map(parse).collect()
}
