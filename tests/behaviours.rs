//! docs/behaviours.md, the citations of its numbers, and the tests that it names belong together.

#[path = "support/shell.rs"]
mod shell;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use shell::{project, read};

const PAGE: &str = "docs/behaviours.md";

/// Parts of libevent that exist here.
const PRESENT: [std::ops::RangeInclusive<u32>; 2] = [1..=198, 200..=206];

/// Folders of C programs; a proof in the first one goes without its name.
const FOLDERS: [&str; 7] = ["event", "buffer", "bufferevent", "tag", "dns", "http", "rpc"];

/// A row of the table.
struct Row {
    is_repaired: bool,
    /// "folder/program test", as the runner of the C tests calls them.
    proofs: Vec<String>,
}

fn table() -> BTreeMap<u32, Row> {
    let mut rows = BTreeMap::new();
    for line in read(&project().join(PAGE)).lines() {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let Some(Ok(number)) = cells.get(1).map(|cell| cell.parse()) else { continue };
        assert_eq!(cells.len(), 6, "behaviour {number} has not four columns");
        assert!(
            cells[3].starts_with("Match") || cells[3].starts_with("Repaired: "),
            "behaviour {number} is neither a match nor repaired: {}",
            cells[3]
        );
        let proofs = cells[4].split(", ").map(|proof| with_folder(proof.trim_matches('`')));
        let row = Row { is_repaired: cells[3].starts_with("Repaired"), proofs: proofs.collect() };
        assert!(rows.insert(number, row).is_none(), "behaviour {number} is there twice");
    }
    rows
}

fn with_folder(proof: &str) -> String {
    if proof.contains('/') { proof.to_string() } else { format!("{}/{proof}", FOLDERS[0]) }
}

/// The numbers at the head of the page, in the list of differences.
fn differences() -> BTreeSet<u32> {
    let page = read(&project().join(PAGE));
    let list = page.lines().skip_while(|line| *line != "## The differences");
    let list = list.take_while(|line| *line != "## The table");
    let heads = list.filter_map(|line| line.strip_prefix("* ")?.split(" — ").next());
    heads.flat_map(numbers_at_start).collect()
}

fn files_below(folder: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            files_below(&path, files);
        } else if path.extension().is_some_and(|e| ["rs", "c", "h", "in"].iter().any(|x| e == *x)) {
            files.push(path);
        }
    }
}

fn files(folders: &[&str]) -> Vec<PathBuf> {
    let mut files = Vec::new();
    folders.iter().for_each(|folder| files_below(&project().join(folder), &mut files));
    assert!(files.len() > 20, "only {} files in {folders:?}", files.len());
    files.sort();
    files
}

/// The files of the C programs.
fn c_programs() -> Vec<PathBuf> {
    let folders = FOLDERS.map(|folder| format!("ctests/{folder}"));
    files(&folders.each_ref().map(String::as_str))
}

/// "folder/program test" for each test of the C programs.
fn c_tests() -> BTreeSet<String> {
    let mut tests = BTreeSet::new();
    for file in c_programs() {
        let program = file.strip_prefix(project().join("ctests")).unwrap_or(&file);
        let program = program.with_extension("").display().to_string();
        for line in read(&file).lines() {
            let Some((word, rest)) = line.split_once('(') else { continue };
            let is_macro = word.chars().all(|c| c.is_ascii_uppercase() || c == '_');
            if is_macro && word.split('_').any(|part| part == "TEST") {
                let name = rest.split([',', ')']).next().unwrap_or_default();
                tests.insert(format!("{program} {name}"));
            }
        }
    }
    tests
}

/// One line of text: comments without their marks, so that a list of numbers may be broken.
fn joined(text: &str) -> String {
    let lines = text.lines().map(|line| line.trim().trim_start_matches(['/', '*', '!']));
    lines.flat_map(str::split_whitespace).collect::<Vec<_>>().join(" ")
}

