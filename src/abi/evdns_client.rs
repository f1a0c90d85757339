//! `evdns.h`: questions, and the beginning and end of the resolver.

use super::{current, misuse};
use crate::dns::packet::Kind;
use crate::dns::query::Code;
use crate::dns::request::{Asked, Owner};
use crate::dns::settings::about;
use crate::dns::{hooks, resolver, settings};
use crate::errno::{Errno, Result};
use crate::layout::call::dns::Callback;
use crate::layout::registry;
use crate::log::Misuse;
use crate::sys::signal::set_errno;
use libc::{in_addr, in6_addr};
use std::ffi::{CStr, c_char, c_int, c_void};
use std::net::IpAddr;

/// Reads /etc/resolv.conf with everything in it, and the hosts file; asks nobody anything.
///
/// The servers' sockets belong to the current base from now on, and keep its loop running until
/// evdns_shutdown() or evdns_clear_nameservers_and_suspend().
///
/// @return 0, or what evdns_resolv_conf_parse() returns: then 127.0.0.1 is asked, or what there
///   was before
/// @see behaviour 102
#[unsafe(no_mangle)]
pub extern "C" fn evdns_init() -> c_int {
    super::evdns_config::load(b"/etc/resolv.conf", about::ALL)
}

/// Ends what goes on, and forgets servers, search domains and hosts; options survive.
///
/// Not only the current base is meant, but all bases of this thread. evdns_init() and the like
/// begin anew, also inside a callback.
///
/// @param fail_requests not 0: the callbacks of all questions are called with DNS_ERR_SHUTDOWN,
///   now; 0: they are never called
/// @see behaviours 121, 206
#[unsafe(no_mangle)]
pub extern "C" fn evdns_shutdown(fail_requests: c_int) {
    shut_down(fail_requests);
}

/// The same, for calls of other names.
pub(super) fn shut_down(fail_requests: c_int) {
    settings::with_shared(|settings| settings.forget());
    let code = (fail_requests != 0).then_some(Code::SHUTDOWN);
    registry::for_each_shared(|resolver| resolver::shut_down(resolver, code));
    hooks::set_log(None);
}

/// The text of a result, such as "name does not exist".
///
/// @return a string that is never freed; "[Unknown error code]" for other numbers
/// @see behaviour 123
#[unsafe(no_mangle)]
pub extern "C" fn evdns_err_to_string(err: c_int) -> *const c_char {
    let text = match err {
        0 => c"no error",
        1 => c"misformatted query",
        2 => c"server failed",
        3 => c"name does not exist",
        4 => c"query not implemented",
        5 => c"refused",
        65 => c"reply truncated or ill-formed",
        66 => c"unknown",
        67 => c"request timed out",
        68 => c"dns subsystem shut down",
        69 => c"dns request canceled",
        _ => c"[Unknown error code]",
    };
    text.as_ptr()
}

/// Looks up the IPv4 addresses of a name.
///
/// @param name the name; "192.0.2.1" and names of the hosts file are answered without a server.
///   A dot at its end: the name is whole, no search domain is tried
/// @param flags 0, or DNS_QUERY_NO_SEARCH
/// @param callback called once, from the loop of the current base: never before this returns
/// @param ptr its last argument
/// @return 0; 1 with EINVAL (no base, NULL, or no name: empty labels, labels of more than 63
///   bytes, more than 255 in all), ENOMEM, or EBUSY (in the middle of another call)
/// @see behaviours 102, 108 to 110, 119
///
/// # Safety
/// `name` is NULL or a string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evdns_resolve_ipv4(
    name: *const c_char,
    flags: c_int,
    callback: Callback,
    ptr: *mut c_void,
) -> c_int {
    // SAFETY: the caller's word.
    let asked = unsafe { text(name, flags, "evdns_resolve_ipv4") };
    ask(asked, Kind::A, callback, ptr, "evdns_resolve_ipv4")
}

