#include "billing_window.h"

#include "stage.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#define START (INT64_C(20605) * CG_DAY_US)
#define END (INT64_C(20620) * CG_DAY_US)

#define ITEM(resource_, cost_, more_)                                                                        \
    "{\"start_date\": \"2026-06-01\", \"product\": \"KAFKA\", \"line_type\": \"T\", \"resource\": {\"id\": " \
    "\"" resource_ "\", \"display_name\": \"n-" resource_ "\"}, \"amount\": " cost_ more_ "}"

#define NINES "\"99999999999999999999999999999999999999\""

static const struct {
    const char *name;
    const char *pages[3];
    cg_status status;
    const char *lines;
} cases[] = {
    {"nothing", {"[]"}, CG_OK, ""},
    {"one item stays as it is",
     {"[" ITEM("r", "1.50", ", \"price\": 0.1, \"quantity\": 15, \"original_amount\": 2") "]"},
     CG_OK,
     "20605 env= res=r cat=KAFKA type=T 15 x 0.1 = 1.5 USD daily {\"resource_name\": \"n-r\", \"original_amount\": "
     "\"2\"}\n"},
    {"two tiers, over two pages",
     {"[" ITEM("r", "1.5", ", \"price\": 0.1, \"quantity\": 15, \"original_amount\": 2") "," ITEM("other", "1", "") "]",
      "[" ITEM("r", "0.5", ", \"price\": 0.05, \"quantity\": 10, \"original_amount\": 0.75") "]"},
     CG_OK,
     "20605 env= res=r cat=KAFKA type=T 25 x 0 = 2.0 USD daily {\"resource_name\": \"n-r\", \"original_amount\": "
     "\"2.75\", "
     "\"tiers\": [{\"price\": \"0.1\", \"quantity\": \"15\", \"cost\": \"1.5\"}, {\"price\": \"0.05\", \"quantity\": "
     "\"10\", \"cost\": \"0.5\"}]}\n"
     "20605 env= res=other cat=KAFKA type=T 0 x 0 = 1 USD daily {\"resource_name\": \"n-other\"}\n"},
    {"a tier without original amount",
     {"[" ITEM("r", "1", "") "," ITEM("r", "2", ", \"original_amount\": \"4.10\"") "]"},
     CG_OK,
     "20605 env= res=r cat=KAFKA type=T 0 x 0 = 3 USD daily {\"resource_name\": \"n-r\", \"original_amount\": "
     "\"4.10\", "
     "\"tiers\": [{\"price\": \"0\", \"quantity\": \"0\", \"cost\": \"1\"}, {\"price\": \"0\", \"quantity\": \"0\", "
     "\"cost\": \"2\"}]}\n"},
    {"a tier whose digits do not fit becomes a line of its own",
     {"[" ITEM("r", "\"0.1\"", "") "," ITEM("r", NINES, "") "]"},
     CG_OK,
     "20605 env= res=r cat=KAFKA type=T 0 x 0 = 0.1 USD daily {\"resource_name\": \"n-r\"}\n"
     "20605 env= res=malformed_billing_# cat=KAFKA type=T 0 x 0 = 99999999999999999999999999999999999999 USD daily "
     "malformed {\"malformed\": true, \"parse_error\": \"The item cannot be added to the other tiers of its line "
     "without "
     "losing digits\"}\n"},
    {"equal items that can never be added up",
     {"[" ITEM("r", "\"0.1\"", "") "," ITEM("r", NINES, "") "," ITEM("r", NINES, "") "]"},
     CG_RANGE,
     NULL},
    {"malformed items with equal content are tiers too",
     {"[{\"amount\": 1, \"line_type\": \"T\", \"product\": \"P\"}, {\"product\": \"P\", \"line_type\": \"T\", "
      "\"amount\": "
      "1}]"},
     CG_OK,
     "20605 env= res=malformed_billing_# cat=P type=T 0 x 0 = 2 USD daily malformed {\"malformed\": true, "
     "\"parse_error\": \"'start_date'\", \"tiers\": [{\"price\": \"0\", \"quantity\": \"0\", \"cost\": \"1\"}, "
     "{\"price\": \"0\", \"quantity\": \"0\", \"cost\": \"1\"}]}\n"},
};

static void hide_digests(char *text) {
    for (char *at = strstr(text, "_billing_"); at != NULL; at = strstr(at, "_billing_")) {
        at += sizeof "_billing_" - 1;
        *at = '#';
        memmove(at + 1, at + 12, strlen(at + 12) + 1);
    }
}

