#include "engine/resolve.h"

#include <stdlib.h>
#include <string.h>

/** Most identities and entries one resolver may add: more is a broken resolver. */
#define LIMIT ((size_t)1000000)

struct identities {
    const struct cg_identity **items;
    size_t count;
    size_t room;
};

struct collector {
    const struct cg_resolve_question *question;
    struct identities active;
    struct identities derived;
    struct cg_context_entry **entries;
    size_t entry_count;
    size_t entry_room;
    struct cg_error error;
};

/* Room for one more pointer in an array that lives in the arena; doubling keeps the waste below the array's size. */
static cg_status make_room(struct cg_arena *arena, void **items, size_t count, size_t *room) {
    if (count < *room)
        return CG_OK;
    if (count >= LIMIT)
        return CG_RANGE;
    size_t wanted = *room ? *room * 2 : 64;
    void *grown = cg_arena_array(arena, wanted, sizeof(void *));
    if (!grown)
        return CG_NO_MEMORY;
    if (count)
        memcpy(grown, *items, count * sizeof(void *));
    *items = grown;
    *room = wanted;
    return CG_OK;
}

static const struct cg_identity *copy_identity(struct cg_arena *arena, const struct cg_identity *identity) {
    struct cg_identity *copy = cg_arena_alloc(arena, sizeof *copy);
    if (!copy)
        return NULL;
    *copy = (struct cg_identity){
        .struct_size = sizeof *copy,
        .id = cg_arena_string(arena, identity->id),
        .type = cg_arena_string(arena, identity->type ? identity->type : "unknown"),
        .display_name = cg_arena_string(arena, identity->display_name),
        .created_at = identity->created_at,
        .deleted_at = identity->deleted_at,
    };
    return copy->id && copy->type ? copy : NULL;
}

static cg_status add_identity(struct collector *collector, struct identities *set, const struct cg_identity *identity) {
    const struct cg_resolve_question *question = collector->question;
    if (!identity || identity->struct_size < sizeof *identity || !identity->id || !*identity->id)
        return cg_error_set(&collector->error, CG_INVALID, "it added an identity without id");
    /* An identity of the inventory outlives the answer; only what the resolver made up itself is copied. */
    const struct cg_identity *kept = cg_identity_list_find(question->everybody, identity->id);
    if (kept != identity)
        kept = copy_identity(question->arena, identity);
    if (!kept)
        return cg_error_no_memory(&collector->error);
    void *items = set->items;
    cg_status status = make_room(question->arena, &items, set->count, &set->room);
    if (status != CG_OK)
        return cg_error_set(&collector->error, status, "it added more than %zu identities", LIMIT);
    set->items = items;
    set->items[set->count++] = kept;
    return CG_OK;
}

static cg_status add_active(const struct cg_resolution_sink *sink, const struct cg_identity *identity) {
    struct collector *collector = sink->impl;
    return add_identity(collector, &collector->active, identity);
}

static cg_status add_derived(const struct cg_resolution_sink *sink, const struct cg_identity *identity) {
    struct collector *collector = sink->impl;
    return add_identity(collector, &collector->derived, identity);
}

static cg_status put_entry(struct collector *collector, const char *map, const char *key, const char *text,
                           double number) {
    struct cg_arena *arena = collector->question->arena;
    if (!map || !key)
        return cg_error_set(&collector->error, CG_INVALID, "it put an entry without map or key");
    void *items = collector->entries;
    cg_status status = make_room(arena, &items, collector->entry_count, &collector->entry_room);
    if (status != CG_OK)
        return cg_error_set(&collector->error, status, "it put more than %zu entries", LIMIT);
    collector->entries = items;
    struct cg_context_entry *entry = cg_arena_alloc(arena, sizeof *entry);
    if (!entry)
        return cg_error_no_memory(&collector->error);
    *entry = (struct cg_context_entry){
        .struct_size = sizeof *entry,
        .map = cg_arena_string(arena, map),
        .key = cg_arena_string(arena, key),
        .text = cg_arena_string(arena, text),
        .number = number,
    };
    if (!entry->map || !entry->key || (text && !entry->text))
        return cg_error_no_memory(&collector->error);
    collector->entries[collector->entry_count++] = entry;
    return CG_OK;
}

