#include "config/node.h"
#include "net/metrics_source.h"
#include "store/inputs.h"

#include "bench.h"

/* Three days and what is asked about them. On the second one there is also a line that lasts a week. */
#define FIRST "2026-06-01"
#define SECOND_DAY "2026-06-02"
#define THIRD "2026-06-03"
static const char *const days[] = {FIRST, SECOND_DAY, THIRD};

/* ---- a metrics source that fails for one day ---- */

static int64_t outage = CG_TIME_NONE;
static int has_samples; /* whether it knows anything of any day */
static int source;      /* its address stands for a source that nobody looks into */

static const struct cg_metric_point known_point = {.value = 1};
static const struct cg_metric_series one_series = {
    .struct_size = sizeof one_series, .key = "bytes", .points = &known_point, .point_count = 1};
static const struct cg_metric_series *const known_series = &one_series;

/* NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp): the linker wants this name */
cg_status __wrap_cg_metrics_source_fetch(struct cg_metrics_source *metrics, struct cg_metrics_request *requests,
                                         size_t count, struct cg_arena *arena, struct cg_error *error);
cg_status __wrap_cg_metrics_source_fetch(struct cg_metrics_source *metrics, struct cg_metrics_request *requests,
                                         size_t count, struct cg_arena *arena, struct cg_error *error) {
    (void)metrics;
    (void)error;
    for (size_t i = 0; i < count; i++) {
        requests[i].result = cg_arena_alloc(arena, sizeof *requests[i].result);
        cr_assert_not_null(requests[i].result);
        if (has_samples && requests[i].start != outage) {
            requests[i].result->series = &known_series;
            requests[i].result->series_count = 1;
        }
        if (requests[i].start == outage)
            requests[i].result->flags = CG_METRICS_FETCH_FAILED;
    }
    return CG_OK;
}
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */

/* ---- the ecosystem: what is asked depends on the resource of the line ---- */

static uint64_t resolved;
static int fails; /* 1: the resolver refuses "r-find" */

static cg_status resolve(const struct cg_identity_resolver *self, const struct cg_resolution_context *context,
                         const struct cg_resolution_sink *sink) {
    (void)self;
    const struct cg_resource *const *items = NULL;
    size_t count = 0;
    resolved++;
    if (strcmp(context->resource_id, "r-find") == 0) {
        const struct cg_resource *found = context->find_resource(context, "conn-1");
        sink->put_text(sink, "m", "owner", found ? found->owner_id : "nobody");
        return fails ? CG_PERMANENT : CG_OK;
    }
    if (strcmp(context->resource_id, "r-list") == 0)
        return context->list_resources(context, "connector", "lkc-1", &items, &count);
    if (strcmp(context->resource_id, "r-who") == 0)
        (void)context->find_identity(context, "ghost");
    (void)context->find_identity(context, "u-1");
    return CG_OK;
}

static const struct cg_identity_resolver resolver = {
    {sizeof resolver, CG_OVERRIDE_MAGIC, CG_OVERRIDE_IDENTITY_RESOLVER, CG_ABI_MAJOR, CG_ABI_MINOR},
    "asks",
    resolve,
    NULL};

static const struct cg_service service = {.struct_size = sizeof service, .service_type = "s"};
static const struct cg_metric_query bytes = {.struct_size = sizeof bytes, .key = "bytes", .expression = "b"};
static const struct cg_metric_query more_bytes = {.struct_size = sizeof bytes, .key = "bytes", .expression = "b + 1"};
static const struct cg_metric_query *const queries[] = {&bytes};
static const struct cg_metric_query *const more_queries[] = {&more_bytes};
static const struct cg_product measured = {.struct_size = sizeof measured, .metric_count = 1, .metrics = queries};
static const struct cg_product other = {.struct_size = sizeof other, .metric_count = 1, .metrics = more_queries};
static const struct cg_module module = {.name = "overrides", .build_id = "o-1"};
static const struct cg_module rebuilt = {.name = "overrides", .build_id = "o-2"};

