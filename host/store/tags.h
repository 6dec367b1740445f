/*
 * tags.h - tags that people put on resources and identities: writing them.
 *
 * A tag is a key and a value on one entity of the tenant; an entity has a key at most once. Tags outlive their entity:
 * neither the inventory nor retention touches them. Reading them in lists is views/tags.h.
 */
#ifndef CG_STORE_TAGS_H
#define CG_STORE_TAGS_H

#include "store/store.h"

/** What can be tagged: the values of entity_type. */
#define CG_TAG_RESOURCE "resource"
#define CG_TAG_IDENTITY "identity"

/** One tag. */
struct cg_tag {
    int64_t id;
    const char *entity_type; /**< CG_TAG_RESOURCE or CG_TAG_IDENTITY */
    const char *entity_id;
    const char *key;
    const char *value;
    const char *created_by;
    int64_t created_at; /**< kept to the microsecond */
};

/** What became of many tags. */
struct cg_tag_counts {
    int64_t created;
    int64_t updated; /**< existed and were overwritten, also with the value they had */
    int64_t skipped; /**< existed and were left alone */
};

/** 1 for a key that may be written: a letter or digit of ASCII, then up to 62 of them, "_" and "-". NULL is none. */
int32_t cg_tag_key_is_fine(const char *key);

/** 1 for one of the two types. NULL is none. */
int32_t cg_tag_entity_type_is_fine(const char *entity_type);

/** Whether the inventory has the entity, deleted or not. */
cg_status cg_store_has_entity(struct cg_store *store, const char *entity_type, const char *entity_id, int32_t *ret,
                              struct cg_error *error);

/** Adds a tag; `tag->id` is not looked at. `*ret_id` is 0 when the entity has the key already: nothing was written. */
cg_status cg_store_create_tag(struct cg_store *store, const struct cg_tag *tag, int64_t *ret_id,
                              struct cg_error *error);

/**
 * Gives the tag of `*tag`'s entity and key the value of `*tag`, and fills in its id, created_by (in the arena) and
 * created_at, which stay as they were. `*ret_found` 0: there is no such tag.
 */
cg_status cg_store_update_tag(struct cg_store *store, struct cg_tag *tag, struct cg_arena *arena, int32_t *ret_found,
                              struct cg_error *error);

/** Removes a tag by entity and key. `*ret_found` 0: there was none. */
cg_status cg_store_delete_tag(struct cg_store *store, const char *entity_type, const char *entity_id, const char *key,
                              int32_t *ret_found, struct cg_error *error);

/**
 * Adds tags in their order; one that exists, or came before in the list, is given the new value with `overwrite` 1,
 * else left alone. All of them or, on an error, none.
 */
cg_status cg_store_put_tags(struct cg_store *store, const struct cg_tag *tags, size_t count, int32_t overwrite,
                            struct cg_tag_counts *ret, struct cg_error *error);

#endif
