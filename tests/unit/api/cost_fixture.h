/*
 * cost_fixture.h - a small tenant "acme-org" as SQL: six chargebacks, nine topic attributions, tags.
 *
 * lkc-1 is tagged team=platform and owner=alice, both service accounts team=payments, the topic "orders" team=orders.
 */
#ifndef CG_TEST_API_COST_FIXTURE_H
#define CG_TEST_API_COST_FIXTURE_H

#define COST_DIMENSION(id, resource, category, product, identity, type, method, detail, env)                    \
    "INSERT INTO chargeback_dimensions VALUES (" id ", 'confluent_cloud', 'acme-org', " resource ", '" category \
    "', '" product "', '" identity "', '" type "', " method ", " detail ", '" env "');"

#define COST_FACT(id, time, amount) "INSERT INTO chargeback_facts VALUES ('" time "', " id ", '" amount "', '{}');"

#define COST_TAG(type, id, key, value)                                                                           \
    "INSERT INTO tags (tenant_id, entity_type, entity_id, tag_key, tag_value, created_by, created_at) VALUES ('" \
    "acme-org', '" type "', '" id "', '" key "', '" value "', 'ui', '2026-03-01 00:00:00.000000');"

#define COST_CHARGEBACKS                                                                                               \
    COST_DIMENSION("1", "'lkc-1'", "KAFKA", "KAFKA_NUM_CKU", "sa-1", "usage", "'usage_ratio'",                         \
                   "'usage_ratio_allocation'", "env-1")                                                                \
    COST_DIMENSION("2", "'lkc-1'", "KAFKA", "KAFKA_NUM_CKU", "sa-2", "usage", "'usage_ratio'",                         \
                   "'usage_ratio_allocation'", "env-1")                                                                \
    COST_DIMENSION("3", "'lkc-1'", "KAFKA", "KAFKA_BASE", "sa-1", "shared", "'even_split'", "'even_split_allocation'", \
                   "env-1")                                                                                            \
    COST_DIMENSION("4", "'lkc-1'", "KAFKA", "KAFKA_BASE", "sa-2", "shared", "'even_split'", "'even_split_allocation'", \
                   "env-1")                                                                                            \
    COST_DIMENSION("5", "'lfcp-1'", "FLINK", "FLINK_NUM_CFU", "sa-2", "usage", "'usage_ratio'",                        \
                   "'no_metrics_located'", "env-1")                                                                    \
    COST_DIMENSION("6", "NULL", "SUPPORT_CLOUD", "SUPPORT", "UNALLOCATED", "shared", "'even_split'",                   \
                   "'no_identities_located'", "")                                                                      \
    COST_FACT("1", "2026-03-01 00:00:00", "7.2000")                                                                    \
    COST_FACT("2", "2026-03-01 00:00:00", "3.0000")                                                                    \
    COST_FACT("3", "2026-03-01 00:00:00", "3.333333333333333333")                                                      \
    COST_FACT("4", "2026-03-01 00:00:00", "3.333333333333333333")                                                      \
    COST_FACT("5", "2026-03-01 00:00:00", "1.50")                                                                      \
    COST_FACT("6", "2026-03-01 00:00:00", "5")                                                                         \
    COST_TAG("resource", "lkc-1", "team", "platform")                                                                  \
    COST_TAG("identity", "sa-1", "team", "payments")                                                                   \
    COST_TAG("resource", "lkc-1", "owner", "alice")                                                                    \
    COST_TAG("identity", "sa-2", "team", "payments")

#define TOPIC_DIMENSION(id, topic)                               \
    "INSERT INTO topic_attribution_dimensions VALUES (" id       \
    ", 'confluent_cloud', 'acme-org', 'env-1', 'lkc-1', '" topic \
    "', 'KAFKA', 'KAFKA_NETWORK_WRITE', 'bytes_ratio', 'lkc-1:topic:" topic "');"

#define TOPIC_FACT(id, time, amount) "INSERT INTO topic_attribution_facts VALUES ('" time "', " id ", '" amount "');"

#define TOPIC_FACTS(day)                                \
    TOPIC_FACT("1", "2026-03-" day " 00:00:00", "7.10") \
    TOPIC_FACT("2", "2026-03-" day " 00:00:00", "0.25") TOPIC_FACT("3", "2026-03-" day " 00:00:00", "0.25")

#define COST_TOPIC_TAGS                                          \
    COST_TAG("resource", "lkc-1:topic:orders", "team", "orders") \
    COST_TAG("identity", "orders", "team", "nobody")

#define COST_TOPIC_DIMENSIONS \
    TOPIC_DIMENSION("1", "orders") TOPIC_DIMENSION("2", "audit") TOPIC_DIMENSION("3", "Order_s")

#define COST_TOPICS COST_TOPIC_DIMENSIONS TOPIC_FACTS("01") TOPIC_FACTS("02") TOPIC_FACTS("03") COST_TOPIC_TAGS

#endif
