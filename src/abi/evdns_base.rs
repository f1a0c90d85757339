//! `evhub/evdns_ext.h`: resolvers with settings of their own, and reading the files anew.
//!
//! NULL stands for the resolver of evdns.h: the process-wide settings, on the current base.

use super::evdns_config::string;
use super::{current, misuse, status};
use crate::dns::query::Code;
use crate::dns::resolv_conf;
use crate::dns::resolver::{self, Resolver, ResolverPtr};
use crate::dns::settings::{self, Search, Settings, about, same_socket};
use crate::errno::{Errno, Result};
use crate::event::{Base, BasePtr};
use crate::globals;
use crate::layout::registry;
use crate::log::Misuse;
use crate::sys::address;
use crate::sys::signal::set_errno;
use libc::{sockaddr, socklen_t};
use std::ffi::{CStr, c_char, c_int, c_uint, c_ulong};
use std::net::{Ipv4Addr, SocketAddr};
use std::ptr;

const INITIALIZE_NAMESERVERS: c_int = 1;
const DISABLE_WHEN_INACTIVE: c_int = 0x8000;
const NAMESERVERS_NO_DEFAULT: c_int = 0x10000;
const KNOWN_FLAGS: c_int = INITIALIZE_NAMESERVERS | DISABLE_WHEN_INACTIVE | NAMESERVERS_NO_DEFAULT;

/// Makes a resolver with settings of its own.
///
/// @param event_base the base that its sockets and questions belong to; NULL: the current one
/// @param flags EVDNS_BASE_INITIALIZE_NAMESERVERS: reads /etc/resolv.conf and the hosts file, and
///   fails if there is no server in it and EVDNS_BASE_NAMESERVERS_NO_DEFAULT is set, too;
///   EVDNS_BASE_DISABLE_WHEN_INACTIVE: name servers do not keep the loop running, questions do
/// @return the resolver, to be freed with evhub_evdns_base_free(), before or after its base; NULL
///   with EINVAL (no base, unknown flags), ENOENT (no server) or ENOMEM
///
/// # Safety
/// `event_base` is NULL or a base that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_evdns_base_new(
    event_base: *mut Base,
    flags: c_int,
) -> *mut Resolver {
    // SAFETY: the caller's word.
    let base = match unsafe { BasePtr::from_raw(event_base) } {
        Some(base) => Ok(base),
        None => current("evdns_base_new"),
    };
    match base.and_then(|base| new_resolver(base, flags)) {
        Ok(resolver) => resolver.as_ptr(),
        Err(error) => {
            set_errno(error);
            ptr::null_mut()
        }
    }
}

fn new_resolver(base: BasePtr, flags: c_int) -> Result<ResolverPtr> {
    if flags & !KNOWN_FLAGS != 0 {
        return Err(Errno::INVAL);
    }
    let mut settings = Settings::new();
    if flags & INITIALIZE_NAMESERVERS != 0 {
        let result = settings.load(b"/etc/resolv.conf", about::ALL);
        if result.is_err() && flags & NAMESERVERS_NO_DEFAULT != 0 {
            return Err(Errno::NOENT);
        }
    }
    let resolver = resolver::create(base, Some(settings), flags & DISABLE_WHEN_INACTIVE == 0)?;
    // A server without a socket gets one when it is to be asked.
    let _ = resolver::operate(resolver, |state| state.open_sockets());
    Ok(resolver)
}

/// Ends a resolver. Also inside its own callbacks.
///
/// @param base a resolver of evhub_evdns_base_new(); NULL: as evdns_shutdown()
/// @param fail_requests not 0: the callbacks of all questions are called with DNS_ERR_SHUTDOWN,
///   now; 0: they are never called
///
/// # Safety
/// `base` is NULL or a resolver that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_evdns_base_free(base: *mut Resolver, fail_requests: c_int) {
    // SAFETY: the caller's word.
    match unsafe { Target::of(base, "evdns_base_free") } {
        Ok(Target::Own(resolver)) => {
            resolver::free(resolver, (fail_requests != 0).then_some(Code::SHUTDOWN));
        }
        Ok(Target::Shared) => super::evdns_client::shut_down(fail_requests),
        Err(error) => set_errno(error),
    }
}

