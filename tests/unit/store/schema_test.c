#include "support.h"

struct table {
    const char *name;
    const char *columns; /* name type notnull default pk, one a line */
};

#define TABLE_INFO                                                                                       \
    "SELECT name || ' ' || type || ' ' || \"notnull\" || ' ' || coalesce(dflt_value, '-') || ' ' || pk " \
    "FROM pragma_table_info('%s')"

static const struct table tables[] = {
    {"resources", "ecosystem VARCHAR 1 - 1\ntenant_id VARCHAR 1 - 2\nresource_id VARCHAR 1 - 3\n"
                  "resource_type VARCHAR 1 - 0\ndisplay_name VARCHAR 0 - 0\nparent_id VARCHAR 0 - 0\n"
                  "owner_id VARCHAR 0 - 0\nstatus VARCHAR 1 'active' 0\ncloud VARCHAR 0 - 0\nregion VARCHAR 0 - 0\n"
                  "created_at DATETIME 0 - 0\ndeleted_at DATETIME 0 - 0\nlast_seen_at DATETIME 0 - 0\n"
                  "metadata_json VARCHAR 0 - 0"},
    {"identities", "ecosystem VARCHAR 1 - 1\ntenant_id VARCHAR 1 - 2\nidentity_id VARCHAR 1 - 3\n"
                   "identity_type VARCHAR 1 - 0\ndisplay_name VARCHAR 0 - 0\ncreated_at DATETIME 0 - 0\n"
                   "deleted_at DATETIME 0 - 0\nlast_seen_at DATETIME 0 - 0\nmetadata_json VARCHAR 0 - 0"},
    {"billing", "ecosystem VARCHAR 1 - 1\ntenant_id VARCHAR 1 - 2\ntimestamp DATETIME 1 - 3\n"
                "resource_id VARCHAR 1 - 4\nproduct_type VARCHAR 1 - 5\nproduct_category VARCHAR 1 - 6\n"
                "quantity VARCHAR 1 - 0\nunit_price VARCHAR 1 - 0\ntotal_cost VARCHAR 1 - 0\n"
                "currency VARCHAR 1 'USD' 0\ngranularity VARCHAR 1 'daily' 0\nmetadata_json VARCHAR 0 - 0\n"
                "allocation_attempts INTEGER 1 '0' 0\ntopic_attribution_attempts INTEGER 1 '0' 0"},
    {"ccloud_billing", "ecosystem VARCHAR 1 - 1\ntenant_id VARCHAR 1 - 2\ntimestamp DATETIME 1 - 3\n"
                       "env_id VARCHAR 1 - 4\nresource_id VARCHAR 1 - 5\nproduct_type VARCHAR 1 - 6\n"
                       "product_category VARCHAR 1 - 7\nquantity VARCHAR 1 - 0\nunit_price VARCHAR 1 - 0\n"
                       "total_cost VARCHAR 1 - 0\ncurrency VARCHAR 1 - 0\ngranularity VARCHAR 1 - 0\n"
                       "allocation_attempts INTEGER 1 0 0\nmetadata_json VARCHAR 0 - 0\n"
                       "topic_attribution_attempts INTEGER 1 0 0"},
    {"chargeback_dimensions", "dimension_id INTEGER 1 - 1\necosystem TEXT 1 - 0\ntenant_id TEXT 1 - 0\n"
                              "resource_id TEXT 0 - 0\nproduct_category TEXT 1 '' 0\nproduct_type TEXT 1 '' 0\n"
                              "identity_id TEXT 1 '' 0\ncost_type TEXT 1 '' 0\nallocation_method TEXT 0 - 0\n"
                              "allocation_detail TEXT 0 - 0\nenv_id TEXT 1 '' 0"},
    {"chargeback_facts", "timestamp DATETIME 1 - 1\ndimension_id INTEGER 1 - 2\namount VARCHAR 1 - 0\n"
                         "tags_json VARCHAR 1 '[]' 0"},
    {"topic_attribution_dimensions",
     "dimension_id INTEGER 1 - 1\necosystem TEXT 1 - 0\ntenant_id TEXT 1 - 0\nenv_id TEXT 1 '' 0\n"
     "cluster_resource_id TEXT 1 - 0\ntopic_name TEXT 1 '' 0\nproduct_category TEXT 1 '' 0\nproduct_type TEXT 1 '' 0\n"
     "attribution_method TEXT 1 '' 0\nresource_id VARCHAR 1 - 0"},
    {"topic_attribution_facts", "timestamp DATETIME 1 - 1\ndimension_id INTEGER 1 - 2\namount VARCHAR 1 - 0"},
    {"pipeline_state",
     "ecosystem VARCHAR 1 - 1\ntenant_id VARCHAR 1 - 2\ntracking_date DATE 1 - 3\nbilling_gathered BOOLEAN 1 '0' 0\n"
     "resources_gathered BOOLEAN 1 '0' 0\nchargeback_calculated BOOLEAN 1 '0' 0\ntopic_overlay_gathered BOOLEAN 1 '0' "
     "0\ntopic_attribution_calculated BOOLEAN 1 '0' 0\ncalculation_id VARCHAR 0 - 0\n"
     "calculation_completed_at DATETIME 0 - 0\ncalculation_run_id INTEGER 0 - 0"},
    {"pipeline_runs", "id INTEGER 1 - 1\ntenant_name VARCHAR 1 - 0\nstarted_at DATETIME 1 - 0\nended_at DATETIME 0 - "
                      "0\nstatus VARCHAR 1 - 0\ndates_gathered INTEGER 1 0 0\ndates_calculated INTEGER 1 0 0\n"
                      "rows_written INTEGER 1 0 0\nerror_message VARCHAR 0 - 0\nstage VARCHAR 0 - 0\n"
                      "current_date DATE 0 - 0"},
    {"tags", "tag_id INTEGER 1 - 1\ntenant_id VARCHAR 1 - 0\nentity_type VARCHAR 1 - 0\nentity_id VARCHAR 1 - 0\n"
             "tag_key VARCHAR 1 - 0\ntag_value VARCHAR 1 - 0\ncreated_by VARCHAR 1 - 0\ncreated_at DATETIME 1 - 0"},
    {"emission_records", "id INTEGER 1 - 1\necosystem VARCHAR 1 - 0\ntenant_id VARCHAR 1 - 0\n"
                         "emitter_name VARCHAR 1 - 0\npipeline VARCHAR 1 'chargeback' 0\ndate DATE 1 - 0\n"
                         "status VARCHAR 1 - 0\nattempt_count INTEGER 1 1 0"},
    {"alembic_version", "version_num VARCHAR(32) 1 - 1"},
};

