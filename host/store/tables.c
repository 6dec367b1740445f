#include "store/tables.h"

const char *const cg_tables_names[] = {
    "resources",      "identities",    "billing", "ccloud_billing",  "chargeback_facts", "chargeback_dimensions",
    "pipeline_state", "pipeline_runs", "tags",    "emission_records"};
const size_t cg_tables_names_count = sizeof cg_tables_names / sizeof cg_tables_names[0];

const char *const cg_tables_shared[] = {
    "CREATE TABLE resources (ecosystem VARCHAR NOT NULL, tenant_id VARCHAR NOT NULL, resource_id VARCHAR NOT NULL, "
    "resource_type VARCHAR NOT NULL, display_name VARCHAR, parent_id VARCHAR, owner_id VARCHAR, "
    "status VARCHAR DEFAULT 'active' NOT NULL, cloud VARCHAR, region VARCHAR, created_at $ts, deleted_at $ts, "
    "last_seen_at $ts, metadata_json VARCHAR, PRIMARY KEY (ecosystem, tenant_id, resource_id))",
    "CREATE INDEX ix_resources_resource_type ON resources (resource_type)",
    "CREATE INDEX ix_resources_parent_id ON resources (parent_id)",
    "CREATE INDEX ix_resources_owner_id ON resources (owner_id)",
    "CREATE INDEX ix_resources_status ON resources (status)",
    "CREATE INDEX ix_resources_cloud ON resources (cloud)",
    "CREATE INDEX ix_resources_region ON resources (region)",
    "CREATE INDEX ix_resources_created_at ON resources (created_at)",
    "CREATE INDEX ix_resources_deleted_at ON resources (deleted_at)",

    "CREATE TABLE identities (ecosystem VARCHAR NOT NULL, tenant_id VARCHAR NOT NULL, identity_id VARCHAR NOT NULL, "
    "identity_type VARCHAR NOT NULL, display_name VARCHAR, created_at $ts, deleted_at $ts, last_seen_at $ts, "
    "metadata_json VARCHAR, PRIMARY KEY (ecosystem, tenant_id, identity_id))",
    "CREATE INDEX ix_identities_identity_type ON identities (identity_type)",
    "CREATE INDEX ix_identities_created_at ON identities (created_at)",
    "CREATE INDEX ix_identities_deleted_at ON identities (deleted_at)",

    "CREATE TABLE billing (ecosystem VARCHAR NOT NULL, tenant_id VARCHAR NOT NULL, timestamp $ts NOT NULL, "
    "resource_id VARCHAR NOT NULL, product_type VARCHAR NOT NULL, product_category VARCHAR NOT NULL, "
    "quantity VARCHAR NOT NULL, unit_price VARCHAR NOT NULL, total_cost VARCHAR NOT NULL, "
    "currency VARCHAR DEFAULT 'USD' NOT NULL, granularity VARCHAR DEFAULT 'daily' NOT NULL, metadata_json VARCHAR, "
    "allocation_attempts INTEGER DEFAULT '0' NOT NULL, topic_attribution_attempts INTEGER DEFAULT '0' NOT NULL, "
    "CONSTRAINT pk_billing PRIMARY KEY (ecosystem, tenant_id, timestamp, resource_id, product_type, product_category))",

    "CREATE TABLE ccloud_billing (ecosystem VARCHAR NOT NULL, tenant_id VARCHAR NOT NULL, timestamp $ts NOT NULL, "
    "env_id VARCHAR NOT NULL, resource_id VARCHAR NOT NULL, product_type VARCHAR NOT NULL, "
    "product_category VARCHAR NOT NULL, quantity VARCHAR NOT NULL, unit_price VARCHAR NOT NULL, "
    "total_cost VARCHAR NOT NULL, currency VARCHAR NOT NULL, granularity VARCHAR NOT NULL, "
    "allocation_attempts INTEGER DEFAULT 0 NOT NULL, metadata_json VARCHAR, "
    "topic_attribution_attempts INTEGER DEFAULT 0 NOT NULL, "
    "PRIMARY KEY (ecosystem, tenant_id, timestamp, env_id, resource_id, product_type, product_category))",

    "CREATE TABLE chargeback_dimensions (dimension_id $serial, ecosystem $text NOT NULL, tenant_id $text NOT NULL, "
    "resource_id $text, product_category $text NOT NULL$blank, product_type $text NOT NULL$blank, "
    "identity_id $text NOT NULL$blank, cost_type $text NOT NULL$blank, allocation_method $text, "
    "allocation_detail $text, env_id $text DEFAULT '' NOT NULL)",
    "$unique_dimensions",
    "CREATE INDEX ix_chargeback_dimensions_ecosystem ON chargeback_dimensions (ecosystem)",
    "CREATE INDEX ix_chargeback_dimensions_tenant_id ON chargeback_dimensions (tenant_id)",
    "CREATE INDEX ix_chargeback_dimensions_resource_id ON chargeback_dimensions (resource_id)",
    "CREATE INDEX ix_chargeback_dimensions_product_type ON chargeback_dimensions (product_type)",
    "CREATE INDEX ix_chargeback_dimensions_identity_id ON chargeback_dimensions (identity_id)",
    "CREATE INDEX ix_chargeback_dimensions_eco_tenant ON chargeback_dimensions (ecosystem, tenant_id)",

    "CREATE TABLE chargeback_facts (timestamp $ts NOT NULL, dimension_id INTEGER NOT NULL, amount VARCHAR NOT NULL, "
    "tags_json VARCHAR DEFAULT '[]' NOT NULL, PRIMARY KEY (timestamp, dimension_id), "
    "FOREIGN KEY (dimension_id) REFERENCES chargeback_dimensions (dimension_id))",
    "CREATE INDEX ix_chargeback_facts_dimension_timestamp ON chargeback_facts (dimension_id, timestamp)",

    "CREATE TABLE topic_attribution_dimensions (dimension_id $rowid, ecosystem TEXT NOT NULL, tenant_id TEXT NOT NULL, "
    "env_id TEXT DEFAULT '' NOT NULL, cluster_resource_id TEXT NOT NULL, topic_name TEXT DEFAULT '' NOT NULL, "
    "product_category TEXT DEFAULT '' NOT NULL, product_type TEXT DEFAULT '' NOT NULL, "
    "attribution_method TEXT DEFAULT '' NOT NULL, resource_id VARCHAR NOT NULL, "
    "CONSTRAINT uq_topic_attribution_dimensions UNIQUE (ecosystem, tenant_id, env_id, cluster_resource_id, topic_name, "
    "product_category, product_type, attribution_method))",
    "CREATE INDEX ix_topic_attr_dim_eco_tenant ON topic_attribution_dimensions (ecosystem, tenant_id)",
    "CREATE INDEX ix_topic_attr_dim_cluster ON topic_attribution_dimensions (ecosystem, tenant_id, "
    "cluster_resource_id)",
    "CREATE INDEX ix_topic_attr_dim_resource_id ON topic_attribution_dimensions (resource_id)",
    "CREATE INDEX ix_topic_attribution_dimensions_ecosystem ON topic_attribution_dimensions (ecosystem)",
    "CREATE INDEX ix_topic_attribution_dimensions_tenant_id ON topic_attribution_dimensions (tenant_id)",
    "CREATE INDEX ix_topic_attribution_dimensions_cluster_resource_id ON topic_attribution_dimensions "
    "(cluster_resource_id)",
    "CREATE INDEX ix_topic_attribution_dimensions_product_type ON topic_attribution_dimensions (product_type)",

    "CREATE TABLE topic_attribution_facts (timestamp $ts NOT NULL, dimension_id INTEGER NOT NULL, "
    "amount VARCHAR NOT NULL, PRIMARY KEY (timestamp, dimension_id), "
    "FOREIGN KEY (dimension_id) REFERENCES topic_attribution_dimensions (dimension_id))",
    "CREATE INDEX ix_topic_attr_facts_dim_ts ON topic_attribution_facts (dimension_id, timestamp)",

    "CREATE TABLE pipeline_runs (id $rowid, tenant_name VARCHAR NOT NULL, started_at $ts NOT NULL, ended_at $ts, "
    "status VARCHAR NOT NULL, dates_gathered INTEGER DEFAULT 0 NOT NULL, dates_calculated INTEGER DEFAULT 0 NOT NULL, "
    "rows_written INTEGER DEFAULT 0 NOT NULL, error_message VARCHAR, stage VARCHAR, \"current_date\" DATE)",
    "CREATE INDEX ix_pipeline_runs_tenant_name ON pipeline_runs (tenant_name)",

    "CREATE TABLE pipeline_state (ecosystem VARCHAR NOT NULL, tenant_id VARCHAR NOT NULL, tracking_date DATE NOT NULL, "
    "billing_gathered $bool DEFAULT '0' NOT NULL, resources_gathered $bool DEFAULT '0' NOT NULL, "
    "chargeback_calculated $bool DEFAULT '0' NOT NULL, topic_overlay_gathered $bool DEFAULT '0' NOT NULL, "
    "topic_attribution_calculated $bool DEFAULT '0' NOT NULL, calculation_id VARCHAR, calculation_completed_at $ts, "
    "calculation_run_id INTEGER, PRIMARY KEY (ecosystem, tenant_id, tracking_date), "
    "CONSTRAINT fk_pipeline_state_calculation_run_id_pipeline_runs FOREIGN KEY (calculation_run_id) "
    "REFERENCES pipeline_runs (id))",
    "CREATE INDEX ix_pipeline_state_preview_coverage ON pipeline_state (ecosystem, tenant_id, tracking_date, "
    "chargeback_calculated, calculation_id, calculation_completed_at)",

    "CREATE TABLE tags (tag_id $rowid, tenant_id VARCHAR NOT NULL, entity_type VARCHAR NOT NULL, "
    "entity_id VARCHAR NOT NULL, tag_key VARCHAR NOT NULL, tag_value VARCHAR NOT NULL, created_by VARCHAR NOT NULL, "
    "created_at $ts NOT NULL, CONSTRAINT uq_tags_entity_key UNIQUE (tenant_id, entity_type, entity_id, tag_key))",
    "CREATE INDEX ix_tags_entity ON tags (tenant_id, entity_type, entity_id)",
    "CREATE INDEX ix_tags_tenant_key ON tags (tenant_id, tag_key)",
    "CREATE INDEX ix_tags_tenant_key_value ON tags (tenant_id, tag_key, tag_value)",

    "CREATE TABLE emission_records (id $serial, ecosystem VARCHAR NOT NULL, tenant_id VARCHAR NOT NULL, "
    "emitter_name VARCHAR NOT NULL, pipeline VARCHAR DEFAULT 'chargeback' NOT NULL, date DATE NOT NULL, "
    "status VARCHAR NOT NULL, attempt_count INTEGER DEFAULT 1 NOT NULL, "
    "CONSTRAINT uq_emission_records UNIQUE (ecosystem, tenant_id, emitter_name, pipeline, date))",
    "CREATE INDEX ix_emission_records_ecosystem ON emission_records (ecosystem)",
    "CREATE INDEX ix_emission_records_tenant_id ON emission_records (tenant_id)",
    "CREATE INDEX ix_emission_records_emitter_name ON emission_records (emitter_name)",
    "CREATE INDEX ix_emission_records_pipeline ON emission_records (pipeline)",
    "CREATE INDEX ix_emission_records_date ON emission_records (date)",

    "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL, "
    "CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))",
    "INSERT INTO alembic_version (version_num) VALUES ('032')",
};
const size_t cg_tables_shared_count = sizeof cg_tables_shared / sizeof cg_tables_shared[0];

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
