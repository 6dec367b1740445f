#include "store/sweep.h"
#include "support.h"

#define START "2026-02-01T10:00:00"
#define NOW "2026-02-01T10:05:00"

#define DEAD                                                                                                          \
    "SELECT resource_id || ' ' || status || ' ' || deleted_at FROM resources WHERE deleted_at IS NOT NULL UNION ALL " \
    "SELECT identity_id || ' ' || deleted_at FROM identities WHERE deleted_at IS NOT NULL ORDER BY 1"

static struct cg_swept sweep(struct stage *stage, const char *family, int32_t is_identity, uint64_t seen,
                             int64_t threshold) {
    const struct cg_sweep request = {family, is_identity, seen, threshold, at(START), at(NOW)};
    struct cg_swept swept = {99, 99, 99};
    assert_ok(stage, cg_store_sweep(stage->store, &request, &swept, &stage->error));
    return swept;
}

static void assert_swept(struct cg_swept swept, uint64_t deleted, uint64_t spared, int64_t empty, const char *name) {
    cr_assert_eq(swept.deleted, deleted, "%s: %llu deleted", name, (unsigned long long)swept.deleted);
    cr_assert_eq(swept.spared, spared, "%s: %llu spared", name, (unsigned long long)swept.spared);
    cr_assert_eq(swept.empty_gathers, empty, "%s: %lld empty", name, (long long)swept.empty_gathers);
}

/* Three clusters, one of them listed; connectors; two users and what belongs to nobody. */
static void furnish(struct stage *stage) {
    stage_init(stage);
    stage_open(stage);
    stage_run(
        stage,
        "INSERT INTO resources (ecosystem, tenant_id, resource_id, resource_type, status, created_at, deleted_at, "
        "last_seen_at) VALUES "
        "('confluent_cloud', 't-1', 'lkc-never', 'kafka_cluster', 'active', NULL, NULL, NULL), "
        "('confluent_cloud', 't-1', 'lkc-old', 'kafka_cluster', 'active', '2026-01-01 00:00:00.000000', NULL, "
        "'2026-02-01 09:00:00.000000'), "
        "('confluent_cloud', 't-1', 'lkc-seen', 'kafka_cluster', 'active', NULL, NULL, "
        "'2026-02-01 10:00:00.000000'), "
        "('confluent_cloud', 't-1', 'lkc-future', 'kafka_cluster', 'active', '2026-03-01 00:00:00.000000', NULL, "
        "'2026-02-01 09:00:00.000000'), "
        "('confluent_cloud', 't-1', 'lkc-dead', 'kafka_cluster', 'deleted', NULL, '2026-01-15 00:00:00.000000', "
        "'2026-01-14 00:00:00.000000'), "
        "('confluent_cloud', 't-1', 'lcc-1', 'connector', 'active', NULL, NULL, '2026-02-01 09:00:00.000000'), "
        "('confluent_cloud', 't-2', 'lkc-old', 'kafka_cluster', 'active', NULL, NULL, NULL); "
        "INSERT INTO identities (ecosystem, tenant_id, identity_id, identity_type, last_seen_at) VALUES "
        "('confluent_cloud', 't-1', 'u-1', 'user', '2026-02-01 09:00:00.000000'), "
        "('confluent_cloud', 't-1', 'UNALLOCATED', 'user', NULL), "
        "('confluent_cloud', 't-1', 'root', 'system', NULL)");
}

Test(store_sweep, what_a_listing_did_not_show_is_gone) {
    struct stage stage;
    furnish(&stage);
    assert_swept(sweep(&stage, "kafka_cluster", 0, 1, CG_SWEEP_NEVER), 3, 0, 0, "clusters");
    assert_rows(&stage, DEAD,
                "lkc-dead deleted 2026-01-15 00:00:00.000000\nlkc-future deleted 2026-03-01 00:00:00.000000\n"
                "lkc-never deleted 2026-02-01 10:05:00.000000\nlkc-old deleted 2026-02-01 10:05:00.000000");
    assert_swept(sweep(&stage, "kafka_cluster", 0, 1, CG_SWEEP_NEVER), 0, 0, 0, "again");
    /* Whoever is seen again lives again. */
    const struct cg_resource cluster = {.struct_size = sizeof cluster,
                                        .id = "lkc-old",
                                        .type = "kafka_cluster",
                                        .created_at = CG_TIME_NONE,
                                        .deleted_at = CG_TIME_NONE};
    assert_ok(&stage, cg_store_put_resource(stage.store, &cluster, at(NOW), &stage.error));
    assert_swept(sweep(&stage, "kafka_cluster", 0, 1, 1), 0, 0, 0, "revived");
    assert_rows(&stage,
                "SELECT status || ' ' || created_at || ' ' || coalesce(deleted_at, '-') FROM resources WHERE "
                "resource_id = 'lkc-old' AND tenant_id = 't-1'",
                "active 2026-01-01 00:00:00.000000 -");
    stage_done(&stage);
}

