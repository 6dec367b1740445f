#include "support.h"

#define RESOURCE_ROW                                                                                                 \
    "SELECT resource_id || ' ' || resource_type || ' ' || coalesce(display_name, 'NULL') || ' ' || "                 \
    "coalesce(parent_id, 'NULL') || ' ' || status || ' ' || coalesce(cloud, 'NULL') || ' ' || "                      \
    "coalesce(region, 'NULL') || ' ' || coalesce(created_at, 'NULL') || ' ' || coalesce(deleted_at, 'NULL') || ' ' " \
    "|| last_seen_at || ' ' || coalesce(metadata_json, 'NULL') FROM resources ORDER BY 1"

static struct cg_resource cluster(void) {
    static const struct cg_field fields[] = {{"spec", "Dedicated \xc3\xbc", CG_FIELD_STRING, 0}};
    return (struct cg_resource){.struct_size = sizeof(struct cg_resource),
                                .id = "lkc-1",
                                .type = "kafka_cluster",
                                .display_name = "",
                                .parent_id = "env-1",
                                .cloud = "aws",
                                .created_at = at("2026-01-02T03:04:05.000006"),
                                .deleted_at = CG_TIME_NONE,
                                .fields = fields,
                                .field_count = 1};
}

Test(store_inventory, a_resource_as_it_is_stored) {
    struct stage stage;
    stage_init(&stage);
    stage_open(&stage);
    struct cg_resource resource = cluster();
    assert_ok(&stage, cg_store_put_resource(stage.store, &resource, at("2026-02-01"), &stage.error));
    assert_rows(&stage, RESOURCE_ROW,
                "lkc-1 kafka_cluster  env-1 active aws NULL 2026-01-02 03:04:05.000006 NULL 2026-02-01 00:00:00.000000 "
                "{\"spec\": \"Dedicated \\u00fc\"}");
    stage_done(&stage);
}

Test(store_inventory, a_known_creation_time_is_kept_and_the_dead_come_back) {
    struct stage stage;
    stage_init(&stage);
    stage_open(&stage);
    struct cg_resource resource = cluster();
    assert_ok(&stage, cg_store_put_resource(stage.store, &resource, at("2026-02-01"), &stage.error));
    stage_run(&stage, "UPDATE resources SET status = 'deleted', deleted_at = '2026-02-02 00:00:00.000000'");
    resource.created_at = CG_TIME_NONE;
    resource.display_name = NULL;
    resource.fields = NULL;
    resource.field_count = 0;
    assert_ok(&stage, cg_store_put_resource(stage.store, &resource, at("2026-02-03"), &stage.error));
    assert_rows(&stage, RESOURCE_ROW,
                "lkc-1 kafka_cluster NULL env-1 active aws NULL 2026-01-02 03:04:05.000006 NULL 2026-02-03 "
                "00:00:00.000000 NULL");
    assert_ok(&stage, cg_store_put_resource(stage.store, &resource, at("2026-02-04"), &stage.error));
    assert_rows(&stage, "SELECT last_seen_at FROM resources", "2026-02-04 00:00:00.000000");
    stage_done(&stage);
}

Test(store_inventory, the_identity_of_what_belongs_to_nobody) {
    struct stage stage;
    stage_init(&stage);
    stage_open(&stage);
    assert_ok(&stage, cg_store_ensure_unallocated(stage.store, at("2026-01-01"), &stage.error));
    assert_rows(&stage, "SELECT identity_id || ' ' || identity_type || ' ' || display_name FROM identities",
                "UNALLOCATED system Unallocated Costs");
    stage_done(&stage);
}

struct life {
    const char *id;
    const char *created;
    const char *deleted;
    int alive; /* in [2026-01-10, 2026-01-11) */
};

static const struct life lives[] = {
    {"a-always", NULL, NULL, 1},
    {"b-created-at-end", "2026-01-11 00:00:00.000000", NULL, 0},
    {"c-created-before-end", "2026-01-10 23:59:59.999999", NULL, 1},
    {"d-deleted-at-start", NULL, "2026-01-10 00:00:00.000000", 0},
    {"e-deleted-after-start", NULL, "2026-01-10 00:00:00.000001", 1},
    {"f-within", "2026-01-10 06:00:00.000000", "2026-01-10 07:00:00.000000", 1},
    {"g-earlier", "2026-01-01 00:00:00.000000", "2026-01-02 00:00:00.000000", 0},
};

