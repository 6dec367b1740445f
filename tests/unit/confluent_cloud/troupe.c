#include "troupe.h"

#include "products.h"

#include <chitragupt/identity.h>
#include <chitragupt/metered.h>
#include <criterion/criterion.h>
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define WINDOW_START (INT64_C(20000) * CG_DAY_US)

static void list_push(struct troupe_list *list, void *item) {
    if ((list->count & (list->count - 1)) == 0) {
        size_t room = list->count == 0 ? 1 : 2 * list->count;
        list->items = realloc(list->items, room * sizeof(void *));
        cr_assert(list->items != NULL);
    }
    list->items[list->count++] = item;
}

static void *keep(struct troupe *troupe, size_t size) {
    void *memory = calloc(1, size);
    cr_assert(memory != NULL);
    list_push(&troupe->memory, memory);
    return memory;
}

static const char *keep_text(struct troupe *troupe, const char *text, size_t length) {
    char *copy = keep(troupe, length + 1);
    memcpy(copy, text, length);
    return copy;
}

void troupe_init(struct troupe *troupe, const char *settings, const char *product_type, const char *resource,
                 const char *amount) {
    stage_init(&troupe->stage, settings);
    troupe->line = (struct cg_billing_line){.struct_size = sizeof troupe->line,
                                            .timestamp = WINDOW_START,
                                            .env_id = "env-1",
                                            .resource_id = resource,
                                            .product_category = "C",
                                            .product_type = product_type,
                                            .currency = "USD",
                                            .granularity = "daily"};
    cr_assert_eq(cg_decimal_parse(amount, strlen(amount), &troupe->line.total_cost), CG_OK, "bad amount %s", amount);
}

void troupe_done(struct troupe *troupe) {
    struct troupe_list *const lists[] = {&troupe->period,  &troupe->absent,  &troupe->active,
                                         &troupe->derived, &troupe->merged,  &troupe->resources,
                                         &troupe->series,  &troupe->entries, &troupe->memory};
    for (size_t i = 0; i < troupe->memory.count; i++) {
        free(troupe->memory.items[i]);
    }
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        free(lists[i]->items);
    }
    free(troupe->rows.text);
    stage_done(&troupe->stage);
}

/* ---- people ---- */

static struct cg_identity *identity_copy(struct troupe *troupe, const struct cg_identity *from) {
    struct cg_identity *copy = keep(troupe, sizeof *copy);
    *copy = *from;
    copy->id = keep_text(troupe, from->id, strlen(from->id));
    copy->type = keep_text(troupe, from->type, strlen(from->type));
    copy->display_name =
        from->display_name == NULL ? NULL : keep_text(troupe, from->display_name, strlen(from->display_name));
    return copy;
}

static int by_id(const void *left, const void *right) {
    const struct cg_identity *const *a = left;
    const struct cg_identity *const *b = right;
    return strcmp((*a)->id, (*b)->id);
}

/* Sorts a list of identities and drops all but the last of those with equal ids. */
static void settle(struct troupe_list *list) {
    if (list->count > 0) {
        qsort(list->items, list->count, sizeof(void *), by_id);
    }
    size_t used = 0;
    for (size_t i = 0; i < list->count; i++) {
        if (used > 0 && by_id(&list->items[used - 1], &list->items[i]) == 0) {
            used--;
        }
        list->items[used++] = list->items[i];
    }
    list->count = used;
}

static void add_person(struct troupe *troupe, struct troupe_list *list, const char *word, size_t length) {
    const char *parts[4] = {NULL, NULL, NULL, NULL};
    struct cg_identity identity;
    for (size_t i = 0; i < 4 && length > 0; i++) {
        size_t part = 0;
        while (part < length && word[part] != ':') {
            part++;
        }
        parts[i] = keep_text(troupe, word, part);
        size_t used = part < length ? part + 1 : part;
        word += used;
        length -= used;
    }
    cg_identity_from_id(parts[0], &identity);
    identity.type = parts[1] != NULL ? parts[1] : identity.type;
    struct cg_identity *copy = identity_copy(troupe, &identity);
    if (parts[2] != NULL) {
        struct cg_field *fields = keep(troupe, 2 * sizeof *fields);
        fields[0] = (struct cg_field){.key = "owner_id", .value = parts[2]};
        fields[1] = (struct cg_field){.key = "resource_id", .value = parts[3]};
        copy->fields = fields;
        copy->field_count = 2;
    }
    list_push(list, copy);
}

