//! What a resolver is told: name servers, search domains, options, names of the machine itself.
//!
//! The calls of libevent 1.4 share one of these, process-wide; a resolver may have its own. It has
//! no sockets and no queries: those belong to a base.

use super::hosts::Hosts;
use super::name::Name;
use super::resolv_conf::{self, Draft};
use crate::errno::{Errno, Result};
use crate::sys::{file, process};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Mutex, PoisonError};

/// What an option or a line of resolv.conf is about (`DNS_OPTION_*`).
pub mod about {
    use std::ffi::c_int;

    pub const SEARCH: c_int = 1;
    pub const NAMESERVERS: c_int = 2;
    pub const MISC: c_int = 4;
    pub const ALL: c_int = 7;
}

/// Limits and times (behaviour 107).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Seconds for which a server is given time.
    pub timeout: u32,
    /// Packets in all, for one question.
    pub attempts: u32,
    /// So many timeouts in a row are forgiven.
    pub max_timeouts: u32,
    /// Questions that are asked at the same time.
    pub max_inflight: usize,
    /// Answers that are kept until their time is over.
    pub cache_size: usize,
    /// Letters are sent in a case that a forger would have to guess.
    pub randomize_case: bool,
}

impl Options {
    pub const DEFAULT: Options = Options {
        timeout: 5,
        attempts: 3,
        max_timeouts: 3,
        max_inflight: 64,
        cache_size: 0,
        randomize_case: false,
    };
}

/// The domains that names are looked up in.
#[derive(Debug, PartialEq, Eq)]
pub struct Search {
    pub domains: Vec<Name>,
    /// A name with so many dots is first tried as it is.
    pub ndots: u32,
}

impl Search {
    pub const DEFAULT: Search = Search { domains: Vec::new(), ndots: 1 };

    /// A domain from text; dots before it do not count. `None`: it is none, or the root.
    pub fn domain(text: &[u8]) -> Option<Name> {
        let dots = text.iter().take_while(|&&byte| byte == b'.').count();
        Name::from_text(&text[dots..]).filter(|name| !name.is_root())
    }

    pub fn try_push(&mut self, domain: Name) -> Result<()> {
        self.domains.try_reserve(1)?;
        self.domains.push(domain);
        Ok(())
    }

    /// The last that was added is the first that is tried (behaviour 119).
    pub fn try_prepend(&mut self, domain: Name) -> Result<()> {
        self.domains.try_reserve(1)?;
        self.domains.insert(0, domain);
        Ok(())
    }
}

pub struct Settings {
    pub servers: Vec<SocketAddr>,
    /// Goes up with each change of the servers.
    pub generation: u32,
    pub search: Search,
    pub options: Options,
    pub hosts: Option<Hosts>,
    /// The files to read again, and what was wanted of the first.
    resolv_conf: Option<(Vec<u8>, i32)>,
    hosts_file: Option<Vec<u8>>,
}

/// Why there is no more than the default (behaviour 103): the numbers that programs get.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum ConfError {
    Open = 1,
    Stat = 2,
    TooLarge = 3,
    Memory = 4,
    Read = 5,
    NoServers = 6,
}

/// The system's names.
pub const HOSTS: &[u8] = b"/etc/hosts";

/// More is not read of a resolv.conf.
const RESOLV_CONF_LIMIT: usize = 65535;

/// More is not read of a hosts file: names for some millions of addresses.
pub const HOSTS_LIMIT: usize = 256 << 20;

impl Settings {
    pub const fn new() -> Settings {
        Settings {
            servers: Vec::new(),
            generation: 0,
            search: Search::DEFAULT,
            options: Options::DEFAULT,
            hosts: None,
            resolv_conf: None,
            hosts_file: None,
        }
    }

    /// `EEXIST`: that address is there already.
    pub fn add_server(&mut self, server: SocketAddr, is_same: Same) -> Result<()> {
        if self.servers.iter().any(|known| is_same(known, &server)) {
            return Err(Errno::EXIST);
        }
        self.servers.try_reserve(1)?;
        self.servers.push(server);
        self.generation = self.generation.wrapping_add(1);
        Ok(())
    }

    pub fn remove_server(&mut self, server: SocketAddr) {
        self.servers.retain(|known| *known != server);
        self.generation = self.generation.wrapping_add(1);
    }

    /// `EINVAL`: no such option, or no number.
    pub fn set_option(&mut self, name: &[u8], value: &[u8], flags: i32) -> Result<()> {
        let (options, ndots) = (&mut self.options, &mut self.search.ndots);
        resolv_conf::set_option(options, ndots, name, value, flags)
    }

    pub fn clear_servers(&mut self) {
        self.servers = Vec::new();
        self.generation = self.generation.wrapping_add(1);
    }

    /// Everything but the options, which survive (behaviour 107).
    pub fn forget(&mut self) {
        let options = self.options;
        let generation = self.generation.wrapping_add(1);
        *self = Settings { options, generation, ..Settings::new() };
    }

