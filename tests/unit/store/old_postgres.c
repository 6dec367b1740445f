#include "old_postgres.h"

/* What a revision did in place of what is written for SQLite. */
struct step {
    const char *revision;
    const char *sql;
};

#define DIMENSION_KEY \
    "ecosystem, tenant_id, resource_id, product_category, product_type, identity_id, cost_type, allocation_method, "

static const struct step steps[] = {
    {"005", "ALTER TABLE billing DROP CONSTRAINT billing_pkey; DROP INDEX ix_billing_product_category;"
            "ALTER TABLE billing ADD CONSTRAINT pk_billing PRIMARY KEY (ecosystem, tenant_id, timestamp, resource_id, "
            "product_type, product_category)"},
    {"009", "ALTER TABLE chargeback_dimensions ADD COLUMN env_id VARCHAR DEFAULT '' NOT NULL;"
            "UPDATE chargeback_dimensions d SET env_id = COALESCE((SELECT MAX(b.env_id) FROM ccloud_billing b WHERE "
            "b.resource_id = d.resource_id), '');"
            "ALTER TABLE chargeback_dimensions DROP CONSTRAINT uq_chargeback_dimensions;"
            "ALTER TABLE chargeback_dimensions ADD CONSTRAINT uq_chargeback_dimensions UNIQUE (" DIMENSION_KEY
            "allocation_detail, env_id)"},
    {"014", "ALTER TABLE emission_records ADD COLUMN pipeline VARCHAR DEFAULT 'chargeback' NOT NULL;"
            "ALTER TABLE emission_records DROP CONSTRAINT uq_emission_records;"
            "ALTER TABLE emission_records ADD CONSTRAINT uq_emission_records UNIQUE (ecosystem, tenant_id, "
            "emitter_name, pipeline, date);"
            "CREATE INDEX ix_emission_records_pipeline ON emission_records (pipeline)"},
    {"017", "ALTER TABLE topic_attribution_dimensions ADD COLUMN resource_id VARCHAR;"
            "UPDATE topic_attribution_dimensions SET resource_id = cluster_resource_id || ':topic:' || topic_name;"
            "ALTER TABLE topic_attribution_dimensions ALTER COLUMN resource_id SET NOT NULL, "
            "ALTER COLUMN env_id SET DEFAULT '', ALTER COLUMN topic_name SET DEFAULT '', "
            "ALTER COLUMN product_category SET DEFAULT '', ALTER COLUMN product_type SET DEFAULT '', "
            "ALTER COLUMN attribution_method SET DEFAULT '';"
            "CREATE INDEX ix_topic_attr_dim_eco_tenant ON topic_attribution_dimensions (ecosystem, tenant_id);"
            "CREATE INDEX ix_topic_attr_dim_cluster ON topic_attribution_dimensions (ecosystem, tenant_id, "
            "cluster_resource_id);"
            "CREATE INDEX ix_topic_attr_dim_resource_id ON topic_attribution_dimensions (resource_id);"
            "CREATE INDEX ix_topic_attribution_dimensions_ecosystem ON topic_attribution_dimensions (ecosystem);"
            "CREATE INDEX ix_topic_attribution_dimensions_tenant_id ON topic_attribution_dimensions (tenant_id);"
            "CREATE INDEX ix_topic_attribution_dimensions_cluster_resource_id ON topic_attribution_dimensions "
            "(cluster_resource_id);"
            "CREATE INDEX ix_topic_attribution_dimensions_product_type ON topic_attribution_dimensions "
            "(product_type);"},
};

/* Spellings that differ; longer ones before those that they contain. */
static const struct {
    const char *sqlite;
    const char *postgres;
} spellings[] = {
    {"DATETIME", "timestamp with time zone"},
    {"INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT", "SERIAL PRIMARY KEY"},
    {"INTEGER NOT NULL PRIMARY KEY", "SERIAL PRIMARY KEY"},
    {"product_category TEXT,", "product_category VARCHAR NOT NULL,"},
    {"TEXT NOT NULL DEFAULT ''", "VARCHAR NOT NULL"},
    {"TEXT", "VARCHAR"},
    {"CREATE UNIQUE INDEX uq_chargeback_dimensions ON chargeback_dimensions",
     "ALTER TABLE chargeback_dimensions ADD CONSTRAINT uq_chargeback_dimensions UNIQUE"},
    {"CASE WHEN json_valid(metadata_json) THEN COALESCE(json_extract(metadata_json, '$.env_id'), '') ELSE '' END",
     "CASE WHEN metadata_json LIKE '{\"%' THEN COALESCE(metadata_json::json ->> 'env_id', '') ELSE '' END"},
    {"substr(timestamp, 1, 19)", "date_trunc('second', timestamp)"},
    {"substr(calculation_completed_at, 1, 19)", "date_trunc('second', calculation_completed_at)"},
};

