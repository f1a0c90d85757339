//! `evdns.h`: name servers, search domains, options. They are the process's: each base has sockets
//! of its own to the same servers.

use super::{misuse, status};
use crate::dns::resolver;
use crate::dns::settings::{self, Search, Settings, same_address};
use crate::dns::{hooks, resolv_conf};
use crate::errno::{Errno, Result};
use crate::globals;
use crate::layout::call::LogCallback;
use crate::layout::call::dns::IdFn;
use crate::layout::registry;
use crate::log::Misuse;
use crate::sys::signal::set_errno;
use std::ffi::{CStr, c_char, c_int, c_ulong};
use std::net::{Ipv4Addr, SocketAddr};

/// Hears of what the resolver does.
#[allow(non_camel_case_types)]
pub type evdns_debug_log_fn_type = Option<LogCallback>;

/// `uint16_t (*)(void)`.
pub type TransactionIdFn = Option<IdFn>;

/// Adds a name server by its IPv4 address.
///
/// @param address in network order, as s_addr of a struct in_addr; the port is 53
/// @return as evdns_nameserver_ip_add()
/// @see behaviour 105
#[unsafe(no_mangle)]
pub extern "C" fn evdns_nameserver_add(address: c_ulong) -> c_int {
    let ip = Ipv4Addr::from(u32::from_be(address as u32));
    add_server(Some(SocketAddr::from((ip, resolv_conf::PORT))))
}

/// Adds a name server.
///
/// Its socket belongs to the current base, and keeps its loop running until evdns_shutdown() or
/// evdns_clear_nameservers_and_suspend().
///
/// @param ip_as_string "192.0.2.1" or "192.0.2.1:53"; for IPv6 there is
///   evhub_evdns_base_nameserver_ip_add()
/// @return 0; 1 no socket (errno says why); 2 no event for it; 3 the address is there already,
///   whatever its port; 4 no such address or port; -1 with EINVAL (NULL) or ENOMEM
/// @see behaviour 105
///
/// # Safety
/// `ip_as_string` is NULL or a string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evdns_nameserver_ip_add(ip_as_string: *const c_char) -> c_int {
    // SAFETY: the caller's word.
    match unsafe { string(ip_as_string, "evdns_nameserver_ip_add") } {
        Ok(text) => add_server(resolv_conf::server(text).filter(SocketAddr::is_ipv4)),
        Err(error) => status(Err(error)),
    }
}

fn add_server(server: Option<SocketAddr>) -> c_int {
    let Some(server) = server else { return 4 };
    let added = settings::with_shared(|settings| settings.add_server(server, same_address));
    match added {
        Ok(()) => {}
        Err(Errno::EXIST) => return 3,
        Err(error) => return status(Err(error)),
    }
    let Err(error) = resolver::shared_changed(globals::current()) else { return 0 };
    settings::with_shared(|settings| settings.remove_server(server));
    set_errno(error);
    match error {
        Errno::NOMEM => -1,
        Errno::BUSY => 2,
        _ => 1,
    }
}

/// How many name servers there are.
#[unsafe(no_mangle)]
pub extern "C" fn evdns_count_nameservers() -> c_int {
    settings::with_shared(|settings| settings.servers.len() as c_int)
}

/// Takes away all name servers. Questions that were asked wait, before all others, for
/// evdns_resume() after new servers were added.
///
/// @return 0
/// @see behaviour 122
#[unsafe(no_mangle)]
pub extern "C" fn evdns_clear_nameservers_and_suspend() -> c_int {
    settings::with_shared(Settings::clear_servers);
    registry::for_each_shared(|resolver| {
        let _ = resolver::operate(resolver, |_| ());
    });
    0
}

/// Lets questions go that wait because there was no name server.
///
/// @return 0
/// @see behaviours 109, 122
#[unsafe(no_mangle)]
pub extern "C" fn evdns_resume() -> c_int {
    registry::for_each_shared(|resolver| {
        let _ = resolver::operate(resolver, |state| state.resume());
    });
    0
}

/// Reads a resolv.conf.
///
/// @param flags what is taken from it: DNS_OPTION_SEARCH, DNS_OPTION_NAMESERVERS, DNS_OPTION_MISC;
///   with DNS_OPTIONS_ALL the names of /etc/hosts are known from then on, too
/// @param filename its path; at most 65535 bytes are taken from a file, and none waited for
/// @return 0; 1 cannot be opened: 127.0.0.1 and the machine's own domain are used; 2 nothing is
///   known of it; 3 too large; 4 no memory; 5 cannot be read; 6 no server in it: 127.0.0.1 is
///   used. -1 with EINVAL: NULL
/// @see behaviours 103, 104
///
/// # Safety
/// `filename` is NULL or a string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evdns_resolv_conf_parse(flags: c_int, filename: *const c_char) -> c_int {
    // SAFETY: the caller's word.
    match unsafe { string(filename, "evdns_resolv_conf_parse") } {
        Ok(path) => load(path, flags),
        Err(error) => status(Err(error)),
    }
}

