//! `make install`, `install-compat` and `uninstall`: what they put where, what they refuse, and
//! that everything comes back. Each test installs into a folder of its own below target/tmp.

#[path = "support/elf.rs"]
mod elf;
#[path = "support/place.rs"]
mod place;
#[path = "support/shell.rs"]
mod shell;
#[path = "support/tree.rs"]
mod tree;

use std::collections::BTreeSet;
use std::os::unix::fs::symlink;
use std::path::Path;

use place::Place;
use shell::{run, run_failing};
use tree::{Entry, files, tree};

const VERSION: &str = env!("CARGO_PKG_VERSION");
const COMPAT: [&str; 3] = ["libevent", "libevent_core", "libevent_extra"];
const CLASSIC: [&str; 6] =
    ["event.h", "evutil.h", "event-config.h", "evdns.h", "evhttp.h", "evrpc.h"];

/// Where `make install` puts files, relative to the prefix.
fn base_files() -> BTreeSet<String> {
    let mut paths: BTreeSet<String> = ["so", "so.0", &format!("so.{VERSION}"), "a"]
        .iter()
        .map(|ending| format!("lib/libevhub.{ending}"))
        .collect();
    for ending in ["so", "so.0", &format!("so.{VERSION}")] {
        paths.insert(format!("lib/libevhub_tls.{ending}"));
    }
    let others = ["pkgconfig/evhub.pc", "pkgconfig/evhub_tls.pc", "evhub/manifest"];
    paths.extend(others.map(|path| format!("lib/{path}")));
    for header in files(&shell::project().join("include/evhub")) {
        paths.insert(format!("include/evhub/{header}"));
    }
    paths
}

/// What `make install-compat` adds.
fn compat_files() -> BTreeSet<String> {
    let mut paths: BTreeSet<String> =
        ["lib/evhub/manifest-compat", "bin/event_rpcgen.py"].map(String::from).into();
    for name in COMPAT {
        for file in ["-1.4.so.2", ".so", ".a"] {
            paths.insert(format!("lib/{name}{file}"));
        }
        paths.insert(format!("lib/pkgconfig/{name}.pc"));
    }
    paths.extend(CLASSIC.iter().map(|header| format!("include/{header}")));
    paths
}

fn below(root: &Path) -> BTreeSet<String> {
    files(root).into_iter().collect()
}

#[test]
fn install_puts_the_library_headers_and_pc_file() {
    let place = Place::new("install base");
    run(&mut place.make("install", &[]));
    let prefix = place.root.join("usr/local");
    assert_eq!(below(&prefix), base_files());
    run(&mut place.make("uninstall", &[]));
    assert!(tree(&place.root).is_empty(), "{:?}", files(&place.root));
}

#[test]
fn install_compat_adds_the_names_of_libevent() {
    let place = Place::new("install-compat");
    run(&mut place.make("install-compat", &[]));
    let prefix = place.root.join("usr/local");
    let all: BTreeSet<String> = base_files().union(&compat_files()).cloned().collect();
    assert_eq!(below(&prefix), all);
    for (path, entry) in tree(&prefix) {
        match entry {
            Entry::File(mode, _) => {
                let runs = path.contains(".so") || path.starts_with("bin/");
                let expected = if runs { 0o755 } else { 0o644 };
                assert_eq!(mode, expected, "{path}");
            }
            Entry::Link(target) => assert_eq!(Some(target.as_str()), link_target(&path), "{path}"),
            Entry::Folder => {}
        }
    }
    run(&mut place.make("uninstall", &[]));
    assert!(tree(&place.root).is_empty(), "{:?}", files(&place.root));
}

/// What the links are to point to: always a name beside them.
fn link_target(path: &str) -> Option<&'static str> {
    match path.strip_prefix("lib/lib")? {
        "evhub.so.0" => Some(concat!("libevhub.so.", env!("CARGO_PKG_VERSION"))),
        "evhub.so" => Some("libevhub.so.0"),
        "evhub_tls.so.0" => Some(concat!("libevhub_tls.so.", env!("CARGO_PKG_VERSION"))),
        "evhub_tls.so" => Some("libevhub_tls.so.0"),
        "event.so" | "event_core.so" | "event_extra.so" => Some("libevhub.so"),
        "event.a" | "event_core.a" | "event_extra.a" => Some("libevhub.a"),
        _ => None,
    }
}

