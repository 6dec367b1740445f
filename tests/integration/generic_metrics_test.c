/* A database server that Prometheus measures, with cost types of its own: every line and row to the last digit. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "metered.h"
#include "support/api.h"

#define COUNT(array_) (sizeof(array_) / sizeof((array_)[0]))
#define HALF_GIB 536870912

/* Series of one metric at different times, or without the label, are what queries meet in the world. */
static const struct metered_series server[] = {
    {.series = "pg_size{datname=\"app1\"}", .size = 6 * METERED_GIB},
    {.series = "pg_size{datname=\"app2\"}", .size = 4 * METERED_GIB},
    {.series = "pg_bytes_total{direction=\"in\"}", .hourly = HALF_GIB},
    {.series = "pg_bytes_total{direction=\"out\"}", .hourly = HALF_GIB},
    {.series = "pg_up{datname=\"app1\"}", .size = 1},
    {.series = "pg_up{datname=\"app2\"}", .size = 0},
    {.series = "pg_up", .size = 1},
    {.series = "pg_rows_total{datname=\"app1\"}", .hourly = 36},
    {.series = "pg_rows_total{datname=\"app2\"}"},
    {.series = "pg_rows_total{datname=\"app3\"}", .hourly = 12},
    {.series = "pg_calls_total{usr=\"u1\"}", .hourly = 36},
    {.series = "pg_calls_total{usr=\"u2\"}", .hourly = 12},
};

#define SERVER "      cluster_id: pg-1\n      display_name: Main server\n"
#define PEOPLE(source_)                                                             \
    "      identity_source:\n        source: " source_ "\n        label: datname\n" \
    "        discovery_query: pg_up\n        principal_to_team: {app1: shop}\n"
#define LISTED                                                           \
    "        static_identities:\n"                                       \
    "          - {identity_id: st1, identity_type: team, team: infra}\n" \
    "          - {identity_id: app2, identity_type: database, display_name: Second}\n"
#define COMPUTE                                                           \
    "        - {name: PG_COMPUTE, product_category: pg, rate: \"0.50\", " \
    "cost_quantity: {type: fixed, count: 2}, allocation_strategy: even_split}\n"
#define STORAGE                                                             \
    "        - {name: PG_STORAGE, product_category: pg, rate: \"0.0001\", " \
    "cost_quantity: {type: storage_gib, query: pg_size}, allocation_strategy: even_split}\n"
#define NET(window_)                                                                                            \
    "        - {name: PG_NET, product_category: pg, rate: \"0.03\", cost_quantity: {type: network_gib, query: " \
    "'increase(pg_bytes_total[" window_ "])'}, allocation_strategy: usage_ratio, allocation_query: "            \
    "'sum by (datname) (increase(pg_rows_total[" window_ "]))', allocation_label: datname}\n"
#define NET2                                                                                                \
    "        - {name: PG_NET2, product_category: pg, rate: \"1\", cost_quantity: {type: fixed, count: 1}, " \
    "allocation_strategy: usage_ratio, allocation_query: 'sum by (usr) (increase(pg_calls_total[1h]))', "   \
    "allocation_label: usr}\n"
#define COSTS(window_) "      cost_types:\n" COMPUTE STORAGE NET(window_) NET2
#define EXAMPLE SERVER PEOPLE("both") LISTED COSTS("1h")

static const char lines_of_day[] = "PG_COMPUTE 48.0 0.50 24.000\nPG_NET 24.0 0.03 0.720\nPG_NET2 24.0 1 24.0\n"
                                   "PG_STORAGE 240.00 0.0001 0.024000\n";
static const char rows_of_day[] = "PG_COMPUTE app1 shared even_split even_split_allocation 8.0000\n"
                                  "PG_COMPUTE app2 shared even_split even_split_allocation 8.0000\n"
                                  "PG_COMPUTE st1 shared even_split even_split_allocation 8.0000\n"
                                  "PG_NET app1 usage usage_ratio usage_ratio_allocation 0.5400\n"
                                  "PG_NET app3 usage usage_ratio usage_ratio_allocation 0.1800\n"
                                  "PG_NET2 u1 usage usage_ratio usage_ratio_allocation 18.0000\n"
                                  "PG_NET2 u2 usage usage_ratio usage_ratio_allocation 6.0000\n"
                                  "PG_STORAGE app1 shared even_split even_split_allocation 0.0080\n"
                                  "PG_STORAGE app2 shared even_split even_split_allocation 0.0080\n"
                                  "PG_STORAGE st1 shared even_split even_split_allocation 0.0080\n";

static struct metered_source source;
static char folder[CG_TEST_PATH_SIZE];

