//! What is exported is documented, and used by a test.

use crate::files::{File, files, sources};
use crate::functions::doc_above;
use crate::none;

/// An exported name, where it is defined, and whether it has documentation.
struct Export {
    name: String,
    place: String,
    is_documented: bool,
}

fn exports() -> Vec<Export> {
    let mut found = Vec::new();
    for file in sources() {
        let lines: Vec<&str> = file.text.lines().collect();
        for (at, line) in lines.iter().enumerate() {
            let code = line.trim();
            let name = if code == "#[unsafe(no_mangle)]" {
                lines[at + 1..].iter().find_map(|line| defined(line))
            } else {
                code.strip_prefix("jump_to!(")
                    .and_then(|rest| rest.split_once(','))
                    .map(|(name, _)| name)
            };
            // A name that a macro makes is documented in the header's template.
            let Some(name) = name.filter(|name| !name.starts_with('$')) else { continue };
            found.push(Export {
                name: name.to_string(),
                place: format!("{}:{}", file.path, at + 1),
                is_documented: code.starts_with("jump_to!(")
                    || doc_above(&lines, at).contains("///"),
            });
        }
    }
    found
}

/// The name that a line defines; attributes define none.
fn defined(line: &str) -> Option<&str> {
    let rest = ["fn ", "static "].iter().find_map(|word| Some(line.split_once(word)?.1))?;
    rest.split(['(', ':', '<']).next()
}

#[test]
fn every_export_is_documented() {
    let exports = exports();
    assert!(exports.len() > 50, "only {} exports were found", exports.len());
    let bare = exports.iter().filter(|export| !export.is_documented);
    none(bare.map(|e| format!("{}: {}", e.place, e.name)).collect(), "exports without a word");
}

#[test]
fn every_export_is_used_by_a_test() {
    let is_test = |file: &&File| {
        ["tests/", "ctests/", "examples/"].iter().any(|folder| file.is_in(folder))
            && !file.is("tsv")
            && !file.is("md")
    };
    let files = files();
    let tests: Vec<&File> = files.iter().filter(is_test).collect();
    let mut found = Vec::new();
    for export in exports() {
        // Tests may use the spelling of libevent 2.
        let name = export.name.as_str();
        let short = name.strip_prefix("evhub_").filter(|short| short.starts_with("ev"));
        let names = [Some(name), short];
        let is_used = tests.iter().any(|t| names.iter().flatten().any(|n| uses(&t.text, n)));
        if !is_used {
            found.push(format!("{}: {name}", export.place));
        }
    }
    none(found, "exports that no test uses");
}

/// `name` as a whole word.
fn uses(text: &str, name: &str) -> bool {
    let is_part = |c: Option<char>| c.is_some_and(|c| c == '_' || c.is_alphanumeric());
    text.match_indices(name).any(|(at, _)| {
        !is_part(text[..at].chars().next_back()) && !is_part(text[at + name.len()..].chars().next())
    })
}