static struct cg_duration durations[] = {{"weekly", 168}};

static const char inventory[] =
    "INSERT INTO identities (ecosystem, tenant_id, identity_id, identity_type, display_name, created_at, deleted_at, "
    "metadata_json) VALUES "
    "('confluent_cloud', 't-1', 'k-1', 'api_key', NULL, '2026-01-01 00:00:00.000000', NULL, '{\"owner\": \"u-1\"}'), "
    "('confluent_cloud', 't-1', 'u-1', 'user', 'One', NULL, NULL, NULL), "
    "('confluent_cloud', 't-1', 'old', 'user', 'Old', NULL, '2026-05-01 00:00:00.000000', NULL), "
    "('confluent_cloud', 't-1', 'late', 'user', 'Late', '2026-06-20 00:00:00.000000', NULL, NULL);"
    "INSERT INTO resources (ecosystem, tenant_id, resource_id, resource_type, parent_id, owner_id, created_at) VALUES "
    "('confluent_cloud', 't-1', 'conn-1', 'connector', 'lkc-1', 'u-1', '2026-01-01 00:00:00.000000'), "
    "('confluent_cloud', 't-1', 'conn-2', 'connector', 'lkc-2', 'u-1', '2026-01-01 00:00:00.000000'), "
    "('confluent_cloud', 't-1', 'lkc-1', 'kafka_cluster', NULL, NULL, NULL)";

static void open_days(struct bench *bench) {
    const struct cg_billing_line first[] = {line_of(FIRST, "e", "r-find", "A", "1"),
                                            line_of(FIRST, "e", "r-key", "A", "2")};
    struct cg_billing_line second[] = {line_of(SECOND_DAY, "e", "r-key", "B", "1"),
                                       line_of(SECOND_DAY, "e", "r-list", "A", "2"),
                                       line_of(SECOND_DAY, "e", "r-week", "A", "3")};
    const struct cg_billing_line third[] = {line_of(THIRD, "e", "r-who", "A", "1")};
    second[2].granularity = "weekly";
    bench_open(bench);
    bench->module.build_id = "b-1";
    bench->tenant.durations = durations;
    bench->tenant.duration_count = 1;
    bench->tenant.metrics =
        (struct cg_metrics_settings){.present = 1, .url = "http://me:secret@prom:9090/p?key=1", .auth_type = "none"};
    bench->metrics = (struct cg_metrics_source *)&source;
    bench_bind(bench, "A", &service, &bench_allocator, &resolver);
    bench_bind(bench, "B", &service, &bench_allocator, &resolver)->product = &measured;
    durations[0].hours = 168;
    outage = CG_TIME_NONE;
    fails = 0;
    has_samples = 0;
    stage_run(&bench->stage, inventory);
    bench_bill(bench, FIRST, first, 2);
    bench_bill(bench, SECOND_DAY, second, 3);
    bench_bill(bench, THIRD, third, 1);
}

/* Calculates all days as a run does, and answers which of them were computed: "23". */
static const char *run(struct bench *bench, int32_t force) {
    static char computed[8];
    struct cg_calculation_options options = bench_options(bench, FIRST);
    struct cg_calculation *calculation = NULL;
    size_t used = 0;
    cr_assert_eq(cg_calculation_new(&options, &calculation, &bench->error), CG_OK, "%s", bench->error.text);
    for (size_t i = 0; i < 3; i++) {
        struct cg_date_outcome outcome = {0};
        cr_assert_eq(cg_calculate_date(calculation, at(days[i]), force, &outcome, &bench->error), CG_OK, "%s: %s",
                     days[i], bench->error.text);
        if (!outcome.is_current && !outcome.is_kept)
            computed[used++] = (char)('1' + i);
    }
    computed[used] = '\0';
    cg_calculation_free(calculation);
    return computed;
}

/* ---- what changes, and which days follow from it ---- */

