/* The test host itself. */
#include <chitragupt/test_host.h>
#include <criterion/criterion.h>
#include <string.h>

static struct cg_test_host test;

static void set_up(void) {
    cg_test_host_init(&test);
}

static void tear_down(void) {
    cg_test_host_done(&test);
}

TestSuite(test_host, .init = set_up, .fini = tear_down);

Test(test_host, records_log_and_error) {
    const struct cg_host *host = &test.host;
    cr_assert_str_eq(test.log, "");
    host->log(host, CG_LOG_WARNING, "%d pages", 3);
    host->log(host, CG_LOG_DEBUG, "done");
    cr_assert_str_eq(test.log, "WARNING 3 pages\nDEBUG done\n");
    cr_assert_eq(host->set_error(host, CG_AUTH, "key %s", "refused"), CG_AUTH);
    cr_assert_eq(test.error_status, CG_AUTH);
    cr_assert_str_eq(test.error, "key refused");
    cg_test_host_reset(&test);
    cr_assert_str_eq(test.log, "");
    cr_assert_null(test.error);
    cr_assert_eq(test.error_status, CG_OK);
}

Test(test_host, clock_cancel_scratch_extension) {
    const struct cg_host *host = &test.host;
    test.now = 77;
    test.cancelled = 1;
    cr_assert_eq(host->now(host), 77);
    cr_assert_eq(host->cancelled(host), 1);
    cr_assert_null(host->extension(host, "chitragupt.none/1"));
    for (size_t size = 0; size < 300; size += 7) {
        unsigned char *bytes = host->scratch(host, size);
        cr_assert_not_null(bytes);
        cr_assert_eq((uintptr_t)bytes % _Alignof(max_align_t), 0);
        for (size_t i = 0; i < size; i++) {
            cr_assert_eq(bytes[i], 0);
        }
    }
    test.scratch_left = 1;
    cr_assert_not_null(host->scratch(host, 1));
    cr_assert_null(host->scratch(host, 1));
}

static const struct cg_test_setting settings[] = {
    {"name", "acme", 0},
    {"page_size", "50", CG_CONFIG_INT},
    {"strict", "true", CG_CONFIG_BOOL},
    {"rate", "0.70", CG_CONFIG_DECIMAL},
    {"nothing", NULL, 0},
    {"empty", NULL, CG_CONFIG_LIST},
    {"owners.0", "sa-1", 0},
    {"owners.1", "sa-2", 0},
    {"flink.0.region", "eu", 0},
    {"flink.0.key.id", "K", 0},
    {"flink.1.region", "us", 0},
};

Test(test_host, settings) {
    const struct cg_config *root = cg_test_config(&test, settings, sizeof settings / sizeof settings[0]);
    const struct cg_config_api *api = test.host.config;
    struct cg_decimal rate = {.low = 42};
    cr_assert_eq(api->type(root), CG_CONFIG_MAP);
    cr_assert_eq(api->get(root, ""), root);
    cr_assert_eq(api->count(root), 8);
    cr_assert_str_eq(api->key_at(root, 6), "owners");
    cr_assert_null(api->key_at(root, 8));
    cr_assert_str_eq(api->text(root, "name", NULL), "acme");
    cr_assert_str_eq(api->text(root, "rate", NULL), "0.70");
    cr_assert_str_eq(api->text(root, "missing", "fallback"), "fallback");
    cr_assert_str_eq(api->text(root, "nothing", "fallback"), "fallback");
    cr_assert_str_eq(api->text(root, "owners", "fallback"), "fallback");
    cr_assert_eq(api->integer(root, "page_size", 1), 50);
    cr_assert_eq(api->integer(root, "strict", 7), 1);
    cr_assert_eq(api->integer(root, "name", 7), 7);
    cr_assert_eq(api->decimal(root, "missing", &rate), CG_NOT_FOUND);
    cr_assert_eq(api->decimal(root, "nothing", &rate), CG_NOT_FOUND);
    cr_assert_eq(api->decimal(root, "name", &rate), CG_INVALID);
    cr_assert_eq(api->decimal(root, "owners", &rate), CG_INVALID);
    cr_assert_eq(rate.low, 42);
    cr_assert_eq(api->decimal(root, "rate", &rate), CG_OK);
    cr_assert_eq(rate.low, 70);
    const struct cg_config *owners = api->get(root, "owners");
    cr_assert_eq(api->type(owners), CG_CONFIG_LIST);
    cr_assert_eq(api->count(owners), 2);
    cr_assert_str_eq(api->text(api->at(owners, 1), "", NULL), "sa-2");
    cr_assert_null(api->at(owners, 2));
    cr_assert_null(api->key_at(owners, 0));
    cr_assert_str_eq(api->text(api->get(root, "flink.0"), "key.id", NULL), "K");
    cr_assert_str_eq(api->text(root, "flink.1.region", NULL), "us");
    cr_assert_eq(api->type(api->get(root, "empty")), CG_CONFIG_LIST);
    cr_assert_eq(api->type(NULL), CG_CONFIG_NULL);
    cr_assert_null(api->get(NULL, "a"));
    cr_assert_eq(api->count(NULL), 0);
}

