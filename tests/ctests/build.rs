//! Everything that is built before the first test: libraries, preloads, programs.

use std::collections::VecDeque;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use crate::tables::{Backend, FOLDERS, PACKAGES, Variant};

/// Where the runner keeps what it makes.
pub const OUT: &str = "target/ctests";
const STAGE: &str = "target/stage";
const GENERATOR: &str = "pkgconfig/event_rpcgen.py";
/// Below `OUT`: the code of messages.
const MESSAGES: &str = "messages";
const SONAME: &str = "libevhub.so.0";
const TEST_LIBRARY: &str = "target/testlib/libevhub.so";
const SANITIZED: &str = "x86_64-unknown-linux-gnu";
const CFLAGS: &[&str] = &["-std=gnu11", "-Wall", "-Wextra", "-Werror", "-g", "-O1", "-pthread"];
/// Linked with each program.
const HARNESS: &[&str] = &["ctests/harness.c", "ctests/harness_fds.c"];
const TEST_BUILD: &[&str] = &["--profile", "testlib", "--features", "kqueue-emulation"];
const COMPILERS: usize = 2;

/// The library that a test process is to load.
#[derive(Clone)]
pub struct Library {
    /// Goes to LD_LIBRARY_PATH.
    pub folder: PathBuf,
    /// What the loader must end up with.
    pub file: PathBuf,
}

pub struct Program {
    /// "folder/program".
    pub name: String,
    pub executable: PathBuf,
}

/// Goes to the project's folder and makes the folders for what is built.
pub fn enter_project() -> Result<(), String> {
    std::env::set_current_dir(env!("CARGO_MANIFEST_DIR")).map_err(|e| e.to_string())?;
    for folder in ["logs", "shim", "lib"] {
        make_folder(&Path::new(OUT).join(folder))?;
    }
    Ok(())
}

/// The staged install; made if it is missing.
pub fn stage() -> Result<(), String> {
    if Path::new(STAGE).join("lib").join(SONAME).exists() {
        return Ok(());
    }
    run(Command::new("make").arg("stage"))
}

pub fn have_nightly() -> bool {
    let mut command = Command::new("cargo");
    command.args(["+nightly", "--version"]).env_remove("RUSTUP_TOOLCHAIN");
    let quiet = command.stdout(Stdio::null()).stderr(Stdio::null());
    quiet.status().is_ok_and(|status| status.success())
}

/// The library for a backend; built if it is not the staged one and not up to date.
pub fn library(backend: &Backend, variant: &Variant) -> Result<Library, String> {
    if let Some(sanitizer) = variant.sanitizer {
        return sanitized_library(backend, sanitizer);
    }
    if backend.test_library {
        return test_library();
    }
    let folder = absolute(&Path::new(STAGE).join("lib"))?;
    Ok(Library { file: real(&folder.join(SONAME))?, folder })
}

/// The test build, whose kqueue runs on an emulation.
fn test_library() -> Result<Library, String> {
    if is_older(TEST_LIBRARY, &library_sources()) {
        run(cargo().arg("build").args(TEST_BUILD))?;
    }
    under_soname(TEST_LIBRARY, "lib/kqueue")
}

/// The instrumented ones: the library as it is, and the test build.
fn sanitized_library(backend: &Backend, sanitizer: &str) -> Result<Library, String> {
    let (profile, suffix, arguments) = match backend.test_library {
        true => ("testlib", "-kqueue", TEST_BUILD),
        false => ("debug", "", [].as_slice()),
    };
    let target = format!("target/{sanitizer}");
    let file = format!("{target}/{SANITIZED}/{profile}/libevhub.so");
    if is_older(&file, &library_sources()) {
        let mut command = cargo();
        // The standard library is not instrumented. What of it can be compiled anew, is: locks.
        let flags = format!(
            "-Zsanitizer={sanitizer} -Cunsafe-allow-abi-mismatch=sanitizer -Zshare-generics=no \
             -Copt-level=2"
        );
        command.env_remove("RUSTUP_TOOLCHAIN").env("RUSTFLAGS", flags);
        command.args(["+nightly", "build", "--target", SANITIZED, "--target-dir", &target]);
        run(command.args(arguments))?;
    }
    under_soname(&file, &format!("lib/{sanitizer}{suffix}"))
}

fn cargo() -> Command {
    let mut command = Command::new("cargo");
    command.env_remove("CARGO").env("CARGO_BUILD_JOBS", "2");
    command
}

fn library_sources() -> Vec<PathBuf> {
    let mut files = vec![PathBuf::from("Cargo.toml"), PathBuf::from("build.rs")];
    add_files(Path::new("src"), &mut files);
    add_files(Path::new("ctests/kqueue"), &mut files);
    files
}

