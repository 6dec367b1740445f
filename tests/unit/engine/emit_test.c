/* What emitters are called with, what is told of their failures, and what is recorded. */
#include <stdlib.h>

#include "engine/emit.h"
#include "store/support.h"
#include "store/topics.h"

/* ---- an emitter that notes how it is called, and fails as it is told ---- */

/* One entry of the configuration, its binding, and what became of it. */
struct entry {
    struct cg_emitter_settings settings;
    /* "+" create, "2026-01-01" begin, "(3)" rows, "[3]" topic rows, "." finish, "!" abort, "-" destroy */
    char calls[4096];
    const char *fails_on;       /* the function that fails: "create", "begin", "rows", "finish" */
    const char *(*cause)(void); /* of the failure */
    char date[16];
    int32_t topics; /* it is an entry of the topic overlay */
};

static struct entry entries[3];
static struct cg_crumb crumb;
static char told[16384]; /* errors, each with a newline */
static size_t told_count;

/* The entry that is at work, as the crumb says. */
static struct entry *current(void) {
    const char *name = crumb.symbol;
    int32_t topics = strncmp(name, "topic_attribution/", 18) == 0;
    if (topics)
        name += 18;
    for (size_t i = 0; i < 3; i++)
        if (entries[i].settings.name && entries[i].topics == topics && strcmp(entries[i].settings.name, name) == 0)
            return &entries[i];
    cr_assert_fail("the crumb names %s", crumb.symbol);
    return NULL;
}

static void note(struct entry *entry, const char *function, const char *text) {
    cr_assert_eq(crumb.in_module, 1);
    cr_assert_str_eq(crumb.what, "emitter");
    cr_assert_str_eq(crumb.module, "fake");
    cr_assert_str_eq(crumb.function, function);
    snprintf(entry->calls + strlen(entry->calls), sizeof entry->calls - strlen(entry->calls), "%s", text);
}

static const struct cg_host *host;

static cg_status answer(const struct entry *entry, const char *function) {
    if (!entry->fails_on || strcmp(entry->fails_on, function) != 0)
        return CG_OK;
    return host->set_error(host, CG_TEMPORARY, "%s", entry->cause());
}

static cg_status fake_create(const struct cg_host *given, const struct cg_emitter_spec *spec, void **ret_instance) {
    struct entry *entry = current();
    host = given;
    cr_assert_str_eq(spec->name, entry->settings.name);
    cr_assert_str_eq(spec->tenant_name, "acme");
    cr_assert_str_eq(spec->tenant_id, "t-1");
    note(entry, "create", "+");
    *ret_instance = entry;
    return answer(entry, "create");
}

static void fake_destroy(void *instance) {
    note(instance, "destroy", "-");
}

static cg_status fake_begin(void *instance, const struct cg_emission *emission) {
    struct entry *entry = instance;
    snprintf(entry->date, sizeof entry->date, "%.10s", emission->date);
    cr_assert_str_eq(emission->pipeline, entry->topics ? "topic_attribution" : "chargeback");
    note(entry, "begin", entry->date);
    return answer(entry, "begin");
}

static cg_status fake_rows(void *instance, const struct cg_emitted_row *const *rows, size_t count) {
    char text[32];
    cr_assert_not_null(rows[0]->amount);
    snprintf(text, sizeof text, "(%zu)", count);
    note(instance, "rows", text);
    return answer(instance, "rows");
}

static cg_status fake_topic_rows(void *instance, const struct cg_emitted_topic_row *const *rows, size_t count) {
    char text[32];
    cr_assert_not_null(rows[0]->topic_name);
    snprintf(text, sizeof text, "[%zu]", count);
    note(instance, "topic_rows", text);
    return answer(instance, "topic_rows");
}

static cg_status fake_finish(void *instance) {
    note(instance, "finish", ".");
    return answer(instance, "finish");
}

static void fake_abort(void *instance) {
    note(instance, "abort", "!");
}

static const struct cg_emitter fake = {.struct_size = sizeof fake,
                                       .create = fake_create,
                                       .destroy = fake_destroy,
                                       .begin = fake_begin,
                                       .rows = fake_rows,
                                       .finish = fake_finish,
                                       .abort = fake_abort,
                                       .topic_rows = fake_topic_rows};
