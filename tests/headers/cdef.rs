//! Makes include/evhub/evhub.cdef.h: the declarations of all headers without the preprocessor,
//! for what reads C but no macros, as `ffi.cdef` of Python's cffi does.
//!
//! The C compiler's preprocessor does the work. Headers of the system are replaced by empty ones,
//! so that what comes out is ours; what those would declare stands in the template,
//! src/abi/text/evhub.cdef.h.in, at whose lines `@declarations HEADER` the rest is put.

use std::collections::HashSet;
use std::path::Path;

use crate::generate;
use crate::shell::{command, fresh_folder, project, read, run, write};

pub const NAME: &str = "evhub.cdef.h";

/// Headers of the C library that ours include.
const SYSTEM: [&str; 9] = [
    "errno.h",
    "stdarg.h",
    "stddef.h",
    "stdint.h",
    "stdio.h",
    "sys/socket.h",
    "sys/time.h",
    "sys/types.h",
    "time.h",
];

/// With these, lists of headers are complete types.
const QUEUE: &str = "\
#define TAILQ_ENTRY(type) struct { struct type *tqe_next; struct type **tqe_prev; }
#define TAILQ_HEAD(name, type) struct name { struct type *tqh_first; struct type **tqh_last; }
";

/// Stands before the value of a constant in what the preprocessor is given.
const CONSTANT: &str = "evhub_constant";

/// The text of the declarations file.
pub fn text() -> String {
    let template = read(&project().join("src/abi/text").join(format!("{NAME}.in")));
    let folder = fresh_folder("headers cdef");
    let names: Vec<&str> =
        template.lines().filter_map(|line| line.strip_prefix("@declarations ")).collect();
    lay_out(&folder, &names);
    let mut text = String::new();
    let mut known = HashSet::new();
    for line in template.lines() {
        match line.strip_prefix("@declarations ") {
            Some(name) => text.push_str(&declarations(&folder, name, &mut known)),
            None => text.push_str(&format!("{line}\n")),
        }
    }
    text
}

/// The headers as the code has them now, and what they include.
fn lay_out(folder: &Path, names: &[&str]) {
    for name in names.iter().chain(&["event-config.h"]) {
        write(&folder.join(name), &generate::header(name));
    }
    for name in SYSTEM {
        write(&folder.join("system").join(name), "");
    }
    write(&folder.join("system/sys/queue.h"), QUEUE);
}

/// What one header declares that `known` does not have yet.
fn declarations(folder: &Path, name: &str, known: &mut HashSet<String>) -> String {
    let output = preprocessed(folder, name);
    let constants: String = output.lines().filter_map(constant).collect();
    let mut text = String::new();
    if !constants.is_empty() {
        text.push_str(&format!("enum {{\n{constants}}};\n\n"));
    }
    for statement in statements(&of_file(&output, name)) {
        // Functions that take a va_list can be called from C alone.
        if statement.contains("va_list") || !known.insert(statement.clone()) {
            continue;
        }
        let is_block = statement.contains("{\n");
        if is_block && !text.ends_with("\n\n") && !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&statement);
        text.push_str(if is_block { "\n\n" } else { "\n" });
    }
    text.trim_end().to_string() + "\n"
}

/// A header without macros and comments, then a line for each of its constants.
fn preprocessed(folder: &Path, name: &str) -> String {
    let mut source = format!("#include <sys/queue.h>\n#include \"{name}\"\n");
    for constant in object_like_macros(&read(&folder.join(name))) {
        source.push_str(&format!("{CONSTANT} \"{constant}\" {constant}\n"));
    }
    let file = folder.join("source.c");
    write(&file, &source);
    let mut compiler = command("gcc");
    compiler.args(["-E", "-nostdinc", "-D__attribute__(x)=", "-DEVHUB_NO_SCOPES", "-I"]);
    run(compiler.arg(folder.join("system")).arg(&file))
}

fn object_like_macros(text: &str) -> Vec<String> {
    let names = text.lines().filter_map(|line| {
        let rest = line.strip_prefix("#define ")?;
        Some(rest.split_once([' ', '\t'])?.0.to_string())
    });
    names.filter(|name| !name.contains('(')).collect()
}

/// A line of an enum, if the macro is a number.
fn constant(line: &str) -> Option<String> {
    let (name, value) = line.strip_prefix(CONSTANT)?.trim().split_once(' ')?;
    let value = value.trim().trim_end_matches(['U', 'u']);
    let is_number = value.chars().any(|c| c.is_ascii_digit())
        && value.chars().all(|c| c.is_ascii_hexdigit() || "x()|- ".contains(c));
    is_number.then(|| format!("\t{} = {value},\n", name.trim_matches('"')))
}

/// The lines that the preprocessor has taken from one file, without blank ones.
fn of_file(output: &str, name: &str) -> String {
    let ending = format!("/{name}");
    let mut is_wanted = false;
    let mut text = String::new();
    for line in output.lines() {
        if let Some(place) = line.strip_prefix("# ") {
            is_wanted = place.split('"').nth(1).is_some_and(|file| file.ends_with(&ending));
        } else if is_wanted && !line.trim().is_empty() {
            text.push_str(line.trim_end());
            text.push('\n');
        }
    }
    text
}

/// Cuts a text after each semicolon that is not inside braces.
fn statements(text: &str) -> Vec<String> {
    let mut found = vec![String::new()];
    let mut depth = 0;
    for c in text.chars() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if let Some(last) = found.last_mut() {
            last.push(c);
        }
        if c == ';' && depth == 0 {
            found.push(String::new());
        }
    }
    found.iter().map(|statement| laid_out(statement)).filter(|s| s.len() > 1).collect()
}

/// As the headers have it: the preprocessor makes a blank of a tab, and leaves the line of an
/// attribute empty.
fn laid_out(statement: &str) -> String {
    let lines = statement.trim().lines().map(|line| match line.strip_prefix(' ') {
        Some(rest) if !rest.starts_with(' ') => format!("\t{rest}"),
        _ => line.to_string(),
    });
    let text = lines.collect::<Vec<_>>().join("\n");
    text.trim_end_matches([';', ' ', '\n']).to_string() + ";"
}
