#include "views/aggregate_facts.h"

/* Most values of tags in a statement about facts. What is not told there is looked at when dimensions are read. */
#define LISTED_VALUES 500u

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

/* What a sum is read back by: the number of the group and the class. */
static int64_t cell_of(const struct cg_aggregate_member *member) {
    return (int64_t)member->group * CG_AGGREGATE_CLASSES + member->cost_class;
}

/* Room that lives as long as the statement; NULL when the statement has failed, also for want of it. */
static int64_t *new_numbers(struct cg_select *select, size_t count) {
    if (select->status != CG_OK)
        return NULL;
    int64_t *numbers = cg_arena_array(select->values, count, sizeof *numbers);
    if (!numbers)
        select->status = CG_NO_MEMORY;
    return numbers;
}

/* ---- one sum a row, where ids lie close together ---- */

/* The list may be so many times as long as there are members. */
#define SPARSEST 4

/* Members are in the order of their ids. */
static int is_dense(const struct cg_aggregate_groups *groups) {
    int64_t span = groups->members[groups->count - 1].dimension_id - groups->members[0].dimension_id;
    return span >= 0 && (uint64_t)span / SPARSEST < groups->count;
}

/* The cells of all ids from the first member's to the last one's, -1 for those of others: a list without NULL, so that
 * a place in it is found without looking at those before. */
static void add_cells(struct cg_select *select, const struct cg_aggregate_groups *groups) {
    const int64_t first = groups->members[0].dimension_id;
    const size_t count = (size_t)(groups->members[groups->count - 1].dimension_id - first) + 1;
    int64_t *cells = new_numbers(select, count);
    if (!cells)
        return;
    for (size_t i = 0; i < count; i++)
        cells[i] = -1;
    for (size_t i = 0; i < groups->count; i++)
        cells[groups->members[i].dimension_id - first] = cell_of(&groups->members[i]);
    cg_select_numbers(select, cells, count);
}

/*
 * The cell of each fact is looked up in a list. There is nothing to join, so what the server believes about the number
 * of rows cannot lead it astray, and it adds up facts only once.
 */
static void add_dense_sums(struct cg_select *select, const struct cg_aggregate_question *question,
                           const struct cg_aggregate_groups *groups) {
    cg_select_add(select,
                  "SELECT x.bucket, x.cell, CAST(SUM(CAST(x.amount AS numeric)) AS text), COUNT(*) FROM (SELECT ");
    add_time(select, question);
    cg_select_add(select, " AS bucket, (CAST(");
    add_cells(select, groups);
    cg_select_add(select, " AS bigint[]))[f.dimension_id - CAST(");
    cg_select_int(select, groups->members[0].dimension_id - 1);
    cg_select_add(select, " AS integer)] AS cell, f.amount FROM ");
    cg_select_add(select, cg_facts_table(question->kind));
    cg_select_add(select, " f WHERE TRUE");
    cg_select_range(select, "f.timestamp", question->start, question->end);
    cg_select_add(select, ") x WHERE x.cell >= 0 GROUP BY 1, 2 ORDER BY 1");
}

/* ---- one sum a row, whatever the ids ---- */

/* The members as a table (id, cell). */
static void add_members(struct cg_select *select, const struct cg_aggregate_groups *groups) {
    int64_t *ids = new_numbers(select, groups->count);
    int64_t *cells = new_numbers(select, groups->count);
    if (!ids || !cells)
        return;
    for (size_t i = 0; i < groups->count; i++) {
        ids[i] = groups->members[i].dimension_id;
        cells[i] = cell_of(&groups->members[i]);
    }
    cg_select_pairs(select, ids, cells, groups->count);
}

/*
 * The facts of each dimension are added up before they are joined: there are many for each. Where only few dimensions
 * are meant, their facts are looked up instead.
 */
static void add_sums(struct cg_select *select, const struct cg_aggregate_question *question,
                     const struct cg_aggregate_groups *groups, int is_narrow) {
    cg_select_add(select, "WITH m (id, cell) AS (SELECT * FROM ");
    add_members(select, groups);
    cg_select_add(select, " AS given) SELECT x.bucket, m.cell, CAST(SUM(x.amount) AS text), CAST(SUM(x.facts) AS "
                          "bigint) FROM (SELECT ");
    add_time(select, question);
    cg_select_add(select, " AS bucket, f.dimension_id AS id, SUM(CAST(f.amount AS numeric)) AS amount, "
                          "COUNT(*) AS facts FROM ");
    cg_select_add(select, cg_facts_table(question->kind));
    cg_select_add(select, is_narrow ? " f WHERE f.dimension_id IN (SELECT id FROM m)" : " f WHERE TRUE");
    cg_select_range(select, "f.timestamp", question->start, question->end);
    cg_select_add(select, " GROUP BY 1, 2) x JOIN m ON m.id = x.id GROUP BY 1, 2 ORDER BY 1");
}

int32_t cg_aggregate_facts(struct cg_select *select, const struct cg_aggregate_question *question,
                           const struct cg_aggregate_groups *groups) {
    const int is_narrow = (int64_t)groups->count < groups->considered / 4;
    const int is_looked_up = !is_narrow && is_dense(groups);
    /* A dimension has one fact for each time: where times stay, adding up by dimension saves nothing. */
    const int is_added_up = cg_store_adds_up(select->store) && (is_looked_up || unit_of(question));
    if (!is_added_up)
        add_facts(select, question, is_narrow);
    else if (is_looked_up)
        add_dense_sums(select, question, groups);
    else
        add_sums(select, question, groups, is_narrow);
    return is_added_up;
}