Test(test_host, problems) {
    const struct cg_config *root = cg_test_config(&test, settings, sizeof settings / sizeof settings[0]);
    const struct cg_config_api *api = test.host.config;
    api->problem(&test.host, root, "name", "is %s", "too short");
    api->problem(&test.host, api->get(root, "flink.0"), "key", "is old");
    api->problem(&test.host, root, "", "is odd");
    cr_assert_str_eq(test.problems, "name: is too short\nflink.0.key: is old\n: is odd\n");
    cr_assert_eq(test.problem_count, 3);
}

struct seen {
    struct cg_http_client *client;
    int more;
    cg_status statuses[8];
    char bodies[8][16];
    size_t count;
};

static void on_response(void *user, const struct cg_http_response *response) {
    struct seen *seen = user;
    seen->statuses[seen->count] = response->status;
    memcpy(seen->bodies[seen->count++], response->body, response->length + 1);
    cr_assert_eq(response->error == NULL, response->status == CG_OK);
    if (seen->more > 0) {
        seen->more--;
        const struct cg_http_param params[] = {{"q", "a b"}, {"n", "1"}};
        cr_assert_eq(test.host.http->get(seen->client, "/more", params, 2, on_response, seen), CG_OK);
    }
}

Test(test_host, http) {
    static const struct cg_test_answer answers[] = {
        {"/more", 200, "first"}, {"/more", 200, "last"}, {"/page?n=1", 200, "exact"},
        {"/page", 429, NULL},    {"/down", 0, NULL},     {"/denied", 403, "no"},
    };
    test.answers = answers;
    test.answer_count = sizeof answers / sizeof answers[0];
    const struct cg_http_api *http = test.host.http;
    struct seen seen = {.more = 3};
    struct cg_http_options options = {.struct_size = sizeof options, .base_url = "ftp://x"};
    cr_assert_eq(http->open(&test.host, &options, &seen.client), CG_INVALID);
    options.base_url = "https://api.example.com";
    cr_assert_eq(http->open(&test.host, &options, &seen.client), CG_OK);
    cr_assert_eq(http->get(seen.client, "page", NULL, 0, on_response, &seen), CG_INVALID);
    const struct cg_http_param one[] = {{"n", "1"}}, two[] = {{"n", "2"}};
    cr_assert_eq(http->get(seen.client, "/page", one, 1, on_response, &seen), CG_OK);
    cr_assert_eq(http->get(seen.client, "/page", two, 1, on_response, &seen), CG_OK);
    cr_assert_eq(http->get(seen.client, "/nowhere", NULL, 0, on_response, &seen), CG_OK);
    cr_assert_eq(seen.count, 0, "nothing is called back before wait");
    cr_assert_eq(http->wait(seen.client), CG_OK);
    static const cg_status statuses[] = {CG_OK, CG_RATE_LIMITED, CG_NOT_FOUND, CG_OK, CG_OK, CG_OK};
    static const char *const bodies[] = {"exact", "", "", "first", "last", "last"};
    cr_assert_eq(seen.count, 6);
    for (size_t i = 0; i < 6; i++) {
        cr_assert_eq(seen.statuses[i], statuses[i], "request %zu", i);
        cr_assert_str_eq(seen.bodies[i], bodies[i], "request %zu", i);
    }
    cr_assert_str_eq(test.requests, "/page?n=1\n/page?n=2\n/nowhere\n/more?q=a%20b&n=1\n/more?q=a%20b&n=1\n"
                                    "/more?q=a%20b&n=1\n");
    seen.count = 0;
    cr_assert_eq(http->get(seen.client, "/down", NULL, 0, on_response, &seen), CG_OK);
    cr_assert_eq(http->get(seen.client, "/denied", NULL, 0, on_response, &seen), CG_OK);
    cr_assert_eq(http->wait(seen.client), CG_OK);
    cr_assert(seen.statuses[0] == CG_TEMPORARY && seen.statuses[1] == CG_AUTH);
    cr_assert_eq(http->get(seen.client, "/down", NULL, 0, on_response, &seen), CG_OK);
    http->close(seen.client);
    cr_assert_eq(seen.statuses[2], CG_CANCELLED);
    http->close(NULL);
}

