#include "bench.h"

#define START "2026-06-01"
#define NOW "2026-07-01"

/* What the ecosystem hands over and reports: words of "r:ID" (a thing), "u:ID" (a user), "+FAMILY" (listed completely),
 * "-FAMILY" (could not be read), "!" (the gather function fails). */
static const char *inventory;
static const char *bill;

static void take(const struct cg_gather *gather, const char *word) {
    const struct cg_resource resource = {.struct_size = sizeof resource,
                                         .id = word + 2,
                                         .type = "thing",
                                         .created_at = CG_TIME_NONE,
                                         .deleted_at = CG_TIME_NONE};
    const struct cg_identity identity = {.struct_size = sizeof identity,
                                         .id = word + 2,
                                         .type = "user",
                                         .created_at = CG_TIME_NONE,
                                         .deleted_at = CG_TIME_NONE};
    if (*word == 'r')
        cr_assert_eq(gather->resource(gather, &resource), CG_OK, "%s", word);
    else if (*word == 'u')
        cr_assert_eq(gather->identity(gather, &identity), CG_OK, "%s", word);
    else if (*word == '+')
        cr_assert_eq(gather->family(gather, word + 1, CG_OK, NULL), CG_OK, "%s", word);
    else if (*word == '-')
        cr_assert_eq(gather->family(gather, word + 1, CG_AUTH, "403"), CG_OK, "%s", word);
}

