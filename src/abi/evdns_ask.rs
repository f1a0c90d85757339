//! `evhub/evdns_ext.h`: questions that can be cancelled, and addresses of both families.

use super::evdns_base::Target;
use super::evdns_client::{reverse, reverse6, text};
use super::{misuse, status};
use crate::dns::lookup::Hints;
use crate::dns::packet::Kind;
use crate::dns::request::{Asked, Owner};
use crate::dns::resolver::{self, Resolver};
use crate::errno::Result;
use crate::layout::addrinfo as lists;
use crate::layout::call::dns::{AddrinfoCallback, Callback};
use crate::log::Misuse;
use crate::sys::service;
use crate::sys::signal::set_errno;
use libc::{addrinfo, in_addr, in6_addr};
use std::ffi::{CStr, c_char, c_int, c_void};
use std::ptr;

/// A question that has no answer yet.
#[allow(non_camel_case_types)]
pub struct evdns_request;

/// A lookup of addresses that has no answer yet.
#[allow(non_camel_case_types)]
pub struct evdns_getaddrinfo_request;

/// Called once for each lookup of addresses.
#[allow(non_camel_case_types)]
pub type evdns_getaddrinfo_cb = AddrinfoCallback;

/// Looks up the IPv4 addresses of a name.
///
/// @param base the resolver; NULL: that of evdns.h
/// @param name,flags,callback,ptr as for evdns_resolve_ipv4()
/// @return the question, for evhub_evdns_cancel_request(), until its callback is called; NULL with
///   errno as for evdns_resolve_ipv4()
///
/// # Safety
/// `base` is NULL or a resolver that was not freed; `name` is NULL or a string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_evdns_base_resolve_ipv4(
    base: *mut Resolver,
    name: *const c_char,
    flags: c_int,
    callback: Callback,
    ptr: *mut c_void,
) -> *mut evdns_request {
    const FUNCTION: &str = "evdns_base_resolve_ipv4";
    // SAFETY: the caller's word.
    unsafe { ask(base, text(name, flags, FUNCTION), Kind::A, callback, ptr, FUNCTION) }
}

/// Looks up the IPv6 addresses of a name.
///
/// @param base the resolver; NULL: that of evdns.h
/// @param name,flags,callback,ptr as for evdns_resolve_ipv6()
/// @return as evhub_evdns_base_resolve_ipv4()
///
/// # Safety
/// `base` is NULL or a resolver that was not freed; `name` is NULL or a string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_evdns_base_resolve_ipv6(
    base: *mut Resolver,
    name: *const c_char,
    flags: c_int,
    callback: Callback,
    ptr: *mut c_void,
) -> *mut evdns_request {
    const FUNCTION: &str = "evdns_base_resolve_ipv6";
    // SAFETY: the caller's word.
    unsafe { ask(base, text(name, flags, FUNCTION), Kind::Aaaa, callback, ptr, FUNCTION) }
}

