/* Flink statements and connectors as whole gathers: what is asked of whom, and what the families come to. */
#include "ccloud.h"

#include "stage.h"

#include <criterion/criterion.h>
#include <string.h>

#define SETTINGS(flink_) \
    "{\"ccloud_api\": {\"key\": \"K\", \"secret\": \"S\", \"request_interval_seconds\": 0.05}, \"flink\": [" flink_ "]}"
#define WEST "{\"region_id\": \" EU-West-1\", \"key\": \"FW\", \"secret\": \"s3cret\"}"
#define EAST                                                                                     \
    "{\"region_id\": \"aws.us-east-1\", \"key\": \"FE\", \"secret\": \"s3cret\", \"base_url\": " \
    "\"http://127.0.0.1:2\"}"

#define ENVIRONMENTS "/org/v2/environments?page_size=99"
#define POOLS(env_) "/fcpm/v2/compute-pools?page_size=50&environment=" env_
#define PAGE(items_) "{\"data\": [" items_ "]}"
#define POOL(id_, cloud_, region_, crn_)                                                                       \
    "{\"id\": \"" id_ "\", \"spec\": {\"cloud\": \"" cloud_ "\", \"region\": \"" region_ "\"}, \"metadata\": " \
    "{\"resource_name\": \"" crn_ "\"}}"
#define STATEMENTS(url_, env_) url_ "/sql/v1/organizations/o-9/environments/" env_ "/statements?page_size=50"
#define WEST_URL "https://flink.eu-west-1.aws.confluent.cloud"
#define EAST_URL "http://127.0.0.1:2"
#define CRN "crn://confluent.cloud/organization=o-9/environment=e"

static const struct stage_route whole[] = {
    {ENVIRONMENTS, 200, PAGE("{\"id\": \"env-1\"}, {\"id\": \"env/2\"}")},
    {POOLS("env-1"), 200,
     "{\"data\": [" POOL("lfcp-a", "AWS", "eu-west-1", CRN) ", " POOL(
         "lfcp-b", "Aws", "EU-WEST-1 ", CRN) "], "
                                             "\"metadata\": {\"next\": \"?page_token=2\"}}"},
    {POOLS("env-1") "&page_token=2", 200,
     PAGE(POOL("lfcp-c", "AWS", "eu-west-1", CRN) ", " POOL("lfcp-d", "AWS", "us-east-1", CRN) ", " POOL(
         "lfcp-e", "AWS", "ap-south-1", "") ", " POOL("lfcp-f", "GCP", "us-east-1", CRN))},
    {POOLS("env/2"), 200, PAGE(POOL("lfcp-g", "AWS", "eu-west-1", CRN))},
    {STATEMENTS(WEST_URL, "env-1"), 200,
     "{\"data\": [{\"name\": \"flat\", \"spec\": {\"compute_pool_id\": \"lfcp-a\"}}, {\"name\": \"nested\", \"spec\": "
     "{\"compute_pool\": {\"id\": \"lfcp-b\"}}}, {\"name\": \"neither\"}], \"metadata\": {\"next\": "
     "\"https://elsewhere.example/?page_token=t\"}}"},
    {STATEMENTS(WEST_URL, "env-1") "&page_token=t", 200, PAGE("{\"metadata\": {\"uid\": \"second-page\"}}")},
    {STATEMENTS(WEST_URL, "env%2F2"), 200, PAGE("{\"name\": \"only\"}, {\"spec\": {\"compute_pool_id\": \"lfcp-g\"}}")},
    {STATEMENTS(EAST_URL, "env-1"), 200, PAGE("{\"name\": \"east\", \"spec\": {\"principal\": \"sa-1\"}}")},
};

static cg_status gather(struct stage *stage) {
    struct ccloud_instance instance = {.host = &stage->host, .tenant = &stage->tenant};
    cg_status status = ccloud_gather_inventory(&instance, &stage->gather);
    cr_expect(stage->clients == NULL || stage->clients == instance.client, "a region's client was left open");
    ccloud_client_close(&instance);
    return status;
}

