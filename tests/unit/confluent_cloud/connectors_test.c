#include "connectors.h"

#include "stage.h"

#include <criterion/criterion.h>
#include <string.h>

#define ROW(id_, name_) "connector " id_ " name=" name_ " parent=lkc-1 owner=null cloud=null region=null created=-1 "

static const struct {
    const char *name;
    const char *item;
    const char *row; /* or what is wrong, after "!" */
    int has_remark;
} rows[] = {
    {"service account",
     "{\"id\": {\"id\": \"lcc-8q\", \"id_type\": \"ID\"}, \"info\": {\"name\": \"orders-sink\", \"config\": {\"name\": "
     "\"orders-sink-2\", \"connector.class\": \"S3_SINK\", \"kafka.auth.mode\": \"SERVICE_ACCOUNT\", "
     "\"kafka.service.account.id\": \"sa-1\", \"aws.secret.access.key\": \"s3cret\", \"kafka.api.key\": \"K\"}}, "
     "\"status\": {}, \"metadata\": {\"created_at\": \"2024-03-01T08:00:00Z\"}}",
     ROW("lcc-8q", "orders-sink-2") "{\"kafka_auth_mode\": \"SERVICE_ACCOUNT\", \"connector_class\": \"S3_SINK\", "
                                    "\"env_id\": \"env-1\", \"kafka_service_account_id\": \"sa-1\"}\n",
     0},
    {"service account without id", "{\"info\": {\"config\": {\"kafka.auth.mode\": \"SERVICE_ACCOUNT\"}}}",
     ROW("sink", "sink") "{\"kafka_auth_mode\": \"SERVICE_ACCOUNT\", \"connector_class\": null, \"env_id\": \"env-1\", "
                         "\"kafka_service_account_id\": null}\n",
     0},
    {"API key",
     "{\"info\": {\"config\": {\"kafka.auth.mode\": \"KAFKA_API_KEY\", \"kafka.api.key\": \"KEYAAAA1\", "
     "\"kafka.api.secret\": \"s3cret\", \"kafka.service.account.id\": \"sa-1\"}}}",
     ROW("sink", "sink") "{\"kafka_auth_mode\": \"KAFKA_API_KEY\", \"connector_class\": null, \"env_id\": \"env-1\", "
                         "\"kafka_api_key\": \"KEYAAAA1\"}\n",
     0},
    {"masked API key",
     "{\"info\": {\"config\": {\"kafka.auth.mode\": \"KAFKA_API_KEY\", \"kafka.api.key\": \"****************\"}}}",
     ROW("sink", "sink") "{\"kafka_auth_mode\": \"KAFKA_API_KEY\", \"connector_class\": null, \"env_id\": \"env-1\", "
                         "\"kafka_api_key\": \"****************\"}\n",
     0},
    {"API key that is not there", "{\"info\": {\"config\": {\"kafka.auth.mode\": \"KAFKA_API_KEY\"}}}",
     ROW("sink", "sink") "{\"kafka_auth_mode\": \"KAFKA_API_KEY\", \"connector_class\": null, \"env_id\": \"env-1\", "
                         "\"kafka_api_key\": null}\n",
     0},
    {"mode from the key",
     "{\"info\": {\"config\": {\"kafka.service.account.id\": \"sa-1\", \"kafka.api.key\": \"K\"}}}",
     ROW("sink", "sink") "{\"kafka_auth_mode\": \"KAFKA_API_KEY\", \"connector_class\": null, \"env_id\": \"env-1\", "
                         "\"kafka_api_key\": \"K\"}\n",
     0},
    {"mode from the account",
     "{\"info\": {\"config\": {\"kafka.auth.mode\": null, \"kafka.service.account.id\": \"sa-1\", \"kafka.api.key\": "
     "null}}}",
     ROW("sink", "sink") "{\"kafka_auth_mode\": \"SERVICE_ACCOUNT\", \"connector_class\": null, \"env_id\": \"env-1\", "
                         "\"kafka_service_account_id\": \"sa-1\"}\n",
     0},
    {"no mode", "{\"info\": {\"config\": {\"kafka.auth.mode\": \"\", \"connector.class\": \"com.example.Custom\"}}}",
     ROW("sink", "sink") "{\"kafka_auth_mode\": \"UNKNOWN\", \"connector_class\": \"com.example.Custom\", \"env_id\": "
                         "\"env-1\"}\n",
     1},
    {"a mode nobody knows", "{\"info\": {\"config\": {\"kafka.auth.mode\": \"OAUTH\", \"kafka.api.key\": \"K\"}}}",
     ROW("sink", "sink") "{\"kafka_auth_mode\": \"OAUTH\", \"connector_class\": null, \"env_id\": \"env-1\"}\n", 0},
    {"null configuration", "{\"id\": {\"id\": null}, \"info\": {\"config\": null}, \"status\": null}",
     ROW("sink", "sink") "{\"kafka_auth_mode\": \"UNKNOWN\", \"connector_class\": null, \"env_id\": \"env-1\"}\n", 1},
    {"null info", "{\"id\": null, \"info\": null}",
     ROW("sink", "sink") "{\"kafka_auth_mode\": \"UNKNOWN\", \"connector_class\": null, \"env_id\": \"env-1\"}\n", 1},
    {"members of other types",
     "{\"id\": \"lcc-1\", \"info\": {\"config\": {\"name\": 5, \"kafka.auth.mode\": [], \"kafka.api.key\": {}}}}",
     ROW("sink", "sink") "{\"kafka_auth_mode\": \"UNKNOWN\", \"connector_class\": null, \"env_id\": \"env-1\"}\n", 1},
    {"empty id", "{\"id\": {\"id\": \"\"}, \"info\": {\"config\": {\"name\": \"\", \"kafka.auth.mode\": \"OAUTH\"}}}",
     ROW("sink", "sink") "{\"kafka_auth_mode\": \"OAUTH\", \"connector_class\": null, \"env_id\": \"env-1\"}\n", 0},
    {"null", "null", "!is not an object", 0},
    {"a number", "404", "!is not an object", 0},
};

