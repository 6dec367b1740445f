#include "billing_map.h"

#include "stage.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

/* The window 2026-06-01 .. 2026-06-16; the stage writes days since 1970-01-01. */
#define START (INT64_C(20605) * CG_DAY_US)
#define END (INT64_C(20620) * CG_DAY_US)

static void write_item(struct stage_text *text, const struct ccloud_item *item) {
    struct cg_billing_line line = {.flags = item->flags,
                                   .timestamp = item->timestamp,
                                   .env_id = item->env_id,
                                   .resource_id = item->resource_id,
                                   .product_category = item->product_category,
                                   .product_type = item->product_type,
                                   .currency = "USD",
                                   .granularity = "daily",
                                   .quantity = item->quantity,
                                   .unit_price = item->unit_price,
                                   .total_cost = item->total_cost};
    char original[CG_DECIMAL_TEXT_SIZE] = "-";
    if (item->has_original_amount) {
        (void)cg_decimal_format(&item->original_amount, original);
    }
    stage_write_line(text, &line);
    stage_append(text, " name=%s original=%s %s", item->resource_name == NULL ? "-" : item->resource_name, original,
                 (item->flags & CG_LINE_MALFORMED) != 0 ? item->parse_error
                 : item->warning != NULL                ? item->warning
                                                        : "fine");
}

#define DATE "\"start_date\": \"2026-06-02\", "