Test(test_host, rows_are_copied) {
    char id[] = "sa-1";
    struct cg_row row = {.struct_size = sizeof row, .identity_id = id, .allocation_method = "even_split"};
    for (int i = 0; i < 20; i++) {
        cr_assert_eq(test.row_sink.add(&test.row_sink, &row), CG_OK);
    }
    id[0] = 'x';
    cr_assert_eq(test.row_count, 20);
    cr_assert_str_eq(test.rows[19].identity_id, "sa-1");
    cr_assert_null(test.rows[19].allocation_detail);
    row.identity_id = "";
    cr_assert_eq(test.row_sink.add(&test.row_sink, &row), CG_INVALID);
    cr_assert_eq(test.row_count, 20);
}

Test(test_host, findings_are_copied) {
    const struct cg_resolution_sink *sink = &test.resolution_sink;
    static const struct cg_field fields[] = {{"k", "v", CG_FIELD_STRING, 0}};
    struct cg_identity identity;
    char id[] = "u-1";
    cg_identity_from_id(id, &identity);
    identity.fields = fields;
    identity.field_count = 1;
    cr_assert_eq(sink->add_active(sink, &identity), CG_OK);
    cr_assert_eq(sink->add_derived(sink, &identity), CG_OK);
    cr_assert_eq(sink->put_text(sink, "api_key_to_owner", "KEY", "u-1"), CG_OK);
    cr_assert_eq(sink->put_number(sink, "cfu", "u-1", 2.5), CG_OK);
    id[0] = 'x';
    cr_assert_eq(test.finding_count, 4);
    cr_assert_eq(test.findings[0].kind, CG_TEST_ACTIVE);
    cr_assert_str_eq(test.findings[1].identity->id, "u-1");
    cr_assert_str_eq(test.findings[1].identity->fields[0].value, "v");
    cr_assert_str_eq(test.findings[2].text, "u-1");
    cr_assert(test.findings[3].kind == CG_TEST_NUMBER && test.findings[3].number == 2.5);
}

static struct cg_billing_line line_at(int64_t timestamp, const char *resource_id) {
    return (struct cg_billing_line){.struct_size = sizeof(struct cg_billing_line),
                                    .timestamp = timestamp,
                                    .env_id = "",
                                    .resource_id = resource_id,
                                    .product_category = "KAFKA",
                                    .product_type = "KAFKA_BASE",
                                    .currency = "USD",
                                    .granularity = "daily"};
}

Test(test_host, billing_spans_replace_each_other) {
    struct cg_gather *gather = &test.gather;
    gather->billing_end = 3 * CG_DAY_US;
    struct cg_billing_line a = line_at(0, "a"), b = line_at(CG_DAY_US, "b"), c = line_at(CG_DAY_US, "c");
    const struct cg_billing_line *both[] = {&a, &b}, *new[] = {&c}, *twice[] = {&c, &c};
    cr_assert_eq(gather->billing(gather, 0, 2 * CG_DAY_US, both, 2), CG_OK);
    cr_assert_eq(gather->billing(gather, CG_DAY_US, 2 * CG_DAY_US, new, 1), CG_OK);
    cr_assert_eq(test.line_count, 2);
    cr_assert_str_eq(test.lines[0]->resource_id, "a");
    cr_assert_str_eq(test.lines[1]->resource_id, "c");
    cr_assert_eq(gather->billing(gather, CG_DAY_US, 2 * CG_DAY_US, twice, 2), CG_INVALID);
    cr_assert_eq(gather->billing(gather, 0, CG_DAY_US, new, 1), CG_INVALID, "outside its span");
    cr_assert_eq(gather->billing(gather, 1, CG_DAY_US, new, 1), CG_INVALID, "not midnight");
    cr_assert_eq(gather->billing(gather, 0, 4 * CG_DAY_US, new, 1), CG_INVALID, "outside the window");
    cr_assert_eq(test.line_count, 2);
}

