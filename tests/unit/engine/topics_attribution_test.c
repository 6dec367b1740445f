/* What each topic of a cluster costs: examples, whole days, what is not computed again. */
#include <stdlib.h>

#include "engine/border.h"
#include "engine/describe.h"
#include "engine/topic_usage.h"
#include "topic_stage.h"

#define DAY_ONE "2026-01-01"

static struct topic_stage stage;

static void start(void) {
    topic_stage_open(&stage);
}

static void stop(void) {
    topic_stage_close(&stage);
}

TestSuite(topics_attribution, .init = start, .fini = stop);

/* Stores lines of one cluster as the bill of a day. */
static void bill(const struct cg_billing_line *lines, size_t count) {
    bench_bill(&stage.bench, DAY_ONE, lines, count);
}

static void check_rows(const char *name, const char *wanted) {
    const char *rows = topic_stage_rows(&stage, DAY_ONE);
    cr_assert_str_eq(rows, wanted, "%s: %s", name, rows);
}

/* ---- examples of one line ---- */

#define WRITE "KAFKA_NETWORK_WRITE"
#define READ "KAFKA_NETWORK_READ"
#define CKU "KAFKA_NUM_CKU"
#define STORAGE "KAFKA_STORAGE"
#define PARTITION "KAFKA_PARTITION"
#define BASE "KAFKA_BASE"

