#include "store/select.h"

#include <stdlib.h>
#include <string.h>

#include "store/private.h"
#include "store/spelling.h"

struct cg_select_value {
    const char *text; /* NULL: SQL NULL, or a number */
    int64_t number;
    int32_t is_number;
};

/* ---- statements that stay prepared, found by their text ---- */

/* Enough for what one reader asks in turns, and no more than a few hundred KiB. */
#define STATEMENTS 48u

struct kept {
    char *sql;
    struct cg_sql_statement *statement;
    uint64_t used;
};

struct cg_selects {
    struct kept kept[STATEMENTS];
    uint64_t clock;
};

static void drop(struct cg_store *store, struct kept *kept) {
    if (kept->statement)
        store->driver->finalize(kept->statement);
    free(kept->sql);
    *kept = (struct kept){0};
}

void cg_selects_free(struct cg_store *store) {
    for (size_t i = 0; store->selects && i < STATEMENTS; i++)
        drop(store, &store->selects->kept[i]);
    free(store->selects);
    store->selects = NULL;
}

/* The statement of this text, or the one that was not used for longest. */
static struct kept *find_kept(struct cg_selects *selects, const char *sql) {
    struct kept *oldest = &selects->kept[0];
    for (size_t i = 0; i < STATEMENTS; i++) {
        struct kept *kept = &selects->kept[i];
        if (kept->sql && strcmp(kept->sql, sql) == 0)
            return kept;
        if (kept->used < oldest->used)
            oldest = kept;
    }
    return oldest;
}

static cg_status find_statement(struct cg_query *query, const char *sql) {
    struct cg_store *store = query->store;
    if (!store->selects)
        store->selects = calloc(1, sizeof *store->selects);
    if (!store->selects)
        return cg_error_no_memory(query->error);
    struct kept *kept = find_kept(store->selects, sql);
    if (!kept->sql || strcmp(kept->sql, sql) != 0) {
        struct cg_sql_statement *statement = NULL;
        cg_status status = store->driver->prepare(store->connection, sql, &statement);
        if (status != CG_OK)
            return cg_store_failed(store, status, query->doing, query->error);
        drop(store, kept);
        kept->statement = statement;
        kept->sql = strdup(sql);
        if (!kept->sql) {
            drop(store, kept);
            return cg_error_no_memory(query->error);
        }
    }
    kept->used = ++store->selects->clock;
    query->statement = kept->statement;
    return CG_OK;
}

/* ---- putting together ---- */

void cg_select_init(struct cg_select *select, struct cg_store *store) {
    *select = (struct cg_select){.store = store, .values = cg_arena_new()};
    cg_buf_init(&select->sql, CG_SELECT_LIMIT);
    if (!select->values)
        select->status = CG_NO_MEMORY;
}

void cg_select_done(struct cg_select *select) {
    cg_buf_done(&select->sql);
    cg_arena_free(select->values);
    free(select->parameters);
    select->values = NULL;
    select->parameters = NULL;
}

void cg_select_add(struct cg_select *select, const char *sql) {
    if (select->status == CG_OK)
        select->status = cg_buf_add_text(&select->sql, sql);
}

static cg_status make_room(struct cg_select *select) {
    if (select->count < select->room)
        return CG_OK;
    if (select->count >= CG_SELECT_PARAMETERS)
        return CG_RANGE;
    uint32_t room = select->room ? select->room * 2 : 16;
    struct cg_select_value *parameters = realloc(select->parameters, room * sizeof *parameters);
    if (!parameters)
        return CG_NO_MEMORY;
    select->parameters = parameters;
    select->room = room;
    return CG_OK;
}

static void add_value(struct cg_select *select, struct cg_select_value value) {
    if (select->status == CG_OK)
        select->status = make_room(select);
    if (select->status != CG_OK)
        return;
    select->parameters[select->count++] = value;
    select->status = cg_buf_printf(&select->sql, "?%u", select->count);
}

void cg_select_text(struct cg_select *select, const char *value) {
    struct cg_select_value parameter = {.text = value ? cg_arena_string(select->values, value) : NULL};
    if (value && !parameter.text && select->status == CG_OK)
        select->status = CG_NO_MEMORY;
    add_value(select, parameter);
}

void cg_select_int(struct cg_select *select, int64_t value) {
    add_value(select, (struct cg_select_value){.number = value, .is_number = 1});
}

static void add_time(struct cg_select *select, int64_t time, char *(*format)(int64_t, char *)) {
    char text[CG_TIME_TEXT_SIZE];
    cg_select_text(select, time == CG_TIME_NONE ? NULL : format(time, text));
}

void cg_select_seconds(struct cg_select *select, int64_t time) {
    add_time(select, time, cg_time_format_seconds);
}

void cg_select_micros(struct cg_select *select, int64_t time) {
    add_time(select, time, cg_time_format_micros);
}

void cg_select_equal(struct cg_select *select, const char *column, const char *value) {
    if (!value)
        return;
    cg_select_add(select, " AND ");
    cg_select_add(select, column);
    cg_select_add(select, " = ");
    cg_select_text(select, value);
}

void cg_select_range(struct cg_select *select, const char *column, int64_t start, int64_t end) {
    cg_select_add(select, " AND ");
    cg_select_add(select, column);
    cg_select_add(select, " >= ");
    cg_select_seconds(select, start);
    cg_select_add(select, " AND ");
    cg_select_add(select, column);
    cg_select_add(select, " < ");
    cg_select_seconds(select, end);
}

void cg_select_tenant(struct cg_select *select, const char *prefix) {
    cg_select_add(select, prefix);
    cg_select_add(select, "ecosystem = ");
    cg_select_text(select, select->store->ecosystem);
    cg_select_add(select, " AND ");
    cg_select_add(select, prefix);
    cg_select_add(select, "tenant_id = ");
    cg_select_text(select, select->store->tenant_id);
}

