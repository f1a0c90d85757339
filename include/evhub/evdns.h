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
