//! curl: one connection for several requests, bodies in all framings both ways, HEAD, 1.0, replies
//! without bodies, 100-continue; and requests pipelined by hand, which curl no longer does.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};

use crate::http::shell::{command, fresh_folder, make_folder, run};
use crate::http::{Server, has, skip};

/// A server, and a folder for what is sent and received; `None` without curl.
pub fn start(test: &str) -> Option<(Server, PathBuf)> {
    if !has("curl") {
        skip(test, "needs curl");
        return None;
    }
    Some((Server::start(test, &[]), fresh_folder(&format!("curl-{test}"))))
}

/// What curl writes to its standard output. It never waits for ever.
pub fn curl(words: &[&str]) -> String {
    let mut curl = command("curl");
    curl.args(["-q", "--silent", "--show-error", "--max-time", "120"]);
    run(curl.args(words))
}

/// A file with so many bytes, each of which depends on its place.
pub fn file_of(folder: &Path, size: usize) -> String {
    let file = folder.join(format!("{size}.bin"));
    let bytes: Vec<u8> = (0..size).map(|at| (at * at / 7) as u8).collect();
    std::fs::write(&file, bytes).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    file.display().to_string()
}

pub fn assert_same(one: &str, other: &str) {
    let bytes = |file: &str| std::fs::read(file).unwrap_or_else(|e| panic!("{file}: {e}"));
    assert!(bytes(one) == bytes(other), "{one} and {other} differ");
}

/// For each transfer how many connections it needed, the status, and how much came.
const COUNTS: [&str; 2] = ["--write-out", "%{num_connects} %{http_code} %{size_download}\n"];

#[test]
fn one_connection_for_all() {
    let Some((server, folder)) = start("keepalive") else { return };
    let mut words: Vec<String> = COUNTS.map(str::to_string).into();
    for path in ["/page", "/bytes?100000", "/later", "/chunks?70000", "/status?404", "/page"] {
        words.extend(["--output".into(), folder.join("out").display().to_string()]);
        words.push(server.url(path));
    }
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let counts = curl(&words);
    let all = "1 200 13\n0 200 100000\n0 200 13\n0 200 70000\n0 404 11\n0 200 13\n";
    assert_eq!(counts, all);
    server.end();
}

#[test]
fn replies_in_chunks() {
    let Some((server, folder)) = start("chunked-reply") else { return };
    let file = |name: &str| folder.join(name).display().to_string();
    for size in [0, 1, 4999, 300_000] {
        let [chunks, bytes, old] = [file("chunks"), file("bytes"), file("old")];
        let url = server.url(&format!("/chunks?{size}"));
        let head = curl(&["--dump-header", "-", "--output", &chunks, &url]);
        assert!(head.contains("\r\nTransfer-Encoding: chunked\r\n"), "{head}");
        curl(&["--output", &bytes, &server.url(&format!("/bytes?{size}"))]);
        assert_same(&chunks, &bytes);
        // 1.0 knows no chunks: the body ends with the connection.
        let head = curl(&["--http1.0", "--dump-header", "-", "--output", &old, &url]);
        assert!(!head.contains("Transfer-Encoding"), "{head}");
        assert_same(&old, &bytes);
    }
    server.end();
}

#[test]
fn bodies_sent_in_all_ways() {
    let Some((server, folder)) = start("bodies") else { return };
    let back = folder.join("back").display().to_string();
    for size in [0, 1, 1000, 65_536, 5_000_000] {
        let sent = file_of(&folder, size);
        let body = format!("@{sent}");
        for header in ["Content-Type: x/y", "Transfer-Encoding: chunked", "Connection: close"] {
            let words = ["--header", header, "--data-binary", &body, "--output", &back];
            curl(&[words.as_slice(), &[&server.url("/copy")]].concat());
            assert_same(&sent, &back);
        }
    }
    let form = format!("file=@{}", file_of(&folder, 100_000));
    let said = curl(&["--form", &form, "--form", "name=value", &server.url("/form")]);
    assert!(said.starts_with("POST /form 1.1\n") && said.contains("name=\"name\""), "{said:.200}");
    server.end();
}

/// With a patience for the 100 that is longer than curl's whole time: it must come.
#[test]
fn bodies_that_wait_for_100() {
    let Some((server, folder)) = start("expect") else { return };
    let back = folder.join("back").display().to_string();
    let sent = file_of(&folder, 200_000);
    let body = format!("@{sent}");
    for framing in ["Content-Type: x/y", "Transfer-Encoding: chunked"] {
        let expect = ["--header", "Expect: 100-continue", "--expect100-timeout", "600"];
        let rest = ["--header", framing, "--data-binary", &body, "--output", &back];
        let head = curl(
            &[&expect, rest.as_slice(), &["--dump-header", "-", &server.url("/copy")]].concat(),
        );
        assert!(head.starts_with("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"), "{head}");
        assert_same(&sent, &back);
    }
    server.end();
}

