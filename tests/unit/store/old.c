#include "old.h"

#include "old_postgres.h"

/* What a revision did to the tables, and the rows that it is the first to have. */
struct step {
    const char *revision;
    const char *sql;
};

static const char first_tables[] =
    "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL, CONSTRAINT alembic_version_pkc PRIMARY KEY "
    "(version_num));"
    "CREATE TABLE resources (ecosystem VARCHAR NOT NULL, tenant_id VARCHAR NOT NULL, resource_id VARCHAR NOT NULL, "
    "resource_type VARCHAR NOT NULL, display_name VARCHAR, parent_id VARCHAR, owner_id VARCHAR, status VARCHAR NOT "
    "NULL "
    "DEFAULT 'active', cloud VARCHAR, region VARCHAR, created_at DATETIME, deleted_at DATETIME, last_seen_at DATETIME, "
    "metadata_json VARCHAR, PRIMARY KEY (ecosystem, tenant_id, resource_id));"
    "CREATE INDEX ix_resources_resource_type ON resources (resource_type);"
    "CREATE INDEX ix_resources_parent_id ON resources (parent_id);"
    "CREATE INDEX ix_resources_owner_id ON resources (owner_id);"
    "CREATE INDEX ix_resources_status ON resources (status);"
    "CREATE INDEX ix_resources_cloud ON resources (cloud);"
    "CREATE INDEX ix_resources_region ON resources (region);"
    "CREATE TABLE identities (ecosystem VARCHAR NOT NULL, tenant_id VARCHAR NOT NULL, identity_id VARCHAR NOT NULL, "
    "identity_type VARCHAR NOT NULL, display_name VARCHAR, created_at DATETIME, deleted_at DATETIME, last_seen_at "
    "DATETIME, metadata_json VARCHAR, PRIMARY KEY (ecosystem, tenant_id, identity_id));"
    "CREATE INDEX ix_identities_identity_type ON identities (identity_type);"
    "CREATE TABLE billing (ecosystem VARCHAR NOT NULL, tenant_id VARCHAR NOT NULL, timestamp DATETIME NOT NULL, "
    "resource_id VARCHAR NOT NULL, product_type VARCHAR NOT NULL, product_category VARCHAR NOT NULL, quantity VARCHAR "
    "NOT NULL, unit_price VARCHAR NOT NULL, total_cost VARCHAR NOT NULL, currency VARCHAR NOT NULL DEFAULT 'USD', "
    "granularity VARCHAR NOT NULL DEFAULT 'daily', metadata_json VARCHAR, "
    "PRIMARY KEY (ecosystem, tenant_id, timestamp, resource_id, product_type));"
    "CREATE INDEX ix_billing_product_category ON billing (product_category);"
    "CREATE TABLE chargeback_dimensions (dimension_id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, ecosystem TEXT NOT "
    "NULL, tenant_id TEXT NOT NULL, resource_id TEXT, product_category TEXT, product_type TEXT NOT NULL DEFAULT '', "
    "identity_id TEXT NOT NULL DEFAULT '', cost_type TEXT NOT NULL DEFAULT '', allocation_method TEXT, "
    "allocation_detail TEXT);"
    "CREATE UNIQUE INDEX uq_chargeback_dimensions ON chargeback_dimensions (ecosystem, tenant_id, resource_id, "
    "product_category, product_type, identity_id, cost_type, allocation_method, allocation_detail);"
    "CREATE INDEX ix_chargeback_dimensions_ecosystem ON chargeback_dimensions (ecosystem);"
    "CREATE INDEX ix_chargeback_dimensions_tenant_id ON chargeback_dimensions (tenant_id);"
    "CREATE INDEX ix_chargeback_dimensions_resource_id ON chargeback_dimensions (resource_id);"
    "CREATE INDEX ix_chargeback_dimensions_product_type ON chargeback_dimensions (product_type);"
    "CREATE INDEX ix_chargeback_dimensions_identity_id ON chargeback_dimensions (identity_id);"
    "CREATE TABLE chargeback_facts (timestamp DATETIME NOT NULL, dimension_id INTEGER NOT NULL, amount VARCHAR NOT "
    "NULL, tags_json VARCHAR NOT NULL DEFAULT '[]', PRIMARY KEY (timestamp, dimension_id), FOREIGN KEY (dimension_id) "
    "REFERENCES chargeback_dimensions (dimension_id));"
    "CREATE TABLE pipeline_state (ecosystem VARCHAR NOT NULL, tenant_id VARCHAR NOT NULL, tracking_date DATE NOT NULL, "
    "billing_gathered BOOLEAN DEFAULT '0' NOT NULL, resources_gathered BOOLEAN DEFAULT '0' NOT NULL, "
    "chargeback_calculated BOOLEAN DEFAULT '0' NOT NULL, PRIMARY KEY (ecosystem, tenant_id, tracking_date));"
    "CREATE TABLE custom_tags (tag_id INTEGER NOT NULL PRIMARY KEY, dimension_id INTEGER NOT NULL, tag_key VARCHAR NOT "
    "NULL, tag_value VARCHAR NOT NULL);";