static const struct {
    const char *name;
    const char *item;
    const char *line;
} items[] = {
    {"a whole item",
     "{\"id\": \"dlz-1\", \"start_date\": \"2026-06-01\", \"end_date\": \"2026-06-02\", \"granularity\": \"DAILY\","
     "\"product\": \"KAFKA\", \"line_type\": \"KAFKA_NETWORK_READ\", \"unit\": \"GB\", \"price\": 0.1, \"quantity\": "
     "15,"
     "\"original_amount\": 1.5, \"discount_amount\": 0, \"amount\": 1.5,"
     "\"resource\": {\"id\": \"lkc-7k2p9\", \"display_name\": \"orders\", \"environment\": {\"id\": \"env-a1b2c3\"}}}",
     "20605 env=env-a1b2c3 res=lkc-7k2p9 cat=KAFKA type=KAFKA_NETWORK_READ 15 x 0.1 = 1.5 USD daily {} name=orders "
     "original=1.5 fine"},
    {"numbers as texts, unpadded date",
     "{\"start_date\": \"2026-6-2\", \"product\": \"P\", \"line_type\": \"T\", \"price\": \"0.10\", \"quantity\": \" 5 "
     "\", \"amount\": \"12.3400\", \"original_amount\": 15, \"resource\": {\"id\": \"r\"}}",
     "20606 env= res=r cat=P type=T 5 x 0.10 = 12.3400 USD daily {} name=- original=15 fine"},
    {"absent and null numbers",
     "{" DATE "\"line_type\": \"T\", \"amount\": null, \"original_amount\": null, "
     "\"resource\": {\"id\": \"r\", \"display_name\": \"\"}}",
     "20606 env= res=r cat= type=T 0 x 0 = 0 USD daily {} name=- original=- fine"},
    {"odd quantity and price",
     "{" DATE "\"line_type\": \"T\", \"amount\": 3, \"quantity\": \"much\", \"resource\": "
     "{\"id\": \"r\"}}",
     "20606 env= res=r cat= type=T 0 x 0 = 3 USD daily {} name=- original=- its quantity is not a number that can be "
     "kept and counts as 0"},
    {"odd original amount",
     "{" DATE "\"line_type\": \"T\", \"amount\": 3, \"original_amount\": {}, \"resource\": "
     "{\"id\": \"r\"}}",
     "20606 env= res=r cat= type=T 0 x 0 = 3 USD daily {} name=- original=- its original_amount is not a number that "
     "can "
     "be kept and is left out"},
    {"the product is no text, the type is absent",
     "{" DATE "\"product\": 5, \"amount\": 3, \"resource\": {\"id\": \"r\"}}",
     "20606 env= res=r cat= type= 0 x 0 = 3 USD daily {} name=- original=- fine"},
    {"a null environment",
     "{" DATE "\"line_type\": \"T\", \"amount\": 3, \"resource\": {\"id\": \"r\", \"environment\": "
     "null}}",
     "20606 env= res=r cat= type=T 0 x 0 = 3 USD daily {} name=- original=- fine"},
    {"no resource", "{" DATE "\"product\": \"SUPPORT_CLOUD_BUSINESS\", \"line_type\": \"SUPPORT\", \"amount\": 6}",
     "20606 env= res=unresolved_billing_# cat=SUPPORT_CLOUD_BUSINESS type=SUPPORT 0 x 0 = 6 USD daily {} name=- "
     "original=- fine"},
    {"a null resource", "{" DATE "\"line_type\": \"SUPPORT\", \"amount\": 6, \"resource\": null}",
     "20606 env= res=unresolved_billing_# cat= type=SUPPORT 0 x 0 = 6 USD daily {} name=- original=- fine"},
    {"an empty resource id",
     "{" DATE
     "\"line_type\": \"SUPPORT\", \"amount\": 6, \"resource\": {\"id\": \"\", \"environment\": {\"id\": \"e\"}}}",
     "20606 env=e res=unresolved_billing_# cat= type=SUPPORT 0 x 0 = 6 USD daily {} name=- original=- fine"},
    {"not an object", "\"text\"",
     "20605 env= res=malformed_billing_# cat=MALFORMED_# type=MALFORMED_# 0 x 0 = 0 USD daily malformed {} name=- "
     "original=- Invalid billing item shape: expected object"},
    {"null", "null",
     "20605 env= res=malformed_billing_# cat=MALFORMED_# type=MALFORMED_# 0 x 0 = 0 USD daily malformed {} name=- "
     "original=- Invalid billing item shape: expected object"},
    {"no date",
     "{\"product\": \"P\", \"line_type\": \"T\", \"amount\": 7, \"resource\": {\"id\": \"r\", \"display_name\": "
     "\"n\", \"environment\": {\"id\": \"e\"}}}",
     "20605 env=e res=malformed_billing_# cat=P type=T 0 x 0 = 7 USD daily malformed {} name=- original=- "
     "'start_date'"},
    {"no date, but an end", "{\"end_date\": \"2026-06-05\", \"product\": \"P\", \"line_type\": \"T\", \"amount\": 7}",
     "20608 env= res=malformed_billing_# cat=P type=T 0 x 0 = 7 USD daily malformed {} name=- original=- "
     "'start_date'"},
    {"no date, and the window's end",
     "{\"end_date\": \"2026-06-16\", \"product\": \"P\", \"line_type\": \"T\", \"amount\": 7}",
     "20619 env= res=malformed_billing_# cat=P type=T 0 x 0 = 7 USD daily malformed {} name=- original=- "
     "'start_date'"},
    {"no date, and an end behind the window",
     "{\"end_date\": \"2026-06-17\", \"product\": \"P\", \"line_type\": \"T\", \"amount\": 7}",
     "20605 env= res=malformed_billing_# cat=P type=T 0 x 0 = 7 USD daily malformed {} name=- original=- "
     "'start_date'"},
    {"no date, and an end on the window's start",
     "{\"end_date\": \"2026-06-01\", \"product\": \"P\", \"line_type\": \"T\", \"amount\": 7}",
     "20605 env= res=malformed_billing_# cat=P type=T 0 x 0 = 7 USD daily malformed {} name=- original=- "
     "'start_date'"},
    {"a bad date, and an end",
     "{\"start_date\": \"soon\", \"end_date\": \"2026-06-02\", \"product\": \"P\", \"line_type\": \"T\", "
     "\"amount\": 7}",
     "20605 env= res=malformed_billing_# cat=P type=T 0 x 0 = 7 USD daily malformed {} name=- original=- Invalid "
     "billing "
     "date format 'soon': expected YYYY-MM-DD"},
    {"another date format", "{\"start_date\": \"06/01/2026\", \"product\": \"P\", \"line_type\": \"T\", \"amount\": 7}",
     "20605 env= res=malformed_billing_# cat=P type=T 0 x 0 = 7 USD daily malformed {} name=- original=- Invalid "
     "billing "
     "date format '06/01/2026': expected YYYY-MM-DD"},
    {"a date that is a number", "{\"start_date\": 20260601, \"line_type\": \"T\", \"amount\": 7}",
     "20605 env= res=malformed_billing_# cat=MALFORMED_# type=T 0 x 0 = 7 USD daily malformed {} name=- original=- "
     "Invalid billing date format a number: expected YYYY-MM-DD"},
    {"a date before the window",
     "{\"start_date\": \"2026-05-31\", \"product\": \"P\", \"line_type\": \"T\", \"amount\": 7}",
     "20605 env= res=malformed_billing_# cat=P type=T 0 x 0 = 7 USD daily malformed {} name=- original=- Billing date "
     "'2026-05-31' is outside the window that was asked for, 2026-06-01 to 2026-06-16 (exclusive)"},
    {"a date on the window's end",
     "{\"start_date\": \"2026-06-16\", \"product\": \"P\", \"line_type\": \"T\", \"amount\": 7}",
     "20605 env= res=malformed_billing_# cat=P type=T 0 x 0 = 7 USD daily malformed {} name=- original=- Billing date "
     "'2026-06-16' is outside the window that was asked for, 2026-06-01 to 2026-06-16 (exclusive)"},
    {"a resource that is a text",
     "{" DATE "\"product\": \"P\", \"line_type\": \"T\", \"amount\": 7, \"resource\": \"r\"}",
     "20606 env= res=malformed_billing_# cat=P type=T 0 x 0 = 7 USD daily malformed {} name=- original=- Invalid "
     "billing "
     "resource shape: expected object"},
    {"an environment that is a text",
     "{" DATE "\"product\": \"P\", \"line_type\": \"T\", \"amount\": 7, \"resource\": {\"id\": \"r\", \"environment\": "
     "\"e\"}}",
     "20606 env= res=malformed_billing_# cat=P type=T 0 x 0 = 7 USD daily malformed {} name=- original=- Invalid "
     "billing "
     "environment shape: expected object"},
    {"a resource id that is a number",
     "{" DATE "\"product\": \"P\", \"line_type\": \"T\", \"amount\": 7, \"resource\": {\"id\": 5, \"environment\": "
     "{\"id\": \"e\"}}}",
     "20606 env=e res=malformed_billing_# cat=P type=T 0 x 0 = 7 USD daily malformed {} name=- original=- Invalid "
     "billing "
     "resource id: expected a string, got a number"},
    {"a null line type",
     "{" DATE "\"product\": \"P\", \"line_type\": null, \"amount\": 7, \"resource\": {\"id\": \"r\"}}",
     "20606 env= res=malformed_billing_# cat=P type=MALFORMED_# 0 x 0 = 7 USD daily malformed {} name=- original=- "
     "Invalid billing line_type: expected a string, got null"},
    {"an amount that is no number",
     "{" DATE "\"product\": \"P\", \"line_type\": \"T\", \"amount\": \"abc\", \"resource\": "
     "{\"id\": \"r\"}}",
     "20606 env= res=malformed_billing_# cat=P type=T 0 x 0 = 0 USD daily malformed {} name=- original=- Invalid "
     "billing "
     "amount 'abc': expected a decimal number of at most 38 digits"},
    {"an amount that is too great", "{" DATE "\"product\": \"P\", \"line_type\": \"T\", \"amount\": 1e300}",
     "20606 env= res=malformed_billing_# cat=P type=T 0 x 0 = 0 USD daily malformed {} name=- original=- Invalid "
     "billing "
     "amount a number: expected a decimal number of at most 38 digits"},
    {"an empty amount", "{" DATE "\"product\": \"P\", \"line_type\": \"T\", \"amount\": \"\"}",
     "20606 env= res=malformed_billing_# cat=P type=T 0 x 0 = 0 USD daily malformed {} name=- original=- Invalid "
     "billing "
     "amount '': expected a decimal number of at most 38 digits"},
    {"several faults: the first is told", "{\"amount\": true, \"resource\": 5}",
     "20605 env= res=malformed_billing_# cat=MALFORMED_# type=MALFORMED_# 0 x 0 = 0 USD daily malformed {} name=- "
     "original=- "
     "'start_date'"},
};

