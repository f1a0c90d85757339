/* Proves F32: names and words are compared byte by byte, whatever the program's locale says. */
#include "serving.h"

#include <ctype.h>
#include <locale.h>

/* In Turkish the small letter of I is not i. False: this machine does not have it. */
static int
speak_turkish(void)
{
	char folder[] = "/tmp/evhub-locale-XXXXXX", command[200];
	int works;

	if (setlocale(LC_ALL, "tr_TR.UTF-8") != NULL)
		return 1;
	CHECK(mkdtemp(folder) != NULL);
	snprintf(command, sizeof(command),
	    "localedef --no-archive -i tr_TR -f UTF-8 %s/tr_TR.UTF-8 >/dev/null 2>&1", folder);
	works = system(command) == 0;
	setenv("LOCPATH", folder, 1);
	works = works && setlocale(LC_ALL, "tr_TR.UTF-8") != NULL;
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	CHECK_INT(system(command), 0);
	return works;
}

TEST_ONCE(turkish)
{
	struct peer p;

	if (!speak_turkish())
		SKIP("no Turkish locale, and none can be made");
	CHECK(tolower('I') != 'i');
	serve(echo);
	open_peer(&p);
	say(&p, "POST /a HTTP/1.1\r\nTRANSFER-ENCODING: CHUNKED\r\nCONNECTION: KEEP-ALIVE\r\n\r\n"
	    "3\r\nabc\r\n0\r\n\r\n");
	CHECK_STR(hear(&p), PLAIN(7, "POST /a"));
	say(&p, "POST /b HTTP/1.1\r\nCONTENT-LENGTH: 2\r\nTITLE: i\r\n\r\nde");
	CHECK_STR(hear(&p), PLAIN(7, "POST /b"));
	CHECK(strstr(requests, "{TRANSFER-ENCODING=CHUNKED;CONNECTION=KEEP-ALIVE;}abc\n") != NULL);
	CHECK(strstr(requests, "{CONTENT-LENGTH=2;TITLE=i;}de\n") != NULL);
	close_peer(&p);
	finish();
}

TEST_ONCE(lists_of_headers)
{
	struct evkeyvalq list;

	if (!speak_turkish())
		SKIP("no Turkish locale, and none can be made");
	TAILQ_INIT(&list);
	CHECK_INT(evhttp_add_header(&list, "TITLE", "one"), 0);
	CHECK_STR(evhttp_find_header(&list, "title"), "one");
	CHECK_INT(evhttp_remove_header(&list, "Title"), 0);
	CHECK_PTR(evhttp_find_header(&list, "TITLE"), NULL);
}
