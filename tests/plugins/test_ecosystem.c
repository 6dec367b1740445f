/*
 * An ecosystem that misbehaves as its setting `misbehave` says. "" is a sound one: every day one resource costs 3 of
 * TEST_A and 4 of TEST_B, and the owner pays. "measured" is sound too and asks for metrics of TEST_B.
 */
#include "parts.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

struct test {
    const char *misbehave;
    struct cg_metric_query metric;
    const struct cg_metric_query *metrics[1];
    struct cg_allocator bad_allocator;
    struct cg_identity_resolver resolver;
    struct cg_product products[2];
    const struct cg_product *product_list[2];
    struct cg_service services[2];
    const struct cg_service *service_list[2];
};

static int is(const struct test *test, const char *what) {
    return strcmp(test->misbehave, what) == 0;
}

static cg_status allocate(const struct cg_allocator *self, const struct cg_allocation_context *context,
                          const struct cg_row_sink *rows) {
    (void)self;
    const struct cg_row row = {.struct_size = sizeof row,
                               .cost_type = CG_COST_USAGE,
                               .identity_id = "owner",
                               .amount = context->amount,
                               .allocation_method = "test",
                               .chain_tier = CG_NO_INDEX,
                               .composition_index = CG_NO_INDEX};
    return rows->add(rows, &row);
}

static const struct cg_allocator allocator = {CG_OVERRIDE_HEADER(struct cg_allocator, CG_OVERRIDE_ALLOCATOR),
                                              "the owner pays", allocate, NULL};

static cg_status resolve(const struct cg_identity_resolver *self, const struct cg_resolution_context *context,
                         const struct cg_resolution_sink *sink) {
    (void)self;
    (void)context;
    (void)sink;
    return CG_OK;
}

static cg_status create(const struct cg_host *host, const struct cg_tenant *tenant, void **ret_instance) {
    struct test *test = calloc(1, sizeof *test);
    if (!test)
        return host->set_error(host, CG_NO_MEMORY, "out of memory");
    test->misbehave = host->config->text(tenant->settings, "misbehave", "");
    test->metric = (struct cg_metric_query){.struct_size = sizeof test->metric, .key = "k", .expression = "up"};
    test->metrics[0] = &test->metric;
    test->bad_allocator = allocator;
    test->resolver = (struct cg_identity_resolver){
        CG_OVERRIDE_HEADER(struct cg_identity_resolver, CG_OVERRIDE_IDENTITY_RESOLVER), "finds nobody", resolve, NULL};
    for (size_t i = 0; i < 2; i++) {
        static const char *const types[] = {"TEST_A", "TEST_B"};
        static const char *const services[] = {"first", "second"};
        test->products[i] = (struct cg_product){
            .struct_size = sizeof test->products[i], .product_type = types[i], .allocator = &allocator};
        test->product_list[i] = &test->products[i];
        test->services[i] = (struct cg_service){.struct_size = sizeof test->services[i],
                                                .product_count = 1,
                                                .service_type = services[i],
                                                .products = &test->product_list[i],
                                                .resolver = &test->resolver};
        test->service_list[i] = &test->services[i];
    }
    *ret_instance = test;
    return CG_OK;
}

/* Changes the description of the second service. */
static void change(struct test *test) {
    if (is(test, "product without type"))
        test->products[1].product_type = "";
    if (is(test, "product without allocator"))
        test->products[1].allocator = NULL;
    if (is(test, "allocator without function")) {
        test->bad_allocator.allocate = NULL;
        test->products[1].allocator = &test->bad_allocator;
    }
    if (is(test, "resolver without header"))
        test->resolver.header.magic = 0;
    if (is(test, "metric without key"))
        test->metric.key = NULL;
    if (is(test, "metric without key") || is(test, "measured")) {
        test->products[1].metric_count = 1;
        test->products[1].metrics = test->metrics;
    }
    if (is(test, "service that is NULL"))
        test->service_list[1] = NULL;
}

static cg_status describe(void *instance, struct cg_ecosystem_description *ret) {
    struct test *test = instance;
    if (is(test, "crash in describe"))
        raise(SIGSEGV);
    change(test);
    ret->services = is(test, "services that are NULL") ? NULL : test->service_list;
    ret->service_count = is(test, "too many services") ? 1001 : 2;
    if (is(test, "services that are nowhere"))
        memset(&ret->services, 0x10, sizeof ret->services);
    return CG_OK;
}

static cg_status gather_inventory(void *instance, const struct cg_gather *gather) {
    const struct test *test = instance;
    const struct cg_identity owner = {.struct_size = sizeof owner,
                                      .id = "owner",
                                      .type = "user",
                                      .created_at = CG_TIME_NONE,
                                      .deleted_at = CG_TIME_NONE};
    if (is(test, "inventory that fails"))
        return gather->host->set_error(gather->host, CG_TEMPORARY, "the test inventory fails on purpose");
    if (is(test, "identity that is NULL"))
        (void)gather->identity(gather, NULL);
    return gather->identity(gather, &owner);
}

/* Hands over the two lines of each day of [start, end), and does not look at the answer when it has none to look at. */
static cg_status hand_over(const struct cg_gather *gather, int64_t start, int64_t end) {
    cg_status status = CG_OK;
    for (int64_t day = start; day < end && status == CG_OK; day += CG_DAY_US) {
        struct cg_billing_line lines[2];
        const struct cg_billing_line *list[] = {&lines[0], &lines[1]};
        for (size_t i = 0; i < 2; i++) {
            lines[i] = (struct cg_billing_line){.struct_size = sizeof lines[i],
                                                .timestamp = day,
                                                .env_id = "",
                                                .resource_id = "thing",
                                                .product_category = "TEST",
                                                .product_type = i ? "TEST_B" : "TEST_A",
                                                .currency = "USD",
                                                .granularity = "daily",
                                                .quantity = cg_decimal_from_int64(1),
                                                .unit_price = cg_decimal_from_int64(3 + (int64_t)i),
                                                .total_cost = cg_decimal_from_int64(3 + (int64_t)i)};
        }
        status = gather->billing(gather, day, day + CG_DAY_US, list, 2);
    }
    return status;
}

static cg_status gather_billing(void *instance, const struct cg_gather *gather) {
    const struct test *test = instance;
    int64_t start = gather->billing_start;
    int64_t end = gather->billing_end;
    if (is(test, "bill that breaks off")) {
        (void)hand_over(gather, start, end - CG_DAY_US);
        return gather->host->set_error(gather->host, CG_TEMPORARY, "the test bill breaks off on purpose");
    }
    if (is(test, "day left out")) {
        (void)hand_over(gather, start, start + CG_DAY_US);
        return hand_over(gather, start + 2 * CG_DAY_US, end);
    }
    (void)hand_over(gather, start, end);
    if (is(test, "span outside the window"))
        (void)gather->billing(gather, start - CG_DAY_US, end, NULL, 0);
    return CG_OK;
}

static const struct cg_ecosystem ecosystem = {.struct_size = sizeof ecosystem,
                                              .create = create,
                                              .destroy = free,
                                              .describe = describe,
                                              .gather_inventory = gather_inventory,
                                              .gather_billing = gather_billing};

static const struct cg_option misbehave = {.struct_size = sizeof misbehave,
                                           .type = CG_OPTION_STRING,
                                           .key = "misbehave",
                                           .default_text = "",
                                           .help = "What to do wrong."};
static const struct cg_option *const options[] = {&misbehave};

CG_REGISTER(CG_KIND_ECOSYSTEM, "test_ecosystem", "1.0.0", "An ecosystem that misbehaves on purpose", &ecosystem,
            options, 1)
