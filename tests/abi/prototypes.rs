//! Prototypes: each function that is provided is called through a pointer of 1.4's type.

use std::fmt::Write;

use crate::program::{ALL_HEADERS, compile, run_with_library, run_with_library_cplusplus};
use crate::shell::{output, project, read, text};
use crate::tables::{symbols, table};

/// Groups whose functions calls.c calls, every one.
const CALLED: [&str; 3] = ["buffer", "bufferevent", "evtag"];

fn is_provided(name: &str) -> bool {
    symbols().iter().any(|symbol| symbol.name == name && symbol.is_provided)
}

fn calls() -> String {
    read(&project().join("tests/abi/calls.c"))
}

/// Types of functions that no header declares: programs that call these have them, too.
const ENUMS: &str = "enum evhttp_connection_error {\n\tEVCON_HTTP_TIMEOUT,\n\tEVCON_HTTP_EOF,\n\
     \tEVCON_HTTP_INVALID_HEADER\n};\nenum message_read_status {\n\tALL_DATA_READ = 1,\n\
     \tMORE_DATA_EXPECTED = 0,\n\tDATA_CORRUPTED = -1,\n\tREQUEST_CANCELED = -2\n};\n";

/// Pointers to all functions, and what is in no header: programs declare it like this.
fn declarations() -> (String, String) {
    let mut declarations = ENUMS.to_string();
    let mut uses = String::new();
    for [name, result, parameters, header] in table::<4>("prototypes.tsv") {
        if is_provided(&name) {
            let parameters = parameters.replace("; ", ", ");
            if header == "-" {
                let _ = writeln!(declarations, "extern {result} {name}({parameters});");
            }
            let _ = writeln!(declarations, "{result} (*volatile p_{name})({parameters}) = {name};");
            let _ = writeln!(uses, "\tmissing += p_{name} == NULL;");
        }
    }
    (declarations, uses)
}

fn source() -> String {
    let (declarations, uses) = declarations();
    format!(
        "#include <stdarg.h>\n#include <stdlib.h>\n#include <unistd.h>\n\
         {ALL_HEADERS}\n{declarations}\n\
         extern struct event_base *current_base;\n\
         extern int event_gotsig;\n\
         extern int (*event_sigcb)(void);\n\n{}\n\
         int main(void)\n{{\n\tint missing = 0;\n\n{uses}\
         \tmissing += current_base != NULL || event_gotsig != 0 || event_sigcb != NULL;\n\
         \tif (strcmp(p_event_get_version(), _EVENT_VERSION) != 0)\n\t\tmissing++;\n\
         \tif (event_init() != current_base)\n\t\tmissing++;\n\
         \talarm(60);\n\
         \treturn missing + calls();\n}}\n",
        calls()
    )
}

#[test]
fn functions_have_the_types_of_1_4() {
    run_with_library("prototypes", &source());
}

/// The same for C++, which lets less pass.
#[test]
fn functions_have_the_types_of_1_4_in_cplusplus() {
    run_with_library_cplusplus("prototypes c++", &source().replace("extern ", "extern \"C\" "));
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

#[test]
fn every_function_on_buffers_and_tags_is_called() {
    let calls = calls();
    let symbols = symbols();
    let wanted = symbols.iter().filter(|symbol| CALLED.contains(&symbol.group.as_str()));
    let missing: Vec<&str> = wanted
        .map(|symbol| symbol.name.as_str())
        .filter(|name| !calls.contains(&format!("p_{name}(")))
        .collect();
    assert!(missing.is_empty(), "tests/abi/calls.c does not call {missing:?}");
}

/// Compiles a call that prints, inside a function that may forward its own arguments.
fn compiles(call: &str) -> Result<(), String> {
    let source = format!(
        "{ALL_HEADERS}\nint print(char *p, struct evbuffer *buf, const char *f, va_list ap);\n\
         int print(char *p, struct evbuffer *buf, const char *f, va_list ap)\n{{\n\t\
         (void)p, (void)buf, (void)f, (void)ap;\n\treturn {call};\n}}\n"
    );
    let folder = call.split('(').next().unwrap_or_default();
    let said = output(&mut compile(&format!("formats {folder}"), &source, &["-fsyntax-only"]));
    if said.status.success() { Ok(()) } else { Err(text(&said)) }
}

/// printf's checks by the compiler work for the functions that print.
#[test]
fn wrong_formats_are_noticed() {
    for print in ["evutil_snprintf(p, 9, ", "evbuffer_add_printf(buf, "] {
        compiles(&format!("{print}\"%d %s\", 1, \"x\")")).unwrap_or_else(|said| panic!("{said}"));
        for wrong in ["\"%s\", 1", "\"%d\"", "\"%d\", 1L", "\"%d\", 1, 2"] {
            let said = compiles(&format!("{print}{wrong})")).err().unwrap_or_default();
            assert!(said.contains("-Werror=format"), "{print}{wrong}): {said}");
        }
    }
    for print in ["evutil_vsnprintf(p, 9, ", "evbuffer_add_vprintf(buf, "] {
        compiles(&format!("{print}f, ap)")).unwrap_or_else(|said| panic!("{said}"));
    }
}
