/*
 * http_address.h - a base URL, taken apart and checked.
 */
#ifndef CG_NET_HTTP_ADDRESS_H
#define CG_NET_HTTP_ADDRESS_H

#include <stdbool.h>

#include "base/error.h"

/** A base URL. All strings are owned by it. */
struct cg_http_address {
    char *base;     /**< "https://host:port/prefix" without user info and without a slash at its end */
    char *query;    /**< "a=b", "" when there is none */
    char *host;     /**< "host" */
    char *peer;     /**< "host:port", for messages */
    char *username; /**< decoded user info, or NULL */
    char *password; /**< secret; or NULL */
    bool loopback;  /**< the host is 127.0.0.0/8, ::1 or localhost */
};

/**
 * Reads an absolute http or https URL. Unless `allow_plain`, http is for loopback hosts only; unless `keep_query`,
 * there must be no query and no fragment; a fragment is dropped. The sentence never shows the URL, which may hold a
 * password. Errors: CG_INVALID, CG_NO_MEMORY.
 */
cg_status cg_http_address_init(struct cg_http_address *ret, const char *url, bool allow_plain, bool keep_query,
                               struct cg_error *error);

/** Wipes and frees the strings. */
void cg_http_address_done(struct cg_http_address *address);

/** Overwrites a secret so that it does not stay in freed memory. NULL is fine. */
void cg_http_wipe(char *secret);

#endif
