//! Any bytes as a resolv.conf, and as a hosts file: limits are kept, servers can be asked, and a
//! name has the addresses of all its lines.
#![no_main]

mod common;

use evhub::dns::hosts::Hosts;
use evhub::dns::resolv_conf::{self, Draft};
use evhub::dns::settings::{Options, about};
use libfuzzer_sys::fuzz_target;
use std::net::IpAddr;

const NDOTS: u32 = 1;

fn parsed(text: &[u8], flags: i32) -> Draft {
    let mut draft = Draft::new(NDOTS, Options::DEFAULT);
    resolv_conf::parse(text, flags, &mut draft).expect("memory");
    draft
}

fn check_settings(text: &[u8], flags: i32) {
    let draft = parsed(text, flags);
    let options = draft.options;
    assert!((1..=86_400).contains(&options.timeout));
    assert!((1..=255).contains(&options.attempts));
    assert!((1..=255).contains(&options.max_timeouts));
    assert!((1..=65_000).contains(&options.max_inflight));
    assert!(options.cache_size <= 1 << 20);
    assert!(draft.ndots <= i32::MAX as u32);
    assert!(draft.servers().iter().all(|server| server.port() != 0));
    let is_v4 = |at: usize| draft.servers()[at].is_ipv4();
    assert!((0..draft.servers().len()).all(|at| is_v4(at) == is_v4(0)));
    assert!(draft.domains.iter().flatten().all(|domain| !domain.is_root()));
    if flags & about::SEARCH == 0 {
        assert!(draft.domains.is_none() && draft.ndots == NDOTS);
    }
    if flags & about::NAMESERVERS == 0 {
        assert!(draft.servers().is_empty());
    }
    if flags & about::MISC == 0 {
        assert_eq!(options, Options::DEFAULT);
    }
}

fn words(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    let end = line.iter().position(|byte| matches!(byte, b'#' | 0)).unwrap_or(line.len());
    line[..end].split(|byte| b" \t\r".contains(byte)).filter(|word| !word.is_empty())
}

/// All that a hosts file says, line by line.
fn pairs(text: &[u8]) -> Vec<(&[u8], IpAddr)> {
    let mut pairs = Vec::new();
    for line in text.split(|&byte| byte == b'\n') {
        let mut words = words(line);
        let Some(address) = words.next().and_then(resolv_conf::literal) else { continue };
        let names = words.map(|word| word.strip_suffix(b".").unwrap_or(word));
        pairs.extend(names.filter(|name| name.len() < 256).map(|name| (name, address)));
    }
    pairs
}

/// More would take too long, and be no different.
const NAMES: usize = 50;

fn check_hosts(text: &[u8]) {
    let hosts = Hosts::parse(text).expect("memory");
    let pairs = pairs(text);
    for (name, _) in pairs.iter().take(NAMES) {
        let expected = pairs.iter().filter(|(other, _)| other.eq_ignore_ascii_case(name));
        // One dot at the end makes no difference; in a file there may have been two.
        let name = [name, &b"."[..]].concat();
        assert!(hosts.addresses(&name).eq(expected.map(|(_, address)| *address)));
        assert!(hosts.addresses(&name.to_ascii_uppercase()).eq(hosts.addresses(&name)));
    }
    assert_eq!(hosts.addresses(b"no such name").next(), None);
}

fuzz_target!(|data: &[u8]| {
    let Some((flags, text)) = data.split_first() else { return };
    check_settings(text, i32::from(flags & 7));
    check_hosts(text);
});
