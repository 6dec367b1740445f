#include "bench.h"

#include "engine/families.h"
#include "engine/gather_batch.h"

#define START "2026-06-01"
#define END "2026-06-04"

/* What the fake ecosystem does beside being sound. */
static struct bench *current;
static void (*inventory)(const struct cg_gather *gather);
static void (*bill)(const struct cg_gather *gather);

static cg_status gather_inventory(void *instance, const struct cg_gather *gather) {
    (void)instance;
    if (inventory)
        inventory(gather);
    return CG_OK;
}

static cg_status cover(const struct cg_gather *gather, const char *start, const char *end) {
    return gather->billing(gather, at(start), at(end), NULL, 0);
}

static cg_status gather_billing(void *instance, const struct cg_gather *gather) {
    (void)instance;
    if (bill)
        bill(gather);
    else
        (void)cover(gather, START, END);
    return CG_OK;
}

/* How much later than usual it is. */
static int64_t later;

static cg_status gather(struct bench *bench, struct cg_gather_result *ret) {
    struct cg_gather_options options = {.runtime = &bench->runtime,
                                        .store = bench->stage.store,
                                        .observer = &bench->observer,
                                        .now = at("2026-07-01") + later,
                                        .start = at(START),
                                        .end = at(END)};
    bench->ecosystem.gather_inventory = gather_inventory;
    bench->ecosystem.gather_billing = gather_billing;
    current = bench;
    cg_error_clear(&bench->error);
    return cg_gather_run(&options, ret, &bench->error);
}

static struct cg_resource resource_of(const char *id) {
    return (struct cg_resource){.struct_size = sizeof(struct cg_resource),
                                .id = id,
                                .type = "thing",
                                .created_at = CG_TIME_NONE,
                                .deleted_at = CG_TIME_NONE};
}

static struct cg_identity identity_of(const char *id) {
    return (struct cg_identity){.struct_size = sizeof(struct cg_identity),
                                .id = id,
                                .type = "user",
                                .created_at = CG_TIME_NONE,
                                .deleted_at = CG_TIME_NONE};
}

/* ---- refusals: none of these functions looks at the answer ---- */

static void null_resource(const struct cg_gather *gather) {
    (void)gather->resource(gather, NULL);
}

static void short_resource(const struct cg_gather *gather) {
    struct cg_resource resource = resource_of("r");
    resource.struct_size = 8;
    (void)gather->resource(gather, &resource);
}

static void nameless_resource(const struct cg_gather *gather) {
    struct cg_resource resource = resource_of("");
    (void)gather->resource(gather, &resource);
}

static void null_identity(const struct cg_gather *gather) {
    (void)gather->identity(gather, NULL);
}

static void typeless_identity(const struct cg_gather *gather) {
    struct cg_identity identity = identity_of("u");
    identity.type = NULL;
    (void)gather->identity(gather, &identity);
}

static void null_fields(const struct cg_gather *gather) {
    struct cg_identity identity = identity_of("u");
    identity.field_count = 2;
    (void)gather->identity(gather, &identity);
}

static void keyless_field(const struct cg_gather *gather) {
    static const struct cg_field field = {.value = "v"};
    struct cg_resource resource = resource_of("r");
    resource.field_count = 1;
    resource.fields = &field;
    (void)gather->resource(gather, &resource);
}

static void many_fields(const struct cg_gather *gather) {
    struct cg_resource resource = resource_of("r");
    resource.field_count = UINT32_MAX;
    (void)gather->resource(gather, &resource);
}

static void nameless_family(const struct cg_gather *gather) {
    (void)gather->family(gather, NULL, CG_OK, NULL);
}

static void family_twice(const struct cg_gather *gather) {
    (void)gather->family(gather, "thing", CG_OK, NULL);
    (void)gather->family(gather, "user", CG_OK, NULL);
    (void)gather->family(gather, "thing", CG_AUTH, "403");
}

static const char *long_type(void) {
    static char name[2 * CG_BORDER_WORD_BYTES];
    memset(name, 'f', sizeof name - 1);
    return name;
}

static void long_family_twice(const struct cg_gather *gather) {
    (void)gather->family(gather, long_type(), CG_OK, NULL);
    (void)gather->family(gather, long_type(), CG_OK, NULL);
}

