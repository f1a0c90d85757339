//! Programs built long ago for libevent 1.4 run on our library without being rebuilt: linked
//! here to a stub of that time, from declarations written by hand (ctests/old_binary), and then
//! run with the staged library in its place.

#[path = "support/elf.rs"]
mod elf;
#[path = "support/shell.rs"]
mod shell;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Once;

use shell::{command, fresh_folder, make_folder, project, run};

const SONAMES: [&str; 3] =
    ["libevent-1.4.so.2", "libevent_core-1.4.so.2", "libevent_extra-1.4.so.2"];

/// How a program is compiled that has the library's variables in itself.
const FIXED: &[&str] = &["-no-pie", "-fno-pic"];

/// The staged installation's libraries.
fn stage() -> PathBuf {
    static STAGED: Once = Once::new();
    let lib = project().join("target/stage/lib");
    STAGED.call_once(|| {
        if !lib.join("libevent-1.4.so.2").exists() {
            run(command("make").arg("stage"));
        }
    });
    lib
}

/// Compiles ctests/old_binary/NAME.c and links it to a stub that has the given soname.
fn old_program(folder: &Path, name: &str, soname: &str, flags: &[&str]) -> PathBuf {
    let source = |name: &str| project().join("ctests/old_binary").join(name).with_extension("c");
    let stub = folder.join(soname);
    let mut cc = command("cc");
    cc.args(["-shared", "-fPIC", "-w", "-o"]).arg(&stub).arg(format!("-Wl,-soname,{soname}"));
    run(cc.arg(source("stub")));
    let program = folder.join(name);
    let mut cc = command("cc");
    cc.args(["-std=gnu11", "-O1", "-Wall", "-Wextra", "-Werror"]).args(flags);
    run(cc.arg("-o").arg(&program).arg(source(name)).arg(&stub));
    assert!(elf::needed(&program).contains(&soname.to_string()), "not an old binary");
    program
}

fn runs_under_each_name(name: &str) {
    let lib = stage();
    for soname in SONAMES {
        let folder = fresh_folder(&format!("old-binary-{name}-{soname}"));
        let program = old_program(&folder, name, soname, &[]);
        let served = run(command(&program).env("LD_LIBRARY_PATH", &lib));
        let expected = lib.join("libevhub.so.0").display().to_string();
        assert!(served.trim().ends_with(&expected), "{soname}: {served}");
    }
}

#[test]
fn an_old_program_runs_under_each_name() {
    runs_under_each_name("loop");
}

#[test]
fn an_old_program_on_buffers_runs_under_each_name() {
    runs_under_each_name("buffers");
}

#[test]
fn a_fixed_address_program_shares_the_variables() {
    let folder = fresh_folder("old-binary-data");
    let program = old_program(&folder, "data", SONAMES[0], FIXED);
    // Only with copy relocations does the test say anything.
    let relocations = run(command("readelf").args(["-W", "-r"]).arg(&program));
    for name in ["current_base", "event_gotsig", "event_sigcb"] {
        let copied = |line: &str| line.contains("_COPY") && line.contains(name);
        assert!(relocations.lines().any(copied), "{name} is not copied:\n{relocations}");
    }
    let output = shell::output(command(&program).env("LD_LIBRARY_PATH", stage()));
    // The loader complains on standard error if a variable has another size than 1.4's.
    assert!(output.status.success() && output.stderr.is_empty(), "{}", shell::text(&output));
}

#[test]
fn names_loaded_together_are_one_library() {
    let folder = fresh_folder("old-binary-names");
    let program = folder.join("names");
    let mut cc = command("cc");
    cc.args(["-std=gnu11", "-Wall", "-Wextra", "-Werror", "-o"]).arg(&program);
    run(cc.arg(project().join("ctests/old_binary/names.c")).arg("-ldl"));
    run(command(&program).env("LD_LIBRARY_PATH", stage()));
}

/// ld.so finds the library by its cache, as on a machine where it is installed. The machine is
/// a folder: its own cache is written by `ldconfig -r`, and the program runs in a chroot.
#[test]
fn an_old_program_runs_where_ldconfig_knows_the_folder() {
    if run(command("id").arg("-u")).trim() != "0" {
        // Not by eprintln, which the test harness would swallow.
        let _ = writeln!(std::io::stderr(), "skipped: chroot and ldconfig -r need root");
        return;
    }
    let folder = fresh_folder("old-binary-chroot");
    let root = folder.join("root");
    let programs = [
        old_program(&folder, "loop", SONAMES[0], &[]),
        old_program(&folder, "buffers", SONAMES[0], &[]),
        old_program(&folder, "data", SONAMES[0], FIXED),
    ];
    let installed = root.join("opt/evhub/lib");
    make_folder(&installed);
    for name in SONAMES.iter().chain(&["libevhub.so.0"]) {
        copy(&stage().join(name), &installed.join(name));
    }
    for file in needed_files(&installed.join("libevhub.so.0")) {
        copy(&file, &root.join(file.strip_prefix("/").unwrap_or(&file)));
    }
    shell::write(&root.join("etc/ld.so.conf"), "/opt/evhub/lib\n");
    run(command("/sbin/ldconfig").arg("-r").arg(&root));
    let cache = run(command("/sbin/ldconfig").arg("-r").arg(&root).arg("-p"));
    for soname in SONAMES {
        assert!(cache.contains(soname), "{soname} is not in the cache:\n{cache}");
    }
    for program in programs {
        let name = program.file_name().unwrap();
        copy(&program, &root.join(name));
        let inside = Path::new("/").join(name);
        let output = run(command("/usr/sbin/chroot").arg(&root).arg(&inside));
        assert!(name == "data" || output.contains("/opt/evhub/lib/libevhub.so.0"), "{output}");
    }
}

/// The loader and the libraries that a file needs, by the paths at which they are looked for.
fn needed_files(file: &Path) -> Vec<PathBuf> {
    let text = run(command("ldd").arg(file));
    let words = text.split_whitespace();
    words.filter(|word| word.starts_with('/')).map(PathBuf::from).collect()
}

fn copy(from: &Path, to: &Path) {
    if let Some(folder) = to.parent() {
        make_folder(folder);
    }
    std::fs::copy(from, to).unwrap_or_else(|e| panic!("{}: {e}", from.display()));
}