static const struct cg_module fake_module = {.name = "fake"};
static const struct cg_module ecosystem_module = {.name = "confluent_cloud"};
static const struct cg_tenant_settings tenant = {.name = "acme", .tenant_id = "t-1"};

/* ---- a tenant with such emitters ---- */

static struct stage stage;
static struct cg_emit_result result;

static void take_error(void *user, const char *text) {
    (void)user;
    told_count++;
    snprintf(told + strlen(told), sizeof told - strlen(told), "%s\n", text);
}

static void start(void) {
    stage_init(&stage);
    stage_open(&stage);
}

static void stop(void) {
    stage_done(&stage);
}

TestSuite(emit, .init = start, .fini = stop);

/* Topic rows are asked for as well. */
static int32_t with_topics;

/* Runs the first `count` entries at noon of 2026-02-10: first those of chargeback rows, then those of topic rows. */
static cg_status emit(size_t count, const struct cg_quarantine *quarantine, size_t quarantine_count) {
    struct cg_services *services = NULL;
    struct cg_emitter_binding bindings[3];
    const struct cg_services_shared shared = {0};
    cr_assert_eq(cg_services_new(&shared, "fake", &services), CG_OK);
    size_t chargeback = 0;
    for (size_t i = 0; i < count; i++) {
        entries[i].calls[0] = '\0';
        bindings[i] = (struct cg_emitter_binding){&entries[i].settings, &fake_module, &fake, services};
        chargeback += !entries[i].topics;
    }
    struct cg_runtime runtime = {.tenant = &tenant,
                                 .module = &ecosystem_module,
                                 .crumb = &crumb,
                                 .emitters = bindings,
                                 .emitter_count = chargeback,
                                 .topic_emitters = bindings + chargeback,
                                 .topic_emitter_count = count - chargeback};
    const struct cg_observer observer = {.error = take_error};
    const struct cg_emit_options options = {.runtime = &runtime,
                                            .store = stage.store,
                                            .observer = &observer,
                                            .quarantine = quarantine,
                                            .quarantine_count = quarantine_count,
                                            .now = at("2026-02-10T12:00:00"),
                                            .topics = with_topics};
    told[0] = '\0';
    told_count = 0;
    cg_status status = cg_emit_run(&options, &result, &stage.error);
    cr_assert_eq(crumb.in_module, 0);
    cg_services_free(services);
    return status;
}

static void emit_well(size_t count) {
    cr_assert_eq(emit(count, NULL, 0), CG_OK, "%s", stage.error.text);
}

/* A date with `count` rows in two hours, or none when all lines are withdrawn. */
static void write_day(const char *date, size_t count) {
    static const char *const hours[] = {"T00:00:00", "T05:00:00"};
    struct cg_fact facts[2];
    char times[2][32];
    const struct cg_billing_line line = line_of(date, "e", "r", "A", count == 2 ? "2" : "1");
    for (size_t i = 0; i < count; i++) {
        snprintf(times[i], sizeof times[i], "%s%s", date, hours[i]);
        facts[i] = fact_of(times[i], "e", "r", "A", "x", "1");
    }
    stage_bill(&stage, date, &line, count ? 1 : 0);
    assert_ok(&stage, stage_write(&stage, date, facts, count, NULL));
}

#define RECORDS                                                                                          \
    "SELECT emitter_name || ' ' || date || ' ' || status || ' ' || attempt_count FROM emission_records " \
    "ORDER BY emitter_name, date"

static void check_calls(size_t index, const char *wanted) {
    cr_assert_str_eq(entries[index].calls, wanted, "entry %zu: %s", index, entries[index].calls);
}

/* ---- dates ---- */

Test(emit, a_date_that_lost_its_rows_is_sent_without_rows_once) {
    entries[0].settings = (struct cg_emitter_settings){.name = "fake"};
    write_day("2026-01-01", 2);
    write_day("2026-01-02", 1);
    emit_well(1);
    check_calls(0, "+2026-01-01(2).2026-01-02(1).-");
    emit_well(1);
    check_calls(0, "");
    write_day("2026-01-01", 0);
    emit_well(1);
    check_calls(0, "+2026-01-01.-");
    cr_assert_eq(result.emitted, 1);
    emit_well(1);
    check_calls(0, "");
    assert_rows(&stage, RECORDS, "fake 2026-01-01 emitted 2\nfake 2026-01-02 emitted 1");
    write_day("2026-01-01", 1);
    emit_well(1);
    check_calls(0, "+2026-01-01(1).-");
    cr_assert_eq(told_count, 0, "%s", told);
}

