/*
 * The client. It reads replies by their lengths, which it learns from the first one on each
 * connection: servers are measured, not clients.
 */
#include "http_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client.h"
#include "must.h"

#define ROOM (256 << 10)

struct http_client {
	char request[128];
	size_t request_length;
	int port, count;
	struct {
		int fd;		/* 0: not connected yet */
		size_t length;	/* of a reply; 0: not known yet */
		size_t left;	/* what of it is to come */
	} connections[HTTP_CROWD];
};

static char room[ROOM];
static pid_t process;

int http_listen(int *port)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t length = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	must(fd != -1, "socket");
	must(bind(fd, (struct sockaddr *)&address, length) == 0, "bind");
	must(listen(fd, 1024) == 0, "listen");
	must(getsockname(fd, (struct sockaddr *)&address, &length) == 0, "getsockname");
	*port = ntohs(address.sin_port);
	return fd;
}

static int connected(int port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port) };
	int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	must(fd != -1, "socket");
	must(connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0, "connect");
	must(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) == 0, "TCP_NODELAY");
	return fd;
}

struct http_client *http_client_new(int port, int connections, const char *target)
{
	struct http_client *client = calloc(1, sizeof(*client));

	must(client != NULL && connections <= HTTP_CROWD, "a client");
	client->port = port;
	client->count = connections;
	client->request_length = snprintf(client->request, sizeof(client->request),
	    "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", target);
	return client;
}

void http_client_free(struct http_client *client)
{
	int i;

	for (i = 0; i < client->count; i++)
		if (client->connections[i].fd != 0)
			close(client->connections[i].fd);
	free(client);
}

static void ask(struct http_client *client, int i)
{
	ssize_t n;

	if (client->connections[i].fd == 0)
		client->connections[i].fd = connected(client->port);
	n = send(client->connections[i].fd, client->request, client->request_length, MSG_NOSIGNAL);
	must(n == (ssize_t)client->request_length, "a request");
	client->connections[i].left = client->connections[i].length;
}

/* The first reply is read to the end of its head, which says how long it is. */
static void learn(struct http_client *client, int i)
{
	const char *end, *field;
	size_t got = 0;
	ssize_t n;

	do {
		n = recv(client->connections[i].fd, room + got, ROOM - 1 - got, 0);
		must(n > 0, "a reply");
		room[got += n] = '\0';
	} while ((end = strstr(room, "\r\n\r\n")) == NULL);
	must(strncmp(room, "HTTP/1.1 200 ", 13) == 0, "another reply");
	must((field = strcasestr(room, "\r\nContent-Length: ")) != NULL, "a length");
	client->connections[i].length = end + 4 - room + strtoul(field + 18, NULL, 10);
	client->connections[i].left = client->connections[i].length - got;
}

/* Reads some of the reply. True if it is complete. */
static int hear(struct http_client *client, int i, int flags)
{
	size_t left = client->connections[i].left;
	ssize_t n;

	if (client->connections[i].length == 0) {
		learn(client, i);
		return client->connections[i].left == 0;
	}
	n = recv(client->connections[i].fd, room, left < ROOM ? left : ROOM, flags);
	must(n > 0, "a reply");
	client->connections[i].left -= n;
	return client->connections[i].left == 0;
}

static void together(struct http_client *client, long requests)
{
	int i;

	for (; requests > 0; requests -= client->count) {
		for (i = 0; i < client->count; i++)
			ask(client, i);
		for (i = 0; i < client->count; i++)
			while (!hear(client, i, MSG_WAITALL))
				;
	}
}

static void anyhow(struct http_client *client, long requests)
{
	struct epoll_event event = { .events = EPOLLIN }, ready[64];
	int i, n, epoll = epoll_create1(EPOLL_CLOEXEC);
	long asked = 0, heard = 0;

	must(epoll != -1, "epoll_create1");
	for (i = 0; i < client->count; i++, asked++) {
		ask(client, i);
		event.data.u32 = i;
		must(epoll_ctl(epoll, EPOLL_CTL_ADD, client->connections[i].fd, &event) == 0,
		    "epoll_ctl");
	}
	while (heard < asked) {
		n = epoll_wait(epoll, ready, 64, -1);
		for (i = 0; i < n; i++) {
			if (!hear(client, ready[i].data.u32, 0))
				continue;
			heard++;
			if (asked < requests) {
				asked++;
				ask(client, ready[i].data.u32);
			}
		}
	}
	close(epoll);
}

static void once(struct http_client *client)
{
	int i;

	for (i = 0; i < client->count; i++) {
		ask(client, i);
		while (!hear(client, i, MSG_WAITALL))
			;
	}
}

void http_client_ask(struct http_client *client, long requests, enum http_turns turns)
{
	if (turns == HTTP_TOGETHER)
		together(client, requests);
	else if (turns == HTTP_ANYHOW)
		anyhow(client, requests);
	else
		once(client);
}

void http_client_start(int port, int connections, const char *target, enum http_turns turns)
{
	struct http_client *client;

	take_turns();
	process = fork();
	must(process != -1, "fork");
	if (process != 0)
		return;
	client = http_client_new(port, connections, target);
	http_client_ask(client, 1L << 40, turns);
	for (;;)
		pause();
}

void http_client_stop(void)
{
	must(kill(process, SIGKILL) == 0, "kill");
	must(waitpid(process, NULL, 0) == process, "waitpid");
}
