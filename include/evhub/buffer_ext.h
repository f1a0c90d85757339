/*
 * What evhub's buffers have beyond libevent 1.4.
 *
 * The functions are called evhub_buffer_*; libevent 2's spelling works too, as a macro. A program
 * that has names of its own for such things does not include this file, or defines
 * EVHUB_NO_LIBEVENT2_NAMES before it does.
 */
#ifndef EVHUB_BUFFER_EXT_H
#define EVHUB_BUFFER_EXT_H

#include "event.h"

#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/** How evhub_buffer_ptr_set() counts. */
enum evbuffer_ptr_how {
	EVBUFFER_PTR_SET,	/* from the front */
	EVBUFFER_PTR_ADD	/* from where the position is */
};

/** A position in a buffer. */
struct evbuffer_ptr {
	/** bytes from the front; -1: nowhere */
	ssize_t pos;
};

/** Called when memory that was given by reference is the program's again. */
typedef void (*evbuffer_ref_cleanup_cb)(const void *data, size_t len, void *arg);

/**
 * How many bytes a buffer has.
 *
 * @pre `buf` is NULL (0) or a buffer that was not freed.
 */
size_t evhub_buffer_get_length(const struct evbuffer *buf);

/**
 * The data, which always is in one piece here.
 *
 * @param size how many bytes are wanted; negative: all
 * @return the data, until the buffer changes; NULL if there is less, or nothing
 *
 * @pre `buf` is NULL or a buffer that was not freed.
 */
unsigned char *evhub_buffer_pullup(struct evbuffer *buf, ssize_t size);

/**
 * Adds bytes before the data. Room that was drained before is used, and then nothing is moved.
 *
 * @param data the bytes; they may be the buffer's own
 * @return 0; -1 with ENOMEM and the buffer unchanged
 *
 * @pre `buf` is NULL (EINVAL) or a buffer that was not freed; `data` has `len` bytes.
 */
int evhub_buffer_prepend(struct evbuffer *buf, const void *data, size_t len);

/**
 * Copies bytes from the front and leaves them there.
 *
 * @param data_out room for them
 * @param len how many at most
 * @return how many were copied; -1 with EINVAL
 *
 * @pre `buf` is NULL (EINVAL) or a buffer that was not freed; `data_out` has room for `len` bytes.
 */
ssize_t evhub_buffer_copyout(struct evbuffer *buf, void *data_out, size_t len);

/**
 * Sets a position in a buffer, for evhub_buffer_search().
 *
 * @param position bytes from the front, or, with EVBUFFER_PTR_ADD, from where `ptr` is
 * @param how EVBUFFER_PTR_SET or EVBUFFER_PTR_ADD
 * @return 0; -1 with EINVAL, and `ptr` is nowhere, if that is beyond the data, or `how` unknown
 *
 * @pre `buf` is NULL (EINVAL) or a buffer that was not freed; `ptr` is NULL (EINVAL) or writable.
 */
int evhub_buffer_ptr_set(struct evbuffer *buf, struct evbuffer_ptr *ptr, size_t position,
    enum evbuffer_ptr_how how);

/**
 * Finds bytes.
 *
 * @param what the bytes
 * @param len how many; none are found at once
 * @param start where to begin; NULL: at the front
 * @return where they are, first of all; `pos` is -1 if they are not there, or `start` is beyond
 *   the data or nowhere
 *
 * @pre `buf` is NULL or a buffer that was not freed; `what` has `len` bytes; `start` is NULL or
 * set.
 */
struct evbuffer_ptr evhub_buffer_search(struct evbuffer *buf, const char *what, size_t len,
    const struct evbuffer_ptr *start);

/**
 * Adds a part of a file, all of it or nothing, and closes the file: its bytes are copied.
 *
 * @param fd a file that can be read at any place
 * @param offset where in the file the part begins
 * @param length how long it is in bytes; -1: to the end of the file
 * @return 0, and `fd` is closed; -1 with errno, and `fd` is still open and the buffer unchanged:
 *   EINVAL (the file ends before), ESPIPE, EISDIR, EIO ... of pread(2), ENOMEM
 *
 * @pre `buf` is NULL (EINVAL) or a buffer that was not freed.
 */
int evhub_buffer_add_file(struct evbuffer *buf, int fd, int64_t offset, int64_t length);

/**
 * Adds memory of the program's. Data here is in one piece, so it is copied, and the memory is
 * the program's again at once.
 *
 * @param cleanup called with `data`, `len` and `arg` when the memory is not needed any more,
 *   which is before this returns; NULL: nobody
 * @return 0; -1 with ENOMEM, the buffer unchanged and `cleanup` not called
 *
 * @pre `buf` is NULL (EINVAL) or a buffer that was not freed; `data` has `len` bytes.
 */
int evhub_buffer_add_reference(struct evbuffer *buf, const void *data, size_t len,
    evbuffer_ref_cleanup_cb cleanup, void *arg);

#ifndef EVHUB_NO_LIBEVENT2_NAMES
#define evbuffer_get_length evhub_buffer_get_length
#define evbuffer_pullup evhub_buffer_pullup
#define evbuffer_prepend evhub_buffer_prepend
#define evbuffer_copyout evhub_buffer_copyout
#define evbuffer_ptr_set evhub_buffer_ptr_set
#define evbuffer_search evhub_buffer_search
#define evbuffer_add_file evhub_buffer_add_file
#define evbuffer_add_reference evhub_buffer_add_reference
#endif

#ifdef __cplusplus
}
#endif

#endif /* EVHUB_BUFFER_EXT_H */
