#include "topics.h"

#include "topic_words.h"

#include <stdio.h>
#include <string.h>

#define LENGTH(array_) (sizeof(array_) / sizeof((array_)[0]))
#define RETENTION_DAYS_DEFAULT 90
/* The widest set of measures that one rule adds up. */
#define MEASURES_MAX 2

/* ---- what is measured ---- */

static const struct {
    const char *metric;
    uint32_t value;
} measures[CCLOUD_TOPIC_MEASURE_COUNT] = {
    [CCLOUD_TOPIC_BYTES_IN] = {"confluent_kafka_server_received_bytes", CG_TOPIC_SUM},
    [CCLOUD_TOPIC_BYTES_OUT] = {"confluent_kafka_server_sent_bytes", CG_TOPIC_SUM},
    [CCLOUD_TOPIC_RETAINED_BYTES] = {"confluent_kafka_server_retained_bytes", CG_TOPIC_PEAK},
};

static const char *const labels[] = {"kafka_id", "topic"};

/* ---- how products are split unless the settings say otherwise ---- */

/* Keys of measures, NULL behind the last one. */
struct measure_set {
    const char *keys[MEASURES_MAX + 1];
};

static const struct measure_set bytes_in = {{CCLOUD_TOPIC_KEY_BYTES_IN}};
static const struct measure_set bytes_out = {{CCLOUD_TOPIC_KEY_BYTES_OUT}};
static const struct measure_set both_bytes = {{CCLOUD_TOPIC_KEY_BYTES_IN, CCLOUD_TOPIC_KEY_BYTES_OUT}};
static const struct measure_set retained_bytes = {{CCLOUD_TOPIC_KEY_RETAINED_BYTES}};
static const struct measure_set nothing = {{NULL}};

static const struct {
    const char *product_type;
    enum ccloud_topic_method method;
    const struct measure_set *bytes; /* what bytes_ratio compares for this product; NULL: bytes in either direction */
} products[] = {
    {"KAFKA_NETWORK_WRITE", CCLOUD_TOPIC_BYTES_RATIO, &bytes_in},
    {"KAFKA_NETWORK_READ", CCLOUD_TOPIC_BYTES_RATIO, &bytes_out},
    {"KAFKA_NUM_CKU", CCLOUD_TOPIC_BYTES_RATIO, &both_bytes},
    {"KAFKA_NUM_CKUS", CCLOUD_TOPIC_BYTES_RATIO, &both_bytes},
    {"KAFKA_STORAGE", CCLOUD_TOPIC_RETAINED_RATIO, NULL},
    {"KAFKA_PARTITION", CCLOUD_TOPIC_EVEN_SPLIT, NULL},
    {"KAFKA_BASE", CCLOUD_TOPIC_EVEN_SPLIT, NULL},
};

static const char *const default_patterns[] = {"__consumer_offsets", "_schemas", "_confluent-*"};

/* ---- building ---- */

/* A description while it grows. */
struct making {
    const struct cg_host *host;
    const struct cg_config *settings; /* topic_attribution */
    struct ccloud_arena *arena;
    struct cg_topic_attribution *topics;
};

static cg_status out_of_memory(const struct making *making) {
    return making->host->set_error(making->host, CG_NO_MEMORY, "There was not enough memory for topic_attribution.");
}

/* A list of `count` pointers, at least one so that it is never NULL. */
static void *pointers(const struct making *making, size_t count) {
    if (count >= SIZE_MAX / sizeof(void *)) {
        return NULL;
    }
    return ccloud_arena_get(making->arena, (count + 1) * sizeof(void *));
}

/* The name of a measure in the metrics source. Of overrides with one key the last counts. */
static cg_status metric_name(const struct making *making, enum ccloud_topic_measure measure,
                             char name[CCLOUD_WORD_SIZE]) {
    const struct cg_config_api *config = making->host->config;
    const struct cg_config *overrides = config->get(making->settings, "metric_name_overrides");
    (void)snprintf(name, CCLOUD_WORD_SIZE, "%s", measures[measure].metric);
    for (size_t i = 0; i < config->count(overrides); i++) {
        char key[CCLOUD_WORD_SIZE];
        (void)ccloud_word(config->key_at(overrides, i), CCLOUD_CASE_LOWER, key);
        if (ccloud_topic_measure_of(key) != measure) {
            continue;
        }
        if (!ccloud_word(config->text(config->at(overrides, i), "", ""), CCLOUD_CASE_AS_IS, name) ||
            !ccloud_is_metric_name(name)) {
            return making->host->set_error(making->host, CG_INVALID,
                                           "topic_attribution.metric_name_overrides.%s is no metric name.", key);
        }
    }
    return CG_OK;
}

