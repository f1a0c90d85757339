//! Makes a header from its template, src/abi/text/NAME.in.
//!
//! A template is the header itself, but for lines that begin with an at sign:
//!
//! ```text
//! @exports FILE           the prototypes of the functions that FILE exports, with their docs
//! @struct FILE TYPE NAME  struct NAME of C, which is TYPE in FILE
//! ```
//!
//! What cbindgen makes of them is touched up where it cannot say what the classic headers say:
//! callbacks are spelled out, structs have no typedefs, lines are broken as in C.

use cbindgen::{Bindings, Builder, Config, ItemType, Layout};
use std::path::Path;

use crate::shell::{project, read};

/// No line of a header is longer.
const WIDTH: usize = 96;

/// Names that Rust needs for function types, and how C writes a variable of that type. The
/// classic headers have no such names, and may not take them from programs.
const CALLBACKS: [(&str, &str, &str); 8] = [
    ("EventCallback", "void (*", ")(int fd, short what, void *arg)"),
    ("RequestCallback", "void (*", ")(struct evhttp_request *req, void *arg)"),
    ("CloseCallback", "void (*", ")(struct evhttp_connection *evcon, void *arg)"),
    ("HeaderCallback", "int (*", ")(struct evhttp_request *req, void *arg)"),
    ("ErrorCallback", "void (*", ")(enum evhttp_request_error error, void *arg)"),
    ("TransactionIdFn", "uint16_t (*", ")(void)"),
    ("RpcHandler", "void (*", ")(struct evrpc_req_generic *req, void *arg)"),
    ("RpcHook", "int (*", ")(struct evhttp_request *req, struct evbuffer *data, void *arg)"),
];

/// cbindgen takes what it does not find for a struct.
const NOT_STRUCTS: [(&str, &str); 3] = [
    ("struct struct ", "struct "),
    ("struct TAILQ_ENTRY", "TAILQ_ENTRY"),
    ("struct pid_t", "pid_t"),
];

/// The text of a header.
pub fn header(name: &str) -> String {
    let template = read(&project().join("src/abi/text").join(format!("{name}.in")));
    let mut text = String::new();
    for line in template.lines() {
        match line.strip_prefix('@') {
            Some(request) => text.push_str(&generated(request)),
            None => {
                text.push_str(line);
                text.push('\n');
            }
        }
    }
    text
}

fn generated(request: &str) -> String {
    let words: Vec<&str> = request.split_whitespace().collect();
    match words[..] {
        ["exports", file] => {
            let text = cbindgen(file, ItemType::Functions, &[]);
            paragraphs(&text).map(touched_up).collect::<Vec<_>>().join("\n")
        }
        ["struct", file, rust_name, name] => {
            let text = cbindgen(file, ItemType::Structs, &[rust_name]);
            let head = format!("struct {name} {{");
            let found = paragraphs(&text).map(touched_up).find(|p| p.contains(&head));
            found.unwrap_or_else(|| panic!("{file} has no {head}\n{text}"))
        }
        _ => panic!("what is this: @{request}"),
    }
}

fn cbindgen(file: &str, items: ItemType, include: &[&str]) -> String {
    let path = project().join("src/abi/text/cbindgen.toml");
    let mut config = Config::from_file(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    config.export.item_types = vec![items];
    config.export.include = include.iter().map(|name| name.to_string()).collect();
    config.function.args = Layout::Horizontal;
    let bindings = bindings(config, &project().join(file));
    let mut text = Vec::new();
    bindings.write(&mut text);
    String::from_utf8_lossy(&text).into_owned()
}

fn bindings(config: Config, file: &Path) -> Bindings {
    let builder = Builder::new().with_config(config).with_src(file);
    builder.generate().unwrap_or_else(|e| panic!("{}: {e}", file.display()))
}

/// cbindgen leaves an empty line between items, and none inside.
fn paragraphs(text: &str) -> impl Iterator<Item = &str> {
    text.split("\n\n").map(|p| p.trim_matches('\n')).filter(|p| !p.is_empty())
}

fn touched_up(item: &str) -> String {
    let mut text = String::new();
    // A contract opens with a heading in Rust, with a command in C.
    let item = item.replace(" * # Safety\n * ", " * @pre ");
    for line in item.lines() {
        if line.trim_start().starts_with(['*', '/']) {
            text.push_str(&with_tabs(line));
        } else {
            let mut line = with_callbacks(line);
            for (from, to) in NOT_STRUCTS {
                line = line.replace(from, to);
            }
            if !line.ends_with('{') {
                line = with_typedefs(&line);
            }
            text.push_str(&broken(&with_tabs(&line)));
        }
    }
    // A comment that has lost its last lines ends at the last that says something.
    with_short_comments(&text.replace(" *\n */", " */"))
}

/// The types of the hub are typedefs: `struct evhub_NAME_t` is just `evhub_NAME_t`.
fn with_typedefs(line: &str) -> String {
    let mut parts = line.split("struct evhub_");
    let mut text = parts.next().unwrap_or_default().to_string();
    for part in parts {
        let end = part.find(|c: char| !(c == '_' || c.is_alphanumeric())).unwrap_or(part.len());
        let is_typedef = part[..end].ends_with("_t");
        text.push_str(if is_typedef { "evhub_" } else { "struct evhub_" });
        text.push_str(part);
    }
    text
}

/// A comment of one line stands on one line.
fn with_short_comments(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let mut short = String::new();
    let mut at = 0;
    while at < lines.len() {
        let (indent, line) = lines[at].split_at(lines[at].len() - lines[at].trim_start().len());
        let is_short = line == "/**" && lines.get(at + 2).is_some_and(|l| l.trim() == "*/");
        if is_short {
            let words = lines[at + 1].trim_start_matches(['\t', ' ', '*']);
            short.push_str(&format!("{indent}/** {words} */\n"));
            at += 3;
        } else {
            short.push_str(&format!("{indent}{line}\n"));
            at += 1;
        }
    }
    short
}

/// `NAME variable` for a variable of a function type becomes what C says.
fn with_callbacks(line: &str) -> String {
    let mut line = line.to_string();
    for (name, before, after) in CALLBACKS {
        while let Some(at) = line.find(&format!("{name} ")) {
            let variable = &line[at + name.len() + 1..];
            let end = variable.find([',', ')', ';']).unwrap_or(variable.len());
            let (variable, rest) = variable.split_at(end);
            line = format!("{}{before}{variable}{after}{rest}", &line[..at]);
        }
    }
    line
}

fn with_tabs(line: &str) -> String {
    let blanks = line.len() - line.trim_start_matches(' ').len();
    format!("{}{}\n", "\t".repeat(blanks / 8), &line[blanks / 8 * 8..])
}

/// A prototype that is too long goes on in the next line, four blanks in.
fn broken(line: &str) -> String {
    let mut text = String::new();
    let mut rest = line.trim_end_matches('\n').to_string();
    while rest.len() > WIDTH {
        let end = last_break(&rest).unwrap_or_else(|| panic!("cannot break: {rest}"));
        text.push_str(&rest[..=end]);
        text.push('\n');
        rest = format!("    {}", &rest[end + 2..]);
    }
    text + &rest + "\n"
}

/// The last comma that ends a line in time and is not inside a parameter.
fn last_break(line: &str) -> Option<usize> {
    let mut depth = if line.starts_with(' ') { 1 } else { 0 };
    let mut found = None;
    for (at, c) in line.char_indices().take(WIDTH) {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' if depth == 1 => found = Some(at),
            _ => {}
        }
    }
    found
}