void troupe_add(struct troupe *troupe, struct troupe_list *list, const char *people) {
    while (people != NULL && *people != '\0') {
        size_t length = strcspn(people, " ");
        add_person(troupe, list, people, length);
        people += length + (people[length] == ' ' ? 1 : 0);
    }
    settle(list);
}

/* ---- resources ---- */

static int has_prefix(const char *word, const char *prefix) {
    return strncmp(word, prefix, strlen(prefix)) == 0;
}

/* Takes one word of a resource; fields are written to `fields`. */
static void add_word(struct cg_resource *resource, struct cg_field *fields, char *word) {
    if (strcmp(word, "gone") == 0) {
        resource->deleted_at = WINDOW_START - 1;
    } else if (strcmp(word, "later") == 0) {
        resource->created_at = WINDOW_START + CG_DAY_US;
    } else if (has_prefix(word, "parent=")) {
        resource->parent_id = word + strlen("parent=");
    } else if (has_prefix(word, "owner=")) {
        resource->owner_id = word + strlen("owner=");
    } else if (has_prefix(word, "name=")) {
        resource->display_name = word + strlen("name=");
    } else {
        char *value = strchr(word, '=');
        cr_assert(value != NULL && resource->field_count < 8, "strange word %s", word);
        *value++ = '\0';
        fields[resource->field_count++] =
            (struct cg_field){.key = word,
                              .value = strcmp(value, "null") == 0 ? NULL : value,
                              .kind = strcmp(word, "is_stopped") == 0 ? CG_FIELD_BOOL : CG_FIELD_STRING};
    }
}

static void add_resource(struct troupe *troupe, char *text) {
    char *rest = NULL;
    struct cg_resource *resource = keep(troupe, sizeof *resource);
    struct cg_field *fields = keep(troupe, 8 * sizeof *fields);
    *resource = (struct cg_resource){
        .struct_size = sizeof *resource, .created_at = CG_TIME_NONE, .deleted_at = CG_TIME_NONE, .fields = fields};
    resource->id = strtok_r(text, " ", &rest);
    resource->type = strtok_r(NULL, " ", &rest);
    for (char *word = strtok_r(NULL, " ", &rest); word != NULL; word = strtok_r(NULL, " ", &rest)) {
        add_word(resource, fields, word);
    }
    list_push(&troupe->resources, resource);
}

/* Calls `add` for each part of a list separated by ";". */
static void each_part(struct troupe *troupe, const char *list, void (*add)(struct troupe *troupe, char *part)) {
    while (list != NULL && *list != '\0') {
        size_t length = strcspn(list, ";");
        add(troupe, (char *)(uintptr_t)keep_text(troupe, list, length));
        list += length + (list[length] == ';' ? 1 : 0);
    }
}

static int by_resource_id(const void *left, const void *right) {
    const struct cg_resource *const *a = left;
    const struct cg_resource *const *b = right;
    return strcmp((*a)->id, (*b)->id);
}

void troupe_stock(struct troupe *troupe, const char *resources) {
    each_part(troupe, resources, add_resource);
    if (troupe->resources.count > 0) {
        qsort(troupe->resources.items, troupe->resources.count, sizeof(void *), by_resource_id);
    }
}

static const struct cg_identity *find_identity(const struct cg_resolution_context *context, const char *id) {
    const struct troupe *troupe = context->impl;
    const struct troupe_list *const lists[] = {&troupe->period, &troupe->absent};
    /* The program refuses such a question, and fails the line. */
    cr_assert_eq(cg_metered_id(context->host, id), id, "asked for '%s', which is no name", id);
    for (size_t i = 0; i < 2; i++) {
        for (size_t k = 0; k < lists[i]->count; k++) {
            const struct cg_identity *identity = lists[i]->items[k];
            if (strcmp(identity->id, id) == 0) {
                return identity;
            }
        }
    }
    return NULL;
}