/// Looks up the IPv6 addresses of a name.
///
/// @return as evdns_resolve_ipv4(), whose parameters it has
/// @see behaviours 102, 108 to 110, 119
///
/// # Safety
/// `name` is NULL or a string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evdns_resolve_ipv6(
    name: *const c_char,
    flags: c_int,
    callback: Callback,
    ptr: *mut c_void,
) -> c_int {
    // SAFETY: the caller's word.
    let asked = unsafe { text(name, flags, "evdns_resolve_ipv6") };
    ask(asked, Kind::Aaaa, callback, ptr, "evdns_resolve_ipv6")
}

/// Looks up the name of an IPv4 address.
///
/// @param in the address
/// @param flags not used: no search domain makes sense here
/// @return as evdns_resolve_ipv4()
/// @see behaviours 108 to 110, 119
///
/// # Safety
/// `in` is NULL or an address.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evdns_resolve_reverse(
    r#in: *const in_addr,
    flags: c_int,
    callback: Callback,
    ptr: *mut c_void,
) -> c_int {
    let _ = flags;
    // SAFETY: the caller's word.
    let asked = unsafe { reverse(r#in, "evdns_resolve_reverse") };
    ask(asked, Kind::Ptr, callback, ptr, "evdns_resolve_reverse")
}

/// Looks up the name of an IPv6 address.
///
/// @param in the address
/// @param flags not used: no search domain makes sense here
/// @return as evdns_resolve_ipv4()
/// @see behaviours 108 to 110, 119
///
/// # Safety
/// `in` is NULL or an address.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evdns_resolve_reverse_ipv6(
    r#in: *const in6_addr,
    flags: c_int,
    callback: Callback,
    ptr: *mut c_void,
) -> c_int {
    let _ = flags;
    // SAFETY: the caller's word.
    let asked = unsafe { reverse6(r#in, "evdns_resolve_reverse_ipv6") };
    ask(asked, Kind::Ptr, callback, ptr, "evdns_resolve_reverse_ipv6")
}

/// # Safety
/// `name` is NULL or a string, which stays as it is while this is used.
pub(super) unsafe fn text<'a>(
    name: *const c_char,
    flags: c_int,
    function: &str,
) -> Result<Asked<'a>> {
    if name.is_null() {
        return Err(misuse(Misuse::NullArgument, function));
    }
    // SAFETY: not NULL, and the caller's word.
    let text = unsafe { CStr::from_ptr(name) }.to_bytes();
    Ok(Asked::Text(text, flags & NO_SEARCH != 0))
}

/// `DNS_QUERY_NO_SEARCH`.
const NO_SEARCH: c_int = 1;

/// # Safety
/// `address` is NULL or an address.
pub(super) unsafe fn reverse(address: *const in_addr, function: &str) -> Result<Asked<'static>> {
    if address.is_null() {
        return Err(misuse(Misuse::NullArgument, function));
    }
    // SAFETY: not NULL, and the caller's word. Python programs hand in any bytes.
    let octets = unsafe { address.cast::<[u8; 4]>().read_unaligned() };
    Ok(Asked::Address(IpAddr::from(octets)))
}

/// # Safety
/// `address` is NULL or an address.
pub(super) unsafe fn reverse6(address: *const in6_addr, function: &str) -> Result<Asked<'static>> {
    if address.is_null() {
        return Err(misuse(Misuse::NullArgument, function));
    }
    // SAFETY: not NULL, and the caller's word.
    let octets = unsafe { address.cast::<[u8; 16]>().read_unaligned() };
    Ok(Asked::Address(IpAddr::from(octets)))
}

fn ask(
    asked: Result<Asked>,
    kind: Kind,
    callback: Callback,
    arg: *mut c_void,
    function: &str,
) -> c_int {
    let result = asked.and_then(|asked| {
        if callback.is_none() {
            return Err(misuse(Misuse::NullCallback, function));
        }
        let resolver = resolver::shared_or_new(current(function)?, false)?;
        resolver::ask(resolver, asked, kind, Owner::Program(callback, arg))
    });
    match result {
        Ok(_) => 0,
        Err(error) => {
            // What the search list has no place for is no name, either.
            set_errno(if error == Errno::NOENT { Errno::INVAL } else { error });
            1
        }
    }
}
