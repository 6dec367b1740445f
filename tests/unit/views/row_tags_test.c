#include "views/row_tags.h"

#include "store/select.h"
#include "store/support.h"

struct text {
    char data[4096];
};

static void add(void *user, const char *key, const char *value) {
    struct text *text = user;
    size_t length = strlen(text->data);
    snprintf(text->data + length, sizeof text->data - length, "%s%s=%s", length ? " " : "", key, value);
}

static const char *tags_of(const struct cg_row_tags *tags, const char *resource, const char *identity) {
    static struct text text;
    text.data[0] = '\0';
    cg_row_tags_each(tags, &(struct cg_row_owner){resource, identity}, add, &text);
    return text.data;
}

static void tag(struct stage *stage, const char *tenant, const char *type, const char *id, const char *key,
                const char *value) {
    char sql[512];
    snprintf(sql, sizeof sql,
             "INSERT INTO tags (tenant_id, entity_type, entity_id, tag_key, tag_value, created_by, created_at) VALUES "
             "('%s', '%s', '%s', '%s', '%s', 'x', '2026-01-01 00:00:00.000000')",
             tenant, type, id, key, value);
    stage_run(stage, sql);
}

static const struct {
    const char *resource;
    const char *identity;
    const char *wanted;
} rows[] = {
    {"r", "i", "z=r1 b=i2 a=i3 y=r2"}, /* the identity's keys first, as old as they are; values of the resource */
    {"r", NULL, "z=r1 y=r2"},
    {"r", "nobody", "z=r1 y=r2"},
    {NULL, "i", "z=i1 b=i2 a=i3"},
    {"nothing", "i", "z=i1 b=i2 a=i3"},
    {"i", "r", ""}, /* a resource is no identity */
    {NULL, NULL, ""},
    {"", "", ""},
};

Test(views_row_tags, effective_tags) {
    struct stage stage;
    struct cg_row_owner owners[sizeof rows / sizeof *rows];
    const struct cg_row_tags *tags = NULL;
    stage_init(&stage);
    stage_open(&stage);
    const char *tenant = cg_store_tenant_id(stage.store);
    tag(&stage, tenant, "identity", "i", "z", "i1");
    tag(&stage, tenant, "resource", "r", "z", "r1");
    tag(&stage, tenant, "identity", "i", "b", "i2");
    tag(&stage, tenant, "resource", "r", "y", "r2");
    tag(&stage, tenant, "identity", "i", "a", "i3");
    tag(&stage, "other", "identity", "i", "c", "wrong");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        owners[i] = (struct cg_row_owner){rows[i].resource, rows[i].identity};
    assert_ok(&stage,
              cg_row_tags_read(stage.store, owners, sizeof rows / sizeof *rows, stage.arena, &tags, &stage.error));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_assert_str_eq(tags_of(tags, rows[i].resource, rows[i].identity), rows[i].wanted, "row %zu: %s", i,
                         tags_of(tags, rows[i].resource, rows[i].identity));
    assert_ok(&stage, cg_row_tags_read(stage.store, owners, 0, stage.arena, &tags, &stage.error));
    cr_assert_str_eq(tags_of(tags, "r", "i"), "", "nothing was read");
    stage_done(&stage);
}

/* More entities than one statement asks for. */
Test(views_row_tags, many_rows) {
    enum { COUNT = 2500 };
    static const size_t counts[] = {1, 15, 16, 17, 128, 129, 1024, 1025, COUNT};
    static struct cg_row_owner owners[COUNT];
    static char ids[COUNT][16];
    struct stage stage;
    const struct cg_row_tags *tags = NULL;
    char sql[512];
    stage_init(&stage);
    stage_open(&stage);
    for (size_t i = 0; i < COUNT; i++) {
        snprintf(ids[i], sizeof ids[i], "e-%zu", i);
        owners[i] = (struct cg_row_owner){ids[i], ids[i / 2]};
    }
    snprintf(sql, sizeof sql,
             "WITH RECURSIVE n(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM n WHERE n < %d) "
             "INSERT INTO tags (tenant_id, entity_type, entity_id, tag_key, tag_value, created_by, created_at) SELECT "
             "'%s', t.t, 'e-' || n, substr(t.t, 1, 1), n, 'x', '2026-01-01 00:00:00.000000' "
             "FROM n, (SELECT 'resource' AS t UNION SELECT 'identity') t",
             COUNT - 1, cg_store_tenant_id(stage.store));
    stage_run(&stage, sql);
    for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) {
        cg_arena_reset(stage.arena);
        assert_ok(&stage, cg_row_tags_read(stage.store, owners, counts[c], stage.arena, &tags, &stage.error));
        for (size_t i = 0; i < counts[c]; i++) {
            char wanted[64];
            snprintf(wanted, sizeof wanted, "i=%zu r=%zu", i / 2, i);
            cr_assert_str_eq(tags_of(tags, ids[i], ids[i / 2]), wanted, "row %zu of %zu", i, counts[c]);
        }
    }
    stage_done(&stage);
}
