#include <string.h>

#include "api/body.h"
#include "api/export_stream.h"
#include "api/handlers.h"
#include "api/names.h"

static const struct cg_export_column columns[] = {
    {"timestamp", CG_EXPORT_TIMESTAMP},
    {"resource_id", CG_EXPORT_RESOURCE_ID},
    {"product_category", CG_EXPORT_PRODUCT_CATEGORY},
    {"product_type", CG_EXPORT_PRODUCT_TYPE},
    {"identity_id", CG_EXPORT_IDENTITY_ID},
    {"cost_type", CG_EXPORT_COST_TYPE},
    {"amount", CG_EXPORT_AMOUNT},
    {"allocation_method", CG_EXPORT_ALLOCATION_METHOD},
    {"tags", CG_EXPORT_TAGS},
    /* Those above are exported when nothing is said. */
    {"ecosystem", CG_EXPORT_ECOSYSTEM},
    {"tenant_id", CG_EXPORT_TENANT_ID},
    {"allocation_detail", CG_EXPORT_ALLOCATION_DETAIL},
    {"metadata", CG_EXPORT_METADATA},
};

#define DEFAULTS 9u

static const char *const filter_keys[] = {"identity_id", "product_type", "resource_id", "cost_type"};

#define FILTERS (sizeof filter_keys / sizeof *filter_keys)

/* What the body asks for; what it does wrong is kept to be told. */
struct asked {
    const struct cg_export_column *columns[CG_EXPORT_COLUMNS];
    size_t count;
    const char *bad_columns[CG_EXPORT_COLUMNS];
    size_t bad_column_count;
    struct cg_fact_filter filters[FILTERS];
    const char **bad_keys;
    size_t bad_key_count;
    int32_t with_tags;
};

static const struct cg_export_column *find_column(const char *name) {
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
        if (strcmp(columns[i].name, name) == 0)
            return &columns[i];
    return NULL;
}

static void add_column(struct asked *asked, const struct cg_export_column *column) {
    asked->columns[asked->count++] = column;
    asked->with_tags |= column->source == CG_EXPORT_TAGS;
}

static void read_columns(struct cg_params *params, json_t *body, struct asked *asked) {
    const struct cg_place list_place = {.key = "columns"};
    json_t *list = cg_body_list(params, body, NULL, "columns", 0, 0, CG_EXPORT_COLUMNS);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const struct cg_place place = {.parent = &list_place, .index = i};
        const char *name = cg_body_value(params, json_array_get(list, i), &place, 0, SIZE_MAX);
        const struct cg_export_column *column = name ? find_column(name) : NULL;
        if (column)
            add_column(asked, column);
        else if (name)
            asked->bad_columns[asked->bad_column_count++] = name;
    }
    if (!json_array_size(list))
        for (size_t i = 0; i < DEFAULTS; i++)
            add_column(asked, &columns[i]);
}

static struct cg_fact_filter *find_filter(struct asked *asked, const char *key) {
    for (size_t i = 0; i < FILTERS; i++)
        if (strcmp(asked->filters[i].column, key) == 0)
            return &asked->filters[i];
    return NULL;
}

/* 0 without memory. */
static int32_t read_filters(struct cg_params *params, json_t *body, struct asked *asked) {
    const struct cg_place map_place = {.key = "filters"};
    json_t *map = cg_body_map(params, body, NULL, "filters");
    const char *key = NULL;
    json_t *value = NULL;
    for (size_t i = 0; i < FILTERS; i++)
        asked->filters[i] = (struct cg_fact_filter){.column = filter_keys[i]};
    asked->bad_keys = cg_arena_array(params->call->arena, json_object_size(map) + 1, sizeof *asked->bad_keys);
    if (!asked->bad_keys)
        return 0;
    json_object_foreach (map, key, value) {
        const struct cg_place place = {.parent = &map_place, .key = key};
        const char *text = cg_body_value(params, value, &place, 0, SIZE_MAX);
        struct cg_fact_filter *filter = find_filter(asked, key);
        if (filter)
            filter->value = text;
        else
            asked->bad_keys[asked->bad_key_count++] = key;
    }
    return 1;
}

static cg_status start(struct cg_call *call, struct asked *asked, const struct cg_range *range) {
    struct cg_export_question question = {
        .kind = CG_FACTS_CHARGEBACK,
        .filters = asked->filters,
        .filter_count = FILTERS,
        .with_tags = asked->with_tags,
    };
    cg_range_facts(call, range, &question.start, &question.end);
    return cg_export_stream(call, &question, asked->columns, asked->count, "attachment; filename=chargebacks.csv", ' ');
}

cg_status cg_api_export(struct cg_call *call) {
    struct cg_params params;
    struct cg_range range;
    struct cg_range_given given = {.start_date = CG_TIME_NONE, .end_date = CG_TIME_NONE};
    struct asked *asked = cg_arena_alloc(call->arena, sizeof *asked);
    if (!asked)
        return cg_error_no_memory(&call->error);
    cg_params_init(&params, call);
    json_t *body = cg_body_object(&params);
    int32_t has_memory = 1;
    if (body) {
        given = cg_body_range(&params, body);
        read_columns(&params, body, asked);
        has_memory = read_filters(&params, body, asked);
    }
    if (!cg_params_fine(&params))
        return cg_reply_done(call);
    if (!has_memory)
        return cg_error_no_memory(&call->error);
    if (!cg_range_resolve(call, &given, &range))
        return cg_reply_done(call);
    if (asked->bad_column_count)
        return cg_reply_detail(call, 400, "Invalid columns: %s",
                               cg_names_list(call, asked->bad_columns, asked->bad_column_count));
    if (asked->bad_key_count)
        return cg_reply_detail(call, 400, "Invalid filter keys: %s",
                               cg_names_list(call, asked->bad_keys, asked->bad_key_count));
    return start(call, asked, &range);
}
