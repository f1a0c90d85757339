/*
 * A name server with a few names of its own, and questions to it, in one loop. With an argument it
 * only serves, on that port: ask it with `dig -p PORT @127.0.0.1 www.example`.
 */
#include <sys/types.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <arpa/inet.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <event.h>
#include <evdns.h>

static int waiting;

/* Every name in "example" has an address; www is another name for host. */
static void serve(struct evdns_server_request *req, void *arg)
{
	const char *name = req->questions[0]->name;
	const char *end = strrchr(name, '.');
	struct in_addr address = { htonl(0xc0000201) };

	(void)arg;
	if (end == NULL || strcasecmp(end, ".example") != 0) {
		evdns_server_request_respond(req, DNS_ERR_NOTEXIST);
		return;
	}
	if (strcasecmp(name, "www.example") == 0) {
		evdns_server_request_add_cname_reply(req, name, "host.example", 60);
		name = "host.example";
	}
	if (req->questions[0]->type == EVDNS_TYPE_A)
		evdns_server_request_add_a_reply(req, name, 1, &address, 60);
	evdns_server_request_respond(req, DNS_ERR_NONE);
}

static void on_answer(int result, char type, int count, int ttl, void *addresses, void *arg)
{
	char text[INET_ADDRSTRLEN] = "";

	(void)type;
	if (result == DNS_ERR_NONE && count > 0)
		inet_ntop(AF_INET, addresses, text, sizeof(text));
	printf("%s: %s %s, %d s\n", (char *)arg, evdns_err_to_string(result), text, ttl);
	if (--waiting == 0)
		event_loopexit(NULL);
}

int main(int argc, char **argv)
{
	static char *names[] = { "www.example", "host.example", "host.elsewhere", "127.0.0.1" };
	struct sockaddr_in at = { .sin_family = AF_INET };
	socklen_t length = sizeof(at);
	char server[32];
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	int i;

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	at.sin_port = htons((uint16_t)(argc > 1 ? atoi(argv[1]) : 0));
	if (bind(fd, (struct sockaddr *)&at, length) == -1 ||
	    fcntl(fd, F_SETFL, O_NONBLOCK) == -1 ||
	    getsockname(fd, (struct sockaddr *)&at, &length) == -1) {
		perror("names");
		return 1;
	}
	event_init();
	struct evdns_server_port *port = evdns_add_server_port(fd, 0, serve, NULL);
	snprintf(server, sizeof(server), "127.0.0.1:%d", ntohs(at.sin_port));
	if (argc == 1 && evdns_nameserver_ip_add(server) == 0)
		for (i = 0; i < 4; i++)
			if (evdns_resolve_ipv4(names[i], 0, on_answer, names[i]) == 0)
				waiting++;
	event_dispatch();
	evdns_shutdown(0);
	evdns_close_server_port(port);
	return waiting != 0;
}
