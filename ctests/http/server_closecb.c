/*
 * Proves behaviours 154 and 202: a program hears when the connection of its request ends.
 */
#include "serving.h"

static struct peer p;
static int closed;
static struct evhttp_connection *connection;

static void
on_close(struct evhttp_connection *evcon, void *arg)
{
	CHECK_STR(arg, "arg");
	CHECK_PTR(evcon, connection);
	closed++;
}

static void
keep_and_watch(struct evhttp_request *req, void *arg)
{
	keep(req, arg);
	connection = evhttp_request_get_connection(req);
	evhttp_connection_set_closecb(connection, on_close, "arg");
}

static void
begin(void)
{
	serve(keep_and_watch);
	open_peer(&p);
	say(&p, "GET / HTTP/1.1\r\n\r\n");
	UNTIL(keeping == 1);
	CHECK_INT(closed, 0);
}

/* The first piece after a reset is taken; a failing write ends it. */
TEST(in_a_stream)
{
	struct evbuffer *piece = evbuffer_new();
	int i;

	begin();
	evhttp_send_reply_start(kept[0], 200, "OK");
	rounds();
	reset_peer(&p);
	for (i = 0; i < 20 && closed == 0; i++) {
		evbuffer_add(piece, "a", 1);
		evhttp_send_reply_chunk(kept[0], piece);
		loop_for_ms(2);
	}
	CHECK_INT(closed, 1);
	CHECK_PTR(kept[0]->evcon, NULL);
	evhttp_send_reply_end(kept[0]);
	CHECK_INT(closed, 1);
	evbuffer_free(piece);
	finish();
	CHECK_INT(closed, 1);
}

TEST(after_the_reply)
{
	begin();
	send_text(kept[0], "x");
	CHECK_STR(hear(&p), PLAIN(1, "x"));
	CHECK_INT(closed, 0);
	close_peer(&p);
	UNTIL(closed == 1);
	finish();
	CHECK_INT(closed, 1);
}

TEST(with_the_server)
{
	begin();
	evhttp_free(http);
	http = NULL;
	CHECK_INT(closed, 1);
	evhttp_send_reply(kept[0], 200, "OK", NULL);
	close_peer(&p);
	finish();
	CHECK_INT(closed, 1);
}
