#include "ccloud.h"

#include "stage.h"

#include <criterion/criterion.h>
#include <string.h>

#define SETTINGS                                                                                      \
    "{\"ccloud_api\": {\"key\": \"K\", \"secret\": \"S\", \"base_url\": \"http://127.0.0.1:1/sim\", " \
    "\"request_interval_seconds\": 0.05}}"

#define ENVIRONMENTS "/org/v2/environments?page_size=99"
#define ACCOUNTS "/iam/v2/service-accounts?page_size=99"
#define USERS "/iam/v2/users?page_size=99"
#define KEYS "/iam/v2/api-keys?page_size=100"
#define PROVIDERS "/iam/v2/identity-providers?page_size=99"
#define CONNECTORS "/connect/v1/environments/env-1/clusters/lkc-1/connectors?expand=info,status,id"
#define KSQLDB "/ksqldbcm/v2/clusters?page_size=100&environment=env-1"
#define POOLS "/fcpm/v2/compute-pools?page_size=50&environment=env-1"

#define ALL_FINE                                                                                               \
    "environment 0\nkafka_cluster 0\nschema_registry 0\nconnector 0\nksqldb_cluster 0\nflink_compute_pool 0\n" \
    "service_account 0\nuser 0\napi_key 0\nidentity_provider 0\nidentity_pool 0\n"

static const struct stage_route whole[] = {
    {ENVIRONMENTS, 200,
     "{\"data\": [{\"id\": \"env-1\"}], \"metadata\": {\"next\": \"https://x/y?page_size=7&page_token=a%2Bb%3D%3D\"}}"},
    {ENVIRONMENTS "&page_token=a+b==", 200, "{\"data\": [{\"id\": \"env-2\"}], \"metadata\": null}"},
    {"/cmk/v2/clusters?page_size=99&environment=env-1", 200,
     "{\"data\": [{\"id\": \"lkc-1\", \"spec\": {\"environment\": {\"id\": \"env-1\"}}}]}"},
    {"/cmk/v2/clusters?page_size=99&environment=env-2", 200, "{\"data\": []}"},
    {"/srcm/v3/clusters?page_size=50&environment=env-2", 200, "{\"data\": [{\"id\": \"lsrc-2\"}]}"},
    {CONNECTORS, 200, "{\"sink\": {\"id\": {\"id\": \"lcc-1\"}, \"info\": null, \"status\": {}}}"},
    {KSQLDB, 200, "{\"data\": [{\"id\": \"lksqlc-1\"}]}"},
    {"/fcpm/v2/compute-pools?page_size=50&environment=env-2", 200, "{\"data\": [{\"id\": \"lfcp-1\"}]}"},
    {ACCOUNTS, 200, "{\"data\": [{\"id\": \"sa-1\"}]}"},
    {USERS, 200, "{\"data\": [{\"id\": \"u-1\"}]}"},
    {KEYS, 200, "{\"data\": [{\"id\": \"K1\", \"metadata\": {\"created_at\": \"soon\"}}]}"},
    {PROVIDERS, 200, "{\"data\": [{\"id\": \"op/5 %\"}]}"},
    {"/iam/v2/identity-providers/op%2F5%20%25/identity-pools?page_size=99", 200, "{\"data\": [{\"id\": \"pool-1\"}]}"},
};

static cg_status gather(struct stage *stage) {
    struct ccloud_instance instance = {.host = &stage->host, .tenant = &stage->tenant};
    stage->gather.now = 0;
    cg_status status = ccloud_gather_inventory(&instance, &stage->gather);
    ccloud_client_close(&instance);
    return status;
}

