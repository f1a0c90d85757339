//! `dig` asks a name server that is written with `evdns_add_server_port` (ctests/dns_peers), over
//! UDP and TCP, with and without EDNS. Nothing leaves loopback.

#[path = "support/shell.rs"]
mod shell;

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Stdio};

use shell::{command, fresh_folder, project, run};

/// The server, which ends with its standard input.
struct Server {
    process: Child,
    port: String,
}

impl Server {
    fn start(test: &str) -> Server {
        let mut program = command(program(test));
        program.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = program.spawn().unwrap_or_else(|e| panic!("{program:?}: {e}"));
        let mut port = String::new();
        let said = process.stdout.take().map(|pipe| BufReader::new(pipe).read_line(&mut port));
        assert!(said.is_some_and(|read| read.is_ok()) && port.len() > 1, "the server is silent");
        Server { process, port: port.trim().to_string() }
    }

    /// What dig says, asked once.
    fn dig(&self, words: &[&str]) -> Answer {
        let mut dig = command("dig");
        dig.args(["@127.0.0.1", "-p", &self.port, "-r", "+time=5", "+tries=1", "+nocookie"]);
        Answer(run(dig.args(words)))
    }

    fn end(mut self) {
        drop(self.process.stdin.take());
        let status = self.process.wait().unwrap_or_else(|e| panic!("the server: {e}"));
        assert!(status.success(), "the server: {status}");
    }
}

/// Compiled against the staged installation, as any program.
fn program(test: &str) -> PathBuf {
    let stage = project().join("target/stage");
    if !stage.join("lib/libevhub.so.0").exists() {
        run(command("make").arg("stage"));
    }
    let program = fresh_folder(&format!("dig-{test}")).join("server");
    let mut cc = command("cc");
    cc.args(["-std=gnu11", "-O1", "-Wall", "-Wextra", "-Werror", "-o"]).arg(&program);
    cc.arg(project().join("ctests/dns_peers/server.c"));
    for folder in ["include", "include/evhub"] {
        cc.arg("-I").arg(stage.join(folder));
    }
    let lib = stage.join("lib");
    cc.arg("-L").arg(&lib).arg(format!("-Wl,-rpath,{}", lib.display())).arg("-levhub");
    run(&mut cc);
    program
}

struct Answer(String);

impl Answer {
    fn has(&self, text: &str) -> &Answer {
        assert!(self.words().contains(text), "no \"{text}\" in:\n{}", self.0);
        self
    }

    fn has_not(&self, text: &str) -> &Answer {
        assert!(!self.words().contains(text), "\"{text}\" in:\n{}", self.0);
        self
    }

    /// With one blank between two words.
    fn words(&self) -> String {
        let lines = self.0.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
        lines.map(|words| words.join(" ") + "\n").collect()
    }

    /// How many records are addresses of that name.
    fn addresses(&self, name: &str) -> usize {
        let begin = format!("{name}. 300 IN A 192.0.2.");
        self.words().lines().filter(|line| line.starts_with(&begin)).count()
    }

    /// No complaint of dig's: about malformed packets, extra bytes, other questions.
    fn is_clean(&self) -> &Answer {
        self.has_not("WARNING").has_not("Got bad packet").has_not("extra").has_not("Question")
    }
}

/// Over both, with and without EDNS.
const WAYS: [&[&str]; 4] =
    [&["+notcp", "+edns=0"], &["+notcp", "+noedns"], &["+tcp", "+edns=0"], &["+tcp", "+noedns"]];