/* One node under a map: `key: text`. */
static struct cg_config member = {.type = CG_CONFIG_STRING, .text = "one"};
static struct cg_config *members[] = {&member};
static const struct cg_config map = {.type = CG_CONFIG_MAP, .items = members, .count = 1};

static void set_member(const char *key, const char *text, uint32_t flags) {
    member = (struct cg_config){.type = CG_CONFIG_STRING, .key = key, .text = text, .flags = flags};
}

static void give_params(struct bench *bench) {
    set_member("ratio", "0.7", 0);
    bench->tenant.allocator_params = &map;
}

static void change_params(struct bench *bench) {
    (void)bench;
    set_member("ratio", "0.6", 0);
}

static void give_settings(struct bench *bench) {
    set_member("cost_types", "one", 0);
    bench->tenant.plugin_settings = &map;
}

static void change_settings(struct bench *bench) {
    (void)bench;
    set_member("cost_types", "two", 0);
}

static void give_secret(struct bench *bench) {
    set_member("api_secret", "one", CG_NODE_SECRET);
    bench->tenant.plugin_settings = &map;
}

static void change_secret(struct bench *bench) {
    (void)bench;
    set_member("api_secret", "two", CG_NODE_SECRET);
}

static void give_emitters(struct bench *bench) {
    set_member("emitters", "one", 0);
    bench->tenant.plugin_settings = &map;
}

static void change_emitters(struct bench *bench) {
    (void)bench;
    set_member("emitters", "two", 0);
}

static void override_b(struct bench *bench) {
    struct cg_callee *callee = &bench->bindings[1].allocator_callee;
    callee->module = &module;
    callee->symbol = "theirs";
    callee->overrides = 1;
}

static void other_symbol(struct bench *bench) {
    bench->bindings[1].allocator_callee.symbol = "another";
}

static void other_resolver(struct bench *bench) {
    bench->bindings[1].resolver_callee.symbol = "another";
}

static void no_resolver(struct bench *bench) {
    bench->bindings[1].resolver = NULL;
}

static void rebuild_overrides(struct bench *bench) {
    bench->bindings[1].allocator_callee.module = &rebuilt;
}

static void rebuild(struct bench *bench) {
    bench->module.build_id = "b-2";
}

static void other_query(struct bench *bench) {
    bench->bindings[1].product = &other;
}

static void other_limit(struct bench *bench) {
    bench->tenant.allocation_retry_limit = 5;
}

static void longer_weeks(struct bench *bench) {
    (void)bench;
    durations[0].hours = 169;
}

static void other_password(struct bench *bench) {
    bench->tenant.metrics.url = "http://me:else@prom:9090/p?key=2";
    bench->tenant.metrics.password = bench->tenant.metrics.ca_file = "p";
}

static void other_host(struct bench *bench) {
    bench->tenant.metrics.url = "http://me:secret@prom2:9090/p?key=1";
}

/* Another value each time. */
static void set_org(struct bench *bench) {
    static const struct cg_header_setting orgs[] = {{"X-Scope-OrgID", "one"}, {"X-Scope-OrgID", "two"}};
    bench->tenant.metrics.headers = &orgs[bench->tenant.metrics.header_count];
    bench->tenant.metrics.header_count = 1;
}

static void other_auth(struct bench *bench) {
    bench->tenant.metrics.auth_type = "basic";
}

static void other_step(struct bench *bench) {
    bench->tenant.metrics_step_seconds = 60;
}

static void no_source(struct bench *bench) {
    bench->metrics = NULL;
}

static void begin_outage(struct bench *bench) {
    (void)bench;
    outage = at(SECOND_DAY);
}

static void end_outage(struct bench *bench) {
    (void)bench;
    outage = CG_TIME_NONE;
}

static void late_connector(struct bench *bench) {
    stage_run(&bench->stage,
              "UPDATE resources SET created_at = '2026-07-01 00:00:00.000000' WHERE resource_id = 'conn-1'");
}