static cg_status make_metric(const struct making *making, enum ccloud_topic_measure measure,
                             const struct cg_topic_metric **ret) {
    static const char form[] = "sum by (kafka_id, topic) (%s{})";
    char name[CCLOUD_WORD_SIZE];
    char expression[sizeof form + CCLOUD_WORD_SIZE];
    cg_status status = metric_name(making, measure, name);
    if (status != CG_OK) {
        return status;
    }
    (void)snprintf(expression, sizeof expression, form, name);
    struct cg_metric_query *query = ccloud_arena_get(making->arena, sizeof *query);
    struct cg_topic_metric *metric = ccloud_arena_get(making->arena, sizeof *metric);
    const char *copy = ccloud_arena_text(making->arena, expression);
    if (query == NULL || metric == NULL || copy == NULL) {
        return out_of_memory(making);
    }
    *query = (struct cg_metric_query){.struct_size = sizeof *query,
                                      .key = ccloud_topic_measure_word(measure),
                                      .expression = copy,
                                      .labels = {labels, LENGTH(labels)},
                                      .filter_label = labels[0]};
    *metric = (struct cg_topic_metric){sizeof *metric, measures[measure].value, query};
    *ret = metric;
    return CG_OK;
}

static cg_status make_metrics(const struct making *making) {
    const struct cg_topic_metric **metrics = pointers(making, CCLOUD_TOPIC_MEASURE_COUNT);
    if (metrics == NULL) {
        return out_of_memory(making);
    }
    for (size_t i = 0; i < CCLOUD_TOPIC_MEASURE_COUNT; i++) {
        cg_status status = make_metric(making, (enum ccloud_topic_measure)i, &metrics[i]);
        if (status != CG_OK) {
            return status;
        }
    }
    making->topics->metrics = metrics;
    making->topics->metric_count = CCLOUD_TOPIC_MEASURE_COUNT;
    return CG_OK;
}

static const struct measure_set *bytes_of(const char *product_type) {
    for (size_t i = 0; i < LENGTH(products); i++) {
        if (strcmp(products[i].product_type, product_type) == 0 && products[i].bytes != NULL) {
            return products[i].bytes;
        }
    }
    return &both_bytes;
}

static const struct measure_set *measures_of(const char *product_type, enum ccloud_topic_method method) {
    switch (method) {
    case CCLOUD_TOPIC_BYTES_RATIO:
        return bytes_of(product_type);
    case CCLOUD_TOPIC_RETAINED_RATIO:
        return &retained_bytes;
    default:
        return &nothing;
    }
}

/* Puts a rule in the place of the product's earlier one, or takes that one away. */
static cg_status put_rule(const struct making *making, const struct cg_topic_rule **rules, const char *product_type,
                          enum ccloud_topic_method method) {
    size_t *count = &making->topics->rule_count;
    size_t at = 0;
    while (at < *count && strcmp(rules[at]->product_type, product_type) != 0) {
        at++;
    }
    if (method == CCLOUD_TOPIC_DISABLED) {
        if (at < *count) {
            memmove(&rules[at], &rules[at + 1], (*count - at - 1) * sizeof(void *));
            (*count)--;
        }
        return CG_OK;
    }
    struct cg_topic_rule *rule = ccloud_arena_get(making->arena, sizeof *rule);
    const char *copy = ccloud_arena_text(making->arena, product_type);
    if (rule == NULL || copy == NULL) {
        return out_of_memory(making);
    }
    const struct measure_set *set = measures_of(product_type, method);
    *rule = (struct cg_topic_rule){.struct_size = sizeof *rule,
                                   .product_type = copy,
                                   .method = ccloud_topic_method_word(method),
                                   .metrics = {.items = set->keys}};
    while (set->keys[rule->metrics.count] != NULL) {
        rule->metrics.count++;
    }
    rules[at] = rule;
    *count += at == *count;
    return CG_OK;
}

