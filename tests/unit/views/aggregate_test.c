#include "views/aggregate.h"

#include "store/support.h"
#include "views/aggregate_bucket.h"

static const char *zones[] = {"America/Denver", "America/St_Johns"};

struct bucket {
    const char *time;
    const char *zone; /* NULL: UTC */
    const char *hour;
    const char *day;
    const char *week;
    const char *month;
};

/* Weeks as %W of C counts them: from the first Monday on, not those of ISO. */
static const struct bucket buckets[] = {
    {"2026-03-02T13:59:59", NULL, "2026-03-02T13:00:00", "2026-03-02", "2026-W09", "2026-03"},
    {"2026-03-01T00:00:00", NULL, "2026-03-01T00:00:00", "2026-03-01", "2026-W08", "2026-03"},
    {"2026-01-01T00:00:00", NULL, "2026-01-01T00:00:00", "2026-01-01", "2026-W00", "2026-01"},
    {"2026-01-05T00:00:00", NULL, "2026-01-05T00:00:00", "2026-01-05", "2026-W01", "2026-01"},
    {"2025-12-31T23:00:00", NULL, "2025-12-31T23:00:00", "2025-12-31", "2025-W52", "2025-12"},
    {"2024-01-01T00:00:00", NULL, "2024-01-01T00:00:00", "2024-01-01", "2024-W01", "2024-01"},
    {"2024-12-31T00:00:00", NULL, "2024-12-31T00:00:00", "2024-12-31", "2024-W53", "2024-12"},
    {"2024-02-29T12:00:00", NULL, "2024-02-29T12:00:00", "2024-02-29", "2024-W09", "2024-02"},
    {"1969-12-31T23:59:59", NULL, "1969-12-31T23:00:00", "1969-12-31", "1969-W52", "1969-12"},
    {"0001-01-01T00:00:00", NULL, "0001-01-01T00:00:00", "0001-01-01", "0001-W01", "0001-01"},
    {"9999-12-31T23:59:59", NULL, "9999-12-31T23:00:00", "9999-12-31", "9999-W52", "9999-12"},
    {"2026-03-01T06:59:59", "America/Denver", "2026-03-01T06:00:00", "2026-02-28", "2026-W08", "2026-02"},
    {"2026-03-01T07:00:00", "America/Denver", "2026-03-01T07:00:00", "2026-03-01", "2026-W08", "2026-03"},
    {"2026-01-01T06:00:00", "America/Denver", "2026-01-01T06:00:00", "2025-12-31", "2025-W52", "2025-12"},
};

Test(views_aggregate, buckets) {
    struct cg_arena *arena = cg_arena_new();
    for (size_t i = 0; i < sizeof buckets / sizeof *buckets; i++) {
        const struct bucket *row = &buckets[i];
        const char *wanted[] = {row->hour, row->day, row->week, row->month};
        const struct cg_zone *zone = NULL;
        if (row->zone)
            cr_assert_eq(cg_zone_find(row->zone, arena, &zone), CG_OK, "%s", row->zone);
        for (uint32_t unit = CG_BUCKET_HOUR; unit <= CG_BUCKET_MONTH; unit++) {
            char text[CG_BUCKET_TEXT_SIZE];
            cg_bucket_format(unit, cg_bucket_of(unit, at(row->time), zone), text);
            cr_assert_str_eq(text, wanted[unit], "%s in %s", row->time, row->zone ? row->zone : "UTC");
        }
    }
    cg_arena_free(arena);
}

