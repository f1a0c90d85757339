/* What the cases of buffers and their floors work on, and in which portions. */
#ifndef PAYLOAD_H
#define PAYLOAD_H

#include <stddef.h>

#define FILL 65536		/* bytes in a buffer that is filled and emptied */
#define PIECE 4096		/* taken out at a time */
#define TEXT (1 << 20)		/* bytes of text that is searched or taken apart */
#define NEEDLE "\r\n\r\n"	/* stands at its end, or nowhere */

extern char payload[TEXT];	/* bytes that mean nothing */

/* TEXT bytes of lines with 18 to 57 characters and CR LF each, the same in every run. */
char *text_of_lines(long *lines);

/* TEXT bytes without a line's end but for the NEEDLE at their own end. */
char *text_without_lines(void);

/* The same with a CR LF every 40 bytes. */
char *text_of_short_lines(void);

#endif
