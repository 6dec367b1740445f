#include "store/shared.h"

#define COUNT(array_) (sizeof(array_) / sizeof((array_)[0]))
#define COLUMNS(array_) .columns = (array_), .column_count = COUNT(array_)
#define INDEXES(array_) .indexes = (array_), .index_count = COUNT(array_)

/* A column that every revision had; one that may be empty; parts of keys with a time. */
#define NEEDED(name_) \
    { name_, "VARCHAR NOT NULL", NULL, 0 }
#define OPTIONAL(name_, type_) \
    { name_, type_, "NULL", 0 }
#define KEY(name_) \
    { name_, "VARCHAR NOT NULL", NULL, CG_COLUMN_KEY }
#define KEY_TIME \
    { "timestamp", "$ts NOT NULL", NULL, CG_COLUMN_KEY | CG_COLUMN_SECONDS }
#define KEY_DIMENSION \
    { "dimension_id", "INTEGER NOT NULL", NULL, CG_COLUMN_KEY }
#define FLAG(name_) \
    { name_, "$bool DEFAULT '0' NOT NULL", "FALSE", 0 }
#define COUNTER(name_, default_) \
    { name_, "INTEGER DEFAULT " default_ " NOT NULL", default_, 0 }
#define NUMBER(name_, type_) \
    { name_, type_, NULL, 0 }

static const struct cg_shared_column resources[] = {
    NEEDED("ecosystem"),
    NEEDED("tenant_id"),
    NEEDED("resource_id"),
    NEEDED("resource_type"),
    OPTIONAL("display_name", "VARCHAR"),
    OPTIONAL("parent_id", "VARCHAR"),
    OPTIONAL("owner_id", "VARCHAR"),
    {"status", "VARCHAR DEFAULT 'active' NOT NULL", "'active'", 0},
    OPTIONAL("cloud", "VARCHAR"),
    OPTIONAL("region", "VARCHAR"),
    OPTIONAL("created_at", "$ts"),
    OPTIONAL("deleted_at", "$ts"),
    OPTIONAL("last_seen_at", "$ts"),
    OPTIONAL("metadata_json", "VARCHAR"),
};
static const struct cg_shared_index resources_indexes[] = {
    {"ix_resources_resource_type", "(resource_type)", 0},
    {"ix_resources_parent_id", "(parent_id)", 0},
    {"ix_resources_owner_id", "(owner_id)", 0},
    {"ix_resources_status", "(status)", 0},
    {"ix_resources_cloud", "(cloud)", 0},
    {"ix_resources_region", "(region)", 0},
    {"ix_resources_created_at", "(created_at)", 0},
    {"ix_resources_deleted_at", "(deleted_at)", 0},
};

static const struct cg_shared_column identities[] = {
    NEEDED("ecosystem"),
    NEEDED("tenant_id"),
    NEEDED("identity_id"),
    NEEDED("identity_type"),
    OPTIONAL("display_name", "VARCHAR"),
    OPTIONAL("created_at", "$ts"),
    OPTIONAL("deleted_at", "$ts"),
    OPTIONAL("last_seen_at", "$ts"),
    OPTIONAL("metadata_json", "VARCHAR"),
};
static const struct cg_shared_index identities_indexes[] = {
    {"ix_identities_identity_type", "(identity_type)", 0},
    {"ix_identities_created_at", "(created_at)", 0},
    {"ix_identities_deleted_at", "(deleted_at)", 0},
};

static const struct cg_shared_column billing[] = {
    KEY("ecosystem"),
    KEY("tenant_id"),
    KEY_TIME,
    KEY("resource_id"),
    KEY("product_type"),
    KEY("product_category"),
    NEEDED("quantity"),
    NEEDED("unit_price"),
    NEEDED("total_cost"),
    {"currency", "VARCHAR DEFAULT 'USD' NOT NULL", "'USD'", 0},
    {"granularity", "VARCHAR DEFAULT 'daily' NOT NULL", "'daily'", 0},
    OPTIONAL("metadata_json", "VARCHAR"),
    {"allocation_attempts", "INTEGER DEFAULT '0' NOT NULL", "0", 0},
    {"topic_attribution_attempts", "INTEGER DEFAULT '0' NOT NULL", "0", 0},
};

