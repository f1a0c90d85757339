/*
 * Asking the domain name system, and answering for it, without waiting.
 *
 * Constants and types of libevent 1.4's resolver and name server.
 */
#ifndef EVENTDNS_H
#define EVENTDNS_H

#include "event-config.h"

#include <sys/types.h>

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct in_addr;
struct in6_addr;
struct sockaddr;

/*
 * Results. 1 to 5 are the server's own words (RFC 1035).
 */
#define DNS_ERR_NONE 0
#define DNS_ERR_FORMAT 1	/* the server did not understand the question */
#define DNS_ERR_SERVERFAILED 2	/* the server failed to answer */
#define DNS_ERR_NOTEXIST 3	/* there is no such name, or it has no such record */
#define DNS_ERR_NOTIMPL 4	/* the server does not know this kind of question */
#define DNS_ERR_REFUSED 5	/* the server refused to answer */
#define DNS_ERR_TRUNCATED 65	/* the answer was cut off or malformed */
#define DNS_ERR_UNKNOWN 66	/* anything else */
#define DNS_ERR_TIMEOUT 67	/* no answer came */
#define DNS_ERR_SHUTDOWN 68	/* the resolver was shut down meanwhile */

/* What the addresses given to a callback are. */
#define DNS_IPv4_A 1	/* count times four bytes */
#define DNS_PTR 2	/* one char *, a name */
#define DNS_IPv6_AAAA 3	/* count times sixteen bytes */

/* Flags of a question. */
#define DNS_QUERY_NO_SEARCH 1	/* the name as it is: search domains are not tried */
#define DNS_NO_SEARCH 1	/* the same under its older name */

/* What is taken from resolv.conf, and what an option applies to. */
#define DNS_OPTION_SEARCH 1	/* domain, search, ndots */
#define DNS_OPTION_NAMESERVERS 2	/* nameserver */
#define DNS_OPTION_MISC 4	/* timeouts and limits */
#define DNS_OPTIONS_ALL 7

/**
 * Called once per question, from the loop.
 *
 * @param result     DNS_ERR_NONE or another of the results above
 * @param type       DNS_IPv4_A, DNS_PTR or DNS_IPv6_AAAA
 * @param count      how many addresses there are
 * @param ttl        seconds for which the answer holds
 * @param addresses  the answer; valid while the callback runs
 * @param arg        what was given with the question
 */
typedef void (*evdns_callback_type)(int result, char type, int count, int ttl,
    void *addresses, void *arg);

/** Receives one message of the resolver. */
typedef void (*evdns_debug_log_fn_type)(int is_warning, const char *msg);

/*
 * Name servers and how they are asked. All of this is the process's; sockets, questions and timers
 * belong to the base that is the current one at the time of a call.
 */

/**
 * Adds a name server by its IPv4 address.
 *
 * @param address in network order, as s_addr of a struct in_addr; the port is 53
 * @return as evdns_nameserver_ip_add()
 * @see behaviour 105
 */
int evdns_nameserver_add(unsigned long address);

/**
 * Adds a name server.
 *
 * Its socket belongs to the current base, and keeps its loop running until evdns_shutdown() or
 * evdns_clear_nameservers_and_suspend().
 *
 * @param ip_as_string "192.0.2.1" or "192.0.2.1:53"; for IPv6 there is
 *   evhub_evdns_base_nameserver_ip_add()
 * @return 0; 1 no socket (errno says why); 2 no event for it; 3 the address is there already,
 *   whatever its port; 4 no such address or port; -1 with EINVAL (NULL) or ENOMEM
 * @see behaviour 105
 *
 * @pre `ip_as_string` is NULL or a string.
 */
int evdns_nameserver_ip_add(const char *ip_as_string);

/** How many name servers there are. */
int evdns_count_nameservers(void);

/**
 * Takes away all name servers. Questions that were asked wait, before all others, for
 * evdns_resume() after new servers were added.
 *
 * @return 0
 * @see behaviour 122
 */
int evdns_clear_nameservers_and_suspend(void);

