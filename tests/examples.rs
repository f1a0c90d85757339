//! The examples, and the programs that the README shows: they compile as any program would, without
//! a warning; those of the hub say what they are expected to say.

#[path = "support/place.rs"]
mod place;
#[path = "support/shell.rs"]
mod shell;

use std::path::{Path, PathBuf};

use place::Place;
use shell::{command, project, read, run, write};

/// An installation, and what pkg-config says of it.
fn install(name: &str) -> (Place, Vec<String>) {
    let place = Place::new(name);
    run(&mut place.make_prefix("install", &[]));
    let mut pkg_config = command("pkg-config");
    pkg_config.args(["--cflags", "--libs", "evhub_tls"]);
    let flags = run(pkg_config.env("PKG_CONFIG_PATH", place.root.join("lib/pkgconfig")));
    let flags = flags.split_whitespace().map(str::to_string).collect();
    (place, flags)
}

fn compile(place: &Place, flags: &[String], source: &Path) -> PathBuf {
    let program = place.root.join(source.file_stem().unwrap_or_default());
    let mut cc = command("cc");
    cc.args(["-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", "-o"]).arg(&program);
    run(cc.arg(source).args(flags));
    program
}

fn run_program(place: &Place, program: &Path) -> String {
    run(command(program).env("LD_LIBRARY_PATH", place.root.join("lib")))
}

/// The files of a folder with this ending, sorted.
fn files(folder: &str, ending: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(project().join(folder));
    let entries = entries.unwrap_or_else(|e| panic!("{folder}: {e}"));
    let mut found: Vec<PathBuf> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|found| found == ending))
        .collect();
    found.sort();
    found
}

#[test]
fn examples_compile_without_a_warning() {
    let (place, flags) = install("examples");
    let sources = files("examples", "c");
    assert!(sources.len() > 10, "only {} examples", sources.len());
    for source in sources {
        compile(&place, &flags, &source);
    }
}

#[test]
fn examples_of_the_hub_say_what_is_expected() {
    let (place, flags) = install("examples-hub");
    let expected = files("examples/expected", "txt");
    assert!(expected.len() >= 4, "only {} examples", expected.len());
    for expected in expected {
        let name = expected.file_stem().unwrap_or_default();
        let source = project().join("examples").join(name).with_extension("c");
        let program = compile(&place, &flags, &source);
        assert_eq!(run_program(&place, &program), read(&expected), "{}", source.display());
    }
}

/// The blocks of C in the README that are whole programs.
fn programs() -> Vec<String> {
    let text = read(&project().join("README.md"));
    let blocks = text.split("```c\n").skip(1).filter_map(|rest| rest.split_once("```"));
    blocks.map(|(block, _)| block.to_string()).filter(|block| block.contains("main(")).collect()
}

#[test]
fn programs_of_the_readme_compile_without_a_warning() {
    let (place, flags) = install("examples-readme");
    let programs = programs();
    assert!(programs.len() >= 2, "only {} programs", programs.len());
    for (number, program) in programs.iter().enumerate() {
        let source = place.root.join(format!("readme-{number}.c"));
        write(&source, program);
        compile(&place, &flags, &source);
    }
}
