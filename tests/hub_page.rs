//! docs/hub-features.md: every row of what is built is there once, every call that it names is
//! declared, and every test that it names exists.

#[path = "support/shell.rs"]
mod shell;
#[path = "support/table.rs"]
mod table;

use shell::{project, read};
use std::collections::BTreeSet;
use table::{Row, has_test_in, rows};

const PAGE: &str = "docs/hub-features.md";

/// Greenlets to pools, locals, and what of later systems belongs to them.
fn wanted() -> BTreeSet<u32> {
    (1..=115).chain([173, 194, 197, 198, 199, 201, 202, 205, 206, 212]).collect()
}

fn number(row: &Row) -> Option<u32> {
    row[0].parse().ok()
}

#[test]
fn every_row_is_there_once() {
    let page = read(&project().join(PAGE));
    let numbers: Vec<u32> = rows(&page).filter_map(|row| number(&row)).collect();
    let set: BTreeSet<u32> = numbers.iter().copied().collect();
    assert_eq!(numbers.len(), set.len(), "a row is there twice");
    assert_eq!(set, wanted());
}

#[test]
fn every_call_named_is_declared() {
    let page = read(&project().join(PAGE));
    let header = read(&project().join("include/evhub/evhub.h"))
        + &read(&project().join("include/evhub/event.h"));
    for row in rows(&page).filter(|row| number(row).is_some()) {
        let mut names = 0;
        for word in row[3].split(|c: char| !(c.is_alphanumeric() || c == '_')) {
            let is_call = word.starts_with("evhub_") || word.starts_with("event_");
            if is_call && word.ends_with('_') {
                // A family: `evhub_barrier_*`.
                assert!(header.contains(&format!(" {word}")), "{}: no {word}*", row[0]);
            } else if is_call {
                let is_declared =
                    [" ", "*"].iter().any(|before| header.contains(&format!("{before}{word}(")));
                assert!(is_declared, "{}: {word} is not declared", row[0]);
            } else if word.starts_with("EVHUB_") {
                assert!(header.contains(&format!("#define {word}")), "{}: no {word}", row[0]);
            } else {
                continue;
            }
            names += 1;
        }
        assert!(names > 0 || !row[3].is_empty(), "{}: nothing is said of it", row[0]);
    }
}

#[test]
fn every_test_named_exists() {
    let page = read(&project().join(PAGE));
    for row in rows(&page).filter(|row| number(row).is_some()) {
        assert_eq!(row.len(), 5, "{}: five cells", row[0]);
        let tests: Vec<&str> = row[4].split('`').skip(1).step_by(2).collect();
        let is_excused = row[4] == "none needed";
        assert!(is_excused == tests.is_empty(), "{}: no test and no reason", row[0]);
        for test in tests {
            let (program, name) = test.split_once('/').unwrap_or((test, ""));
            assert!(has_test_in("hub", program, name), "{}: there is no {test}", row[0]);
        }
    }
}
