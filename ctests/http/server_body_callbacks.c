/*
 * Proves behaviours 71 and 151: a buffer that is handed over may have a callback, which is the last
 * thing that happens, and may end whatever there is.
 */
#include "serving.h"

void evhttp_send_page(struct evhttp_request *, struct evbuffer *);

/* What the callback does. */
enum deed { LOOK, CLOSE, FREE_SERVER, FREE_BUFFER, ANSWER_AGAIN };

/* With what the buffer is handed over. */
enum call { REPLY, PAGE, CHUNK, CHUNK_TO_NOBODY };

static enum deed deed;
static enum call call;
static struct evhttp_request *request;
static int told, old_length, new_length;

static void
changed(struct evbuffer *body, size_t before, size_t after, void *arg)
{
	(void)arg;
	told++;
	old_length = (int)before;
	new_length = (int)after;
	switch (deed) {
	case LOOK:
		break;
	case CLOSE:
		evhttp_connection_free(request->evcon);
		break;
	case FREE_SERVER:
		evhttp_free(http);
		http = NULL;
		break;
	case FREE_BUFFER:
		evbuffer_free(body);
		break;
	case ANSWER_AGAIN:
		evhttp_send_reply(request, HTTP_OK, "OK", NULL);
		break;
	}
}

static void
hand_over(struct evhttp_request *req, void *arg)
{
	struct evbuffer *body = evbuffer_new();

	(void)arg;
	request = req;
	CHECK_INT(evbuffer_add(body, "hello", 5), 0);
	evbuffer_setcb(body, changed, NULL);
	told = 0;
	switch (call) {
	case REPLY:
		evhttp_send_reply(req, HTTP_OK, "OK", body);
		break;
	case PAGE:
		evhttp_send_page(req, body);
		break;
	case CHUNK:
		evhttp_send_reply_start(req, HTTP_OK, "OK");
		evhttp_send_reply_chunk(req, body);
		break;
	case CHUNK_TO_NOBODY:
		evhttp_send_reply_start(req, 204, "No Content");
		evhttp_send_reply_chunk(req, body);
		break;
	}
	CHECK_INT(told, 1);
	CHECK_INT(old_length, 5);
	CHECK_INT(new_length, 0);
	if (deed != FREE_BUFFER)
		evbuffer_free(body);
	/* A streamed answer is still the program's to end. */
	if (call == CHUNK || call == CHUNK_TO_NOBODY)
		evhttp_send_reply_end(req);
}

static void
ask_with(enum call how, enum deed what, const char *end)
{
	struct peer p;

	call = how;
	deed = what;
	serve(hand_over);
	open_peer(&p);
	say(&p, "GET / HTTP/1.1\r\n\r\n");
	if (what == CLOSE || what == FREE_SERVER) {
		UNTIL(p.ended);
	} else {
		UNTIL(whole_reply(&p, 0) > 0);
		CHECK(strstr(p.in, end) != NULL);
	}
	close_peer(&p);
	finish();
}

static void
ask_in_all_ways(enum deed what)
{
	ask_with(REPLY, what, "\r\n\r\nhello");
	ask_with(PAGE, what, "\r\n\r\nhello");
	ask_with(CHUNK, what, "\r\n\r\n5\r\nhello\r\n0\r\n\r\n");
	ask_with(CHUNK_TO_NOBODY, what, "\r\n\r\n");
}

TEST(is_told_when_all_is_said)
{
	ask_in_all_ways(LOOK);
}

TEST(may_close_the_connection)
{
	ask_in_all_ways(CLOSE);
}

TEST(may_free_the_server)
{
	ask_in_all_ways(FREE_SERVER);
}

TEST(may_free_the_buffer)
{
	ask_in_all_ways(FREE_BUFFER);
}

TEST(may_try_to_answer_again)
{
	ask_with(REPLY, ANSWER_AGAIN, "\r\n\r\nhello");
	ask_with(PAGE, ANSWER_AGAIN, "\r\n\r\nhello");
}
