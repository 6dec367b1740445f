/* The allocation models: the primitives, the rows' other members, and what does not apply. */
#include <chitragupt/models.h>
#include <chitragupt/test_host.h>
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static struct cg_test_host test;

static void set_up(void) {
    cg_test_host_init(&test);
}

static void tear_down(void) {
    cg_test_host_done(&test);
}

TestSuite(models, .init = set_up, .fini = tear_down);

static struct cg_decimal decimal(const char *text) {
    struct cg_decimal value = {.low = 42};
    cr_assert_eq(cg_decimal_parse(text, strlen(text), &value), CG_OK, "%s", text);
    return value;
}

static struct cg_split split_of(const char *amount) {
    struct cg_allocation_context context = {.host = &test.host, .amount = decimal(amount)};
    return cg_split_of(&context, &test.row_sink);
}

/* The rows as "id amount, id amount". */
static const char *rows_text(void) {
    static char text[2048];
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < test.row_count; i++) {
        char amount[CG_DECIMAL_TEXT_SIZE];
        cg_decimal_format(&test.rows[i].amount, amount);
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s %s", i == 0 ? "" : ", ",
                                 test.rows[i].identity_id, amount);
    }
    return text;
}

/* Splits a text at its spaces; the parts point into a buffer that the next call reuses. */
static struct cg_text_list words(const char *text) {
    static char buffer[512];
    static const char *items[64];
    struct cg_text_list list = {.items = items};
    snprintf(buffer, sizeof buffer, "%s", text);
    char *rest = buffer;
    for (char *word; (word = strsep(&rest, " ")) != NULL;) {
        if (*word != '\0') {
            items[list.count++] = word;
        }
    }
    return list;
}

struct even_case {
    const char *amount;
    const char *ids;
    const char *rows;
};

/* clang-format off */
static const struct even_case evens[] = {
    {"10",        "a b c",         "a 3.3334, b 3.3333, c 3.3333"},
    {"-10",       "a b c",         "a -3.3334, b -3.3333, c -3.3333"},
    {"100",       "a b c d e f g", "a 14.2858, b 14.2857, c 14.2857, d 14.2857, e 14.2857, f 14.2857, g 14.2857"},
    {"20",        "a b c d e f",   "a 3.3334, b 3.3334, c 3.3333, d 3.3333, e 3.3333, f 3.3333"},
    {"0.0002",    "a b c",         "a 0.0000, b 0.0001, c 0.0001"},
    {"0.0001",    "a b c",         "a 0.0001, b 0.0000, c 0.0000"},
    {"-0.0001",   "a b c",         "a -0.0001, b -0.0000, c -0.0000"},
    {"0.0005",    "a b",           "a 0.0002, b 0.0003"},
    {"1.0003",    "a b",           "a 0.5001, b 0.5002"},
    {"0",         "a b",           "a 0.0000, b 0.0000"},
    {"2",         "a",             "a 2.0000"},
    /* What is below 0.0001 goes to the first row. */
    {"-0.00005",  "a b",           "a 0.00005, b -0.0001"},
    {"0.00004",   "a b c",         "a 0.00004, b 0.0000, c 0.0000"},
    {"12.345678", "a",             "a 12.345678"},
    {"12.345678", "a b",           "a 6.172778, b 6.1729"},
    {"1E-18",     "a b",           "a 1E-18, b 0.0000"},
    {"10.000000", "a b c",         "a 3.3334, b 3.3333, c 3.3333"},
    /* The order of the input does not matter. */
    {"10",        "c a b",         "a 3.3334, b 3.3333, c 3.3333"},
    {"10",        "a B \xc3\xa9 Z", "B 2.5000, Z 2.5000, a 2.5000, \xc3\xa9 2.5000"},
    /* An id given twice has two shares. */
    {"10",        "sa-a sa-a sa-b", "sa-a 6.6667, sa-b 3.3333"},
    {"10",        "sa-b sa-a sa-b", "sa-a 3.3334, sa-b 6.6666"},
    {"10",        "x x x",          "x 10.0000"},
    /* Much money: 28 digits of the quotient are not enough for single units. */
    {"1000000000000000000000000000000000", "a b c",
     "a 333333333333333333333333333333333.3334, b 333333333333333333333333333333333.3333, "
     "c 333333333333333333333333333333333.3333"},
};
/* clang-format on */