static const struct cg_resource *find_resource(const struct cg_resolution_context *context, const char *id) {
    const struct troupe *troupe = context->impl;
    for (size_t i = 0; i < troupe->resources.count; i++) {
        const struct cg_resource *resource = troupe->resources.items[i];
        if (strcmp(resource->id, id) == 0) {
            return resource;
        }
    }
    return NULL;
}

static cg_status list_resources(const struct cg_resolution_context *context, const char *type, const char *parent_id,
                                const struct cg_resource *const **ret_items, size_t *ret_count) {
    struct troupe *troupe = context->impl;
    const struct cg_resource **items = keep(troupe, (troupe->resources.count + 1) * sizeof(void *));
    size_t count = 0;
    for (size_t i = 0; i < troupe->resources.count; i++) {
        const struct cg_resource *resource = troupe->resources.items[i];
        int is_child =
            parent_id == NULL || (resource->parent_id != NULL && strcmp(resource->parent_id, parent_id) == 0);
        int is_alive = (resource->created_at == CG_TIME_NONE || resource->created_at < context->window_end) &&
                       (resource->deleted_at == CG_TIME_NONE || resource->deleted_at >= context->window_start);
        if (is_child && is_alive && strcmp(resource->type, type) == 0) {
            items[count++] = resource;
        }
    }
    *ret_items = items;
    *ret_count = count;
    return CG_OK;
}

/* ---- metrics ---- */

static double number_of(const char *text) {
    static const struct {
        const char *word;
        double value;
    } specials[] = {{"nan", NAN}, {"inf", INFINITY}, {"-inf", -INFINITY}, {"huge", DBL_MAX}};
    struct cg_decimal number;
    for (size_t i = 0; i < sizeof specials / sizeof specials[0]; i++) {
        if (strcmp(specials[i].word, text) == 0) {
            return specials[i].value;
        }
    }
    cr_assert_eq(cg_decimal_parse(text, strlen(text), &number), CG_OK, "no number: %s", text);
    return cg_decimal_to_double(&number);
}

static const char *key_of(const char *word) {
    static const char *const keys[][2] = {{"in", CCLOUD_METRIC_BYTES_IN},
                                          {"out", CCLOUD_METRIC_BYTES_OUT},
                                          {"cfu", CCLOUD_METRIC_CFU_PRIMARY},
                                          {"cfu2", CCLOUD_METRIC_CFU_FALLBACK}};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        if (strcmp(keys[i][0], word) == 0) {
            return keys[i][1];
        }
    }
    return word;
}

/* "POOL/STATEMENT" as two labels, anything else as a principal. Answers how many there are. */
static uint32_t write_labels(struct cg_field *labels, char *who) {
    char *slash = strchr(who, '/');
    if (slash == NULL) {
        labels[0] = (struct cg_field){.key = CCLOUD_LABEL_PRINCIPAL, .value = strcmp(who, "-") == 0 ? "" : who};
        return 1;
    }
    *slash = '\0';
    labels[0] = (struct cg_field){.key = CCLOUD_LABEL_POOL, .value = who};
    labels[1] = (struct cg_field){.key = CCLOUD_LABEL_STATEMENT, .value = slash + 1};
    return 2;
}

static void add_series(struct troupe *troupe, char *text) {
    char *rest = NULL;
    struct cg_metric_series *series = keep(troupe, sizeof *series);
    struct cg_field *labels = keep(troupe, 2 * sizeof *labels);
    struct cg_metric_point *points = keep(troupe, 64 * sizeof *points);
    series->struct_size = sizeof *series;
    series->key = key_of(strtok_r(text, " ", &rest));
    series->label_count = write_labels(labels, strtok_r(NULL, " ", &rest));
    series->labels = labels;
    series->points = points;
    for (char *value = strtok_r(NULL, " ", &rest); value != NULL; value = strtok_r(NULL, " ", &rest)) {
        points[series->point_count].time = WINDOW_START + (int64_t)series->point_count * INT64_C(3600000000);
        points[series->point_count++].value = number_of(value);
    }
    list_push(&troupe->series, series);
    troupe->has_metrics = 1;
}

void troupe_measure(struct troupe *troupe, const char *usage) {
    each_part(troupe, usage, add_series);
}

/* ---- context entries ---- */

