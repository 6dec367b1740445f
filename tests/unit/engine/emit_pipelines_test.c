/* Emitters that take more than amounts: in which order they get it, what is recorded, and what comes again. */
#include <stdlib.h>

#include "engine/emit.h"
#include "store/support.h"

/* ---- an emitter that notes how it is called ---- */

static struct cg_crumb crumb;
static char calls[4096]; /* "+" create, "billing 2026-01-01" begin, "(b3)" rows, "." finish, "!" abort, "-" destroy */
static char told[8192];
static char pipeline[32];     /* of the emission */
static const char *fails_in;  /* the pipeline that fails, in its rows or without any */
static const char *fails_on;  /* the function that fails everywhere */
static int creates_that_fail; /* so many of the next ones */
static const struct cg_host *host;
static struct cg_emit_result result;
static struct stage stage;

static void note(const char *function, const char *text) {
    cr_assert_eq(crumb.in_module, 1);
    cr_assert_str_eq(crumb.what, "emitter");
    cr_assert_str_eq(crumb.module, "fake");
    cr_assert_str_eq(crumb.symbol, "page");
    cr_assert_str_eq(crumb.function, function);
    snprintf(calls + strlen(calls), sizeof calls - strlen(calls), "%s", text);
}

static cg_status answer(const char *function) {
    if ((fails_on && strcmp(fails_on, function) == 0) || (fails_in && strcmp(fails_in, pipeline) == 0))
        return host->set_error(host, CG_TEMPORARY, "no room");
    return CG_OK;
}

static cg_status fake_create(const struct cg_host *given, const struct cg_emitter_spec *spec, void **ret_instance) {
    host = given;
    cr_assert_str_eq(spec->name, "page");
    note("create", "+");
    if (creates_that_fail && creates_that_fail--)
        return host->set_error(host, CG_TEMPORARY, "no folder");
    *ret_instance = calls;
    return CG_OK;
}

static void fake_destroy(void *instance) {
    (void)instance;
    note("destroy", "-");
}

static cg_status fake_begin(void *instance, const struct cg_emission *emission) {
    char text[64];
    cr_assert_eq(instance, calls);
    cr_assert_eq(emission->date_time, at(emission->date));
    snprintf(pipeline, sizeof pipeline, "%s", emission->pipeline);
    snprintf(text, sizeof text, "%s%s", emission->pipeline, emission->date + 7);
    note("begin", text);
    return CG_OK;
}

static cg_status take(const char *function, char kind, size_t count) {
    char text[32];
    snprintf(text, sizeof text, "(%c%zu)", kind, count);
    note(function, text);
    return answer(function);
}

static cg_status fake_rows(void *instance, const struct cg_emitted_row *const *rows, size_t count) {
    (void)instance;
    cr_assert_not_null(rows[0]->amount);
    return take("rows", 'c', count);
}

static cg_status fake_topic_rows(void *instance, const struct cg_emitted_topic_row *const *rows, size_t count) {
    (void)instance;
    cr_assert_not_null(rows[0]->topic_name);
    return take("topic_rows", 't', count);
}

static cg_status fake_billing_rows(void *instance, const struct cg_emitted_billing_row *const *rows, size_t count) {
    (void)instance;
    cr_assert_str_eq(rows[0]->tenant_id, "t-1");
    return take("billing_rows", 'b', count);
}

static cg_status fake_resource_rows(void *instance, const struct cg_emitted_resource *const *rows, size_t count) {
    (void)instance;
    cr_assert_str_eq(rows[0]->tenant_id, "t-1");
    return take("resource_rows", 'r', count);
}

static cg_status fake_identity_rows(void *instance, const struct cg_emitted_identity *const *rows, size_t count) {
    (void)instance;
    cr_assert_str_eq(rows[0]->tenant_id, "t-1");
    return take("identity_rows", 'i', count);
}

static cg_status fake_finish(void *instance) {
    (void)instance;
    note("finish", ".");
    return fails_on ? answer("finish") : CG_OK;
}

static void fake_abort(void *instance) {
    (void)instance;
    note("abort", "!");
}

static const struct cg_emitter whole = {.struct_size = sizeof whole,
                                        .create = fake_create,
                                        .destroy = fake_destroy,
                                        .begin = fake_begin,
                                        .rows = fake_rows,
                                        .finish = fake_finish,
                                        .abort = fake_abort,
                                        .topic_rows = fake_topic_rows,
                                        .billing_rows = fake_billing_rows,
                                        .resource_rows = fake_resource_rows,
                                        .identity_rows = fake_identity_rows};

/* ---- a tenant with one such entry ---- */

static const struct cg_module fake_module = {.name = "fake"};
static const struct cg_module ecosystem_module = {.name = "confluent_cloud"};
static const struct cg_tenant_settings tenant = {.name = "acme", .tenant_id = "t-1"};
static struct cg_emitter emitter;
static struct cg_emitter_settings settings;
static const struct cg_quarantine *quarantine;

