//! Macros and enumerators: each of the table is there with its value, and there are no others.

use std::fmt::Write;

use crate::program::{ALL_HEADERS, run_with_library};
use crate::shell::{project, read};
use crate::tables::table;

const CLASSIC: [&str; 6] =
    ["event-config.h", "evutil.h", "event.h", "evdns.h", "evhttp.h", "evrpc.h"];

/// Names that 1.4 has on other systems than the one that the table is of, and the guard of a
/// file that its build made.
const ELSEWHERE: [&str; 6] = [
    "_EVENT_CONFIG_H_",
    "_EVENT_HAVE_KQUEUE",
    "_EVENT_HAVE_WORKING_KQUEUE",
    "_EVENT_HAVE_SYS_EVENT_H",
    "_EVENT_HAVE_ISSETUGID",
    "_EVENT_HAVE_STRLCPY",
];

/// Private to event.h: defined while it is read, and only if `<sys/queue.h>` was not.
const WHILE_READING: [&str; 2] = ["TAILQ_ENTRY", "_EVENT_DEFINED_TQENTRY"];

fn header(name: &str) -> String {
    read(&project().join("include/evhub").join(name))
}

#[test]
#[cfg(target_os = "linux")]
fn macros_have_the_values_of_1_4() {
    let mut checks = String::new();
    for [name, _header, kind, value] in table::<4>("macros.tsv") {
        if WHILE_READING.contains(&name.as_str()) {
            continue;
        }
        if kind != "enum" {
            let _ = write!(checks, "#ifndef {name}\n#error \"no {name}\"\n#endif\n");
        }
        let is_sizeof = name.starts_with("_EVENT_SIZEOF_") && cfg!(target_pointer_width = "32");
        if value.starts_with('"') {
            let _ = writeln!(checks, "\twrong += strcmp({name}, {value}) != 0;");
        } else if kind == "alias" {
            let _ = writeln!(checks, "\twrong += strcmp(TEXT({name}), \"{value}\") != 0;");
        } else if value != "-" && kind != "function-like" && !is_sizeof {
            let _ = writeln!(checks, "\twrong += {name} != {value};");
        }
    }
    let source = format!(
        "{ALL_HEADERS}\n#define TEXT(macro) TEXT_(macro)\n#define TEXT_(text) #text\n\n\
         int main(void)\n{{\n\tint wrong = 0;\n\n{checks}\n\treturn wrong;\n}}\n"
    );
    run_with_library("macros", &source);
}

/// `#define` lines of a header: the name, and its parameters if it has any.
fn defined(header: &str) -> Vec<(String, Option<String>)> {
    let parse = |line: &str| {
        let rest = line.strip_prefix("#define ")?;
        let end = rest.find([' ', '(', '\t']).unwrap_or(rest.len());
        let (name, rest) = rest.split_at(end);
        let parameters = rest.strip_prefix('(').and_then(|rest| rest.split_once(')'));
        Some((name.to_string(), parameters.map(|(parameters, _)| parameters.to_string())))
    };
    header.lines().filter_map(parse).collect()
}

#[test]
fn function_like_macros_take_what_they_took() {
    for [name, file, kind, value] in table::<4>("macros.tsv") {
        if kind == "function-like" {
            let parameters = if value == "-" { String::new() } else { value };
            let macros = defined(&header(&file));
            assert!(macros.contains(&(name.clone(), Some(parameters))), "{name} in {file}");
        }
    }
}

#[test]
fn classic_headers_define_no_other_macros() {
    let known: Vec<(String, String)> =
        table::<4>("macros.tsv").into_iter().map(|[name, header, ..]| (name, header)).collect();
    for file in CLASSIC {
        for (name, _) in defined(&header(file)) {
            let is_known = known.contains(&(name.clone(), file.to_string()));
            assert!(is_known || ELSEWHERE.contains(&name.as_str()), "{file} defines {name}");
        }
    }
}
