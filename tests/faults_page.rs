//! docs/faults.md names tests: each of them exists, and each row has one or says why not. And
//! each call of the system's that the library makes has a row there.

#[path = "support/shell.rs"]
mod shell;
#[path = "support/table.rs"]
mod table;

use std::collections::BTreeSet;

use shell::{command, project, read, run};
use table::{Row, has_test_in, rows};

const PAGE: &str = "docs/faults.md";

/// The first cell of a row is an id (E01, G08, F12) or a call (`readv`).
fn has_id(row: &Row) -> bool {
    let (kind, number) = row[0].split_at_checked(1).unwrap_or(("", ""));
    ["B", "C", "D", "E", "F", "G", "H", "K", "Q", "R", "S", "T", "U", "W"].contains(&kind)
        && number.parse::<u32>().is_ok()
}

/// The call that the first cell names, between backquotes.
fn call<'a>(row: &Row<'a>) -> Option<&'a str> {
    let name = row[0].strip_prefix('`')?.strip_suffix('`')?;
    name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_').then_some(name)
}

/// The calls of the page's table of calls. The shims have names between backquotes, too.
fn calls(page: &str) -> Vec<Row<'_>> {
    let table = page.split("\n## Calls").nth(1).unwrap_or_default();
    let table = table.split("\n## ").next().unwrap_or_default();
    rows(table).filter(|row| call(row).is_some()).collect()
}

/// What stands between backquotes and has a slash in it: `program/test`, `folder/program/test`
/// or `tests/NAME`.
fn named(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2).filter(|word| word.contains('/'))
}

fn exists(name: &str) -> bool {
    match name.split('/').collect::<Vec<_>>()[..] {
        ["tests", file] => project().join(format!("tests/{file}.rs")).exists(),
        [name, test] => has_test_in("event", name, test),
        [folder, name, test] => has_test_in(folder, name, test),
        _ => false,
    }
}

fn check(row: &Row) {
    assert_eq!(row.len(), 4, "{}: four cells", row[0]);
    for name in named(row[3]) {
        assert!(exists(name), "{}: there is no {name}", row[0]);
    }
    let reason = ["none yet", "none needed"].iter().any(|words| row[2].starts_with(words));
    assert!(named(row[3]).next().is_some() || reason, "{}: no test and no reason", row[0]);
}

#[test]
fn every_test_named_exists() {
    let page = read(&project().join(PAGE));
    let rows: Vec<Row> = rows(&page).filter(has_id).collect();
    assert!(rows.len() > 70, "the tables were not found");
    rows.iter().for_each(check);
    calls(&page).iter().for_each(check);
}

/// Names that the library needs of the C library and that are no calls of the system: memory and
/// text, what the compiler asks for, and the unwinder.
const NO_CALLS: [&str; 31] = [
    "_ITM_deregisterTMCloneTable",
    "_ITM_registerTMCloneTable",
    "__cxa_finalize",
    "__errno_location",
    "__gmon_start__",
    "__register_atfork",
    "__tls_get_addr",
    "__xpg_strerror_r",
    "_exit",
    "abort",
    "bcmp",
    "dl_iterate_phdr",
    "exit",
    "free",
    "fwrite",
    "getauxval",
    "getenv",
    "memchr",
    "memcmp",
    "memcpy",
    "memmove",
    "memset",
    "sigaddset",
    "sigemptyset",
    "sigfillset",
    "sigismember",
    "snprintf",
    "strerror",
    "strlen",
    "strtoll",
    "vsnprintf",
];

/// What Rust's standard library calls while it tells of a panic, after which the process ends.
const OF_PANICS: [&str; 13] = [
    "clock_nanosleep",
    "fstat64",
    "getcwd",
    "gettid",
    "lseek64",
    "mmap64",
    "open64",
    "readlink",
    "realpath",
    "sched_yield",
    "stat64",
    "statx",
    "writev",
];

/// The names that the staged library asks other libraries for.
fn imported() -> BTreeSet<String> {
    let library = project().join("target/stage/lib/libevhub.so.0");
    if !library.exists() {
        run(command("make").arg("stage"));
    }
    let said = run(command("nm").args(["-D", "--undefined-only"]).arg(library));
    let names = said.lines().filter_map(|line| line.split_whitespace().last());
    names.map(|name| name.split('@').next().unwrap_or_default().to_string()).collect()
}

#[test]
fn every_call_of_the_system_has_a_row() {
    let page = read(&project().join(PAGE));
    let rows = calls(&page);
    let listed: BTreeSet<&str> = rows.iter().filter_map(call).collect();
    assert_eq!(rows.len(), listed.len(), "a call has two rows");
    let imported = imported();
    assert!(imported.contains("epoll_ctl"), "not the library: {imported:?}");
    let harmless = |name: &&String| {
        NO_CALLS.contains(&name.as_str())
            || OF_PANICS.contains(&name.as_str())
            || name.starts_with("_Unwind_")
    };
    let calls: BTreeSet<&str> =
        imported.iter().filter(|name| !harmless(name)).map(String::as_str).collect();
    assert_eq!(listed, calls, "the rows of docs/faults.md, and what the library calls");
}