static const struct {
    const char *name;
    const char *product;
    const char *cost;
    const char *topics; /* of the inventory: a letter each, 0 for "0-idle" */
    struct {
        const char *key;
        const char *topic;
        double value;
    } usage[6];
    const char *method; /* in place of the product's own, with the keys beside it */
    const char *keys[2];
    int32_t skip;
    const char *rows;
} examples[] = {
    {"1: thirds",
     WRITE,
     "100",
     "abc",
     {{IN, "a", 1}, {IN, "b", 1}, {IN, "c", 1}},
     NULL,
     {0},
     0,
     WRITE " a 33.3334 bytes_ratio\n" WRITE " b 33.3333 bytes_ratio\n" WRITE " c 33.3333 bytes_ratio"},
    {"2: nothing of the remainder to an idle topic",
     WRITE,
     "100",
     "0abc",
     {{IN, "a", 1}, {IN, "b", 1}, {IN, "c", 1}},
     NULL,
     {0},
     0,
     WRITE " 0-idle 0.0000 bytes_ratio\n" WRITE " a 33.3334 bytes_ratio\n" WRITE " b 33.3333 bytes_ratio\n" WRITE
           " c 33.3333 bytes_ratio"},
    {"3: neither when it is negative",
     WRITE,
     "0.0002",
     "0abc",
     {{IN, "a", 1}, {IN, "b", 1}, {IN, "c", 1}},
     NULL,
     {0},
     0,
     WRITE " 0-idle 0.0000 bytes_ratio\n" WRITE " a 0.0000 bytes_ratio\n" WRITE " b 0.0001 bytes_ratio\n" WRITE
           " c 0.0001 bytes_ratio"},
    {"4: only zeros",
     WRITE,
     "10",
     "abc",
     {{IN, "a", 0}},
     NULL,
     {0},
     0,
     WRITE " a 3.3334 even_split\n" WRITE " b 3.3333 even_split\n" WRITE " c 3.3333 even_split"},
    {"5: only zeros are skipped, the cost stays visible",
     WRITE,
     "10",
     "abc",
     {{IN, "a", 0}},
     NULL,
     {0},
     1,
     WRITE " __UNATTRIBUTED__ 10 no_metrics_located"},
    {"6: no data",
     READ,
     "10",
     "abc",
     {{0}},
     NULL,
     {0},
     0,
     READ " a 3.3334 even_split\n" READ " b 3.3333 even_split\n" READ " c 3.3333 even_split"},
    {"7: two measures",
     CKU,
     "10",
     "ab",
     {{IN, "a", 1}, {IN, "b", 2}, {OUT, "a", 3}},
     NULL,
     {0},
     0,
     CKU " a 6.6667 bytes_ratio\n" CKU " b 3.3333 bytes_ratio"},
    {"8: a refund",
     STORAGE,
     "-3",
     "ab",
     {{RETAINED, "a", 1}, {RETAINED, "b", 2}},
     NULL,
     {0},
     0,
     STORAGE " a -1.0000 retained_bytes_ratio\n" STORAGE " b -2.0000 retained_bytes_ratio"},
    {"9: evenly",
     PARTITION,
     "10",
     "zba",
     {{0}},
     NULL,
     {0},
     0,
     PARTITION " a 3.3334 even_split\n" PARTITION " b 3.3333 even_split\n" PARTITION " z 3.3333 even_split"},
    {"10: nothing", BASE, "0", "zb", {{0}}, NULL, {0}, 0, BASE " b 0.0000 even_split\n" BASE " z 0.0000 even_split"},
    {"11: all digits stay", BASE, "12.345678", "z", {{0}}, NULL, {0}, 0, BASE " z 12.345678 even_split"},
    {"12: by bytes, in both directions",
     PARTITION,
     "10",
     "ab",
     {{IN, "a", 1}},
     "bytes_ratio",
     {IN, OUT},
     0,
     PARTITION " a 10.0000 bytes_ratio\n" PARTITION " b 0.0000 bytes_ratio"},
    {"13: by another measure",
     WRITE,
     "10",
     "ab",
     {{IN, "a", 1}, {RETAINED, "b", 1}},
     "retained_bytes_ratio",
     {RETAINED},
     0,
     WRITE " a 0.0000 retained_bytes_ratio\n" WRITE " b 10.0000 retained_bytes_ratio"},
    {"14: one over seven",
     BASE,
     "1",
     "abcdefg",
     {{0}},
     NULL,
     {0},
     0,
     BASE " a 0.1428 even_split\n" BASE " b 0.1428 even_split\n" BASE " c 0.1428 even_split\n" BASE
          " d 0.1429 even_split\n" BASE " e 0.1429 even_split\n" BASE " f 0.1429 even_split\n" BASE
          " g 0.1429 even_split"},
    {"14: ten over six",
     BASE,
     "10",
     "abcdef",
     {{0}},
     NULL,
     {0},
     0,
     BASE " a 1.6666 even_split\n" BASE " b 1.6666 even_split\n" BASE " c 1.6667 even_split\n" BASE
          " d 1.6667 even_split\n" BASE " e 1.6667 even_split\n" BASE " f 1.6667 even_split"},
    {"15: both signs",
     WRITE,
     "10",
     "ab",
     {{IN, "a", -1}, {IN, "b", 3}},
     NULL,
     {0},
     0,
     WRITE " a -5.0000 bytes_ratio\n" WRITE " b 15.0000 bytes_ratio"},
    {"no topics anywhere", BASE, "1.5", "", {{0}}, NULL, {0}, 0, BASE " __UNATTRIBUTED__ 1.5 no_topics_located"},
    {"no topics but excluded ones",
     WRITE,
     "1.5",
     "",
     {{IN, "_schemas", 9}},
     NULL,
     {0},
     0,
     WRITE " __UNATTRIBUTED__ 1.5 no_topics_located"},
    {"topics of the metrics alone",
     WRITE,
     "3",
     "",
     {{IN, "a", 1}, {OUT, "b", 1}},
     NULL,
     {0},
     0,
     WRITE " a 3.0000 bytes_ratio\n" WRITE " b 0.0000 bytes_ratio"},
    {"topics of the metrics share evenly",
     BASE,
     "3",
     "c",
     {{IN, "a", 1}, {OUT, "b", 0}, {RETAINED, "d", 0}},
     NULL,
     {0},
     0,
     BASE " a 1.0000 even_split\n" BASE " b 1.0000 even_split\n" BASE " c 1.0000 even_split"},
    {"what is below a unit goes to the largest",
     WRITE,
     "10.00001",
     "ab",
     {{IN, "a", 1}, {IN, "b", 3}},
     NULL,
     {0},
     0,
     WRITE " a 2.5000 bytes_ratio\n" WRITE " b 7.50001 bytes_ratio"},
};

static void set_up_example(size_t i) {
    const struct cg_billing_line line = line_of(DAY_ONE, "env-1", "lkc-1", examples[i].product, examples[i].cost);
    for (const char *at = examples[i].topics; *at; at++) {
        const char letter[] = {*at, '\0'};
        topic_stage_topic(&stage, "lkc-1", *at == '0' ? "0-idle" : letter, "2025-12-01");
    }
    for (size_t k = 0; k < 6 && examples[i].usage[k].key; k++)
        topic_stage_sample(&stage, examples[i].usage[k].key, examples[i].usage[k].topic, DAY_ONE "T03:00:00",
                           examples[i].usage[k].value);
    if (examples[i].method)
        topic_stage_rule(&stage, examples[i].product, examples[i].method, examples[i].keys[0], examples[i].keys[1]);
    stage.overlay.flags = examples[i].skip ? CG_TOPICS_SKIP_WITHOUT_METRICS : 0;
    bill(&line, 1);
}