/**
 * Lets questions go that wait because there was no name server.
 *
 * @return 0
 * @see behaviours 109, 122
 */
int evdns_resume(void);

/**
 * Reads a resolv.conf.
 *
 * @param flags what is taken from it: DNS_OPTION_SEARCH, DNS_OPTION_NAMESERVERS, DNS_OPTION_MISC;
 *   with DNS_OPTIONS_ALL the names of /etc/hosts are known from then on, too
 * @param filename its path; at most 65535 bytes are taken from a file, and none waited for
 * @return 0; 1 cannot be opened: 127.0.0.1 and the machine's own domain are used; 2 nothing is
 *   known of it; 3 too large; 4 no memory; 5 cannot be read; 6 no server in it: 127.0.0.1 is
 *   used. -1 with EINVAL: NULL
 * @see behaviours 103, 104
 *
 * @pre `filename` is NULL or a string.
 */
int evdns_resolv_conf_parse(int flags, const char *filename);

/**
 * Sets an option, as in resolv.conf.
 *
 * @param option "ndots:" (0 and more; a search option), or of the others "timeout:" (seconds for a
 *   server to answer, 1 to 86400), "attempts:" (packets for a question, 1 to 255),
 *   "max-timeouts:" (forgiven to a server in a row, 1 to 255), "max-inflight:" (questions at a
 *   time, 1 to 65000); and, not in libevent 1.4, "cache-size:" (answers that are kept; 0, the
 *   default, for none), "randomize-case:" (1: letters are sent in a case that forgers would have
 *   to guess). The colon may be left out
 * @param val a number; beyond the limits it is the nearest that is allowed
 * @param flags DNS_OPTION_SEARCH, DNS_OPTION_MISC: an option that they do not include is left
 * @return 0; -1 with EINVAL (NULL, no such option, no number)
 * @see behaviours 106, 107
 *
 * @pre Both are NULL or strings.
 */
int evdns_set_option(const char *option, const char *val, int flags);

/**
 * Forgets all search domains, and what "ndots:" was set to.
 *
 * @see behaviour 120
 */
void evdns_search_clear(void);

/**
 * Adds a search domain, which is tried before those that are there.
 *
 * @param domain dots before it are left out; NULL or what is no name sets errno to EINVAL, and
 *   changes nothing
 * @see behaviour 119
 *
 * @pre `domain` is NULL or a string.
 */
void evdns_search_add(const char *domain);

/**
 * A name with so many dots is first looked up as it is, then in the search domains; one with
 * fewer the other way round.
 *
 * @param ndots less than 0 is 0
 * @see behaviours 119, 120
 */
void evdns_search_ndots_set(int ndots);

/**
 * Says who hears of servers that fail and return. Nothing is printed otherwise.
 *
 * @param fn called with 1 for warnings, and a line of at most 511 bytes; NULL: nobody
 * @see behaviours 121, 124
 */
void evdns_set_log_fn(evdns_debug_log_fn_type fn);

/**
 * Says who gives the ids of questions. They are random otherwise: a program that gives ids that
 * can be foreseen is easier to lie to.
 *
 * @param fn called for each question; what it gives is not used if another question has that id,
 *   or if it is 0xffff, and after 1000 such in a row a random one is. NULL: ids are random
 * @see behaviour 117
 */
void evdns_set_transaction_id_fn(uint16_t (*fn)(void));

/*
 * Asking.
 */

/**
 * Reads /etc/resolv.conf with everything in it, and the hosts file; asks nobody anything.
 *
 * The servers' sockets belong to the current base from now on, and keep its loop running until
 * evdns_shutdown() or evdns_clear_nameservers_and_suspend().
 *
 * @return 0, or what evdns_resolv_conf_parse() returns: then 127.0.0.1 is asked, or what there
 *   was before
 * @see behaviour 102
 */
int evdns_init(void);

