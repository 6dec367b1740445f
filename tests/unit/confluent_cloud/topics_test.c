/* What the topic overlay is told, for every setting of topic_attribution. */
#include "topics.h"

#include "stage.h"
#include "topic_words.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define ON(text_) "{\"topic_attribution\": {\"enabled\": true" text_ "}}"
#define FLAGS(value_) "flags " value_ "\n"
#define IN(metric_) "sum topic_bytes_in: sum by (kafka_id, topic) (" metric_ "{}) by kafka_id, topic at kafka_id\n"
#define OUT(metric_) "sum topic_bytes_out: sum by (kafka_id, topic) (" metric_ "{}) by kafka_id, topic at kafka_id\n"
#define RETAINED(metric_) \
    "peak topic_retained_bytes: sum by (kafka_id, topic) (" metric_ "{}) by kafka_id, topic at kafka_id\n"
#define DEFAULT_METRICS                         \
    IN("confluent_kafka_server_received_bytes") \
    OUT("confluent_kafka_server_sent_bytes") RETAINED("confluent_kafka_server_retained_bytes")
#define WRITE "KAFKA_NETWORK_WRITE bytes_ratio topic_bytes_in\n"
#define READ "KAFKA_NETWORK_READ bytes_ratio topic_bytes_out\n"
#define CKU "KAFKA_NUM_CKU bytes_ratio topic_bytes_in topic_bytes_out\n"
#define CKUS "KAFKA_NUM_CKUS bytes_ratio topic_bytes_in topic_bytes_out\n"
#define STORAGE "KAFKA_STORAGE retained_bytes_ratio topic_retained_bytes\n"
#define PARTITION "KAFKA_PARTITION even_split\n"
#define BASE "KAFKA_BASE even_split\n"
#define DEFAULT_RULES WRITE READ CKU CKUS STORAGE PARTITION BASE
#define PATTERNS(list_) "without" list_ "\n"
#define DEFAULT_PATTERNS PATTERNS(" [__consumer_offsets] [_schemas] [_confluent-*]")
#define REST(days_) "kafka_cluster lkc- topic, " days_ " days\n"
#define COST(text_) ON(", \"cost_mapping_overrides\": {" text_ "}")
#define RULES(rules_) FLAGS("0") DEFAULT_METRICS rules_ DEFAULT_PATTERNS REST("90")

static const struct {
    const char *settings;
    const char *topics; /* "" for none */
} cases[] = {
    {"{}", ""},
    {"{\"topic_attribution\": {}}", ""},
    {"{\"topic_attribution\": null}", ""},
    {"{\"topic_attribution\": {\"enabled\": false, \"retention_days\": 7}}", ""},
    {ON(""), RULES(DEFAULT_RULES)},

    {ON(", \"retention_days\": 7"), FLAGS("0") DEFAULT_METRICS DEFAULT_RULES DEFAULT_PATTERNS REST("7")},

    {ON(", \"missing_metrics_behavior\": \"skip\""),
     FLAGS("1") DEFAULT_METRICS DEFAULT_RULES DEFAULT_PATTERNS REST("90")},
    {ON(", \"missing_metrics_behavior\": \" SKIP \""),
     FLAGS("1") DEFAULT_METRICS DEFAULT_RULES DEFAULT_PATTERNS REST("90")},
    {ON(", \"missing_metrics_behavior\": \"even_split\""), RULES(DEFAULT_RULES)},

    {ON(", \"exclude_topic_patterns\": []"), FLAGS("0") DEFAULT_METRICS DEFAULT_RULES PATTERNS("") REST("90")},
    {ON(", \"exclude_topic_patterns\": [\" a* \", \"\", \" \\t\", \"b c\", \"[!X]?\"]"),
     FLAGS("0") DEFAULT_METRICS DEFAULT_RULES PATTERNS(" [a*] [b c] [[!X]?]") REST("90")},

    {ON(", \"metric_name_overrides\": {\" Topic_Bytes_In \": \" My:Metric \", \"topic_retained_bytes\": \"kept\"}"),
     FLAGS("0") IN("My:Metric") OUT("confluent_kafka_server_sent_bytes") RETAINED("kept")
         DEFAULT_RULES DEFAULT_PATTERNS REST("90")},
    {ON(", \"metric_name_overrides\": {\"topic_bytes_out\": \"first\", \"TOPIC_BYTES_OUT\": \"last\"}"),
     FLAGS("0") IN("confluent_kafka_server_received_bytes") OUT("last")
         RETAINED("confluent_kafka_server_retained_bytes") DEFAULT_RULES DEFAULT_PATTERNS REST("90")},

    {COST("\"KAFKA_NETWORK_WRITE\": \"disabled\""), RULES(READ CKU CKUS STORAGE PARTITION BASE)},
    {COST("\"KAFKA_BASE\": \"disabled\", \"KAFKA_NUM_CKU\": \"disabled\""), RULES(WRITE READ CKUS STORAGE PARTITION)},
    {COST("\"\\tkafka_base \": \" Disabled \""), RULES(WRITE READ CKU CKUS STORAGE PARTITION)},
    {COST("\"KAFKA_REST_PRODUCE\": \"disabled\""), RULES(DEFAULT_RULES)},
    {COST("\"KAFKA_NETWORK_READ\": \"even_split\""),
     RULES(WRITE "KAFKA_NETWORK_READ even_split\n" CKU CKUS STORAGE PARTITION BASE)},
    {COST("\"kafka_rest_produce\": \"even_split\""), RULES(DEFAULT_RULES "KAFKA_REST_PRODUCE even_split\n")},
    {COST("\"KAFKA_NETWORK_WRITE\": \"retained_bytes_ratio\", \"KAFKA_STREAMS\": \"retained_bytes_ratio\""),
     RULES("KAFKA_NETWORK_WRITE retained_bytes_ratio topic_retained_bytes\n" READ CKU CKUS STORAGE PARTITION BASE
           "KAFKA_STREAMS retained_bytes_ratio topic_retained_bytes\n")},
    {COST("\"KAFKA_NETWORK_WRITE\": \"bytes_ratio\", \"KAFKA_NETWORK_READ\": \"bytes_ratio\", \"KAFKA_NUM_CKU\": "
          "\"bytes_ratio\", \"KAFKA_NUM_CKUS\": \"BYTES_RATIO\""),
     RULES(DEFAULT_RULES)},
    {COST("\"KAFKA_STORAGE\": \"bytes_ratio\", \"KAFKA_PARTITION\": \"bytes_ratio\", \"KAFKA_BASE\": \"bytes_ratio\", "
          "\"KAFKA_STREAMS\": \"bytes_ratio\""),
     RULES(WRITE READ CKU CKUS "KAFKA_STORAGE bytes_ratio topic_bytes_in topic_bytes_out\n"
                               "KAFKA_PARTITION bytes_ratio topic_bytes_in topic_bytes_out\n"
                               "KAFKA_BASE bytes_ratio topic_bytes_in topic_bytes_out\n"
                               "KAFKA_STREAMS bytes_ratio topic_bytes_in topic_bytes_out\n")},
    {COST("\"KAFKA_BASE\": \"disabled\", \"kafka_base\": \"retained_bytes_ratio\", \"a\": \"even_split\", \"A\": "
          "\"disabled\""),
     RULES(WRITE READ CKU CKUS STORAGE PARTITION "KAFKA_BASE retained_bytes_ratio topic_retained_bytes\n")},
};

