/*
 * The declarations of evhub's headers without macros, for what reads C without a preprocessor:
 *
 *	ffi = cffi.FFI()
 *	ffi.cdef(open(path).read())     # pkg-config --variable=cdef evhub
 *	lib = ffi.dlopen("libevhub.so.0")
 *
 * Constants are enumerators. Macros that are calls are left out: evtimer_set(ev, cb, arg) is
 * event_set(ev, -1, 0, cb, arg), evtimer_add is event_add. So are functions that take a va_list,
 * evrpc.h, whose calls are made by macros, and evhub_tls.h, which is another library's. Layouts
 * are those of 64-bit Linux. What a function does is told by the header that declares it.
 */

/* What headers of the system declare. */

typedef int pid_t;
typedef unsigned int socklen_t;
struct addrinfo;
struct sockaddr;
struct timeval {
	long tv_sec;
	long tv_usec;
};

/* evutil.h */

int evutil_make_socket_nonblocking(int sock);
int evutil_socketpair(int d, int type, int protocol, int *sv);
int64_t evutil_strtoll(const char *s, char **endptr, int base);
int evutil_snprintf(char *buf, size_t buflen, const char *format, ...);

/* event.h */

enum {
	EVLIST_TIMEOUT = 0x01,
	EVLIST_INSERTED = 0x02,
	EVLIST_SIGNAL = 0x04,
	EVLIST_ACTIVE = 0x08,
	EVLIST_INTERNAL = 0x10,
	EVLIST_INIT = 0x80,
	EVLIST_ALL = (0xf000 | 0x9f),
	EV_TIMEOUT = 0x01,
	EV_READ = 0x02,
	EV_WRITE = 0x04,
	EV_SIGNAL = 0x08,
	EV_PERSIST = 0x10,
	_EVENT_LOG_DEBUG = 0,
	_EVENT_LOG_MSG = 1,
	_EVENT_LOG_WARN = 2,
	_EVENT_LOG_ERR = 3,
	EVLOOP_ONCE = 0x01,
	EVLOOP_NONBLOCK = 0x02,
	EVBUFFER_READ = 0x01,
	EVBUFFER_WRITE = 0x02,
	EVBUFFER_EOF = 0x10,
	EVBUFFER_ERROR = 0x20,
	EVBUFFER_TIMEOUT = 0x40,
};

struct event_base;

struct event {
	struct { struct event *tqe_next; struct event **tqe_prev; } ev_next;
	struct { struct event *tqe_next; struct event **tqe_prev; } ev_active_next;
	struct { struct event *tqe_next; struct event **tqe_prev; } ev_signal_next;
	unsigned int min_heap_idx;
	struct event_base *ev_base;
	int ev_fd;
	short ev_events;
	short ev_ncalls;
	short *ev_pncalls;
	struct timeval ev_timeout;
	int ev_pri;
	void (*ev_callback)(int fd, short what, void *arg);
	void *ev_arg;
	int ev_res;
	int ev_flags;
};

struct evkeyval {
	struct { struct evkeyval *tqe_next; struct evkeyval **tqe_prev; } next;
	char *key;
	char *value;
};

struct event_list { struct event *tqh_first; struct event **tqh_last; };
struct evkeyvalq { struct evkeyval *tqh_first; struct evkeyval **tqh_last; };
typedef void (*event_log_cb)(int severity, const char *msg);
struct event_base *event_init(void);
struct event_base *event_base_new(void);
void event_base_free(struct event_base *base);
int event_reinit(struct event_base *base);
const char *event_get_method(void);
const char *event_base_get_method(struct event_base *base);
const char *event_get_version(void);
int event_priority_init(int npriorities);
int event_base_priority_init(struct event_base *base, int npriorities);
void event_set_log_callback(event_log_cb cb);
int event_base_set(struct event_base *base, struct event *ev);
int event_dispatch(void);
int event_base_dispatch(struct event_base *base);
int event_loop(int flags);
int event_base_loop(struct event_base *base, int flags);
int event_loopexit(const struct timeval *tv);
int event_base_loopexit(struct event_base *base, const struct timeval *tv);
int event_loopbreak(void);
int event_base_loopbreak(struct event_base *base);
void event_set(struct event *ev, int fd, short events,
    void (*cb)(int fd, short what, void *arg), void *arg);
int event_add(struct event *ev, const struct timeval *tv);
int event_del(struct event *ev);
int event_pending(struct event *ev, short what, struct timeval *tv);
void event_active(struct event *ev, int res, short ncalls);
int event_priority_set(struct event *ev, int priority);
int event_once(int fd, short events, void (*cb)(int fd, short what, void *arg), void *arg,
    const struct timeval *tv);
int event_base_once(struct event_base *base, int fd, short events,
    void (*cb)(int fd, short what, void *arg), void *arg, const struct timeval *tv);

struct evbuffer {
	unsigned char *buffer;
	unsigned char *orig_buffer;
	size_t misalign;
	size_t totallen;
	size_t off;
	void (*cb)(struct evbuffer *buf, size_t old_length, size_t new_length, void *arg);
	void *cbarg;
};

enum evbuffer_eol_style {
	EVBUFFER_EOL_ANY,
	EVBUFFER_EOL_CRLF,
	EVBUFFER_EOL_CRLF_STRICT,
	EVBUFFER_EOL_LF
};

struct evbuffer *evbuffer_new(void);
void evbuffer_free(struct evbuffer *buf);
int evbuffer_expand(struct evbuffer *buf, size_t datlen);
int evbuffer_add(struct evbuffer *buf, const void *data, size_t datlen);
int evbuffer_add_buffer(struct evbuffer *outbuf, struct evbuffer *inbuf);
int evbuffer_remove(struct evbuffer *buf, void *data, size_t datlen);
void evbuffer_drain(struct evbuffer *buf, size_t len);
char *evbuffer_readline(struct evbuffer *buf);
char *evbuffer_readln(struct evbuffer *buf, size_t *n_read_out,
    enum evbuffer_eol_style eol_style);
unsigned char *evbuffer_find(struct evbuffer *buffer, const unsigned char *what, size_t len);
int evbuffer_read(struct evbuffer *buf, int fd, int howmuch);
int evbuffer_write(struct evbuffer *buffer, int fd);
void evbuffer_setcb(struct evbuffer *buffer,
    void (*cb)(struct evbuffer *buf, size_t old_length, size_t new_length, void *arg),
    void *cbarg);