static const char indexes[] =
    "billing: ecosystem,tenant_id,timestamp,resource_id,product_type,product_category unique\n"
    "ccloud_billing: ecosystem,tenant_id,timestamp,env_id,resource_id,product_type,product_category unique\n"
    "chargeback_dimensions: ix_chargeback_dimensions_eco_tenant ecosystem,tenant_id\n"
    "chargeback_dimensions: ix_chargeback_dimensions_ecosystem ecosystem\n"
    "chargeback_dimensions: ix_chargeback_dimensions_identity_id identity_id\n"
    "chargeback_dimensions: ix_chargeback_dimensions_product_type product_type\n"
    "chargeback_dimensions: ix_chargeback_dimensions_resource_id resource_id\n"
    "chargeback_dimensions: ix_chargeback_dimensions_tenant_id tenant_id\n"
    "chargeback_dimensions: uq_chargeback_dimensions ecosystem,tenant_id,resource_id,product_category,product_type,"
    "identity_id,cost_type,allocation_method,allocation_detail,env_id unique\n"
    "chargeback_facts: ix_chargeback_facts_dimension_timestamp dimension_id,timestamp\n"
    "chargeback_facts: timestamp,dimension_id unique\n"
    "emission_records: ecosystem,tenant_id,emitter_name,pipeline,date unique\n"
    "emission_records: ix_emission_records_date date\n"
    "emission_records: ix_emission_records_ecosystem ecosystem\n"
    "emission_records: ix_emission_records_emitter_name emitter_name\n"
    "emission_records: ix_emission_records_pipeline pipeline\n"
    "emission_records: ix_emission_records_tenant_id tenant_id\n"
    "identities: ecosystem,tenant_id,identity_id unique\n"
    "identities: ix_identities_created_at created_at\n"
    "identities: ix_identities_deleted_at deleted_at\n"
    "identities: ix_identities_identity_type identity_type\n"
    "pipeline_runs: ix_pipeline_runs_tenant_name tenant_name\n"
    "pipeline_state: ecosystem,tenant_id,tracking_date unique\n"
    "pipeline_state: ix_pipeline_state_preview_coverage ecosystem,tenant_id,tracking_date,chargeback_calculated,"
    "calculation_id,calculation_completed_at\n"
    "resources: ecosystem,tenant_id,resource_id unique\n"
    "resources: ix_resources_cloud cloud\n"
    "resources: ix_resources_created_at created_at\n"
    "resources: ix_resources_deleted_at deleted_at\n"
    "resources: ix_resources_owner_id owner_id\n"
    "resources: ix_resources_parent_id parent_id\n"
    "resources: ix_resources_region region\n"
    "resources: ix_resources_resource_type resource_type\n"
    "resources: ix_resources_status status\n"
    "tags: ix_tags_entity tenant_id,entity_type,entity_id\n"
    "tags: ix_tags_tenant_key tenant_id,tag_key\n"
    "tags: ix_tags_tenant_key_value tenant_id,tag_key,tag_value\n"
    "tags: tenant_id,entity_type,entity_id,tag_key unique\n"
    "topic_attribution_dimensions: ecosystem,tenant_id,env_id,cluster_resource_id,topic_name,product_category,"
    "product_type,attribution_method unique\n"
    "topic_attribution_dimensions: ix_topic_attr_dim_cluster ecosystem,tenant_id,cluster_resource_id\n"
    "topic_attribution_dimensions: ix_topic_attr_dim_eco_tenant ecosystem,tenant_id\n"
    "topic_attribution_dimensions: ix_topic_attr_dim_resource_id resource_id\n"
    "topic_attribution_dimensions: ix_topic_attribution_dimensions_cluster_resource_id cluster_resource_id\n"
    "topic_attribution_dimensions: ix_topic_attribution_dimensions_ecosystem ecosystem\n"
    "topic_attribution_dimensions: ix_topic_attribution_dimensions_product_type product_type\n"
    "topic_attribution_dimensions: ix_topic_attribution_dimensions_tenant_id tenant_id\n"
    "topic_attribution_facts: ix_topic_attr_facts_dim_ts dimension_id,timestamp\n"
    "topic_attribution_facts: timestamp,dimension_id unique";