static const struct cg_shared_column ccloud_billing[] = {
    KEY("ecosystem"),
    KEY("tenant_id"),
    KEY_TIME,
    KEY("env_id"),
    KEY("resource_id"),
    KEY("product_type"),
    KEY("product_category"),
    NEEDED("quantity"),
    NEEDED("unit_price"),
    NEEDED("total_cost"),
    NEEDED("currency"),
    NEEDED("granularity"),
    COUNTER("allocation_attempts", "0"),
    OPTIONAL("metadata_json", "VARCHAR"),
    COUNTER("topic_attribution_attempts", "0"),
};

static const struct cg_shared_column chargeback_dimensions[] = {
    NUMBER("dimension_id", "$serial"),
    {"ecosystem", "$text NOT NULL", NULL, 0},
    {"tenant_id", "$text NOT NULL", NULL, 0},
    OPTIONAL("resource_id", "$text"),
    {"product_category", "$text NOT NULL$blank", "''", 0},
    {"product_type", "$text NOT NULL$blank", "''", 0},
    {"identity_id", "$text NOT NULL$blank", NULL, 0},
    {"cost_type", "$text NOT NULL$blank", NULL, 0},
    OPTIONAL("allocation_method", "$text"),
    OPTIONAL("allocation_detail", "$text"),
    {"env_id", "$text DEFAULT '' NOT NULL", "''", 0},
};
static const struct cg_shared_index chargeback_dimensions_indexes[] = {
    {"uq_chargeback_dimensions",
     "(ecosystem, tenant_id, resource_id, product_category, product_type, identity_id, cost_type, allocation_method, "
     "allocation_detail, env_id)",
     1},
    {"ix_chargeback_dimensions_ecosystem", "(ecosystem)", 0},
    {"ix_chargeback_dimensions_tenant_id", "(tenant_id)", 0},
    {"ix_chargeback_dimensions_resource_id", "(resource_id)", 0},
    {"ix_chargeback_dimensions_product_type", "(product_type)", 0},
    {"ix_chargeback_dimensions_identity_id", "(identity_id)", 0},
    {"ix_chargeback_dimensions_eco_tenant", "(ecosystem, tenant_id)", 0},
};

static const struct cg_shared_column chargeback_facts[] = {
    KEY_TIME,
    KEY_DIMENSION,
    NEEDED("amount"),
    {"tags_json", "VARCHAR DEFAULT '[]' NOT NULL", "'{}'", 0},
};
static const struct cg_shared_index chargeback_facts_indexes[] = {
    {"ix_chargeback_facts_dimension_timestamp", "(dimension_id, timestamp)", 0},
};

static const struct cg_shared_column topic_attribution_dimensions[] = {
    NUMBER("dimension_id", "$rowid"),
    {"ecosystem", "$text NOT NULL", NULL, 0},
    {"tenant_id", "$text NOT NULL", NULL, 0},
    {"env_id", "$text DEFAULT '' NOT NULL", "''", 0},
    {"cluster_resource_id", "$text NOT NULL", NULL, 0},
    {"topic_name", "$text DEFAULT '' NOT NULL", "''", 0},
    {"product_category", "$text DEFAULT '' NOT NULL", "''", 0},
    {"product_type", "$text DEFAULT '' NOT NULL", "''", 0},
    {"attribution_method", "$text DEFAULT '' NOT NULL", "''", 0},
    {"resource_id", "VARCHAR NOT NULL", "''", 0},
};
static const struct cg_shared_index topic_attribution_dimensions_indexes[] = {
    {"ix_topic_attr_dim_eco_tenant", "(ecosystem, tenant_id)", 0},
    {"ix_topic_attr_dim_cluster", "(ecosystem, tenant_id, cluster_resource_id)", 0},
    {"ix_topic_attr_dim_resource_id", "(resource_id)", 0},
    {"ix_topic_attribution_dimensions_ecosystem", "(ecosystem)", 0},
    {"ix_topic_attribution_dimensions_tenant_id", "(tenant_id)", 0},
    {"ix_topic_attribution_dimensions_cluster_resource_id", "(cluster_resource_id)", 0},
    {"ix_topic_attribution_dimensions_product_type", "(product_type)", 0},
};

