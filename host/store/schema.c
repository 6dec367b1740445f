#include "store/schema.h"

#include <string.h>

#include "base/buf.h"
#include "store/query.h"
#include "store/tables.h"

/* Longest statement that creates a table. */
#define MAX_STATEMENT (64 * 1024)

#define OWN_VERSION_TABLE "cg_schema"

struct token {
    const char *name;
    const char *text;
};

/* The serial key without SQLite's promise never to use a number again. */
static const char *rowid_key(const struct cg_sql_dialect *dialect, struct cg_arena *arena) {
    const char *word = strstr(dialect->serial_primary_key, " AUTOINCREMENT");
    if (!word)
        return dialect->serial_primary_key;
    return cg_arena_copy(arena, dialect->serial_primary_key, (size_t)(word - dialect->serial_primary_key));
}

#define DIMENSION_KEY                                                                                                 \
    "(ecosystem, tenant_id, resource_id, product_category, product_type, identity_id, cost_type, allocation_method, " \
    "allocation_detail, env_id)"

static cg_status expand(struct cg_buf *buf, const char *sql, const struct token *tokens, size_t count) {
    while (*sql) {
        size_t plain = strcspn(sql, "$");
        cg_buf_add(buf, sql, plain);
        sql += plain;
        if (!*sql)
            break;
        size_t i = 0;
        while (i < count && strncmp(sql, tokens[i].name, strlen(tokens[i].name)) != 0)
            i++;
        if (i == count)
            return CG_INVALID;
        cg_buf_add_text(buf, tokens[i].text);
        sql += strlen(tokens[i].name);
    }
    return buf->status;
}

static cg_status execute(struct cg_store *store, const char *sql, const char *doing, struct cg_error *error) {
    cg_status status = store->driver->execute(store->connection, sql);
    return status == CG_OK ? CG_OK : cg_store_failed(store, status, doing, error);
}

static cg_status create(struct cg_store *store, const char *const *statements, size_t count, struct cg_error *error) {
    const struct cg_sql_dialect *dialect = store->driver->dialect;
    int is_sqlite = strcmp(dialect->name, "sqlite") == 0;
    const char *rowid = rowid_key(dialect, store->scratch);
    if (!rowid)
        return cg_error_no_memory(error);
    const struct token tokens[] = {
        {"$ts", dialect->timestamp_type},
        {"$bool", dialect->boolean_type},
        {"$serial", dialect->serial_primary_key},
        {"$rowid", rowid},
        {"$text", is_sqlite ? "TEXT" : "VARCHAR"},
        {"$blank", is_sqlite ? " DEFAULT ''" : ""},
        {"$unique_dimensions",
         is_sqlite ? "CREATE UNIQUE INDEX uq_chargeback_dimensions ON chargeback_dimensions " DIMENSION_KEY
                   : "ALTER TABLE chargeback_dimensions ADD CONSTRAINT uq_chargeback_dimensions UNIQUE " DIMENSION_KEY},
    };
    struct cg_buf buf;
    cg_buf_init(&buf, MAX_STATEMENT);
    cg_status status = CG_OK;
    for (size_t i = 0; i < count && status == CG_OK; i++) {
        cg_buf_clear(&buf);
        status = expand(&buf, statements[i], tokens, sizeof tokens / sizeof tokens[0]);
        if (status == CG_OK)
            status = execute(store, cg_buf_text(&buf), "creating the tables", error);
        else
            status = cg_store_error(store, error, status, "a table's definition cannot be written out");
    }
    cg_buf_done(&buf);
    cg_arena_reset(store->scratch);
    return status;
}

static cg_status exists(struct cg_store *store, const char *table, int32_t *ret, struct cg_error *error) {
    cg_status status = store->driver->table_exists(store->connection, table, ret);
    return status == CG_OK ? CG_OK : cg_store_failed(store, status, "looking for tables", error);
}

/* The name of the first shared table that exists (or, with `wanted` 0, that is missing); NULL when there is none. */
static cg_status first_table(struct cg_store *store, int32_t wanted, const char **ret, struct cg_error *error) {
    *ret = NULL;
    for (size_t i = 0; i < cg_tables_names_count && !*ret; i++) {
        int32_t found = 0;
        cg_status status = exists(store, cg_tables_names[i], &found, error);
        if (status != CG_OK)
            return status;
        if (found == wanted)
            *ret = cg_tables_names[i];
    }
    return CG_OK;
}

/* 001..031 and the one revision with a name of its own. */
static int is_older(const char *revision) {
    if (strcmp(revision, "ddebea2fe0a8") == 0)
        return 1;
    return strlen(revision) == 3 && strspn(revision, "0123456789") == 3 && strcmp(revision, "000") > 0 &&
           strcmp(revision, CG_SCHEMA_REVISION) < 0;
}

static cg_status judge_revision(struct cg_store *store, const char *revision, int64_t count, struct cg_error *error) {
    if (count == 0)
        return cg_store_error(
            store, error, CG_PERMANENT,
            "the database has tables but its table alembic_version is empty, so their revision is not "
            "known; restore it from a copy, or give the tenant an empty database");
    if (count > 1)
        return cg_store_error(store, error, CG_PERMANENT,
                              "the table alembic_version of the database has %lld rows where one was expected; restore "
                              "it from a copy",
                              (long long)count);
    if (strcmp(revision, CG_SCHEMA_REVISION) == 0)
        return CG_OK;
    if (is_older(revision))
        return cg_store_error(
            store, error, CG_PERMANENT,
            "the database has the older revision '%s'; start the Python engine's newest release once, "
            "which upgrades it to '%s'",
            revision, CG_SCHEMA_REVISION);
    return cg_store_error(
        store, error, CG_PERMANENT,
        "the database has the revision '%.40s', which this release does not know (it knows '%s'); use "
        "a newer release of chitragupt",
        revision, CG_SCHEMA_REVISION);
}