#[test]
fn folders_are_honoured() {
    let place = Place::new("install-folders");
    let variables =
        ["prefix=/usr", "libdir=/usr/lib/here", "includedir=/opt/headers", "bindir=/opt/bin"];
    run(&mut place.make("install-compat", &variables));
    assert!(place.has("usr/lib/here/libevent-1.4.so.2"));
    assert!(place.has("opt/headers/event.h") && place.has("opt/headers/evhub/event.h"));
    assert!(place.has("opt/bin/event_rpcgen.py") && !place.has("usr/bin"));
    let pc = place.read("usr/lib/here/pkgconfig/libevent.pc");
    assert!(pc.contains("\nprefix=/usr\n") && pc.contains("\nlibdir=${exec_prefix}/lib/here\n"));
    assert!(pc.contains("\nincludedir=/opt/headers\n"), "{pc}");
    run(&mut place.make("uninstall", &variables));
    assert!(tree(&place.root).is_empty(), "{:?}", files(&place.root));
    let output = run_failing(&mut place.make("install", &["prefix=usr"]));
    assert!(output.contains("'usr' is not an absolute path"), "{output}");
    assert!(tree(&place.root).is_empty());
}

#[test]
fn libraries_have_their_names_and_need_libc_alone() {
    let place = Place::new("install-names");
    run(&mut place.make("install-compat", &[]));
    let lib = place.root.join("usr/local/lib");
    let library = lib.join("libevhub.so.0");
    assert_eq!(elf::soname(&library).as_deref(), Some("libevhub.so.0"));
    // The unwinder that Rust's backtraces use is part of every system that has libc.
    let needed = elf::needed(&library);
    let known = |name: &String| {
        name == "libc.so.6" || name == "libgcc_s.so.1" || name.starts_with("ld-linux")
    };
    assert!(needed.iter().all(known), "{needed:?}");
    let library = lib.join("libevhub_tls.so.0");
    assert_eq!(elf::soname(&library).as_deref(), Some("libevhub_tls.so.0"));
    let needed = elf::needed(&library);
    for name in ["libevhub.so.0", "libssl.so", "libcrypto.so"] {
        assert!(needed.iter().any(|needed| needed.starts_with(name)), "{name}: {needed:?}");
    }
    let foreign = elf::exported(&library).into_iter().map(|(name, _)| name);
    let foreign: Vec<_> = foreign.filter(|name| !name.starts_with("evhub_tls_")).collect();
    assert!(foreign.is_empty(), "exported by the TLS library: {foreign:?}");
    for name in COMPAT {
        let soname = format!("{name}-1.4.so.2");
        let file = lib.join(&soname);
        assert_eq!(elf::soname(&file), Some(soname));
        assert_eq!(elf::needed(&file), ["libevhub.so.0"]);
        assert!(elf::exported(&file).is_empty(), "{name} has names of its own");
    }
}

#[test]
fn only_names_of_the_c_interface_are_exported() {
    let place = Place::new("install-symbols");
    run(&mut place.make("install", &[]));
    let lib = place.root.join("usr/local/lib");
    let table = shell::read(&shell::project().join("tests/abi/symbols.tsv"));
    let known: BTreeSet<&str> = table.lines().filter_map(|l| l.split('\t').next()).collect();
    let exported = elf::exported(&lib.join("libevhub.so"));
    let foreign: Vec<_> = exported
        .iter()
        .filter(|(name, _)| !known.contains(name.as_str()) && !name.starts_with("evhub_"))
        .collect();
    assert!(foreign.is_empty(), "not part of the C interface: {foreign:?}");
    assert!(exported.iter().any(|(name, _)| name == "event_init"));
    let names = |list: Vec<(String, String)>| -> BTreeSet<String> {
        list.into_iter().map(|(name, _)| name).collect()
    };
    let global = names(elf::global(&lib.join("libevhub.a")));
    assert_eq!(global, names(exported), "the static library has other names");
}

