#include "metered_stage.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define NOON (12 * STAGE_HOUR)
#define SECOND INT64_C(1000000)

static char *keep(struct stage *stage, const char *text) {
    char *copy = cg_metered_printf(&stage->memory, "%s", text);
    cr_assert_not_null(copy);
    return copy;
}

static char *extend(struct stage *stage, char *text, const char *more) {
    char *joined = cg_metered_printf(&stage->memory, "%s%s", text, more);
    cr_assert_not_null(joined);
    return joined;
}

void stage_window(struct stage *stage, int64_t start, size_t days) {
    stage->test.gather.billing_start = start;
    stage->test.gather.billing_end = start + (int64_t)days * CG_DAY_US;
    stage->test.gather.now = stage->test.gather.billing_end + NOON;
    stage->test.now = stage->test.gather.now;
}

void stage_open(struct stage *stage, const struct cg_registration *module, const struct cg_test_setting *settings,
                size_t count) {
    memset(stage, 0, sizeof *stage);
    cg_test_host_init(&stage->test);
    stage->factory = module->factory;
    for (uint32_t i = 0; i < module->option_count; i++) {
        cr_assert_not_null(module->options[i], "entry %u of the option table is missing", i);
        cr_assert_not_null(module->options[i]->help);
    }
    stage->tenant = (struct cg_tenant){.struct_size = sizeof stage->tenant,
                                       .name = "dc1",
                                       .tenant_id = "t-1",
                                       .settings = cg_test_config(&stage->test, settings, count)};
    cg_status status = stage->factory->create(&stage->test.host, &stage->tenant, &stage->instance);
    cr_assert_eq(status, CG_OK, "%s", stage->test.error);
    stage->description.struct_size = sizeof stage->description;
    cr_assert_eq(stage->factory->describe(stage->instance, &stage->description), CG_OK);
    stage->test.metrics = stage->metrics;
    stage_window(stage, STAGE_DAY, 1);
}

void stage_close(struct stage *stage) {
    stage->factory->destroy(stage->instance);
    cg_test_host_done(&stage->test);
    cg_metered_memory_done(&stage->memory);
}

/* ---- what the source knows ---- */

static size_t entry_of(struct stage *stage, const char *expression) {
    for (size_t i = 0; i < stage->test.metrics_count; i++) {
        if (strcmp(stage->metrics[i].expression, expression) == 0 && stage->metrics[i].status == CG_OK) {
            return i;
        }
    }
    size_t at = stage->test.metrics_count++;
    cr_assert_lt(at, (size_t)STAGE_METRICS);
    stage->series[at] = cg_metered_alloc(&stage->memory, STAGE_SERIES * sizeof(struct cg_metric_series));
    stage->metrics[at] = (struct cg_test_metrics){.expression = keep(stage, expression), .series = stage->series[at]};
    return at;
}

static uint32_t read_labels(struct stage *stage, const char *labels, const struct cg_field **ret) {
    char *text = keep(stage, labels);
    struct cg_field *fields = cg_metered_alloc(&stage->memory, 8 * sizeof *fields);
    uint32_t count = 0;
    char *rest = NULL;
    for (char *pair = strtok_r(text, "\n", &rest); pair != NULL; pair = strtok_r(NULL, "\n", &rest)) {
        char *value = strchr(pair, '=');
        cr_assert(value != NULL && count < 8);
        *value = '\0';
        fields[count++] = (struct cg_field){.key = pair, .value = value + 1, .kind = CG_FIELD_STRING};
    }
    *ret = fields;
    return count;
}

void stage_know(struct stage *stage, const char *expression, const char *labels, int64_t start, int64_t end,
                int64_t step, double value) {
    size_t at = entry_of(stage, expression);
    size_t count = (size_t)((end - start) / (step * SECOND));
    struct cg_metric_point *points = cg_metered_alloc(&stage->memory, (count + 1) * sizeof *points);
    struct cg_metric_series *series = &stage->series[at][stage->metrics[at].series_count++];
    cr_assert_leq(stage->metrics[at].series_count, (size_t)STAGE_SERIES);
    for (size_t i = 0; i < count; i++) {
        points[i] = (struct cg_metric_point){start + (int64_t)i * step * SECOND, value};
    }
    *series = (struct cg_metric_series){.struct_size = sizeof *series, .points = points, .point_count = count};
    series->label_count = read_labels(stage, labels, &series->labels);
}

void stage_point(struct stage *stage, const char *expression, size_t point, double value) {
    size_t at = entry_of(stage, expression);
    const struct cg_metric_series *series = &stage->series[at][stage->metrics[at].series_count - 1];
    ((struct cg_metric_point *)(uintptr_t)series->points)[point].value = value;
}

