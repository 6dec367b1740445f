/* The usage map. */
#include "usage.h"

#include "models_share.h"

#include <chitragupt/metered.h>

#include <math.h>
#include <string.h>

__extension__ typedef unsigned __int128 product;

enum { FIRST_ROOM = 16 };

/* Folds a product of two 64-bit numbers to 64 bits: every bit of the input reaches every bit of the result. */
static uint64_t fold(uint64_t left, uint64_t right) {
    product wide = (product)left * right;
    return (uint64_t)(wide >> 64) ^ (uint64_t)wide;
}

/*
 * The ids come from outside, so that the hash starts from a seed that is not known there; the rows do not depend on it,
 * since they are sorted.
 */
static uint64_t hash_id(uint64_t seed, const char *id, size_t length) {
    uint64_t hash = seed ^ length;
    uint64_t word;
    for (; length >= sizeof word; id += sizeof word, length -= sizeof word) {
        memcpy(&word, id, sizeof word);
        hash = fold(hash ^ word, UINT64_C(0x9e3779b97f4a7c15));
    }
    word = 0;
    memcpy(&word, id, length);
    hash = fold(hash ^ word, UINT64_C(0xd6e8feb86659fd93));
    return fold(hash ^ seed, UINT64_C(0xa0761d6478bd642f));
}

/* Doubles the room. What is left behind in scratch memory is less than what is in use. */
static int grow(struct cg_usage *usage) {
    size_t room = usage->room == 0 ? FIRST_ROOM : usage->room * 2;
    if (room > UINT32_MAX / 2) {
        return 0;
    }
    struct cg_usage_entry *entries = cg_scratch_array(usage->host, room, sizeof *entries);
    uint32_t *slots = cg_scratch_array(usage->host, 2 * room, sizeof *slots);
    if (entries == NULL || slots == NULL) {
        return 0;
    }
    size_t mask = 2 * room - 1;
    for (size_t i = 0; i < usage->count; i++) {
        entries[i] = usage->entries[i];
        size_t at = entries[i].hash & mask;
        while (slots[at] != 0) {
            at = (at + 1) & mask;
        }
        slots[at] = (uint32_t)(i + 1);
    }
    usage->entries = entries;
    usage->slots = slots;
    usage->room = room;
    return 1;
}

struct cg_usage *cg_usage_new(const struct cg_host *host) {
    struct cg_usage *usage = host->scratch(host, sizeof *usage);
    if (usage != NULL) {
        usage->host = host;
        usage->seed = fold((uint64_t)(uintptr_t)usage ^ UINT64_C(0xe7037ed1a0b428db), (uint64_t)host->now(host) | 1);
    }
    return usage;
}

/* The entry for `id`, made when there is none yet, or NULL when out of memory. */
static struct cg_usage_entry *find_or_add(struct cg_usage *usage, const char *id) {
    if (usage->count == usage->room && !grow(usage)) {
        return NULL;
    }
    size_t length = strlen(id);
    uint64_t hash = hash_id(usage->seed, id, length);
    size_t mask = 2 * usage->room - 1;
    size_t at = hash & mask;
    for (; usage->slots[at] != 0; at = (at + 1) & mask) {
        struct cg_usage_entry *entry = &usage->entries[usage->slots[at] - 1];
        if (entry->hash == hash && strcmp(entry->id, id) == 0) {
            return entry;
        }
    }
    char *copy = usage->host->scratch(usage->host, length + 1);
    if (copy == NULL) {
        return NULL;
    }
    memcpy(copy, id, length + 1);
    struct cg_usage_entry *entry = &usage->entries[usage->count++];
    *entry = (struct cg_usage_entry){.id = copy, .hash = hash};
    usage->slots[at] = (uint32_t)usage->count;
    return entry;
}

static int counts(double value) {
    return isfinite(value) && value > 0;
}

static cg_status out_of_memory(const struct cg_usage *usage) {
    return cg_scratch_error(usage->host, "the usage of an identity");
}

cg_status cg_usage_add(struct cg_usage *usage, const char *id, double value) {
    if (!counts(value)) {
        return CG_OK;
    }
    struct cg_usage_entry *entry = find_or_add(usage, id);
    if (entry == NULL) {
        return out_of_memory(usage);
    }
    entry->value += value;
    return CG_OK;
}

size_t cg_usage_count(const struct cg_usage *usage) {
    return usage->count;
}

static cg_status add_series(struct cg_usage *usage, const struct cg_metric_series *series, const char *id) {
    struct cg_usage_entry *entry = NULL;
    for (size_t i = 0; i < series->point_count; i++) {
        double value = series->points[i].value;
        if (!counts(value)) {
            continue;
        }
        if (entry == NULL) {
            entry = find_or_add(usage, id);
        }
        if (entry == NULL) {
            return out_of_memory(usage);
        }
        entry->value += value;
    }
    return CG_OK;
}

static const char *owner_of(const struct cg_allocation_context *context, const char *owner_map, const char *id) {
    const char *owner = owner_map != NULL ? cg_context_text(context, owner_map, id) : NULL;
    return owner != NULL && owner[0] != '\0' ? owner : NULL;
}

cg_status cg_usage_add_metric(struct cg_usage *usage, const struct cg_allocation_context *context, const char *key,
                              const char *label, const char *owner_map) {
    const struct cg_metrics *metrics = context->metrics;
    for (size_t i = 0; metrics != NULL && i < metrics->series_count; i++) {
        const struct cg_metric_series *series = metrics->series[i];
        if (strcmp(series->key, key) != 0) {
            continue;
        }
        const char *id = cg_field_value(series->labels, series->label_count, label);
        if (id == NULL || id[0] == '\0') {
            continue;
        }
        const char *name = cg_metered_id(usage->host, id);
        if (name == NULL) {
            return out_of_memory(usage);
        }
        const char *owner = owner_of(context, owner_map, id);
        if (owner == NULL && name != id) {
            owner = owner_of(context, owner_map, name);
        }
        cg_status status = add_series(usage, series, owner != NULL ? owner : name);
        if (status != CG_OK) {
            return status;
        }
    }
    return CG_OK;
}
