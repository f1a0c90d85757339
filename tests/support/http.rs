//! A server of ours for clients of others (ctests/http_peers/server.c), and a Python with packages
//! of PyPI below target/.

// Each test program uses a part of this.
#![allow(dead_code)]

#[path = "shell.rs"]
pub mod shell;

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use shell::{command, fresh_folder, output, project, run, text};

/// The server, which ends with its standard input.
pub struct Server {
    process: Child,
    pub port: String,
}

impl Server {
    pub fn start(test: &str, words: &[&str]) -> Server {
        let folder = fresh_folder(&format!("http-{test}"));
        let mut program = command(build(&folder, "server"));
        program.args(words);
        Server::of(program)
    }

    /// Any program that prints its port.
    pub fn of(mut program: Command) -> Server {
        program.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = program.spawn().unwrap_or_else(|e| panic!("{program:?}: {e}"));
        let mut port = String::new();
        let said = process.stdout.take().map(|pipe| BufReader::new(pipe).read_line(&mut port));
        assert!(said.is_some_and(|read| read.is_ok()) && port.len() > 1, "the server is silent");
        Server { process, port: port.trim().to_string() }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    pub fn end(mut self) {
        drop(self.process.stdin.take());
        let status = self.process.wait().unwrap_or_else(|e| panic!("the server: {e}"));
        assert!(status.success(), "the server: {status}");
    }
}

/// A program of ctests/http_peers, compiled against the staged installation, as any program.
pub fn build(folder: &Path, name: &str) -> PathBuf {
    static STAGED: OnceLock<()> = OnceLock::new();
    let stage = project().join("target/stage");
    STAGED.get_or_init(|| {
        if !stage.join("lib/libevhub.so.0").exists() {
            run(command("make").arg("stage"));
        }
    });
    let program = folder.join(name);
    let mut cc = command("cc");
    cc.args(["-std=gnu11", "-O1", "-Wall", "-Wextra", "-Werror", "-o"]).arg(&program);
    cc.arg(project().join("ctests/http_peers").join(name).with_extension("c"));
    for include in ["include", "include/evhub"] {
        cc.arg("-I").arg(stage.join(include));
    }
    let lib = stage.join("lib");
    cc.arg("-L").arg(&lib).arg(format!("-Wl,-rpath,{}", lib.display())).arg("-levhub");
    run(&mut cc);
    program
}

/// Says so where a test cannot do what it is for.
pub fn skip(test: &str, why: &str) {
    let _ = writeln!(std::io::stderr(), "skipped: {test}: {why}");
}

/// Is there such a program?
pub fn has(program: &str) -> bool {
    output(command("which").arg(program)).status.success()
}

/// What is downloaded for tests, once: pinned in ctests/http_peers/requirements.txt.
pub struct Packages {
    /// A Python that has h11.
    pub python: PathBuf,
    /// gunicorn's sources.
    pub gunicorn: PathBuf,
}

/// The packages, or why there are none.
pub fn packages() -> &'static Result<Packages, String> {
    static PACKAGES: OnceLock<Result<Packages, String>> = OnceLock::new();
    PACKAGES.get_or_init(|| {
        let folder = project().join("target/http_peers");
        std::fs::create_dir_all(&folder).map_err(|e| e.to_string())?;
        fetch(&folder)
    })
}

fn fetch(folder: &Path) -> Result<Packages, String> {
    let wanted = project().join("ctests/http_peers/requirements.txt");
    let (venv, files) = (folder.join("venv"), folder.join("files"));
    let python = venv.join("bin/python");
    let complete = folder.join("complete");
    let pins = shell::read(&wanted);
    if !complete.exists() || shell::read(&complete) != pins {
        try_run(command("python3").args(["-m", "venv", "--clear"]).arg(&venv))?;
        let mut pip = command(&python);
        pip.args(["-m", "pip", "download", "--disable-pip-version-check", "--no-deps"]);
        pip.args(["--require-hashes", "--no-binary", "gunicorn", "--dest"]).arg(&files);
        try_run(with_network_settings(pip.arg("--requirement").arg(&wanted)))?;
        let mut pip = command(&python);
        pip.args(["-m", "pip", "install", "--disable-pip-version-check", "--no-index"]);
        try_run(pip.arg("--find-links").arg(&files).arg("h11"))?;
        for file in std::fs::read_dir(&files).map_err(|e| e.to_string())? {
            let path = file.map_err(|e| e.to_string())?.path();
            if path.extension().is_some_and(|end| end == "gz") {
                try_run(command("tar").arg("-C").arg(folder).arg("-xzf").arg(path))?;
            }
        }
        shell::write(&complete, &pins);
    }
    let version = pins.lines().find_map(|line| line.strip_prefix("gunicorn==")?.split(' ').next());
    let gunicorn = folder.join(format!("gunicorn-{}", version.ok_or("gunicorn is not pinned")?));
    Ok(Packages { python, gunicorn })
}

fn try_run(command: &mut Command) -> Result<(), String> {
    let output = output(command);
    let last_line = |text: String| text.lines().last().unwrap_or("no output").to_string();
    if output.status.success() { Ok(()) } else { Err(last_line(text(&output))) }
}

/// Where packages come from, and through which proxy, is the caller's choice.
fn with_network_settings(pip: &mut Command) -> &mut Command {
    let wanted = |name: &str| {
        let name = name.to_ascii_lowercase();
        name.starts_with("pip_") || name.starts_with("ssl_cert_") || name.ends_with("_proxy")
    };
    pip.envs(std::env::vars().filter(|(name, _)| wanted(name)))
}

/// A script of ctests/http_peers.
pub fn script(python: &Path, name: &str) -> Command {
    let mut script = command(python);
    script.env("PYTHONDONTWRITEBYTECODE", "1");
    script.arg(project().join("ctests/http_peers").join(name));
    script
}
