#include "billing_window.h"

#include "arena.h"
#include "billing_map.h"
#include "moment.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Odd items beyond this many are counted, not logged one by one. */
#define MOST_LOGGED 50u
/* Most metadata fields of a line: resource_name, original_amount, tiers; or malformed, parse_error, tiers. */
#define MOST_FIELDS 3u
#define FIRST_SLOTS 1024u
/* Tiers beyond this many count in the sums, but are not listed one by one. */
#define MOST_TIERS 1000u

/* One of the items that make a line. */
struct tier {
    struct tier *next;
    struct cg_decimal price;
    struct cg_decimal quantity;
    struct cg_decimal cost;
};

struct entry {
    struct cg_billing_line line;
    struct cg_field fields[MOST_FIELDS];
    struct tier *first;
    struct tier *last;
    size_t tier_count; /* at most MOST_TIERS are in the list */
    uint64_t hash;
    const char *resource_name;
    const char *parse_error;
    struct cg_decimal original_amount;
    int32_t has_original_amount;
};

struct ccloud_window {
    const struct cg_host *host;
    struct ccloud_arena arena;
    int64_t start;
    int64_t end;
    struct entry **entries; /* in order of arrival */
    size_t count;
    size_t capacity;
    struct entry **slots; /* open addressing; a power of two */
    size_t slot_count;
    uint64_t malformed;
    uint64_t odd; /* malformed, or with a warning */
    unsigned char hash_key[crypto_shorthash_KEYBYTES];
};

struct ccloud_window *ccloud_window_new(const struct cg_host *host, int64_t start, int64_t end) {
    struct ccloud_window *window = calloc(1, sizeof *window);
    if (window == NULL) {
        return NULL;
    }
    window->host = host;
    window->start = start;
    window->end = end;
    window->slot_count = FIRST_SLOTS;
    window->slots = calloc(window->slot_count, sizeof(struct entry *));
    if (window->slots == NULL) {
        free(window);
        return NULL;
    }
    /* A key of our own keeps an answer made for collisions from slowing us down. */
    randombytes_buf(window->hash_key, sizeof window->hash_key);
    return window;
}

void ccloud_window_free(struct ccloud_window *window) {
    if (window == NULL) {
        return;
    }
    ccloud_arena_done(&window->arena);
    free(window->entries);
    free(window->slots);
    free(window);
}

static uint64_t hash_text(const struct ccloud_window *window, uint64_t before, const char *text) {
    unsigned char digest[crypto_shorthash_BYTES];
    uint64_t hash = 0;
    (void)crypto_shorthash(digest, (const unsigned char *)text, strlen(text), window->hash_key);
    memcpy(&hash, digest, sizeof hash);
    return (before ^ hash) * UINT64_C(0x9E3779B97F4A7C15);
}

static uint64_t hash_of(const struct ccloud_window *window, const struct ccloud_item *item) {
    uint64_t hash = (uint64_t)item->timestamp;
    hash = hash_text(window, hash, item->env_id);
    hash = hash_text(window, hash, item->resource_id);
    hash = hash_text(window, hash, item->product_type);
    return hash_text(window, hash, item->product_category);
}

static int same_key(const struct cg_billing_line *line, const struct ccloud_item *item) {
    return line->timestamp == item->timestamp && strcmp(line->env_id, item->env_id) == 0 &&
           strcmp(line->resource_id, item->resource_id) == 0 && strcmp(line->product_type, item->product_type) == 0 &&
           strcmp(line->product_category, item->product_category) == 0;
}

/* The slot of the item's key: its entry, or NULL where it belongs. */
static struct entry **find_slot(const struct ccloud_window *window, const struct ccloud_item *item, uint64_t hash) {
    size_t mask = window->slot_count - 1;
    size_t at = (size_t)(hash >> 20u) & mask;
    while (window->slots[at] != NULL &&
           !(window->slots[at]->hash == hash && same_key(&window->slots[at]->line, item))) {
        at = (at + 1) & mask;
    }
    return &window->slots[at];
}

/* Makes room for one more entry. */
static cg_status grow(struct ccloud_window *window) {
    if (window->count == window->capacity) {
        size_t capacity = window->capacity == 0 ? FIRST_SLOTS / 2 : window->capacity * 2;
        struct entry **entries = realloc(window->entries, capacity * sizeof(struct entry *));
        if (entries == NULL) {
            return CG_NO_MEMORY;
        }
        window->entries = entries;
        window->capacity = capacity;
    }
    if (2 * (window->count + 1) <= window->slot_count) {
        return CG_OK;
    }
    size_t slot_count = window->slot_count * 2;
    struct entry **slots = calloc(slot_count, sizeof(struct entry *));
    if (slots == NULL) {
        return CG_NO_MEMORY;
    }
    for (size_t i = 0; i < window->count; i++) {
        size_t at = (size_t)(window->entries[i]->hash >> 20u) & (slot_count - 1);
        while (slots[at] != NULL) {
            at = (at + 1) & (slot_count - 1);
        }
        slots[at] = window->entries[i];
    }
    free(window->slots);
    window->slots = slots;
    window->slot_count = slot_count;
    return CG_OK;
}