Test(inventory, everything_is_read) {
    static const char *const wanted[] = {
        "environment env-1 ",
        "environment env-2 ",
        "kafka_cluster lkc-1 name=null parent=env-1 ",
        "user u-1 ",
        "service_account sa-1",
        "schema_registry lsrc-2 ",
        "connector lcc-1 name=sink parent=lkc-1 ",
        "ksqldb_cluster lksqlc-1 ",
        "flink_compute_pool lfcp-1 name=null parent=env-2 ",
        "api_key K1 ",
        "identity_provider op/5 % ",
        "identity_pool pool-1 name=null created=-1 {\"description\": null, \"provider_id\": \"op/5 %\"}"};
    for (int newest_first = 0; newest_first < 2; newest_first++) {
        struct stage stage = {
            .routes = whole, .route_count = sizeof whole / sizeof whole[0], .newest_first = newest_first};
        stage_init(&stage, SETTINGS);
        cr_assert_eq(gather(&stage), CG_OK, "%s", stage_text_get(&stage.error));
        for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
            cr_expect(strstr(stage_text_get(&stage.rows), wanted[i]) != NULL, "'%s' is not in\n%s", wanted[i],
                      stage_text_get(&stage.rows));
        }
        cr_expect_str_eq(stage_text_get(&stage.families), ALL_FINE);
        cr_expect(strstr(stage_text_get(&stage.progress), "inventory listings 15/15\n") != NULL, "%s",
                  stage_text_get(&stage.progress));
        cr_expect(strstr(stage_text_get(&stage.log),
                         "30 Confluent Cloud's api_key K1 has a created_at that is no ISO 8601 time; it is left "
                         "empty.\n") != NULL);
        cr_expect(strstr(stage_text_get(&stage.log),
                         "30 Confluent Cloud's connector lcc-1 does not say as whom it logs in to Kafka.\n") != NULL,
                  "%s", stage_text_get(&stage.log));
        stage_done(&stage);
    }
}

Test(inventory, independent_collections_are_asked_for_at_once) {
    struct stage stage = {.routes = whole, .route_count = sizeof whole / sizeof whole[0]};
    stage_init(&stage, SETTINGS);
    cr_assert_eq(gather(&stage), CG_OK);
    static const char start[] = "open http://127.0.0.1:1/sim as K every 50000 us\n" ENVIRONMENTS "\n" ACCOUNTS
                                "\n" USERS "\n" KEYS "\n" PROVIDERS "\n";
    cr_expect(strncmp(stage_text_get(&stage.requests), start, sizeof start - 1) == 0, "%s",
              stage_text_get(&stage.requests));
    stage_done(&stage);
}

