/* A process that asks a web server, over connections that stay. */
#ifndef HTTP_CLIENT_H
#define HTTP_CLIENT_H

#define HTTP_SMALL 2		/* bytes of the body of /, */
#define HTTP_LARGE (1 << 20)	/* and of /large */
#define HTTP_CROWD 3000		/* connections at most */

/* How the connections take turns. */
enum http_turns {
	HTTP_TOGETHER,	/* all ask, then all replies are read, and so on */
	HTTP_ANYHOW,	/* each asks again as soon as it has its reply */
	HTTP_ONCE,	/* one connects and asks, then the next; then all stay as they are */
};

/* A socket that listens, which does not block, and its port. */
int http_listen(int *port);

/* The client asks until it is stopped. To be called before there is an event base, which would be
 * in both processes; the connections can be accepted later. */
void http_client_start(int port, int connections, const char *target, enum http_turns turns);
void http_client_stop(void);

/* Or this process is the client, for so many requests, all from scratch. */
struct http_client *http_client_new(int port, int connections, const char *target);
void http_client_ask(struct http_client *client, long requests, enum http_turns turns);
void http_client_free(struct http_client *client);

#endif
