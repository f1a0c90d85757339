//! What the release library exports: what is in the table, what the headers of the extensions
//! declare, nothing else.

use std::collections::{BTreeMap, BTreeSet};

use crate::program::stage;
use crate::shell::{command, project, read, run};
use crate::tables::symbols;

/// Name: (letter of nm, size in bytes).
fn exported() -> BTreeMap<String, (String, u64)> {
    let library = stage().join("lib/libevhub.so");
    let mut nm = command("nm");
    let said = run(nm.args(["-D", "-S", "--defined-only"]).arg(library));
    let parse = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let (size, letter, name) = match words[..] {
            [_, size, letter, name] => (size, letter, name),
            // A function in assembly has no size.
            [_, letter, name] => ("0", letter, name),
            _ => panic!("nm says {line}"),
        };
        let size = u64::from_str_radix(size, 16).unwrap_or_else(|e| panic!("{line}: {e}"));
        (name.to_string(), (letter.to_string(), size))
    };
    said.lines().map(parse).collect()
}

#[test]
fn every_name_that_is_provided_is_exported() {
    let exported = exported();
    for symbol in symbols() {
        let found = exported.get(&symbol.name);
        assert_eq!(found.is_some(), symbol.is_provided, "{}", symbol.name);
        let Some((letter, size)) = found else { continue };
        let letters: &[&str] = if symbol.is_data { &["B", "D"] } else { &["T"] };
        assert!(letters.contains(&letter.as_str()), "{} is of kind {letter}", symbol.name);
        if symbol.is_data && cfg!(target_pointer_width = "64") {
            assert_eq!(size.to_string(), symbol.size, "size of {}", symbol.name);
        }
    }
}

/// The functions that the headers of the extensions declare.
fn extensions() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for header in
        ["event_ext.h", "buffer_ext.h", "bufferevent_ext.h", "evdns_ext.h", "http_ext.h", "evhub.h"]
    {
        let text = read(&project().join("include/evhub").join(header));
        let is_code = |line: &&str| !line.trim_start().starts_with(['*', '/', '#']);
        let code: String = text.lines().filter(is_code).map(|line| format!("{line}\n")).collect();
        for (at, _) in code.match_indices("evhub_") {
            let name: String =
                code[at..].chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            // What ends in a line is a helper of a macro, inline.
            if code[at + name.len()..].starts_with('(') && !name.ends_with('_') {
                names.insert(name);
            }
        }
    }
    assert!(names.len() > 30, "only {} extensions were found", names.len());
    names
}

#[test]
fn extensions_are_exported_as_declared() {
    let is_extension = |name: &String| name.starts_with("evhub_");
    let exported: BTreeSet<String> = exported().into_keys().filter(is_extension).collect();
    assert_eq!(exported, extensions());
}

#[test]
fn nothing_else_is_exported() {
    let known: Vec<String> = symbols().into_iter().map(|symbol| symbol.name).collect();
    for name in exported().into_keys() {
        assert!(known.contains(&name) || name.starts_with("evhub_"), "{name} is exported");
    }
}
