/*
 * tags.h - tags as readers list them, and who can be tagged because of what was charged.
 */
#ifndef CG_VIEWS_TAGS_H
#define CG_VIEWS_TAGS_H

#include "store/tags.h"

/** Takes a tag of a list; its texts are valid until the function returns. */
typedef void (*cg_view_tag_each)(void *user, const struct cg_tag *tag);

/** Takes a text of a list, valid until the function returns. */
typedef void (*cg_view_text_each)(void *user, const char *text);

/** All tags of one entity, in the order in which they were created. */
cg_status cg_view_entity_tags(struct cg_store *store, const char *entity_type, const char *entity_id,
                              cg_view_tag_each each, void *user, struct cg_error *error);

/** Which tags a list is about. */
struct cg_view_tag_filter {
    const char *entity_type; /**< or NULL: both */
    const char *key_part;    /**< the key contains it, in any case of ASCII letters; or NULL: any key */
};

/**
 * Calls `each` for `limit` tags behind the first `offset` ones, in the order in which they were created; and counts
 * all. Both see one snapshot.
 */
cg_status cg_view_tags(struct cg_store *store, const struct cg_view_tag_filter *filter, int64_t offset, int64_t limit,
                       cg_view_tag_each each, void *user, int64_t *ret_total, struct cg_error *error);

/** The keys in use, ascending byte by byte; entity_type may be NULL. */
cg_status cg_view_tag_keys(struct cg_store *store, const char *entity_type, cg_view_text_each each, void *user,
                           struct cg_error *error);

/** The values of a key in use, ascending; those that begin with `beginning` in any case of ASCII letters, or NULL. */
cg_status cg_view_tag_values(struct cg_store *store, const char *key, const char *entity_type, const char *beginning,
                             cg_view_text_each each, void *user, struct cg_error *error);

/** Whether any entity carries the key. */
cg_status cg_view_has_tag_key(struct cg_store *store, const char *key, int32_t *ret, struct cg_error *error);

/** An entity of a fact. */
struct cg_view_entity {
    const char *entity_type;
    const char *entity_id;
};

/**
 * What was charged in [start, end): each resource once, or with `identities` 1 each identity. A fact without a resource
 * stands for its identity either way. They come in the order of their first facts. `identity_id` (or NULL) keeps only
 * facts of that identity. Everything lives in the arena.
 */
cg_status cg_view_charged(struct cg_store *store, int64_t start, int64_t end, const char *identity_id,
                          int32_t identities, struct cg_arena *arena, struct cg_view_entity **ret, size_t *ret_count,
                          struct cg_error *error);

#endif
