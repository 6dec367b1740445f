#include "metrics.h"

#include <stdio.h>
#include <string.h>

#include "history.h"
#include "number.h"
#include "text.h"

/* Where the series of a metric come from. */
enum source {
    SOURCE_PRINCIPALS,
    SOURCE_TOPICS,
    SOURCE_STATEMENTS,
    SOURCE_STATEMENTS_FALLBACK,
};

struct metric {
    const char *head; /* the expression without blanks, up to the filter */
    enum source source;
};

static const struct metric metrics[] = {
    {"sumby(kafka_id,principal_id)(confluent_kafka_server_response_bytes", SOURCE_PRINCIPALS},
    {"sumby(kafka_id,principal_id)(confluent_kafka_server_request_bytes", SOURCE_PRINCIPALS},
    {"sumby(compute_pool_id,flink_statement_name)(confluent_flink_num_cfu", SOURCE_STATEMENTS},
    {"sumby(compute_pool_id,flink_statement_name)(confluent_flink_statement_utilization_cfu_minutes_consumed",
     SOURCE_STATEMENTS_FALLBACK},
    {"sumby(kafka_id,topic)(confluent_kafka_server_received_bytes", SOURCE_TOPICS},
    {"sumby(kafka_id,topic)(confluent_kafka_server_sent_bytes", SOURCE_TOPICS},
    {"sumby(kafka_id,topic)(confluent_kafka_server_retained_bytes", SOURCE_TOPICS},
};

/* A walk over the series of one metric. */
struct walk {
    const struct cg_sim_scenario *scenario;
    enum source source;
    int64_t end; /* no sample is younger */
    uint64_t chain;
    void (*visit)(void *context, const struct cg_sim_series *series);
    void *context;
    struct cg_sim_series series;
};

static void walk_visit(struct walk *walk, struct cg_sim_life life, const char *first, const char *second) {
    walk->series.from = life.from;
    walk->series.until = life.until < walk->end ? life.until : walk->end;
    walk->series.first_value = first;
    walk->series.second_value = second;
    walk->series.chain = cg_sim_hash_string(cg_sim_hash_string(walk->chain, first), second);
    walk->visit(walk->context, &walk->series);
}

static struct cg_sim_life life_of(const struct cg_sim_entity *entity) {
    return (struct cg_sim_life){entity->created, entity->gone};
}

/* What a principal shows up as on a cluster: one of its keys for that cluster now and then. */
static const struct cg_sim_entity *principal_face(const struct cg_sim_scenario *s, size_t principal, size_t cluster,
                                                  uint64_t hash) {
    const struct cg_sim_principal *who = &s->principals[principal];
    for (size_t i = who->first_key; i < who->first_key + who->key_count && hash % 4 == 0; i++) {
        if (s->keys[i].cluster == cluster) {
            return &s->keys[i].entity;
        }
    }
    return &who->entity;
}

/* Exactly as many principals as asked for: the known ones first, then keys nobody knows. */
static void fixed_principals_walk(struct walk *walk, size_t cluster) {
    const struct cg_sim_scenario *s = walk->scenario;
    const struct cg_sim_entity *where = &s->clusters[cluster].entity;
    for (size_t i = 0; i < s->fixed_series; i++) {
        char unknown[CG_SIM_ID_SIZE];
        if (i < s->principal_count) {
            const struct cg_sim_entity *who = &s->principals[i].entity;
            walk_visit(walk, cg_sim_life_common(life_of(where), who), where->id, who->id);
        } else {
            cg_sim_key_make(s->seed, "KEY9", i, unknown);
            walk_visit(walk, life_of(where), where->id, unknown);
        }
    }
}

