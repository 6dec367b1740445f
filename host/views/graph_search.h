/*
 * graph_search.h - finding a focus by a part of its id or name.
 */
#ifndef CG_VIEWS_GRAPH_SEARCH_H
#define CG_VIEWS_GRAPH_SEARCH_H

#include "base/arena.h"
#include "store/store.h"

#define CG_GRAPH_FOUND 20u /**< most results */

/** Longest text that is looked for, in bytes; nothing has a longer one in its id or name. */
#define CG_GRAPH_LOOKED_FOR ((size_t)4096)

/** A result. It lives until the callback returns. */
struct cg_graph_result {
    const char *id;
    const char *type;
    const char *name; /**< or NULL, like the next two */
    const char *parent_id;
    const char *parent_name;
    const char *status;
};

/**
 * Calls `each` for the best results: whose id or name is the text before those that begin with it, before those that
 * contain it, resources before identities, then by id. The case of ASCII letters does not matter, and no character is
 * special.
 */
cg_status cg_graph_search(struct cg_store *store, const char *text,
                          void (*each)(void *user, const struct cg_graph_result *result), void *user,
                          struct cg_error *error);

#endif