Test(topics_attribution, examples) {
    for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) {
        topic_stage_close(&stage);
        topic_stage_open(&stage);
        set_up_example(i);
        topic_stage_date(&stage, DAY_ONE, 0);
        cr_assert(stage.outcome.changed && !stage.outcome.pending && !stage.outcome.is_current, "%s", examples[i].name);
        check_rows(examples[i].name, examples[i].rows);
        cr_assert_str_eq(stage.bench.errors, "", "%s", stage.bench.errors);
    }
}

/* ---- a day ---- */

static void sample(const char *key, const char *topic, const char *hour, double value) {
    char time[32];
    snprintf(time, sizeof time, DAY_ONE "T%s:00:00", hour);
    topic_stage_sample(&stage, key, topic, time, value);
}

static void set_up_day(void) {
    const struct cg_billing_line lines[] = {
        line_of(DAY_ONE, "env-1", "lkc-1", BASE, "1"), line_of(DAY_ONE, "env-1", "lkc-1", WRITE, "10"),
        line_of(DAY_ONE, "env-1", "lkc-1", PARTITION, "2"), line_of(DAY_ONE, "env-1", "lkc-1", STORAGE, "5"),
        line_of(DAY_ONE, "env-1", "lsrc-1", WRITE, "7")};
    topic_stage_rule(&stage, BASE, NULL, NULL, NULL);
    topic_stage_topic(&stage, "lkc-1", "zero", "2025-12-01");
    topic_stage_topic(&stage, "lkc-1", "_schemas", "2025-12-01");
    topic_stage_topic(&stage, "lkc-2", "elsewhere", "2025-12-01");
    topic_stage_topic(&stage, "lkc-1", "born-later", "2026-01-02");
    sample(IN, "orders", "00", 100);
    sample(IN, "orders", "23", 100);
    sample(IN, "pay", "01", 50);
    sample(IN, "_schemas", "01", 999);
    sample(RETAINED, "orders", "00", 7);
    sample(RETAINED, "orders", "01", 3);
    sample(RETAINED, "idle", "00", 9);
    sample(RETAINED, "idle", "01", 1);
    sample(RETAINED, "zero", "00", 0);
    topic_stage_sample(&stage, IN, "tomorrow", "2026-01-02T00:00:00", 5);
    bill(lines, 5);
}

static const char day_rows[] = WRITE
    " idle 0.0000 bytes_ratio\n" WRITE " orders 8.0000 bytes_ratio\n" WRITE " pay 2.0000 bytes_ratio\n" WRITE
    " zero 0.0000 bytes_ratio\n" PARTITION " idle 0.5000 even_split\n" PARTITION " orders 0.5000 even_split\n" PARTITION
    " pay 0.5000 even_split\n" PARTITION " zero 0.5000 even_split\n" STORAGE
    " idle 2.8125 retained_bytes_ratio\n" STORAGE " orders 2.1875 retained_bytes_ratio\n" STORAGE
    " pay 0.0000 retained_bytes_ratio\n" STORAGE " zero 0.0000 retained_bytes_ratio";

Test(topics_attribution, a_day) {
    set_up_day();
    topic_stage_date(&stage, DAY_ONE, 0);
    check_rows("a day", day_rows);
    cr_assert_eq(stage.outcome.rows, 12);
    cr_assert_str_eq(stage.asked, "lkc-1 2026-01-01 00:00:00 2026-01-02 00:00:00\n");
}

Test(topics_attribution, the_order_of_series_changes_nothing) {
    set_up_day();
    topic_stage_date(&stage, DAY_ONE, 0);
    for (uint32_t i = 1; i <= 20; i++) {
        stage.shuffle = i;
        topic_stage_date(&stage, DAY_ONE, 1);
        cr_assert_not(stage.outcome.changed, "order %u", i);
        cr_assert_eq(stage.outcome.rows, 12);
    }
    check_rows("any order", day_rows);
}