static size_t occurrences(const char *text, const char *line) {
    size_t count = 0;
    for (const char *at = strstr(text, line); at != NULL; at = strstr(at + 1, line)) {
        count++;
    }
    return count;
}

static void expect_rows(const struct stage *stage, const char *const *wanted, size_t count) {
    for (size_t i = 0; i < count; i++) {
        cr_expect_eq(occurrences(stage_text_get(&stage->rows), wanted[i]), 1, "'%s' is not once in\n%s", wanted[i],
                     stage_text_get(&stage->rows));
    }
}

Test(inventory_flink, statements_are_listed_once_per_environment_and_region) {
    static const char *const rows[] = {
        "flink_compute_pool lfcp-b name=null parent=env-1 owner=null cloud=aws region=eu-west-1 created=-1 "
        "{\"provider_cloud\": \"Aws\", \"provider_region\": \"EU-WEST-1 \", \"is_allocatable\": true, ",
        "\"provider_region\": \"ap-south-1\", \"is_allocatable\": false",
        "\"provider_cloud\": \"GCP\", \"provider_region\": \"us-east-1\", \"is_allocatable\": false",
        "flink_statement flat name=flat parent=env-1 owner=null cloud=null region=null created=-1 {\"statement_name\": "
        "\"flat\", \"compute_pool_id\": \"lfcp-a\", \"is_stopped\": false}\n",
        "\"statement_name\": \"nested\", \"compute_pool_id\": \"lfcp-b\"",
        "\"statement_name\": \"neither\", \"compute_pool_id\": null",
        "flink_statement second-page name=null parent=env-1 ",
        "\"statement_name\": \"only\", \"compute_pool_id\": \"lfcp-g\"",
        "flink_statement flink_stmt_unknown_7da954ab931d name=null parent=env/2 ",
        "flink_statement east name=east parent=env-1 owner=sa-1 cloud=null region=null created=-1 "
        "{\"statement_name\": \"east\", \"compute_pool_id\": \"lfcp-d\"",
    };
    static const char *const asked[] = {
        "open " WEST_URL " as FW every 50000 us\n", "open " EAST_URL " as FE every 50000 us\n",
        STATEMENTS(WEST_URL, "env-1") "\n",         STATEMENTS(WEST_URL, "env-1") "&page_token=t\n",
        STATEMENTS(WEST_URL, "env%2F2") "\n",       STATEMENTS(EAST_URL, "env-1") "\n",
    };
    for (int way = 0; way < 4; way++) {
        struct stage stage = {
            .routes = whole, .route_count = sizeof whole / sizeof whole[0], .newest_first = way & 1, .apart = way >> 1};
        stage_init(&stage, SETTINGS(WEST ", " EAST));
        cr_assert_eq(gather(&stage), CG_OK, "%s", stage_text_get(&stage.error));
        expect_rows(&stage, rows, sizeof rows / sizeof rows[0]);
        for (size_t i = 0; i < sizeof asked / sizeof asked[0]; i++) {
            cr_expect_eq(occurrences(stage_text_get(&stage.requests), asked[i]), 1, "'%s' is not once in\n%s", asked[i],
                         stage_text_get(&stage.requests));
        }
        cr_expect_eq(occurrences(stage_text_get(&stage.requests), "/sql/"), 4, "%s", stage_text_get(&stage.requests));
        cr_expect_eq(occurrences(stage_text_get(&stage.requests), "open "), 3);
        cr_expect(strstr(stage_text_get(&stage.requests), "s3cret") == NULL);
        cr_expect(strstr(stage_text_get(&stage.progress), "inventory listings 16/16\n") != NULL, "%s",
                  stage_text_get(&stage.progress));
        stage_expect_families(&stage, "all", 12, "");
        stage_done(&stage);
    }
}

