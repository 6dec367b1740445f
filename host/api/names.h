/*
 * names.h - names that a client gave, told back in messages.
 */
#ifndef CG_API_NAMES_H
#define CG_API_NAMES_H

#include "api/call.h"

/** A name of the API and where it comes from. */
struct cg_name {
    const char *name;
    const char *source; /**< the column; NULL: the same word */
};

/** The entry of a table of `count` names, or NULL. */
const struct cg_name *cg_name_find(const struct cg_name *table, size_t count, const char *name);

/**
 * "['a', 'b']": the names sorted, each once, as Python shows a list. `names` is sorted in place. Lives in the call's
 * arena; "" without memory.
 */
const char *cg_names_list(struct cg_call *call, const char **names, size_t count);

#endif