Test(store_inventory, lives_that_overlap_a_window) {
    struct stage stage;
    struct cg_identity_list list;
    char wanted[256] = "";
    char found[256] = "";
    stage_init(&stage);
    stage_open(&stage);
    assert_ok(&stage, cg_store_ensure_unallocated(stage.store, 0, &stage.error));
    for (size_t i = sizeof lives / sizeof lives[0]; i-- > 0;) {
        char sql[512];
        const char *quotes[] = {lives[i].created ? "'" : "", lives[i].deleted ? "'" : ""};
        snprintf(sql, sizeof sql,
                 "INSERT INTO identities VALUES ('confluent_cloud', 't-1', '%s', 'user', NULL, %s%s%s, %s%s%s, NULL, "
                 "'')",
                 lives[i].id, quotes[0], lives[i].created ? lives[i].created : "NULL", quotes[0], quotes[1],
                 lives[i].deleted ? lives[i].deleted : "NULL", quotes[1]);
        stage_run(&stage, sql);
    }
    for (size_t i = 0; i < sizeof lives / sizeof lives[0]; i++)
        if (lives[i].alive)
            snprintf(wanted + strlen(wanted), sizeof wanted - strlen(wanted), "%s ", lives[i].id);
    assert_ok(&stage, cg_store_identities_in(stage.store, at("2026-01-10"), at("2026-01-11"), stage.arena, &list,
                                             &stage.error));
    for (size_t i = 0; i < list.count; i++)
        snprintf(found + strlen(found), sizeof found - strlen(found), "%s ", list.items[i]->id);
    cr_assert_str_eq(found, wanted);
    stage_done(&stage);
}

Test(store_inventory, resources_by_type_and_parent) {
    struct stage stage;
    const struct cg_resource *const *list = NULL;
    size_t count = 0;
    stage_init(&stage);
    stage_open(&stage);
    struct cg_resource resource = cluster();
    assert_ok(&stage, cg_store_put_resource(stage.store, &resource, at("2026-02-01"), &stage.error));
    resource.id = "lcc-1";
    resource.type = "connector";
    resource.parent_id = "lkc-1";
    assert_ok(&stage, cg_store_put_resource(stage.store, &resource, at("2026-02-01"), &stage.error));
    static const struct {
        const char *type;
        const char *parent;
        const char *first;
        size_t count;
    } cases[] = {{NULL, NULL, "lcc-1", 2},
                 {"kafka_cluster", NULL, "lkc-1", 1},
                 {NULL, "lkc-1", "lcc-1", 1},
                 {"connector", "lkc-1", "lcc-1", 1},
                 {"connector", "env-1", NULL, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_ok(&stage, cg_store_resources_in(stage.store, at("2026-02-01"), at("2026-02-02"), cases[i].type,
                                                cases[i].parent, stage.arena, &list, &count, &stage.error));
        cr_assert_eq(count, cases[i].count, "case %zu", i);
        if (count)
            cr_assert_str_eq(list[0]->id, cases[i].first, "case %zu", i);
    }
    stage_done(&stage);
}

Test(store_inventory, found_by_id_whole) {
    struct stage stage;
    const struct cg_resource *found = NULL;
    const struct cg_identity *nobody = NULL;
    stage_init(&stage);
    stage_open(&stage);
    struct cg_resource resource = cluster();
    assert_ok(&stage, cg_store_put_resource(stage.store, &resource, at("2026-02-01"), &stage.error));
    assert_ok(&stage, cg_store_find_resource(stage.store, "lkc-1", stage.arena, &found, &stage.error));
    cr_assert_str_eq(found->display_name, "");
    cr_assert_str_eq(found->cloud, "aws");
    cr_assert_null(found->region);
    cr_assert_null(found->owner_id);
    cr_assert_eq(found->created_at, resource.created_at);
    cr_assert_eq(found->deleted_at, CG_TIME_NONE);
    cr_assert_str_eq(cg_field_value(found->fields, found->field_count, "spec"), "Dedicated \xc3\xbc");
    cr_assert_eq(cg_store_find_identity(stage.store, "u-1", stage.arena, &nobody, &stage.error), CG_NOT_FOUND);
    cr_assert_not_null(strstr(stage.error.text, "there is no identity 'u-1'"));
    stage_run(&stage, "UPDATE resources SET metadata_json = '{broken'");
    cr_assert_eq(cg_store_find_resource(stage.store, "lkc-1", stage.arena, &found, &stage.error), CG_PERMANENT);
    cr_assert_not_null(strstr(stage.error.text, "lkc-1"), "%s", stage.error.text);
    stage_done(&stage);
}

Test(store_inventory, a_batch_is_one_transaction) {
    struct stage stage;
    const struct cg_identity identity = {.struct_size = sizeof identity, .id = "u-1", .type = "user"};
    const struct cg_identity nameless = {.struct_size = sizeof nameless, .id = "", .type = "user"};
    stage_init(&stage);
    stage_open(&stage);
    assert_ok(&stage, cg_store_begin(stage.store, &stage.error));
    cr_assert_eq(cg_store_begin(stage.store, &stage.error), CG_INVALID);
    assert_ok(&stage, cg_store_put_identity(stage.store, &identity, 0, &stage.error));
    cr_assert_eq(cg_store_put_identity(stage.store, &nameless, 0, &stage.error), CG_INVALID);
    cg_store_rollback(stage.store);
    assert_rows(&stage, "SELECT count(*) FROM identities", "0");
    assert_ok(&stage, cg_store_begin(stage.store, &stage.error));
    assert_ok(&stage, cg_store_put_identity(stage.store, &identity, 0, &stage.error));
    assert_ok(&stage, cg_store_commit(stage.store, &stage.error));
    assert_rows(&stage, "SELECT created_at FROM identities", "1970-01-01 00:00:00.000000");
    stage_done(&stage);
}