Test(inventory_flink, without_credentials_statements_are_not_reported) {
    static const char *const settings[] = {"{\"flink\": []}", "{\"flink\": null}", "{}"};
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++) {
        struct stage stage = {.routes = whole, .route_count = sizeof whole / sizeof whole[0]};
        stage_init(&stage, settings[i]);
        cr_expect_eq(gather(&stage), CG_OK);
        cr_expect_eq(occurrences(stage_text_get(&stage.requests), "/sql/"), 0);
        cr_expect(strstr(stage_text_get(&stage.families), "flink_statement") == NULL);
        stage_expect_families(&stage, settings[i], 11, "");
        stage_done(&stage);
    }
}

/* Regions without credentials leave nothing to be compared with. */
Test(inventory_flink, credentials_for_other_regions_only) {
    struct stage stage = {.routes = whole, .route_count = sizeof whole / sizeof whole[0]};
    stage_init(&stage, SETTINGS("{\"region_id\": \"eu-north-1\", \"key\": \"F\", \"secret\": \"S\"}"));
    cr_expect_eq(gather(&stage), CG_OK);
    cr_expect_eq(occurrences(stage_text_get(&stage.requests), "open "), 1);
    stage_expect_families(&stage, "other regions", 12, "");
    stage_done(&stage);
}

#define LONG_NAME "x1234567890123456789012345678901234567890123456789012345678901234567890"

