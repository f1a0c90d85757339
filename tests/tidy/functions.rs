//! Functions: their length, and the reasons that unsafe blocks give.

use crate::files::{File, sources};
use crate::none;

const LINES: usize = 70;

/// Where functions begin and how long they are. The code is formatted: a function ends with
/// the first line that is a closing brace as far in as the function itself.
fn functions(file: &File) -> Vec<(String, usize)> {
    let lines: Vec<&str> = file.text.lines().collect();
    let mut found = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let code = line.trim_start();
        let is_function = code.starts_with("fn ") || code.contains(" fn ") && is_item(code);
        if !is_function || line.ends_with(';') || line.ends_with('}') {
            continue;
        }
        let indent = &line[..line.len() - code.len()];
        // What comes next as far in: the end, of the parameters or of the function.
        let is_closing =
            |l: &&&str| l.strip_prefix(indent).is_some_and(|l| l.starts_with([')', '}']));
        if lines[at + 1..].iter().find(is_closing).is_some_and(|l| l.ends_with(';')) {
            continue;
        }
        let end = format!("{indent}}}");
        if let Some(length) = lines[at..].iter().position(|line| **line == end) {
            found.push((format!("{}:{}", file.path, at + 1), length + 1));
        }
    }
    found
}

fn is_item(code: &str) -> bool {
    ["pub", "unsafe", "extern", "const", "async"].iter().any(|word| code.starts_with(word))
}

#[test]
fn functions_have_fewer_than_70_lines() {
    let mut found = Vec::new();
    let mut count = 0;
    for file in sources() {
        for (place, length) in functions(&file) {
            count += 1;
            if length >= LINES {
                found.push(format!("{place}: {length} lines"));
            }
        }
    }
    none(found, "functions that are two functions");
    assert!(count > 100, "only {count} functions were found");
}

/// Clippy demands the comments, too; here they must be near, and functions state contracts.
#[test]
fn unsafe_code_gives_its_reasons() {
    let mut found = Vec::new();
    for file in sources() {
        let lines: Vec<&str> = file.text.lines().collect();
        for (at, line) in lines.iter().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            let place = format!("{}:{}", file.path, at + 1);
            if code.contains("unsafe {") || code.contains("unsafe impl") {
                let above = &lines[at.saturating_sub(8)..at];
                if !above.iter().any(|line| line.contains("SAFETY: ")) {
                    found.push(format!("{place}: no SAFETY comment"));
                }
            } else if is_contract(code) && !doc_above(&lines, at).contains("# Safety") {
                found.push(format!("{place}: no # Safety in its documentation"));
            }
        }
    }
    none(found, "unsafe code without reasons");
}

/// A function that its caller must be careful with.
fn is_contract(code: &str) -> bool {
    let code = code.trim_start();
    let code = code.strip_prefix("pub ").unwrap_or(code);
    let code = code.strip_prefix("pub(crate) ").unwrap_or(code);
    code.starts_with("unsafe fn ") || code.starts_with("unsafe extern \"C\" fn ")
}

/// The documentation and the attributes right above a line.
pub fn doc_above(lines: &[&str], at: usize) -> String {
    let above = lines[..at].iter().rev();
    let is_part = |line: &&&str| line.trim_start().starts_with(['/', '#']);
    above.take_while(is_part).map(|line| format!("{line}\n")).collect()
}