/// The loader asks for the soname, which cargo's file does not bear.
fn under_soname(file: &str, folder: &str) -> Result<Library, String> {
    let folder = absolute(&Path::new(OUT).join(folder))?;
    make_folder(&folder)?;
    let link = folder.join(SONAME);
    let file = real(Path::new(file))?;
    if fs::read_link(&link).ok().as_ref() != Some(&file) {
        let _ = fs::remove_file(&link);
        std::os::unix::fs::symlink(&file, &link).map_err(|e| e.to_string())?;
    }
    Ok(Library { folder, file })
}

/// Each C file of ctests/shim/ becomes a library to preload.
pub fn shims() -> Result<(), String> {
    let mut sources = Vec::new();
    add_files(Path::new("ctests/shim"), &mut sources);
    let headers: Vec<PathBuf> = sources.iter().filter(|f| ends(f, "h")).cloned().collect();
    for source in sources.iter().filter(|f| ends(f, "c")) {
        let shim = Path::new(OUT).join("shim").join(stem(source)).with_extension("so");
        let mut inputs = headers.clone();
        inputs.push(source.clone());
        if is_older(&shim, &inputs) {
            let mut cc = Command::new("cc");
            cc.args(CFLAGS).args(["-shared", "-fPIC", "-o"]).arg(&shim);
            run(cc.arg(source).args(["-ldl"]))?;
        }
    }
    Ok(())
}

/// Each .rpc file beside the programs becomes C code in one folder, which programs include.
pub fn messages() -> Result<(), String> {
    let mut sources = Vec::new();
    for folder in FOLDERS {
        add_files(&Path::new("ctests").join(folder), &mut sources);
    }
    let made = Path::new(OUT).join(MESSAGES);
    make_folder(&made)?;
    for source in sources.iter().filter(|f| ends(f, "rpc")) {
        let file = |ending| made.join(stem(source)).with_extension(ending);
        let (header, code) = (file("gen.h"), file("gen.c"));
        if is_older(&code, &[source.clone(), PathBuf::from(GENERATOR)]) {
            let mut python = Command::new("python3");
            run(python.arg(GENERATOR).arg(source).arg(header).arg(code))?;
        }
    }
    Ok(())
}

/// Compiles the programs that are not up to date, a few at a time. Those that do not compile are
/// returned apart, by name.
pub fn programs(variant: &Variant) -> Result<(Vec<Program>, Vec<String>), String> {
    let flags = compile_flags(variant)?;
    let mut common: Vec<PathBuf> = HARNESS.iter().map(PathBuf::from).collect();
    common.extend(headers(Path::new("ctests")));
    add_files(&Path::new(STAGE).join("include"), &mut common);
    add_files(&Path::new(OUT).join(MESSAGES), &mut common);
    let mut programs = Vec::new();
    let mut stale = VecDeque::new();
    for source in program_sources(variant) {
        let program = program(&source, variant)?;
        let mut inputs = common.clone();
        inputs.extend(source.parent().map(headers).unwrap_or_default());
        inputs.push(source.clone());
        if is_older(&program.executable, &inputs) {
            stale.push_back((source, program.executable.clone()));
        }
        programs.push(program);
    }
    let failed = compile_all(stale, &flags);
    let (bad, good) = programs.into_iter().partition(|p| failed.contains(&p.executable));
    Ok((good, Vec::into_iter(bad).map(|p| p.name).collect()))
}

fn program_sources(variant: &Variant) -> Vec<PathBuf> {
    let mut sources = Vec::new();
    for folder in FOLDERS {
        add_files(&Path::new("ctests").join(folder), &mut sources);
    }
    sources.retain(|f| (ends(f, "c") || ends(f, "cc")) && variant.has(&program_name(f)));
    sources.sort();
    sources
}

/// "folder/program".
fn program_name(source: &Path) -> String {
    source.strip_prefix("ctests").unwrap_or(source).with_extension("").display().to_string()
}

fn program(source: &Path, variant: &Variant) -> Result<Program, String> {
    let name = program_name(source);
    let kind = variant.sanitizer.unwrap_or("bin");
    let executable = absolute(&Path::new(OUT).join(kind).join(&name))?;
    if let Some(folder) = executable.parent() {
        make_folder(folder)?;
    }
    Ok(Program { name, executable })
}

