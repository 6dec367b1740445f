#include <criterion/criterion.h>
#include <string.h>

#include "engine/rowset.h"

static struct cg_decimal decimal(const char *text) {
    struct cg_decimal value = {0};
    cr_assert_eq(cg_decimal_parse(text, strlen(text), &value), CG_OK, "%s", text);
    return value;
}

struct fixture {
    struct cg_intern *texts;
    struct cg_rowset rows;
    struct cg_billing_line line;
};

static void open_fixture(struct fixture *fixture) {
    fixture->texts = cg_intern_new();
    cg_rowset_init(&fixture->rows, fixture->texts);
    fixture->line = (struct cg_billing_line){.struct_size = sizeof fixture->line,
                                             .env_id = "env-1",
                                             .resource_id = "lkc-1",
                                             .product_type = "P",
                                             .product_category = "C"};
    cg_rowset_begin(&fixture->rows, &fixture->line, "env-1");
}

static void close_fixture(struct fixture *fixture) {
    cg_rowset_done(&fixture->rows);
    cg_intern_free(fixture->texts);
}

static struct cg_row row_of(const char *identity, const char *amount) {
    return (struct cg_row){.struct_size = sizeof(struct cg_row),
                           .cost_type = CG_COST_USAGE,
                           .identity_id = identity,
                           .amount = decimal(amount)};
}

static const struct {
    const char *name;
    const char *amounts[4];
    const char *cost;
    const char *text; /* NULL: accepted */
} sums[] = {
    {"one row", {"10"}, "10", NULL},
    {"equal value, other places", {"10.00"}, "10", NULL},
    {"parts", {"3.3334", "3.3333", "3.3333"}, "10", NULL},
    {"a credit", {"-1", "-2"}, "-3.0", NULL},
    {"zero without rows", {NULL}, "0.00", NULL},
    {"no rows for a cost", {NULL}, "1", "its 0 rows sum to 0, but the line costs 1"},
    {"one unit of the last digit short",
     {"0.000000000000000001"},
     "0.000000000000000002",
     "its 1 rows sum to 1E-18, but the line costs 2E-18"},
    {"too much", {"5", "6"}, "10", "its 2 rows sum to 11, but the line costs 10"},
};

Test(rowset, sums_are_checked_to_the_last_digit) {
    for (size_t i = 0; i < sizeof sums / sizeof *sums; i++) {
        struct fixture fixture;
        open_fixture(&fixture);
        for (size_t r = 0; r < 4 && sums[i].amounts[r]; r++) {
            struct cg_row row = row_of("sa-1", sums[i].amounts[r]);
            cr_assert_eq(fixture.rows.sink.add(&fixture.rows.sink, &row), CG_OK, "%s", sums[i].name);
        }
        struct cg_error error = {0};
        struct cg_decimal cost = decimal(sums[i].cost);
        cg_status status = cg_rowset_check(&fixture.rows, &cost, &error);
        cr_assert_eq(status, sums[i].text ? CG_PERMANENT : CG_OK, "%s: %s", sums[i].name, error.text);
        cr_assert_str_eq(error.text, sums[i].text ? sums[i].text : "", "%s", sums[i].name);
        close_fixture(&fixture);
    }
}

Test(rowset, bad_rows_are_refused_and_remembered) {
    char longest[CG_ROWSET_IDENTITY_BYTES + 2];
    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    struct cg_row bad[] = {row_of("", "1"), row_of(NULL, "1"), row_of("sa-1", "1"), row_of("sa-1", "1"),
                           row_of(longest, "1")};
    bad[2].cost_type = 7;
    bad[3].struct_size = 8;
    static const char *const texts[] = {"no identity", "no identity", "unknown cost type 7", "has 8 bytes",
                                        "more than 1024 bytes"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct fixture fixture;
        open_fixture(&fixture);
        struct cg_row good = row_of("sa-1", "1");
        struct cg_decimal cost = decimal("1");
        struct cg_error error = {0};
        cr_assert_neq(fixture.rows.sink.add(&fixture.rows.sink, &bad[i]), CG_OK, "row %zu", i);
        cr_assert_eq(fixture.rows.sink.add(&fixture.rows.sink, &good), CG_OK);
        /* The allocator may not have looked at the answer: the line must fail all the same. */
        cr_assert_neq(cg_rowset_check(&fixture.rows, &cost, &error), CG_OK, "row %zu", i);
        cr_assert(strstr(error.text, texts[i]), "row %zu: %s", i, error.text);
        close_fixture(&fixture);
    }
}

Test(rowset, a_dropped_line_leaves_its_neighbours) {
    struct fixture fixture;
    open_fixture(&fixture);
    struct cg_row row = row_of("sa-1", "1");
    fixture.rows.sink.add(&fixture.rows.sink, &row);
    cg_rowset_begin(&fixture.rows, &fixture.line, "");
    fixture.rows.sink.add(&fixture.rows.sink, &row);
    fixture.rows.sink.add(&fixture.rows.sink, &row);
    cg_rowset_drop(&fixture.rows);
    cr_assert_eq(fixture.rows.count, 1);
    cr_assert_str_eq(fixture.rows.facts[0].env_id, "env-1");
    cr_assert_str_eq(fixture.rows.facts[0].resource_id, "lkc-1");
    close_fixture(&fixture);
}