Test(topics_attribution, series_without_a_usable_topic_are_told_and_left_out) {
    set_up_day();
    sample(IN, NULL, "00", 1000);
    sample(IN, "", "00", 1000);
    sample(IN, "a\tb", "00", 1000);
    topic_stage_date(&stage, DAY_ONE, 0);
    check_rows("left out", day_rows);
    cr_assert_not_null(strstr(stage_log(&stage.bench.stage), "topic_series_ignored tenant_name=acme cluster=lkc-1 "
                                                             "count=3"),
                       "%s", stage.bench.stage.log);
}

/* ---- windows, clusters, environments ---- */

Test(topics_attribution, each_window_has_its_topics) {
    struct cg_billing_line lines[] = {line_of(DAY_ONE "T00:00:00", "e", "lkc-1", WRITE, "1"),
                                      line_of(DAY_ONE "T01:00:00", "e", "lkc-1", WRITE, "1"),
                                      line_of(DAY_ONE "T02:00:00", "e", "lkc-1", WRITE, "1"),
                                      line_of(DAY_ONE "T02:00:00", "e", "lkc-1", PARTITION, "1"),
                                      line_of(DAY_ONE "T02:00:00", "e", "lkc-1", BASE, "1")};
    for (size_t i = 0; i < 4; i++)
        lines[i].granularity = "hourly";
    lines[4].granularity = "fortnightly";
    topic_stage_topic(&stage, "lkc-1", "gone", "2025-12-01");
    stage_run(&stage.bench.stage, "UPDATE resources SET deleted_at = '2026-01-01 01:00:00.000000', status = 'deleted'");
    sample(IN, "a", "00", 1);
    sample(IN, "b", "01", 1);
    sample(IN, "c", "02", 1);
    bill(lines, 5);
    topic_stage_date(&stage, DAY_ONE, 0);
    cr_assert_str_eq(stage.asked, "lkc-1 2026-01-01 00:00:00 2026-01-01 01:00:00\n"
                                  "lkc-1 2026-01-01 01:00:00 2026-01-01 02:00:00\n"
                                  "lkc-1 2026-01-01 02:00:00 2026-01-01 03:00:00\n"
                                  "lkc-1 2026-01-01 02:00:00 2026-01-02 02:00:00\n");
    check_rows("windows",
               BASE " c 1.0000 even_split\n" WRITE " a 1.0000 bytes_ratio\n" WRITE " b 1.0000 bytes_ratio\n" WRITE
                    " c 1.0000 bytes_ratio\n" WRITE " gone 0.0000 bytes_ratio\n" PARTITION " c 1.0000 even_split");
}

Test(topics_attribution, each_cluster_and_environment_on_its_own) {
    const struct cg_billing_line lines[] = {
        line_of(DAY_ONE, "e1", "lkc-1", BASE, "1"), line_of(DAY_ONE, "e1", "lkc-2", BASE, "2"),
        line_of(DAY_ONE, "e2", "lkc-1", BASE, "3"), line_of(DAY_ONE, "e2", "lkc-3", BASE, "4")};
    topic_stage_topic(&stage, "lkc-1", "a", "2025-12-01");
    topic_stage_topic(&stage, "lkc-2", "b", "2025-12-01");
    bill(lines, 4);
    topic_stage_date(&stage, DAY_ONE, 0);
    cr_assert_eq(stage.fetches, 1);
    cr_assert_eq(stage.requests, 4);
    check_rows("clusters", BASE " a 1.0000 even_split\n" BASE " b 2.0000 even_split\n" BASE
                                " a 3.0000 even_split\n" BASE " __UNATTRIBUTED__ 4 no_topics_located");
}

Test(topics_attribution, only_lines_of_clusters_with_a_rule_are_split) {
    const struct cg_billing_line lines[] = {line_of(DAY_ONE, "e", "lkc-1", "CONNECT_CAPACITY", "1"),
                                            line_of(DAY_ONE, "e", "other-1", BASE, "2")};
    bill(lines, 2);
    topic_stage_date(&stage, DAY_ONE, 0);
    cr_assert_eq(stage.fetches, 0);
    check_rows("none", "");
    stage.overlay.cluster_prefix = "";
    topic_stage_date(&stage, DAY_ONE, 0);
    check_rows("any resource", BASE " __UNATTRIBUTED__ 2 no_topics_located");
}