int evbuffer_add_printf(struct evbuffer *buf, const char *fmt, ...);
struct bufferevent;
typedef void (*evbuffercb)(struct bufferevent *bufev, void *arg);
typedef void (*everrorcb)(struct bufferevent *bufev, short what, void *arg);

struct event_watermark {
	size_t low;
	size_t high;
};

struct bufferevent {
	struct event_base *ev_base;
	struct event ev_read;
	struct event ev_write;
	struct evbuffer *input;
	struct evbuffer *output;
	struct event_watermark wm_read;
	struct event_watermark wm_write;
	evbuffercb readcb;
	evbuffercb writecb;
	everrorcb errorcb;
	void *cbarg;
	int timeout_read;
	int timeout_write;
	short enabled;
};

struct bufferevent *bufferevent_new(int fd, evbuffercb readcb, evbuffercb writecb,
    everrorcb errorcb, void *cbarg);
void bufferevent_free(struct bufferevent *bufev);
int bufferevent_base_set(struct event_base *base, struct bufferevent *bufev);
int bufferevent_priority_set(struct bufferevent *bufev, int pri);
void bufferevent_setcb(struct bufferevent *bufev, evbuffercb readcb, evbuffercb writecb,
    everrorcb errorcb, void *cbarg);
void bufferevent_setfd(struct bufferevent *bufev, int fd);
int bufferevent_write(struct bufferevent *bufev, const void *data, size_t size);
int bufferevent_write_buffer(struct bufferevent *bufev, struct evbuffer *buf);
size_t bufferevent_read(struct bufferevent *bufev, void *data, size_t size);
int bufferevent_enable(struct bufferevent *bufev, short event);
int bufferevent_disable(struct bufferevent *bufev, short event);
void bufferevent_settimeout(struct bufferevent *bufev, int timeout_read, int timeout_write);
void bufferevent_setwatermark(struct bufferevent *bufev, short events, size_t lowmark,
    size_t highmark);
void evtag_init(void);
void encode_int(struct evbuffer *evbuf, uint32_t number);
void evtag_marshal(struct evbuffer *evbuf, uint32_t tag, const void *data, uint32_t len);
void evtag_marshal_int(struct evbuffer *evbuf, uint32_t tag, uint32_t integer);
void evtag_marshal_string(struct evbuffer *buf, uint32_t tag, const char *string);
void evtag_marshal_timeval(struct evbuffer *evbuf, uint32_t tag, struct timeval *tv);
int evtag_peek(struct evbuffer *evbuf, uint32_t *ptag);
int evtag_peek_length(struct evbuffer *evbuf, uint32_t *plength);
int evtag_payload_length(struct evbuffer *evbuf, uint32_t *plength);
int evtag_consume(struct evbuffer *evbuf);
int evtag_unmarshal(struct evbuffer *src, uint32_t *ptag, struct evbuffer *dst);
int evtag_unmarshal_fixed(struct evbuffer *src, uint32_t need_tag, void *data, size_t len);
int evtag_unmarshal_int(struct evbuffer *evbuf, uint32_t need_tag, uint32_t *pinteger);
int evtag_unmarshal_string(struct evbuffer *evbuf, uint32_t need_tag, char **pstring);
int evtag_unmarshal_timeval(struct evbuffer *evbuf, uint32_t need_tag, struct timeval *ptv);

/* evdns.h */

enum {
	DNS_ERR_NONE = 0,
	DNS_ERR_FORMAT = 1,
	DNS_ERR_SERVERFAILED = 2,
	DNS_ERR_NOTEXIST = 3,
	DNS_ERR_NOTIMPL = 4,
	DNS_ERR_REFUSED = 5,
	DNS_ERR_TRUNCATED = 65,
	DNS_ERR_UNKNOWN = 66,
	DNS_ERR_TIMEOUT = 67,
	DNS_ERR_SHUTDOWN = 68,
	DNS_IPv4_A = 1,
	DNS_PTR = 2,
	DNS_IPv6_AAAA = 3,
	DNS_QUERY_NO_SEARCH = 1,
	DNS_NO_SEARCH = 1,
	DNS_OPTION_SEARCH = 1,
	DNS_OPTION_NAMESERVERS = 2,
	DNS_OPTION_MISC = 4,
	DNS_OPTIONS_ALL = 7,
	EVDNS_ANSWER_SECTION = 0,
	EVDNS_AUTHORITY_SECTION = 1,
	EVDNS_ADDITIONAL_SECTION = 2,
	EVDNS_TYPE_A = 1,
	EVDNS_TYPE_NS = 2,
	EVDNS_TYPE_CNAME = 5,
	EVDNS_TYPE_SOA = 6,
	EVDNS_TYPE_PTR = 12,
	EVDNS_TYPE_MX = 15,
	EVDNS_TYPE_TXT = 16,
	EVDNS_TYPE_AAAA = 28,
	EVDNS_QTYPE_AXFR = 252,
	EVDNS_QTYPE_ALL = 255,
	EVDNS_CLASS_INET = 1,
};

struct in_addr;
struct in6_addr;
struct sockaddr;
typedef void (*evdns_callback_type)(int result, char type, int count, int ttl,
    void *addresses, void *arg);
typedef void (*evdns_debug_log_fn_type)(int is_warning, const char *msg);
int evdns_nameserver_add(unsigned long address);
int evdns_nameserver_ip_add(const char *ip_as_string);
int evdns_count_nameservers(void);
int evdns_clear_nameservers_and_suspend(void);
int evdns_resume(void);
int evdns_resolv_conf_parse(int flags, const char *filename);
int evdns_set_option(const char *option, const char *val, int flags);
void evdns_search_clear(void);
void evdns_search_add(const char *domain);
void evdns_search_ndots_set(int ndots);
void evdns_set_log_fn(evdns_debug_log_fn_type fn);
void evdns_set_transaction_id_fn(uint16_t (*fn)(void));
int evdns_init(void);
void evdns_shutdown(int fail_requests);
const char *evdns_err_to_string(int err);
int evdns_resolve_ipv4(const char *name, int flags, evdns_callback_type callback, void *ptr);
int evdns_resolve_ipv6(const char *name, int flags, evdns_callback_type callback, void *ptr);
int evdns_resolve_reverse(const struct in_addr *in, int flags, evdns_callback_type callback,
    void *ptr);