Test(models, even) {
    for (size_t i = 0; i < sizeof evens / sizeof evens[0]; i++) {
        const struct even_case *c = &evens[i];
        struct cg_split split = split_of(c->amount);
        struct cg_text_list ids = words(c->ids);
        size_t rows = 42;
        cr_assert_eq(cg_model_even(&split, &ids, &rows), CG_OK, "%s over %s", c->amount, c->ids);
        cr_assert_eq(rows, test.row_count);
        cr_assert_str_eq(rows_text(), c->rows, "%s over %s: %s", c->amount, c->ids, rows_text());
        cg_test_host_reset(&test);
    }
}

Test(models, even_without_ids_does_not_apply) {
    struct cg_split split = split_of("10");
    size_t rows = 42;
    cr_assert_eq(cg_model_even(&split, &(struct cg_text_list){.items = NULL}, &rows), CG_OK);
    cr_assert(rows == 0 && test.row_count == 0);
}

Test(models, even_amount_out_of_range) {
    static const char *const ids[] = {"a", "b"};
    struct cg_split split = split_of("1E+35");
    size_t rows = 42;
    cr_assert_eq(cg_model_even(&split, &(struct cg_text_list){ids, 2}, &rows), CG_RANGE);
    cr_assert_eq(rows, 42, "not written");
    cr_assert_eq(test.error_status, CG_RANGE);
    cr_assert(strstr(test.error, "1E+35") != NULL, "%s", test.error);
}

Test(models, rows_carry_what_the_split_says) {
    struct cg_split split = split_of("1");
    struct cg_text_list ids = words("a");
    size_t rows = 0;
    cg_model_even(&split, &ids, &rows);
    const struct cg_row *row = &test.rows[0];
    cr_assert_str_eq(row->allocation_method, "even_split");
    cr_assert_null(row->allocation_detail);
    cr_assert_eq(row->cost_type, CG_COST_SHARED);
    cr_assert(row->chain_tier == CG_NO_INDEX && row->composition_index == CG_NO_INDEX && row->ratio == 0);

    split.cost_type = CG_COST_USAGE;
    split.chain_tier = 2;
    split.composition_index = 1;
    split.method = CG_METHOD_TO_RESOURCE;
    split.detail = CG_DETAIL_NO_METRICS;
    cg_model_terminal(&split, "lkc-1", &rows);
    row = &test.rows[1];
    cr_assert_str_eq(row->allocation_method, "to_resource");
    cr_assert_str_eq(row->allocation_detail, "no_metrics_located");
    cr_assert(row->cost_type == CG_COST_USAGE && row->chain_tier == 2 && row->composition_index == 1);
}

struct usage_case {
    const char *amount;
    const char *ids;
    double values[8];
    const char *rows;
};

/* clang-format off */
static const struct usage_case usages[] = {
    {"100",       "sa-a sa-b sa-c",  {333, 333, 334},  "sa-a 33.3000, sa-b 33.3000, sa-c 33.4000"},
    {"100",       "sa-c sa-a sa-b",  {1, 1, 1},        "sa-a 33.3334, sa-b 33.3333, sa-c 33.3333"},
    {"-100",      "sa-c sa-a sa-b",  {1, 1, 1},        "sa-a -33.3334, sa-b -33.3333, sa-c -33.3333"},
    {"7.7777777", "sa-a sa-b sa-a sa-b sa-z", {0.1, 0.2, 0.2, -5, 0}, "sa-a 4.6666777, sa-b 3.1111"},
    {"0.01",      "a b c d e f",     {1, 1, 1, 1, 1, 1}, "a 0.0016, b 0.0016, c 0.0017, d 0.0017, e 0.0017, f 0.0017"},
    {"10",        "a b",             {1e-300, 1},      "a 0.0000, b 10.0000"},
    {"-10",       "a b",             {1e-300, 1},      "a -0.0000, b -10.0000"},
    {"10",        "a b",             {5e-324, 5e-324}, "a 5.0000, b 5.0000"},
    {"10",        "a b c",           {(double)NAN, (double)INFINITY, 2}, "c 10.0000"},
    {"0",         "a b",             {1, 2},           "a 0.0000, b 0.0000"},
    {"0.00004",   "a b",             {1, 2},           "a 0.00004, b 0.0000"},
};
/* clang-format on */

