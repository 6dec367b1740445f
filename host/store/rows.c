#include "store/rows.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "store/months.h"
#include "store/private.h"
#include "store/query.h"
#include "store/select.h"

/* Rows that are inserted by one statement, and room for the texts of one of their columns. */
#define BLOCK_ROWS 500u
#define BLOCK_BYTES ((size_t)64 * 1024)

struct statements {
    const char *what;
    const char *read_sql;
    const char *insert_sql;
    const char *monthly_sql; /* the same where facts know their tenant */
    const char *block_sql;   /* of insert_sql, many rows at once, of lists; for databases with a server */
    const char *monthly_block_sql;
    const char *update_sql;
    const char *delete_sql;
};

#define READ(facts, dimensions)                                                               \
    "SELECT f.dimension_id, f.timestamp, f.amount FROM " facts " f CROSS JOIN " dimensions    \
    " d WHERE d.dimension_id = f.dimension_id AND d.ecosystem = ?1 AND d.tenant_id = ?2 AND " \
    "f.timestamp >= ?3 AND f.timestamp < ?4"
#define BLOCK " FROM unnest(CAST(?1 AS timestamptz[]), CAST(?2 AS bigint[]), CAST(?3 AS text[])) AS n (at, id, amount)"
#define UPDATE(facts) "UPDATE " facts " SET amount = ?3 WHERE timestamp = ?1 AND dimension_id = ?2"
#define DELETE(facts) "DELETE FROM " facts " WHERE timestamp = ?1 AND dimension_id = ?2"

static const struct statements statements[CG_FACT_KINDS] = {
    {.what = "chargeback row",
     .read_sql = READ("chargeback_facts", "chargeback_dimensions"),
     .insert_sql =
         "INSERT INTO chargeback_facts (timestamp, dimension_id, amount, tags_json) VALUES (?1, ?2, ?3, '{}')",
     .monthly_sql = "INSERT INTO chargeback_facts (timestamp, dimension_id, amount, tags_json, tenant_id) VALUES (?1, "
                    "?2, ?3, '{}', ?4)",
     .block_sql = "INSERT INTO chargeback_facts (timestamp, dimension_id, amount, tags_json) SELECT n.at, n.id, "
                  "n.amount, '{}'" BLOCK,
     .monthly_block_sql = "INSERT INTO chargeback_facts (timestamp, dimension_id, amount, tags_json, tenant_id) SELECT "
                          "n.at, n.id, n.amount, '{}', ?4" BLOCK,
     .update_sql = UPDATE("chargeback_facts"),
     .delete_sql = DELETE("chargeback_facts")},
    {.what = "topic row",
     .read_sql = READ("topic_attribution_facts", "topic_attribution_dimensions"),
     .insert_sql = "INSERT INTO topic_attribution_facts (timestamp, dimension_id, amount) VALUES (?1, ?2, ?3)",
     .monthly_sql = "INSERT INTO topic_attribution_facts (timestamp, dimension_id, amount, tenant_id) VALUES (?1, ?2, "
                    "?3, ?4)",
     .block_sql =
         "INSERT INTO topic_attribution_facts (timestamp, dimension_id, amount) SELECT n.at, n.id, n.amount" BLOCK,
     .monthly_block_sql = "INSERT INTO topic_attribution_facts (timestamp, dimension_id, amount, tenant_id) SELECT "
                          "n.at, n.id, n.amount, ?4" BLOCK,
     .update_sql = UPDATE("topic_attribution_facts"),
     .delete_sql = DELETE("topic_attribution_facts")},
};

/* A row of the tables. Its time is also kept as it is written there, since that is what finds it again. */
struct stored {
    int64_t dimension_id;
    int64_t timestamp;
    const char *time;
    const char *amount;
};

cg_status cg_rows_start(struct cg_rows *rows, struct cg_store *store, uint32_t kind, int64_t date, size_t room,
                        struct cg_error *error) {
    *rows = (struct cg_rows){.store = store, .kind = kind, .date = date, .room = room};
    rows->items = cg_arena_array(store->scratch, room ? room : 1, sizeof *rows->items);
    if (!rows->items)
        return cg_error_no_memory(error);
    return cg_dimensions_check(store, kind, error);
}

static cg_status make_room(struct cg_rows *rows, struct cg_error *error) {
    if (rows->count < rows->room)
        return CG_OK;
    size_t room = rows->room < 32 ? 64 : rows->room * 2;
    struct cg_row *items = cg_arena_array(rows->store->scratch, room, sizeof *items);
    if (!items)
        return cg_error_no_memory(error);
    memcpy(items, rows->items, rows->count * sizeof *items);
    rows->items = items;
    rows->room = room;
    return CG_OK;
}

