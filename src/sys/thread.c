/*
 * The thread's words: what the hub and the bases keep for each thread. In the initial-exec model a
 * read is two instructions (thread.rs has them); a thread-local of Rust's in a shared library is
 * a call. A few words fit when the library comes by dlopen, too.
 */
#include <stddef.h>

struct evhub_thread_words {
	void *hub;
	void *loop_base;
	void *made_base;
};

#ifdef __ELF__
__attribute__((tls_model("initial-exec"), visibility("hidden")))
#endif
__thread struct evhub_thread_words evhub_thread = { NULL, NULL, NULL };

/* Where the calling thread's words are. */
struct evhub_thread_words *evhub_thread_block(void);

struct evhub_thread_words *
evhub_thread_block(void)
{
	return &evhub_thread;
}