static cg_status put_text(const struct cg_resolution_sink *sink, const char *map, const char *key, const char *text) {
    return put_entry(sink->impl, map, key, text, 0);
}

static cg_status put_number(const struct cg_resolution_sink *sink, const char *map, const char *key, double number) {
    return put_entry(sink->impl, map, key, NULL, number);
}

static int compare_identities(const void *left, const void *right) {
    const struct cg_identity *const *a = left;
    const struct cg_identity *const *b = right;
    return strcmp((*a)->id, (*b)->id);
}

/* Merge sort keeps equal ids in their order of arrival, which qsort does not promise. */
static cg_status sort_identities(struct cg_arena *arena, struct identities *set, struct cg_identity_list *ret) {
    const struct cg_identity **from = set->items;
    const struct cg_identity **to = cg_arena_array(arena, set->count, sizeof(struct cg_identity *));
    if (!to)
        return CG_NO_MEMORY;
    for (size_t width = 1; width < set->count; width *= 2) {
        for (size_t low = 0; low < set->count; low += 2 * width) {
            size_t middle = low + width < set->count ? low + width : set->count;
            size_t high = low + 2 * width < set->count ? low + 2 * width : set->count;
            size_t left = low;
            size_t right = middle;
            for (size_t out = low; out < high; out++) {
                int take_left = left < middle && (right >= high || compare_identities(&from[left], &from[right]) <= 0);
                to[out] = take_left ? from[left++] : from[right++];
            }
        }
        const struct cg_identity **swapped = from;
        from = to;
        to = swapped;
    }
    size_t count = 0;
    for (size_t i = 0; i < set->count; i++) {
        if (count && strcmp(from[count - 1]->id, from[i]->id) == 0)
            count--;
        from[count++] = from[i];
    }
    *ret = (struct cg_identity_list){from, count};
    return CG_OK;
}

/* The union of two sorted lists; where an id is in both, the derived record stays. */
static cg_status merge(struct cg_arena *arena, const struct cg_identity_list *active,
                       const struct cg_identity_list *derived, struct cg_identity_list *ret) {
    const struct cg_identity **items =
        cg_arena_array(arena, active->count + derived->count, sizeof(const struct cg_identity *));
    if (!items)
        return CG_NO_MEMORY;
    size_t count = 0;
    size_t a = 0;
    size_t d = 0;
    while (a < active->count || d < derived->count) {
        int order = a == active->count    ? 1
                    : d == derived->count ? -1
                                          : strcmp(active->items[a]->id, derived->items[d]->id);
        items[count++] = order < 0 ? active->items[a] : derived->items[d];
        a += order <= 0;
        d += order >= 0;
    }
    *ret = (struct cg_identity_list){items, count};
    return CG_OK;
}

static int compare_entries(const void *left, const void *right) {
    const struct cg_context_entry *const *a = left;
    const struct cg_context_entry *const *b = right;
    int order = strcmp((*a)->map, (*b)->map);
    return order ? order : strcmp((*a)->key, (*b)->key);
}

/* Sorts the entries; texts of one key: any later equal one is the same, numbers of one key add up. */
static void settle_entries(struct collector *collector) {
    if (!collector->entry_count)
        return;
    qsort(collector->entries, collector->entry_count, sizeof(struct cg_context_entry *), compare_entries);
    size_t count = 1;
    for (size_t i = 1; i < collector->entry_count; i++) {
        struct cg_context_entry *kept = collector->entries[count - 1];
        struct cg_context_entry *next = collector->entries[i];
        if (compare_entries(&kept, &next) != 0) {
            collector->entries[count++] = next;
        } else if (next->text) {
            kept->text = next->text;
        } else {
            kept->number += next->number;
        }
    }
    collector->entry_count = count;
}