Test(store_schema, columns_of_the_shared_tables) {
    struct stage stage;
    if (stage_on_postgres())
        cr_skip_test("see postgres_schema_test.c");
    stage_init(&stage);
    stage_open(&stage);
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        char sql[512];
        snprintf(sql, sizeof sql, TABLE_INFO, tables[i].name);
        cr_assert_str_eq(stage_rows(&stage, sql), tables[i].columns, "%s", tables[i].name);
    }
    stage_done(&stage);
}

Test(store_schema, indexes_of_the_shared_tables) {
    struct stage stage;
    if (stage_on_postgres())
        cr_skip_test("see postgres_schema_test.c");
    stage_init(&stage);
    stage_open(&stage);
    assert_rows(&stage,
                "SELECT t.name || ': ' || CASE WHEN l.origin = 'c' THEN l.name || ' ' ELSE '' END || "
                "(SELECT group_concat(name, ',') FROM (SELECT name FROM pragma_index_info(l.name) ORDER BY seqno)) || "
                "CASE WHEN l.\"unique\" THEN ' unique' ELSE '' END AS line "
                "FROM sqlite_master t JOIN pragma_index_list(t.name) l "
                "WHERE t.type = 'table' AND t.name NOT LIKE 'cg!_%' ESCAPE '!' AND t.name NOT LIKE 'sqlite%' AND "
                "t.name <> 'alembic_version' ORDER BY line",
                indexes);
    stage_done(&stage);
}

Test(store_schema, names_of_constraints_and_keys) {
    struct stage stage;
    if (stage_on_postgres())
        cr_skip_test("see postgres_schema_test.c");
    stage_init(&stage);
    stage_open(&stage);
    assert_rows(&stage, "SELECT count(*) FROM sqlite_master WHERE sql LIKE '%CONSTRAINT pk_billing PRIMARY KEY%'", "1");
    assert_rows(&stage, "SELECT count(*) FROM sqlite_master WHERE sql LIKE '%CONSTRAINT alembic_version_pkc%'", "1");
    assert_rows(&stage, "SELECT count(*) FROM sqlite_master WHERE sql LIKE '%CONSTRAINT uq_emission_records UNIQUE%'",
                "1");
    assert_rows(&stage,
                "SELECT \"table\" || ' ' || \"from\" || ' ' || \"to\" FROM pragma_foreign_key_list('pipeline_state')",
                "pipeline_runs calculation_run_id id");
    assert_rows(&stage,
                "SELECT \"table\" || ' ' || \"from\" || ' ' || \"to\" FROM pragma_foreign_key_list('chargeback_facts')",
                "chargeback_dimensions dimension_id dimension_id");
    assert_rows(&stage,
                "SELECT name FROM sqlite_master WHERE sql LIKE '%AUTOINCREMENT%' AND name NOT LIKE 'cg%' ORDER BY name",
                "chargeback_dimensions\nemission_records");
    assert_rows(&stage, "SELECT version_num FROM alembic_version", "032");
    assert_rows(&stage, stage_soundness(), "ok");
    stage_done(&stage);
}