int evdns_resolve_reverse_ipv6(const struct in6_addr *in, int flags,
    evdns_callback_type callback, void *ptr);
struct evdns_server_port;

struct evdns_server_question {
	int type;
	int class;
	char name[1];
};

struct evdns_server_request {
	int flags;
	int nquestions;
	struct evdns_server_question **questions;
};

typedef void (*evdns_request_callback_fn_type)(struct evdns_server_request *req, void *arg);
struct evdns_server_port *evdns_add_server_port(int socket, int is_tcp,
    evdns_request_callback_fn_type callback, void *user_data);
void evdns_close_server_port(struct evdns_server_port *port);
int evdns_server_request_add_reply(struct evdns_server_request *req, int section,
    const char *name, int type, int dns_class, int ttl, int datalen, int is_name,
    const char *data);
int evdns_server_request_add_a_reply(struct evdns_server_request *req, const char *name, int n,
    void *addrs, int ttl);
int evdns_server_request_add_aaaa_reply(struct evdns_server_request *req, const char *name,
    int n, void *addrs, int ttl);
int evdns_server_request_add_ptr_reply(struct evdns_server_request *req, struct in_addr *in,
    const char *inaddr_name, const char *hostname, int ttl);
int evdns_server_request_add_cname_reply(struct evdns_server_request *req, const char *name,
    const char *cname, int ttl);
int evdns_server_request_respond(struct evdns_server_request *req, int err);
int evdns_server_request_drop(struct evdns_server_request *req);
int evdns_server_request_get_requesting_addr(struct evdns_server_request *req,
    struct sockaddr *sa, int addr_len);

/* evhttp.h */

enum {
	HTTP_OK = 200,
	HTTP_NOCONTENT = 204,
	HTTP_MOVEPERM = 301,
	HTTP_MOVETEMP = 302,
	HTTP_NOTMODIFIED = 304,
	HTTP_BADREQUEST = 400,
	HTTP_NOTFOUND = 404,
	HTTP_SERVUNAVAIL = 503,
	EVHTTP_REQ_OWN_CONNECTION = 0x0001,
	EVHTTP_PROXY_REQUEST = 0x0002,
};

struct evhttp;
struct evhttp_connection;

enum evhttp_cmd_type {
	EVHTTP_REQ_GET,
	EVHTTP_REQ_POST,
	EVHTTP_REQ_HEAD
};

enum evhttp_request_kind {
	EVHTTP_REQUEST,
	EVHTTP_RESPONSE
};

struct evhttp_request {
	struct {
  struct evhttp_request *tqe_next;
  struct evhttp_request **tqe_prev;
	} next;
	struct evhttp_connection *evcon;
	int flags;
	struct evkeyvalq *input_headers;
	struct evkeyvalq *output_headers;
	char *remote_host;
	unsigned short remote_port;
	enum evhttp_request_kind kind;
	enum evhttp_cmd_type type;
	char *uri;
	char major;
	char minor;
	int response_code;
	char *response_code_line;
	struct evbuffer *input_buffer;
	int64_t ntoread;
	int chunked:1;
	int userdone:1;
	struct evbuffer *output_buffer;
	void (*cb)(struct evhttp_request *req, void *arg);
	void *cb_arg;
	void (*chunk_cb)(struct evhttp_request *req, void *arg);
};

struct evhttp *evhttp_new(struct event_base *base);
struct evhttp *evhttp_start(const char *address, unsigned short port);
int evhttp_bind_socket(struct evhttp *http, const char *address, unsigned short port);
int evhttp_accept_socket(struct evhttp *http, int fd);
void evhttp_free(struct evhttp *http);
void evhttp_set_cb(struct evhttp *http, const char *path,
    void (*cb)(struct evhttp_request *req, void *arg), void *cb_arg);
int evhttp_del_cb(struct evhttp *http, const char *path);
void evhttp_set_gencb(struct evhttp *http, void (*cb)(struct evhttp_request *req, void *arg),
    void *arg);
void evhttp_set_timeout(struct evhttp *http, int timeout_in_secs);
struct evhttp_request *evhttp_request_new(void (*cb)(struct evhttp_request *req, void *arg),
    void *arg);
void evhttp_request_free(struct evhttp_request *req);
const char *evhttp_request_uri(struct evhttp_request *req);
struct evhttp_connection *evhttp_request_get_connection(struct evhttp_request *req);
void evhttp_send_reply(struct evhttp_request *req, int code, const char *reason,
    struct evbuffer *databuf);
void evhttp_send_error(struct evhttp_request *req, int error, const char *reason);
void evhttp_send_reply_start(struct evhttp_request *req, int code, const char *reason);
void evhttp_send_reply_chunk(struct evhttp_request *req, struct evbuffer *databuf);
void evhttp_send_reply_end(struct evhttp_request *req);
struct evhttp_connection *evhttp_connection_new(const char *address, unsigned short port);
void evhttp_connection_set_base(struct evhttp_connection *evcon, struct event_base *base);
void evhttp_connection_set_local_address(struct evhttp_connection *evcon, const char *address);
void evhttp_connection_set_local_port(struct evhttp_connection *evcon, unsigned short port);
void evhttp_connection_set_retries(struct evhttp_connection *evcon, int retry_max);
int evhttp_make_request(struct evhttp_connection *evcon, struct evhttp_request *req,
    enum evhttp_cmd_type type, const char *uri);
void evhttp_request_set_chunked_cb(struct evhttp_request *req,
    void (*cb)(struct evhttp_request *req, void *arg));
void evhttp_connection_free(struct evhttp_connection *evcon);
void evhttp_connection_set_closecb(struct evhttp_connection *evcon,
    void (*cb)(struct evhttp_connection *evcon, void *arg), void *arg);
void evhttp_connection_set_timeout(struct evhttp_connection *evcon, int timeout_in_secs);
void evhttp_connection_get_peer(struct evhttp_connection *evcon, char **address,
    unsigned short *port);
