#include "engine/resolve.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "engine/answers.h"
#include "engine/border.h"
#include "engine/stand_in.h"

struct identities {
    const struct cg_identity **items;
    size_t count;
    size_t room;
};

/* An entry as the resolver put it. */
struct put {
    struct cg_context_entry entry;
    size_t sequence; /* when it came */
    int32_t is_text;
};

struct collector {
    const struct cg_resolve_question *question;
    struct identities active;
    struct identities derived;
    struct put **entries;
    size_t entry_count;
    size_t entry_room;
    int32_t own; /* 1: the error is the program's, not the resolver's */
    struct cg_error error;
};

/* Memory ran out on this side of the call: no line is to blame for it. */
static cg_status no_memory(struct collector *collector) {
    collector->own = 1;
    return cg_error_no_memory(&collector->error);
}

/* Room for one more pointer in an array that lives in the arena; doubling keeps the waste below the array's size. */
static cg_status make_room(struct collector *collector, void **items, size_t count, size_t *room, const char *what) {
    if (count >= CG_RESOLVE_LIMIT)
        return cg_error_set(&collector->error, CG_RANGE, "it added more than %zu %s", CG_RESOLVE_LIMIT, what);
    if (count < *room)
        return CG_OK;
    size_t wanted = *room ? *room * 2 : 64;
    void *grown = cg_arena_array(collector->question->arena, wanted, sizeof(void *));
    if (!grown)
        return no_memory(collector);
    if (count)
        memcpy(grown, *items, count * sizeof(void *));
    *items = grown;
    *room = wanted;
    return CG_OK;
}