enum row_text { IDENTITY, METHOD, DETAIL };

/* The limits are a promise to authors of modules. */
static const struct {
    const char *name;
    enum row_text which;
    const char *text; /* NULL: `length` times "x" */
    size_t length;
    const char *refusal; /* NULL: taken */
} row_texts[] = {
    {"letters of two bytes", IDENTITY, "M\xc3\xbcller", 0, NULL},
    {"longest identity", IDENTITY, NULL, 1024, NULL},
    {"identity too long", IDENTITY, NULL, 1025, "a row's identity has more than 1024 bytes"},
    {"identity with a line feed", IDENTITY, "sa-1\nsa-2", 0,
     "a row's identity holds control characters or is no UTF-8"},
    {"identity with an escape", IDENTITY, "\x1b[31msa-1", 0,
     "a row's identity holds control characters or is no UTF-8"},
    {"identity in Latin-1", IDENTITY, "M\xfcller", 0, "a row's identity holds control characters or is no UTF-8"},
    {"longest method", METHOD, NULL, 255, NULL},
    {"method too long", METHOD, NULL, 256, "a row's method has more than 255 bytes"},
    {"method with a tab", METHOD, "even\tsplit", 0, "a row's method holds control characters or is no UTF-8"},
    {"longest detail", DETAIL, NULL, 1024, NULL},
    {"detail too long", DETAIL, NULL, 1025, "a row's detail has more than 1024 bytes"},
    {"detail with C1", DETAIL,
     "a\xc2\x9b"
     "2J",
     0, "a row's detail holds control characters or is no UTF-8"},
};

Test(rowset, texts_are_clean_and_short) {
    for (size_t i = 0; i < sizeof row_texts / sizeof *row_texts; i++) {
        char longest[2048];
        memset(longest, 'x', sizeof longest);
        longest[row_texts[i].length] = '\0';
        const char *text = row_texts[i].text ? row_texts[i].text : longest;
        struct fixture fixture;
        open_fixture(&fixture);
        struct cg_row row = row_of(row_texts[i].which == IDENTITY ? text : "sa-1", "1");
        row.allocation_method = row_texts[i].which == METHOD ? text : NULL;
        row.allocation_detail = row_texts[i].which == DETAIL ? text : NULL;
        cg_status status = fixture.rows.sink.add(&fixture.rows.sink, &row);
        cr_assert_eq(status, row_texts[i].refusal ? CG_INVALID : CG_OK, "%s", row_texts[i].name);
        cr_assert_str_eq(fixture.rows.error.text, row_texts[i].refusal ? row_texts[i].refusal : "", "%s",
                         row_texts[i].name);
        cr_assert_eq(fixture.rows.count, row_texts[i].refusal ? 0 : 1, "%s", row_texts[i].name);
        close_fixture(&fixture);
    }
}

/* Each may be as long as it is alone, but together they are one key of the database. */
Test(rowset, texts_have_a_length_together) {
    char identity[1025];
    char detail[200];
    memset(identity, 'i', sizeof identity);
    memset(detail, 'd', sizeof detail);
    identity[1000] = '\0';
    for (size_t length = 110; length <= 111; length++) {
        struct fixture fixture;
        open_fixture(&fixture);
        struct cg_row row = row_of(identity, "1");
        detail[length] = '\0';
        row.allocation_method = "even_split";
        row.allocation_detail = detail;
        int fits = 1000 + strlen("even_split") + length <= CG_ROWSET_TEXT_BYTES;
        cr_assert_eq(fixture.rows.sink.add(&fixture.rows.sink, &row), fits ? CG_OK : CG_INVALID, "%zu", length);
        cr_assert_str_eq(fixture.rows.error.text,
                         fits ? "" : "a row's identity, method and detail have together more than 1120 bytes");
        cr_assert_eq(fits, length == 110);
        detail[length] = 'd';
        close_fixture(&fixture);
    }
}

/* What is not stored is kept beside the rows, and follows them when rows are dropped or the array grows. */
Test(rowset, origins_stay_with_their_rows) {
    struct fixture fixture;
    open_fixture(&fixture);
    struct cg_row row = row_of("u", "1");
    for (int32_t i = 0; i < 3000; i++) {
        row.chain_tier = i;
        row.composition_index = -i;
        row.ratio = i;
        cr_assert_eq(fixture.rows.sink.add(&fixture.rows.sink, &row), CG_OK);
        if (i == 10)
            cg_rowset_drop(&fixture.rows);
    }
    cr_assert_eq(fixture.rows.count, 2989);
    for (size_t i = 0; i < fixture.rows.count; i++) {
        cr_assert_eq(fixture.rows.origins[i].chain_tier, (int32_t)i + 11);
        cr_assert_eq(fixture.rows.origins[i].composition_index, -(int32_t)i - 11);
        cr_assert(fixture.rows.origins[i].ratio == (double)(i + 11));
    }
    close_fixture(&fixture);
}
