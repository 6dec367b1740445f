/*
 * inventory.h - resources and identities as readers list and count them.
 *
 * Both are entities: an id, a type, a name, a life. What only resources have is NULL for identities.
 */
#ifndef CG_VIEWS_INVENTORY_H
#define CG_VIEWS_INVENTORY_H

#include "store/store.h"

/** Which entities are asked for, and how. */
struct cg_view_entity_filter {
    int32_t identities;   /**< 1: identities, 0: resources */
    const char *type;     /**< or NULL: all */
    const char *status;   /**< of resources; or NULL: any */
    int64_t active_at;    /**< those alive at that time; or CG_TIME_NONE */
    int64_t period_start; /**< those that lived in [period_start, period_end], born before its end; or CG_TIME_NONE */
    int64_t period_end;
    const char *search;    /**< id or name contains it, in any case of ASCII letters; or NULL */
    const char *tag_key;   /**< or NULL; those with this tag, */
    const char *tag_value; /**< of this value; NULL: any */
    const char *sort_by;   /**< a column of the table; NULL, or one that cannot be sorted by: the id */
    int32_t descending;
};

/** One entity. Texts are valid until the function it is given to returns. */
struct cg_view_entity_row {
    const char *id;
    const char *type;
    const char *display_name; /**< or NULL */
    int64_t created_at;       /**< or CG_TIME_NONE, here and below */
    int64_t deleted_at;
    int64_t last_seen_at;
    const char *metadata;  /**< as it is stored; or NULL */
    const char *parent_id; /**< of resources, or NULL, here and below */
    const char *owner_id;
    const char *status;
    const char *cloud;
    const char *region;
};

/**
 * Calls `each` for `limit` entities behind the first `offset` ones, and counts all, in one snapshot. Without a name
 * they stand before those with one; entities that are sorted alike are in the order of their ids.
 */
cg_status cg_view_entities(struct cg_store *store, const struct cg_view_entity_filter *filter, int64_t offset,
                           int64_t limit, void (*each)(void *user, const struct cg_view_entity_row *row), void *user,
                           int64_t *ret_total, struct cg_error *error);

/** How many entities of one type there are. */
struct cg_view_entity_count {
    const char *type; /**< valid until the function it is given to returns */
    int64_t total;
    int64_t active;
    int64_t deleted;
};

/** Counts resources or identities by type, types ascending byte by byte. */
cg_status cg_view_entity_counts(struct cg_store *store, int32_t identities,
                                void (*each)(void *user, const struct cg_view_entity_count *count), void *user,
                                struct cg_error *error);

#endif
