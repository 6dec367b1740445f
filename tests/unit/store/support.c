#include "support.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <chitragupt/plugin.h>

#include "seen.h"

const struct cg_registration *cg_plugin_register_sqlite(void);
const struct cg_registration *cg_plugin_register_postgresql(void);

int stage_on_postgres(void) {
    return cg_test_on_postgres();
}

const struct cg_sql_driver *stage_driver(void) {
    return stage_on_postgres() ? cg_plugin_register_postgresql()->factory : cg_plugin_register_sqlite()->factory;
}

static void make_target(struct stage *stage) {
    if (!stage_on_postgres()) {
        stage->target =
            (struct cg_sql_target){.struct_size = sizeof stage->target, .scheme = "sqlite", .database = stage->path};
        return;
    }
    cg_test_postgres_create(&stage->database);
    stage->query[0] = (struct cg_field){.key = "host", .value = stage->database.host};
    stage->query[1] = (struct cg_field){.key = "port", .value = stage->database.port};
    stage->target = (struct cg_sql_target){.struct_size = sizeof stage->target,
                                           .scheme = "postgresql",
                                           .user = stage->database.user,
                                           .password = stage->database.password,
                                           .database = stage->database.name,
                                           .query = stage->query,
                                           .query_count = 2};
}

void stage_init(struct stage *stage) {
    *stage = (struct stage){.log_fd = -1};
    snprintf(stage->folder, sizeof stage->folder, "/tmp/cg-store-XXXXXX");
    cr_assert_not_null(mkdtemp(stage->folder));
    snprintf(stage->path, sizeof stage->path, "%s/a.db", stage->folder);
    make_target(stage);
    stage->arena = cg_arena_new();
    stage->log_fd = memfd_create("log", MFD_CLOEXEC);
    cr_assert_geq(stage->log_fd, 0);
    cr_assert_eq(cg_log_new(stage->log_fd, CG_LOG_INFO, "%(levelname)s %(message)s", NULL, 0, &stage->logger), CG_OK);
}

cg_status stage_try(struct stage *stage, int32_t has_environments, uint32_t flags) {
    const struct cg_store_key key = {"confluent_cloud", "t-1", "acme", has_environments};
    return cg_store_open(stage_driver(), NULL, &stage->target, &key, flags, stage->logger, &stage->store,
                         &stage->error);
}

void stage_open(struct stage *stage) {
    assert_ok(stage, stage_try(stage, 1, 0));
}

static struct cg_sql_connection *outside(struct stage *stage) {
    if (!stage->outside)
        cr_assert_eq(stage_driver()->open(NULL, &stage->target, CG_SQL_CREATE, &stage->outside), CG_OK);
    return stage->outside;
}

void stage_done(struct stage *stage) {
    const char *const suffixes[] = {"", "-wal", "-shm"};
    cg_store_close(stage->store);
    if (stage->outside)
        stage_driver()->close(stage->outside);
    stage_postgres_done(stage);
    cg_arena_free(stage->arena);
    cg_log_free(stage->logger);
    close(stage->log_fd);
    for (size_t i = 0; i < 3; i++) {
        char path[PATH_MAX + 8];
        snprintf(path, sizeof path, "%s%s", stage->path, suffixes[i]);
        unlink(path);
    }
    rmdir(stage->folder);
}

/* SQLite keeps times as texts. */
static void write_times(const char *sql, char *buffer, size_t size) {
    const char *token = stage_on_postgres() ? "timestamptz(" : "(";
    size_t used = 0;
    buffer[0] = '\0';
    while (*sql) {
        size_t plain = strncmp(sql, "$time(", 6) == 0 ? 0 : 1;
        used += (size_t)snprintf(buffer + used, size - used, "%.*s", plain ? 1 : 12, plain ? sql : token);
        cr_assert_lt(used, size);
        sql += plain ? 1 : 6;
    }
}

const char *stage_tables(void) {
    return stage_on_postgres() ? "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind "
                                 "IN ('r', 'p') ORDER BY relname COLLATE \"C\""
                               : "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name";
}

const char *stage_soundness(void) {
    return stage_on_postgres() ? "SELECT 'ok'" : "PRAGMA integrity_check";
}