static void start(void) {
    cg_test_workdir_make(folder);
    metered_start(folder, "blocks", server, COUNT(server), NULL, &source);
}

static void stop(void) {
    metered_stop(&source);
    cg_test_workdir_remove(folder);
}

TestSuite(generic_metrics, .init = start, .fini = stop);

static struct metered_config config_of(const char *settings) {
    return (struct metered_config){.ecosystem = "generic_metrics_only", .url = source.server.url, .settings = settings};
}

static void configure(const char *settings, const char *database) {
    struct metered_config config = config_of(settings);
    config.database = database;
    metered_configure(folder, &config);
}

static const char identities[] = "system UNALLOCATED Unallocated Costs -\nprincipal app1 shop {\"team\": \"shop\"}\n"
                                 "database app2 Second -\nteam st1 st1 {\"team\": \"infra\"}\n";

Test(generic_metrics, worked_example_and_nothing_changes_the_second_time) {
    configure(EXAMPLE, NULL);
    char *err = metered_run(folder, 0);
    cg_test_has("the run", err, "gathered=10, pending=10, calculated=10, rows=100");
    cg_test_has_not("the run", err, "WARNING");
    free(err);
    sqlite3 *db = cg_test_db_open(folder, METERED_DATABASE);
    metered_every_day(db, lines_of_day, rows_of_day);
    metered_equal("resources", metered_resources(db), "cluster pg-1 Main server - - -\n");
    metered_equal("identities", metered_identities(db), identities);
    metered_balance(folder, db);
    char *first = cg_test_db_dump(folder, METERED_DATABASE);
    err = metered_run(folder, 0);
    cg_test_has("the second run", err, "pending=0, calculated=0");
    free(err);
    char *second = cg_test_db_dump(folder, METERED_DATABASE);
    cg_test_dumps_equal("after the second run", second, first);
    cg_test_db_close(db);
    free(second);
    free(first);
}