Test(topics_attribution, without_a_metrics_source_the_inventory_has_to_do) {
    const struct cg_billing_line line = line_of(DAY_ONE, "e", "lkc-1", WRITE, "2");
    stage.bench.metrics = NULL;
    topic_stage_topic(&stage, "lkc-1", "a", "2025-12-01");
    bill(&line, 1);
    topic_stage_date(&stage, DAY_ONE, 0);
    cr_assert_eq(stage.fetches, 0);
    check_rows("without", WRITE " a 2.0000 even_split");
}

/* ---- what is not computed again ---- */

Test(topics_attribution, a_date_is_current_until_something_changes) {
    set_up_day();
    topic_stage_date(&stage, DAY_ONE, 0);
    topic_stage_date(&stage, DAY_ONE, 0);
    cr_assert(stage.outcome.is_current);
    cr_assert_eq(stage.outcome.rows + (uint64_t)stage.outcome.changed, 0);
    cr_assert_eq(stage.fetches, 1);
    topic_stage_date(&stage, DAY_ONE, 1);
    cr_assert(!stage.outcome.is_current && !stage.outcome.changed);
    cr_assert_eq(stage.fetches, 2);
    /* A topic that lives later, or in another cluster, has no part in it. */
    topic_stage_topic(&stage, "lkc-1", "newcomer", "2026-01-02");
    topic_stage_topic(&stage, "lkc-2", "stranger", "2025-12-01");
    topic_stage_date(&stage, DAY_ONE, 0);
    cr_assert(stage.outcome.is_current);
}

/* Changes one thing each, after a date was attributed. */
static void change_nothing(void) {
}

static void change_topics(void) {
    topic_stage_topic(&stage, "lkc-1", "another", "2025-12-02");
}

static void change_cost(void) {
    const struct cg_billing_line line = line_of(DAY_ONE, "env-1", "lkc-1", WRITE, "10.01");
    bill(&line, 1);
}

static void change_rule(void) {
    topic_stage_rule(&stage, PARTITION, "bytes_ratio", IN, OUT);
}

static void remove_rule(void) {
    topic_stage_rule(&stage, PARTITION, NULL, NULL, NULL);
}

static void change_patterns(void) {
    stage.overlay.exclude_patterns.count = 1;
}

static void change_flags(void) {
    stage.overlay.flags = CG_TOPICS_SKIP_WITHOUT_METRICS;
}

static void change_prefix(void) {
    stage.overlay.cluster_prefix = "";
}

static void change_url(void) {
    stage.bench.tenant.metrics.url = "https://elsewhere.example";
}

static void change_secrets(void) {
    stage.bench.tenant.metrics.url = "https://me:other@metrics.example";
    stage.bench.tenant.metrics.password = "other";
}

static void lose_topics(void) {
    stage_run(&stage.bench.stage, "UPDATE resources SET deleted_at = '2025-12-31 00:00:00.000000' WHERE "
                                  "resource_id = 'lkc-1:topic:zero'");
}

static const struct {
    const char *name;
    void (*change)(void);
    int32_t is_current;
} changes[] = {
    {"nothing", change_nothing, 1},
    {"a topic more", change_topics, 0},
    {"a topic less", lose_topics, 0},
    {"the cost", change_cost, 0},
    {"a rule", change_rule, 0},
    {"a rule less", remove_rule, 0},
    {"patterns", change_patterns, 0},
    {"flags", change_flags, 0},
    {"the prefix", change_prefix, 0},
    {"where metrics come from", change_url, 0},
    {"only how it is entered", change_secrets, 1},
};

Test(topics_attribution, what_makes_a_date_due_again) {
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        topic_stage_close(&stage);
        topic_stage_open(&stage);
        stage.bench.tenant.metrics =
            (struct cg_metrics_settings){.present = 1, .url = "https://me:secret@metrics.example", .password = "x"};
        set_up_day();
        topic_stage_date(&stage, DAY_ONE, 0);
        changes[i].change();
        topic_stage_date(&stage, DAY_ONE, 0);
        cr_assert_eq(stage.outcome.is_current, changes[i].is_current, "%s", changes[i].name);
        topic_stage_date(&stage, DAY_ONE, 0);
        cr_assert(stage.outcome.is_current, "%s, the third time", changes[i].name);
    }
}

Test(topics_attribution, rows_of_withdrawn_lines_go_away) {
    set_up_day();
    topic_stage_date(&stage, DAY_ONE, 0);
    bill(NULL, 0);
    topic_stage_date(&stage, DAY_ONE, 0);
    cr_assert(stage.outcome.changed);
    check_rows("withdrawn", "");
}