static const struct cg_shared_column topic_attribution_facts[] = {
    KEY_TIME,
    KEY_DIMENSION,
    NEEDED("amount"),
};
static const struct cg_shared_index topic_attribution_facts_indexes[] = {
    {"ix_topic_attr_facts_dim_ts", "(dimension_id, timestamp)", 0},
};

static const struct cg_shared_column pipeline_runs[] = {
    NUMBER("id", "$rowid"),
    NEEDED("tenant_name"),
    NUMBER("started_at", "$ts NOT NULL"),
    OPTIONAL("ended_at", "$ts"),
    NEEDED("status"),
    COUNTER("dates_gathered", "0"),
    COUNTER("dates_calculated", "0"),
    COUNTER("rows_written", "0"),
    OPTIONAL("error_message", "VARCHAR"),
    OPTIONAL("stage", "VARCHAR"),
    OPTIONAL("\"current_date\"", "DATE"),
};
static const struct cg_shared_index pipeline_runs_indexes[] = {
    {"ix_pipeline_runs_tenant_name", "(tenant_name)", 0},
};

static const struct cg_shared_column pipeline_state[] = {
    NEEDED("ecosystem"),
    NEEDED("tenant_id"),
    NUMBER("tracking_date", "DATE NOT NULL"),
    FLAG("billing_gathered"),
    FLAG("resources_gathered"),
    FLAG("chargeback_calculated"),
    FLAG("topic_overlay_gathered"),
    FLAG("topic_attribution_calculated"),
    OPTIONAL("calculation_id", "VARCHAR"),
    {"calculation_completed_at", "$ts", "NULL", CG_COLUMN_SECONDS},
    OPTIONAL("calculation_run_id", "INTEGER"),
};
static const struct cg_shared_index pipeline_state_indexes[] = {
    {"ix_pipeline_state_preview_coverage",
     "(ecosystem, tenant_id, tracking_date, chargeback_calculated, calculation_id, calculation_completed_at)", 0},
};

static const struct cg_shared_column tags[] = {
    NUMBER("tag_id", "$rowid"), NEEDED("tenant_id"), NEEDED("entity_type"), NEEDED("entity_id"),
    NEEDED("tag_key"),          NEEDED("tag_value"), NEEDED("created_by"),  NUMBER("created_at", "$ts NOT NULL"),
};
static const struct cg_shared_index tags_indexes[] = {
    {"ix_tags_entity", "(tenant_id, entity_type, entity_id)", 0},
    {"ix_tags_tenant_key", "(tenant_id, tag_key)", 0},
    {"ix_tags_tenant_key_value", "(tenant_id, tag_key, tag_value)", 0},
};

static const struct cg_shared_column emission_records[] = {
    NUMBER("id", "$serial"),
    NEEDED("ecosystem"),
    NEEDED("tenant_id"),
    NEEDED("emitter_name"),
    {"pipeline", "VARCHAR DEFAULT 'chargeback' NOT NULL", "'chargeback'", CG_COLUMN_ADDED},
    NUMBER("date", "DATE NOT NULL"),
    NEEDED("status"),
    COUNTER("attempt_count", "1"),
};
static const struct cg_shared_index emission_records_indexes[] = {
    {"ix_emission_records_ecosystem", "(ecosystem)", 0},
    {"ix_emission_records_tenant_id", "(tenant_id)", 0},
    {"ix_emission_records_emitter_name", "(emitter_name)", 0},
    {"ix_emission_records_pipeline", "(pipeline)", 0},
    {"ix_emission_records_date", "(date)", 0},
};

