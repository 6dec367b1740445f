#include "views/aggregate_facts.h"

/* Most values of tags in a statement about facts. What is not told there is looked at when dimensions are read. */
#define LISTED_VALUES 500u

/* Longest list of members: ten million. */
#define PAIRS_LIMIT ((size_t)256 * 1024 * 1024)

/* ---- one fact a row ---- */

static void add_tag_filters(struct cg_select *select, const struct cg_aggregate_question *question) {
    size_t room = LISTED_VALUES;
    for (size_t i = 0; i < question->tag_filter_count; i++) {
        const struct cg_fact_tag_filter *filter = &question->tag_filters[i];
        if (filter->count > room)
            continue;
        room -= filter->count;
        cg_select_add(select, " AND ");
        cg_fact_tag_value(select, question->kind, filter->key);
        for (size_t at = 0; at < filter->count; at++) {
            cg_select_add(select, at ? ", " : " IN (");
            cg_select_text(select, filter->values[at]);
        }
        cg_select_add(select, ")");
    }
}

/*
 * All facts of the range by time; or, where only few dimensions are meant, their facts, sorted by time. What is read
 * too much is left out when its dimension is looked up.
 */
static void add_facts(struct cg_select *select, const struct cg_aggregate_question *question, int is_narrow) {
    cg_select_add(select, "SELECT f.timestamp, f.dimension_id, f.amount FROM ");
    if (is_narrow) {
        cg_select_add(select, cg_dimensions_table(question->kind));
        cg_select_add(select, " d CROSS JOIN ");
    }
    cg_select_add(select, cg_facts_table(question->kind));
    cg_select_add(select, " f WHERE ");
    if (is_narrow) {
        cg_fact_filter_add(select, question->filters, question->filter_count);
        add_tag_filters(select, question);
        cg_select_add(select, " AND f.dimension_id = d.dimension_id");
    } else {
        cg_select_add(select, "1 = 1");
    }
    cg_select_range(select, "f.timestamp", question->start, question->end);
    cg_select_add(select, " ORDER BY f.timestamp");
}

/* ---- one sum a row ---- */

/* What times are cut to, so that no bucket is cut in two; NULL: they stay. A week of %W ends with its year. */
static const char *unit_of(const struct cg_aggregate_question *question) {
    if (question->zone || question->bucket == CG_BUCKET_HOUR)
        return NULL;
    return question->bucket == CG_BUCKET_MONTH ? "month" : "day";
}

static void add_time(struct cg_select *select, const struct cg_aggregate_question *question) {
    const char *unit = unit_of(question);
    if (unit)
        cg_select_truncated(select, unit, "f.timestamp");
    else
        cg_select_add(select, "f.timestamp");
}

/* The members with the number of their group and class, as a table m(id, cell). */
static cg_status add_members(struct cg_select *select, const struct cg_aggregate_groups *groups,
                             struct cg_error *error) {
    struct cg_buf ids;
    struct cg_buf cells;
    cg_buf_init(&ids, PAIRS_LIMIT);
    cg_buf_init(&cells, PAIRS_LIMIT);
    for (size_t i = 0; i < groups->count; i++) {
        const struct cg_aggregate_member *member = &groups->members[i];
        cg_buf_printf(&ids, "%c%lld", i ? ',' : '{', (long long)member->dimension_id);
        cg_buf_printf(&cells, "%c%llu", i ? ',' : '{',
                      (unsigned long long)member->group * CG_AGGREGATE_CLASSES + member->cost_class);
    }
    cg_buf_add_char(&ids, '}');
    cg_buf_add_char(&cells, '}');
    cg_status status = ids.status == CG_OK ? cells.status : ids.status;
    if (status == CG_OK)
        cg_select_pairs(select, cg_buf_text(&ids), cg_buf_text(&cells));
    cg_select_add(select, " AS m (id, cell)");
    cg_buf_done(&ids);
    cg_buf_done(&cells);
    if (status == CG_RANGE)
        return cg_error_set(error, CG_RANGE, "there are too many dimensions to add up by");
    return status == CG_OK ? CG_OK : cg_error_no_memory(error);
}

/* ---- one sum a row, where ids lie close together ---- */

/* The lists may be so many times as long as there are members. */
#define SPARSEST 4

/* Members are in the order of their ids. */
static int is_dense(const struct cg_aggregate_groups *groups) {
    int64_t span = groups->members[groups->count - 1].dimension_id - groups->members[0].dimension_id;
    return span >= 0 && (uint64_t)span / SPARSEST < groups->count;
}

