/*
 * Reading whole collections over the host's HTTP client. Many listings run at once; each asks for its next page from
 * inside the callback of the last one, so that the host's limits (requests in flight, requests per second) hold for all
 * of them together.
 */
#ifndef CCLOUD_PAGING_H
#define CCLOUD_PAGING_H

#include <chitragupt/host.h>
#include <jansson.h>

/** Most pages of one listing. */
#define CCLOUD_PAGES_MAX 10000u
/** How often a page is asked for whose answers are no JSON. */
#define CCLOUD_ATTEMPTS 4u
/** Most parameters a listing can have besides the page token. */
#define CCLOUD_PARAMS_MAX 4u

/** What the listings of one gather share. */
struct ccloud_session {
    const struct cg_host *host;
    struct cg_http_client *client;
    const char *credential; /**< for messages: where the key is set and what it must be; NULL: the organization's */
    int32_t stop;           /**< set it to end all listings without further requests: each ends with CG_CANCELLED */
};

/** How a listing ended. Borrowed for the callback. */
struct ccloud_outcome {
    cg_status status;     /**< CG_OK: every page was read */
    uint32_t http_status; /**< of the failed request, else 0 */
    const char *text;     /**< one sentence; NULL for CG_OK and when the page function failed */
};

/** One collection to read. */
struct ccloud_listing {
    const char *what;                   /**< for messages: "service accounts"; must outlive the listing */
    const char *path;                   /**< percent-encoded; copied */
    const struct cg_http_param *params; /**< sent with every page; copied */
    size_t param_count;                 /**< at most CCLOUD_PARAMS_MAX */
    uint64_t max_items;                 /**< more items over all pages are an error */
    int32_t is_object;                  /**< one object with a member for each item, in place of pages with lists */
    /** Takes the items of a page, a list or an object; a status other than CG_OK ends the listing with it. */
    cg_status (*page)(void *user, const json_t *items);
    /** Called exactly once, last. */
    void (*end)(void *user, const struct ccloud_outcome *outcome);
    void *user;
};

/**
 * Starts a listing; it proceeds inside `http->wait`. Errors: CG_NO_MEMORY, CG_INVALID; then neither function is called.
 */
cg_status ccloud_listing_start(struct ccloud_session *session, const struct ccloud_listing *listing);

#endif
