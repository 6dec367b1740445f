/* One day of a small tenant, from identities, inventory and metrics to rows. */
#include "troupe.h"

#include <criterion/criterion.h>

#define PEOPLE "sa-1 sa-2 u-1 pool-1 KEY1:api_key:sa-1:lkc-1 KEY2:api_key:sa-2:lsrc-1"
/* No key record has the id KEY9, so that it is charged as it is. */
#define BYTES "out sa-1 100 200;out KEY9 100;in u-1 400"
#define INVENTORY                                                                                         \
    "lkc-1 kafka_cluster parent=env-1;lsrc-1 schema_registry parent=env-1;"                               \
    "lcc-1 connector parent=lkc-1 kafka_auth_mode=KAFKA_API_KEY kafka_api_key=KEY1;"                      \
    "lcc-2 connector parent=lkc-1 kafka_auth_mode=KAFKA_API_KEY kafka_api_key=****************;"          \
    "lfcp-1 flink_compute_pool parent=env-1;lfcp-2 flink_compute_pool parent=env-1;"                      \
    "uid-1 flink_statement parent=env-1 owner=sa-1 name=st-1 statement_name=st-1 compute_pool_id=lfcp-1 " \
    "is_stopped=false"
#define BY_USAGE "usage_ratio usage_ratio_allocation 0"

static const struct {
    const char *product;
    const char *resource;
    const char *amount;
    const char *usage;
    const char *rows;
} day[] = {
    {"KAFKA_NUM_CKU", "lkc-1", "10", BYTES,
     "KEY9 usage 0.8750 " BY_USAGE " 0; sa-1 usage 2.6250 " BY_USAGE " 0; u-1 usage 3.5000 " BY_USAGE " 0; "
     "KEY9 usage 1.0000 even_split - 0 1; sa-1 usage 1.0000 even_split - 0 1; u-1 usage 1.0000 even_split - 0 1"},
    {"KAFKA_NETWORK_READ", "lkc-1", "3", BYTES, "KEY9 usage 0.7500 " BY_USAGE " -; sa-1 usage 2.2500 " BY_USAGE " -"},
    {"KAFKA_STORAGE", "lkc-1", "2", BYTES,
     "KEY9 shared 0.6666 even_split no_metrics_located - -; sa-1 shared 0.6667 even_split no_metrics_located - -; "
     "u-1 shared 0.6667 even_split no_metrics_located - -"},
    {"SCHEMA_REGISTRY", "lsrc-1", "1", NULL, "sa-2 usage 1.0000 even_split - 0 -"},
    {"CONNECT_NUM_TASKS", "lcc-1", "1", NULL, "sa-1 usage 1.0000 even_split - 0 -"},
    {"CONNECT_CAPACITY", "lcc-2", "1", NULL, "connector_api_key_masked shared 1.0000 even_split - 0 -"},
    {"CONNECT_CAPACITY", "lcc-9", "1", NULL, "connector_credentials_masked shared 1.0000 even_split - 0 -"},
    {"KSQL_NUM_CSU", "lksqlc-9", "1", NULL, "ksqldb_deleted_when_calc_started usage 1.0000 even_split - 0 -"},
    {"FLINK_NUM_CFU", "lfcp-1", "1", "cfu lfcp-1/st-1 1 1;cfu lfcp-1/ghost 2",
     "flink_stmt_owner_unknown usage 0.5000 " BY_USAGE " -; sa-1 usage 0.5000 " BY_USAGE " -"},
    {"FLINK_NUM_CFU", "lfcp-2", "1", NULL,
     "pool-1 shared 0.2500 even_split no_active_identities_located 2 -; "
     "sa-1 shared 0.2500 even_split no_active_identities_located 2 -; "
     "sa-2 shared 0.2500 even_split no_active_identities_located 2 -; "
     "u-1 shared 0.2500 even_split no_active_identities_located 2 -"},
    {"SUPPORT", "unresolved_billing_14", "6", NULL,
     "pool-1 shared 1.5000 even_split - 0 -; sa-1 shared 1.5000 even_split - 0 -; "
     "sa-2 shared 1.5000 even_split - 0 -; u-1 shared 1.5000 even_split - 0 -"},
    {"CLUSTER_LINKING_READ", "lkc-1", "1", BYTES, "lkc-1 usage 1 cluster_linking cluster_linking_cost - -"},
    {"TABLEFLOW_STORAGE", "lkc-1", "1", BYTES, "lkc-1 shared 1 default using_default_allocator - -"},
    {"FOO_NEW", "zzz", "1", NULL, "zzz shared 1 unknown using_unknown_allocator - -"},
};

Test(one_day, as_stored) {
    for (size_t i = 0; i < sizeof day / sizeof day[0]; i++) {
        struct troupe troupe = {.row_count = 0};
        troupe_init(&troupe, NULL, day[i].product, day[i].resource, day[i].amount);
        troupe_add(&troupe, &troupe.period, PEOPLE);
        troupe_stock(&troupe, INVENTORY);
        troupe_measure(&troupe, day[i].usage);
        cr_assert_eq(troupe_resolve(&troupe), CG_OK);
        cr_assert_eq(troupe_allocate(&troupe), CG_OK, "%s", stage_text_get(&troupe.stage.error));
        cr_expect_str_eq(stage_text_get(&troupe.rows), day[i].rows, "%s of %s: got %s", day[i].product, day[i].resource,
                         stage_text_get(&troupe.rows));
        cr_expect_eq(cg_decimal_compare(&troupe.sum, &troupe.line.total_cost), 0, "%s", day[i].product);
        troupe_done(&troupe);
    }
}
