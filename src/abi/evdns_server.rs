//! `evdns.h`: name servers.

use super::{current, fail, misuse, status};
use crate::dns::answering::{self, Port, PortPtr, RequestPtr, Section, Sent};
use crate::dns::name::Name;
use crate::dns::writer::{Data, Record};
use crate::errno::{Errno, Result};
use crate::layout::call::DnsRequestFn;
use crate::layout::evdns::ServerRequest;
use crate::log::Misuse;
use crate::sys::address;
use crate::sys::signal::set_errno;
use libc::{in_addr, sockaddr};
use std::ffi::{CStr, c_char, c_int, c_void};
use std::{ptr, slice};

/// Types and the class of records.
const A: u16 = 1;
const CNAME: u16 = 5;
const PTR: u16 = 12;
const AAAA: u16 = 28;
const INTERNET: u16 = 1;

/// Answers the queries that come in on a socket, on the current base.
///
/// Queries that no program should see are answered by the library: FORMERR if they are malformed
/// or have not exactly one question, NOTIMP if they are not queries (their operation is another),
/// BADVERS if they want an EDNS that is not known. Packets that are too short, or are answers, are
/// dropped. Of TCP connections there are at most 256, with 64 requests each at a time; those that
/// are idle are closed after 10 seconds, or when others come.
///
/// Differs from libevent 1.4, which ended the process when `is_tcp` was not 0.
///
/// @param socket a UDP socket that is bound, or a TCP socket that listens. It is made non-blocking,
///   and is the library's from now on: it is closed with the port, unless its number is 0
/// @param is_tcp not 0: the socket listens for TCP connections
/// @param callback called for each request; it may answer or drop it at once, or later, and close
///   the port
/// @param user_data handed to the callback
/// @return the port, to be closed with evdns_close_server_port(); NULL with errno EINVAL (no
///   callback, no current base, not such a socket), EBADF, ENOTSOCK, ENOMEM, or what adding an
///   event says: then the socket stays the caller's
/// @see behaviours 126, 128
///
/// # Safety
/// `callback` is NULL or a function that may be called until the port is closed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evdns_add_server_port(
    socket: c_int,
    is_tcp: c_int,
    callback: DnsRequestFn,
    user_data: *mut c_void,
) -> *mut Port {
    let opened = current("evdns_add_server_port").and_then(|base| {
        if callback.is_none() {
            return Err(misuse(Misuse::NullCallback, "evdns_add_server_port"));
        }
        answering::open(base, socket, is_tcp != 0, callback, user_data)
    });
    match opened {
        Ok(port) => port.as_ptr(),
        Err(error) => {
            set_errno(error);
            ptr::null_mut()
        }
    }
}

/// Closes a port: no more requests come. Those that are there may still be answered or dropped, and
/// the socket is closed when the last of them was. May be called inside the port's callback.
///
/// @param port the port; if it is none, or closed already, errno is EINVAL
/// @see behaviour 126
///
/// # Safety
/// None: a pointer that is not a port's is noticed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evdns_close_server_port(port: *mut Port) {
    match find_port(port) {
        Ok(port) => answering::close(port),
        Err(error) => set_errno(error),
    }
}

fn find_port(port: *mut Port) -> Result<PortPtr> {
    const NAME: &str = "evdns_close_server_port";
    if port.is_null() {
        return Err(misuse(Misuse::NullArgument, NAME));
    }
    answering::find_port(port).ok_or_else(|| misuse(Misuse::WrongObject, NAME))
}

/// The request behind a C pointer.
fn request(raw: *mut ServerRequest, function: &str) -> Result<RequestPtr> {
    if raw.is_null() {
        return Err(misuse(Misuse::NullArgument, function));
    }
    answering::find_request(raw).ok_or_else(|| misuse(Misuse::WrongObject, function))
}

/// One to which records may be added.
fn open_request(raw: *mut ServerRequest, function: &str) -> Result<RequestPtr> {
    let request = request(raw, function)?;
    if request.is_answered() {
        return Err(misuse(Misuse::Answered, function));
    }
    Ok(request)
}

