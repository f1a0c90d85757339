//! Lines of resolv.conf, options, and addresses of servers as text (behaviours 104 to 106).
//!
//! What makes no sense is left out, and the rest is used.

use super::name::Name;
use super::settings::{Options, Search, about};
use crate::errno::{Errno, Result};
use crate::sys::address;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};
use std::str::{FromStr, from_utf8};

/// Where name servers listen (RFC 1035, 4.2).
pub const PORT: u16 = 53;

/// What a file has said, until it is used.
pub struct Draft {
    v4: Vec<SocketAddr>,
    v6: Vec<SocketAddr>,
    /// Unless no line has named any.
    pub domains: Option<Vec<Name>>,
    pub ndots: u32,
    pub options: Options,
}

impl Draft {
    pub fn new(ndots: u32, options: Options) -> Draft {
        Draft { v4: Vec::new(), v6: Vec::new(), domains: None, ndots, options }
    }

    /// libevent 1.4 knows IPv4 alone. Where there is nothing else, IPv6 is what the file means.
    pub fn servers(&self) -> &[SocketAddr] {
        if self.v4.is_empty() { &self.v6 } else { &self.v4 }
    }

    fn add_server(&mut self, text: &[u8]) -> Result<()> {
        let Some(server) = server(text) else { return Ok(()) };
        let list = if server.is_ipv4() { &mut self.v4 } else { &mut self.v6 };
        list.try_reserve(1)?;
        list.push(server);
        Ok(())
    }

    fn set_domains<'a>(&mut self, texts: impl Iterator<Item = &'a [u8]>) -> Result<()> {
        let mut search = Search::DEFAULT;
        for domain in texts.filter_map(Search::domain) {
            search.try_push(domain)?;
        }
        self.domains = Some(search.domains);
        self.ndots = search.ndots;
        Ok(())
    }

    fn option(&mut self, word: &[u8], flags: i32) {
        // An option without a number is a word without a meaning here.
        let end = word.iter().position(|&byte| byte == b':').map_or(word.len(), |at| at + 1);
        let (name, value) = word.split_at(end);
        let _ = set_option(&mut self.options, &mut self.ndots, name, value, flags);
    }
}

/// Reads what `flags` ask for.
pub fn parse(text: &[u8], flags: i32, draft: &mut Draft) -> Result<()> {
    for line in text.split(|&byte| byte == b'\n') {
        // As for a C program, a line ends at a NUL.
        let line = line.split(|&byte| byte == 0).next().unwrap_or_default();
        let mut words =
            line.split(|byte| matches!(byte, b' ' | b'\t' | b'\r')).filter(|w| !w.is_empty());
        match words.next() {
            Some(b"nameserver") if flags & about::NAMESERVERS != 0 => {
                draft.add_server(words.next().unwrap_or_default())?;
            }
            Some(b"domain") if flags & about::SEARCH != 0 => draft.set_domains(words.take(1))?,
            Some(b"search") if flags & about::SEARCH != 0 => draft.set_domains(words)?,
            Some(b"options") => words.for_each(|word| draft.option(word, flags)),
            _ => {}
        }
    }
    Ok(())
}

/// Sets one option, as far as `flags` allow. `EINVAL`: no such option, or no number.
pub fn set_option(
    options: &mut Options,
    ndots: &mut u32,
    name: &[u8],
    value: &[u8],
    flags: i32,
) -> Result<()> {
    let is_search = flags & about::SEARCH != 0;
    let is_misc = flags & about::MISC != 0;
    let number = || number(value).ok_or(Errno::INVAL);
    match name.strip_suffix(b":").unwrap_or(name) {
        b"ndots" => set(is_search, ndots, number()?.min(i32::MAX as u32)),
        b"timeout" => set(is_misc, &mut options.timeout, number()?.clamp(1, MAX_TIMEOUT)),
        b"attempts" => set(is_misc, &mut options.attempts, number()?.clamp(1, 255)),
        b"max-timeouts" => set(is_misc, &mut options.max_timeouts, number()?.clamp(1, 255)),
        b"max-inflight" => {
            set(is_misc, &mut options.max_inflight, number()?.clamp(1, 65000) as usize);
        }
        b"cache-size" => set(is_misc, &mut options.cache_size, number()?.min(1 << 20) as usize),
        b"randomize-case" => set(is_misc, &mut options.randomize_case, number()? != 0),
        _ => return Err(Errno::INVAL),
    }
    Ok(())
}

/// Seconds: a day.
const MAX_TIMEOUT: u32 = 86400;

fn set<T>(is_wanted: bool, place: &mut T, value: T) {
    if is_wanted {
        *place = value;
    }
}

/// A number without a sign; one that is too large is the largest.
fn number(text: &[u8]) -> Option<u32> {
    if text.is_empty() || !text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let add = |sum: u32, digit: &u8| sum.saturating_mul(10).saturating_add(u32::from(digit - b'0'));
    Some(text.iter().fold(0, add))
}

