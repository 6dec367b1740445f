#include "views/tags.h"

#include <stdlib.h>

#include "store/support.h"

static void open_with(struct stage *stage, const char *sql) {
    stage_init(stage);
    stage_open(stage);
    stage_run(stage, sql);
}

/* What a list handed over. */
struct heard {
    char text[4096];
    size_t length;
};

static void hear(struct heard *heard, const char *text) {
    heard->length += (size_t)snprintf(heard->text + heard->length, sizeof heard->text - heard->length, "%s%s",
                                      heard->length ? " " : "", text);
    cr_assert_lt(heard->length, sizeof heard->text);
}

static void hear_text(void *user, const char *text) {
    hear(user, text);
}

static void hear_tag(void *user, const struct cg_tag *tag) {
    char text[256];
    snprintf(text, sizeof text, "%d:%s/%s/%s=%s", (int)tag->id, tag->entity_type, tag->entity_id, tag->key, tag->value);
    cr_assert_str_eq(tag->created_by, "ui");
    cr_assert_eq(tag->created_at, at("2026-01-01T00:00:00.000005"));
    hear(user, text);
}

#define TAGS                                                                                                        \
    "INSERT INTO tags (tag_id, tenant_id, entity_type, entity_id, tag_key, tag_value, created_by, created_at) "     \
    "SELECT column1, column2, column3, column4, column5, column6, 'ui', '2026-01-01 00:00:00.000005' FROM (VALUES " \
    "(9, 't-1', 'resource', 'lkc-1', 'team', 'platform'), (2, 't-1', 'resource', 'lkc-1', 'Owner', 'alice'), "      \
    "(3, 't-1', 'identity', 'sa-1', 'team', 'Payments'), (4, 't-1', 'identity', 'lkc-1', 'team', 'x'), "            \
    "(5, 't-2', 'resource', 'lkc-1', 'secret', 'theirs'), (6, 't-1', 'resource', 'a''b', 'a_b', 'p%'), "            \
    "(7, 't-1', 'resource', 'lkc-2', 'axb', 'pay'), (8, 't-1', 'resource', 'lkc-2', 'team', 'platform')) v"

Test(views_tags, of_one_entity) {
    struct stage stage;
    static const struct {
        const char *type;
        const char *id;
        const char *wanted;
    } rows[] = {
        {"resource", "lkc-1", "2:resource/lkc-1/Owner=alice 9:resource/lkc-1/team=platform"},
        {"identity", "lkc-1", "4:identity/lkc-1/team=x"},
        {"resource", "a'b", "6:resource/a'b/a_b=p%"},
        {"resource", "nobody", ""},
        {"resource", "LKC-1", ""},
    };
    open_with(&stage, TAGS);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct heard heard = {.length = 0};
        assert_ok(&stage, cg_view_entity_tags(stage.store, rows[i].type, rows[i].id, hear_tag, &heard, &stage.error));
        cr_assert_str_eq(heard.text, rows[i].wanted, "%s", rows[i].id);
    }
    stage_done(&stage);
}

Test(views_tags, pages_of_all) {
    struct stage stage;
    static const struct {
        struct cg_view_tag_filter filter;
        int64_t limit;
        int64_t offset;
        int64_t total;
        const char *wanted; /* ids */
    } rows[] = {
        {{NULL, NULL}, 100, 0, 7, "2 3 4 6 7 8 9"},
        {{NULL, NULL}, 3, 0, 7, "2 3 4"},
        {{NULL, NULL}, 3, 6, 7, "9"},
        {{NULL, NULL}, 3, INT64_MAX, 7, ""},
        {{"identity", NULL}, 100, 0, 2, "3 4"},
        {{"resource", "TEA"}, 100, 0, 2, "8 9"},
        {{NULL, "own"}, 100, 0, 1, "2"},
        {{NULL, "_"}, 100, 0, 1, "6"},
        {{NULL, "%"}, 100, 0, 0, ""},
        {{NULL, ""}, 100, 0, 7, "2 3 4 6 7 8 9"},
        {{NULL, "secret"}, 100, 0, 0, ""},
    };
    open_with(&stage, TAGS);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct heard heard = {.length = 0};
        int64_t total = -1;
        char ids[256] = "";
        assert_ok(&stage, cg_view_tags(stage.store, &rows[i].filter, rows[i].offset, rows[i].limit, hear_tag, &heard,
                                       &total, &stage.error));
        cr_assert_eq(total, rows[i].total, "%zu: %d", i, (int)total);
        for (const char *word = heard.text; *word; word += strcspn(word, " "), word += *word == ' ')
            snprintf(ids + strlen(ids), sizeof ids - strlen(ids), "%s%.1s", *ids ? " " : "", word);
        cr_assert_str_eq(ids, rows[i].wanted, "%zu: %s", i, heard.text);
    }
    stage_done(&stage);
}

