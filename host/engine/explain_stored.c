/*
 * explain_stored.c - the rows as they are stored beside those that the line gets now.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/time.h"
#include "engine/explain_parts.h"

/* Rows of one line in the order of cg_stored_row_compare, each key once. */
struct rows {
    struct cg_stored_row *items;
    size_t count;
};

static int compare(const void *left, const void *right) {
    return cg_stored_row_compare(left, right);
}

/* The story's rows as they would be stored: equal ones added up. */
static cg_status collect(struct cg_explanation *explanation, const struct cg_line_story *story, struct rows *ret) {
    struct rows rows = {.items = cg_explain_array(explanation, story->row_count, sizeof *rows.items)};
    if (!rows.items)
        return explanation->status;
    for (size_t i = 0; i < story->row_count; i++) {
        const struct cg_fact *fact = story->rows[i].fact;
        rows.items[i] = (struct cg_stored_row){
            .identity_id = fact->identity_id,
            .cost_type = fact->cost_type,
            .allocation_method = fact->allocation_method,
            .allocation_detail = fact->allocation_detail,
            .amount = fact->amount,
        };
    }
    if (story->row_count)
        qsort(rows.items, story->row_count, sizeof *rows.items, compare);
    for (size_t i = 0; i < story->row_count; i++) {
        struct cg_stored_row *last = rows.count ? &rows.items[rows.count - 1] : NULL;
        if (!last || compare(last, &rows.items[i]) != 0)
            rows.items[rows.count++] = rows.items[i];
        else if (cg_decimal_add(&last->amount, &rows.items[i].amount, &last->amount) != CG_OK)
            return CG_RANGE;
    }
    *ret = rows;
    return CG_OK;
}

/* ---- differences ---- */

static void say_difference(struct cg_explanation *explanation, const struct cg_stored_row *stored,
                           const struct cg_stored_row *now) {
    const struct cg_stored_row *row = stored ? stored : now;
    char before[CG_DECIMAL_TEXT_SIZE] = "no such row";
    char after[CG_DECIMAL_TEXT_SIZE] = "no such row";
    if (stored)
        cg_decimal_format(&stored->amount, before);
    if (now)
        cg_decimal_format(&now->amount, after);
    cg_explain_say(explanation, 2, "%s, %s%s%s%s%s: stored %s, now %s", row->identity_id, row->cost_type,
                   row->allocation_method ? ", method " : "", row->allocation_method ? row->allocation_method : "",
                   row->allocation_detail ? ", detail " : "", row->allocation_detail ? row->allocation_detail : "",
                   before, after);
}

/* Goes through both lists at once and counts what differs; with `say` tells of it, up to a limit. */
static size_t walk(struct cg_explanation *explanation, const struct rows *stored, const struct rows *now, int say) {
    size_t count = 0;
    size_t told = 0;
    for (size_t s = 0, n = 0; s < stored->count || n < now->count;) {
        int order = s == stored->count ? 1
                    : n == now->count  ? -1
                                       : cg_stored_row_compare(&stored->items[s], &now->items[n]);
        const struct cg_stored_row *left = order <= 0 ? &stored->items[s] : NULL;
        const struct cg_stored_row *right = order >= 0 ? &now->items[n] : NULL;
        s += left != NULL;
        n += right != NULL;
        if (left && right && cg_decimal_compare(&left->amount, &right->amount) == 0)
            continue;
        count++;
        if (!say || told == CG_EXPLAIN_LIST_LIMIT ||
            !cg_explain_lists(explanation, left ? left->identity_id : right->identity_id))
            continue;
        say_difference(explanation, left, right);
        told++;
    }
    if (say)
        cg_explain_say_more(explanation, 2, told, count);
    return count;
}

/* "calculated 2026-07-01 12:00:00 UTC by run 7". */
static void describe_calculation(const struct cg_calculated *calculated, char *text, size_t size) {
    char time[CG_TIME_TEXT_SIZE];
    char run[32] = "";
    if (!calculated->is_calculated) {
        snprintf(text, size, "the date is to be calculated again");
        return;
    }
    if (calculated->run_id)
        snprintf(run, sizeof run, " by run %lld", (long long)calculated->run_id);
    if (calculated->completed_at == CG_TIME_NONE)
        snprintf(text, size, "calculated%s", *run ? run : ", nobody noted when");
    else
        snprintf(text, size, "calculated %s UTC%s", cg_time_format_seconds(calculated->completed_at, time), run);
}

void cg_explain_stored(struct cg_explanation *explanation, const struct cg_line_story *story) {
    struct rows stored = {0};
    struct rows now = {0};
    char when[128];
    if (explanation->status != CG_OK)
        return;
    cg_status status = cg_store_rows_of_line(explanation->store, &story->stored->line, explanation->arena,
                                             &stored.items, &stored.count, explanation->error);
    if (status != CG_OK) {
        explanation->status = status;
        return;
    }
    describe_calculation(&explanation->calculated, when, sizeof when);
    if (!stored.count) {
        cg_explain_say(explanation, 1, "stored: no rows of this line, %s", when);
        return;
    }
    status = collect(explanation, story, &now);
    if (status == CG_RANGE)
        cg_explain_say(explanation, 1, "stored: %zu row%s that cannot be compared, %s", stored.count,
                       CG_EXPLAIN_PLURAL(stored.count), when);
    if (status != CG_OK)
        return;
    size_t differences = walk(explanation, &stored, &now, 0);
    if (!differences)
        cg_explain_say(explanation, 1, "stored: the same %zu row%s, %s", stored.count, CG_EXPLAIN_PLURAL(stored.count),
                       when);
    else
        cg_explain_say(explanation, 1, "stored: %zu row%s differ%s from these, %s", differences,
                       CG_EXPLAIN_PLURAL(differences), differences == 1 ? "s" : "", when);
    if (differences)
        walk(explanation, &stored, &now, 1);
}
