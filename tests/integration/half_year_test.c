/*
 * Half a year of daily runs over an organization in which things come and go, bills arrive late, are revised and
 * withdrawn, and on some days the metrics server or one service is not to be had. At the end the database is that of a
 * single pass over the final data.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/db.h"
#include "support/moment.h"
#include "support/program.h"
#include "support/query.h"

/* Days of the story. A sanitized program is slower, so its half year is shorter. */
#ifdef __SANITIZE_ADDRESS__
#define DAYS 60L
#define DAYS_TEXT "60"
#define BILLED_TEXT "70"
#else
#define DAYS 180L
#define DAYS_TEXT "180"
#define BILLED_TEXT "190"
#endif
/* The day after the last billed one, and how long after it everything is settled. */
#define END "2026-07-01"
#define SETTLED 36L

/* When a service is not to be had: days of a year of 180 from the beginning, from 10 to 14 o'clock of the last one. */
static const struct {
    const char *match;
    int status;
    long first;
    long last;
    const char *says;
    int is_fatal; /* nothing of that run's gather is kept */
} outages[] = {
    {"/api/v1/", 422, 12, 13, "the metrics source failed for ", 0},
    {"/iam/v2/users", 403, 20, 21, "Handler user gather failed: ", 0},
    {"/iam/v2/service-accounts", 404, 25, 25, "Handler service_account gather failed: ", 0},
    {"/connect/", 403, 30, 35, "Handler connector gather failed: ", 0},
    {"/ksqldbcm/", 403, 40, 41, "Handler ksqldb_cluster gather failed: ", 0},
    {"/fcpm/", 404, 44, 46, "Handler flink_compute_pool gather failed: ", 0},
    {"/sql/", 403, 48, 50, "Handler flink_statement gather failed: ", 0},
    {"/srcm/", 404, 52, 53, "Handler schema_registry gather failed: ", 0},
    {"/iam/v2/identity-providers", 403, 55, 55, "Handler identity_provider gather failed: ", 0},
    {"/billing/", 403, 60, 61, "Gather phase failed: ", 1},
    {"/cmk/", 403, 64, 64, "Gather phase failed: ", 1},
    {"/org/v2/environments", 404, 66, 66, "Gather phase failed: ", 1},
    {"/iam/v2/api-keys", 400, 68, 70, "Handler api_key gather failed: ", 0},
    {"/api/v1/", 400, 80, 85, "the metrics source failed for ", 0},
    {"/connect/", 404, 100, 103, "Handler connector gather failed: ", 0},
    {"/api/v1/", 422, 120, 120, "the metrics source failed for ", 0},
    {"/iam/", 403, 130, 132, "Handler user gather failed: ", 0},
    {"/fcpm/", 403, 150, 152, "Handler flink_compute_pool gather failed: ", 0},
};

#define OUTAGES (sizeof outages / sizeof outages[0])

static struct cg_test_sim sim;
static char folder[CG_TEST_PATH_SIZE];
static char start_date[CG_TEST_DATE_SIZE];

static long scaled(long day) {
    return day * DAYS / 180;
}

static int is_out(size_t outage, long day) {
    return day >= scaled(outages[outage].first) && day <= scaled(outages[outage].last);
}

/* Tells the simulator of all outages at once; they begin and end by its clock. */
static void plan_outages(void) {
    char *rules = cg_test_format("%s", "");
    for (size_t i = 0; i < OUTAGES; i++) {
        char dates[2][CG_TEST_DATE_SIZE];
        char *more = cg_test_format("%s%s{\"match\":\"%s\",\"kind\":\"status\",\"status\":%d,\"from\":\"%sT10:00:00Z\","
                                    "\"until\":\"%sT14:00:00Z\"}",
                                    rules, i ? "," : "", outages[i].match, outages[i].status,
                                    cg_test_date_after(start_date, scaled(outages[i].first), dates[0]),
                                    cg_test_date_after(start_date, scaled(outages[i].last), dates[1]));
        free(rules);
        rules = more;
    }
    cg_test_sim_faults(&sim, rules);
    free(rules);
}