/// Whose settings, whose questions.
#[derive(Clone, Copy)]
pub(super) enum Target {
    Own(ResolverPtr),
    Shared,
}

impl Target {
    /// # Safety
    /// `raw` is NULL or a resolver.
    pub(super) unsafe fn of(raw: *mut Resolver, function: &str) -> Result<Target> {
        // SAFETY: not used before it is found among those that are alive.
        let Some(resolver) = (unsafe { ResolverPtr::from_raw(raw) }) else {
            return Ok(Target::Shared);
        };
        match registry::find(|entry| entry.resolver == resolver) {
            Some(resolver) => Ok(Target::Own(resolver)),
            None => Err(misuse(Misuse::WrongObject, function)),
        }
    }

    /// The resolver for questions.
    pub(super) fn resolver(self, function: &str) -> Result<ResolverPtr> {
        match self {
            Target::Own(resolver) => Ok(resolver),
            Target::Shared => resolver::shared_or_new(current(function)?, false),
        }
    }

    fn change<R>(self, change: impl FnOnce(&mut Settings) -> R) -> Result<R> {
        match self {
            Target::Own(resolver) => {
                resolver::operate(resolver, |state| state.change_settings(change))
            }
            Target::Shared => Ok(settings::with_shared(change)),
        }
    }

    /// The servers have changed.
    fn servers_changed(self) -> Result<()> {
        match self {
            Target::Own(resolver) => resolver::operate(resolver, |state| state.open_sockets())?,
            Target::Shared => resolver::shared_changed(globals::current()),
        }
    }

    fn add_server(self, server: SocketAddr) -> Result<()> {
        self.change(|settings| settings.add_server(server, same_socket))??;
        self.servers_changed().inspect_err(|_| {
            let _ = self.change(|settings| settings.remove_server(server));
        })
    }

    /// For every resolver that has these settings.
    fn for_each(self, mut call: impl FnMut(ResolverPtr)) {
        match self {
            Target::Own(resolver) => call(resolver),
            Target::Shared => registry::for_each_shared(call),
        }
    }
}

/// Adds a name server by its IPv4 address.
///
/// @param base the resolver; NULL: that of evdns.h
/// @param address in network order; the port is 53
/// @return as evhub_evdns_base_nameserver_ip_add()
///
/// # Safety
/// `base` is NULL or a resolver that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_evdns_base_nameserver_add(
    base: *mut Resolver,
    address: c_ulong,
) -> c_int {
    let ip = Ipv4Addr::from(u32::from_be(address as u32));
    let server = SocketAddr::from((ip, resolv_conf::PORT));
    // SAFETY: the caller's word.
    let target = unsafe { Target::of(base, "evdns_base_nameserver_add") };
    status(target.and_then(|target| target.add_server(server)))
}

/// Adds a name server, of IPv4 or IPv6.
///
/// @param base the resolver; NULL: that of evdns.h
/// @param ip_as_string "192.0.2.1", "192.0.2.1:53", "2001:db8::1", "[2001:db8::1]:53",
///   "fe80::1%eth0"
/// @return 0; -1 with EINVAL (NULL, no such address or port), EEXIST (address and port are there
///   already), ENOMEM, or what socket() or connect() say
///
/// # Safety
/// `base` is NULL or a resolver that was not freed; `ip_as_string` is NULL or a string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_evdns_base_nameserver_ip_add(
    base: *mut Resolver,
    ip_as_string: *const c_char,
) -> c_int {
    const FUNCTION: &str = "evdns_base_nameserver_ip_add";
    // SAFETY: the caller's word.
    let (target, text) = unsafe { (Target::of(base, FUNCTION), string(ip_as_string, FUNCTION)) };
    status(target.and_then(|target| {
        let server = resolv_conf::server(text?).ok_or(Errno::INVAL)?;
        target.add_server(server)
    }))
}

