#include "store/tables.h"

const char *const cg_tables_own_1[] = {
    "CREATE TABLE cg_run_owners (run_id INTEGER NOT NULL PRIMARY KEY, machine VARCHAR NOT NULL, boot VARCHAR NOT NULL, "
    "pid INTEGER NOT NULL, process_start VARCHAR NOT NULL, seen_at $ts NOT NULL)",
    "CREATE TABLE cg_dates (ecosystem VARCHAR NOT NULL, tenant_id VARCHAR NOT NULL, tracking_date DATE NOT NULL, "
    "rows_digest VARCHAR NOT NULL, calculation_id VARCHAR NOT NULL, metrics_failed INTEGER NOT NULL, "
    "PRIMARY KEY (ecosystem, tenant_id, tracking_date))",
    "CREATE TABLE cg_emissions (ecosystem VARCHAR NOT NULL, tenant_id VARCHAR NOT NULL, emitter_name VARCHAR NOT NULL, "
    "pipeline VARCHAR NOT NULL, date DATE NOT NULL, rows_digest VARCHAR NOT NULL, "
    "PRIMARY KEY (ecosystem, tenant_id, emitter_name, pipeline, date))",
    "CREATE TABLE cg_billing_revisions (id $serial, ecosystem VARCHAR NOT NULL, tenant_id VARCHAR NOT NULL, "
    "timestamp $ts NOT NULL, env_id VARCHAR NOT NULL, resource_id VARCHAR NOT NULL, product_type VARCHAR NOT NULL, "
    "product_category VARCHAR NOT NULL, old_cost VARCHAR NOT NULL, new_cost VARCHAR NOT NULL, seen_at $ts NOT NULL)",
    "CREATE INDEX cg_ix_billing_revisions_time ON cg_billing_revisions (ecosystem, tenant_id, timestamp)",
};
const size_t cg_tables_own_1_count = sizeof cg_tables_own_1 / sizeof cg_tables_own_1[0];

const char *const cg_tables_own_2[] = {
    "ALTER TABLE cg_dates ADD COLUMN inputs_digest VARCHAR",
    "ALTER TABLE cg_dates ADD COLUMN questions VARCHAR",
    "CREATE TABLE cg_topic_dates (ecosystem VARCHAR NOT NULL, tenant_id VARCHAR NOT NULL, tracking_date DATE NOT NULL, "
    "rows_digest VARCHAR NOT NULL, calculation_id VARCHAR, metrics_failed INTEGER NOT NULL, inputs_digest VARCHAR, "
    "questions VARCHAR, PRIMARY KEY (ecosystem, tenant_id, tracking_date))",
    "CREATE TABLE cg_date_revisions (id $serial, ecosystem VARCHAR NOT NULL, tenant_id VARCHAR NOT NULL, "
    "tracking_date DATE NOT NULL, old_total VARCHAR NOT NULL, new_total VARCHAR NOT NULL, seen_at $ts NOT NULL)",
    "CREATE INDEX cg_ix_date_revisions_date ON cg_date_revisions (ecosystem, tenant_id, tracking_date)",
    "CREATE TABLE cg_families (ecosystem VARCHAR NOT NULL, tenant_id VARCHAR NOT NULL, family VARCHAR NOT NULL, "
    "is_identity INTEGER NOT NULL, empty_gathers INTEGER NOT NULL, "
    "PRIMARY KEY (ecosystem, tenant_id, family, is_identity))",
};
const size_t cg_tables_own_2_count = sizeof cg_tables_own_2 / sizeof cg_tables_own_2[0];