static const struct {
    const char *name;
    struct stage_route route; /* in front of the routes above */
    cg_status status;
    const char *error;
    const char *failed; /* lines of the families that are reported as failed; NULL: none is reported at all */
} failures[] = {
    {"environments 500", {ENVIRONMENTS, 500, ""}, CG_TEMPORARY, "GET /org/v2/environments answered 500.", NULL},
    {"environments 403",
     {ENVIRONMENTS, 403, ""},
     CG_AUTH,
     "The API key lacks the role to list environments (GET /org/v2/environments answered 403): give the key's owner a "
     "role in Confluent Cloud that may read them.",
     NULL},
    {"Kafka clusters 404",
     {"/cmk/v2/clusters?page_size=99&environment=env-2", 404, ""},
     CG_NOT_FOUND,
     "Confluent Cloud does not know GET /cmk/v2/clusters (it answered 404), so the Kafka clusters could not be listed.",
     NULL},
    {"environments 401",
     {ENVIRONMENTS, 401, ""},
     CG_AUTH,
     "Confluent Cloud refused the API key (GET /org/v2/environments answered 401): check ccloud_api.key and "
     "ccloud_api.secret, which must be a Cloud API key, not the key of a cluster.",
     NULL},
    {"users 401, though the key is good elsewhere",
     {USERS, 401, ""},
     CG_OK,
     "",
     "user 2 Confluent Cloud refused the API key (GET /iam/v2/users answered 401): check ccloud_api.key and "
     "ccloud_api.secret, which must be a Cloud API key, not the key of a cluster.\n"},
    {"an environment without id",
     {ENVIRONMENTS, 200, "{\"data\": [{}]}"},
     CG_PERMANENT,
     "Confluent Cloud's list of environments holds an item that has no id.",
     NULL},
    {"users 404",
     {USERS, 404, ""},
     CG_OK,
     "",
     "user 8 Confluent Cloud does not know GET /iam/v2/users (it answered 404), so the users could not be listed.\n"},
    {"one Schema Registry listing 403",
     {"/srcm/v3/clusters?page_size=50&environment=env-1", 403, ""},
     CG_OK,
     "",
     "schema_registry 2 The API key lacks the role to list Schema Registry clusters (GET /srcm/v3/clusters answered "
     "403): give the key's owner a role in Confluent Cloud that may read them.\n"},
    {"connectors 403",
     {CONNECTORS, 403, ""},
     CG_OK,
     "",
     "connector 2 The API key lacks the role to list connectors (GET "
     "/connect/v1/environments/env-1/clusters/lkc-1/connectors answered 403): give the key's owner a role in Confluent "
     "Cloud that may read them.\n"},
    {"connectors 404",
     {CONNECTORS, 404, ""},
     CG_OK,
     "",
     "connector 8 Confluent Cloud does not know GET /connect/v1/environments/env-1/clusters/lkc-1/connectors (it "
     "answered 404), so the connectors could not be listed.\n"},
    {"connectors as a list",
     {CONNECTORS, 200, "[]"},
     CG_OK,
     "",
     "connector 5 Confluent Cloud answered GET /connect/v1/environments/env-1/clusters/lkc-1/connectors with a list "
     "instead of an object.\n"},
    {"connectors that are not objects",
     {CONNECTORS, 200, "{\"a\": null, \"b\": {}, \"error_code\": 5}"},
     CG_OK,
     "",
     "connector 5 Confluent Cloud's list of connectors holds an item that is not an object. (1 more failures of this "
     "kind)\n"},
    {"no connectors, as an envelope", {CONNECTORS, 200, "{\"data\": [], \"metadata\": {}}"}, CG_OK, "", ""},
    {"connectors time out",
     {CONNECTORS, 0, ""},
     CG_OK,
     "",
     "connector 4 GET /connect/v1/environments/env-1/clusters/lkc-1/connectors answered 0.\n"},
    {"a Kafka cluster whose id is a path",
     {"/cmk/v2/clusters?page_size=99&environment=env-2", 200, "{\"data\": [{\"id\": \"..\"}]}"},
     CG_OK,
     "",
     "connector 5 Confluent Cloud named a parent of connectors whose id cannot be part of a URL.\n"},
    {"ksqlDB 403",
     {KSQLDB, 403, ""},
     CG_OK,
     "",
     "ksqldb_cluster 2 The API key lacks the role to list ksqlDB clusters (GET /ksqldbcm/v2/clusters answered 403): "
     "give the key's owner a role in Confluent Cloud that may read them.\n"},
    {"ksqlDB without id",
     {KSQLDB, 200, "{\"data\": [{\"spec\": {}}, {\"id\": \"lksqlc-2\"}]}"},
     CG_OK,
     "",
     "ksqldb_cluster 5 Confluent Cloud's list of ksqlDB clusters holds an item that has no id.\n"},
    {"compute pools 404",
     {POOLS, 404, ""},
     CG_OK,
     "",
     "flink_compute_pool 8 Confluent Cloud does not know GET /fcpm/v2/compute-pools (it answered 404), so the Flink "
     "compute pools could not be listed.\n"},
    {"compute pools as HTML",
     {POOLS, 200, "<html>"},
     CG_OK,
     "",
     "flink_compute_pool 5 Confluent Cloud answered GET /fcpm/v2/compute-pools with a body that is not valid JSON "
     "(line "
     "1, column 1: '[' or '{' expected).\n"},
    {"providers 500 also leave the pools unknown",
     {PROVIDERS, 500, ""},
     CG_OK,
     "",
     "identity_provider 4 GET /iam/v2/identity-providers answered 500.\nidentity_pool 4 GET /iam/v2/identity-providers "
     "answered 500.\n"},
    {"a provider whose id is a path",
     {PROVIDERS, 200, "{\"data\": [{\"id\": \"..\"}]}"},
     CG_OK,
     "",
     "identity_pool 5 Confluent Cloud named a parent of identity pools whose id cannot be part of a URL.\n"},
    {"several keys without id, the others are read",
     {KEYS, 200, "{\"data\": [{}, {\"id\": \"K2\"}, 5, null]}"},
     CG_OK,
     "",
     "api_key 5 Confluent Cloud's list of API keys holds an item that has no id. (2 more failures of this kind)\n"},
    {"accounts without end",
     {ACCOUNTS, 200, "{\"data\": [], \"metadata\": {\"next\": \"?page_token=same\"}}"},
     CG_OK,
     "",
     "service_account 5 Confluent Cloud repeats a page of GET /iam/v2/service-accounts: the same page_token came "
     "twice, "
     "so the service accounts have no end.\n"},
};