/// What pkg-config says about the stage, and a runpath, which LD_LIBRARY_PATH overrides.
fn compile_flags(variant: &Variant) -> Result<Vec<String>, String> {
    let stage = absolute(Path::new(STAGE))?;
    let mut flags = package_flags(&["evhub"])?;
    let runpath = stage.join("lib").display().to_string();
    flags.push(format!("-Wl,--enable-new-dtags,-rpath,{runpath}"));
    if let Some(sanitizer) = variant.sanitizer {
        // Instrumented variables have room around them: no copies of them in the program. And the
        // library may need what the harness has.
        let own = format!("-fsanitize={sanitizer}");
        flags.extend([own, "-fPIC".to_string(), "-rdynamic".to_string()]);
    }
    Ok(flags)
}

fn package_flags(packages: &[&str]) -> Result<Vec<String>, String> {
    let output = Command::new("pkg-config")
        .args(["--cflags", "--libs"])
        .args(packages)
        .env("PKG_CONFIG_PATH", absolute(Path::new(STAGE))?.join("lib/pkgconfig"))
        .stderr(Stdio::inherit())
        .output()
        .map_err(|e| format!("pkg-config: {e}"))?;
    if !output.status.success() {
        return Err(format!("pkg-config does not know the staged {packages:?}"));
    }
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    Ok(text.split_whitespace().map(str::to_string).collect())
}

/// What a program needs beside evhub.
fn extra_flags(source: &Path) -> Result<Vec<String>, String> {
    let is_in = |folder: &&str| source.starts_with(Path::new("ctests").join(folder));
    let packages = PACKAGES.iter().find(|(folder, _)| is_in(folder));
    packages.map_or(Ok(Vec::new()), |(_, packages)| package_flags(packages))
}

/// Returns the executables that could not be made.
fn compile_all(stale: VecDeque<(PathBuf, PathBuf)>, flags: &[String]) -> Vec<PathBuf> {
    let queue = Mutex::new(stale);
    let failed = Mutex::new(Vec::new());
    let pop = || queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
    let work = || {
        while let Some((source, executable)) = pop() {
            if let Err(message) = compile(&source, &executable, flags) {
                eprintln!("ctests: {message}");
                failed.lock().unwrap_or_else(PoisonError::into_inner).push(executable);
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..COMPILERS {
            scope.spawn(work);
        }
    });
    failed.into_inner().unwrap_or_else(PoisonError::into_inner)
}

fn compile(source: &Path, executable: &Path, flags: &[String]) -> Result<(), String> {
    let (standard, warnings) = CFLAGS.split_at(1);
    let is_c = ends(source, "c");
    let mut cc = Command::new("cc");
    cc.args(if is_c { standard } else { &[] }).args(warnings).arg("-Ictests");
    cc.arg(format!("-I{OUT}/{MESSAGES}"));
    cc.arg("-o").arg(executable).arg(source).args(HARNESS);
    cc.args(extra_flags(source)?).args(flags).arg("-ldl");
    run(cc.args(if is_c { [].as_slice() } else { &["-lstdc++"] }))
}

/// True if the file does not exist or an input is younger.
fn is_older(file: impl AsRef<Path>, inputs: &[PathBuf]) -> bool {
    let age = |path: &Path| fs::metadata(path).and_then(|m| m.modified()).ok();
    let Some(made) = age(file.as_ref()) else { return true };
    inputs.iter().map(|path| age(path).unwrap_or(SystemTime::UNIX_EPOCH)).any(|t| t > made)
}

/// All files under a folder; none if it does not exist.
fn add_files(folder: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            add_files(&path, files);
        } else {
            files.push(path);
        }
    }
}

/// The C headers in a folder itself.
fn headers(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    add_files(folder, &mut files);
    files.retain(|file| ends(file, "h") && file.parent() == Some(folder));
    files
}

fn ends(path: &Path, extension: &str) -> bool {
    path.extension().is_some_and(|e| e == extension)
}

fn stem(path: &Path) -> &str {
    path.file_stem().and_then(|s| s.to_str()).unwrap_or_default()
}

fn run(command: &mut Command) -> Result<(), String> {
    let text = format!("{command:?}");
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{text}: {status}")),
        Err(e) => Err(format!("{text}: {e}")),
    }
}

fn make_folder(folder: &Path) -> Result<(), String> {
    fs::create_dir_all(folder).map_err(|e| format!("{}: {e}", folder.display()))
}

fn absolute(path: &Path) -> Result<PathBuf, String> {
    std::path::absolute(path).map_err(|e| format!("{}: {e}", path.display()))
}

fn real(path: &Path) -> Result<PathBuf, String> {
    fs::canonicalize(path).map_err(|e| format!("{}: {e}", path.display()))
}
