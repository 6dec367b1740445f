#include "troupe.h"

#include "products.h"

#include <chitragupt/identity.h>
#include <criterion/criterion.h>
#include <inttypes.h>
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
    struct troupe_list *const lists[] = {&troupe->period, &troupe->active,  &troupe->derived, &troupe->merged,
                                         &troupe->series, &troupe->entries, &troupe->memory};
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

/* ---- metrics ---- */

static void add_series(struct troupe *troupe, char *text) {
    char *rest = NULL;
    const char *key = strtok_r(text, " ", &rest);
    const char *principal = strtok_r(NULL, " ", &rest);
    struct cg_metric_series *series = keep(troupe, sizeof *series);
    struct cg_field *label = keep(troupe, sizeof *label);
    struct cg_metric_point *points = keep(troupe, 64 * sizeof *points);
    label->key = CCLOUD_LABEL_PRINCIPAL;
    label->value = strcmp(principal, "-") == 0 ? "" : principal;
    series->struct_size = sizeof *series;
    series->key = strcmp(key, "in") == 0 ? "bytes_in" : strcmp(key, "out") == 0 ? "bytes_out" : key;
    series->labels = label;
    series->label_count = 1;
    series->points = points;
    for (char *value = strtok_r(NULL, " ", &rest); value != NULL; value = strtok_r(NULL, " ", &rest)) {
        struct cg_decimal number;
        cr_assert_eq(cg_decimal_parse(value, strlen(value), &number), CG_OK);
        points[series->point_count].time = WINDOW_START + (int64_t)series->point_count * INT64_C(3600000000);
        points[series->point_count++].value = cg_decimal_to_double(&number);
    }
    list_push(&troupe->series, series);
}

void troupe_measure(struct troupe *troupe, const char *usage) {
    while (usage != NULL && *usage != '\0') {
        size_t length = strcspn(usage, ";");
        add_series(troupe, (char *)(uintptr_t)keep_text(troupe, usage, length));
        usage += length + (usage[length] == ';' ? 1 : 0);
        troupe->has_metrics = 1;
    }
}

/* ---- context entries ---- */

static int by_key(const void *left, const void *right) {
    const struct cg_context_entry *const *a = left;
    const struct cg_context_entry *const *b = right;
    return strcmp((*a)->key, (*b)->key);
}

static void add_entry(struct troupe *troupe, const char *key, const char *owner) {
    struct cg_context_entry *entry = keep(troupe, sizeof *entry);
    entry->struct_size = sizeof *entry;
    entry->map = CCLOUD_MAP_KEY_OWNER;
    entry->key = key;
    entry->text = owner;
    list_push(&troupe->entries, entry);
    qsort(troupe->entries.items, troupe->entries.count, sizeof(void *), by_key);
}

void troupe_own(struct troupe *troupe, const char *owners) {
    while (owners != NULL && *owners != '\0') {
        size_t length = strcspn(owners, " ");
        size_t key = strcspn(owners, "=");
        add_entry(troupe, keep_text(troupe, owners, key), keep_text(troupe, owners + key + 1, length - key - 1));
        owners += length + (owners[length] == ' ' ? 1 : 0);
    }
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
    if (cg_context_text(
            &(struct cg_allocation_context){.entries =
                                                (const struct cg_context_entry *const *)(void *)troupe->entries.items,
                                            .entry_count = troupe->entries.count},
            map, key) == NULL) {
        add_entry(troupe, keep_text(troupe, key, strlen(key)), keep_text(troupe, text, strlen(text)));
    }
    return CG_OK;
}

static cg_status sink_put_number(const struct cg_resolution_sink *sink, const char *map, const char *key,
                                 double number) {
    (void)sink;
    (void)number;
    cr_assert_fail("no number was expected in %s of %s", map, key);
    return CG_OK;
}

cg_status troupe_resolve(struct troupe *troupe) {
    const struct cg_service *service = NULL;
    const struct cg_product *product = troupe_product(troupe->line.product_type, &service);
    if (product == NULL || service->resolver == NULL) {
        return CG_OK;
    }
    struct cg_resolution_context context = {.struct_size = sizeof context,
                                            .host = &troupe->stage.host,
                                            .tenant_name = "acme",
                                            .service_type = service->service_type,
                                            .product_type = troupe->line.product_type,
                                            .resource_id = troupe->line.resource_id,
                                            .env_id = troupe->line.env_id,
                                            .window_start = WINDOW_START,
                                            .window_end = WINDOW_START + CG_DAY_US,
                                            .tenant_period = identities(&troupe->period),
                                            .metrics = metrics_of(troupe)};
    struct cg_resolution_sink sink = {sizeof sink,    0, troupe, sink_add_active, sink_add_derived, sink_put_text,
                                      sink_put_number};
    cg_status status = service->resolver->resolve(service->resolver, &context, &sink);
    settle(&troupe->active);
    settle(&troupe->derived);
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