static const struct {
    const char *name;
    struct stage_route route; /* in front of the routes above */
    const char *failed;       /* lines of the families that are reported as failed */
    const char *row;          /* a statement that is read all the same, or NULL */
} failures[] = {
    {"statements 401",
     {STATEMENTS(WEST_URL, "env-1"), 401, ""},
     "flink_statement 2 Confluent Cloud refused the API key (GET "
     "/sql/v1/organizations/o-9/environments/env-1/statements answered 401): check key and secret of eu-west-1 under "
     "flink, which must be a Flink API key of that region.\n",
     "flink_statement only "},
    {"statements 403",
     {STATEMENTS(WEST_URL, "env%2F2"), 403, ""},
     "flink_statement 2 The API key lacks the role to list Flink statements (GET "
     "/sql/v1/organizations/o-9/environments/env%2F2/statements answered 403): give the key's owner a role in "
     "Confluent "
     "Cloud that may read them.\n",
     "flink_statement east "},
    {"statements 404",
     {STATEMENTS(EAST_URL, "env-1"), 404, ""},
     "flink_statement 8 Confluent Cloud does not know GET /sql/v1/organizations/o-9/environments/env-1/statements (it "
     "answered 404), so the Flink statements could not be listed.\n",
     "flink_statement flat "},
    {"statements time out",
     {STATEMENTS(EAST_URL, "env-1"), 0, ""},
     "flink_statement 4 GET /sql/v1/organizations/o-9/environments/env-1/statements answered 0.\n",
     "flink_statement flat "},
    {"a statement that is none",
     {STATEMENTS(EAST_URL, "env-1"), 200, PAGE("7, {\"name\": \"east\"}")},
     "flink_statement 5 Confluent Cloud's list of Flink statements holds an item that is not an object.\n",
     "flink_statement east "},
    {"pools 403 leave the statements unknown",
     {POOLS("env-1"), 403, ""},
     "flink_compute_pool 2 The API key lacks the role to list Flink compute pools (GET /fcpm/v2/compute-pools answered "
     "403): give the key's owner a role in Confluent Cloud that may read them.\n"
     "flink_statement 2 The API key lacks the role to list Flink compute pools (GET /fcpm/v2/compute-pools answered "
     "403): give the key's owner a role in Confluent Cloud that may read them.\n",
     "flink_statement only "},
    {"the second page of pools 500: the first one's regions are read",
     {POOLS("env-1") "&page_token=2", 500, ""},
     "flink_compute_pool 4 GET /fcpm/v2/compute-pools answered 500.\nflink_statement 4 GET /fcpm/v2/compute-pools "
     "answered 500.\n",
     "\"statement_name\": \"neither\", \"compute_pool_id\": null"},
    {"a pool without id: no other is the only one",
     {POOLS("env/2"), 200, PAGE(POOL("lfcp-g", "AWS", "eu-west-1", CRN) ", {}")},
     "flink_compute_pool 5 Confluent Cloud's list of Flink compute pools holds an item that has no id.\n"
     "flink_statement 5 Confluent Cloud's list of Flink compute pools holds an item that has no id.\n",
     "\"statement_name\": \"only\", \"compute_pool_id\": null"},
    {"a pool that is listed twice is one",
     {POOLS("env/2"), 200, PAGE(POOL("lfcp-g", "AWS", "eu-west-1", CRN) ", " POOL("lfcp-g", "AWS", "eu-west-1", CRN))},
     "",
     "\"statement_name\": \"only\", \"compute_pool_id\": \"lfcp-g\""},
    {"no organization",
     {POOLS("env/2"), 200, PAGE(POOL("lfcp-g", "AWS", "eu-west-1", "crn://confluent.cloud/environment=e"))},
     "flink_statement 5 Flink compute pool 'lfcp-g' has a CRN missing the 'organization' segment "
     "(crn='crn://confluent.cloud/environment=e'). Cannot determine org_id for Flink Statements API call.\n",
     "flink_statement flat "},
    {"no CRN at all",
     {POOLS("env/2"), 200,
      PAGE("{\"id\": \"lfcp-g\", \"spec\": {\"cloud\": \"AWS\", \"region\": \"eu-west-1\"}, \"metadata\": null}")},
     "flink_statement 5 Flink compute pool 'lfcp-g' has a CRN missing the 'organization' segment (crn=''). Cannot "
     "determine org_id for Flink Statements API call.\n",
     "flink_statement flat "},
    {"another pool tells the organization",
     {POOLS("env/2"), 200, PAGE(POOL("lfcp-g", "AWS", "eu-west-1", "") ", " POOL("lfcp-h", "AWS", "eu-west-1", CRN))},
     "flink_statement 5 Flink compute pool 'lfcp-g' has a CRN missing the 'organization' segment (crn=''). Cannot "
     "determine org_id for Flink Statements API call.\n",
     "\"statement_name\": \"only\", \"compute_pool_id\": null"},
    {"an organization that is a path",
     {POOLS("env/2"), 200, PAGE(POOL("lfcp-g", "AWS", "eu-west-1", "crn://x/organization=.."))},
     "flink_statement 5 Confluent Cloud named a parent of Flink statements whose id cannot be part of a URL.\n",
     "flink_statement flat "},
    {"a cloud that is another host",
     {POOLS("env/2"), 200, PAGE(POOL("lfcp-g", "evil.example/", "eu-west-1", CRN))},
     "flink_statement 1 A Flink compute pool is said to run in region 'eu-west-1' of cloud 'evil.example/', which "
     "cannot be part of a host's name, so its statements were not asked for.\n",
     "flink_statement flat "},
    {"a cloud that is another host and port",
     {POOLS("env/2"), 200, PAGE(POOL("lfcp-g", "a@b:1", "eu-west-1", CRN))},
     "flink_statement 1 A Flink compute pool is said to run in region 'eu-west-1' of cloud 'a@b:1', which cannot be "
     "part of a host's name, so its statements were not asked for.\n",
     "flink_statement flat "},
    {"no cloud",
     {POOLS("env/2"), 200, PAGE(POOL("lfcp-g", "", "eu-west-1", CRN))},
     "flink_statement 1 A Flink compute pool is said to run in region 'eu-west-1' of cloud '', which cannot be part of "
     "a host's name, so its statements were not asked for.\n",
     "flink_statement flat "},
    {"a cloud longer than a part of a name",
     {POOLS("env/2"), 200, PAGE(POOL("lfcp-g", LONG_NAME, "eu-west-1", CRN))},
     "flink_statement 1 A Flink compute pool is said to run in region 'eu-west-1' of cloud '" LONG_NAME
     "', which cannot be part of a host's name, so its statements were not asked for.\n",
     "flink_statement flat "},
    {"a region with credentials that is another host",
     {POOLS("env/2"), 200, PAGE(POOL("lfcp-g", "AWS", "x/../y", CRN))},
     "flink_statement 1 A Flink compute pool is said to run in region 'x/../y' of cloud 'aws', which cannot be part of "
     "a host's name, so its statements were not asked for.\n",
     "flink_statement flat "},
    {"the same with an address of its own",
     {POOLS("env/2"), 200, PAGE(POOL("lfcp-g", "../", "y.z", CRN))},
     "",
     "flink_statement flat "},
};

