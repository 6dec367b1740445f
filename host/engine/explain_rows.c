/*
 * explain_rows.c - the rows of a line, and whether they sum to its cost.
 */
#include <stdio.h>
#include <string.h>

#include "engine/explain_parts.h"

/* Places of a percentage that are shown. */
#define PERCENT_EXPONENT (-4)

static const char *name_of(const struct cg_line_story *story, const char *id) {
    const struct cg_identity *identity =
        story->resolution ? cg_identity_list_find(&story->resolution->merged, id) : NULL;
    if (!identity)
        identity = cg_identity_list_find(&story->tenant_period, id);
    if (identity)
        return identity->display_name;
    return strcmp(id, story->stored->line.resource_id) == 0 ? "the resource itself" : NULL;
}

/* "33.3333" of a ratio, without zeros at its end. */
static const char *percent_of(double ratio, char *buffer) {
    static const struct cg_decimal hundred = {.low = 100};
    static const struct cg_decimal least = {.low = 1, .exponent = PERCENT_EXPONENT};
    struct cg_decimal value;
    if (cg_decimal_from_double(ratio, &value) != CG_OK ||
        cg_decimal_multiply(&value, &hundred, 0, CG_ROUND_DOWN, &value) != CG_OK)
        return "?";
    if (cg_decimal_compare(&value, &least) < 0)
        return "less than 0.0001";
    if (cg_decimal_quantize(&value, PERCENT_EXPONENT, CG_ROUND_HALF_EVEN, &value) != CG_OK)
        return "?";
    size_t length = cg_decimal_format(&value, buffer);
    while (length && buffer[length - 1] == '0')
        buffer[--length] = '\0';
    if (length && buffer[length - 1] == '.')
        buffer[length - 1] = '\0';
    return buffer;
}

/* One row: "sa-1 (Ann): 3.3334, usage, method m, detail d, tier 1 of its chain, part 2 of its composition, ratio 0.5 =
 * 50 %". */
static void say_row(struct cg_explanation *explanation, const struct cg_line_story *story,
                    const struct cg_story_row *row) {
    const struct cg_fact *fact = row->fact;
    const char *name = name_of(story, fact->identity_id);
    char amount[CG_DECIMAL_TEXT_SIZE];
    char ratio[CG_DECIMAL_TEXT_SIZE];
    char percent[CG_DECIMAL_TEXT_SIZE];
    char tier[48] = "";
    char part[48] = "";
    char share[3 * CG_DECIMAL_TEXT_SIZE] = "";
    cg_decimal_format(&fact->amount, amount);
    if (row->chain_tier >= 0)
        snprintf(tier, sizeof tier, ", tier %lld of its chain", (long long)row->chain_tier + 1);
    if (row->composition_index >= 0)
        snprintf(part, sizeof part, ", part %lld of its composition", (long long)row->composition_index + 1);
    if (row->ratio > 0)
        snprintf(share, sizeof share, ", ratio %s = %s %%", cg_explain_number(row->ratio, ratio),
                 percent_of(row->ratio, percent));
    cg_explain_say(explanation, 2, "%s%s%s%s: %s, %s%s%s%s%s%s%s%s", fact->identity_id, name ? " (" : "",
                   name ? name : "", name ? ")" : "", amount, fact->cost_type,
                   fact->allocation_method ? ", method " : "", fact->allocation_method ? fact->allocation_method : "",
                   fact->allocation_detail ? ", detail " : "", fact->allocation_detail ? fact->allocation_detail : "",
                   tier, part, share);
}

/* What the rows of the other identities come to. */
static void say_others(struct cg_explanation *explanation, const struct cg_line_story *story) {
    struct cg_decimal sum = {0};
    char text[CG_DECIMAL_TEXT_SIZE];
    size_t count = 0;
    for (size_t i = 0; i < story->row_count; i++) {
        const struct cg_fact *fact = story->rows[i].fact;
        if (cg_explain_lists(explanation, fact->identity_id))
            continue;
        count++;
        if (cg_decimal_add(&sum, &fact->amount, &sum) != CG_OK)
            return;
    }
    cg_decimal_format(&sum, text);
    if (count)
        cg_explain_say(explanation, 2, "and %zu row%s of other identities, in all %s", count, CG_EXPLAIN_PLURAL(count),
                       text);
}

static void say_sum(struct cg_explanation *explanation, const struct cg_line_story *story) {
    struct cg_decimal sum = {0};
    char text[CG_DECIMAL_TEXT_SIZE];
    cg_status status = CG_OK;
    for (size_t i = 0; i < story->row_count && status == CG_OK; i++)
        status = cg_decimal_add(&sum, &story->rows[i].fact->amount, &sum);
    cg_decimal_format(&sum, text);
    if (status == CG_OK && cg_decimal_compare(&sum, &story->stored->line.total_cost) == 0)
        cg_explain_say(explanation, 1, "sum of %zu row%s = cost: yes", story->row_count,
                       CG_EXPLAIN_PLURAL(story->row_count));
    else
        cg_explain_say(explanation, 1, "sum of %zu row%s = cost: NO, %s%s", story->row_count,
                       CG_EXPLAIN_PLURAL(story->row_count), status == CG_OK ? "it is " : "it does not fit",
                       status == CG_OK ? text : "");
}

void cg_explain_rows(struct cg_explanation *explanation, const struct cg_line_story *story) {
    if (story->failure) {
        cg_explain_say(explanation, 1, "fell back to %s: %s", CG_IDENTITY_UNALLOCATED, story->failure);
        cg_explain_say(explanation, 1, "attempts recorded so far: %lld of %lld",
                       (long long)story->stored->allocation_attempts,
                       (long long)explanation->runtime->tenant->allocation_retry_limit);
    }
    cg_explain_say(explanation, 1, "rows: %zu", story->row_count);
    for (size_t i = 0; i < story->row_count; i++)
        if (cg_explain_lists(explanation, story->rows[i].fact->identity_id))
            say_row(explanation, story, &story->rows[i]);
    say_others(explanation, story);
    cg_explain_rounding(explanation, story);
    say_sum(explanation, story);
}