/// Adds a name server, of IPv4 or IPv6.
///
/// @param base the resolver; NULL: that of evdns.h
/// @param sa its address and port
/// @param len the size of the address in bytes
/// @param flags 0
/// @return 0; -1 with EINVAL (NULL, too short, port 0, flags), EAFNOSUPPORT, or as
///   evhub_evdns_base_nameserver_ip_add()
///
/// # Safety
/// `base` is NULL or a resolver that was not freed; `sa` is NULL or has `len` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_evdns_base_nameserver_sockaddr_add(
    base: *mut Resolver,
    sa: *const sockaddr,
    len: socklen_t,
    flags: c_uint,
) -> c_int {
    // SAFETY: the caller's word.
    let (target, server) = unsafe {
        (Target::of(base, "evdns_base_nameserver_sockaddr_add"), address::from_raw(sa, len))
    };
    status(target.and_then(|target| {
        let server = server?;
        if flags != 0 || server.port() == 0 {
            return Err(Errno::INVAL);
        }
        target.add_server(server)
    }))
}

/// How many name servers there are.
///
/// @param base the resolver; NULL: that of evdns.h
/// @return the number; -1 with EINVAL or EBUSY (in the middle of another call)
///
/// # Safety
/// `base` is NULL or a resolver that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_evdns_base_count_nameservers(base: *mut Resolver) -> c_int {
    // SAFETY: the caller's word.
    let target = unsafe { Target::of(base, "evdns_base_count_nameservers") };
    match target.and_then(|target| target.change(|settings| settings.servers.len())) {
        Ok(count) => count as c_int,
        Err(error) => status(Err(error)),
    }
}

/// Takes away all name servers; questions wait for evhub_evdns_base_resume().
///
/// @param base the resolver; NULL: that of evdns.h
/// @return 0; -1 with EINVAL or EBUSY
///
/// # Safety
/// `base` is NULL or a resolver that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_evdns_base_clear_nameservers_and_suspend(
    base: *mut Resolver,
) -> c_int {
    // SAFETY: the caller's word.
    let target = unsafe { Target::of(base, "evdns_base_clear_nameservers_and_suspend") };
    status(target.and_then(|target| {
        target.change(Settings::clear_servers)?;
        target.for_each(|resolver| {
            let _ = resolver::operate(resolver, |_| ());
        });
        Ok(())
    }))
}

/// Lets questions go that wait because there was no name server.
///
/// @param base the resolver; NULL: that of evdns.h
/// @return 0; -1 with EINVAL
///
/// # Safety
/// `base` is NULL or a resolver that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_evdns_base_resume(base: *mut Resolver) -> c_int {
    // SAFETY: the caller's word.
    let target = unsafe { Target::of(base, "evdns_base_resume") };
    status(target.map(resume))
}

fn resume(target: Target) {
    target.for_each(|resolver| {
        let _ = resolver::operate(resolver, |state| state.resume());
    });
}

/// Reads a resolv.conf.
///
/// @param base the resolver; NULL: that of evdns.h
/// @param flags what is taken from it, as for evdns_resolv_conf_parse()
/// @param filename its path
/// @return as evdns_resolv_conf_parse()
///
/// # Safety
/// `base` is NULL or a resolver that was not freed; `filename` is NULL or a string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_evdns_base_resolv_conf_parse(
    base: *mut Resolver,
    flags: c_int,
    filename: *const c_char,
) -> c_int {
    const FUNCTION: &str = "evdns_base_resolv_conf_parse";
    // SAFETY: the caller's word.
    let (target, path) = unsafe { (Target::of(base, FUNCTION), string(filename, FUNCTION)) };
    loaded(target, |settings| settings.load(path?, flags).map_err(Failed::Conf))
}

/// Reads the resolv.conf and the hosts file again that were read last: servers and domains that
/// are not in them any more are dropped, questions to them asked elsewhere. If one cannot be read
/// now, everything stays as it was.
///
/// @param base the resolver; NULL: that of evdns.h
/// @return 0; as evdns_resolv_conf_parse(): 1 (also if no file was read before) to 5; 6 no server
///   in it, everything stays as it was; -1 with EINVAL or EBUSY
///
/// # Safety
/// `base` is NULL or a resolver that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_evdns_base_reload(base: *mut Resolver) -> c_int {
    // SAFETY: the caller's word.
    let target = unsafe { Target::of(base, "evdns_base_reload") };
    let result = loaded(target, |settings| settings.reload().map_err(Failed::Conf));
    if let (Ok(target), 0) = (target, result) {
        resume(target);
    }
    result
}

enum Failed {
    Errno(Errno),
    Conf(settings::ConfError),
}

impl From<Errno> for Failed {
    fn from(error: Errno) -> Failed {
        Failed::Errno(error)
    }
}

