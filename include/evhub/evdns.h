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
	/** the flags of the question's head */
	int flags;
	/** how many questions there are */
	int nquestions;
	/** the questions */
	struct evdns_server_question **questions;
};

/** Called for each request; it is answered or dropped, now or later. */
typedef void (*evdns_request_callback_fn_type)(struct evdns_server_request *req, void *arg);

#ifdef __cplusplus
}
#endif

#endif /* EVENTDNS_H */
