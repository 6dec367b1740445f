/* Metrics that are missing, odd, late, or refused: what is billed nevertheless, and what is said. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "self_managed.h"

static struct metered_source source;
static char folder[CG_TEST_PATH_SIZE];

static void start(void) {
    cg_test_workdir_make(folder);
}

static void stop(void) {
    metered_stop(&source);
    cg_test_workdir_remove(folder);
}

TestSuite(self_managed_trouble, .init = start, .fini = stop);

static void configure(const char *settings, const char *metrics, const char *tenant) {
    metered_configure(folder, &(struct metered_config){.ecosystem = "self_managed_kafka",
                                                       .url = source.server.url,
                                                       .settings = settings,
                                                       .metrics = metrics,
                                                       .tenant = tenant});
}

#define COUNT(array_) (sizeof(array_) / sizeof((array_)[0]))

static void show(void) {
    sqlite3 *db = cg_test_db_open(folder, METERED_DATABASE);
    printf("%s\n", metered_lines(db, "2026-06-28"));
    printf("%s\n", metered_rows(db, "2026-06-28"));
    printf("%s\n", metered_resources(db));
    printf("%s\n", metered_identities(db));
    cg_test_db_close(db);
}

Test(self_managed_trouble, no_metric) {
    static const struct metered_series other[] = {{.series = "up{job=\"kafka\"}", .size = 1}};
    metered_start(folder, "blocks", other, COUNT(other), NULL, &source);
    configure(SELF_MANAGED_IN_REGION, NULL, NULL);
    puts(metered_run(folder, 0));
    show();
}
Test(self_managed_trouble, no_label) {
    static const struct metered_series other[] = {
        {.series = SELF_MANAGED_IN "{broker=\"1\",client_id=\"a\",pod=\"k-1\"}", .hourly = 3e8},
        {.series = SELF_MANAGED_OUT "{broker=\"1\",client_id=\"a\",pod=\"k-1\"}", .hourly = 3e8},
    };
    metered_start(folder, "blocks", other, COUNT(other), NULL, &source);
    configure(SELF_MANAGED_IN_REGION, NULL, NULL);
    puts(metered_run(folder, 0));
    show();
}
Test(self_managed_trouble, max_samples) {
    const char *const args[] = {"--query.max-samples=160", NULL};
    metered_start(folder, "blocks", self_managed_series, SELF_MANAGED_SERIES, &(struct cg_test_prometheus_options){.arguments = args}, &source);
    configure(SELF_MANAGED_IN_REGION, NULL, NULL);
    char *err = NULL;
    printf("%d\n", cg_test_run_at(folder, METERED_NOW, NULL, &err));
    puts(err);
    show();
}
Test(self_managed_trouble, down) {
    metered_start(folder, "blocks", self_managed_series, SELF_MANAGED_SERIES, NULL, &source);
    configure(SELF_MANAGED_IN_REGION, NULL, NULL);
    metered_stop(&source);
    char *err = NULL;
    printf("%d\n", cg_test_run_at(folder, METERED_NOW, NULL, &err));
    puts(err);
    show();
}
