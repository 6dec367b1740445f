#include "store/tags.h"

#include <pthread.h>
#include <stdlib.h>

#include "support.h"

#define ROWS                                                                                                   \
    "SELECT tag_id || ' ' || tenant_id || ' ' || entity_type || ' ' || entity_id || ' ' || tag_key || '=' || " \
    "tag_value || ' ' || created_by || ' ' || created_at FROM tags ORDER BY tag_id"

static struct cg_tag tag_of(const char *type, const char *id, const char *key, const char *value) {
    return (struct cg_tag){.entity_type = type,
                           .entity_id = id,
                           .key = key,
                           .value = value,
                           .created_by = "ui",
                           .created_at = at("2026-11-20T12:59:33.939902")};
}

/* ---- keys and types ---- */

#define SIXTY "012345678901234567890123456789012345678901234567890123456789"

static const struct {
    const char *key;
    int32_t fine;
} keys[] = {
    {"a", 1},         {"Z", 1},          {"0", 1},     {"cost-center", 1}, {"cost_center", 1}, {"A9_-", 1},
    {SIXTY "abc", 1}, {SIXTY "abcd", 0}, {"", 0},      {"-a", 0},          {"_a", 0},          {"a b", 0},
    {"a/b", 0},       {"a.b", 0},        {"a:b", 0},   {"team\n", 0},      {"\nteam", 0},      {"te\nam", 0},
    {"\xc3\xa4", 0},  {"a\xc3\xa4", 0},  {"a\xff", 0}, {" a", 0},          {"a ", 0},          {"a'", 0},
    {SIXTY SIXTY, 0}, {NULL, 0},
};

Test(store_tags, keys_that_may_be_written) {
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        cr_assert_eq(cg_tag_key_is_fine(keys[i].key), keys[i].fine, "'%s'", keys[i].key ? keys[i].key : "NULL");
}

Test(store_tags, types_of_entities) {
    cr_assert(cg_tag_entity_type_is_fine("resource"));
    cr_assert(cg_tag_entity_type_is_fine("identity"));
    cr_assert_not(cg_tag_entity_type_is_fine("Resource"));
    cr_assert_not(cg_tag_entity_type_is_fine("resource "));
    cr_assert_not(cg_tag_entity_type_is_fine(""));
    cr_assert_not(cg_tag_entity_type_is_fine(NULL));
}

/* ---- one tag ---- */

Test(store_tags, entities_of_the_tenant_dead_or_alive) {
    struct stage stage;
    int32_t found = 7;
    stage_init(&stage);
    stage_open(&stage);
    stage_run(&stage, "INSERT INTO resources (ecosystem, tenant_id, resource_id, resource_type, status, deleted_at) "
                      "VALUES ('confluent_cloud', 't-1', 'lkc-1', 'kafka_cluster', 'deleted', "
                      "'2026-01-01 00:00:00.000000'), ('confluent_cloud', 't-2', 'lkc-2', 'kafka_cluster', 'active', "
                      "NULL), ('self_managed_kafka', 't-1', 'lkc-3', 'kafka_cluster', 'active', NULL);"
                      "INSERT INTO identities (ecosystem, tenant_id, identity_id, identity_type) "
                      "VALUES ('confluent_cloud', 't-1', 'sa-1', 'service_account')");
    static const struct {
        const char *type;
        const char *id;
        int32_t found;
    } rows[] = {{"resource", "lkc-1", 1}, {"resource", "lkc-2", 0}, {"resource", "lkc-3", 0}, {"resource", "sa-1", 0},
                {"identity", "sa-1", 1},  {"identity", "lkc-1", 0}, {"resource", "", 0},      {"resource", "LKC-1", 0}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_ok(&stage, cg_store_has_entity(stage.store, rows[i].type, rows[i].id, &found, &stage.error));
        cr_assert_eq(found, rows[i].found, "%s %s", rows[i].type, rows[i].id);
    }
    stage_done(&stage);
}

