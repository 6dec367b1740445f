#include "api/grouping.h"

#include <stdlib.h>
#include <string.h>

#include "store/tags.h"

#define TAG "tag:"
#define TAG_LENGTH (sizeof TAG - 1)

static int32_t no_memory(struct cg_call *call) {
    call->reply.body.status = CG_NO_MEMORY;
    return 0;
}

static int32_t too_many(struct cg_call *call) {
    cg_reply_detail(call, 400, "At most %u tag keys can be used in one request", CG_AGGREGATE_TAGS);
    return 0;
}

/* ---- filters ---- */

/* A filter under construction: its values grow with every parameter of its key. */
struct values {
    const char **items;
    size_t count;
};

static int compare_texts(const void *left, const void *right) {
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

static int is_blank(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* The next item of a list separated by commas, without the blanks around it; NULL behind the last one. */
static const char *next_item(const char **list, size_t *ret_length) {
    const char *start = *list;
    if (!start)
        return NULL;
    const char *end = start + strcspn(start, ",");
    *list = *end ? end + 1 : NULL;
    while (start < end && is_blank(*start))
        start++;
    while (end > start && is_blank(end[-1]))
        end--;
    *ret_length = (size_t)(end - start);
    return start;
}

static size_t count_items(const char *list) {
    size_t count = 0;
    size_t length = 0;
    while (next_item(&list, &length))
        count += length > 0;
    return count;
}

/* Adds the items of all parameters that are called `name`. 0 without memory. */
static int32_t gather_values(struct cg_call *call, const char *name, struct values *values) {
    size_t room = 0;
    for (size_t i = 0; i < call->query_count; i++)
        if (strcmp(call->query[i].name, name) == 0)
            room += count_items(call->query[i].value);
    *values = (struct values){.items = cg_arena_array(call->arena, room + 1, sizeof *values->items)};
    for (size_t i = 0; values->items && i < call->query_count; i++) {
        const char *list = strcmp(call->query[i].name, name) == 0 ? call->query[i].value : NULL;
        size_t length = 0;
        const char *item = NULL;
        while ((item = next_item(&list, &length)) != NULL) {
            if (!length)
                continue;
            const char *copy = cg_arena_copy(call->arena, item, length);
            if (!copy)
                return 0;
            values->items[values->count++] = copy;
        }
    }
    if (values->items && values->count)
        qsort(values->items, values->count, sizeof *values->items, compare_texts);
    return values->items != NULL;
}

static int has_filter(const struct cg_grouping *grouping, const char *key) {
    for (size_t i = 0; i < grouping->filter_count; i++)
        if (strcmp(grouping->filters[i].key, key) == 0)
            return 1;
    return 0;
}

int32_t cg_grouping_filters(struct cg_call *call, struct cg_grouping *grouping) {
    grouping->filters = cg_arena_array(call->arena, CG_AGGREGATE_TAGS, sizeof *grouping->filters);
    if (!grouping->filters)
        return no_memory(call);
    for (size_t i = 0; i < call->query_count; i++) {
        const char *name = call->query[i].name;
        struct values values;
        if (strncmp(name, TAG, TAG_LENGTH) != 0)
            continue;
        const char *key = name + TAG_LENGTH;
        if (!cg_tag_key_is_fine(key)) {
            cg_reply_detail(call, 400, "Invalid tag key format: %s", cg_call_quoted(call, key));
            return 0;
        }
        if (has_filter(grouping, key))
            continue;
        if (!gather_values(call, name, &values))
            return no_memory(call);
        if (!values.count)
            continue;
        if (grouping->filter_count == CG_AGGREGATE_TAGS)
            return too_many(call);
        grouping->filters[grouping->filter_count++] = (struct cg_fact_tag_filter){key, values.items, values.count};
    }
    return 1;
}

/* ---- group_by ---- */

static int is_in(const char *const *list, size_t count, const char *text) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(list[i], text) == 0)
            return 1;
    return 0;
}

static int32_t add_tag(struct cg_call *call, struct cg_grouping *grouping, const char *key) {
    if (!cg_tag_key_is_fine(key)) {
        cg_reply_detail(call, 400, "Invalid tag key format in group_by: %s", cg_call_quoted(call, key));
        return 0;
    }
    if (is_in(grouping->tags, grouping->tag_count, key))
        return 1;
    if (grouping->tag_count == CG_AGGREGATE_TAGS)
        return too_many(call);
    grouping->tags[grouping->tag_count++] = key;
    return 1;
}

static void add_column(struct cg_grouping *grouping, const struct cg_name *known, size_t known_count,
                       const char *word) {
    const struct cg_name *name = cg_name_find(known, known_count, word);
    if (!name) {
        grouping->unknown[grouping->unknown_count++] = word;
    } else if (!is_in(grouping->names, grouping->column_count, name->name)) {
        grouping->names[grouping->column_count] = name->name;
        grouping->columns[grouping->column_count++] = name->source ? name->source : name->name;
    }
}

