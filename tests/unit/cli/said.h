/*
 * said.h - what a function writes to standard error.
 */
#ifndef CG_TEST_UNIT_CLI_SAID_H
#define CG_TEST_UNIT_CLI_SAID_H

#include <stddef.h>

struct said {
    int before; /* standard error as it was */
    int file;
};

/** From here on standard error is kept. Ends the test when that cannot be. */
void said_begin(struct said *said);

/** Standard error is what it was before; `text` of `size` bytes gets what was written. */
void said_end(struct said *said, char *text, size_t size);

#endif