/**
 * Ends what goes on, and forgets servers, search domains and hosts; options survive.
 *
 * Not only the current base is meant, but all bases of this thread. evdns_init() and the like
 * begin anew, also inside a callback.
 *
 * @param fail_requests not 0: the callbacks of all questions are called with DNS_ERR_SHUTDOWN,
 *   now; 0: they are never called
 * @see behaviours 121, 206
 */
void evdns_shutdown(int fail_requests);

/**
 * The text of a result, such as "name does not exist".
 *
 * @return a string that is never freed; "[Unknown error code]" for other numbers
 * @see behaviour 123
 */
const char *evdns_err_to_string(int err);

/**
 * Looks up the IPv4 addresses of a name.
 *
 * @param name the name; "192.0.2.1" and names of the hosts file are answered without a server.
 *   A dot at its end: the name is whole, no search domain is tried
 * @param flags 0, or DNS_QUERY_NO_SEARCH
 * @param callback called once, from the loop of the current base: never before this returns
 * @param ptr its last argument
 * @return 0; 1 with EINVAL (no base, NULL, or no name: empty labels, labels of more than 63
 *   bytes, more than 255 in all), ENOMEM, or EBUSY (in the middle of another call)
 * @see behaviours 102, 108 to 110, 119
 *
 * @pre `name` is NULL or a string.
 */
int evdns_resolve_ipv4(const char *name, int flags, evdns_callback_type callback, void *ptr);

/**
 * Looks up the IPv6 addresses of a name.
 *
 * @return as evdns_resolve_ipv4(), whose parameters it has
 * @see behaviours 102, 108 to 110, 119
 *
 * @pre `name` is NULL or a string.
 */
int evdns_resolve_ipv6(const char *name, int flags, evdns_callback_type callback, void *ptr);

/**
 * Looks up the name of an IPv4 address.
 *
 * @param in the address
 * @param flags not used: no search domain makes sense here
 * @return as evdns_resolve_ipv4()
 * @see behaviours 108 to 110, 119
 *
 * @pre `in` is NULL or an address.
 */
int evdns_resolve_reverse(const struct in_addr *in, int flags, evdns_callback_type callback,
    void *ptr);

/**
 * Looks up the name of an IPv6 address.
 *
 * @param in the address
 * @param flags not used: no search domain makes sense here
 * @return as evdns_resolve_ipv4()
 * @see behaviours 108 to 110, 119
 *
 * @pre `in` is NULL or an address.
 */
int evdns_resolve_reverse_ipv6(const struct in6_addr *in, int flags,
    evdns_callback_type callback, void *ptr);

/*
 * Answering questions.
 */

/* Sections of an answer. */
#define EVDNS_ANSWER_SECTION 0
#define EVDNS_AUTHORITY_SECTION 1
#define EVDNS_ADDITIONAL_SECTION 2

/* Types of records and of questions, and the class that is in use. */
#define EVDNS_TYPE_A 1
#define EVDNS_TYPE_NS 2
#define EVDNS_TYPE_CNAME 5
#define EVDNS_TYPE_SOA 6
#define EVDNS_TYPE_PTR 12
#define EVDNS_TYPE_MX 15
#define EVDNS_TYPE_TXT 16
#define EVDNS_TYPE_AAAA 28
#define EVDNS_QTYPE_AXFR 252
#define EVDNS_QTYPE_ALL 255
#define EVDNS_CLASS_INET 1

/* The field is called "class" in C, which C++ does not allow. */
#ifndef __cplusplus
#define dns_question_class class
#endif

struct evdns_server_port;

/** One question. Its memory is as long as the name needs. */
struct evdns_server_question {
	/** one of EVDNS_TYPE_*, or EVDNS_QTYPE_* */
	int type;
	/** EVDNS_CLASS_INET */
	int dns_question_class;
	/** the name asked for, terminated */
	char name[1];
};

/** What a client asks. */
struct evdns_server_request {
	/** what the client wants: 0x0100 recursion, 0x0010 no checking; what is set here when the
	 * request is answered are flags of the answer */
	int flags;
	/** how many questions there are */
	int nquestions;
	/** the questions */
	struct evdns_server_question **questions;
};

