/* What the tests of series share. */
#ifndef EVHUB_CTESTS_HUB_SERIES_H
#define EVHUB_CTESTS_HUB_SERIES_H

#include "groups.h"

static evhub_group_t *grp;

/* Items 1 to `last`, then the end, or an error. */
struct source {
	intptr_t last, given;
	int error;
	evhub_flag_t *wait_for;		/* before each item */
	int wait_error;
	evhub_imap_t *im;		/* freed at the last item */
};

__attribute__((unused)) static int
next_of(void *arg, void **item)
{
	struct source *source = arg;

	if (source->wait_for != NULL && evhub_flag_wait(source->wait_for, -1) != 1) {
		source->wait_error = errno;
		return -1;
	}
	if (source->given == source->last) {
		errno = source->error;
		return source->error == 0 ? 0 : -1;
	}
	if (++source->given == source->last && source->im != NULL)
		evhub_imap_free(source->im);
	*item = AS_ARG(source->given);
	return 1;
}

__attribute__((unused)) static evhub_imap_t *
begin(evhub_fn_t fn, struct source *source, unsigned flags)
{
	evhub_imap_t *im = evhub_group_imap(grp, fn, next_of, source, flags);

	CHECK(im != NULL);
	return im;
}

__attribute__((unused)) static void *
returns_its_arg(void *arg)
{
	CHECK_INT(evhub_yield(), 0);
	return arg;
}

__attribute__((unused)) static void
check_next(evhub_imap_t *im, intptr_t want)
{
	void *value = NULL;

	CHECK_INT(evhub_imap_next(im, &value, -1), 1);
	CHECK_PTR(value, AS_ARG(want));
}

__attribute__((unused)) static void
check_end(evhub_imap_t *im)
{
	void *value = AS_ARG(77);

	CHECK_INT(evhub_imap_next(im, &value, -1), 0);
	CHECK_INT(evhub_imap_next(im, &value, 0), 0);
	CHECK_PTR(value, AS_ARG(77));
}

__attribute__((unused)) static intptr_t sum;
__attribute__((unused)) static int ends_seen, errors_seen;

__attribute__((unused)) static void *
takes(void *im)
{
	void *value;
	int got;

	while ((got = evhub_imap_next(im, &value, -1)) != 0) {
		if (got < 0) {
			errors_seen++;
			if (errno == EBADF || errno == ECANCELED)
				return AS_ARG(errno);
		} else
			sum += (intptr_t)value;
	}
	ends_seen++;
	return NULL;
}

#endif
