#include "ccloud.h"

#include "stage.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#define SETTINGS "{\"ccloud_api\": {\"key\": \"K\", \"secret\": \"S\", \"request_interval_seconds\": 0}}"
#define COSTS "/billing/v1/costs?start_date="
#define SIZE "&page_size=2000"

/* 2026-06-01 and 2026-07-06. */
#define FIRST (INT64_C(20605) * CG_DAY_US)
#define LAST (INT64_C(20640) * CG_DAY_US)

#define ITEM(day_, id_)        \
    "{\"start_date\": \"" day_ \
    "\", \"product\": \"P\", \"line_type\": \"T\", \"amount\": 1, \"resource\": {\"id\": \"" id_ "\"}}"

static const struct stage_route bill[] = {
    {COSTS "2026-06-01&end_date=2026-06-16" SIZE, 200,
     "{\"data\": [" ITEM("2026-06-01", "a") "], \"metadata\": {\"next\": \"/x?page_token=t\"}}"},
    {COSTS "2026-06-01&end_date=2026-06-16" SIZE "&page_token=t", 200, "{\"data\": [" ITEM("2026-06-01", "a") "]}"},
    {COSTS "2026-06-16&end_date=2026-07-01" SIZE, 200, "{\"data\": []}"},
    {COSTS "2026-07-01&end_date=2026-07-06" SIZE, 200, "{\"data\": [" ITEM("2026-07-02", "c") "]}"},
};

static cg_status gather(struct stage *stage, int64_t start, int64_t end) {
    struct ccloud_instance instance = {.host = &stage->host, .tenant = &stage->tenant};
    stage->gather.billing_start = start;
    stage->gather.billing_end = end;
    cg_status status = ccloud_gather_billing(&instance, &stage->gather);
    ccloud_client_close(&instance);
    return status;
}

#define TIERS                                                                                                         \
    "{\"tiers\": [{\"price\": \"0\", \"quantity\": \"0\", \"cost\": \"1\"}, {\"price\": \"0\", \"quantity\": \"0\", " \
    "\"cost\": \"1\"}]}"

Test(billing, windows) {
    struct stage stage = {.routes = bill, .route_count = sizeof bill / sizeof bill[0]};
    stage_init(&stage, SETTINGS);
    cr_assert_eq(gather(&stage, FIRST, LAST), CG_OK, "%s", stage_text_get(&stage.error));
    cr_expect_str_eq(stage_text_get(&stage.bills),
                     "[20620, 20635) 0\n"
                     "[20605, 20620) 1\n20605 env= res=a cat=P type=T 0 x 0 = 2 USD daily " TIERS "\n"
                     "[20635, 20640) 1\n20636 env= res=c cat=P type=T 0 x 0 = 1 USD daily {}\n",
                     "%s", stage_text_get(&stage.bills));
    /* Two windows are under way at a time. */
    cr_expect_str_eq(stage_text_get(&stage.requests),
                     "open https://api.confluent.cloud as K every 0 us\n" COSTS "2026-06-01&end_date=2026-06-16" SIZE
                     "\n" COSTS "2026-06-16&end_date=2026-07-01" SIZE "\n" COSTS "2026-06-01&end_date=2026-06-16" SIZE
                     "&page_token=t\n" COSTS "2026-07-01&end_date=2026-07-06" SIZE "\n",
                     "%s", stage_text_get(&stage.requests));
    cr_expect_str_eq(stage_text_get(&stage.progress),
                     "billing windows 1/3\nbilling windows 2/3\nbilling windows 3/3\n");
    stage_done(&stage);
}

Test(billing, an_empty_range_asks_nothing) {
    struct stage stage = {.routes = bill, .route_count = 0};
    stage_init(&stage, SETTINGS);
    cr_expect_eq(gather(&stage, FIRST, FIRST), CG_OK);
    cr_expect_str_eq(stage_text_get(&stage.requests), "");
    stage_done(&stage);
}

Test(billing, days_per_query) {
    struct stage stage = {.routes = bill, .route_count = 0};
    stage_init(&stage, "{\"billing_api\": {\"days_per_query\": 1}}");
    cr_expect_eq(gather(&stage, FIRST, FIRST + 3 * CG_DAY_US), CG_OK);
    cr_expect_str_eq(stage_text_get(&stage.bills), "[20605, 20606) 0\n[20606, 20607) 0\n[20607, 20608) 0\n");
    stage_done(&stage);
}