/* Every day of many years: the number of a bucket never falls, and the week is that of SQLite. */
Test(views_aggregate, weeks_of_the_database) {
    struct stage stage;
    if (stage_on_postgres())
        return;
    stage_init(&stage);
    stage_open(&stage);
    char sql[256];
    int64_t before = 0;
    for (int64_t day = at("1999-12-20"); day < at("2032-01-10"); day += DAY) {
        int64_t week = cg_bucket_of(CG_BUCKET_WEEK, day, NULL);
        int32_t month = 0;
        int32_t number = 0;
        cr_assert_geq(week, before);
        before = week;
        cg_time_to_date(day, NULL, &month, &number);
        if (!(month == 12 && number > 20) && !(month == 1 && number < 12))
            continue;
        char date[CG_TIME_TEXT_SIZE];
        char text[CG_BUCKET_TEXT_SIZE];
        snprintf(sql, sizeof sql, "SELECT strftime('%%Y-W%%W', '%s')", cg_time_format_date(day, date));
        cg_bucket_format(CG_BUCKET_WEEK, week, text);
        assert_rows(&stage, sql, text);
    }
    stage_done(&stage);
}

/* ---- sums ---- */

/* What was handed over: "bucket value,value total rows" line by line. */
struct heard {
    size_t width;
    char text[8192];
    size_t length;
    cg_status answer;
};

static cg_status hear(void *user, const struct cg_aggregate_row *row) {
    struct heard *heard = user;
    char sum[CG_DECIMAL_TEXT_SIZE];
    char *at_end = heard->text + heard->length;
    size_t room = sizeof heard->text - heard->length;
    int length = snprintf(at_end, room, "%s", row->bucket);
    for (size_t i = 0; i < heard->width; i++)
        length += snprintf(at_end + length, room - (size_t)length, "%c%s", i ? ',' : ' ',
                           row->values[i] ? row->values[i] : "NULL");
    cg_decimal_format(&row->sums.total, sum);
    length += snprintf(at_end + length, room - (size_t)length, " %s %lld\n", sum, (long long)row->sums.rows);
    cr_assert_lt((size_t)length, room);
    heard->length += (size_t)length;
    return heard->answer;
}

static cg_status ask(struct stage *stage, const struct cg_aggregate_question *question, struct heard *heard,
                     struct cg_aggregate_sums *sums) {
    *heard = (struct heard){.width = question->column_count + question->tag_count, .answer = heard->answer};
    return cg_view_aggregate(stage->store, question, hear, heard, sums, &stage->error);
}

#define DIMENSION(id, resource, identity, type)                                             \
    "INSERT INTO chargeback_dimensions VALUES (" id ", 'confluent_cloud', 't-1', " resource \
    ", 'KAFKA', 'P', '" identity "', '" type "', 'm', NULL, 'env-1');"
#define FACT(id, time, amount) "INSERT INTO chargeback_facts VALUES ('" time "', " id ", '" amount "', '{}');"
#define TAG(tenant, type, id, key, value)                                                                      \
    "INSERT INTO tags (tenant_id, entity_type, entity_id, tag_key, tag_value, created_by, created_at) VALUES " \
    "('" tenant "', '" type "', '" id "', '" key "', '" value "', 'ui', '2026-03-01 00:00:00.000000');"

#define SMALL                                                                  \
    DIMENSION("1", "'r-1'", "b", "usage")                                      \
    DIMENSION("2", "NULL", "a", "shared")                                      \
    DIMENSION("3", "''", "a", "credit")                                        \
    DIMENSION("4", "'r-2'", "B", "usage")                                      \
    FACT("1", "2026-03-01 00:00:00", "0.1")                                    \
    FACT("2", "2026-03-01 00:00:00", "0.2")                                    \
    FACT("3", "2026-03-01 00:00:00", "-0.05")                                  \
    FACT("4", "2026-03-02 00:00:00", "9999999999999999999.000000000000000001") \
    FACT("1", "2026-03-02 00:00:00", "1E-18")                                  \
    FACT("1", "2026-03-05 00:00:00", "7")                                      \
    TAG("t-1", "resource", "r-1", "team", "x")                                 \
    TAG("t-1", "identity", "b", "team", "hidden")                              \
    TAG("t-1", "identity", "a", "team", "y")                                   \
    TAG("t-1", "resource", "B", "team", "no")                                  \
    TAG("t-2", "resource", "r-2", "team", "no")

