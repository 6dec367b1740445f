#include "store/adopt.h"

#include <stdio.h>
#include <string.h>

#include "store/history.h"
#include "store/once.h"
#include "store/rebuild.h"
#include "store/schema.h"

/* Room for the shared tables; there are twelve. */
#define MAX_TABLES 16

struct table {
    const struct cg_shared_table *wanted;
    struct cg_ddl_columns columns; /* as found; none: there is no such table */
    int32_t rebuilds;
};

struct work {
    struct cg_store *store;
    struct cg_arena *arena;
    struct cg_adoption *adoption;
    struct cg_error *error;
    const char *revision;   /* as found, NULL when there was none */
    int32_t position;       /* of the revision in the history */
    int32_t splits_billing; /* 1: lines of an ecosystem with environments still lie in billing */
    struct table tables[MAX_TABLES];
    size_t count;
};

int32_t cg_adopt_is_older(const char *revision) {
    int32_t position = cg_history_position(revision);
    return position > 0 && position < cg_history_position(CG_SCHEMA_REVISION);
}

static struct table *find(struct work *work, const char *name) {
    for (size_t i = 0; i < work->count; i++)
        if (strcmp(work->tables[i].wanted->name, name) == 0)
            return &work->tables[i];
    return &work->tables[0];
}

static cg_status look(struct work *work) {
    if (cg_shared_tables_count > MAX_TABLES)
        return cg_store_error(work->store, work->error, CG_RANGE, "there are too many shared tables");
    cg_status status = CG_OK;
    for (size_t i = 0; i < cg_shared_tables_count && status == CG_OK; i++) {
        struct table *table = &work->tables[work->count++];
        table->wanted = &cg_shared_tables[i];
        status = cg_ddl_list_columns(work->store, table->wanted->name, work->arena, &table->columns, work->error);
    }
    return status;
}

static int32_t has_all_columns(const struct table *table) {
    for (size_t i = 0; i < table->wanted->column_count; i++)
        if (!cg_ddl_has_column(&table->columns, table->wanted->columns[i].name))
            return 0;
    return 1;
}

/* Whether a column that was found is none that the table should have. */
static int32_t is_strange(const struct table *table, size_t found) {
    const struct cg_ddl_columns known = {&table->columns.names[found], 1};
    for (size_t i = 0; i < table->wanted->column_count; i++)
        if (cg_ddl_has_column(&known, table->wanted->columns[i].name))
            return 0;
    return 1;
}

static void warn_of_losses(const struct work *work, const struct table *table) {
    for (size_t i = 0; i < table->columns.count && table->rebuilds; i++)
        if (is_strange(table, i))
            cg_log_write(work->store->log, CG_STORE_LOGGER, CG_LOG_WARNING,
                         "tenant '%s': the column '%s' of the table '%s' is not known and is not kept",
                         work->store->tenant_name, table->columns.names[i], table->wanted->name);
    if (!table->columns.count && cg_history_position(table->wanted->since) <= work->position)
        cg_log_write(work->store->log, CG_STORE_LOGGER, CG_LOG_WARNING,
                     "tenant '%s': the database has revision '%s' but no table '%s'; it is created empty",
                     work->store->tenant_name, work->revision, table->wanted->name);
}

/* Revisions from CG_HISTORY_FINAL on have the wanted tables, and rewriting large ones costs time and room. */
static void plan_older(struct work *work) {
    int32_t is_final = work->position >= cg_history_position(CG_HISTORY_FINAL);
    struct table *environments = find(work, CG_TABLE_ENVIRONMENT_BILLING);
    work->splits_billing =
        work->position < cg_history_position(CG_HISTORY_ENVIRONMENT_BILLING) || !environments->columns.count;
    for (size_t i = 0; i < work->count; i++) {
        struct table *table = &work->tables[i];
        int32_t exists = table->columns.count > 0;
        int32_t splits = work->splits_billing && strcmp(table->wanted->name, CG_TABLE_BILLING) == 0;
        table->rebuilds = exists && (!is_final || splits || !has_all_columns(table));
        warn_of_losses(work, table);
    }
}

