#include <criterion/criterion.h>
#include <stdint.h>
#include <string.h>

#include "engine/describe.h"

static cg_status allocate(const struct cg_allocator *self, const struct cg_allocation_context *context,
                          const struct cg_row_sink *rows) {
    (void)self;
    (void)context;
    (void)rows;
    return CG_OK;
}

static cg_status resolve(const struct cg_identity_resolver *self, const struct cg_resolution_context *context,
                         const struct cg_resolution_sink *sink) {
    (void)self;
    (void)context;
    (void)sink;
    return CG_OK;
}

/* A sound description of two services with two products each, for a case to spoil. */
struct fixture {
    const char *labels[2];
    struct cg_metric_query metric;
    const struct cg_metric_query *metrics[1];
    struct cg_allocator allocator;
    struct cg_identity_resolver resolver;
    struct cg_product product; /* the second one of the second service */
    struct cg_product sound;
    const struct cg_product *products[2][2];
    struct cg_service services[2];
    const struct cg_service *list[2];
    struct cg_allocator fallback;
    const char *keys[2];
    struct cg_metric_query topic_query; /* of the second measure */
    struct cg_metric_query sound_query;
    struct cg_topic_metric topic_metrics[2];
    const struct cg_topic_metric *topic_metric_list[2];
    struct cg_topic_rule rules[2];
    const struct cg_topic_rule *rule_list[2];
    struct cg_topic_attribution topics;
    struct cg_ecosystem_description description;
};

static void fill_topics(struct fixture *fixture) {
    static const char *const product_types[] = {"P", "Q"};
    fixture->sound_query = (struct cg_metric_query){.struct_size = sizeof fixture->sound_query,
                                                    .key = "in",
                                                    .expression = "in{}",
                                                    .labels = {fixture->labels, 2},
                                                    .filter_label = "id"};
    fixture->topic_query = fixture->sound_query;
    fixture->topic_query.key = "out";
    fixture->keys[0] = "in";
    fixture->keys[1] = "out";
    for (size_t i = 0; i < 2; i++) {
        fixture->topic_metrics[i] =
            (struct cg_topic_metric){.struct_size = sizeof fixture->topic_metrics[i],
                                     .value = i ? CG_TOPIC_PEAK : CG_TOPIC_SUM,
                                     .query = i ? &fixture->topic_query : &fixture->sound_query};
        fixture->topic_metric_list[i] = &fixture->topic_metrics[i];
        fixture->rules[i] = (struct cg_topic_rule){.struct_size = sizeof fixture->rules[i],
                                                   .product_type = product_types[i],
                                                   .method = "m",
                                                   .metrics = {fixture->keys, i ? 2 : 0}};
        fixture->rule_list[i] = &fixture->rules[i];
    }
    fixture->topics = (struct cg_topic_attribution){.struct_size = sizeof fixture->topics,
                                                    .metrics = fixture->topic_metric_list,
                                                    .metric_count = 2,
                                                    .rules = fixture->rule_list,
                                                    .rule_count = 2,
                                                    .cluster_type = "kafka_cluster",
                                                    .cluster_prefix = "",
                                                    .topic_label = "topic",
                                                    .exclude_patterns = {fixture->labels, 2},
                                                    .retention_days = 90};
    fixture->description.topics = &fixture->topics;
}

static void fill(struct fixture *fixture) {
    *fixture = (struct fixture){0};
    fixture->labels[0] = "principal_id";
    fixture->labels[1] = "topic";
    fixture->metric = (struct cg_metric_query){
        .struct_size = sizeof fixture->metric, .key = "k", .expression = "up{}", .labels = {fixture->labels, 2}};
    fixture->metrics[0] = &fixture->metric;
    fixture->allocator =
        (struct cg_allocator){CG_OVERRIDE_HEADER(struct cg_allocator, CG_OVERRIDE_ALLOCATOR), "", allocate, NULL};
    fixture->fallback = fixture->allocator;
    fixture->resolver = (struct cg_identity_resolver){
        CG_OVERRIDE_HEADER(struct cg_identity_resolver, CG_OVERRIDE_IDENTITY_RESOLVER), "", resolve, NULL};
    fixture->sound =
        (struct cg_product){.struct_size = sizeof fixture->sound, .product_type = "P", .allocator = &fixture->fallback};
    fixture->product = (struct cg_product){.struct_size = sizeof fixture->product,
                                           .product_type = "Q",
                                           .allocator = &fixture->allocator,
                                           .metric_count = 1,
                                           .metrics = fixture->metrics};
    for (size_t i = 0; i < 2; i++) {
        fixture->products[i][0] = &fixture->sound;
        fixture->products[i][1] = i ? &fixture->product : &fixture->sound;
        fixture->services[i] = (struct cg_service){.struct_size = sizeof fixture->services[i],
                                                   .product_count = 2,
                                                   .service_type = "s",
                                                   .products = fixture->products[i]};
        fixture->list[i] = &fixture->services[i];
    }
    fixture->services[1].resolver = &fixture->resolver;
    fixture->services[1].resource_types = (struct cg_text_list){fixture->labels, 2};
    fixture->description = (struct cg_ecosystem_description){.struct_size = sizeof fixture->description,
                                                             .services = fixture->list,
                                                             .service_count = 2,
                                                             .fallback = &fixture->fallback};
    fill_topics(fixture);
}

