#include "engine/newcomers.h"

#include "bench.h"

#define DAY_1 "2026-06-01"
#define DAY_2 "2026-06-02"

/* Two functions of the store, which fail when they are told to. */
static int put_fails_at; /* the call that fails, counted from 1; 0: none */
static int written;
static int write_fails;

/* NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp): the linker wants these names */
cg_status __real_cg_store_put_identity(struct cg_store *store, const struct cg_identity *identity, int64_t seen_at,
                                       struct cg_error *error);
cg_status __wrap_cg_store_put_identity(struct cg_store *store, const struct cg_identity *identity, int64_t seen_at,
                                       struct cg_error *error);
cg_status __wrap_cg_store_put_identity(struct cg_store *store, const struct cg_identity *identity, int64_t seen_at,
                                       struct cg_error *error) {
    if (++written == put_fails_at)
        return cg_error_set(error, CG_TEMPORARY, "the identity cannot be written");
    return __real_cg_store_put_identity(store, identity, seen_at, error);
}

cg_status __real_cg_store_write_date(struct cg_store *store, const struct cg_date_result *result, uint64_t *ret_rows,
                                     int32_t *ret_changed, struct cg_error *error);
cg_status __wrap_cg_store_write_date(struct cg_store *store, const struct cg_date_result *result, uint64_t *ret_rows,
                                     int32_t *ret_changed, struct cg_error *error);
cg_status __wrap_cg_store_write_date(struct cg_store *store, const struct cg_date_result *result, uint64_t *ret_rows,
                                     int32_t *ret_changed, struct cg_error *error) {
    if (write_fails)
        return cg_error_set(error, CG_PERMANENT, "the date cannot be written");
    return __real_cg_store_write_date(store, result, ret_rows, ret_changed, error);
}
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */

/* ---- who is met ---- */

static int asked;
static int resolver_fails;

static cg_status meet(const struct cg_identity_resolver *self, const struct cg_resolution_context *context,
                      const struct cg_resolution_sink *sink) {
    static const struct cg_field fields[] = {{"team", "blue", CG_FIELD_STRING, 0}, {"seats", "7", CG_FIELD_NUMBER, 0}};
    const struct cg_identity people[] = {
        {.struct_size = sizeof *people,
         .id = "ann",
         .type = "principal",
         .display_name = "Ann",
         .created_at = CG_TIME_NONE,
         .deleted_at = CG_TIME_NONE,
         .fields = fields,
         .field_count = 2},
        {.struct_size = sizeof *people,
         .id = "bob",
         .type = "principal",
         .created_at = CG_TIME_NONE,
         .deleted_at = CG_TIME_NONE},
    };
    (void)self;
    (void)context;
    asked++;
    for (size_t i = 0; i < 2; i++)
        if (sink->add_derived(sink, &people[i]) != CG_OK)
            return CG_NO_MEMORY;
    return resolver_fails ? CG_PERMANENT : CG_OK;
}

static const struct cg_identity_resolver meeting = {
    {sizeof meeting, CG_OVERRIDE_MAGIC, CG_OVERRIDE_IDENTITY_RESOLVER, CG_ABI_MAJOR, CG_ABI_MINOR},
    "meets two",
    meet,
    NULL};

static const struct cg_service service = {.struct_size = sizeof service, .service_type = "s"};

static void open_bench(struct bench *bench, uint32_t flags) {
    put_fails_at = written = write_fails = asked = resolver_fails = 0;
    bench_open(bench);
    bench->ecosystem.flags |= flags;
    bench_bind(bench, "P", &service, &bench_allocator, &meeting);
    bench_bind(bench, "Q", &service, &bench_allocator, &meeting);
    for (int i = 0; i < 2; i++) {
        const char *date = i ? DAY_2 : DAY_1;
        const struct cg_billing_line lines[] = {line_of(date, "", "r", "P", "1"), line_of(date, "", "r", "Q", "2")};
        bench_bill(bench, date, lines, 2);
    }
    written = 0;
}

/* One calculation for dates one after the other, as in a run. */
static struct cg_calculation *start(struct bench *bench) {
    struct cg_calculation_options options = bench_options(bench, DAY_1);
    struct cg_calculation *calculation = NULL;
    cr_assert_eq(cg_calculation_new(&options, &calculation, &bench->error), CG_OK, "%s", bench->error.text);
    return calculation;
}

static cg_status compute(struct bench *bench, struct cg_calculation *calculation, const char *date,
                         struct cg_date_outcome *ret) {
    cg_error_clear(&bench->error);
    *ret = (struct cg_date_outcome){0};
    return cg_calculate_date(calculation, at(date), 0, ret, &bench->error);
}