/* Two lines and two facts differ from another one in nothing but the fraction of their second. */
static const char first_rows[] =
    "INSERT INTO resources VALUES ('confluent_cloud', 't-1', 'lkc-1', 'kafka_cluster', 'Orders \xc3\xbc', 'env-1', "
    "NULL, 'active', 'aws', 'eu-1', '2025-12-01 00:00:00.000000', NULL, '2026-01-11 04:05:06.123456', '{\"a\": "
    "\"b\"}'),"
    "('confluent_cloud', 't-1', 'lkc-2', 'kafka_cluster', '', 'env-2', 'u-1', 'deleted', NULL, NULL, NULL, "
    "'2026-01-02 03:04:05.000001', NULL, NULL);"
    "INSERT INTO identities VALUES ('confluent_cloud', 't-1', 'u-1', 'user', 'Ann', '2025-12-01 00:00:00.000000', "
    "NULL, "
    "'2026-01-11 04:05:06.123456', NULL);"
    "INSERT INTO billing (ecosystem, tenant_id, timestamp, resource_id, product_type, product_category, quantity, "
    "unit_price, total_cost, currency, granularity, metadata_json) VALUES "
    "('confluent_cloud', 't-1', '2026-01-10 00:00:00.000000', 'lkc-1', 'BASE', 'KAFKA', '72.0', '0.10', '7.200', "
    "'USD', "
    "'daily', '{\"env_id\": \"env-1\", \"x\": 1}'),"
    "('confluent_cloud', 't-1', '2026-01-10 00:00:00.250000', 'lkc-1', 'BASE', 'KAFKA', '72.0', '0.10', '7.200', "
    "'USD', "
    "'daily', '{\"env_id\": \"env-1\", \"x\": 1}'),"
    "('confluent_cloud', 't-1', '2026-01-11 00:00:00.000000', 'lkc-1', 'BASE', 'KAFKA', '1', '2', '2', 'USD', 'daily', "
    "'{\"env_id\": \"env-0\"}'),"
    "('confluent_cloud', 't-1', '2026-01-10 23:59:59.999999', 'lkc-2', 'BASE', 'KAFKA', '1E-7', '1', '1E-7', 'EUR', "
    "'hourly', NULL),"
    "('confluent_cloud', 't-1', '2026-01-10 00:00:00.000000', 'x', 'BASE', 'KAFKA', '1', '1', '-0.00', 'USD', 'daily', "
    "'{no json'),"
    "('generic', 't-1', '2026-01-10 00:00:00.000000', 'cluster', 'BASE', 'KAFKA', '1', '1', '0E-32', 'USD', 'daily', "
    "NULL);"
    "INSERT INTO chargeback_dimensions (dimension_id, ecosystem, tenant_id, resource_id, product_category, "
    "product_type, identity_id, cost_type, allocation_method, allocation_detail) VALUES "
    "(1, 'confluent_cloud', 't-1', 'lkc-1', 'KAFKA', 'BASE', 'u-1', 'usage', 'usage_ratio', NULL), "
    "(2, 'confluent_cloud', 't-1', NULL, 'KAFKA', 'BASE', 'UNALLOCATED', 'shared', NULL, 'no_owner'), "
    "(7, 'confluent_cloud', 't-1', 'lkc-2', 'KAFKA', 'BASE', 'u-1', 'usage', NULL, NULL),"
    "(8, 'generic', 't-1', 'cluster', 'KAFKA', 'BASE', 'team', 'usage', NULL, NULL);"
    "INSERT INTO chargeback_facts VALUES ('2026-01-10 00:00:00.000000', 1, '7.000', '{}'), "
    "('2026-01-10 00:00:00.500000', 1, '7.000', '{}'), ('2026-01-10 00:00:00.000000', 2, '0.200', '{}'), "
    "('2026-01-10 23:59:59.999999', 7, '1E-7', '{}'), ('2026-01-10 00:00:00.000000', 8, '0E-32', '{}');"
    "INSERT INTO pipeline_state (ecosystem, tenant_id, tracking_date, billing_gathered, resources_gathered, "
    "chargeback_calculated) VALUES ('confluent_cloud', 't-1', '2026-01-10', TRUE, TRUE, TRUE), "
    "('confluent_cloud', 't-1', '2026-01-11', TRUE, TRUE, FALSE), ('confluent_cloud', 't-1', '2026-01-12', TRUE, "
    "FALSE, FALSE);"
    "INSERT INTO custom_tags (dimension_id, tag_key, tag_value) VALUES (1, 'team', 'a'), (2, 'team', 'b'), "
    "(7, 'team', 'c');";

