/*
 * A client written with the bare system calls. It is a process of its own, so that a server's
 * CPU time and counts are the server's alone. Both stay on one core and are batch processes,
 * which do not preempt each other: all messages of a turn wait when the server wakes up.
 */
#include "client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "must.h"

static pid_t client;

static int listen_anywhere(struct sockaddr_in *address)
{
	socklen_t length = sizeof(*address);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	memset(address, 0, sizeof(*address));
	address->sin_family = AF_INET;
	address->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	must(fd != -1, "socket");
	must(bind(fd, (struct sockaddr *)address, length) == 0, "bind");
	must(listen(fd, CROWD) == 0, "listen");
	must(getsockname(fd, (struct sockaddr *)address, &length) == 0, "getsockname");
	return fd;
}

static void at_once(int fd)
{
	int on = 1;

	must(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) == 0, "TCP_NODELAY");
}

static void connect_all(int *servers, int *clients, int count)
{
	struct sockaddr_in address;
	int i, listener = listen_anywhere(&address);

	for (i = 0; i < count; i++) {
		clients[i] = socket(AF_INET, SOCK_STREAM, 0);
		must(clients[i] != -1, "socket");
		must(connect(clients[i], (struct sockaddr *)&address, sizeof(address)) == 0,
		    "connect");
		servers[i] = accept(listener, NULL, NULL);
		must(servers[i] != -1, "accept");
		must(fcntl(servers[i], F_SETFL, O_NONBLOCK) == 0, "fcntl");
		at_once(clients[i]);
		at_once(servers[i]);
	}
	close(listener);
}

static void close_all(const int *fds, int count)
{
	int i;

	for (i = 0; i < count; i++)
		close(fds[i]);
}

void take_turns(void)
{
#ifdef SCHED_BATCH
	struct sched_param none = { 0 };
	cpu_set_t here;

	CPU_ZERO(&here);
	CPU_SET(sched_getcpu(), &here);
	(void)sched_setaffinity(0, sizeof(here), &here);
	(void)sched_setscheduler(0, SCHED_BATCH, &none);
#endif
}

/* Until it is killed. */
static void talk(const int *fds, int count)
{
	char message[MESSAGE];
	int i;

	memset(message, 'm', sizeof(message));
	for (;;) {
		for (i = 0; i < count; i++)
			if (send(fds[i], message, MESSAGE, MSG_NOSIGNAL) != MESSAGE)
				_exit(1);
		for (i = 0; i < count; i++)
			if (recv(fds[i], message, MESSAGE, MSG_WAITALL) != MESSAGE)
				_exit(1);
	}
}

void client_start(int *ends, int count)
{
	int clients[CROWD];

	must(count <= CROWD, "too many connections");
	connect_all(ends, clients, count);
	take_turns();
	client = fork();
	must(client != -1, "fork");
	if (client == 0) {
		close_all(ends, count);
		talk(clients, count);
	}
	close_all(clients, count);
}

void client_stop(const int *ends, int count)
{
	must(kill(client, SIGKILL) == 0, "kill");
	must(waitpid(client, NULL, 0) == client, "waitpid");
	close_all(ends, count);
}
