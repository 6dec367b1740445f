#include "inventory_map.h"

#include "stage.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    enum ccloud_family family;
    const char *item;
    const char *row; /* as the stage writes it; or what is wrong, after "!" */
} rows[] = {
    {"environment", CCLOUD_ENVIRONMENT,
     "{\"id\": \"env-a1b2c3\", \"display_name\": \"prod\", \"metadata\": {\"created_at\": \"2024-03-01T08:00:00Z\"}}",
     "environment env-a1b2c3 name=prod parent=null owner=null cloud=null region=null created=1709280000000000 {}\n"},
    {"Kafka cluster", CCLOUD_KAFKA_CLUSTER,
     "{\"id\": \"lkc-7k2p9\", \"spec\": {\"display_name\": \"orders\", \"cloud\": \"AWS\", \"region\": \" Eu-West-1 \","
     "\"environment\": {\"id\": \"env-a1b2c3\"}, \"kafka_bootstrap_endpoint\": \"SASL_SSL://pkc-1.example:9092\"},"
     "\"metadata\": {\"created_at\": \"2024-03-02T10:00:00.123456Z\"}}",
     "kafka_cluster lkc-7k2p9 name=orders parent=env-a1b2c3 owner=null cloud=aws region=eu-west-1 "
     "created=1709373600123456 {\"bootstrap_url\": \"SASL_SSL://pkc-1.example:9092\", \"provider_cloud\": \"AWS\", "
     "\"provider_region\": \" Eu-West-1 \"}\n"},
    {"bare Kafka cluster", CCLOUD_KAFKA_CLUSTER, "{\"id\": \"lkc-1\", \"spec\": null, \"metadata\": null}",
     "kafka_cluster lkc-1 name=null parent=null owner=null cloud= region= created=-1 {\"bootstrap_url\": null, "
     "\"provider_cloud\": null, \"provider_region\": null}\n"},
    {"Schema Registry", CCLOUD_SCHEMA_REGISTRY,
     "{\"id\": \"lsrc-55\", \"spec\": {\"display_name\": \"Stream Governance\", \"cloud\": \"AWS\", \"region\": "
     "\"eu-west-1\", \"environment\": {\"id\": \"env-a1b2c3\"}, \"http_endpoint\": \"https://psrc-1.example\"},"
     "\"metadata\": {\"created_at\": \"2024-03-01T08:00:01Z\", \"resource_name\": "
     "\"crn://x/schema-registry=lsrc-55\"}}",
     "schema_registry lsrc-55 name=Stream Governance parent=env-a1b2c3 owner=null cloud=aws region=eu-west-1 "
     "created=1709280001000000 {\"http_endpoint\": \"https://psrc-1.example\", \"provider_cloud\": \"AWS\", "
     "\"provider_region\": \"eu-west-1\", \"crn\": \"crn://x/schema-registry=lsrc-55\"}\n"},
    {"ksqlDB cluster", CCLOUD_KSQLDB_CLUSTER,
     "{\"id\": \"lksqlc-3\", \"spec\": {\"display_name\": \"views\", \"csu\": 4, \"environment\": {\"id\": "
     "\"env-a1b2c3\"}, \"kafka_cluster\": {\"id\": \"lkc-7k2p9\"}, \"credential_identity\": {\"id\": "
     "\"sa-11aa22\"}}, \"metadata\": {\"created_at\": \"2024-03-01T08:00:01Z\"}}",
     "ksqldb_cluster lksqlc-3 name=views parent=env-a1b2c3 owner=sa-11aa22 cloud=null region=null "
     "created=1709280001000000 {\"kafka_cluster_id\": \"lkc-7k2p9\", \"csu_count\": 4}\n"},
    {"ksqlDB cluster of nobody", CCLOUD_KSQLDB_CLUSTER,
     "{\"id\": \"lksqlc-3\", \"spec\": {\"csu\": 0.5, \"kafka_cluster\": null, \"credential_identity\": null}}",
     "ksqldb_cluster lksqlc-3 name=null parent=null owner=ksqldb_owner_unknown cloud=null region=null created=-1 "
     "{\"kafka_cluster_id\": null, \"csu_count\": 0.5}\n"},
    {"ksqlDB cluster with odd members", CCLOUD_KSQLDB_CLUSTER,
     "{\"id\": \"lksqlc-3\", \"spec\": {\"csu\": \"many\", \"kafka_cluster\": 5, \"credential_identity\": "
     "{\"id\": \"\"}}}",
     "ksqldb_cluster lksqlc-3 name=null parent=null owner=ksqldb_owner_unknown cloud=null region=null created=-1 "
     "{\"kafka_cluster_id\": null, \"csu_count\": \"many\"}\n"},
    {"bare ksqlDB cluster", CCLOUD_KSQLDB_CLUSTER, "{\"id\": \"lksqlc-3\", \"spec\": null}",
     "ksqldb_cluster lksqlc-3 name=null parent=null owner=ksqldb_owner_unknown cloud=null region=null created=-1 "
     "{\"kafka_cluster_id\": null, \"csu_count\": null}\n"},
    {"compute pool in a region with credentials", CCLOUD_COMPUTE_POOL,
     "{\"id\": \"lfcp-2z\", \"spec\": {\"display_name\": \"pool\", \"cloud\": \"AWS\", \"region\": "
     "\"eu-west-1 \", \"max_cfu\": 10}, \"metadata\": {\"resource_name\": \"crn://x/organization=o-9\"}}",
     "flink_compute_pool lfcp-2z name=pool parent=walked-1 owner=null cloud=aws region=eu-west-1 created=-1 "
     "{\"provider_cloud\": \"AWS\", \"provider_region\": \"eu-west-1 \", \"is_allocatable\": true, \"crn\": "
     "\"crn://x/organization=o-9\"}\n"},
    {"compute pool elsewhere", CCLOUD_COMPUTE_POOL,
     "{\"id\": \"lfcp-2z\", \"spec\": {\"cloud\": \"GCP\", \"region\": \"eu-west-1\", \"environment\": {\"id\": "
     "\"env-other\"}}, \"metadata\": {\"created_at\": \"2024-03-01T08:00:01Z\"}}",
     "flink_compute_pool lfcp-2z name=null parent=walked-1 owner=null cloud=gcp region=eu-west-1 "
     "created=1709280001000000 {\"provider_cloud\": \"GCP\", \"provider_region\": \"eu-west-1\", "
     "\"is_allocatable\": false, \"crn\": null}\n"},
    {"bare compute pool", CCLOUD_COMPUTE_POOL, "{\"id\": \"lfcp-2z\", \"spec\": null, \"metadata\": null}",
     "flink_compute_pool lfcp-2z name=null parent=walked-1 owner=null cloud= region= created=-1 "
     "{\"provider_cloud\": null, \"provider_region\": null, \"is_allocatable\": false, \"crn\": null}\n"},
    {"service account", CCLOUD_SERVICE_ACCOUNT,
     "{\"id\": \"sa-11aa22\", \"display_name\": \"ci-bot\", \"description\": \"build\", \"metadata\": {\"created_at\": "
     "\"2024-03-02T10:00:00Z\"}}",
     "service_account sa-11aa22 name=ci-bot created=1709373600000000 {\"description\": \"build\"}\n"},
    {"user", CCLOUD_USER,
     "{\"id\": \"u-33bb44\", \"full_name\": \"Asha Rao\", \"email\": \"x@example.org\", \"metadata\": "
     "{\"resource_name\": \"crn://confluent.cloud/user=u-33bb44\"}}",
     "user u-33bb44 name=Asha Rao created=-1 {\"crn\": \"crn://confluent.cloud/user=u-33bb44\"}\n"},
    {"API key", CCLOUD_API_KEY,
     "{\"id\": \"KEYAAAA1\", \"spec\": {\"description\": \"orders producer\", \"owner\": {\"id\": \"sa-11aa22\"}, "
     "\"resource\": {\"id\": \"lkc-7k2p9\"}}, \"metadata\": {\"created_at\": \"2024-03-02T10:00:00Z\"}}",
     "api_key KEYAAAA1 name=orders producer created=1709373600000000 {\"owner_id\": \"sa-11aa22\", \"resource_id\": "
     "\"lkc-7k2p9\"}\n"},
    {"API key of nothing", CCLOUD_API_KEY, "{\"id\": \"K\", \"spec\": {\"owner\": null, \"resource\": []}}",
     "api_key K name=null created=-1 {\"owner_id\": null, \"resource_id\": null}\n"},
    {"identity provider", CCLOUD_IDENTITY_PROVIDER,
     "{\"id\": \"walked-1\", \"display_name\": \"idp\", \"description\": \"oidc\", \"metadata\": {\"resource_name\": "
     "\"crn://walked-1\"}}",
     "identity_provider walked-1 name=idp created=-1 {\"description\": \"oidc\", \"crn\": \"crn://walked-1\"}\n"},
    {"identity pool", CCLOUD_IDENTITY_POOL,
     "{\"id\": \"pool-x1\", \"display_name\": \"apps\", \"description\": \"k8s\", \"metadata\": {}}",
     "identity_pool pool-x1 name=apps created=-1 {\"description\": \"k8s\", \"provider_id\": \"walked-1\"}\n"},
    {"created_at is empty", CCLOUD_SERVICE_ACCOUNT, "{\"id\": \"sa-1\", \"metadata\": {\"created_at\": \"\"}}",
     "service_account sa-1 name=null created=-1 {\"description\": null}\n"},
    {"created_at is no text", CCLOUD_SERVICE_ACCOUNT, "{\"id\": \"sa-1\", \"metadata\": {\"created_at\": 5}}",
     "service_account sa-1 name=null created=-1 {\"description\": null}\n"},
    {"no object", CCLOUD_USER, "5", "!is not an object"},
    {"no id", CCLOUD_USER, "{\"full_name\": \"x\"}", "!has no id"},
    {"null id", CCLOUD_USER, "{\"id\": null}", "!has no id"},
    {"empty id", CCLOUD_ENVIRONMENT, "{\"id\": \"\"}", "!has no id"},
    {"numeric id", CCLOUD_ENVIRONMENT, "{\"id\": 5}", "!has no id"},
};

