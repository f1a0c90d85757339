/* What the tests of failing calls share: rules for all calls that the library may read by. */
#ifndef EVHUB_CTESTS_BUFFEREVENT_FAULTS_H
#define EVHUB_CTESTS_BUFFEREVENT_FAULTS_H

#include "shim.h"
#include "sides.h"

#include <sys/syscall.h>

/* NAME=how for each of them; how is what follows the "=" of a rule. */
static inline void
fault_reads(const char *how)
{
	char rules[256];

	snprintf(rules, sizeof(rules), "read=%s,readv=%s,recv=%s,recvmsg=%s", how, how, how, how);
	fault_set(rules);
}

static inline void
fault_writes(const char *how)
{
	char rules[256];

	snprintf(rules, sizeof(rules), "write=%s,writev=%s,send=%s,sendmsg=%s", how, how, how, how);
	fault_set(rules);
}

static inline long
read_calls(void)
{
	return fault_calls("read") + fault_calls("readv") + fault_calls("recv")
	    + fault_calls("recvmsg");
}

static inline long
write_calls(void)
{
	return fault_calls("write") + fault_calls("writev") + fault_calls("send")
	    + fault_calls("sendmsg");
}

static inline long
wait_calls(void)
{
	return fault_calls("epoll_wait") + fault_calls("epoll_pwait2") + fault_calls("poll")
	    + fault_calls("ppoll") + fault_calls("select") + fault_calls("pselect");
}

static inline long
write_failures(void)
{
	return fault_failures("write") + fault_failures("writev") + fault_failures("send")
	    + fault_failures("sendmsg");
}

/* The peer's calls, which no rule is for: straight to the kernel. */

static inline ssize_t
bare_write(int fd, const void *data, size_t size)
{
	ssize_t n;

	do
		n = syscall(SYS_write, fd, data, size);
	while (n == -1 && errno == EINTR);
	return n;
}

static inline ssize_t
bare_read(int fd, void *data, size_t size)
{
	ssize_t n;

	do
		n = syscall(SYS_read, fd, data, size);
	while (n == -1 && errno == EINTR);
	return n;
}

static inline void
tell(int fd, const char *text)
{
	CHECK_INT(bare_write(fd, text, strlen(text)), (int)strlen(text));
}

static inline void
expect_told(int fd, const char *want)
{
	char text[4096];
	size_t length = 0;
	ssize_t n;

	while (length < sizeof(text) - 1
	    && (n = bare_read(fd, text + length, sizeof(text) - 1 - length)) > 0)
		length += (size_t)n;
	text[length] = '\0';
	CHECK_STR(text, want);
}

#endif