const char *stage_changes(void) {
#define ROWS(table) "SELECT '" table "' || ctid || ' ' || xmin AS line FROM public." table
    return stage_on_postgres() ? "SELECT string_agg(line, ',' ORDER BY line) FROM (" ROWS(
                                     "ccloud_billing") " UNION "
                                                       "ALL " ROWS("pipeline_state") " UNION ALL " ROWS(
                                                           "chargeback_facts") " UNION "
                                                                               "ALL " ROWS("topic_attribution_facts") " UNION ALL " ROWS(
                                                                                   "resources") " UNION "
                                                                                                "ALL " ROWS(
                                                                                                    "identitie"
                                                                                                    "s") " UNIO"
                                                                                                         "N "
                                                                                                         "ALL"
                                                                                                         " " ROWS(
                                                                                                             "c"
                                                                                                             "g"
                                                                                                             "_"
                                                                                                             "d"
                                                                                                             "a"
                                                                                                             "t"
                                                                                                             "e"
                                                                                                             "s") " UNI"
                                                                                                                  "ON "
                                                                                                                  "ALL"
                                                                                                                  " " ROWS("cg_topic_dates") " UNION ALL " ROWS(
                                                                                                                      "emission_records") ") all_rows"
                               : "PRAGMA data_version";
#undef ROWS
}

void stage_refuse(struct stage *stage, const char *event, const char *table, const char *column, const char *value,
                  const char *text) {
    char sql[1024];
    char when[128] = "";
    if (column)
        snprintf(when, sizeof when, "WHEN (NEW.%s = '%s')", column, value);
    if (stage_on_postgres())
        snprintf(sql, sizeof sql,
                 "CREATE FUNCTION refuse_it() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''%s''; END'; "
                 "CREATE TRIGGER refuse BEFORE %s ON %s FOR EACH ROW %s EXECUTE FUNCTION refuse_it()",
                 text, event, table, when);
    else
        snprintf(sql, sizeof sql, "CREATE TRIGGER refuse BEFORE %s ON %s %s BEGIN SELECT RAISE(ABORT, '%s'); END",
                 event, table, when, text);
    stage_run(stage, sql);
}

void stage_allow(struct stage *stage, const char *table) {
    char sql[256];
    snprintf(sql, sizeof sql, "DROP TRIGGER refuse%s%s%s", stage_on_postgres() ? " ON " : "",
             stage_on_postgres() ? table : "", stage_on_postgres() ? "; DROP FUNCTION refuse_it" : "");
    stage_run(stage, sql);
}

void stage_lock(struct stage *stage) {
    cr_assert_eq(stage_driver()->begin(outside(stage), CG_SQL_BEGIN_WRITE), CG_OK);
}

void stage_unlock(struct stage *stage) {
    cr_assert_eq(stage_driver()->commit(stage->outside), CG_OK);
}

void stage_run(struct stage *stage, const char *text) {
    static char sql[65536];
    write_times(text, sql, sizeof sql);
    if (stage_on_postgres()) {
        stage_postgres_run(stage, sql);
        return;
    }
    struct cg_sql_connection *connection = outside(stage);
    cr_assert_eq(stage_driver()->execute(connection, sql), CG_OK, "%s: %s", sql,
                 stage_driver()->error_text(connection));
}

const char *stage_rows(struct stage *stage, const char *sql) {
    static char rows[65536];
    const struct cg_sql_driver *driver = stage_driver();
    struct cg_sql_statement *statement = NULL;
    size_t used = 0;
    rows[0] = '\0';
    if (stage_on_postgres()) {
        stage_postgres_rows(stage, sql, rows, sizeof rows);
        return rows;
    }
    cr_assert_eq(driver->prepare(outside(stage), sql, &statement), CG_OK, "%s: %s", sql,
                 driver->error_text(stage->outside));
    while (driver->step(statement) == CG_SQL_ROW) {
        const char *text = driver->column_text(statement, 0, NULL);
        used += (size_t)snprintf(rows + used, sizeof rows - used, "%s%s", used ? "\n" : "", text ? text : "NULL");
        cr_assert_lt(used, sizeof rows);
    }
    driver->finalize(statement);
    return rows;
}

const char *stage_log(struct stage *stage) {
    ssize_t length = pread(stage->log_fd, stage->log, sizeof stage->log - 1, 0);
    stage->log[length > 0 ? length : 0] = '\0';
    return stage->log;
}