static void start(void) {
    static const char *const options[] = {"--seed",         "7",       "--days",     BILLED_TEXT,
                                          "--history-days", DAYS_TEXT, "--clusters", "2",
                                          "--principals",   "12",      NULL};
    cg_test_sim_start(options, &sim);
    cg_test_workdir_make(folder);
    cg_test_date_after(END, -DAYS, start_date);
    cg_test_config_write(
        folder, &(struct cg_test_config){
                    .url = sim.url, .lookback_days = 200, .whole = 1, .tenant_settings = "    retention_days: 250\n"});
    plan_outages();
}

static void stop(void) {
    cg_test_sim_stop(&sim);
    cg_test_workdir_remove(folder);
}

TestSuite(half_year, .init = start, .fini = stop);

/* ---- the days ---- */

/* The status and the texts of a run are those of the outages of its day. */
static void check_outages(long day, const char *now, int exit_status, const char *err) {
    int fatal = 0;
    int expected = 0;
    for (size_t i = 0; i < OUTAGES; i++) {
        expected |= is_out(i, day);
        fatal |= is_out(i, day) && outages[i].is_fatal;
    }
    cr_assert_eq(exit_status, expected, "the run of %s ended with %d:\n%.8000s", now, exit_status, err);
    for (size_t i = 0; i < OUTAGES; i++)
        if (is_out(i, day) && (!fatal || outages[i].is_fatal))
            cg_test_has(now, err, outages[i].says);
}

/* Every date's rows sum to what the simulator bills for it. */
static void check_dates(sqlite3 *db, const json_t *dates) {
    char date[CG_TEST_DATE_SIZE] = "";
    struct cg_decimal sum = {0};
    sqlite3_stmt *statement =
        cg_test_db_prepare(db, "SELECT date(timestamp), amount FROM chargeback_facts ORDER BY timestamp");
    for (int more = 1; more;) {
        more = cg_test_db_step(db, statement);
        const char *next = more ? (const char *)sqlite3_column_text(statement, 0) : "";
        if (strcmp(date, next) != 0) {
            if (*date) {
                struct cg_decimal wanted = cg_test_decimal(cg_test_json_text(json_object_get(dates, date), "total"));
                cg_test_decimal_equal(date, &sum, &wanted);
            }
            (void)snprintf(date, sizeof date, "%s", next);
            sum = (struct cg_decimal){0};
        }
        if (more) {
            struct cg_decimal amount = cg_test_decimal((const char *)sqlite3_column_text(statement, 1));
            cr_assert_eq(cg_decimal_add(&sum, &amount, &sum), CG_OK, "%s: the sum does not fit", date);
        }
    }
    sqlite3_finalize(statement);
}

/* What is stored is what the simulator bills at `now`, of the days that the run asked for. */
static void check_bill(long day, const char *view) {
    char dates[2][CG_TEST_DATE_SIZE];
    char *path = cg_test_format("/__sim/bill?start=%s&end=%s&now=%s", cg_test_date_after(start_date, -10, dates[0]),
                                cg_test_date_after(start_date, day - 1, dates[1]), view);
    json_t *bill = cg_test_sim_ask(&sim, path, NULL);
    struct cg_decimal wanted = cg_test_decimal(cg_test_json_text(bill, "total"));
    sqlite3 *db = cg_test_db_open(folder, CG_TEST_DATABASE);
    struct cg_decimal billed = cg_test_db_billed(db, "");
    struct cg_decimal charged = cg_test_db_charged(db, "");
    cg_test_decimal_equal(path, &billed, &wanted);
    cg_test_decimal_equal(path, &charged, &wanted);
    check_dates(db, json_object_get(bill, "dates"));
    cg_test_db_balance(db);
    cg_test_db_close(db);
    json_decref(bill);
    free(path);
}

/* One day's run, at noon; the day is counted from the beginning. */
static void run_day(long day) {
    char date[CG_TEST_DATE_SIZE];
    char *now = cg_test_format("%sT12:00:00Z", cg_test_date_after(start_date, day, date));
    char *err = NULL;
    cg_test_sim_now(&sim, now);
    int exit_status = cg_test_run_at(folder, now, NULL, &err);
    check_outages(day, now, exit_status, err);
    if (exit_status == 0 && (day % 15 == 7 || day >= DAYS))
        check_bill(day, now);
    free(err);
    free(now);
}

/* ---- what is gone, and what is not ---- */

/* Things of which some must have gone, so that the test shows something. */
static const char *const kinds[] = {"kafka_cluster",  "topic",           "schema_registry",    "connector",
                                    "ksqldb_cluster", "flink_statement", "flink_compute_pool", "service_account",
                                    "user",           "api_key"};