static void assert_computed(struct bench *bench, struct cg_calculation *calculation, const char *date) {
    struct cg_date_outcome outcome;
    cr_assert_eq(compute(bench, calculation, date, &outcome), CG_OK, "%s: %s", date, bench->error.text);
    cr_assert_not(outcome.is_current, "%s", date);
}

static const char all[] = "SELECT identity_id || ' ' || identity_type || ' ' || COALESCE(display_name, '-') || ' ' || "
                          "COALESCE(metadata_json, '-') FROM identities ORDER BY identity_id";
#define BOTH "ann principal Ann {\"team\": \"blue\", \"seats\": 7}\nbob principal - -"

/* ---- what becomes of them ---- */

Test(newcomers, are_stored_once_with_their_fields) {
    struct bench bench;
    open_bench(&bench, CG_ECOSYSTEM_MEASURED_IDENTITIES);
    struct cg_calculation *calculation = start(&bench);
    assert_computed(&bench, calculation, DAY_1);
    assert_rows(&bench.stage, all, BOTH);
    assert_computed(&bench, calculation, DAY_2);
    assert_rows(&bench.stage, all, BOTH);
    cr_assert_eq(written, 2, "stored %d times: two products and two dates met the same two", written);
    cg_calculation_free(calculation);
    /* The next run finds them in the inventory. */
    calculation = start(&bench);
    struct cg_date_outcome outcome;
    cr_assert_eq(cg_calculate_date(calculation, at(DAY_1), 1, &outcome, &bench.error), CG_OK, "%s", bench.error.text);
    cr_assert_eq(written, 2);
    cg_calculation_free(calculation);
    bench_close(&bench);
}

Test(newcomers, of_an_ecosystem_with_an_inventory_of_its_own_are_not_stored) {
    struct bench bench;
    open_bench(&bench, 0);
    struct cg_calculation *calculation = start(&bench);
    assert_computed(&bench, calculation, DAY_1);
    cr_assert_gt(asked, 0);
    assert_rows(&bench.stage, all, "");
    cg_calculation_free(calculation);
    bench_close(&bench);
}

Test(newcomers, of_a_story_that_is_told_are_not_stored) {
    struct bench bench;
    open_bench(&bench, CG_ECOSYSTEM_MEASURED_IDENTITIES);
    struct cg_calculation *calculation = start(&bench);
    cr_assert_eq(cg_calculate_tell(calculation, at(DAY_1), NULL, NULL, NULL, &bench.error), CG_OK, "%s",
                 bench.error.text);
    assert_rows(&bench.stage, all, "");
    cg_calculation_free(calculation);
    bench_close(&bench);
}

/* ---- dates and people ---- */

static void add_person(struct bench *bench, const char *id) {
    const struct cg_identity identity = {.struct_size = sizeof identity,
                                         .id = id,
                                         .type = "principal",
                                         .created_at = CG_TIME_NONE,
                                         .deleted_at = CG_TIME_NONE};
    assert_ok(&bench->stage,
              __real_cg_store_put_identity(bench->stage.store, &identity, at(DAY_2), &bench->stage.error));
}

static const struct {
    const char *name;
    uint32_t flags;
    int32_t overrides_resolver;
    int32_t overrides_allocator;
    int32_t is_current;
} comings[] = {
    {"who there is follows from metrics", CG_ECOSYSTEM_MEASURED_IDENTITIES, 0, 0, 1},
    {"an override of the resolver may look at people", CG_ECOSYSTEM_MEASURED_IDENTITIES, 1, 0, 0},
    {"an override of the allocator may look at people", CG_ECOSYSTEM_MEASURED_IDENTITIES, 0, 1, 0},
    {"people count", 0, 0, 0, 0},
};

Test(newcomers, a_date_is_computed_again_only_where_people_count) {
    for (size_t i = 0; i < sizeof comings / sizeof *comings; i++) {
        struct bench bench;
        struct cg_date_outcome outcome;
        open_bench(&bench, comings[i].flags);
        bench.bindings[0].resolver_callee.overrides = comings[i].overrides_resolver;
        bench.bindings[0].allocator_callee.overrides = comings[i].overrides_allocator;
        /* Whoever the date itself brought is there from the second run on. */
        for (int run = 0; run < 2; run++) {
            struct cg_calculation *calculation = start(&bench);
            cr_assert_eq(compute(&bench, calculation, DAY_1, &outcome), CG_OK, "%s", bench.error.text);
            cg_calculation_free(calculation);
        }
        struct cg_calculation *calculation = start(&bench);
        cr_assert_eq(compute(&bench, calculation, DAY_1, &outcome), CG_OK, "%s", bench.error.text);
        cr_assert(outcome.is_current, "%s: nothing changed", comings[i].name);
        cg_calculation_free(calculation);
        add_person(&bench, "somebody else");
        calculation = start(&bench);
        cr_assert_eq(compute(&bench, calculation, DAY_1, &outcome), CG_OK, "%s", bench.error.text);
        cr_assert_eq(outcome.is_current, comings[i].is_current, "%s", comings[i].name);
        cg_calculation_free(calculation);
        bench_close(&bench);
    }
}

