//! One test process: its environment, its time limit, and what came of it.

use std::fs::File;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use crate::build::{Library, OUT, Program};
use crate::tables::{Backend, UNWANTED_ENV, Variant};

const SKIPPED: i32 = 77;
/// What only a test that hangs takes, however busy the machine is.
const LIMIT: Duration = Duration::from_secs(60);

pub enum Outcome {
    Passed,
    Skipped(String),
    Failed { how: String, output: String },
}

/// A test that is to run on a backend.
pub struct Job {
    pub title: String,
    pub backend: &'static Backend,
    variant: &'static Variant,
    executable: PathBuf,
    test: String,
    library: Library,
    log: PathBuf,
}

/// The tests of a program: name, and whether it runs on every backend.
pub fn list(program: &Program) -> Result<Vec<(String, bool)>, String> {
    let output = Command::new(&program.executable)
        .arg("--list")
        .env_remove("LD_LIBRARY_PATH")
        .output()
        .map_err(|e| format!("{}: {e}", program.name))?;
    if !output.status.success() {
        return Err(format!("{} --list: {}", program.name, output.status));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    Ok(text
        .lines()
        .filter_map(|line| line.split_once('\t'))
        .map(|(name, scope)| (name.to_string(), scope == "every"))
        .collect())
}

impl Job {
    pub fn new(
        program: &Program,
        test: &str,
        title: String,
        backend: &'static Backend,
        library: &Library,
        variant: &'static Variant,
    ) -> Job {
        let name = format!("{}.{test}.{}.log", program.name.replace('/', "."), backend.name);
        Job {
            title,
            backend,
            variant,
            executable: program.executable.clone(),
            test: test.to_string(),
            library: library.clone(),
            log: PathBuf::from(OUT).join("logs").join(name),
        }
    }

    pub fn run(&self) -> Outcome {
        match self.start() {
            Ok(child) => self.judge(child),
            Err(e) => Outcome::Failed { how: format!("cannot start: {e}"), output: String::new() },
        }
    }

    fn start(&self) -> std::io::Result<Child> {
        let log = File::create(&self.log)?;
        let mut command = match self.variant.wrapper.split_first() {
            Some((program, args)) => {
                let mut command = Command::new(program);
                command.args(args).arg(&self.executable);
                command
            }
            None => Command::new(&self.executable),
        };
        UNWANTED_ENV.iter().for_each(|name| {
            command.env_remove(name);
        });
        let shims = std::path::absolute(OUT)?.join("shim");
        if let Some(shim) = self.variant.shim {
            command.env("LD_PRELOAD", shims.join(shim).with_extension("so"));
        }
        command
            .arg(&self.test)
            .envs(self.backend.env.iter().copied())
            .envs(self.variant.env.iter().copied())
            .env("LD_LIBRARY_PATH", &self.library.folder)
            .env("EVHUB_EXPECT_LIBRARY", &self.library.file)
            .env("EVHUB_EXPECT_METHOD", self.backend.name)
            .env("EVHUB_SHIM_DIR", &shims)
            .env("EVHUB_TEST_TIMEOUT_FACTOR", self.factor().to_string())
            .process_group(0)
            .stdin(Stdio::null())
            .stderr(log.try_clone()?)
            .stdout(log)
            .spawn()
    }

    /// The caller's factor times the variant's.
    fn factor(&self) -> f64 {
        let given = std::env::var("EVHUB_TEST_TIMEOUT_FACTOR").ok();
        given.and_then(|text| text.parse::<f64>().ok()).unwrap_or(1.0) * self.variant.factor
    }

    fn judge(&self, mut child: Child) -> Outcome {
        let limit = LIMIT.mul_f64(self.factor());
        let status = wait(&mut child, limit);
        let failed = |how: String| Outcome::Failed { how, output: self.output() };
        match status {
            Ok(Some(status)) if status.success() => Outcome::Passed,
            Ok(Some(status)) if status.code() == Some(SKIPPED) => Outcome::Skipped(self.reason()),
            Ok(Some(status)) => {
                kill_group(&child);
                failed(describe(status))
            }
            Ok(None) => {
                kill_group(&child);
                let _ = child.wait();
                failed(format!("no end within {} s", limit.as_secs_f64()))
            }
            Err(e) => failed(format!("wait: {e}")),
        }
    }

    fn output(&self) -> String {
        let bytes = std::fs::read(&self.log).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    fn reason(&self) -> String {
        let output = self.output();
        let line = output.lines().find_map(|line| line.strip_prefix("skip: "));
        line.unwrap_or("no reason given").to_string()
    }
}

/// The status, or None when the time is over.
fn wait(child: &mut Child, limit: Duration) -> std::io::Result<Option<ExitStatus>> {
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if start.elapsed() > limit {
            return Ok(None);
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Children that a failed test left behind are in its process group.
fn kill_group(child: &Child) {
    let script = format!("kill -KILL -{}", child.id());
    let _ = Command::new("sh").args(["-c", &script]).stderr(Stdio::null()).status();
}

fn describe(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exit status {code}"),
        (None, Some(signal)) => format!("killed by signal {signal}"),
        (None, None) => status.to_string(),
    }
}