Test(emit, a_month_is_sent_again_when_a_date_lost_its_rows) {
    entries[0].settings = (struct cg_emitter_settings){.name = "month", .aggregation = "monthly"};
    write_day("2026-01-01", 2);
    write_day("2026-01-31", 2);
    write_day("2026-02-01", 1);
    emit_well(1);
    check_calls(0, "+2026-01-01(1).2026-02-01(1).-");
    cr_assert_eq(result.emitted, 3);
    write_day("2026-01-31", 0);
    emit_well(1);
    check_calls(0, "+2026-01-01(1).-");
    write_day("2026-01-01", 0);
    emit_well(1);
    check_calls(0, "+2026-01-01.-");
    emit_well(1);
    check_calls(0, "");
    assert_rows(&stage, RECORDS, "month 2026-01-01 emitted 2\nmonth 2026-01-31 emitted 2\nmonth 2026-02-01 emitted 1");
}

Test(emit, each_entry_has_its_aggregation_and_lookback) {
    entries[0].settings = (struct cg_emitter_settings){.name = "csv", .aggregation = "hourly"};
    entries[1].settings = (struct cg_emitter_settings){.name = "csv-2", .aggregation = "daily"};
    entries[2].settings = (struct cg_emitter_settings){.name = "csv-3", .has_lookback = 1, .lookback_days = 9};
    write_day("2026-01-31", 2);
    write_day("2026-02-01", 2);
    emit_well(3);
    check_calls(0, "+2026-01-31(2).2026-02-01(2).-");
    check_calls(1, "+2026-01-31(1).2026-02-01(1).-");
    check_calls(2, "+2026-02-01(2).-");
    /* A change beyond the lookback is none of its business, even if nothing is left. */
    write_day("2026-01-31", 0);
    emit_well(3);
    check_calls(0, "+2026-01-31.-");
    check_calls(1, "+2026-01-31.-");
    check_calls(2, "");
}

/* ---- failures ---- */

static const char *cause_with_date(void) {
    static char text[128];
    const char *date = current()->date;
    snprintf(text, sizeof text, "cannot write 'out/%s.csv': cannot open 'out/.%s.tmp': No such file", date, date);
    return text;
}

/* Seven causes: days 1 and 8 share one. */
static const char *cause_by_weekday(void) {
    static char text[64];
    snprintf(text, sizeof text, "cause %c", 'a' + (int)(strtol(current()->date + 8, NULL, 10) - 1) % 7);
    return text;
}

static const char *long_cause(void) {
    static char text[2048];
    memset(text, 'x', sizeof text - 1);
    return text;
}

static void write_days(int count) {
    for (int day = 1; day <= count; day++) {
        char date[32];
        snprintf(date, sizeof date, "2026-01-%02d", day);
        write_day(date, 1);
    }
}

Test(emit, failures_with_one_cause_are_one_sentence) {
    static const char *const functions[] = {"begin", "rows", "finish"};
    static const char *const calls[] = {"2026-01-02-", "2026-01-02(1)!-", "2026-01-02(1).!-"};
    entries[0].settings = (struct cg_emitter_settings){.name = "csv"};
    entries[1].settings = (struct cg_emitter_settings){.name = "csv-2"};
    write_days(2);
    for (size_t i = 0; i < 3; i++) {
        entries[0].fails_on = functions[i];
        entries[0].cause = cause_with_date;
        emit_well(2);
        const char *at_end = entries[0].calls + strlen(entries[0].calls) - strlen(calls[i]);
        cr_assert_str_eq(at_end, calls[i], "%s: %s", functions[i], entries[0].calls);
        cr_assert_str_eq(told,
                         "tenant 'acme': emitter 'csv' (module 'fake'): 2 dates failed, the first 2026-01-01: cannot "
                         "write 'out/2026-01-01.csv': cannot open 'out/.2026-01-01.tmp': No such file\n",
                         "%s: %s", functions[i], told);
        cr_assert_eq(result.failed, 2);
    }
    assert_rows(&stage, RECORDS,
                "csv 2026-01-01 failed 3\ncsv 2026-01-02 failed 3\ncsv-2 2026-01-01 emitted 1\n"
                "csv-2 2026-01-02 emitted 1");
    entries[0].fails_on = NULL;
    emit_well(2);
    check_calls(0, "+2026-01-01(1).2026-01-02(1).-");
    check_calls(1, "");
}