/// A name that C hands in; it must be one.
///
/// # Safety
/// `text` is NULL or a string.
unsafe fn name(text: *const c_char, function: &str) -> Result<Name> {
    // SAFETY: the caller's word.
    unsafe { name_or_none(text, function) }?.ok_or_else(|| misuse(Misuse::NullArgument, function))
}

/// The same, but NULL is fine for none.
///
/// # Safety
/// As for `name`.
unsafe fn name_or_none(text: *const c_char, function: &str) -> Result<Option<Name>> {
    if text.is_null() {
        return Ok(None);
    }
    // SAFETY: not NULL, and the caller's word.
    let text = unsafe { CStr::from_ptr(text) }.to_bytes();
    Name::from_text(text).map(Some).ok_or_else(|| misuse(Misuse::BadName, function))
}

/// A number of 16 bits, or a mistake.
fn small(number: c_int, function: &str) -> Result<u16> {
    u16::try_from(number).map_err(|_| misuse(Misuse::BadRecord, function))
}

/// Adds a record to the answer to a request. It is copied.
///
/// Names are text: `\.` and `\\` are a dot and a backslash inside of a label, `\065` is the byte of
/// that number, which is how questions have them.
///
/// @param section EVDNS_ANSWER_SECTION, EVDNS_AUTHORITY_SECTION or EVDNS_ADDITIONAL_SECTION
/// @param name the owner of the record
/// @param type 0 to 65535, as EVDNS_TYPE_A
/// @param dns_class 0 to 65535, as EVDNS_CLASS_INET
/// @param ttl seconds for which the record holds
/// @param datalen bytes of `data`, 0 to 65535; not looked at if `data` is a name or NULL
/// @param is_name not 0: `data` is a string, a domain name
/// @param data what the record says; NULL: nothing
/// @return 0; -1 with errno EINVAL (no such request, or it was answered; a name that is not one,
///   as with a label of more than 63 bytes or more than 255 in all; a number out of range),
///   EMSGSIZE if no packet can hold the record beside the others, or ENOMEM. Then nothing was
///   added.
/// @see behaviours 129, 132
///
/// # Safety
/// `name` is NULL (EINVAL) or a string; `data` is NULL, or a string if `is_name`, or has
/// `datalen` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evdns_server_request_add_reply(
    req: *mut ServerRequest,
    section: c_int,
    name: *const c_char,
    r#type: c_int,
    dns_class: c_int,
    ttl: c_int,
    datalen: c_int,
    is_name: c_int,
    data: *const c_char,
) -> c_int {
    const NAME: &str = "evdns_server_request_add_reply";
    let add = || {
        let request = open_request(req, NAME)?;
        let section = Section::from_number(section);
        let section = section.ok_or_else(|| misuse(Misuse::BadRecord, NAME))?;
        let (kind, class) = (small(r#type, NAME)?, small(dns_class, NAME)?);
        // SAFETY: the caller's word.
        let owner = unsafe { self::name(name, NAME) }?;
        // 1.4: as 32 bits, whatever the sign.
        let record = |data| Record::new(&owner, kind, class, ttl as u32, data);
        let record = if data.is_null() {
            record(Data::Bytes(&[]))
        } else if is_name != 0 {
            // SAFETY: the caller's word.
            record(Data::Name(&unsafe { self::name(data, NAME) }?))
        } else {
            let length = usize::from(small(datalen, NAME)?);
            // SAFETY: the caller's word.
            record(Data::Bytes(unsafe { slice::from_raw_parts(data.cast(), length) }))
        };
        request.add(section, std::iter::once(record))
    };
    status(add())
}

/// Adds IPv4 addresses to the answer, a record for each.
///
/// Differs from libevent 1.4, which put them all into one record.
///
/// @param name the owner
/// @param n how many
/// @param addrs four bytes for each, in network order, as struct in_addr has them
/// @param ttl seconds for which they hold
/// @return 0; -1 as evdns_server_request_add_reply(), and nothing was added
/// @see behaviour 130
///
/// # Safety
/// `name` is NULL (EINVAL) or a string; `addrs` has `n` addresses, and may be NULL for none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evdns_server_request_add_a_reply(
    req: *mut ServerRequest,
    name: *const c_char,
    n: c_int,
    addrs: *mut c_void,
    ttl: c_int,
) -> c_int {
    const NAME: &str = "evdns_server_request_add_a_reply";
    // SAFETY: the caller's word.
    status(unsafe { add_addresses::<4>(req, name, n, addrs, (A, ttl), NAME) })
}

/// Adds IPv6 addresses to the answer, a record for each.
///
/// Differs from libevent 1.4, which put them all into one record.
///
/// @param name the owner
/// @param n how many
/// @param addrs sixteen bytes for each, as struct in6_addr has them
/// @param ttl seconds for which they hold
/// @return 0; -1 as evdns_server_request_add_reply(), and nothing was added
/// @see behaviour 130
///
/// # Safety
/// `name` is NULL (EINVAL) or a string; `addrs` has `n` addresses, and may be NULL for none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evdns_server_request_add_aaaa_reply(
    req: *mut ServerRequest,
    name: *const c_char,
    n: c_int,
    addrs: *mut c_void,
    ttl: c_int,
) -> c_int {
    const NAME: &str = "evdns_server_request_add_aaaa_reply";
    // SAFETY: the caller's word.
    status(unsafe { add_addresses::<16>(req, name, n, addrs, (AAAA, ttl), NAME) })
}

