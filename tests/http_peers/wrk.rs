//! wrk: fifty connections that never pause. Only what went wrong counts, not how fast it was.

use std::path::Path;

use crate::http::shell::{command, fresh_folder, run, write};
use crate::http::{Server, has, skip};

/// Requests of its own, in wrk's language.
const POSTS: &str = "wrk.method = 'POST'\nwrk.body = string.rep('0123456789', 1000)\n\
                     function response(status, headers, body)\n\
                     \x20 if body ~= wrk.body then os.exit(3) end\nend\n";

/// Sixteen at a time.
const PIPELINED: &str = "function init(args)\n\
                         \x20 local one = wrk.format('GET', '/page')\n\
                         \x20 many = string.rep(one, 16)\nend\n\
                         function request() return many end\n";

/// So many requests were answered, all of them well.
pub fn wrk(folder: &Path, url: &str, lua: &str) -> u64 {
    let script = folder.join("wrk.lua");
    write(&script, lua);
    let mut wrk = command("wrk");
    // Replies may take their time on a busy machine.
    wrk.args(["--threads", "1", "--connections", "50", "--duration", "1s", "--timeout", "60s"]);
    let said = run(wrk.arg("--script").arg(&script).arg(url));
    assert!(!said.contains("Socket errors") && !said.contains("Non-2xx"), "{said}");
    let count =
        said.lines().find_map(|line| line.trim().split_once(" requests in ")?.0.parse().ok());
    count.unwrap_or_else(|| panic!("wrk: {said}"))
}

#[test]
fn connections_that_never_pause() {
    if !has("wrk") {
        return skip("wrk", "needs wrk");
    }
    let server = Server::start("wrk", &[]);
    let folder = fresh_folder("wrk");
    for (path, lua) in [
        ("/page", ""),
        ("/page", PIPELINED),
        ("/copy", POSTS),
        ("/bytes?100000", ""),
        ("/chunks?10000", ""),
        ("/later", ""),
    ] {
        assert!(wrk(&folder, &server.url(path), lua) > 0, "{path}: no answer");
    }
    server.end();
}