/* 1 when the thing must have been met by a run that could ask for it: it was there for longer than any outage. */
static int was_met(long long from, long long until) {
    char *first = cg_test_format("%sT12:00:00Z", start_date);
    long long begin = cg_test_moment(first);
    free(first);
    from = from < begin ? begin : from;
    return until - from > 9 * 86400LL;
}

/* A thing's row says what became of it. 1 when it is marked as deleted. */
static int check_thing(sqlite3 *db, const json_t *thing, long long now) {
    const char *kind = cg_test_json_text(thing, "kind");
    const char *until_text = json_string_value(json_object_get(thing, "until"));
    const char *parent = json_string_value(json_object_get(thing, "parent"));
    long long from = cg_test_moment(cg_test_json_text(thing, "from"));
    long long until = until_text ? cg_test_moment(until_text) : now + 1;
    static const char *const identities[] = {"service_account", "user", "identity_pool", "api_key",
                                             "identity_provider"};
    int is_identity = 0;
    for (size_t i = 0; i < sizeof identities / sizeof identities[0]; i++)
        is_identity |= strcmp(kind, identities[i]) == 0;
    int is_topic = strcmp(kind, "topic") == 0;
    char *id = is_topic ? cg_test_format("%s:topic:%s", parent, cg_test_json_text(thing, "id"))
                        : cg_test_format("%s", cg_test_json_text(thing, "id"));
    char *sql =
        cg_test_format("SELECT COALESCE(deleted_at, '') || ' ' || %s FROM %s WHERE %s_id = '%s' AND %s_type = '%s'",
                       is_identity ? "'active'" : "status", is_identity ? "identities" : "resources",
                       is_identity ? "identity" : "resource", id, is_identity ? "identity" : "resource", kind);
    char *state = cg_test_db_text(db, sql);
    int gone = until <= now;
    if (was_met(from, until))
        cr_assert_not_null(state, "%s %s has no row", kind, id);
    if (state && !gone)
        cr_assert_str_eq(state, " active", "%s %s is there, but its row says '%s'", kind, id, state);
    if (state && gone) {
        cr_assert_neq(state[0], ' ', "%s %s went at %s and is not marked", kind, id, until_text);
        long long deleted = cg_test_moment(state);
        cr_assert(deleted >= until && deleted - until <= 12 * 86400LL, "%s %s went at %s and is marked at %s", kind, id,
                  until_text, state);
        cr_assert(is_identity || strstr(state, "deleted"), "%s %s: %s", kind, id, state);
    }
    int marked = state && gone;
    free(state);
    free(sql);
    free(id);
    return marked;
}

static void check_things(sqlite3 *db, const char *now) {
    size_t marked[sizeof kinds / sizeof kinds[0]] = {0};
    json_t *answer = cg_test_sim_ask(&sim, "/__sim/things", NULL);
    size_t index = 0;
    json_t *thing = NULL;
    json_array_foreach (json_object_get(answer, "things"), index, thing) {
        int is_marked = check_thing(db, thing, cg_test_moment(now));
        for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
            marked[i] += is_marked && strcmp(kinds[i], cg_test_json_text(thing, "kind")) == 0;
    }
    json_decref(answer);
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        cr_assert_gt(marked[i], 0, "no %s has gone", kinds[i]);
    cr_assert_eq(cg_test_db_number(db, "SELECT COUNT(*) FROM identities WHERE identity_id = 'UNALLOCATED' AND "
                                       "deleted_at IS NULL"),
                 1);
}

/* ---- one pass ---- */

/* Rows of a database with their dimensions written out, without those that say why they are not what they should be. */
#define CHARGEBACKS(db)                                                                                           \
    "SELECT f.timestamp, d.ecosystem, d.tenant_id, d.env_id, d.resource_id, d.product_category, d.product_type, " \
    "d.identity_id, d.cost_type, d.allocation_method, d.allocation_detail, f.amount, f.tags_json "                \
    "FROM " db ".chargeback_facts f JOIN " db ".chargeback_dimensions d USING (dimension_id) "                    \
    "WHERE f.timestamp || d.env_id || d.resource_id || d.product_type NOT IN (SELECT f.timestamp || d.env_id || " \
    "d.resource_id || d.product_type FROM main.chargeback_facts f JOIN main.chargeback_dimensions d "             \
    "USING (dimension_id) WHERE d.allocation_detail = 'metrics_fetch_failed')"
