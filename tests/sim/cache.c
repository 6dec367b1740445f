#include <stdlib.h>
#include <string.h>

#include "exchange.h"
#include "number.h"

/* Slots; a key has exactly one place. */
#define CG_SIM_SLOTS 16384

/* Bytes kept at most. */
#define CG_SIM_CACHE_BYTES ((size_t)128 << 20)

struct slot {
    char *key; /* owned */
    size_t len;
    size_t size;
    struct MHD_Response *response;
};

struct cg_sim_cache {
    struct slot slots[CG_SIM_SLOTS];
    size_t bytes;
    uint64_t generation;
};

struct cg_sim_cache *cg_sim_cache_new(void) {
    return calloc(1, sizeof(struct cg_sim_cache));
}

static void slot_clear(struct cg_sim_cache *cache, struct slot *slot) {
    if (slot->key != NULL) {
        cache->bytes -= slot->size;
        MHD_destroy_response(slot->response);
        free(slot->key);
        *slot = (struct slot){0};
    }
}

static void cache_clear(struct cg_sim_cache *cache) {
    for (size_t i = 0; i < CG_SIM_SLOTS; i++) {
        slot_clear(cache, &cache->slots[i]);
    }
}

void cg_sim_cache_free(struct cg_sim_cache *cache) {
    if (cache != NULL) {
        cache_clear(cache);
        free(cache);
    }
}

/* FNV-1a is quicker than the mixing hash over a few hundred bytes, and good enough for one place per key. */
static struct slot *slot_find(struct cg_sim_cache *cache, const char *key, size_t len) {
    uint64_t hash = 0xcbf29ce484222325U;
    for (size_t i = 0; i < len; i++) {
        hash = (hash ^ (unsigned char)key[i]) * 0x100000001b3U;
    }
    return &cache->slots[cg_sim_hash(hash, 0) % CG_SIM_SLOTS];
}

struct MHD_Response *cg_sim_cache_get(struct cg_sim_cache *cache, uint64_t generation, const char *key, size_t len) {
    if (cache->generation != generation) {
        cache_clear(cache);
        cache->generation = generation;
    }
    const struct slot *slot = slot_find(cache, key, len);
    bool same = slot->key != NULL && slot->len == len && memcmp(slot->key, key, len) == 0;
    return same ? slot->response : NULL;
}

bool cg_sim_cache_put(struct cg_sim_cache *cache, const char *key, size_t len, struct MHD_Response *response,
                      size_t size) {
    size += len + sizeof(struct slot) + 256;
    char *copy = size > CG_SIM_CACHE_BYTES / 4 ? NULL : malloc(len + 1);
    if (copy == NULL) {
        return false;
    }
    memcpy(copy, key, len);
    if (cache->bytes + size > CG_SIM_CACHE_BYTES) {
        cache_clear(cache);
    }
    struct slot *slot = slot_find(cache, key, len);
    slot_clear(cache, slot);
    *slot = (struct slot){copy, len, size, response};
    cache->bytes += size;
    return true;
}