static void write_topics(struct stage_text *text, const struct cg_topic_attribution *topics) {
    stage_append(text, "flags %" PRIu32 "\n", topics->flags);
    for (size_t i = 0; i < topics->metric_count; i++) {
        const struct cg_topic_metric *metric = topics->metrics[i];
        const struct cg_metric_query *query = metric->query;
        cr_assert_eq(metric->struct_size, sizeof *metric);
        cr_assert_eq(query->struct_size, sizeof *query);
        stage_append(text, "%s %s: %s by ", metric->value == CG_TOPIC_SUM ? "sum" : "peak", query->key,
                     query->expression);
        for (size_t k = 0; k < query->labels.count; k++) {
            stage_append(text, "%s%s", k == 0 ? "" : ", ", query->labels.items[k]);
        }
        stage_append(text, " at %s\n", query->filter_label);
    }
    for (size_t i = 0; i < topics->rule_count; i++) {
        const struct cg_topic_rule *rule = topics->rules[i];
        cr_assert_eq(rule->struct_size, sizeof *rule);
        stage_append(text, "%s %s", rule->product_type, rule->method);
        for (size_t k = 0; k < rule->metrics.count; k++) {
            stage_append(text, " %s", rule->metrics.items[k]);
        }
        stage_append(text, "\n");
    }
    stage_append(text, "without");
    for (size_t i = 0; i < topics->exclude_patterns.count; i++) {
        stage_append(text, " [%s]", topics->exclude_patterns.items[i]);
    }
    stage_append(text, "\n%s %s %s, %" PRId64 " days\n", topics->cluster_type, topics->cluster_prefix,
                 topics->topic_label, topics->retention_days);
}

Test(topics, settings) {
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct stage stage = {.clock = 0};
        struct ccloud_arena arena = {NULL};
        struct stage_text text = {NULL, 0};
        const struct cg_topic_attribution *topics = NULL;
        stage_init(&stage, cases[i].settings);
        cr_assert_eq(ccloud_topics_describe(&stage.host, stage.tenant.settings, &arena, &topics), CG_OK, "%s: %s",
                     cases[i].settings, stage_text_get(&stage.error));
        if (topics != NULL) {
            cr_assert_eq(topics->struct_size, sizeof *topics);
            write_topics(&text, topics);
        }
        cr_expect_str_eq(stage_text_get(&text), cases[i].topics, "%s:\n  got\n%s  want\n%s", cases[i].settings,
                         stage_text_get(&text), cases[i].topics);
        free(text.text);
        ccloud_arena_done(&arena);
        stage_done(&stage);
    }
}

