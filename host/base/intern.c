#include "base/intern.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

struct cg_intern {
    struct cg_arena *arena;
    const char **texts; /* by number - 1 */
    uint64_t *hashes;   /* by number - 1 */
    uint32_t *slots;    /* open addressing: number, 0 = free */
    uint32_t count;
    uint32_t text_room;
    uint32_t slot_count; /* a power of two */
};

uint64_t cg_hash_bytes(const void *data, size_t length) {
    const unsigned char *bytes = data;
    uint64_t hash = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ bytes[i]) * UINT64_C(1099511628211);
    hash ^= hash >> 32;
    hash *= UINT64_C(0x9E3779B97F4A7C15);
    return hash ^ (hash >> 29);
}

struct cg_intern *cg_intern_new(void) {
    struct cg_intern *intern = calloc(1, sizeof *intern);
    if (!intern)
        return NULL;
    intern->arena = cg_arena_new();
    if (!intern->arena) {
        free(intern);
        return NULL;
    }
    return intern;
}

void cg_intern_free(struct cg_intern *intern) {
    if (!intern)
        return;
    cg_arena_free(intern->arena);
    free(intern->texts);
    free(intern->hashes);
    free(intern->slots);
    free(intern);
}

static cg_status grow_slots(struct cg_intern *intern) {
    uint32_t slot_count = intern->slot_count ? intern->slot_count * 2 : 256;
    if (slot_count < intern->slot_count)
        return CG_RANGE;
    uint32_t *slots = calloc(slot_count, sizeof *slots);
    if (!slots)
        return CG_NO_MEMORY;
    for (uint32_t number = 1; number <= intern->count; number++) {
        uint32_t slot = (uint32_t)intern->hashes[number - 1] & (slot_count - 1);
        while (slots[slot])
            slot = (slot + 1) & (slot_count - 1);
        slots[slot] = number;
    }
    free(intern->slots);
    intern->slots = slots;
    intern->slot_count = slot_count;
    return CG_OK;
}

static cg_status grow_texts(struct cg_intern *intern) {
    if (intern->text_room > UINT32_MAX / 2)
        return CG_RANGE;
    uint32_t room = intern->text_room ? intern->text_room * 2 : 256;
    const char **texts = realloc(intern->texts, room * sizeof *texts);
    if (!texts)
        return CG_NO_MEMORY;
    intern->texts = texts;
    uint64_t *hashes = realloc(intern->hashes, room * sizeof *hashes);
    if (!hashes)
        return CG_NO_MEMORY;
    intern->hashes = hashes;
    intern->text_room = room;
    return CG_OK;
}

cg_status cg_intern_add(struct cg_intern *intern, const char *text, uint32_t *ret) {
    if (!text) {
        *ret = 0;
        return CG_OK;
    }
    size_t length = strlen(text);
    uint64_t hash = cg_hash_bytes(text, length);
    if (intern->slot_count) {
        uint32_t slot = (uint32_t)hash & (intern->slot_count - 1);
        for (; intern->slots[slot]; slot = (slot + 1) & (intern->slot_count - 1)) {
            uint32_t number = intern->slots[slot];
            if (intern->hashes[number - 1] == hash && strcmp(intern->texts[number - 1], text) == 0) {
                *ret = number;
                return CG_OK;
            }
        }
    }
    cg_status status = CG_OK;
    if (intern->count == intern->text_room)
        status = grow_texts(intern);
    if (status == CG_OK && (uint64_t)intern->count * 4 >= (uint64_t)intern->slot_count * 3)
        status = grow_slots(intern);
    if (status != CG_OK)
        return status;
    char *copy = cg_arena_copy(intern->arena, text, length);
    if (!copy)
        return CG_NO_MEMORY;
    uint32_t slot = (uint32_t)hash & (intern->slot_count - 1);
    while (intern->slots[slot])
        slot = (slot + 1) & (intern->slot_count - 1);
    intern->texts[intern->count] = copy;
    intern->hashes[intern->count] = hash;
    intern->slots[slot] = ++intern->count;
    *ret = intern->count;
    return CG_OK;
}

const char *cg_intern_text(const struct cg_intern *intern, uint32_t number) {
    return number && number <= intern->count ? intern->texts[number - 1] : NULL;
}

uint32_t cg_intern_count(const struct cg_intern *intern) {
    return intern->count;
}
