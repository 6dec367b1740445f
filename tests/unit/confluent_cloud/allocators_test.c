/*
 * Worked examples: one line, the people around it, and every row that comes out. Rows are sorted by identity, whatever
 * the order of the input; they sum to the whole cost to the last digit, so that the first row also has what is below
 * 0.0001; the lifetime of the resource does not matter; and even shares that stand in for usage say when the metrics
 * could not be read. (Examples 29 to 31 belong to the models themselves and are tested there.)
 */
#include "troupe.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

struct example {
    const char *name;
    const char *product;
    const char *amount;
    const char *active;
    const char *period;
    const char *usage;
    const char *owners;
    const char *weights; /* owners of Flink statements, each of weight 1 */
    const char *params;
    int fetch_failed;
    const char *rows;
};

#define DETAIL_USAGE "usage_ratio usage_ratio_allocation"

/* Identity, cost type, amount, method, detail, tier in the chain, part of the composition. */
static const struct example examples[] = {
    /* example 1 */
    {.name = "Schema Registry, three active",
     .product = "SCHEMA_REGISTRY",
     .amount = "10",
     .active = "sa-b sa-c u-a",
     .rows =
         "sa-b usage 3.3334 even_split - 0 -; sa-c usage 3.3333 even_split - 0 -; u-a usage 3.3333 even_split - 0 -"},
    /* example 2 */
    {.name = "a credit",
     .product = "SCHEMA_REGISTRY",
     .amount = "-10",
     .active = "sa-b sa-c u-a",
     .rows = "sa-b usage -3.3334 even_split - 0 -; sa-c usage -3.3333 even_split - 0 -; "
             "u-a usage -3.3333 even_split - 0 -"},
    /* example 3 */
    {.name = "nothing to pay",
     .product = "SCHEMA_REGISTRY",
     .amount = "0",
     .active = "sa-b sa-c",
     .rows = "sa-b usage 0.0000 even_split - 0 -; sa-c usage 0.0000 even_split - 0 -"},
    /* example 4: the digits below 0.0001 stay with the first row */
    {.name = "more digits than the unit",
     .product = "SCHEMA_REGISTRY",
     .amount = "12.345678",
     .active = "sa-b",
     .rows = "sa-b usage 12.345678 even_split - 0 -"},
    /* example 5 */
    {.name = "nobody at all",
     .product = "SCHEMA_REGISTRY",
     .amount = "12.345678",
     .rows = "res-1 shared 12.345678 terminal no_identities_located 2 -"},
    /* example 6 */
    {.name = "only the tenant's owners",
     .product = "SCHEMA_REGISTRY",
     .amount = "10",
     .period = "sa-b u-z pool-9 p:principal K1:api_key op-1:identity_provider",
     .rows = "p shared 2.5000 even_split no_active_identities_located 1 -; "
             "pool-9 shared 2.5000 even_split no_active_identities_located 1 -; "
             "sa-b shared 2.5000 even_split no_active_identities_located 1 -; "
             "u-z shared 2.5000 even_split no_active_identities_located 1 -"},
    /* example 7 */
    {.name = "network read by usage",
     .product = "KAFKA_NETWORK_READ",
     .amount = "100",
     .usage = "out sa-a 333;out sa-b 333;out sa-c 334",
     .rows = "sa-a usage 33.3000 " DETAIL_USAGE " 0 -; sa-b usage 33.3000 " DETAIL_USAGE
             " 0 -; sa-c usage 33.4000 " DETAIL_USAGE " 0 -"},
    /* example 8: the first id in order gets the remainder, whatever the order of the series */
    {.name = "equal usage in another order",
     .product = "KAFKA_NETWORK_READ",
     .amount = "100",
     .usage = "out sa-c 1;out sa-a 1;out sa-b 1",
     .rows = "sa-a usage 33.3334 " DETAIL_USAGE " 0 -; sa-b usage 33.3333 " DETAIL_USAGE
             " 0 -; sa-c usage 33.3333 " DETAIL_USAGE " 0 -"},
    /* example 9 */
    {.name = "equal usage of a credit",
     .product = "KAFKA_NETWORK_READ",
     .amount = "-100",
     .usage = "out sa-c 1;out sa-a 1;out sa-b 1",
     .rows = "sa-a usage -33.3334 " DETAIL_USAGE " 0 -; sa-b usage -33.3333 " DETAIL_USAGE
             " 0 -; sa-c usage -33.3333 " DETAIL_USAGE " 0 -"},
    /* example 10: 4.6667 + 3.1111 = 7.7778; the line has 0.0000223 less */
    {.name = "negative, zero and nameless usage",
     .product = "KAFKA_NETWORK_READ",
     .amount = "7.7777777",
     .usage = "out sa-a 0.1 0.2;out sa-b 0.2 -5;out sa-z 0;out - 9",
     .rows = "sa-a usage 4.6666777 " DETAIL_USAGE " 0 -; sa-b usage 3.1111 " DETAIL_USAGE " 0 -"},
    /* example 11 */
    {.name = "keys are charged to their owners",
     .product = "KAFKA_NETWORK_READ",
     .amount = "10",
     .usage = "out KEY1 1;out u-b 2;out KEY2 1;out ORPHAN 1",
     .owners = "KEY1=sa-a KEY2=sa-a",
     .rows = "ORPHAN usage 2.0000 " DETAIL_USAGE " 0 -; sa-a usage 4.0000 " DETAIL_USAGE
             " 0 -; u-b usage 4.0000 " DETAIL_USAGE " 0 -"},
    /* example 12: 0.0102 in equal shares, two units too much */
    {.name = "Flink by CFU",
     .product = "FLINK_NUM_CFU",
     .amount = "0.01",
     .active = "sa-a sa-b sa-c sa-d sa-e sa-f",
     .weights = "sa-f sa-a sa-b sa-e sa-c sa-d",
     .rows = "sa-a usage 0.0016 " DETAIL_USAGE " 0 -; sa-b usage 0.0016 " DETAIL_USAGE
             " 0 -; sa-c usage 0.0017 " DETAIL_USAGE " 0 -; sa-d usage 0.0017 " DETAIL_USAGE
             " 0 -; sa-e usage 0.0017 " DETAIL_USAGE " 0 -; sa-f usage 0.0017 " DETAIL_USAGE " 0 -"},
    /* example 13 */
    {.name = "CKU",
     .product = "KAFKA_NUM_CKU",
     .amount = "100",
     .active = "sa-a sa-b sa-c",
     .usage = "in sa-a 300;in sa-b 300;out sa-a 200;out sa-c 200",
     .rows = "sa-a usage 35.0000 " DETAIL_USAGE " 0 0; sa-b usage 21.0000 " DETAIL_USAGE
             " 0 0; sa-c usage 14.0000 " DETAIL_USAGE " 0 0; sa-a usage 10.0000 even_split - 0 1; "
             "sa-b usage 10.0000 even_split - 0 1; sa-c usage 10.0000 even_split - 0 1"},
    /* example 14: parts 23.3333 and 10.00005; q(10.00005) is 10.0001, so the rest of the first share is -0.00005 */
    {.name = "CKU with a rest",
     .product = "KAFKA_NUM_CKU",
     .amount = "33.33335",
     .active = "sa-a sa-b",
     .usage = "in sa-a 1;in sa-b 2",
     .rows = "sa-a usage 7.7778 " DETAIL_USAGE " 0 0; sa-b usage 15.5555 " DETAIL_USAGE
             " 0 0; sa-a usage 4.99995 even_split - 0 1; sa-b usage 5.0001 even_split - 0 1"},
    /* example 15 */
    {.name = "CKU credit with a rest",
     .product = "KAFKA_NUM_CKUS",
     .amount = "-33.33335",
     .active = "sa-a sa-b",
     .usage = "in sa-a 1;in sa-b 2",
     .rows = "sa-a usage -7.7778 " DETAIL_USAGE " 0 0; sa-b usage -15.5555 " DETAIL_USAGE
             " 0 0; sa-a usage -4.99995 even_split - 0 1; sa-b usage -5.0001 even_split - 0 1"},
    /* example 16 */
    {.name = "CKU of one unit",
     .product = "KAFKA_NUM_CKU",
     .amount = "0.0001",
     .active = "sa-a sa-b",
     .usage = "in sa-a 1;in sa-b 2",
     .rows = "sa-a usage 0.0000 " DETAIL_USAGE " 0 0; sa-b usage 0.0001 " DETAIL_USAGE
             " 0 0; sa-a usage 0.0000 even_split - 0 1; sa-b usage 0.0000 even_split - 0 1"},
    /* example 17 */
    {.name = "CKU without metrics",
     .product = "KAFKA_NUM_CKU",
     .amount = "10",
     .active = "sa-a sa-b sa-c",
     .rows =
         "sa-a shared 2.3334 even_split no_usage_for_active_identities 1 0; "
         "sa-b shared 2.3333 even_split no_usage_for_active_identities 1 0; "
         "sa-c shared 2.3333 even_split no_usage_for_active_identities 1 0; "
         "sa-a usage 1.0000 even_split - 0 1; sa-b usage 1.0000 even_split - 0 1; sa-c usage 1.0000 even_split - 0 1"},
    /* example 18 */
    {.name = "CKU without metrics and activity",
     .product = "KAFKA_NUM_CKU",
     .amount = "10",
     .period = "sa-a sa-b sa-c",
     .rows = "sa-a shared 2.3334 even_split no_metrics_no_active_identities_located 2 0; "
             "sa-b shared 2.3333 even_split no_metrics_no_active_identities_located 2 0; "
             "sa-c shared 2.3333 even_split no_metrics_no_active_identities_located 2 0; "
             "sa-a shared 1.0000 even_split no_active_identities_located 1 1; "
             "sa-b shared 1.0000 even_split no_active_identities_located 1 1; "
             "sa-c shared 1.0000 even_split no_active_identities_located 1 1"},
    /* example 19: two rows with one key, which the host adds up */
    {.name = "CKU without anybody",
     .product = "KAFKA_NUM_CKU",
     .amount = "10",
     .rows = "res-1 shared 7.0000 terminal no_identities_located 3 0; res-1 shared 3.0000 terminal "
             "no_identities_located 2 1"},
    /* example 20 */
    {.name = "CKU with a failed fetch",
     .product = "KAFKA_NUM_CKU",
     .amount = "10",
     .active = "sa-a sa-b",
     .fetch_failed = 1,
     .rows = "sa-a shared 3.5000 even_split metrics_fetch_failed 1 0; "
             "sa-b shared 3.5000 even_split metrics_fetch_failed 1 0; sa-a usage 1.5000 even_split - 0 1; "
             "sa-b usage 1.5000 even_split - 0 1"},
    /* example 21 */
    {.name = "CKU with other ratios",
     .product = "KAFKA_NUM_CKU",
     .amount = "10",
     .active = "sa-a",
     .usage = "in sa-a 1",
     .params = "{\"allocator_params\": {\"kafka_cku_usage_ratio\": 0.6, \"kafka_cku_shared_ratio\": 0.4}}",
     .rows = "sa-a usage 6.0000 " DETAIL_USAGE " 0 0; sa-a usage 4.0000 even_split - 0 1"},
    {.name = "CKU with ratios as texts",
     .product = "KAFKA_NUM_CKU",
     .amount = "10",
     .active = "sa-a",
     .usage = "in sa-a 1",
     .params = "{\"allocator_params\": {\"kafka_cku_usage_ratio\": \"0.6\", \"kafka_cku_shared_ratio\": \" 0.4\"}}",
     .rows = "sa-a usage 6.0000 " DETAIL_USAGE " 0 0; sa-a usage 4.0000 even_split - 0 1"},
    /* example 22 */
    {.name = "CKU only by usage",
     .product = "KAFKA_NUM_CKU",
     .amount = "10",
     .active = "sa-a",
     .usage = "in sa-a 1",
     .params = "{\"allocator_params\": {\"kafka_cku_usage_ratio\": 1, \"kafka_cku_shared_ratio\": 0}}",
     .rows = "sa-a usage 10.0000 " DETAIL_USAGE " 0 0; sa-a usage 0.0000 even_split - 0 1"},
    /* example 23 */
    {.name = "network with a failed fetch",
     .product = "KAFKA_NETWORK_READ",
     .amount = "10",
     .active = "sa-a sa-b",
     .fetch_failed = 1,
     .rows = "sa-a shared 5.0000 even_split metrics_fetch_failed 1 -; sa-b shared 5.0000 even_split "
             "metrics_fetch_failed 1 -"},
    /* example 24 */
    {.name = "network with a failed fetch and nobody",
     .product = "KAFKA_NETWORK_READ",
     .amount = "10",
     .fetch_failed = 1,
     .rows = "res-1 shared 10 terminal no_identities_located 3 -"},
    {.name = "network with a failed fetch and only owners",
     .product = "KAFKA_NETWORK_WRITE",
     .amount = "10",
     .period = "sa-a u-b",
     .fetch_failed = 1,
     .rows = "sa-a shared 5.0000 even_split metrics_fetch_failed 2 -; u-b shared 5.0000 even_split "
             "metrics_fetch_failed 2 -"},
    {.name = "network without metrics",
     .product = "KAFKA_NETWORK_WRITE",
     .amount = "10",
     .active = "sa-a",
     .usage = "out sa-b 5",
     .rows = "sa-a shared 10.0000 even_split no_metrics_located 1 -"},
    {.name = "network without metrics and activity",
     .product = "KAFKA_NETWORK_READ",
     .amount = "10",
     .period = "sa-a",
     .rows = "sa-a shared 10.0000 even_split no_active_identities_located 2 -"},
    {.name = "partitions are not measured",
     .product = "KAFKA_PARTITION",
     .amount = "10",
     .active = "sa-a",
     .usage = "out sa-b 5",
     .rows = "sa-a shared 10.0000 even_split no_metrics_located 1 -"},
    {.name = "partitions are not measured, so a failed fetch changes nothing",
     .product = "KAFKA_PARTITION",
     .amount = "10",
     .active = "sa-a",
     .fetch_failed = 1,
     .rows = "sa-a shared 10.0000 even_split no_metrics_located 1 -"},
    {.name = "partitions of nobody",
     .product = "KAFKA_PARTITION",
     .amount = "10",
     .rows = "res-1 shared 10 terminal no_identities_located 3 -"},
    /* example 25 */
    {.name = "base cost over the tenant's owners",
     .product = "KAFKA_BASE",
     .amount = "10",
     .period = "sa-a sa-b sa-c",
     .rows = "sa-a shared 3.3334 even_split no_metrics_no_active_identities_located - -; "
             "sa-b shared 3.3333 even_split no_metrics_no_active_identities_located - -; "
             "sa-c shared 3.3333 even_split no_metrics_no_active_identities_located - -"},
    /* example 26 */
    {.name = "base cost of nobody",
     .product = "KAFKA_BASE",
     .amount = "10.123456",
     .rows = "res-1 shared 10.123456 to_resource no_identities_located - -"},
    /* example 27 */
    {.name = "support for everybody with an account",
     .product = "SUPPORT",
     .amount = "10",
     .active = "sa-q",
     .period = "sa-a sa-b p:principal K1:api_key",
     .rows = "sa-a shared 5.0000 even_split - 0 -; sa-b shared 5.0000 even_split - 0 -"},
    {.name = "support of nobody",
     .product = "AUDIT_LOG_READ",
     .amount = "10.00001",
     .period = "p:principal K1:api_key",
     .rows = "UNALLOCATED shared 10.00001 terminal no_identities_located 1 -"},
    /* example 28 */
    {.name = "Flink with a failed fetch",
     .product = "FLINK_NUM_CFU",
     .amount = "10",
     .active = "sa-a sa-b",
     .fetch_failed = 1,
     .rows = "sa-a usage 5.0000 even_split metrics_fetch_failed 1 -; "
             "sa-b usage 5.0000 even_split metrics_fetch_failed 1 -"},
    {.name = "Flink with a failed fetch, whatever the weights",
     .product = "FLINK_NUM_CFUS",
     .amount = "10",
     .active = "sa-a sa-b",
     .weights = "sa-a sa-a sa-b",
     .fetch_failed = 1,
     .rows = "sa-a usage 5.0000 even_split metrics_fetch_failed 1 -; "
             "sa-b usage 5.0000 even_split metrics_fetch_failed 1 -"},
    {.name = "Flink with a failed fetch and only owners",
     .product = "FLINK_NUM_CFU",
     .amount = "10",
     .period = "sa-a K1:api_key",
     .fetch_failed = 1,
     .rows = "sa-a shared 10.0000 even_split metrics_fetch_failed 2 -"},
    {.name = "Flink without usage",
     .product = "FLINK_NUM_CFUS",
     .amount = "10.00001",
     .active = "sa-a sa-b",
     .period = "sa-a sa-b sa-c",
     .rows = "sa-a usage 5.00001 even_split no_usage_for_active_identities 1 -; "
             "sa-b usage 5.0000 even_split no_usage_for_active_identities 1 -"},
    {.name = "Flink without statements",
     .product = "FLINK_NUM_CFU",
     .amount = "1",
     .period = "u-1 pool-1 p:principal op-1:identity_provider",
     .rows = "p shared 0.3334 even_split no_active_identities_located 2 -; "
             "pool-1 shared 0.3333 even_split no_active_identities_located 2 -; "
             "u-1 shared 0.3333 even_split no_active_identities_located 2 -"},
    {.name = "Flink without anybody",
     .product = "FLINK_NUM_CFU",
     .amount = "0.123456",
     .rows = "res-1 shared 0.123456 terminal no_identities_located 3 -"},
    {.name = "a connector's tasks",
     .product = "CONNECT_NUM_TASKS",
     .amount = "1.50001",
     .active = "sa-a",
     .period = "sa-a sa-b",
     .rows = "sa-a usage 1.50001 even_split - 0 -"},
    {.name = "a connector's throughput, of nobody",
     .product = "CUSTOM_CONNECT_THROUGHPUT",
     .amount = "1.50001",
     .period = "sa-a sa-b",
     .rows = "res-1 shared 1.50001 terminal no_identities_located 1 -"},
    {.name = "a connector's capacity",
     .product = "CONNECT_CAPACITY",
     .amount = "1.5",
     .active = "sa-a",
     .rows = "sa-a shared 1.5000 even_split - 0 -"},
    {.name = "a connector's plug-in, of nobody",
     .product = "CUSTOM_CONNECT_PLUGIN",
     .amount = "1.5",
     .period = "sa-a",
     .rows = "res-1 shared 1.5 terminal no_identities_located 1 -"},
    {.name = "ksqlDB",
     .product = "KSQL_NUM_CSUS",
     .amount = "-4.5",
     .active = "sa-a",
     .period = "sa-a sa-b",
     .rows = "sa-a usage -4.5000 even_split - 0 -"},
    {.name = "ksqlDB with only owners",
     .product = "KSQL_NUM_CSU",
     .amount = "1",
     .period = "sa-a sa-b",
     .rows = "sa-a shared 0.5000 even_split no_active_identities_located 1 -; "
             "sa-b shared 0.5000 even_split no_active_identities_located 1 -"},
    /* example 32: the whole cost is allocated, however short the resource lived */
    {.name = "whole base cost of a young cluster",
     .product = "KAFKA_BASE",
     .amount = "10",
     .period = "sa-a sa-b sa-c sa-d",
     .rows = "sa-a shared 2.5000 even_split no_metrics_no_active_identities_located - -; "
             "sa-b shared 2.5000 even_split no_metrics_no_active_identities_located - -; "
             "sa-c shared 2.5000 even_split no_metrics_no_active_identities_located - -; "
             "sa-d shared 2.5000 even_split no_metrics_no_active_identities_located - -"},
    {.name = "unknown type",
     .product = "PROMO_CREDIT",
     .amount = "-10",
     .active = "sa-a",
     .rows = "res-1 shared -10 unknown using_unknown_allocator - -"},
    {.name = "tableflow",
     .product = "TABLEFLOW_NUM_TOPICS",
     .amount = "1",
     .rows = "res-1 shared 1 default using_default_allocator - -"},
    {.name = "cluster linking",
     .product = "CLUSTER_LINKING_PER_LINK",
     .amount = "1",
     .rows = "res-1 usage 1 cluster_linking cluster_linking_cost - -"},
    {.name = "principals with names that are not clean",
     .product = "KAFKA_NETWORK_READ",
     .amount = "4",
     .usage = "out sa-\x01 1;out sa-\x7f 2;out sa-? 1",
     .active = "sa-?",
     .rows = "sa-? usage 4.0000 usage_ratio usage_ratio_allocation 0 -"},
    {.name = "product types are matched exactly",
     .product = "support",
     .amount = "1",
     .period = "sa-a",
     .rows = "res-1 shared 1 unknown using_unknown_allocator - -"},
};