Test(store_tags, a_tag_from_its_creation_to_its_end) {
    struct stage stage;
    int64_t id = -1;
    int32_t found = -1;
    stage_init(&stage);
    stage_open(&stage);
    struct cg_tag tag = tag_of("resource", "lkc-1", "bu", "retail");
    assert_ok(&stage, cg_store_create_tag(stage.store, &tag, &id, &stage.error));
    cr_assert_eq(id, 1);
    assert_rows(&stage, ROWS, "1 t-1 resource lkc-1 bu=retail ui 2026-11-20 12:59:33.939902");

    tag.value = "wholesale";
    tag.created_by = "another";
    assert_ok(&stage, cg_store_create_tag(stage.store, &tag, &id, &stage.error));
    cr_assert_eq(id, 0);
    assert_rows(&stage, ROWS, "1 t-1 resource lkc-1 bu=retail ui 2026-11-20 12:59:33.939902");

    tag.created_at = 0;
    assert_ok(&stage, cg_store_update_tag(stage.store, &tag, stage.arena, &found, &stage.error));
    cr_assert_eq(found, 1);
    cr_assert_eq(tag.id, 1);
    cr_assert_str_eq(tag.created_by, "ui");
    cr_assert_eq(tag.created_at, at("2026-11-20T12:59:33.939902"));
    assert_rows(&stage, ROWS, "1 t-1 resource lkc-1 bu=wholesale ui 2026-11-20 12:59:33.939902");

    struct cg_tag other = tag_of("identity", "lkc-1", "bu", "x");
    assert_ok(&stage, cg_store_update_tag(stage.store, &other, stage.arena, &found, &stage.error));
    cr_assert_eq(found, 0);
    assert_ok(&stage, cg_store_delete_tag(stage.store, "identity", "lkc-1", "bu", &found, &stage.error));
    cr_assert_eq(found, 0);
    assert_ok(&stage, cg_store_delete_tag(stage.store, "resource", "lkc-1", "bu", &found, &stage.error));
    cr_assert_eq(found, 1);
    assert_ok(&stage, cg_store_delete_tag(stage.store, "resource", "lkc-1", "bu", &found, &stage.error));
    cr_assert_eq(found, 0);
    assert_rows(&stage, ROWS, "");
    stage_done(&stage);
}

Test(store_tags, tags_of_other_tenants_stay_untouched) {
    struct stage stage;
    int64_t id = 0;
    int32_t found = -1;
    stage_init(&stage);
    stage_open(&stage);
    stage_run(&stage,
              "INSERT INTO tags (tenant_id, entity_type, entity_id, tag_key, tag_value, created_by, created_at) "
              "VALUES ('t-2', 'resource', 'lkc-1', 'bu', 'theirs', 'they', '2026-01-01 00:00:00.000000')");
    struct cg_tag tag = tag_of("resource", "lkc-1", "bu", "ours");
    assert_ok(&stage, cg_store_update_tag(stage.store, &tag, stage.arena, &found, &stage.error));
    cr_assert_eq(found, 0);
    assert_ok(&stage, cg_store_delete_tag(stage.store, "resource", "lkc-1", "bu", &found, &stage.error));
    cr_assert_eq(found, 0);
    assert_ok(&stage, cg_store_create_tag(stage.store, &tag, &id, &stage.error));
    cr_assert_eq(id, 2);
    assert_rows(&stage, "SELECT tag_value FROM tags ORDER BY tag_id", "theirs\nours");
    stage_done(&stage);
}

/* ---- many tags ---- */

Test(store_tags, many_tags_in_their_order) {
    struct stage stage;
    struct cg_tag_counts counts = {7, 7, 7};
    stage_init(&stage);
    stage_open(&stage);
    const struct cg_tag first[] = {tag_of("resource", "a", "k", "1"), tag_of("identity", "a", "k", "2"),
                                   tag_of("resource", "a", "k", "3"), tag_of("resource", "a", "l", "4")};
    assert_ok(&stage, cg_store_put_tags(stage.store, first, 4, 0, &counts, &stage.error));
    cr_assert(counts.created == 3 && counts.updated == 0 && counts.skipped == 1);
    assert_rows(&stage, "SELECT tag_value FROM tags ORDER BY tag_id", "1\n2\n4");

    struct cg_tag second[] = {tag_of("resource", "b", "k", "5"), tag_of("resource", "b", "k", "6"),
                              tag_of("resource", "a", "k", "1")};
    second[1].created_by = "later";
    second[1].created_at = 0;
    assert_ok(&stage, cg_store_put_tags(stage.store, second, 3, 1, &counts, &stage.error));
    cr_assert(counts.created == 1 && counts.updated == 2 && counts.skipped == 0);
    assert_rows(&stage, "SELECT tag_value || ' ' || created_by || ' ' || created_at FROM tags WHERE entity_id = 'b'",
                "6 ui 2026-11-20 12:59:33.939902");

    assert_ok(&stage, cg_store_put_tags(stage.store, NULL, 0, 1, &counts, &stage.error));
    cr_assert(counts.created == 0 && counts.updated == 0 && counts.skipped == 0);
    stage_done(&stage);
}

