//! A place to install to: a folder below target/tmp that plays the root of a machine.

// Each test program uses a part of this.
#![allow(dead_code)]

use std::ffi::OsString;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::shell;

pub struct Place {
    /// DESTDIR.
    pub root: PathBuf,
    /// Goes before everything else in PATH: stands for programs of the machine.
    bin: PathBuf,
}

impl Place {
    pub fn new(name: &str) -> Place {
        let folder = shell::fresh_folder(name);
        let place = Place { root: folder.join("root"), bin: folder.join("bin") };
        shell::make_folder(&place.root);
        shell::make_folder(&place.bin);
        // ldconfig would be the machine's own: no installation in a test may come to it.
        place.program("ldconfig", "[ \"$1\" = -N ] || [ \"$1\" = -p ] || echo called >&2");
        // The packages of the machine own nothing in here.
        place.program("dpkg", "exit 1");
        place
    }

    /// Puts a shell script where it is found as a program.
    pub fn program(&self, name: &str, script: &str) {
        let file = self.bin.join(name);
        shell::write(&file, &format!("#!/bin/sh\n{script}\n"));
        let mode = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(&file, mode).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    }

    /// `make TARGET VARIABLE=...` with this place as DESTDIR and /usr/local as prefix.
    pub fn make(&self, target: &str, variables: &[&str]) -> Command {
        let mut make = shell::command("make");
        make.args(["-s", "--no-print-directory", target]);
        make.arg(joined("DESTDIR=", &self.root)).args(variables);
        self.with_programs(&mut make);
        make
    }

    /// The same without DESTDIR: the place is the prefix.
    pub fn make_prefix(&self, target: &str, variables: &[&str]) -> Command {
        let mut make = shell::command("make");
        make.args(["-s", "--no-print-directory", target]);
        make.arg(joined("prefix=", &self.root)).args(variables);
        self.with_programs(&mut make);
        make
    }

    /// A file of somebody else, in place before us.
    pub fn foreign(&self, path: &str, text: &str) {
        shell::write(&self.root.join(path), text);
    }

    pub fn read(&self, path: &str) -> String {
        shell::read(&self.root.join(path))
    }

    pub fn has(&self, path: &str) -> bool {
        self.root.join(path).symlink_metadata().is_ok()
    }

    fn with_programs(&self, command: &mut Command) {
        let mut path = OsString::from(&self.bin);
        path.push(":");
        path.push(std::env::var_os("PATH").unwrap_or_default());
        command.env("PATH", path);
    }
}

fn joined(name: &str, path: &Path) -> OsString {
    let mut word = OsString::from(name);
    word.push(path);
    word
}