static void many_families(const struct cg_gather *gather) {
    char name[32];
    for (unsigned i = 0; i <= CG_FAMILIES_MAX; i++) {
        snprintf(name, sizeof name, "f-%u", i);
        (void)gather->family(gather, name, CG_OK, NULL);
    }
}

static void span_outside(const struct cg_gather *gather) {
    (void)cover(gather, START, END);
    (void)cover(gather, "2026-05-31", END);
}

static void span_too_long(const struct cg_gather *gather) {
    (void)cover(gather, START, "2026-06-05");
}

static void span_backwards(const struct cg_gather *gather) {
    (void)cover(gather, END, START);
}

static void span_without_midnight(const struct cg_gather *gather) {
    (void)gather->billing(gather, at(START), at(END) - HOUR, NULL, 0);
}

static cg_status keep(const struct cg_gather *gather, const char *start, const char *end) {
    return gather->keep(gather, at(start), at(end), CG_OK, NULL);
}

static void kept_outside(const struct cg_gather *gather) {
    (void)cover(gather, START, END);
    (void)keep(gather, "2026-05-31", "2026-06-02");
}

static void kept_too_long(const struct cg_gather *gather) {
    (void)keep(gather, START, "2026-06-05");
}

static void kept_backwards(const struct cg_gather *gather) {
    (void)cover(gather, START, END);
    (void)gather->keep(gather, at(END), at(START), CG_AUTH, "the source says 403");
}

static void kept_nothing(const struct cg_gather *gather) {
    (void)cover(gather, START, END);
    (void)keep(gather, START, START);
}

static void kept_without_midnight(const struct cg_gather *gather) {
    (void)gather->keep(gather, at(START) + HOUR, at(END), CG_OK, NULL);
}

/* The sentence of the first refusal stays. */
static void kept_after_a_refusal(const struct cg_gather *gather) {
    cr_assert_neq(cover(gather, START, "2026-06-05"), CG_OK);
    cr_assert_eq(keep(gather, START, END), CG_INVALID);
}

static void billed_after_a_bad_keep(const struct cg_gather *gather) {
    cr_assert_neq(keep(gather, START, "2026-06-05"), CG_OK);
    cr_assert_eq(cover(gather, START, END), CG_INVALID);
}

static void kept_but_one(const struct cg_gather *gather) {
    cr_assert_eq(keep(gather, START, "2026-06-02"), CG_OK);
    cr_assert_eq(keep(gather, "2026-06-03", END), CG_OK);
}

static void null_lines(const struct cg_gather *gather) {
    (void)gather->billing(gather, at(START), at(END), NULL, 1);
}

static void null_line(const struct cg_gather *gather) {
    static const struct cg_billing_line *const lines[] = {NULL};
    (void)gather->billing(gather, at(START), at(END), lines, 1);
}

static void short_line(const struct cg_gather *gather) {
    struct cg_billing_line line = line_of(START, "", "r", "P", "1");
    const struct cg_billing_line *const lines[] = {&line};
    line.struct_size = 16;
    (void)gather->billing(gather, at(START), at(END), lines, 1);
}

static void equal_lines(const struct cg_gather *gather) {
    struct cg_billing_line line = line_of(START, "", "r", "P", "1");
    const struct cg_billing_line *const lines[] = {&line, &line};
    (void)gather->billing(gather, at(START), at(END), lines, 2);
}

static void nothing(const struct cg_gather *gather) {
    (void)gather;
}

static void middle_left_out(const struct cg_gather *gather) {
    (void)cover(gather, "2026-06-03", END);
    (void)cover(gather, START, "2026-06-02");
}