#[test]
fn answers_of_all_kinds() {
    let server = Server::start("kinds");
    for way in WAYS {
        let ask = |words: &[&str]| {
            let answer = server.dig(&[way, words].concat());
            answer.is_clean().has("opcode: QUERY, status: ");
            let has_edns = answer.words().contains("EDNS: version: 0, flags:; udp: 1232");
            assert_eq!(has_edns, way.contains(&"+edns=0"), "{}", answer.0);
            let protocol = if way.contains(&"+tcp") { "(TCP)" } else { "(UDP)" };
            answer.has(protocol);
            answer
        };
        ask(&["host.example.org", "A"])
            .has("status: NOERROR")
            .has("flags: qr aa rd ra;")
            .has("ANSWER: 2, AUTHORITY: 0")
            .has("\nhost.example.org. 300 IN A 192.0.2.1\n")
            .has("\nhost.example.org. 300 IN A 192.0.2.2\n");
        ask(&["host.example.org", "AAAA"]).has("\nhost.example.org. 600 IN AAAA 2001:db8::1\n");
        ask(&["www.example.org", "A"])
            .has("\nwww.example.org. 60 IN CNAME host.example.org.\n")
            .has("\nhost.example.org. 300 IN A 192.0.2.1\n");
        ask(&["-x", "192.0.2.1"]).has("\n1.2.0.192.in-addr.arpa. 60 IN PTR host.example.org.\n");
        ask(&["text.example.org", "TXT"])
            .has("\ntext.example.org. 60 IN TXT \"hello\" \"world\"\n")
            .has("\nexample.org. 60 IN NS ns.example.org.\n")
            .has("\nns.example.org. 60 IN A 192.0.2.53\n");
        ask(&["nothing.example.org", "A"])
            .has("status: NXDOMAIN")
            .has("ANSWER: 0, AUTHORITY: 1")
            .has("\nexample.org. 60 IN SOA ns.example.org. root.example.org. 1 3600 600");
        ask(&["host.example.org", "MX"]).has("status: NOERROR").has("ANSWER: 0, AUTHORITY: 1");
        ask(&["refused.example.org", "A"]).has("status: REFUSED");
        ask(&["HoSt.ExAmPlE.oRg", "A"]).has("\nHoSt.ExAmPlE.oRg. 300 IN A 192.0.2.1\n");
    }
    server.end();
}

#[test]
fn flags_of_questions() {
    let server = Server::start("flags");
    server.dig(&["host.example.org", "+norecurse"]).is_clean().has("flags: qr aa ra;");
    server.dig(&["host.example.org", "+cdflag"]).is_clean().has("flags: qr aa rd ra cd;");
    server.dig(&["host.example.org", "+adflag"]).is_clean().has("flags: qr aa rd ra;");
    server.end();
}

#[test]
fn answers_that_are_too_long() {
    let server = Server::start("long");
    let many = |words: &[&str]| {
        let answer = server.dig(&[&["many.example.org", "A"], words].concat());
        answer.is_clean().has("status: NOERROR");
        (answer.addresses("many.example.org"), answer)
    };
    // 12 of the head, 22 of the question, 16 of each record, 11 for EDNS.
    let (count, answer) = many(&["+noedns", "+ignore"]);
    answer.has("flags: qr aa tc rd ra;").has("ANSWER: 29,").has("MSG SIZE rcvd: 498");
    assert_eq!(count, 29);
    let (count, answer) = many(&["+bufsize=1000", "+ignore"]);
    answer.has("flags: qr aa tc rd ra;").has("ANSWER: 59,").has("MSG SIZE rcvd: 989");
    assert_eq!(count, 59);
    let (count, answer) = many(&["+bufsize=4096", "+ignore"]);
    answer.has("flags: qr aa rd ra;").has("ANSWER: 60,").has("(UDP)");
    assert_eq!(count, 60);
    for way in [["+noedns", "+tcp"], ["+bufsize=512", "+tcp"]] {
        let (count, answer) = many(&way);
        answer.has("flags: qr aa rd ra;").has("ANSWER: 60,");
        assert_eq!(count, 60);
    }
    // Told that there is more, dig comes again over TCP by itself.
    let (count, answer) = many(&["+noedns"]);
    answer.has("Truncated, retrying in TCP mode").has("(TCP)");
    assert_eq!(count, 60);
    server.end();
}

#[test]
fn what_the_library_answers() {
    let server = Server::start("refused");
    // dig would go back to version 0 by itself.
    let unknown = ["host.example.org", "+edns=1", "+noednsnegotiation"];
    server.dig(&unknown).has("status: BADVERS").has("EDNS: version: 0").has("ANSWER: 0,");
    server.dig(&["host.example.org", "+opcode=NOTIFY", "+noedns"]).has("status: NOTIMP");
    server.dig(&["host.example.org", "+opcode=UPDATE", "+tcp"]).has("status: NOTIMP");
    server.dig(&["host.example.org", "+header-only", "+noedns"]).has("status: FORMERR");
    server.end();
}

/// Several questions over one connection.
#[test]
fn one_connection_for_all() {
    let server = Server::start("pipeline");
    let names = ["host.example.org", "www.example.org", "many.example.org"];
    let answer = server.dig(&[&["+tcp", "+keepopen"], names.as_slice()].concat());
    answer.is_clean();
    assert_eq!(answer.words().matches("status: NOERROR").count(), 3, "{}", answer.0);
    assert_eq!(answer.addresses("many.example.org"), 60);
    server.end();
}