Test(views_tags, keys_and_values) {
    struct stage stage;
    static const struct {
        const char *key; /* NULL: the keys */
        const char *type;
        const char *beginning;
        const char *wanted;
    } rows[] = {
        {NULL, NULL, NULL, "Owner a_b axb team"},
        {NULL, "identity", NULL, "team"},
        {NULL, "nothing", NULL, ""},
        {"team", NULL, NULL, "Payments platform x"},
        {"team", "resource", NULL, "platform"},
        {"team", NULL, "p", "Payments platform"},
        {"team", NULL, "PL", "platform"},
        {"team", NULL, "%", ""},
        {"team", NULL, "", "Payments platform x"},
        {"a_b", NULL, "p%", "p%"},
        {"secret", NULL, NULL, ""},
        {"TEAM", NULL, NULL, ""},
    };
    open_with(&stage, TAGS);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct heard heard = {.length = 0};
        cg_status status = rows[i].key ? cg_view_tag_values(stage.store, rows[i].key, rows[i].type, rows[i].beginning,
                                                            hear_text, &heard, &stage.error)
                                       : cg_view_tag_keys(stage.store, rows[i].type, hear_text, &heard, &stage.error);
        cr_assert_eq(status, CG_OK, "%s", stage.error.text);
        cr_assert_str_eq(heard.text, rows[i].wanted, "%zu", i);
    }
    int32_t found = -1;
    assert_ok(&stage, cg_view_has_tag_key(stage.store, "Owner", &found, &stage.error));
    cr_assert_eq(found, 1);
    assert_ok(&stage, cg_view_has_tag_key(stage.store, "secret", &found, &stage.error));
    cr_assert_eq(found, 0);
    stage_done(&stage);
}

#define FACTS                                                                                                \
    "INSERT INTO chargeback_dimensions (dimension_id, ecosystem, tenant_id, resource_id, product_category, " \
    "product_type, identity_id, cost_type) VALUES "                                                          \
    "(1, 'confluent_cloud', 't-1', 'lkc-2', 'KAFKA', 'A', 'sa-1', 'usage'),"                                 \
    "(2, 'confluent_cloud', 't-1', 'lkc-1', 'KAFKA', 'A', 'sa-2', 'usage'),"                                 \
    "(3, 'confluent_cloud', 't-1', 'lkc-1', 'KAFKA', 'B', 'sa-1', 'usage'),"                                 \
    "(4, 'confluent_cloud', 't-1', NULL, 'SUPPORT', 'C', 'UNALLOCATED', 'shared'),"                          \
    "(5, 'confluent_cloud', 't-1', NULL, 'SUPPORT', 'C', 'sa-1', 'shared'),"                                 \
    "(6, 'confluent_cloud', 't-2', 'theirs', 'KAFKA', 'A', 'sa-1', 'usage'),"                                \
    "(7, 'self_managed_kafka', 't-1', 'other', 'KAFKA', 'A', 'sa-1', 'usage'),"                              \
    "(8, 'confluent_cloud', 't-1', 'no-facts', 'KAFKA', 'A', 'sa-9', 'usage');"                              \
    "INSERT INTO chargeback_facts (timestamp, dimension_id, amount, tags_json) VALUES "                      \
    "('2026-03-01 00:00:00', 2, '1', '{}'), ('2026-03-01 00:00:00', 4, '1', '{}'),"                          \
    "('2026-03-01 23:59:59', 5, '1', '{}'), ('2026-03-02 00:00:00', 1, '1', '{}'),"                          \
    "('2026-03-02 00:00:00', 2, '1', '{}'), ('2026-03-03 00:00:00', 3, '1', '{}'),"                          \
    "('2026-03-01 00:00:00', 6, '1', '{}'), ('2026-03-01 00:00:00', 7, '1', '{}')"

