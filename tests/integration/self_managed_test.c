/* A Kafka cluster of one's own, measured by a real Prometheus: every line and row to the last digit. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "self_managed.h"

static struct metered_source source;
static char folder[CG_TEST_PATH_SIZE];

static void start(void) {
    cg_test_workdir_make(folder);
    metered_start(folder, "blocks", self_managed_series, SELF_MANAGED_SERIES, NULL, &source);
}

static void stop(void) {
    metered_stop(&source);
    cg_test_workdir_remove(folder);
}

TestSuite(self_managed, .init = start, .fini = stop);

static void configure(const char *settings, const char *tenant, const char *database) {
    metered_configure(folder, &(struct metered_config){.ecosystem = "self_managed_kafka",
                                                       .url = source.server.url,
                                                       .settings = settings,
                                                       .tenant = tenant,
                                                       .database = database});
}

/* One run with settings of its own, and its database. */
static sqlite3 *run_with(const char *settings, const char *database) {
    configure(settings, NULL, database);
    free(metered_run(folder, 0));
    return cg_test_db_open(folder, database);
}

/* ---- the worked example ---- */

static const char resources[] = "cluster kafka-1 kafka-1 - us-west-2 {\"broker_count\": 3}\n"
                                "broker kafka-1:broker:1 1 kafka-1 - {\"cluster_id\": \"kafka-1\"}\n"
                                "broker kafka-1:broker:2 2 kafka-1 - {\"cluster_id\": \"kafka-1\"}\n"
                                "broker kafka-1:broker:3 3 kafka-1 - {\"cluster_id\": \"kafka-1\"}\n"
                                "topic kafka-1:topic:audit audit kafka-1 - {\"cluster_id\": \"kafka-1\"}\n"
                                "topic kafka-1:topic:orders orders kafka-1 - {\"cluster_id\": \"kafka-1\"}\n";

Test(self_managed, worked_example_and_nothing_changes_the_second_time) {
    configure(SELF_MANAGED_IN_REGION, NULL, METERED_DATABASE);
    char *err = metered_run(folder, 0);
    cg_test_has("the run", err, "gathered=10, pending=10, calculated=10, rows=130");
    cg_test_has_not("the run", err, "WARNING");
    free(err);
    sqlite3 *db = cg_test_db_open(folder, METERED_DATABASE);
    metered_every_day(db, self_managed_lines, self_managed_rows);
    metered_equal("resources", metered_resources(db), resources);
    metered_equal("identities", metered_identities(db),
                  SELF_MANAGED_UNALLOCATED SELF_MANAGED_PRINCIPAL("alice") SELF_MANAGED_PRINCIPAL("bob")
                      SELF_MANAGED_PRINCIPAL("carol") SELF_MANAGED_PRINCIPAL("zero"));
    metered_balance(folder, db);
    char *first = cg_test_db_dump(folder, METERED_DATABASE);
    err = metered_run(folder, 0);
    cg_test_has("the second run", err, "pending=0, calculated=0");
    free(err);
    char *second = cg_test_db_dump(folder, METERED_DATABASE);
    cg_test_dumps_equal("after the second run", second, first);
    metered_balance(folder, db);
    cr_assert_eq(cg_test_db_number(db, "SELECT COUNT(*) FROM cg_billing_revisions"), 0);
    cg_test_db_close(db);
    free(second);
    free(first);
}

/* The window of the queries follows the step, so that every second counts once. Where 10000 s do not divide a day,
 * costs are sampled every 9600 s. */
Test(self_managed, the_step_does_not_matter) {
    static const char *const steps[] = {"1800", "300", "86400", "10000"};
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        char *settings = cg_test_format("%s      metrics_step_seconds: %s\n", SELF_MANAGED_IN_REGION, steps[i]);
        char *database = cg_test_format("step-%s.db", steps[i]);
        sqlite3 *db = run_with(settings, database);
        metered_every_day(db, self_managed_lines, self_managed_rows);
        metered_balance(folder, db);
        cg_test_db_close(db);
        free(database);
        free(settings);
    }
}