static cg_status add_identity(struct collector *collector, struct identities *set, const struct cg_identity *identity) {
    const struct cg_resolve_question *question = collector->question;
    if (collector->error.status != CG_OK)
        return collector->error.status;
    if (!identity || identity->struct_size < sizeof *identity || !identity->id || !*identity->id)
        return cg_error_set(&collector->error, CG_INVALID, "it added an identity without id");
    /* An identity of the inventory outlives the answer; only what the resolver made up itself is copied. */
    const struct cg_identity *kept = cg_identity_list_find(question->everybody, identity->id);
    cg_status status = CG_OK;
    if (kept != identity)
        status = cg_stand_in_take(question->arena, identity, &kept, &collector->error);
    if (status == CG_NO_MEMORY)
        collector->own = 1;
    if (status != CG_OK)
        return status;
    void *items = set->items;
    status = make_room(collector, &items, set->count, &set->room, "identities");
    if (status != CG_OK)
        return status;
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

/* Takes an entry; of `text` and `number` the one that `is_text` names counts. */
static cg_status put_entry(struct collector *collector, const char *map, const char *key, const struct put *value) {
    struct cg_arena *arena = collector->question->arena;
    if (collector->error.status != CG_OK)
        return collector->error.status;
    if (!map || !key)
        return cg_error_set(&collector->error, CG_INVALID, "it put an entry without map or key");
    void *items = collector->entries;
    cg_status status = make_room(collector, &items, collector->entry_count, &collector->entry_room, "entries");
    if (status != CG_OK)
        return status;
    collector->entries = items;
    struct put *put = cg_arena_alloc(arena, sizeof *put);
    if (!put)
        return no_memory(collector);
    *put = *value;
    put->sequence = collector->entry_count;
    put->entry.struct_size = sizeof put->entry;
    put->entry.map = cg_arena_string(arena, map);
    put->entry.key = cg_arena_string(arena, key);
    put->entry.text = cg_arena_string(arena, value->entry.text);
    if (!put->entry.map || !put->entry.key || (value->entry.text && !put->entry.text))
        return no_memory(collector);
    collector->entries[collector->entry_count++] = put;
    return CG_OK;
}

static cg_status put_text(const struct cg_resolution_sink *sink, const char *map, const char *key, const char *text) {
    return put_entry(sink->impl, map, key, &(struct put){.entry.text = text, .is_text = 1});
}

static cg_status put_number(const struct cg_resolution_sink *sink, const char *map, const char *key, double number) {
    struct collector *collector = sink->impl;
    if (collector->error.status == CG_OK && !isfinite(number))
        return cg_error_set(&collector->error, CG_INVALID,
                            "it put a number that is not finite under '%.200s' of '%.200s'", key ? key : "",
                            map ? map : "");
    return put_entry(collector, map, key, &(struct put){.entry.number = number});
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

static int compare_keys(const struct cg_context_entry *a, const struct cg_context_entry *b) {
    int order = strcmp(a->map, b->map);
    return order ? order : strcmp(a->key, b->key);
}

/* By map and key; of one key first the numbers by value, then the texts as they came. No two entries are equal. */
static int compare_puts(const void *left, const void *right) {
    const struct put *a = *(struct put *const *)left;
    const struct put *b = *(struct put *const *)right;
    int order = compare_keys(&a->entry, &b->entry);
    if (order)
        return order;
    if (a->is_text != b->is_text)
        return a->is_text ? 1 : -1;
    if (!a->is_text && a->entry.number < b->entry.number)
        return -1;
    if (!a->is_text && a->entry.number > b->entry.number)
        return 1;
    return a->sequence < b->sequence ? -1 : a->sequence > b->sequence;
}

/* Makes one entry of those with equal keys: the last text, or the sum of the numbers, which does not depend on the
 * order in which they came because they are added by size. */
static cg_status settle_entries(struct collector *collector, struct cg_resolution *ret) {
    if (!collector->entry_count)
        return CG_OK;
    const struct cg_context_entry **kept =
        cg_arena_array(collector->question->arena, collector->entry_count, sizeof(const struct cg_context_entry *));
    if (!kept)
        return no_memory(collector);
    qsort(collector->entries, collector->entry_count, sizeof(struct put *), compare_puts);
    struct put *last = NULL;
    size_t count = 0;
    for (size_t i = 0; i < collector->entry_count; i++) {
        struct put *next = collector->entries[i];
        int same = last && compare_keys(&last->entry, &next->entry) == 0;
        if (same && !next->is_text) {
            last->entry.number += next->entry.number;
            if (!isfinite(last->entry.number))
                return cg_error_set(&collector->error, CG_INVALID,
                                    "the numbers it put under '%.200s' of '%.200s' add up to more than a number holds",
                                    next->entry.key, next->entry.map);
            continue;
        }
        kept[same ? count - 1 : count++] = &next->entry;
        last = next;
    }
    ret->entries = kept;
    ret->entry_count = count;
    return CG_OK;
}

/* A look-up that failed in the database is no answer, and not the resolver's fault. */
static void keep_failure(struct collector *collector, const struct cg_error *error) {
    if (collector->error.status != CG_OK)
        return;
    collector->error = *error;
    collector->own = error->status != CG_INVALID;
}

/* Who lives in the window belongs to what a date follows from anyway; only the others have to be noted. */
static void note_identity(const struct collector *collector, const char *id, const struct cg_identity *found) {
    const struct cg_resolve_question *question = collector->question;
    const struct cg_question asked = {.kind = CG_QUESTION_IDENTITY, .end = question->window_end, .id = id};
    unsigned char answer[CG_DIGEST_BYTES];
    if (!question->questions || (found && cg_identity_list_find(question->tenant_period, id) == found) ||
        !cg_questions_ask(question->questions, &asked))
        return;
    cg_answer_identity(found, asked.end, answer);
    cg_questions_answer(question->questions, answer);
}

static void note_resources(const struct collector *collector, const struct cg_question *asked,
                           const struct cg_resource *const *items, size_t count) {
    struct cg_questions *questions = collector->question->questions;
    unsigned char answer[CG_DIGEST_BYTES];
    if (!questions || !cg_questions_ask(questions, asked))
        return;
    cg_answer_resources(items, count, asked->end, answer);
    cg_questions_answer(questions, answer);
}

/*
 * Nothing that is gathered has a name that is not fit, but the resolver got it from somewhere: its line shows it, and
 * the text ends here. A line that was stored before names were mended may have such names itself: its database takes
 * them.
 */
static cg_status check_asked(struct collector *collector, const char *what, const char *text, size_t limit) {
    const struct cg_billing_line *line = collector->question->line;
    if (!text || cg_text_is_clean(text, limit) || strcmp(text, line->resource_id) == 0 ||
        strcmp(text, line->env_id) == 0)
        return CG_OK;
    if (collector->error.status == CG_OK)
        cg_error_set(&collector->error, CG_INVALID, "it asked for the %s '%.60s', which " CG_BORDER_UNFIT, what, text,
                     limit);
    return CG_INVALID;
}

static const struct cg_identity *find_identity(const struct cg_resolution_context *context, const char *id) {
    struct collector *collector = context->impl;
    if (!id || check_asked(collector, "identity", id, CG_BORDER_IDENTITY_BYTES) != CG_OK)
        return NULL;
    const struct cg_identity *found = cg_identity_list_find(collector->question->everybody, id);
    note_identity(collector, id, found);
    return found;
}

/* NULL in `*ret` when there is none; a failure is one of the database. */
static cg_status look_up(const struct cg_resolve_question *question, const char *id, const struct cg_resource **ret,
                         struct cg_error *error) {
    struct cg_found *found = question->listings ? &question->listings->found : NULL;
    const struct cg_resource *resource = NULL;
    if (found && cg_found_get(found, id, ret))
        return CG_OK;
    cg_status status = cg_store_find_resource(question->store, id, question->arena, &resource, error);
    if (status != CG_OK && status != CG_NOT_FOUND)
        return status;
    *ret = status == CG_OK ? resource : NULL;
    if (found)
        cg_found_keep(found, question->arena, id, *ret);
    return CG_OK;
}

static const struct cg_resource *find_resource(const struct cg_resolution_context *context, const char *id) {
    struct collector *collector = context->impl;
    const struct cg_resource *resource = NULL;
    struct cg_error error = {0};
    if (!id || check_asked(collector, "resource", id, CG_BORDER_RESOURCE_BYTES) != CG_OK)
        return NULL;
    if (look_up(collector->question, id, &resource, &error) != CG_OK) {
        keep_failure(collector, &error);
        return NULL;
    }
    const struct cg_question asked = {.kind = CG_QUESTION_RESOURCE, .end = collector->question->window_end, .id = id};
    note_resources(collector, &asked, &resource, resource != NULL);
    return resource;
}

/* Most lists that are kept; resolvers ask for a type, or for one of a few hundred parents. */
#define MOST_LISTINGS 1024

/* A list as it was answered, and what was asked for it. */
struct cg_listing {
    struct cg_listing *next;
    int64_t start;
    int64_t end;
    const char *type;   /* or NULL */
    const char *parent; /* or NULL */
    const struct cg_resource *const *items;
    size_t count;
};

static int same_argument(const char *left, const char *right) {
    return left && right ? strcmp(left, right) == 0 : left == right;
}

/* The list that was answered before, or NULL. */
static const struct cg_listing *find_listing(const struct cg_resolve_question *question,
                                             const struct cg_question *asked, size_t *ret_known) {
    const struct cg_listing *listing = question->listings ? question->listings->first : NULL;
    for (*ret_known = 0; listing; listing = listing->next, ++*ret_known) {
        if (listing->start == asked->start && listing->end == asked->end && same_argument(listing->type, asked->type) &&
            same_argument(listing->parent, asked->parent))
            return listing;
    }
    return NULL;
}

/* Keeps a list for the next resource; without memory for it, it is only read again. */
static void keep_listing(const struct cg_resolve_question *question, const struct cg_question *asked,
                         const struct cg_resource *const *items, size_t count) {
    struct cg_listing *listing = cg_arena_alloc(question->arena, sizeof *listing);
    if (!listing)
        return;
    *listing = (struct cg_listing){.next = question->listings->first,
                                   .start = asked->start,
                                   .end = asked->end,
                                   .type = cg_arena_string(question->arena, asked->type),
                                   .parent = cg_arena_string(question->arena, asked->parent),
                                   .items = items,
                                   .count = count};
    if (!listing->type == !asked->type && !listing->parent == !asked->parent)
        question->listings->first = listing;
}

static cg_status list_resources(const struct cg_resolution_context *context, const char *type, const char *parent_id,
                                const struct cg_resource *const **ret_items, size_t *ret_count) {
    struct collector *collector = context->impl;
    const struct cg_resolve_question *question = collector->question;
    const struct cg_question asked = {.kind = CG_QUESTION_RESOURCES,
                                      .start = question->line->timestamp,
                                      .end = question->window_end,
                                      .type = type,
                                      .parent = parent_id};
    struct cg_error error = {0};
    size_t known = 0;
    cg_status fit = check_asked(collector, "resources of type", type, CG_BORDER_WORD_BYTES);
    if (fit == CG_OK)
        fit = check_asked(collector, "resources below", parent_id, CG_BORDER_RESOURCE_BYTES);
    if (fit != CG_OK)
        return fit;
    const struct cg_listing *listing = find_listing(question, &asked, &known);
    if (listing) {
        *ret_items = listing->items;
        *ret_count = listing->count;
        note_resources(collector, &asked, listing->items, listing->count);
        return CG_OK;
    }
    cg_status status = cg_store_resources_in(question->store, asked.start, asked.end, type, parent_id, question->arena,
                                             ret_items, ret_count, &error);
    if (status != CG_OK) {
        keep_failure(collector, &error);
        return status;
    }
    note_resources(collector, &asked, *ret_items, *ret_count);
    if (question->listings && known < MOST_LISTINGS)
        keep_listing(question, &asked, *ret_items, *ret_count);
    return CG_OK;
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

/* Sorts what was collected into an answer. */
static cg_status settle(struct collector *collector, struct cg_resolution *ret) {
    struct cg_arena *arena = collector->question->arena;
    cg_status status = sort_identities(arena, &collector->active, &ret->active);
    if (status == CG_OK)
        status = sort_identities(arena, &collector->derived, &ret->derived);
    if (status == CG_OK)
        status = merge(arena, &ret->active, &ret->derived, &ret->merged);
    return status == CG_OK ? settle_entries(collector, ret) : no_memory(collector);
}

cg_status cg_resolve(const struct cg_resolve_question *question, struct cg_resolution *ret, int32_t *ret_own,
                     struct cg_error *error) {
    struct cg_resolution resolution = {0};
    *ret_own = 0;
    if (!question->binding->resolver) {
        *ret = resolution;
        return CG_OK;
    }
    struct collector collector = {.question = question};
    cg_status status = call_resolver(&collector, error);
    if (status == CG_OK && settle(&collector, &resolution) != CG_OK) {
        *error = collector.error;
        status = error->status;
    }
    *ret_own = collector.own;
    if (status == CG_OK)
        *ret = resolution;
    return status;
}