static cg_status plan_unversioned(struct work *work) {
    for (size_t i = 0; i < work->count; i++) {
        struct table *table = &work->tables[i];
        table->rebuilds = table->columns.count > 0;
        for (size_t j = 0; table->rebuilds && j < table->wanted->column_count; j++)
            if (!cg_ddl_has_column(&table->columns, table->wanted->columns[j].name))
                return cg_store_error(work->store, work->error, CG_PERMANENT,
                                      "the database has no revision in alembic_version, and its table '%s' has no "
                                      "column '%s', so it is not of revision '%s'; restore it from a copy, or give the "
                                      "tenant an empty database",
                                      table->wanted->name, table->wanted->columns[j].name, CG_SCHEMA_REVISION);
        for (size_t j = 0; j < table->columns.count; j++)
            if (is_strange(table, j))
                return cg_store_error(work->store, work->error, CG_PERMANENT,
                                      "the database has no revision in alembic_version, and its table '%s' has a "
                                      "column '%s' that revision '%s' does not have; restore it from a copy, or give "
                                      "the tenant an empty database",
                                      table->wanted->name, table->columns.names[j], CG_SCHEMA_REVISION);
    }
    return CG_OK;
}

static cg_status check(struct work *work) {
    cg_status status = CG_OK;
    for (size_t i = 0; i < work->count && status == CG_OK; i++)
        if (work->tables[i].rebuilds)
            status = cg_rebuild_check(work->store, work->tables[i].wanted, &work->tables[i].columns, work->error);
    if (status == CG_OK && work->splits_billing && find(work, CG_TABLE_BILLING)->columns.count)
        status = cg_history_check_billing(work->store, &find(work, CG_TABLE_BILLING)->columns, work->error);
    return status;
}

/* Those that refer to others go first and come last. */
static cg_status replace_tables(struct work *work) {
    cg_status status = CG_OK;
    for (size_t i = work->count; i-- > 0 && status == CG_OK;)
        if (work->tables[i].rebuilds)
            status = cg_rebuild_keep(work->store, work->tables[i].wanted->name, work->error);
    for (size_t i = 0; i < work->count && status == CG_OK; i++)
        if (work->tables[i].rebuilds || !work->tables[i].columns.count)
            status = cg_ddl_create_table(work->store, work->tables[i].wanted, work->error);
    return status;
}

static cg_status fill(struct work *work, const struct cg_rebuild *rebuild, int64_t *ret_rows) {
    struct cg_rebuilt done = {0};
    cg_status status = cg_rebuild_fill(work->store, rebuild, &done, work->error);
    work->adoption->rows += done.rows;
    work->adoption->duplicates += done.duplicates;
    if (ret_rows)
        *ret_rows += done.rows;
    return status;
}

static cg_status fill_tables(struct work *work) {
    int32_t splits = work->splits_billing && work->store->has_environments;
    cg_status status = CG_OK;
    for (size_t i = 0; i < work->count && status == CG_OK; i++) {
        struct table *table = &work->tables[i];
        struct cg_rebuild rebuild = {.table = table->wanted, .source = table->wanted->name, .columns = &table->columns};
        if (!table->rebuilds)
            continue;
        if (splits && strcmp(table->wanted->name, CG_TABLE_BILLING) == 0) {
            rebuild.where = "h.ecosystem <> ?1";
            rebuild.parameter = work->store->ecosystem;
        }
        work->adoption->tables++;
        status = fill(work, &rebuild, NULL);
    }
    struct table *billing = find(work, CG_TABLE_BILLING);
    if (status != CG_OK || !splits || !billing->rebuilds)
        return status;
    struct cg_rebuild moved = {.table = find(work, CG_TABLE_ENVIRONMENT_BILLING)->wanted,
                               .source = CG_TABLE_BILLING,
                               .columns = &billing->columns,
                               .where = "h.ecosystem = ?1",
                               .parameter = work->store->ecosystem,
                               .splits_environment = 1};
    return fill(work, &moved, &work->adoption->moved);
}

static cg_status drop_kept(struct work *work) {
    cg_status status = CG_OK;
    for (size_t i = 0; i < work->count && status == CG_OK; i++)
        if (work->tables[i].rebuilds)
            status = cg_rebuild_drop(work->store, work->tables[i].wanted->name, work->error);
    return status;
}

static cg_status create_indexes(struct work *work) {
    char sql[CG_DDL_NAME_SIZE];
    cg_status status = CG_OK;
    for (size_t i = 0; i < cg_shared_old_indexes_count && status == CG_OK; i++) {
        snprintf(sql, sizeof sql, "DROP INDEX IF EXISTS %s", cg_shared_old_indexes[i]);
        status = cg_ddl_execute(work->store, sql, "dropping old indexes", work->error);
    }
    for (size_t i = 0; i < work->count && status == CG_OK; i++) {
        struct table *table = &work->tables[i];
        int32_t is_new = table->rebuilds || !table->columns.count;
        status = cg_ddl_create_indexes(work->store, table->wanted, !is_new, work->error);
    }
    return status;
}

/* From the plan to tables as a new database has them, but for the data that steps of the history changed. */
static cg_status rebuild(struct work *work) {
    cg_status status = check(work);
    if (status == CG_OK)
        status = replace_tables(work);
    if (status == CG_OK)
        status = fill_tables(work);
    if (status == CG_OK)
        status = drop_kept(work);
    return status;
}

