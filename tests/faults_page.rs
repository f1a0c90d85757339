//! docs/faults.md names tests: each of them exists, and each row has one or says why not.

use std::path::Path;

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// Cells of the table rows whose first one is an id: E01, U03, F12.
fn rows(page: &str) -> Vec<Vec<&str>> {
    page.lines()
        .filter_map(|line| line.strip_prefix("| "))
        .map(|line| line.trim_end_matches('|').split('|').map(str::trim).collect::<Vec<_>>())
        .filter(|row| {
            let (kind, number) = row[0].split_at_checked(1).unwrap_or(("", ""));
            ["E", "U", "F"].contains(&kind) && number.parse::<u32>().is_ok()
        })
        .collect()
}

/// What stands between backquotes and looks like `folder/name`.
fn named(cell: &str) -> impl Iterator<Item = (&str, &str)> {
    cell.split('`').skip(1).step_by(2).filter_map(|word| word.split_once('/'))
}

fn exists(program: &str, test: &str) -> bool {
    let is_there = |path: &str| Path::new(env!("CARGO_MANIFEST_DIR")).join(path).exists();
    if program == "tests" {
        return is_there(&format!("tests/{test}.rs"));
    }
    let cxx = format!("ctests/event/{program}.cc");
    let source = read(&if is_there(&cxx) { cxx } else { format!("ctests/event/{program}.c") });
    source.lines().any(|line| {
        line.split_once('(').is_some_and(|(macro_name, rest)| {
            let name = rest.split([')', ',']).next();
            !macro_name.contains(char::is_whitespace) && name == Some(test)
        })
    })
}

#[test]
fn every_test_named_exists() {
    let page = read("docs/faults.md");
    let rows = rows(&page);
    assert!(rows.len() > 40, "the tables were not found");
    for row in rows {
        assert_eq!(row.len(), 4, "{}: four cells", row[0]);
        for (program, test) in named(row[3]) {
            assert!(exists(program, test), "{}: there is no {program}/{test}", row[0]);
        }
        let reason = ["none yet", "none needed"].iter().any(|words| row[2].starts_with(words));
        assert!(named(row[3]).next().is_some() || reason, "{}: no test and no reason", row[0]);
    }
}