static const struct ccloud_walk nowhere = {.parent = NULL};
static struct ccloud_flink_key keys[] = {{.region = "aws.eu-west-1"}};
static const struct ccloud_flink_keys flink = {keys, 1};
static const struct ccloud_walk walked = {.parent = "walked-1", .flink = &flink};

Test(inventory_map, rows) {
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct stage stage = {.clock = 0};
        struct ccloud_mapped mapped;
        json_t *item = stage_json(rows[i].item);
        stage_init(&stage, NULL);
        const char *wrong = ccloud_map_item(rows[i].family, item, &walked, &mapped);
        if (wrong != NULL) {
            cr_expect(rows[i].row[0] == '!' && strcmp(wrong, rows[i].row + 1) == 0, "%s: %s", rows[i].name, wrong);
        } else {
            cg_status status = ccloud_family_info(rows[i].family)->is_identity
                                   ? stage.gather.identity(&stage.gather, &mapped.identity)
                                   : stage.gather.resource(&stage.gather, &mapped.resource);
            cr_expect_eq(status, CG_OK);
            cr_expect_str_eq(stage_text_get(&stage.rows), rows[i].row, "%s: got %s", rows[i].name,
                             stage_text_get(&stage.rows));
        }
        json_decref(item);
        stage_done(&stage);
    }
}