#define BILL(set_, where_) "UPDATE ccloud_billing SET " set_ " WHERE resource_id = '" where_ "'"
#define IDENTITY(set_, id_) "UPDATE identities SET " set_ " WHERE identity_id = '" id_ "'"
#define RESOURCE(set_, id_) "UPDATE resources SET " set_ " WHERE resource_id = '" id_ "'"
#define NEW_IDENTITY(id_, type_, created_)                                                          \
    "INSERT INTO identities (ecosystem, tenant_id, identity_id, identity_type, created_at) VALUES " \
    "('confluent_cloud', 't-1', '" id_ "', '" type_ "', " created_ ")"
#define NEW_RESOURCE(id_, type_, parent_, created_)                                                           \
    "INSERT INTO resources (ecosystem, tenant_id, resource_id, resource_type, parent_id, created_at) VALUES " \
    "('confluent_cloud', 't-1', '" id_ "', '" type_ "', '" parent_ "', " created_ ")"

static const struct {
    const char *name;
    void (*before)(struct bench *bench); /* how the first run differs */
    const char *sql;
    void (*change)(struct bench *bench);
    const char *computed; /* by the run after the change */
} changes[] = {
    {"nothing", NULL, NULL, NULL, ""},

    {"a cost", NULL, BILL("total_cost = '9'", "r-list"), NULL, "2"},
    {"the digits of a cost", NULL, BILL("total_cost = '2.0'", "r-list"), NULL, "2"},
    {"a quantity", NULL, BILL("quantity = '9'", "r-find"), NULL, "1"},
    {"a price", NULL, BILL("unit_price = '9'", "r-find"), NULL, "1"},
    {"a currency", NULL, BILL("currency = 'EUR'", "r-find"), NULL, "1"},
    {"a granularity", NULL, BILL("granularity = 'hourly'", "r-who"), NULL, "3"},
    {"a line's metadata", NULL, BILL("metadata_json = '{\"a\": 1}'", "r-who"), NULL, "3"},
    {"a line less", NULL, "DELETE FROM ccloud_billing WHERE resource_id = 'r-who'", NULL, "3"},
    {"a counter of another stage", NULL, BILL("topic_attribution_attempts = 2", "r-find"), NULL, ""},
    {"a counter at its limit", NULL, BILL("allocation_attempts = 3", "r-find"), NULL, ""},
    {"a try that is left", NULL, BILL("allocation_attempts = 2", "r-find"), NULL, "1"},
    {"rows calculated by somebody else", NULL,
     "UPDATE pipeline_state SET calculation_id = 'x' WHERE tracking_date = '2026-06-03'", NULL, "3"},

    {"an identity without birth", NULL, NEW_IDENTITY("new", "user", "NULL"), NULL, "123"},
    {"born within the second day", NULL, NEW_IDENTITY("new", "user", "'2026-06-02 12:00:00.000000'"), NULL, "23"},
    {"born at the end of the first", NULL, NEW_IDENTITY("new", "user", "'2026-06-02 00:00:00.000000'"), NULL, "23"},
    {"born within the week", NULL, NEW_IDENTITY("new", "user", "'2026-06-05 00:00:00.000000'"), NULL, "2"},
    {"born afterwards", NULL, NEW_IDENTITY("new", "user", "'2026-07-01 00:00:00.000000'"), NULL, ""},
    {"a system identity", NULL, NEW_IDENTITY("UNALLOCATED", "system", "NULL"), NULL, ""},
    {"who was asked for, born afterwards", NULL, NEW_IDENTITY("ghost", "user", "'2026-07-01 00:00:00.000000'"), NULL,
     "3"},
    {"deleted afterwards", NULL, IDENTITY("deleted_at = '2026-07-01 00:00:00.000000'", "u-1"), NULL, ""},
    {"deleted within the second day", NULL, IDENTITY("deleted_at = '2026-06-02 12:00:00.000000'", "u-1"), NULL, "23"},
    {"deleted at its beginning", NULL, IDENTITY("deleted_at = '2026-06-02 00:00:00.000000'", "u-1"), NULL, "23"},
    {"deleted before", NULL, IDENTITY("deleted_at = '2026-05-01 00:00:00.000000'", "u-1"), NULL, "123"},
    {"seen again", NULL, IDENTITY("last_seen_at = '2026-07-01 00:00:00.000000'", "u-1"), NULL, ""},
    {"another name", NULL, IDENTITY("display_name = 'Uno'", "u-1"), NULL, "123"},
    {"the name of a dead one", NULL, IDENTITY("display_name = 'Uno'", "old"), NULL, ""},
    {"the name of one not born", NULL, IDENTITY("display_name = 'Uno'", "late"), NULL, ""},
    {"a dead one never died", NULL, IDENTITY("deleted_at = NULL", "old"), NULL, "123"},
    {"another type", NULL, IDENTITY("identity_type = 'service_account'", "u-1"), NULL, "123"},
    {"an API key's owner", NULL, IDENTITY("metadata_json = '{\"owner\": \"u-2\"}'", "k-1"), NULL, "123"},
    {"rows in another order", NULL,
     "CREATE TABLE copy AS SELECT * FROM identities; DELETE FROM identities; "
     "INSERT INTO identities SELECT * FROM copy ORDER BY identity_id DESC; DROP TABLE copy",
     NULL, ""},

    {"a connector's owner", NULL, RESOURCE("owner_id = 'u-2'", "conn-1"), NULL, "12"},
    {"a connector's metadata", NULL, RESOURCE("metadata_json = '{\"a\": 1}'", "conn-1"), NULL, "12"},
    {"a connector deleted afterwards", NULL, RESOURCE("deleted_at = '2026-07-01 00:00:00.000000'", "conn-1"), NULL, ""},
    {"deleted within the first day", NULL, RESOURCE("deleted_at = '2026-06-01 12:00:00.000000'", "conn-1"), NULL, "12"},
    {"deleted within the second", NULL, RESOURCE("deleted_at = '2026-06-02 12:00:00.000000'", "conn-1"), NULL, "2"},
    {"born afterwards", late_connector, RESOURCE("owner_id = 'u-2'", "conn-1"), NULL, "1"},
    {"a connector seen again", NULL, RESOURCE("last_seen_at = '2026-07-01 00:00:00.000000'", "conn-1"), NULL, ""},
    {"a connector is gone", NULL, "DELETE FROM resources WHERE resource_id = 'conn-1'", NULL, "12"},
    {"one more of the cluster", NULL, NEW_RESOURCE("conn-3", "connector", "lkc-1", "NULL"), NULL, "2"},
    {"one more, born afterwards", NULL, NEW_RESOURCE("conn-3", "connector", "lkc-1", "'2026-06-03 00:00:00.000000'"),
     NULL, ""},
    {"one more of another cluster", NULL, NEW_RESOURCE("conn-3", "connector", "lkc-2", "NULL"), NULL, ""},
    {"one more of another type", NULL, NEW_RESOURCE("conn-3", "topic", "lkc-1", "NULL"), NULL, ""},
    {"a resource nobody asked for", NULL, RESOURCE("owner_id = 'u-2'", "lkc-1"), NULL, ""},

    {"parameters of allocators", give_params, NULL, change_params, "123"},
    {"settings of the ecosystem", give_settings, NULL, change_settings, "123"},
    {"a secret of the ecosystem", give_secret, NULL, change_secret, ""},
    {"where results go", give_emitters, NULL, change_emitters, ""},
    {"an override", NULL, NULL, override_b, "2"},
    {"another override", override_b, NULL, other_symbol, "2"},
    {"the build of an override", override_b, NULL, rebuild_overrides, "2"},
    {"another resolver", NULL, NULL, other_resolver, "2"},
    {"no resolver", NULL, NULL, no_resolver, "2"},
    {"the build of the ecosystem", NULL, NULL, rebuild, "123"},
    {"a metrics query", NULL, NULL, other_query, "2"},
    {"the retry limit", NULL, NULL, other_limit, "123"},
    {"the length of a granularity", NULL, NULL, longer_weeks, "2"},
    {"secrets of the metrics source", NULL, NULL, other_password, ""},
    {"the metrics source", NULL, NULL, other_host, "2"},
    {"a header for it", NULL, NULL, set_org, "2"},
    {"another value of a header", set_org, NULL, set_org, "2"},
    {"how to identify oneself there", NULL, NULL, other_auth, "2"},
    {"the metrics step", NULL, NULL, other_step, "2"},
    {"no metrics source", NULL, NULL, no_source, "2"},
    {"metrics that could not be read", begin_outage, NULL, end_outage, "2"},
    {"metrics that cannot be read any more", NULL, NULL, begin_outage, ""},
};

