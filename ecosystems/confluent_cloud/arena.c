#include "arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_SIZE ((size_t)64 * 1024)

struct ccloud_arena_chunk {
    struct ccloud_arena_chunk *older;
    size_t used;
    size_t size;
    _Alignas(max_align_t) unsigned char data[];
};

static struct ccloud_arena_chunk *chunk_new(size_t size) {
    if (size > SIZE_MAX - sizeof(struct ccloud_arena_chunk)) {
        return NULL;
    }
    struct ccloud_arena_chunk *chunk = calloc(1, sizeof(struct ccloud_arena_chunk) + size);
    if (chunk != NULL) {
        chunk->size = size;
    }
    return chunk;
}

void *ccloud_arena_get(struct ccloud_arena *arena, size_t size) {
    const size_t alignment = _Alignof(max_align_t);
    if (size > SIZE_MAX / 2) {
        return NULL;
    }
    size_t rounded = (size + alignment - 1) / alignment * alignment;
    struct ccloud_arena_chunk *chunk = arena->chunks;
    if (chunk == NULL || chunk->size - chunk->used < rounded) {
        chunk = chunk_new(rounded > CHUNK_SIZE ? rounded : CHUNK_SIZE);
        if (chunk == NULL) {
            return NULL;
        }
        chunk->older = arena->chunks;
        arena->chunks = chunk;
    }
    void *memory = chunk->data + chunk->used;
    chunk->used += rounded;
    return memory;
}

const char *ccloud_arena_text(struct ccloud_arena *arena, const char *text) {
    if (text == NULL) {
        return NULL;
    }
    size_t size = strlen(text) + 1;
    char *copy = ccloud_arena_get(arena, size);
    if (copy != NULL) {
        memcpy(copy, text, size);
    }
    return copy;
}

void ccloud_arena_done(struct ccloud_arena *arena) {
    while (arena->chunks != NULL) {
        struct ccloud_arena_chunk *older = arena->chunks->older;
        free(arena->chunks);
        arena->chunks = older;
    }
}