/// What `evdns_resolv_conf_parse` returns.
pub(super) fn load(path: &[u8], flags: c_int) -> c_int {
    let result = settings::with_shared(|settings| settings.load(path, flags));
    // A server without a socket gets one when it is to be asked.
    let _ = resolver::shared_changed(globals::current());
    match result {
        Ok(()) => 0,
        Err(error) => error as c_int,
    }
}

/// Sets an option, as in resolv.conf.
///
/// @param option "ndots:" (0 and more; a search option), or of the others "timeout:" (seconds for a
///   server to answer, 1 to 86400), "attempts:" (packets for a question, 1 to 255),
///   "max-timeouts:" (forgiven to a server in a row, 1 to 255), "max-inflight:" (questions at a
///   time, 1 to 65000); and, not in libevent 1.4, "cache-size:" (answers that are kept; 0, the
///   default, for none), "randomize-case:" (1: letters are sent in a case that forgers would have
///   to guess). The colon may be left out
/// @param val a number; beyond the limits it is the nearest that is allowed
/// @param flags DNS_OPTION_SEARCH, DNS_OPTION_MISC: an option that they do not include is left
/// @return 0; -1 with EINVAL (NULL, no such option, no number)
/// @see behaviours 106, 107
///
/// # Safety
/// Both are NULL or strings.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evdns_set_option(
    option: *const c_char,
    val: *const c_char,
    flags: c_int,
) -> c_int {
    const FUNCTION: &str = "evdns_set_option";
    // SAFETY: the caller's word.
    let (option, value) = unsafe { (string(option, FUNCTION), string(val, FUNCTION)) };
    let result = option.and_then(|option| {
        let value = value?;
        settings::with_shared(|settings| settings.set_option(option, value, flags))
    });
    status(result)
}

/// Forgets all search domains, and what "ndots:" was set to.
///
/// @see behaviour 120
#[unsafe(no_mangle)]
pub extern "C" fn evdns_search_clear() {
    settings::with_shared(|settings| settings.search = Search::DEFAULT);
}

/// Adds a search domain, which is tried before those that are there.
///
/// @param domain dots before it are left out; NULL or what is no name sets errno to EINVAL, and
///   changes nothing
/// @see behaviour 119
///
/// # Safety
/// `domain` is NULL or a string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evdns_search_add(domain: *const c_char) {
    // SAFETY: the caller's word.
    let text = unsafe { string(domain, "evdns_search_add") };
    let result = text.and_then(|text| {
        let domain = Search::domain(text).ok_or(Errno::INVAL)?;
        settings::with_shared(|settings| settings.search.try_prepend(domain))
    });
    if let Err(error) = result {
        set_errno(error);
    }
}

/// A name with so many dots is first looked up as it is, then in the search domains; one with
/// fewer the other way round.
///
/// @param ndots less than 0 is 0
/// @see behaviours 119, 120
#[unsafe(no_mangle)]
pub extern "C" fn evdns_search_ndots_set(ndots: c_int) {
    settings::with_shared(|settings| settings.search.ndots = ndots.max(0) as u32);
}

/// Says who hears of servers that fail and return. Nothing is printed otherwise.
///
/// @param fn called with 1 for warnings, and a line of at most 511 bytes; NULL: nobody
/// @see behaviours 121, 124
#[unsafe(no_mangle)]
pub extern "C" fn evdns_set_log_fn(r#fn: evdns_debug_log_fn_type) {
    hooks::set_log(r#fn);
}

/// Says who gives the ids of questions. They are random otherwise: a program that gives ids that
/// can be foreseen is easier to lie to.
///
/// @param fn called for each question; what it gives is not used if another question has that id,
///   or if it is 0xffff, and after 1000 such in a row a random one is. NULL: ids are random
/// @see behaviour 117
#[unsafe(no_mangle)]
pub extern "C" fn evdns_set_transaction_id_fn(r#fn: TransactionIdFn) {
    hooks::set_id(r#fn);
}

/// # Safety
/// `raw` is NULL or a string, which stays as it is while this is used.
pub(super) unsafe fn string<'a>(raw: *const c_char, function: &str) -> Result<&'a [u8]> {
    if raw.is_null() {
        return Err(misuse(Misuse::NullArgument, function));
    }
    // SAFETY: not NULL, and the caller's word.
    Ok(unsafe { CStr::from_ptr(raw) }.to_bytes())
}