/// Adds `n` records of `SIZE` bytes each.
///
/// # Safety
/// As for the two above.
unsafe fn add_addresses<const SIZE: usize>(
    req: *mut ServerRequest,
    name: *const c_char,
    n: c_int,
    addrs: *const c_void,
    (kind, ttl): (u16, c_int),
    function: &str,
) -> Result<()> {
    let request = open_request(req, function)?;
    let count = usize::try_from(n).map_err(|_| misuse(Misuse::BadRecord, function))?;
    // SAFETY: the caller's word.
    let (owner, bytes) =
        unsafe { (self::name(name, function)?, super::bytes(addrs, count * SIZE, function)?) };
    let (addresses, _) = bytes.as_chunks::<SIZE>();
    let record =
        |bytes: &[u8; SIZE]| Record::new(&owner, kind, INTERNET, ttl as u32, Data::Bytes(bytes));
    request.add(Section::Answer, addresses.iter().map(record))
}

/// Adds the name of an address to the answer: a record of type PTR.
///
/// Differs from libevent 1.4, which ended the process when the owner was given twice or not at all.
///
/// @param in the address: the owner is its name below in-addr.arpa; or NULL
/// @param inaddr_name the owner itself; or NULL. Exactly one of the two is given
/// @param hostname the name of the address; NULL: the record is empty
/// @param ttl seconds for which it holds
/// @return 0; -1 as evdns_server_request_add_reply(), and nothing was added
/// @see behaviours 129, 131
///
/// # Safety
/// `in` is NULL or an address, the others NULL or strings.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evdns_server_request_add_ptr_reply(
    req: *mut ServerRequest,
    r#in: *mut in_addr,
    inaddr_name: *const c_char,
    hostname: *const c_char,
    ttl: c_int,
) -> c_int {
    const NAME: &str = "evdns_server_request_add_ptr_reply";
    let add = || {
        let request = open_request(req, NAME)?;
        // SAFETY: the caller's word.
        let (address, name) = unsafe { (r#in.as_ref(), name_or_none(inaddr_name, NAME)?) };
        let owner = match (address, name) {
            (Some(address), None) => Name::reverse(address.s_addr.to_ne_bytes().into()),
            (None, Some(name)) => name,
            _ => return Err(misuse(Misuse::BadRecord, NAME)),
        };
        // SAFETY: the caller's word.
        let target = unsafe { name_or_none(hostname, NAME) }?;
        add_name(request, &owner, PTR, ttl, target.as_ref())
    };
    status(add())
}

/// Says that the name is an alias: a record of type CNAME.
///
/// @param name the owner
/// @param cname the name that it stands for; NULL: the record is empty
/// @param ttl seconds for which it holds
/// @return 0; -1 as evdns_server_request_add_reply(), and nothing was added
/// @see behaviour 129
///
/// # Safety
/// `name` is NULL (EINVAL) or a string, `cname` NULL or a string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evdns_server_request_add_cname_reply(
    req: *mut ServerRequest,
    name: *const c_char,
    cname: *const c_char,
    ttl: c_int,
) -> c_int {
    const NAME: &str = "evdns_server_request_add_cname_reply";
    let add = || {
        let request = open_request(req, NAME)?;
        // SAFETY: the caller's word.
        let (owner, target) = unsafe { (self::name(name, NAME)?, name_or_none(cname, NAME)?) };
        add_name(request, &owner, CNAME, ttl, target.as_ref())
    };
    status(add())
}

/// Adds an answer that is a name, or empty.
fn add_name(
    request: RequestPtr,
    owner: &Name,
    kind: u16,
    ttl: c_int,
    target: Option<&Name>,
) -> Result<()> {
    let data = target.map_or(Data::Bytes(&[]), Data::Name);
    let record = Record::new(owner, kind, INTERNET, ttl as u32, data);
    request.add(Section::Answer, std::iter::once(record))
}

/// Sends the answer to a request, with what was added to it and `flags` of the request as they are
/// now: a program may have set the bits for "authoritative" (0x0400) or "recursion available"
/// (0x0080).
///
/// An answer that is longer than the client takes (512 bytes over UDP, if it has not said more) is
/// cut after the last record that fits, its counts are those of the records that it has, and the
/// bit that says so (0x0200) is set.
///
/// Differs from libevent 1.4, which cut in the middle of a record, left the counts as they were,
/// and knew no other size than 512.
///
/// @param err the result for the client, 0 to 15, as DNS_ERR_NOTEXIST
/// @return 0: sent; 1: it is sent when the socket takes more (of many such answers over UDP the
///   oldest are dropped). The request is freed. -1: it was not sent, and the request is still the
///   caller's, who may try again or drop it, but no longer add to it; errno is EINVAL (no such
///   request, or err), ENOMEM, ECONNRESET (the connection has ended), or what sending said
/// @see behaviours 128, 133, 134
///
/// # Safety
/// None: a pointer that is not a request's is noticed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evdns_server_request_respond(
    req: *mut ServerRequest,
    err: c_int,
) -> c_int {
    const NAME: &str = "evdns_server_request_respond";
    let respond = || {
        let request = request(req, NAME)?;
        let rcode = u16::try_from(err).ok().filter(|rcode| *rcode <= 15);
        answering::respond(request, rcode.ok_or_else(|| misuse(Misuse::BadResult, NAME))?)
    };
    match respond() {
        Ok(Sent::Now) => 0,
        Ok(Sent::Later) => 1,
        Err(error) => fail(error),
    }
}

