#include "expose/sample_set.h"

#include <stdlib.h>
#include <string.h>

#include "base/intern.h"

#define FIRST_ROOM 256

void cg_sample_set_done(struct cg_sample_set *set) {
    cg_arena_free(set->arena);
    free(set->samples);
    free(set->slots);
    *set = (struct cg_sample_set){0};
}

static size_t memory_of(const struct cg_sample_set *set) {
    return (set->arena ? cg_arena_size(set->arena) : 0) + set->room * sizeof *set->samples +
           set->slot_count * sizeof *set->slots;
}

static uint64_t hash_of(uint32_t family, const char *labels, size_t length) {
    return cg_hash_bytes(labels, length) ^ ((uint64_t)family * UINT64_C(0x9E3779B97F4A7C15));
}

/* The slot of the sample with these labels, or the free one in which it would be. */
static uint32_t *slot_of(const struct cg_sample_set *set, uint32_t family, const char *labels, size_t length) {
    size_t at = (size_t)hash_of(family, labels, length) & (set->slot_count - 1);
    for (;; at = (at + 1) & (set->slot_count - 1)) {
        if (!set->slots[at])
            return &set->slots[at];
        const struct cg_sample *sample = &set->samples[set->slots[at] - 1];
        if (sample->family == family && sample->length == length && memcmp(sample->labels, labels, length) == 0)
            return &set->slots[at];
    }
}

/* Room for one more, at most half of the slots being taken. */
static cg_status grow(struct cg_sample_set *set) {
    size_t room = set->room ? set->room * 2 : FIRST_ROOM;
    struct cg_sample *samples = realloc(set->samples, room * sizeof *samples);
    if (!samples)
        return CG_NO_MEMORY;
    set->samples = samples;
    uint32_t *slots = calloc(room * 2, sizeof *slots);
    if (!slots)
        return CG_NO_MEMORY;
    set->room = room; /* only now, or whoever goes on after an error would find slots for half of it */
    free(set->slots);
    set->slots = slots;
    set->slot_count = room * 2;
    for (size_t i = 0; i < set->count; i++)
        *slot_of(set, samples[i].family, samples[i].labels, samples[i].length) = (uint32_t)(i + 1);
    return CG_OK;
}

static cg_status add_new(struct cg_sample_set *set, uint32_t *slot, uint32_t family, const char *labels, size_t length,
                         const struct cg_decimal *amount, struct cg_error *error) {
    if (memory_of(set) + length > CG_SAMPLE_SET_LIMIT)
        return cg_error_set(error, CG_PERMANENT,
                            "the samples of one date take more than %zu MiB; emit less of it, or in several entries",
                            CG_SAMPLE_SET_LIMIT / 1024 / 1024);
    const char *copy = cg_arena_copy(set->arena, labels, length);
    if (!copy)
        return cg_error_no_memory(error);
    set->samples[set->count] = (struct cg_sample){copy, (uint32_t)length, family, *amount};
    *slot = (uint32_t)++set->count;
    return CG_OK;
}

cg_status cg_sample_set_add(struct cg_sample_set *set, uint32_t family, const char *labels, size_t length,
                            const struct cg_decimal *amount, struct cg_error *error) {
    if (!set->arena && !(set->arena = cg_arena_new()))
        return cg_error_no_memory(error);
    if (set->count == set->room && grow(set) != CG_OK)
        return cg_error_no_memory(error);
    uint32_t *slot = slot_of(set, family, labels, length);
    if (!*slot)
        return add_new(set, slot, family, labels, length, amount, error);
    struct cg_sample *sample = &set->samples[*slot - 1];
    if (cg_decimal_add(&sample->amount, amount, &sample->amount) != CG_OK)
        return cg_error_set(error, CG_RANGE, "the sum of the samples %.200s has too many digits", sample->labels);
    return CG_OK;
}

static int compare(const void *left, const void *right) {
    const struct cg_sample *a = left;
    const struct cg_sample *b = right;
    if (a->family != b->family)
        return a->family < b->family ? -1 : 1;
    size_t length = a->length < b->length ? a->length : b->length;
    int order = memcmp(a->labels, b->labels, length);
    return order ? order : (a->length > b->length) - (a->length < b->length);
}

void cg_sample_set_sort(struct cg_sample_set *set) {
    if (set->count)
        qsort(set->samples, set->count, sizeof *set->samples, compare);
    free(set->slots);
    set->slots = NULL;
    set->slot_count = 0;
}
