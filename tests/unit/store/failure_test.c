#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support.h"

/* One line of `count` and a row of 1 for each of as many identities. */
static cg_status write_many(struct stage *stage, size_t count) {
    static struct cg_fact facts[4000];
    static char names[4000][64];
    char cost[32];
    cr_assert_leq(count, 4000);
    snprintf(cost, sizeof cost, "%zu", count);
    const struct cg_billing_line line = line_of("2026-01-10", "e", "r", "A", cost);
    const struct cg_billing_line *lines[] = {&line};
    for (size_t i = 0; i < count; i++) {
        snprintf(names[i], sizeof names[i], "identity-with-a-name-that-takes-some-room-%zu", i);
        facts[i] = fact_of("2026-01-10", "e", "r", "A", names[i], "1");
    }
    cg_status status =
        cg_store_replace_billing(stage->store, at("2026-01-10"), at("2026-01-11"), lines, 1, 0, NULL, &stage->error);
    return status == CG_OK ? stage_write(stage, "2026-01-10", facts, count, NULL) : status;
}

Test(store_failure, a_full_disk_loses_nothing) {
    struct stage stage;
    struct rlimit old;
    if (stage_on_postgres())
        cr_skip_test("the file is the server's");
    stage_init(&stage);
    stage_open(&stage);
    assert_ok(&stage, write_many(&stage, 10));
    cr_assert_eq(getrlimit(RLIMIT_FSIZE, &old), 0);
    const struct rlimit limit = {600 * 1024, old.rlim_max};
    signal(SIGXFSZ, SIG_IGN);
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    cg_status status = write_many(&stage, 4000);
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &old), 0);
    cr_assert_eq(status, CG_PERMANENT);
    cr_assert_not_null(strstr(stage.error.text, "the disk is full"), "%s", stage.error.text);
    cr_assert_not_null(strstr(stage.error.text, stage.path), "%s", stage.error.text);
    cr_assert_not_null(strstr(stage.error.text, "tenant 'acme'"), "%s", stage.error.text);
    assert_rows(&stage, "SELECT count(*) FROM chargeback_facts", "10");
    /* With room again the same store goes on. */
    assert_ok(&stage, write_many(&stage, 4000));
    assert_rows(&stage, "SELECT count(*) FROM chargeback_facts", "4000");
    assert_rows(&stage, stage_soundness(), "ok");
    stage_done(&stage);
}

Test(store_failure, a_locked_database_is_temporary_and_names_the_tenant, .timeout = 60) {
    struct stage stage;
    stage_init(&stage);
    stage_open(&stage);
    stage_lock(&stage);
    int64_t id = 0;
    cr_assert_eq(cg_store_run_start(stage.store, 0, &id, &stage.error), CG_TEMPORARY);
    const char *text = stage_on_postgres() ? "tenant 'acme': starting a transaction: "
                                           : "tenant 'acme': starting a transaction: database is locked";
    cr_assert_eq(strncmp(stage.error.text, text, strlen(text)), 0, "%s", stage.error.text);
    stage_unlock(&stage);
    assert_ok(&stage, cg_store_run_start(stage.store, 0, &id, &stage.error));
    stage_done(&stage);
}

Test(store_failure, a_damaged_file_is_refused) {
    struct stage stage;
    if (stage_on_postgres())
        cr_skip_test("the file is the server's");
    stage_init(&stage);
    int fd = open(stage.path, O_WRONLY | O_CREAT, 0600);
    static char junk[8192];
    memset(junk, 'x', sizeof junk);
    cr_assert_eq(write(fd, junk, sizeof junk), (ssize_t)sizeof junk);
    close(fd);
    cr_assert_eq(stage_try(&stage, 1, 0), CG_PERMANENT);
    cr_assert_not_null(strstr(stage.error.text, "is not a database"), "%s", stage.error.text);
    stage_done(&stage);
}

Test(store_failure, a_file_that_may_not_be_written) {
    if (stage_on_postgres())
        cr_skip_test("the file is the server's");
    if (geteuid() == 0 && setresuid(65534, 65534, 65534) != 0)
        cr_skip_test("needs an ordinary user");
    struct stage stage;
    stage_init(&stage);
    stage_open(&stage);
    cg_store_close(stage.store);
    stage.store = NULL;
    cr_assert_eq(chmod(stage.path, 0400), 0);
    cr_assert_eq(stage_try(&stage, 1, 0), CG_PERMANENT);
    cr_assert_not_null(strstr(stage.error.text, "is read-only for this user"), "%s", stage.error.text);
    stage_done(&stage);
}

Test(store_failure, a_vanished_table_is_a_sentence) {
    struct stage stage;
    stage_init(&stage);
    stage_open(&stage);
    stage_run(&stage, "DROP TABLE emission_records");
    const struct cg_emission_date date = {.date = 0};
    cr_assert_eq(cg_store_record_emission(stage.store, "csv", CG_PIPELINE_CHARGEBACK, &date, "emitted", &stage.error),
                 CG_PERMANENT);
    const char *text = stage_on_postgres()
                           ? "tenant 'acme': recording an emission: relation \"emission_records\" does not exist"
                           : "tenant 'acme': recording an emission: no such table: emission_records";
    cr_assert_eq(strncmp(stage.error.text, text, strlen(text)), 0, "%s", stage.error.text);
    stage_done(&stage);
}

static const struct {
    const char *name;
    const char *text;
    const char *sentence;
} sentences[] = {
    {"of the tenant", "tenant 'acme': no room", "no room"},
    {"once", "tenant 'acme': tenant 'acme': no room", "tenant 'acme': no room"},
    {"of another one", "tenant 'acme-2': no room", "tenant 'acme-2': no room"},
    {"of one whose name begins so", "tenant 'acm': no room", "tenant 'acm': no room"},
    {"about the tenant", "tenant 'acme' is gone", "tenant 'acme' is gone"},
    {"of nobody", "no room", "no room"},
    {"nothing", "", ""},
    {"cut off", "tenant 'acme'", "tenant 'acme'"},
};

Test(store_failure, a_sentence_without_its_tenant) {
    for (size_t i = 0; i < sizeof sentences / sizeof *sentences; i++)
        cr_assert_str_eq(cg_store_sentence("acme", sentences[i].text), sentences[i].sentence, "%s", sentences[i].name);
}
