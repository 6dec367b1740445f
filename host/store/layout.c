#include "store/layout.h"

#include <stdio.h>
#include <string.h>

#include "store/ddl.h"
#include "store/once.h"
#include "store/spelling.h"

/* Partitions are those of PostgreSQL, and so are its catalogs. '#' is the table of facts, '@' that of dimensions. */
#define IS_PARTITIONED "SELECT COUNT(*) FROM pg_partitioned_table WHERE partrelid = to_regclass(?1)"

/* Constraints and indexes give their names to the new table. */
static const char put_aside[] =
    "ALTER TABLE # RENAME TO cg_old_#; "
    "DO 'DECLARE r record; BEGIN "
    "FOR r IN SELECT conname FROM pg_constraint WHERE conrelid = ''cg_old_#''::regclass LOOP "
    "EXECUTE format(''ALTER TABLE cg_old_# DROP CONSTRAINT %I'', r.conname); END LOOP; "
    "FOR r IN SELECT indexrelid::regclass AS name FROM pg_index WHERE indrelid = ''cg_old_#''::regclass LOOP "
    "EXECUTE ''DROP INDEX '' || r.name; END LOOP; "
    "FOR r IN SELECT conname FROM pg_constraint WHERE conrelid = ''@''::regclass AND contype = ''p'' LOOP "
    "EXECUTE format(''ALTER TABLE @ DROP CONSTRAINT %I'', r.conname); END LOOP; END'; "
    "ALTER TABLE @ ADD CONSTRAINT @_pkey PRIMARY KEY (dimension_id, tenant_id)";

static const char create[] = "CREATE TABLE # (LIKE cg_old_# INCLUDING DEFAULTS, tenant_id VARCHAR NOT NULL DEFAULT ";
static const char partition[] = ") PARTITION BY RANGE (timestamp); CREATE TABLE #_default PARTITION OF # DEFAULT";

/* What lies outside of the calendar stays in the default partition: infinity has no month. */
static const char make_months[] =
    "DO 'DECLARE m timestamp with time zone; BEGIN "
    "FOR m IN SELECT DISTINCT date_trunc(''month'', timestamp) FROM cg_old_# WHERE timestamp >= ''0001-01-01'' AND "
    "timestamp < ''9999-12-01'' LOOP "
    "EXECUTE format(''CREATE TABLE %I PARTITION OF # FOR VALUES FROM (%L) TO (%L)'', "
    "''#_y'' || to_char(m, ''YYYY'') || ''m'' || to_char(m, ''MM''), m, m + interval ''1 month''); "
    "END LOOP; END'";

/* Keys and references are made when the rows are there, which is several times faster. The time comes first in the key,
 * as it does without partitions: a day's rows are found by it. */
static const char finish[] =
    "ALTER TABLE # ADD CONSTRAINT #_pkey PRIMARY KEY (timestamp, dimension_id, tenant_id); "
    "ALTER TABLE # ADD CONSTRAINT #_dimension_id_fkey FOREIGN KEY (dimension_id, tenant_id) REFERENCES @ "
    "(dimension_id, tenant_id); "
    "DROP TABLE cg_old_#; ANALYZE #";

#define OWN_KEY(table) \
    "ALTER TABLE " table " DROP CONSTRAINT " table "_pkey, ADD CONSTRAINT " table "_pkey PRIMARY KEY (tenant_id, id)"

struct kind {
    const char *facts;
    const char *dimensions;
    const char *insert; /* with the tenant of each row's dimension */
};

#define FILL(columns, values)                                     \
    "INSERT INTO # (" columns ", tenant_id) SELECT " values       \
    ", d.tenant_id FROM cg_old_# h JOIN @ d ON d.dimension_id = " \
    "h.dimension_id"

static const struct kind kinds[CG_FACT_KINDS] = {
    {"chargeback_facts", "chargeback_dimensions",
     FILL("timestamp, dimension_id, amount, tags_json", "h.timestamp, h.dimension_id, h.amount, h.tags_json")},
    {"topic_attribution_facts", "topic_attribution_dimensions",
     FILL("timestamp, dimension_id, amount", "h.timestamp, h.dimension_id, h.amount")},
};

static int32_t has_partitions(const struct cg_store *store) {
    return (store->driver->dialect->features & CG_SQL_PARTITIONS) != 0;
}

cg_status cg_layout_look(struct cg_store *store, struct cg_error *error) {
    int64_t count = 0;
    store->is_monthly = 0;
    if (!has_partitions(store))
        return CG_OK;
    cg_status status = cg_once_number(store, IS_PARTITIONED, kinds[CG_FACTS_CHARGEBACK].facts, "looking for partitions",
                                      &count, error);
    store->is_monthly = count > 0;
    return status;
}

