//! From a name to a connected socket: where the host is, which of its addresses answers, and when
//! it is tried again.

use super::{Client, Local, Phase, Reason, Verdict, drop_socket};
use crate::dns::hosts::Hosts;
use crate::dns::lookup::Hints;
use crate::dns::resolv_conf;
use crate::dns::resolver::{self, ResolverPtr};
use crate::dns::settings::{self, Settings, about};
use crate::errno::{Errno, Result};
use crate::event::BasePtr;
use crate::http::connection::{Connection, ConnectionPtr, find};
use crate::http::wire::SECOND;
use crate::layout::own_lookup::{self, Finds};
use crate::layout::registry;
use crate::sys::{inet, socket};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};
use std::os::fd::{AsRawFd, IntoRawFd, OwnedFd};

/// Seconds until a connection must be there (behaviour 167), and an address known.
const CONNECT_TIMEOUT: u64 = 45;

/// The longest pause between two attempts, in seconds (behaviour 161).
const LONGEST_PAUSE: u64 = 3600;

/// A name that is looked up.
#[derive(Clone, Copy)]
pub struct Lookup {
    handle: usize,
    resolver: ResolverPtr,
    /// Made for this, and ended with it.
    is_own: bool,
}

/// Begins an attempt. An error: there is no connection to be had with this address, or to any that
/// a name has in the hosts file.
pub fn start(connection: ConnectionPtr, client: &Client) -> Result<()> {
    if client.is_path {
        return connect_to_path(connection, client);
    }
    let host = host_of(client);
    if let Some(address) = literal(host, client.port) {
        set_addresses(client, [address].into_iter())?;
        return next_address(connection, client);
    }
    let found = Hosts::of_system()?;
    set_addresses(client, found.addresses(host).map(|ip| SocketAddr::new(ip, client.port)))?;
    if !client.addresses.borrow().is_empty() {
        return next_address(connection, client);
    }
    client.phase.set(Phase::Resolving);
    let asked = ask(connection, client, host);
    if asked.and_then(|()| connection.wire.pause(connection, CONNECT_TIMEOUT * SECOND)).is_err() {
        // Heard of later, as of all names that are none.
        forget_lookup(client);
        client.phase.set(Phase::Closed);
        return Err(Errno::CONNREFUSED);
    }
    Ok(())
}

/// The host's name, IPv6 addresses without their brackets.
fn host_of(client: &Client) -> &[u8] {
    let host = client.host.to_bytes();
    host.strip_prefix(b"[").and_then(|host| host.strip_suffix(b"]")).unwrap_or(host)
}

/// An address that is written as one.
pub fn literal(host: &[u8], port: u16) -> Option<SocketAddr> {
    match resolv_conf::scoped(host) {
        Some((ip, scope)) => Some(SocketAddrV6::new(ip, port, 0, scope).into()),
        None => resolv_conf::literal(host).map(|ip| SocketAddr::new(ip, port)),
    }
}

/// Those of IPv4 are tried first, as programs that knew no others would have it.
fn set_addresses(client: &Client, found: impl Iterator<Item = SocketAddr>) -> Result<()> {
    let mut addresses = client.addresses.borrow_mut();
    addresses.clear();
    for address in found {
        addresses.try_reserve(1)?;
        addresses.push(address);
    }
    // The next one is taken from the end.
    addresses.reverse();
    addresses.sort_by_key(SocketAddr::is_ipv4);
    Ok(())
}

fn ask(connection: ConnectionPtr, client: &Client, host: &[u8]) -> Result<()> {
    let base = connection.wire.base().ok_or(Errno::INVAL)?;
    let (resolver, is_own) = match client.resolver.and_then(still_there) {
        Some(resolver) => (resolver, false),
        None if settings::with_shared(|settings| !settings.servers.is_empty()) => {
            (resolver::shared_or_new(base, false)?, false)
        }
        None => (resolver_of_system(base)?, true),
    };
    let hints = Hints {
        flags: 0,
        family: libc::AF_UNSPEC,
        kind: libc::SOCK_STREAM,
        protocol: 0,
        port: client.port,
    };
    match own_lookup::begin(resolver, host, hints, connection) {
        Ok(handle) => {
            client.lookup.set(Some(Lookup { handle, resolver, is_own }));
            Ok(())
        }
        Err(error) => {
            if is_own {
                resolver::free(resolver, None);
            }
            Err(error)
        }
    }
}

/// The program may have freed it meanwhile.
fn still_there(resolver: ResolverPtr) -> Option<ResolverPtr> {
    registry::find(|entry| entry.resolver == resolver && entry.base.is_some())
}

/// What the machine asks, for programs that have not said whom to ask.
fn resolver_of_system(base: BasePtr) -> Result<ResolverPtr> {
    let mut settings = Settings::new();
    // Without the file there are defaults.
    let _ = settings.load(b"/etc/resolv.conf", about::ALL);
    resolver::create(base, Some(settings), false)
}

