/*
 * The rows of http.c with nginx: a single process of it is what is measured, and this one is the
 * client. A large reply is a file, which nginx sends without reading it.
 */
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client.h"
#include "http_client.h"
#include "measure.h"

static pid_t nginx;

static const char settings[] =
    "daemon off;\n"
    "master_process off;\n"
    "worker_processes 1;\n"
    "pid %1$s/pid;\n"
    "error_log %1$s/log crit;\n"
    "events { worker_connections 8000; use epoll; multi_accept on; }\n"
    "http {\n"
    "  access_log off;\n"
    "  sendfile on;\n"
    "  tcp_nopush on;\n"
    "  keepalive_timeout 600s;\n"
    "  keepalive_requests 1000000000;\n"
    "  default_type text/html;\n"
    "  client_body_temp_path %1$s/a; proxy_temp_path %1$s/b; fastcgi_temp_path %1$s/c;\n"
    "  uwsgi_temp_path %1$s/d; scgi_temp_path %1$s/e;\n"
    "  server {\n"
    "    listen 127.0.0.1:%2$d backlog=1024;\n"
    "    root %1$s;\n"
    "    location = / { return 200 \"hi\"; }\n"
    "    location = /large { open_file_cache max=10; }\n"
    "  }\n"
    "}\n";

const char *library_version(void)
{
	static char version[80];
	FILE *said = popen(NGINX " -v 2>&1", "r");

	must(said != NULL && fgets(version, sizeof(version), said) != NULL, NGINX);
	pclose(said);
	version[strcspn(version, "\n")] = '\0';
	return version;
}

static void prepare(int port)
{
	static char large[HTTP_LARGE];
	FILE *file;

	must(mkdir(FOLDER, 0755) == 0 || errno == EEXIST, FOLDER);
	file = fopen(FOLDER "/nginx.conf", "w");
	must(file != NULL && fprintf(file, settings, FOLDER, port) > 0, "nginx.conf");
	fclose(file);
	memset(large, 'x', sizeof(large));
	file = fopen(FOLDER "/large", "w");
	must(file != NULL && fwrite(large, sizeof(large), 1, file) == 1, "large");
	fclose(file);
	/* Whoever nginx runs as may look in here. */
	chmod(FOLDER "/large", 0644);
}

static int listens(int port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), connected;

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	connected = connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0;
	close(fd);
	return connected;
}

/* On a port that was free a moment ago. */
static int start(void)
{
	int port, tries, listener = http_listen(&port);

	close(listener);
	prepare(port);
	take_turns();
	nginx = fork();
	must(nginx != -1, "fork");
	if (nginx == 0) {
		execl(NGINX, "nginx", "-p", FOLDER, "-c", FOLDER "/nginx.conf", "-e", FOLDER "/log",
		    (char *)NULL);
		_exit(127);
	}
	for (tries = 0; !listens(port); tries++) {
		must(tries < 500 && waitpid(nginx, NULL, WNOHANG) == 0, "nginx");
		usleep(20000);
	}
	return port;
}

static void stop(void)
{
	must(kill(nginx, SIGKILL) == 0, "kill");
	must(waitpid(nginx, NULL, 0) == nginx, "waitpid");
}

static void serve(const char *name, int connections, const char *target, enum http_turns turns,
    long count)
{
	int port = start();
	struct http_client *client = http_client_new(port, connections, target);

	http_client_ask(client, 10 * connections, turns);
	measure_process(nginx);
	measure_start();
	http_client_ask(client, count, turns);
	measure_stop(name, "request", count);
	http_client_free(client);
	stop();
}

static void bench_http_1(void)
{
	serve("http.1", 1, "/", HTTP_TOGETHER, 30000);
}

static void bench_http_50(void)
{
	serve("http.50", 50, "/", HTTP_TOGETHER, 100000);
}

static void bench_http_large(void)
{
	serve("http.large", 50, "/large", HTTP_ANYHOW, 3000);
}

static void bench_http_idle(void)
{
	int port = start();
	struct http_client *one = http_client_new(port, 1, "/"), *all;
	long before;

	http_client_ask(one, 1, HTTP_ONCE);
	before = resident_bytes(nginx);
	all = http_client_new(port, HTTP_CROWD, "/");
	http_client_ask(all, HTTP_CROWD, HTTP_ONCE);
	measure_bytes("http.idle", "connection", resident_bytes(nginx) - before, HTTP_CROWD);
	http_client_free(one);
	http_client_free(all);
	stop();
}

const struct bench benches[] = {
	{ "http.1", bench_http_1 },
	{ "http.50", bench_http_50 },
	{ "http.large", bench_http_large },
	{ "http.idle", bench_http_idle },
	{ NULL, NULL },
};
