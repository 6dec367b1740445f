#include "engine/describe.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "config/node.h"
#include "engine/border.h"

/* Bytes of a struct up to and with the last member of its first version. */
#define SIZE_UP_TO(type, last) (offsetof(type, last) + sizeof(((const type *)0)->last))
#define SIZE_UP_TO_POINTER(type, last) (offsetof(type, last) + sizeof(void *))

/* A description of a module that knows topics. */
#define SIZE_WITH_TOPICS SIZE_UP_TO_POINTER(struct cg_ecosystem_description, topics)

/* Says where the trouble is. */
#define WHERE_SIZE 96

static cg_status refuse(struct cg_error *error, const char *where, const char *problem) {
    return cg_error_set(error, CG_INVALID, "%s %s", where, problem);
}

static cg_status check_size(const char *where, uint32_t size, size_t smallest, struct cg_error *error) {
    if (size >= smallest)
        return CG_OK;
    return cg_error_set(error, CG_INVALID, "%s has %lu bytes, at least %zu are needed; set struct_size with sizeof",
                        where, (unsigned long)size, smallest);
}

static int has_text(const char *text) {
    return text && *text;
}

static cg_status check_texts(const char *where, const char *what, const struct cg_text_list *texts,
                             struct cg_error *error) {
    if (texts->count > CG_DESCRIBE_TEXTS)
        return cg_error_set(error, CG_INVALID, "%s has %zu %s, at most %d are taken", where, texts->count, what,
                            CG_DESCRIBE_TEXTS);
    if (texts->count && !texts->items)
        return cg_error_set(error, CG_INVALID, "%s has %zu %s, but their items are NULL", where, texts->count, what);
    for (size_t i = 0; i < texts->count; i++)
        if (!has_text(texts->items[i]))
            return cg_error_set(error, CG_INVALID, "%s has %s, but number %zu is empty", where, what, i + 1);
    return CG_OK;
}

/* The header of an allocator or resolver. Its magic number comes first: without it nothing else means anything. */
static cg_status check_header(const char *where, const char *what, const struct cg_override_header *header,
                              uint32_t kind, size_t smallest, struct cg_error *error) {
    if (header->magic != CG_OVERRIDE_MAGIC || header->kind != kind)
        return cg_error_set(error, CG_INVALID,
                            "%s: its %s does not begin with the header of one; fill it with "
                            "CG_OVERRIDE_HEADER",
                            where, what);
    if (header->abi_major != CG_ABI_MAJOR)
        return cg_error_set(error, CG_INVALID, "%s: its %s was built for plugin ABI %u.%u, this program speaks %d.%d",
                            where, what, header->abi_major, header->abi_minor, CG_ABI_MAJOR, CG_ABI_MINOR);
    char place[WHERE_SIZE + 32];
    snprintf(place, sizeof place, "%s: its %s", where, what);
    return check_size(place, header->struct_size, smallest, error);
}

static cg_status check_allocator(const char *where, const char *what, const struct cg_allocator *allocator,
                                 struct cg_error *error) {
    cg_status status = check_header(where, what, &allocator->header, CG_OVERRIDE_ALLOCATOR,
                                    SIZE_UP_TO(struct cg_allocator, data), error);
    if (status == CG_OK && !allocator->allocate)
        return cg_error_set(error, CG_INVALID, "%s: its %s has no function", where, what);
    return status;
}

static cg_status check_resolver(const char *where, const struct cg_identity_resolver *resolver,
                                struct cg_error *error) {
    cg_status status = check_header(where, "identity resolver", &resolver->header, CG_OVERRIDE_IDENTITY_RESOLVER,
                                    SIZE_UP_TO(struct cg_identity_resolver, data), error);
    if (status == CG_OK && !resolver->resolve)
        return refuse(error, where, "has an identity resolver without function");
    return status;
}

static cg_status check_metric(const char *place, size_t index, const struct cg_metric_query *query,
                              struct cg_error *error) {
    char where[2 * WHERE_SIZE];
    snprintf(where, sizeof where, "%s, metric %zu", place, index + 1);
    if (!query)
        return refuse(error, where, "is NULL");
    cg_status status = check_size(where, query->struct_size, SIZE_UP_TO(struct cg_metric_query, filter_label), error);
    if (status != CG_OK)
        return status;
    if (!has_text(query->key))
        return refuse(error, where, "has no key");
    if (!has_text(query->expression))
        return refuse(error, where, "has no expression");
    return check_texts(where, "labels", &query->labels, error);
}

