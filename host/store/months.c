#include "store/months.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "store/ddl.h"
#include "store/list.h"
#include "store/once.h"
#include "store/query.h"

static const char *const facts[CG_FACT_KINDS] = {"chargeback_facts", "topic_attribution_facts"};

#define PARTITIONS                                                                                   \
    "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = " \
    "to_regclass(?1) ORDER BY c.relname"
#define OTHERS(dimensions) \
    "SELECT COUNT(*) FROM (SELECT 1 FROM " dimensions " WHERE ecosystem <> ?1 OR tenant_id <> ?2 LIMIT 1) others"

/* The first midnight of the month of a time, and of the one behind it. */
static void bounds_of(int64_t time, int64_t *ret_start, int64_t *ret_end) {
    int32_t day = 1;
    cg_time_to_date(time, NULL, NULL, &day);
    *ret_start = cg_time_day(time) - CG_DAY_US * (day - 1);
    *ret_end = *ret_start + CG_DAY_US * cg_time_month_days(*ret_start);
}

static void name_of(uint32_t kind, int64_t start, char name[CG_DDL_NAME_SIZE]) {
    int32_t year = 0;
    int32_t month = 0;
    cg_time_to_date(start, &year, &month, NULL);
    snprintf(name, CG_DDL_NAME_SIZE, "%s_y%04" PRId32 "m%02" PRId32, facts[kind], year, month);
}

/* A table of its own is filled before it becomes a partition, so that readers are kept out for a moment only. */
static cg_status create(struct cg_store *store, uint32_t kind, const char *name, int64_t start, int64_t end,
                        struct cg_error *error) {
    char from[CG_TIME_TEXT_SIZE];
    char to[CG_TIME_TEXT_SIZE];
    char message[CG_DDL_NAME_SIZE + 64];
    struct cg_buf buf;
    cg_time_format_seconds(start, from);
    cg_time_format_seconds(end, to);
    snprintf(message, sizeof message, "making the partition '%s'", name);
    cg_buf_init(&buf, CG_DDL_LIMIT);
    cg_buf_printf(&buf, "CREATE TABLE %s (LIKE %s INCLUDING DEFAULTS INCLUDING CONSTRAINTS); ", name, facts[kind]);
    cg_buf_printf(&buf,
                  "WITH moved AS (DELETE FROM %s_default WHERE timestamp >= '%s' AND timestamp < '%s' RETURNING *) "
                  "INSERT INTO %s SELECT * FROM moved; ",
                  facts[kind], from, to, name);
    cg_buf_printf(&buf, "ALTER TABLE %s ATTACH PARTITION %s FOR VALUES FROM ('%s') TO ('%s')", facts[kind], name, from,
                  to);
    cg_status status =
        buf.status == CG_OK ? cg_ddl_execute(store, cg_buf_text(&buf), message, error) : cg_error_no_memory(error);
    cg_buf_done(&buf);
    return status;
}

cg_status cg_months_prepare(struct cg_store *store, uint32_t kind, int64_t date, struct cg_error *error) {
    char name[CG_DDL_NAME_SIZE];
    int32_t found = 0;
    int64_t start = 0;
    int64_t end = 0;
    if (!store->is_monthly)
        return CG_OK;
    bounds_of(date, &start, &end);
    name_of(kind, start, name);
    cg_status status = cg_ddl_exists(store, name, &found, error);
    return status == CG_OK && !found ? create(store, kind, name, start, end, error) : status;
}

/* Whether the table is the partition of a month that ends at `bound` or before. */
static int32_t is_before(const char *name, uint32_t kind, int64_t bound) {
    int32_t year = 0;
    int32_t month = 0;
    int64_t start = 0;
    int64_t end = 0;
    char same[CG_DDL_NAME_SIZE];
    size_t length = strlen(facts[kind]);
    if (strncmp(name, facts[kind], length) != 0 ||
        sscanf(name + length, "_y%4" SCNd32 "m%2" SCNd32, &year, &month) != 2 ||
        cg_time_from_date(year, month, 1, &start) != CG_OK)
        return 0;
    bounds_of(start, &start, &end);
    name_of(kind, start, same);
    return strcmp(name, same) == 0 && end <= bound;
}

static cg_status has_others(struct cg_store *store, uint32_t kind, int32_t *ret, struct cg_error *error) {
    static const char *const sql[CG_FACT_KINDS] = {OTHERS("chargeback_dimensions"),
                                                   OTHERS("topic_attribution_dimensions")};
    struct cg_query query;
    cg_query_start(&query, store, sql[kind], "looking for rows of other tenants", error);
    cg_query_tenant(&query);
    *ret = cg_query_row(&query) && cg_query_number(&query, 0) > 0;
    return cg_query_end(&query);
}

static cg_status list_before(struct cg_store *store, uint32_t kind, int64_t bound, struct cg_list *names,
                             struct cg_error *error) {
    struct cg_query query;
    cg_query_start(&query, store, PARTITIONS, "listing partitions", error);
    cg_query_text(&query, 1, facts[kind]);
    while (cg_query_row(&query)) {
        const char *name = cg_query_copy(&query, 0, store->scratch);
        if (name && is_before(name, kind, bound))
            query.status = cg_list_add(names, name, error);
    }
    return cg_query_end(&query);
}

cg_status cg_months_before(struct cg_store *store, uint32_t kind, int64_t bound, struct cg_months *ret,
                           struct cg_error *error) {
    struct cg_list names = {0};
    int32_t others = 0;
    *ret = (struct cg_months){0};
    if (!store->is_monthly || bound == CG_TIME_NONE)
        return CG_OK;
    cg_status status = has_others(store, kind, &others, error);
    if (status == CG_OK && !others)
        status = list_before(store, kind, bound, &names, error);
    if (status != CG_OK || others) {
        cg_list_done(&names);
        return status;
    }
    size_t count = names.count;
    const void **items = cg_list_move(&names, store->scratch);
    if (!items)
        return cg_error_no_memory(error);
    *ret = (struct cg_months){(const char **)items, count};
    return CG_OK;
}

/* Under the lock of who writes, so that nobody puts a row of his own into it in between. */
static cg_status drop(struct cg_store *store, const char *name, int64_t *ret_rows, struct cg_error *error) {
    char sql[CG_DDL_NAME_SIZE + 32];
    char message[CG_DDL_NAME_SIZE + 64];
    uint32_t kind = CG_FACTS_CHARGEBACK;
    int32_t others = 0;
    while (kind + 1 < CG_FACT_KINDS && strncmp(name, facts[kind], strlen(facts[kind])) != 0)
        kind++;
    cg_status status = has_others(store, kind, &others, error);
    if (status != CG_OK || others)
        return status;
    snprintf(message, sizeof message, "dropping the partition '%s'", name);
    snprintf(sql, sizeof sql, "SELECT COUNT(*) FROM %s", name);
    status = cg_once_number(store, sql, NULL, message, ret_rows, error);
    snprintf(sql, sizeof sql, "DROP TABLE %s", name);
    return status == CG_OK ? cg_ddl_execute(store, sql, message, error) : status;
}

cg_status cg_months_drop(struct cg_store *store, const char *name, int64_t *ret_rows, struct cg_error *error) {
    int64_t rows = 0;
    int32_t own = 0;
    cg_status status = cg_store_enter(store, CG_SQL_BEGIN_WRITE, &own, error);
    if (status == CG_OK)
        status = cg_store_leave(store, own, drop(store, name, &rows, error), error);
    if (status == CG_OK)
        *ret_rows = rows;
    return status;
}