#[test]
fn compat_refuses_to_replace_another_libevent() {
    let place = Place::new("install-refuse");
    place.foreign("usr/local/include/event.h", "other\n");
    place.foreign("usr/local/lib/libevent-1.4.so.2", "other\n");
    symlink("libevent-2.0.so.5", place.root.join("usr/local/lib/libevent.so")).unwrap();
    let before = tree(&place.root);
    let output = run_failing(&mut place.make("install-compat", &[]));
    for path in ["include/event.h", "lib/libevent-1.4.so.2", "lib/libevent.so"] {
        let path = place.root.join("usr/local").join(path);
        assert!(output.contains(&path.display().to_string()), "{path:?} is not named: {output}");
    }
    assert!(!output.contains("evutil.h"), "names what is not there: {output}");
    assert!(output.contains("FORCE=1"), "{output}");
    assert_eq!(tree(&place.root), before);
    // The project's own names are in nobody's way.
    run(&mut place.make("install", &[]));
    run(&mut place.make("uninstall", &[]));
    assert_eq!(tree(&place.root), before);
}

#[test]
fn force_keeps_what_it_replaces_and_uninstall_puts_it_back() {
    let place = Place::new("install-force");
    place.foreign("usr/local/include/event.h", "other event.h\n");
    place.foreign("usr/local/lib/pkgconfig/libevent.pc", "other libevent.pc\n");
    place.foreign("usr/local/lib/libunrelated.so", "not ours\n");
    symlink("libevent-2.0.so.5", place.root.join("usr/local/lib/libevent.so")).unwrap();
    let before = tree(&place.root);
    run(&mut place.make("install-compat", &["FORCE=1"]));
    let saved = "usr/local/include/event.h.evhub-saved";
    assert_eq!(place.read(saved), "other event.h\n");
    assert_ne!(place.read("usr/local/include/event.h"), "other event.h\n");
    assert!(place.has("usr/local/lib/libevent.so.evhub-saved"));

    // Our own files need no FORCE, and are never taken for somebody else's.
    let installed = tree(&place.root);
    run(&mut place.make("install-compat", &[]));
    run(&mut place.make("install-compat", &["FORCE=1"]));
    assert_eq!(tree(&place.root), installed);

    run(&mut place.make("uninstall", &[]));
    assert_eq!(tree(&place.root), before);
    let output = run(&mut place.make("uninstall", &[]));
    assert!(output.contains("nothing to uninstall"), "{output}");
    assert_eq!(tree(&place.root), before);
}

#[test]
fn a_saved_copy_is_never_overwritten() {
    let place = Place::new("install-saved-twice");
    let header = "usr/local/include/event.h";
    place.foreign(header, "first\n");
    run(&mut place.make("install-compat", &["FORCE=1"]));
    // Another libevent is installed over ours.
    place.foreign(header, "second\n");
    let output = run_failing(&mut place.make("install-compat", &[]));
    assert!(output.contains(header), "{output}");
    run(&mut place.make("install-compat", &["FORCE=1"]));
    assert_eq!(place.read(&format!("{header}.evhub-saved")), "first\n");
    assert_eq!(place.read(&format!("{header}.evhub-saved.1")), "second\n");
    // What we replaced last comes back; the older copy is left and named.
    let output = shell::text(&shell::output(&mut place.make("uninstall", &[])));
    assert!(output.contains("event.h.evhub-saved"), "{output}");
    assert_eq!(place.read(header), "second\n");
    assert_eq!(files(&place.root), [header.to_string(), format!("{header}.evhub-saved")]);
}

#[test]
fn uninstall_leaves_what_was_changed_or_added() {
    let place = Place::new("install-changed");
    run(&mut place.make("install-compat", &[]));
    place.foreign("usr/local/include/evdns.h", "another libevent's\n");
    place.foreign("usr/local/include/evhub/notes.txt", "somebody's notes\n");
    let output = shell::text(&shell::output(&mut place.make("uninstall", &[])));
    assert!(output.contains("include/evdns.h"), "{output}");
    let left = ["usr/local/include/evdns.h", "usr/local/include/evhub/notes.txt"];
    assert_eq!(files(&place.root), left);
}