static cg_status check_product(const char *where, const struct cg_product *product, struct cg_error *error) {
    if (!product)
        return refuse(error, where, "is NULL");
    cg_status status = check_size(where, product->struct_size, SIZE_UP_TO(struct cg_product, metrics), error);
    if (status != CG_OK)
        return status;
    if (!has_text(product->product_type))
        return refuse(error, where, "has no product_type");
    if (!product->allocator)
        return refuse(error, where, "has no allocator");
    status = check_allocator(where, "allocator", product->allocator, error);
    if (status != CG_OK)
        return status;
    if (product->metric_count > CG_DESCRIBE_METRICS)
        return cg_error_set(error, CG_INVALID, "%s has %lu metrics, at most %d are taken", where,
                            (unsigned long)product->metric_count, CG_DESCRIBE_METRICS);
    if (product->metric_count && !product->metrics)
        return refuse(error, where, "has metrics, but their array is NULL");
    for (size_t i = 0; i < product->metric_count && status == CG_OK; i++)
        status = check_metric(where, i, product->metrics[i], error);
    return status;
}

static cg_status check_service(const char *where, const struct cg_service *service, struct cg_error *error) {
    if (!service)
        return refuse(error, where, "is NULL");
    cg_status status = check_size(where, service->struct_size, SIZE_UP_TO(struct cg_service, resource_types), error);
    if (status != CG_OK)
        return status;
    if (!has_text(service->service_type))
        return refuse(error, where, "has no service_type");
    if (service->product_count > CG_DESCRIBE_PRODUCTS)
        return cg_error_set(error, CG_INVALID, "%s has %lu products, at most %d are taken", where,
                            (unsigned long)service->product_count, CG_DESCRIBE_PRODUCTS);
    if (service->product_count && !service->products)
        return refuse(error, where, "has products, but their array is NULL");
    for (size_t i = 0; i < service->product_count && status == CG_OK; i++) {
        char place[WHERE_SIZE];
        snprintf(place, sizeof place, "%s, product %zu", where, i + 1);
        status = check_product(place, service->products[i], error);
    }
    if (status == CG_OK && service->resolver)
        status = check_resolver(where, service->resolver, error);
    return status == CG_OK ? check_texts(where, "resource_types", &service->resource_types, error) : status;
}

/* ---- the topic overlay ---- */

static int lists(const struct cg_text_list *texts, const char *text) {
    for (size_t i = 0; i < texts->count; i++)
        if (strcmp(texts->items[i], text) == 0)
            return 1;
    return 0;
}

static cg_status check_topic_metric(const struct cg_topic_attribution *topics, size_t index, struct cg_error *error) {
    const struct cg_topic_metric *metric = topics->metrics[index];
    char where[WHERE_SIZE];
    snprintf(where, sizeof where, "topics, metric %zu", index + 1);
    if (!metric)
        return refuse(error, where, "is NULL");
    cg_status status = check_size(where, metric->struct_size, SIZE_UP_TO_POINTER(struct cg_topic_metric, query), error);
    if (status != CG_OK)
        return status;
    if (metric->value != CG_TOPIC_SUM && metric->value != CG_TOPIC_PEAK)
        return cg_error_set(error, CG_INVALID, "%s has the unknown value %lu", where, (unsigned long)metric->value);
    if (!metric->query)
        return refuse(error, where, "has no query");
    status = check_metric("topics", index, metric->query, error);
    if (status != CG_OK)
        return status;
    if (!has_text(metric->query->filter_label))
        return refuse(error, where, "has no filter_label");
    if (!lists(&metric->query->labels, topics->topic_label))
        return cg_error_set(error, CG_INVALID, "%s does not keep the label '%.60s' that names the topic", where,
                            topics->topic_label);
    for (size_t i = 0; i < index; i++)
        if (strcmp(topics->metrics[i]->query->key, metric->query->key) == 0)
            return cg_error_set(error, CG_INVALID, "%s has the key '%.60s' of metric %zu", where, metric->query->key,
                                i + 1);
    return CG_OK;
}

static int is_metric(const struct cg_topic_attribution *topics, const char *key) {
    for (size_t i = 0; i < topics->metric_count; i++)
        if (strcmp(topics->metrics[i]->query->key, key) == 0)
            return 1;
    return 0;
}