Test(connectors, rows) {
    static const struct ccloud_walk walk = {.parent = "lkc-1", .scope = "env-1", .name = "sink"};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct stage stage = {.clock = 0};
        struct ccloud_mapped mapped;
        json_t *item = stage_json(rows[i].item);
        stage_init(&stage, NULL);
        const char *wrong = ccloud_map_item(CCLOUD_CONNECTOR, item, &walk, &mapped);
        if (wrong != NULL) {
            cr_expect(rows[i].row[0] == '!' && strcmp(wrong, rows[i].row + 1) == 0, "%s: %s", rows[i].name, wrong);
        } else {
            cr_expect_eq(stage.gather.resource(&stage.gather, &mapped.resource), CG_OK);
            cr_expect_str_eq(stage_text_get(&stage.rows), rows[i].row, "%s: got %s", rows[i].name,
                             stage_text_get(&stage.rows));
            cr_expect_eq(mapped.remark != NULL, rows[i].has_remark, "%s", rows[i].name);
        }
        json_decref(item);
        stage_done(&stage);
    }
}

Test(connectors, a_name_that_is_empty_is_no_id) {
    static const struct ccloud_walk walk = {.parent = "lkc-1", .scope = "env-1", .name = ""};
    struct ccloud_mapped mapped;
    json_t *item = stage_json("{}");
    cr_expect_str_eq(ccloud_map_item(CCLOUD_CONNECTOR, item, &walk, &mapped), "has no id");
    json_decref(item);
}

Test(connectors, a_name_on_two_clusters_is_told_once) {
    struct ccloud_connector_names *names = ccloud_connector_names_new();
    cr_assert(names != NULL);
    cr_expect_eq(ccloud_connector_names_clash(names, "sink", "lkc-1"), 0);
    cr_expect_eq(ccloud_connector_names_clash(names, "source", "lkc-2"), 0);
    cr_expect_eq(ccloud_connector_names_clash(names, "sink", "lkc-1"), 0);
    cr_expect_eq(ccloud_connector_names_clash(names, "sink", "lkc-2"), 1);
    cr_expect_eq(ccloud_connector_names_clash(names, "sink", "lkc-3"), 0);
    cr_expect_eq(ccloud_connector_names_clash(names, "source", "lkc-3"), 0);
    ccloud_connector_names_free(names);
}

/* More names than are noted neither fill the set nor make it forget. */
Test(connectors, very_many_names) {
    struct ccloud_connector_names *names = ccloud_connector_names_new();
    char name[32];
    cr_assert(names != NULL);
    for (int i = 0; i < 20000; i++) {
        (void)snprintf(name, sizeof name, "sink-%d", i);
        cr_assert_eq(ccloud_connector_names_clash(names, name, "lkc-1"), 0, "%s", name);
    }
    cr_expect_eq(ccloud_connector_names_clash(names, "sink-4095", "lkc-2"), 1);
    ccloud_connector_names_free(names);
}
