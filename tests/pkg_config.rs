//! Programs that find the library by pkg-config, under its own name and under libevent's: they
//! compile, link in each way and run, on our headers and our code even where another libevent
//! is installed.

#[path = "support/elf.rs"]
mod elf;
#[path = "support/place.rs"]
mod place;
#[path = "support/shell.rs"]
mod shell;

use std::path::Path;
use std::process::Command;

use place::Place;
use shell::{command, run};

const NAMES: [&str; 4] = ["evhub", "libevent", "libevent_core", "libevent_extra"];

/// pkg-config's answer for an installation with this prefix.
fn flags(prefix: &Path, name: &str, wanted: &[&str]) -> Vec<String> {
    let mut pkg_config = command("pkg-config");
    pkg_config.args(wanted).arg(name).env("PKG_CONFIG_PATH", prefix.join("lib/pkgconfig"));
    run(&mut pkg_config).split_whitespace().map(str::to_string).collect()
}

/// The compiler, told to make ctests/install/client.c into a program.
fn compiler(program: &Path) -> Command {
    let mut cc = command("cc");
    cc.args(["-Wall", "-Wextra", "-Werror", "-o"]).arg(program).arg("ctests/install/client.c");
    cc
}

#[test]
fn every_name_compiles_links_and_runs() {
    let place = Place::new("pkg-config");
    run(&mut place.make_prefix("install-compat", &[]));
    let lib = place.root.join("lib");
    for name in NAMES {
        let version = run(command("pkg-config")
            .args(["--modversion", name])
            .env("PKG_CONFIG_PATH", lib.join("pkgconfig")));
        let expected = if name == "evhub" { env!("CARGO_PKG_VERSION") } else { "1.4.15" };
        assert_eq!(version.trim(), expected, "{name}");

        let program = place.root.join(format!("dynamic-{name}"));
        run(compiler(&program).args(flags(&place.root, name, &["--cflags", "--libs"])));
        assert!(elf::needed(&program).contains(&"libevhub.so.0".to_string()), "{name}");
        let served = run(command(&program).env("LD_LIBRARY_PATH", &lib));
        assert_eq!(served.trim(), lib.join("libevhub.so.0").display().to_string(), "{name}");
    }
}

#[test]
fn every_name_links_statically() {
    let place = Place::new("pkg-config-static");
    run(&mut place.make_prefix("install-compat", &[]));
    for name in NAMES {
        let cflags = flags(&place.root, name, &["--cflags"]);
        let libs = flags(&place.root, name, &["--static", "--libs"]);
        assert!(libs.contains(&"-lpthread".to_string()), "{name}: {libs:?}");

        // The library alone is static ...
        let program = place.root.join(format!("static-{name}"));
        let mut cc = compiler(&program);
        cc.arg("-DSTATIC").args(&cflags).arg("-Wl,-Bstatic");
        run(cc
            .args(libs.iter().filter(|l| l.starts_with("-L") || l.contains("-lev")))
            .arg("-Wl,-Bdynamic")
            .args(libs.iter().filter(|l| !l.contains("-lev"))));
        let needed = elf::needed(&program);
        assert!(!needed.iter().any(|n| n.contains("ev")), "{name}: {needed:?}");
        run(&mut command(&program));

        // ... or the whole program.
        let program = place.root.join(format!("whole-{name}"));
        run(compiler(&program).args(["-DSTATIC", "-static"]).args(&cflags).args(&libs));
        assert!(elf::needed(&program).is_empty(), "{name}");
        run(&mut command(&program));
    }
}

/// Two static libraries written in Rust bring the same standard library; ours keeps its own to
/// itself.
#[test]
fn the_static_library_lives_beside_another_rust_library() {
    let place = Place::new("pkg-config-two-rusts");
    run(&mut place.make_prefix("install", &[]));
    let source = place.root.join("other.rs");
    shell::write(
        &source,
        "#[unsafe(no_mangle)] pub extern \"C\" fn other() -> i32 {\n\
         format!(\"{:?}\", std::thread::spawn(|| 7).join()).len() as i32 }\n",
    );
    let archive = place.root.join("libother.a");
    let mut rustc = command("rustc");
    rustc.args(["--edition=2024", "--crate-type=staticlib", "-Cpanic=abort", "-o"]);
    run(rustc.arg(&archive).arg(&source));
    let calls = place.root.join("calls.c");
    shell::write(&calls, "int other(void);\nint (*volatile call_other)(void) = other;\n");
    let program = place.root.join("program");
    let mut cc = compiler(&program);
    cc.arg("-DSTATIC").arg(&calls).args(flags(&place.root, "evhub", &["--cflags"]));
    cc.arg(&archive).arg(place.root.join("lib/libevhub.a"));
    run(cc.args(["-lpthread", "-ldl", "-lrt", "-lm"]));
    run(&mut command(&program));
}
