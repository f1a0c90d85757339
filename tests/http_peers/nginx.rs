//! nginx in front of our server, as most of the world has it: to us it is a client that keeps
//! connections, or closes them after each request; that collects bodies, or passes them on as they
//! come.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use crate::curl::{assert_same, curl, file_of};
use crate::http::shell::{command, fresh_folder, make_folder, output, read, write};
use crate::http::{Server, has, skip};
use crate::wrk::wrk;

/// How long it may take to start.
const PATIENCE: Duration = Duration::from_secs(30);

/// `/keep/` keeps connections to us and streams bodies in chunks; `/old/` speaks 1.0, a connection
/// for each request, after it has collected the body.
fn settings(folder: &Path, port: u16, server: &str) -> String {
    let at = folder.display();
    let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    let temporary: String =
        temporary.iter().map(|name| format!("{name}_temp_path {at}/{name};\n")).collect();
    format!(
        "daemon off;\nmaster_process off;\nworker_processes 1;\npid {at}/pid;\n\
         error_log {at}/error.log info;\nevents {{ worker_connections 256; }}\nhttp {{\n\
         access_log off;\n{temporary}client_max_body_size 100m;\n\
         upstream ours {{ server 127.0.0.1:{server}; keepalive 8; }}\n\
         server {{\nlisten 127.0.0.1:{port};\n\
         location /keep/ {{\nproxy_pass http://ours/;\nproxy_http_version 1.1;\n\
         proxy_set_header Connection \"\";\nproxy_request_buffering off;\n\
         proxy_buffering off;\n}}\n\
         location /old/ {{\nproxy_pass http://ours/;\n}}\n}}\n}}\n"
    )
}

struct Nginx {
    process: Child,
    folder: PathBuf,
    port: u16,
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // With a signal that the time limit passes on.
        output(command("kill").arg(self.process.id().to_string()));
        let _ = self.process.wait();
    }
}

/// Debian has it in a folder that is not everybody's.
fn nginx() -> &'static str {
    if Path::new("/usr/sbin/nginx").exists() { "/usr/sbin/nginx" } else { "nginx" }
}

impl Nginx {
    fn start(test: &str, server: &Server) -> Nginx {
        let folder = fresh_folder(&format!("nginx-{test}"));
        make_folder(&folder);
        loop {
            let port = free_port();
            let (file, log) = (folder.join("nginx.conf"), folder.join("error.log"));
            write(&file, &settings(&folder, port, &server.port));
            write(&log, "");
            let mut program = command(nginx());
            program.arg("-p").arg(&folder).arg("-c").arg(&file).arg("-e").arg(&log);
            let process = program.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
            let process = process.unwrap_or_else(|e| panic!("{program:?}: {e}"));
            let mut nginx = Nginx { process, folder: folder.clone(), port };
            if nginx.has_started() {
                return nginx;
            }
            // Otherwise somebody else was faster to take the port.
            assert!(nginx.log().contains("in use"), "nginx: {}", nginx.log());
        }
    }

    fn has_started(&mut self) -> bool {
        let begin = Instant::now();
        while begin.elapsed() < PATIENCE {
            if self.process.try_wait().is_ok_and(|ended| ended.is_some()) {
                return false;
            }
            if std::net::TcpStream::connect(("127.0.0.1", self.port)).is_ok() {
                return true;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("nginx is silent: {}", self.log());
    }

    fn log(&self) -> String {
        read(&self.folder.join("error.log"))
    }

    fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// It has no complaints about what stands behind it.
    fn is_content(&self) {
        let log = self.log();
        let is_bad =
            |line: &&str| ["[error]", "[crit]", "[alert]"].iter().any(|w| line.contains(w));
        let complaints: Vec<&str> = log.lines().filter(is_bad).collect();
        assert!(complaints.is_empty(), "{complaints:#?}");
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap_or_else(|e| panic!("bind: {e}"));
    listener.local_addr().unwrap_or_else(|e| panic!("bind: {e}")).port()
}

#[test]
fn behind_a_proxy() {
    if !has(nginx()) || !has("curl") {
        return skip("behind_a_proxy", "needs nginx and curl");
    }
    let server = Server::start("nginx", &[]);
    let proxy = Nginx::start("proxy", &server);
    let file = |name: &str| proxy.folder.join(name).display().to_string();
    let (direct, back, sent) = (file("direct"), file("back"), file_of(&proxy.folder, 3_000_000));
    let body = format!("@{sent}");
    for way in ["/keep", "/old"] {
        let url = |path: &str| proxy.url(&format!("{way}{path}"));
        assert_eq!(curl(&[&url("/page"), &url("/later"), &url("/page")]).len(), 39);
        for path in ["/bytes?1000000", "/chunks?200000", "/chunks?0", "/status?204", "/status?404"]
        {
            curl(&["--output", &direct, &server.url(path)]);
            curl(&["--output", &back, &url(path)]);
            if !path.ends_with("204") {
                assert_same(&direct, &back);
            }
        }
        for header in ["Content-Type: x/y", "Transfer-Encoding: chunked", "Expect: 100-continue"] {
            let words = ["--header", header, "--data-binary", &body, "--output", &back];
            curl(&[words.as_slice(), &[&url("/copy")]].concat());
            assert_same(&sent, &back);
        }
        let head = curl(&["--head", &url("/bytes?12345")]);
        assert!(head.contains("\r\nContent-Length: 12345\r\n"), "{head}");
        let host = if way == "/keep" { "GET /x 1.1\nHost: ours\n" } else { "GET /x 1.0\n" };
        assert!(curl(&[&url("/x")]).starts_with(host));
        if has("wrk") {
            assert!(wrk(&proxy.folder, &url("/page"), "") > 0, "no answer");
            assert!(wrk(&proxy.folder, &url("/bytes?20000"), "") > 0, "no answer");
        }
    }
    proxy.is_content();
    drop(proxy);
    server.end();
}