static const struct {
    const char *name;
    struct stage_route route;
    cg_status status;
    const char *error;
    const char *stored; /* beginnings of what was stored */
} failures[] = {
    {"the second page of the first window",
     {COSTS "2026-06-01&end_date=2026-06-16" SIZE "&page_token=t", 500, ""},
     CG_TEMPORARY,
     "The bill from 2026-06-01 to 2026-06-16 (exclusive) could not be read: GET /billing/v1/costs answered 500.",
     "[20620, 20635) 0\n[20635, 20640) 1\n"},
    {"the role is missing",
     {COSTS "2026-06-01&end_date=2026-06-16" SIZE, 403, ""},
     CG_AUTH,
     "The bill from 2026-06-01 to 2026-06-16 (exclusive) could not be read: The API key lacks the role to list billing "
     "items (GET /billing/v1/costs answered 403): give the key's owner a role in Confluent Cloud that may read them.",
     "[20620, 20635) 0\n"},
    {"the last window is no JSON",
     {COSTS "2026-07-01&end_date=2026-07-06" SIZE, 200, "<html>"},
     CG_PERMANENT,
     "The bill from 2026-07-01 to 2026-07-06 (exclusive) could not be read: Confluent Cloud answered GET "
     "/billing/v1/costs with a body that is not valid JSON (line 1, column 1: '[' or '{' expected).",
     "[20620, 20635) 0\n[20605, 20620) 1\n"},
    {"the window's page repeats",
     {COSTS "2026-06-01&end_date=2026-06-16" SIZE "&page_token=t", 200,
      "{\"data\": [], \"metadata\": {\"next\": \"/x?page_token=t\"}}"},
     CG_PERMANENT,
     "The bill from 2026-06-01 to 2026-06-16 (exclusive) could not be read: Confluent Cloud repeats a page of GET "
     "/billing/v1/costs: the same page_token came twice, so the billing items have no end.",
     "[20620, 20635) 0\n[20635, 20640) 1\n"},
};

/* Only the lines that say which window was stored. */
static void headers_of(const char *bills, struct stage_text *ret) {
    stage_append(ret, "%s", "");
    while (*bills != '\0') {
        int length = (int)strcspn(bills, "\n") + 1;
        if (*bills == '[') {
            stage_append(ret, "%.*s", length, bills);
        }
        bills += length;
    }
}

Test(billing, failures) {
    for (size_t i = 0; i < sizeof failures / sizeof failures[0]; i++) {
        struct stage_route routes[sizeof bill / sizeof bill[0] + 1];
        struct stage_text headers = {NULL, 0};
        routes[0] = failures[i].route;
        memcpy(routes + 1, bill, sizeof bill);
        struct stage stage = {.routes = routes, .route_count = sizeof routes / sizeof routes[0]};
        stage_init(&stage, SETTINGS);
        cr_expect_eq(gather(&stage, FIRST, LAST), failures[i].status, "%s", failures[i].name);
        cr_expect_str_eq(stage_text_get(&stage.error), failures[i].error, "%s: got %s", failures[i].name,
                         stage_text_get(&stage.error));
        headers_of(stage_text_get(&stage.bills), &headers);
        cr_expect_str_eq(headers.text, failures[i].stored, "%s: got %s", failures[i].name, headers.text);
        free(headers.text);
        stage_done(&stage);
    }
}

Test(billing, lines_that_cannot_be_stored_end_it) {
    struct stage stage = {.routes = bill, .route_count = sizeof bill / sizeof bill[0], .refuse_rows = 1};
    stage_init(&stage, SETTINGS);
    cr_expect_eq(gather(&stage, FIRST, LAST), CG_TEMPORARY);
    cr_expect(strstr(stage_text_get(&stage.requests), "2026-07-01&end_date") == NULL, "it went on");
    stage_done(&stage);
}

Test(billing, a_stopped_run_stops) {
    struct stage stage = {.routes = bill, .route_count = sizeof bill / sizeof bill[0], .cancel_after = 1};
    stage_init(&stage, SETTINGS);
    cr_expect_eq(gather(&stage, FIRST, LAST), CG_CANCELLED);
    cr_expect_str_eq(stage_text_get(&stage.bills), "");
    stage_done(&stage);
}

Test(billing, a_strange_interval_is_refused) {
    struct stage stage = {.routes = bill, .route_count = 0};
    stage_init(&stage, "{\"ccloud_api\": {\"request_interval_seconds\": -1}}");
    cr_expect_eq(gather(&stage, FIRST, LAST), CG_INVALID);
    stage_done(&stage);
}
