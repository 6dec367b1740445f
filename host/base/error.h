/*
 * error.h - an error as a value: a status and one sentence, given context on the way up.
 *
 * Functions that can fail in a way a person should hear of take a `struct cg_error *` as their last parameter and
 * return the same status. Nothing is allocated, so "out of memory" can always be told.
 */
#ifndef CG_BASE_ERROR_H
#define CG_BASE_ERROR_H

#include <chitragupt/error.h>
#include <stdarg.h>

/**
 * Longest sentence, NUL included; longer ones are cut at a character's boundary and end in "...". Control characters
 * and bytes that are no UTF-8 become '?', because sentences come from modules and servers and go to terminals and
 * databases.
 */
#define CG_ERROR_TEXT_SIZE 1024

struct cg_error {
    cg_status status;
    char text[CG_ERROR_TEXT_SIZE];
};

/** Sets status and sentence; returns `status`. `error` may be NULL. */
cg_status cg_error_set(struct cg_error *error, cg_status status, const char *format, ...) CG_PRINTF(3, 4);

/** The same with the arguments of a function that was given them. */
cg_status cg_error_setv(struct cg_error *error, cg_status status, const char *format, va_list args) CG_PRINTF(3, 0);

/** Sets the sentence for an allocation failure; returns CG_NO_MEMORY. */
cg_status cg_error_no_memory(struct cg_error *error);

/** Puts "<context>: " in front of the sentence; returns the error's status. */
cg_status cg_error_wrap(struct cg_error *error, const char *format, ...) CG_PRINTF(2, 3);

/** Forgets the error: CG_OK and "". */
void cg_error_clear(struct cg_error *error);

#endif