cg_status cg_rows_add(struct cg_rows *rows, int64_t timestamp, const char *const texts[CG_DIMENSION_TEXTS],
                      const struct cg_decimal *amount, struct cg_error *error) {
    if (timestamp < rows->date || timestamp >= rows->date + CG_DAY_US) {
        char text[CG_TIME_TEXT_SIZE];
        return cg_store_error(rows->store, error, CG_INVALID, "a %s of %s lies outside the date that is written",
                              statements[rows->kind].what, cg_time_format_seconds(timestamp, text));
    }
    cg_status status = make_room(rows, error);
    if (status != CG_OK)
        return status;
    struct cg_row *row = &rows->items[rows->count];
    *row = (struct cg_row){.timestamp = timestamp - (timestamp % 1000000 + 1000000) % 1000000, .amount = *amount};
    status = cg_dimension_id(rows->store, rows->kind, texts, &row->dimension_id, error);
    if (status == CG_OK)
        rows->count++;
    return status;
}

cg_status cg_rows_keep(struct cg_rows *rows, int64_t timestamp, int64_t dimension_id, const char *amount,
                       struct cg_error *error) {
    cg_status status = make_room(rows, error);
    if (status != CG_OK)
        return status;
    rows->items[rows->count++] = (struct cg_row){.dimension_id = dimension_id,
                                                 .timestamp = timestamp,
                                                 .text = amount,
                                                 .text_length = (uint32_t)strlen(amount),
                                                 .is_kept = 1};
    rows->kept++;
    return CG_OK;
}

static int compare_keys(int64_t left_id, int64_t left_time, int64_t right_id, int64_t right_time) {
    if (left_id != right_id)
        return left_id < right_id ? -1 : 1;
    return (left_time > right_time) - (left_time < right_time);
}

static int compare_rows(const void *left, const void *right) {
    const struct cg_row *a = left;
    const struct cg_row *b = right;
    return compare_keys(a->dimension_id, a->timestamp, b->dimension_id, b->timestamp);
}

cg_status cg_rows_overflow(const struct cg_rows *rows, struct cg_error *error) {
    char date[CG_TIME_TEXT_SIZE];
    return cg_store_error(rows->store, error, CG_RANGE,
                          "amounts of %s cannot be added up: the sum has more than %d digits",
                          cg_time_format_date(rows->date, date), CG_DECIMAL_DIGITS);
}

static void sort(struct cg_rows *rows) {
    int sorted = 1;
    for (size_t i = 1; i < rows->count && sorted; i++)
        sorted = compare_rows(&rows->items[i - 1], &rows->items[i]) <= 0;
    if (!sorted)
        qsort(rows->items, rows->count, sizeof *rows->items, compare_rows);
}

static cg_status add_up(struct cg_rows *rows, struct cg_error *error) {
    size_t used = 0;
    for (size_t i = 0; i < rows->count; i++) {
        struct cg_row *row = &rows->items[i];
        if (used == 0 || row->is_kept || compare_rows(&rows->items[used - 1], row) != 0) {
            rows->items[used++] = *row;
            continue;
        }
        struct cg_decimal *sum = &rows->items[used - 1].amount;
        if (cg_decimal_add(sum, &row->amount, sum) != CG_OK)
            return cg_rows_overflow(rows, error);
    }
    rows->count = used;
    return CG_OK;
}

static cg_status format_amounts(struct cg_rows *rows, struct cg_error *error) {
    for (size_t i = 0; i < rows->count; i++) {
        struct cg_row *row = &rows->items[i];
        if (row->is_kept)
            continue;
        char text[CG_DECIMAL_TEXT_SIZE];
        size_t length = cg_decimal_format(&row->amount, text);
        row->text = cg_arena_copy(rows->store->scratch, text, length);
        row->text_length = (uint32_t)length;
        if (!row->text)
            return cg_error_no_memory(error);
    }
    return CG_OK;
}

static void digest_rows(const struct cg_row *rows, size_t count, char text[CG_DIGEST_TEXT_SIZE]) {
    struct cg_digest digest;
    cg_digest_start(&digest, "rows/1");
    for (size_t i = 0; i < count; i++) {
        cg_digest_int(&digest, rows[i].dimension_id);
        cg_digest_int(&digest, rows[i].timestamp);
        cg_digest_bytes(&digest, rows[i].text, rows[i].text_length);
    }
    cg_digest_end_text(&digest, text);
}