/* ---- many dates ---- */

/* Sums over whole months of random lines are exact, whatever was measured. */
Test(topics_attribution, random_days_sum_to_their_lines) {
    static const char *const products[] = {WRITE, READ, CKU, STORAGE, PARTITION, BASE};
    static const char *const topics[] = {"a", "b", "c", "_schemas", "d"};
    static const char *const keys[] = {IN, OUT, RETAINED};
    srand(11);
    for (int day = 1; day <= 28; day++) {
        char date[16];
        char time[32];
        struct cg_billing_line lines[6];
        snprintf(date, sizeof date, "2026-01-%02d", day);
        snprintf(time, sizeof time, "%sT07:00:00", date);
        for (size_t i = 0; i < 6; i++) {
            lines[i] = line_of(date, "e", "lkc-1", products[i], "0");
            lines[i].total_cost = (struct cg_decimal){
                .low = (uint64_t)rand() % 100000000u, .exponent = -(rand() % 9), .negative = rand() % 10 == 0};
        }
        for (int i = rand() % 8; i > 0; i--)
            topic_stage_sample(&stage, keys[rand() % 3], topics[rand() % 5], time, rand() % 50);
        stage.overlay.flags = rand() % 4 ? 0 : CG_TOPICS_SKIP_WITHOUT_METRICS;
        bench_bill(&stage.bench, date, lines, 6);
        topic_stage_date(&stage, date, 0);
        for (size_t i = 0; i < 6; i++) {
            char sql[400];
            struct cg_decimal sum = {0};
            snprintf(sql, sizeof sql,
                     "SELECT f.amount FROM topic_attribution_facts f JOIN topic_attribution_dimensions d ON "
                     "d.dimension_id = f.dimension_id WHERE f.timestamp >= '%s' AND f.timestamp < '%s 24' AND "
                     "d.product_type = '%s'",
                     date, date, products[i]);
            for (const char *at = stage_rows(&stage.bench.stage, sql); *at; at += *at == '\n') {
                struct cg_decimal amount = {0};
                size_t length = strcspn(at, "\n");
                cr_assert_eq(cg_decimal_parse(at, length, &amount), CG_OK);
                cr_assert_eq(cg_decimal_add(&sum, &amount, &sum), CG_OK);
                at += length;
            }
            cr_assert_eq(cg_decimal_compare(&sum, &lines[i].total_cost), 0, "%s, %s", date, products[i]);
        }
    }
}

/* A text that no compression shortens. */
static void fill_noise(char *text, size_t length, char first) {
    uint32_t state = (uint32_t)first;
    for (size_t i = 0; i < length; i++) {
        state = state * 1103515245u + 12345u;
        text[i] = (char)('!' + (state >> 16) % 90);
    }
    text[0] = first;
    text[length] = '\0';
}

/* On either database: they are one key. */
Test(topics_attribution, all_names_may_be_as_long_as_they_can_be) {
    char texts[6][CG_TOPIC_NAME_BYTES + 1];
    char wanted[16];
    static const size_t lengths[] = {CG_BORDER_WORD_BYTES, CG_BORDER_RESOURCE_BYTES, CG_BORDER_WORD_BYTES,
                                     CG_BORDER_WORD_BYTES, CG_DESCRIBE_METHOD_BYTES, CG_TOPIC_NAME_BYTES};
    for (size_t i = 0; i < 6; i++)
        fill_noise(texts[i], lengths[i], (char)('a' + i));
    struct cg_billing_line line = line_of(DAY_ONE, texts[0], texts[1], texts[3], "5");
    line.product_category = texts[2];
    stage.overlay.cluster_prefix = "b";
    topic_stage_rule(&stage, texts[3], texts[4], IN, NULL);
    topic_stage_sample(&stage, IN, texts[5], DAY_ONE "T01:00:00", 1);
    stage.samples[0].cluster = texts[1];
    bill(&line, 1);
    topic_stage_date(&stage, DAY_ONE, 0);
    snprintf(wanted, sizeof wanted, "1 %zu", CG_TOPIC_NAME_BYTES + (size_t)CG_DESCRIBE_METHOD_BYTES);
    assert_rows(&stage.bench.stage,
                "SELECT COUNT(*) || ' ' || SUM(length(topic_name) + length(attribution_method)) FROM "
                "topic_attribution_dimensions",
                wanted);
}