static cg_status check_revision(struct cg_store *store, struct cg_error *error) {
    struct cg_query query;
    char revision[64] = "";
    int64_t count = 0;
    cg_query_start(&query, store, "SELECT version_num FROM alembic_version", "reading the schema's revision", error);
    while (cg_query_row(&query)) {
        const char *text = cg_query_peek(&query, 0);
        size_t length = text ? strlen(text) : 0;
        length = length < sizeof revision ? length : sizeof revision - 1;
        if (text)
            memcpy(revision, text, length);
        revision[length] = '\0';
        count++;
    }
    cg_status status = cg_query_end(&query);
    if (status == CG_OK)
        status = judge_revision(store, revision, count, error);
    const char *missing = NULL;
    if (status == CG_OK)
        status = first_table(store, 0, &missing, error);
    if (status == CG_OK && missing)
        status = cg_store_error(store, error, CG_PERMANENT,
                                "the database has revision '%s' but no table '%s'; restore it from a copy",
                                CG_SCHEMA_REVISION, missing);
    return status;
}

/* The shared tables: there and right, or created when the database is empty. */
static cg_status prepare_shared(struct cg_store *store, struct cg_error *error) {
    int32_t has_revision = 0;
    cg_status status = exists(store, "alembic_version", &has_revision, error);
    if (status != CG_OK)
        return status;
    if (has_revision)
        return check_revision(store, error);
    const char *table = NULL;
    status = first_table(store, 1, &table, error);
    if (status != CG_OK)
        return status;
    if (table)
        return cg_store_error(
            store, error, CG_PERMANENT,
            "the database has a table '%s' but no table alembic_version, so its revision is not known; "
            "give the tenant an empty database, or restore this one from a copy",
            table);
    if (store->read_only)
        return cg_store_error(store, error, CG_PERMANENT, "the database is empty; the first run creates its tables");
    return create(store, cg_tables_shared, cg_tables_shared_count, error);
}

static cg_status own_version(struct cg_store *store, int64_t *ret, struct cg_error *error) {
    int32_t found = 0;
    *ret = 0;
    cg_status status = exists(store, OWN_VERSION_TABLE, &found, error);
    if (status != CG_OK || !found)
        return status;
    struct cg_query query;
    cg_query_start(&query, store, "SELECT COALESCE(MAX(version), 0) FROM cg_schema", "reading the schema's version",
                   error);
    if (cg_query_row(&query))
        *ret = cg_query_number(&query, 0);
    return cg_query_end(&query);
}

static cg_status record_version(struct cg_store *store, int64_t version, struct cg_error *error) {
    struct cg_query query;
    cg_query_start(&query, store, "INSERT INTO cg_schema (version) VALUES (?1)", "recording the schema's version",
                   error);
    cg_query_int(&query, 1, version);
    return cg_query_run(&query, NULL);
}

/* Our own tables, migration by migration. */
static cg_status prepare_own(struct cg_store *store, struct cg_error *error) {
    static const struct {
        const char *const *statements;
        const size_t *count;
    } migrations[CG_SCHEMA_OWN_VERSION] = {{cg_tables_own_1, &cg_tables_own_1_count}};
    static const char *const first[] = {"CREATE TABLE cg_schema (version INTEGER NOT NULL PRIMARY KEY)"};

    int64_t version = 0;
    cg_status status = own_version(store, &version, error);
    if (status == CG_OK && version > CG_SCHEMA_OWN_VERSION)
        status = cg_store_error(store, error, CG_PERMANENT,
                                "the database was used by a newer release of chitragupt (own tables of version %lld, "
                                "this release knows %d); use that release",
                                (long long)version, CG_SCHEMA_OWN_VERSION);
    if (status != CG_OK || store->read_only)
        return status;
    if (version <= 0) {
        int32_t found = 0;
        version = 0;
        status = exists(store, OWN_VERSION_TABLE, &found, error);
        if (status == CG_OK && !found)
            status = create(store, first, 1, error);
    }
    for (; status == CG_OK && version < CG_SCHEMA_OWN_VERSION; version++) {
        status = create(store, migrations[version].statements, *migrations[version].count, error);
        if (status == CG_OK)
            status = record_version(store, version + 1, error);
    }
    return status;
}

/* True through *ret when nothing is to be done, so that opening an up-to-date database takes no write lock. */
static cg_status is_ready(struct cg_store *store, int32_t *ret, struct cg_error *error) {
    int32_t has_revision = 0;
    int64_t version = 0;
    cg_status status = exists(store, "alembic_version", &has_revision, error);
    if (status == CG_OK)
        status = own_version(store, &version, error);
    *ret = status == CG_OK && has_revision && version == CG_SCHEMA_OWN_VERSION;
    return status;
}

cg_status cg_schema_prepare(struct cg_store *store, struct cg_error *error) {
    int32_t ready = 0;
    cg_status status = is_ready(store, &ready, error);
    if (status != CG_OK)
        return status;
    int32_t own = 0;
    int32_t writes = !ready && !store->read_only;
    status = cg_store_enter(store, writes ? CG_SQL_BEGIN_WRITE : CG_SQL_BEGIN_READ, &own, error);
    const char *lock = store->driver->dialect->schema_setup;
    if (status == CG_OK && writes && lock && *lock)
        status = execute(store, lock, "locking the schema", error);
    if (status == CG_OK)
        status = prepare_shared(store, error);
    if (status == CG_OK)
        status = prepare_own(store, error);
    return cg_store_leave(store, own, status, error);
}