static void take_error(void *user, const char *text) {
    (void)user;
    snprintf(told + strlen(told), sizeof told - strlen(told), "%s\n", text);
}

static void start(void) {
    stage_init(&stage);
    stage_open(&stage);
    emitter = whole;
    settings = (struct cg_emitter_settings){.name = "page"};
}

static void stop(void) {
    stage_done(&stage);
}

TestSuite(emit_pipelines, .init = start, .fini = stop);

/* Emits, and compares what was called. */
static void emit(const char *wanted) {
    struct cg_services *services = NULL;
    const struct cg_services_shared shared = {0};
    cr_assert_eq(cg_services_new(&shared, "fake", &services), CG_OK);
    struct cg_emitter_binding binding = {&settings, &fake_module, &emitter, services};
    struct cg_runtime runtime = {
        .tenant = &tenant, .module = &ecosystem_module, .crumb = &crumb, .emitters = &binding, .emitter_count = 1};
    const struct cg_observer observer = {.error = take_error};
    const struct cg_emit_options options = {.runtime = &runtime,
                                            .store = stage.store,
                                            .observer = &observer,
                                            .quarantine = quarantine,
                                            .quarantine_count = quarantine ? 1 : 0,
                                            .now = at("2026-02-10T12:00:00")};
    told[0] = '\0';
    calls[0] = '\0';
    assert_ok(&stage, cg_emit_run(&options, &result, &stage.error));
    cr_assert_eq(crumb.in_module, 0);
    cg_services_free(services);
    cr_assert_str_eq(calls, wanted, "%s", calls);
}

/* A date with two rows in two hours, or none when all lines are withdrawn. */
static void write_day(const char *date, size_t count) {
    char later[32];
    snprintf(later, sizeof later, "%sT05:00:00", date);
    const struct cg_billing_line line = line_of(date, "e", "r", "A", "2");
    const struct cg_fact facts[2] = {fact_of(date, "e", "r", "A", "x", "1"), fact_of(later, "e", "r", "A", "x", "1")};
    stage_bill(&stage, date, &line, count ? 1 : 0);
    assert_ok(&stage, stage_write(&stage, date, facts, count, NULL));
}

static void put_resource(const char *id, int64_t created) {
    const struct cg_resource resource = {
        .struct_size = sizeof resource, .id = id, .type = "t", .created_at = created, .deleted_at = CG_TIME_NONE};
    assert_ok(&stage, cg_store_put_resource(stage.store, &resource, at("2026-02-01"), &stage.error));
}

/* Two dates; one resource from the second on; one identity. */
static void set_up(void) {
    write_day("2026-01-01", 2);
    write_day("2026-01-02", 2);
    put_resource("r", at("2026-01-02"));
    assert_ok(&stage, cg_store_ensure_unallocated(stage.store, at("2026-01-01"), &stage.error));
}

#define ALL                                                                                              \
    "+chargeback-01(c2).chargeback-02(c2).-+billing-01(b1).billing-02(b1).-+resource-01.resource-02(r1)" \
    ".-+identity-01(i1).identity-02(i1).-"

#define RECORDS                                                                                      \
    "SELECT pipeline || ' ' || date || ' ' || status || ' ' || attempt_count FROM emission_records " \
    "ORDER BY pipeline, date"

Test(emit_pipelines, all_rows_of_a_date_once) {
    set_up();
    emit(ALL);
    cr_assert_eq(result.emitted, 8);
    assert_rows(&stage, RECORDS,
                "billing 2026-01-01 emitted 1\nbilling 2026-01-02 emitted 1\n"
                "chargeback 2026-01-01 emitted 1\nchargeback 2026-01-02 emitted 1\n"
                "identity 2026-01-01 emitted 1\nidentity 2026-01-02 emitted 1\n"
                "resource 2026-01-01 emitted 1\nresource 2026-01-02 emitted 1");
    emit("");
    cr_assert_str_eq(told, "");
}

Test(emit_pipelines, what_changed_comes_again_and_nothing_else) {
    set_up();
    emit(ALL);
    put_resource("s", at("2026-01-01T12:00:00"));
    emit("+resource-02(r2).-");
    write_day("2026-01-02", 1 + 1);
    emit("");
    struct cg_billing_line line = line_of("2026-01-02", "e", "r", "A", "2");
    line.quantity = number("7");
    stage_bill(&stage, "2026-01-02", &line, 1);
    emit("+billing-02(b1).-");
    write_day("2026-01-01", 0);
    emit("+chargeback-01.-+billing-01.-+identity-01.-");
    emit("");
    cr_assert_str_eq(told, "");
}

static const struct {
    const char *aggregation;
    const char *chargebacks;
} aggregations[] = {
    {"hourly", "+chargeback-01(c2).chargeback-02(c2).-"},
    {"daily", "+chargeback-01(c1).chargeback-02(c1).-"},
    {"monthly", "+chargeback-01(c1).-"},
};