static int32_t add_word(struct cg_call *call, struct cg_grouping *grouping, const struct cg_name *known,
                        size_t known_count, const char *word) {
    if (strncmp(word, TAG, TAG_LENGTH) == 0)
        return add_tag(call, grouping, word + TAG_LENGTH);
    add_column(grouping, known, known_count, word);
    return 1;
}

/* Every list is made as long as it can become. */
static int32_t make_lists(struct cg_call *call, struct cg_grouping *grouping, size_t known_count) {
    grouping->names = cg_arena_array(call->arena, known_count + CG_AGGREGATE_TAGS, sizeof *grouping->names);
    grouping->columns = cg_arena_array(call->arena, known_count + 1, sizeof *grouping->columns);
    grouping->tags = cg_arena_array(call->arena, CG_AGGREGATE_TAGS, sizeof *grouping->tags);
    grouping->unknown = cg_arena_array(call->arena, call->query_count + 1, sizeof *grouping->unknown);
    return grouping->names && grouping->columns && grouping->tags && grouping->unknown;
}

int32_t cg_grouping_read(struct cg_call *call, struct cg_grouping *grouping, const struct cg_name *known,
                         size_t known_count, const char *otherwise) {
    int is_given = 0;
    if (!make_lists(call, grouping, known_count))
        return no_memory(call);
    for (size_t i = 0; i < call->query_count; i++) {
        if (strcmp(call->query[i].name, "group_by") != 0)
            continue;
        is_given = 1;
        if (!add_word(call, grouping, known, known_count, call->query[i].value))
            return 0;
    }
    if (!is_given)
        add_column(grouping, known, known_count, otherwise);
    for (size_t i = 0; i < grouping->tag_count; i++) {
        const char *name = cg_arena_printf(call->arena, TAG "%s", grouping->tags[i]);
        if (!name)
            return no_memory(call);
        grouping->names[grouping->column_count + i] = name;
    }
    return 1;
}

int32_t cg_bucket_unit(const char *name) {
    static const char *const names[] = {"hour", "day", "week", "month"}; /* in the order of CG_BUCKET_ */
    if (!name)
        return (int32_t)CG_BUCKET_DAY;
    for (int32_t i = 0; i < 4; i++)
        if (strcmp(names[i], name) == 0)
            return i;
    return -1;
}

/* ---- writing ---- */

struct answer {
    struct cg_json json;
    const struct cg_grouping *grouping;
    cg_grouping_put_sums put_sums;
};

static cg_status put_bucket(void *user, const struct cg_aggregate_row *row) {
    struct answer *answer = user;
    const struct cg_grouping *grouping = answer->grouping;
    struct cg_json *json = &answer->json;
    cg_json_object(json);
    cg_json_key(json, "dimensions");
    cg_json_object(json);
    for (size_t i = 0; i < grouping->column_count + grouping->tag_count; i++)
        cg_json_put_text(json, grouping->names[i], row->values[i] ? row->values[i] : "");
    cg_json_object_end(json);
    cg_json_put_text(json, "time_bucket", row->bucket);
    answer->put_sums(json, &row->sums, "row_count");
    cg_json_object_end(json);
    return json->out->status;
}

cg_status cg_grouping_reply(struct cg_call *call, const struct cg_grouping *grouping,
                            const struct cg_aggregate_question *question, cg_grouping_put_sums put_sums) {
    struct cg_aggregate_question whole = *question;
    struct answer answer = {.grouping = grouping, .put_sums = put_sums};
    struct cg_aggregate_sums sums = {.rows = 0};
    whole.columns = grouping->columns;
    whole.column_count = grouping->column_count;
    whole.tags = grouping->tags;
    whole.tag_count = grouping->tag_count;
    whole.tag_filters = grouping->filters;
    whole.tag_filter_count = grouping->filter_count;
    cg_json_init(&answer.json, &call->reply.body);
    cg_json_object(&answer.json);
    cg_json_key(&answer.json, "buckets");
    cg_json_list(&answer.json);
    cg_status status = cg_view_aggregate(call->store, &whole, put_bucket, &answer, &sums, &call->error);
    if (call->reply.body.status != CG_OK)
        return cg_reply_done(call);
    cg_json_list_end(&answer.json);
    put_sums(&answer.json, &sums, "total_rows");
    cg_json_object_end(&answer.json);
    return status == CG_OK ? cg_reply_done(call) : status;
}

void cg_grouping_put_sum(struct cg_json *json, const char *key, const struct cg_decimal *sum, int32_t places) {
    static const struct cg_decimal zero = {0};
    struct cg_decimal padded = cg_decimal_is_zero(sum) ? zero : *sum;
    /* A number too great for the decimals has none. */
    if (!cg_decimal_is_zero(sum) && sum->exponent > -places)
        cg_decimal_quantize(sum, -places, CG_ROUND_DOWN, &padded);
    cg_json_put_decimal(json, key, &padded);
}