int32_t cg_layout_is_due(const struct cg_store *store) {
    return !store->read_only && (store->flags & CG_STORE_MONTHLY) && !store->is_monthly;
}

cg_status cg_layout_check(struct cg_store *store, struct cg_error *error) {
    if ((store->flags & CG_STORE_MONTHLY) && !has_partitions(store))
        return cg_store_error(store, error, CG_INVALID,
                              "storage.partitioning is 'monthly', but a database of the kind '%s' has no partitions; "
                              "leave the key out",
                              store->driver->dialect->name);
    if ((store->flags & CG_STORE_UNPARTITIONED) && store->is_monthly && !store->read_only)
        return cg_store_error(store, error, CG_INVALID,
                              "storage.partitioning is 'none', but the rows of the database lie in monthly partitions, "
                              "which are not put together again; write 'monthly' or leave the key out");
    return CG_OK;
}

static cg_status run(struct cg_store *store, const struct kind *kind, const char *const *parts, size_t count,
                     struct cg_error *error) {
    struct cg_buf buf;
    cg_buf_init(&buf, CG_DDL_LIMIT);
    for (size_t i = 0; i < count; i++)
        cg_spelling_add(&buf, parts[i], kind->facts, kind->dimensions);
    cg_status status = buf.status == CG_OK
                           ? cg_ddl_execute(store, cg_buf_text(&buf), "putting rows into monthly partitions", error)
                           : cg_error_no_memory(error);
    cg_buf_done(&buf);
    return status;
}

/* The tenant as a literal: the value for those who write facts without knowing of it. */
static cg_status create_partitioned(struct cg_store *store, const struct kind *kind, struct cg_error *error) {
    struct cg_buf buf;
    cg_buf_init(&buf, CG_DDL_LIMIT);
    cg_spelling_add(&buf, create, kind->facts, kind->dimensions);
    cg_buf_add_char(&buf, '\'');
    for (const char *at = store->tenant_id; *at; at++) {
        if (*at == '\'')
            cg_buf_add_char(&buf, '\'');
        cg_buf_add_char(&buf, *at);
    }
    cg_buf_add_char(&buf, '\'');
    cg_spelling_add(&buf, partition, kind->facts, kind->dimensions);
    cg_status status = buf.status == CG_OK
                           ? cg_ddl_execute(store, cg_buf_text(&buf), "creating partitioned tables", error)
                           : cg_error_no_memory(error);
    cg_buf_done(&buf);
    return status;
}

static cg_status create_indexes(struct cg_store *store, const struct kind *kind, struct cg_error *error) {
    cg_status status = CG_OK;
    for (size_t i = 0; i < cg_shared_tables_count && status == CG_OK; i++)
        if (strcmp(cg_shared_tables[i].name, kind->facts) == 0)
            status = cg_ddl_create_indexes(store, &cg_shared_tables[i], 0, error);
    return status;
}

static cg_status convert_kind(struct cg_store *store, const struct kind *kind, struct cg_error *error) {
    const char *const before[] = {put_aside};
    const char *const fill[] = {make_months, "; ", kind->insert};
    const char *const after[] = {finish};
    char aside[CG_DDL_NAME_SIZE];
    snprintf(aside, sizeof aside, "cg_old_%s", kind->facts);
    cg_status status = run(store, kind, before, 1, error);
    if (status == CG_OK)
        status = create_partitioned(store, kind, error);
    if (status == CG_OK)
        status = run(store, kind, fill, sizeof fill / sizeof fill[0], error);
    if (status == CG_OK)
        status = cg_ddl_copy_rights(store, aside, kind->facts, error);
    if (status == CG_OK)
        status = run(store, kind, after, 1, error);
    return status == CG_OK ? create_indexes(store, kind, error) : status;
}

cg_status cg_layout_convert(struct cg_store *store, struct cg_error *error) {
    static const char *const own[] = {OWN_KEY("cg_billing_revisions"), OWN_KEY("cg_date_revisions")};
    cg_status status = CG_OK;
    for (uint32_t i = 0; i < CG_FACT_KINDS && status == CG_OK; i++)
        status = convert_kind(store, &kinds[i], error);
    for (size_t i = 0; i < sizeof own / sizeof own[0] && status == CG_OK; i++)
        status = cg_ddl_execute(store, own[i], "putting the tenant into keys", error);
    if (status == CG_OK)
        store->is_monthly = 1;
    return status;
}
