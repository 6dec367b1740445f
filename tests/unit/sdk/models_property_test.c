/*
 * What every model promises, over random amounts and identities: the rows sum to the amount to the last digit, all but
 * the first are whole units of 0.0001, each identity has one row, in order, and the order of the input does not show.
 */
#include <chitragupt/models.h>
#include <chitragupt/test_host.h>
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

enum { MOST_IDS = 500, PARTS = 3 };

/* Rows as a sink that costs little: the strings stay where they are. */
struct recording {
    struct cg_row rows[PARTS * MOST_IDS];
    size_t count;
};

static struct recording first, second;
static char names[MOST_IDS][16];
static uint64_t state = 20240101;

static uint64_t random_below(uint64_t limit) {
    state += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t mixed = (state ^ (state >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    mixed = (mixed ^ (mixed >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (mixed ^ (mixed >> 31)) % limit;
}

static cg_status record(const struct cg_row_sink *sink, const struct cg_row *row) {
    struct recording *recording = sink->impl;
    cr_assert_lt(recording->count, sizeof recording->rows / sizeof recording->rows[0]);
    recording->rows[recording->count++] = *row;
    return CG_OK;
}

static struct cg_decimal random_amount(void) {
    char text[64];
    uint64_t kind = random_below(10);
    const char *sign = random_below(3) == 0 ? "-" : "";
    unsigned places = (unsigned)random_below(19);
    uint64_t digits = 1;
    for (uint64_t i = random_below(19); i > 0; i--) {
        digits *= 10;
    }
    uint64_t low = random_below(digits);
    if (kind == 0) {
        snprintf(text, sizeof text, "%s0.%0*u", sign, (int)places + 1, 0u);
    } else if (kind == 1) {
        snprintf(text, sizeof text, "%s%llu%018lluE-18", sign, (unsigned long long)random_below(1000000000000000),
                 (unsigned long long)random_below(1000000000000000000));
    } else {
        snprintf(text, sizeof text, "%s%lluE-%u", sign, (unsigned long long)low, places);
    }
    struct cg_decimal amount;
    cr_assert_eq(cg_decimal_parse(text, strlen(text), &amount), CG_OK, "%s", text);
    return amount;
}

static void shuffle(const char **ids, double *values, size_t count) {
    for (size_t i = count; i > 1; i--) {
        size_t k = random_below(i);
        const char *id = ids[i - 1];
        double value = values[i - 1];
        ids[i - 1] = ids[k];
        values[i - 1] = values[k];
        ids[k] = id;
        values[k] = value;
    }
}

static void check_rows(const char *model, const struct cg_row *rows, size_t count, const struct cg_decimal *amount) {
    char text[CG_DECIMAL_TEXT_SIZE];
    cg_decimal_format(amount, text);
    struct cg_decimal sum = {.low = 0};
    for (size_t i = 0; i < count; i++) {
        cr_assert_eq(cg_decimal_add(&sum, &rows[i].amount, &sum), CG_OK, "%s of %s", model, text);
        if (i > 0) {
            cr_assert_eq(rows[i].amount.exponent, -4, "%s of %s: row %zu", model, text, i);
            cr_assert_lt(strcmp(rows[i - 1].identity_id, rows[i].identity_id), 0, "%s of %s: order", model, text);
        }
    }
    cr_assert_eq(cg_decimal_compare(&sum, amount), 0, "%s of %s over %zu rows", model, text, count);
}

static void check_same(const char *model) {
    cr_assert_eq(first.count, second.count, "%s", model);
    for (size_t i = 0; i < first.count; i++) {
        cr_assert_str_eq(first.rows[i].identity_id, second.rows[i].identity_id, "%s", model);
        cr_assert_eq(memcmp(&first.rows[i].amount, &second.rows[i].amount, sizeof(struct cg_decimal)), 0,
                     "%s: the order of the input shows in row %zu", model, i);
        cr_assert_eq(first.rows[i].ratio, second.rows[i].ratio, "%s", model);
    }
}

/* Even split, then usage split, of the three parts of a composition or of the whole; answers the number of parts with
 * rows. */
static void run(struct cg_test_host *test, struct recording *recording, int by_usage, const struct cg_decimal *parts,
                size_t part_count, const char *const *ids, const double *values, size_t count, size_t *ret_ends) {
    struct cg_row_sink sink = {.struct_size = sizeof sink, .impl = recording, .add = record};
    struct cg_allocation_context context = {.host = &test->host};
    recording->count = 0;
    for (size_t i = 0; i < part_count; i++) {
        context.amount = parts[i];
        struct cg_split split = cg_split_of(&context, &sink);
        size_t rows = 42;
        cg_status status = CG_OK;
        if (by_usage) {
            struct cg_usage *usage = cg_usage_new(&test->host);
            for (size_t k = 0; k < count; k++) {
                status = cg_usage_add(usage, ids[k], values[k]);
                cr_assert_eq(status, CG_OK);
            }
            status = cg_model_usage(&split, usage, &rows);
        } else {
            status = cg_model_even(&split, &(struct cg_text_list){ids, count}, &rows);
        }
        cr_assert_eq(status, CG_OK, "%s", test->error != NULL ? test->error : "");
        cr_assert_eq(rows != 0, count != 0);
        if (rows == 0) {
            status = cg_model_terminal(&split, CG_IDENTITY_UNALLOCATED, &rows);
            cr_assert(status == CG_OK && rows == 1);
        }
        ret_ends[i] = recording->count;
    }
}

static void check_model(struct cg_test_host *test, int by_usage, const struct cg_decimal *parts, size_t part_count,
                        const char **ids, double *values, size_t count) {
    static const char *const model_names[] = {"even split", "usage split", "composed even split",
                                              "composed usage split"};
    const char *model = model_names[by_usage + (part_count > 1 ? 2 : 0)];
    size_t ends[PARTS];
    run(test, &first, by_usage, parts, part_count, ids, values, count, ends);
    for (size_t i = 0; i < part_count; i++) {
        size_t start = i == 0 ? 0 : ends[i - 1];
        check_rows(model, &first.rows[start], ends[i] - start, &parts[i]);
    }
    shuffle(ids, values, count);
    run(test, &second, by_usage, parts, part_count, ids, values, count, ends);
    check_same(model);
}

Test(models_property, rows_sum_to_the_amount_in_any_order) {
    static const struct cg_decimal ratios[PARTS] = {
        {.low = 70, .exponent = -2}, {.low = 123456789, .exponent = -9}, {.low = 176543211, .exponent = -9}};
    static const char *ids[MOST_IDS];
    static double values[MOST_IDS];
    for (size_t i = 0; i < MOST_IDS; i++) {
        snprintf(names[i], sizeof names[i], "sa-%zx", i * 2654435761u % 0xffffffu);
    }
    for (int round = 0; round < 10000; round++) {
        struct cg_test_host test;
        cg_test_host_init(&test);
        size_t limit = round % 50 == 0 ? MOST_IDS + 1 : round % 5 == 0 ? 64 : 12;
        size_t count = random_below(limit);
        for (size_t i = 0; i < count; i++) {
            ids[i] = names[i];
            values[i] = (double)random_below(UINT64_C(1) << random_below(63)) / 1024 + 0.001;
        }
        struct cg_decimal amount = random_amount(), parts[PARTS], sum = {.low = 0};
        cr_assert_eq(cg_compose(&test.host, &amount, ratios, PARTS, parts), CG_OK);
        for (size_t i = 0; i < PARTS; i++) {
            cr_assert_eq(cg_decimal_add(&sum, &parts[i], &sum), CG_OK);
        }
        cr_assert_eq(cg_decimal_compare(&sum, &amount), 0);
        for (int by_usage = 0; by_usage < 2; by_usage++) {
            check_model(&test, by_usage, &amount, 1, ids, values, count);
            check_model(&test, by_usage, parts, PARTS, ids, values, count);
        }
        cg_test_host_done(&test);
    }
}