/// What belongs to a Debian package is not replaced, whatever FORCE says, and by whatever name
/// the package knows it.
#[test]
fn files_of_packages_are_never_replaced() {
    let place = Place::new("install-packages");
    place.foreign("usr/include/event.h", "of a package\n");
    place.foreign("usr/lib/libevent.so", "of a package\n");
    symlink("usr/lib", place.root.join("lib")).unwrap();
    let owns = |path: &str| {
        let root = place.root.display();
        place.program("dpkg", &format!("[ \"$2\" = '{root}/{path}' ] || exit 1\necho \"p: $2\""));
    };
    let before = tree(&place.root);
    let variables = ["prefix=/usr", "libdir=/lib", "FORCE=1"];
    for path in ["usr/include/event.h", "usr/lib/libevent.so"] {
        owns(path);
        let output = run_failing(&mut place.make("install-compat", &variables));
        assert!(output.contains("never replaced"), "{output}");
        assert_eq!(tree(&place.root), before);
    }
    // The same for a file that we once installed and that a package has taken over.
    owns("none");
    run(&mut place.make("install-compat", &variables));
    owns("usr/lib/libevhub.so.0");
    std::fs::remove_file(place.root.join("usr/lib/libevhub.so.0")).unwrap();
    symlink("libevhub.so.0.9.9", place.root.join("usr/lib/libevhub.so.0")).unwrap();
    let output = run_failing(&mut place.make("install", &variables));
    assert!(output.contains("libevhub.so.0"), "{output}");
    owns("usr/lib/evhub/manifest");
    let output = run_failing(&mut place.make("uninstall", &variables));
    assert!(output.contains("belongs to a package"), "{output}");
}

#[test]
fn an_upgrade_removes_what_the_new_version_does_not_have() {
    let place = Place::new("install-upgrade");
    run(&mut place.make("install", &[]));
    let old = "usr/local/lib/libevhub.so.0.0.1";
    place.foreign(old, "the version before\n");
    let sum = run(shell::command("cksum").arg(place.root.join(old)));
    let sum: Vec<&str> = sum.split_whitespace().take(2).collect();
    let manifest = place.read("usr/local/lib/evhub/manifest");
    let line = format!("file\t{}\t/{old}\n", sum.join(" "));
    place.foreign("usr/local/lib/evhub/manifest", &format!("{manifest}{line}"));
    run(&mut place.make("install", &[]));
    assert!(!place.has(old), "the old version is still there");
    assert_eq!(place.read("usr/local/lib/evhub/manifest"), manifest);
    run(&mut place.make("uninstall", &[]));
    assert!(tree(&place.root).is_empty(), "{:?}", files(&place.root));
}

/// An installation that breaks off anywhere can be taken back whole, and can be completed.
#[test]
fn a_broken_off_installation_can_be_taken_back() {
    let place = Place::new("install-broken");
    place.foreign("usr/local/include/event.h", "other\n");
    let before = tree(&place.root);
    for refused in ["libevhub.a", "evhub.pc", "evutil.h", "libevent-1.4.so.2", "event-config.h"] {
        let script = format!(
            "for f in \"$@\"; do last=$f; done\n\
             case $last in */{refused}.evhub-new) exit 1 ;; esac\nexec install \"$@\""
        );
        place.program("broken-install", &script);
        let variables = ["FORCE=1", "INSTALL=broken-install"];
        run_failing(&mut place.make("install-compat", &variables));
        assert_ne!(tree(&place.root), before);
        run(&mut place.make("uninstall", &[]));
        assert_eq!(tree(&place.root), before, "broken off at {refused}");
        run_failing(&mut place.make("install-compat", &variables));
        run(&mut place.make("install-compat", &["FORCE=1"]));
        run(&mut place.make("uninstall", &[]));
        assert_eq!(tree(&place.root), before, "completed after {refused}");
    }
}

#[test]
fn warns_of_a_libevent_that_the_linker_finds_first() {
    let place = Place::new("install-warning");
    let other = place.root.join("other");
    shell::make_folder(&other);
    let mut cc = shell::command("cc");
    run(cc.args(["-shared", "-x", "c", "/dev/null", "-o"]).arg(other.join("libevent.so")));
    let flags = format!("LDFLAGS=-L{}", other.display());
    let warning = |output: &std::process::Output| shell::text(output).contains("the linker finds");
    let output = shell::output(&mut place.make_prefix("install-compat", &[&flags]));
    assert!(output.status.success(), "{}", shell::text(&output));
    assert!(warning(&output), "no warning: {}", shell::text(&output));
    assert!(shell::text(&output).contains("other/libevent.so"), "{}", shell::text(&output));
    // Nothing to say where ours comes first; nor has ldconfig any business with such a folder.
    let flags = format!("LDFLAGS=-L{}", place.root.join("lib").display());
    let output = shell::output(&mut place.make_prefix("install-compat", &[&flags]));
    assert!(!warning(&output), "{}", shell::text(&output));
    assert!(!shell::text(&output).contains("called"), "{}", shell::text(&output));
}