static cg_status add(struct ccloud_window *window, const char *page) {
    json_t *items = stage_json(page);
    cg_status status = ccloud_window_add(window, items);
    json_decref(items);
    return status;
}

Test(billing_window, lines) {
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct stage stage = {.clock = 0};
        struct stage_text text = {NULL, 0};
        const struct cg_billing_line *const *lines = NULL;
        size_t count = 0;
        cg_status status = CG_OK;
        stage_init(&stage, NULL);
        struct ccloud_window *window = ccloud_window_new(&stage.host, START, END);
        cr_assert(window != NULL);
        for (size_t k = 0; k < 3 && cases[i].pages[k] != NULL && status == CG_OK; k++) {
            status = add(window, cases[i].pages[k]);
        }
        cr_expect_eq(status, cases[i].status, "%s", cases[i].name);
        if (status == CG_OK) {
            cr_assert_eq(ccloud_window_lines(window, &lines, &count), CG_OK);
            stage_append(&text, "%s", "");
            for (size_t k = 0; k < count; k++) {
                stage_write_line(&text, lines[k]);
                stage_append(&text, "\n");
            }
            hide_digests(text.text);
            cr_expect_str_eq(text.text, cases[i].lines, "%s:\n  got\n%s  want\n%s", cases[i].name, text.text,
                             cases[i].lines);
        }
        free(text.text);
        ccloud_window_free(window);
        stage_done(&stage);
    }
}

Test(billing_window, many_keys_and_a_bounded_log) {
    struct stage stage = {.clock = 0};
    const struct cg_billing_line *const *lines = NULL;
    size_t count = 0;
    stage_init(&stage, NULL);
    struct ccloud_window *window = ccloud_window_new(&stage.host, START, END);
    cr_assert(window != NULL);
    for (int round = 0; round < 2; round++) {
        for (int page = 0; page < 50; page++) {
            json_t *items = json_array();
            for (int i = 0; i < 100; i++) {
                char id[32];
                (void)snprintf(id, sizeof id, "r-%d", page * 100 + i);
                json_array_append_new(items,
                                      json_pack("{s:s,s:s,s:s,s:s,s:{s:s}}", "start_date", "2026-06-02", "product", "P",
                                                "line_type", "T", "amount", "0.1", "resource", "id", id));
            }
            json_array_append_new(items, json_integer(page));
            cr_assert_eq(ccloud_window_add(window, items), CG_OK);
            json_decref(items);
        }
    }
    cr_assert_eq(ccloud_window_lines(window, &lines, &count), CG_OK);
    cr_expect_eq(count, 5050);
    cr_expect_eq(ccloud_window_malformed(window), 100);
    for (size_t i = 0; i < count; i++) {
        char cost[CG_DECIMAL_TEXT_SIZE];
        (void)cg_decimal_format(&lines[i]->total_cost, cost);
        cr_assert_str_eq(cost, lines[i]->flags == 0 ? "0.2" : "0");
    }
    size_t warnings = 0;
    for (const char *at = stage_text_get(&stage.log); *at != '\0'; at++) {
        warnings += *at == '\n' ? 1 : 0;
    }
    cr_expect_eq(warnings, 51);
    cr_expect(strstr(stage_text_get(&stage.log), "100 billing items of this window are odd") != NULL);
    ccloud_window_free(window);
    stage_done(&stage);
}

/* The sums go on when the list of tiers is full. */
Test(billing_window, more_tiers_than_are_listed) {
    struct stage stage = {.clock = 0};
    const struct cg_billing_line *const *lines = NULL;
    size_t count = 0;
    char cost[CG_DECIMAL_TEXT_SIZE];
    stage_init(&stage, NULL);
    struct ccloud_window *window = ccloud_window_new(&stage.host, START, END);
    cr_assert(window != NULL);
    for (int i = 0; i < 1200; i++) {
        cr_assert_eq(add(window, "[" ITEM("r", "0.25", "") "]"), CG_OK);
    }
    cr_assert_eq(ccloud_window_lines(window, &lines, &count), CG_OK);
    cr_assert_eq(count, 1);
    (void)cg_decimal_format(&lines[0]->total_cost, cost);
    cr_expect_str_eq(cost, "300.00");
    json_t *tiers = stage_json(cg_field_value(lines[0]->fields, lines[0]->field_count, "tiers"));
    cr_expect_eq(json_array_size(tiers), 1000);
    json_decref(tiers);
    ccloud_window_free(window);
    stage_done(&stage);
}
