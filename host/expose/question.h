/*
 * question.h - what a request for a page asks for: format, coding, families, and since when.
 */
#ifndef CG_EXPOSE_QUESTION_H
#define CG_EXPOSE_QUESTION_H

#include <time.h>

#include "net/http_server.h"

/** Room for a media type with its NUL. */
#define CG_QUESTION_TYPE_SIZE 160

/** Most families that a request can name. */
#define CG_QUESTION_NAMES 256u

struct cg_question {
    int format; /**< CG_PAGE_ */
    int gzip;
    char type[CG_QUESTION_TYPE_SIZE]; /**< Content-Type of the answer */
    const char **names;               /**< values of "name[]"; NULL: all families */
    size_t name_count;
    int has_after;
    struct timespec after; /**< value of "emitted_after": only what was emitted later */
};

/**
 * The format for an Accept header (NULL: none): the first item that is OpenMetrics without a version, or with one from
 * 1.0.0 on, or plain text with such a version; else the plain text of before. Writes the Content-Type and returns a
 * CG_PAGE_.
 */
int cg_question_accept(const char *accept, char type[CG_QUESTION_TYPE_SIZE]);

/**
 * Reads a request. Texts live in `arena`. Errors: CG_INVALID (emitted_after is no number of seconds, or there are too
 * many names), CG_NO_MEMORY, with a sentence.
 */
cg_status cg_question_read(const struct cg_http_request *request, struct cg_arena *arena, struct cg_question *ret,
                           struct cg_error *error);

/** True when an If-None-Match header (NULL: none) has this weak tag, W/"...". */
int cg_question_knows(const char *list, const char *tag);

#endif
