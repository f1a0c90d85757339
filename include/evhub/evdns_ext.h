/*
 * What evhub's resolver has beyond libevent 1.4.
 *
 * The functions are called evhub_evdns_*; libevent 2's spelling works too, as a macro. A program
 * that has names of its own for such things does not include this file, or defines
 * EVHUB_NO_LIBEVENT2_NAMES before it does.
 */
#ifndef EVHUB_EVDNS_EXT_H
#define EVHUB_EVDNS_EXT_H

#include "evdns.h"
#include "event.h"

#include <sys/socket.h>

struct addrinfo;

#ifdef __cplusplus
extern "C" {
#endif

/** A resolver with settings of its own: name servers, search domains, options, hosts. */
struct evdns_base;

/** A question that has no answer yet. */
struct evdns_request;

/** A lookup of addresses that has no answer yet. */
struct evdns_getaddrinfo_request;

/* Results, besides evdns.h's. */
#define DNS_ERR_CANCEL 69	/* the program has cancelled the question */

/* An error of lookups of addresses, besides netdb.h's EAI_*. */
#define EVUTIL_EAI_CANCEL -90001	/* cancelled, or the resolver was shut down */

/* Flags of evhub_evdns_base_new(). */
#define EVDNS_BASE_INITIALIZE_NAMESERVERS 1	/* reads the system's settings */
#define EVDNS_BASE_DISABLE_WHEN_INACTIVE 0x8000	/* only questions keep the loop running */
#define EVDNS_BASE_NAMESERVERS_NO_DEFAULT 0x10000	/* no name server is an error */

/**
 * Called once for each lookup of addresses.
 *
 * @param result  0, or an EAI_* error
 * @param res     the addresses, to be freed with evhub_evutil_freeaddrinfo(); NULL on errors
 * @param arg     what was given with the question
 */
typedef void (*evdns_getaddrinfo_cb)(int result, struct addrinfo *res, void *arg);

/*
 * Resolvers. NULL stands for that of evdns.h: the process's settings, on the current base.
 */

/**
 * Makes a resolver with settings of its own.
 *
 * @param event_base the base that its sockets and questions belong to; NULL: the current one
 * @param flags EVDNS_BASE_INITIALIZE_NAMESERVERS: reads /etc/resolv.conf and the hosts file, and
 *   fails if there is no server in it and EVDNS_BASE_NAMESERVERS_NO_DEFAULT is set, too;
 *   EVDNS_BASE_DISABLE_WHEN_INACTIVE: name servers do not keep the loop running, questions do
 * @return the resolver, to be freed with evhub_evdns_base_free(), before or after its base; NULL
 *   with EINVAL (no base, unknown flags), ENOENT (no server) or ENOMEM
 *
 * @pre `event_base` is NULL or a base that was not freed.
 */
struct evdns_base *evhub_evdns_base_new(struct event_base *event_base, int flags);

/**
 * Ends a resolver. Also inside its own callbacks.
 *
 * @param base a resolver of evhub_evdns_base_new(); NULL: as evdns_shutdown()
 * @param fail_requests not 0: the callbacks of all questions are called with DNS_ERR_SHUTDOWN,
 *   now; 0: they are never called
 *
 * @pre `base` is NULL or a resolver that was not freed.
 */
void evhub_evdns_base_free(struct evdns_base *base, int fail_requests);

/**
 * Adds a name server by its IPv4 address.
 *
 * @param base the resolver; NULL: that of evdns.h
 * @param address in network order; the port is 53
 * @return as evhub_evdns_base_nameserver_ip_add()
 *
 * @pre `base` is NULL or a resolver that was not freed.
 */
int evhub_evdns_base_nameserver_add(struct evdns_base *base, unsigned long address);

/**
 * Adds a name server, of IPv4 or IPv6.
 *
 * @param base the resolver; NULL: that of evdns.h
 * @param ip_as_string "192.0.2.1", "192.0.2.1:53", "2001:db8::1", "[2001:db8::1]:53",
 *   "fe80::1%eth0"
 * @return 0; -1 with EINVAL (NULL, no such address or port), EEXIST (address and port are there
 *   already), ENOMEM, or what socket() or connect() say
 *
 * @pre `base` is NULL or a resolver that was not freed; `ip_as_string` is NULL or a string.
 */
int evhub_evdns_base_nameserver_ip_add(struct evdns_base *base, const char *ip_as_string);

/**
 * Adds a name server, of IPv4 or IPv6.
 *
 * @param base the resolver; NULL: that of evdns.h
 * @param sa its address and port
 * @param len the size of the address in bytes
 * @param flags 0
 * @return 0; -1 with EINVAL (NULL, too short, port 0, flags), EAFNOSUPPORT, or as
 *   evhub_evdns_base_nameserver_ip_add()
 *
 * @pre `base` is NULL or a resolver that was not freed; `sa` is NULL or has `len` bytes.
 */
int evhub_evdns_base_nameserver_sockaddr_add(struct evdns_base *base, const struct sockaddr *sa,
    socklen_t len, unsigned int flags);

/**
 * How many name servers there are.
 *
 * @param base the resolver; NULL: that of evdns.h
 * @return the number; -1 with EINVAL or EBUSY (in the middle of another call)
 *
 * @pre `base` is NULL or a resolver that was not freed.
 */
int evhub_evdns_base_count_nameservers(struct evdns_base *base);

/**
 * Takes away all name servers; questions wait for evhub_evdns_base_resume().
 *
 * @param base the resolver; NULL: that of evdns.h
 * @return 0; -1 with EINVAL or EBUSY
 *
 * @pre `base` is NULL or a resolver that was not freed.
 */
int evhub_evdns_base_clear_nameservers_and_suspend(struct evdns_base *base);

/**
 * Lets questions go that wait because there was no name server.
 *
 * @param base the resolver; NULL: that of evdns.h
 * @return 0; -1 with EINVAL
 *
 * @pre `base` is NULL or a resolver that was not freed.
 */
int evhub_evdns_base_resume(struct evdns_base *base);

/**
 * Reads a resolv.conf.
 *
 * @param base the resolver; NULL: that of evdns.h
 * @param flags what is taken from it, as for evdns_resolv_conf_parse()
 * @param filename its path
 * @return as evdns_resolv_conf_parse()
 *
 * @pre `base` is NULL or a resolver that was not freed; `filename` is NULL or a string.
 */
int evhub_evdns_base_resolv_conf_parse(struct evdns_base *base, int flags,
    const char *filename);

/**
 * Reads the resolv.conf and the hosts file again that were read last: servers and domains that
 * are not in them any more are dropped, questions to them asked elsewhere. If one cannot be read
 * now, everything stays as it was.
 *
 * @param base the resolver; NULL: that of evdns.h
 * @return 0; as evdns_resolv_conf_parse(): 1 (also if no file was read before) to 5; 6 no server
 *   in it, everything stays as it was; -1 with EINVAL or EBUSY
 *
 * @pre `base` is NULL or a resolver that was not freed.
 */
int evhub_evdns_base_reload(struct evdns_base *base);

/**
 * Reads a hosts file, in place of the one before: its names are answered without asking.
 *
 * @param base the resolver; NULL: that of evdns.h
 * @param hosts_fname its path; NULL: no hosts file
 * @return 0; -1 with ENOENT (cannot be opened), EFBIG, EIO, ENOMEM, EINVAL or EBUSY: what was
 *   known stays known
 *
 * @pre `base` is NULL or a resolver that was not freed; `hosts_fname` is NULL or a string.
 */
int evhub_evdns_base_load_hosts(struct evdns_base *base, const char *hosts_fname);

/**
 * Sets an option.
 *
 * @param base the resolver; NULL: that of evdns.h
 * @param option its name, as for evdns_set_option()
 * @param val a number
 * @return 0; -1 with EINVAL or EBUSY
 *
 * @pre `base` is NULL or a resolver that was not freed; the others are NULL or strings.
 */
int evhub_evdns_base_set_option(struct evdns_base *base, const char *option, const char *val);

/**
 * Forgets all search domains, and "ndots:".
 *
 * @param base the resolver; NULL: that of evdns.h
 *
 * @pre `base` is NULL or a resolver that was not freed.
 */
void evhub_evdns_base_search_clear(struct evdns_base *base);

/**
 * Adds a search domain, which is tried before those that are there.
 *
 * @param base the resolver; NULL: that of evdns.h
 * @param domain as for evdns_search_add()
 *
 * @pre `base` is NULL or a resolver that was not freed; `domain` is NULL or a string.
 */
void evhub_evdns_base_search_add(struct evdns_base *base, const char *domain);

/**
 * Says how many dots make a name that is first looked up as it is.
 *
 * @param base the resolver; NULL: that of evdns.h
 * @param ndots as for evdns_search_ndots_set()
 *
 * @pre `base` is NULL or a resolver that was not freed.
 */
void evhub_evdns_base_search_ndots_set(struct evdns_base *base, int ndots);

/*
 * Questions.
 */

/**
 * Looks up the IPv4 addresses of a name.
 *
 * @param base the resolver; NULL: that of evdns.h
 * @param name,flags,callback,ptr as for evdns_resolve_ipv4()
 * @return the question, for evhub_evdns_cancel_request(), until its callback is called; NULL with
 *   errno as for evdns_resolve_ipv4()
 *
 * @pre `base` is NULL or a resolver that was not freed; `name` is NULL or a string.
 */
struct evdns_request *evhub_evdns_base_resolve_ipv4(struct evdns_base *base, const char *name,
    int flags, evdns_callback_type callback, void *ptr);

/**
 * Looks up the IPv6 addresses of a name.
 *
 * @param base the resolver; NULL: that of evdns.h
 * @param name,flags,callback,ptr as for evdns_resolve_ipv6()
 * @return as evhub_evdns_base_resolve_ipv4()
 *
 * @pre `base` is NULL or a resolver that was not freed; `name` is NULL or a string.
 */
struct evdns_request *evhub_evdns_base_resolve_ipv6(struct evdns_base *base, const char *name,
    int flags, evdns_callback_type callback, void *ptr);

/**
 * Looks up the name of an IPv4 address.
 *
 * @param base the resolver; NULL: that of evdns.h
 * @param in the address
 * @param flags not used
 * @return as evhub_evdns_base_resolve_ipv4()
 *
 * @pre `base` is NULL or a resolver that was not freed; `in` is NULL or an address.
 */
struct evdns_request *evhub_evdns_base_resolve_reverse(struct evdns_base *base,
    const struct in_addr *in, int flags, evdns_callback_type callback, void *ptr);

/**
 * Looks up the name of an IPv6 address.
 *
 * @param base the resolver; NULL: that of evdns.h
 * @param in the address
 * @param flags not used
 * @return as evhub_evdns_base_resolve_ipv4()
 *
 * @pre `base` is NULL or a resolver that was not freed; `in` is NULL or an address.
 */
struct evdns_request *evhub_evdns_base_resolve_reverse_ipv6(struct evdns_base *base,
    const struct in6_addr *in, int flags, evdns_callback_type callback, void *ptr);

/**
 * Cancels a question: its callback is called with DNS_ERR_CANCEL, from the loop.
 *
 * @param base the resolver that it was asked of; NULL: that of evdns.h
 * @param req the question; one that has been answered, or NULL, is left alone
 *
 * @pre `base` is NULL or a resolver that was not freed.
 */
void evhub_evdns_cancel_request(struct evdns_base *base, struct evdns_request *req);

/**
 * Looks up the addresses of a host, as getaddrinfo() does, without waiting. IPv4 addresses come
 * before those of IPv6.
 *
 * @param dns_base the resolver; NULL: that of evdns.h
 * @param nodename a name or an address; NULL: this machine (with AI_PASSIVE: all its addresses)
 * @param servname a service ("http") or a port; NULL: port 0
 * @param hints_in ai_family, ai_socktype, ai_protocol, and of ai_flags AI_PASSIVE, AI_NUMERICHOST,
 *   AI_NUMERICSERV, AI_CANONNAME; the others make no difference. NULL: anything
 * @param cb called once, from the loop: never before this returns. It gets 0 and the list, which
 *   it frees with evhub_evutil_freeaddrinfo(); or an EAI_* error, also if the arguments are wrong
 * @param arg its last argument
 * @return the lookup, for evhub_evdns_getaddrinfo_cancel(), until its callback is called; NULL
 *   with EINVAL (no base, no callback), ENOMEM or EBUSY: then there is no call
 *
 * @pre `dns_base` is NULL or a resolver that was not freed; the names are NULL or strings, the
 * hints NULL or readable.
 */
struct evdns_getaddrinfo_request *evhub_evdns_getaddrinfo(struct evdns_base *dns_base,
    const char *nodename, const char *servname, const struct addrinfo *hints_in,
    evdns_getaddrinfo_cb cb, void *arg);

/**
 * Cancels a lookup: its callback is called with EVUTIL_EAI_CANCEL, from the loop.
 *
 * @param req the lookup, of this thread; one that has been answered, or NULL, is left alone
 */
void evhub_evdns_getaddrinfo_cancel(struct evdns_getaddrinfo_request *req);

/**
 * Frees the list that the callback of evhub_evdns_getaddrinfo() got.
 *
 * @param ai the list; NULL is fine
 *
 * @pre `ai` is NULL or such a list that was not freed.
 */
void evhub_evutil_freeaddrinfo(struct addrinfo *ai);

#ifndef EVHUB_NO_LIBEVENT2_NAMES
#define evutil_addrinfo addrinfo
#define evutil_freeaddrinfo evhub_evutil_freeaddrinfo
#define evdns_base_new evhub_evdns_base_new
#define evdns_base_free evhub_evdns_base_free
#define evdns_base_nameserver_add evhub_evdns_base_nameserver_add
#define evdns_base_nameserver_ip_add evhub_evdns_base_nameserver_ip_add
#define evdns_base_nameserver_sockaddr_add evhub_evdns_base_nameserver_sockaddr_add
#define evdns_base_count_nameservers evhub_evdns_base_count_nameservers
#define evdns_base_clear_nameservers_and_suspend evhub_evdns_base_clear_nameservers_and_suspend
#define evdns_base_resume evhub_evdns_base_resume
#define evdns_base_resolv_conf_parse evhub_evdns_base_resolv_conf_parse
#define evdns_base_load_hosts evhub_evdns_base_load_hosts
#define evdns_base_set_option evhub_evdns_base_set_option
#define evdns_base_search_clear evhub_evdns_base_search_clear
#define evdns_base_search_add evhub_evdns_base_search_add
#define evdns_base_search_ndots_set evhub_evdns_base_search_ndots_set
#define evdns_base_resolve_ipv4 evhub_evdns_base_resolve_ipv4
#define evdns_base_resolve_ipv6 evhub_evdns_base_resolve_ipv6
#define evdns_base_resolve_reverse evhub_evdns_base_resolve_reverse
#define evdns_base_resolve_reverse_ipv6 evhub_evdns_base_resolve_reverse_ipv6
#define evdns_cancel_request evhub_evdns_cancel_request
#define evdns_getaddrinfo evhub_evdns_getaddrinfo
#define evdns_getaddrinfo_cancel evhub_evdns_getaddrinfo_cancel
#endif

#ifdef __cplusplus
}
#endif

#endif /* EVHUB_EVDNS_EXT_H */
