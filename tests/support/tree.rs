//! A picture of a folder, to compare it before and after.

// Each test program uses a part of this.
#![allow(dead_code)]

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

#[derive(Debug, PartialEq, Eq)]
pub enum Entry {
    Folder,
    /// Mode and contents.
    File(u32, Vec<u8>),
    /// What it points to.
    Link(String),
}

/// Everything below a folder, by path relative to it.
pub fn tree(root: &Path) -> BTreeMap<String, Entry> {
    let mut entries = BTreeMap::new();
    add(root, root, &mut entries);
    entries
}

fn add(root: &Path, folder: &Path, entries: &mut BTreeMap<String, Entry>) {
    let fail = |path: &Path, e: std::io::Error| -> ! { panic!("{}: {e}", path.display()) };
    for item in fs::read_dir(folder).unwrap_or_else(|e| fail(folder, e)).flatten() {
        let path = item.path();
        let meta = fs::symlink_metadata(&path).unwrap_or_else(|e| fail(&path, e));
        let entry = if meta.is_symlink() {
            let target = fs::read_link(&path).unwrap_or_else(|e| fail(&path, e));
            Entry::Link(target.display().to_string())
        } else if meta.is_dir() {
            add(root, &path, entries);
            Entry::Folder
        } else {
            let contents = fs::read(&path).unwrap_or_else(|e| fail(&path, e));
            Entry::File(meta.permissions().mode() & 0o7777, contents)
        };
        let name = path.strip_prefix(root).unwrap_or(&path).display().to_string();
        entries.insert(name, entry);
    }
}

/// The paths alone, without those of folders.
pub fn files(root: &Path) -> Vec<String> {
    let tree = tree(root);
    tree.into_iter().filter(|(_, e)| *e != Entry::Folder).map(|(path, _)| path).collect()
}
