/*
 * Servers that are not there, or never finish an answer. The program waits and tries again before it gives up, so these
 * cases take about a minute; they run side by side.
 */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/db.h"
#include "support/program.h"

/* What differs between the cases. */
struct outage {
    const char *name;
    const char *faults;
    int provider_down;
    int metrics_down;
    int dates;                /* with chargeback rows afterwards */
    const char *sentences[2]; /* parts of standard error */
};

static const struct outage outages[] = {
    {.name = "provider down",
     .faults = "",
     .provider_down = 1,
     .sentences = {"Gather phase failed: ", "could not connect to 127.0.0.1:"}},
    {.name = "bill that always breaks off",
     .faults = "{\"match\":\"/billing/v1/costs\",\"kind\":\"reset\"}",
     .sentences = {"Gather phase failed: The bill from 2026-06-27",
                   "the connection ended before the answer was complete, after 6 attempts"}},
    {.name = "service accounts that always fail",
     .faults = "{\"match\":\"/iam/v2/service-accounts\",\"kind\":\"status\",\"status\":503}",
     .dates = 3,
     .sentences = {"Handler service_account gather failed: ", "HTTP 503 Service Unavailable, after 6 attempts"}},
    {.name = "metrics down",
     .faults = "",
     .metrics_down = 1,
     .dates = 3,
     .sentences = {"the metrics source failed for 3 dates between 2026-06-27 and 2026-06-29; ",
                   "could not connect to 127.0.0.1:"}},
};

#define OUTAGES (sizeof outages / sizeof outages[0])

/* A port nobody listens on: it is bound as long as the socket is open. */
static int take_port(unsigned *ret_port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert(fd >= 0);
    cr_assert_eq(bind(fd, (struct sockaddr *)&address, length), 0);
    cr_assert_eq(getsockname(fd, (struct sockaddr *)&address, &length), 0);
    *ret_port = ntohs(address.sin_port);
    return fd;
}

static void check(const struct outage *outage, const char *folder, const char *err) {
    for (size_t i = 0; i < 2; i++)
        cg_test_has(outage->name, err, outage->sentences[i]);
    sqlite3 *db = cg_test_db_open(folder, CG_TEST_DATABASE);
    cg_test_db_check(db);
    cg_test_db_balance(db);
    cr_expect_eq(cg_test_db_number(db, "SELECT COUNT(DISTINCT date(timestamp)) FROM chargeback_facts"), outage->dates,
                 "%s", outage->name);
    cr_expect_eq(cg_test_db_number(db, "SELECT COUNT(*) FROM pipeline_runs WHERE status = 'failed'"), 1, "%s",
                 outage->name);
    cg_test_db_close(db);
}

Test(outage, servers_that_are_not_there) {
    static const char *const options[] = {"--products", "plain", "--clusters", "2", NULL};
    static const char *const arguments[] = {"--config-file", "config.yaml", "--run-once", NULL};
    static char folders[OUTAGES][CG_TEST_PATH_SIZE];
    static struct cg_test_sim sims[OUTAGES];
    struct cg_test_process processes[OUTAGES];
    unsigned port = 0;
    char closed[64];
    int fd = take_port(&port);
    (void)snprintf(closed, sizeof closed, "http://127.0.0.1:%u", port);
    for (size_t i = 0; i < OUTAGES; i++) {
        cg_test_sim_start(options, &sims[i]);
        cg_test_sim_faults(&sims[i], outages[i].faults);
        cg_test_workdir_make(folders[i]);
        struct cg_test_config config = {.url = outages[i].provider_down ? closed : sims[i].url,
                                        .metrics_url = outages[i].metrics_down ? closed : sims[i].url,
                                        .lookback_days = 4};
        cg_test_config_write(folders[i], &config);
        cg_test_program_start(folders[i], arguments, NULL, &processes[i]);
    }
    for (size_t i = 0; i < OUTAGES; i++) {
        struct cg_test_result result;
        cg_test_program_wait(&processes[i], &result);
        cr_expect_eq(result.exit_status, 1, "%s: %s", outages[i].name, result.err);
        check(&outages[i], folders[i], result.err);
        cg_test_result_done(&result);
    }
    /* Once the servers are back, so is everything else. */
    for (size_t i = 0; i < OUTAGES; i++) {
        struct cg_test_config config = {.url = sims[i].url, .lookback_days = 4};
        cg_test_config_write(folders[i], &config);
        cg_test_sim_faults(&sims[i], "");
        cg_test_run_well(folders[i]);
    }
    char *wanted = NULL;
    for (size_t i = 0; i < OUTAGES; i++) {
        char *dump = cg_test_db_dump(folders[i], CG_TEST_DATABASE);
        char *rows = cg_test_dump_lines(dump, "chargeback_facts", NULL);
        if (wanted)
            cg_test_dumps_equal(outages[i].name, rows, wanted);
        else
            wanted = strdup(rows);
        free(rows);
        free(dump);
        cg_test_sim_stop(&sims[i]);
        cg_test_workdir_remove(folders[i]);
    }
    free(wanted);
    (void)close(fd);
}