static const struct {
    void (*inventory)(const struct cg_gather *gather);
    void (*bill)(const struct cg_gather *gather);
    const char *text;
} refusals[] = {
    {null_resource, NULL, "a gathered resource is NULL"},
    {short_resource, NULL, "a gathered resource has 8 bytes, at least "},
    {nameless_resource, NULL, "a gathered resource has no id or no type"},
    {null_identity, NULL, "a gathered identity is NULL"},
    {typeless_identity, NULL, "a gathered identity has no id or no type"},
    {null_fields, NULL, "a gathered identity has 2 metadata fields, but its fields are NULL"},
    {keyless_field, NULL, "a gathered resource has a metadata field without key"},
    {many_fields, NULL, "a gathered resource has 4294967295 metadata fields, at most 10000 are taken"},
    {nameless_family, NULL, "a family was reported without a name"},
    {family_twice, NULL, "the family 'thing' was reported a second time"},
    {long_family_twice, NULL, "the family 'ffffffffff"},
    {many_families, NULL, "more than 10000 families were gathered"},
    {NULL, span_outside, "billing lines were handed over for the span from 1780185600000000 to "},
    {NULL, span_too_long, "billing lines were handed over for the span from 1780272000000000 to "},
    {NULL, span_backwards,
     "billing lines were handed over for the span from 1780531200000000 to 1780272000000000, "
     "which is no part of the window from 2026-06-01 to 2026-06-04 (exclusive)"},
    {NULL, span_without_midnight,
     "billing lines were handed over for the span from 1780272000000000 to "
     "1780527600000000, which does not begin and end at midnight (UTC)"},
    {NULL, kept_outside,
     "stored lines were to be kept for the span from 1780185600000000 to 1780358400000000, which is "},
    {NULL, kept_too_long, "stored lines were to be kept for the span from 1780272000000000 to "},
    {NULL, kept_backwards, "stored lines were to be kept for the span from 1780531200000000 to "},
    {NULL, kept_nothing, "stored lines were to be kept for the span from 1780272000000000 to 1780272000000000, which "},
    {NULL, kept_without_midnight, "stored lines were to be kept for the span from 1780275600000000 to "},
    {NULL, kept_after_a_refusal, "billing lines were handed over for the span from 1780272000000000 to "},
    {NULL, billed_after_a_bad_keep, "stored lines were to be kept for the span from 1780272000000000 to "},
    {NULL, kept_but_one, "module 'fake' handed over no bill for 2026-06-02, although"},
    {NULL, null_lines, "1 billing lines were handed over, but the lines are NULL"},
    {NULL, null_line, "billing line 1 of 1 is NULL"},
    {NULL, short_line, "billing line 1 has 16 bytes, at least "},
    {NULL, equal_lines, "tenant 'acme': "},
    {NULL, nothing, "module 'fake' handed over no bill for 2026-06-01 and 2 other days, although"},
    {NULL, middle_left_out, "module 'fake' handed over no bill for 2026-06-02, although"},
};

Test(gather, what_is_refused_ends_it_whatever_the_module_answers) {
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        struct bench bench;
        struct cg_gather_result result = {0};
        bench_open(&bench);
        inventory = refusals[i].inventory;
        bill = refusals[i].bill;
        cr_assert_neq(gather(&bench, &result), CG_OK, "%s", refusals[i].text);
        cr_assert_eq(strncmp(bench.error.text, refusals[i].text, strlen(refusals[i].text)), 0, "case %zu: %s", i,
                     bench.error.text);
        bench_close(&bench);
    }
}

static void in_three_spans(const struct cg_gather *gather) {
    (void)cover(gather, "2026-06-03", END);
    (void)cover(gather, START, "2026-06-02");
    (void)cover(gather, "2026-06-02", "2026-06-03");
}

Test(gather, every_day_covered_in_any_order_is_fine) {
    struct bench bench;
    struct cg_gather_result result = {0};
    bench_open(&bench);
    inventory = NULL;
    bill = in_three_spans;
    cr_assert_eq(gather(&bench, &result), CG_OK, "%s", bench.error.text);
    bench_close(&bench);
}

/* ---- days whose bill is not known ---- */

static void bill_all(const struct cg_gather *gather) {
    for (int day = 0; day < 3; day++) {
        const int64_t start = at(START) + day * DAY;
        struct cg_billing_line line = line_of(START, "", "r", "P", "1.50");
        const struct cg_billing_line *const lines[] = {&line};
        line.timestamp = start;
        cr_assert_eq(gather->billing(gather, start, start + DAY, lines, 1), CG_OK);
    }
}