#[test]
fn replies_without_bodies() {
    let Some((server, folder)) = start("bodiless") else { return };
    let out = folder.join("out").display().to_string();
    let head = curl(&["--head", &server.url("/bytes?12345"), &server.url("/page")]);
    assert!(head.contains("\r\nContent-Length: 12345\r\n"), "{head}");
    assert!(head.contains("\r\nContent-Length: 13\r\n"), "{head}");
    // The next reply on the connection is read as what it is.
    for code in ["204", "304"] {
        let (first, then) = (server.url(&format!("/status?{code}")), server.url("/page"));
        let ends = ["--output", &out, &first, "--output", &out, &then];
        let counts = curl(&[COUNTS.as_slice(), &ends].concat());
        assert_eq!(counts, format!("1 {code} 0\n0 200 13\n"));
    }
    server.end();
}

#[test]
fn clients_of_1_0() {
    let Some((server, folder)) = start("http10") else { return };
    let out = folder.join("out").display().to_string();
    let twice = ["--output", &out, &server.url("/page"), "--output", &out, &server.url("/page")];
    let counts = curl(&[&["--http1.0"], COUNTS.as_slice(), &twice].concat());
    assert_eq!(counts, "1 200 13\n1 200 13\n");
    let stays = ["--http1.0", "--header", "Connection: keep-alive"];
    let counts = curl(&[stays.as_slice(), &COUNTS, &twice].concat());
    assert_eq!(counts, "1 200 13\n0 200 13\n");
    server.end();
}

#[test]
fn over_a_unix_socket() {
    if !has("curl") {
        return skip("over_a_unix_socket", "needs curl");
    }
    // A path of a socket is short.
    let folder = std::env::temp_dir().join(format!("evhub-http-{}", std::process::id()));
    make_folder(&folder);
    let path = folder.join("socket").display().to_string();
    let server = Server::start("unix", &["unix", &path]);
    let there = ["--unix-socket", &path];
    assert_eq!(curl(&[&there, ["http://x/page"].as_slice()].concat()), "hello, world\n");
    let words = ["--data", "abc", "http://x/copy", "http://x/copy"];
    assert_eq!(curl(&[there.as_slice(), &words].concat()), "abcabc");
    server.end();
    std::fs::remove_dir_all(&folder).unwrap_or_else(|e| panic!("{path}: {e}"));
}

#[test]
fn many_at_once() {
    let Some((server, folder)) = start("parallel") else { return };
    let out = folder.join("out-#1").display().to_string();
    let url = server.url("/bytes?[1000-1199]");
    curl(&["--parallel", "--parallel-max", "40", "--output", &out, &url]);
    for size in 1000..1200 {
        let file = folder.join(format!("out-{size}"));
        let length = file.metadata().map(|data| data.len());
        assert!(length.as_ref().is_ok_and(|length| *length == size), "{size}: {length:?}");
    }
    server.end();
}

/// All are said before any answer is read, and cut in two at every place.
#[test]
fn pipelined_by_hand() {
    let server = Server::start("pipelined", &[]);
    let requests = "GET /page HTTP/1.1\r\nHost: x\r\n\r\n\
                    POST /copy HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n\
                    5\r\nhello\r\n0\r\n\r\n\
                    HEAD /page HTTP/1.1\r\nHost: x\r\n\r\n\
                    GET /later HTTP/1.1\r\nHost: x\r\n\r\n\
                    POST /copy HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc\
                    GET /chunks?3 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    let whole = answers(&server, requests, "");
    assert_eq!(whole.matches("HTTP/1.1 200 OK\r\n").count(), 6, "{whole}");
    let bodies: Vec<&str> =
        whole.split("HTTP/1.1").filter_map(|one| Some(one.split_once("\r\n\r\n")?.1)).collect();
    assert_eq!(bodies[..5], ["hello, world\n", "hello", "", "hello, world\n", "abc"]);
    assert!(bodies[5].starts_with("1\r\n"), "{whole}");
    for at in (1..requests.len()).step_by(7) {
        let (first, then) = requests.split_at(at);
        assert_eq!(answers(&server, first, then), whole, "cut at {at}");
    }
    server.end();
}

/// All that the server says, without dates.
fn answers(server: &Server, first: &str, then: &str) -> String {
    let talk = || -> std::io::Result<Vec<u8>> {
        let mut stream = TcpStream::connect(format!("127.0.0.1:{}", server.port))?;
        stream.set_nodelay(true)?;
        stream.write_all(first.as_bytes())?;
        stream.write_all(then.as_bytes())?;
        let mut heard = Vec::new();
        stream.read_to_end(&mut heard)?;
        Ok(heard)
    };
    let heard = talk().unwrap_or_else(|e| panic!("the connection: {e}"));
    let lines = String::from_utf8_lossy(&heard).into_owned();
    lines.split_inclusive('\n').filter(|line| !line.starts_with("Date: ")).collect()
}