Test(inputs, each_change_computes_the_dates_that_follow_from_it, .timeout = 300) {
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        struct bench bench;
        open_days(&bench);
        if (changes[i].before)
            changes[i].before(&bench);
        cr_assert_str_eq(run(&bench, 0), "123", "%s: the first run", changes[i].name);
        if (changes[i].sql)
            stage_run(&bench.stage, changes[i].sql);
        if (changes[i].change)
            changes[i].change(&bench);
        cr_expect_str_eq(run(&bench, 0), changes[i].computed, "%s", changes[i].name);
        cr_expect_str_eq(run(&bench, 0), "", "%s: nothing changed since", changes[i].name);
        cr_expect_str_eq(bench.errors, "", "%s", changes[i].name);
        bench_close(&bench);
    }
}

/* ---- how little is done when nothing changed ---- */

Test(inputs, an_unchanged_run_calls_no_module_and_writes_nothing) {
    struct bench bench;
    struct cg_calculation *calculation = NULL;
    static char version[65536];
    open_days(&bench);
    cr_assert_str_eq(run(&bench, 0), "123");
    struct cg_calculation_options options = bench_options(&bench, FIRST);
    snprintf(version, sizeof version, "%s", stage_rows(&bench.stage, stage_changes()));
    resolved = 0;
    cr_assert_eq(cg_calculation_new(&options, &calculation, &bench.error), CG_OK);
    for (size_t i = 0; i < 3; i++) {
        struct cg_date_outcome outcome = {.rows = 7};
        cr_assert_eq(cg_calculate_date(calculation, at(days[i]), 0, &outcome, &bench.error), CG_OK);
        cr_assert(outcome.is_current && !outcome.rows && !outcome.changed && !outcome.failed_lines);
    }
    cg_calculation_free(calculation);
    cr_assert_eq(resolved, 0);
    assert_rows(&bench.stage, stage_changes(), version);
    bench_close(&bench);
}

