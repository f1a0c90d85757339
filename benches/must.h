/* What every measuring program does when something cannot go wrong and does: it ends. */
#ifndef MUST_H
#define MUST_H

#ifdef __cplusplus
extern "C" {
#endif

/* With errno's text */
void failed(const char *what) __attribute__((noreturn));

/* In line, because it stands in what is measured. */
static inline void must(int good, const char *what)
{
	if (!good)
		failed(what);
}

#ifdef __cplusplus
}
#endif

#endif
