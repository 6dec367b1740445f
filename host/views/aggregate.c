#include "views/aggregate.h"

#include <stdlib.h>
#include <string.h>

#include "views/aggregate_facts.h"

/* Sums of a group in the bucket at work. */
struct cell {
    struct cg_decimal sums[CG_AGGREGATE_CLASSES];
    int64_t rows;
};

struct work {
    const struct cg_aggregate_question *question;
    struct cg_aggregate_groups groups;
    int32_t is_added_up; /* the database hands over sums of groups instead of facts */
    struct cell *cells;
    int64_t bucket;               /* the one at work */
    int32_t begun;                /* 0: there was no fact yet */
    char time[CG_TIME_TEXT_SIZE]; /* of the fact before, which most often is that of the next one */
    cg_status (*each)(void *user, const struct cg_aggregate_row *row);
    void *user;
    struct cg_aggregate_sums totals;
};

/* ---- sums ---- */

static cg_status add_sums(struct cg_aggregate_sums *sums, const struct cg_aggregate_sums *more) {
    cg_status status = cg_decimal_add(&sums->total, &more->total, &sums->total);
    if (status == CG_OK)
        status = cg_decimal_add(&sums->usage, &more->usage, &sums->usage);
    if (status == CG_OK)
        status = cg_decimal_add(&sums->shared, &more->shared, &sums->shared);
    sums->rows += more->rows;
    return status;
}

static cg_status sums_of(const struct cell *cell, struct cg_aggregate_sums *ret) {
    *ret = (struct cg_aggregate_sums){
        .usage = cell->sums[CG_AGGREGATE_USAGE], .shared = cell->sums[CG_AGGREGATE_SHARED], .rows = cell->rows};
    cg_status status = cg_decimal_add(&ret->usage, &ret->shared, &ret->total);
    if (status == CG_OK)
        status = cg_decimal_add(&ret->total, &cell->sums[CG_AGGREGATE_OTHER], &ret->total);
    return status;
}

static cg_status too_long(struct cg_query *query) {
    return cg_query_fail(query, CG_PERMANENT, "a sum has more than %d digits", CG_DECIMAL_DIGITS);
}

/* Hands over the groups of the bucket at work and clears their sums. */
static cg_status flush(struct work *work, struct cg_query *query) {
    char text[CG_BUCKET_TEXT_SIZE];
    cg_bucket_format(work->question->bucket, work->bucket, text);
    for (size_t i = 0; i < work->groups.group_count && query->status == CG_OK; i++) {
        struct cell *cell = &work->cells[i];
        struct cg_aggregate_row row = {.bucket = text, .values = work->groups.values + i * work->groups.width};
        if (!cell->rows)
            continue;
        if (sums_of(cell, &row.sums) != CG_OK || add_sums(&work->totals, &row.sums) != CG_OK)
            return too_long(query);
        query->status = work->each(work->user, &row);
        *cell = (struct cell){.rows = 0};
    }
    return query->status;
}

/* ---- facts ---- */

/* The bucket of the row. Where clocks are set back across midnight a day comes twice; it stays with the later one. */
static cg_status enter_bucket(struct work *work, struct cg_query *query) {
    const char *text = cg_query_peek(query, 0);
    if (text && work->begun && strcmp(text, work->time) == 0)
        return CG_OK;
    int64_t time = cg_query_time(query, 0);
    if (query->status == CG_OK && (!text || time == CG_TIME_NONE))
        return cg_query_fail(query, CG_PERMANENT, "a row has no time");
    if (query->status != CG_OK)
        return query->status;
    int64_t bucket = cg_bucket_of(work->question->bucket, time, work->question->zone);
    if (work->begun && bucket > work->bucket)
        flush(work, query);
    if (!work->begun || bucket > work->bucket)
        work->bucket = bucket;
    work->begun = 1;
    work->time[0] = '\0';
    if (strlen(text) < sizeof work->time)
        memcpy(work->time, text, strlen(text) + 1);
    return query->status;
}

static cg_status add_to(struct work *work, struct cg_query *query, uint32_t group, uint32_t class, int64_t rows) {
    if (enter_bucket(work, query) != CG_OK)
        return query->status;
    struct cell *cell = &work->cells[group];
    struct cg_decimal *sum = &cell->sums[class];
    struct cg_decimal amount = cg_query_decimal(query, 2);
    if (query->status == CG_OK && cg_decimal_add(sum, &amount, sum) != CG_OK)
        return too_long(query);
    cell->rows += rows;
    return query->status;
}

static cg_status add_fact(struct work *work, struct cg_query *query) {
    const struct cg_aggregate_member *member = cg_aggregate_member_find(&work->groups, cg_query_number(query, 1));
    return member ? add_to(work, query, member->group, member->cost_class, 1) : query->status;
}

static int is_sum_too_long(const char *text) {
    struct cg_decimal sum;
    return text && cg_decimal_parse(text, strlen(text), &sum) == CG_RANGE;
}

static cg_status add_sum(struct work *work, struct cg_query *query) {
    if (is_sum_too_long(cg_query_peek(query, 2)))
        return too_long(query);
    size_t cell = (size_t)cg_query_number(query, 1);
    if (query->status == CG_OK && cell >= work->groups.group_count * CG_AGGREGATE_CLASSES)
        return cg_query_fail(query, CG_PERMANENT, "the database answered with a group that was not asked for");
    return add_to(work, query, (uint32_t)(cell / CG_AGGREGATE_CLASSES), (uint32_t)(cell % CG_AGGREGATE_CLASSES),
                  cg_query_number(query, 3));
}

static cg_status read_facts(struct cg_store *store, struct work *work, struct cg_error *error) {
    struct cg_select select;
    struct cg_query query;
    cg_select_init(&select, store);
    work->is_added_up = cg_aggregate_facts(&select, work->question, &work->groups);
    cg_select_start(&select, &query, "adding up the rows", error);
    while (cg_query_row(&query))
        work->is_added_up ? add_sum(work, &query) : add_fact(work, &query);
    if (work->begun && query.status == CG_OK)
        flush(work, &query);
    cg_status status = cg_query_end(&query);
    cg_select_done(&select);
    return status;
}

static cg_status run(struct cg_store *store, struct work *work, struct cg_error *error) {
    cg_status status = cg_aggregate_groups_read(store, work->question, &work->groups, error);
    if (status != CG_OK || !work->groups.count)
        return status;
    work->cells = calloc(work->groups.group_count, sizeof *work->cells);
    if (!work->cells)
        return cg_error_no_memory(error);
    return read_facts(store, work, error);
}

cg_status cg_view_aggregate(struct cg_store *store, const struct cg_aggregate_question *question,
                            cg_status (*each)(void *user, const struct cg_aggregate_row *row), void *user,
                            struct cg_aggregate_sums *ret, struct cg_error *error) {
    struct work work = {.question = question, .each = each, .user = user};
    cg_status status = cg_store_begin_read(store, error);
    if (status != CG_OK)
        return status;
    status = run(store, &work, error);
    cg_store_rollback(store);
    free(work.cells);
    cg_aggregate_groups_done(&work.groups);
    if (status == CG_OK)
        *ret = work.totals;
    return status;
}
