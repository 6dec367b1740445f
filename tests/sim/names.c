#include "names.h"

#include <stdio.h>
#include <string.h>

#include "number.h"

static const char *const environment_names[] = {"prod", "staging", "analytics", "dev", "sandbox", "partners"};
static const char *const cluster_names[] = {"orders",   "payments", "clickstream",  "inventory", "telemetry", "catalog",
                                            "shipping", "search",   "risk-signals", "billing",   "audit",     "media"};
static const char *const service_account_names[] = {
    "ci-bot",         "fraud-scoring",   "orders-service",  "payments-gateway", "clickstream-ingest", "inventory-sync",
    "search-indexer", "email-campaigns", "warehouse-sink",  "mobile-backend",   "recommendations",    "iot-collector",
    "pricing-engine", "customer-360",    "shipment-router", "ledger-writer",    "data-lake-loader",   "alerting",
    "web-frontend",   "ml-features",     "tax-calculator",  "partner-feed",     "session-tracker",    "cdc-postgres"};
static const char *const first_names[] = {"Asha",  "Jonas", "Maria", "Kenji", "Olu",   "Ingrid", "Tariq",
                                          "Chloe", "Rafa",  "Elena", "Sven",  "Priya", "Noah",   "Wanjiru"};
static const char *const last_names[] = {"Rao",    "Weber", "Silva",   "Tanaka", "Adeyemi", "Larsen", "Haddad",
                                         "Martin", "Ortiz", "Petrova", "Lund",   "Nair",    "Cohen"};
static const char *const pool_names[] = {"k8s-apps", "github-actions", "data-platform", "edge-gateways"};
static const char *const connector_names[] = {"orders-sink",    "s3-archive",  "postgres-cdc",   "elastic-sink",
                                              "snowflake-sink", "mqtt-source", "salesforce-cdc", "datagen-test"};
static const char *const ksql_names[] = {"views", "enrichment", "sessions", "rollups"};
static const char *const compute_pool_names[] = {"streaming-sql", "realtime-etl", "adhoc", "feature-store"};
static const char *const statement_names[] = {"enrich-orders",    "dedupe-clicks", "fraud-windows", "hourly-rollup",
                                              "join-shipments",   "mask-pii",      "top-products",  "late-payments",
                                              "session-analysis", "geo-enrichment"};
static const char *const topic_names[] = {"orders.created",     "orders.shipped",  "payments.settled",
                                          "clicks.raw",         "clicks.enriched", "inventory.levels",
                                          "__consumer_offsets", "_schemas",        "users.updated",
                                          "_confluent-command", "returns",         "prices"};

struct name_list {
    const char *const *names;
    size_t count;
};

#define NAME_LIST(names) \
    { (names), sizeof(names) / sizeof((names)[0]) }

static const struct name_list lists[] = {
    [CG_SIM_NAME_ENVIRONMENT] = NAME_LIST(environment_names),
    [CG_SIM_NAME_CLUSTER] = NAME_LIST(cluster_names),
    [CG_SIM_NAME_SERVICE_ACCOUNT] = NAME_LIST(service_account_names),
    [CG_SIM_NAME_USER] = NAME_LIST(first_names),
    [CG_SIM_NAME_POOL] = NAME_LIST(pool_names),
    [CG_SIM_NAME_CONNECTOR] = NAME_LIST(connector_names),
    [CG_SIM_NAME_KSQL] = NAME_LIST(ksql_names),
    [CG_SIM_NAME_COMPUTE_POOL] = NAME_LIST(compute_pool_names),
    [CG_SIM_NAME_STATEMENT] = NAME_LIST(statement_names),
    [CG_SIM_NAME_TOPIC] = NAME_LIST(topic_names),
};

void cg_sim_name_make(enum cg_sim_name_family family, size_t index, char out[CG_SIM_NAME_SIZE]) {
    const struct name_list *list = &lists[family];
    const char *name = list->names[index % list->count];
    char stem[CG_SIM_NAME_SIZE];
    size_t round = index / list->count;
    if (family == CG_SIM_NAME_USER) {
        /* The two lists have no common divisor, so the pairs repeat only after all of them were used. */
        size_t last_count = sizeof(last_names) / sizeof(last_names[0]);
        (void)snprintf(stem, sizeof(stem), "%s %s", name, last_names[index % last_count]);
        round = index / (list->count * last_count);
    } else {
        (void)snprintf(stem, sizeof(stem), "%s", name);
    }
    if (round == 0) {
        (void)snprintf(out, CG_SIM_NAME_SIZE, "%s", stem);
    } else {
        (void)snprintf(out, CG_SIM_NAME_SIZE, "%.36s-%u", stem, (unsigned)(round + 1));
    }
}

/* Spreads indexes over 0..36^digits-1 without collisions: the factor shares no divisor with 36. */
static uint64_t spread(uint64_t chain, size_t index, unsigned digits) {
    uint64_t space = 1;
    for (unsigned i = 0; i < digits; i++) {
        space *= 36;
    }
    uint64_t factor = cg_sim_hash(chain, 1) % (space / 6) * 6 + 1;
    cg_sim_units wide = (cg_sim_units)factor * (cg_sim_units)index + (cg_sim_units)(cg_sim_hash(chain, 2) % space);
    return (uint64_t)(wide % (cg_sim_units)space);
}

static void digits_write(uint64_t value, unsigned digits, const char *alphabet, char *out) {
    for (unsigned i = digits; i > 0; i--) {
        out[i - 1] = alphabet[value % 36];
        value /= 36;
    }
}

void cg_sim_id_make(uint64_t seed, const char *prefix, size_t index, unsigned digits, char out[CG_SIM_ID_SIZE]) {
    size_t len = strlen(prefix);
    memcpy(out, prefix, len);
    out[len] = '-';
    uint64_t value = spread(cg_sim_hash_string(seed, prefix), index, digits);
    digits_write(value, digits, "0123456789abcdefghijklmnopqrstuvwxyz", out + len + 1);
    out[len + 1 + digits] = '\0';
}

void cg_sim_key_make(uint64_t seed, const char *head, size_t index, char out[CG_SIM_ID_SIZE]) {
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    size_t len = strlen(head);
    uint64_t chain = cg_sim_hash_string(seed, head);
    memcpy(out, head, len);
    digits_write(spread(chain, index, 6), 6, alphabet, out + len);
    digits_write(cg_sim_hash(chain, index), (unsigned)(10 - len), alphabet, out + len + 6);
    out[16] = '\0';
}