Test(inputs, what_is_forced_is_computed_and_stays_what_it_was) {
    struct bench bench;
    open_days(&bench);
    cr_assert_str_eq(run(&bench, 0), "123");
    char before[512];
    snprintf(before, sizeof before, "%s", stage_rows(&bench.stage, "SELECT calculation_id FROM pipeline_state"));
    cr_assert_str_eq(run(&bench, 1), "123");
    assert_rows(&bench.stage, "SELECT calculation_id FROM pipeline_state", before);
    cr_assert_str_eq(run(&bench, 0), "");
    bench_close(&bench);
}

/* A day without lines is as current as any other. */
Test(inputs, a_day_that_lost_its_lines_is_computed_once) {
    struct bench bench;
    open_days(&bench);
    cr_assert_str_eq(run(&bench, 0), "123");
    bench_bill(&bench, THIRD, NULL, 0);
    cr_assert_str_eq(run(&bench, 0), "3");
    cr_assert_str_eq(run(&bench, 0), "");
    bench_close(&bench);
}

/* ---- lines that fail ---- */

static const char attempts[] = "SELECT allocation_attempts FROM ccloud_billing WHERE resource_id = 'r-find'";
static const char detail[] = "SELECT d.allocation_detail FROM chargeback_facts f JOIN chargeback_dimensions d USING "
                             "(dimension_id) WHERE d.resource_id = 'r-find'";

