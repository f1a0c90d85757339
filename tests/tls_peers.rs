//! curl and `openssl s_client` ask a server of ours over TLS (ctests/tls_peers), and our client
//! asks `openssl s_server`. Certificates are made by the openssl command. Nothing leaves loopback.

#[path = "support/shell.rs"]
mod shell;

use std::io::{BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use shell::{command, fresh_folder, output, project, run, run_failing, text};

/// A key on a curve is made at once.
const KEY: [&str; 5] = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];

/// What curl ends with when it does not trust a server.
const NOT_TRUSTED: &str = "curl: (60)";

/// A folder with two authorities, `root` and `other`, and certificates of theirs.
struct Place(PathBuf);

impl Place {
    fn new(test: &str) -> Place {
        let place = Place(fresh_folder(&format!("tls-peers-{test}")));
        for name in ["root", "other"] {
            let (key, pem) = (format!("{name}.key"), format!("{name}.pem"));
            let mut request = place.openssl("req", &["-x509", "-days", "2", "-keyout", &key]);
            run(request.args(KEY).args(["-out", &pem, "-subj", &format!("/CN={name}")]));
        }
        place.issue("good", "DNS:localhost,IP:127.0.0.1", "root", "2");
        place
    }

    fn openssl(&self, tool: &str, words: &[&str]) -> Command {
        let mut openssl = command("openssl");
        openssl.arg(tool).args(words).current_dir(&self.0);
        openssl
    }

    /// Makes NAME.pem: a certificate for names, and its key.
    fn issue(&self, name: &str, names: &str, by: &str, days: &str) {
        let [request, key, pem] = ["csr", "key", "pem"].map(|end| format!("{name}.{end}"));
        let names = format!("subjectAltName={names}");
        let mut ask = self.openssl("req", &["-new", "-subj", "/CN=evhub", "-addext", &names]);
        run(ask.args(KEY).args(["-keyout", &key, "-out", &request]));
        let (authority, its_key) = (format!("{by}.pem"), format!("{by}.key"));
        let mut sign = self.openssl("x509", &["-req", "-in", &request, "-out", &pem]);
        sign.args(["-copy_extensions", "copy", "-days", days, "-CAcreateserial"]);
        run(sign.args(["-CA", &authority, "-CAkey", &its_key]));
        let both = [shell::read(&self.0.join(&pem)), shell::read(&self.0.join(&key))];
        shell::write(&self.0.join(&pem), &both.concat());
    }

    /// ctests/tls_peers/NAME.c, compiled against the staged installation.
    fn program(&self, name: &str) -> PathBuf {
        let lib = project().join("target/stage/lib");
        if !lib.join("libevhub_tls.so.0").exists() {
            run(command("make").arg("stage"));
        }
        let mut ask = command("pkg-config");
        ask.env("PKG_CONFIG_PATH", lib.join("pkgconfig"));
        let flags = run(ask.args(["--cflags", "--libs", "evhub_tls"]));
        let program = self.0.join(name);
        let mut cc = command("cc");
        cc.args(["-std=gnu11", "-O1", "-Wall", "-Wextra", "-Werror", "-o"]).arg(&program);
        cc.arg(project().join("ctests/tls_peers").join(format!("{name}.c")));
        run(cc.args(flags.split_whitespace()).arg(format!("-Wl,-rpath,{}", lib.display())));
        program
    }

    /// Our server, with these certificates.
    fn serve(&self, words: &[&str]) -> Server {
        let mut program = command(self.program("server"));
        program.current_dir(&self.0).args(words);
        Server::start(program, |line| line.trim().parse().ok())
    }

    fn curl(&self, words: &[&str]) -> Command {
        let mut curl = command("curl");
        curl.args(["-sS", "--max-time", "60", "--cacert", "root.pem"]).args(words);
        curl.current_dir(&self.0);
        curl
    }

    /// What our client says of two requests.
    fn ask(&self, authority: &str, host: &str, port: u16, target: &str) -> Vec<String> {
        let mut program = command(self.program("client"));
        program.current_dir(&self.0).args([authority, host, &port.to_string(), target]);
        run(&mut program).lines().map(String::from).collect()
    }
}

fn spawned(program: &mut Command) -> Child {
    program.spawn().unwrap_or_else(|e| panic!("{program:?}: {e}"))
}

/// What was asked for is there.
fn pipe<T>(end: Option<T>) -> T {
    end.unwrap_or_else(|| panic!("no pipe"))
}

/// A server, which says its port, and ends with its standard input or is killed.
struct Server {
    process: Child,
    port: u16,
    /// Read no further, but kept: nobody writes to a pipe without a reader.
    said: BufReader<ChildStdout>,
}