Test(views_tags, what_was_charged) {
    struct stage stage;
    static const struct {
        const char *start;
        const char *end;
        const char *identity;
        int32_t identities;
        const char *wanted;
    } rows[] = {
        {"2026-03-01", "2026-03-04", NULL, 0, "resource/lkc-1 identity/UNALLOCATED identity/sa-1 resource/lkc-2"},
        {"2026-03-01", "2026-03-02", NULL, 0, "resource/lkc-1 identity/UNALLOCATED identity/sa-1"},
        {"2026-03-02", "2026-03-03", NULL, 0, "resource/lkc-2 resource/lkc-1"},
        {"2026-03-01", "2026-03-04", "sa-1", 0, "identity/sa-1 resource/lkc-2 resource/lkc-1"},
        {"2026-03-01", "2026-03-04", "sa-1", 1, "identity/sa-1"},
        {"2026-03-01", "2026-03-04", NULL, 1, "identity/sa-2 identity/UNALLOCATED identity/sa-1"},
        {"2026-03-01", "2026-03-04", "", 0, ""},
        {"2026-03-01", "2026-03-04", "sa-9", 0, ""},
        {"2026-03-04", "2026-03-05", NULL, 0, ""},
        {"0001-01-01", "9999-12-31", NULL, 1, "identity/sa-2 identity/UNALLOCATED identity/sa-1"},
    };
    open_with(&stage, FACTS);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct heard heard = {.length = 0};
        struct cg_view_entity *entities = NULL;
        size_t count = 99;
        assert_ok(&stage, cg_view_charged(stage.store, at(rows[i].start), at(rows[i].end), rows[i].identity,
                                          rows[i].identities, stage.arena, &entities, &count, &stage.error));
        for (size_t j = 0; j < count; j++) {
            char text[128];
            snprintf(text, sizeof text, "%s/%s", entities[j].entity_type, entities[j].entity_id);
            hear(&heard, text);
        }
        cr_assert_str_eq(heard.text, rows[i].wanted, "%zu: %s", i, heard.text);
    }
    stage_done(&stage);
}

Test(views_tags, more_entities_than_the_list_had_room_for) {
    struct stage stage;
    struct cg_view_entity *entities = NULL;
    size_t count = 0;
    open_with(&stage, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000) "
                      "INSERT INTO chargeback_dimensions (dimension_id, ecosystem, tenant_id, resource_id, "
                      "product_category, product_type, identity_id, cost_type) SELECT i, 'confluent_cloud', 't-1', "
                      "'r' || (i / 2), 'KAFKA', 'A', 'sa-' || i, 'usage' FROM n;"
                      "INSERT INTO chargeback_facts (timestamp, dimension_id, amount, tags_json) "
                      "SELECT '2026-03-01 00:00:00', dimension_id, '1', '{}' FROM chargeback_dimensions");
    assert_ok(&stage, cg_view_charged(stage.store, at("2026-03-01"), at("2026-03-02"), NULL, 0, stage.arena, &entities,
                                      &count, &stage.error));
    cr_assert_eq(count, 1501);
    for (size_t i = 0; i < count; i++)
        cr_assert_eq(strtoll(entities[i].entity_id + 1, NULL, 10), (long long)i, "%s", entities[i].entity_id);
    stage_done(&stage);
}

/* SQLite keeps times as texts, PostgreSQL as times. */
Test(views_tags, a_damaged_time_is_told) {
    struct stage stage;
    struct heard heard = {.length = 0};
    const struct cg_view_tag_filter all = {NULL, NULL};
    int64_t total = 0;
    open_with(&stage, TAGS);
    if (stage_on_postgres()) {
        stage_done(&stage);
        return;
    }
    stage_run(&stage, "UPDATE tags SET created_at = 'yesterday' WHERE tag_id = 2");
    cr_assert_eq(cg_view_tags(stage.store, &all, 0, 10, hear_tag, &heard, &total, &stage.error), CG_PERMANENT);
    cr_assert_not_null(strstr(stage.error.text, "'yesterday' where a time was expected"), "%s", stage.error.text);
    cr_assert_str_eq(heard.text, "");
    stage_done(&stage);
}