int evhttp_add_header(struct evkeyvalq *headers, const char *key, const char *value);
const char *evhttp_find_header(const struct evkeyvalq *headers, const char *key);
int evhttp_remove_header(struct evkeyvalq *headers, const char *key);
void evhttp_clear_headers(struct evkeyvalq *headers);
char *evhttp_encode_uri(const char *uri);
char *evhttp_decode_uri(const char *uri);
char *evhttp_htmlescape(const char *html);
void evhttp_parse_query(const char *uri, struct evkeyvalq *headers);

/* event_ext.h */

enum {
	EVENT_BASE_COUNT_ACTIVE = 1,
	EVENT_BASE_COUNT_VIRTUAL = 2,
	EVENT_BASE_COUNT_ADDED = 4,
};

struct evwatch;
struct evwatch_prepare_cb_info;
struct evwatch_check_cb_info;
typedef void (*evwatch_prepare_cb)(struct evwatch *watch,
    const struct evwatch_prepare_cb_info *info, void *arg);
typedef void (*evwatch_check_cb)(struct evwatch *watch,
    const struct evwatch_check_cb_info *info, void *arg);
const char *evhub_version(void);
struct event *evhub_event_new(struct event_base *base, int fd, short events,
    void (*cb)(int fd, short what, void *arg), void *arg);
void evhub_event_free(struct event *ev);
int evhub_event_assign(struct event *ev, struct event_base *base, int fd, short events,
    void (*cb)(int fd, short what, void *arg), void *arg);
int evhub_event_base_loopcontinue(struct event_base *base);
int evhub_event_base_got_exit(struct event_base *base);
int evhub_event_base_got_break(struct event_base *base);
int evhub_event_base_gettimeofday_cached(struct event_base *base, struct timeval *tv);
int evhub_event_base_get_num_events(struct event_base *base, unsigned int flags);
void evhub_event_base_dump_events(struct event_base *base, FILE *out);
struct evwatch *evhub_evwatch_prepare_new(struct event_base *base, evwatch_prepare_cb cb,
    void *arg);
struct evwatch *evhub_evwatch_check_new(struct event_base *base, evwatch_check_cb cb,
    void *arg);
struct event_base *evhub_evwatch_base(struct evwatch *watch);
int evhub_evwatch_prepare_get_timeout(const struct evwatch_prepare_cb_info *info,
    struct timeval *tv);
void evhub_evwatch_free(struct evwatch *watch);
int evhub_event_ref(struct event *ev);
int evhub_event_unref(struct event *ev);
typedef struct evhub_async evhub_async_t;
evhub_async_t *evhub_async_new(struct event_base *base, void (*cb)(void *arg), void *arg);
int evhub_async_send(evhub_async_t *handle);
void evhub_async_free(evhub_async_t *handle);

/* buffer_ext.h */

enum evbuffer_ptr_how {
	EVBUFFER_PTR_SET,
	EVBUFFER_PTR_ADD
};

struct evbuffer_ptr {
	ssize_t pos;
};

typedef void (*evbuffer_ref_cleanup_cb)(const void *data, size_t len, void *arg);
size_t evhub_buffer_get_length(const struct evbuffer *buf);
unsigned char *evhub_buffer_pullup(struct evbuffer *buf, ssize_t size);
int evhub_buffer_prepend(struct evbuffer *buf, const void *data, size_t len);
ssize_t evhub_buffer_copyout(struct evbuffer *buf, void *data_out, size_t len);
int evhub_buffer_ptr_set(struct evbuffer *buf, struct evbuffer_ptr *ptr, size_t position,
    enum evbuffer_ptr_how how);
struct evbuffer_ptr evhub_buffer_search(struct evbuffer *buf, const char *what, size_t len,
    const struct evbuffer_ptr *start);
int evhub_buffer_add_file(struct evbuffer *buf, int fd, int64_t offset, int64_t length);
int evhub_buffer_add_reference(struct evbuffer *buf, const void *data, size_t len,
    evbuffer_ref_cleanup_cb cleanup, void *arg);

/* bufferevent_ext.h */

enum {
	BEV_EVENT_CONNECTED = 0x80,
};

enum bufferevent_flush_mode {
	BEV_NORMAL,
	BEV_FLUSH,
	BEV_FINISHED
};

int evhub_bufferevent_socket_connect(struct bufferevent *bufev, const struct sockaddr *sa,
    int socklen);
int evhub_bufferevent_getfd(struct bufferevent *bufev);
void evhub_bufferevent_getcb(struct bufferevent *bufev, evbuffercb *readcb, evbuffercb *writecb,
    everrorcb *errorcb, void **cbarg);
int evhub_bufferevent_flush(struct bufferevent *bufev, short iotype,
    enum bufferevent_flush_mode mode);

/* evdns_ext.h */

enum {
	DNS_ERR_CANCEL = 69,
	EVUTIL_EAI_CANCEL = -90001,
	EVDNS_BASE_INITIALIZE_NAMESERVERS = 1,
	EVDNS_BASE_DISABLE_WHEN_INACTIVE = 0x8000,
	EVDNS_BASE_NAMESERVERS_NO_DEFAULT = 0x10000,
};

struct addrinfo;
struct evdns_base;
struct evdns_request;
struct evdns_getaddrinfo_request;
typedef void (*evdns_getaddrinfo_cb)(int result, struct addrinfo *res, void *arg);
struct evdns_base *evhub_evdns_base_new(struct event_base *event_base, int flags);
void evhub_evdns_base_free(struct evdns_base *base, int fail_requests);
int evhub_evdns_base_nameserver_add(struct evdns_base *base, unsigned long address);
int evhub_evdns_base_nameserver_ip_add(struct evdns_base *base, const char *ip_as_string);
int evhub_evdns_base_nameserver_sockaddr_add(struct evdns_base *base, const struct sockaddr *sa,
    socklen_t len, unsigned int flags);
int evhub_evdns_base_count_nameservers(struct evdns_base *base);
int evhub_evdns_base_clear_nameservers_and_suspend(struct evdns_base *base);
int evhub_evdns_base_resume(struct evdns_base *base);
int evhub_evdns_base_resolv_conf_parse(struct evdns_base *base, int flags,
    const char *filename);