Test(inventory_flink, failures) {
    for (size_t i = 0; i < sizeof failures / sizeof failures[0]; i++) {
        struct stage_route routes[sizeof whole / sizeof whole[0] + 1];
        routes[0] = failures[i].route;
        memcpy(routes + 1, whole, sizeof whole);
        struct stage stage = {.routes = routes, .route_count = sizeof routes / sizeof routes[0]};
        stage_init(&stage, SETTINGS(WEST ", " EAST ", {\"region_id\": \"x/../y\", \"key\": \"F\", \"secret\": \"S\"}, "
                                         "{\"region_id\": \"y.z\", \"key\": \"F\", \"secret\": \"S\", \"base_url\": "
                                         "\"https://my.example\"}"));
        cr_expect_eq(gather(&stage), CG_OK, "%s", failures[i].name);
        stage_expect_families(&stage, failures[i].name, 12, failures[i].failed);
        cr_expect(strstr(stage_text_get(&stage.rows), failures[i].row) != NULL, "%s: '%s' is not in\n%s",
                  failures[i].name, failures[i].row, stage_text_get(&stage.rows));
        cr_expect(strstr(stage_text_get(&stage.requests), "evil") == NULL);
        stage_done(&stage);
    }
}

Test(inventory_flink, a_region_that_cannot_be_opened) {
    struct stage stage = {
        .routes = whole, .route_count = sizeof whole / sizeof whole[0], .refused_url = "http://127.0.0.1:2"};
    stage_init(&stage, SETTINGS(WEST ", " EAST));
    cr_expect_eq(gather(&stage), CG_OK);
    stage_expect_families(&stage, "refused", 12,
                          "flink_statement 1 The Flink API of aws.us-east-1 could not be opened: check its base_url "
                          "under flink in plugin_settings.\n");
    cr_expect(strstr(stage_text_get(&stage.rows), "flink_statement flat ") != NULL);
    stage_done(&stage);
}

/* Whenever the gather ends before its time, every listing has ended and every client is closed. */
Test(inventory_flink, a_gather_that_ends_early) {
    for (int way = 0; way < 4; way++) {
        for (int calls = 2; calls < 20; calls++) {
            struct stage stage = {.routes = whole,
                                  .route_count = sizeof whole / sizeof whole[0],
                                  .newest_first = way & 1,
                                  .apart = way >> 1,
                                  .cancel_after = calls};
            stage_init(&stage, SETTINGS(WEST ", " EAST));
            cg_status status = gather(&stage);
            cr_expect(status == CG_OK || status == CG_CANCELLED);
            cr_expect_eq(stage_text_get(&stage.families)[0] == '\0', status == CG_CANCELLED);
            stage_done(&stage);
        }
    }
}

Test(inventory_flink, more_regions_than_are_asked) {
    static char body[400 * 200];
    size_t used = (size_t)snprintf(body, sizeof body, "{\"data\": [");
    for (int i = 0; i < 300; i++) {
        used += (size_t)snprintf(body + used, sizeof body - used, "%s" POOL("lfcp-%d", "cloud-%d", "eu-west-1", CRN),
                                 i == 0 ? "" : ", ", i, i);
    }
    cr_assert_lt(used + 3, sizeof body);
    (void)snprintf(body + used, sizeof body - used, "]}");
    const struct stage_route routes[] = {{ENVIRONMENTS, 200, PAGE("{\"id\": \"env-1\"}")}, {POOLS("env-1"), 200, body}};
    struct stage stage = {.routes = routes, .route_count = 2};
    stage_init(&stage, SETTINGS(WEST));
    cr_expect_eq(gather(&stage), CG_OK);
    cr_expect_eq(occurrences(stage_text_get(&stage.requests), "/sql/"), 256);
    stage_expect_families(&stage, "regions", 12,
                          "flink_statement 5 Confluent Cloud listed Flink compute pools in more than the 256 regions "
                          "whose statements are read. (43 more failures of this kind)\n");
    stage_done(&stage);
}