static cg_status add_tier(struct ccloud_window *window, struct entry *entry, const struct ccloud_item *item) {
    if (entry->tier_count == MOST_TIERS) {
        return CG_OK;
    }
    struct tier *tier = ccloud_arena_get(&window->arena, sizeof *tier);
    if (tier == NULL) {
        return CG_NO_MEMORY;
    }
    tier->price = item->unit_price;
    tier->quantity = item->quantity;
    tier->cost = item->total_cost;
    if (entry->last == NULL) {
        entry->first = tier;
    } else {
        entry->last->next = tier;
    }
    entry->last = tier;
    entry->tier_count++;
    return CG_OK;
}

/* A new line from an item. */
static cg_status add_entry(struct ccloud_window *window, const struct ccloud_item *item, uint64_t hash) {
    struct ccloud_arena *arena = &window->arena;
    cg_status status = grow(window);
    struct entry *entry = status == CG_OK ? ccloud_arena_get(arena, sizeof *entry) : NULL;
    if (entry == NULL || add_tier(window, entry, item) != CG_OK) {
        return CG_NO_MEMORY;
    }
    entry->hash = hash;
    entry->resource_name = ccloud_arena_text(arena, item->resource_name);
    entry->parse_error = (item->flags & CG_LINE_MALFORMED) != 0 ? ccloud_arena_text(arena, item->parse_error) : NULL;
    entry->has_original_amount = item->has_original_amount;
    entry->original_amount = item->original_amount;
    entry->line = (struct cg_billing_line){.struct_size = sizeof entry->line,
                                           .flags = item->flags,
                                           .timestamp = item->timestamp,
                                           .env_id = ccloud_arena_text(arena, item->env_id),
                                           .resource_id = ccloud_arena_text(arena, item->resource_id),
                                           .product_category = ccloud_arena_text(arena, item->product_category),
                                           .product_type = ccloud_arena_text(arena, item->product_type),
                                           .currency = "USD",
                                           .granularity = "daily",
                                           .quantity = item->quantity,
                                           .unit_price = item->unit_price,
                                           .total_cost = item->total_cost,
                                           .fields = entry->fields};
    const struct cg_billing_line *line = &entry->line;
    if (line->env_id == NULL || line->resource_id == NULL || line->product_category == NULL ||
        line->product_type == NULL || (item->resource_name != NULL && entry->resource_name == NULL) ||
        ((item->flags & CG_LINE_MALFORMED) != 0 && entry->parse_error == NULL)) {
        return CG_NO_MEMORY;
    }
    *find_slot(window, item, hash) = entry;
    window->entries[window->count++] = entry;
    return CG_OK;
}

/* One more tier of a line: nothing changes when one of the sums does not fit (CG_RANGE). */
static cg_status merge(struct ccloud_window *window, struct entry *entry, const struct ccloud_item *item) {
    struct cg_decimal cost;
    struct cg_decimal quantity;
    struct cg_decimal original = entry->original_amount;
    cg_status status = cg_decimal_add(&entry->line.total_cost, &item->total_cost, &cost);
    if (status == CG_OK) {
        status = cg_decimal_add(&entry->line.quantity, &item->quantity, &quantity);
    }
    if (status == CG_OK && item->has_original_amount) {
        status = entry->has_original_amount ? cg_decimal_add(&entry->original_amount, &item->original_amount, &original)
                                            : CG_OK;
        original = entry->has_original_amount ? original : item->original_amount;
    }
    if (status == CG_OK) {
        status = add_tier(window, entry, item);
    }
    if (status != CG_OK) {
        return status;
    }
    entry->line.total_cost = cost;
    entry->line.quantity = quantity;
    entry->line.unit_price = cg_decimal_from_int64(0);
    entry->original_amount = original;
    entry->has_original_amount |= item->has_original_amount;
    return CG_OK;
}

static void report(struct ccloud_window *window, const struct ccloud_item *item) {
    char day[CCLOUD_DAY_SIZE];
    int malformed = (item->flags & CG_LINE_MALFORMED) != 0;
    if (!malformed && item->warning == NULL) {
        return;
    }
    window->malformed += malformed ? 1 : 0;
    window->odd++;
    if (window->odd > MOST_LOGGED) {
        return;
    }
    char amount[CG_DECIMAL_TEXT_SIZE];
    (void)cg_decimal_format(&item->total_cost, amount);
    ccloud_day_format(item->timestamp, day);
    if (malformed) {
        window->host->log(window->host, CG_LOG_WARNING,
                          "A billing item could not be read whole and is kept as %s on %s with an amount of %s: %s.",
                          item->resource_id, day, amount, item->parse_error);
    } else {
        window->host->log(window->host, CG_LOG_WARNING, "The billing item of %s (%s) on %s is odd: %s.",
                          item->resource_id, item->product_type, day, item->warning);
    }
}

