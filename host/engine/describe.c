#include "engine/describe.h"

#include <stdio.h>

/* Bytes of a struct up to and with its last member in ABI 1.0. */
#define SIZE_1_0(type, last) (offsetof(type, last) + sizeof(((const type *)0)->last))

/* Says where the trouble is. */
#define WHERE_SIZE 96

static cg_status refuse(struct cg_error *error, const char *where, const char *problem) {
    return cg_error_set(error, CG_INVALID, "%s %s", where, problem);
}

static cg_status check_size(const char *where, uint32_t size, size_t smallest, struct cg_error *error) {
    if (size >= smallest)
        return CG_OK;
    return cg_error_set(error, CG_INVALID,
                        "%s has %lu bytes, at least %zu are needed (ABI 1.0); set struct_size with "
                        "sizeof",
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
                                    SIZE_1_0(struct cg_allocator, data), error);
    if (status == CG_OK && !allocator->allocate)
        return cg_error_set(error, CG_INVALID, "%s: its %s has no function", where, what);
    return status;
}

static cg_status check_resolver(const char *where, const struct cg_identity_resolver *resolver,
                                struct cg_error *error) {
    cg_status status = check_header(where, "identity resolver", &resolver->header, CG_OVERRIDE_IDENTITY_RESOLVER,
                                    SIZE_1_0(struct cg_identity_resolver, data), error);
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
    cg_status status = check_size(where, query->struct_size, SIZE_1_0(struct cg_metric_query, filter_label), error);
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
    cg_status status = check_size(where, product->struct_size, SIZE_1_0(struct cg_product, metrics), error);
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
    cg_status status = check_size(where, service->struct_size, SIZE_1_0(struct cg_service, resource_types), error);
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
    return status;
}