Test(store_tags, a_failure_half_way_leaves_nothing) {
    struct stage stage;
    struct cg_tag_counts counts = {7, 7, 7};
    struct cg_tag tags[100];
    char ids[100][16];
    stage_init(&stage);
    stage_open(&stage);
    struct cg_tag kept = tag_of("resource", "r10", "k", "old");
    int64_t id = 0;
    assert_ok(&stage, cg_store_create_tag(stage.store, &kept, &id, &stage.error));
    stage_refuse(&stage, "INSERT", "tags", "entity_id", "r60", "a failure half-way");
    for (size_t i = 0; i < 100; i++) {
        snprintf(ids[i], sizeof ids[i], "r%zu", i);
        tags[i] = tag_of("resource", ids[i], "k", "new");
    }
    cr_assert_eq(cg_store_put_tags(stage.store, tags, 100, 1, &counts, &stage.error), CG_PERMANENT);
    cr_assert_not_null(strstr(stage.error.text, "tenant 'acme': creating a tag: "), "%s", stage.error.text);
    cr_assert(counts.created == 7 && counts.updated == 7 && counts.skipped == 7);
    assert_rows(&stage, "SELECT entity_id || ' ' || tag_value FROM tags", "r10 old");
    stage_allow(&stage, "tags");
    assert_ok(&stage, cg_store_put_tags(stage.store, tags, 100, 1, &counts, &stage.error));
    cr_assert(counts.created == 99 && counts.updated == 1 && counts.skipped == 0);
    stage_done(&stage);
}

/* ---- more than a statement takes ---- */

#define MANY 1300

/* Texts that could be taken for something else on their way. */
static const char *const odd[] = {"r",   "\"", "\\", "{",    "}",     ",", "NULL", "null", "\xe2\x82\xac",
                                  "'",   " ",  "\n", "\\\"", "\"a\"", "%", "?1",   "$1",   "",
                                  "\\n", "@",  "{}", "\t",   "--",    ";#"};

/* Tags with many in common: which of them is the first of its place, and which is the last, is as good as random. */
struct crowd {
    struct cg_tag tags[MANY];
    char ids[MANY][16];
    char values[MANY][24];
    char authors[MANY][16];
};

static void gather_crowd(struct crowd *crowd, uint32_t seed, size_t numbers) {
    for (size_t i = 0; i < MANY; i++) {
        seed = seed * 1664525u + 1013904223u;
        size_t number = (seed >> 8) % numbers;
        const char *text = odd[(seed >> 16) % (sizeof odd / sizeof *odd)];
        snprintf(crowd->ids[i], sizeof crowd->ids[i], number ? "%s%zu" : "%s", text, number);
        snprintf(crowd->values[i], sizeof crowd->values[i], "%s", odd[i % (sizeof odd / sizeof *odd)]);
        snprintf(crowd->authors[i], sizeof crowd->authors[i], "%u %zu", numbers > 4, i);
        crowd->tags[i] =
            tag_of(seed >> 31 ? "resource" : "identity", crowd->ids[i], seed >> 30 & 1 ? "k" : "K", crowd->values[i]);
        crowd->tags[i].created_by = crowd->authors[i];
        crowd->tags[i].created_at += (int64_t)i * 1000001;
    }
}

/* The tags that should be there, in the order in which they were made. */
struct wanted {
    struct cg_tag tags[2 * MANY];
    size_t count;
    struct cg_tag_counts counts;
};