Test(models, usage) {
    for (size_t i = 0; i < sizeof usages / sizeof usages[0]; i++) {
        const struct usage_case *c = &usages[i];
        struct cg_split split = split_of(c->amount);
        struct cg_text_list ids = words(c->ids);
        struct cg_usage *usage = cg_usage_new(&test.host);
        for (size_t k = 0; k < ids.count; k++) {
            cr_assert_eq(cg_usage_add(usage, ids.items[k], c->values[k]), CG_OK);
        }
        size_t rows = 42;
        cr_assert_eq(cg_model_usage(&split, usage, &rows), CG_OK, "%s over %s", c->amount, c->ids);
        cr_assert_eq(rows, test.row_count);
        cr_assert_eq(rows, cg_usage_count(usage));
        cr_assert_str_eq(rows_text(), c->rows, "%s over %s: %s", c->amount, c->ids, rows_text());
        cr_assert_str_eq(test.rows[0].allocation_method, "usage_ratio");
        cr_assert_str_eq(test.rows[0].allocation_detail, "usage_ratio_allocation");
        cg_test_host_reset(&test);
    }
}

Test(models, usage_ratios) {
    struct cg_split split = split_of("7.7777777");
    struct cg_usage *usage = cg_usage_new(&test.host);
    cg_usage_add(usage, "sa-a", 0.1);
    cg_usage_add(usage, "sa-b", 0.2);
    cg_usage_add(usage, "sa-a", 0.2);
    size_t rows = 0;
    cg_model_usage(&split, usage, &rows);
    cr_assert(test.rows[0].ratio == 0.6000000000000001 && test.rows[1].ratio == 0.4);
}

/* Ten times 0.1 is 1, not 0.9999999999999999. */
Test(models, usage_total_is_compensated) {
    struct cg_split split = split_of("10");
    struct cg_usage *usage = cg_usage_new(&test.host);
    for (int i = 0; i < 10; i++) {
        char id[8];
        snprintf(id, sizeof id, "sa-%d", i);
        cg_usage_add(usage, id, 0.1);
    }
    size_t rows = 0;
    cg_model_usage(&split, usage, &rows);
    cr_assert_eq(test.rows[0].ratio, 0.1);
}

Test(models, usage_that_does_not_apply) {
    struct cg_split split = split_of("10");
    struct cg_usage *usage = cg_usage_new(&test.host);
    size_t rows = 42;
    cr_assert_eq(cg_model_usage(&split, usage, &rows), CG_OK);
    cr_assert(rows == 0 && test.row_count == 0, "empty");

    cg_usage_add(usage, "a", 0);
    cg_usage_add(usage, "b", -1);
    cr_assert_eq(cg_usage_count(usage), 0);

    cg_usage_add(usage, "a", 1.7e308);
    cg_usage_add(usage, "b", 1.7e308);
    rows = 42;
    cr_assert_eq(cg_model_usage(&split, usage, &rows), CG_OK);
    cr_assert(rows == 0 && test.row_count == 0, "the total is not finite");

    cg_usage_add(usage, "a", 1.7e308);
    rows = 42;
    cr_assert_eq(cg_model_usage(&split, usage, &rows), CG_OK);
    cr_assert(rows == 0 && test.row_count == 0, "one value is not finite");
}

Test(models, usage_map_grows) {
    enum { COUNT = 5000 };
    struct cg_usage *usage = cg_usage_new(&test.host);
    for (int round = 0; round < 2; round++) {
        for (unsigned i = 0; i < COUNT; i++) {
            char id[32];
            snprintf(id, sizeof id, "principal-%u", i * 7919 % COUNT);
            cr_assert_eq(cg_usage_add(usage, id, 1), CG_OK);
            memset(id, 'x', sizeof id - 1);
        }
    }
    cr_assert_eq(cg_usage_count(usage), COUNT);
    struct cg_split split = split_of("5000.0001");
    size_t rows = 0;
    cr_assert_eq(cg_model_usage(&split, usage, &rows), CG_OK);
    cr_assert_eq(rows, COUNT);
    for (size_t i = 1; i < rows; i++) {
        cr_assert_lt(strcmp(test.rows[i - 1].identity_id, test.rows[i].identity_id), 0);
    }
}