#define CLUSTERS "/cmk/v2/clusters?page_size=99&environment=env-1"
#define CONNECTORS(cluster_) "/connect/v1/environments/env-1/clusters/" cluster_ "/connectors?expand=info,status,id"

Test(inventory_flink, connectors_of_several_clusters) {
    static const struct stage_route routes[] = {
        {ENVIRONMENTS, 200, PAGE("{\"id\": \"env-1\"}")},
        {CLUSTERS, 200, PAGE("{\"id\": \"lkc-1\"}, {\"id\": \"lkc-2\"}, {\"id\": \"lkc 3\"}")},
        {CONNECTORS("lkc-1"), 200,
         "{\"sink\": {\"info\": {\"config\": {\"kafka.auth.mode\": \"X\", \"password\": \"s3cret\"}}}, \"cdc\": {}}"},
        {CONNECTORS("lkc-2"), 200, "{\"sink\": {}, \"cdc\": {}, \"own\": {\"id\": {\"id\": \"lcc-1\"}}}"},
        {CONNECTORS("lkc%203"), 200, "{\"other\": {}, \"own\": {\"id\": {\"id\": \"lcc-2\"}}}"},
    };
    static const char *const rows[] = {
        "connector sink name=sink parent=lkc-1 ",   "connector sink name=sink parent=lkc-2 ",
        "connector lcc-1 name=own parent=lkc-2 ",   "connector lcc-2 name=own parent=lkc 3 ",
        "connector other name=other parent=lkc 3 ",
    };
    struct stage stage = {.routes = routes, .route_count = sizeof routes / sizeof routes[0]};
    stage_init(&stage, NULL);
    cr_expect_eq(gather(&stage), CG_OK);
    expect_rows(&stage, rows, sizeof rows / sizeof rows[0]);
    cr_expect_eq(occurrences(stage_text_get(&stage.log),
                             "on two Kafka clusters, both without an id: they share one resource. There may be more "
                             "such names."),
                 1, "%s", stage_text_get(&stage.log));
    cr_expect(strstr(stage_text_get(&stage.log), "s3cret") == NULL);
    cr_expect(strstr(stage_text_get(&stage.rows), "s3cret") == NULL);
    stage_expect_families(&stage, "connectors", 11, "");
    stage_done(&stage);
}

Test(inventory_flink, more_connectors_than_are_read) {
    const size_t size = (size_t)100001 * 16 + 3;
    char *body = malloc(size);
    size_t used = 1;
    cr_assert(body != NULL);
    body[0] = '{';
    for (int i = 0; i < 100001; i++) {
        used += (size_t)snprintf(body + used, size - used, "%s\"c%d\":{}", i == 0 ? "" : ",", i);
    }
    (void)snprintf(body + used, size - used, "}");
    const struct stage_route routes[] = {{ENVIRONMENTS, 200, PAGE("{\"id\": \"env-1\"}")},
                                         {CLUSTERS, 200, PAGE("{\"id\": \"lkc-1\"}")},
                                         {CONNECTORS("lkc-1"), 200, body}};
    struct stage stage = {.routes = routes, .route_count = 3};
    stage_init(&stage, NULL);
    cr_expect_eq(gather(&stage), CG_OK);
    stage_expect_families(&stage, "connectors", 11,
                          "connector 5 Confluent Cloud listed more than 100000 connectors at GET "
                          "/connect/v1/environments/env-1/clusters/lkc-1/connectors.\n");
    stage_done(&stage);
    free(body);
}