#define TOPICS(db)                                                                                           \
    "SELECT f.timestamp, d.ecosystem, d.tenant_id, d.env_id, d.cluster_resource_id, d.topic_name, "          \
    "d.product_category, d.product_type, d.attribution_method, d.resource_id, f.amount "                     \
    "FROM " db ".topic_attribution_facts f JOIN " db ".topic_attribution_dimensions d USING (dimension_id) " \
    "WHERE f.timestamp || d.cluster_resource_id NOT IN (SELECT f.timestamp || d.cluster_resource_id FROM "   \
    "main.topic_attribution_facts f JOIN main.topic_attribution_dimensions d USING (dimension_id) WHERE "    \
    "d.attribution_method = 'ATTRIBUTION_FAILED')"

/* The first row that only one of the two has. */
#define DIFFERENCE(what, one, other) \
    "SELECT * FROM (" what(one) " EXCEPT " what(other) ") ORDER BY 1, 2, 3, 4, 5, 6, 7, 8 LIMIT 1"

static void check_difference(sqlite3 *db, const char *what, const char *sql) {
    sqlite3_stmt *statement = cg_test_db_prepare(db, sql);
    if (cg_test_db_step(db, statement)) {
        char text[2048];
        size_t used = 0;
        for (int i = 0; i < sqlite3_column_count(statement) && used < sizeof text; i++) {
            const char *field = (const char *)sqlite3_column_text(statement, i);
            used += (size_t)snprintf(text + used, sizeof text - used, "%s | ", field ? field : "NULL");
        }
        cr_assert_fail("%s: %s", what, text);
    }
    sqlite3_finalize(statement);
}

/* Rows that say why are those of days on which, or right after which, the metrics server was not to be had. */
static void check_sentinels(sqlite3 *db, const char *what, const char *sql) {
    size_t count = 0;
    sqlite3_stmt *statement = cg_test_db_prepare(db, sql);
    while (cg_test_db_step(db, statement)) {
        long long at = cg_test_moment((const char *)sqlite3_column_text(statement, 0));
        char *first = cg_test_format("%sT00:00:00Z", start_date);
        long day = (long)((at - cg_test_moment(first)) / 86400);
        int explained = 0;
        for (size_t i = 0; i < OUTAGES; i++)
            explained |= strcmp(outages[i].match, "/api/v1/") == 0 && day >= scaled(outages[i].first) - 35 &&
                         day <= scaled(outages[i].last);
        cr_assert(explained, "%s of %s has no reason", what, (const char *)sqlite3_column_text(statement, 0));
        free(first);
        count++;
    }
    sqlite3_finalize(statement);
    (void)fprintf(stderr, "half_year: %zu dates with %s\n", count, what);
}

/* The same data computed at once, in a copy that knows the bill and the inventory, and nothing that was made of them.
 */