/** Called for each request; it is answered or dropped, now or later. */
typedef void (*evdns_request_callback_fn_type)(struct evdns_server_request *req, void *arg);

/**
 * Answers the queries that come in on a socket, on the current base.
 *
 * Queries that no program should see are answered by the library: FORMERR if they are malformed
 * or have not exactly one question, NOTIMP if they are not queries (their operation is another),
 * BADVERS if they want an EDNS that is not known. Packets that are too short, or are answers, are
 * dropped. Of TCP connections there are at most 256, with 64 requests each at a time; those that
 * are idle are closed after 10 seconds, or when others come.
 *
 * Differs from libevent 1.4, which ended the process when `is_tcp` was not 0.
 *
 * @param socket a UDP socket that is bound, or a TCP socket that listens. It is made non-blocking,
 *   and is the library's from now on: it is closed with the port, unless its number is 0
 * @param is_tcp not 0: the socket listens for TCP connections
 * @param callback called for each request; it may answer or drop it at once, or later, and close
 *   the port
 * @param user_data handed to the callback
 * @return the port, to be closed with evdns_close_server_port(); NULL with errno EINVAL (no
 *   callback, no current base, not such a socket), EBADF, ENOTSOCK, ENOMEM, or what adding an
 *   event says: then the socket stays the caller's
 * @see behaviours 126, 128
 *
 * @pre `callback` is NULL or a function that may be called until the port is closed.
 */
struct evdns_server_port *evdns_add_server_port(int socket, int is_tcp,
    evdns_request_callback_fn_type callback, void *user_data);

/**
 * Closes a port: no more requests come. Those that are there may still be answered or dropped, and
 * the socket is closed when the last of them was. May be called inside the port's callback.
 *
 * @param port the port; if it is none, or closed already, errno is EINVAL
 * @see behaviour 126
 *
 * @pre None: a pointer that is not a port's is noticed.
 */
void evdns_close_server_port(struct evdns_server_port *port);

/**
 * Adds a record to the answer to a request. It is copied.
 *
 * Names are text: `\.` and `\\` are a dot and a backslash inside of a label, `\065` is the byte of
 * that number, which is how questions have them.
 *
 * @param section EVDNS_ANSWER_SECTION, EVDNS_AUTHORITY_SECTION or EVDNS_ADDITIONAL_SECTION
 * @param name the owner of the record
 * @param type 0 to 65535, as EVDNS_TYPE_A
 * @param dns_class 0 to 65535, as EVDNS_CLASS_INET
 * @param ttl seconds for which the record holds
 * @param datalen bytes of `data`, 0 to 65535; not looked at if `data` is a name or NULL
 * @param is_name not 0: `data` is a string, a domain name
 * @param data what the record says; NULL: nothing
 * @return 0; -1 with errno EINVAL (no such request, or it was answered; a name that is not one,
 *   as with a label of more than 63 bytes or more than 255 in all; a number out of range),
 *   EMSGSIZE if no packet can hold the record beside the others, or ENOMEM. Then nothing was
 *   added.
 * @see behaviours 129, 132
 *
 * @pre `name` is NULL (EINVAL) or a string; `data` is NULL, or a string if `is_name`, or has
 * `datalen` bytes.
 */
int evdns_server_request_add_reply(struct evdns_server_request *req, int section,
    const char *name, int type, int dns_class, int ttl, int datalen, int is_name,
    const char *data);

/**
 * Adds IPv4 addresses to the answer, a record for each.
 *
 * Differs from libevent 1.4, which put them all into one record.
 *
 * @param name the owner
 * @param n how many
 * @param addrs four bytes for each, in network order, as struct in_addr has them
 * @param ttl seconds for which they hold
 * @return 0; -1 as evdns_server_request_add_reply(), and nothing was added
 * @see behaviour 130
 *
 * @pre `name` is NULL (EINVAL) or a string; `addrs` has `n` addresses, and may be NULL for none.
 */
int evdns_server_request_add_a_reply(struct evdns_server_request *req, const char *name, int n,
    void *addrs, int ttl);