Test(models, usage_from_metrics) {
    static const struct cg_field labels[][2] = {{{"principal_id", "KEY1", 0, 0}, {"topic", "t", 0, 0}},
                                                {{"topic", "t", 0, 0}, {"principal_id", "u-b", 0, 0}},
                                                {{"principal_id", "KEY2", 0, 0}, {"topic", "t", 0, 0}},
                                                {{"principal_id", "", 0, 0}, {"topic", "t", 0, 0}},
                                                {{"topic", "t", 0, 0}, {"topic", "t", 0, 0}}};
    static const struct cg_metric_point points[] = {{0, 1}, {1, -5}, {2, 1}};
    static const struct cg_metric_point nothing[] = {{0, 0}};
    struct cg_metric_series series[7];
    const struct cg_metric_series *pointers[7];
    for (size_t i = 0; i < 7; i++) {
        series[i] = (struct cg_metric_series){.struct_size = sizeof series[i],
                                              .label_count = 2,
                                              .key = i == 5 ? "bytes_in" : "bytes_out",
                                              .labels = labels[i < 5 ? i : 1],
                                              .points = i == 6 ? nothing : points,
                                              .point_count = i == 6 ? 1 : 3};
        pointers[i] = &series[i];
    }
    static const struct cg_context_entry owners[] = {{.map = "api_key_to_owner", .key = "KEY1", .text = "sa-a"},
                                                     {.map = "api_key_to_owner", .key = "KEY2", .text = "sa-a"}};
    const struct cg_context_entry *entries[] = {&owners[0], &owners[1]};
    struct cg_metrics metrics = {.struct_size = sizeof metrics, .series = pointers, .series_count = 7};
    struct cg_allocation_context context = {
        .host = &test.host, .metrics = &metrics, .entries = entries, .entry_count = 2, .amount = decimal("9")};

    struct cg_usage *usage = cg_usage_new(&test.host);
    cr_assert_eq(cg_usage_add_metric(usage, &context, "bytes_out", "principal_id", "api_key_to_owner"), CG_OK);
    struct cg_split split = cg_split_of(&context, &test.row_sink);
    size_t rows = 0;
    cr_assert_eq(cg_model_usage(&split, usage, &rows), CG_OK);
    cr_assert_str_eq(rows_text(), "sa-a 6.0000, u-b 3.0000");

    cg_test_host_reset(&test);
    usage = cg_usage_new(&test.host);
    cr_assert_eq(cg_usage_add_metric(usage, &context, "bytes_out", "principal_id", NULL), CG_OK);
    cr_assert_eq(cg_usage_count(usage), 3, "without a map a principal stands for itself");
    context.metrics = NULL;
    cr_assert_eq(cg_usage_add_metric(usage, &context, "bytes_out", "principal_id", NULL), CG_OK);
    cr_assert_eq(cg_usage_count(usage), 3);
}