int evhub_evdns_base_reload(struct evdns_base *base);
int evhub_evdns_base_load_hosts(struct evdns_base *base, const char *hosts_fname);
int evhub_evdns_base_set_option(struct evdns_base *base, const char *option, const char *val);
void evhub_evdns_base_search_clear(struct evdns_base *base);
void evhub_evdns_base_search_add(struct evdns_base *base, const char *domain);
void evhub_evdns_base_search_ndots_set(struct evdns_base *base, int ndots);
struct evdns_request *evhub_evdns_base_resolve_ipv4(struct evdns_base *base, const char *name,
    int flags, evdns_callback_type callback, void *ptr);
struct evdns_request *evhub_evdns_base_resolve_ipv6(struct evdns_base *base, const char *name,
    int flags, evdns_callback_type callback, void *ptr);
struct evdns_request *evhub_evdns_base_resolve_reverse(struct evdns_base *base,
    const struct in_addr *in, int flags, evdns_callback_type callback, void *ptr);
struct evdns_request *evhub_evdns_base_resolve_reverse_ipv6(struct evdns_base *base,
    const struct in6_addr *in, int flags, evdns_callback_type callback, void *ptr);
void evhub_evdns_cancel_request(struct evdns_base *base, struct evdns_request *req);
struct evdns_getaddrinfo_request *evhub_evdns_getaddrinfo(struct evdns_base *dns_base,
    const char *nodename, const char *servname, const struct addrinfo *hints_in,
    evdns_getaddrinfo_cb cb, void *arg);
void evhub_evdns_getaddrinfo_cancel(struct evdns_getaddrinfo_request *req);
void evhub_evutil_freeaddrinfo(struct addrinfo *ai);

/* http_ext.h */

enum {
	EVHTTP_URI_NONCONFORMANT = 0x01,
	EVHUB_HTTP_GET = 0x0001,
	EVHUB_HTTP_POST = 0x0002,
	EVHUB_HTTP_HEAD = 0x0004,
	EVHUB_HTTP_PUT = 0x0008,
	EVHUB_HTTP_DELETE = 0x0010,
	EVHUB_HTTP_OPTIONS = 0x0020,
	EVHUB_HTTP_TRACE = 0x0040,
	EVHUB_HTTP_CONNECT = 0x0080,
	EVHUB_HTTP_PATCH = 0x0100,
};

struct evhttp_uri;
struct evhttp_uri *evhub_evhttp_uri_new(void);
void evhub_evhttp_uri_free(struct evhttp_uri *uri);
void evhub_evhttp_uri_set_flags(struct evhttp_uri *uri, unsigned int flags);
struct evhttp_uri *evhub_evhttp_uri_parse(const char *source);
struct evhttp_uri *evhub_evhttp_uri_parse_with_flags(const char *source, unsigned int flags);
const char *evhub_evhttp_uri_get_scheme(const struct evhttp_uri *uri);
const char *evhub_evhttp_uri_get_userinfo(const struct evhttp_uri *uri);
const char *evhub_evhttp_uri_get_host(const struct evhttp_uri *uri);
int evhub_evhttp_uri_get_port(const struct evhttp_uri *uri);
const char *evhub_evhttp_uri_get_path(const struct evhttp_uri *uri);
const char *evhub_evhttp_uri_get_query(const struct evhttp_uri *uri);
const char *evhub_evhttp_uri_get_fragment(const struct evhttp_uri *uri);
int evhub_evhttp_uri_set_scheme(struct evhttp_uri *uri, const char *scheme);
int evhub_evhttp_uri_set_userinfo(struct evhttp_uri *uri, const char *userinfo);
int evhub_evhttp_uri_set_host(struct evhttp_uri *uri, const char *host);
int evhub_evhttp_uri_set_port(struct evhttp_uri *uri, int port);
int evhub_evhttp_uri_set_path(struct evhttp_uri *uri, const char *path);
int evhub_evhttp_uri_set_query(struct evhttp_uri *uri, const char *query);
int evhub_evhttp_uri_set_fragment(struct evhttp_uri *uri, const char *fragment);
char *evhub_evhttp_uri_join(struct evhttp_uri *uri, char *buf, size_t limit);
char *evhub_evhttp_uriencode(const char *str, ssize_t size, int space_to_plus);
char *evhub_evhttp_uridecode(const char *uri, int decode_plus, size_t *size_out);
int evhub_evhttp_parse_query_str(const char *uri, struct evkeyvalq *headers);

enum evhttp_request_error {
	EVREQ_HTTP_TIMEOUT,
	EVREQ_HTTP_EOF,
	EVREQ_HTTP_INVALID_HEADER,
	EVREQ_HTTP_BUFFER_ERROR,
	EVREQ_HTTP_REQUEST_CANCEL,
	EVREQ_HTTP_DATA_TOO_LONG,
	EVHUB_REQ_HTTP_CONNECT
};

struct evhttp_connection *evhub_evhttp_connection_base_new(struct event_base *base,
    struct evdns_base *dnsbase, const char *address, unsigned short port);
struct evhttp_connection *evhub_http_connection_unix_new(struct event_base *base,
    const char *path);
struct event_base *evhub_evhttp_connection_get_base(struct evhttp_connection *conn);
void evhub_evhttp_connection_set_max_headers_size(struct evhttp_connection *evcon,
    ssize_t new_max_headers_size);
void evhub_evhttp_connection_set_max_body_size(struct evhttp_connection *evcon,
    ssize_t new_max_body_size);
void evhub_http_connection_set_ask_again(struct evhttp_connection *evcon, int on);
void evhub_evhttp_cancel_request(struct evhttp_request *req);
void evhub_evhttp_request_set_error_cb(struct evhttp_request *req,
    void (*cb)(enum evhttp_request_error error, void *arg));
void evhub_evhttp_request_set_header_cb(struct evhttp_request *req,
    int (*cb)(struct evhttp_request *req, void *arg));
void evhub_evhttp_request_own(struct evhttp_request *req);
int evhub_evhttp_request_is_owned(struct evhttp_request *req);
void evhub_http_request_set_body_cb(struct evhttp_request *req,
    void (*cb)(struct evhttp_request *req, void *arg));