/**
 * Adds IPv6 addresses to the answer, a record for each.
 *
 * Differs from libevent 1.4, which put them all into one record.
 *
 * @param name the owner
 * @param n how many
 * @param addrs sixteen bytes for each, as struct in6_addr has them
 * @param ttl seconds for which they hold
 * @return 0; -1 as evdns_server_request_add_reply(), and nothing was added
 * @see behaviour 130
 *
 * @pre `name` is NULL (EINVAL) or a string; `addrs` has `n` addresses, and may be NULL for none.
 */
int evdns_server_request_add_aaaa_reply(struct evdns_server_request *req, const char *name,
    int n, void *addrs, int ttl);

/**
 * Adds the name of an address to the answer: a record of type PTR.
 *
 * Differs from libevent 1.4, which ended the process when the owner was given twice or not at all.
 *
 * @param in the address: the owner is its name below in-addr.arpa; or NULL
 * @param inaddr_name the owner itself; or NULL. Exactly one of the two is given
 * @param hostname the name of the address; NULL: the record is empty
 * @param ttl seconds for which it holds
 * @return 0; -1 as evdns_server_request_add_reply(), and nothing was added
 * @see behaviours 129, 131
 *
 * @pre `in` is NULL or an address, the others NULL or strings.
 */
int evdns_server_request_add_ptr_reply(struct evdns_server_request *req, struct in_addr *in,
    const char *inaddr_name, const char *hostname, int ttl);

/**
 * Says that the name is an alias: a record of type CNAME.
 *
 * @param name the owner
 * @param cname the name that it stands for; NULL: the record is empty
 * @param ttl seconds for which it holds
 * @return 0; -1 as evdns_server_request_add_reply(), and nothing was added
 * @see behaviour 129
 *
 * @pre `name` is NULL (EINVAL) or a string, `cname` NULL or a string.
 */
int evdns_server_request_add_cname_reply(struct evdns_server_request *req, const char *name,
    const char *cname, int ttl);

/**
 * Sends the answer to a request, with what was added to it and `flags` of the request as they are
 * now: a program may have set the bits for "authoritative" (0x0400) or "recursion available"
 * (0x0080).
 *
 * An answer that is longer than the client takes (512 bytes over UDP, if it has not said more) is
 * cut after the last record that fits, its counts are those of the records that it has, and the
 * bit that says so (0x0200) is set.
 *
 * Differs from libevent 1.4, which cut in the middle of a record, left the counts as they were,
 * and knew no other size than 512.
 *
 * @param err the result for the client, 0 to 15, as DNS_ERR_NOTEXIST
 * @return 0: sent; 1: it is sent when the socket takes more (of many such answers over UDP the
 *   oldest are dropped). The request is freed. -1: it was not sent, and the request is still the
 *   caller's, who may try again or drop it, but no longer add to it; errno is EINVAL (no such
 *   request, or err), ENOMEM, ECONNRESET (the connection has ended), or what sending said
 * @see behaviours 128, 133, 134
 *
 * @pre None: a pointer that is not a request's is noticed.
 */
int evdns_server_request_respond(struct evdns_server_request *req, int err);

/**
 * Frees a request without an answer.
 *
 * @return 0; -1 with errno EINVAL: no such request, or it was answered or dropped
 * @see behaviour 134
 *
 * @pre None: a pointer that is not a request's is noticed.
 */
int evdns_server_request_drop(struct evdns_server_request *req);

/**
 * Says where a request has come from.
 *
 * @param sa gets the address: a struct sockaddr_in or sockaddr_in6
 * @param addr_len bytes that `sa` has
 * @return the length of the address; -1 with errno EINVAL if there is not that much room, or no
 *   such request
 * @see behaviour 135
 *
 * @pre `sa` is NULL (EINVAL) or has `addr_len` writable bytes.
 */
int evdns_server_request_get_requesting_addr(struct evdns_server_request *req,
    struct sockaddr *sa, int addr_len);

#ifdef __cplusplus
}
#endif

#endif /* EVENTDNS_H */