/// Nobody hears of the name any more.
pub fn forget_lookup(client: &Client) {
    if let Some(lookup) = client.lookup.take()
        && still_there(lookup.resolver).is_some()
    {
        resolver::forget_lookup(lookup.resolver, lookup.handle);
        end(lookup);
    }
}

fn end(lookup: Lookup) {
    if lookup.is_own {
        resolver::free(lookup.resolver, None);
    }
}

impl Finds for Connection {
    fn found(raw: *mut Connection, addresses: Result<Vec<SocketAddr>>) {
        let Some(connection) = find(raw) else { return };
        let Some(client) = connection.client() else { return };
        if let Some(lookup) = client.lookup.take() {
            end(lookup);
        }
        connection.wire.ignore_output();
        let begun = addresses.and_then(|found| {
            set_addresses(client, found.into_iter())?;
            next_address(connection, client)
        });
        if begun.is_err() {
            attempt_failed(connection, client);
        }
        super::turn::turn(connection);
    }
}

/// Connects to the next address that can be tried. An error: there is none left; why the last
/// one was none.
fn next_address(connection: ConnectionPtr, client: &Client) -> Result<()> {
    let mut result = Err(Errno::CONNREFUSED);
    loop {
        let Some(address) = client.addresses.borrow_mut().pop() else { break };
        result = connect_to(connection, client, address);
        if result.is_ok() {
            client.phase.set(Phase::Connecting);
            return Ok(());
        }
    }
    client.phase.set(Phase::Closed);
    result
}

fn connect_to_path(connection: ConnectionPtr, client: &Client) -> Result<()> {
    match socket::local(client.host.to_bytes()) {
        Ok(socket) => {
            attach(connection, socket)?;
            client.phase.set(Phase::Connecting);
            Ok(())
        }
        // Nobody takes connections there now.
        Err(Errno::NOENT | Errno::AGAIN) => Err(Errno::CONNREFUSED),
        Err(error) => Err(error),
    }
}

fn connect_to(connection: ConnectionPtr, client: &Client, address: SocketAddr) -> Result<()> {
    let socket = inet::tcp_from(local_for(client, address)?, address)?;
    let _ = socket::set_nodelay(socket.as_raw_fd());
    attach(connection, socket)
}

fn attach(connection: ConnectionPtr, socket: OwnedFd) -> Result<()> {
    let base = connection.wire.base().ok_or(Errno::INVAL)?;
    connection.wire.attach(connection, base, socket.into_raw_fd());
    let added = connection.wire.watch_output_for(CONNECT_TIMEOUT * SECOND);
    added.inspect_err(|_| {
        connection.wire.close();
    })
}

/// Where the socket is bound.
fn local_for(client: &Client, peer: SocketAddr) -> Result<Option<SocketAddr>> {
    let port = client.local_port.get();
    match client.local.get() {
        Local::Wrong => Err(Errno::INVAL),
        Local::At(ip) => Ok(Some(SocketAddr::new(ip, port))),
        Local::Any if port == 0 => Ok(None),
        Local::Any if peer.is_ipv4() => {
            Ok(Some(SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), port)))
        }
        Local::Any => Ok(Some(SocketAddr::new(IpAddr::V6(Ipv6Addr::UNSPECIFIED), port))),
    }
}

/// The kernel has said what has come of an attempt; or nothing, for too long.
pub fn attempted(connection: ConnectionPtr, client: &Client, is_late: bool) {
    let is_there = !is_late && socket::connect_result(connection.wire.socket()).is_ok();
    if is_there && put_between(connection, client).is_ok() {
        client.attempts.set(0);
        client.addresses.borrow_mut().clear();
        connection.wire.ignore_output();
        let _ = connection.wire.watch_idle();
        client.phase.set(Phase::Idle);
        return;
    }
    connection.wire.close();
    if next_address(connection, client).is_err() {
        attempt_failed(connection, client);
    }
}

fn put_between(connection: ConnectionPtr, client: &Client) -> Result<()> {
    client.transport.get().map_or(Ok(()), |maker| connection.wire.put_between(maker))
}

/// No connection: once more after a while, or everybody hears of it (behaviour 161).
pub fn attempt_failed(connection: ConnectionPtr, client: &Client) {
    drop_socket(connection, client);
    let attempts = client.attempts.get();
    let allowed = client.retries.get();
    let may_try = allowed < 0 || attempts < allowed.unsigned_abs();
    if may_try && client.first().is_some() {
        let seconds = (2_u64 << attempts.min(20)).min(LONGEST_PAUSE);
        if connection.wire.pause(connection, seconds * SECOND).is_ok() {
            client.attempts.set(attempts.saturating_add(1));
            client.phase.set(Phase::Pausing);
            return;
        }
    }
    client.attempts.set(0);
    client.decide_all(Verdict::Nothing(Reason::Connect));
}
