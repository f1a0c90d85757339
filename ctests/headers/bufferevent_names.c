/*
 * bufferevent_ext.h under the name that it has when installed, alone: evhub's names, and
 * libevent 2's for the same functions.
 */
#include <evhub/bufferevent_ext.h>

#include <sys/socket.h>
#include <netinet/in.h>
#include <arpa/inet.h>
#include <string.h>
#include <unistd.h>

#include "check.h"

static short told;

static void read_it(struct bufferevent *bev, void *arg)
{
	(void)bev;
	(void)arg;
}

static void tell(struct bufferevent *bev, short what, void *arg)
{
	(void)bev;
	CHECK(arg == &told);
	told = what;
}

static void callbacks(struct bufferevent *bev)
{
	evbuffercb readcb, writecb;
	everrorcb errorcb;
	void *arg;

	bufferevent_getcb(bev, &readcb, &writecb, &errorcb, &arg);
	CHECK(readcb == read_it && writecb == NULL && errorcb == tell && arg == &told);
	bufferevent_getcb(bev, NULL, NULL, NULL, NULL);
}

static int listening(struct sockaddr_in *address)
{
	socklen_t length = sizeof(*address);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	memset(address, 0, sizeof(*address));
	address->sin_family = AF_INET;
	address->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	CHECK(fd >= 0 && bind(fd, (struct sockaddr *)address, length) == 0);
	CHECK(listen(fd, 1) == 0 && getsockname(fd, (struct sockaddr *)address, &length) == 0);
	return fd;
}

static void connecting(struct event_base *base, struct bufferevent *bev)
{
	struct sockaddr_in address;
	int fd = listening(&address);

	CHECK(bufferevent_getfd(bev) == -1 && bufferevent_getfd(NULL) == -1);
	CHECK(bufferevent_base_set(base, bev) == 0);
	CHECK(bufferevent_socket_connect(bev, (struct sockaddr *)&address, sizeof(address)) == 0);
	CHECK(event_base_loop(base, EVLOOP_ONCE) == 0 && told == BEV_EVENT_CONNECTED);
	CHECK(bufferevent_getfd(bev) >= 0);
	CHECK(bufferevent_write(bev, "x", 1) == 0);
	CHECK(bufferevent_flush(bev, EV_WRITE, BEV_NORMAL) == 1);
	CHECK(bufferevent_flush(bev, EV_WRITE, BEV_FLUSH) == 0);
	CHECK(bufferevent_flush(bev, EV_WRITE, BEV_FINISHED) == 0);
	close(bufferevent_getfd(bev));
	close(fd);
}

int main(void)
{
	int (*connect_it)(struct bufferevent *, const struct sockaddr *, int) =
	    evhub_bufferevent_socket_connect;
	int (*getfd)(struct bufferevent *) = evhub_bufferevent_getfd;
	void (*getcb)(struct bufferevent *, evbuffercb *, evbuffercb *, everrorcb *, void **) =
	    evhub_bufferevent_getcb;
	int (*flush)(struct bufferevent *, short, enum bufferevent_flush_mode) =
	    evhub_bufferevent_flush;
	struct event_base *base = event_base_new();
	struct bufferevent *bev = bufferevent_new(-1, read_it, NULL, tell, &told);

	CHECK(base != NULL && bev != NULL && BEV_EVENT_CONNECTED == 0x80);
	CHECK(connect_it == bufferevent_socket_connect && getfd == bufferevent_getfd);
	CHECK(getcb == bufferevent_getcb && flush == bufferevent_flush);
	callbacks(bev);
	connecting(base, bev);
	bufferevent_free(bev);
	event_base_free(base);
	return 0;
}
