//! gunicorn's published requests, valid and invalid, are fed to a server of ours, in pieces of all
//! kinds (ctests/http_peers/fixtures.py). What is read otherwise, and why, is a table beside that:
//! differences.tsv. gunicorn's sources come from PyPI into target/.

#[path = "support/http.rs"]
mod http;

use http::shell::{project, run};
use http::{Server, packages, script, skip};

fn feed(switch: &str) {
    let packages = match packages() {
        Ok(packages) => packages,
        Err(why) => return skip("http_fixtures", &format!("needs gunicorn's sources: {why}")),
    };
    let server = Server::start(&format!("fixtures-{switch}"), &[switch]);
    let mut script = script(&packages.python, "fixtures.py");
    script.arg(&server.port).arg(packages.gunicorn.join("tests/requests"));
    script.arg(project().join("ctests/http_peers/differences.tsv")).arg(switch);
    let said = run(&mut script);
    assert!(said.ends_with("differences\n"), "{said}");
    server.end();
}

#[test]
fn as_usual() {
    feed("default");
}

#[test]
fn to_the_letter() {
    feed("strict");
}