static const char environment_billing[] =
    "CREATE TABLE ccloud_billing (ecosystem VARCHAR NOT NULL, tenant_id VARCHAR NOT NULL, timestamp DATETIME NOT NULL, "
    "env_id VARCHAR NOT NULL, resource_id VARCHAR NOT NULL, product_type VARCHAR NOT NULL, product_category VARCHAR "
    "NOT NULL, quantity VARCHAR NOT NULL, unit_price VARCHAR NOT NULL, total_cost VARCHAR NOT NULL, currency VARCHAR "
    "NOT NULL, granularity VARCHAR NOT NULL, allocation_attempts INTEGER DEFAULT 0 NOT NULL, metadata_json VARCHAR, "
    "PRIMARY KEY (ecosystem, tenant_id, timestamp, env_id, resource_id, product_type, product_category));"
    "INSERT INTO ccloud_billing SELECT ecosystem, tenant_id, timestamp, CASE WHEN json_valid(metadata_json) THEN "
    "COALESCE(json_extract(metadata_json, '$.env_id'), '') ELSE '' END, resource_id, product_type, product_category, "
    "quantity, unit_price, total_cost, currency, granularity, allocation_attempts, metadata_json FROM billing WHERE "
    "ecosystem = 'confluent_cloud';"
    "DELETE FROM billing WHERE ecosystem = 'confluent_cloud';";

static const char dimension_environments[] =
    "DROP INDEX uq_chargeback_dimensions;"
    "CREATE TABLE t (dimension_id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, ecosystem TEXT NOT NULL, tenant_id TEXT "
    "NOT NULL, resource_id TEXT, product_category TEXT NOT NULL DEFAULT '', product_type TEXT NOT NULL DEFAULT '', "
    "identity_id TEXT NOT NULL DEFAULT '', cost_type TEXT NOT NULL DEFAULT '', allocation_method TEXT, "
    "allocation_detail TEXT, env_id TEXT DEFAULT '' NOT NULL);"
    "INSERT INTO t SELECT *, COALESCE((SELECT MAX(b.env_id) FROM ccloud_billing b WHERE b.resource_id = "
    "d.resource_id), '') FROM chargeback_dimensions d;"
    "DROP TABLE chargeback_dimensions; ALTER TABLE t RENAME TO chargeback_dimensions;"
    "CREATE UNIQUE INDEX uq_chargeback_dimensions ON chargeback_dimensions (ecosystem, tenant_id, resource_id, "
    "product_category, product_type, identity_id, cost_type, allocation_method, allocation_detail, env_id);"
    "CREATE INDEX ix_chargeback_dimensions_ecosystem ON chargeback_dimensions (ecosystem);"
    "CREATE INDEX ix_chargeback_dimensions_tenant_id ON chargeback_dimensions (tenant_id);"
    "CREATE INDEX ix_chargeback_dimensions_resource_id ON chargeback_dimensions (resource_id);"
    "CREATE INDEX ix_chargeback_dimensions_product_type ON chargeback_dimensions (product_type);"
    "CREATE INDEX ix_chargeback_dimensions_identity_id ON chargeback_dimensions (identity_id);"
    "CREATE INDEX ix_chargeback_dimensions_eco_tenant ON chargeback_dimensions (ecosystem, tenant_id);";