static cg_status check_topic_rule(const struct cg_topic_attribution *topics, size_t index, struct cg_error *error) {
    const struct cg_topic_rule *rule = topics->rules[index];
    char where[WHERE_SIZE];
    snprintf(where, sizeof where, "topics, rule %zu", index + 1);
    if (!rule)
        return refuse(error, where, "is NULL");
    cg_status status = check_size(where, rule->struct_size, SIZE_UP_TO(struct cg_topic_rule, metrics), error);
    if (status != CG_OK)
        return status;
    if (!has_text(rule->product_type))
        return refuse(error, where, "has no product_type");
    if (!has_text(rule->method))
        return refuse(error, where, "has no method");
    if (!cg_text_is_clean(rule->method, CG_DESCRIBE_METHOD_BYTES))
        return cg_error_set(error, CG_INVALID,
                            "%s has a method that is longer than %d bytes, holds control characters or is no UTF-8",
                            where, CG_DESCRIBE_METHOD_BYTES);
    status = check_texts(where, "metrics", &rule->metrics, error);
    for (size_t i = 0; i < rule->metrics.count && status == CG_OK; i++)
        if (!is_metric(topics, rule->metrics.items[i]))
            status = cg_error_set(error, CG_INVALID, "%s adds up the metric '%.60s', which is none of the topics'",
                                  where, rule->metrics.items[i]);
    for (size_t i = 0; i < index && status == CG_OK; i++)
        if (strcmp(topics->rules[i]->product_type, rule->product_type) == 0)
            status = cg_error_set(error, CG_INVALID, "%s has the product_type '%.60s' of rule %zu", where,
                                  rule->product_type, i + 1);
    return status;
}

static cg_status check_topics(const struct cg_topic_attribution *topics, struct cg_error *error) {
    static const char where[] = "topics";
    cg_status status =
        check_size(where, topics->struct_size, SIZE_UP_TO_POINTER(struct cg_topic_attribution, emitters), error);
    if (status != CG_OK)
        return status;
    if (topics->metric_count > CG_DESCRIBE_TOPIC_METRICS || topics->rule_count > CG_DESCRIBE_TOPIC_RULES)
        return cg_error_set(error, CG_INVALID, "%s has %zu metrics and %zu rules, at most %d and %d are taken", where,
                            topics->metric_count, topics->rule_count, CG_DESCRIBE_TOPIC_METRICS,
                            CG_DESCRIBE_TOPIC_RULES);
    if (topics->metric_count && !topics->metrics)
        return refuse(error, where, "has metrics, but their array is NULL");
    if (topics->rule_count && !topics->rules)
        return refuse(error, where, "has rules, but their array is NULL");
    if (!has_text(topics->cluster_type))
        return refuse(error, where, "has no cluster_type");
    if (!cg_text_is_clean(topics->cluster_type, CG_BORDER_WORD_BYTES))
        return cg_error_set(
            error, CG_INVALID,
            "%s has a cluster_type that is longer than %zu bytes, holds control characters or is no UTF-8", where,
            CG_BORDER_WORD_BYTES);
    if (!topics->cluster_prefix)
        return refuse(error, where, "has no cluster_prefix; \"\" stands for all");
    if (!has_text(topics->topic_label))
        return refuse(error, where, "has no topic_label");
    if (topics->retention_days < 1 || topics->retention_days > CG_DESCRIBE_TOPIC_DAYS)
        return cg_error_set(error, CG_INVALID, "%s has retention_days %lld, expected 1 to %d", where,
                            (long long)topics->retention_days, CG_DESCRIBE_TOPIC_DAYS);
    if (topics->emitters && cg_config_type(topics->emitters) != CG_CONFIG_LIST)
        return refuse(error, where, "has emitters that are no list of the settings");
    status = check_texts(where, "exclude_patterns", &topics->exclude_patterns, error);
    for (size_t i = 0; i < topics->metric_count && status == CG_OK; i++)
        status = check_topic_metric(topics, i, error);
    for (size_t i = 0; i < topics->rule_count && status == CG_OK; i++)
        status = check_topic_rule(topics, i, error);
    return status;
}

/* ---- all of it ---- */

cg_status cg_description_check(const struct cg_ecosystem_description *description, struct cg_error *error) {
    static const char whole[] = "its description";
    if (description->service_count > CG_DESCRIBE_SERVICES)
        return cg_error_set(error, CG_INVALID, "%s has %zu services, at most %d are taken", whole,
                            description->service_count, CG_DESCRIBE_SERVICES);
    if (description->service_count && !description->services)
        return refuse(error, whole, "has services, but their array is NULL");
    cg_status status = CG_OK;
    size_t products = 0;
    for (size_t i = 0; i < description->service_count && status == CG_OK; i++) {
        char where[WHERE_SIZE / 2];
        snprintf(where, sizeof where, "service %zu", i + 1);
        status = check_service(where, description->services[i], error);
        if (status == CG_OK)
            products += description->services[i]->product_count;
    }
    if (status == CG_OK && products > CG_DESCRIBE_PRODUCTS)
        return cg_error_set(error, CG_INVALID, "%s has %zu products, at most %d are taken", whole, products,
                            CG_DESCRIBE_PRODUCTS);
    if (status == CG_OK && description->fallback)
        status = check_allocator(whole, "fallback allocator", description->fallback, error);
    if (status == CG_OK && description->struct_size >= SIZE_WITH_TOPICS && description->topics)
        status = check_topics(description->topics, error);
    return status;
}