void cg_rows_digest_none(char text[CG_DIGEST_TEXT_SIZE]) {
    digest_rows(NULL, 0, text);
}

cg_status cg_rows_finish(struct cg_rows *rows, struct cg_error *error) {
    sort(rows);
    cg_status status = add_up(rows, error);
    if (status == CG_OK)
        status = format_amounts(rows, error);
    if (status != CG_OK)
        return status;
    digest_rows(rows->items, rows->count, rows->digest);
    return cg_dimensions_remember(rows->store, rows->kind, error);
}

/* ---- from the stored rows to these ---- */

struct stored_rows {
    struct stored *items;
    size_t count;
    size_t room;
};

static cg_status add_stored(struct stored_rows *list, const struct stored *row, struct cg_error *error) {
    if (list->count == list->room) {
        size_t room = list->room ? list->room * 2 : 256;
        struct stored *items = realloc(list->items, room * sizeof *items);
        if (!items)
            return cg_error_no_memory(error);
        list->items = items;
        list->room = room;
    }
    list->items[list->count++] = *row;
    return CG_OK;
}

static int compare_stored(const void *left, const void *right) {
    const struct stored *a = left;
    const struct stored *b = right;
    int order = compare_keys(a->dimension_id, a->timestamp, b->dimension_id, b->timestamp);
    return order ? order : strcmp(a->time, b->time);
}

static cg_status read_stored(const struct cg_rows *rows, struct stored_rows *list, struct cg_error *error) {
    struct cg_query query;
    struct cg_arena *arena = rows->store->scratch;
    const char *last = "";
    cg_query_start(&query, rows->store, statements[rows->kind].read_sql, "reading the date's old rows", error);
    cg_query_tenant(&query);
    cg_query_seconds(&query, 3, rows->date);
    cg_query_seconds(&query, 4, rows->date + CG_DAY_US);
    while (cg_query_row(&query)) {
        const char *time = cg_query_peek(&query, 1);
        if (!time || !last || strcmp(time, last) != 0)
            last = cg_query_copy(&query, 1, arena);
        const struct stored row = {cg_query_number(&query, 0), cg_query_time(&query, 1), last,
                                   cg_query_copy(&query, 2, arena)};
        if (!row.time || !row.amount)
            cg_query_fail(&query, CG_PERMANENT, "a row has NULL where a text was expected");
        if (query.status == CG_OK)
            query.status = add_stored(list, &row, error);
    }
    if (list->count > 1)
        qsort(list->items, list->count, sizeof *list->items, compare_stored);
    return cg_query_end(&query);
}

struct change {
    const struct cg_rows *rows;
    struct cg_query insert;
    char insert_time[CG_TIME_TEXT_SIZE];
    int64_t last_time; /* of the last insert */
    int32_t in_blocks;
    size_t waiting; /* rows of the block that is put together */
    struct cg_buf times;
    struct cg_buf ids;
    struct cg_buf amounts;
    int32_t changed;
    struct cg_error *error;
};

/* ---- rows in blocks: for a server, a statement costs more than a row ---- */

static void start_block(struct change *change) {
    change->waiting = 0;
    cg_buf_clear(&change->times);
    cg_buf_clear(&change->ids);
    cg_buf_clear(&change->amounts);
}

static cg_status send_block(struct change *change) {
    struct cg_query *query = &change->insert;
    if (!change->waiting)
        return query->status;
    cg_buf_add_char(&change->times, '}');
    cg_buf_add_char(&change->ids, '}');
    cg_buf_add_char(&change->amounts, '}');
    if (change->times.status != CG_OK || change->ids.status != CG_OK || change->amounts.status != CG_OK)
        return query->status = cg_error_no_memory(change->error);
    cg_query_text(query, 1, cg_buf_text(&change->times));
    cg_query_text(query, 2, cg_buf_text(&change->ids));
    cg_query_text(query, 3, cg_buf_text(&change->amounts));
    start_block(change);
    return cg_query_later(query);
}

static cg_status insert_in_block(struct change *change, const struct cg_row *row) {
    char sign = change->waiting ? ',' : '{';
    if (row->timestamp != change->last_time) {
        cg_time_format_seconds(row->timestamp, change->insert_time);
        change->last_time = row->timestamp;
    }
    cg_buf_printf(&change->times, "%c\"%s\"", sign, change->insert_time);
    cg_buf_printf(&change->ids, "%c%lld", sign, (long long)row->dimension_id);
    cg_buf_add_char(&change->amounts, sign);
    cg_buf_add(&change->amounts, row->text, row->text_length);
    change->changed = 1;
    return ++change->waiting == BLOCK_ROWS ? send_block(change) : CG_OK;
}