static void weigh(struct troupe *troupe, const char *owners) {
    while (owners != NULL && *owners != '\0') {
        char owner[16] = "";
        size_t length = strcspn(owners, " ");
        (void)snprintf(owner, sizeof owner, "%.*s", (int)length, owners);
        troupe_weigh(troupe, owner, 1.0);
        owners += length + (owners[length] == ' ' ? 1 : 0);
    }
}

Test(allocators, examples) {
    for (size_t i = 0; i < sizeof examples / sizeof examples[0]; i++) {
        const struct example *example = &examples[i];
        struct troupe troupe = {.row_count = 0};
        troupe_init(&troupe, example->params, example->product, "res-1", example->amount);
        troupe_add(&troupe, &troupe.active, example->active);
        troupe_add(&troupe, &troupe.period, example->period);
        troupe_measure(&troupe, example->usage);
        troupe_own(&troupe, example->owners);
        weigh(&troupe, example->weights);
        if (example->fetch_failed) {
            troupe.has_metrics = 1;
            troupe.metrics.flags = CG_METRICS_FETCH_FAILED;
        }
        cr_assert_eq(troupe_allocate(&troupe), CG_OK, "%s: %s", example->name, stage_text_get(&troupe.stage.error));
        cr_expect_str_eq(stage_text_get(&troupe.rows), example->rows, "%s:\n  got  %s\n  want %s", example->name,
                         stage_text_get(&troupe.rows), example->rows);
        cr_expect_eq(cg_decimal_compare(&troupe.sum, &troupe.line.total_cost), 0, "%s: the sum differs", example->name);
        troupe_done(&troupe);
    }
}

Test(allocators, a_ratio_that_is_no_number_is_refused) {
    struct troupe troupe = {.row_count = 0};
    troupe_init(&troupe, "{\"allocator_params\": {\"kafka_cku_usage_ratio\": \"most\"}}", "KAFKA_NUM_CKU", "lkc-1",
                "1");
    cr_expect_eq(troupe_allocate(&troupe), CG_INVALID);
    cr_expect_str_eq(stage_text_get(&troupe.stage.error), "allocator_params.kafka_cku_usage_ratio is not a number.");
    troupe_done(&troupe);
}