/* A row with the name as it is would be refused, and the whole line with it. */
Test(models, usage_of_names_that_are_not_clean) {
    static const char *const names[] = {"sa-1\n", "sa-1\x7f", "sa-1?", "key\xff", "plain", "mapped\n"};
    static const struct cg_metric_point point = {0, 1};
    enum { NAMES = sizeof names / sizeof *names };
    struct cg_field labels[NAMES];
    struct cg_metric_series series[NAMES];
    const struct cg_metric_series *pointers[NAMES];
    for (size_t i = 0; i < NAMES; i++) {
        labels[i] = (struct cg_field){.key = "principal_id", .value = names[i]};
        series[i] = (struct cg_metric_series){.struct_size = sizeof series[i],
                                              .label_count = 1,
                                              .key = "bytes_out",
                                              .labels = &labels[i],
                                              .points = &point,
                                              .point_count = 1};
        pointers[i] = &series[i];
    }
    /* The resolver may have put a name as it is, or as it is charged. */
    static const struct cg_context_entry owners[] = {{.map = "owners", .key = "key?", .text = "sa-a"},
                                                     {.map = "owners", .key = "mapped\n", .text = "sa-b"}};
    const struct cg_context_entry *entries[] = {&owners[0], &owners[1]};
    struct cg_metrics metrics = {.struct_size = sizeof metrics, .series = pointers, .series_count = NAMES};
    struct cg_allocation_context context = {
        .host = &test.host, .metrics = &metrics, .entries = entries, .entry_count = 2, .amount = decimal("6")};
    struct cg_usage *usage = cg_usage_new(&test.host);
    cr_assert_eq(cg_usage_add_metric(usage, &context, "bytes_out", "principal_id", "owners"), CG_OK);
    struct cg_split split = cg_split_of(&context, &test.row_sink);
    size_t rows = 0;
    cr_assert_eq(cg_model_usage(&split, usage, &rows), CG_OK);
    cr_assert_str_eq(rows_text(), "plain 1.0000, sa-1? 3.0000, sa-a 1.0000, sa-b 1.0000");
}

Test(models, terminal_and_direct_owner) {
    struct cg_split split = split_of("12.345678");
    size_t rows = 42;
    cr_assert_eq(cg_model_direct_owner(&split, NULL, &rows), CG_OK);
    cr_assert_eq(rows, 0);
    rows = 42;
    cr_assert_eq(cg_model_direct_owner(&split, "", &rows), CG_OK);
    cr_assert_eq(rows, 0);
    cr_assert_eq(cg_model_direct_owner(&split, "u-1", &rows), CG_OK);
    cr_assert_eq(rows, 1);
    cr_assert_eq(cg_model_terminal(&split, "lkc-1", &rows), CG_OK);
    cr_assert_eq(rows, 1);
    cr_assert_str_eq(rows_text(), "u-1 12.345678, lkc-1 12.345678");
    cr_assert_str_eq(test.rows[0].allocation_method, "direct_owner");
    cr_assert_str_eq(test.rows[1].allocation_method, "terminal");
    rows = 42;
    cr_assert_eq(cg_model_terminal(&split, "", &rows), CG_INVALID);
    cr_assert(rows == 42 && test.error_status == CG_INVALID);
}

struct compose_case {
    const char *amount;
    const char *ratios;
    cg_status status;
    const char *result; /**< the parts, or the error */
};

/* clang-format off */
static const struct compose_case compositions[] = {
    {"10",        "0.333333 0.333333 0.333334", CG_OK,      "3.3333 3.3333 3.3334"},
    {"10",        "0.70004 0.30004",            CG_OK,      "7.0004 2.9996"},
    {"10",        "0.70 0.30",                  CG_OK,      "7.0000 3.0000"},
    {"33.33335",  "0.70 0.30",                  CG_OK,      "23.3333 10.00005"},
    {"-33.33335", "0.70 0.30",                  CG_OK,      "-23.3333 -10.00005"},
    {"0.0001",    "0.7 0.3",                    CG_OK,      "0.0001 0.0000"},
    {"10",        "1",                          CG_OK,      "10"},
    {"10",        "1 0",                        CG_OK,      "10.0000 0.0000"},
    {"10",        "0.5 0.5001",                 CG_OK,      "5.0000 5.0000"},
    {"10",        "0.5 0.50011",                CG_INVALID, "Composition ratios must sum to 1.0, got 1.00011"},
    {"10",        "0.5 0.49989",                CG_INVALID, "Composition ratios must sum to 1.0, got 0.99989"},
    {"10",        "",                           CG_INVALID, "Composition ratios must sum to 1.0, got 0"},
    {"10",        "1.2 -0.2",                   CG_INVALID, "Composition ratio 0 is 1.2; it must lie between 0 and 1."},
    {"10",        "0.5 0.7 -0.2",               CG_INVALID, "Composition ratio 2 is -0.2; it must lie between 0 and 1."},
    {"1E+40",     "0.5 0.5",                    CG_RANGE,   "The amount 1E+40 cannot be cut by ratios: a part needs more than 38 digits."},
};
/* clang-format on */