/* ---- failures ---- */

static void assert_nothing(struct bench *bench, const char *what) {
    cr_assert_str_eq(stage_rows(&bench->stage, all), "", "%s: somebody was stored", what);
    cr_assert_str_eq(stage_rows(&bench->stage, "SELECT COUNT(*) FROM chargeback_facts"), "0", "%s", what);
}

static const struct {
    const char *name;
    int put_fails_at;
    int write_fails;
} failures[] = {
    {"the first cannot be written", 1, 0},
    {"the second cannot be written", 2, 0},
    {"the rows cannot be written", 0, 1},
};

/* A date that failed leaves nobody behind, and the next one brings those it meets, too. */
Test(newcomers, come_with_their_date_or_not_at_all) {
    for (size_t i = 0; i < sizeof failures / sizeof *failures; i++) {
        struct bench bench;
        struct cg_date_outcome outcome;
        open_bench(&bench, CG_ECOSYSTEM_MEASURED_IDENTITIES);
        struct cg_calculation *calculation = start(&bench);
        put_fails_at = failures[i].put_fails_at;
        write_fails = failures[i].write_fails;
        cr_assert_neq(compute(&bench, calculation, DAY_1, &outcome), CG_OK, "%s", failures[i].name);
        assert_nothing(&bench, failures[i].name);
        put_fails_at = write_fails = 0;
        assert_computed(&bench, calculation, DAY_2);
        assert_rows(&bench.stage, all, BOTH);
        assert_computed(&bench, calculation, DAY_1);
        assert_rows(&bench.stage, all, BOTH);
        cg_calculation_free(calculation);
        bench_close(&bench);
    }
}

/* What a resolver said before it failed does not count, and the line's cost is UNALLOCATED. */
Test(newcomers, of_a_resolver_that_failed_are_not_stored) {
    struct bench bench;
    open_bench(&bench, CG_ECOSYSTEM_MEASURED_IDENTITIES);
    resolver_fails = 1;
    struct cg_calculation *calculation = start(&bench);
    assert_computed(&bench, calculation, DAY_1);
    assert_rows(&bench.stage, all, "");
    resolver_fails = 0;
    assert_computed(&bench, calculation, DAY_2);
    assert_rows(&bench.stage, all, BOTH);
    cg_calculation_free(calculation);
    bench_close(&bench);
}

/* ---- alone ---- */

Test(newcomers, many_are_taken_once_each) {
    char ids[300][16];
    struct cg_identity people[300];
    const struct cg_identity *items[300];
    const struct cg_identity_list everybody = {items, 300};
    const struct cg_identity_list half = {items, 150};
    struct cg_error error = {0};
    struct cg_newcomers *newcomers = cg_newcomers_new();
    cr_assert_not_null(newcomers);
    for (size_t i = 0; i < 300; i++) {
        snprintf(ids[i], sizeof ids[i], "i-%03zu", i);
        people[i] = (struct cg_identity){.struct_size = sizeof *people, .id = ids[i], .type = "t"};
        items[i] = &people[i];
    }
    for (int i = 0; i < 2; i++)
        cr_assert_eq(cg_newcomers_add(newcomers, &everybody, &half, &error), CG_OK);
    cr_assert_eq(cg_newcomers_count(newcomers), 150);
    cg_newcomers_forget(newcomers);
    cr_assert_eq(cg_newcomers_count(newcomers), 0);
    cr_assert_eq(cg_newcomers_add(newcomers, &everybody, &half, &error), CG_OK);
    cr_assert_eq(cg_newcomers_count(newcomers), 150, "who was forgotten is taken again");
    cg_newcomers_kept(newcomers);
    cr_assert_eq(cg_newcomers_add(newcomers, &everybody, &half, &error), CG_OK);
    cr_assert_eq(cg_newcomers_count(newcomers), 0, "who was kept is not");
    cg_newcomers_forget(newcomers);
    cr_assert_eq(cg_newcomers_add(newcomers, &everybody, &half, &error), CG_OK);
    cr_assert_eq(cg_newcomers_count(newcomers), 0, "nothing was dropped, so nothing is forgotten");
    cg_newcomers_free(newcomers);
    cg_newcomers_free(NULL);
}