const struct cg_shared_table cg_shared_tables[] = {
    {"resources", "001", COLUMNS(resources), .rules = ", PRIMARY KEY (ecosystem, tenant_id, resource_id)",
     INDEXES(resources_indexes)},
    {"identities", "001", COLUMNS(identities), .rules = ", PRIMARY KEY (ecosystem, tenant_id, identity_id)",
     INDEXES(identities_indexes)},
    {CG_TABLE_BILLING, "001", COLUMNS(billing),
     .rules = ", CONSTRAINT pk_billing PRIMARY KEY (ecosystem, tenant_id, timestamp, resource_id, product_type, "
              "product_category)"},
    {CG_TABLE_ENVIRONMENT_BILLING, "ddebea2fe0a8", COLUMNS(ccloud_billing),
     .rules = ", PRIMARY KEY (ecosystem, tenant_id, timestamp, env_id, resource_id, product_type, product_category)"},
    {"chargeback_dimensions", "001", COLUMNS(chargeback_dimensions), .rules = "",
     INDEXES(chargeback_dimensions_indexes), .serial = "dimension_id"},
    {"chargeback_facts", "001", COLUMNS(chargeback_facts),
     .rules = ", PRIMARY KEY (timestamp, dimension_id), FOREIGN KEY (dimension_id) REFERENCES chargeback_dimensions "
              "(dimension_id)",
     INDEXES(chargeback_facts_indexes)},
    {"topic_attribution_dimensions", "017", COLUMNS(topic_attribution_dimensions),
     .rules = ", CONSTRAINT uq_topic_attribution_dimensions UNIQUE (ecosystem, tenant_id, env_id, cluster_resource_id, "
              "topic_name, product_category, product_type, attribution_method)",
     INDEXES(topic_attribution_dimensions_indexes), .serial = "dimension_id"},
    {"topic_attribution_facts", "017", COLUMNS(topic_attribution_facts),
     .rules = ", PRIMARY KEY (timestamp, dimension_id), FOREIGN KEY (dimension_id) REFERENCES "
              "topic_attribution_dimensions (dimension_id)",
     INDEXES(topic_attribution_facts_indexes)},
    {"pipeline_runs", "004", COLUMNS(pipeline_runs), .rules = "", INDEXES(pipeline_runs_indexes), .serial = "id"},
    {"pipeline_state", "001", COLUMNS(pipeline_state),
     .rules = ", PRIMARY KEY (ecosystem, tenant_id, tracking_date), CONSTRAINT "
              "fk_pipeline_state_calculation_run_id_pipeline_runs FOREIGN KEY (calculation_run_id) REFERENCES "
              "pipeline_runs (id)",
     INDEXES(pipeline_state_indexes)},
    {"tags", "011", COLUMNS(tags),
     .rules = ", CONSTRAINT uq_tags_entity_key UNIQUE (tenant_id, entity_type, entity_id, tag_key)",
     INDEXES(tags_indexes), .serial = "tag_id"},
    {"emission_records", "010", COLUMNS(emission_records),
     .rules = ", CONSTRAINT uq_emission_records UNIQUE (ecosystem, tenant_id, emitter_name, pipeline, date)",
     INDEXES(emission_records_indexes), .serial = "id"},
};
const size_t cg_shared_tables_count = COUNT(cg_shared_tables);

static const struct cg_shared_column alembic_version[] = {
    {"version_num", "VARCHAR(32) NOT NULL", NULL, 0},
};
const struct cg_shared_table cg_shared_version = {"alembic_version", "001", COLUMNS(alembic_version),
                                                  .rules =
                                                      ", CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)"};

const char *const cg_shared_old_indexes[] = {"ix_billing_product_category",
                                             "ix_topic_attribution_dimensions_resource_id"};
const size_t cg_shared_old_indexes_count = COUNT(cg_shared_old_indexes);