/// Looks up the name of an IPv4 address.
///
/// @param base the resolver; NULL: that of evdns.h
/// @param in the address
/// @param flags not used
/// @return as evhub_evdns_base_resolve_ipv4()
///
/// # Safety
/// `base` is NULL or a resolver that was not freed; `in` is NULL or an address.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_evdns_base_resolve_reverse(
    base: *mut Resolver,
    r#in: *const in_addr,
    flags: c_int,
    callback: Callback,
    ptr: *mut c_void,
) -> *mut evdns_request {
    const FUNCTION: &str = "evdns_base_resolve_reverse";
    let _ = flags;
    // SAFETY: the caller's word.
    unsafe { ask(base, reverse(r#in, FUNCTION), Kind::Ptr, callback, ptr, FUNCTION) }
}

/// Looks up the name of an IPv6 address.
///
/// @param base the resolver; NULL: that of evdns.h
/// @param in the address
/// @param flags not used
/// @return as evhub_evdns_base_resolve_ipv4()
///
/// # Safety
/// `base` is NULL or a resolver that was not freed; `in` is NULL or an address.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_evdns_base_resolve_reverse_ipv6(
    base: *mut Resolver,
    r#in: *const in6_addr,
    flags: c_int,
    callback: Callback,
    ptr: *mut c_void,
) -> *mut evdns_request {
    const FUNCTION: &str = "evdns_base_resolve_reverse_ipv6";
    let _ = flags;
    // SAFETY: the caller's word.
    unsafe { ask(base, reverse6(r#in, FUNCTION), Kind::Ptr, callback, ptr, FUNCTION) }
}

/// # Safety
/// `base` is NULL or a resolver that was not freed.
unsafe fn ask(
    base: *mut Resolver,
    asked: Result<Asked>,
    kind: Kind,
    callback: Callback,
    arg: *mut c_void,
    function: &str,
) -> *mut evdns_request {
    // SAFETY: the caller's word.
    let target = unsafe { Target::of(base, function) };
    let handle = target.and_then(|target| {
        let asked = asked?;
        if callback.is_none() {
            return Err(misuse(Misuse::NullCallback, function));
        }
        let owner = Owner::Program(callback, arg);
        resolver::ask(target.resolver(function)?, asked, kind, owner)
    });
    handle_or_null(handle).cast()
}

/// What a program keeps in place of a pointer: it can be told when it is out of date.
fn handle_or_null(handle: Result<usize>) -> *mut c_void {
    handle.map(ptr::without_provenance_mut).unwrap_or_else(|error| {
        set_errno(error);
        ptr::null_mut()
    })
}

/// Cancels a question: its callback is called with DNS_ERR_CANCEL, from the loop.
///
/// @param base the resolver that it was asked of; NULL: that of evdns.h
/// @param req the question; one that has been answered, or NULL, is left alone
///
/// # Safety
/// `base` is NULL or a resolver that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_evdns_cancel_request(base: *mut Resolver, req: *mut evdns_request) {
    // SAFETY: the caller's word.
    let target = unsafe { Target::of(base, "evdns_cancel_request") };
    status(
        target.and_then(|target| {
            resolver::cancel(target.resolver("evdns_cancel_request")?, req.addr())
        }),
    );
}

/// Looks up the addresses of a host, as getaddrinfo() does, without waiting. IPv4 addresses come
/// before those of IPv6.
///
/// @param dns_base the resolver; NULL: that of evdns.h
/// @param nodename a name or an address; NULL: this machine (with AI_PASSIVE: all its addresses)
/// @param servname a service ("http") or a port; NULL: port 0
/// @param hints_in ai_family, ai_socktype, ai_protocol, and of ai_flags AI_PASSIVE, AI_NUMERICHOST,
///   AI_NUMERICSERV, AI_CANONNAME; the others make no difference. NULL: anything
/// @param cb called once, from the loop: never before this returns. It gets 0 and the list, which
///   it frees with evhub_evutil_freeaddrinfo(); or an EAI_* error, also if the arguments are wrong
/// @param arg its last argument
/// @return the lookup, for evhub_evdns_getaddrinfo_cancel(), until its callback is called; NULL
///   with EINVAL (no base, no callback), ENOMEM or EBUSY: then there is no call
///
/// # Safety
/// `dns_base` is NULL or a resolver that was not freed; the names are NULL or strings, the
/// hints NULL or readable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_evdns_getaddrinfo(
    dns_base: *mut Resolver,
    nodename: *const c_char,
    servname: *const c_char,
    hints_in: *const addrinfo,
    cb: evdns_getaddrinfo_cb,
    arg: *mut c_void,
) -> *mut evdns_getaddrinfo_request {
    const FUNCTION: &str = "evdns_getaddrinfo";
    // SAFETY: the caller's word.
    let (target, node, hints) = unsafe {
        (
            Target::of(dns_base, FUNCTION),
            (!nodename.is_null()).then(|| CStr::from_ptr(nodename).to_bytes()),
            hints(nodename.is_null(), servname, hints_in),
        )
    };
    let handle = target.and_then(|target| {
        if cb.is_none() {
            return Err(misuse(Misuse::NullCallback, FUNCTION));
        }
        resolver::ask_addresses(target.resolver(FUNCTION)?, node, hints, cb, arg)
    });
    handle_or_null(handle).cast()
}

/// # Safety
/// `service` is NULL or a string, `raw` NULL or readable.
unsafe fn hints(
    no_node: bool,
    service: *const c_char,
    raw: *const addrinfo,
) -> Result<Hints, c_int> {
    let mut hints = Hints { flags: 0, family: libc::AF_UNSPEC, kind: 0, protocol: 0, port: 0 };
    if !raw.is_null() {
        // SAFETY: not NULL, and the caller's word.
        let raw = unsafe { &*raw };
        hints = Hints {
            flags: raw.ai_flags,
            family: raw.ai_family,
            kind: raw.ai_socktype,
            protocol: raw.ai_protocol,
            port: 0,
        };
    }
    if no_node && (service.is_null() || hints.flags & libc::AI_CANONNAME != 0) {
        return Err(if service.is_null() { libc::EAI_NONAME } else { libc::EAI_BADFLAGS });
    }
    if ![libc::AF_UNSPEC, libc::AF_INET, libc::AF_INET6].contains(&hints.family) {
        return Err(libc::EAI_FAMILY);
    }
    if ![0, libc::SOCK_STREAM, libc::SOCK_DGRAM].contains(&hints.kind) {
        return Err(libc::EAI_SOCKTYPE);
    }
    if !service.is_null() {
        let digits_only = hints.flags & libc::AI_NUMERICSERV != 0;
        // SAFETY: not NULL, and the caller's word.
        hints.port = service::port(unsafe { CStr::from_ptr(service) }, hints.kind, digits_only)?;
    }
    Ok(hints)
}

/// Cancels a lookup: its callback is called with EVUTIL_EAI_CANCEL, from the loop.
///
/// @param req the lookup, of this thread; one that has been answered, or NULL, is left alone
#[unsafe(no_mangle)]
pub extern "C" fn evhub_evdns_getaddrinfo_cancel(req: *mut evdns_getaddrinfo_request) {
    resolver::cancel_lookup(req.addr());
}

/// Frees the list that the callback of evhub_evdns_getaddrinfo() got.
///
/// @param ai the list; NULL is fine
///
/// # Safety
/// `ai` is NULL or such a list that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_evutil_freeaddrinfo(ai: *mut addrinfo) {
    // SAFETY: the caller's word.
    unsafe { lists::free(ai) }
}
