/* Whose is a resource? Kafka and Schema Registry, connectors, ksqlDB. */
#include "troupe.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

struct resolution {
    const char *name;
    const char *product;
    const char *resource;
    const char *period;
    const char *usage;
    const char *found; /* "active | derived | key=owner" with types */
};

static const struct resolution resolutions[] = {
    {"no keys, no metrics", "KAFKA_BASE", "lkc-1", "sa-1 u-1", NULL, "| |"},
    {"keys of the resource only", "KAFKA_BASE", "lkc-1",
     "sa-1 sa-2 K1:api_key:sa-1:lkc-1 K2:api_key:sa-2:lkc-2 K3:api_key:u-9:lkc-1 K4:api_key::lkc-1", NULL,
     "sa-1:service_account u-9:user | |"},
    {"an owner that is in no table", "SCHEMA_REGISTRY", "lsrc-1", "K1:api_key:pool-7:lsrc-1 K2:api_key:x9:lsrc-1", NULL,
     "pool-7:identity_pool x9:unknown | |"},
    {"several keys of one owner", "KAFKA_BASE", "lkc-1", "sa-1 K1:api_key:sa-1:lkc-1 K2:api_key:sa-1:lkc-1", NULL,
     "sa-1:service_account | |"},
    {"principals", "KAFKA_NETWORK_READ", "lkc-1", "sa-1 u-1 K1:api_key:sa-1:lkc-9 K2:api_key::lkc-1",
     "out u-1 0;in K1 5;out K1 5;out K2 7;in KEY9 1;out - 4;out sa-7 1",
     "| KEY9:unknown sa-1:service_account sa-7:service_account u-1:user | K1=sa-1"},
    {"names that are not clean", "KAFKA_NETWORK_READ", "lkc-1", "sa-1 K1:api_key:sa-1:lkc-9",
     "in sa-\x01 5;out sa-\x02 1;out K1 5;out u\x1b[31m 2;in K1\xff 1",
     "| K1?:unknown sa-1:service_account sa-?:service_account u?[31m:unknown | K1=sa-1"},
    {"a service without resolver", "SUPPORT", "x", "sa-1 K1:api_key:sa-1:x", NULL, "| |"},
};

static void write_list(struct stage_text *text, const struct troupe_list *list) {
    for (size_t i = 0; i < list->count; i++) {
        const struct cg_identity *identity = list->items[i];
        stage_append(text, "%s:%s ", identity->id, identity->type);
    }
    stage_append(text, "|");
}

Test(resolver, resolutions) {
    for (size_t i = 0; i < sizeof resolutions / sizeof resolutions[0]; i++) {
        const struct resolution *row = &resolutions[i];
        struct troupe troupe = {.row_count = 0};
        struct stage_text found = {NULL, 0};
        troupe_init(&troupe, NULL, row->product, row->resource, "1");
        troupe_add(&troupe, &troupe.period, row->period);
        troupe_measure(&troupe, row->usage);
        cr_assert_eq(troupe_resolve(&troupe), CG_OK, "%s", row->name);
        write_list(&found, &troupe.active);
        stage_append(&found, " ");
        write_list(&found, &troupe.derived);
        for (size_t k = 0; k < troupe.entries.count; k++) {
            const struct cg_context_entry *entry = troupe.entries.items[k];
            stage_append(&found, " %s=%s", entry->key, entry->text);
        }
        cr_expect_str_eq(stage_text_get(&found), row->found, "%s: got %s", row->name, stage_text_get(&found));
        free(found.text);
        troupe_done(&troupe);
    }
}

/* ---- one resource in the inventory, and who is charged for it ---- */

#define PEOPLE "sa-1 KEY1:api_key:sa-1:lkc-1 KEY2:api_key::lkc-1 KEY3:api_key:u-7:lkc-1"
#define KEY_MODE "c-1 connector kafka_auth_mode=KAFKA_API_KEY "
#define ACCOUNT_MODE "c-1 connector kafka_auth_mode=SERVICE_ACCOUNT "
#define UNKNOWN "connector_credentials \"Connector Credentials Unknown\""
#define MASKED "connector_credentials \"Connector Credentials Masked\""
#define NO_OWNER "ksqldb_owner_unknown ksqldb_credentials \"ksqlDB Owner Unknown\""

