#include "views/aggregate_groups.h"

#include <stdlib.h>
#include <string.h>

#define DOING "reading the dimensions to add up by"

/* ---- reading ---- */

/* dimension_id, cost type, the columns, the tags to group by, the tags to filter by. */
static void add_columns(struct cg_select *select, const struct cg_aggregate_question *question) {
    cg_select_add(select, "SELECT d.dimension_id, ");
    cg_select_add(select, question->kind == CG_FACTS_TOPIC ? "''" : "d.cost_type");
    for (size_t i = 0; i < question->column_count; i++) {
        cg_select_add(select, ", d.");
        cg_select_add(select, question->columns[i]);
    }
    for (size_t i = 0; i < question->tag_count; i++) {
        cg_select_add(select, ", COALESCE(");
        cg_fact_tag_value(select, question->kind, question->tags[i]);
        cg_select_add(select, ", '" CG_VIEW_UNTAGGED "')");
    }
    for (size_t i = 0; i < question->tag_filter_count; i++) {
        cg_select_add(select, ", ");
        cg_fact_tag_value(select, question->kind, question->tag_filters[i].key);
    }
}

static int compare_texts(const void *left, const void *right) {
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

static int passes(struct cg_query *query, const struct cg_aggregate_question *question, size_t width) {
    for (size_t i = 0; i < question->tag_filter_count; i++) {
        const struct cg_fact_tag_filter *filter = &question->tag_filters[i];
        const char *value = cg_query_peek(query, (uint32_t)(2 + width + i));
        if (!value || !bsearch(&value, filter->values, filter->count, sizeof *filter->values, compare_texts))
            return 0;
    }
    return 1;
}

static uint32_t class_of(const char *cost_type) {
    if (!cost_type)
        return CG_AGGREGATE_OTHER;
    return strcmp(cost_type, "usage") == 0    ? CG_AGGREGATE_USAGE
           : strcmp(cost_type, "shared") == 0 ? CG_AGGREGATE_SHARED
                                              : CG_AGGREGATE_OTHER;
}

static int make_room(struct cg_aggregate_groups *groups) {
    if (groups->count == groups->room) {
        size_t room = groups->room ? groups->room * 2 : 256;
        struct cg_aggregate_member *members = realloc(groups->members, room * sizeof *members);
        if (!members)
            return 0;
        groups->members = members;
        groups->room = room;
    }
    if (groups->number_room < (groups->count + 1) * groups->width) {
        size_t room = groups->room * groups->width;
        uint32_t *numbers = realloc(groups->numbers, room * sizeof *numbers);
        if (!numbers)
            return 0;
        groups->numbers = numbers;
        groups->number_room = room;
    }
    return 1;
}

static cg_status add_member(struct cg_query *query, struct cg_aggregate_groups *groups) {
    if (groups->count >= UINT32_MAX / (groups->width + 1))
        return cg_query_fail(query, CG_RANGE, "there are too many dimensions");
    if (!make_room(groups))
        return cg_error_no_memory(query->error);
    struct cg_aggregate_member *member = &groups->members[groups->count];
    *member = (struct cg_aggregate_member){.dimension_id = cg_query_number(query, 0),
                                           .cost_class = class_of(cg_query_peek(query, 1)),
                                           .first = (uint32_t)(groups->count * groups->width)};
    for (size_t i = 0; i < groups->width; i++) {
        const char *text = cg_query_peek(query, (uint32_t)(2 + i));
        cg_status status = cg_intern_add(groups->texts, text, &groups->numbers[member->first + i]);
        if (status != CG_OK)
            return cg_error_no_memory(query->error);
    }
    groups->count++;
    return CG_OK;
}

static cg_status read_members(struct cg_store *store, const struct cg_aggregate_question *question,
                              struct cg_aggregate_groups *groups, struct cg_error *error) {
    struct cg_select select;
    struct cg_query query;
    cg_select_init(&select, store);
    add_columns(&select, question);
    cg_select_add(&select, " FROM ");
    cg_select_add(&select, cg_dimensions_table(question->kind));
    cg_select_add(&select, " d WHERE ");
    cg_fact_filter_add(&select, question->filters, question->filter_count);
    cg_select_start(&select, &query, DOING, error);
    while (cg_query_row(&query))
        if (passes(&query, question, groups->width)) {
            cg_status status = add_member(&query, groups);
            if (status != CG_OK)
                query.status = status;
        }
    cg_status status = cg_query_end(&query);
    cg_select_done(&select);
    return status;
}

static cg_status count_dimensions(struct cg_store *store, uint32_t kind, int64_t *ret, struct cg_error *error) {
    struct cg_query query;
    cg_query_start(&query, store,
                   kind == CG_FACTS_TOPIC ? "SELECT COUNT(*) FROM topic_attribution_dimensions"
                                          : "SELECT COUNT(*) FROM chargeback_dimensions",
                   DOING, error);
    if (cg_query_row(&query))
        *ret = cg_query_number(&query, 0);
    return cg_query_end(&query);
}

/* ---- putting into order ---- */

/* NULL first, then byte by byte. */
static int compare_values(const struct cg_aggregate_groups *groups, const uint32_t *left, const uint32_t *right) {
    for (size_t i = 0; i < groups->width; i++) {
        if (left[i] == right[i])
            continue;
        if (!left[i] || !right[i])
            return left[i] ? 1 : -1;
        return strcmp(cg_intern_text(groups->texts, left[i]), cg_intern_text(groups->texts, right[i]));
    }
    return 0;
}

static int compare_members(const void *left, const void *right, void *user) {
    const struct cg_aggregate_groups *groups = user;
    const struct cg_aggregate_member *a = left;
    const struct cg_aggregate_member *b = right;
    return compare_values(groups, groups->numbers + a->first, groups->numbers + b->first);
}

static int compare_ids(const void *left, const void *right) {
    const struct cg_aggregate_member *a = left;
    const struct cg_aggregate_member *b = right;
    return (a->dimension_id > b->dimension_id) - (a->dimension_id < b->dimension_id);
}

/* Members of one group stand together now: numbers the groups and keeps their values. 0 without memory. */
static int number_groups(struct cg_aggregate_groups *groups) {
    for (size_t i = 0; i < groups->count; i++) {
        struct cg_aggregate_member *member = &groups->members[i];
        int is_new = i == 0 || compare_members(member - 1, member, groups) != 0;
        groups->group_count += (size_t)is_new;
        member->group = (uint32_t)(groups->group_count - 1);
    }
    groups->values = calloc(groups->group_count * groups->width + 1, sizeof *groups->values);
    if (!groups->values)
        return 0;
    for (size_t i = 0; i < groups->count; i++) {
        const struct cg_aggregate_member *member = &groups->members[i];
        const char **values = groups->values + member->group * groups->width;
        for (size_t at = 0; at < groups->width; at++)
            values[at] = cg_intern_text(groups->texts, groups->numbers[member->first + at]);
    }
    return 1;
}

static cg_status sort_members(struct cg_aggregate_groups *groups, struct cg_error *error) {
    if (groups->count)
        qsort_r(groups->members, groups->count, sizeof *groups->members, compare_members, groups);
    if (!number_groups(groups))
        return cg_error_no_memory(error);
    if (groups->count)
        qsort(groups->members, groups->count, sizeof *groups->members, compare_ids);
    free(groups->numbers);
    groups->numbers = NULL;
    return CG_OK;
}

cg_status cg_aggregate_groups_read(struct cg_store *store, const struct cg_aggregate_question *question,
                                   struct cg_aggregate_groups *groups, struct cg_error *error) {
    *groups =
        (struct cg_aggregate_groups){.texts = cg_intern_new(), .width = question->column_count + question->tag_count};
    if (!groups->texts)
        return cg_error_no_memory(error);
    cg_status status = count_dimensions(store, question->kind, &groups->considered, error);
    if (status == CG_OK)
        status = read_members(store, question, groups, error);
    return status == CG_OK ? sort_members(groups, error) : status;
}

const struct cg_aggregate_member *cg_aggregate_member_find(struct cg_aggregate_groups *groups, int64_t dimension_id) {
    size_t next = groups->last + 1;
    if (next < groups->count && groups->members[next].dimension_id == dimension_id) {
        groups->last = next;
        return &groups->members[next];
    }
    struct cg_aggregate_member key = {.dimension_id = dimension_id};
    const struct cg_aggregate_member *found =
        groups->count ? bsearch(&key, groups->members, groups->count, sizeof key, compare_ids) : NULL;
    if (found)
        groups->last = (size_t)(found - groups->members);
    return found;
}

void cg_aggregate_groups_done(struct cg_aggregate_groups *groups) {
    cg_intern_free(groups->texts);
    free(groups->numbers);
    free(groups->values);
    free(groups->members);
    *groups = (struct cg_aggregate_groups){0};
}