    /// Reads a resolv.conf, and the hosts file if everything is wanted. What was not read whole
    /// changes nothing, but that without a file the defaults are used.
    pub fn load(&mut self, path: &[u8], flags: i32) -> Result<(), ConfError> {
        let known = try_copy(path).map_err(|_| ConfError::Memory)?;
        let result = self.read(path, flags);
        if matches!(result, Ok(()) | Err(ConfError::NoServers | ConfError::Open)) {
            self.resolv_conf = Some((known, flags));
            if flags & about::ALL == about::ALL && self.load_hosts(HOSTS) == Err(Errno::NOMEM) {
                return Err(ConfError::Memory);
            }
        }
        result
    }

    fn read(&mut self, path: &[u8], flags: i32) -> Result<(), ConfError> {
        let text = match file::read(path, RESOLV_CONF_LIMIT) {
            Ok(text) => text,
            Err(file::Failure::Open) => {
                self.use_defaults(flags).map_err(|_| ConfError::Memory)?;
                return Err(ConfError::Open);
            }
            Err(file::Failure::Stat) => return Err(ConfError::Stat),
            Err(file::Failure::TooLarge) => return Err(ConfError::TooLarge),
            Err(file::Failure::Memory) => return Err(ConfError::Memory),
            Err(file::Failure::Read) => return Err(ConfError::Read),
        };
        let mut draft = Draft::new(self.search.ndots, self.options);
        resolv_conf::parse(&text, flags, &mut draft).map_err(|_| ConfError::Memory)?;
        let has_servers = self.adopt(draft, flags).map_err(|_| ConfError::Memory)?;
        if has_servers { Ok(()) } else { Err(ConfError::NoServers) }
    }

    /// Takes over what was read; were there servers?
    fn adopt(&mut self, draft: Draft, flags: i32) -> Result<bool> {
        let found = draft.servers();
        let wanted = flags & about::NAMESERVERS != 0;
        self.servers.try_reserve(found.len() + 1)?;
        for &server in found {
            let _ = self.add_server(server, same_address);
        }
        let none = found.is_empty();
        if wanted && none {
            let _ = self.add_server(localhost(), same_address);
        }
        self.options = draft.options;
        if let Some(domains) = draft.domains {
            self.search.domains = domains;
        }
        self.search.ndots = draft.ndots;
        Ok(!(wanted && none))
    }

    /// 127.0.0.1, and the domain that the machine is in.
    fn use_defaults(&mut self, flags: i32) -> Result<()> {
        if flags & about::SEARCH != 0 {
            let mut search = Search::DEFAULT;
            let mut room = [0; process::NAME_LIMIT];
            let host = process::host_name(&mut room);
            let dot = host.iter().position(|&byte| byte == b'.');
            if let Some(domain) = dot.and_then(|dot| Search::domain(&host[dot..])) {
                search.try_push(domain)?;
            }
            self.search = search;
        }
        if flags & about::NAMESERVERS != 0 {
            match self.add_server(localhost(), same_address) {
                Ok(()) | Err(Errno::EXIST) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Reads a hosts file in place of the one before; one that cannot be read changes nothing.
    pub fn load_hosts(&mut self, path: &[u8]) -> Result<()> {
        let known = try_copy(path)?;
        let text = file::read(path, HOSTS_LIMIT).map_err(|failure| failure.errno())?;
        self.hosts = Some(Hosts::parse(&text)?);
        self.hosts_file = Some(known);
        Ok(())
    }

    pub fn forget_hosts(&mut self) {
        (self.hosts, self.hosts_file) = (None, None);
    }

    /// Reads the files again: servers and domains that are not there any more are dropped. All of
    /// the new, or all of the old.
    pub fn reload(&mut self) -> Result<(), ConfError> {
        let Some((path, flags)) = &self.resolv_conf else { return Err(ConfError::Open) };
        let mut fresh = Settings::new();
        fresh.options = self.options;
        fresh.load(path, *flags)?;
        // The hosts file is the one that was read last, be it another than the system's.
        match &self.hosts_file {
            Some(path) => fresh.load_hosts(path).map_err(|_| ConfError::Read)?,
            None => fresh.forget_hosts(),
        }
        if flags & about::NAMESERVERS == 0 {
            fresh.servers = std::mem::take(&mut self.servers);
        }
        if flags & about::SEARCH == 0 {
            std::mem::swap(&mut fresh.search, &mut self.search);
        }
        fresh.generation = self.generation.wrapping_add(1);
        *self = fresh;
        Ok(())
    }
}

fn localhost() -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, resolv_conf::PORT))
}

/// Are these the same server?
pub type Same = fn(&SocketAddr, &SocketAddr) -> bool;

/// To libevent 1.4's calls, whatever their ports (behaviour 105).
pub fn same_address(one: &SocketAddr, other: &SocketAddr) -> bool {
    one.ip() == other.ip()
}

pub fn same_socket(one: &SocketAddr, other: &SocketAddr) -> bool {
    one == other
}

/// A copy, if there is memory for it.
pub fn try_copy<T: Copy>(items: &[T]) -> Result<Vec<T>> {
    let mut copy = Vec::new();
    copy.try_reserve_exact(items.len())?;
    copy.extend_from_slice(items);
    Ok(copy)
}

static SHARED: Mutex<Settings> = Mutex::new(Settings::new());

/// With the process-wide settings. No user code runs meanwhile.
pub fn with_shared<R>(operation: impl FnOnce(&mut Settings) -> R) -> R {
    operation(&mut SHARED.lock().unwrap_or_else(PoisonError::into_inner))
}