Test(emit, a_single_failure_names_its_date) {
    entries[0].settings = (struct cg_emitter_settings){.name = "csv"};
    entries[0].fails_on = "finish";
    entries[0].cause = long_cause;
    write_days(1);
    emit_well(1);
    static const char start_of_it[] = "tenant 'acme': emitter 'csv' (module 'fake'), 2026-01-01: xxx";
    cr_assert_eq(strncmp(told, start_of_it, sizeof start_of_it - 1), 0, "%.200s", told);
    cr_assert_eq(told_count, 1);
}

/* What the store says begins with the tenant, too. */
Test(emit, a_failure_of_the_database_names_the_tenant_once) {
    static const char start_of_it[] = "tenant 'acme': emitter 'csv' (module 'fake'), 2026-01-01: reading ";
    entries[0].settings = (struct cg_emitter_settings){.name = "csv"};
    write_days(1);
    stage_run(&stage, "ALTER TABLE chargeback_facts RENAME COLUMN amount TO gone");
    emit_well(1);
    cr_assert_eq(strncmp(told, start_of_it, sizeof start_of_it - 1), 0, "%.200s", told);
    cr_assert_eq(told_count, 1);
}

Test(emit, different_causes_are_told_up_to_a_limit) {
    entries[0].settings = (struct cg_emitter_settings){.name = "csv"};
    entries[0].fails_on = "rows";
    entries[0].cause = cause_by_weekday;
    write_days(15);
    emit_well(1);
    cr_assert_str_eq(told,
                     "tenant 'acme': emitter 'csv' (module 'fake'): 3 dates failed, the first 2026-01-01: cause a\n"
                     "tenant 'acme': emitter 'csv' (module 'fake'): 2 dates failed, the first 2026-01-02: cause b\n"
                     "tenant 'acme': emitter 'csv' (module 'fake'): 2 dates failed, the first 2026-01-03: cause c\n"
                     "tenant 'acme': emitter 'csv' (module 'fake'): 2 dates failed, the first 2026-01-04: cause d\n"
                     "tenant 'acme': emitter 'csv' (module 'fake'): 2 dates failed, the first 2026-01-05: cause e\n"
                     "tenant 'acme': emitter 'csv' (module 'fake'): 4 more dates failed for further causes\n");
    cr_assert_eq(result.failed, 15);
    assert_rows(&stage, "SELECT COUNT(*) FROM emission_records WHERE status = 'failed'", "15");
}

Test(emit, months_are_counted_as_months) {
    entries[0].settings = (struct cg_emitter_settings){.name = "csv", .aggregation = "monthly"};
    entries[0].fails_on = "finish";
    entries[0].cause = cause_with_date;
    write_days(3);
    write_day("2026-02-01", 1);
    emit_well(1);
    cr_assert_eq(told_count, 1);
    cr_assert_not_null(strstr(told, "(module 'fake'): 2 months failed, the first 2026-01-01: cannot write"), "%s",
                       told);
    cr_assert_eq(result.failed, 4);
}

Test(emit, an_instance_that_cannot_be_made_fails_all_dates) {
    entries[0].settings = (struct cg_emitter_settings){.name = "csv"};
    entries[1].settings = (struct cg_emitter_settings){.name = "csv-2"};
    entries[0].fails_on = "create";
    entries[0].cause = cause_with_date;
    write_days(1);
    emit_well(2);
    check_calls(0, "+");
    check_calls(1, "+2026-01-01(1).-");
    cr_assert_eq(told_count, 1);
    assert_rows(&stage, RECORDS, "csv 2026-01-01 failed 1\ncsv-2 2026-01-01 emitted 1");
}

/* ---- quarantine ---- */