Test(inputs, a_line_is_tried_until_its_tries_are_used_up) {
    struct bench bench;
    open_days(&bench);
    fails = 1;
    cr_assert_str_eq(run(&bench, 0), "123");
    assert_rows(&bench.stage, attempts, "1");
    cr_assert_str_eq(run(&bench, 0), "1");
    cr_assert_str_eq(run(&bench, 0), "1");
    assert_rows(&bench.stage, attempts, "3");
    cr_assert_eq(strncmp(stage_rows(&bench.stage, detail), "Failed after 3 attempts: ", 25), 0);
    cr_assert_str_eq(run(&bench, 0), "", "it has no tries left");

    /* What it follows from changed: one more try, which is not counted. */
    stage_run(&bench.stage, RESOURCE("owner_id = 'u-2'", "conn-1"));
    cr_assert_str_eq(run(&bench, 0), "12");
    assert_rows(&bench.stage, attempts, "3");
    cr_assert_str_eq(run(&bench, 0), "");

    /* The line itself changed: all tries anew. */
    const struct cg_billing_line lines[] = {line_of(FIRST, "e", "r-find", "A", "5"),
                                            line_of(FIRST, "e", "r-key", "A", "2")};
    bench_bill(&bench, FIRST, lines, 2);
    cr_assert_str_eq(run(&bench, 0), "1");
    assert_rows(&bench.stage, attempts, "1");
    fails = 0;
    cr_assert_str_eq(run(&bench, 0), "1");
    assert_rows(&bench.stage, attempts, "0");
    assert_rows(&bench.stage, detail, "NULL");
    cr_assert_str_eq(run(&bench, 0), "");
    bench_close(&bench);
}

/* What brought a worker down is called again by the next run, which does not know of it any more. */
Test(inputs, a_callee_in_quarantine_is_called_again_by_the_next_run) {
    static const struct cg_quarantine quarantine = {
        .module = "fake", .symbol = "B", .whole_symbol = 1, .reason = "crashed (signal 6, Aborted)"};
    struct bench bench;
    open_days(&bench);
    bench.tenant.allocation_retry_limit = 1;
    bench.quarantine = &quarantine;
    cr_assert_str_eq(run(&bench, 0), "123");
    assert_rows(&bench.stage, "SELECT tracking_date FROM cg_dates WHERE inputs_digest IS NULL", SECOND_DAY);
    cr_assert_str_eq(run(&bench, 0), "2");
    bench.quarantine = NULL;
    cr_assert_str_eq(run(&bench, 0), "2");
    cr_assert_str_eq(run(&bench, 0), "");
    bench_close(&bench);
}

/* ---- questions that cannot be kept ---- */

static const char *argument;
static size_t how_many;

static cg_status ask(const struct cg_identity_resolver *self, const struct cg_resolution_context *context,
                     const struct cg_resolution_sink *sink) {
    (void)self;
    (void)sink;
    char id[256];
    for (size_t i = 0; i < how_many; i++) {
        snprintf(id, sizeof id, "%s-%060zu", argument, i);
        (void)context->find_resource(context, id);
        (void)context->find_resource(context, id);
    }
    return CG_OK;
}

static const struct cg_identity_resolver asking = {
    {sizeof asking, CG_OVERRIDE_MAGIC, CG_OVERRIDE_IDENTITY_RESOLVER, CG_ABI_MAJOR, CG_ABI_MINOR}, "asks", ask, NULL};

static const struct {
    const char *name;
    const char *argument;
    size_t how_many;
    const char *computed;
} askers[] = {
    {"nothing", "", 0, ""},
    {"much", "a", 1000, ""},
    {"too much", "a", CG_INPUTS_QUESTIONS_LIMIT / 64, "123"},
    {"a tab", "a\tb", 1, "123"},
    {"a newline", "a\nb", 1, "123"},
    {"no UTF-8", "a\xff", 1, "123"},
};

