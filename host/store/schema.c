#include "store/schema.h"

#include <string.h>
#include <time.h>

#include "store/adopt.h"
#include "store/ddl.h"
#include "store/layout.h"
#include "store/private.h"
#include "store/query.h"
#include "store/spelling.h"
#include "store/tables.h"

#define OWN_VERSION_TABLE "cg_schema"

/* How long to wait for another process that brings the database up to date, and between two looks, in nanoseconds. */
#define WAIT_LIMIT_NS INT64_C(600000000000)
#define WAIT_STEP_NS 100000000L

/* What the database holds. */
struct state {
    int32_t has_version_table;
    int64_t revisions;   /* rows of alembic_version */
    char revision[64];   /* one of them, cut to the room */
    const char *table;   /* the first shared table that exists, or NULL */
    const char *missing; /* the first one that does not, or NULL */
};

static cg_status read_revision(struct cg_store *store, struct state *state, struct cg_error *error) {
    struct cg_query query;
    cg_query_start(&query, store, "SELECT version_num FROM alembic_version", "reading the schema's revision", error);
    while (cg_query_row(&query)) {
        const char *text = cg_query_peek(&query, 0);
        size_t length = text ? strlen(text) : 0;
        length = length < sizeof state->revision ? length : sizeof state->revision - 1;
        if (text)
            memcpy(state->revision, text, length);
        state->revision[length] = '\0';
        state->revisions++;
    }
    return cg_query_end(&query);
}

static cg_status read_state(struct cg_store *store, struct state *state, struct cg_error *error) {
    *state = (struct state){0};
    cg_status status = cg_ddl_exists(store, cg_shared_version.name, &state->has_version_table, error);
    if (status == CG_OK && state->has_version_table)
        status = read_revision(store, state, error);
    for (size_t i = 0; i < cg_shared_tables_count && status == CG_OK; i++) {
        int32_t found = 0;
        const char *name = cg_shared_tables[i].name;
        status = cg_ddl_exists(store, name, &found, error);
        if (found && !state->table)
            state->table = name;
        if (!found && !state->missing)
            state->missing = name;
    }
    return status;
}

static int32_t is_current(const struct state *state) {
    return state->revisions == 1 && strcmp(state->revision, CG_SCHEMA_REVISION) == 0;
}

/* Whether all rows of the shared tables may have to be rewritten. */
static int32_t is_large_work(const struct state *state) {
    return state->revisions == 1 ? cg_adopt_is_older(state->revision) : state->revisions == 0 && state->table;
}

static cg_status create_shared(struct cg_store *store, const struct state *state, struct cg_error *error) {
    static const char *const record[] = {"INSERT INTO alembic_version (version_num) VALUES ('" CG_SCHEMA_REVISION "')"};
    cg_status status = CG_OK;
    for (size_t i = 0; i < cg_shared_tables_count && status == CG_OK; i++) {
        status = cg_ddl_create_table(store, &cg_shared_tables[i], error);
        if (status == CG_OK)
            status = cg_ddl_create_indexes(store, &cg_shared_tables[i], 0, error);
    }
    if (status == CG_OK && !state->has_version_table)
        status = cg_ddl_create_table(store, &cg_shared_version, error);
    return status == CG_OK ? cg_ddl_run(store, record, 1, error) : status;
}

static cg_status prepare_unversioned(struct cg_store *store, const struct state *state, struct cg_adoption *adoption,
                                     struct cg_error *error) {
    if (!store->read_only)
        return state->table ? cg_adopt_unversioned(store, adoption, error) : create_shared(store, state, error);
    if (state->table)
        return cg_store_error(store, error, CG_PERMANENT,
                              "the database has a table '%s' but no revision in alembic_version; a run brings it up to "
                              "date",
                              state->table);
    return cg_store_error(store, error, CG_PERMANENT, "the database is empty; the first run creates its tables");
}

static cg_status prepare_older(struct cg_store *store, const struct state *state, struct cg_adoption *adoption,
                               struct cg_error *error) {
    if (!store->read_only)
        return cg_adopt_older(store, state->revision, adoption, error);
    return cg_store_error(store, error, CG_PERMANENT,
                          "the database has the older revision '%s'; a run brings it up to date ('%s')",
                          state->revision, CG_SCHEMA_REVISION);
}

/* The shared tables: there and right, created when the database is empty, or adopted. */
static cg_status prepare_shared(struct cg_store *store, struct cg_adoption *adoption, struct cg_error *error) {
    struct state state;
    cg_status status = read_state(store, &state, error);
    if (status != CG_OK)
        return status;
    if (state.revisions == 0)
        return prepare_unversioned(store, &state, adoption, error);
    if (state.revisions > 1)
        return cg_store_error(store, error, CG_PERMANENT,
                              "the table alembic_version of the database has %lld rows where one was expected; restore "
                              "it from a copy",
                              (long long)state.revisions);
    if (!state.table && !is_current(&state))
        return cg_store_error(store, error, CG_PERMANENT,
                              "the database has the revision '%.40s' in alembic_version, but none of the tables that "
                              "belong to it, so another program may have written it; give the tenant a database, or a "
                              "schema, of its own",
                              state.revision);
    if (cg_adopt_is_older(state.revision))
        return prepare_older(store, &state, adoption, error);
    if (!is_current(&state))
        return cg_store_error(
            store, error, CG_PERMANENT,
            "the database has the revision '%.40s', which this release does not know (it knows '%s'); use "
            "a newer release of chitragupt",
            state.revision, CG_SCHEMA_REVISION);
    if (state.missing)
        return cg_store_error(store, error, CG_PERMANENT,
                              "the database has revision '%s' but no table '%s'; restore it from a copy",
                              CG_SCHEMA_REVISION, state.missing);
    return CG_OK;
}