Test(emit, an_entry_in_quarantine_is_told_and_not_called) {
    static char long_name[301];
    static char cut_name[256];
    memset(long_name, 'n', sizeof long_name - 1);
    memset(cut_name, 'n', sizeof cut_name - 1);
    const struct cg_quarantine quarantine[] = {
        {"fake", "csv", 0, {.timestamp = 1}, "is about an allocator's line"},
        {"other", "csv", 1, {0}, "is about another module"},
        {"fake", "csv-2", 1, {0}, "crashed (signal 6, Aborted)"},
        {"fake", cut_name, 1, {0}, "crashed (signal 11, Segmentation fault)"},
    };
    entries[0].settings = (struct cg_emitter_settings){.name = "csv-2"};
    entries[1].settings = (struct cg_emitter_settings){.name = "csv"};
    entries[2].settings = (struct cg_emitter_settings){.name = long_name};
    write_days(2);
    cr_assert_eq(emit(3, quarantine, 4), CG_OK, "%s", stage.error.text);
    check_calls(0, "");
    check_calls(1, "+2026-01-01(1).2026-01-02(1).-");
    check_calls(2, "");
    cr_assert_eq(told_count, 2, "%s", told);
    cr_assert_not_null(strstr(told, "tenant 'acme': emitter 'csv-2' (module 'fake') crashed (signal 6, Aborted)\n"),
                       "%s", told);
    cr_assert_not_null(strstr(told, "(module 'fake') crashed (signal 11, Segmentation fault)\n"), "%s", told);
    cr_assert_eq(result.emitted, 2);
    cr_assert_eq(result.failed, 4);
    assert_rows(&stage,
                "SELECT emitter_name || ' ' || date || ' ' || status || ' ' || attempt_count FROM emission_records "
                "WHERE emitter_name LIKE 'csv%' ORDER BY emitter_name, date",
                "csv 2026-01-01 emitted 1\ncsv 2026-01-02 emitted 1\ncsv-2 2026-01-01 failed 1\n"
                "csv-2 2026-01-02 failed 1");
    /* It died in destroy: nothing is due any more, but it is told. */
    entries[0].settings.name = "csv";
    const struct cg_quarantine late = {"fake", "csv", 1, {0}, "crashed (signal 6, Aborted)"};
    cr_assert_eq(emit(1, &late, 1), CG_OK);
    cr_assert_eq(told_count, 1);
    cr_assert_eq(result.failed, 0);
}

/* ---- topic rows ---- */

/* A date with `count` topic rows in two hours. */
static void write_topics(const char *date, size_t count) {
    struct cg_topic_fact facts[2];
    uint64_t rows = 0;
    int32_t changed = 0;
    for (size_t i = 0; i < count; i++)
        facts[i] = (struct cg_topic_fact){.timestamp = at(date) + (int64_t)i * HOUR,
                                          .env_id = "e",
                                          .cluster_resource_id = "lkc-1",
                                          .topic_name = "t",
                                          .product_category = "KAFKA",
                                          .product_type = "A",
                                          .attribution_method = "even_split",
                                          .amount = number("1")};
    const struct cg_topic_result topics = {.date = at(date), .facts = facts, .fact_count = count, .now = at(date)};
    assert_ok(&stage, cg_store_write_topics(stage.store, &topics, &rows, &changed, &stage.error));
}

#define PIPELINES                                                                                          \
    "SELECT pipeline || ' ' || emitter_name || ' ' || date || ' ' || status || ' ' || attempt_count FROM " \
    "emission_records ORDER BY pipeline, emitter_name, date"

/* Two entries of one name, one in each list. */
static void set_up_twins(const char *aggregation) {
    entries[0].settings = (struct cg_emitter_settings){.name = "csv"};
    entries[1].settings = (struct cg_emitter_settings){.name = "csv", .aggregation = aggregation};
    entries[1].topics = 1;
    with_topics = 1;
    write_day("2026-01-01", 1);
    write_topics("2026-01-01", 2);
    write_topics("2026-01-02", 1);
}

Test(emit, topic_rows_go_to_entries_of_their_own) {
    set_up_twins(NULL);
    emit_well(2);
    check_calls(0, "+2026-01-01(1).-");
    check_calls(1, "+2026-01-01[2].2026-01-02[1].-");
    assert_rows(&stage, PIPELINES,
                "chargeback csv 2026-01-01 emitted 1\ntopic_attribution csv 2026-01-01 emitted 1\n"
                "topic_attribution csv 2026-01-02 emitted 1");
    emit_well(2);
    check_calls(1, "");
    write_topics("2026-01-02", 0);
    emit_well(2);
    check_calls(0, "");
    check_calls(1, "+2026-01-02.-");
    cr_assert_eq(told_count, 0, "%s", told);
}

