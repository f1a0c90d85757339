/*
 * Where a server listens: sockets that can be closed again, IPv6, paths of the file system; proves
 * the repairs of behaviour 136. H03.
 */
#include "serving.h"

#include <evhub/http_ext.h>

#include <sys/un.h>

static struct peer p;

static int
port_of(struct evhttp_bound_socket *bound)
{
	struct sockaddr_storage address;
	socklen_t length = sizeof(address);
	int fd = evhttp_bound_socket_get_fd(bound);

	CHECK_INT(getsockname(fd, (struct sockaddr *)&address, &length), 0);
	return ntohs(address.ss_family == AF_INET6 ?
	    ((struct sockaddr_in6 *)&address)->sin6_port :
	    ((struct sockaddr_in *)&address)->sin_port);
}

static int
can_connect(int to)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), result;

	CHECK(fd != -1);
	address.sin_port = htons((uint16_t)to);
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	result = connect_socket(fd, &address, sizeof(address));
	close(fd);
	return result == 0;
}

static void
check_served(void)
{
	open_peer(&p);
	say(&p, "GET / HTTP/1.1\r\n\r\n");
	CHECK_STR(hear(&p), PLAIN(5, "GET /"));
}

/* One of several is closed; connections that came in on it stay. */
TEST(sockets_that_are_closed)
{
	struct evhttp_bound_socket *one, *two;
	struct evhttp *other;

	serve(echo);
	CHECK((one = evhttp_bind_socket_with_handle(http, "127.0.0.1", 0)) != NULL);
	CHECK((two = evhttp_accept_socket_with_handle(http, listening(SOCK_NONBLOCK))) != NULL);
	CHECK_INT(port_of(two), port);
	port = port_of(one);
	check_served();
	CHECK((other = evhttp_new(current_base)) != NULL);
	evhttp_del_accept_socket(other, one);
	CHECK_INT(errno, ENOENT);
	evhttp_free(other);
	CHECK(can_connect(port_of(one)));
	evhttp_del_accept_socket(http, one);
	CHECK(!can_connect(port));
	say(&p, "GET /b HTTP/1.1\r\n\r\n");
	CHECK_STR(hear(&p), PLAIN(6, "GET /b"));
	close_peer(&p);
	port = port_of(two);
	check_served();
	close_peer(&p);
	finish();
}

TEST(sockets_that_are_none)
{
	serve(echo);
	CHECK(evhttp_bind_socket_with_handle(http, "256.0.0.1", 0) == NULL);
	CHECK_INT(errno, EINVAL);
	CHECK(evhttp_bind_socket_with_handle(NULL, "127.0.0.1", 0) == NULL);
	CHECK_INT(errno, EINVAL);
	CHECK(evhttp_accept_socket_with_handle(http, -1) == NULL);
	CHECK_INT(errno, EBADF);
	CHECK_INT(evhttp_bound_socket_get_fd(NULL), -1);
	CHECK_INT(errno, EINVAL);
	evhttp_del_accept_socket(http, NULL);
	CHECK_INT(errno, EINVAL);
	CHECK(evhttp_bind_socket_with_handle(http, "127.0.0.1", (unsigned short)port) == NULL);
	CHECK_INT(errno, EADDRINUSE);
	finish();
}

static char host[64];
static int host_port;

static void
say_host(struct evhttp_request *req, void *arg)
{
	char *address = NULL;
	unsigned short number = 1;

	(void)arg;
	calls++;
	snprintf(host, sizeof(host), "%s", req->remote_host);
	host_port = req->remote_port;
	evhttp_connection_get_peer(evhttp_request_get_connection(req), &address, &number);
	CHECK_STR(address, host);
	CHECK_INT(number, host_port);
	send_text(req, "x");
}

/* IPv6 by its literal, and then nothing else: the same port is free for IPv4. */
TEST(ipv6)
{
	struct sockaddr_in6 address = { .sin6_family = AF_INET6 };
	struct evhttp_bound_socket *bound;
	int fd;

	serve(say_host);
	bound = evhttp_bind_socket_with_handle(http, "::1", 0);
	if (bound == NULL && (errno == EADDRNOTAVAIL || errno == EAFNOSUPPORT))
		SKIP("no IPv6");
	CHECK(bound != NULL);
	address.sin6_port = htons((uint16_t)port_of(bound));
	address.sin6_addr = in6addr_loopback;
	CHECK((fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) != -1);
	CHECK(connect_socket(fd, &address, sizeof(address)) == 0 ||
	    errno == EINPROGRESS);
	watch_peer(&p, fd);
	rounds();
	say(&p, "GET / HTTP/1.1\r\n\r\n");
	CHECK_INT(status_of(hear(&p)), 200);
	CHECK_STR(host, "::1");
	CHECK(host_port > 0);
	close_peer(&p);
	/* All of IPv6 alone: IPv4 does not come in there. */
	CHECK((bound = evhttp_bind_socket_with_handle(http, "::", 0)) != NULL);
	CHECK(!can_connect(port_of(bound)));
	CHECK_INT(evhttp_bind_socket(http, "0.0.0.0", (unsigned short)port_of(bound)), 0);
	finish();
}