static const char topics[] =
    "CREATE TABLE topic_attribution_dimensions (dimension_id INTEGER NOT NULL PRIMARY KEY, ecosystem TEXT NOT NULL, "
    "tenant_id TEXT NOT NULL, env_id TEXT NOT NULL, cluster_resource_id TEXT NOT NULL, topic_name TEXT NOT NULL, "
    "product_category TEXT NOT NULL, product_type TEXT NOT NULL, attribution_method TEXT NOT NULL, CONSTRAINT "
    "uq_topic_attribution_dimensions UNIQUE (ecosystem, tenant_id, env_id, cluster_resource_id, topic_name, "
    "product_category, product_type, attribution_method));"
    "CREATE TABLE topic_attribution_facts (timestamp DATETIME NOT NULL, dimension_id INTEGER NOT NULL, amount VARCHAR "
    "NOT NULL, PRIMARY KEY (timestamp, dimension_id), FOREIGN KEY (dimension_id) REFERENCES "
    "topic_attribution_dimensions (dimension_id));"
    "CREATE INDEX ix_topic_attr_facts_dim_ts ON topic_attribution_facts (dimension_id, timestamp);"
    "ALTER TABLE pipeline_state ADD COLUMN topic_overlay_gathered BOOLEAN DEFAULT '0' NOT NULL;"
    "ALTER TABLE pipeline_state ADD COLUMN topic_attribution_calculated BOOLEAN DEFAULT '0' NOT NULL;"
    "INSERT INTO topic_attribution_dimensions (dimension_id, ecosystem, tenant_id, env_id, cluster_resource_id, "
    "topic_name, product_category, product_type, attribution_method) VALUES (3, 'confluent_cloud', 't-1', 'env-1', "
    "'lkc-1', 'orders', 'KAFKA', 'BASE', 'bytes');"
    "INSERT INTO topic_attribution_facts VALUES ('2026-01-10 00:00:00.000000', 3, '7.200');";

static const char topic_ids[] =
    "CREATE TABLE t (dimension_id INTEGER NOT NULL PRIMARY KEY, ecosystem TEXT NOT NULL, tenant_id TEXT NOT NULL, "
    "env_id TEXT DEFAULT '' NOT NULL, cluster_resource_id TEXT NOT NULL, topic_name TEXT DEFAULT '' NOT NULL, "
    "product_category TEXT DEFAULT '' NOT NULL, product_type TEXT DEFAULT '' NOT NULL, attribution_method TEXT DEFAULT "
    "'' NOT NULL, resource_id VARCHAR NOT NULL, CONSTRAINT uq_topic_attribution_dimensions UNIQUE (ecosystem, "
    "tenant_id, env_id, cluster_resource_id, topic_name, product_category, product_type, attribution_method));"
    "INSERT INTO t SELECT *, cluster_resource_id || ':topic:' || topic_name FROM topic_attribution_dimensions;"
    "DROP TABLE topic_attribution_dimensions; ALTER TABLE t RENAME TO topic_attribution_dimensions;"
    "CREATE INDEX ix_topic_attr_dim_eco_tenant ON topic_attribution_dimensions (ecosystem, tenant_id);"
    "CREATE INDEX ix_topic_attr_dim_cluster ON topic_attribution_dimensions (ecosystem, tenant_id, "
    "cluster_resource_id);"
    "CREATE INDEX ix_topic_attr_dim_resource_id ON topic_attribution_dimensions (resource_id);"
    "CREATE INDEX ix_topic_attribution_dimensions_ecosystem ON topic_attribution_dimensions (ecosystem);"
    "CREATE INDEX ix_topic_attribution_dimensions_tenant_id ON topic_attribution_dimensions (tenant_id);"
    "CREATE INDEX ix_topic_attribution_dimensions_cluster_resource_id ON topic_attribution_dimensions "
    "(cluster_resource_id);"
    "CREATE INDEX ix_topic_attribution_dimensions_product_type ON topic_attribution_dimensions (product_type);";

static const char emissions[] =
    "CREATE TABLE emission_records (id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, ecosystem VARCHAR NOT NULL, "
    "tenant_id VARCHAR NOT NULL, emitter_name VARCHAR NOT NULL, date DATE NOT NULL, status VARCHAR NOT NULL, "
    "attempt_count INTEGER DEFAULT 1 NOT NULL, CONSTRAINT uq_emission_records UNIQUE (ecosystem, tenant_id, "
    "emitter_name, date));"
    "CREATE INDEX ix_emission_records_ecosystem ON emission_records (ecosystem);"
    "CREATE INDEX ix_emission_records_tenant_id ON emission_records (tenant_id);"
    "CREATE INDEX ix_emission_records_emitter_name ON emission_records (emitter_name);"
    "CREATE INDEX ix_emission_records_date ON emission_records (date);"
    "INSERT INTO emission_records VALUES (4, 'confluent_cloud', 't-1', 'csv', '2026-01-10', 'emitted', 3);";

