#include "store/billing.h"

#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "store/dates.h"
#include "store/lines.h"
#include "store/metadata.h"
#include "store/private.h"
#include "store/revisions.h"
#include "store/state.h"

/* A line as it was handed over. */
struct given {
    struct cg_line_row row; /* the key; the rest is filled in when the line's turn comes */
    const struct cg_billing_line *line;
};

/* What one call works on. */
struct replacement {
    struct cg_store *store;
    struct given *lines; /* sorted by key */
    size_t count;
    size_t next; /* first line not yet handled */
    int64_t now;
    struct cg_buf metadata;
    struct cg_billing_change change;
    struct cg_error *error;
};

static int compare_keys(const void *left, const void *right) {
    return cg_line_row_compare(&((const struct given *)left)->row, &((const struct given *)right)->row);
}

static cg_status check_line(struct cg_store *store, const struct cg_billing_line *line, int64_t start, int64_t end,
                            struct cg_error *error) {
    if (!line->env_id || !line->resource_id || !line->product_type || !line->product_category || !line->currency ||
        !line->granularity)
        return cg_store_error(store, error, CG_INVALID, "a billing line lacks a text: resource '%s', product type '%s'",
                              line->resource_id ? line->resource_id : "(none)",
                              line->product_type ? line->product_type : "(none)");
    if (line->timestamp < start || line->timestamp >= end) {
        char text[CG_TIME_TEXT_SIZE];
        return cg_store_error(store, error, CG_INVALID, "the billing line %s/%s of %s lies outside the refreshed range",
                              line->resource_id, line->product_type, cg_time_format_seconds(line->timestamp, text));
    }
    return CG_OK;
}

/* Keys of the lines, sorted; two equal ones would overwrite each other. */
static cg_status sort_lines(struct replacement *work, const struct cg_billing_line *const *lines, int64_t start,
                            int64_t end) {
    for (size_t i = 0; i < work->count; i++) {
        cg_status status = check_line(work->store, lines[i], start, end, work->error);
        if (status != CG_OK)
            return status;
        work->lines[i].line = lines[i];
        work->lines[i].row =
            (struct cg_line_row){.timestamp = lines[i]->timestamp - (lines[i]->timestamp % 1000000 + 1000000) % 1000000,
                                 .env_id = work->store->has_environments ? lines[i]->env_id : "",
                                 .resource_id = lines[i]->resource_id,
                                 .product_type = lines[i]->product_type,
                                 .product_category = lines[i]->product_category};
    }
    if (work->count > 1)
        qsort(work->lines, work->count, sizeof *work->lines, compare_keys);
    for (size_t i = 1; i < work->count; i++) {
        const struct cg_line_row *row = &work->lines[i].row;
        char text[CG_TIME_TEXT_SIZE];
        if (cg_line_row_compare(&work->lines[i - 1].row, row) == 0)
            return cg_store_error(work->store, work->error, CG_INVALID,
                                  "two billing lines have the same key: %s, environment '%s', resource '%s', product "
                                  "type '%s', category '%s'",
                                  cg_time_format_seconds(row->timestamp, text), row->env_id, row->resource_id,
                                  row->product_type, row->product_category);
    }
    return CG_OK;
}

struct texts {
    char quantity[CG_DECIMAL_TEXT_SIZE];
    char unit_price[CG_DECIMAL_TEXT_SIZE];
    char total_cost[CG_DECIMAL_TEXT_SIZE];
};

/* Completes the row of a given line; its texts live in `texts` and in the work's buffer. */
static cg_status fill_row(struct replacement *work, struct given *given, struct texts *texts) {
    const struct cg_billing_line *line = given->line;
    struct cg_line_row *row = &given->row;
    cg_decimal_format(&line->quantity, texts->quantity);
    cg_decimal_format(&line->unit_price, texts->unit_price);
    cg_decimal_format(&line->total_cost, texts->total_cost);
    row->quantity = texts->quantity;
    row->unit_price = texts->unit_price;
    row->total_cost = texts->total_cost;
    row->currency = line->currency;
    row->granularity = line->granularity;
    cg_status status = cg_metadata_write(&work->metadata, line->fields, line->field_count, &row->metadata_json);
    if (status != CG_OK)
        return cg_store_error(work->store, work->error, status,
                              "the metadata of the billing line %s/%s cannot be stored", line->resource_id,
                              line->product_type);
    return CG_OK;
}

static int is_revised(const char *before, const char *after) {
    struct cg_decimal values[2];
    if (cg_decimal_parse(before, strlen(before), &values[0]) != CG_OK ||
        cg_decimal_parse(after, strlen(after), &values[1]) != CG_OK)
        return 1;
    return cg_decimal_compare(&values[0], &values[1]) != 0;
}

/* The stored line has the key of a given one. */
static cg_status keep_or_update(struct replacement *work, const struct cg_line_row *stored,
                                const struct cg_line_row *given) {
    if (cg_line_row_same(stored, given)) {
        work->change.unchanged++;
        return CG_OK;
    }
    work->change.updated++;
    if (is_revised(stored->total_cost, given->total_cost)) {
        work->change.revised++;
        cg_status status = cg_revision_of_line(work->store, stored, given, work->now, work->error);
        if (status != CG_OK)
            return status;
    }
    return cg_line_row_update(work->store, given, work->error);
}