static void principals_walk(struct walk *walk, size_t cluster) {
    const struct cg_sim_scenario *s = walk->scenario;
    if (s->fixed_series > 0) {
        fixed_principals_walk(walk, cluster);
        return;
    }
    const struct cg_sim_entity *where = &s->clusters[cluster].entity;
    uint64_t chain = cg_sim_hash(cg_sim_hash(s->seed, 0x757365), cluster);
    for (size_t i = 0; i < s->principal_count; i++) {
        uint64_t hash = cg_sim_hash(chain, i);
        if (s->principals[i].home == cluster || (hash >> 8) % 5 == 0) {
            const struct cg_sim_entity *who = principal_face(s, i, cluster, hash);
            walk_visit(walk, cg_sim_life_common(life_of(where), who), where->id, who->id);
        }
    }
    for (size_t i = s->owned_key_count; i < s->key_count; i++) {
        if (s->keys[i].cluster == cluster) {
            const struct cg_sim_entity *who = &s->keys[i].entity;
            walk_visit(walk, cg_sim_life_common(life_of(where), who), where->id, who->id);
        }
    }
    for (size_t i = 0; i < cluster % 3; i++) {
        char unknown[CG_SIM_ID_SIZE];
        cg_sim_key_make(s->seed, "KEY9", cluster * 3 + i, unknown);
        walk_visit(walk, life_of(where), where->id, unknown);
    }
}

size_t cg_sim_topic_count(const struct cg_sim_scenario *scenario, size_t cluster) {
    size_t count = 5 + (size_t)(cg_sim_hash(cg_sim_hash(scenario->seed, 0x746f70), cluster) % 8);
    return scenario->fixed_topics > 0 ? scenario->fixed_topics : count;
}

size_t cg_sim_topic_name(size_t cluster, size_t index) {
    return index + cluster % 4;
}

static void topics_walk(struct walk *walk, size_t cluster) {
    const struct cg_sim_scenario *s = walk->scenario;
    size_t count = cg_sim_topic_count(s, cluster);
    for (size_t i = 0; i < count; i++) {
        char topic[CG_SIM_NAME_SIZE];
        size_t name = cg_sim_topic_name(cluster, i);
        cg_sim_name_make(CG_SIM_NAME_TOPIC, name, topic);
        walk_visit(walk, cg_sim_topic_life(s, cluster, name), s->clusters[cluster].entity.id, topic);
    }
}

/* Every third pool has only the second metric, every fifth none; even ones run a statement that nobody lists. */
static void statements_walk(struct walk *walk, size_t pool) {
    const struct cg_sim_scenario *s = walk->scenario;
    if (pool % 5 == 4 || (pool % 3 == 2 && walk->source == SOURCE_STATEMENTS)) {
        return;
    }
    const struct cg_sim_entity *where = &s->pools[pool].entity;
    for (size_t i = pool * 3; i < pool * 3 + 3 && i < s->statement_count; i++) {
        const struct cg_sim_entity *what = &s->statements[i].entity;
        walk_visit(walk, cg_sim_life_common(life_of(where), what), where->id, what->name);
    }
    if (pool % 2 == 0) {
        walk_visit(walk, life_of(where), where->id, "ghost-query");
    }
}

static void walk_one(struct walk *walk, size_t index) {
    switch (walk->source) {
    case SOURCE_PRINCIPALS:
    case SOURCE_TOPICS:
        if (!walk->scenario->clusters[index].has_metrics) {
            return;
        }
        if (walk->source == SOURCE_TOPICS) {
            topics_walk(walk, index);
        } else {
            principals_walk(walk, index);
        }
        return;
    default:
        statements_walk(walk, index);
        return;
    }
}

/*
 * Reads what follows the metric's name: nothing, `{}`, or `{label="value"}`, and the closing parenthesis.
 * Returns false for anything else; `ret_value` is "" without a filter.
 */
static bool filter_read(const char *text, const char *label, char *ret_value, size_t size) {
    *ret_value = '\0';
    if (strcmp(text, ")") == 0 || strcmp(text, "{})") == 0) {
        return true;
    }
    size_t len = strlen(label);
    if (text[0] != '{' || strncmp(text + 1, label, len) != 0 || strncmp(text + 1 + len, "=\"", 2) != 0) {
        return false;
    }
    const char *value = text + len + 3;
    size_t value_len = strcspn(value, "\"");
    if (value_len == 0 || value_len >= size || strcmp(value + value_len, "\"})") != 0) {
        return false;
    }
    memcpy(ret_value, value, value_len);
    ret_value[value_len] = '\0';
    return true;
}