Test(emit_pipelines, only_chargebacks_are_aggregated) {
    for (size_t i = 0; i < sizeof aggregations / sizeof *aggregations; i++) {
        char wanted[512];
        stop();
        start();
        set_up();
        settings.aggregation = aggregations[i].aggregation;
        snprintf(wanted, sizeof wanted, "%s%s", aggregations[i].chargebacks, strstr(ALL, "+billing"));
        emit(wanted);
        cr_assert_eq(result.emitted, 8, "%s", settings.aggregation);
        emit("");
    }
}

Test(emit_pipelines, the_lookback_is_that_of_the_entry) {
    set_up();
    settings.has_lookback = 1;
    settings.lookback_days = 39;
    emit("+chargeback-02(c2).-+billing-02(b1).-+resource-02(r1).-+identity-02(i1).-");
    put_resource("old", CG_TIME_NONE);
    emit("+resource-02(r2).-");
}

/* ---- which functions are there ---- */

Test(emit_pipelines, what_an_emitter_does_not_take_is_not_sent) {
    set_up();
    emitter.billing_rows = NULL;
    emitter.identity_rows = NULL;
    emit("+chargeback-01(c2).chargeback-02(c2).-+resource-01.resource-02(r1).-");
    cr_assert_eq(result.emitted, 4);
}

/* Emitters of older ABIs end before the new functions; what lies behind them is something else. */
Test(emit_pipelines, older_emitters_get_chargebacks) {
    static const size_t sizes[] = {offsetof(struct cg_emitter, topic_rows), offsetof(struct cg_emitter, billing_rows)};
    for (size_t i = 0; i < 2; i++) {
        stop();
        start();
        set_up();
        emitter.struct_size = (uint32_t)sizes[i];
        memset((char *)&emitter + sizes[i], 0x5a, sizeof emitter - sizes[i]);
        emit("+chargeback-01(c2).chargeback-02(c2).-");
        emit("");
    }
}

/* ---- failures ---- */

Test(emit_pipelines, a_pipeline_that_fails_does_not_touch_the_others) {
    set_up();
    fails_in = "billing";
    emit("+chargeback-01(c2).chargeback-02(c2).-+billing-01(b1)!billing-02(b1)!-+resource-01.resource-02(r1)"
         ".-+identity-01(i1).identity-02(i1).-");
    cr_assert_str_eq(told, "tenant 'acme': emitter 'page' (module 'fake'), pipeline 'billing': 2 dates failed, the "
                           "first 2026-01-01: no room\n");
    cr_assert_eq(result.emitted, 6);
    cr_assert_eq(result.failed, 2);
    emit("+billing-01(b1)!billing-02(b1)!-");
    fails_in = NULL;
    emit("+billing-01(b1).billing-02(b1).-");
    assert_rows(&stage, RECORDS,
                "billing 2026-01-01 emitted 3\nbilling 2026-01-02 emitted 3\n"
                "chargeback 2026-01-01 emitted 1\nchargeback 2026-01-02 emitted 1\n"
                "identity 2026-01-01 emitted 1\nidentity 2026-01-02 emitted 1\n"
                "resource 2026-01-01 emitted 1\nresource 2026-01-02 emitted 1");
}

Test(emit_pipelines, an_instance_that_cannot_be_made_fails_its_pipeline) {
    set_up();
    creates_that_fail = 1;
    emit("++billing-01(b1).billing-02(b1).-+resource-01.resource-02(r1).-+identity-01(i1).identity-02(i1).-");
    cr_assert_str_eq(told, "tenant 'acme': emitter 'page' (module 'fake'): no folder\n");
    cr_assert_eq(result.failed, 2);
    emit("+chargeback-01(c2).chargeback-02(c2).-");
}

Test(emit_pipelines, a_single_failure_names_date_and_pipeline) {
    set_up();
    emit(ALL);
    put_resource("s", at("2026-01-01T12:00:00"));
    fails_on = "finish";
    emit("+resource-02(r2).!-");
    cr_assert_str_eq(told, "tenant 'acme': emitter 'page' (module 'fake'), pipeline 'resource', 2026-01-02: no room\n");
}

Test(emit_pipelines, a_quarantine_is_told_once_and_covers_all_rows) {
    const struct cg_quarantine crash = {"fake", "page", 1, {0}, "crashed (signal 11) in billing_rows()"};
    set_up();
    quarantine = &crash;
    emit("");
    quarantine = NULL;
    cr_assert_str_eq(told, "tenant 'acme': emitter 'page' (module 'fake') crashed (signal 11) in billing_rows()\n");
    cr_assert_eq(result.failed, 8);
    assert_rows(&stage, "SELECT COUNT(*) FROM emission_records WHERE status = 'failed' AND attempt_count = 1", "8");
    emit(ALL);
}