static const struct cg_spelling *spelling(const struct cg_select *select) {
    return cg_spelling_of(select->store->driver->dialect);
}

/* The text as a pattern in lower case of ASCII, with what LIKE would take for a wildcard escaped. */
static void add_pattern(struct cg_select *select, const char *text, int32_t prefix) {
    struct cg_buf pattern;
    cg_buf_init(&pattern, CG_SELECT_LIMIT);
    if (!prefix)
        cg_buf_add_char(&pattern, '%');
    for (; *text; text++) {
        if (*text == '%' || *text == '_' || *text == '\\')
            cg_buf_add_char(&pattern, '\\');
        cg_buf_add_char(&pattern, *text >= 'A' && *text <= 'Z' ? (char)(*text - 'A' + 'a') : *text);
    }
    cg_buf_add_char(&pattern, '%');
    if (pattern.status != CG_OK && select->status == CG_OK)
        select->status = pattern.status;
    cg_select_text(select, cg_buf_text(&pattern));
    cg_buf_done(&pattern);
}

static void add_spelled(struct cg_select *select, const char *text, const char *column) {
    if (select->status == CG_OK)
        select->status = cg_spelling_add(&select->sql, text, "", column);
}

/* Databases refuse patterns that are much longer (SQLite those of 50,000 bytes, and each byte may need an escape). */
#define LIKE_LIMIT 20000u

void cg_select_like(struct cg_select *select, const char *column, const char *text, int32_t prefix) {
    if (strlen(text) > LIKE_LIMIT) {
        cg_select_add(select, "FALSE");
        return;
    }
    add_spelled(select, spelling(select)->lower, column);
    cg_select_add(select, " LIKE ");
    add_pattern(select, text, prefix);
    cg_select_add(select, " ESCAPE '\\'");
}

void cg_select_bytewise(struct cg_select *select) {
    cg_select_add(select, spelling(select)->bytewise);
}

int32_t cg_store_has_server(const struct cg_store *store) {
    return cg_spelling_of(store->driver->dialect)->is_server;
}

int32_t cg_store_adds_up(const struct cg_store *store) {
    return cg_spelling_of(store->driver->dialect)->truncate != NULL;
}

void cg_select_truncated(struct cg_select *select, const char *unit, const char *column) {
    if (select->status == CG_OK)
        select->status = cg_spelling_add(&select->sql, spelling(select)->truncate, unit, column);
}

/* Appends up to a sign, which is not appended. Returns what follows it. */
static const char *add_up_to(struct cg_select *select, const char *text, char sign) {
    const char *end = strchr(text, sign);
    if (end && select->status == CG_OK)
        cg_buf_add(&select->sql, text, (size_t)(end - text));
    return end ? end + 1 : text;
}

/* Longest list of numbers as text: tens of millions of them. */
#define NUMBERS_LIMIT ((size_t)256 * 1024 * 1024)

void cg_select_numbers(struct cg_select *select, const int64_t *numbers, size_t count) {
    struct cg_buf text;
    cg_buf_init(&text, NUMBERS_LIMIT);
    cg_buf_add_char(&text, '{');
    for (size_t i = 0; i < count; i++)
        cg_buf_printf(&text, i ? ",%lld" : "%lld", (long long)numbers[i]);
    cg_buf_add_char(&text, '}');
    if (text.status != CG_OK && select->status == CG_OK)
        select->status = text.status;
    cg_select_text(select, cg_buf_text(&text));
    cg_buf_done(&text);
}

void cg_select_pairs(struct cg_select *select, const int64_t *left, const int64_t *right, size_t count) {
    const char *rest = add_up_to(select, spelling(select)->pairs, '@');
    cg_select_numbers(select, left, count);
    rest = add_up_to(select, rest, '#');
    cg_select_numbers(select, right, count);
    cg_select_add(select, rest);
}

cg_status cg_select_start(struct cg_select *select, struct cg_query *query, const char *doing, struct cg_error *error) {
    *query = (struct cg_query){.store = select->store, .doing = doing, .error = error};
    if (select->status == CG_OK)
        select->status = select->sql.status;
    if (select->status == CG_NO_MEMORY)
        query->status = cg_error_no_memory(error);
    else if (select->status != CG_OK)
        query->status = cg_store_error(select->store, error, CG_RANGE, "%s: too much is asked for at once", doing);
    else
        query->status = find_statement(query, cg_buf_text(&select->sql));
    for (uint32_t i = 0; i < select->count; i++) {
        const struct cg_select_value *value = &select->parameters[i];
        if (value->is_number)
            cg_query_int(query, i + 1, value->number);
        else
            cg_query_text(query, i + 1, value->text);
    }
    return query->status;
}

cg_status cg_select_number(struct cg_select *select, const char *doing, int64_t *ret, struct cg_error *error) {
    struct cg_query query;
    int64_t number = 0;
    cg_select_start(select, &query, doing, error);
    if (cg_query_row(&query))
        number = cg_query_number(&query, 0);
    cg_status status = cg_query_end(&query);
    cg_select_done(select);
    if (status == CG_OK)
        *ret = number;
    return status;
}

/* ---- the tenant ---- */

const char *cg_store_ecosystem(const struct cg_store *store) {
    return store->ecosystem;
}

const char *cg_store_tenant_id(const struct cg_store *store) {
    return store->tenant_id;
}

const char *cg_store_billing_table(const struct cg_store *store) {
    return store->has_environments ? "ccloud_billing" : "billing";
}

int32_t cg_store_has_environments(const struct cg_store *store) {
    return store->has_environments;
}