fn loaded(target: Result<Target>, load: impl FnOnce(&mut Settings) -> Result<(), Failed>) -> c_int {
    let result = target.map_err(Failed::Errno).and_then(|target| {
        let result = target.change(load)?;
        // A server without a socket gets one when it is to be asked.
        let _ = target.servers_changed();
        result
    });
    match result {
        Ok(()) => 0,
        Err(Failed::Conf(error)) => error as c_int,
        Err(Failed::Errno(error)) => status(Err(error)),
    }
}

/// Reads a hosts file, in place of the one before: its names are answered without asking.
///
/// @param base the resolver; NULL: that of evdns.h
/// @param hosts_fname its path; NULL: no hosts file
/// @return 0; -1 with ENOENT (cannot be opened), EFBIG, EIO, ENOMEM, EINVAL or EBUSY: what was
///   known stays known
///
/// # Safety
/// `base` is NULL or a resolver that was not freed; `hosts_fname` is NULL or a string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_evdns_base_load_hosts(
    base: *mut Resolver,
    hosts_fname: *const c_char,
) -> c_int {
    const FUNCTION: &str = "evdns_base_load_hosts";
    // SAFETY: the caller's word.
    let target = unsafe { Target::of(base, FUNCTION) };
    if hosts_fname.is_null() {
        return status(target.and_then(|target| target.change(Settings::forget_hosts)));
    }
    // SAFETY: not NULL, and the caller's word.
    let path = unsafe { CStr::from_ptr(hosts_fname) }.to_bytes();
    status(target.and_then(|target| target.change(|settings| settings.load_hosts(path))?))
}

/// Sets an option.
///
/// @param base the resolver; NULL: that of evdns.h
/// @param option its name, as for evdns_set_option()
/// @param val a number
/// @return 0; -1 with EINVAL or EBUSY
///
/// # Safety
/// `base` is NULL or a resolver that was not freed; the others are NULL or strings.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_evdns_base_set_option(
    base: *mut Resolver,
    option: *const c_char,
    val: *const c_char,
) -> c_int {
    const FUNCTION: &str = "evdns_base_set_option";
    // SAFETY: the caller's word.
    let (target, option, value) =
        unsafe { (Target::of(base, FUNCTION), string(option, FUNCTION), string(val, FUNCTION)) };
    status(target.and_then(|target| {
        let (option, value) = (option?, value?);
        target.change(|settings| settings.set_option(option, value, about::ALL))?
    }))
}

/// Forgets all search domains, and "ndots:".
///
/// @param base the resolver; NULL: that of evdns.h
///
/// # Safety
/// `base` is NULL or a resolver that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_evdns_base_search_clear(base: *mut Resolver) {
    // SAFETY: the caller's word.
    let target = unsafe { Target::of(base, "evdns_base_search_clear") };
    status(target.and_then(|target| target.change(|settings| settings.search = Search::DEFAULT)));
}

/// Adds a search domain, which is tried before those that are there.
///
/// @param base the resolver; NULL: that of evdns.h
/// @param domain as for evdns_search_add()
///
/// # Safety
/// `base` is NULL or a resolver that was not freed; `domain` is NULL or a string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_evdns_base_search_add(base: *mut Resolver, domain: *const c_char) {
    const FUNCTION: &str = "evdns_base_search_add";
    // SAFETY: the caller's word.
    let (target, text) = unsafe { (Target::of(base, FUNCTION), string(domain, FUNCTION)) };
    status(target.and_then(|target| {
        let domain = Search::domain(text?).ok_or(Errno::INVAL)?;
        target.change(|settings| settings.search.try_prepend(domain))?
    }));
}

/// Says how many dots make a name that is first looked up as it is.
///
/// @param base the resolver; NULL: that of evdns.h
/// @param ndots as for evdns_search_ndots_set()
///
/// # Safety
/// `base` is NULL or a resolver that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_evdns_base_search_ndots_set(base: *mut Resolver, ndots: c_int) {
    // SAFETY: the caller's word.
    let target = unsafe { Target::of(base, "evdns_base_search_ndots_set") };
    let ndots = ndots.max(0) as u32;
    status(target.and_then(|target| target.change(|settings| settings.search.ndots = ndots)));
}