void stage_fail(struct stage *stage, const char *expression, int64_t start, int64_t end, cg_status status,
                const char *error) {
    size_t count = stage->test.metrics_count;
    cr_assert_lt(count, (size_t)STAGE_METRICS);
    /* Failures are looked for first. */
    memmove(&stage->metrics[1], &stage->metrics[0], count * sizeof stage->metrics[0]);
    memmove(&stage->series[1], &stage->series[0], count * sizeof(struct cg_metric_series *));
    stage->metrics[0] = (struct cg_test_metrics){
        .expression = keep(stage, expression), .start = start, .end = end, .status = status, .error = error};
    stage->test.metrics_count++;
}

/* ---- what came out ---- */

const char *stage_lines(struct stage *stage) {
    char *text = keep(stage, "");
    for (size_t i = 0; i < stage->test.line_count; i++) {
        const struct cg_billing_line *line = stage->test.lines[i];
        char quantity[CG_DECIMAL_TEXT_SIZE];
        char price[CG_DECIMAL_TEXT_SIZE];
        char total[CG_DECIMAL_TEXT_SIZE];
        char date[16];
        time_t seconds = (time_t)(line->timestamp / SECOND);
        struct tm parts;
        cr_assert_not_null(gmtime_r(&seconds, &parts));
        cr_assert_gt(strftime(date, sizeof date, "%Y-%m-%d", &parts), 0u);
        (void)cg_decimal_format(&line->quantity, quantity);
        (void)cg_decimal_format(&line->unit_price, price);
        (void)cg_decimal_format(&line->total_cost, total);
        text = extend(
            stage, text,
            cg_metered_printf(&stage->memory, "%s %s %s %s %s\n", date, line->product_type, quantity, price, total));
    }
    return text;
}

static char *fields_text(struct stage *stage, const struct cg_field *fields, uint32_t count) {
    char *text = keep(stage, "{");
    for (uint32_t i = 0; i < count; i++) {
        text = extend(stage, text,
                      cg_metered_printf(&stage->memory, "%s%s=%s", i == 0 ? "" : ",", fields[i].key, fields[i].value));
    }
    return extend(stage, text, "}");
}

const char *stage_inventory(struct stage *stage) {
    const struct cg_test_host *test = &stage->test;
    char *text = keep(stage, "");
    for (size_t i = 0; i < test->resource_count; i++) {
        const struct cg_resource *item = test->resources[i];
        text = extend(stage, text,
                      cg_metered_printf(&stage->memory, "resource %s %s %s %s %s\n", item->type, item->id,
                                        item->display_name, item->parent_id == NULL ? "-" : item->parent_id,
                                        fields_text(stage, item->fields, item->field_count)));
    }
    for (size_t i = 0; i < test->identity_count; i++) {
        const struct cg_identity *item = test->identities[i];
        text = extend(stage, text,
                      cg_metered_printf(&stage->memory, "identity %s %s %s %s\n", item->type, item->id,
                                        item->display_name, fields_text(stage, item->fields, item->field_count)));
    }
    for (size_t i = 0; i < test->family_count; i++) {
        const struct cg_test_family *item = &test->families[i];
        text = extend(stage, text,
                      cg_metered_printf(&stage->memory, "family %s %" PRId32 "%s%s\n", item->name, item->status,
                                        item->text == NULL ? "" : " ", item->text == NULL ? "" : item->text));
    }
    return text;
}

/* ---- splitting ---- */

static const struct cg_product *find_product(const struct cg_service *service, const char *product_type) {
    for (uint32_t i = 0; i < service->product_count; i++) {
        if (strcmp(service->products[i]->product_type, product_type) == 0) {
            return service->products[i];
        }
    }
    cr_assert_fail("no product %s", product_type);
    return NULL;
}

/* The metrics of all products together, as lines of one day share them. */
static void fetch_metrics(struct stage *stage, const struct cg_service *service, struct cg_metrics *ret) {
    const struct cg_host *host = &stage->test.host;
    const struct cg_metric_series **series =
        cg_metered_alloc(&stage->memory, 65536 * sizeof(const struct cg_metric_series *));
    const char *keys[64];
    size_t key_count = 0;
    *ret = (struct cg_metrics){.struct_size = sizeof *ret, .series = series};
    for (uint32_t i = 0; i < service->product_count; i++) {
        for (uint32_t k = 0; k < service->products[i]->metric_count; k++) {
            const struct cg_metrics_answer *const *answers = NULL;
            const struct cg_metrics_question question = {.struct_size = sizeof question,
                                                         .query = service->products[i]->metrics[k],
                                                         .start = stage->test.gather.billing_start,
                                                         .end = stage->test.gather.billing_start + CG_DAY_US};
            const struct cg_metrics_question *const list[] = {&question};
            size_t seen = 0;
            while (seen < key_count && strcmp(keys[seen], question.query->key) != 0) {
                seen++;
            }
            if (seen < key_count) {
                continue;
            }
            keys[key_count++] = question.query->key;
            cr_assert_eq(host->metrics->fetch(host, list, 1, &answers), CG_OK);
            ret->flags |= answers[0]->status != CG_OK ? CG_METRICS_FETCH_FAILED : 0;
            for (size_t n = 0; n < answers[0]->series_count; n++) {
                series[ret->series_count++] = answers[0]->series[n];
            }
        }
    }
    if (ret->flags & CG_METRICS_FETCH_FAILED) {
        ret->series_count = 0;
    }
}

