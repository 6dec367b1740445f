/*
 * metrics_reason.h - what a metrics server says of a query that it refused, as it may be told.
 *
 * Whoever writes a query needs the server's sentence: it says where the mistake is. It is told on one line, cut, and
 * without the secrets that this side sent, in case the server, or something before it, repeats them.
 */
#ifndef CG_NET_METRICS_REASON_H
#define CG_NET_METRICS_REASON_H

#include "net/http_internal.h"

/** Most bytes of the server's sentence that are told, and room for a reason with its NUL. */
#define CG_METRICS_REASON_BYTES ((size_t)400)
#define CG_METRICS_REASON_SIZE ((size_t)512)

/** What the body of an error answer says. */
struct cg_metrics_reason {
    bool reported; /**< its "status" is "error" */
    /** What goes behind a sentence about the answer: " (bad_data): <the server's sentence>", or the part of it that
     * there is; "" when there is none. Clean. */
    char text[CG_METRICS_REASON_SIZE];
};

/**
 * Reads it. In place of secrets in the server's words stands "***": the client's password and token, also as they
 * are spelled in headers and URLs; whatever stands before the host of a URL; and values of the client's own headers
 * and of its URL's query, if they are long enough to be a secret. Error: CG_NO_MEMORY.
 */
cg_status cg_metrics_reason_read(const struct cg_http_client *client, const char *body, size_t length,
                                 struct cg_metrics_reason *ret);

#endif