static void put_wanted(struct wanted *wanted, const struct cg_tag *tags, int32_t overwrite) {
    wanted->counts = (struct cg_tag_counts){0};
    for (size_t i = 0; i < MANY; i++) {
        size_t at = 0;
        while (at < wanted->count && (strcmp(wanted->tags[at].entity_type, tags[i].entity_type) != 0 ||
                                      strcmp(wanted->tags[at].entity_id, tags[i].entity_id) != 0 ||
                                      strcmp(wanted->tags[at].key, tags[i].key) != 0))
            at++;
        if (at == wanted->count) {
            wanted->tags[wanted->count++] = tags[i];
            wanted->counts.created++;
        } else if (overwrite) {
            wanted->tags[at].value = tags[i].value;
            wanted->counts.updated++;
        } else {
            wanted->counts.skipped++;
        }
    }
}

static void check_wanted(struct stage *stage, const struct wanted *wanted, const struct cg_tag_counts *counts) {
    static char rows[65536];
    size_t used = 0;
    for (size_t i = 0; i < wanted->count; i++) {
        const struct cg_tag *tag = &wanted->tags[i];
        char time[CG_TIME_TEXT_SIZE];
        used += (size_t)snprintf(rows + used, sizeof rows - used, "%s%s %s %s=%s %s %s", i ? "\n" : "",
                                 tag->entity_type, tag->entity_id, tag->key, tag->value, tag->created_by,
                                 cg_time_format_micros(tag->created_at, time));
        cr_assert_lt(used, sizeof rows);
    }
    assert_rows(stage,
                "SELECT entity_type || ' ' || entity_id || ' ' || tag_key || '=' || tag_value || ' ' || created_by || "
                "' ' || created_at FROM tags ORDER BY tag_id",
                rows);
    cr_assert_eq(counts->created, wanted->counts.created);
    cr_assert_eq(counts->updated, wanted->counts.updated);
    cr_assert_eq(counts->skipped, wanted->counts.skipped);
}

Test(store_tags, a_crowd_with_repetitions_is_written_in_order) {
    static struct crowd crowds[2];
    static struct wanted wanted;
    gather_crowd(&crowds[0], 1, 4);
    gather_crowd(&crowds[1], 2, 6);
    for (int32_t overwrite = 0; overwrite <= 1; overwrite++) {
        struct stage stage;
        wanted.count = 0;
        stage_init(&stage);
        stage_open(&stage);
        for (size_t i = 0; i < 2; i++) {
            struct cg_tag_counts counts = {0};
            assert_ok(&stage, cg_store_put_tags(stage.store, crowds[i].tags, MANY, overwrite, &counts, &stage.error));
            put_wanted(&wanted, crowds[i].tags, overwrite);
            check_wanted(&stage, &wanted, &counts);
        }
        stage_done(&stage);
    }
}

Test(store_tags, a_failure_of_the_last_overwriting_leaves_nothing) {
    static struct cg_tag tags[MANY];
    static char ids[MANY][16];
    struct stage stage;
    struct cg_tag_counts counts = {0};
    stage_init(&stage);
    stage_open(&stage);
    for (size_t i = 0; i < MANY; i++) {
        snprintf(ids[i], sizeof ids[i], "r%zu", i);
        tags[i] = tag_of("resource", ids[i], "k", "old");
    }
    assert_ok(&stage, cg_store_put_tags(stage.store, tags, MANY, 1, &counts, &stage.error));
    stage_refuse(&stage, "UPDATE", "tags", "entity_id", ids[MANY - 1], "a failure at the end");
    for (size_t i = 0; i < MANY; i++)
        tags[i].value = "new";
    cr_assert_eq(cg_store_put_tags(stage.store, tags, MANY, 1, &counts, &stage.error), CG_PERMANENT);
    cr_assert_not_null(strstr(stage.error.text, "tenant 'acme': overwriting a tag: "), "%s", stage.error.text);
    cr_assert(counts.created == MANY && counts.updated == 0 && counts.skipped == 0);
    assert_rows(&stage, "SELECT DISTINCT tag_value FROM tags", "old");
    stage_allow(&stage, "tags");
    assert_ok(&stage, cg_store_put_tags(stage.store, tags, MANY, 1, &counts, &stage.error));
    cr_assert(counts.created == 0 && counts.updated == MANY && counts.skipped == 0);
    assert_rows(&stage, "SELECT DISTINCT tag_value FROM tags", "new");
    stage_done(&stage);
}