/* Digests become "#", so that the table says what matters. */
static void hide_digests(char *text) {
    static const char *const heads[] = {"_billing_", "MALFORMED_"};
    for (size_t i = 0; i < 2; i++) {
        for (char *at = strstr(text, heads[i]); at != NULL; at = strstr(at, heads[i])) {
            at += strlen(heads[i]);
            cr_assert_eq(strspn(at, "0123456789abcdef"), 12, "%s", text);
            *at = '#';
            memmove(at + 1, at + 12, strlen(at + 12) + 1);
        }
    }
}

Test(billing_map, items) {
    for (size_t i = 0; i < sizeof items / sizeof items[0]; i++) {
        struct ccloud_item item;
        struct stage_text text = {NULL, 0};
        json_t *json = stage_json(items[i].item);
        cr_assert_eq(ccloud_item_map(json, START, END, &item), CG_OK);
        write_item(&text, &item);
        hide_digests(text.text);
        cr_expect_str_eq(text.text, items[i].line, "%s:\n  got  %s\n  want %s", items[i].name, text.text,
                         items[i].line);
        free(text.text);
        json_decref(json);
    }
}

static void id_of(const char *text, char id[CCLOUD_MADE_UP_SIZE]) {
    struct ccloud_item item;
    json_t *json = stage_json(text);
    cr_assert_eq(ccloud_item_map(json, START, END, &item), CG_OK);
    (void)snprintf(id, CCLOUD_MADE_UP_SIZE, "%s", item.resource_id);
    json_decref(json);
}

