//! Which room of the house may do what: borrow checking at run time, unsafe code, calls of user
//! code; and that every file is a part of the house.

use crate::files::{File, sources};
use crate::none;

/// Where unsafe code is allowed.
const UNSAFE_ROOMS: [&str; 7] = [
    "src/abi/",
    "src/layout/",
    "src/sys/",
    "src/hub/context/",
    "src/globals.rs",
    "tls/src/abi/",
    "tls/src/sys/",
];

/// Where functions of the user are called: these files, and those below them. One a library.
const DOORS: [&str; 2] = ["src/layout/call", "tls/src/sys/chooser.rs"];

/// Who may open the door: by what call, in which file.
const DRIVERS: [(&str, &[&str]); 16] = [
    (
        ".run(",
        &[
            "src/event/dispatch.rs",
            "src/event/watch.rs",
            "src/buffer/notify.rs",
            "src/bufferevent/mod.rs",
            "src/dns/resolver.rs",
            "src/dns/answering/request.rs",
            "src/http/client/turn.rs",
            "src/http/serving.rs",
            "src/hub/link.rs",
            "src/hub/local.rs",
            "src/hub/queue/heap.rs",
            "src/hub/pool/imap.rs",
            "src/hub/pool/work.rs",
            "src/hub/report.rs",
            "src/rpc/call.rs",
            "src/rpc/hooks.rs",
            "src/abi/hub/info.rs",
            "src/abi/hub/time_limit.rs",
            "tls/src/transport.rs",
        ],
    ),
    (
        "run_close(",
        &[
            "src/http/client/mod.rs",
            "src/http/client/turn.rs",
            "src/http/connection.rs",
            "src/http/serving.rs",
        ],
    ),
    ("run_header(", &["src/http/client/turn.rs"]),
    ("run_error(", &["src/http/client/turn.rs", "src/http/serving.rs"]),
    ("run_cleanup(", &["src/abi/buffer_ext.rs"]),
    ("run_log(", &["src/log.rs", "src/dns/hooks.rs"]),
    ("run_id(", &["src/dns/hooks.rs"]),
    ("run_sigcb(", &["src/globals.rs"]),
    ("run_new(", &["src/rpc/answer.rs"]),
    ("run_release(", &["src/rpc/answer.rs", "src/rpc/call.rs"]),
    ("run_unmarshal(", &["src/rpc/answer.rs", "src/rpc/call.rs"]),
    ("run_marshal(", &["src/rpc/answer.rs", "src/rpc/call.rs"]),
    ("run_complete(", &["src/rpc/answer.rs"]),
    ("run_handler(", &["src/rpc/answer.rs"]),
    ("run_outermost(", &["src/hub/finish.rs"]),
    ("run_as_link(", &["src/hub/finish.rs"]),
];

/// Names that pointers to functions of the user go by.
const CALLBACKS: [&str; 5] = ["callback", "cb", "hook", "handler", "func"];

#[test]
fn the_loop_and_the_hub_have_no_refcell() {
    let mut found = Vec::new();
    for file in sources().iter().filter(|f| f.is_in("src/event/") || f.is_in("src/hub/")) {
        found.extend(file.code().filter(|(_, code)| code.contains("RefCell")).map(|(p, _)| p));
    }
    none(found, "a borrow could be alive while user code runs");
}

#[test]
fn unsafe_code_stays_in_its_rooms() {
    let mut found = Vec::new();
    for file in sources().iter().filter(|f| !UNSAFE_ROOMS.iter().any(|room| f.is_in(room))) {
        for (place, code) in file.code().filter(|(_, code)| has_unsafe(code)) {
            found.push(format!("{place}: {}", code.trim()));
        }
    }
    none(found, "unsafe outside of its rooms");
}

fn has_unsafe(code: &str) -> bool {
    code.match_indices("unsafe").any(|(at, word)| {
        let after = code[at + word.len()..].chars().next();
        !after.is_some_and(|c| c == '_' || c.is_alphanumeric())
    })
}

fn is_door(file: &File) -> bool {
    DOORS.iter().any(|door| file.is_in(door))
}

#[test]
fn one_door_leads_to_user_code() {
    let mut found = Vec::new();
    for file in sources().iter().filter(|file| !is_door(file)) {
        // A pointer to a foreign function can be called only where unsafe code is allowed.
        if UNSAFE_ROOMS.iter().any(|room| file.is_in(room)) {
            for (place, code) in file.code().filter(|(_, code)| calls_a_pointer(code)) {
                found.push(format!("{place}: {}", code.trim()));
            }
        }
    }
    none(found, "calls of user code outside of layout/call.rs");
}

/// `callback(...)` or `(self.field)(...)`: the two ways to call a pointer to a function.
fn calls_a_pointer(code: &str) -> bool {
    let named = CALLBACKS.iter().any(|name| {
        code.match_indices(&format!("{name}(")).any(|(at, _)| {
            let before = &code[..at];
            let ends_a_name = before.ends_with(|c: char| c.is_alphanumeric() || c == '_');
            !ends_a_name && !before.ends_with("fn ") && !before.ends_with("::")
        })
    });
    let in_type = code.contains("fn(") || code.contains("fn (");
    named || (code.contains(")(") && !in_type)
}

#[test]
fn only_drivers_open_the_door() {
    let mut found = Vec::new();
    for file in sources().iter().filter(|file| !is_door(file)) {
        for (call, drivers) in DRIVERS {
            for (place, code) in file.code().filter(|(_, code)| code.contains(call)) {
                if !drivers.contains(&file.path.as_str()) {
                    found.push(format!("{place}: {}", code.trim()));
                }
            }
        }
    }
    none(found, "user code is called by drivers alone");
}

#[test]
fn every_source_file_is_a_module() {
    let sources = sources();
    let is_declared = |file: &File| {
        let (root, path) = file.path.split_once("src/").unwrap_or(("", &file.path));
        let path = path.trim_end_matches(".rs").trim_end_matches("/mod");
        let (parent, name) = path.rsplit_once('/').unwrap_or(("lib", path));
        let parents = [format!("{root}src/{parent}.rs"), format!("{root}src/{parent}/mod.rs")];
        let declares = |line: &str| line.trim().ends_with(&format!("mod {name};"));
        let has = |f: &File| parents.contains(&f.path) && f.text.lines().any(declares);
        path == "lib" || sources.iter().any(has)
    };
    let dead = sources.iter().filter(|file| !is_declared(file)).map(|file| file.path.clone());
    none(dead.collect(), "files that no module declares");
}