/* As many dimensions of another tenant, with facts, that those of the tenant are few. */
#define OTHERS                                                                                                      \
    "WITH RECURSIVE n(i) AS (SELECT 100 UNION ALL SELECT i + 1 FROM n WHERE i < 200) INSERT INTO "                  \
    "chargeback_dimensions SELECT i, 'confluent_cloud', 't-2', 'r-1', 'KAFKA', 'P', 'b' || i, 'usage', 'm', NULL, " \
    "'env-1' FROM n;"                                                                                               \
    "INSERT INTO chargeback_facts SELECT '2026-03-01 00:00:00', dimension_id, '1000', '{}' FROM "                   \
    "chargeback_dimensions WHERE dimension_id >= 100;"

static const char *by_resource[] = {"resource_id"};
static const char *by_identity[] = {"identity_id"};
static const char *by_both[] = {"identity_id", "resource_id"};
static const char *by_team[] = {"team"};
static const char *y_or_z[] = {"y", "z"};
static const struct cg_fact_tag_filter team_y = {"team", y_or_z, 2};
static const struct cg_fact_filter resource_r1 = {"resource_id", "r-1", 0};
static const struct cg_fact_filter resource_like = {"resource_id", "R-", 1};

struct example {
    struct cg_aggregate_question question; /* without times */
    const char *wanted;
};

static const struct example examples[] = {
    {{.bucket = CG_BUCKET_DAY, .columns = by_resource, .column_count = 1},
     "2026-03-01 NULL 0.2 1\n2026-03-01  -0.05 1\n2026-03-01 r-1 0.1 1\n2026-03-02 r-1 1E-18 1\n"
     "2026-03-02 r-2 9999999999999999999.000000000000000001 1\n"},
    {{.bucket = CG_BUCKET_MONTH, .columns = by_identity, .column_count = 1},
     "2026-03 B 9999999999999999999.000000000000000001 1\n2026-03 a 0.15 2\n2026-03 b 0.100000000000000001 2\n"},
    {{.bucket = CG_BUCKET_MONTH, .columns = by_both, .column_count = 2, .tags = by_team, .tag_count = 1},
     "2026-03 B,r-2,UNTAGGED 9999999999999999999.000000000000000001 1\n2026-03 a,NULL,y 0.2 1\n2026-03 a,,y -0.05 1\n"
     "2026-03 b,r-1,x 0.100000000000000001 2\n"},
    {{.bucket = CG_BUCKET_MONTH}, "2026-03 9999999999999999999.250000000000000002 5\n"},
    {{.bucket = CG_BUCKET_DAY, .tags = by_team, .tag_count = 1, .tag_filters = &team_y, .tag_filter_count = 1},
     "2026-03-01 y 0.15 2\n"},
    {{.bucket = CG_BUCKET_DAY, .columns = by_identity, .column_count = 1, .filters = &resource_r1, .filter_count = 1},
     "2026-03-01 b 0.1 1\n2026-03-02 b 1E-18 1\n"},
    {{.bucket = CG_BUCKET_WEEK,
      .columns = by_identity,
      .column_count = 1,
      .filters = &resource_like,
      .filter_count = 1},
     "2026-W08 b 0.1 1\n2026-W09 B 9999999999999999999.000000000000000001 1\n2026-W09 b 1E-18 1\n"},
};

static void check_examples(struct stage *stage, const char *name) {
    for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) {
        struct cg_aggregate_question question = examples[i].question;
        struct cg_aggregate_sums sums;
        struct heard heard = {.answer = CG_OK};
        question.start = at("2026-03-01");
        question.end = at("2026-03-05");
        assert_ok(stage, ask(stage, &question, &heard, &sums));
        cr_assert_str_eq(heard.text, examples[i].wanted, "%s, %zu", name, i);
    }
}

Test(views_aggregate, sums) {
    struct stage stage;
    stage_init(&stage);
    stage_open(&stage);
    stage_run(&stage, SMALL);
    check_examples(&stage, "alone");
    stage_run(&stage, OTHERS);
    check_examples(&stage, "beside another tenant");
    stage_done(&stage);
}