static int by_key(const void *left, const void *right) {
    const struct cg_context_entry *const *a = left;
    const struct cg_context_entry *const *b = right;
    int order = strcmp((*a)->map, (*b)->map);
    return order != 0 ? order : strcmp((*a)->key, (*b)->key);
}

/* The entry of `map` with this key, made when there is none. */
static struct cg_context_entry *entry_of(struct troupe *troupe, const char *map, const char *key) {
    for (size_t i = 0; i < troupe->entries.count; i++) {
        struct cg_context_entry *entry = troupe->entries.items[i];
        if (strcmp(entry->map, map) == 0 && strcmp(entry->key, key) == 0) {
            return entry;
        }
    }
    struct cg_context_entry *entry = keep(troupe, sizeof *entry);
    entry->struct_size = sizeof *entry;
    entry->map = keep_text(troupe, map, strlen(map));
    entry->key = keep_text(troupe, key, strlen(key));
    list_push(&troupe->entries, entry);
    qsort(troupe->entries.items, troupe->entries.count, sizeof(void *), by_key);
    return entry;
}

void troupe_own(struct troupe *troupe, const char *owners) {
    while (owners != NULL && *owners != '\0') {
        size_t length = strcspn(owners, " ");
        size_t key = strcspn(owners, "=");
        entry_of(troupe, CCLOUD_MAP_KEY_OWNER, keep_text(troupe, owners, key))->text =
            keep_text(troupe, owners + key + 1, length - key - 1);
        owners += length + (owners[length] == ' ' ? 1 : 0);
    }
}

void troupe_weigh(struct troupe *troupe, const char *owner, double weight) {
    entry_of(troupe, CCLOUD_MAP_OWNER_CFU, owner)->number += weight;
}

/* ---- running ---- */

const struct cg_product *troupe_product(const char *product_type, const struct cg_service **ret_service) {
    struct cg_ecosystem_description description = {.struct_size = sizeof description};
    ccloud_describe(&description);
    for (size_t i = 0; i < description.service_count; i++) {
        const struct cg_service *service = description.services[i];
        for (size_t k = 0; k < service->product_count; k++) {
            if (strcmp(service->products[k]->product_type, product_type) == 0) {
                if (ret_service != NULL) {
                    *ret_service = service;
                }
                return service->products[k];
            }
        }
    }
    return NULL;
}

static struct cg_identity_list identities(const struct troupe_list *list) {
    return (struct cg_identity_list){(const struct cg_identity *const *)(void *)list->items, list->count};
}

static const struct cg_metrics *metrics_of(struct troupe *troupe) {
    if (!troupe->has_metrics) {
        return NULL;
    }
    troupe->metrics.struct_size = sizeof troupe->metrics;
    troupe->metrics.series = (const struct cg_metric_series *const *)(void *)troupe->series.items;
    troupe->metrics.series_count = troupe->series.count;
    return &troupe->metrics;
}

static cg_status sink_add_active(const struct cg_resolution_sink *sink, const struct cg_identity *identity) {
    struct troupe *troupe = sink->impl;
    list_push(&troupe->active, identity_copy(troupe, identity));
    return CG_OK;
}

static cg_status sink_add_derived(const struct cg_resolution_sink *sink, const struct cg_identity *identity) {
    struct troupe *troupe = sink->impl;
    list_push(&troupe->derived, identity_copy(troupe, identity));
    return CG_OK;
}

static cg_status sink_put_text(const struct cg_resolution_sink *sink, const char *map, const char *key,
                               const char *text) {
    struct troupe *troupe = sink->impl;
    cr_assert_str_eq(map, CCLOUD_MAP_KEY_OWNER);
    entry_of(troupe, map, key)->text = keep_text(troupe, text, strlen(text));
    return CG_OK;
}

/* Adds up in the order of arrival, so that a test sees when that order depends on the one of the series. */
static cg_status sink_put_number(const struct cg_resolution_sink *sink, const char *map, const char *key,
                                 double number) {
    cr_assert_str_eq(map, CCLOUD_MAP_OWNER_CFU);
    cr_assert(isfinite(number), "%s of %s is not finite", map, key);
    troupe_weigh(sink->impl, key, number);
    return CG_OK;
}