/// Frees a request without an answer.
///
/// @return 0; -1 with errno EINVAL: no such request, or it was answered or dropped
/// @see behaviour 134
///
/// # Safety
/// None: a pointer that is not a request's is noticed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evdns_server_request_drop(req: *mut ServerRequest) -> c_int {
    status(request(req, "evdns_server_request_drop").map(answering::end))
}

/// Says where a request has come from.
///
/// @param sa gets the address: a struct sockaddr_in or sockaddr_in6
/// @param addr_len bytes that `sa` has
/// @return the length of the address; -1 with errno EINVAL if there is not that much room, or no
///   such request
/// @see behaviour 135
///
/// # Safety
/// `sa` is NULL (EINVAL) or has `addr_len` writable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evdns_server_request_get_requesting_addr(
    req: *mut ServerRequest,
    sa: *mut sockaddr,
    addr_len: c_int,
) -> c_int {
    const NAME: &str = "evdns_server_request_get_requesting_addr";
    let look = || {
        let request = request(req, NAME)?;
        if sa.is_null() {
            return Err(misuse(Misuse::NullArgument, NAME));
        }
        let (storage, length) = address::to_raw(request.address());
        let length = length as usize;
        if usize::try_from(addr_len).unwrap_or(0) < length {
            return Err(Errno::INVAL);
        }
        // SAFETY: the storage is longer than that, and so is the caller's room by its word.
        unsafe { ptr::copy_nonoverlapping((&raw const storage).cast(), sa.cast::<u8>(), length) };
        Ok(length as c_int)
    };
    look().unwrap_or_else(fail)
}