static void keep_silently(const struct cg_gather *gather) {
    cr_assert_eq(keep(gather, START, "2026-06-02"), CG_OK);
    cr_assert_eq(cover(gather, "2026-06-02", "2026-06-03"), CG_OK);
    cr_assert_eq(keep(gather, "2026-06-03", END), CG_OK);
}

static void keep_with_reason(const struct cg_gather *gather) {
    cr_assert_eq(gather->keep(gather, at(START), at("2026-06-02"), CG_TEMPORARY, "the source is silent"), CG_OK);
    cr_assert_eq(cover(gather, "2026-06-02", "2026-06-03"), CG_OK);
    cr_assert_eq(gather->keep(gather, at("2026-06-03"), at(END), CG_AUTH, NULL), CG_OK);
}

static const struct {
    const char *name;
    void (*bill)(const struct cg_gather *gather);
    uint64_t failed;
    const char *told;
} keepers[] = {
    {"the source knows nothing of them", keep_silently, 0, NULL},
    {"the source failed", keep_with_reason, 2, "the source is silent\n"},
};

/* The lines of kept days stay, those of a day without cost go, and a failure makes the run partial. */
Test(gather, kept_days_stay_as_they_are) {
    for (size_t i = 0; i < sizeof keepers / sizeof *keepers; i++) {
        struct bench bench;
        struct cg_gather_result result = {0};
        bench_open(&bench);
        inventory = NULL;
        bill = bill_all;
        cr_assert_eq(gather(&bench, &result), CG_OK, "%s", bench.error.text);
        bill = keepers[i].bill;
        cr_assert_eq(gather(&bench, &result), CG_OK, "%s: %s", keepers[i].name, bench.error.text);
        assert_rows(&bench.stage, "SELECT timestamp || ' ' || total_cost FROM ccloud_billing ORDER BY 1",
                    "2026-06-01 00:00:00 1.50\n2026-06-03 00:00:00 1.50");
        assert_rows(&bench.stage, "SELECT COUNT(*) FROM cg_billing_revisions", "0");
        cr_assert_eq(result.failed_families, keepers[i].failed, "%s", keepers[i].name);
        if (keepers[i].told)
            cr_assert_eq(strncmp(bench.errors, keepers[i].told, strlen(keepers[i].told)), 0, "%s", bench.errors);
        else
            cr_assert_str_empty(bench.errors, "%s", keepers[i].name);
        bench_close(&bench);
    }
}

static void keep_all(const struct cg_gather *gather) {
    cr_assert_eq(keep(gather, START, END), CG_OK);
}

/* A window of which nothing was ever known is no bill of nothing that is marked as changed. */
Test(gather, an_empty_window_can_be_kept) {
    struct bench bench;
    struct cg_gather_result result = {0};
    bench_open(&bench);
    inventory = NULL;
    bill = keep_all;
    cr_assert_eq(gather(&bench, &result), CG_OK, "%s", bench.error.text);
    assert_rows(&bench.stage, "SELECT COUNT(*) FROM ccloud_billing", "0");
    assert_rows(&bench.stage, "SELECT COUNT(*) FROM pipeline_state WHERE chargeback_calculated = 1", "0");
    bench_close(&bench);
}

/* ---- batches ---- */

/* Somebody else writes while the module is at work: the lock must be free. */
static void write_outside(const char *key) {
    char sql[256];
    snprintf(sql, sizeof sql,
             "INSERT INTO pipeline_runs (tenant_name, started_at, status, dates_gathered, dates_calculated, "
             "rows_written) VALUES ('%s', '2026-06-01', 'completed', 0, 0, 0)",
             key);
    stage_run(&current->stage, sql);
}

static const char *count_of(const char *table) {
    char sql[64];
    snprintf(sql, sizeof sql, "SELECT COUNT(*) FROM %s", table);
    return stage_rows(&current->stage, sql);
}

