//! Our resolver (ctests/dns_peers/client.c) asks a name server of others: dnsmasq, with records of
//! its own, on a free port of loopback, which knows no other server that it could ask.

#[path = "support/shell.rs"]
mod shell;

use std::net::{IpAddr, SocketAddr, TcpListener, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use shell::{command, fresh_folder, output, project, read, run, write};

/// How long a server may take to answer its first question.
const PATIENCE: Duration = Duration::from_secs(20);

/// For each name so many addresses of both families; an answer shows 32 of them.
const CROWDS: [(&str, u8); 3] = [("few", 3), ("some", 40), ("many", 60)];
const SHOWN: usize = 32;

/// Records of dnsmasq, and what it does: nothing but answer from them.
fn settings(at: SocketAddr, most: u16) -> String {
    let mut text = format!("port={}\nlisten-address={}\n", at.port(), at.ip());
    text += "bind-interfaces\nno-resolv\nno-hosts\nno-poll\nlocal=/example/\nlocal-ttl=77\n";
    text += &format!("edns-packet-max={most}\n");
    text += "host-record=www.example,192.0.2.1,2001:db8::1\n";
    text += "host-record=four.example,192.0.2.4\nhost-record=six.example,2001:db8::6\n";
    text += "cname=first.example,second.example\ncname=second.example,third.example\n";
    text += "cname=third.example,www.example\ncname=alias.example,four.example\n";
    for (name, count) in CROWDS {
        for number in 1..=count {
            let host = format!("host-record={name}.example");
            text += &format!("{host},{}\n{host},{}\n", v4(number), v6(number));
        }
    }
    text
}

fn v4(number: u8) -> String {
    format!("198.51.100.{number}")
}

fn v6(number: u8) -> String {
    format!("2001:db8:0:1::{number:x}")
}

/// Ended when the test ends, in whatever way.
struct Server {
    process: Child,
    at: SocketAddr,
    log: PathBuf,
    client: PathBuf,
}

impl Drop for Server {
    fn drop(&mut self) {
        // With a signal that the time limit passes on.
        output(command("kill").arg(self.process.id().to_string()));
        let _ = self.process.wait();
    }
}

impl Server {
    /// Longer answers than `most` bytes are cut off over UDP, EDNS or not.
    fn start(test: &str, address: IpAddr, most: u16) -> Server {
        let folder = fresh_folder(&format!("dns-peers-{test}"));
        let client = build(&folder);
        loop {
            let at = free_port(address);
            let (file, log) = (folder.join("dnsmasq.conf"), folder.join("dnsmasq.log"));
            write(&file, &settings(at, most));
            write(&log, "");
            let mut program = command(dnsmasq());
            program.args(["--keep-in-foreground", "--pid-file=", "--user=", "--group="]);
            program.arg("--log-queries=extra").arg(format!("--log-facility={}", log.display()));
            program.arg(format!("--conf-file={}", file.display())).stdout(Stdio::null());
            let process = program.spawn().unwrap_or_else(|e| panic!("{program:?}: {e}"));
            let mut server = Server { process, at, log, client: client.clone() };
            if server.has_started() {
                return server;
            }
            // Otherwise somebody else was faster to take the port.
            assert!(read(&server.log).contains("in use"), "dnsmasq: {}", read(&server.log));
        }
    }

    fn has_started(&mut self) -> bool {
        let begin = Instant::now();
        while begin.elapsed() < PATIENCE {
            if self.process.try_wait().is_ok_and(|ended| ended.is_some()) {
                return false;
            }
            if self.answer_to_a_datagram("www.example", 1).is_some() {
                return true;
            }
        }
        panic!("dnsmasq is silent");
    }

    /// What it says to a question that was written by hand, without EDNS.
    fn answer_to_a_datagram(&self, name: &str, kind: u8) -> Option<Vec<u8>> {
        let mut question = vec![0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        for label in name.split('.') {
            question.push(label.len() as u8);
            question.extend_from_slice(label.as_bytes());
        }
        question.extend_from_slice(&[0, 0, kind, 0, 1]);
        let socket = UdpSocket::bind((self.at.ip(), 0)).ok()?;
        socket.set_read_timeout(Some(Duration::from_millis(200))).ok()?;
        socket.connect(self.at).ok()?;
        socket.send(&question).ok()?;
        let mut answer = vec![0; 65535];
        let length = socket.recv(&mut answer).ok();
        if length.is_none() {
            std::thread::sleep(Duration::from_millis(20));
        }
        answer.truncate(length?);
        Some(answer)
    }

    /// Asks all of them at once; an answer has the result, the time it holds, and sorted data.
    fn ask(&self, questions: &[(&str, &str)]) -> Vec<Vec<String>> {
        let mut client = command(&self.client);
        client.arg(self.at.to_string());
        questions.iter().for_each(|(kind, name)| {
            client.args([kind, name]);
        });
        let lines = run(&mut client);
        let sorted = |line: &str| {
            let mut words: Vec<String> = line.split(' ').map(str::to_string).collect();
            words[2..].sort();
            words
        };
        let answers: Vec<_> = lines.lines().map(sorted).collect();
        assert_eq!(answers.len(), questions.len(), "{lines}");
        answers
    }

    fn says(&self, table: &[(&str, &str, &str)]) {
        let questions: Vec<_> = table.iter().map(|&(kind, name, _)| (kind, name)).collect();
        let answers = self.ask(&questions);
        for ((kind, name, expected), answer) in table.iter().zip(answers) {
            assert_eq!(answer.join(" "), *expected, "{kind} {name}");
        }
    }
}

/// Debian has it in a folder that is not everybody's.
fn dnsmasq() -> &'static str {
    if Path::new("/usr/sbin/dnsmasq").exists() { "/usr/sbin/dnsmasq" } else { "dnsmasq" }
}

fn free_port(address: IpAddr) -> SocketAddr {
    loop {
        let socket = UdpSocket::bind((address, 0)).unwrap_or_else(|e| panic!("{address}: {e}"));
        let at = socket.local_addr().unwrap_or_else(|e| panic!("{address}: {e}"));
        if TcpListener::bind(at).is_ok() {
            return at;
        }
    }
}

fn build(folder: &Path) -> PathBuf {
    let stage = project().join("target/stage");
    if !stage.join("lib/libevhub.so.0").exists() {
        run(command("make").arg("stage"));
    }
    let program = folder.join("client");
    let mut cc = command("cc");
    cc.args(["-std=gnu11", "-O1", "-Wall", "-Wextra", "-Werror", "-o"]).arg(&program);
    cc.arg(project().join("ctests/dns_peers/client.c"));
    for include in ["include", "include/evhub"] {
        cc.arg("-I").arg(stage.join(include));
    }
    let lib = stage.join("lib");
    cc.arg("-L").arg(&lib).arg(format!("-Wl,-rpath,{}", lib.display())).arg("-levhub");
    run(&mut cc);
    program
}

const LOOPBACK: &str = "127.0.0.1";
const LOOPBACK6: &str = "::1";

fn address(text: &str) -> IpAddr {
    text.parse().unwrap_or_else(|e| panic!("{text}: {e}"))
}

/// What our resolver allows, and what there was before EDNS.
const EDNS: u16 = 1232;
const PLAIN: u16 = 512;

/// Result, time, data.
const ADDRESSES: &[(&str, &str, &str)] = &[
    ("a", "www.example", "0 77 192.0.2.1"),
    ("aaaa", "www.example", "0 77 2001:db8::1"),
    ("a", "WWW.Example.", "0 77 192.0.2.1"),
    ("a", "few.example", "0 77 198.51.100.1 198.51.100.2 198.51.100.3"),
    ("aaaa", "few.example", "0 77 2001:db8:0:1::1 2001:db8:0:1::2 2001:db8:0:1::3"),
    ("ptr", "192.0.2.1", "0 77 www.example"),
    ("ptr", "2001:db8::1", "0 77 www.example"),
    ("ptr", "198.51.100.3", "0 77 few.example"),
    ("a", "first.example", "0 77 192.0.2.1"),
    ("aaaa", "first.example", "0 77 2001:db8::1"),
    ("a", "alias.example", "0 77 192.0.2.4"),
];

/// No such name, no such record, and refused: nobody is there whom the server could ask.
const ERRORS: &[(&str, &str, &str)] = &[
    ("a", "none.example", "3 0"),
    ("aaaa", "none.example", "3 0"),
    ("aaaa", "four.example", "66 0"),
    ("a", "six.example", "66 0"),
    ("aaaa", "alias.example", "66 0"),
];
const REFUSED: &[(&str, &str, &str)] =
    &[("a", "www.example.org", "5 0"), ("ptr", "203.0.113.1", "5 0")];

#[test]
fn records_of_all_kinds() {
    let server = Server::start("kinds", address(LOOPBACK), EDNS);
    server.says(ADDRESSES);
    server.says(ERRORS);
    server.says(REFUSED);
    server.says(&[ADDRESSES, ERRORS, REFUSED].concat());
}

#[test]
fn a_server_of_ipv6() {
    if UdpSocket::bind((LOOPBACK6, 0)).is_err() {
        return;
    }
    let server = Server::start("six", address(LOOPBACK6), EDNS);
    server.says(&[ADDRESSES, ERRORS].concat());
}

/// The address of the numbers 1 to `count`, as many of them as are shown.
fn is_crowd(answer: &[String], count: u8, address: fn(u8) -> String) {
    assert_eq!(answer[..2], ["0", "77"]);
    let data = &answer[2..];
    assert_eq!(data.len(), SHOWN.min(count.into()));
    let mut different = data.to_vec();
    different.dedup();
    assert_eq!(different.len(), data.len(), "{data:?}");
    let all: Vec<String> = (1..=count).map(address).collect();
    assert!(data.iter().all(|one| all.contains(one)), "{data:?}");
}

fn crowds(server: &Server) {
    let names = CROWDS.map(|(name, _)| format!("{name}.example"));
    let both = |name| [("a", name), ("aaaa", name)];
    let questions: Vec<_> = names.iter().flat_map(|name| both(name.as_str())).collect();
    let answers = server.ask(&questions);
    for (pair, (_, count)) in answers.chunks(2).zip(CROWDS) {
        is_crowd(&pair[0], count, v4);
        is_crowd(&pair[1], count, v6);
    }
}

/// Is what the server says without EDNS over UDP cut off?
fn is_cut(server: &Server, name: &str, kind: u8) -> bool {
    let answer = server.answer_to_a_datagram(name, kind);
    answer.unwrap_or_else(|| panic!("no answer about {name}"))[2] & 2 != 0
}

/// What the server has put down: once over UDP alone, twice where that was cut off.
fn is_asked(server: &Server, question: &str, times: usize) {
    let log = read(&server.log);
    let is_it = |line: &&str| line.contains(&format!("query[{question} from "));
    assert_eq!(log.lines().filter(is_it).count(), times, "{question}:\n{log}");
}

/// 40 addresses need EDNS, 40 and 60 of IPv6 more than it allows.
#[test]
fn long_answers() {
    let server = Server::start("long", address(LOOPBACK), EDNS);
    crowds(&server);
    is_asked(&server, "AAAA] few.example", 1);
    is_asked(&server, "A] some.example", 1);
    is_asked(&server, "A] many.example", 1);
    is_asked(&server, "AAAA] many.example", 2);
    assert!(is_cut(&server, "some.example", 1));
}

/// All that is long needs TCP.
#[test]
fn long_answers_without_edns() {
    let server = Server::start("plain", address(LOOPBACK), PLAIN);
    crowds(&server);
    is_asked(&server, "A] few.example", 1);
    is_asked(&server, "A] some.example", 2);
    is_asked(&server, "A] many.example", 2);
    is_asked(&server, "AAAA] many.example", 2);
    server.says(ADDRESSES);
}