/* The cells of all ids from the first member's to the last one's, -1 for those of others: a list without NULL, so that
 * a place in it is found without looking at those before. */
static void add_cells(struct cg_buf *cells, const struct cg_aggregate_groups *groups) {
    int64_t next = groups->members[0].dimension_id;
    for (size_t i = 0; i < groups->count; i++) {
        const struct cg_aggregate_member *member = &groups->members[i];
        for (; next < member->dimension_id; next++)
            cg_buf_add_text(cells, ",-1");
        cg_buf_printf(cells, "%c%llu", i ? ',' : '{',
                      (unsigned long long)member->group * CG_AGGREGATE_CLASSES + member->cost_class);
        next = member->dimension_id + 1;
    }
    cg_buf_add_char(cells, '}');
}

/*
 * The cell of each fact is looked up in a list. There is nothing to join, so what the server believes about the number
 * of rows cannot lead it astray, and it adds up facts only once.
 */
static cg_status add_dense_sums(struct cg_select *select, const struct cg_aggregate_question *question,
                                const struct cg_aggregate_groups *groups, struct cg_error *error) {
    struct cg_buf cells;
    cg_buf_init(&cells, PAIRS_LIMIT);
    add_cells(&cells, groups);
    cg_select_add(select,
                  "SELECT x.bucket, x.cell, CAST(SUM(CAST(x.amount AS numeric)) AS text), COUNT(*) FROM (SELECT ");
    add_time(select, question);
    cg_select_add(select, " AS bucket, (CAST(");
    cg_select_text(select, cg_buf_text(&cells));
    cg_select_add(select, " AS bigint[]))[f.dimension_id - CAST(");
    cg_select_int(select, groups->members[0].dimension_id - 1);
    cg_select_add(select, " AS integer)] AS cell, f.amount FROM ");
    cg_select_add(select, cg_facts_table(question->kind));
    cg_select_add(select, " f WHERE TRUE");
    cg_select_range(select, "f.timestamp", question->start, question->end);
    cg_select_add(select, ") x WHERE x.cell >= 0 GROUP BY 1, 2 ORDER BY 1");
    cg_status status = cells.status;
    cg_buf_done(&cells);
    return status == CG_OK ? CG_OK : cg_error_no_memory(error);
}

/* ---- one sum a row, whatever the ids ---- */

/*
 * The facts of each dimension are added up before they are joined: there are many for each. Where only few dimensions
 * are meant, their facts are looked up instead.
 */
static cg_status add_sums(struct cg_select *select, const struct cg_aggregate_question *question,
                          const struct cg_aggregate_groups *groups, int is_narrow, struct cg_error *error) {
    cg_select_add(select, "SELECT x.bucket, m.cell, CAST(SUM(x.amount) AS text), CAST(SUM(x.facts) AS bigint) FROM "
                          "(SELECT ");
    add_time(select, question);
    cg_select_add(select, " AS bucket, f.dimension_id AS id, SUM(CAST(f.amount AS numeric)) AS amount, "
                          "COUNT(*) AS facts FROM ");
    cg_select_add(select, cg_facts_table(question->kind));
    cg_select_add(select, " f WHERE ");
    cg_select_add(select, is_narrow ? "f.dimension_id IN (SELECT m.id FROM " : "TRUE");
    cg_status status = CG_OK;
    if (is_narrow) {
        status = add_members(select, groups, error);
        cg_select_add(select, ")");
    }
    cg_select_range(select, "f.timestamp", question->start, question->end);
    cg_select_add(select, " GROUP BY 1, 2) x JOIN ");
    if (status == CG_OK)
        status = add_members(select, groups, error);
    cg_select_add(select, " ON m.id = x.id GROUP BY 1, 2 ORDER BY 1");
    return status;
}

cg_status cg_aggregate_facts(struct cg_select *select, const struct cg_aggregate_question *question,
                             const struct cg_aggregate_groups *groups, int32_t *ret_is_added_up,
                             struct cg_error *error) {
    int is_narrow = (int64_t)groups->count < groups->considered / 4;
    int is_looked_up = !is_narrow && is_dense(groups);
    /* A dimension has one fact for each time: where times stay, adding up by dimension saves nothing. */
    *ret_is_added_up = cg_select_adds_up(select) && (is_looked_up || unit_of(question));
    if (*ret_is_added_up && is_looked_up)
        return add_dense_sums(select, question, groups, error);
    if (*ret_is_added_up)
        return add_sums(select, question, groups, is_narrow, error);
    add_facts(select, question, is_narrow);
    return CG_OK;
}
