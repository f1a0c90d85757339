//! The project's own files, and what they say line by line.

use std::path::Path;

use crate::shell::{project, read};

const FOLDERS: [&str; 10] = [
    "src",
    "tls",
    "include",
    "tests",
    "ctests",
    "examples",
    "benches",
    "pkgconfig",
    "docs",
    "fuzz",
];

pub struct File {
    /// Relative to the project's folder.
    pub path: String,
    pub text: String,
}

impl File {
    pub fn is(&self, ending: &str) -> bool {
        Path::new(&self.path).extension().is_some_and(|found| found == ending)
    }

    pub fn is_c(&self) -> bool {
        self.is("c") || self.is("h") || self.path.ends_with(".h.in")
    }

    pub fn is_in(&self, folder: &str) -> bool {
        self.path.starts_with(folder)
    }

    /// Numbered from 1, with the place to point at.
    pub fn lines(&self) -> impl Iterator<Item = (String, &str)> {
        let place = |number: usize| format!("{}:{}", self.path, number + 1);
        self.text.lines().enumerate().map(move |(number, line)| (place(number), line))
    }

    /// The lines that are not comments, without the comments at their ends.
    pub fn code(&self) -> impl Iterator<Item = (String, &str)> {
        self.lines().filter_map(|(place, line)| {
            let code = line.split("//").next().unwrap_or_default().trim_end();
            if code.is_empty() { None } else { Some((place, code)) }
        })
    }
}

/// Every text file that people write, and the headers that are made of some of them.
pub fn files() -> Vec<File> {
    let mut files = Vec::new();
    for folder in FOLDERS {
        add(&project().join(folder), &mut files);
    }
    add_texts(project(), &mut files);
    assert!(files.len() > 50, "only {} files: this is not the project", files.len());
    files
}

/// Those in Rust that the libraries are made of.
pub fn sources() -> Vec<File> {
    let is_source = |file: &File| file.is_in("src/") || file.is_in("tls/src/");
    files().into_iter().filter(|file| is_source(file) && file.is("rs")).collect()
}

fn add(folder: &Path, files: &mut Vec<File>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_dir() && path.file_name().is_some_and(|name| name != "target") {
            add(&path, files);
        }
    }
    add_texts(folder, files);
}

fn add_texts(folder: &Path, files: &mut Vec<File>) {
    const TEXTS: [&str; 10] = ["rs", "c", "h", "in", "sh", "py", "toml", "md", "tsv", "map"];
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        let is_text = path.extension().is_some_and(|e| TEXTS.iter().any(|text| e == *text));
        if path.is_file() && (is_text || path.ends_with("Makefile")) {
            let relative = path.strip_prefix(project()).unwrap_or(&path);
            files.push(File { path: relative.display().to_string(), text: read(&path) });
        }
    }
}