/* An IPv6 socket of a program's that takes IPv4 too: who comes over that is named as such. */
TEST(mapped_addresses)
{
	struct sockaddr_in6 address = { .sin6_family = AF_INET6 };
	socklen_t length = sizeof(address);
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), off = 0;

	if (fd == -1)
		SKIP("no IPv6");
	CHECK_INT(setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)), 0);
	if (bind(fd, (struct sockaddr *)&address, length) == -1)
		SKIP("no IPv6");
	CHECK_INT(listen(fd, 5), 0);
	CHECK_INT(getsockname(fd, (struct sockaddr *)&address, &length), 0);
	serve(say_host);
	/* It goes with the server. */
	fds_before--;
	CHECK_INT(evhttp_accept_socket(http, fd), 0);
	port = ntohs(address.sin6_port);
	open_peer(&p);
	say(&p, "GET / HTTP/1.1\r\n\r\n");
	CHECK_INT(status_of(hear(&p)), 200);
	CHECK_STR(host, "127.0.0.1");
	close_peer(&p);
	finish();
}

TEST(paths_of_the_file_system)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	char folder[] = "/tmp/evhub-http-XXXXXX", longer[200];
	int fd;

	CHECK(mkdtemp(folder) != NULL);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/s", folder);
	serve(say_host);
	CHECK(evhub_http_bind_unix(http, address.sun_path) != NULL);
	CHECK(evhub_http_bind_unix(http, address.sun_path) == NULL);
	CHECK_INT(errno, EADDRINUSE);
	memset(longer, 'x', sizeof(longer));
	longer[sizeof(longer) - 1] = '\0';
	CHECK(evhub_http_bind_unix(http, longer) == NULL);
	CHECK_INT(errno, ENAMETOOLONG);
	CHECK(evhub_http_bind_unix(http, NULL) == NULL);
	CHECK_INT(errno, EINVAL);
	CHECK((fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) != -1);
	CHECK_INT(connect_socket(fd, &address, sizeof(address)), 0);
	CHECK_INT(evutil_make_socket_nonblocking(fd), 0);
	watch_peer(&p, fd);
	say(&p, "GET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n");
	CHECK_STR(hear(&p), PLAIN(1, "x"));
	CHECK_STR(hear(&p), PLAIN(1, "x"));
	CHECK_STR(host, "");
	CHECK_INT(host_port, 0);
	close_peer(&p);
	finish();
	CHECK_INT(unlink(address.sun_path), 0);
	CHECK_INT(rmdir(folder), 0);
}

static void
say_what_it_is_for(struct evhttp_request *req, void *arg)
{
	const char *name = evhttp_request_get_host(req);

	(void)arg;
	calls++;
	send_text(req, name == NULL ? "nobody" : name);
}

/* H03: a whole URI says whom a request is for, not the header. */
TEST(hosts)
{
	static const char *const questions[][2] = {
		{ "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "a" },
		{ "GET / HTTP/1.1\r\nHost: a:80\r\n\r\n", "a" },
		{ "GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", "[::1]" },
		{ "GET / HTTP/1.1\r\n\r\n", "nobody" },
		{ "GET http://b:81/c HTTP/1.1\r\nHost: a\r\n\r\n", "b" },
		{ "GET http://b HTTP/1.1\r\n\r\n", "b" },
		{ "GET /http://b/ HTTP/1.1\r\nHost: a\r\n\r\n", "a" },
	};
	size_t i;

	serve(say_what_it_is_for);
	for (i = 0; i < COUNT(questions); i++) {
		open_peer(&p);
		say(&p, questions[i][0]);
		say_end(&p);
		CHECK_STR(strstr(hear_all(&p), "\r\n\r\n") + 4, questions[i][1]);
		close_peer(&p);
	}
	CHECK(evhttp_request_get_host(NULL) == NULL);
	CHECK_INT(errno, EINVAL);
	finish();
}