cg_status troupe_resolve(struct troupe *troupe) {
    const struct cg_service *service = NULL;
    const struct cg_product *product = troupe_product(troupe->line.product_type, &service);
    if (product == NULL || service->resolver == NULL) {
        return CG_OK;
    }
    troupe->active.count = 0;
    troupe->derived.count = 0;
    troupe->entries.count = 0;
    struct cg_resolution_context context = {.struct_size = sizeof context,
                                            .host = &troupe->stage.host,
                                            .impl = troupe,
                                            .tenant_name = "acme",
                                            .service_type = service->service_type,
                                            .product_type = troupe->line.product_type,
                                            .resource_id = troupe->line.resource_id,
                                            .env_id = troupe->line.env_id,
                                            .window_start = WINDOW_START,
                                            .window_end = WINDOW_START + CG_DAY_US,
                                            .tenant_period = identities(&troupe->period),
                                            .metrics = metrics_of(troupe),
                                            .find_identity = find_identity,
                                            .find_resource = find_resource,
                                            .list_resources = list_resources};
    struct cg_resolution_sink sink = {sizeof sink,    0, troupe, sink_add_active, sink_add_derived, sink_put_text,
                                      sink_put_number};
    cg_status status = service->resolver->resolve(service->resolver, &context, &sink);
    settle(&troupe->active);
    settle(&troupe->derived);
    stage_drop_scratch(&troupe->stage);
    return status;
}

static void append_index(struct stage_text *text, int32_t index) {
    if (index == CG_NO_INDEX) {
        stage_append(text, " -");
    } else {
        stage_append(text, " %" PRId32, index);
    }
}

static cg_status take_row(const struct cg_row_sink *sink, const struct cg_row *row) {
    struct troupe *troupe = sink->impl;
    char amount[CG_DECIMAL_TEXT_SIZE];
    cr_assert_eq(row->struct_size, sizeof *row);
    (void)cg_decimal_format(&row->amount, amount);
    stage_append(&troupe->rows, "%s%s %s %s %s %s", troupe->row_count == 0 ? "" : "; ", row->identity_id,
                 row->cost_type == CG_COST_USAGE ? "usage" : "shared", amount, row->allocation_method,
                 row->allocation_detail == NULL ? "-" : row->allocation_detail);
    append_index(&troupe->rows, row->chain_tier);
    append_index(&troupe->rows, row->composition_index);
    cr_assert_eq(cg_decimal_add(&troupe->sum, &row->amount, &troupe->sum), CG_OK);
    troupe->row_count++;
    return CG_OK;
}

cg_status troupe_allocate(struct troupe *troupe) {
    const struct cg_product *product = troupe_product(troupe->line.product_type, NULL);
    const struct cg_allocator *allocator = product != NULL ? product->allocator : &ccloud_allocator_unknown;
    troupe->merged.count = 0;
    for (size_t i = 0; i < troupe->active.count; i++) {
        list_push(&troupe->merged, troupe->active.items[i]);
    }
    for (size_t i = 0; i < troupe->derived.count; i++) {
        list_push(&troupe->merged, troupe->derived.items[i]);
    }
    settle(&troupe->merged);
    free(troupe->rows.text);
    troupe->rows = (struct stage_text){NULL, 0};
    troupe->sum = cg_decimal_from_int64(0);
    troupe->row_count = 0;
    const struct cg_config *settings = troupe->stage.tenant.settings;
    struct cg_allocation_context context = {
        .struct_size = sizeof context,
        .host = &troupe->stage.host,
        .tenant_name = "acme",
        .window_start = WINDOW_START,
        .window_end = WINDOW_START + CG_DAY_US,
        .line = &troupe->line,
        .amount = troupe->line.total_cost,
        .resource_active = identities(&troupe->active),
        .metrics_derived = identities(&troupe->derived),
        .merged_active = identities(&troupe->merged),
        .tenant_period = identities(&troupe->period),
        .entries = (const struct cg_context_entry *const *)(void *)troupe->entries.items,
        .entry_count = troupe->entries.count,
        .metrics = metrics_of(troupe),
        .params = troupe->stage.host.config->get(settings, "allocator_params"),
    };
    struct cg_row_sink sink = {sizeof sink, 0, troupe, take_row};
    cg_status status = allocator->allocate(allocator, &context, &sink);
    stage_drop_scratch(&troupe->stage);
    return status;
}