static const char emission_pipelines[] =
    "CREATE TABLE t (id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, ecosystem VARCHAR NOT NULL, tenant_id VARCHAR NOT "
    "NULL, emitter_name VARCHAR NOT NULL, pipeline VARCHAR DEFAULT 'chargeback' NOT NULL, date DATE NOT NULL, status "
    "VARCHAR NOT NULL, attempt_count INTEGER DEFAULT 1 NOT NULL, CONSTRAINT uq_emission_records UNIQUE (ecosystem, "
    "tenant_id, emitter_name, pipeline, date));"
    "INSERT INTO t SELECT id, ecosystem, tenant_id, emitter_name, 'chargeback', date, status, attempt_count FROM "
    "emission_records;"
    "DROP TABLE emission_records; ALTER TABLE t RENAME TO emission_records;"
    "CREATE INDEX ix_emission_records_ecosystem ON emission_records (ecosystem);"
    "CREATE INDEX ix_emission_records_tenant_id ON emission_records (tenant_id);"
    "CREATE INDEX ix_emission_records_emitter_name ON emission_records (emitter_name);"
    "CREATE INDEX ix_emission_records_pipeline ON emission_records (pipeline);"
    "CREATE INDEX ix_emission_records_date ON emission_records (date);";

static const char billing_keys[] =
    "CREATE TABLE t (ecosystem VARCHAR NOT NULL, tenant_id VARCHAR NOT NULL, timestamp DATETIME NOT NULL, resource_id "
    "VARCHAR NOT NULL, product_type VARCHAR NOT NULL, product_category VARCHAR NOT NULL, quantity VARCHAR NOT NULL, "
    "unit_price VARCHAR NOT NULL, total_cost VARCHAR NOT NULL, currency VARCHAR DEFAULT 'USD' NOT NULL, granularity "
    "VARCHAR DEFAULT 'daily' NOT NULL, metadata_json VARCHAR, allocation_attempts INTEGER DEFAULT '0' NOT NULL, "
    "CONSTRAINT pk_billing PRIMARY KEY (ecosystem, tenant_id, timestamp, resource_id, product_type, "
    "product_category));"
    "INSERT INTO t SELECT * FROM billing; DROP TABLE billing; ALTER TABLE t RENAME TO billing;";

static const char runs[] =
    "CREATE TABLE pipeline_runs (id INTEGER NOT NULL PRIMARY KEY, tenant_name VARCHAR NOT NULL, started_at DATETIME "
    "NOT NULL, ended_at DATETIME, status VARCHAR NOT NULL, dates_gathered INTEGER DEFAULT 0 NOT NULL, dates_calculated "
    "INTEGER DEFAULT 0 NOT NULL, rows_written INTEGER DEFAULT 0 NOT NULL, error_message VARCHAR);"
    "CREATE INDEX ix_pipeline_runs_tenant_name ON pipeline_runs (tenant_name);"
    "INSERT INTO pipeline_runs (id, tenant_name, started_at, status) VALUES (5, 'acme', '2026-01-11 04:00:00.000000', "
    "'running');";

static const char calculations[] =
    "ALTER TABLE pipeline_state ADD COLUMN calculation_id VARCHAR;"
    "ALTER TABLE pipeline_state ADD COLUMN calculation_completed_at DATETIME;"
    "ALTER TABLE pipeline_state ADD COLUMN calculation_run_id INTEGER CONSTRAINT "
    "fk_pipeline_state_calculation_run_id_pipeline_runs REFERENCES pipeline_runs (id);"
    "CREATE INDEX ix_pipeline_state_preview_coverage ON pipeline_state (ecosystem, tenant_id, tracking_date, "
    "chargeback_calculated, calculation_id, calculation_completed_at);"
    "CREATE TABLE preview_requests (id INTEGER NOT NULL PRIMARY KEY, run_id INTEGER REFERENCES pipeline_runs (id));"
    "UPDATE pipeline_state SET calculation_id = 'c-1', calculation_completed_at = '2026-01-11 05:06:07.999999', "
    "calculation_run_id = 5 WHERE tracking_date = '2026-01-10';";