/* ---- a server that fails when there are rows already ---- */

#define OTHER_RATIO "      allocator_params: {kafka_cku_usage_ratio: 0.5, kafka_cku_shared_ratio: 0.5}\n"
#define REFUSES "{\"match\":\"/api/v1/\",\"kind\":\"status\",\"status\":400}"
#define ROWS_STAY                                                                                          \
    "metrics of 3 dates between 2026-06-27 and 2026-06-29 could not be read; the rows of all their costs " \
    "that are still the same stay as they were calculated until a later run succeeds"

static void configure(const char *folder, const char *url, const char *metrics_url) {
    const struct cg_test_config config = {
        .url = url, .metrics_url = metrics_url, .lookback_days = 4, .more_settings = OTHER_RATIO};
    cg_test_config_write(folder, &config);
}

/* The rows of a tenant, and what was sent of them. */
static char *rows_of(const char *folder) {
    char csv[CG_TEST_PATH_SIZE];
    sqlite3 *db = cg_test_db_open(folder, CG_TEST_DATABASE);
    cg_test_db_check(db);
    cg_test_db_balance(db);
    cg_test_csv_follows(db, cg_test_path(folder, CG_TEST_CSV, csv));
    cg_test_db_close(db);
    char *dump = cg_test_db_dump(folder, CG_TEST_DATABASE);
    char *rows = cg_test_dump_lines(dump, "chargeback_facts", NULL);
    char *sent = cg_test_dump_lines(dump, "emission", NULL);
    char *both = NULL;
    cr_assert_geq(asprintf(&both, "%s%s", rows, sent), 0);
    free(sent);
    free(rows);
    free(dump);
    return both;
}

static void check_rows(const char *name, const char *folder, const char *wanted) {
    char *rows = rows_of(folder);
    cg_test_dumps_equal(name, rows, wanted);
    free(rows);
}

/* Settings change, the metrics cannot be read, and then they are gone: what was measured stays, until it is measured
 * again. */
Test(outage, rows_that_are_there_outlive_an_outage) {
    static const char *const options[] = {"--products", "plain", "--clusters", "2", NULL};
    static const char *const none[] = {"--products",       "plain", "--clusters", "2", "--no-metrics-for", "0",
                                       "--no-metrics-for", "1",     NULL};
    struct cg_test_sim sim;
    struct cg_test_sim empty;
    char folder[CG_TEST_PATH_SIZE];
    char other[CG_TEST_PATH_SIZE];
    char *err = NULL;
    cg_test_sim_start(options, &sim);
    cg_test_sim_start(none, &empty);
    cg_test_workdir_make(folder);
    cg_test_workdir_make(other);
    const struct cg_test_config config = {.url = sim.url, .lookback_days = 4};
    cg_test_config_write(folder, &config);
    cg_test_run_well(folder);
    char *first = rows_of(folder);
    cr_assert_not_null(strstr(first, "usage_ratio_allocation"));

    configure(folder, sim.url, sim.url);
    cg_test_sim_faults(&sim, REFUSES);
    for (int i = 0; i < 2; i++) {
        cr_assert_eq(cg_test_run_once(folder, &err), 1, "%s", err);
        cg_test_has("outage", err, outages[3].sentences[0]);
        cg_test_has("outage", err, ROWS_STAY);
        free(err);
        check_rows("outage", folder, first);
    }

    cg_test_sim_faults(&sim, "");
    configure(folder, sim.url, empty.url);
    cr_assert_eq(cg_test_run_once(folder, &err), 0, "%s", err);
    cg_test_has("gone", err, "are not there any more; ");
    free(err);
    check_rows("gone", folder, first);

    /* A setting that changed is one whenever it is noticed. */
    configure(folder, sim.url, sim.url);
    configure(other, sim.url, sim.url);
    cg_test_run_well(folder);
    cg_test_run_well(other);
    char *rows = rows_of(folder);
    char *wanted = rows_of(other);
    cr_assert_str_neq(rows, first);
    cr_assert_eq(strncmp(rows, wanted, (size_t)(strstr(wanted, "emission") - wanted)), 0);
    free(wanted);
    free(rows);
    free(first);
    cg_test_sim_stop(&sim);
    cg_test_sim_stop(&empty);
    cg_test_workdir_remove(folder);
    cg_test_workdir_remove(other);
}