/// A server: "192.0.2.1", "192.0.2.1:53", "2001:db8::1", "fe80::1%eth0", "[2001:db8::1]:53".
pub fn server(text: &[u8]) -> Option<SocketAddr> {
    if let Some(rest) = text.strip_prefix(b"[") {
        let end = rest.iter().position(|&byte| byte == b']')?;
        let (ip, after) = (&rest[..end], &rest[end + 1..]);
        let port = if after.is_empty() { PORT } else { port(after.strip_prefix(b":")?)? };
        return v6(ip, port);
    }
    match text.iter().filter(|&&byte| byte == b':').count() {
        0 => Some(SocketAddr::from((parsed::<Ipv4Addr>(text)?, PORT))),
        1 => {
            let at = text.iter().position(|&byte| byte == b':')?;
            Some(SocketAddr::from((parsed::<Ipv4Addr>(&text[..at])?, port(&text[at + 1..])?)))
        }
        _ => v6(text, PORT),
    }
}

fn port(text: &[u8]) -> Option<u16> {
    number(text).and_then(|port| u16::try_from(port).ok()).filter(|&port| port != 0)
}

fn v6(text: &[u8], port: u16) -> Option<SocketAddr> {
    let (ip, scope) = scoped(text)?;
    Some(SocketAddrV6::new(ip, port, 0, scope).into())
}

/// An IPv6 address and, behind a `%`, the interface that it is reached by.
pub fn scoped(text: &[u8]) -> Option<(Ipv6Addr, u32)> {
    let mut parts = text.splitn(2, |&byte| byte == b'%');
    let ip = parsed::<Ipv6Addr>(parts.next()?)?;
    let scope = parts.next().map_or(Some(0), address::scope)?;
    Some((ip, scope))
}

/// An address as it is, without a port or scope.
pub fn literal(text: &[u8]) -> Option<IpAddr> {
    parsed::<Ipv4Addr>(text).map(IpAddr::V4).or_else(|| Some(scoped(text)?.0.into()))
}

fn parsed<T: FromStr>(text: &[u8]) -> Option<T> {
    from_utf8(text).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, flags: i32) -> Draft {
        let mut draft = Draft::new(1, Options::DEFAULT);
        parse(text.as_bytes(), flags, &mut draft).expect("memory");
        draft
    }

    fn servers(text: &str) -> Vec<String> {
        read(text, about::ALL).servers().iter().map(SocketAddr::to_string).collect()
    }

    fn domains(text: &str) -> Vec<String> {
        let domains = read(text, about::ALL).domains.unwrap_or_default();
        domains.iter().map(Name::to_string).collect()
    }

    #[test]
    fn servers_that_make_sense_are_taken() {
        let text = "nameserver 192.0.2.1\nnameserver\nnameserver \t \nnameserver 1.2.3\n\
            nameserver 192.0.2.2:5353 more\r\n  nameserver\t192.0.2.3\nnameserver ::1";
        assert_eq!(servers(text), ["192.0.2.1:53", "192.0.2.2:5353", "192.0.2.3:53"]);
    }

    #[test]
    fn ipv6_where_there_is_nothing_else() {
        assert_eq!(
            servers("nameserver ::1\nnameserver [2001:db8::1]:54"),
            ["[::1]:53", "[2001:db8::1]:54"]
        );
        assert_eq!(server(b"fe80::1%7").map(|s| s.to_string()).as_deref(), Some("[fe80::1%7]:53"));
    }

    #[test]
    fn what_is_no_server() {
        let texts = [
            "",
            "x",
            "1.2.3.4.5",
            "1.2.3.4:",
            "1.2.3.4:0",
            "1.2.3.4:65536",
            "1.2.3.4:-1",
            "[::1",
            "1.2.3.4:99999999999",
            "[::1]x",
            "[::1]:",
            "::1%nosuchinterface",
            "[1.2.3.4]:5",
            "::g",
        ];
        for text in texts {
            assert_eq!(server(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn the_last_list_of_domains_wins_and_resets_ndots() {
        assert_eq!(domains("search a.test b.test\ndomain c.test d.test"), ["c.test"]);
        assert_eq!(
            domains("domain c\nsearch .a..b ..a.test . b.test\0 c.test"),
            ["a.test", "b.test"]
        );
        assert_eq!(read("options ndots:3\nsearch a", about::ALL).ndots, 1);
        assert_eq!(read("search a\noptions ndots:3", about::ALL).ndots, 3);
        assert!(read("options ndots:3", about::ALL).domains.is_none());
    }

    #[test]
    fn options_are_clamped_or_left_out() {
        let text = "options timeout:0 attempts:999 ndots:-1 timeout:x max-inflight:0 rotate \
            max-timeouts:300 unknown:1";
        let draft = read(text, about::ALL);
        let options = draft.options;
        assert_eq!((options.timeout, options.attempts, draft.ndots), (1, 255, 1));
        assert_eq!((options.max_inflight, options.max_timeouts), (1, 255));
        assert_eq!(read("options timeout:9", about::SEARCH).options.timeout, 5);
        assert_eq!(read("options ndots:9", about::MISC).ndots, 1);
    }

    #[test]
    fn flags_say_what_is_taken() {
        let text = "nameserver 192.0.2.1\nsearch a\n# nameserver 192.0.2.2\n;search b";
        assert!(read(text, about::SEARCH).servers().is_empty());
        assert!(read(text, about::NAMESERVERS).domains.is_none());
        assert_eq!(read(text, about::ALL).servers().len(), 1);
    }
}