/* The hot loop: parameters are bound without copies, and only those that changed. */
static cg_status insert_row(struct change *change, const struct cg_row *row) {
    struct cg_query *query = &change->insert;
    if (change->in_blocks)
        return insert_in_block(change, row);
    if (row->timestamp != change->last_time) {
        cg_query_text(query, 1, cg_time_format_seconds(row->timestamp, change->insert_time));
        change->last_time = row->timestamp;
    }
    cg_query_int(query, 2, row->dimension_id);
    if (query->status != CG_OK)
        return query->status;
    const struct cg_sql_driver *driver = query->store->driver;
    cg_status status = driver->bind_text(query->statement, 3, row->text, row->text_length);
    if (status != CG_OK)
        query->status = cg_store_failed(query->store, status, query->doing, query->error);
    change->changed = 1;
    return cg_query_later(query);
}

static cg_status start_inserts(struct change *change) {
    struct cg_store *store = change->rows->store;
    const struct statements *sql = &statements[change->rows->kind];
    const char *text = store->is_monthly ? sql->monthly_sql : sql->insert_sql;
    change->in_blocks = cg_store_has_server(store);
    if (change->in_blocks)
        text = store->is_monthly ? sql->monthly_block_sql : sql->block_sql;
    cg_buf_init(&change->times, BLOCK_BYTES);
    cg_buf_init(&change->ids, BLOCK_BYTES);
    cg_buf_init(&change->amounts, BLOCK_BYTES);
    cg_query_start(&change->insert, store, text, "writing the date's rows", change->error);
    if (store->is_monthly)
        cg_query_text(&change->insert, 4, store->tenant_id);
    return change->insert.status;
}

/* Deletes a stored row, or gives it another amount. */
static cg_status change_row(struct change *change, const struct stored *stored, const char *amount) {
    struct cg_query query;
    const struct statements *sql = &statements[change->rows->kind];
    cg_query_start(&query, change->rows->store, amount ? sql->update_sql : sql->delete_sql,
                   "replacing the date's old rows", change->error);
    cg_query_text(&query, 1, stored->time);
    cg_query_int(&query, 2, stored->dimension_id);
    if (amount)
        cg_query_text(&query, 3, amount);
    change->changed = 1;
    return cg_query_later(&query);
}

/* Walks stored and wanted rows side by side; both are sorted. */
static cg_status merge(struct change *change, const struct stored_rows *stored) {
    const struct cg_rows *rows = change->rows;
    size_t i = 0;
    size_t j = 0;
    cg_status status = CG_OK;
    while (status == CG_OK && i < stored->count && j < rows->count) {
        const struct stored *old = &stored->items[i];
        const struct cg_row *row = &rows->items[j];
        int order = compare_keys(old->dimension_id, old->timestamp, row->dimension_id, row->timestamp);
        if (order < 0)
            status = change_row(change, old, NULL);
        else if (order > 0)
            status = insert_row(change, row);
        else if (strcmp(old->amount, row->text) != 0)
            status = change_row(change, old, row->text);
        i += order <= 0;
        j += order >= 0;
    }
    for (; status == CG_OK && i < stored->count; i++)
        status = change_row(change, &stored->items[i], NULL);
    for (; status == CG_OK && j < rows->count; j++)
        status = insert_row(change, &rows->items[j]);
    return status == CG_OK ? send_block(change) : status;
}

cg_status cg_rows_write(const struct cg_rows *rows, int32_t *ret_changed, struct cg_error *error) {
    struct stored_rows stored = {0};
    struct change change = {.rows = rows, .last_time = CG_TIME_NONE, .error = error};
    cg_status status = read_stored(rows, &stored, error);
    if (status == CG_OK && rows->count)
        status = cg_months_prepare(rows->store, rows->kind, rows->date, error);
    if (status == CG_OK)
        status = start_inserts(&change);
    if (status == CG_OK) {
        status = merge(&change, &stored);
        cg_query_end(&change.insert);
    }
    cg_buf_done(&change.times);
    cg_buf_done(&change.ids);
    cg_buf_done(&change.amounts);
    free(stored.items);
    if (status == CG_OK)
        *ret_changed = change.changed;
    return status;
}