/* The window is the step of the cost, however often shares are sampled. */
Test(generic_metrics, the_step_does_not_matter) {
    static const struct {
        const char *settings;
        const char *database;
    } cases[] = {
        {SERVER PEOPLE("both") LISTED COSTS("1h") "      metrics_step_seconds: 1800\n", "hour.db"},
        {SERVER PEOPLE("both") LISTED COSTS("1h") "      metrics_step_seconds: 300\n", "minutes.db"},
        {SERVER PEOPLE("both") LISTED COSTS("$__interval") "      metrics_step_seconds: 1800\n", "interval.db"},
        {SERVER PEOPLE("both") LISTED COSTS("$__interval") "      metrics_step_seconds: 300\n", "fine.db"},
        {SERVER PEOPLE("both") LISTED COSTS("2h"), "two-hours.db"},
        {SERVER PEOPLE("both") LISTED COSTS("1d") "      metrics_step_seconds: 86400\n", "day.db"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        configure(cases[i].settings, cases[i].database);
        free(metered_run(folder, 0));
        sqlite3 *db = cg_test_db_open(folder, cases[i].database);
        metered_every_day(db, lines_of_day, rows_of_day);
        metered_balance(folder, db);
        cg_test_db_close(db);
    }
}

/* ---- who can be charged, and by what ---- */

#define BY(name_, query_)                                                                                     \
    "        - {name: " name_ ", product_category: pg, rate: \"1\", cost_quantity: {type: fixed, count: 1}, " \
    "allocation_strategy: usage_ratio, allocation_query: '" query_ "', allocation_label: usr}\n"

static const struct {
    const char *name;
    const char *settings;
    const char *rows;      /* of each day */
    const char *sentences; /* in the log; "" */
    int exit_status;
} cases[] = {
    {"static", SERVER "      identity_source:\n        source: static\n" LISTED "      cost_types:\n" COMPUTE NET2,
     "PG_COMPUTE app2 shared even_split even_split_allocation 12.0000\n"
     "PG_COMPUTE st1 shared even_split even_split_allocation 12.0000\n"
     "PG_NET2 u1 usage usage_ratio usage_ratio_allocation 18.0000\n"
     "PG_NET2 u2 usage usage_ratio usage_ratio_allocation 6.0000\n",
     "", 0},
    {"nobody", SERVER "      identity_source: {source: static}\n      cost_types:\n" COMPUTE,
     "PG_COMPUTE UNALLOCATED shared terminal no_identities_located 24.000\n", "", 0},
    {"nobody by use", SERVER "      identity_source: {source: static}\n      cost_types:\n" BY("PG_X", "none"),
     "PG_X UNALLOCATED shared terminal no_identities_located 24.0\n",
     "query 'alloc_PG_X' (none): no series; of 10 answers none had any", 0},
    {"no series of use", SERVER PEOPLE("prometheus") "      cost_types:\n" COMPUTE BY("PG_X", "none"),
     "PG_COMPUTE app1 shared even_split even_split_allocation 12.0000\n"
     "PG_COMPUTE app2 shared even_split even_split_allocation 12.0000\n"
     "PG_X app1 shared even_split no_metrics_located 12.0000\nPG_X app2 shared even_split no_metrics_located 12.0000\n",
     "query 'alloc_PG_X' (none): no series; of 10 answers none had any", 0},
    {"a label that use has not", SERVER PEOPLE("prometheus") "      cost_types:\n" BY("PG_X", "pg_up"),
     "PG_X app1 shared even_split no_metrics_located 12.0000\nPG_X app2 shared even_split no_metrics_located 12.0000\n",
     "query 'alloc_PG_X' (pg_up): the label 'usr' is missing; the series have: datname", 0},
    {"a label that nobody has",
     SERVER "      identity_source: {label: pod, discovery_query: pg_up}\n      cost_types:\n" COMPUTE NET2,
     "PG_COMPUTE UNALLOCATED shared terminal no_identities_located 24.000\n"
     "PG_NET2 u1 usage usage_ratio usage_ratio_allocation 18.0000\n"
     "PG_NET2 u2 usage usage_ratio usage_ratio_allocation 6.0000\n",
     "identity_source.discovery_query found nobody in the last hour: it gave 3 series, none of them with the label "
     "'pod'; check the query and identity_source.label.",
     0},
    {"a query of use that fails", SERVER PEOPLE("both") LISTED "      cost_types:\n" COMPUTE NET2 BY("PG_X", "sum("),
     "PG_COMPUTE app1 shared even_split even_split_allocation 8.0000\n"
     "PG_COMPUTE app2 shared even_split even_split_allocation 8.0000\n"
     "PG_COMPUTE st1 shared even_split even_split_allocation 8.0000\n"
     "PG_NET2 u1 usage usage_ratio usage_ratio_allocation 18.0000\n"
     "PG_NET2 u2 usage usage_ratio usage_ratio_allocation 6.0000\n"
     "PG_X app2 shared even_split metrics_fetch_failed 12.0000\n"
     "PG_X st1 shared even_split metrics_fetch_failed 12.0000\n",
     "the metrics source failed for 10 dates between 2026-06-23 and 2026-07-02; the first reason: query alloc_PG_X: ",
     1},
    {"a discovery that fails", SERVER "      identity_source: {discovery_query: 'sum('}\n      cost_types:\n" COMPUTE,
     "PG_COMPUTE UNALLOCATED shared terminal metrics_fetch_failed 24.000\n",
     "Handler generic gather failed: query discovery: metrics source: POST /api/v1/query_range: HTTP 400", 1},
};

Test(generic_metrics, identities_and_shares) {
    for (size_t i = 0; i < COUNT(cases); i++) {
        char *database = cg_test_format("case-%zu.db", i);
        configure(cases[i].settings, database);
        char *err = metered_run(folder, cases[i].exit_status);
        cg_test_has(cases[i].name, err, cases[i].sentences);
        sqlite3 *db = cg_test_db_open(folder, database);
        char *rows = metered_rows(db, METERED_LAST);
        cr_expect_str_eq(rows, cases[i].rows, "%s:\n%sinstead of\n%s", cases[i].name, rows, cases[i].rows);
        metered_every_day(db, NULL, rows);
        metered_balance(folder, db);
        cg_test_db_close(db);
        free(rows);
        free(err);
        free(database);
    }
}

/* ---- what is there in part ---- */

#define SIZE_OF(query_)                                                                    \
    "      cost_types:\n" COMPUTE                                                          \
    "        - {name: PG_STORAGE, product_category: pg, rate: \"0.0001\", cost_quantity: " \
    "{type: storage_gib, query: '" query_ "'}, allocation_strategy: even_split}\n"

/* A bill that cannot be made in full is not made: what is stored of it stays. */
Test(generic_metrics, cost_query_that_fails) {
    configure(SERVER PEOPLE("both") LISTED SIZE_OF("pg_size"), NULL);
    free(metered_run(folder, 0));
    char *first = cg_test_db_dump(folder, METERED_DATABASE);
    configure(SERVER PEOPLE("both") LISTED SIZE_OF("sum(") "      min_refresh_gap_seconds: 0\n", NULL);
    char *err = metered_run(folder, 1);
    cg_test_has(
        "the run", err,
        "Gather phase failed: The bill of 10 of 10 days could not be read, the first of them is 2026-06-23: query "
        "cost_PG_STORAGE: metrics source: POST /api/v1/query_range: HTTP 400");
    cg_test_has("the run", err, "What is stored of these days stays, and they are read again.");
    free(err);
    char *second = cg_test_db_dump(folder, METERED_DATABASE);
    char *lines[2] = {cg_test_dump_lines(first, "billing | ", NULL), cg_test_dump_lines(second, "billing | ", NULL)};
    cr_assert_str_neq(lines[0], "");
    cg_test_dumps_equal("the bill", lines[1], lines[0]);
    free(lines[0]);
    free(lines[1]);
    free(second);
    free(first);
}

/* Two days without any sample have no bill, not even of what is fixed; a day in which one of two metrics has none has
 * all of its lines. */
Test(generic_metrics, days_without_data) {
    const struct metered_series partial[] = {
        {.series = "pg_size{datname=\"app1\"}",
         .size = METERED_GIB,
         .gap_from = METERED_START + 2 * METERED_DAY - 4 * METERED_SCRAPE,
         .gap_until = METERED_START + 4 * METERED_DAY + METERED_SCRAPE},
        {.series = "pg_bytes_total", .hourly = 2 * HALF_GIB, .from = METERED_START + 6 * METERED_DAY},
        {.series = "pg_up{datname=\"app1\"}", .size = 1},
    };
    static const char settings[] = SERVER PEOPLE("prometheus") "      cost_types:\n" COMPUTE STORAGE NET("1h");
    metered_stop(&source);
    metered_start(folder, "partial", partial, COUNT(partial), NULL, &source);
    configure(settings, NULL);
    char *err = metered_run(folder, 0);
    cg_test_has("the run", err, "No Prometheus data for tenant=t-1 date=2026-06-25..2026-06-26 (2 days) -- skipping");
    cr_assert_eq(cg_test_occurrences(err, "No Prometheus data"), 1, "%s", err);
    free(err);
    sqlite3 *db = cg_test_db_open(folder, METERED_DATABASE);
    metered_equal("without data", metered_lines(db, "2026-06-25"), "");
    metered_equal("size only", metered_lines(db, "2026-06-27"),
                  "PG_COMPUTE 48.0 0.50 24.000\nPG_NET 0 0.03 0.00\nPG_STORAGE 24.00 0.0001 0.002400\n");
    metered_equal("both", metered_lines(db, METERED_LAST),
                  "PG_COMPUTE 48.0 0.50 24.000\nPG_NET 24.0 0.03 0.720\nPG_STORAGE 24.00 0.0001 0.002400\n");
    metered_balance(folder, db);
    cg_test_db_close(db);
}

/* What is only fixed needs no answer of a metrics source. */
Test(generic_metrics, fixed_costs_alone) {
    metered_stop(&source);
    configure(SERVER "      identity_source:\n        source: static\n" LISTED "      cost_types:\n" COMPUTE, NULL);
    free(metered_run(folder, 0));
    sqlite3 *db = cg_test_db_open(folder, METERED_DATABASE);
    metered_every_day(db, "PG_COMPUTE 48.0 0.50 24.000\n",
                      "PG_COMPUTE app2 shared even_split even_split_allocation 12.0000\n"
                      "PG_COMPUTE st1 shared even_split even_split_allocation 12.0000\n");
    metered_balance(folder, db);
    cg_test_db_close(db);
}

/* ---- what can be asked of it ---- */

#define DAY "?start_date=" METERED_LAST "&end_date=" METERED_LAST
static const char *const routes[][2] = {
    {"billing" DAY "&product_type=PG_NET",
     "{\"items\":[{\"ecosystem\":\"generic_metrics_only\",\"tenant_id\":\"t-1\",\"timestamp\":\"2026-07-02T00:00:00Z\","
     "\"resource_id\":\"pg-1\",\"product_category\":\"pg\",\"product_type\":\"PG_NET\",\"quantity\":\"24.0\","
     "\"unit_price\":\"0.03\",\"total_cost\":\"0.720\",\"currency\":\"USD\",\"granularity\":\"daily\",\"metadata\":{}}]"
     ","
     "\"total\":1,\"page\":1,\"page_size\":100,\"pages\":1}"},
    {"chargebacks/aggregate" DAY "&group_by=product_type&time_bucket=month&identity_id=app1",
     "{\"buckets\":[{\"dimensions\":{\"product_type\":\"PG_COMPUTE\"},\"time_bucket\":\"2026-07\",\"total_amount\":"
     "\"8.0000\",\"usage_amount\":\"0\",\"shared_amount\":\"8.0000\",\"row_count\":1},{\"dimensions\":{\"product_"
     "type\":"
     "\"PG_NET\"},\"time_bucket\":\"2026-07\",\"total_amount\":\"0.5400\",\"usage_amount\":\"0.5400\",\"shared_"
     "amount\":"
     "\"0\",\"row_count\":1},{\"dimensions\":{\"product_type\":\"PG_STORAGE\"},\"time_bucket\":\"2026-07\","
     "\"total_amount\":\"0.0080\",\"usage_amount\":\"0\",\"shared_amount\":\"0.0080\",\"row_count\":1}],\"total_"
     "amount\":"
     "\"8.5480\",\"usage_amount\":\"0.5400\",\"shared_amount\":\"8.0080\",\"total_rows\":3}"},
    {"inventory/summary",
     "{\"resource_counts\":{\"cluster\":{\"total\":1,\"active\":1,\"deleted\":0}},\"identity_counts\":{\"database\":{"
     "\"total\":1,\"active\":1,\"deleted\":0},\"principal\":{\"total\":1,\"active\":1,\"deleted\":0},\"system\":{"
     "\"total\":1,\"active\":1,\"deleted\":0},\"team\":{\"total\":1,\"active\":1,\"deleted\":0}}}"},
};

Test(generic_metrics, commands_and_routes) {
    static const char *const report[] = {"report", "--config-file", "config.yaml", NULL};
    static const char *const explain[] = {"explain",    "--config-file", "config.yaml", "--date",
                                          METERED_LAST, "--product",     "PG_NET",      NULL};
    struct cg_test_result result;
    struct cg_test_api api = {0};
    const struct metered_config config = config_of(EXAMPLE);
    configure(EXAMPLE, NULL);
    free(metered_run(folder, 0));
    cg_test_program_run(folder, report, &result);
    cg_test_has("the report", result.out, "  billed       487.4400");
    cg_test_has("the report", result.out, "yes, to the last digit (40 billing lines, 100 rows, 10 days)");
    cg_test_result_done(&result);
    cg_test_program_run(folder, explain, &result);
    cg_test_has("explain", result.out, "quantity x price: 24.0 x 0.03 = 0.720\n");
    cg_test_has("explain", result.out, "allocator: 'PG_NET' of module 'generic_metrics_only'");
    cg_test_has("explain", result.out, "datname=app1: 864\n");
    cg_test_result_done(&result);
    char *text = metered_config_text(&config);
    cg_test_api_start(folder, &(struct cg_test_api_options){.config = text}, &api);
    for (size_t i = 0; i < COUNT(routes); i++) {
        char *path = cg_test_format("/api/v1/tenants/" METERED_TENANT "/%s", routes[i][0]);
        char *body = NULL;
        cr_assert_eq(cg_test_api_get(&api, path, &body), 200, "%s: %s", path, body);
        cr_expect_str_eq(body, routes[i][1], "%s:\n%s\ninstead of\n%s", path, body, routes[i][1]);
        free(body);
        free(path);
    }
    cg_test_api_stop(&api, 20, NULL);
    free(text);
}

/* ---- in place of parts ---- */

static const char *const overrides[][2] = {
    {"      allocator_overrides: {PG_NET: \"test_overrides:test_flip_allocator\"}\n",
     "PG_NET test-flip usage test - 0.720\nPG_NET2 u1 usage"},
    {"      identity_resolution_overrides: {generic: test_resolver}\n",
     "PG_COMPUTE test-resolved shared even_split even_split_allocation 24.0000\nPG_NET app1 usage"},
};

Test(generic_metrics, overrides) {
    for (size_t i = 0; i < COUNT(overrides); i++) {
        char *settings = cg_test_format(EXAMPLE "%s", overrides[i][0]);
        char *database = cg_test_format("override-%zu.db", i);
        struct metered_config config = config_of(settings);
        config.database = database;
        char *text = metered_config_text(&config);
        char *whole = cg_test_format("plugins_path: \"" CG_TEST_BINARY_DIR "/tests/plugins/good\"\n%s", text);
        cg_test_file_write(folder, "config.yaml", whole);
        free(metered_run(folder, 0));
        sqlite3 *db = cg_test_db_open(folder, database);
        char *rows = metered_rows(db, METERED_LAST);
        cg_test_has(database, rows, overrides[i][1]);
        metered_balance(folder, db);
        cg_test_db_close(db);
        free(rows);
        free(whole);
        free(text);
        free(database);
        free(settings);
    }
}