static cg_status put(struct ccloud_window *window, const struct ccloud_item *item) {
    uint64_t hash = hash_of(window, item);
    struct entry *entry = *find_slot(window, item, hash);
    return entry == NULL ? add_entry(window, item, hash) : merge(window, entry, item);
}

cg_status ccloud_window_add(struct ccloud_window *window, const json_t *items) {
    size_t count = json_array_size(items);
    for (size_t i = 0; i < count; i++) {
        const json_t *json = json_array_get(items, i);
        struct ccloud_item item;
        cg_status status = ccloud_item_map(json, window->start, window->end, &item);
        if (status == CG_OK) {
            status = put(window, &item);
        }
        if (status == CG_RANGE && (item.flags & CG_LINE_MALFORMED) == 0) {
            status = ccloud_item_map_malformed(
                json, window->start, window->end,
                "The item cannot be added to the other tiers of its line without losing digits", &item);
            if (status == CG_OK) {
                status = put(window, &item);
            }
        }
        if (status != CG_OK) {
            return status;
        }
        report(window, &item);
    }
    return CG_OK;
}

/* The tiers as a JSON list of {"price", "quantity", "cost"}. Decimal texts need no escapes. */
static const char *tiers_text(struct ccloud_window *window, const struct entry *entry) {
    const size_t most = 3 * CG_DECIMAL_TEXT_SIZE + sizeof ", {\"price\": \"\", \"quantity\": \"\", \"cost\": \"\"}";
    size_t size = entry->tier_count * most + sizeof "[]";
    size_t used = 0;
    char *buffer = malloc(size);
    if (buffer == NULL) {
        return NULL;
    }
    for (const struct tier *tier = entry->first; tier != NULL; tier = tier->next) {
        char price[CG_DECIMAL_TEXT_SIZE];
        char quantity[CG_DECIMAL_TEXT_SIZE];
        char cost[CG_DECIMAL_TEXT_SIZE];
        (void)cg_decimal_format(&tier->price, price);
        (void)cg_decimal_format(&tier->quantity, quantity);
        (void)cg_decimal_format(&tier->cost, cost);
        int written =
            snprintf(buffer + used, size - used, "%s{\"price\": \"%s\", \"quantity\": \"%s\", \"cost\": \"%s\"}",
                     tier == entry->first ? "[" : ", ", price, quantity, cost);
        used += written > 0 ? (size_t)written : 0;
    }
    (void)snprintf(buffer + used, size - used, "]");
    const char *copy = ccloud_arena_text(&window->arena, buffer);
    free(buffer);
    return copy;
}

static void put_field(struct entry *entry, const char *key, const char *value, uint32_t kind) {
    entry->fields[entry->line.field_count++] = (struct cg_field){.key = key, .value = value, .kind = kind};
}

/* Writes the metadata of a line. */
static cg_status dress(struct ccloud_window *window, struct entry *entry) {
    entry->line.field_count = 0;
    if (entry->parse_error != NULL) {
        put_field(entry, "malformed", "true", CG_FIELD_BOOL);
        put_field(entry, "parse_error", entry->parse_error, CG_FIELD_STRING);
    }
    if (entry->resource_name != NULL) {
        put_field(entry, "resource_name", entry->resource_name, CG_FIELD_STRING);
    }
    if (entry->has_original_amount) {
        char text[CG_DECIMAL_TEXT_SIZE];
        (void)cg_decimal_format(&entry->original_amount, text);
        const char *copy = ccloud_arena_text(&window->arena, text);
        if (copy == NULL) {
            return CG_NO_MEMORY;
        }
        put_field(entry, "original_amount", copy, CG_FIELD_STRING);
    }
    if (entry->tier_count > 1) {
        const char *tiers = tiers_text(window, entry);
        if (tiers == NULL) {
            return CG_NO_MEMORY;
        }
        put_field(entry, "tiers", tiers, CG_FIELD_JSON);
    }
    return CG_OK;
}

cg_status ccloud_window_lines(struct ccloud_window *window, const struct cg_billing_line *const **ret_lines,
                              size_t *ret_count) {
    const struct cg_billing_line **lines =
        ccloud_arena_get(&window->arena, (window->count + 1) * sizeof(const struct cg_billing_line *));
    if (lines == NULL) {
        return CG_NO_MEMORY;
    }
    for (size_t i = 0; i < window->count; i++) {
        if (dress(window, window->entries[i]) != CG_OK) {
            return CG_NO_MEMORY;
        }
        lines[i] = &window->entries[i]->line;
    }
    if (window->odd > MOST_LOGGED) {
        window->host->log(window->host, CG_LOG_WARNING,
                          "%" PRIu64 " billing items of this window are odd, %" PRIu64
                          " of them could not be read whole; the first %u were named.",
                          window->odd, window->malformed, MOST_LOGGED);
    }
    *ret_lines = lines;
    *ret_count = window->count;
    return CG_OK;
}

uint64_t ccloud_window_malformed(const struct ccloud_window *window) {
    return window->malformed;
}