static bool blanks_strip(const char *text, char *out, size_t size) {
    size_t at = 0;
    for (; *text != '\0'; text++) {
        if (strchr(" \t\r\n", *text) != NULL) {
            continue;
        }
        if (at + 1 >= size) {
            return false;
        }
        out[at++] = *text;
    }
    out[at] = '\0';
    return true;
}

static void walk_run(struct walk *walk, const struct metric *metric, const char *filter) {
    static const char *const firsts[] = {"kafka_id", "kafka_id", "compute_pool_id", "compute_pool_id"};
    static const char *const seconds[] = {"principal_id", "topic", "flink_statement_name", "flink_statement_name"};
    const struct cg_sim_scenario *s = walk->scenario;
    walk->series.first_label = firsts[metric->source];
    walk->series.second_label = seconds[metric->source];
    bool clusters = metric->source == SOURCE_PRINCIPALS || metric->source == SOURCE_TOPICS;
    walk->series.unit = clusters ? CG_SIM_UNIT_BYTES : CG_SIM_UNIT_CFU;
    char wanted[64];
    if (!filter_read(filter, walk->series.first_label, wanted, sizeof(wanted))) {
        return;
    }
    if (wanted[0] != '\0') {
        size_t index = clusters ? cg_sim_cluster_find(s, wanted) : cg_sim_compute_pool_find(s, wanted);
        if (index != CG_SIM_NONE) {
            walk_one(walk, index);
        }
        return;
    }
    size_t count = clusters ? s->cluster_count : s->pool_count;
    for (size_t i = 0; i < count; i++) {
        walk_one(walk, i);
    }
}

void cg_sim_series_visit(const struct cg_sim_scenario *scenario, int64_t now, const char *expression,
                         void (*visit)(void *context, const struct cg_sim_series *series), void *context) {
    char bare[512];
    if (!blanks_strip(expression, bare, sizeof(bare))) {
        return;
    }
    for (size_t i = 0; i < sizeof(metrics) / sizeof(metrics[0]); i++) {
        size_t len = strlen(metrics[i].head);
        if (strncmp(bare, metrics[i].head, len) == 0 && strchr("{)", bare[len]) != NULL && bare[len] != '\0') {
            struct walk walk = {.scenario = scenario, .source = metrics[i].source, .visit = visit, .context = context};
            walk.end = scenario->history_from < scenario->history_until ? now + 1 : CG_SIM_FOREVER;
            walk.chain = cg_sim_hash(cg_sim_hash(scenario->seed, 0x6d6574), i);
            walk.series.odd = (unsigned)scenario->odd_samples;
            walk_run(&walk, &metrics[i], bare + len);
            return;
        }
    }
}

static size_t text_copy(char *out, const char *text, size_t len) {
    memcpy(out, text, len);
    return len;
}

size_t cg_sim_series_value(const struct cg_sim_series *series, int64_t ms, char out[CG_SIM_VALUE_SIZE]) {
    if (ms / 1000 < series->from || ms / 1000 >= series->until) {
        return 0;
    }
    uint64_t chain = series->chain;
    uint64_t hash = cg_sim_hash(chain, (uint64_t)ms);
    if (series->odd > 0 && (hash >> 50) % 1000 < series->odd) {
        return hash % 2 == 0 ? text_copy(out, "NaN", 3) : text_copy(out, "+Inf", 4);
    }
    /* Some series are silent for ever, some have holes, some idle now and then. */
    if (chain % 13 == 0) {
        return text_copy(out, "0", 1);
    }
    if (chain % 5 == 0 && hash % 4 == 0) {
        return 0;
    }
    if (hash % 16 == 1) {
        return text_copy(out, "0", 1);
    }
    if (series->unit == CG_SIM_UNIT_CFU) {
        static const char *const quarters[] = {"", ".25", ".5", ".75"};
        size_t len = cg_sim_u64_format((hash >> 8) % 3, out);
        const char *rest = quarters[(hash >> 16) % 4];
        return len + text_copy(out + len, rest, strlen(rest));
    }
    uint64_t usual = 1000000 + (chain >> 16) % ((chain >> 8) % 8 == 0 ? 4000000000U : 200000000U);
    size_t len = cg_sim_u64_format(usual / 2 + (hash >> 8) % usual, out);
    return chain % 7 == 0 ? len + text_copy(out + len, ".5", 2) : len;
}
