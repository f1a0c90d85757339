/*
 * Fields with a history: the class of a question, which C++ cannot call by its name, and the
 * signed bits of a request.
 */
#include "evdns.h"
#include "evhttp.h"

#include <string.h>

#include "check.h"

int main(void)
{
	struct evdns_server_question question;
	struct evdns_server_question *questions = &question;
	struct evdns_server_request asked;
	struct evhttp_request request;
	unsigned char bits[sizeof(int)];

	question.type = EVDNS_TYPE_AAAA;
	question.dns_question_class = EVDNS_CLASS_INET;
#ifndef __cplusplus
	CHECK(question.class == EVDNS_CLASS_INET);
#endif
	asked.nquestions = 1;
	asked.questions = &questions;
	CHECK(asked.questions[0]->dns_question_class == 1);

	memset(&request, 0, sizeof(request));
	CHECK(request.chunked == 0 && request.userdone == 0);
	request.chunked = -1;
	CHECK(request.chunked == -1 && request.userdone == 0);
	memcpy(bits, (char *)&request.ntoread + sizeof(request.ntoread), sizeof(bits));
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	CHECK(bits[0] == 1);
#else
	CHECK(bits[0] == 0x80);
#endif
	return 0;
}
