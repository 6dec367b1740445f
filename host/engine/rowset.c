#include "engine/rowset.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

static cg_status add_row(const struct cg_row_sink *sink, const struct cg_row *row);

void cg_rowset_init(struct cg_rowset *rows, struct cg_intern *texts) {
    *rows = (struct cg_rowset){.texts = texts};
    rows->sink = (struct cg_row_sink){.struct_size = sizeof rows->sink, .impl = rows, .add = add_row};
}

void cg_rowset_done(struct cg_rowset *rows) {
    free(rows->facts);
    free(rows->origins);
    rows->facts = NULL;
    rows->origins = NULL;
    rows->count = 0;
    rows->room = 0;
}

void cg_rowset_clear(struct cg_rowset *rows) {
    rows->count = 0;
    rows->line_start = 0;
}

void cg_rowset_begin(struct cg_rowset *rows, const struct cg_billing_line *line, const char *env_id) {
    rows->line_start = rows->count;
    rows->line = line;
    rows->env_id = env_id;
    cg_error_clear(&rows->error);
}

void cg_rowset_drop(struct cg_rowset *rows) {
    rows->count = rows->line_start;
}

/* The kept copy of a text; NULL for NULL. */
static cg_status keep(struct cg_rowset *rows, const char *text, size_t limit, const char *what, const char **ret) {
    uint32_t number = 0;
    if (text && strnlen(text, limit + 1) > limit)
        return cg_error_set(&rows->error, CG_INVALID, "a row's %s has more than %zu bytes", what, limit);
    /* It goes to the database, to files and to terminals. */
    if (text && !cg_text_is_clean(text, limit))
        return cg_error_set(&rows->error, CG_INVALID, "a row's %s holds control characters or is no UTF-8", what);
    cg_status status = cg_intern_add(rows->texts, text, &number);
    if (status != CG_OK)
        return cg_error_set(&rows->error, status, "no room for a row's %s", what);
    *ret = cg_intern_text(rows->texts, number);
    return CG_OK;
}

static size_t length_of(const char *text) {
    return text ? strlen(text) : 0;
}

static cg_status check_lengths(struct cg_rowset *rows, const struct cg_fact *fact) {
    if (length_of(fact->identity_id) + length_of(fact->allocation_method) + length_of(fact->allocation_detail) <=
        CG_ROWSET_TEXT_BYTES)
        return CG_OK;
    return cg_error_set(&rows->error, CG_INVALID,
                        "a row's identity, method and detail have together more than %zu bytes", CG_ROWSET_TEXT_BYTES);
}

static cg_status grow(struct cg_rowset *rows) {
    size_t room = rows->room ? rows->room * 2 : 1024;
    struct cg_fact *facts = realloc(rows->facts, room * sizeof *facts);
    if (!facts)
        return cg_error_no_memory(&rows->error);
    rows->facts = facts;
    struct cg_row_origin *origins = realloc(rows->origins, room * sizeof *origins);
    if (!origins)
        return cg_error_no_memory(&rows->error);
    rows->origins = origins;
    rows->room = room;
    return CG_OK;
}

static cg_status add_row(const struct cg_row_sink *sink, const struct cg_row *row) {
    struct cg_rowset *rows = sink->impl;
    if (row->struct_size < sizeof *row)
        return cg_error_set(&rows->error, CG_INVALID, "a row has %u bytes, at least %zu are needed (struct_size)",
                            (unsigned)row->struct_size, sizeof *row);
    if (!row->identity_id || !*row->identity_id)
        return cg_error_set(&rows->error, CG_INVALID, "a row has no identity");
    if (row->cost_type != CG_COST_USAGE && row->cost_type != CG_COST_SHARED)
        return cg_error_set(&rows->error, CG_INVALID, "a row has the unknown cost type %u", (unsigned)row->cost_type);
    if (rows->count - rows->line_start >= CG_ROWSET_LINE_ROWS)
        return cg_error_set(&rows->error, CG_RANGE, "more than %d rows for one line", CG_ROWSET_LINE_ROWS);
    if (rows->count == rows->room && grow(rows) != CG_OK)
        return CG_NO_MEMORY;
    struct cg_fact fact = {
        .timestamp = rows->line->timestamp,
        .resource_id = rows->line->resource_id,
        .product_category = rows->line->product_category,
        .product_type = rows->line->product_type,
        .cost_type = row->cost_type == CG_COST_USAGE ? "usage" : "shared",
        .env_id = rows->env_id,
        .amount = row->amount,
    };
    cg_status status = keep(rows, row->identity_id, CG_ROWSET_IDENTITY_BYTES, "identity", &fact.identity_id);
    if (status == CG_OK)
        status = keep(rows, row->allocation_method, CG_ROWSET_METHOD_BYTES, "method", &fact.allocation_method);
    if (status == CG_OK)
        status = keep(rows, row->allocation_detail, CG_ROWSET_DETAIL_BYTES, "detail", &fact.allocation_detail);
    if (status == CG_OK)
        status = check_lengths(rows, &fact);
    if (status != CG_OK)
        return status;
    rows->origins[rows->count] =
        (struct cg_row_origin){row->chain_tier, row->composition_index, isfinite(row->ratio) ? row->ratio : 0};
    rows->facts[rows->count++] = fact;
    return CG_OK;
}

cg_status cg_rowset_check(const struct cg_rowset *rows, const struct cg_decimal *amount, struct cg_error *error) {
    /* What the sink refused is missing, even if the allocator did not look at the answer. */
    if (rows->error.status != CG_OK)
        return cg_error_set(error, rows->error.status, "%s", rows->error.text);
    struct cg_decimal sum = {0};
    for (size_t i = rows->line_start; i < rows->count; i++)
        if (cg_decimal_add(&sum, &rows->facts[i].amount, &sum) != CG_OK)
            return cg_error_set(error, CG_RANGE, "the sum of its rows does not fit");
    if (cg_decimal_compare(&sum, amount) == 0 && (rows->count > rows->line_start || cg_decimal_is_zero(amount)))
        return CG_OK;
    char found[CG_DECIMAL_TEXT_SIZE];
    char wanted[CG_DECIMAL_TEXT_SIZE];
    cg_decimal_format(&sum, found);
    cg_decimal_format(amount, wanted);
    return cg_error_set(error, CG_PERMANENT, "its %zu rows sum to %s, but the line costs %s",
                        rows->count - rows->line_start, found, wanted);
}