static const char tags[] =
    "DROP TABLE custom_tags;"
    "CREATE TABLE tags (tag_id INTEGER NOT NULL PRIMARY KEY, tenant_id VARCHAR NOT NULL, entity_type VARCHAR NOT NULL, "
    "entity_id VARCHAR NOT NULL, tag_key VARCHAR NOT NULL, tag_value VARCHAR NOT NULL, created_by VARCHAR NOT NULL, "
    "created_at DATETIME NOT NULL, CONSTRAINT uq_tags_entity_key UNIQUE (tenant_id, entity_type, entity_id, tag_key));"
    "CREATE INDEX ix_tags_entity ON tags (tenant_id, entity_type, entity_id);"
    "CREATE INDEX ix_tags_tenant_key ON tags (tenant_id, tag_key);"
    "CREATE INDEX ix_tags_tenant_key_value ON tags (tenant_id, tag_key, tag_value);"
    "INSERT INTO tags VALUES (9, 't-1', 'resource', 'lkc-1', 'team', 'a', 'me', '2026-01-01 01:02:03.000004');";

#define SECONDS(table_, rest_)                                                                             \
    "CREATE TEMP TABLE s AS SELECT DISTINCT substr(timestamp, 1, 19) AS timestamp, " rest_ " FROM " table_ \
    "; DELETE FROM " table_ "; INSERT INTO " table_ " (timestamp, " rest_ ") SELECT * FROM s; DROP TABLE s;"
#define LINE                                                                                                          \
    "ecosystem, tenant_id, resource_id, product_type, product_category, quantity, unit_price, total_cost, currency, " \
    "granularity, metadata_json, allocation_attempts, topic_attribution_attempts"

static const char seconds[] = SECONDS("billing", LINE) SECONDS("ccloud_billing", LINE ", env_id")
    SECONDS("chargeback_facts", "dimension_id, amount, tags_json")
        SECONDS("topic_attribution_facts", "dimension_id, amount") "UPDATE pipeline_state SET calculation_completed_at "
                                                                   "= substr(calculation_completed_at, 1, 19);";

static const struct step steps[] = {
    {"001", first_tables},
    {"001", first_rows},
    {"002", "ALTER TABLE billing ADD COLUMN allocation_attempts INTEGER DEFAULT '0' NOT NULL"},
    {"003", "ALTER TABLE custom_tags ADD COLUMN display_name VARCHAR"},
    {"004", runs},
    {"005", billing_keys},
    {"ddebea2fe0a8", environment_billing},
    {"006", "CREATE INDEX ix_resources_created_at ON resources (created_at);"
            "CREATE INDEX ix_resources_deleted_at ON resources (deleted_at);"
            "CREATE INDEX ix_identities_created_at ON identities (created_at);"
            "CREATE INDEX ix_identities_deleted_at ON identities (deleted_at);"},
    {"007", "ALTER TABLE pipeline_runs ADD COLUMN stage VARCHAR;"
            "ALTER TABLE pipeline_runs ADD COLUMN \"current_date\" DATE;"
            "UPDATE pipeline_runs SET stage = 'calculating', \"current_date\" = '2026-01-11'"},
    {"008", "CREATE INDEX ix_chargeback_facts_dimension_timestamp ON chargeback_facts (dimension_id, timestamp);"
            "CREATE INDEX ix_chargeback_dimensions_eco_tenant ON chargeback_dimensions (ecosystem, tenant_id);"},
    {"009", dimension_environments},
    {"010", emissions},
    {"011", tags},
    {"012", topics},
    {"013", "SELECT 1"},
    {"014", emission_pipelines},
    {"015", "CREATE INDEX ix_topic_attribution_dimensions_resource_id ON topic_attribution_dimensions (topic_name)"},
    {"016", "ALTER TABLE billing ADD COLUMN topic_attribution_attempts INTEGER DEFAULT '0' NOT NULL;"
            "ALTER TABLE ccloud_billing ADD COLUMN topic_attribution_attempts INTEGER DEFAULT 0 NOT NULL;"},
    {"017", topic_ids},
    {"018", "SELECT 1"},
    {"019", calculations},
    {"020", "SELECT 1"},
    {"021", "SELECT 1"},
    {"022", "SELECT 1"},
    {"023", "SELECT 1"},
    {"024", "SELECT 1"},
    {"025", "SELECT 1"},
    {"026", "SELECT 1"},
    {"027", "SELECT 1"},
    {"028", "SELECT 1"},
    {"029", seconds},
    {"030", "SELECT 1"},
    {"031", "SELECT 1"},
    {"032", "SELECT 1"},
};

const char *const old_revisions[] = {"001", "002", "003", "004", "005", "ddebea2fe0a8", "006", "007",
                                     "008", "009", "010", "011", "012", "013",          "014", "015",
                                     "016", "017", "018", "019", "020", "021",          "022", "023",
                                     "024", "025", "026", "027", "028", "029",          "030", "031"};