int evhub_http_request_pause(struct evhttp_request *req);
int evhub_http_request_resume(struct evhttp_request *req);
struct evhttp_bound_socket;
void evhub_http_set_strict(struct evhttp *http, int on);
void evhub_evhttp_set_allowed_methods(struct evhttp *http, unsigned int methods);
void evhub_evhttp_set_max_headers_size(struct evhttp *http, ssize_t max_headers_size);
void evhub_evhttp_set_max_body_size(struct evhttp *http, ssize_t max_body_size);
void evhub_http_set_max_connections(struct evhttp *http, int most);
int evhub_http_set_head_timeout(struct evhttp *http, const struct timeval *tv);
int evhub_http_set_idle_timeout(struct evhttp *http, const struct timeval *tv);
int evhub_http_set_head_cb(struct evhttp *http, const char *path,
    void (*cb)(struct evhttp_request *req, void *arg), void *arg);
struct evhttp_bound_socket *evhub_evhttp_bind_socket_with_handle(struct evhttp *http,
    const char *address, unsigned short port);
struct evhttp_bound_socket *evhub_evhttp_accept_socket_with_handle(struct evhttp *http, int fd);
struct evhttp_bound_socket *evhub_http_bind_unix(struct evhttp *http, const char *path);
void evhub_evhttp_del_accept_socket(struct evhttp *http, struct evhttp_bound_socket *bound);
int evhub_evhttp_bound_socket_get_fd(struct evhttp_bound_socket *bound);
const char *evhub_evhttp_request_get_uri(const struct evhttp_request *req);
enum evhttp_cmd_type evhub_evhttp_request_get_command(const struct evhttp_request *req);
int evhub_evhttp_request_get_response_code(const struct evhttp_request *req);
const char *evhub_evhttp_request_get_response_code_line(const struct evhttp_request *req);
struct evkeyvalq *evhub_evhttp_request_get_input_headers(struct evhttp_request *req);
struct evkeyvalq *evhub_evhttp_request_get_output_headers(struct evhttp_request *req);
struct evbuffer *evhub_evhttp_request_get_input_buffer(struct evhttp_request *req);
struct evbuffer *evhub_evhttp_request_get_output_buffer(struct evhttp_request *req);
const char *evhub_evhttp_request_get_host(struct evhttp_request *req);
void evhub_evhttp_request_set_on_complete_cb(struct evhttp_request *req,
    void (*cb)(struct evhttp_request *req, void *arg), void *cb_arg);
int evhub_http_send_reply_chunk_with_cb(struct evhttp_request *req, struct evbuffer *databuf,
    void (*cb)(struct evhttp_connection *evcon, void *arg), void *arg);
int evhub_http_send_reply_file(struct evhttp_request *req, int code, const char *reason, int fd,
    int64_t offset, int64_t length);

struct evhub_transport_ops {
	size_t size;
	void *(*open)(void *arg, int fd);
	ssize_t (*read)(void *transport, void *data, size_t length);
	ssize_t (*write)(void *transport, const void *data, size_t length);
	short (*wants)(void *transport);
	int (*pending)(void *transport);
	int (*handshake)(void *transport);
	void (*call)(void *transport);
	int (*shut_down)(void *transport);
	void (*close)(void *transport);
	void (*release)(void *arg);
};

int evhub_evhttp_set_transport(struct evhttp *http, const struct evhub_transport_ops *ops,
    void *arg);
int evhub_evhttp_connection_set_transport(struct evhttp_connection *evcon,
    const struct evhub_transport_ops *ops, void *arg);
void *evhub_evhttp_connection_get_transport(struct evhttp_connection *evcon,
    const struct evhub_transport_ops *ops);

/* evhub.h */

enum {
	EVHUB_NEW = 0,
	EVHUB_STARTED = 1,
	EVHUB_READY = 2,
	EVHUB_RUNNING = 3,
	EVHUB_WAITING = 4,
	EVHUB_DONE = 5,
	EVHUB_FAILED = 6,
	EVHUB_KILLED = 7,
	EVHUB_QUIET = 1,
	EVHUB_INHERIT_LOCALS = 2,
	EVHUB_LINK_VALUE = 4,
	EVHUB_LINK_ERROR = 8,
	EVHUB_ON_VALUE = 1,
	EVHUB_ON_ERROR = 2,
	EVHUB_ON_HUB = 4,
	EVHUB_RAISE = 1,
	EVHUB_BOUNDED = 1,
	EVHUB_GET = 1,
	EVHUB_PUT = 2,
	EVHUB_UNORDERED = 1,
	EVHUB_TIMEOUT_SILENT = (-1),
	EVHUB_ELINKED_DONE = 0x45560001,
	EVHUB_ELINKED_FAILED = 0x45560002,
	EVHUB_ELINKED_KILLED = 0x45560003,
	EVHUB_ELOOPEXIT = 0x45560004,
	EVHUB_TRACE_SWITCH = 1,
	EVHUB_TRACE_THROW = 2,
};

typedef struct evhub_greenlet evhub_greenlet_t;
typedef struct evhub_link evhub_link_t;
typedef struct evhub_timeout evhub_timeout_t;
typedef struct evhub_local evhub_local_t;
typedef struct evhub_signal evhub_signal_t;
typedef struct evhub_waitable evhub_waitable_t;
typedef struct evhub_iwait evhub_iwait_t;
typedef struct evhub_flag evhub_flag_t;
typedef struct evhub_result evhub_result_t;
typedef struct evhub_waiter evhub_waiter_t;
typedef struct evhub_semaphore evhub_semaphore_t;
typedef struct evhub_queue evhub_queue_t;
typedef struct evhub_rlock evhub_rlock_t;
typedef struct evhub_condition evhub_condition_t;
typedef struct evhub_rwlock evhub_rwlock_t;
typedef struct evhub_barrier evhub_barrier_t;
typedef struct evhub_waitgroup evhub_waitgroup_t;
typedef struct evhub_group evhub_group_t;
typedef struct evhub_imap evhub_imap_t;
typedef void *(*evhub_fn_t)(void *arg);
typedef void (*evhub_link_fn_t)(evhub_greenlet_t *g, void *arg);
typedef void (*evhub_watch_fn_t)(evhub_waitable_t *object, void *arg);
typedef int (*evhub_each_fn_t)(evhub_greenlet_t *g, void *arg);
typedef int (*evhub_next_fn_t)(void *arg, void **item);
typedef void (*evhub_error_fn_t)(evhub_greenlet_t *g, int error, const char *text, void *arg);
typedef void (*evhub_trace_fn_t)(int what, evhub_greenlet_t *from, evhub_greenlet_t *to,
    void *arg);
