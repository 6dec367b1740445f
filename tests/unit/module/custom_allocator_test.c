/* The example of an allocator of one's own, loaded as the program loads it. */
#include <chitragupt/test_host.h>
#include <criterion/criterion.h>
#include <string.h>

#include "support.h"

/* Opens the example and finds one of its overrides. */
static const void *example_find(uint32_t kind, const char *symbol) {
    const char *const paths[] = {CG_TEST_EXAMPLE};
    struct cg_modules *modules = NULL;
    struct cg_error error = {0};
    const void *descriptor = NULL;
    cr_assert_eq(cg_modules_open(paths, 1, NULL, &modules, &error), CG_OK, "%s", error.text);
    cr_assert_eq(cg_modules_find_override(modules, NULL, kind, symbol, &descriptor, NULL, &error), CG_OK, "%s",
                 error.text);
    cg_modules_free(modules);
    return descriptor;
}

static const struct cg_identity first = {.struct_size = sizeof first, .id = "sa-1", .type = "service_account"};
static const struct cg_identity second = {.struct_size = sizeof second, .id = "u-2", .type = "user"};
static const struct cg_identity *const both[] = {&first, &second};

/* 1024 and 3072 bytes: a quarter and three quarters. */
static const struct cg_field first_labels[] = {{"principal_id", "sa-1", CG_FIELD_STRING, 0}};
static const struct cg_field second_labels[] = {{"principal_id", "u-2", CG_FIELD_STRING, 0}};
static const struct cg_metric_point first_points[] = {{0, 1024.0}};
static const struct cg_metric_point second_points[] = {{0, 2048.0}, {1, 1024.0}};
static const struct cg_metric_series first_series = {.struct_size = sizeof first_series,
                                                     .label_count = 1,
                                                     .key = "bytes_out",
                                                     .labels = first_labels,
                                                     .points = first_points,
                                                     .point_count = 1};
static const struct cg_metric_series second_series = {.struct_size = sizeof second_series,
                                                      .label_count = 1,
                                                      .key = "bytes_out",
                                                      .labels = second_labels,
                                                      .points = second_points,
                                                      .point_count = 2};
static const struct cg_metric_series *const series[] = {&first_series, &second_series};
static const struct cg_metrics measured = {.struct_size = sizeof measured, .series = series, .series_count = 2};
static const struct cg_metrics failed = {.struct_size = sizeof failed, .flags = CG_METRICS_FETCH_FAILED};

/* One row as a line: who, how much, why. */
static const struct {
    const char *name;
    const char *amount;
    const struct cg_metrics *metrics;
    size_t active;
    size_t alive;
    const char *rows;
} cases[] = {
    {"bytes and people", "10.00", &measured, 2, 2,
     "sa-1 1.2500 usage_ratio_allocation\nu-2 3.7500 usage_ratio_allocation\nsa-1 2.5000 -\nu-2 2.5000 -\n"},
    {"every digit", "1.000000000001", &measured, 1, 2,
     "sa-1 0.1250 usage_ratio_allocation\nu-2 0.3750 usage_ratio_allocation\nsa-1 0.500000000001 -\n"},
    {"no metrics", "10.00", NULL, 2, 2,
     "sa-1 2.5000 no_metrics_located\nu-2 2.5000 no_metrics_located\nsa-1 2.5000 -\nu-2 2.5000 -\n"},
    {"metrics failed", "10.00", &failed, 1, 2, "sa-1 5.0000 metrics_fetch_failed\nsa-1 5.0000 -\n"},
    {"nobody active", "10.00", NULL, 0, 1,
     "sa-1 5.0000 no_active_identities_located\nsa-1 5.0000 no_active_identities_located\n"},
    {"nobody at all", "10.00", NULL, 0, 0, "lkc-1 5.0000 no_identities_located\nlkc-1 5.0000 no_identities_located\n"},
};

static void print_rows(const struct cg_test_host *test, struct cg_buf *out) {
    for (size_t i = 0; i < test->row_count; i++) {
        char amount[CG_DECIMAL_TEXT_SIZE];
        cg_decimal_format(&test->rows[i].amount, amount);
        cg_buf_printf(out, "%s %s %s\n", test->rows[i].identity_id, amount,
                      test->rows[i].allocation_detail ? test->rows[i].allocation_detail : "-");
    }
}

Test(acme_network_read, table) {
    const struct cg_allocator *allocator = example_find(CG_OVERRIDE_ALLOCATOR, "acme_network_read");
    struct cg_test_host test;
    cg_test_host_init(&test);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct cg_billing_line line = {
            .struct_size = sizeof line, .resource_id = "lkc-1", .product_type = "KAFKA_NETWORK_READ"};
        struct cg_allocation_context context = {.struct_size = sizeof context,
                                                .host = &test.host,
                                                .line = &line,
                                                .merged_active = {both, cases[i].active},
                                                .tenant_period = {both, cases[i].alive},
                                                .metrics = cases[i].metrics};
        cr_assert_eq(cg_decimal_parse(cases[i].amount, strlen(cases[i].amount), &context.amount), CG_OK);
        cg_test_host_reset(&test);
        cr_assert_eq(allocator->allocate(allocator, &context, &test.row_sink), CG_OK, "%s: %s", cases[i].name,
                     test.error ? test.error : "");
        struct cg_decimal sum = cg_decimal_from_int64(0);
        for (size_t row = 0; row < test.row_count; row++)
            cr_assert_eq(cg_decimal_add(&sum, &test.rows[row].amount, &sum), CG_OK);
        cr_assert_eq(cg_decimal_compare(&sum, &context.amount), 0, "%s: the sum is exact", cases[i].name);
        struct cg_buf out;
        cg_buf_init(&out, 4096);
        print_rows(&test, &out);
        cr_assert_str_eq(cg_buf_text(&out), cases[i].rows, "%s: got\n%s", cases[i].name, cg_buf_text(&out));
        cg_buf_done(&out);
    }
    cg_test_host_done(&test);
}

Test(acme_only_service_accounts, people_are_left_out) {
    const struct cg_identity_resolver *resolver =
        example_find(CG_OVERRIDE_IDENTITY_RESOLVER, "acme_only_service_accounts");
    struct cg_test_host test;
    cg_test_host_init(&test);
    const struct cg_resolution_context context = {
        .struct_size = sizeof context, .host = &test.host, .tenant_period = {both, 2}};
    cr_assert_eq(resolver->resolve(resolver, &context, &test.resolution_sink), CG_OK);
    cr_assert_eq(test.finding_count, 1);
    cr_assert_str_eq(test.findings[0].identity->id, "sa-1");
    cg_test_host_done(&test);
}