Test(inventory_map, a_created_at_that_cannot_be_read_is_told) {
    static const struct {
        const char *value;
        int is_told;
    } values[] = {{"\"yesterday\"", 1}, {"5", 1}, {"{}", 1}, {"\"\"", 0}, {"null", 0}};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        struct ccloud_mapped mapped;
        char text[128];
        (void)snprintf(text, sizeof text, "{\"id\": \"u-1\", \"metadata\": {\"created_at\": %s}}", values[i].value);
        json_t *item = stage_json(text);
        cr_assert(ccloud_map_item(CCLOUD_USER, item, &nowhere, &mapped) == NULL, "%s", text);
        cr_expect_eq(mapped.identity.created_at, CG_TIME_NONE, "%s", text);
        cr_expect_eq(mapped.remark != NULL, values[i].is_told, "%s", text);
        if (mapped.remark != NULL) {
            cr_expect_str_eq(mapped.remark, "has a created_at that is no ISO 8601 time; it is left empty.", "%s", text);
        }
        json_decref(item);
    }
}

Test(inventory_map, texts_that_are_too_long) {
    char text[2048];
    char item[4096];
    struct ccloud_mapped mapped;
    memset(text, 'x', sizeof text);
    text[CCLOUD_ID_MAX + 1] = '\0';
    (void)snprintf(item, sizeof item, "{\"id\": \"%s\"}", text);
    json_t *json = stage_json(item);
    cr_expect_str_eq(ccloud_map_item(CCLOUD_USER, json, &nowhere, &mapped), "has an id of more than 512 bytes");
    json_decref(json);
    (void)snprintf(item, sizeof item, "{\"id\": \"lkc-1\", \"spec\": {\"region\": \"%s\"}}", text);
    json = stage_json(item);
    cr_expect_str_eq(ccloud_map_item(CCLOUD_KAFKA_CLUSTER, json, &nowhere, &mapped),
                     "has a cloud or region name that is too long");
    cr_expect_str_eq(ccloud_map_item(CCLOUD_COMPUTE_POOL, json, &nowhere, &mapped),
                     "has a cloud or region name that is too long");
    json_decref(json);
}