Test(inventory, failures) {
    for (size_t i = 0; i < sizeof failures / sizeof failures[0]; i++) {
        struct stage_route routes[sizeof whole / sizeof whole[0] + 2];
        routes[0] = failures[i].route;
        routes[1] = (struct stage_route){ACCOUNTS "&page_token=same", 200,
                                         "{\"data\": [], \"metadata\": {\"next\": \"?page_token=same\"}}"};
        memcpy(routes + 2, whole, sizeof whole);
        struct stage stage = {.routes = routes, .route_count = sizeof routes / sizeof routes[0]};
        stage_init(&stage, SETTINGS);
        cr_expect_eq(gather(&stage), failures[i].status, "%s", failures[i].name);
        cr_expect_str_eq(stage_text_get(&stage.error), failures[i].error, "%s: got %s", failures[i].name,
                         stage_text_get(&stage.error));
        if (failures[i].failed == NULL) {
            cr_expect_str_eq(stage_text_get(&stage.families), "", "%s", failures[i].name);
        } else {
            stage_expect_families(&stage, failures[i].name, 11, failures[i].failed);
        }
        stage_done(&stage);
    }
}

Test(inventory, rows_that_cannot_be_stored_end_it) {
    struct stage stage = {.routes = whole, .route_count = sizeof whole / sizeof whole[0], .refuse_rows = 1};
    stage_init(&stage, SETTINGS);
    cr_expect_eq(gather(&stage), CG_TEMPORARY);
    cr_expect_str_eq(stage_text_get(&stage.families), "");
    stage_done(&stage);
}

Test(inventory, a_stopped_run_stops) {
    struct stage stage = {.routes = whole, .route_count = sizeof whole / sizeof whole[0], .cancel_after = 2};
    stage_init(&stage, SETTINGS);
    cr_expect_eq(gather(&stage), CG_CANCELLED);
    cr_expect_str_eq(stage_text_get(&stage.families), "");
    stage_done(&stage);
}

/* A circle of tokens is noticed, whatever its length. */
Test(inventory, a_circle_of_pages_is_noticed) {
    static const struct stage_route circle[] = {
        {USERS, 200, "{\"metadata\": {\"next\": \"?page_token=a\"}}"},
        {USERS "&page_token=a", 200, "{\"metadata\": {\"next\": \"?page_token=b\"}}"},
        {USERS "&page_token=b", 200, "{\"metadata\": {\"next\": \"?page_token=c\"}}"},
        {USERS "&page_token=c", 200, "{\"metadata\": {\"next\": \"?page_token=d\"}}"},
        {USERS "&page_token=d", 200, "{\"metadata\": {\"next\": \"?page_token=b\"}}"},
    };
    struct stage stage = {.routes = circle, .route_count = sizeof circle / sizeof circle[0]};
    stage_init(&stage, SETTINGS);
    cr_expect_eq(gather(&stage), CG_OK);
    cr_expect(strstr(stage_text_get(&stage.families), "user 5 Confluent Cloud repeats a page of GET /iam/v2/users") !=
              NULL);
    stage_done(&stage);
}

static struct stage_route cut_route;

/* Listings end in their order: with the third one the users were answered once, and whatever cut that is over. */
static void mend_route(const struct cg_gather *gather, const char *what, uint64_t done, uint64_t total) {
    (void)gather;
    (void)what;
    (void)total;
    if (done == 3) {
        cut_route.body = "{\"data\": [{\"id\": \"u-9\"}]}";
    }
}

static size_t count_of(const char *text, const char *part) {
    size_t count = 0;
    while ((text = strstr(text, part)) != NULL) {
        text += strlen(part);
        count++;
    }
    return count;
}

/* An answer that was cut on its way is asked for again, and what the next one says counts once. */
Test(inventory, an_answer_that_is_no_json_is_asked_for_again) {
    for (int mends = 0; mends <= 1; mends++) {
        struct stage_route routes[sizeof whole / sizeof whole[0] + 1];
        struct stage stage = {.routes = routes, .route_count = sizeof routes / sizeof routes[0]};
        cut_route = (struct stage_route){USERS, 200, "{\"data\": [{\"id\": \"u-9"};
        memcpy(routes + 1, whole, sizeof whole);
        routes[0] = cut_route;
        stage_init(&stage, SETTINGS);
        if (mends) {
            stage.routes = &cut_route;
            stage.route_count = 1;
            stage.gather.progress = mend_route;
        }
        cr_expect_eq(gather(&stage), CG_OK);
        const char *requests = stage_text_get(&stage.requests);
        cr_expect_eq(count_of(requests, USERS), mends ? 2 : 4, "%s", requests);
        cr_expect_eq(count_of(stage_text_get(&stage.rows), "u-9"), mends ? 1 : 0, "%s", stage_text_get(&stage.rows));
        cr_expect_eq(count_of(stage_text_get(&stage.families), "not valid JSON"), mends ? 0 : 1);
        stage_done(&stage);
    }
}