Test(inputs, questions_that_cannot_be_kept_are_answered_in_every_run, .timeout = 300) {
    /* The last one is no text at all, which PostgreSQL would not even look for. */
    for (size_t i = 0; i < sizeof askers / sizeof *askers - (size_t)stage_on_postgres(); i++) {
        struct bench bench;
        open_days(&bench);
        argument = askers[i].argument;
        how_many = askers[i].how_many;
        bench.bindings[0].resolver = &asking;
        cr_assert_str_eq(run(&bench, 0), "123", "%s", askers[i].name);
        cr_expect_str_eq(run(&bench, 0), askers[i].computed, "%s", askers[i].name);
        bench_close(&bench);
    }
}

/* A record that is not ours is as good as none. */
Test(inputs, a_record_that_cannot_be_read_is_none) {
    static const char *const damages[] = {"questions = 'nonsense'", "questions = 'R'", "questions = '\n'",
                                          "inputs_digest = ''", "questions = questions || 'x'"};
    for (size_t i = 0; i < sizeof damages / sizeof *damages; i++) {
        struct bench bench;
        char sql[128];
        open_days(&bench);
        cr_assert_str_eq(run(&bench, 0), "123");
        snprintf(sql, sizeof sql, "UPDATE cg_dates SET %s WHERE tracking_date = '2026-06-02'", damages[i]);
        stage_run(&bench.stage, sql);
        cr_expect_str_eq(run(&bench, 0), "2", "%s", damages[i]);
        cr_expect_str_eq(run(&bench, 0), "", "%s", damages[i]);
        bench_close(&bench);
    }
}

/* ---- metrics that are gone ---- */

/* Only the second day asks for metrics. */
static const struct {
    const char *name;
    int at_first; /* whether there were samples when the rows were calculated */
    void (*change)(struct bench *bench);
    const char *sql;
    int32_t force;
    const char *computed; /* by the run after the change, when the samples are gone */
} vanished[] = {
    {"nothing else", 1, NULL, NULL, 0, ""},
    {"another build", 1, rebuild, NULL, 0, "13"},
    {"another build, and there never were samples", 0, rebuild, NULL, 0, "123"},
    {"another build, by force", 1, rebuild, NULL, 1, "123"},
    {"another source", 1, other_host, NULL, 0, ""},
    {"an identity", 1, NULL, NEW_IDENTITY("new", "user", "NULL"), 0, "13"},
    {"a cost", 1, NULL, BILL("total_cost = '9'", "r-list"), 0, "2"},
    {"a line less", 1, NULL, "DELETE FROM ccloud_billing WHERE resource_id = 'r-list'", 0, "2"},
    {"a price, with the same cost", 1, NULL, BILL("unit_price = '9'", "r-list"), 0, ""},
    {"a row that somebody else changed", 1, rebuild,
     "UPDATE chargeback_facts SET amount = '5' WHERE timestamp = '2026-06-02 00:00:00'", 0, "123"},
};

Test(inputs, rows_outlive_their_metrics) {
    for (size_t i = 0; i < sizeof vanished / sizeof *vanished; i++) {
        struct bench bench;
        open_days(&bench);
        has_samples = vanished[i].at_first;
        cr_assert_str_eq(run(&bench, 0), "123", "%s", vanished[i].name);
        has_samples = 0;
        if (vanished[i].change)
            vanished[i].change(&bench);
        if (vanished[i].sql)
            stage_run(&bench.stage, vanished[i].sql);
        cr_assert_str_eq(run(&bench, vanished[i].force), vanished[i].computed, "%s", vanished[i].name);
        cr_assert_str_eq(run(&bench, 0), "", "%s: again", vanished[i].name);
        bench_close(&bench);
    }
}