static void respell(const char *sql, char *buffer, size_t size) {
    size_t used = 0;
    while (*sql) {
        size_t i = 0;
        const size_t count = sizeof spellings / sizeof spellings[0];
        while (i < count && strncmp(sql, spellings[i].sqlite, strlen(spellings[i].sqlite)) != 0)
            i++;
        if (i < count)
            used += (size_t)snprintf(buffer + used, size - used, "%s", spellings[i].postgres);
        else
            buffer[used++] = *sql;
        cr_assert_lt(used + 1, size);
        sql += i < count ? strlen(spellings[i].sqlite) : 1;
    }
    buffer[used] = '\0';
}

void old_postgres_step(struct stage *stage, const char *revision, const char *sql) {
    static char buffer[65536];
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        if (strcmp(steps[i].revision, revision) == 0) {
            stage_run(stage, steps[i].sql);
            return;
        }
    }
    respell(sql, buffer, sizeof buffer);
    stage_run(stage, buffer);
}

void old_postgres_number(struct stage *stage) {
    stage_run(stage,
              "DO 'DECLARE r record; BEGIN FOR r IN SELECT table_name, column_name FROM information_schema.columns "
              "WHERE table_schema = ''public'' AND column_default LIKE ''nextval%'' LOOP "
              "EXECUTE format(''SELECT setval(pg_get_serial_sequence(%L, %L), MAX(%I)) FROM %I'', r.table_name, "
              "r.column_name, r.column_name, r.table_name); END LOOP; END'");
}

void old_postgres_forget_revision(struct stage *stage) {
    stage_run(stage, "DROP TABLE alembic_version; DROP TABLE preview_requests; "
                     "DROP INDEX ix_topic_attr_dim_resource_id; "
                     "ALTER TABLE billing DROP CONSTRAINT pk_billing; "
                     "ALTER TABLE billing ADD PRIMARY KEY (ecosystem, tenant_id, timestamp, resource_id, product_type, "
                     "product_category), ALTER COLUMN currency DROP DEFAULT, ALTER COLUMN granularity DROP DEFAULT, "
                     "ALTER COLUMN allocation_attempts DROP DEFAULT, ALTER COLUMN topic_attribution_attempts DROP "
                     "DEFAULT");
}

void old_postgres_forget_us(struct stage *stage) {
    stage_run(stage, "DO 'DECLARE r record; BEGIN FOR r IN SELECT relname FROM pg_class WHERE relnamespace = "
                     "''public''::regnamespace AND relkind = ''r'' AND relname LIKE ''cg!_%'' ESCAPE ''!'' LOOP "
                     "EXECUTE format(''DROP TABLE %I'', r.relname); END LOOP; END'");
}

const char *old_postgres_shape(struct stage *stage) {
    return stage_rows(
        stage,
        "SELECT line FROM (SELECT c.relname || '.' || (SELECT COUNT(*) FROM pg_attribute p WHERE p.attrelid = c.oid "
        "AND p.attnum > 0 AND p.attnum <= a.attnum AND NOT p.attisdropped) || ' ' || a.attname || ' ' || "
        "format_type(a.atttypid, a.atttypmod) || CASE WHEN a.attnotnull THEN ' NOT NULL ' ELSE ' ' END || "
        "coalesce(pg_get_expr(d.adbin, d.adrelid), '-') AS line, c.relname AS name FROM pg_class c JOIN pg_attribute a "
        "ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND "
        "d.adnum = a.attnum WHERE c.relkind IN ('r', 'p', 'S') AND c.relnamespace = 'public'::regnamespace "
        "UNION ALL SELECT conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid), "
        "(SELECT relname FROM pg_class WHERE oid = conrelid) FROM pg_constraint WHERE connamespace = "
        "'public'::regnamespace AND conrelid <> 0 "
        "UNION ALL SELECT indexdef, tablename FROM pg_indexes WHERE schemaname = 'public') AS lines "
        "WHERE name NOT LIKE 'cg!_%' ESCAPE '!' AND name NOT LIKE 'preview%' ORDER BY line COLLATE \"C\"");
}