Test(test_host, inventory) {
    struct cg_gather *gather = &test.gather;
    struct cg_resource resource = {.struct_size = sizeof resource, .id = "lkc-1", .type = "kafka_cluster"};
    struct cg_identity identity;
    cg_identity_from_id("sa-1", &identity);
    cr_assert_eq(gather->resource(gather, &resource), CG_OK);
    cr_assert_eq(gather->identity(gather, &identity), CG_OK);
    cr_assert_eq(gather->family(gather, "kafka_cluster", CG_OK, NULL), CG_OK);
    cr_assert_eq(gather->family(gather, "connector", CG_AUTH, "refused"), CG_OK);
    gather->progress(gather, "pages", 1, 2);
    resource.id = "";
    cr_assert_eq(gather->resource(gather, &resource), CG_INVALID);
    identity.id = NULL;
    cr_assert_eq(gather->identity(gather, &identity), CG_INVALID);
    cr_assert(test.resource_count == 1 && test.identity_count == 1 && test.family_count == 2);
    cr_assert_str_eq(test.resources[0]->id, "lkc-1");
    cr_assert_str_eq(test.identities[0]->type, "service_account");
    cr_assert_str_eq(test.families[1].text, "refused");
}

/* ---- the metrics source ---- */

#define HOUR INT64_C(3600000000)

static const struct cg_metric_point points[] = {{.time = 0, .value = 1}, {.time = HOUR, .value = 2}};
static const struct cg_field labels[] = {{.key = "principal", .value = "ann", .kind = CG_FIELD_STRING},
                                         {.key = "topic", .value = "t", .kind = CG_FIELD_STRING}};
static const struct cg_metric_series series[] = {
    {.struct_size = sizeof series[0], .label_count = 2, .labels = labels, .points = points, .point_count = 2},
    {.struct_size = sizeof series[0], .points = points, .point_count = 1}};
static const struct cg_test_metrics metrics[] = {
    {.expression = "x{id=\"a\\\"b\"}", .start = 0, .end = HOUR, .status = CG_TEMPORARY, .error = "too slow"},
    {.expression = "x{id=\"a\\\"b\"}", .series = series, .series_count = 2, .ignored_points = 3},
};
static const char *const wanted_labels[] = {"principal"};
static const struct cg_metric_query wanted = {.struct_size = sizeof wanted,
                                              .flags = CG_METRIC_TRAILING,
                                              .key = "bytes",
                                              .expression = "x{}",
                                              .labels = {wanted_labels, 1},
                                              .filter_label = "id"};

Test(test_host, metrics) {
    static const struct cg_metrics_question asked[] = {
        {.struct_size = sizeof asked[0], .query = &wanted, .resource_id = "a\"b", .start = 0, .end = HOUR},
        {.struct_size = sizeof asked[0], .query = &wanted, .resource_id = "a\"b", .start = HOUR, .end = 2 * HOUR},
        {.struct_size = sizeof asked[0], .query = &wanted, .start = 0, .end = HOUR, .step_seconds = 60},
    };
    const struct cg_metrics_question *const questions[] = {&asked[0], &asked[1], &asked[2]};
    const struct cg_metrics_answer *const *answers = NULL;
    const struct cg_host *host = &test.host;
    test.metrics = metrics;
    test.metrics_count = sizeof metrics / sizeof metrics[0];
    cr_assert_eq(host->metrics->step_seconds(host), 3600);
    cr_assert_eq(host->metrics->fetch(host, questions, 3, &answers), CG_OK);
    cr_assert_eq(answers[0]->status, CG_TEMPORARY);
    cr_assert_str_eq(answers[0]->error, "too slow");
    cr_assert_eq(answers[0]->series_count, 0);
    cr_assert_eq(answers[1]->status, CG_OK);
    cr_assert_eq(answers[1]->series_count, 1, "the other series has no point in the window");
    cr_assert_eq(answers[1]->ignored_points, 3);
    cr_assert_str_eq(answers[1]->series[0]->key, "bytes");
    cr_assert_eq(answers[1]->series[0]->label_count, 1);
    cr_assert_str_eq(answers[1]->series[0]->labels[0].value, "ann");
    cr_assert_eq(answers[1]->series[0]->point_count, 1);
    cr_assert_eq(answers[1]->series[0]->points[0].time, HOUR);
    cr_assert_eq(answers[2]->series_count, 0);
    cr_assert_null(answers[2]->error);
    cr_assert_str_eq(test.questions, "x{id=\"a\\\"b\"} (0, 3600] 3600\nx{id=\"a\\\"b\"} (3600, 7200] 3600\n"
                                     "x (0, 3600] 60\n");
    test.metrics_status = CG_NOT_FOUND;
    cr_assert_eq(host->metrics->fetch(host, questions, 3, &answers), CG_NOT_FOUND);
    cr_assert_eq(test.error_status, CG_NOT_FOUND);
}
