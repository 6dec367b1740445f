#include "engine/history.h"

#include <stdlib.h>
#include <string.h>

#include <chitragupt/models.h>

#include "engine/fallback.h"
#include "store/inputs.h"

/* What tells the rows of one line from those of another. */
static int compare_keys(const struct cg_fact *left, const struct cg_fact *right) {
    int order = (left->timestamp > right->timestamp) - (left->timestamp < right->timestamp);
    if (!order)
        order = strcmp(left->env_id, right->env_id);
    if (!order)
        order = strcmp(left->resource_id, right->resource_id);
    if (!order)
        order = strcmp(left->product_type, right->product_type);
    return order ? order : strcmp(left->product_category, right->product_category);
}

static int compare_rows(const void *left, const void *right) {
    return compare_keys(left, right);
}

static int is_text(const char *text, const char *wanted) {
    return text && strcmp(text, wanted) == 0;
}

/* A row in place of those that there should be. */
static int is_makeshift(const struct cg_fact *fact) {
    return is_text(fact->allocation_method, CG_FALLBACK_METHOD) ||
           is_text(fact->allocation_detail, CG_DETAIL_METRICS_FETCH_FAILED);
}

/* Whether a row tells that there were metrics. Whom nobody was found for was not measured. */
static int is_measured(const struct cg_fact *fact) {
    return is_text(fact->allocation_method, CG_METHOD_USAGE_RATIO) && !is_makeshift(fact) &&
           strcmp(fact->identity_id, CG_IDENTITY_UNALLOCATED) != 0;
}

/* A database of somebody else may lack a text that ours never do. */
static int is_whole(const struct cg_fact *fact) {
    return fact->env_id && fact->resource_id && fact->product_type && fact->product_category && fact->identity_id &&
           fact->cost_type;
}

static void take_rows(struct cg_history *history, struct cg_fact *facts, size_t count) {
    size_t used = 0;
    for (size_t i = 0; i < count; i++)
        if (is_whole(&facts[i]))
            facts[used++] = facts[i];
    for (size_t i = 0; i < used && !history->is_measured; i++)
        history->is_measured = is_measured(&facts[i]);
    if (!used || !history->is_measured)
        return;
    qsort(facts, used, sizeof *facts, compare_rows);
    history->facts = facts;
    history->count = used;
}

cg_status cg_history_read(struct cg_store *store, int64_t date, struct cg_intern *texts, struct cg_arena *arena,
                          struct cg_history *history, struct cg_error *error) {
    struct cg_date_inputs inputs = {0};
    struct cg_fact *facts = NULL;
    size_t count = 0;
    if (history->is_read)
        return CG_OK;
    cg_status status = cg_store_date_inputs(store, date, arena, &inputs, error);
    if (status == CG_OK)
        status = cg_store_date_rows(store, date, texts, arena, &facts, &count, error);
    if (status != CG_OK)
        return status;
    *history = (struct cg_history){.is_read = 1, .is_measured = inputs.metrics_seen};
    take_rows(history, facts, count);
    return CG_OK;
}

/* The first row that is not before those of the key. */
static size_t find_first(const struct cg_history *history, const struct cg_fact *key) {
    size_t low = 0;
    size_t high = history->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare_keys(&history->facts[middle], key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* How many rows from `first` on are those of the key; 0 when they are not to be kept. */
static size_t count_rows(const struct cg_history *history, size_t first, const struct cg_fact *key) {
    struct cg_decimal sum = {0};
    size_t end = first;
    for (; end < history->count && compare_keys(&history->facts[end], key) == 0; end++)
        if (is_makeshift(&history->facts[end]) || cg_decimal_add(&sum, &history->facts[end].amount, &sum) != CG_OK)
            return 0;
    return cg_decimal_compare(&sum, &key->amount) == 0 ? end - first : 0;
}

static cg_status add_row(struct cg_rowset *rows, const struct cg_fact *fact) {
    const struct cg_row row = {
        .struct_size = sizeof row,
        .cost_type = is_text(fact->cost_type, "usage")    ? CG_COST_USAGE
                     : is_text(fact->cost_type, "shared") ? CG_COST_SHARED
                                                          : UINT32_MAX,
        .identity_id = fact->identity_id,
        .amount = fact->amount,
        .allocation_method = fact->allocation_method,
        .allocation_detail = fact->allocation_detail,
        .chain_tier = CG_NO_INDEX,
        .composition_index = CG_NO_INDEX,
    };
    return rows->sink.add(&rows->sink, &row);
}

cg_status cg_history_keep(const struct cg_history *history, struct cg_rowset *rows, int32_t *ret_kept,
                          struct cg_error *error) {
    const struct cg_billing_line *line = rows->line;
    const struct cg_fact key = {.timestamp = line->timestamp,
                                .env_id = rows->env_id,
                                .resource_id = line->resource_id,
                                .product_category = line->product_category,
                                .product_type = line->product_type,
                                .amount = line->total_cost};
    const size_t first = find_first(history, &key);
    const size_t count = count_rows(history, first, &key);
    cg_status status = CG_OK;
    for (size_t i = first; i < first + count && status == CG_OK; i++)
        status = add_row(rows, &history->facts[i]);
    if (status == CG_NO_MEMORY)
        return cg_error_no_memory(error);
    *ret_kept = count && status == CG_OK;
    /* Rows of somebody else that this program would not write are none to keep. */
    if (status != CG_OK) {
        cg_rowset_drop(rows);
        cg_error_clear(&rows->error);
    }
    return CG_OK;
}
