/*
 * topic_stage.h - a bench with a topic overlay, and a metrics source that says what a test tells it.
 *
 * The overlay's rules are the usual ones of Kafka; a test changes them as it likes. The program must be linked with
 * --wrap=cg_metrics_source_fetch.
 */
#ifndef CG_TEST_ENGINE_TOPIC_STAGE_H
#define CG_TEST_ENGINE_TOPIC_STAGE_H

#include "bench.h"
#include "engine/topics.h"

#define TOPIC_RULES 12
#define TOPIC_SAMPLES 512

/** Keys of the measures. */
#define IN "in"
#define OUT "out"
#define RETAINED "retained"

/** What the metrics source knows. */
struct topic_sample {
    const char *cluster;
    const char *key;
    const char *topic; /**< NULL: the series has no such label */
    int64_t time;
    double value;
};

struct topic_stage {
    struct bench bench;
    struct cg_topic_attribution overlay;
    struct cg_topic_rule rules[TOPIC_RULES];
    const struct cg_topic_rule *rule_list[TOPIC_RULES];
    struct topic_sample samples[TOPIC_SAMPLES];
    size_t sample_count;
    const char *outage;   /**< clusters whose queries fail, as "lkc-1 lkc-2 "; "*": all; NULL: none */
    int64_t outage_start; /**< only queries from this time on fail */
    uint32_t shuffle;     /**< not 0: series come in an order that this number chooses, each with one point */
    size_t fetches;       /**< calls of the source */
    size_t requests;      /**< in all calls */
    char asked[4096];     /**< "lkc-1 2026-01-01 00:00:00 2026-01-02 00:00:00\n" for each request */
    char notes[4096];     /**< what the observer was told, a line each; errors are in the bench */
    struct cg_topic_outcome outcome;
    struct cg_topics_result result;
    int64_t now;
};

/** An empty stage at noon of 2026-02-01. It must not move; there is one at a time. */
void topic_stage_open(struct topic_stage *stage);

/** Ends it and removes its files. */
void topic_stage_close(struct topic_stage *stage);

/** Sets or replaces the rule of a product type; `first` and `second` are keys or NULL. `method` NULL removes it. */
void topic_stage_rule(struct topic_stage *stage, const char *product_type, const char *method, const char *first,
                      const char *second);

/** Adds a sample of lkc-1 at `time` ("2026-01-01T05:00:00"). */
void topic_stage_sample(struct topic_stage *stage, const char *key, const char *topic, const char *time, double value);

/** A topic that was seen at `time`; `cluster` needs no row. */
void topic_stage_topic(struct topic_stage *stage, const char *cluster, const char *topic, const char *time);

/** Attributes a date with an overlay of its own. */
cg_status topic_stage_try(struct topic_stage *stage, const char *date, int32_t force);

/** The same; asserts that it works. The outcome is in the stage. */
void topic_stage_date(struct topic_stage *stage, const char *date, int32_t force);

/** Discovers topics; asserts that it works. */
void topic_stage_discover(struct topic_stage *stage);

/** The rows of a date: "product topic amount method" in one line each, by product, environment, cluster, topic, method.
 */
const char *topic_stage_rows(struct topic_stage *stage, const char *date);

#endif