/* Overwrites a member of the fixture with bytes: what NULL, 0 and large numbers are made of. */
#define SPOIL(member_, value_) \
    offsetof(struct fixture, member_), sizeof(((struct fixture *)0)->member_), UINT64_C(value_)

static const struct {
    size_t offset;
    size_t size;
    uint64_t value;
    const char *text;
} spoiled[] = {
    /* NOLINTBEGIN(bugprone-sizeof-expression): where a member is a pointer, its own size is meant */
    {SPOIL(description.services, 0), "its description has services, but their array is NULL"},
    {SPOIL(description.service_count, 1001), "its description has 1001 services, at most 1000 are taken"},
    {SPOIL(list[1], 0), "service 2 is NULL"},
    {SPOIL(services[1].struct_size, 8), "service 2 has 8 bytes, at least "},
    {SPOIL(services[1].service_type, 0), "service 2 has no service_type"},
    {SPOIL(services[1].products, 0), "service 2 has products, but their array is NULL"},
    {SPOIL(services[1].product_count, 10001), "service 2 has 10001 products, at most 10000 are taken"},
    {SPOIL(services[1].resource_types.items, 0), "service 2 has 2 resource_types, but their items are NULL"},
    {SPOIL(services[1].resource_types.count, 10001), "service 2 has 10001 resource_types, at most 10000 are taken"},
    {SPOIL(products[1][1], 0), "service 2, product 2 is NULL"},
    {SPOIL(product.struct_size, 12), "service 2, product 2 has 12 bytes, at least "},
    {SPOIL(product.product_type, 0), "service 2, product 2 has no product_type"},
    {SPOIL(product.allocator, 0), "service 2, product 2 has no allocator"},
    {SPOIL(allocator.header.magic, 1), "service 2, product 2: its allocator does not begin with the header of one"},
    {SPOIL(allocator.header.kind, 2), "service 2, product 2: its allocator does not begin with the header of one"},
    {SPOIL(allocator.header.abi_major, 9), "service 2, product 2: its allocator was built for plugin ABI 9."},
    {SPOIL(allocator.header.struct_size, 16), "service 2, product 2: its allocator has 16 bytes, at least "},
    {SPOIL(allocator.allocate, 0), "service 2, product 2: its allocator has no function"},
    {SPOIL(product.metrics, 0), "service 2, product 2 has metrics, but their array is NULL"},
    {SPOIL(product.metric_count, 1001), "service 2, product 2 has 1001 metrics, at most 1000 are taken"},
    {SPOIL(metrics[0], 0), "service 2, product 2, metric 1 is NULL"},
    {SPOIL(metric.struct_size, 8), "service 2, product 2, metric 1 has 8 bytes, at least "},
    {SPOIL(metric.key, 0), "service 2, product 2, metric 1 has no key"},
    {SPOIL(metric.expression, 0), "service 2, product 2, metric 1 has no expression"},
    {SPOIL(metric.labels.items, 0), "service 2, product 2, metric 1 has 2 labels, but their items are NULL"},
    {SPOIL(labels[1], 0), "service 2, product 2, metric 1 has labels, but number 2 is empty"},
    {SPOIL(resolver.header.magic, 0), "service 2: its identity resolver does not begin with the header of one"},
    {SPOIL(resolver.resolve, 0), "service 2 has an identity resolver without function"},
    {SPOIL(fallback.allocate, 0), "service 1, product 1: its allocator has no function"},
    {SPOIL(topics.struct_size, 80), "topics has 80 bytes, at least 96 are needed; set struct_size with sizeof"},
    {SPOIL(topics.metrics, 0), "topics has metrics, but their array is NULL"},
    {SPOIL(topics.metric_count, 101), "topics has 101 metrics and 2 rules, at most 100 and 1000 are taken"},
    {SPOIL(topics.rules, 0), "topics has rules, but their array is NULL"},
    {SPOIL(topics.rule_count, 1001), "topics has 2 metrics and 1001 rules, at most 100 and 1000 are taken"},
    {SPOIL(topics.cluster_type, 0), "topics has no cluster_type"},
    {SPOIL(topics.cluster_prefix, 0), "topics has no cluster_prefix; \"\" stands for all"},
    {SPOIL(topics.topic_label, 0), "topics has no topic_label"},
    {SPOIL(topics.exclude_patterns.items, 0), "topics has 2 exclude_patterns, but their items are NULL"},
    {SPOIL(topics.retention_days, 0), "topics has retention_days 0, expected 1 to 700000"},
    {SPOIL(topics.retention_days, 700001), "topics has retention_days 700001, expected 1 to 700000"},
    {SPOIL(topic_metric_list[1], 0), "topics, metric 2 is NULL"},
    {SPOIL(topic_metrics[1].struct_size, 8), "topics, metric 2 has 8 bytes, at least 16 are needed"},
    {SPOIL(topic_metrics[1].value, 2), "topics, metric 2 has the unknown value 2"},
    {SPOIL(topic_metrics[1].query, 0), "topics, metric 2 has no query"},
    {SPOIL(topic_query.struct_size, 8), "topics, metric 2 has 8 bytes, at least "},
    {SPOIL(topic_query.key, 0), "topics, metric 2 has no key"},
    {SPOIL(topic_query.filter_label, 0), "topics, metric 2 has no filter_label"},
    {SPOIL(topic_query.labels.count, 1), "topics, metric 2 does not keep the label 'topic' that names the topic"},
    {SPOIL(rule_list[1], 0), "topics, rule 2 is NULL"},
    {SPOIL(rules[1].struct_size, 8), "topics, rule 2 has 8 bytes, at least 40 are needed"},
    {SPOIL(rules[1].product_type, 0), "topics, rule 2 has no product_type"},
    {SPOIL(rules[1].method, 0), "topics, rule 2 has no method"},
    {SPOIL(rules[1].metrics.items, 0), "topics, rule 2 has 2 metrics, but their items are NULL"},
    {SPOIL(keys[1], 0), "topics, rule 2 has metrics, but number 2 is empty"},
    /* NOLINTEND(bugprone-sizeof-expression) */
};