static const struct cg_identity *find_identity(const struct cg_resolution_context *context, const char *id) {
    const struct collector *collector = context->impl;
    return cg_identity_list_find(collector->question->everybody, id);
}

static const struct cg_resource *find_resource(const struct cg_resolution_context *context, const char *id) {
    struct collector *collector = context->impl;
    const struct cg_resource *resource = NULL;
    struct cg_error error = {0};
    cg_status status =
        cg_store_find_resource(collector->question->store, id, collector->question->arena, &resource, &error);
    if (status != CG_OK && status != CG_NOT_FOUND)
        collector->error = error;
    return status == CG_OK ? resource : NULL;
}

static cg_status list_resources(const struct cg_resolution_context *context, const char *type, const char *parent_id,
                                const struct cg_resource *const **ret_items, size_t *ret_count) {
    struct collector *collector = context->impl;
    return cg_store_resources_in(collector->question->store, context->window_start, context->window_end, type,
                                 parent_id, collector->question->arena, ret_items, ret_count, &collector->error);
}

/* Calls the module, with a note for the case that it does not come back. */
static cg_status call_resolver(struct collector *collector, struct cg_error *error) {
    const struct cg_resolve_question *question = collector->question;
    const struct cg_binding *binding = question->binding;
    const struct cg_callee *callee = &binding->resolver_callee;
    struct cg_resolution_context context = {
        .struct_size = sizeof context,
        .host = &callee->services->host,
        .impl = collector,
        .tenant_name = question->runtime->tenant->name,
        .service_type = binding->service->service_type,
        .product_type = question->line->product_type,
        .resource_id = question->line->resource_id,
        .env_id = question->line->env_id,
        .window_start = question->line->timestamp,
        .window_end = question->window_end,
        .tenant_period = *question->tenant_period,
        .metrics = question->metrics,
        .ecosystem = callee->overrides ? NULL : question->runtime->instance,
        .find_identity = find_identity,
        .find_resource = find_resource,
        .list_resources = list_resources,
    };
    struct cg_resolution_sink sink = {
        .struct_size = sizeof sink,
        .impl = collector,
        .add_active = add_active,
        .add_derived = add_derived,
        .put_text = put_text,
        .put_number = put_number,
    };
    cg_services_reset(callee->services);
    cg_crumb_enter(question->runtime->crumb, "identity resolver", callee->module->name, callee->symbol, "resolve",
                   question->line);
    cg_status status = binding->resolver->resolve(binding->resolver, &context, &sink);
    cg_crumb_leave(question->runtime->crumb);
    if (collector->error.status != CG_OK) {
        *error = collector->error;
        return error->status;
    }
    if (status != CG_OK)
        return cg_error_set(error, status, "%s", cg_services_error(callee->services, status));
    return CG_OK;
}

cg_status cg_resolve(const struct cg_resolve_question *question, struct cg_resolution *ret, struct cg_error *error) {
    struct cg_resolution resolution = {0};
    if (!question->binding->resolver) {
        *ret = resolution;
        return CG_OK;
    }
    struct collector collector = {.question = question};
    cg_status status = call_resolver(&collector, error);
    if (status != CG_OK)
        return status;
    struct cg_arena *arena = question->arena;
    status = sort_identities(arena, &collector.active, &resolution.active);
    if (status == CG_OK)
        status = sort_identities(arena, &collector.derived, &resolution.derived);
    if (status == CG_OK)
        status = merge(arena, &resolution.active, &resolution.derived, &resolution.merged);
    if (status != CG_OK)
        return cg_error_no_memory(error);
    settle_entries(&collector);
    resolution.entries = (const struct cg_context_entry *const *)collector.entries;
    resolution.entry_count = collector.entry_count;
    *ret = resolution;
    return CG_OK;
}