static const struct {
    const char *name;
    const char *product;
    const char *resources;
    const char *found;
} owned[] = {
    {"a connector that is in no table", "CONNECT_NUM_TASKS", NULL, "connector_credentials_masked " MASKED},
    {"a service account", "CONNECT_NUM_TASKS", ACCOUNT_MODE "kafka_service_account_id=sa-1",
     "sa-1 service_account \"Unknown service_account\""},
    {"a service account that is gone", "CONNECT_NUM_TASKS", ACCOUNT_MODE "kafka_service_account_id=sa-old",
     "sa-old retired \"Unknown service_account\""},
    {"a service account that is in no table", "CUSTOM_CONNECT_NUM_TASKS",
     ACCOUNT_MODE "kafka_service_account_id=pool-9", "pool-9 identity_pool \"Unknown identity_pool\""},
    {"a service account with a name that is not clean", "CONNECT_CAPACITY",
     ACCOUNT_MODE "kafka_service_account_id=sa-\x01", "sa-? service_account \"Unknown service_account\""},
    {"no service account", "CONNECT_CAPACITY", ACCOUNT_MODE, "connector_credentials_unknown " UNKNOWN},
    {"an empty service account", "CONNECT_CAPACITY", ACCOUNT_MODE "kafka_service_account_id= kafka_api_key=KEY1",
     "connector_credentials_unknown " UNKNOWN},
    {"a service account that is null", "CONNECT_CAPACITY", ACCOUNT_MODE "kafka_service_account_id=null",
     "connector_credentials_unknown " UNKNOWN},
    {"a key", "CONNECT_THROUGHPUT", KEY_MODE "kafka_api_key=KEY1", "sa-1 service_account \"Unknown service_account\""},
    {"a key that is gone", "CONNECT_THROUGHPUT", KEY_MODE "kafka_api_key=KEYOLD",
     "sa-1 service_account \"Unknown service_account\""},
    {"a key whose owner is in no table", "CONNECT_THROUGHPUT", KEY_MODE "kafka_api_key=KEY3",
     "u-7 user \"Unknown user\""},
    {"a masked key", "CUSTOM_CONNECT_PLUGIN", KEY_MODE "kafka_api_key=****************",
     "connector_api_key_masked " MASKED},
    {"a key masked by one star", "CONNECT_CAPACITY", KEY_MODE "kafka_api_key=*", "connector_api_key_masked " MASKED},
    {"a key that is masked in part", "CONNECT_CAPACITY", KEY_MODE "kafka_api_key=KEY**",
     "connector_api_key_not_found " UNKNOWN},
    {"a key that begins like a masked one", "CONNECT_CAPACITY", KEY_MODE "kafka_api_key=**KEY",
     "connector_api_key_not_found " UNKNOWN},
    {"a key that is in no table", "CONNECT_CAPACITY", KEY_MODE "kafka_api_key=KEY9",
     "connector_api_key_not_found " UNKNOWN},
    {"a key that is not clean", "CONNECT_CAPACITY", KEY_MODE "kafka_api_key=KEY1\x7f",
     "connector_api_key_not_found " UNKNOWN},
    {"a key without owner", "CONNECT_CAPACITY", KEY_MODE "kafka_api_key=KEY2",
     "connector_credentials_unknown " UNKNOWN},
    {"no key", "CONNECT_CAPACITY", KEY_MODE "kafka_service_account_id=sa-1", "connector_credentials_unknown " UNKNOWN},
    {"an unknown mode", "CONNECT_CAPACITY", "c-1 connector kafka_auth_mode=UNKNOWN kafka_api_key=KEY1", "c-1 " UNKNOWN},
    {"a mode in another case", "CONNECT_CAPACITY",
     "c-1 connector kafka_auth_mode=service_account kafka_service_account_id=sa-1", "c-1 " UNKNOWN},
    {"no mode", "CONNECT_CAPACITY", "c-1 connector", "c-1 " UNKNOWN},
    {"a connector that is gone", "CONNECT_NUM_TASKS", ACCOUNT_MODE "kafka_service_account_id=sa-1 gone",
     "sa-1 service_account \"Unknown service_account\""},
    {"a connector that came later", "CONNECT_NUM_TASKS", ACCOUNT_MODE "kafka_service_account_id=sa-1 later",
     "sa-1 service_account \"Unknown service_account\""},
    {"another connector", "CONNECT_NUM_TASKS",
     "c-2 connector kafka_auth_mode=SERVICE_ACCOUNT kafka_service_account_id=sa-1",
     "connector_credentials_masked " MASKED},
    {"a ksqlDB cluster that is in no table", "KSQL_NUM_CSU", NULL,
     "ksqldb_deleted_when_calc_started ksqldb_credentials \"ksqlDB Deleted When Calculation Started\""},
    {"a ksqlDB cluster with owner", "KSQL_NUM_CSU", "c-1 ksqldb_cluster owner=sa-1 owner_id=u-1",
     "sa-1 service_account \"Unknown service_account\""},
    {"a ksqlDB cluster whose owner is gone", "KSQL_NUM_CSUS", "c-1 ksqldb_cluster owner=sa-old gone",
     "sa-old retired \"Unknown service_account\""},
    {"a ksqlDB cluster whose owner is in no table", "KSQL_NUM_CSUS", "c-1 ksqldb_cluster owner=u-8",
     "u-8 user \"Unknown user\""},
    {"a ksqlDB cluster whose owner is no usual id", "KSQL_NUM_CSUS", "c-1 ksqldb_cluster owner=x",
     "x unknown \"Unknown unknown\""},
    {"a ksqlDB cluster with owner in its metadata", "KSQL_NUM_CSU", "c-1 ksqldb_cluster owner= owner_id=sa-1",
     "sa-1 service_account \"Unknown service_account\""},
    {"a ksqlDB cluster without owner", "KSQL_NUM_CSU", "c-1 ksqldb_cluster owner_id=null kafka_cluster_id=lkc-1",
     NO_OWNER},
    {"a ksqlDB cluster gathered without owner", "KSQL_NUM_CSU", "c-1 ksqldb_cluster owner=ksqldb_owner_unknown",
     NO_OWNER},
    {"a ksqlDB cluster with no owner in its metadata", "KSQL_NUM_CSU",
     "c-1 ksqldb_cluster owner_id=ksqldb_owner_unknown", NO_OWNER},
};