Test(self_managed, rates_of_regions) {
    static const struct {
        const char *name;
        const char *settings;
        const char *compute;
        const char *egress;
    } cases[] = {
        {"none.db", SELF_MANAGED, "SELF_KAFKA_COMPUTE 72.0 0.10 7.200\n",
         "SELF_KAFKA_NETWORK_EGRESS 48.0 0.02 0.960\n"},
        {"unknown.db", SELF_MANAGED "      region: mars\n", "SELF_KAFKA_COMPUTE 72.0 0.10 7.200\n",
         "SELF_KAFKA_NETWORK_EGRESS 48.0 0.02 0.960\n"},
        {"own.db", SELF_MANAGED_IN_REGION, "SELF_KAFKA_COMPUTE 72.0 0.12 8.640\n",
         "SELF_KAFKA_NETWORK_EGRESS 48.0 0 0.0\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        sqlite3 *db = run_with(cases[i].settings, cases[i].name);
        char *lines = metered_lines(db, METERED_LAST);
        cg_test_has(cases[i].name, lines, cases[i].compute);
        cg_test_has(cases[i].name, lines, cases[i].egress);
        metered_balance(folder, db);
        cg_test_db_close(db);
        free(lines);
    }
}

/* ---- who can be charged ---- */

#define PEOPLE(source_) "      identity_source:\n        source: " source_ "\n"
#define TEAMS                                                               \
    "        static_identities:\n"                                          \
    "          - {identity_id: team-a, identity_type: team, team: infra}\n" \
    "          - {identity_id: bob, identity_type: user, display_name: Bob B.}\n"
#define MAPPED "        default_team: others\n        principal_to_team: {alice: commerce}\n"

static const struct {
    const char *name;
    const char *settings;
    const char *identities;
    const char *compute; /* its rows */
    const char *ingress;
} sources[] = {
    {"static", PEOPLE("static") TEAMS, "user bob Bob B. -\nteam team-a team-a {\"team\": \"infra\"}\n",
     "SELF_KAFKA_COMPUTE bob shared even_split no_active_identities_located 4.3200\n"
     "SELF_KAFKA_COMPUTE team-a shared even_split no_active_identities_located 4.3200\n",
     "SELF_KAFKA_NETWORK_INGRESS bob shared even_split no_metrics_located 0.1379474270325154066085815430\n"
     "SELF_KAFKA_NETWORK_INGRESS team-a shared even_split no_metrics_located 0.1380\n"},
    {"static without anybody", PEOPLE("static"), "",
     "SELF_KAFKA_COMPUTE UNALLOCATED shared terminal no_identities_located 8.640\n",
     "SELF_KAFKA_NETWORK_INGRESS UNALLOCATED shared terminal no_identities_located 0.2759474270325154066085815430\n"},
    {"both: the list wins", PEOPLE("both") TEAMS,
     SELF_MANAGED_PRINCIPAL("alice") "user bob Bob B. -\n" SELF_MANAGED_PRINCIPAL(
         "carol") "team team-a team-a {\"team\": \"infra\"}\n" SELF_MANAGED_PRINCIPAL("zero"),
     "SELF_KAFKA_COMPUTE alice usage even_split - 2.1600\nSELF_KAFKA_COMPUTE bob usage even_split - 2.1600\n"
     "SELF_KAFKA_COMPUTE carol usage even_split - 2.1600\nSELF_KAFKA_COMPUTE zero usage even_split - 2.1600\n",
     "SELF_KAFKA_NETWORK_INGRESS alice usage usage_ratio usage_ratio_allocation 0.2069474270325154066085815430\n"
     "SELF_KAFKA_NETWORK_INGRESS bob usage usage_ratio usage_ratio_allocation 0.0690\n"},
    {"teams", PEOPLE("prometheus") MAPPED,
     "principal alice commerce {\"raw_principal\": \"alice\", \"team\": \"commerce\"}\n"
     "principal bob bob {\"raw_principal\": \"bob\", \"team\": \"others\"}\n"
     "principal carol carol {\"raw_principal\": \"carol\", \"team\": \"others\"}\n"
     "principal zero zero {\"raw_principal\": \"zero\", \"team\": \"others\"}\n",
     "SELF_KAFKA_COMPUTE alice usage even_split - 2.1600\n",
     "SELF_KAFKA_NETWORK_INGRESS alice usage usage_ratio usage_ratio_allocation 0.2069474270325154066085815430\n"},
    {"idle principals pay nothing", PEOPLE("prometheus") "        include_idle_principals: false\n",
     SELF_MANAGED_PRINCIPAL("alice") SELF_MANAGED_PRINCIPAL("bob") SELF_MANAGED_PRINCIPAL("carol")
         SELF_MANAGED_PRINCIPAL("zero"),
     "SELF_KAFKA_COMPUTE alice usage even_split - 2.8800\nSELF_KAFKA_COMPUTE bob usage even_split - 2.8800\n"
     "SELF_KAFKA_COMPUTE carol usage even_split - 2.8800\nSELF_KAFKA_NETWORK_EGRESS",
     "SELF_KAFKA_NETWORK_INGRESS alice usage usage_ratio usage_ratio_allocation 0.2069474270325154066085815430\n"},
};

Test(self_managed, identity_sources) {
    for (size_t i = 0; i < sizeof sources / sizeof sources[0]; i++) {
        char *settings = cg_test_format("%s%s", SELF_MANAGED_IN_REGION, sources[i].settings);
        char *database = cg_test_format("people-%zu.db", i);
        sqlite3 *db = run_with(settings, database);
        char *identities = cg_test_format(SELF_MANAGED_UNALLOCATED "%s", sources[i].identities);
        metered_equal(sources[i].name, metered_identities(db), identities);
        char *rows = metered_rows(db, METERED_LAST);
        cg_test_has(sources[i].name, rows, sources[i].compute);
        cg_test_has(sources[i].name, rows, sources[i].ingress);
        metered_every_day(db, self_managed_lines, rows);
        metered_balance(folder, db);
        cg_test_db_close(db);
        free(rows);
        free(identities);
        free(database);
        free(settings);
    }
}

/* Nobody looks for principals of days gone by, but who has rows is somebody. */
Test(self_managed, principals_of_days_gone_by) {
    struct metered_series series[SELF_MANAGED_SERIES + 1];
    memcpy(series, self_managed_series, sizeof self_managed_series);
    series[SELF_MANAGED_SERIES] = (struct metered_series){.series = SELF_MANAGED_IN "{broker=\"1\",principal=\"dave\"}",
                                                          .hourly = 4e8,
                                                          .until = METERED_START + 3 * METERED_DAY};
    metered_stop(&source);
    metered_start(folder, "dave", series, SELF_MANAGED_SERIES + 1, NULL, &source);
    sqlite3 *db = run_with(SELF_MANAGED_IN_REGION, METERED_DATABASE);
    char *rows = metered_rows(db, METERED_FIRST);
    cg_test_has("a day with dave", rows, "SELF_KAFKA_COMPUTE dave usage even_split - 1.7280\n");
    cg_test_has("a day with dave", rows, "SELF_KAFKA_NETWORK_INGRESS dave usage usage_ratio usage_ratio_allocation ");
    free(rows);
    metered_equal("a day without", metered_rows(db, METERED_LAST), self_managed_rows);
    char *identities = metered_identities(db);
    cg_test_has("identities", identities, SELF_MANAGED_PRINCIPAL("dave"));
    free(identities);
    metered_balance(folder, db);
    cg_test_db_close(db);
}

/* Principals of certificates have commas and quotes; nothing in a name disturbs the bill, the files or the log, and
 * nobody takes the place of the system's identity. */
Test(self_managed, names_of_all_kinds) {
    static const struct metered_series series[] = {
        {.series = SELF_MANAGED_IN "{broker=\"1\",topic=\"a.b\",principal=\"User:CN=app,OU=\\\"q\\\",C=DE\"}",
         .hourly = 12},
        {.series = SELF_MANAGED_IN "{broker=\"1\",topic=\"a.b\",principal=\"\xc3\x9cser\\\\1\"}", .hourly = 12},
        {.series = SELF_MANAGED_IN "{broker=\"1\",topic=\"a.b\",principal=\"two\\nlines\"}", .hourly = 12},
        {.series = SELF_MANAGED_IN "{broker=\"1\",topic=\"a.b\",principal=\"=cmd|x\"}", .hourly = 12},
        {.series = SELF_MANAGED_IN "{broker=\"1\",topic=\"a.b\",principal=\"UNALLOCATED\"}", .hourly = 12},
        {.series = SELF_MANAGED_IN "{broker=\"1\",topic=\"a.b\",principal=\"\"}", .hourly = 12},
        {.series = "kafka_log_log_size", .size = METERED_GIB},
    };
    metered_stop(&source);
    metered_start(folder, "names", series, sizeof series / sizeof series[0], NULL, &source);
    sqlite3 *db = run_with(SELF_MANAGED_IN_REGION, METERED_DATABASE);
    metered_balance(folder, db);
    char *identities = metered_identities(db);
    cg_test_has("identities", identities, SELF_MANAGED_UNALLOCATED);
    cr_assert_eq(cg_test_db_number(db, "SELECT COUNT(*) FROM identities"), 5);
    cr_assert_eq(cg_test_db_number(db, "SELECT COUNT(*) FROM identities WHERE identity_id = 'two?lines' "
                                       "OR identity_id = 'User:CN=app,OU=\"q\",C=DE'"),
                 2);
    cr_assert_eq(cg_test_db_number(db, "SELECT COUNT(DISTINCT d.identity_id) FROM chargeback_facts f JOIN "
                                       "chargeback_dimensions d USING (dimension_id)"),
                 5);
    cg_test_db_close(db);
    free(identities);
}

/* The list is all there is of its types: who is not listed any more is gone. */
Test(self_managed, static_identities_that_are_taken_off_the_list) {
    sqlite3 *db = run_with(SELF_MANAGED_IN_REGION PEOPLE("static") TEAMS, METERED_DATABASE);
    cg_test_db_close(db);
    configure(
        SELF_MANAGED_IN_REGION PEOPLE("static") "        static_identities: [{identity_id: team-b, identity_type: "
                                                "team}]\n      min_refresh_gap_seconds: 0\n",
        NULL, METERED_DATABASE);
    cr_assert_eq(cg_test_run_at(folder, "2026-07-04T13:00:00Z", NULL, NULL), 0);
    db = cg_test_db_open(folder, METERED_DATABASE);
    char *identities = metered_identities(db);
    cg_test_has("identities", identities, "team team-a team-a {\"team\": \"infra\"} deleted\nteam team-b team-b -\n");
    free(identities);
    cg_test_db_close(db);
}