static cg_status adopt_older(struct work *work) {
    plan_older(work);
    int32_t fills_environments = work->position < cg_history_position(CG_HISTORY_DIMENSION_ENVIRONMENT) ||
                                 !has_all_columns(find(work, "chargeback_dimensions"));
    cg_status status = rebuild(work);
    if (status == CG_OK && fills_environments)
        status = cg_history_fill_environments(work->store, work->error);
    if (status == CG_OK)
        status = cg_history_name_topics(work->store, work->error);
    if (status == CG_OK && work->position < cg_history_position(CG_HISTORY_TAGS))
        status = cg_history_drop_labels(work->store, &work->adoption->dropped_labels, work->error);
    if (status == CG_OK)
        status = create_indexes(work);
    if (status == CG_OK)
        status = cg_ddl_execute(work->store, "UPDATE alembic_version SET version_num = '" CG_SCHEMA_REVISION "'",
                                "recording the schema's revision", work->error);
    return status;
}

static cg_status adopt_unversioned(struct work *work) {
    int32_t has_table = 0;
    cg_status status = plan_unversioned(work);
    if (status == CG_OK)
        status = rebuild(work);
    if (status == CG_OK)
        status = create_indexes(work);
    if (status == CG_OK)
        status = cg_ddl_exists(work->store, cg_shared_version.name, &has_table, work->error);
    if (status == CG_OK && !has_table)
        status = cg_ddl_create_table(work->store, &cg_shared_version, work->error);
    if (status == CG_OK)
        status =
            cg_ddl_execute(work->store, "INSERT INTO alembic_version (version_num) VALUES ('" CG_SCHEMA_REVISION "')",
                           "recording the schema's revision", work->error);
    return status;
}

static cg_status adopt(struct cg_store *store, const char *revision, struct cg_adoption *adoption,
                       struct cg_error *error) {
    struct work work = {.store = store,
                        .arena = cg_arena_new(),
                        .adoption = adoption,
                        .error = error,
                        .revision = revision,
                        .position = revision ? cg_history_position(revision) : 0};
    if (!work.arena)
        return cg_error_no_memory(error);
    snprintf(adoption->from, sizeof adoption->from, "%s", revision ? revision : "");
    cg_status status = look(&work);
    if (status == CG_OK)
        status = revision ? adopt_older(&work) : adopt_unversioned(&work);
    adoption->done = status == CG_OK;
    cg_arena_free(work.arena);
    return status;
}

cg_status cg_adopt_older(struct cg_store *store, const char *revision, struct cg_adoption *adoption,
                         struct cg_error *error) {
    cg_log_write(store->log, CG_STORE_LOGGER, CG_LOG_INFO,
                 "tenant '%s': bringing the database from revision '%s' to '%s'; this happens once and takes longer "
                 "the more rows there are",
                 store->tenant_name, revision, CG_SCHEMA_REVISION);
    return adopt(store, revision, adoption, error);
}

cg_status cg_adopt_unversioned(struct cg_store *store, struct cg_adoption *adoption, struct cg_error *error) {
    return adopt(store, NULL, adoption, error);
}

void cg_adopt_tell(const struct cg_store *store, const struct cg_adoption *adoption) {
    if (!adoption->done)
        return;
    if (*adoption->from)
        cg_log_write(store->log, CG_STORE_LOGGER, CG_LOG_INFO,
                     "tenant '%s': the database was brought from revision '%s' to '%s': %lld rows in %d tables "
                     "rewritten, %lld billing lines moved to " CG_TABLE_ENVIRONMENT_BILLING ", %lld duplicates removed",
                     store->tenant_name, adoption->from, CG_SCHEMA_REVISION, (long long)adoption->rows,
                     adoption->tables, (long long)adoption->moved, (long long)adoption->duplicates);
    else
        cg_log_write(store->log, CG_STORE_LOGGER, CG_LOG_INFO,
                     "tenant '%s': the database had the tables of revision '%s' but no revision; they were adopted "
                     "(%lld rows in %d tables rewritten)",
                     store->tenant_name, CG_SCHEMA_REVISION, (long long)adoption->rows, adoption->tables);
    if (adoption->dropped_labels)
        cg_log_write(
            store->log, CG_STORE_LOGGER, CG_LOG_WARNING,
            "tenant '%s': the table custom_tags was dropped with its %lld rows; revision '%s' has no place for "
            "them, set the tags again",
            store->tenant_name, (long long)adoption->dropped_labels, CG_SCHEMA_REVISION);
}