Test(views_aggregate, totals) {
    struct stage stage;
    struct heard heard = {.answer = CG_OK};
    struct cg_aggregate_sums sums;
    const struct cg_aggregate_question question = {.start = at("2026-03-01"), .end = at("2026-04-01")};
    stage_init(&stage);
    stage_open(&stage);
    stage_run(&stage, SMALL);
    assert_ok(&stage, ask(&stage, &question, &heard, &sums));
    const struct cg_decimal wanted[] = {number("10000000000000000006.250000000000000002"),
                                        number("10000000000000000006.100000000000000002"), number("0.2")};
    const struct cg_decimal *found[] = {&sums.total, &sums.usage, &sums.shared};
    for (size_t i = 0; i < 3; i++)
        cr_assert_eq(cg_decimal_compare(found[i], &wanted[i]), 0, "%zu", i);
    cr_assert_eq(sums.rows, 6);
    stage_done(&stage);
}

/* The reader's own failure ends it, and the store is as before. */
Test(views_aggregate, broken_off) {
    struct stage stage;
    struct heard heard = {.answer = CG_RANGE};
    struct cg_aggregate_sums sums;
    const struct cg_aggregate_question question = {.start = at("2026-03-01"), .end = at("2026-04-01"), .bucket = 1};
    stage_init(&stage);
    stage_open(&stage);
    stage_run(&stage, SMALL);
    cr_assert_eq(ask(&stage, &question, &heard, &sums), CG_RANGE);
    cr_assert_str_eq(heard.text, "2026-03-01 0.25 3\n");
    heard.answer = CG_OK;
    assert_ok(&stage, ask(&stage, &question, &heard, &sums));
    stage_done(&stage);
}

/*
 * Sums of many facts are those of the database's own exact sum, in any zone; where a clock is set back across midnight
 * no bucket comes twice.
 */
Test(views_aggregate, many_facts) {
    struct stage stage;
    stage_init(&stage);
    stage_open(&stage);
    stage_run(&stage,
              SMALL "DELETE FROM chargeback_facts; WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n "
                    "WHERE i < 20000) INSERT INTO chargeback_facts SELECT datetime('2006-10-28 00:00:00', '+' || "
                    "(i / 4 * 31) || ' seconds'), 1 + i % 4, printf('%d.%018d', i % 50 - 20, i * 7919), '{}' FROM "
                    "n");
    for (size_t i = 0; i < sizeof zones / sizeof *zones; i++) {
        const struct cg_zone *zone = NULL;
        struct heard heard = {.answer = CG_OK};
        struct cg_aggregate_sums sums;
        assert_ok(&stage, cg_zone_find(zones[i], stage.arena, &zone));
        struct cg_aggregate_question question = {.start = cg_zone_midnight(zone, at("2006-10-28")),
                                                 .end = cg_zone_midnight(zone, at("2006-10-30")),
                                                 .bucket = 1,
                                                 .zone = zone};
        assert_ok(&stage, ask(&stage, &question, &heard, &sums));
        char sql[512];
        char from[CG_TIME_TEXT_SIZE];
        char to[CG_TIME_TEXT_SIZE];
        char wanted[256];
        size_t length = 0;
        for (int64_t day = at("2006-10-28"); day < at("2006-10-30"); day += DAY) {
            cg_time_format_seconds(cg_zone_midnight(zone, day), from);
            cg_time_format_seconds(cg_zone_midnight(zone, day + DAY), to);
            snprintf(sql, sizeof sql,
                     "SELECT cg_sum(amount) || ' ' || COUNT(*) FROM chargeback_facts WHERE timestamp >= '%s' AND "
                     "timestamp < '%s'",
                     from, to);
            char date[CG_TIME_TEXT_SIZE];
            length += (size_t)snprintf(wanted + length, sizeof wanted - length, "%s %s\n",
                                       cg_time_format_date(day, date), stage_rows(&stage, sql));
        }
        cr_assert_str_eq(heard.text, wanted, "%s", zones[i]);
    }
    stage_done(&stage);
}