int64_t at(const char *text) {
    int64_t time = 0;
    cr_assert_eq(cg_time_parse(text, &time), CG_OK, "%s", text);
    return time;
}

struct cg_decimal number(const char *text) {
    struct cg_decimal value = {0};
    cr_assert_eq(cg_decimal_parse(text, strlen(text), &value), CG_OK, "%s", text);
    return value;
}

struct cg_billing_line line_of(const char *time, const char *env, const char *resource, const char *product,
                               const char *cost) {
    return (struct cg_billing_line){.struct_size = sizeof(struct cg_billing_line),
                                    .timestamp = at(time),
                                    .env_id = env,
                                    .resource_id = resource,
                                    .product_category = "KAFKA",
                                    .product_type = product,
                                    .currency = "USD",
                                    .granularity = "daily",
                                    .quantity = number("1"),
                                    .unit_price = number(cost),
                                    .total_cost = number(cost)};
}

struct cg_fact fact_of(const char *time, const char *env, const char *resource, const char *product,
                       const char *identity, const char *amount) {
    return (struct cg_fact){.timestamp = at(time),
                            .resource_id = resource,
                            .product_category = "KAFKA",
                            .product_type = product,
                            .identity_id = identity,
                            .cost_type = "usage",
                            .allocation_method = "usage_ratio",
                            .allocation_detail = NULL,
                            .env_id = env,
                            .amount = number(amount)};
}

void stage_bill(struct stage *stage, const char *date, const struct cg_billing_line *lines, size_t count) {
    const struct cg_billing_line *pointers[16];
    cr_assert_leq(count, 16);
    for (size_t i = 0; i < count; i++)
        pointers[i] = &lines[i];
    assert_ok(stage, cg_store_replace_billing(stage->store, at(date), at(date) + DAY, pointers, count,
                                              at("2026-02-01T08:00:00"), NULL, &stage->error));
}

void stage_add_run(struct stage *stage, int run_id) {
    char sql[256];
    snprintf(sql, sizeof sql,
             "INSERT INTO pipeline_runs (id, tenant_name, started_at, status) VALUES (%d, 'elsewhere', "
             "'2026-01-01 00:00:00.000000', 'completed') ON CONFLICT (id) DO NOTHING",
             run_id);
    /* SQLite does not look at references. */
    if (stage_on_postgres())
        stage_run(stage, sql);
}

cg_status stage_write_again(struct stage *stage, const char *date, const struct cg_fact *facts, size_t count,
                            int32_t *ret_changed) {
    const struct cg_date_result result = {.date = at(date),
                                          .facts = facts,
                                          .fact_count = count,
                                          .run_id = STAGE_RUN,
                                          .now = at("2026-02-01T08:09:10.999999")};
    uint64_t rows = 0;
    int32_t changed = 0;
    cg_status status = cg_store_write_date(stage->store, &result, &rows, &changed, &stage->error);
    if (ret_changed)
        *ret_changed = changed;
    return status;
}

cg_status stage_write(struct stage *stage, const char *date, const struct cg_fact *facts, size_t count,
                      int32_t *ret_changed) {
    stage_add_run(stage, STAGE_RUN);
    return stage_write_again(stage, date, facts, count, ret_changed);
}

struct cg_topic_fact topic_of(const char *time, const char *topic, const char *product, const char *amount) {
    return (struct cg_topic_fact){.timestamp = at(time),
                                  .env_id = "env-1",
                                  .cluster_resource_id = "lkc-1",
                                  .topic_name = topic,
                                  .product_category = "KAFKA",
                                  .product_type = product,
                                  .attribution_method = "bytes_ratio",
                                  .amount = number(amount)};
}

cg_status stage_attribute(struct stage *stage, const char *date, const struct cg_topic_fact *facts, size_t count,
                          int32_t *ret_changed) {
    const struct cg_topic_result result = {
        .date = at(date), .facts = facts, .fact_count = count, .now = at("2026-02-01T08:09:10.999999")};
    uint64_t rows = 0;
    int32_t changed = 0;
    cg_status status = cg_store_write_topics(stage->store, &result, &rows, &changed, &stage->error);
    if (ret_changed)
        *ret_changed = changed;
    return status;
}