typedef int (*evhub_compare_fn_t)(const void *a, const void *b, void *arg);
typedef void (*evhub_destructor_t)(void *value);
typedef struct evhub_attr_t evhub_attr_t;

struct evhub_attr_t {
	size_t size;
	const char *name;
	size_t stack_size;
	double delay;
	unsigned int flags;
};

evhub_greenlet_t *evhub_new(const evhub_attr_t *attr, evhub_fn_t fn, void *arg);
int evhub_start(evhub_greenlet_t *g);
int evhub_start_later(evhub_greenlet_t *g, double seconds);
evhub_greenlet_t *evhub_spawn(evhub_fn_t fn, void *arg);
evhub_greenlet_t *evhub_spawn_later(double seconds, evhub_fn_t fn, void *arg);
evhub_greenlet_t *evhub_spawn_with(const evhub_attr_t *attr, evhub_fn_t fn, void *arg);
int evhub_go(evhub_fn_t fn, void *arg);
evhub_greenlet_t *evhub_retain(evhub_greenlet_t *g);
void evhub_release(evhub_greenlet_t *g);
int evhub_join(evhub_greenlet_t *g, double timeout);
int evhub_get(evhub_greenlet_t *g, void **value, double timeout);
int evhub_joinall(evhub_greenlet_t *const *g, size_t n, unsigned int flags, double timeout);
evhub_greenlet_t *evhub_current(void);
evhub_greenlet_t *evhub_main(void);
int evhub_sleep(double seconds);
int evhub_yield(void);
int evhub_state(const evhub_greenlet_t *g);
void *evhub_value(const evhub_greenlet_t *g);
int evhub_error(const evhub_greenlet_t *g);
const char *evhub_error_text(const evhub_greenlet_t *g);
const char *evhub_name(const evhub_greenlet_t *g);
int evhub_set_name(evhub_greenlet_t *g, const char *name);
unsigned long evhub_id(const evhub_greenlet_t *g);
void *evhub_fail(int error, const char *format, ...);
int evhub_kill(evhub_greenlet_t *g, int error, double timeout);
int evhub_killall(evhub_greenlet_t *const *g, size_t n, int error, double timeout);
int evhub_kill_ack(void);
evhub_greenlet_t *evhub_kill_source(void);
evhub_link_t *evhub_link(evhub_greenlet_t *g, unsigned int when, evhub_link_fn_t fn, void *arg);
evhub_link_t *evhub_link_greenlet(evhub_greenlet_t *g, unsigned int when,
    evhub_greenlet_t *target);
evhub_link_t *evhub_link_result(evhub_greenlet_t *g, evhub_result_t *r);
evhub_link_t *evhub_watch(evhub_waitable_t *object, evhub_watch_fn_t fn, void *arg);
int evhub_unlink(evhub_link_t *link);
evhub_timeout_t *evhub_timeout_start(double seconds, int error);
int evhub_timeout_expired(const evhub_timeout_t *t);
int evhub_timeout_pending(const evhub_timeout_t *t);
void evhub_timeout_cancel(evhub_timeout_t *t);
int evhub_with_timeout(double seconds, evhub_fn_t fn, void *arg, void **value);
evhub_flag_t *evhub_flag_new(void);
void evhub_flag_free(evhub_flag_t *f);
int evhub_flag_set(evhub_flag_t *f);
int evhub_flag_clear(evhub_flag_t *f);
int evhub_flag_is_set(evhub_flag_t *f);
int evhub_flag_wait(evhub_flag_t *f, double timeout);
evhub_waitable_t *evhub_flag_waitable(evhub_flag_t *f);
evhub_result_t *evhub_result_new(void);
void evhub_result_free(evhub_result_t *r);
int evhub_result_set(evhub_result_t *r, void *value);
int evhub_result_set_error(evhub_result_t *r, int error, const char *text);
int evhub_result_get(evhub_result_t *r, void **value, double timeout);
int evhub_result_wait(evhub_result_t *r, double timeout);
int evhub_result_ready(evhub_result_t *r);
void *evhub_result_value(evhub_result_t *r);
int evhub_result_error(evhub_result_t *r);
const char *evhub_result_error_text(evhub_result_t *r);
evhub_waitable_t *evhub_result_waitable(evhub_result_t *r);
typedef struct evhub_choice_t evhub_choice_t;

struct evhub_choice_t {
	evhub_queue_t *queue;
	int op;
	void *item;
};

