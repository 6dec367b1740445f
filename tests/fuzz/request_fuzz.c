/*
 * request_fuzz.c - any bytes as a request to the REST API: method, path, query, body, through routing, checking of
 * parameters and the handlers, on a small database.
 *
 * The first byte chooses the method, the rest up to a line's end is the target, what follows is a JSON body. Whatever
 * comes, it is answered: with a status the API has, and with JSON where it says so; never with a failure of ours.
 */
#include <chitragupt/plugin.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/router.h"
#include "base/time.h"
#include "store/store.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

const struct cg_registration *cg_plugin_register_sqlite(void);

static const char *const methods[] = {"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"};

static const char rows[] =
    "INSERT INTO resources (ecosystem, tenant_id, resource_id, resource_type, display_name, parent_id, status, "
    "created_at) VALUES ('e', 't', 'env-1', 'environment', 'Production', NULL, 'active', '2026-01-01 "
    "00:00:00.000000'), "
    "('e', 't', 'lkc-1', 'kafka_cluster', 'orders', 'env-1', 'active', '2026-01-01 00:00:00.000000'), "
    "('e', 't', 'lkc-1:topic:a', 'topic', 'a', 'lkc-1', 'active', NULL);"
    "INSERT INTO identities (ecosystem, tenant_id, identity_id, identity_type, display_name) VALUES "
    "('e', 't', 'sa-1', 'service_account', 'app');"
    "INSERT INTO chargeback_dimensions (dimension_id, ecosystem, tenant_id, resource_id, product_category, "
    "product_type, "
    "identity_id, cost_type, allocation_method, allocation_detail, env_id) VALUES (1, 'e', 't', 'lkc-1', 'KAFKA', "
    "'KAFKA_NUM_CKU', 'sa-1', 'usage', 'usage_ratio', 'no_metrics_located', 'env-1');"
    "INSERT INTO chargeback_facts (timestamp, dimension_id, amount, tags_json) VALUES "
    "('2026-03-01 00:00:00', 1, '10.2000', '{}'), ('2026-03-02 00:00:00', 1, '1E-7', '{}');"
    "INSERT INTO topic_attribution_dimensions (dimension_id, ecosystem, tenant_id, env_id, cluster_resource_id, "
    "topic_name, product_category, product_type, attribution_method, resource_id) VALUES (1, 'e', 't', 'env-1', "
    "'lkc-1', "
    "'a', 'KAFKA', 'KAFKA_NETWORK_WRITE', 'bytes_ratio', 'lkc-1:topic:a');"
    "INSERT INTO topic_attribution_facts (timestamp, dimension_id, amount) VALUES ('2026-03-01 00:00:00', 1, '7.10');"
    "INSERT INTO tags (tenant_id, entity_type, entity_id, tag_key, tag_value, created_by, created_at) VALUES "
    "('t', 'resource', 'lkc-1', 'team', 'a', 'x', '2026-01-01 00:00:00.000000')";

static struct cg_store *store;
static struct cg_tenant_settings settings = {
    .name = "t", .ecosystem = "e", .tenant_id = "t", .lookback_days = 200, .chargeback_granularity = "daily"};
static struct cg_api_tenant tenant = {.settings = &settings, .topics_status = "disabled"};

static void require(int holds) {
    if (!holds)
        abort();
}

int LLVMFuzzerInitialize(int *argc, char ***argv) {
    (void)argc;
    (void)argv;
    char path[] = "/tmp/cg-request-fuzz-XXXXXX";
    const struct cg_sql_target target = {.struct_size = sizeof target, .scheme = "sqlite", .database = path};
    const struct cg_store_key key = {"e", "t", "t", 1};
    struct cg_error error;
    struct cg_sql_connection *outside = NULL;
    const struct cg_sql_driver *driver = cg_plugin_register_sqlite()->factory;
    int fd = mkstemp(path);
    require(fd >= 0 && close(fd) == 0 && unlink(path) == 0);
    require(cg_store_open(driver, NULL, &target, &key, 0, NULL, &store, &error) == CG_OK);
    require(driver->open(NULL, &target, 0, &outside) == CG_OK);
    require(driver->execute(outside, rows) == CG_OK);
    driver->close(outside);
    require(unlink(path) == 0); /* it lives until the process ends */
    return 0;
}

static int is_known(uint32_t status) {
    static const uint32_t known[] = {200, 201, 202, 204, 400, 404, 409, 422};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (known[i] == status)
            return 1;
    return 0;
}

static void check_reply(struct cg_call *call) {
    struct cg_reply *reply = &call->reply;
    int32_t more = reply->stream.next != NULL;
    require(is_known(reply->status));
    while (more)
        require(reply->stream.next(reply->stream.state, &reply->body, &more, &call->error) == CG_OK);
    if (strcmp(reply->content_type, "application/json") != 0 || reply->status == 204)
        return;
    json_t *answer = json_loadb(reply->body.data, reply->body.length, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    require(answer != NULL);
    json_decref(answer);
}

static void answer(struct cg_call *call, const struct cg_route_match *match) {
    int32_t go = 1;
    cg_status status = cg_call_prepare(call, match, &go);
    require(status == CG_OK);
    if (go) {
        call->tenant = &tenant;
        call->store = store;
        status = match->route->handle(call);
        require(status == CG_OK || status == CG_RANGE);
    }
    if (status == CG_OK)
        check_reply(call);
    cg_call_done(call);
    cg_store_rollback(store);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 2)
        return 0;
    struct cg_arena *arena = cg_arena_new();
    const char *line = (const char *)data + 1;
    const char *end = memchr(line, '\n', size - 1);
    size_t length = end ? (size_t)(end - line) : size - 1;
    size_t path = 0;
    size_t count = 0;
    const struct cg_route *routes = cg_routes(&count);
    const struct cg_http_pair header = {"content-type", "application/json"};
    char *target = cg_arena_copy(arena, line, length); /* as far as a NUL: the server lets none through */
    while (target[path] && target[path] != '?')
        path++;
    struct cg_http_request request = {
        .method = methods[data[0] % (sizeof methods / sizeof *methods)],
        .target = target,
        .path = cg_arena_copy(arena, target, path),
        .query = target[path] ? target + path + 1 : "",
        .headers = &header,
        .header_count = 1,
        .body = end ? end + 1 : "",
        .body_length = end ? size - 2 - length : 0,
        .has_body = end != NULL,
        .client = "127.0.0.1",
    };
    struct cg_route_match match;
    struct cg_call call = {.request = &request, .arena = arena};
    cg_time_parse("2026-03-20T12:00:00Z", &call.now);
    require(cg_route_find(routes, count, request.method, request.path, arena, &match) == CG_OK);
    if (match.route && (match.route->store == CG_ROUTE_READ || match.route->store == CG_ROUTE_WRITE))
        answer(&call, &match);
    cg_arena_free(arena);
    return 0;
}
