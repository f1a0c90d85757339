//! The public headers: the committed ones are what the Rust code and the templates in
//! src/abi/text say. `UPDATE_HEADERS=1 cargo test --test headers` (or `make headers`) writes them.

#[path = "headers/cdef.rs"]
mod cdef;
#[path = "headers/compile.rs"]
mod compile;
#[path = "headers/generate.rs"]
mod generate;
#[path = "support/shell.rs"]
mod shell;

use compile::LANGUAGES;
use shell::{fresh_folder, project, read, write};

const HEADERS: [&str; 13] = [
    "event-config.h",
    "evutil.h",
    "event.h",
    "evdns.h",
    "evhttp.h",
    "evrpc.h",
    "event_ext.h",
    "buffer_ext.h",
    "bufferevent_ext.h",
    "evdns_ext.h",
    "http_ext.h",
    "evhub.h",
    "evhub_tls.h",
];

#[test]
fn committed_headers_are_what_the_code_says() {
    let update = std::env::var_os("UPDATE_HEADERS").is_some();
    let mut drifted = Vec::new();
    let headers = HEADERS.map(|name| (name, generate::header(name)));
    for (name, text) in headers.into_iter().chain([(cdef::NAME, cdef::text())]) {
        let file = project().join("include/evhub").join(name);
        if update {
            write(&file, &text);
        } else if !file.exists() || read(&file) != text {
            drifted.push(name);
        }
    }
    assert!(drifted.is_empty(), "run `make headers` and commit the result: {drifted:?}");
}

/// What a program may have included before.
const BEFORE: [&str; 4] = [
    "",
    "#include <sys/queue.h>\n",
    "#include <sys/types.h>\n#include <sys/time.h>\n#include <stdio.h>\n#include <stdlib.h>\n",
    "#include <sys/socket.h>\n#include <netinet/in.h>\n#include <sys/queue.h>\n",
];

/// Orders in which programs of libevent 1.4 include its headers.
const ORDERS: [&[&str]; 13] = [
    &["event.h", "evhttp.h", "evdns.h", "evrpc.h", "evutil.h"],
    &["evhttp.h", "event.h"],
    &["evdns.h", "event.h", "evutil.h"],
    &["evrpc.h", "evhttp.h", "event.h"],
    &["event-config.h", "evutil.h", "event.h"],
    &["evutil.h", "evrpc.h", "evdns.h", "evhttp.h", "event-config.h"],
    &["event.h", "event.h", "evhttp.h", "evhttp.h", "evdns.h", "evdns.h", "evrpc.h", "evrpc.h"],
    &["event_ext.h", "evhttp.h", "event.h"],
    &["bufferevent_ext.h", "event_ext.h", "buffer_ext.h", "bufferevent_ext.h"],
    &["buffer_ext.h", "evrpc.h", "buffer_ext.h", "event.h", "bufferevent_ext.h", "event_ext.h"],
    &["evdns_ext.h", "evutil.h", "evdns.h", "evdns_ext.h"],
    &["http_ext.h", "event.h", "evhttp.h", "http_ext.h"],
    &["evhub_tls.h", "event.h", "evhub_tls.h", "http_ext.h"],
];

/// Nothing is left over after them, so that what a program includes later is as always.
const AFTER: &str = "#include <sys/queue.h>\n#include <sys/types.h>\nint nothing;\n";

#[test]
fn each_header_compiles_alone() {
    for name in HEADERS {
        compiles_everywhere(name, &[name]);
    }
}

#[test]
fn headers_compile_in_any_order() {
    for (number, order) in ORDERS.iter().enumerate() {
        compiles_everywhere(&format!("order {number}"), order);
    }
}

fn compiles_everywhere(what: &str, headers: &[&str]) {
    let folder = fresh_folder(&format!("headers compile {what}"));
    let includes: String = headers.iter().map(|name| format!("#include \"{name}\"\n")).collect();
    for before in BEFORE {
        let source = format!("{before}{includes}{AFTER}");
        for language in LANGUAGES {
            compile::check(language, &folder, &source).unwrap_or_else(|said| panic!("{said}"));
        }
    }
}

#[test]
fn a_broken_header_would_be_noticed() {
    let folder = fresh_folder("headers broken");
    let source = "#include \"event.h\"\nstruct event_list list;\n";
    for language in LANGUAGES {
        let result = compile::check(language, &folder, source);
        assert!(result.is_err_and(|said| said.contains("event_list")), "{language:?}");
    }
}

/// Installed, the same headers lie in two folders: both names must lead to one set.
#[test]
fn headers_include_each_other_by_their_own_folder() {
    for name in HEADERS {
        for line in generate::header(name).lines() {
            let Some(included) = line.strip_prefix("#include ") else { continue };
            let of_ours = HEADERS.contains(&included.trim_matches(['"', '<', '>']));
            assert_eq!(included.starts_with('"'), of_ours, "{name}: {line}");
        }
    }
}

/// Types of BSD that strict C does not have.
#[test]
fn headers_use_no_types_of_bsd() {
    for name in HEADERS {
        let text = generate::header(name);
        for word in ["u_char", "u_short", "u_int", "u_long", "quad_t"] {
            assert!(!text.contains(word), "{name} uses {word}");
        }
    }
}

#[test]
fn macros_of_evutil_work() {
    compile::run_alone("evutil_macros");
}

#[test]
fn macros_of_evrpc_work() {
    compile::run_alone("evrpc_macros");
}

#[test]
fn lists_work_with_queue_h_before() {
    compile::run_alone("lists");
}

#[test]
fn programs_may_define_the_list_heads_themselves() {
    compile::run_alone("own_lists");
}

#[test]
fn fields_with_a_history_have_their_names() {
    compile::run_alone("fields");
}

#[test]
fn classic_headers_leave_later_names_to_programs() {
    compile::run_alone("own_names");
}

#[test]
fn macros_of_event_work() {
    compile::run_with_library("event_macros");
}

#[test]
fn extensions_have_both_spellings() {
    compile::run_with_library("ext_names");
}

#[test]
fn extensions_of_buffers_have_both_spellings() {
    compile::run_with_library("buffer_names");
}

#[test]
fn extensions_of_bufferevents_have_both_spellings() {
    compile::run_with_library("bufferevent_names");
}

#[test]
fn extensions_of_http_have_both_spellings() {
    compile::run_with_library("http_names");
}

/// Each function of an extension that libevent 2 has, too, has its spelling there, and the
/// macro leads to a function that is declared.
#[test]
fn extensions_are_named_as_libevent_2_does() {
    for name in HEADERS.iter().filter(|name| name.ends_with("_ext.h")) {
        let text = generate::header(name);
        let macros: Vec<(&str, &str)> = text
            .lines()
            .filter_map(|line| line.strip_prefix("#define ")?.split_once(" evhub_"))
            .collect();
        assert!(macros.len() > 3, "{name} has only {macros:?}");
        for (spelling, ours) in macros {
            assert!(
                text.contains(&format!("evhub_{ours}(")),
                "{name}: evhub_{ours} for {spelling}"
            );
            let short = spelling.strip_prefix("ev").unwrap_or(spelling);
            assert!(ours == spelling || ours == short, "{name}: {spelling} is evhub_{ours}");
        }
    }
}

#[test]
fn extensions_can_do_without_libevent_2_names() {
    compile::run_with_library("ext_own_names");
}
