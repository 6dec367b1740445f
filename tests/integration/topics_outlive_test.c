/* The metrics of stored days are gone: their rows stay, of chargebacks and of topics, and the run says so. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "support/db.h"
#include "support/program.h"

#define LOOKBACK 8
#define DAYS "7 dates between 2026-06-23 and 2026-06-29"
#define GONE "the metrics of " DAYS " are not there any more; "
#define BY_FORCE " stay as they were calculated (--recalculate=FROM..TO calculates them without metrics)"
#define ROWS_STAY "settings, modules or identities changed, but " GONE "the rows" BY_FORCE
#define TOPICS_STAY                                         \
    "settings, modules, topics or bills changed, but " GONE \
    "the topic rows of all costs that are still the same" BY_FORCE
#define MEASURED                                                                                           \
    "SELECT COUNT(*) FROM topic_attribution_facts JOIN topic_attribution_dimensions USING (dimension_id) " \
    "WHERE attribution_method IN ('bytes_ratio', 'retained_bytes_ratio')"

/* One that has the bill and metrics, and one that knows no metrics: without Flink all of them are those of clusters. */
static struct cg_test_sim sim;
static struct cg_test_sim empty;
static char folder[CG_TEST_PATH_SIZE];

#define BILL "--seed", "7", "--products", "plain"
#define NONE(cluster) "--no-metrics-for", cluster

static void start(void) {
    static const char *const options[] = {BILL, NULL};
    static const char *const none[] = {BILL, NONE("0"), NONE("1"), NONE("2"), NONE("3"), NULL};
    cg_test_sim_start(options, &sim);
    cg_test_sim_start(none, &empty);
    cg_test_workdir_make(folder);
}

static void stop(void) {
    cg_test_sim_stop(&sim);
    cg_test_sim_stop(&empty);
    cg_test_workdir_remove(folder);
}

TestSuite(topics_outlive, .init = start, .fini = stop);

static void configure(const char *metrics_url) {
    const struct cg_test_config config = {
        .url = sim.url, .metrics_url = metrics_url, .lookback_days = LOOKBACK, .whole = 1};
    cg_test_config_write(folder, &config);
}

static char *run(const char *option) {
    char *err = NULL;
    cr_assert_eq(cg_test_run_at(folder, "2026-07-01T12:00:00Z", option, &err), 0, "%s", err);
    return err;
}

static long long count(const char *sql) {
    sqlite3 *db = cg_test_db_open(folder, CG_TEST_DATABASE);
    long long number = cg_test_db_number(db, sql);
    cg_test_db_balance(db);
    cg_test_db_topics_balance(db);
    cg_test_db_close(db);
    return number;
}

static void check_same(const char *name, const char *first) {
    char *now = cg_test_db_dump(folder, CG_TEST_DATABASE);
    cg_test_dumps_equal(name, now, first);
    free(now);
}

Test(topics_outlive, rows_outlive_their_metrics) {
    configure(sim.url);
    free(run(NULL));
    cr_assert_gt(count(MEASURED), 0);
    char *first = cg_test_db_dump(folder, CG_TEST_DATABASE);

    /* Another source is another setting; this one answers, and knows nothing. */
    configure(empty.url);
    char *err = run(NULL);
    cg_test_has("chargebacks", err, ROWS_STAY);
    cg_test_has("topics", err, TOPICS_STAY);
    free(err);
    check_same("when metrics are gone", first);

    err = run(NULL);
    cr_expect_null(strstr(err, "not there any more"), "told again: %s", err);
    free(err);
    check_same("after another run", first);
    free(first);

    err = run("--recalculate=2026-06-23..2026-06-29");
    cr_expect_null(strstr(err, "not there any more"), "told by force: %s", err);
    free(err);
    cr_assert_eq(count(MEASURED), 0);
}
