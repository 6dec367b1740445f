/*
 * self_managed.h - the cluster of the worked example: three brokers in a region with rates of its own, four principals.
 */
#ifndef CG_TESTS_SELF_MANAGED_H
#define CG_TESTS_SELF_MANAGED_H

#include "metered.h"

#define SELF_MANAGED_IN "kafka_server_brokertopicmetrics_bytesin_total"
#define SELF_MANAGED_OUT "kafka_server_brokertopicmetrics_bytesout_total"

#define SELF_MANAGED                               \
    "      cluster_id: kafka-1\n"                  \
    "      broker_count: 3\n"                      \
    "      cost_model:\n"                          \
    "        compute_hourly_rate: \"0.10\"\n"      \
    "        storage_per_gib_hourly: \"0.0001\"\n" \
    "        network_ingress_per_gib: \"0.01\"\n"  \
    "        network_egress_per_gib: \"0.02\"\n"   \
    "        region_overrides:\n"                  \
    "          us-west-2: {compute_hourly_rate: \"0.12\", network_egress_per_gib: \"0\"}\n"
#define SELF_MANAGED_IN_REGION SELF_MANAGED "      region: us-west-2\n"

/* The sum of each metric is that of the example; what no principal did has no such label. */
static const struct metered_series self_managed_series[] = {
    {.series = SELF_MANAGED_IN "{broker=\"1\",topic=\"orders\",principal=\"alice\"}", .hourly = 3e8},
    {.series = SELF_MANAGED_IN "{broker=\"2\",topic=\"orders\",principal=\"bob\"}", .hourly = 1e8},
    {.series = SELF_MANAGED_IN "{broker=\"3\",topic=\"audit\",principal=\"zero\"}"},
    {.series = SELF_MANAGED_IN "{broker=\"3\",topic=\"audit\"}", .hourly = 834567890.125},
    {.series = SELF_MANAGED_OUT "{broker=\"1\",topic=\"orders\",principal=\"alice\"}", .hourly = 1},
    {.series = SELF_MANAGED_OUT "{broker=\"2\",topic=\"orders\",principal=\"bob\"}", .hourly = 1},
    {.series = SELF_MANAGED_OUT "{broker=\"2\",topic=\"orders\",principal=\"carol\"}", .hourly = 1},
    {.series = SELF_MANAGED_OUT "{broker=\"2\",topic=\"orders\"}", .hourly = 2147483645},
    {.series = "kafka_log_log_size{broker=\"1\"}", .size = 10737418240},
    {.series = "kafka_log_log_size{broker=\"2\"}", .size = 1},
};
#define SELF_MANAGED_SERIES (sizeof self_managed_series / sizeof self_managed_series[0])

/* What each of its days costs, and who pays. */
static const char self_managed_lines[] =
    "SELF_KAFKA_COMPUTE 72.0 0.12 8.640\n"
    "SELF_KAFKA_NETWORK_EGRESS 48.0 0 0.0\n"
    "SELF_KAFKA_NETWORK_INGRESS 27.59474270325154066085815430 0.01 0.2759474270325154066085815430\n"
    "SELF_KAFKA_STORAGE 240.0000000223517417907714845 0.0001 0.02400000000223517417907714845\n";

/* What is less than 0.0001 goes to the first row. */
static const char self_managed_rows[] =
    "SELF_KAFKA_COMPUTE alice usage even_split - 2.1600\n"
    "SELF_KAFKA_COMPUTE bob usage even_split - 2.1600\n"
    "SELF_KAFKA_COMPUTE carol usage even_split - 2.1600\n"
    "SELF_KAFKA_COMPUTE zero usage even_split - 2.1600\n"
    "SELF_KAFKA_NETWORK_EGRESS alice usage usage_ratio usage_ratio_allocation 0.0000\n"
    "SELF_KAFKA_NETWORK_EGRESS bob usage usage_ratio usage_ratio_allocation 0.0000\n"
    "SELF_KAFKA_NETWORK_EGRESS carol usage usage_ratio usage_ratio_allocation 0.0000\n"
    "SELF_KAFKA_NETWORK_INGRESS alice usage usage_ratio usage_ratio_allocation 0.2069474270325154066085815430\n"
    "SELF_KAFKA_NETWORK_INGRESS bob usage usage_ratio usage_ratio_allocation 0.0690\n"
    "SELF_KAFKA_STORAGE alice usage even_split - 0.00600000000223517417907714845\n"
    "SELF_KAFKA_STORAGE bob usage even_split - 0.0060\n"
    "SELF_KAFKA_STORAGE carol usage even_split - 0.0060\n"
    "SELF_KAFKA_STORAGE zero usage even_split - 0.0060\n";

/* Its identities, as metered_identities tells them. */
#define SELF_MANAGED_UNALLOCATED "system UNALLOCATED Unallocated Costs -\n"
#define SELF_MANAGED_PRINCIPAL(id_) \
    "principal " id_ " " id_ " {\"raw_principal\": \"" id_ "\", \"team\": \"UNASSIGNED\"}\n"

#endif
