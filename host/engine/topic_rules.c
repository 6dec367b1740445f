#include "engine/topic_rules.h"

#include <stdlib.h>
#include <string.h>

#include <chitragupt/ecosystem.h>

static int compare_methods(const void *left, const void *right) {
    const struct cg_topic_method *a = left;
    const struct cg_topic_method *b = right;
    return strcmp(a->product_type, b->product_type);
}

size_t cg_topic_measure_of(const struct cg_topic_attribution *overlay, const char *key) {
    size_t index = 0;
    while (index < overlay->metric_count && strcmp(overlay->metrics[index]->query->key, key) != 0)
        index++;
    return index;
}

static cg_status bind_rule(const struct cg_topic_attribution *overlay, const struct cg_topic_rule *rule,
                           struct cg_arena *arena, struct cg_topic_method *ret) {
    *ret = (struct cg_topic_method){.product_type = rule->product_type, .name = rule->method};
    ret->measures = cg_arena_array(arena, rule->metrics.count, sizeof *ret->measures);
    if (!ret->measures)
        return CG_NO_MEMORY;
    for (size_t i = 0; i < rule->metrics.count; i++)
        ret->measures[ret->measure_count++] = cg_topic_measure_of(overlay, rule->metrics.items[i]);
    return CG_OK;
}

cg_status cg_topic_rules_init(struct cg_topic_rules *rules, const struct cg_topic_attribution *overlay,
                              struct cg_arena *arena, struct cg_error *error) {
    *rules = (struct cg_topic_rules){.overlay = overlay};
    rules->methods = cg_arena_array(arena, overlay->rule_count, sizeof *rules->methods);
    rules->queries = cg_arena_array(arena, overlay->metric_count, sizeof(const struct cg_metric_query *));
    if (!rules->methods || !rules->queries)
        return cg_error_no_memory(error);
    for (size_t i = 0; i < overlay->metric_count; i++)
        rules->queries[i] = overlay->metrics[i]->query;
    for (; rules->count < overlay->rule_count; rules->count++)
        if (bind_rule(overlay, overlay->rules[rules->count], arena, &rules->methods[rules->count]) != CG_OK)
            return cg_error_no_memory(error);
    if (rules->count)
        qsort(rules->methods, rules->count, sizeof *rules->methods, compare_methods);
    return CG_OK;
}

const struct cg_topic_method *cg_topic_rules_find(const struct cg_topic_rules *rules, const char *product_type) {
    const struct cg_topic_method key = {.product_type = product_type};
    return rules->count ? bsearch(&key, rules->methods, rules->count, sizeof key, compare_methods) : NULL;
}