const size_t old_revisions_count = sizeof old_revisions / sizeof old_revisions[0];

void old_make(struct stage *stage, const char *revision) {
    char sql[128];
    int reached = 0;
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        int is_last = strcmp(steps[i].revision, revision) == 0;
        if (reached && !is_last)
            break;
        reached = is_last;
        if (stage_on_postgres())
            old_postgres_step(stage, steps[i].revision, steps[i].sql);
        else
            stage_run(stage, steps[i].sql);
    }
    if (stage_on_postgres())
        old_postgres_number(stage);
    cr_assert(reached, "%s", revision);
    snprintf(sql, sizeof sql, "INSERT INTO alembic_version VALUES ('%s')", revision);
    stage_run(stage, sql);
}

void old_make_unversioned(struct stage *stage) {
    old_make(stage, "032");
    if (stage_on_postgres()) {
        old_postgres_forget_revision(stage);
        return;
    }
    stage_run(stage, "DROP TABLE alembic_version; DROP TABLE preview_requests;"
                     "DROP INDEX ix_topic_attr_dim_resource_id;"
                     "CREATE INDEX ix_topic_attribution_dimensions_resource_id ON topic_attribution_dimensions "
                     "(resource_id);"
                     "CREATE TABLE t (ecosystem VARCHAR NOT NULL, tenant_id VARCHAR NOT NULL, timestamp DATETIME NOT "
                     "NULL, resource_id VARCHAR NOT NULL, product_type VARCHAR NOT NULL, product_category VARCHAR NOT "
                     "NULL, quantity VARCHAR NOT NULL, unit_price VARCHAR NOT NULL, total_cost VARCHAR NOT NULL, "
                     "currency VARCHAR NOT NULL, granularity VARCHAR NOT NULL, metadata_json VARCHAR, "
                     "allocation_attempts INTEGER NOT NULL, topic_attribution_attempts INTEGER NOT NULL, PRIMARY KEY "
                     "(ecosystem, tenant_id, timestamp, resource_id, product_type, product_category));"
                     "INSERT INTO t SELECT * FROM billing; DROP TABLE billing; ALTER TABLE t RENAME TO billing;");
}

void old_forget_us(struct stage *stage) {
    char names[4096];
    if (stage_on_postgres()) {
        old_postgres_forget_us(stage);
        return;
    }
    snprintf(names, sizeof names, "%s",
             stage_rows(stage, "SELECT 'DROP TABLE ' || name || ';' FROM sqlite_master WHERE type = 'table' AND name "
                               "LIKE 'cg!_%' ESCAPE '!'"));
    stage_run(stage, names);
}

const char *old_shape(struct stage *stage) {
    if (stage_on_postgres())
        return old_postgres_shape(stage);
    return stage_rows(
        stage,
        "SELECT line FROM (SELECT t.name || '.' || c.cid || ' ' || c.name || ' ' || replace(c.type, 'TEXT', 'VARCHAR') "
        "|| ' ' || c.\"notnull\" || ' ' || coalesce(c.dflt_value, '-') || ' ' || c.pk AS line "
        "FROM sqlite_master t, pragma_table_info(t.name) c WHERE t.type = 'table' "
        "UNION ALL SELECT t.name || ' index ' || CASE l.origin WHEN 'c' THEN l.name ELSE l.origin END || ' ' || "
        "l.\"unique\" || ' ' || (SELECT group_concat(name, ',') FROM (SELECT name FROM pragma_index_info(l.name) ORDER "
        "BY seqno)) FROM sqlite_master t, pragma_index_list(t.name) l WHERE t.type = 'table' "
        "UNION ALL SELECT t.name || ' refers ' || f.\"from\" || ' ' || f.\"table\" || ' ' || f.\"to\" FROM "
        "sqlite_master t, pragma_foreign_key_list(t.name) f WHERE t.type = 'table' "
        "UNION ALL SELECT name || ' numbers' FROM sqlite_master WHERE sql LIKE '%AUTOINCREMENT%' "
        "UNION ALL SELECT name || ' named' FROM sqlite_master WHERE sql LIKE '%CONSTRAINT pk_billing%' OR sql LIKE "
        "'%CONSTRAINT uq_%' OR sql LIKE '%CONSTRAINT fk_pipeline_state_calculation_run_id_pipeline_runs%' "
        "UNION ALL SELECT type || ' ' || name FROM sqlite_master WHERE type <> 'index') "
        "WHERE line NOT LIKE 'cg!_%' ESCAPE '!' AND line NOT LIKE '% cg!_%' ESCAPE '!' AND line NOT LIKE '%sqlite!_%' "
        "ESCAPE '!' AND line NOT LIKE '%preview!_requests%' ESCAPE '!' ORDER BY line");
}