/* In one sentence, with how many there are. */
Test(resolver, odd_names_are_told) {
    struct troupe troupe = {.row_count = 0};
    troupe_init(&troupe, NULL, "KAFKA_NETWORK_READ", "lkc-1", "1");
    troupe_measure(&troupe, "in sa-1 1");
    cr_assert_eq(troupe_resolve(&troupe), CG_OK);
    cr_assert_str_eq(stage_text_get(&troupe.stage.log), "");
    troupe_measure(&troupe, "in sa-\x01 1;in b\x7f 1;out sa-\x01 1");
    cr_assert_eq(troupe_resolve(&troupe), CG_OK);
    cr_assert(strstr(stage_text_get(&troupe.stage.log),
                     "3 series in the metrics of lkc-1 name principals with control characters, or too long; what is "
                     "not clean becomes '?', the first is charged as 'sa-?'"),
              "%s", stage_text_get(&troupe.stage.log));
    troupe_done(&troupe);
}

Test(resolver, one_owner) {
    for (size_t i = 0; i < sizeof owned / sizeof owned[0]; i++) {
        struct troupe troupe = {.row_count = 0};
        struct stage_text found = {NULL, 0};
        troupe_init(&troupe, NULL, owned[i].product, "c-1", "1");
        troupe_add(&troupe, &troupe.period, PEOPLE);
        troupe_add(&troupe, &troupe.absent, "sa-old:retired KEYOLD:api_key:sa-1:lkc-1");
        troupe_stock(&troupe, owned[i].resources);
        cr_assert_eq(troupe_resolve(&troupe), CG_OK, "%s", owned[i].name);
        cr_assert_eq(troupe.active.count, 1, "%s: %zu owners", owned[i].name, troupe.active.count);
        const struct cg_identity *identity = troupe.active.items[0];
        stage_append(&found, "%s %s \"%s\"", identity->id, identity->type, identity->display_name);
        cr_expect_str_eq(stage_text_get(&found), owned[i].found, "%s: got %s", owned[i].name, stage_text_get(&found));
        cr_expect_eq(troupe.derived.count + troupe.entries.count, 0, "%s", owned[i].name);
        free(found.text);
        troupe_done(&troupe);
    }
}
