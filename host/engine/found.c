#include "engine/found.h"

#include <string.h>

#include "base/intern.h"

#define BUCKETS ((size_t)4096)

struct cg_found_one {
    struct cg_found_one *next;
    const char *id;
    const struct cg_resource *resource; /* or NULL */
};

static size_t bucket_of(const char *id) {
    return (size_t)(cg_hash_bytes(id, strlen(id)) % BUCKETS);
}

int32_t cg_found_get(const struct cg_found *found, const char *id, const struct cg_resource **ret) {
    const struct cg_found_one *one = found->buckets ? found->buckets[bucket_of(id)] : NULL;
    while (one && strcmp(one->id, id) != 0)
        one = one->next;
    if (!one)
        return 0;
    *ret = one->resource;
    return 1;
}

void cg_found_keep(struct cg_found *found, struct cg_arena *arena, const char *id, const struct cg_resource *resource) {
    if (found->count >= CG_FOUND_LIMIT)
        return;
    if (!found->buckets) {
        found->buckets = cg_arena_array(arena, BUCKETS, sizeof(struct cg_found_one *));
        if (!found->buckets)
            return;
    }
    struct cg_found_one *one = cg_arena_alloc(arena, sizeof *one);
    const char *copy = cg_arena_string(arena, id);
    if (!one || !copy)
        return;
    struct cg_found_one **bucket = &found->buckets[bucket_of(id)];
    *one = (struct cg_found_one){.next = *bucket, .id = copy, .resource = resource};
    *bucket = one;
    found->count++;
}