Test(topics, emitters_are_those_of_the_settings) {
    struct stage stage = {.clock = 0};
    struct ccloud_arena arena = {NULL};
    const struct cg_topic_attribution *topics = NULL;
    stage_init(&stage, ON(", \"emitters\": [{\"type\": \"csv\"}, {\"type\": \"prometheus\"}]"));
    cr_assert_eq(ccloud_topics_describe(&stage.host, stage.tenant.settings, &arena, &topics), CG_OK);
    cr_expect_eq(topics->emitters, stage.host.config->get(stage.tenant.settings, "topic_attribution.emitters"));
    cr_expect_eq(stage.host.config->count(topics->emitters), 2);
    ccloud_arena_done(&arena);
    stage_done(&stage);
}

/* What the check of the settings refuses never gets into a query or a rule. */
static const struct {
    const char *settings;
    const char *error;
} refused[] = {
    {ON(", \"metric_name_overrides\": {\"topic_bytes_in\": \"a{}) or (b\"}"),
     "topic_attribution.metric_name_overrides.topic_bytes_in is no metric name."},
    {ON(", \"metric_name_overrides\": {\"topic_bytes_out\": \" \"}"),
     "topic_attribution.metric_name_overrides.topic_bytes_out is no metric name."},
    {COST("\"KAFKA_BASE\": \"most\""), "topic_attribution.cost_mapping_overrides has a wrong entry 'KAFKA_BASE'."},
    {COST("\" \": \"disabled\""), "topic_attribution.cost_mapping_overrides has a wrong entry ''."},
};

Test(topics, wrong_settings) {
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        struct stage stage = {.clock = 0};
        struct ccloud_arena arena = {NULL};
        const struct cg_topic_attribution *topics = NULL;
        stage_init(&stage, refused[i].settings);
        cr_expect_eq(ccloud_topics_describe(&stage.host, stage.tenant.settings, &arena, &topics), CG_INVALID);
        cr_expect(topics == NULL);
        cr_expect_str_eq(stage_text_get(&stage.error), refused[i].error, "got %s", stage_text_get(&stage.error));
        ccloud_arena_done(&arena);
        stage_done(&stage);
    }
}

/* Many rules, so that the description needs more than one piece of memory. */
Test(topics, many_overrides) {
    struct stage stage = {.clock = 0};
    struct ccloud_arena arena = {NULL};
    struct stage_text settings = {NULL, 0};
    const struct cg_topic_attribution *topics = NULL;
    stage_append(&settings, "{\"topic_attribution\": {\"enabled\": true, \"cost_mapping_overrides\": {");
    for (int i = 0; i < 1000; i++) {
        stage_append(&settings, "%s\"product_%d\": \"bytes_ratio\"", i == 0 ? "" : ", ", i);
    }
    stage_append(&settings, "}}}");
    stage_init(&stage, stage_text_get(&settings));
    cr_assert_eq(ccloud_topics_describe(&stage.host, stage.tenant.settings, &arena, &topics), CG_OK);
    cr_assert_eq(topics->rule_count, 1007);
    cr_expect_str_eq(topics->rules[1006]->product_type, "PRODUCT_999");
    ccloud_arena_done(&arena);
    stage_done(&stage);
    free(settings.text);
}

static const struct {
    const char *text;
    enum ccloud_case letters;
    const char *word;
} words[] = {
    {NULL, CCLOUD_CASE_UPPER, ""},
    {"", CCLOUD_CASE_LOWER, ""},
    {" \t\r\n\v\f", CCLOUD_CASE_LOWER, ""},
    {" a B_9\n", CCLOUD_CASE_UPPER, "A B_9"},
    {"@[`{Zz\xc3\x84", CCLOUD_CASE_LOWER, "@[`{zz\xc3\x84"},
    {" Zz ", CCLOUD_CASE_AS_IS, "Zz"},
};

Test(topics, words) {
    char buffer[CCLOUD_WORD_SIZE];
    char text[CCLOUD_WORD_SIZE + 4];
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        cr_expect(ccloud_word(words[i].text, words[i].letters, buffer));
        cr_expect_str_eq(buffer, words[i].word);
    }
    memset(text, 'a', sizeof text);
    text[CCLOUD_WORD_SIZE] = '\0';
    cr_expect_not(ccloud_word(text, CCLOUD_CASE_AS_IS, buffer));
    cr_expect_eq(strlen(buffer), CCLOUD_WORD_SIZE - 1);
    text[CCLOUD_WORD_SIZE - 1] = ' ';
    cr_expect(ccloud_word(text, CCLOUD_CASE_AS_IS, buffer));
    cr_expect_eq(strlen(buffer), CCLOUD_WORD_SIZE - 1);
}