/* One row more than a batch holds; what the database has meanwhile is seen through another connection. */
static void fill_batch(const struct cg_gather *gather) {
    char id[32];
    char value[32];
    struct cg_field field = {.key = "k", .value = value, .kind = CG_FIELD_STRING};
    for (int i = 0; i < CG_GATHER_BATCH_ROWS + 1; i++) {
        snprintf(id, sizeof id, "r-%d", i);
        snprintf(value, sizeof value, "v-%d", i);
        struct cg_resource resource = resource_of(id);
        resource.field_count = 1;
        resource.fields = &field;
        cr_assert_eq(gather->resource(gather, &resource), CG_OK);
        if (i == 0) {
            write_outside("one row waits");
            cr_assert_str_eq(count_of("resources"), "0", "a row was written alone");
        }
    }
}

static void many_rows(const struct cg_gather *gather) {
    fill_batch(gather);
    cr_assert_str_eq(count_of("resources"), "500", "a full batch was not written");
    write_outside("one more waits");
    cr_assert_eq(gather->family(gather, "thing", CG_OK, NULL), CG_OK);
    cr_assert_str_eq(count_of("resources"), "501", "a family ended, but not all of it was written");
    struct cg_identity identity = identity_of("u-1");
    cr_assert_eq(gather->identity(gather, &identity), CG_OK);
    write_outside("an identity waits");
}

static void check_identity_first(const struct cg_gather *gather) {
    cr_assert_str_eq(count_of("identities"), "1", "the inventory was not written at its end");
    struct cg_identity identity = identity_of("u-2");
    cr_assert_eq(gather->identity(gather, &identity), CG_OK);
    (void)cover(gather, START, END);
    cr_assert_str_eq(count_of("identities"), "2", "what waited was not written before the bill");
    identity.id = "u-3";
    cr_assert_eq(gather->identity(gather, &identity), CG_OK);
}

Test(gather, rows_are_copied_and_written_in_batches_without_holding_the_lock) {
    struct bench bench;
    struct cg_gather_result result = {0};
    bench_open(&bench);
    inventory = many_rows;
    bill = check_identity_first;
    cr_assert_eq(gather(&bench, &result), CG_OK, "%s", bench.error.text);
    cr_assert_eq(result.resources, CG_GATHER_BATCH_ROWS + 1);
    cr_assert_eq(result.identities, 3);
    cr_assert_str_eq(count_of("identities"), "3");
    cr_assert_str_eq(stage_rows(&bench.stage, "SELECT metadata_json FROM resources WHERE resource_id = 'r-7'"),
                     "{\"k\": \"v-7\"}");
    bench_close(&bench);
}

/* ---- names that no database should get ---- */

#define LONG_ID 3000

static void odd_inventory(const struct cg_gather *gather) {
    static const struct cg_field field = {.key = "k\xff", .value = "v\xff\n", .kind = CG_FIELD_STRING};
    struct cg_resource resource = resource_of("r-\xff");
    struct cg_identity identity = identity_of("u-1\nu-2");
    char id[LONG_ID + 1];
    memset(id, 'x', LONG_ID);
    id[LONG_ID] = '\0';
    resource.type = "th\xfeing";
    resource.display_name = "one\ntwo\xff";
    resource.parent_id = "r-\xff";
    resource.owner_id = "u-1\nu-2";
    resource.cloud = "\x01";
    resource.region = "eu\x7f";
    resource.fields = &field;
    resource.field_count = 1;
    cr_assert_eq(gather->resource(gather, &resource), CG_OK);
    cr_assert_eq(gather->family(gather, "th\xfeing", CG_OK, NULL), CG_OK);
    cr_assert_eq(gather->identity(gather, &identity), CG_OK);
    identity.id = id;
    cr_assert_eq(gather->identity(gather, &identity), CG_OK);
    cr_assert_eq(gather->family(gather, "user", CG_OK, NULL), CG_OK);
}

/* Three lines whose keys differ in what is not clean, or far behind, only. */
static void odd_bill(const struct cg_gather *gather) {
    char id[LONG_ID + 1];
    struct cg_billing_line lines[4];
    const struct cg_billing_line *pointers[4];
    memset(id, 'x', LONG_ID);
    id[LONG_ID] = '\0';
    for (size_t i = 0; i < 4; i++) {
        lines[i] = line_of(START, "env", i == 0 ? "r-\xff" : i == 1 ? "r-\xfe" : i == 2 ? id : "fine", "P", "1");
        pointers[i] = &lines[i];
    }
    lines[1].product_type = "P\n";
    lines[1].currency = "\xa4";
    cr_assert_eq(gather->billing(gather, at(START), at("2026-06-02"), pointers, 4), CG_OK);
    (void)cover(gather, "2026-06-02", END);
}

