/*
 * What the servers of this folder have in common: a listening socket on 127.0.0.1, and how the
 * sockets are that it gives.
 */
#include <sys/types.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event.h>

/* Listens on a port, or on a free one if that is 0, and prints which. Ends the program if not. */
static int listen_on(int port)
{
	struct sockaddr_in addr;
	socklen_t len = sizeof(addr);
	/*
	 * Connections inherit this: one that is slow to read holds no more than the size, and
	 * small answers do not wait for the acknowledgement of what was sent before.
	 */
	int size = 16384, one = 1, fd = socket(AF_INET, SOCK_STREAM, 0);

	memset(&addr, 0, sizeof(addr));
	addr.sin_family = AF_INET;
	addr.sin_port = htons(port);
	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd == -1 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) == -1 ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)) == -1 ||
	    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)) == -1 ||
	    bind(fd, (struct sockaddr *)&addr, sizeof(addr)) == -1 || listen(fd, 1024) == -1 ||
	    evutil_make_socket_nonblocking(fd) == -1 ||
	    getsockname(fd, (struct sockaddr *)&addr, &len) == -1) {
		perror("cannot listen");
		exit(1);
	}
	printf("%d\n", ntohs(addr.sin_port));
	fflush(stdout);
	return fd;
}