/* Walks stored and given lines of one day side by side; both are sorted. */
static cg_status merge(struct replacement *work, int64_t end, const struct cg_line_row *const *stored,
                       size_t stored_count) {
    size_t i = 0;
    cg_status status = CG_OK;
    while (status == CG_OK) {
        struct given *given = work->next < work->count ? &work->lines[work->next] : NULL;
        if (given && given->row.timestamp >= end)
            given = NULL;
        if (!given && i == stored_count)
            break;
        int order = !given ? -1 : i == stored_count ? 1 : cg_line_row_compare(stored[i], &given->row);
        if (order < 0) {
            work->change.deleted++;
            status = cg_line_row_delete(work->store, stored[i++], work->error);
            continue;
        }
        struct texts texts;
        status = fill_row(work, given, &texts);
        if (status == CG_OK && order > 0) {
            work->change.inserted++;
            status = cg_line_row_insert(work->store, &given->row, work->error);
        } else if (status == CG_OK) {
            status = keep_or_update(work, stored[i++], &given->row);
        }
        work->next++;
    }
    return status;
}

static uint64_t writes_of(const struct cg_billing_change *change) {
    return change->inserted + change->updated + change->deleted;
}

/* Lines of the day outside of the part that is replaced are in its total before and after. */
static cg_status add_rest(struct replacement *work, int64_t start, int64_t end, struct cg_day_total *before,
                          struct cg_day_total *after) {
    const struct cg_line_row *const *rows = NULL;
    size_t count = 0;
    if (start >= end)
        return CG_OK;
    cg_status status = cg_line_rows_read(work->store, start, end, work->store->scratch, &rows, &count, work->error);
    for (size_t i = 0; i < count && status == CG_OK; i++) {
        cg_day_total_add_text(before, rows[i]->total_cost);
        cg_day_total_add_text(after, rows[i]->total_cost);
    }
    return status;
}

/* Compares the totals of the day of a part whose lines changed; `first` is the first given line of the part. */
static cg_status look_for_revision(struct replacement *work, int64_t start, int64_t end,
                                   const struct cg_line_row *const *stored, size_t stored_count, size_t first) {
    int64_t day = cg_time_day(start);
    struct cg_day_total before = {0};
    struct cg_day_total after = {0};
    int32_t revised = 0;
    for (size_t i = 0; i < stored_count; i++)
        cg_day_total_add_text(&before, stored[i]->total_cost);
    for (size_t i = first; i < work->next; i++)
        cg_day_total_add(&after, &work->lines[i].line->total_cost);
    cg_status status = add_rest(work, day, start, &before, &after);
    if (status == CG_OK)
        status = add_rest(work, end, day + CG_DAY_US, &before, &after);
    if (status == CG_OK)
        status = cg_revision_of_day(work->store, day, &before, &after, work->now, &revised, work->error);
    work->change.revised_dates += revised != 0;
    return status;
}

/* A day, or the part of one that lies in the range. */
static cg_status replace_day(struct replacement *work, int64_t start, int64_t end) {
    const struct cg_line_row *const *stored = NULL;
    size_t stored_count = 0;
    size_t first = work->next;
    uint64_t writes = writes_of(&work->change);
    cg_arena_reset(work->store->scratch);
    cg_status status =
        cg_line_rows_read(work->store, start, end, work->store->scratch, &stored, &stored_count, work->error);
    if (status == CG_OK)
        status = merge(work, end, stored, stored_count);
    int changed = writes_of(&work->change) != writes;
    if (status == CG_OK && changed)
        status = look_for_revision(work, start, end, stored, stored_count, first);
    if (status == CG_OK && (changed || work->next != first))
        status = cg_state_gathered(work->store, cg_time_day(start), work->error);
    if (status == CG_OK && changed)
        status = cg_state_outdated(work->store, cg_time_day(start), work->error);
    return status;
}

/* Day by day, only those with lines before or after. */
static cg_status replace_range(struct replacement *work, int64_t start, int64_t end) {
    cg_status status = CG_OK;
    while (status == CG_OK && start < end) {
        int64_t first = CG_TIME_NONE;
        status = cg_dates_first_line(work->store, start, end, &first, work->error);
        if (work->next < work->count && (first == CG_TIME_NONE || work->lines[work->next].row.timestamp < first))
            first = work->lines[work->next].row.timestamp;
        if (status != CG_OK || first == CG_TIME_NONE)
            break;
        int64_t day = cg_time_day(first);
        int64_t day_end = day + CG_DAY_US < end ? day + CG_DAY_US : end;
        status = replace_day(work, day > start ? day : start, day_end);
        start = day_end;
    }
    return status;
}

cg_status cg_store_replace_billing(struct cg_store *store, int64_t start, int64_t end,
                                   const struct cg_billing_line *const *lines, size_t count, int64_t now,
                                   struct cg_billing_change *ret, struct cg_error *error) {
    struct replacement work = {.store = store, .count = count, .now = now, .error = error};
    work.lines = calloc(count ? count : 1, sizeof *work.lines);
    if (!work.lines)
        return cg_error_no_memory(error);
    cg_buf_init(&work.metadata, CG_METADATA_LIMIT);
    int32_t own = 0;
    cg_status status = sort_lines(&work, lines, start, end);
    if (status == CG_OK)
        status = cg_store_enter(store, CG_SQL_BEGIN_WRITE, &own, error);
    if (status == CG_OK)
        status = cg_store_leave(store, own, replace_range(&work, start, end), error);
    cg_arena_reset(store->scratch);
    cg_buf_done(&work.metadata);
    free(work.lines);
    if (status == CG_OK && ret)
        *ret = work.change;
    return status;
}