/* Nothing is lost, all that belongs together stays together, and a second gather finds what the first one stored. */
Test(gather, names_that_are_not_fit_are_mended) {
    struct bench bench;
    struct cg_gather_result result = {0};
    bench_open(&bench);
    inventory = odd_inventory;
    bill = odd_bill;
    for (int i = 0; i < 2; i++) {
        cr_assert_eq(gather(&bench, &result), CG_OK, "%s", bench.error.text);
        cr_assert_eq(result.deleted, 0);
        cr_assert_eq(result.failed_families, 0);
        cr_assert_eq(i ? result.billing.unchanged : result.billing.inserted, 4);
        cr_assert_eq(result.billing.updated + result.billing.deleted, 0);
    }
    assert_rows(
        &bench.stage,
        "SELECT substr(resource_id, 1, 4) || ' ' || substr(resource_type, 1, 7) || ' ' || display_name || ' ' || "
        "substr(cloud, 1, 2) || ' ' || substr(region, 1, 4) || ' ' || length(resource_id) || ' ' || "
        "metadata_json FROM resources",
        "r-?~ th?ing~ one?two? ?~ eu?~ 16 {\"k\\ufffd\": \"v\\ufffd\\n\"}");
    assert_rows(&bench.stage,
                "SELECT COUNT(*) FROM resources r JOIN identities i ON i.identity_id = r.owner_id WHERE "
                "r.parent_id = r.resource_id",
                "1");
    assert_rows(&bench.stage, "SELECT length(identity_id) FROM identities WHERE identity_id LIKE 'x%'", "1024");
    assert_rows(&bench.stage, "SELECT COUNT(DISTINCT resource_id) FROM ccloud_billing", "4");
    assert_rows(&bench.stage, "SELECT COUNT(*) FROM ccloud_billing b JOIN resources r ON r.resource_id = b.resource_id",
                "1");
    assert_rows(&bench.stage,
                "SELECT substr(product_type, 1, 3) || substr(currency, 1, 2) FROM ccloud_billing WHERE product_type <> "
                "'P'",
                "P?~?~");
    assert_rows(&bench.stage, "SELECT length(resource_id) FROM ccloud_billing WHERE resource_id LIKE 'x%'", "512");
    cr_assert(strstr(stage_log(&bench.stage), "module 'fake' handed over 14 names that hold control characters, are no "
                                              "UTF-8 or are too long;"),
              "%s", stage_log(&bench.stage));
    bench_close(&bench);
}

static int with_second_thing;

static void long_types(const struct cg_gather *gather) {
    struct cg_resource resource = resource_of("r-1");
    resource.type = long_type();
    cr_assert_eq(gather->resource(gather, &resource), CG_OK);
    resource.id = "r-2";
    if (with_second_thing)
        cr_assert_eq(gather->resource(gather, &resource), CG_OK);
    cr_assert_eq(gather->family(gather, long_type(), CG_OK, NULL), CG_OK);
}

static void empty_bill(const struct cg_gather *gather) {
    (void)cover(gather, START, END);
}

/* A type that is too long ends no gather, and a listing of it is complete like any other. */
Test(gather, types_that_are_too_long_are_families) {
    struct bench bench;
    struct cg_gather_result result = {0};
    bench_open(&bench);
    inventory = long_types;
    bill = empty_bill;
    for (with_second_thing = 1; with_second_thing >= 0; with_second_thing--) {
        later = with_second_thing ? 0 : HOUR;
        cr_assert_eq(gather(&bench, &result), CG_OK, "%s", bench.error.text);
        cr_assert_eq(result.deleted, !with_second_thing);
    }
    assert_rows(
        &bench.stage,
        "SELECT resource_id || ' ' || length(resource_type) || ' ' || status FROM resources ORDER BY resource_id",
        "r-1 255 active\nr-2 255 deleted");
    bench_close(&bench);
}
