/*
 * http_retry.h - which answers are tried again, and when.
 */
#ifndef CG_NET_HTTP_RETRY_H
#define CG_NET_HTTP_RETRY_H

#include <stdbool.h>

#include <chitragupt/error.h>

/** Longest delay of the growing backoff, and longest delay that a server can ask for. */
#define CG_HTTP_BACKOFF_MAX_US INT64_C(60000000)
#define CG_HTTP_PAUSE_MAX_US INT64_C(300000000)

/** What a delay is made of. */
struct cg_http_delay {
    int64_t backoff_us;     /**< delay before the first retry */
    int64_t least_pause_us; /**< least delay for a 429, or when the server asked for one */
    uint32_t retry;         /**< 0 for the first retry of a request */
    bool rate_limited;      /**< the answer was a 429 */
    int64_t asked_us;       /**< what the server asked for, or -1 */
};

/**
 * Microseconds until the next attempt. `first` and `second` are random numbers in [0, 1): the backoff is
 * backoff * 2^retry + first * backoff / 2, at most CG_HTTP_BACKOFF_MAX_US; what the server asked for replaces it; for a
 * 429 and for what was asked, the result is at least the least pause, times 1.1 + second / 10, at most
 * CG_HTTP_PAUSE_MAX_US.
 */
int64_t cg_http_delay(const struct cg_http_delay *delay, double first, double second);

/**
 * Reads Retry-After: seconds, or an HTTP date that is compared with `now` (seconds since 1970). False when it is
 * neither; a date in the past is 0. Source: RFC 9110, 10.2.3.
 */
bool cg_http_retry_after(const char *text, int64_t now, int64_t *ret_us);

/** Reads a count of seconds from now, as in RateLimit-Reset. False when it is none. */
bool cg_http_seconds(const char *text, int64_t *ret_us);

/** True for 408, 425, 429 and 5xx. */
bool cg_http_status_transient(uint32_t http_status);

/** CG_OK for 2xx, CG_AUTH for 401 and 403, CG_NOT_FOUND, CG_RATE_LIMITED, CG_TEMPORARY for transient ones, else
 * CG_PERMANENT. */
cg_status cg_http_status_class(uint32_t http_status);

/** The registered name of a status ("Forbidden"), or "" for an unknown one. */
const char *cg_http_status_name(uint32_t http_status);

#endif