static const struct {
    const char *name;
    const char *left;
    const char *right;
    int same;
} pairs[] = {
    {"another amount, day and provider id", "{" DATE "\"line_type\": \"SUPPORT\", \"amount\": 6, \"id\": \"a\"}",
     "{\"start_date\": \"2026-06-05\", \"line_type\": \"SUPPORT\", \"amount\": 7, \"id\": \"b\"}", 1},
    {"another unit", "{" DATE "\"line_type\": \"SUPPORT\", \"unit\": \"h\"}", "{" DATE "\"line_type\": \"SUPPORT\"}",
     0},
    {"another description", "{" DATE "\"line_type\": \"S\", \"description\": \"x\"}", "{" DATE "\"line_type\": \"S\"}",
     0},
    {"another network access", "{" DATE "\"line_type\": \"S\", \"network_access_type\": \"x\"}",
     "{" DATE "\"line_type\": \"S\", \"description\": \"x\"}", 0},
    {"another environment", "{" DATE "\"line_type\": \"S\", \"resource\": {\"environment\": {\"id\": \"e\"}}}",
     "{" DATE "\"line_type\": \"S\"}", 0},
    {"texts do not run together", "{" DATE "\"product\": \"A\", \"line_type\": \"BC\"}",
     "{" DATE "\"product\": \"AB\", \"line_type\": \"C\"}", 0},
    {"malformed: the order of keys does not matter", "{\"a\": 1, \"b\": {\"c\": 2, \"d\": 3}}",
     "{\"b\": {\"d\": 3, \"c\": 2}, \"a\": 1}", 1},
    {"malformed: the content does", "{\"amount\": 1}", "{\"amount\": 2}", 0},
};

Test(billing_map, ids_follow_from_the_content) {
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        char left[CCLOUD_MADE_UP_SIZE];
        char right[CCLOUD_MADE_UP_SIZE];
        id_of(pairs[i].left, left);
        id_of(pairs[i].right, right);
        cr_expect_eq(strcmp(left, right) == 0, pairs[i].same, "%s: %s, %s", pairs[i].name, left, right);
    }
}

/* The ids are keys of stored lines: they never change. SHA-256 of "\x1fSUPPORT\x1f\x1f\x1f\x1f\x1f". */
Test(billing_map, the_id_of_a_known_content) {
    char id[CCLOUD_MADE_UP_SIZE];
    id_of("{" DATE "\"line_type\": \"SUPPORT\"}", id);
    cr_expect_str_eq(id, "unresolved_billing_986621969bbd", "%s", id);
}