impl Server {
    fn start(mut program: Command, port_in: fn(&str) -> Option<u16>) -> Server {
        program.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = spawned(&mut program);
        let said = BufReader::new(pipe(process.stdout.take()));
        let mut server = Server { process, port: 0, said };
        let mut line = String::new();
        while server.port == 0 {
            line.clear();
            let read = server.said.read_line(&mut line);
            assert!(read.is_ok_and(|n| n > 0), "{program:?} is silent");
            server.port = port_in(&line).unwrap_or(0);
        }
        server
    }

    fn url(&self, host: &str, path: &str) -> String {
        format!("https://{host}:{}{path}", self.port)
    }

    /// For curl: a name that is not in any hosts file.
    fn resolve(&self, host: &str) -> String {
        format!("{host}:{}:127.0.0.1", self.port)
    }

    fn end(mut self) {
        drop(self.process.stdin.take());
        let status = self.process.wait().unwrap_or_else(|e| panic!("the server: {e}"));
        assert!(status.success(), "the server: {status}");
    }

    fn kill(mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn curl_asks_and_verifies() {
    let place = Place::new("curl");
    let server = place.serve(&["good.pem"]);
    let url = server.url("127.0.0.1", "/");
    let what = "%{http_code} %{http_version} %{ssl_verify_result} %{num_connects}\n";
    let said = run(place
        .curl(&["-w", what, "--next"])
        .args(["-w", what, "--cacert", "root.pem"])
        .args([&url, &url]));
    assert_eq!(said, format!("TLSv1.3 -\n{}TLSv1.3 -\n{}", "200 1.1 0 1\n", "200 1.1 0 0\n"));
    let said = run(place.curl(&["--tls-max", "1.2"]).arg(server.url("localhost", "/")));
    assert_eq!(said, "TLSv1.2 localhost\n");
    let head = run(place.curl(&["-I"]).arg(&url));
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
    run_failing(place.curl(&["--tls-max", "1.1"]).arg(&url));
    server.end();
}

#[test]
fn curl_refuses_what_it_should() {
    let place = Place::new("refused");
    place.issue("late", "DNS:localhost,IP:127.0.0.1", "root", "0");
    place.issue("foreign", "DNS:localhost,IP:127.0.0.1", "other", "2");
    // The certificate is good for no time at all.
    std::thread::sleep(Duration::from_millis(2000));
    let refused = |file: &str, host: &str| {
        let server = place.serve(&[file]);
        let resolve = server.resolve(host);
        let url = server.url(host, "/");
        let said = run_failing(place.curl(&["--resolve", &resolve]).arg(&url));
        assert!(said.contains(NOT_TRUSTED), "{file} for {host}: {said}");
        // Who does not ask is served.
        let said = run(place.curl(&["-k", "--resolve", &resolve]).arg(&url));
        assert!(said.starts_with("TLSv1.3 "), "{said}");
        server.end();
    };
    refused("good.pem", "www.example.org");
    refused("late.pem", "localhost");
    refused("foreign.pem", "localhost");
}

#[test]
fn curl_sends_and_gets_much() {
    let place = Place::new("much");
    let server = place.serve(&["good.pem"]);
    let bytes: String = (0..5 << 20).map(|n: u32| char::from(b'a' + (n % 23) as u8)).collect();
    let file = place.0.join("file");
    shell::write(&file, &bytes);
    let url = server.url("127.0.0.1", "/echo");
    let ways: [&[&str]; 3] = [
        &["--data-binary", "@file"],
        &["--data-binary", "@file", "-H", "Transfer-Encoding: chunked"],
        &["--data-binary", "@file", "-H", "Expect: 100-continue", "--expect100-timeout", "30"],
    ];
    for way in ways {
        let said = run(place.curl(way).arg(&url));
        assert!(said == bytes, "{way:?}: {} bytes", said.len());
    }
    let said = run(place.curl(&[]).arg(server.url("127.0.0.1", "/large/20000000")));
    assert_eq!(said.len(), 20_000_000);
    let said = run(place.curl(&["-0"]).arg(server.url("127.0.0.1", "/large/3000000")));
    assert_eq!(said.len(), 3_000_000);
    server.end();
}

#[test]
fn names_have_their_certificates() {
    let place = Place::new("names");
    place.issue("www", "DNS:www.example.org", "root", "2");
    place.issue("all", "DNS:*.example.org", "root", "2");
    let names = ["good.pem", "www.example.org", "www.pem", "*.example.org", "all.pem"];
    let server = place.serve(&names);
    for host in ["www.example.org", "mail.example.org", "localhost"] {
        let resolve = server.resolve(host);
        let url = server.url(host, "/");
        let said = run(place.curl(&["--resolve", &resolve]).arg(url));
        assert_eq!(said, format!("TLSv1.3 {host}\n"));
    }
    let said = s_client(&place, &server, &["-servername", "www.example.org"], &[REQUEST]);
    assert!(said.contains("Verify return code: 0 (ok)"), "{said}");
    server.end();
}

const REQUEST: &str = "GET / HTTP/1.0\r\n\r\n";

/// Says lines to s_client, one after the other, each when it has said what it must say before.
fn s_client(place: &Place, server: &Server, words: &[&str], lines: &[&str]) -> String {
    let at = format!("127.0.0.1:{}", server.port);
    let mut client = command("sh");
    client.args(["-c", "exec openssl s_client -CAfile root.pem \"$@\" 2>&1", "s_client"]);
    client.args(["-connect", &at]).args(words).current_dir(&place.0);
    client.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut process = spawned(&mut client);
    let mut input = pipe(process.stdin.take());
    for line in lines {
        // s_client takes a letter for a command if it comes alone.
        std::thread::sleep(Duration::from_millis(1000));
        input.write_all(line.as_bytes()).unwrap_or_else(|e| panic!("it does not listen: {e}"));
    }
    let mut said = String::new();
    let read = pipe(process.stdout.take()).read_to_string(&mut said);
    assert!(read.is_ok(), "{said}");
    drop(input);
    let _ = process.wait();
    said
}

#[test]
fn s_client_agrees_on_the_protocol() {
    let place = Place::new("alpn");
    let server = place.serve(&["good.pem"]);
    let said = s_client(&place, &server, &["-alpn", "h2,http/1.1"], &[REQUEST]);
    assert!(said.contains("ALPN protocol: http/1.1"), "{said}");
    assert!(said.contains("Verify return code: 0 (ok)"), "{said}");
    assert!(said.contains("TLSv1.3 -\n"), "{said}");
    let said = s_client(&place, &server, &["-alpn", "h2"], &[]);
    assert!(said.contains("no peer certificate available"), "{said}");
    server.end();
}

#[test]
fn s_client_asks_for_new_keys() {
    let place = Place::new("keys");
    let server = place.serve(&["good.pem"]);
    let said = s_client(&place, &server, &["-tls1_3"], &["K\n", "k\n", REQUEST]);
    assert!(said.contains("KEYUPDATE"), "{said}");
    assert!(said.contains("TLSv1.3 -\n"), "{said}");
    // There is no renegotiation, which would be the same in older versions.
    let said = s_client(&place, &server, &["-tls1_2"], &["R\n"]);
    assert!(said.contains("RENEGOTIATING") && !said.contains("HTTP/1"), "{said}");
    server.end();
}

fn s_server(place: &Place, words: &[&str]) -> Server {
    let port = |line: &str| line.strip_prefix("ACCEPT ")?.trim().rsplit(':').next()?.parse().ok();
    let mut program = place.openssl("s_server", &["-accept", "127.0.0.1:0"]);
    program.args(words).stderr(Stdio::null());
    Server::start(program, port)
}

#[test]
fn our_client_asks_s_server() {
    let place = Place::new("s_server");
    for version in ["-tls1_2", "-tls1_3"] {
        let server = s_server(&place, &["-cert", "good.pem", "-www", version]);
        for host in ["localhost", "127.0.0.1"] {
            let said = place.ask("root.pem", host, server.port, "/");
            assert_eq!(said.len(), 2, "{said:?}");
            assert!(said.iter().all(|line| line.starts_with("200 ")), "{said:?}");
        }
        let said = place.ask("root.pem", "example.org", server.port, "/");
        assert!(said.iter().all(|line| line.contains("hostname mismatch")), "{said:?}");
        let said = place.ask("other.pem", "localhost", server.port, "/");
        assert!(said.iter().all(|line| line.contains("unable to get local issuer")), "{said:?}");
        server.kill();
    }
    // Files, of which the length is not said.
    shell::write(&place.0.join("file"), &"text\n".repeat(100_000));
    let server = s_server(&place, &["-cert", "good.pem", "-WWW"]);
    let said = place.ask("root.pem", "localhost", server.port, "/file");
    assert_eq!(said, ["200 500000", "200 500000"]);
    server.kill();
}

/// A server that speaks nothing newer than TLS 1.1 is not spoken to.
#[test]
fn our_client_refuses_old_versions() {
    let place = Place::new("old");
    let words = ["-cert", "good.pem", "-www", "-tls1_1", "-cipher", "ALL:@SECLEVEL=0"];
    let server = s_server(&place, &words);
    let said = place.ask("root.pem", "localhost", server.port, "/");
    assert!(said.iter().all(|line| line.starts_with("none: ")), "{said:?}");
    server.kill();
}

/// A program that only includes the header needs nothing else of OpenSSL's.
#[test]
fn programs_need_no_openssl_of_their_own() {
    let place = Place::new("needed");
    let program = place.program("client");
    let said = text(&output(command("readelf").arg("-d").arg(&program)));
    assert!(said.contains("libevhub_tls.so.0") && !said.contains("libssl"), "{said}");
}
