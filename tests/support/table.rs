//! Tables in pages of documentation, and the C tests that they name.

use std::path::Path;

use crate::shell::{project, read};

/// A row: its cells. A bar that is a part of a cell is written with a backslash before it.
pub type Row<'a> = Vec<&'a str>;

pub fn rows(page: &str) -> impl Iterator<Item = Row<'_>> {
    page.lines().filter_map(|line| line.strip_prefix("| ")).map(cells)
}

fn cells(line: &str) -> Row<'_> {
    let mut cells = Vec::new();
    let mut rest = line.strip_suffix('|').unwrap_or(line);
    let mut from = 0;
    while let Some(at) = rest[from..].find('|').map(|at| at + from) {
        if rest[..at].ends_with('\\') {
            from = at + 1;
            continue;
        }
        cells.push(rest[..at].trim());
        (rest, from) = (&rest[at + 1..], 0);
    }
    cells.push(rest.trim());
    cells
}

/// Is there a test of this name in ctests/FOLDER/PROGRAM.c or .cc?
pub fn has_test_in(folder: &str, program: &str, test: &str) -> bool {
    let source = |ending| project().join(format!("ctests/{folder}/{program}.{ending}"));
    [source("c"), source("cc")].iter().any(|path| path.exists() && has_test(path, test))
}

fn has_test(source: &Path, test: &str) -> bool {
    read(source).lines().any(|line| {
        line.split_once('(').is_some_and(|(macro_name, rest)| {
            let name = rest.split([')', ',']).next();
            !macro_name.contains(char::is_whitespace) && name == Some(test)
        })
    })
}
