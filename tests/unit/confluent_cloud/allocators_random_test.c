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

/* Every product type there is, and one that nobody knows. */
static const char *const products[] = {
    "KAFKA_NUM_CKU",
    "KAFKA_NUM_CKUS",
    "KAFKA_NETWORK_READ",
    "KAFKA_NETWORK_WRITE",
    "KAFKA_PARTITION",
    "KAFKA_BASE",
    "KAFKA_STORAGE",
    "SCHEMA_REGISTRY",
    "GOVERNANCE_BASE",
    "NUM_RULES",
    "CONNECT_NUM_TASKS",
    "CONNECT_THROUGHPUT",
    "CUSTOM_CONNECT_NUM_TASKS",
    "CUSTOM_CONNECT_THROUGHPUT",
    "CONNECT_CAPACITY",
    "CUSTOM_CONNECT_PLUGIN",
    "KSQL_NUM_CSU",
    "KSQL_NUM_CSUS",
    "FLINK_NUM_CFU",
    "FLINK_NUM_CFUS",
    "AUDIT_LOG_READ",
    "SUPPORT",
    "TABLEFLOW_DATA_PROCESSED",
    "TABLEFLOW_NUM_TOPICS",
    "TABLEFLOW_STORAGE",
    "CLUSTER_LINKING_PER_LINK",
    "CLUSTER_LINKING_READ",
    "CLUSTER_LINKING_WRITE",
    "SOMETHING_NEW",
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

static void random_values(struct stage_text *usage) {
    static const char *const strange[] = {"nan", "inf", "-inf", "0"};
    for (uint64_t k = random_below(4); k > 0; k--) {
        if (random_below(30) == 0) {
            stage_append(usage, " %s", strange[random_below(4)]);
            continue;
        }
        stage_append(usage, " %s%u.%uE%d", random_below(20) == 0 ? "-" : "", (unsigned)random_below(1000),
                     (unsigned)random_below(1000), (int)random_below(9) - 4);
    }
}

/* Series of Kafka and of Flink; of some statements there are two. */
static void random_usage(struct troupe *troupe) {
    static const char *const keys[] = {"in", "out", "cfu", "cfu2"};
    struct stage_text usage = {NULL, 0};
    uint64_t count = random_count();
    uint64_t kinds = 2 + random_below(3);
    for (uint64_t i = 0; i < count; i++) {
        size_t key = random_below(kinds);
        stage_append(&usage, "%s%s ", i == 0 ? "" : ";", keys[key]);
        if (key < 2) {
            stage_append(&usage, "%s%u", random_below(4) == 0 ? "K" : "sa-", (unsigned)i);
        } else {
            stage_append(&usage, "%s/s%u", random_below(8) == 0 ? "lfcp-2" : "lkc-1", (unsigned)random_below(60));
        }
        random_values(&usage);
    }
    troupe_measure(troupe, stage_text_get(&usage));
    free(usage.text);
}

/* The line's resource, of any kind, and statements that ran in it, some with the same name, some without owner. */
static void random_inventory(struct troupe *troupe) {
    static const char *const resources[] = {
        "",
        "lkc-1 connector kafka_auth_mode=KAFKA_API_KEY kafka_api_key=K1;",
        "lkc-1 connector kafka_auth_mode=KAFKA_API_KEY kafka_api_key=***;",
        "lkc-1 connector kafka_auth_mode=SERVICE_ACCOUNT kafka_service_account_id=sa-9;",
        "lkc-1 ksqldb_cluster owner=u-3;",
        "lkc-1 ksqldb_cluster owner=ksqldb_owner_unknown;",
    };
    struct stage_text text = {NULL, 0};
    stage_append(&text, "%s", resources[random_below(sizeof resources / sizeof resources[0])]);
    for (uint64_t i = random_below(40); i > 0; i--) {
        stage_append(&text, "uid-%u flink_statement parent=env-1 compute_pool_id=%s name=s%u is_stopped=%s",
                     (unsigned)i, random_below(5) == 0 ? "lfcp-2" : "lkc-1", (unsigned)random_below(60),
                     random_below(2) == 0 ? "true" : "false");
        if (random_below(4) != 0) {
            stage_append(&text, " owner=sa-%u", (unsigned)random_below(9));
        }
        stage_append(&text, ";");
    }
    troupe_stock(troupe, stage_text_get(&text));
    free(text.text);
}

static void shuffle(struct troupe_list *list) {
    for (size_t i = list->count; i > 1; i--) {
        size_t other = random_below(i);
        void *item = list->items[i - 1];
        list->items[i - 1] = list->items[other];
        list->items[other] = item;
    }
}

/* A line with everything around it. Answers whether its identities are those that the resolver finds. */
static int random_line(struct troupe *troupe, const char *product, const char *amount) {
    troupe_init(troupe, NULL, product, "lkc-1", amount);
    random_people(troupe, &troupe->period);
    random_usage(troupe);
    random_inventory(troupe);
    if (random_below(10) == 0) {
        troupe->has_metrics = 1;
        troupe->metrics.flags = CG_METRICS_FETCH_FAILED;
        troupe->series.count = 0;
    }
    if (random_below(2) == 0) {
        return 1;
    }
    random_people(troupe, &troupe->active);
    troupe_own(troupe, "K1=sa-1 K2=sa-1 K3=sa-2");
    for (uint64_t i = random_below(6); i > 0; i--) {
        troupe_weigh(troupe, random_below(2) == 0 ? "sa-1" : "u-5", (double)random_below(1000) / 7.0);
    }
    return 0;
}

static void run(struct troupe *troupe, int resolve, int line) {
    if (resolve) {
        cr_assert_eq(troupe_resolve(troupe), CG_OK, "line %d, %s", line, troupe->line.product_type);
    }
    cr_assert_eq(troupe_allocate(troupe), CG_OK, "line %d, %s: %s", line, troupe->line.product_type,
                 stage_text_get(&troupe->stage.error));
}

Test(allocators_random, rows_sum_to_the_line_and_order_does_not_matter) {
    state = UINT64_C(0x9E3779B97F4A7C15);
    for (int i = 0; i < LINES; i++) {
        struct troupe troupe = {.row_count = 0};
        char amount[64];
        char sum[CG_DECIMAL_TEXT_SIZE];
        const char *product = products[random_below(sizeof products / sizeof products[0])];
        random_amount(amount, sizeof amount);
        int resolve = random_line(&troupe, product, amount);
        run(&troupe, resolve, i);
        cr_assert_gt(troupe.row_count, 0, "line %d, %s of %s has no rows", i, product, amount);
        (void)cg_decimal_format(&troupe.sum, sum);
        cr_assert_eq(cg_decimal_compare(&troupe.sum, &troupe.line.total_cost), 0, "line %d, %s of %s sums to %s", i,
                     product, amount, sum);
        char *rows = strdup(stage_text_get(&troupe.rows));
        shuffle(&troupe.series);
        shuffle(&troupe.resources);
        shuffle(&troupe.active); /* the troupe sorts them again, as the host does */
        run(&troupe, resolve, i);
        cr_assert_str_eq(stage_text_get(&troupe.rows), rows, "line %d, %s of %s depends on the order", i, product,
                         amount);
        free(rows);
        troupe_done(&troupe);
    }
}
