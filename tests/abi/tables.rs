//! Reading tests/abi/*.tsv: comments, one line of column names, rows.

use crate::shell::{project, read};

/// The rows of a table, each with as many fields as there are columns.
pub fn table<const COLUMNS: usize>(name: &str) -> Vec<[String; COLUMNS]> {
    let file = project().join("tests/abi").join(name);
    let text = read(&file);
    let mut rows = text.lines().filter(|line| !line.starts_with('#')).map(|line| {
        let fields: Vec<String> = line.split('\t').map(String::from).collect();
        fields.try_into().unwrap_or_else(|f| panic!("{name}: {COLUMNS} columns, not {f:?}"))
    });
    let names = rows.next();
    assert!(names.is_some(), "{name} is empty");
    rows.collect()
}

/// Functions and data that evhub has by now.
pub struct Symbol {
    pub name: String,
    pub is_data: bool,
    pub size: String,
    pub group: String,
    pub is_provided: bool,
}

pub fn symbols() -> Vec<Symbol> {
    let rows = table::<6>("symbols.tsv").into_iter();
    rows.map(|[name, kind, size, _header, group, state]| {
        assert!(["yes", "later"].contains(&state.as_str()), "{name}: {state}");
        Symbol { name, is_data: kind == "data", size, group, is_provided: state == "yes" }
    })
    .collect()
}