static int compare_identities(const void *left, const void *right) {
    const struct cg_identity *const *a = left;
    const struct cg_identity *const *b = right;
    return strcmp((*a)->id, (*b)->id);
}

/* The identities of a kind (CG_TEST_; 0: both), sorted, each once. */
static struct cg_identity_list found(struct stage *stage, uint32_t kind) {
    const struct cg_test_host *test = &stage->test;
    const struct cg_identity **items =
        cg_metered_alloc(&stage->memory, (test->finding_count + 1) * sizeof(const struct cg_identity *));
    size_t count = 0;
    for (size_t i = 0; i < test->finding_count; i++) {
        uint32_t found_kind = test->findings[i].kind;
        if (kind == 0 ? found_kind == CG_TEST_ACTIVE || found_kind == CG_TEST_DERIVED : found_kind == kind) {
            items[count++] = test->findings[i].identity;
        }
    }
    qsort(items, count, sizeof(const struct cg_identity *), compare_identities);
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (kept == 0 || strcmp(items[kept - 1]->id, items[i]->id) != 0) {
            items[kept++] = items[i];
        }
    }
    return (struct cg_identity_list){items, kept};
}

static const char *rows_text(struct stage *stage, const struct cg_decimal *amount) {
    const struct cg_test_host *test = &stage->test;
    struct cg_decimal sum = cg_decimal_from_int64(0);
    size_t size = 1;
    for (size_t i = 0; i < test->row_count; i++) {
        size += strlen(test->rows[i].identity_id) + 256;
    }
    char *text = cg_metered_alloc(&stage->memory, size);
    size_t length = 0;
    for (size_t i = 0; i < test->row_count; i++) {
        const struct cg_row *row = &test->rows[i];
        char shown[CG_DECIMAL_TEXT_SIZE];
        (void)cg_decimal_format(&row->amount, shown);
        int written = snprintf(text + length, size - length, "%s %s %s %s %s %" PRId32 "\n", row->identity_id,
                               row->cost_type == CG_COST_USAGE ? "usage" : "shared", shown, row->allocation_method,
                               row->allocation_detail == NULL ? "-" : row->allocation_detail, row->chain_tier);
        cr_assert(written > 0 && (size_t)written < size - length);
        length += (size_t)written;
        cr_assert_eq(cg_decimal_add(&sum, &row->amount, &sum), CG_OK);
    }
    cr_assert_eq(cg_decimal_compare(&sum, amount), 0, "the rows do not sum to the line:\n%s", text);
    return text;
}

const char *stage_rows(struct stage *stage, const char *product_type, const char *amount) {
    const struct cg_service *service = stage->description.services[0];
    const struct cg_product *product = find_product(service, product_type);
    struct cg_metrics metrics;
    cg_test_host_reset(&stage->test);
    fetch_metrics(stage, service, &metrics);
    struct cg_billing_line line = {.struct_size = sizeof line,
                                   .timestamp = stage->test.gather.billing_start,
                                   .env_id = "",
                                   .resource_id = "kafka-1",
                                   .product_type = product_type};
    cr_assert_eq(cg_decimal_parse(amount, strlen(amount), &line.total_cost), CG_OK);
    const struct cg_resolution_context question = {.struct_size = sizeof question,
                                                   .host = &stage->test.host,
                                                   .resource_id = line.resource_id,
                                                   .env_id = "",
                                                   .window_start = line.timestamp,
                                                   .window_end = line.timestamp + CG_DAY_US,
                                                   .metrics = &metrics,
                                                   .ecosystem = stage->instance};
    cr_assert_eq(service->resolver->resolve(service->resolver, &question, &stage->test.resolution_sink), CG_OK);
    struct cg_allocation_context context = {.struct_size = sizeof context,
                                            .host = &stage->test.host,
                                            .window_start = line.timestamp,
                                            .window_end = line.timestamp + CG_DAY_US,
                                            .line = &line,
                                            .amount = line.total_cost,
                                            .resource_active = found(stage, CG_TEST_ACTIVE),
                                            .metrics_derived = found(stage, CG_TEST_DERIVED),
                                            .merged_active = found(stage, 0),
                                            .metrics = &metrics,
                                            .ecosystem = stage->instance};
    cg_status status = product->allocator->allocate(product->allocator, &context, &stage->test.row_sink);
    cr_assert_eq(status, CG_OK, "%s", stage->test.error);
    return rows_text(stage, &context.amount);
}
