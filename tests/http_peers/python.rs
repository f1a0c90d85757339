//! Python on the other side: http.client and http.server of its standard library, and h11 of PyPI,
//! which says what random requests and replies are.

use crate::http::shell::{command, fresh_folder, run};
use crate::http::{Server, build, has, packages, script, skip};

#[test]
fn http_client() {
    if !has("python3") {
        return skip("http_client", "needs python3");
    }
    let server = Server::start("http-client", &[]);
    let said = run(script("python3".as_ref(), "client.py").arg(&server.port));
    assert_eq!(said, "passed\n");
    server.end();
}

#[test]
fn http_server() {
    if !has("python3") {
        return skip("http_server", "needs python3");
    }
    let client = build(&fresh_folder("http-server"), "client");
    let server = Server::of(script("python3".as_ref(), "server.py"));
    assert_eq!(run(command(client).arg(&server.port)), "passed\n");
    server.end();
}

/// `EVHUB_SEEDS` says how many conversations there are.
fn with_h11(name: &str) {
    let packages = match packages() {
        Ok(packages) => packages,
        Err(why) => return skip(name, &format!("needs h11: {why}")),
    };
    let server = Server::start(name, &[]);
    let seeds = std::env::var("EVHUB_SEEDS").unwrap_or_else(|_| "300".into());
    let said = run(script(&packages.python, &format!("{name}.py")).args([&server.port, &seeds]));
    assert!(said.ends_with("passed\n"), "{said}");
    server.end();
}

#[test]
fn requests_that_h11_writes() {
    with_h11("h11_writes");
}

#[test]
fn requests_that_h11_reads_too() {
    with_h11("h11_reads");
}