Test(store_sweep, what_belongs_to_nobody_is_never_marked) {
    struct stage stage;
    furnish(&stage);
    assert_swept(sweep(&stage, "user", 1, 0, CG_SWEEP_TRUST), 1, 0, 1, "users");
    assert_swept(sweep(&stage, "system", 1, 0, CG_SWEEP_TRUST), 0, 0, 0, "system");
    assert_rows(&stage, DEAD, "lkc-dead deleted 2026-01-15 00:00:00.000000\nu-1 2026-02-01 10:05:00.000000");
    assert_swept(sweep(&stage, "user", 1, 0, 3), 0, 0, 0, "nobody left");
    assert_rows(&stage, "SELECT sum(empty_gathers) FROM cg_families", "0");
    stage_done(&stage);
}

struct empty_case {
    const char *name;
    int64_t threshold;
    int deleted_at; /* the listing that deletes, from 1; 0: none */
};

static const struct empty_case empty_cases[] = {
    {"trusted", CG_SWEEP_TRUST, 1}, {"never", CG_SWEEP_NEVER, 0}, {"zero", 0, 1}, {"one", 1, 1}, {"three", 3, 3}};

Test(store_sweep, empty_listings_in_a_row) {
    for (size_t i = 0; i < sizeof empty_cases / sizeof empty_cases[0]; i++) {
        const struct empty_case *row = &empty_cases[i];
        struct stage stage;
        furnish(&stage);
        int dead = 0;
        for (int listing = 1; listing <= 4; listing++) {
            struct cg_swept swept = sweep(&stage, "connector", 0, 0, row->threshold);
            if (dead)
                assert_swept(swept, 0, 0, 0, row->name);
            else if (listing == row->deleted_at)
                assert_swept(swept, 1, 0, listing, row->name);
            else
                assert_swept(swept, 0, 1, listing, row->name);
            dead = dead || listing == row->deleted_at;
            /* The count survives the process. */
            cg_store_close(stage.store);
            stage.store = NULL;
            stage_open(&stage);
        }
        assert_rows(&stage, "SELECT empty_gathers FROM cg_families", row->deleted_at ? "0" : "4");
        stage_done(&stage);
    }
}

Test(store_sweep, a_listing_that_shows_something_starts_the_count_anew) {
    struct stage stage;
    furnish(&stage);
    assert_swept(sweep(&stage, "connector", 0, 0, 3), 0, 1, 1, "first");
    assert_swept(sweep(&stage, "connector", 0, 0, 3), 0, 1, 2, "second");
    stage_run(&stage, "UPDATE resources SET last_seen_at = '2026-02-01 10:01:00.000000' WHERE resource_id = 'lcc-1'");
    assert_swept(sweep(&stage, "connector", 0, 1, 3), 0, 0, 0, "listed");
    stage_run(&stage, "UPDATE resources SET last_seen_at = '2026-02-01 09:01:00.000000' WHERE resource_id = 'lcc-1'");
    assert_swept(sweep(&stage, "connector", 0, 0, 3), 0, 1, 1, "first again");
    /* Resources and identities of one name are counted apart. */
    assert_swept(sweep(&stage, "connector", 1, 0, 3), 0, 0, 0, "identities");
    assert_rows(&stage, "SELECT family || is_identity || empty_gathers FROM cg_families", "connector01");
    const struct cg_sweep wrong = {"connector", 0, 0, -3, 0, 0};
    struct cg_swept swept;
    cr_assert_eq(cg_store_sweep(stage.store, &wrong, &swept, &stage.error), CG_INVALID);
    stage_done(&stage);
}