const char *old_content(struct stage *stage) {
    return stage_rows(
        stage,
        "SELECT line FROM (SELECT 'resource ' || ecosystem || tenant_id || resource_id || resource_type || "
        "display_name "
        "|| parent_id || coalesce(owner_id, '-') || status || coalesce(cloud, '-') || coalesce(region, '-') || "
        "coalesce(created_at, '-') || coalesce(deleted_at, '-') || coalesce(last_seen_at, '-') || "
        "coalesce(metadata_json, '-') AS line FROM resources UNION ALL "
        "SELECT 'identity ' || identity_id || identity_type || display_name || created_at || last_seen_at FROM "
        "identities UNION ALL "
        "SELECT 'line ' || ecosystem || ' ' || timestamp || ' ' || resource_id || ' ' || quantity || ' ' || unit_price "
        "|| ' ' || total_cost || ' ' || currency || granularity || allocation_attempts || topic_attribution_attempts "
        "FROM billing UNION ALL "
        "SELECT 'line ' || ecosystem || ' ' || timestamp || ' ' || resource_id || '/' || env_id || ' ' || quantity || "
        "' ' || unit_price || ' ' || total_cost || ' ' || currency || granularity || allocation_attempts || "
        "topic_attribution_attempts || coalesce(metadata_json, '-') FROM ccloud_billing UNION ALL "
        "SELECT 'fact ' || f.timestamp || ' ' || d.dimension_id || ' ' || d.ecosystem || coalesce(d.resource_id, '-') "
        "|| '/' || d.env_id || ' ' || d.product_category || d.product_type || d.identity_id || d.cost_type || "
        "coalesce(d.allocation_method, '-') || coalesce(d.allocation_detail, '-') || ' ' || f.amount || f.tags_json "
        "FROM chargeback_facts f LEFT JOIN chargeback_dimensions d ON d.dimension_id = f.dimension_id UNION ALL "
        "SELECT 'state ' || tracking_date || ' ' || billing_gathered || resources_gathered || chargeback_calculated || "
        "topic_overlay_gathered || topic_attribution_calculated FROM pipeline_state) AS lines ORDER BY line");
}

const char old_wanted[] =
    "fact 2026-01-10 00:00:00 1 confluent_cloudlkc-1/env-1 KAFKABASEu-1usageusage_ratio- 7.000{}\n"
    "fact 2026-01-10 00:00:00 2 confluent_cloud-/ KAFKABASEUNALLOCATEDshared-no_owner 0.200{}\n"
    "fact 2026-01-10 00:00:00 8 genericcluster/ KAFKABASEteamusage-- 0E-32{}\n"
    "fact 2026-01-10 23:59:59 7 confluent_cloudlkc-2/ KAFKABASEu-1usage-- 1E-7{}\n"
    "identity u-1userAnn2025-12-01 00:00:00.0000002026-01-11 04:05:06.123456\n"
    "line confluent_cloud 2026-01-10 00:00:00 lkc-1/env-1 72.0 0.10 7.200 USDdaily00{\"env_id\": \"env-1\", \"x\": 1}\n"
    "line confluent_cloud 2026-01-10 00:00:00 x/ 1 1 -0.00 USDdaily00{no json\n"
    "line confluent_cloud 2026-01-10 23:59:59 lkc-2/ 1E-7 1 1E-7 EURhourly00-\n"
    "line confluent_cloud 2026-01-11 00:00:00 lkc-1/env-0 1 2 2 USDdaily00{\"env_id\": \"env-0\"}\n"
    "line generic 2026-01-10 00:00:00 cluster 1 1 0E-32 USDdaily00\n"
    "resource confluent_cloudt-1lkc-1kafka_clusterOrders \xc3\xbc"
    "env-1-activeawseu-12025-12-01 00:00:00.000000-2026-01-11 04:05:06.123456{\"a\": \"b\"}\n"
    "resource confluent_cloudt-1lkc-2kafka_clusterenv-2u-1deleted---2026-01-02 03:04:05.000001--\n"
    "state 2026-01-10 11100\n"
    "state 2026-01-11 11000\n"
    "state 2026-01-12 10000";
