#include "run/suspension.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct fixture {
    struct cg_tenant_settings tenants[2];
    struct cg_settings settings;
    struct cg_suspensions suspensions;
    struct cg_arena *arena;
    struct cg_log *log;
    int log_fd;
    char logged[4096];
};

static void open_fixture(struct fixture *fixture) {
    *fixture = (struct fixture){
        .tenants = {{.name = "acme", .gather_failure_threshold = 3}, {.name = "other", .gather_failure_threshold = 1}},
        .arena = cg_arena_new(),
        .log_fd = memfd_create("log", MFD_CLOEXEC)};
    fixture->settings = (struct cg_settings){.tenants = fixture->tenants, .tenant_count = 2};
    cr_assert_eq(
        cg_log_new(fixture->log_fd, CG_LOG_DEBUG, "%(name)s %(levelname)s %(message)s", NULL, 0, &fixture->log), CG_OK);
    cr_assert_eq(cg_suspensions_init(&fixture->suspensions, &fixture->settings, fixture->log, fixture->arena), CG_OK);
}

static void close_fixture(struct fixture *fixture) {
    cg_log_free(fixture->log);
    close(fixture->log_fd);
    cg_arena_free(fixture->arena);
}

static const char *log_of(struct fixture *fixture) {
    ssize_t length = pread(fixture->log_fd, fixture->logged, sizeof fixture->logged - 1, 0);
    fixture->logged[length > 0 ? length : 0] = '\0';
    return fixture->logged;
}

/* Runs of a tenant: 'f' its gather failed, 'g' it went well, 'e' something else failed, 'n' it was not started, 'c' it
 * was stopped in its gather. */
static void note(struct fixture *fixture, size_t tenant, const char *runs) {
    for (const char *run = runs; *run; run++) {
        const struct cg_tenant_report report = {
            .started = *run != 'n',
            .gather_failed = *run == 'f' || *run == 'n' || *run == 'c',
            .status = *run == 'g'   ? CG_OK
                      : *run == 'c' ? CG_CANCELLED
                                    : CG_PERMANENT,
        };
        cr_assert_eq(cg_suspensions_note(&fixture->suspensions, tenant, &report), CG_OK);
    }
}

static const struct {
    const char *name;
    const char *runs; /* of a tenant with threshold 3 */
    const char *why;  /* it is suspended, or NULL */
} histories[] = {
    {"nothing", "", NULL},
    {"well", "ggggg", NULL},
    {"two", "ff", NULL},
    {"three", "fff", "Tenant acme gather failed 3 consecutive times (threshold: 3)."},
    {"not one after the other", "ffgffgff", NULL},
    {"another failure between", "ffeff", NULL},
    {"then three", "ffgfff", "Tenant acme gather failed 3 consecutive times (threshold: 3)."},
    {"runs that were none", "fnfcnf", "Tenant acme gather failed 3 consecutive times (threshold: 3)."},
    {"it stays", "fffgggfffff", "Tenant acme gather failed 3 consecutive times (threshold: 3)."},
};

Test(suspension, after_failures_that_follow_each_other) {
    for (size_t i = 0; i < sizeof histories / sizeof *histories; i++) {
        struct fixture fixture;
        open_fixture(&fixture);
        note(&fixture, 0, histories[i].runs);
        const char *why = cg_suspensions_why(&fixture.suspensions, 0);
        cr_assert_eq(why != NULL, histories[i].why != NULL, "%s", histories[i].name);
        if (why)
            cr_assert_str_eq(why, histories[i].why, "%s", histories[i].name);
        cr_assert_eq(fixture.suspensions.count, why ? 1 : 0, "%s", histories[i].name);
        cr_assert_null(cg_suspensions_why(&fixture.suspensions, 1), "%s", histories[i].name);
        close_fixture(&fixture);
    }
}

Test(suspension, is_an_alert_once_and_another_when_nobody_is_left) {
    static const char first[] =
        "workflow_runner CRITICAL ALERT: Tenant acme has been permanently suspended after breaching gather failure "
        "threshold. Manual operator intervention required. Error: Tenant acme gather failed 3 consecutive times "
        "(threshold: 3).\n";
    static const char second[] =
        "workflow_runner CRITICAL ALERT: Tenant other has been permanently suspended after breaching gather failure "
        "threshold. Manual operator intervention required. Error: Tenant other gather failed 1 consecutive times "
        "(threshold: 1).\n";
    static const char all[] =
        "workflow_runner CRITICAL ALERT: All 2 tenant(s) have been permanently suspended. No work will be performed. "
        "Operator intervention required. Failed tenants: ['acme', 'other']\n";
    struct fixture fixture;
    char wanted[2048];
    open_fixture(&fixture);
    note(&fixture, 0, "ffff");
    cg_suspensions_tell(&fixture.suspensions);
    cr_assert_str_eq(log_of(&fixture), first);
    note(&fixture, 1, "f");
    cg_suspensions_tell(&fixture.suspensions);
    cg_suspensions_tell(&fixture.suspensions);
    snprintf(wanted, sizeof wanted, "%s%s%s%s", first, second, all, all);
    cr_assert_str_eq(log_of(&fixture), wanted);
    close_fixture(&fixture);
}

Test(suspension, of_nobody_is_silent) {
    struct fixture fixture;
    open_fixture(&fixture);
    fixture.settings.tenant_count = 0;
    cg_suspensions_tell(&fixture.suspensions);
    cr_assert_str_eq(log_of(&fixture), "");
    cr_assert_null(cg_suspensions_why(&(struct cg_suspensions){.count = 0}, 0));
    close_fixture(&fixture);
}