/// "1, 3-5, 7 to 9 and 12 (the repair)" gives 1, 3, 4, 5, 7, 8, 9, 12.
fn numbers_at_start(mut text: &str) -> Vec<u32> {
    let mut numbers: Vec<u32> = Vec::new();
    let mut is_range = false;
    loop {
        let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let Ok(number) = text[..digits].parse() else { return numbers };
        let first = numbers.last().filter(|_| is_range).map_or(number, |last| last + 1);
        numbers.extend(first..=number);
        text = &text[digits..];
        let joints = [("-", true), (" to ", true), (", ", false), (" and ", false)];
        let Some((joint, range)) = joints.iter().find(|(joint, _)| text.starts_with(joint)) else {
            return numbers;
        };
        (text, is_range) = (&text[joint.len()..], *range);
    }
}

/// The numbers that follow "behaviour" or "behaviours" anywhere in a text.
fn cited(text: &str) -> BTreeSet<u32> {
    let text = joined(text);
    let starts = text.match_indices("ehaviour").map(|(at, word)| &text[at + word.len()..]);
    let lists = starts.filter_map(|rest| rest.strip_prefix('s').unwrap_or(rest).strip_prefix(' '));
    lists.flat_map(numbers_at_start).collect()
}

/// The comment that a C file opens with.
fn head(text: &str) -> &str {
    text.split("*/").next().unwrap_or_default()
}

fn none(found: Vec<String>, rule: &str) {
    assert!(found.is_empty(), "{rule}:\n{}\n", found.join("\n"));
}

#[test]
fn citations_are_understood() {
    assert_eq!(numbers_at_start("1, 3-5, 7 to 9 and 12 (x)"), [1, 3, 4, 5, 7, 8, 9, 12]);
    assert_eq!(numbers_at_start("x"), []);
    let text = "/*\n * Proves behaviours 28,\n * 29, 31-33 and 46; E16.\n */ (behaviour 7)";
    assert_eq!(cited(text), BTreeSet::from([7, 28, 29, 31, 32, 33, 46]));
    assert_eq!(cited("/// behaviours\n/// 59 to 61, repaired"), BTreeSet::from([59, 60, 61]));
    assert_eq!(cited("the behaviour of 4"), BTreeSet::new());
}

#[test]
fn the_table_is_complete() {
    let rows = table();
    let missing = PRESENT.into_iter().flatten().filter(|number| !rows.contains_key(number));
    none(missing.map(|number| number.to_string()).collect(), "behaviours without a row");
}

#[test]
fn every_behaviour_names_tests_that_exist() {
    let tests = c_tests();
    let mut found = Vec::new();
    for (number, row) in table() {
        let unknown = row.proofs.iter().filter(|proof| !tests.contains(*proof));
        found.extend(unknown.map(|proof| format!("behaviour {number}: no test \"{proof}\"")));
    }
    none(found, "proofs that there are not");
}

#[test]
fn every_number_that_is_cited_is_in_the_table() {
    let rows = table();
    let mut found = Vec::new();
    let mut count = 0;
    for file in files(&["src", "ctests"]) {
        let numbers = cited(&read(&file));
        count += numbers.len();
        let unknown = numbers.iter().filter(|number| !rows.contains_key(number));
        found.extend(unknown.map(|number| format!("{}: behaviour {number}", file.display())));
    }
    none(found, "citations of nothing");
    assert!(count > 100, "only {count} citations were found");
}

#[test]
fn every_behaviour_is_claimed_by_a_c_test_program() {
    let claimed: BTreeSet<u32> = c_programs().iter().flat_map(|f| cited(head(&read(f)))).collect();
    let missing = PRESENT.into_iter().flatten().filter(|number| !claimed.contains(number));
    none(missing.map(|number| number.to_string()).collect(), "behaviours that no head claims");
}

#[test]
fn the_list_of_differences_is_that_of_the_table() {
    let rows = table();
    let repaired: BTreeSet<u32> =
        rows.iter().filter(|(_, row)| row.is_repaired).map(|(number, _)| *number).collect();
    assert_eq!(differences(), repaired, "the list at the head, and the rows that say Repaired");
}