static cg_status hand_over(const struct cg_gather *gather, const char *script) {
    char words[256];
    char *rest = NULL;
    snprintf(words, sizeof words, "%s", script);
    for (char *word = strtok_r(words, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
        if (*word == '!')
            return CG_TEMPORARY;
        take(gather, word);
    }
    return CG_OK;
}

static cg_status gather_inventory(void *instance, const struct cg_gather *gather) {
    (void)instance;
    return hand_over(gather, inventory);
}

static cg_status gather_billing(void *instance, const struct cg_gather *gather) {
    (void)instance;
    cr_assert_eq(gather->billing(gather, gather->billing_start, gather->billing_end, NULL, 0), CG_OK);
    return hand_over(gather, bill);
}

static cg_status gather(struct bench *bench, int64_t now, struct cg_gather_result *ret) {
    const struct cg_gather_options options = {.runtime = &bench->runtime,
                                              .store = bench->stage.store,
                                              .observer = &bench->observer,
                                              .now = now,
                                              .start = at(START),
                                              .end = at(START) + DAY};
    bench->ecosystem.gather_inventory = gather_inventory;
    bench->ecosystem.gather_billing = gather_billing;
    cg_error_clear(&bench->error);
    return cg_gather_run(&options, ret, &bench->error);
}

static const char before[] =
    "INSERT INTO resources (ecosystem, tenant_id, resource_id, resource_type, last_seen_at) VALUES "
    "('confluent_cloud', 't-1', 'r1', 'thing', '2026-06-30 00:00:00.000000'), "
    "('confluent_cloud', 't-1', 'r2', 'thing', NULL), "
    "('confluent_cloud', 't-1', 'r3', 'user', '2026-06-30 00:00:00.000000');"
    "INSERT INTO identities (ecosystem, tenant_id, identity_id, identity_type, last_seen_at) VALUES "
    "('confluent_cloud', 't-1', 'u1', 'user', '2026-06-30 00:00:00.000000'), "
    "('confluent_cloud', 't-1', 'u2', 'user', '2026-06-30 00:00:00.000000'), "
    "('confluent_cloud', 't-1', 'UNALLOCATED', 'system', NULL)";

static const char alive[] =
    "SELECT group_concat(id, ' ') FROM (SELECT resource_id AS id FROM resources WHERE deleted_at "
    "IS NULL AND status = 'active' UNION ALL SELECT identity_id FROM identities WHERE deleted_at "
    "IS NULL ORDER BY 1) ids";

static const struct {
    const char *name;
    const char *inventory;
    const char *bill;
    cg_status status;
    const char *alive;
    uint64_t deleted;
    const char *log; /* a part of it; NULL: nothing of deletions */
} gathers[] = {
    {"all are there", "r:r1 r:r2 +thing u:u1 u:u2 +user", "", CG_OK, "UNALLOCATED r1 r2 r3 u1 u2", 0, NULL},
    {"one of each is gone", "r:r1 +thing u:u2 +user", "", CG_OK, "UNALLOCATED r1 r3 u2", 2, NULL},
    {"one is new", "r:r9 r:r1 r:r2 +thing", "", CG_OK, "UNALLOCATED r1 r2 r3 r9 u1 u2", 0, NULL},
    {"nothing is reported", "r:r1 u:u1", "", CG_OK, "UNALLOCATED r1 r2 r3 u1 u2", 0, NULL},
    {"one cannot be read", "r:r1 -thing u:u1 +user", "", CG_OK, "UNALLOCATED r1 r2 r3 u1", 1, NULL},
    {"families among each other", "r:r1 u:u1 r:r2 u:u2 +user +thing", "", CG_OK, "UNALLOCATED r1 r2 r3 u1 u2", 0, NULL},
    {"a row after the report", "+thing r:r1", "", CG_OK, "UNALLOCATED r1 r3 u1 u2", 1, NULL},
    {"an empty listing is believed", "+thing", "", CG_OK, "UNALLOCATED r3 u1 u2", 2,
     "WARNING Zero resources:thing gathered for 1 consecutive runs — proceeding with deletion\n"},
    {"empty, of both kinds", "+user", "", CG_OK, "UNALLOCATED r1 r2", 3,
     "WARNING Zero identities:user gathered for 1 consecutive runs — proceeding with deletion\n"},
    {"empty, as it was before", "+nothing", "", CG_OK, "UNALLOCATED r1 r2 r3 u1 u2", 0, NULL},
    {"no system identity", "+system", "", CG_OK, "UNALLOCATED r1 r2 r3 u1 u2", 0, NULL},
    {"the gather fails", "r:r1 +thing !", "", CG_TEMPORARY, "UNALLOCATED r1 r2 r3 u1 u2", 0, NULL},
    {"listed with the bill", "r:r1", "u:u1 +user +thing", CG_OK, "UNALLOCATED r1 r3 u1", 2, NULL},
    {"the bill fails", "r:r1 +thing", "u:u1 +user !", CG_TEMPORARY, "UNALLOCATED r1 r3 u1 u2", 1, NULL},
};

Test(families, what_a_complete_listing_does_not_show_is_deleted) {
    for (size_t i = 0; i < sizeof gathers / sizeof *gathers; i++) {
        struct bench bench;
        struct cg_gather_result result = {0};
        bench_open(&bench);
        stage_run(&bench.stage, before);
        bench.tenant.zero_gather_deletion_threshold = -1; /* the default of a file that does not say */
        inventory = gathers[i].inventory;
        bill = gathers[i].bill;
        cr_expect_eq(gather(&bench, at(NOW), &result), gathers[i].status, "%s: %s", gathers[i].name, bench.error.text);
        cr_expect_str_eq(stage_rows(&bench.stage, alive), gathers[i].alive, "%s", gathers[i].name);
        cr_expect_eq(result.deleted, gathers[i].deleted, "%s", gathers[i].name);
        const char *log = stage_log(&bench.stage);
        cr_expect(gathers[i].log ? strstr(log, gathers[i].log) != NULL : !strstr(log, "Zero"), "%s: %s",
                  gathers[i].name, log);
        bench_close(&bench);
    }
}

Test(families, what_could_not_be_read_is_told) {
    struct bench bench;
    struct cg_gather_result result = {0};
    bench_open(&bench);
    inventory = "-thing -user";
    bill = "";
    cr_assert_eq(gather(&bench, at(NOW), &result), CG_OK, "%s", bench.error.text);
    cr_assert_eq(result.failed_families, 2);
    cr_assert_str_eq(bench.errors, "Handler thing gather failed: 403\nHandler user gather failed: 403\n");
    bench_close(&bench);
}

/* ---- empty listings, gather after gather ---- */

static const struct {
    const char *name;
    const char *inventories[5]; /* one gather each */
    int64_t threshold;
    const char *alive[5];
    const char *log;
} series[] = {
    {"believed the third time",
     {"+thing", "+thing", "+thing", "+thing"},
     3,
     {"r1 r2", "r1 r2", "NULL", "NULL"},
     "WARNING Zero resources:thing gathered but 2 active — skipping resources:thing deletion (consecutive: 1)\n"
     "WARNING Zero resources:thing gathered but 2 active — skipping resources:thing deletion (consecutive: 2)\n"
     "WARNING Zero resources:thing gathered for 3 consecutive runs — proceeding with deletion\n"},
    {"a failed listing counts for nothing",
     {"+thing", "-thing", "+thing"},
     2,
     {"r1 r2", "r1 r2", "NULL"},
     "WARNING Zero resources:thing gathered but 2 active — skipping resources:thing deletion (consecutive: 1)\n"
     "WARNING Zero resources:thing gathered for 2 consecutive runs — proceeding with deletion\n"},
    {"a listing begins anew",
     {"+thing", "r:r1 +thing", "+thing"},
     2,
     {"r1 r2", "r1", "r1"},
     "WARNING Zero resources:thing gathered but 2 active — skipping resources:thing deletion (consecutive: 1)\n"
     "WARNING Zero resources:thing gathered but 1 active — skipping resources:thing deletion (consecutive: 1)\n"},
    {"never",
     {"+thing", "+thing"},
     -1,
     {"r1 r2", "r1 r2"},
     "WARNING Zero resources:thing gathered but 2 active — skipping resources:thing deletion (consecutive: 1)\n"
     "WARNING Zero resources:thing gathered but 2 active — skipping resources:thing deletion (consecutive: 2)\n"},
    {"zero is one",
     {"+thing"},
     0,
     {"NULL"},
     "WARNING Zero resources:thing gathered for 1 consecutive runs — proceeding with deletion\n"},
};

Test(families, empty_listings_are_believed_when_there_were_enough) {
    for (size_t i = 0; i < sizeof series / sizeof *series; i++) {
        struct bench bench;
        bench_open(&bench);
        stage_run(&bench.stage, "INSERT INTO resources (ecosystem, tenant_id, resource_id, resource_type) VALUES "
                                "('confluent_cloud', 't-1', 'r1', 'thing'), ('confluent_cloud', 't-1', 'r2', 'thing')");
        bench.tenant.has_deletion_threshold = 1;
        bench.tenant.zero_gather_deletion_threshold = series[i].threshold;
        bill = "";
        for (size_t n = 0; n < 5 && series[i].inventories[n]; n++) {
            struct cg_gather_result result = {0};
            inventory = series[i].inventories[n];
            cr_assert_eq(gather(&bench, at(NOW) + (int64_t)n * HOUR, &result), CG_OK, "%s", bench.error.text);
            cr_expect_str_eq(stage_rows(&bench.stage, alive), series[i].alive[n], "%s: gather %zu", series[i].name, n);
        }
        cr_expect_str_eq(stage_log(&bench.stage), series[i].log, "%s", series[i].name);
        bench_close(&bench);
    }
}

/* The time of a deletion is that of the gather. */
Test(families, a_deletion_has_the_time_of_the_gather) {
    struct bench bench;
    struct cg_gather_result result = {0};
    bench_open(&bench);
    stage_run(&bench.stage, before);
    inventory = "r:r1 +thing";
    bill = "";
    cr_assert_eq(gather(&bench, at(NOW), &result), CG_OK, "%s", bench.error.text);
    assert_rows(&bench.stage, "SELECT status || ' ' || deleted_at FROM resources WHERE resource_id = 'r2'",
                "deleted 2026-07-01 00:00:00.000000");
    bench_close(&bench);
}