static cg_status own_version(struct cg_store *store, int64_t *ret, struct cg_error *error) {
    int32_t found = 0;
    *ret = 0;
    cg_status status = cg_ddl_exists(store, OWN_VERSION_TABLE, &found, error);
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
    } migrations[CG_SCHEMA_OWN_VERSION] = {{cg_tables_own_1, &cg_tables_own_1_count},
                                           {cg_tables_own_2, &cg_tables_own_2_count}};
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
        status = cg_ddl_exists(store, OWN_VERSION_TABLE, &found, error);
        if (status == CG_OK && !found)
            status = cg_ddl_run(store, first, 1, error);
    }
    for (; status == CG_OK && version < CG_SCHEMA_OWN_VERSION; version++) {
        status = cg_ddl_run(store, migrations[version].statements, *migrations[version].count, error);
        if (status == CG_OK)
            status = record_version(store, version + 1, error);
    }
    return status;
}

/* What is to be written, as far as it can be told without the lock: a database that is up to date, or will be refused,
 * is opened without it. */
#define WORK_NONE 0
#define WORK_SMALL 1
#define WORK_LARGE 2

static cg_status look(struct cg_store *store, int32_t *ret, struct cg_error *error) {
    struct state state;
    int64_t version = 0;
    cg_status status = read_state(store, &state, error);
    if (status == CG_OK)
        status = own_version(store, &version, error);
    *ret = WORK_NONE;
    if (is_large_work(&state))
        *ret = WORK_LARGE;
    else if (state.revisions == 0 || (is_current(&state) && version < CG_SCHEMA_OWN_VERSION))
        *ret = WORK_SMALL;
    if (status == CG_OK)
        status = cg_layout_look(store, error);
    if (status == CG_OK && is_current(&state) && cg_layout_is_due(store))
        *ret = WORK_LARGE;
    return status;
}

static int64_t monotonic_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

/* Begins the transaction. Whoever finds the lock taken while there is large work waits for the process that does it. */
static cg_status enter(struct cg_store *store, int32_t *ret_own, struct cg_error *error) {
    static const struct timespec pause = {0, WAIT_STEP_NS};
    int64_t start = monotonic_ns();
    for (;;) {
        int32_t work = WORK_NONE;
        cg_status status = look(store, &work, error);
        int32_t writes = work != WORK_NONE && !store->read_only;
        const char *settings = cg_spelling_of(store->driver->dialect)->settings;
        if (status == CG_OK && writes && work == WORK_LARGE && *settings)
            status = cg_ddl_execute(store, settings, "preparing for large work", error);
        if (status == CG_OK)
            status = cg_store_enter(store, writes ? CG_SQL_BEGIN_WRITE : CG_SQL_BEGIN_READ, ret_own, error);
        const char *lock = store->driver->dialect->schema_setup;
        if (status == CG_OK && writes && lock && *lock)
            status = cg_ddl_execute(store, lock, "locking the schema", error);
        if (status != CG_TEMPORARY || work != WORK_LARGE || !writes || monotonic_ns() - start > WAIT_LIMIT_NS)
            return status;
        cg_store_leave(store, *ret_own, status, error);
        if (error)
            cg_error_clear(error);
        nanosleep(&pause, NULL);
    }
}

/* Looked at again, since another process may have been faster. */
static cg_status prepare_layout(struct cg_store *store, int32_t *ret_converted, struct cg_error *error) {
    cg_status status = cg_layout_look(store, error);
    if (status == CG_OK)
        status = cg_layout_check(store, error);
    *ret_converted = status == CG_OK && cg_layout_is_due(store);
    return *ret_converted ? cg_layout_convert(store, error) : status;
}

cg_status cg_schema_prepare(struct cg_store *store, struct cg_error *error) {
    struct cg_adoption adoption = {0};
    int32_t converted = 0;
    int32_t own = 0;
    cg_status status = enter(store, &own, error);
    if (status == CG_OK)
        status = prepare_shared(store, &adoption, error);
    if (status == CG_OK)
        status = prepare_own(store, error);
    if (status == CG_OK)
        status = prepare_layout(store, &converted, error);
    status = cg_store_leave(store, own, status, error);
    if (status == CG_OK)
        cg_adopt_tell(store, &adoption);
    if (status == CG_OK && converted)
        cg_log_write(store->log, CG_STORE_LOGGER, CG_LOG_INFO,
                     "tenant '%s': the rows of the database lie in monthly partitions now", store->tenant_name);
    return status;
}