evhub_queue_t *evhub_queue_new(long maxsize);
evhub_queue_t *evhub_lifo_new(long maxsize);
evhub_queue_t *evhub_pqueue_new(long maxsize, evhub_compare_fn_t compare, void *arg);
void evhub_queue_free(evhub_queue_t *q);
int evhub_queue_put(evhub_queue_t *q, void *item, double timeout);
int evhub_queue_get(evhub_queue_t *q, void **item, double timeout);
size_t evhub_queue_size(const evhub_queue_t *q);
int evhub_queue_empty(const evhub_queue_t *q);
int evhub_queue_full(const evhub_queue_t *q);
int evhub_queue_task_done(evhub_queue_t *q);
int evhub_queue_join(evhub_queue_t *q, double timeout);
evhub_waitable_t *evhub_queue_waitable(evhub_queue_t *q);
int evhub_select_queues(evhub_choice_t *choices, size_t n, double timeout);
evhub_waiter_t *evhub_waiter_new(void);
void evhub_waiter_free(evhub_waiter_t *w);
int evhub_waiter_get(evhub_waiter_t *w, void **value, double timeout);
int evhub_waiter_set(evhub_waiter_t *w, void *value);
int evhub_waiter_set_error(evhub_waiter_t *w, int error);
int evhub_waiter_ready(evhub_waiter_t *w);
evhub_semaphore_t *evhub_semaphore_new(long value, unsigned int flags);
void evhub_semaphore_free(evhub_semaphore_t *s);
int evhub_semaphore_acquire(evhub_semaphore_t *s, double timeout);
int evhub_semaphore_release(evhub_semaphore_t *s);
int evhub_semaphore_wait(evhub_semaphore_t *s, double timeout);
long evhub_semaphore_value(evhub_semaphore_t *s);
int evhub_semaphore_locked(evhub_semaphore_t *s);
evhub_waitable_t *evhub_semaphore_waitable(evhub_semaphore_t *s);
evhub_rlock_t *evhub_rlock_new(void);
void evhub_rlock_free(evhub_rlock_t *l);
int evhub_rlock_acquire(evhub_rlock_t *l, double timeout);
int evhub_rlock_release(evhub_rlock_t *l);
evhub_greenlet_t *evhub_rlock_owner(evhub_rlock_t *l);
evhub_condition_t *evhub_condition_new(evhub_rlock_t *lock);
void evhub_condition_free(evhub_condition_t *c);
int evhub_condition_acquire(evhub_condition_t *c, double timeout);
int evhub_condition_release(evhub_condition_t *c);
int evhub_condition_wait(evhub_condition_t *c, double timeout);
int evhub_condition_notify(evhub_condition_t *c, size_t n);
int evhub_condition_notify_all(evhub_condition_t *c);
evhub_rwlock_t *evhub_rwlock_new(void);
void evhub_rwlock_free(evhub_rwlock_t *l);
int evhub_rwlock_acquire_read(evhub_rwlock_t *l, double timeout);
int evhub_rwlock_acquire_write(evhub_rwlock_t *l, double timeout);
int evhub_rwlock_release(evhub_rwlock_t *l);
evhub_barrier_t *evhub_barrier_new(size_t count);
void evhub_barrier_free(evhub_barrier_t *b);
int evhub_barrier_wait(evhub_barrier_t *b, double timeout);
evhub_waitgroup_t *evhub_waitgroup_new(void);
void evhub_waitgroup_free(evhub_waitgroup_t *w);
int evhub_waitgroup_add(evhub_waitgroup_t *w, long n);
int evhub_waitgroup_done(evhub_waitgroup_t *w);
int evhub_waitgroup_wait(evhub_waitgroup_t *w, double timeout);
evhub_waitable_t *evhub_waitgroup_waitable(evhub_waitgroup_t *w);
evhub_group_t *evhub_group_new(size_t limit);
void evhub_group_free(evhub_group_t *grp);
evhub_greenlet_t *evhub_group_spawn(evhub_group_t *grp, evhub_fn_t fn, void *arg,
    double timeout);
evhub_greenlet_t *evhub_group_spawn_with(evhub_group_t *grp, const evhub_attr_t *attr,
    evhub_fn_t fn, void *arg, double timeout);
int evhub_group_add(evhub_group_t *grp, evhub_greenlet_t *g, double timeout);
int evhub_group_discard(evhub_group_t *grp, evhub_greenlet_t *g);
int evhub_group_contains(evhub_group_t *grp, evhub_greenlet_t *g);
size_t evhub_group_size(evhub_group_t *grp);
long evhub_group_free_count(evhub_group_t *grp);
int evhub_group_foreach(evhub_group_t *grp, evhub_each_fn_t fn, void *arg);
int evhub_group_wait_available(evhub_group_t *grp, double timeout);
int evhub_group_join(evhub_group_t *grp, unsigned int flags, double timeout);
int evhub_group_kill(evhub_group_t *grp, int error, double timeout);
evhub_waitable_t *evhub_group_waitable(evhub_group_t *grp);
int evhub_group_call(evhub_group_t *grp, evhub_fn_t fn, void *arg, void **value,
    double timeout);
int evhub_group_map(evhub_group_t *grp, evhub_fn_t fn, void *const *in, size_t n, void **out);
evhub_imap_t *evhub_group_imap(evhub_group_t *grp, evhub_fn_t fn, evhub_next_fn_t next,
    void *arg, unsigned int flags);
int evhub_imap_next(evhub_imap_t *im, void **value, double timeout);
void evhub_imap_free(evhub_imap_t *im);
int evhub_wait(evhub_waitable_t *const *w, size_t n, size_t count, double timeout);
evhub_iwait_t *evhub_iwait_new(evhub_waitable_t *const *w, size_t n);
int evhub_iwait_next(evhub_iwait_t *it, size_t *index, double timeout);
void evhub_iwait_free(evhub_iwait_t *it);
evhub_waitable_t *evhub_greenlet_waitable(evhub_greenlet_t *g);
evhub_local_t *evhub_local_new(evhub_destructor_t destructor);
void evhub_local_free(evhub_local_t *l);
void *evhub_local_get(evhub_local_t *l);
int evhub_local_set(evhub_local_t *l, void *value);
struct event_base *evhub_base(void);
pid_t evhub_fork(void);
int evhub_reinit(void);
int evhub_shutdown(void);
int evhub_catch_sigint(int on);
evhub_signal_t *evhub_signal(int signum, evhub_fn_t fn, void *arg);
void evhub_signal_cancel(evhub_signal_t *s);
int evhub_set_error_hook(evhub_error_fn_t fn, void *arg);
int evhub_set_trace(evhub_trace_fn_t fn, void *arg);
const char *evhub_strerror(int error);
typedef struct evhub_stats_t evhub_stats_t;

struct evhub_stats_t {
	size_t size;
	uint64_t switches;
	uint64_t wakeups;
	uint64_t polls;
	uint64_t spawned;
	size_t alive;
	size_t peak;
	size_t waiting;
	size_t ready;
	size_t stacks;
	size_t stacks_free;
	size_t stack_bytes;
};

typedef struct evhub_info_t evhub_info_t;

struct evhub_info_t {
	size_t size;
	evhub_greenlet_t *greenlet;
	unsigned long id;
	unsigned long parent;
	const char *name;
	int state;
	const char *waits_for;
	const void *object;
	double waited;
	size_t stack_size;
	size_t stack_used;
};

typedef int (*evhub_info_fn_t)(const evhub_info_t *info, void *arg);
int evhub_stats(evhub_stats_t *stats);
int evhub_foreach(evhub_info_fn_t fn, void *arg);
int evhub_dump(FILE *out);
