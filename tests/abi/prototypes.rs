//! Prototypes: each function that is provided is called through a pointer of 1.4's type.

use std::fmt::Write;

use crate::program::{ALL_HEADERS, compile, compile_cplusplus, run_with_library};
use crate::shell::{output, run, text};
use crate::tables::{symbols, table};

fn is_provided(name: &str) -> bool {
    symbols().iter().any(|symbol| symbol.name == name && symbol.is_provided)
}

fn source() -> String {
    let mut declarations = String::new();
    let mut uses = String::new();
    for [name, result, parameters, _header] in table::<4>("prototypes.tsv") {
        if is_provided(&name) {
            let parameters = parameters.replace("; ", ", ");
            let _ = writeln!(declarations, "{result} (*volatile p_{name})({parameters}) = {name};");
            let _ = writeln!(uses, "\tmissing += p_{name} == NULL;");
        }
    }
    format!(
        "{ALL_HEADERS}\n{declarations}\n\
         /* In no header: programs declare them like this. */\n\
         extern struct event_base *current_base;\n\
         extern int event_gotsig;\n\
         extern int (*event_sigcb)(void);\n\n\
         int main(void)\n{{\n\tint missing = 0;\n\n{uses}\
         \tmissing += current_base != NULL || event_gotsig != 0 || event_sigcb != NULL;\n\
         \tif (strcmp(p_event_get_version(), _EVENT_VERSION) != 0)\n\t\tmissing++;\n\
         \tif (event_init() != current_base)\n\t\tmissing++;\n\
         \treturn missing;\n}}\n"
    )
}

#[test]
fn functions_have_the_types_of_1_4() {
    run_with_library("prototypes", &source());
}

/// The same for C++, which lets less pass.
#[test]
fn functions_have_the_types_of_1_4_in_cplusplus() {
    let source = source().replace("extern ", "extern \"C\" ");
    run(&mut compile_cplusplus("prototypes c++", &source, &["-fsyntax-only"]));
}

/// A table in which a function of the headers is missing would prove nothing of it.
#[test]
fn every_function_of_the_table_of_symbols_has_a_prototype() {
    let known: Vec<String> =
        table::<4>("prototypes.tsv").into_iter().map(|[name, ..]| name).collect();
    for symbol in symbols().iter().filter(|symbol| !symbol.is_data) {
        assert!(known.contains(&symbol.name), "{}", symbol.name);
    }
}

/// printf's checks by the compiler work for the functions that print.
#[test]
fn wrong_formats_are_noticed() {
    let print = |arguments: &str| {
        let source = format!(
            "{ALL_HEADERS}\nint print(char *p);\nint print(char *p)\n{{\n\t\
             return evutil_snprintf(p, 9, {arguments});\n}}\n"
        );
        output(&mut compile("formats", &source, &["-fsyntax-only"]))
    };
    assert!(print("\"%d\", 1").status.success());
    let wrong = print("\"%s\", 1");
    assert!(!wrong.status.success() && text(&wrong).contains("format"), "{}", text(&wrong));
}