Test(models, compose) {
    for (size_t i = 0; i < sizeof compositions / sizeof compositions[0]; i++) {
        const struct compose_case *c = &compositions[i];
        struct cg_text_list texts = words(c->ratios);
        struct cg_decimal ratios[4], parts[4] = {{.low = 42}}, amount = decimal(c->amount);
        for (size_t k = 0; k < texts.count; k++) {
            ratios[k] = decimal(texts.items[k]);
        }
        cg_status status = cg_compose(&test.host, &amount, ratios, texts.count, parts);
        cr_assert_eq(status, c->status, "%s by %s: status %d", c->amount, c->ratios, status);
        if (status != CG_OK) {
            cr_assert_str_eq(test.error, c->result);
            cr_assert_eq(parts[0].low, 42, "%s by %s: parts touched", c->amount, c->ratios);
            continue;
        }
        char text[512] = "";
        for (size_t k = 0, used = 0; k < texts.count; k++) {
            char part[CG_DECIMAL_TEXT_SIZE];
            cg_decimal_format(&parts[k], part);
            used += (size_t)snprintf(text + used, sizeof text - used, "%s%s", k == 0 ? "" : " ", part);
        }
        cr_assert_str_eq(text, c->result, "%s by %s: %s", c->amount, c->ratios, text);
    }
}

Test(models, ids_of_types) {
    static const struct cg_identity all[] = {
        {.id = "a", .type = "user"}, {.id = "b", .type = "principal"}, {.id = "c", .type = "service_account"}};
    const struct cg_identity *items[] = {&all[0], &all[1], &all[2]};
    const struct cg_identity_list list = {items, 3};
    static const char *const owners[] = {"service_account", "user"};
    struct cg_text_list ids;
    cr_assert_eq(cg_ids_of(&test.host, &list, &ids), CG_OK);
    cr_assert_eq(ids.count, 3);
    cr_assert_eq(cg_ids_of_types(&test.host, &list, &(struct cg_text_list){owners, 2}, &ids), CG_OK);
    cr_assert_eq(ids.count, 2);
    cr_assert(ids.items[0] == all[0].id && ids.items[1] == all[2].id, "borrowed, in order");
    cr_assert_eq(cg_ids_of(&test.host, &(struct cg_identity_list){.items = NULL}, &ids), CG_OK);
    cr_assert_eq(ids.count, 0);
}

/* Takes scratch memory away at every call in turn: each model then says so, and writes nothing. */
Test(models, out_of_memory) {
    static const char *const unsorted[] = {"b", "a"};
    static const struct cg_identity identity = {.id = "a", .type = "user"};
    const struct cg_identity *items[] = {&identity};
    struct cg_split split = split_of("10");
    size_t rows = 42;
    test.scratch_left = 0;
    cr_assert_null(cg_usage_new(&test.host));
    cr_assert_eq(cg_model_even(&split, &(struct cg_text_list){unsorted, 2}, &rows), CG_NO_MEMORY);
    cr_assert_str_eq(test.error, "Out of memory for the identities of an even split.");
    struct cg_text_list ids;
    cr_assert_eq(cg_ids_of(&test.host, &(struct cg_identity_list){items, 1}, &ids), CG_NO_MEMORY);
    struct cg_decimal one = decimal("1"), part;
    cr_assert_eq(cg_compose(&test.host, &one, &one, 1, &part), CG_NO_MEMORY);
    for (size_t left = 1; left < 4; left++) {
        test.scratch_left = left;
        cr_assert_eq(cg_usage_add(cg_usage_new(&test.host), "a", 1), CG_NO_MEMORY, "%zu", left);
    }
    test.scratch_left = 4;
    struct cg_usage *usage = cg_usage_new(&test.host);
    cr_assert_eq(cg_usage_add(usage, "a", 1), CG_OK);
    cr_assert_eq(cg_model_usage(&split, usage, &rows), CG_NO_MEMORY);
    cr_assert(rows == 42 && test.row_count == 0);
}
