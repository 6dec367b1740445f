/* Pagination in the provider's manner: page_size, opaque page tokens, and full URLs of the next page. */
#ifndef CG_SIM_PAGE_H
#define CG_SIM_PAGE_H

#include "api.h"

/** How a list says that there is no further page. */
enum cg_sim_last_page {
    CG_SIM_LAST_OMITTED,
    CG_SIM_LAST_EMPTY,
    CG_SIM_LAST_NULL,
};

/** Which part of a list is wanted. */
struct cg_sim_page {
    uint64_t position; /**< where the page begins, in the list's own numbering */
    size_t size;       /**< most items on it, at least 1 */
    bool has_token;    /**< it was asked for with a token */
};

/**
 * Reads `page_size` (default `usual`, cut to `most`) and `page_token` of a request.
 * `scope` is what the list is narrowed to: a token is good for the same path and scope only.
 * On a bad value writes a 400 into the reply and returns false.
 */
bool cg_sim_page_read(const struct cg_sim_world *world, const struct cg_sim_request *request, const char *scope,
                      size_t usual, size_t most, struct cg_sim_page *ret_page, struct cg_sim_reply *reply);

/**
 * Ends a list's envelope: `"metadata":{...}}` with a link to the page at `next` when `more` is true.
 * A request under the repeat_token fault always gets a link, and always the same one.
 */
void cg_sim_page_end(const struct cg_sim_world *world, const struct cg_sim_request *request, const char *scope,
                     const struct cg_sim_page *page, bool more, uint64_t next, enum cg_sim_last_page last,
                     struct cg_sim_reply *reply);

/** A list of things of the scenario. */
struct cg_sim_listing {
    const char *api_version;
    const char *kind;
    const void *base; /**< array of structs that begin with a struct cg_sim_entity */
    size_t stride;    /**< size of one struct */
    size_t count;
    size_t filter;     /**< passed to `matches` */
    const char *scope; /**< what the list is narrowed to, as text; "" = nothing */
    size_t most;       /**< greatest page size */
    enum cg_sim_last_page last;
    /** Tells whether the thing belongs to the list; NULL = all do. */
    bool (*matches)(const struct cg_sim_scenario *scenario, size_t index, size_t filter);
    /** Writes the thing as a JSON object. */
    void (*write)(const struct cg_sim_scenario *scenario, size_t index, struct cg_sim_text *text);
};

/** Answers a request with one page of a list. */
void cg_sim_listing_reply(const struct cg_sim_world *world, const struct cg_sim_request *request,
                          const struct cg_sim_listing *listing, struct cg_sim_reply *reply);

/** Writes `,"metadata":{...}` with the creation instant and the resource name of a thing of the organization. */
void cg_sim_metadata_put(struct cg_sim_text *text, const struct cg_sim_scenario *scenario, int64_t created,
                         size_t index, const char *kind, const char *id);

#endif
