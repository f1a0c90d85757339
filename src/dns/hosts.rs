//! A hosts file: addresses by name, without case.
//!
//! Kept in two blocks however many lines there are: the names, and entries in the order of their
//! names' hashes.

use super::resolv_conf::literal;
use crate::errno::{Errno, Result};
use crate::sys::file;
use std::net::IpAddr;

pub struct Hosts {
    names: Vec<u8>,
    entries: Vec<Entry>,
}

struct Entry {
    hash: u32,
    /// Where in `names`: this is also the order of the file.
    at: u32,
    length: u8,
    address: IpAddr,
}

impl Hosts {
    /// The system's file; without one there are no names. `ENOMEM`.
    pub fn of_system() -> Result<Hosts> {
        match file::read(super::settings::HOSTS, super::settings::HOSTS_LIMIT) {
            Ok(text) => Hosts::parse(&text),
            Err(file::Failure::Memory) => Err(Errno::NOMEM),
            Err(_) => Ok(Hosts { names: Vec::new(), entries: Vec::new() }),
        }
    }

    /// Lines that make no sense are left out.
    pub fn parse(text: &[u8]) -> Result<Hosts> {
        let mut hosts = Hosts { names: Vec::new(), entries: Vec::new() };
        for line in text.split(|&byte| byte == b'\n') {
            let line = line.split(|byte| matches!(byte, b'#' | 0)).next().unwrap_or_default();
            let mut words =
                line.split(|byte| matches!(byte, b' ' | b'\t' | b'\r')).filter(|w| !w.is_empty());
            let Some(address) = words.next().and_then(literal) else { continue };
            for name in words {
                hosts.add(name, address)?;
            }
        }
        hosts.entries.sort_unstable_by_key(|entry| (entry.hash, entry.at));
        Ok(hosts)
    }

    fn add(&mut self, name: &[u8], address: IpAddr) -> Result<()> {
        let name = without_dot(name);
        let (Ok(length), Ok(at)) = (u8::try_from(name.len()), u32::try_from(self.names.len()))
        else {
            return Ok(());
        };
        if name.is_empty() {
            return Ok(());
        }
        self.names.try_reserve(name.len())?;
        self.entries.try_reserve(1)?;
        self.names.extend_from_slice(name);
        self.entries.push(Entry { hash: hash(name), at, length, address });
        Ok(())
    }

    /// The addresses of a name, in the order of the file.
    pub fn addresses(&self, name: &[u8]) -> impl Iterator<Item = IpAddr> {
        let name = without_dot(name);
        let hash = hash(name);
        let first = self.entries.partition_point(|entry| entry.hash < hash);
        let same_hash = self.entries[first..].iter().take_while(move |entry| entry.hash == hash);
        same_hash
            .filter(move |entry| self.name(entry).eq_ignore_ascii_case(name))
            .map(|e| e.address)
    }

    fn name(&self, entry: &Entry) -> &[u8] {
        &self.names[entry.at as usize..][..usize::from(entry.length)]
    }
}

fn without_dot(name: &[u8]) -> &[u8] {
    name.strip_suffix(b".").unwrap_or(name)
}

/// FNV-1a of the lower case.
fn hash(name: &[u8]) -> u32 {
    name.iter().fold(0x811c_9dc5, |hash, byte| {
        (hash ^ u32::from(byte.to_ascii_lowercase())).wrapping_mul(0x0100_0193)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(hosts: &Hosts, name: &str) -> Vec<String> {
        hosts.addresses(name.as_bytes()).map(|address| address.to_string()).collect()
    }

    #[test]
    fn names_and_aliases_of_both_families() {
        let text = b"127.0.0.1 localhost Box.test\n::1\tlocalhost # more\n\
            # 192.0.2.9 no\nnonsense here\n192.0.2.7 .\r\n192.0.2.1 box.TEST. other\r\n\
            fe80::1%lo x";
        let hosts = Hosts::parse(text).expect("memory");
        assert_eq!(found(&hosts, "localhost"), ["127.0.0.1", "::1"]);
        assert_eq!(found(&hosts, "box.test"), ["127.0.0.1", "192.0.2.1"]);
        assert_eq!(found(&hosts, "OTHER."), ["192.0.2.1"]);
        assert_eq!(found(&hosts, "more"), [""; 0]);
        assert_eq!(found(&hosts, "here"), [""; 0]);
        assert_eq!(found(&hosts, "no"), [""; 0]);
        assert_eq!(found(&hosts, "."), [""; 0]);
    }

    #[test]
    fn many_lines() {
        let line = |n: u32| format!("10.{}.{}.{} host{n}\n", n >> 16, n >> 8 & 255, n & 255);
        let text: String = (0..100_000).map(line).collect();
        let hosts = Hosts::parse(text.as_bytes()).expect("memory");
        assert_eq!(found(&hosts, "host99999"), ["10.1.134.159"]);
        assert_eq!(found(&hosts, "host100000"), [""; 0]);
    }
}
