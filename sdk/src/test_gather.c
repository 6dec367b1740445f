/* What the test host remembers of an ecosystem's gather calls. */
#include "test_parts.h"

#include <string.h>

static int is_named(const char *id, const char *type) {
    return id != NULL && id[0] != '\0' && type != NULL && type[0] != '\0';
}

static cg_status gather_resource(const struct cg_gather *gather, const struct cg_resource *resource) {
    struct cg_test_host *test = gather->impl;
    struct cg_test_impl *impl = test->impl;
    if (!is_named(resource->id, resource->type)) {
        return test->host.set_error(&test->host, CG_INVALID, "A resource has no id or no type.");
    }
    struct cg_resource *copy = cg_test_alloc(&impl->recorded, sizeof *copy);
    *copy = *resource;
    copy->id = cg_test_copy(&impl->recorded, resource->id);
    copy->type = cg_test_copy(&impl->recorded, resource->type);
    copy->display_name = cg_test_copy(&impl->recorded, resource->display_name);
    copy->parent_id = cg_test_copy(&impl->recorded, resource->parent_id);
    copy->owner_id = cg_test_copy(&impl->recorded, resource->owner_id);
    copy->cloud = cg_test_copy(&impl->recorded, resource->cloud);
    copy->region = cg_test_copy(&impl->recorded, resource->region);
    copy->fields = cg_test_copy_fields(test, resource->fields, resource->field_count);
    const struct cg_resource **items =
        cg_test_more(&impl->recorded, test->resources, test->resource_count, sizeof(const struct cg_resource *));
    items[test->resource_count++] = copy;
    test->resources = items;
    return CG_OK;
}

static cg_status gather_identity(const struct cg_gather *gather, const struct cg_identity *identity) {
    struct cg_test_host *test = gather->impl;
    struct cg_test_impl *impl = test->impl;
    if (!is_named(identity->id, identity->type)) {
        return test->host.set_error(&test->host, CG_INVALID, "An identity has no id or no type.");
    }
    const struct cg_identity **items =
        cg_test_more(&impl->recorded, test->identities, test->identity_count, sizeof(const struct cg_identity *));
    items[test->identity_count++] = cg_test_copy_identity(test, identity);
    test->identities = items;
    return CG_OK;
}

static cg_status gather_family(const struct cg_gather *gather, const char *family, cg_status status, const char *text) {
    struct cg_test_host *test = gather->impl;
    struct cg_test_impl *impl = test->impl;
    struct cg_test_family *families =
        cg_test_more(&impl->recorded, test->families, test->family_count, sizeof *families);
    families[test->family_count++] = (struct cg_test_family){
        .name = cg_test_copy(&impl->recorded, family), .status = status, .text = cg_test_copy(&impl->recorded, text)};
    test->families = families;
    return CG_OK;
}

static int has_same_key(const struct cg_billing_line *left, const struct cg_billing_line *right) {
    return left->timestamp == right->timestamp && strcmp(left->env_id, right->env_id) == 0 &&
           strcmp(left->resource_id, right->resource_id) == 0 && strcmp(left->product_type, right->product_type) == 0 &&
           strcmp(left->product_category, right->product_category) == 0;
}

/* What the real host checks before it writes anything. */
static cg_status check_lines(struct cg_test_host *test, int64_t start, int64_t end,
                             const struct cg_billing_line *const *lines, size_t count) {
    const struct cg_gather *gather = &test->gather;
    if (start % CG_DAY_US != 0 || end % CG_DAY_US != 0 || start >= end || start < gather->billing_start ||
        end > gather->billing_end) {
        return test->host.set_error(&test->host, CG_INVALID,
                                    "The span of the billing lines must be whole UTC days of the billing window.");
    }
    for (size_t i = 0; i < count; i++) {
        if (lines[i]->timestamp < start || lines[i]->timestamp >= end) {
            return test->host.set_error(&test->host, CG_INVALID, "Billing line %zu lies outside its span.", i);
        }
        for (size_t k = 0; k < i; k++) {
            if (has_same_key(lines[k], lines[i])) {
                return test->host.set_error(&test->host, CG_INVALID, "Billing lines %zu and %zu have equal keys.", k,
                                            i);
            }
        }
    }
    return CG_OK;
}

static const struct cg_billing_line *copy_line(struct cg_test_host *test, const struct cg_billing_line *line) {
    struct cg_test_impl *impl = test->impl;
    struct cg_billing_line *copy = cg_test_alloc(&impl->recorded, sizeof *copy);
    *copy = *line;
    copy->env_id = cg_test_copy(&impl->recorded, line->env_id);
    copy->resource_id = cg_test_copy(&impl->recorded, line->resource_id);
    copy->product_category = cg_test_copy(&impl->recorded, line->product_category);
    copy->product_type = cg_test_copy(&impl->recorded, line->product_type);
    copy->currency = cg_test_copy(&impl->recorded, line->currency);
    copy->granularity = cg_test_copy(&impl->recorded, line->granularity);
    copy->fields = cg_test_copy_fields(test, line->fields, line->field_count);
    return copy;
}

static cg_status gather_billing(const struct cg_gather *gather, int64_t start, int64_t end,
                                const struct cg_billing_line *const *lines, size_t count) {
    struct cg_test_host *test = gather->impl;
    struct cg_test_impl *impl = test->impl;
    cg_status status = check_lines(test, start, end, lines, count);
    if (status != CG_OK) {
        return status;
    }
    /* A span that is read again replaces what it gave before. */
    const struct cg_billing_line **items =
        cg_test_alloc(&impl->recorded, (test->line_count + count) * sizeof(const struct cg_billing_line *));
    size_t kept = 0;
    for (size_t i = 0; i < test->line_count; i++) {
        if (test->lines[i]->timestamp < start || test->lines[i]->timestamp >= end) {
            items[kept++] = test->lines[i];
        }
    }
    for (size_t i = 0; i < count; i++) {
        items[kept++] = copy_line(test, lines[i]);
    }
    test->lines = items;
    test->line_count = kept;
    return CG_OK;
}

/* Days that are kept show as a family "bill", without a status of their own when nothing is known of them. */
static cg_status gather_keep(const struct cg_gather *gather, int64_t start, int64_t end, cg_status status,
                             const char *text) {
    struct cg_test_host *test = gather->impl;
    cg_status checked = check_lines(test, start, end, NULL, 0);
    return checked == CG_OK ? gather_family(gather, "bill", status, text) : checked;
}

static void gather_progress(const struct cg_gather *gather, const char *what, uint64_t done, uint64_t total) {
    (void)gather;
    (void)what;
    (void)done;
    (void)total;
}

void cg_test_gather_init(struct cg_test_host *test) {
    test->gather = (struct cg_gather){.struct_size = sizeof test->gather,
                                      .impl = test,
                                      .host = &test->host,
                                      .resource = gather_resource,
                                      .identity = gather_identity,
                                      .family = gather_family,
                                      .billing = gather_billing,
                                      .progress = gather_progress,
                                      .keep = gather_keep};
}