Test(describe, a_sound_description_is_taken) {
    struct fixture fixture;
    struct cg_error error = {0};
    fill(&fixture);
    cr_assert_eq(cg_description_check(&fixture.description, &error), CG_OK, "%s", error.text);
    fixture.description.fallback = NULL;
    fixture.services[1].resolver = NULL;
    cr_assert_eq(cg_description_check(&fixture.description, &error), CG_OK, "%s", error.text);
    fixture.description = (struct cg_ecosystem_description){.struct_size = sizeof fixture.description};
    cr_assert_eq(cg_description_check(&fixture.description, &error), CG_OK, "%s", error.text);
}

Test(describe, what_is_wrong_is_told_with_its_place) {
    for (size_t i = 0; i < sizeof spoiled / sizeof *spoiled; i++) {
        struct fixture fixture;
        struct cg_error error = {0};
        fill(&fixture);
        memcpy((char *)&fixture + spoiled[i].offset, &spoiled[i].value, spoiled[i].size);
        cr_assert_eq(cg_description_check(&fixture.description, &error), CG_INVALID, "%s", spoiled[i].text);
        cr_assert_eq(strncmp(error.text, spoiled[i].text, strlen(spoiled[i].text)), 0, "%s: %s", spoiled[i].text,
                     error.text);
    }
}

/* What is wrong between its parts. */
static void same_key(struct fixture *fixture) {
    fixture->topic_query.key = "in";
}

static void unknown_key(struct fixture *fixture) {
    fixture->keys[1] = "kept";
}

static void same_product(struct fixture *fixture) {
    fixture->rules[1].product_type = "P";
}

static void bad_method(struct fixture *fixture) {
    fixture->rules[1].method = "a\nb";
}

static void odd_type(struct fixture *fixture) {
    fixture->topics.cluster_type = "kafka\xff";
}

static const struct {
    void (*spoil)(struct fixture *fixture);
    const char *text;
} disagreements[] = {
    {odd_type, "topics has a cluster_type that is longer than 255 bytes, holds control characters or is no UTF-8"},
    {same_key, "topics, metric 2 has the key 'in' of metric 1"},
    {unknown_key, "topics, rule 2 adds up the metric 'kept', which is none of the topics'"},
    {same_product, "topics, rule 2 has the product_type 'P' of rule 1"},
    {bad_method, "topics, rule 2 has a method that is longer than 255 bytes, holds control characters or is no UTF-8"},
};

Test(describe, topics_that_disagree_are_told) {
    for (size_t i = 0; i < sizeof disagreements / sizeof *disagreements; i++) {
        struct fixture fixture;
        struct cg_error error = {0};
        fill(&fixture);
        disagreements[i].spoil(&fixture);
        cr_assert_eq(cg_description_check(&fixture.description, &error), CG_INVALID, "%s", disagreements[i].text);
        cr_assert_str_eq(error.text, disagreements[i].text);
    }
}

/* A module that was built before there were topics has a smaller struct, and nothing behind it is looked at. */
Test(describe, an_older_description_has_no_topics) {
    struct fixture fixture;
    struct cg_error error = {0};
    fill(&fixture);
    fixture.topics.struct_size = 0;
    fixture.description.struct_size = offsetof(struct cg_ecosystem_description, topics);
    cr_assert_eq(cg_description_check(&fixture.description, &error), CG_OK, "%s", error.text);
}

Test(describe, a_bad_fallback_is_told) {
    struct fixture fixture;
    struct cg_error error = {0};
    struct cg_allocator bad = {0};
    fill(&fixture);
    fixture.description.fallback = &bad;
    cr_assert_eq(cg_description_check(&fixture.description, &error), CG_INVALID);
    cr_assert_eq(strncmp(error.text, "its description: its fallback allocator does not begin with", 59), 0, "%s",
                 error.text);
}
