/* Whatever the line: the rows sum to it to the last digit, and do not depend on the order in which anything was listed.
 */
#include "troupe.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#define LINES 10000

static uint64_t state;

/* xorshift64*, after S. Vigna, "An experimental exploration of Marsaglia's xorshift generators, scrambled", 2016. */
static uint64_t random_below(uint64_t limit) {
    state ^= state >> 12u;
    state ^= state << 25u;
    state ^= state >> 27u;
    return (state * UINT64_C(0x2545F4914F6CDD1D) >> 16u) % limit;
}

static const char *const products[] = {
    "KAFKA_NUM_CKU",    "KAFKA_NUM_CKUS",    "KAFKA_NETWORK_READ",   "KAFKA_NETWORK_WRITE",
    "KAFKA_PARTITION",  "KAFKA_BASE",        "KAFKA_STORAGE",        "SCHEMA_REGISTRY",
    "GOVERNANCE_BASE",  "NUM_RULES",         "CONNECT_NUM_TASKS",    "CONNECT_THROUGHPUT",
    "CONNECT_CAPACITY", "KSQL_NUM_CSU",      "FLINK_NUM_CFU",        "AUDIT_LOG_READ",
    "SUPPORT",          "TABLEFLOW_STORAGE", "CLUSTER_LINKING_READ", "SOMETHING_NEW",
};

static void random_amount(char *text, size_t size) {
    uint64_t places = random_below(19);
    uint64_t digits = random_below(6) == 0 ? 0 : 1 + random_below(8);
    char whole[16] = "0";
    char fraction[24] = "";
    for (uint64_t i = 0; i < digits; i++) {
        whole[i] = (char)('0' + random_below(10));
        whole[i + 1] = '\0';
    }
    for (uint64_t i = 0; i < places; i++) {
        fraction[i] = digits == 0 && random_below(2) == 0 ? '0' : (char)('0' + random_below(10));
        fraction[i + 1] = '\0';
    }
    (void)snprintf(text, size, "%s%s%s%s", random_below(3) == 0 ? "-" : "", whole, places > 0 ? "." : "", fraction);
}

/* Few lines have many people, so that the test stays short. */
static uint64_t random_count(void) {
    static const uint64_t limits[] = {1, 4, 12, 12, 40, 40, 40, 501};
    return random_below(limits[random_below(sizeof limits / sizeof limits[0])]);
}

static void random_people(struct troupe *troupe, struct troupe_list *list) {
    static const char *const kinds[] = {"sa-%u", "u-%u", "pool-%u", "K%u:api_key", "p%u:principal"};
    static const char *const more[] = {"", "", "", ":sa-1:lkc-1", ""};
    struct stage_text people = {NULL, 0};
    uint64_t count = random_count();
    for (uint64_t i = 0; i < count; i++) {
        size_t kind = random_below(5);
        char person[64];
        char pattern[16];
        (void)snprintf(pattern, sizeof pattern, "%s", kinds[kind]);
        size_t percent = strcspn(pattern, "%");
        (void)snprintf(person, sizeof person, "%.*s%u%s%s", (int)percent, pattern, (unsigned)random_below(600),
                       pattern + percent + 2, more[kind]);
        stage_append(&people, "%s%s", i == 0 ? "" : " ", person);
    }
    troupe_add(troupe, list, stage_text_get(&people));
    free(people.text);
}

static void random_usage(struct troupe *troupe) {
    struct stage_text usage = {NULL, 0};
    uint64_t count = random_count();
    for (uint64_t i = 0; i < count; i++) {
        stage_append(&usage, "%s%s %s%u", i == 0 ? "" : ";", random_below(2) == 0 ? "in" : "out",
                     random_below(4) == 0 ? "K" : "sa-", (unsigned)i);
        for (uint64_t k = random_below(4); k > 0; k--) {
            stage_append(&usage, " %s%u.%uE%d", random_below(20) == 0 ? "-" : "", (unsigned)random_below(1000),
                         (unsigned)random_below(1000), (int)random_below(9) - 4);
        }
    }
    troupe_measure(troupe, stage_text_get(&usage));
    free(usage.text);
}

static void shuffle(struct troupe_list *list) {
    for (size_t i = list->count; i > 1; i--) {
        size_t other = random_below(i);
        void *item = list->items[i - 1];
        list->items[i - 1] = list->items[other];
        list->items[other] = item;
    }
}

Test(allocators_random, rows_sum_to_the_line_and_order_does_not_matter) {
    state = UINT64_C(0x9E3779B97F4A7C15);
    for (int i = 0; i < LINES; i++) {
        struct troupe troupe = {.row_count = 0};
        char amount[64];
        char before[CG_DECIMAL_TEXT_SIZE];
        const char *product = products[random_below(sizeof products / sizeof products[0])];
        random_amount(amount, sizeof amount);
        troupe_init(&troupe, NULL, product, "lkc-1", amount);
        random_people(&troupe, &troupe.period);
        random_usage(&troupe);
        if (random_below(2) == 0) {
            random_people(&troupe, &troupe.active);
            troupe_own(&troupe, "K1=sa-1 K2=sa-1 K3=sa-2");
        } else {
            cr_assert_eq(troupe_resolve(&troupe), CG_OK);
        }
        if (random_below(10) == 0) {
            troupe.has_metrics = 1;
            troupe.metrics.flags = CG_METRICS_FETCH_FAILED;
            troupe.series.count = 0;
        }
        cr_assert_eq(troupe_allocate(&troupe), CG_OK, "line %d, %s of %s: %s", i, product, amount,
                     stage_text_get(&troupe.stage.error));
        cr_assert_gt(troupe.row_count, 0, "line %d, %s of %s has no rows", i, product, amount);
        (void)cg_decimal_format(&troupe.sum, before);
        cr_assert_eq(cg_decimal_compare(&troupe.sum, &troupe.line.total_cost), 0, "line %d, %s of %s sums to %s", i,
                     product, amount, before);
        char *rows = strdup(stage_text_get(&troupe.rows));
        shuffle(&troupe.series);
        shuffle(&troupe.active); /* the troupe sorts them again, as the host does */
        cr_assert_eq(troupe_allocate(&troupe), CG_OK);
        cr_assert_str_eq(stage_text_get(&troupe.rows), rows, "line %d, %s of %s depends on the order", i, product,
                         amount);
        free(rows);
        troupe_done(&troupe);
    }
}
