//! The public headers: the committed ones are what the Rust code and the templates in
//! src/abi/text say. `UPDATE_HEADERS=1 cargo test --test headers` (or `make headers`) writes them.

#[path = "headers/generate.rs"]
mod generate;
#[allow(dead_code)] // Each test program uses a part of it.
#[path = "support/shell.rs"]
mod shell;

use shell::{project, read, write};

const HEADERS: [&str; 7] =
    ["event-config.h", "evutil.h", "event.h", "evdns.h", "evhttp.h", "evrpc.h", "event_ext.h"];

#[test]
fn committed_headers_are_what_the_code_says() {
    let update = std::env::var_os("UPDATE_HEADERS").is_some();
    let mut drifted = Vec::new();
    for name in HEADERS {
        let file = project().join("include/evhub").join(name);
        let text = generate::header(name);
        if update {
            write(&file, &text);
        } else if !file.exists() || read(&file) != text {
            drifted.push(name);
        }
    }
    assert!(drifted.is_empty(), "run `make headers` and commit the result: {drifted:?}");
}