Test(store_tags, a_very_long_text_among_short_ones) {
    enum { LENGTH = 3000000 };
    struct stage stage;
    struct cg_tag_counts counts = {0};
    stage_init(&stage);
    stage_open(&stage);
    char *author = malloc(LENGTH + 1);
    cr_assert_not_null(author);
    memset(author, '"', LENGTH);
    author[LENGTH] = '\0';
    struct cg_tag tags[] = {tag_of("resource", "a", "k", "1"), tag_of("resource", "b", "k", "2"),
                            tag_of("resource", "b", "k", "3"), tag_of("resource", "c", "k", "4")};
    tags[1].created_by = author;
    assert_ok(&stage, cg_store_put_tags(stage.store, tags, 4, 1, &counts, &stage.error));
    cr_assert(counts.created == 3 && counts.updated == 1 && counts.skipped == 0);
    assert_rows(&stage, "SELECT entity_id || tag_value || ' ' || length(created_by) FROM tags ORDER BY tag_id",
                "a1 2\nb3 3000000\nc4 2");
    free(author);
    stage_done(&stage);
}

Test(store_tags, a_transaction_of_the_caller_is_joined) {
    struct stage stage;
    struct cg_tag_counts counts = {0};
    stage_init(&stage);
    stage_open(&stage);
    const struct cg_tag tag = tag_of("resource", "a", "k", "1");
    assert_ok(&stage, cg_store_begin(stage.store, &stage.error));
    assert_ok(&stage, cg_store_put_tags(stage.store, &tag, 1, 0, &counts, &stage.error));
    cg_store_rollback(stage.store);
    assert_rows(&stage, ROWS, "");
    stage_done(&stage);
}

Test(store_tags, a_locked_database_and_a_reader, .timeout = 60) {
    struct stage stage;
    struct cg_tag_counts counts = {0};
    stage_init(&stage);
    stage_open(&stage);
    const struct cg_tag tag = tag_of("resource", "a", "k", "1");
    stage_lock(&stage);
    cr_assert_eq(cg_store_put_tags(stage.store, &tag, 1, 0, &counts, &stage.error), CG_TEMPORARY);
    stage_unlock(&stage);
    cg_store_close(stage.store);
    stage.store = NULL;
    assert_ok(&stage, stage_try(&stage, 1, CG_STORE_READ_ONLY));
    cr_assert_neq(cg_store_put_tags(stage.store, &tag, 1, 0, &counts, &stage.error), CG_OK);
    assert_rows(&stage, ROWS, "");
    stage_done(&stage);
}

/* ---- two writers ---- */

#define RACE_KEYS 300

/* One of the threads that create the same tags. */
struct racer {
    struct cg_store *store;
    const char *name;
    int64_t created;
    cg_status status;
    struct cg_error error;
};

static void *race(void *user) {
    struct racer *racer = user;
    for (int i = 0; i < RACE_KEYS && racer->status == CG_OK; i++) {
        char id[16];
        int64_t tag_id = 0;
        snprintf(id, sizeof id, "r%d", i);
        struct cg_tag tag = tag_of("resource", id, "k", racer->name);
        racer->status = cg_store_begin(racer->store, &racer->error);
        if (racer->status == CG_OK)
            racer->status = cg_store_create_tag(racer->store, &tag, &tag_id, &racer->error);
        if (racer->status == CG_OK)
            racer->status = cg_store_commit(racer->store, &racer->error);
        racer->created += tag_id != 0;
    }
    return NULL;
}

Test(store_tags, two_writers_create_each_tag_once, .timeout = 120) {
    struct stage stage;
    struct racer racers[2] = {{.name = "one"}, {.name = "two"}};
    pthread_t threads[2];
    stage_init(&stage);
    stage_open(&stage);
    racers[0].store = stage.store;
    assert_ok(&stage, stage_try(&stage, 1, 0));
    racers[1].store = stage.store;
    for (size_t i = 0; i < 2; i++)
        cr_assert_eq(pthread_create(&threads[i], NULL, race, &racers[i]), 0);
    for (size_t i = 0; i < 2; i++)
        cr_assert_eq(pthread_join(threads[i], NULL), 0);
    for (size_t i = 0; i < 2; i++)
        cr_assert_eq(racers[i].status, CG_OK, "%s", racers[i].error.text);
    cr_assert_eq(racers[0].created + racers[1].created, RACE_KEYS);
    assert_rows(&stage, "SELECT count(*) || ' ' || count(DISTINCT entity_id) FROM tags", "300 300");
    cg_store_close(racers[0].store);
    stage_done(&stage);
}