static void compare_with_one_pass(sqlite3 *db, const char *now) {
    char path[CG_TEST_PATH_SIZE];
    char other[CG_TEST_PATH_SIZE];
    char *err = NULL;
    cg_test_workdir_make(other);
    cg_test_db_copy(db, other, CG_TEST_DATABASE);
    cg_test_db_execute(other, CG_TEST_DATABASE,
                       "DELETE FROM chargeback_facts; DELETE FROM chargeback_dimensions; "
                       "DELETE FROM topic_attribution_facts; DELETE FROM topic_attribution_dimensions; "
                       "DELETE FROM cg_dates; DELETE FROM cg_topic_dates; DELETE FROM emission_records; "
                       "DELETE FROM cg_emissions; UPDATE pipeline_state SET chargeback_calculated = 0, "
                       "topic_attribution_calculated = 0, calculation_id = NULL, calculation_completed_at = NULL, "
                       "calculation_run_id = NULL");
    char *config = cg_test_file_read(folder, "config.yaml");
    cg_test_file_write(other, "config.yaml", config);
    free(config);
    int exit_status = cg_test_run_at(other, now, NULL, &err);
    cr_assert_eq(exit_status, 0, "%s", err);
    free(err);
    char *attach = cg_test_format("ATTACH '%s' AS one_pass", cg_test_path(other, CG_TEST_DATABASE, path));
    cr_assert_eq(sqlite3_exec(db, attach, NULL, NULL, NULL), SQLITE_OK, "%s", sqlite3_errmsg(db));
    free(attach);
    check_sentinels(db, "metrics_fetch_failed",
                    "SELECT DISTINCT f.timestamp FROM chargeback_facts f JOIN chargeback_dimensions d "
                    "USING (dimension_id) WHERE d.allocation_detail = 'metrics_fetch_failed'");
    check_sentinels(db, "ATTRIBUTION_FAILED",
                    "SELECT DISTINCT f.timestamp FROM topic_attribution_facts f JOIN topic_attribution_dimensions d "
                    "USING (dimension_id) WHERE d.attribution_method = 'ATTRIBUTION_FAILED'");
    long long chargebacks = cg_test_db_number(db, "SELECT COUNT(*) FROM (" CHARGEBACKS("main") ")");
    long long topics = cg_test_db_number(db, "SELECT COUNT(*) FROM (" TOPICS("main") ")");
    (void)fprintf(stderr, "half_year: %lld chargeback rows and %lld topic rows compared\n", chargebacks, topics);
    cr_assert(chargebacks > 50 * DAYS && topics > 10 * DAYS, "%lld chargeback rows, %lld topic rows", chargebacks,
              topics);
    check_difference(db, "a chargeback row that one pass does not make", DIFFERENCE(CHARGEBACKS, "main", "one_pass"));
    check_difference(db, "a chargeback row that only one pass makes", DIFFERENCE(CHARGEBACKS, "one_pass", "main"));
    check_difference(db, "a topic row that one pass does not make", DIFFERENCE(TOPICS, "main", "one_pass"));
    check_difference(db, "a topic row that only one pass makes", DIFFERENCE(TOPICS, "one_pass", "main"));
    cr_assert_eq(sqlite3_exec(db, "DETACH one_pass", NULL, NULL, NULL), SQLITE_OK, "%s", sqlite3_errmsg(db));
    cg_test_workdir_remove(other);
}

/* ---- the test ---- */

static void check_files(sqlite3 *db) {
    char path[CG_TEST_PATH_SIZE];
    cg_test_csv_follows(db, cg_test_path(folder, CG_TEST_CSV, path));
    cg_test_topics_follow(db, cg_test_path(folder, CG_TEST_TOPICS, path));
}

Test(half_year, equals_one_pass) {
    char date[CG_TEST_DATE_SIZE];
    long long begin = cg_test_clock_ms();
    for (long day = 0; day < DAYS; day++)
        run_day(day);
    long long middle = cg_test_clock_ms();
    static const long later[] = {0, 2, 6, 12, 20, 28, SETTLED};
    for (size_t i = 0; i < sizeof later / sizeof later[0]; i++)
        run_day(DAYS + later[i]);
    char *now = cg_test_format("%sT12:00:00Z", cg_test_date_after(END, SETTLED, date));
    check_bill(DAYS + 1, "final");

    sqlite3 *db = cg_test_db_open(folder, CG_TEST_DATABASE);
    long long computed = cg_test_db_number(db, "SELECT SUM(dates_calculated) FROM pipeline_runs");
    (void)fprintf(stderr, "half_year: %ld runs in %lld ms; %lld dates computed, %lld revisions of lines\n", DAYS,
                  middle - begin, computed, cg_test_db_number(db, "SELECT COUNT(*) FROM cg_billing_revisions"));
    /* New days, late and revised ones, and those that had to do without something: a handful a day. */
    cr_assert_lt(computed, 10 * DAYS, "%lld dates were computed", computed);
    cg_test_db_check(db);
    cg_test_db_topics_balance(db);
    check_things(db, now);
    check_files(db);
    compare_with_one_pass(db, now);
    cg_test_db_close(db);

    /* Computing all of it again in place changes nothing either. */
    char *before = cg_test_db_dump(folder, CG_TEST_DATABASE);
    char *err = NULL;
    cr_assert_eq(cg_test_run_at(folder, now, "--recalculate", &err), 0, "%s", err);
    char *after = cg_test_db_dump(folder, CG_TEST_DATABASE);
    cg_test_dumps_equal("recalculated in place", after, before);
    free(after);
    free(before);
    free(err);
    free(now);
}
