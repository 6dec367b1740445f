#include "base/arena.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_BLOCK ((size_t)4096)
#define LARGEST_BLOCK ((size_t)256 * 1024)

struct block {
    struct block *next;
    size_t size;
    size_t used;
    alignas(max_align_t) unsigned char data[];
};

struct cg_arena {
    struct block *blocks; /* the newest first */
    size_t total;
};

struct cg_arena *cg_arena_new(void) {
    return calloc(1, sizeof(struct cg_arena));
}

static void free_blocks(struct block *block) {
    while (block) {
        struct block *next = block->next;
        free(block);
        block = next;
    }
}

void cg_arena_free(struct cg_arena *arena) {
    if (!arena)
        return;
    free_blocks(arena->blocks);
    free(arena);
}

void cg_arena_reset(struct cg_arena *arena) {
    struct block *kept = arena->blocks;
    if (!kept)
        return;
    free_blocks(kept->next);
    kept->next = NULL;
    kept->used = 0;
    arena->total = kept->size;
    /* One huge block must not stay for ever. */
    if (kept->size > LARGEST_BLOCK) {
        free(kept);
        arena->blocks = NULL;
        arena->total = 0;
    }
}

/* A new block in front that holds at least `size` bytes; blocks double until LARGEST_BLOCK. */
static struct block *grow(struct cg_arena *arena, size_t size) {
    size_t wanted = arena->blocks ? arena->blocks->size * 2 : FIRST_BLOCK;
    if (wanted > LARGEST_BLOCK)
        wanted = LARGEST_BLOCK;
    if (wanted < size)
        wanted = size;
    if (wanted > SIZE_MAX - sizeof(struct block))
        return NULL;
    struct block *block = malloc(sizeof *block + wanted);
    if (!block)
        return NULL;
    *block = (struct block){.next = arena->blocks, .size = wanted};
    arena->blocks = block;
    arena->total += wanted;
    return block;
}

static void *reserve(struct cg_arena *arena, size_t size) {
    const size_t align = alignof(max_align_t);
    if (size > SIZE_MAX / 2)
        return NULL;
    size_t rounded = (size + align - 1) & ~(align - 1);
    if (rounded == 0)
        rounded = align;
    struct block *block = arena->blocks;
    if (!block || block->size - block->used < rounded) {
        block = grow(arena, rounded);
        if (!block)
            return NULL;
    }
    void *memory = block->data + block->used;
    block->used += rounded;
    return memory;
}

void *cg_arena_alloc(struct cg_arena *arena, size_t size) {
    void *memory = reserve(arena, size);
    if (memory)
        memset(memory, 0, size);
    return memory;
}

void *cg_arena_array(struct cg_arena *arena, size_t count, size_t size) {
    if (size && count > SIZE_MAX / size)
        return NULL;
    return cg_arena_alloc(arena, count * size);
}

char *cg_arena_copy(struct cg_arena *arena, const char *text, size_t length) {
    if (length == SIZE_MAX)
        return NULL;
    char *copy = reserve(arena, length + 1);
    if (!copy)
        return NULL;
    if (length)
        memcpy(copy, text, length);
    copy[length] = '\0';
    return copy;
}

char *cg_arena_string(struct cg_arena *arena, const char *text) {
    return text ? cg_arena_copy(arena, text, strlen(text)) : NULL;
}

char *cg_arena_printf(struct cg_arena *arena, const char *format, ...) {
    va_list args;
    va_start(args, format);
    va_list again;
    va_copy(again, args);
    char *text = NULL;
    int length = vsnprintf(NULL, 0, format, args);
    if (length >= 0) {
        text = reserve(arena, (size_t)length + 1);
        if (text)
            vsnprintf(text, (size_t)length + 1, format, again);
    }
    va_end(again);
    va_end(args);
    return text;
}

size_t cg_arena_size(const struct cg_arena *arena) {
    return arena->total;
}