static cg_status make_rules(const struct making *making) {
    const struct cg_config_api *config = making->host->config;
    const struct cg_config *overrides = config->get(making->settings, "cost_mapping_overrides");
    size_t override_count = config->count(overrides);
    const struct cg_topic_rule **rules = pointers(making, override_count + LENGTH(products));
    if (rules == NULL) {
        return out_of_memory(making);
    }
    cg_status status = CG_OK;
    for (size_t i = 0; i < LENGTH(products) && status == CG_OK; i++) {
        status = put_rule(making, rules, products[i].product_type, products[i].method);
    }
    for (size_t i = 0; i < override_count && status == CG_OK; i++) {
        char product[CCLOUD_WORD_SIZE];
        char word[CCLOUD_WORD_SIZE];
        int fits = ccloud_word(config->key_at(overrides, i), CCLOUD_CASE_UPPER, product);
        (void)ccloud_word(config->text(config->at(overrides, i), "", ""), CCLOUD_CASE_LOWER, word);
        enum ccloud_topic_method method = ccloud_topic_method_of(word);
        if (!fits || product[0] == '\0' || method == CCLOUD_TOPIC_METHOD_COUNT) {
            return making->host->set_error(making->host, CG_INVALID,
                                           "topic_attribution.cost_mapping_overrides has a wrong entry '%s'.", product);
        }
        status = put_rule(making, rules, product, method);
    }
    making->topics->rules = rules;
    return status;
}

static cg_status make_patterns(const struct making *making) {
    const struct cg_config_api *config = making->host->config;
    const struct cg_config *list = config->get(making->settings, "exclude_topic_patterns");
    struct cg_text_list *patterns = &making->topics->exclude_patterns;
    if (config->type(list) != CG_CONFIG_LIST) {
        *patterns = (struct cg_text_list){default_patterns, LENGTH(default_patterns)};
        return CG_OK;
    }
    size_t count = config->count(list);
    const char **items = pointers(making, count);
    if (items == NULL) {
        return out_of_memory(making);
    }
    for (size_t i = 0; i < count; i++) {
        size_t length = 0;
        const char *text = ccloud_trimmed(config->text(config->at(list, i), "", ""), &length);
        if (length == 0) {
            continue;
        }
        char *copy = ccloud_arena_get(making->arena, length + 1);
        if (copy == NULL) {
            return out_of_memory(making);
        }
        memcpy(copy, text, length);
        items[patterns->count++] = copy;
    }
    patterns->items = items;
    return CG_OK;
}

static uint32_t flags_of(const struct making *making) {
    char behavior[CCLOUD_WORD_SIZE];
    (void)ccloud_word(making->host->config->text(making->settings, "missing_metrics_behavior", ""), CCLOUD_CASE_LOWER,
                      behavior);
    return strcmp(behavior, "skip") == 0 ? CG_TOPICS_SKIP_WITHOUT_METRICS : 0;
}

cg_status ccloud_topics_describe(const struct cg_host *host, const struct cg_config *settings,
                                 struct ccloud_arena *arena, const struct cg_topic_attribution **ret) {
    const struct cg_config_api *config = host->config;
    struct making making = {host, config->get(settings, "topic_attribution"), arena, NULL};
    if (config->integer(settings, "topic_attribution.enabled", 0) == 0) {
        *ret = NULL;
        return CG_OK;
    }
    making.topics = ccloud_arena_get(arena, sizeof *making.topics);
    if (making.topics == NULL) {
        return out_of_memory(&making);
    }
    *making.topics = (struct cg_topic_attribution){
        .struct_size = sizeof *making.topics,
        .flags = flags_of(&making),
        .cluster_type = "kafka_cluster",
        .cluster_prefix = "lkc-",
        .topic_label = labels[1],
        .retention_days = config->integer(making.settings, "retention_days", RETENTION_DAYS_DEFAULT),
        .emitters = config->get(making.settings, "emitters"),
    };
    cg_status status = make_metrics(&making);
    if (status == CG_OK) {
        status = make_rules(&making);
    }
    if (status == CG_OK) {
        status = make_patterns(&making);
    }
    if (status == CG_OK) {
        *ret = making.topics;
    }
    return status;
}