static const struct {
    const char *aggregation;
    const char *calls;
} aggregations[] = {
    {"hourly", "+2026-01-01[2].2026-01-02[1].-"},
    {"daily", "+2026-01-01[1].2026-01-02[1].-"},
    {"monthly", "+2026-01-01[1].-"},
};

Test(emit, topic_rows_are_aggregated_too) {
    for (size_t i = 0; i < sizeof aggregations / sizeof *aggregations; i++) {
        stop();
        start();
        set_up_twins(aggregations[i].aggregation);
        emit_well(2);
        check_calls(1, aggregations[i].calls);
    }
}

Test(emit, topic_rows_wait_until_they_are_asked_for) {
    set_up_twins(NULL);
    with_topics = 0;
    emit_well(2);
    check_calls(0, "+2026-01-01(1).-");
    check_calls(1, "");
    assert_rows(&stage, PIPELINES, "chargeback csv 2026-01-01 emitted 1");
}

Test(emit, a_quarantine_means_one_of_two_entries_of_a_name) {
    const struct cg_quarantine chargeback = {"fake", "csv", 1, {0}, "crashed (signal 6, Aborted)"};
    const struct cg_quarantine topics = {"fake", "topic_attribution/csv", 1, {0}, "crashed (signal 6, Aborted)"};
    set_up_twins(NULL);
    cr_assert_eq(emit(2, &topics, 1), CG_OK, "%s", stage.error.text);
    check_calls(0, "+2026-01-01(1).-");
    check_calls(1, "");
    cr_assert_str_eq(told, "tenant 'acme': topic emitter 'csv' (module 'fake') crashed (signal 6, Aborted)\n");
    write_day("2026-01-01", 2);
    cr_assert_eq(emit(2, &chargeback, 1), CG_OK, "%s", stage.error.text);
    check_calls(0, "");
    check_calls(1, "+2026-01-01[2].2026-01-02[1].-");
    cr_assert_str_eq(told, "tenant 'acme': emitter 'csv' (module 'fake') crashed (signal 6, Aborted)\n");
    assert_rows(&stage, PIPELINES,
                "chargeback csv 2026-01-01 failed 2\ntopic_attribution csv 2026-01-01 emitted 2\n"
                "topic_attribution csv 2026-01-02 emitted 2");
}

static const char *topic_cause(void) {
    return "no room";
}

Test(emit, failures_of_topic_rows_are_told_and_recorded) {
    set_up_twins(NULL);
    entries[1].fails_on = "topic_rows";
    entries[1].cause = topic_cause;
    emit_well(2);
    check_calls(1, "+2026-01-01[2]!2026-01-02[1]!-");
    cr_assert_str_eq(told, "tenant 'acme': topic emitter 'csv' (module 'fake'): 2 dates failed, the first 2026-01-01: "
                           "no room\n");
    assert_rows(&stage, PIPELINES,
                "chargeback csv 2026-01-01 emitted 1\ntopic_attribution csv 2026-01-01 failed 1\n"
                "topic_attribution csv 2026-01-02 failed 1");
}

/* ---- a stop ---- */

Test(emit, a_stop_between_dates_ends_it) {
    entries[0].settings = (struct cg_emitter_settings){.name = "csv"};
    write_days(3);
    volatile int32_t cancelled = 1;
    struct cg_services *services = NULL;
    const struct cg_services_shared shared = {.cancelled = &cancelled};
    cr_assert_eq(cg_services_new(&shared, "fake", &services), CG_OK);
    struct cg_emitter_binding binding = {&entries[0].settings, &fake_module, &fake, services};
    struct cg_runtime runtime = {.tenant = &tenant,
                                 .module = &ecosystem_module,
                                 .crumb = &crumb,
                                 .shared = shared,
                                 .emitters = &binding,
                                 .emitter_count = 1};
    const struct cg_observer observer = {.error = take_error};
    const struct cg_emit_options options = {
        .runtime = &runtime, .store = stage.store, .observer = &observer, .now = at("2026-02-10")};
    cr_assert_eq(cg_emit_run(&options, &result, &stage.error), CG_CANCELLED);
    check_calls(0, "+2026-01-01(1).-");
    cr_assert_eq(result.emitted, 1);
    assert_rows(&stage, RECORDS, "csv 2026-01-01 emitted 1");
    cg_services_free(services);
}
