//! Lines and files of every language: lengths, blanks, first words, words that are not used.

use crate::files::{File, files};
use crate::none;
use crate::shell::{project, read};

const WIDTH: usize = 100;
const LINES: usize = 500;

/// Columns of a line; a tab goes to the next multiple of eight.
fn width(line: &str) -> usize {
    line.chars().fold(0, |at, c| if c == '\t' { at / 8 * 8 + 8 } else { at + 1 })
}

#[test]
fn lines_fit_into_100_columns() {
    let mut found = Vec::new();
    // Tables are as wide as their rows; prose is wrapped by whoever shows it.
    for file in files().iter().filter(|file| !file.is("tsv") && !file.is("md")) {
        for (place, line) in file.lines().filter(|(_, line)| width(line) > WIDTH) {
            found.push(format!("{place}: {} columns", width(line)));
        }
    }
    none(found, "lines of more than 100 columns");
}

#[test]
fn files_have_fewer_than_500_lines() {
    let mut found = Vec::new();
    for file in files().iter().filter(|file| file.is("rs") || file.is_c() || file.is("sh")) {
        // Made from templates, which are files of their own.
        if file.is_in("include/") {
            continue;
        }
        let count = file.text.lines().count();
        if count >= LINES {
            found.push(format!("{}: {count} lines", file.path));
        }
    }
    none(found, "files that are two files");
}

#[test]
fn no_blanks_are_left_over() {
    let mut found = Vec::new();
    for file in files() {
        for (place, line) in file.lines() {
            if line.ends_with([' ', '\t', '\r']) {
                found.push(place);
            }
        }
        if !file.text.ends_with('\n') || file.text.ends_with("\n\n") {
            found.push(format!("{}: its end", file.path));
        }
    }
    none(found, "blanks at ends of lines or files");
}

#[test]
fn indentation_is_the_language_s() {
    let mut found = Vec::new();
    for file in files() {
        let wrong = if file.is("rs") || file.is("toml") { "\t" } else { "        " };
        if file.is("rs") || file.is_c() {
            // An empty line of a macro is blanks up to its backslash.
            let is_wrong = |l: &str| l.starts_with(wrong) && l.trim() != "\\";
            found.extend(file.lines().filter(|(_, line)| is_wrong(line)).map(|(place, _)| place));
        }
    }
    none(found, "tabs are for C, blanks for Rust");
}

#[test]
fn every_file_says_what_it_is() {
    let mut found = Vec::new();
    for file in files() {
        let first = file.text.lines().find(|line| !line.starts_with("#!")).unwrap_or_default();
        let opens = match () {
            () if file.is("rs") => first.starts_with("//!"),
            () if file.is_c() => first.starts_with("/*"),
            () if file.is("sh") || file.is("tsv") => first.starts_with('#'),
            () if file.is("py") => first.starts_with(['"', '#']),
            () if file.is("md") => first.starts_with("# "),
            () => true,
        };
        if !opens {
            found.push(format!("{}: {first}", file.path));
        }
    }
    none(found, "files that do not open with what they are");
}

/// Marks of work that is not done, and of the machine that it was done on.
const BANNED: [&str; 9] =
    ["TODO", "FIXME", "XXX", "HACK", "WIP", "/home/", "/root/", "/work/", "lorem ipsum"];

#[test]
fn no_word_says_that_something_is_unfinished() {
    let mut found = Vec::new();
    for file in files().iter().filter(|file| file.path != "tests/tidy/text.rs") {
        for (place, line) in file.lines() {
            for word in BANNED.iter().filter(|word| has_word(line, word)) {
                found.push(format!("{place}: {word}"));
            }
        }
    }
    none(found, "words that are not used here");
}

/// `word`, not as a part of a longer word of capitals.
fn has_word(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + word.len()..].chars().next();
        let part = |c: Option<char>| c.is_some_and(|c| c.is_ascii_uppercase() || c == '_');
        word.contains('/') || !(part(before) || part(after))
    })
}

#[test]
fn the_changelog_has_its_form() {
    const GROUPS: [&str; 6] = ["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"];
    let file =
        File { path: "CHANGELOG.md".to_string(), text: read(&project().join("CHANGELOG.md")) };
    let mut found = Vec::new();
    let mut versions = Vec::new();
    for (place, line) in file.lines().skip(1) {
        if let Some(version) = line.strip_prefix("## ") {
            versions.push(version.to_string());
        } else if let Some(group) = line.strip_prefix("### ") {
            if !GROUPS.contains(&group) {
                found.push(format!("{place}: {group} is none of {GROUPS:?}"));
            }
        } else if !versions.is_empty() && !["", "- ", "  "].iter().any(|start| is(line, start)) {
            found.push(format!("{place}: neither an entry nor its continuation"));
        }
    }
    none(found, "CHANGELOG.md");
    assert!(file.text.starts_with("# Changelog\n"), "CHANGELOG.md has no title");
    let newest = versions.first().map(|version| version.trim_start_matches('['));
    let current = env!("CARGO_PKG_VERSION");
    let is_newest = |v: &str| v.starts_with(current) || v.to_lowercase().starts_with("unreleased");
    assert!(newest.is_some_and(is_newest), "{newest:?} is not {current}, nor unreleased");
}

fn is(line: &str, start: &str) -> bool {
    if start.is_empty() { line.is_empty() } else { line.starts_with(start) }
}
