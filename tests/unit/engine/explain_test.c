#include "explain_stage.h"

#define DATE EXPLAIN_DATE
#define HUGE_BYTES 10000

static struct explain_stage stage; /* too large for a stack */

/* ---- what is told of each kind of line ---- */

/* NOLINTBEGIN(bugprone-macro-parentheses): they are texts, put together by the compiler */
#define BILL(product_, amounts_, cost_)           \
    "2026-06-01, " product_ " on lkc-1\n"         \
    "  time: 2026-06-01 00:00:00 UTC\n"           \
    "  product type: " product_ "\n"              \
    "  product category: KAFKA\n"                 \
    "  resource: lkc-1 (kafka_cluster, Orders)\n" \
    "  environment: env-1\n"                      \
    "  quantity x price: " amounts_ "\n"          \
    "  cost: " cost_ " USD\n"
#define WINDOW "  window: from 2026-06-01 00:00:00 to 2026-06-02 00:00:00 UTC (granularity daily)\n"
#define BUILT_IN(what_, product_) "  " what_ ": '" product_ "' of module 'fake' 1.2.3, build 0a1b, built in\n"
#define CHAIN(product_) BUILT_IN("allocator", product_) "  allocator does: by bytes, else shared\n"
#define RESOLVER(product_)                  \
    BUILT_IN("identity resolver", product_) \
    "  identity resolver does: holders of keys, and who shows in the metrics\n"
#define NO_RESOLVER "  identity resolver: none\n"
#define METRICS(for_)                               \
    "  metrics: from http://prometheus:9090/prom\n" \
    "    bytes_in: 3 series, 4 points" for_ "\n"    \
    "      principal_id=KEY1: 300\n"                \
    "      principal_id=sa-2: 300\n"                \
    "    bytes_out: 1 series, 1 point" for_ "\n"    \
    "      principal_id=sa-9: 0.5\n"
#define OTHERS_METRICS METRICS(", asked for by another product of this resource")
#define NO_METRICS                                  \
    "  metrics: from http://prometheus:9090/prom\n" \
    "    failed: POST /api/v1/query_range: no route to host\n"
#define HOLDERS                     \
    "  holders of credentials: 1\n" \
    "    sa-1 (service_account, Orders?[31m app), in the inventory\n"
#define SEEN                                                      \
    "  seen in the metrics: 2\n"                                  \
    "    sa-2 (service_account, Billing app), in the inventory\n" \
    "    sa-9 (service_account, Unknown service_account), a stand-in: the inventory does not know it\n"
#define EVERYBODY "  everybody in the tenant in that window: 3 (service_account 2, user 1)\n"
#define ENTRIES                            \
    "  resolver entries: 2\n"              \
    "    api_key_to_owner: KEY1 -> sa-1\n" \
    "    stmt_owner_cfu: sa-1 -> 2.5\n"
#define NOT_LOOKED_FOR "  identities: none were looked for, because there is no identity resolver\n"
#define USAGE "usage, method usage_ratio, detail usage_ratio_allocation, tier 1 of its chain"
#define SUM(rows_) "  sum of " rows_ " = cost: yes\n"
#define STORED(rows_) "  stored: the same " rows_ ", calculated 2026-07-01 12:00:00 UTC by run 1\n"
#define HALF ", ratio 0.4995836802664446 = 49.9584 %\n"
#define LITTLE ", ratio 0.0008326394671107411 = 0.0833 %\n"
/* NOLINTEND(bugprone-macro-parentheses) */

static const struct {
    const char *name;
    const char *product;
    const char *identity;
    int strangers; /* 1: the inventory is empty */
    int fetch_fails;
    const char *text;
} tellings[] = {
    {"shares by usage", "NETWORK", NULL, 0, 0,
     BILL("NETWORK", "225 x 0.05 = 11.25",
          "10.00005") "  original_amount: 10.5\n"
                      "  tiers 1 of 2: price 0.05, quantity 100\n"
                      "  tiers 2 of 2: price 0.04, quantity 125\n" WINDOW CHAIN("NETWORK") RESOLVER("NETWORK")
                          METRICS("") HOLDERS SEEN EVERYBODY ENTRIES
     "  rows: 3\n"
     "    sa-1 (Orders?[31m app): 4.99585, " USAGE HALF "    sa-2 (Billing app): 4.9959, " USAGE HALF
     "    sa-9 (Unknown service_account): 0.0083, " USAGE LITTLE
     "  rounding of 3 rows (tier 1): T = 10.0001, which is 10.00005 in units of 0.0001\n"
     "    shares: T x ratio in units of 0.0001, in all 10.0001\n"
     "    units handed out: none\n"
     "    rest below 0.0001: -0.00005, to sa-1\n" SUM("3 rows") STORED("3 rows")},
    {"even shares of the active, because the metrics failed", "NETWORK", NULL, 0, 1,
     BILL("NETWORK", "225 x 0.05 = 11.25", "10.00005") "  original_amount: 10.5\n"
                                                       "  tiers 1 of 2: price 0.05, quantity 100\n"
                                                       "  tiers 2 of 2: price 0.04, quantity 125\n" WINDOW CHAIN(
                                                           "NETWORK") RESOLVER("NETWORK") NO_METRICS HOLDERS
     "  seen in the metrics: 0\n" EVERYBODY ENTRIES "  rows: 1\n"
     "    sa-1 (Orders?[31m app): 10.00005, shared, method even_split, detail no_metrics_located, tier 2 of its chain\n"
     "  rounding of 1 row (tier 2): none, the whole amount goes to sa-1\n" SUM("1 row") STORED("1 row")},
    {"even shares of all owners", "EVERYBODY", NULL, 0, 1,
     BILL("EVERYBODY", "1 x 10 = 10", "10") WINDOW CHAIN("EVERYBODY") NO_RESOLVER NO_METRICS NOT_LOOKED_FOR EVERYBODY
     "  of them with a row, although found in no other way: 3\n"
     "    sa-1 (service_account, Orders?[31m app), in the inventory\n"
     "    sa-2 (service_account, Billing app), in the inventory\n"
     "    u-1 (user), in the inventory\n"
     "  rows: 3\n"
     "    sa-1 (Orders?[31m app): 3.3334, shared, method even_split, detail no_active_identities_located, tier 3 of "
     "its "
     "chain\n"
     "    sa-2 (Billing app): 3.3333, shared, method even_split, detail no_active_identities_located, tier 3 of its "
     "chain\n"
     "    u-1: 3.3333, shared, method even_split, detail no_active_identities_located, tier 3 of its chain\n"
     "  rounding of 3 rows (tier 3): T = 10.0000, which is 10.0000 in units of 0.0001\n"
     "    shares: T / 3 in units of 0.0001 = 3.3333 each, in all 9.9999\n"
     "    units handed out: 1 of 0.0001, one each to sa-1\n"
     "    rest below 0.0001: none\n" SUM("3 rows") STORED("3 rows")},
    {"the resource itself", "EVERYBODY", NULL, 1, 1,
     "2026-06-01, EVERYBODY on lkc-1\n"
     "  time: 2026-06-01 00:00:00 UTC\n"
     "  product type: EVERYBODY\n"
     "  product category: KAFKA\n"
     "  resource: lkc-1, which the inventory does not know\n"
     "  environment: env-1\n"
     "  quantity x price: 1 x 10 = 10\n"
     "  cost: 10 USD\n" WINDOW CHAIN("EVERYBODY") NO_RESOLVER NO_METRICS NOT_LOOKED_FOR
     "  everybody in the tenant in that window: 0\n"
     "  rows: 1\n"
     "    lkc-1 (the resource itself): 10, shared, method terminal, detail no_identities_located, tier 4 of its chain\n"
     "  rounding of 1 row (tier 4): none, the whole amount goes to lkc-1\n" SUM("1 row") STORED("1 row")},
    {"nobody", "NOBODY", NULL, 0, 0,
     BILL("NOBODY", "1 x 2 = 2", "2") WINDOW BUILT_IN("allocator", "NOBODY")
         NO_RESOLVER OTHERS_METRICS NOT_LOOKED_FOR EVERYBODY
     "  rows: 1\n"
     "    UNALLOCATED: 2, shared, method terminal, detail no_identities_located, tier 2 of its chain\n"
     "  rounding of 1 row (tier 2): none, the whole amount goes to UNALLOCATED\n" SUM("1 row") STORED("1 row")},
    {"a composition", "CKU", NULL, 0, 0,
     BILL("CKU", "1 x 10 = 10", "10")
         WINDOW BUILT_IN("allocator", "CKU") "  allocator does: a part by bytes, a part shared\n" RESOLVER("CKU")
             METRICS("") HOLDERS SEEN EVERYBODY ENTRIES
     "  rows: 6\n"
     "    sa-1 (Orders?[31m app): 3.4971, " USAGE ", part 1 of its composition" HALF
     "    sa-2 (Billing app): 3.4971, " USAGE ", part 1 of its composition" HALF
     "    sa-9 (Unknown service_account): 0.0058, " USAGE ", part 1 of its composition" LITTLE
     "    sa-1 (Orders?[31m app): 1.0000, shared, method even_split, tier 1 of its chain, part 2 of its composition\n"
     "    sa-2 (Billing app): 1.0000, shared, method even_split, tier 1 of its chain, part 2 of its composition\n"
     "    sa-9 (Unknown service_account): 1.0000, shared, method even_split, tier 1 of its chain, part 2 of its "
     "composition\n"
     "  rounding of 3 rows (part 1, tier 1): T = 7.0000, which is 7.0000 in units of 0.0001\n"
     "    shares: T x ratio in units of 0.0001, in all 7.0000\n"
     "    units handed out: none\n"
     "    rest below 0.0001: none\n"
     "  rounding of 3 rows (part 2, tier 1): T = 3.0000, which is 3.0000 in units of 0.0001\n"
     "    shares: T / 3 in units of 0.0001 = 1.0000 each, in all 3.0000\n"
     "    units handed out: none\n"
     "    rest below 0.0001: none\n" SUM("6 rows") STORED("6 rows")},
    {"a composition, for one identity", "CKU", "sa-2", 0, 0,
     BILL("CKU", "1 x 10 = 10", "10")
         WINDOW BUILT_IN("allocator", "CKU") "  allocator does: a part by bytes, a part shared\n" RESOLVER("CKU")
             METRICS("") "  holders of credentials: 1\n"
                         "    others: 1\n"
                         "  seen in the metrics: 2\n"
                         "    sa-2 (service_account, Billing app), in the inventory\n"
                         "    and 1 more\n" EVERYBODY "  resolver entries: 2\n"
                         "    others: 2\n"
                         "  rows: 6\n"
                         "    sa-2 (Billing app): 3.4971, " USAGE ", part 1 of its composition" HALF
                         "    sa-2 (Billing app): 1.0000, shared, method even_split, tier 1 of its chain, part 2 of "
                         "its composition\n"
                         "    and 4 rows of other identities, in all 5.5029\n"
                         "  rounding of 3 rows (part 1, tier 1): T = 7.0000, which is 7.0000 in units of 0.0001\n"
                         "    shares: T x ratio in units of 0.0001, in all 7.0000\n"
                         "    units handed out: none\n"
                         "    rest below 0.0001: none\n"
                         "  rounding of 3 rows (part 2, tier 1): T = 3.0000, which is 3.0000 in units of 0.0001\n"
                         "    shares: T / 3 in units of 0.0001 = 1.0000 each, in all 3.0000\n"
                         "    units handed out: none\n"
                         "    rest below 0.0001: none\n" SUM("6 rows") STORED("6 rows")},
    {"an allocator that failed", "BROKEN", NULL, 0, 0,
     BILL("BROKEN", "1 x 4 = 4", "4") WINDOW BUILT_IN("allocator", "BROKEN") "  allocator does: breaks\n" RESOLVER(
         "BROKEN") OTHERS_METRICS HOLDERS SEEN EVERYBODY ENTRIES
     "  fell back to UNALLOCATED: allocator 'BROKEN' of module 'fake': the price list?is gone\n"
     "  attempts recorded so far: 1 of 3\n"
     "  rows: 1\n"
     "    UNALLOCATED: 4, shared, method ALLOCATION_FAILED, detail Failed after 1 attempts: allocator 'BROKEN' of "
     "module 'fake': the price list?is gone\n"
     "  rounding of 1 row: none, the whole amount goes to UNALLOCATED\n" SUM("1 row") STORED("1 row")},
    {"overrides in effect", "OVERRIDDEN", NULL, 0, 0,
     BILL("OVERRIDDEN", "1 x 5.00 = 5.00", "5.00") WINDOW
     "  allocator: 'acme_own' of module 'fake' 1.2.3, build 0a1b, put there by "
     "tenants.acme.plugin_settings.allocator_overrides.OVERRIDDEN (config.yaml, line 8)\n"
     "  allocator does: the teams' own rule\n"
     "  identity resolver: 'acme_people' of module 'fake' 1.2.3, build 0a1b, put there by "
     "tenants.acme.plugin_settings.identity_resolution_overrides.kafka (config.yaml, line 10)\n"
     "  identity resolver does: holders of keys, and who shows in the metrics\n" OTHERS_METRICS HOLDERS SEEN EVERYBODY
         ENTRIES "  rows: 2\n"
     "    team-a: 3.34, usage, method two_thirds\n"
     "    team-b: 1.66, usage, method two_thirds\n"
     "  rounding of 2 rows: the allocator's own; the amounts do not follow from ratios or equal shares\n" SUM("2 rows")
         STORED("2 rows")},
    {"a product type that no service handles", "UNCLAIMED", NULL, 0, 0,
     BILL("UNCLAIMED", "1 x 1 = 1", "1") WINDOW
     "  allocator: none, because no service handles this product type\n" NO_RESOLVER
     "  metrics: none, because no service handles this product type\n" NOT_LOOKED_FOR
     "  everybody in the tenant in that window: 0\n"
     "  fell back to UNALLOCATED: no service of ecosystem 'fake' handles this product type\n"
     "  attempts recorded so far: 1 of 3\n"
     "  rows: 1\n"
     "    UNALLOCATED: 1, shared, method ALLOCATION_FAILED, detail Failed after 1 attempts: no service of ecosystem "
     "'fake' handles this product type\n"
     "  rounding of 1 row: none, the whole amount goes to UNALLOCATED\n" SUM("1 row") STORED("1 row")},
};

Test(explain, each_kind_of_line) {
    for (size_t i = 0; i < sizeof tellings / sizeof *tellings; i++) {
        struct cg_date_outcome outcome = {0};
        explain_stage_open(&stage, !tellings[i].strangers);
        explain_fetch_fails = tellings[i].fetch_fails;
        cr_assert_eq(bench_calculate(&stage.bench, DATE, &outcome), CG_OK, "%s: %s", tellings[i].name,
                     stage.bench.error.text);
        const struct cg_explain_question question = {.product_type = tellings[i].product,
                                                     .identity_id = tellings[i].identity};
        cr_assert_eq(explain_stage_ask(&stage, &question), CG_OK, "%s: %s", tellings[i].name, stage.bench.error.text);
        cr_assert_str_eq(stage.text, tellings[i].text, "%s", tellings[i].name);
        cr_assert_eq(stage.lines, 1, "%s", tellings[i].name);
        explain_stage_close(&stage);
    }
}

/* ---- beside the stored rows ---- */

static const struct {
    const char *name;
    const char *sql; /* done to what was calculated */
    const char *part;
} storings[] = {
    {"as they are", "SELECT 1", "  stored: the same 3 rows, calculated 2026-07-01 12:00:00 UTC by run 1\n"},
    {"another amount and a stranger",
     "UPDATE chargeback_facts SET amount = '4.9' WHERE amount = '4.9959';"
     "UPDATE chargeback_dimensions SET identity_id = 'sa-8' WHERE identity_id = 'sa-9' AND product_type = 'NETWORK'",
     "  stored: 3 rows differ from these, calculated 2026-07-01 12:00:00 UTC by run 1\n"
     "    sa-2, usage, method usage_ratio, detail usage_ratio_allocation: stored 4.9, now 4.9959\n"
     "    sa-8, usage, method usage_ratio, detail usage_ratio_allocation: stored 0.0083, now no such row\n"
     "    sa-9, usage, method usage_ratio, detail usage_ratio_allocation: stored no such row, now 0.0083\n"},
    {"the same amounts, spelt otherwise", "UPDATE chargeback_facts SET amount = '4.995900' WHERE amount = '4.9959'",
     "  stored: the same 3 rows, calculated"},
    {"marked to be calculated again", "UPDATE pipeline_state SET chargeback_calculated = FALSE",
     "  stored: the same 3 rows, the date is to be calculated again\n"},
    {"gone", "DELETE FROM chargeback_facts", "  stored: no rows of this line, calculated 2026-07-01 12:00:00 UTC"},
    {"by another program", "UPDATE pipeline_state SET calculation_run_id = NULL, calculation_completed_at = NULL",
     "  stored: the same 3 rows, calculated, nobody noted when\n"},
};

Test(explain, what_is_stored_is_compared) {
    for (size_t i = 0; i < sizeof storings / sizeof *storings; i++) {
        struct cg_date_outcome outcome = {0};
        explain_stage_open(&stage, 1);
        cr_assert_eq(bench_calculate(&stage.bench, DATE, &outcome), CG_OK, "%s", stage.bench.error.text);
        stage_run(&stage.bench.stage, storings[i].sql);
        const struct cg_explain_question question = {.product_type = "NETWORK"};
        cr_assert_eq(explain_stage_ask(&stage, &question), CG_OK, "%s: %s", storings[i].name, stage.bench.error.text);
        cr_assert(strstr(stage.text, storings[i].part), "%s: %s", storings[i].name, stage.text);
        explain_stage_close(&stage);
    }
}

/* ---- which lines ---- */

static const struct {
    const char *name;
    struct cg_explain_question question; /* without its date: the day of the bill */
    const char *date;                    /* or NULL */
    uint64_t lines;                      /* 0: the sentence says why */
    const char *sentence;
} questions[] = {
    {"everything", {.date = 0}, NULL, 7, ""},
    {"of the resource", {.resource_id = "lkc-1"}, NULL, 7, ""},
    {"of the product", {.product_type = "CKU"}, NULL, 1, ""},
    {"of the identity", {.identity_id = "sa-1"}, NULL, 2, ""},
    {"of nobody", {.identity_id = "UNALLOCATED"}, NULL, 3, ""},
    {"of all three", {.resource_id = "lkc-1", .product_type = "CKU", .identity_id = "sa-9"}, NULL, 1, ""},
    {"another resource",
     {.resource_id = "lkc-2\n"},
     NULL,
     0,
     "tenant 'acme' has no billing line of resource 'lkc-2?' on 2026-06-01; its 7 lines of that date are BROKEN on "
     "lkc-1, CKU on lkc-1, EVERYBODY on lkc-1, NETWORK on lkc-1, NOBODY on lkc-1, OVERRIDDEN on lkc-1, UNCLAIMED on "
     "lkc-1"},
    {"another product",
     {.resource_id = "lkc-1", .product_type = "TEA"},
     NULL,
     0,
     "tenant 'acme' has no billing line of resource 'lkc-1' of product type 'TEA' on 2026-06-01; its 7 lines of that"},
    {"another identity",
     {.product_type = "CKU", .identity_id = "sa-7"},
     NULL,
     0,
     "tenant 'acme' has 1 billing line of product type 'CKU' on 2026-06-01, but none with a row of identity 'sa-7'"},
    {"a day between",
     {.date = 0},
     "2026-06-02",
     0,
     "tenant 'acme' has no billing lines on 2026-06-02; the nearest dates with lines are 2026-06-01 and 2026-06-05"},
    {"a day before", {.date = 0}, "2026-05-01", 0, "on 2026-05-01; the first date with lines is 2026-06-01"},
    {"a day after", {.date = 0}, "2026-07-01", 0, "on 2026-07-01; the last date with lines is 2026-06-05"},
};

Test(explain, the_lines_that_are_asked_for) {
    explain_stage_open(&stage, 1);
    const struct cg_billing_line later = line_of("2026-06-05", "e", "r", "NOBODY", "1");
    bench_bill(&stage.bench, "2026-06-05", &later, 1);
    for (size_t i = 0; i < sizeof questions / sizeof *questions; i++) {
        struct cg_explain_question question = questions[i].question;
        question.date = questions[i].date ? at(questions[i].date) : 0;
        cg_status status = explain_stage_ask(&stage, &question);
        cr_assert_eq(status, questions[i].lines ? CG_OK : CG_NOT_FOUND, "%s: %s", questions[i].name,
                     stage.bench.error.text);
        if (questions[i].lines)
            cr_assert_eq(stage.lines, questions[i].lines, "%s: %zu", questions[i].name, (size_t)stage.lines);
        else
            cr_assert(strstr(stage.bench.error.text, questions[i].sentence), "%s: %s", questions[i].name,
                      stage.bench.error.text);
        cr_assert_eq(stage.text[0] != '\0', questions[i].lines > 0, "%s", questions[i].name);
    }
    stage_run(&stage.bench.stage, "DELETE FROM ccloud_billing");
    cr_assert_eq(explain_stage_ask(&stage, &questions[0].question), CG_NOT_FOUND);
    cr_assert_str_eq(stage.bench.error.text, "tenant 'acme' has no billing lines, on 2026-06-01 or any other date");
    explain_stage_close(&stage);
}

/* ---- metrics ---- */

Test(explain, of_many_series_the_largest_are_told) {
    explain_stage_open(&stage, 1);
    explain_many_series = 1;
    const struct cg_explain_question question = {.product_type = "NETWORK"};
    cr_assert_eq(explain_stage_ask(&stage, &question), CG_OK, "%s", stage.bench.error.text);
    cr_assert(strstr(stage.text, "    bytes_in: 12 series, 24 points\n      principal_id=sa-10: 300\n"), "%s",
              stage.text);
    cr_assert(strstr(stage.text, "      principal_id=sa-19: 300\n      and 2 more\n    bytes_out: 0 series, 0 points\n"
                                 "    left out: 3 points, not finite or no number\n"),
              "%s", stage.text);
    explain_stage_close(&stage);
}

Test(explain, without_metrics_it_says_why) {
    explain_stage_open(&stage, 1);
    const struct cg_explain_question question = {.product_type = "CKU"};
    struct cg_metrics_source *metrics = stage.bench.metrics;
    stage.bench.metrics = NULL;
    cr_assert_eq(explain_stage_ask(&stage, &question), CG_OK, "%s", stage.bench.error.text);
    cr_assert(strstr(stage.text, "  metrics: none, because no metrics source is configured\n"), "%s", stage.text);
    /* The query of the products that share the resource goes with them. */
    stage.bench.metrics = metrics;
    stage_run(&stage.bench.stage, "DELETE FROM ccloud_billing WHERE product_type <> 'NOBODY'");
    const struct cg_explain_question other = {.product_type = "NOBODY"};
    cr_assert_eq(explain_stage_ask(&stage, &other), CG_OK, "%s", stage.bench.error.text);
    cr_assert(strstr(stage.text, "  metrics: none, because this product asks for none\n"), "%s", stage.text);
    stage_run(&stage.bench.stage, "UPDATE ccloud_billing SET granularity = 'yearly'");
    cr_assert_eq(explain_stage_ask(&stage, &other), CG_OK, "%s", stage.bench.error.text);
    cr_assert(strstr(stage.text, "  window: from 2026-06-01 00:00:00 UTC, to a time that is not known (granularity "
                                 "yearly)\n"),
              "%s", stage.text);
    cr_assert(strstr(stage.text, "  metrics: none, because the window is not known\n"), "%s", stage.text);
    explain_stage_close(&stage);
}

/* ---- who takes it ---- */

Test(explain, the_writer_may_end_it) {
    explain_stage_open(&stage, 1);
    stage.status = CG_CANCELLED;
    cr_assert_eq(explain_stage_ask(&stage, &questions[0].question), CG_CANCELLED);
    cr_assert_str_eq(stage.bench.error.text, "the explanation could not be handed over");
    stage.status = CG_OK;
    explain_stage_close(&stage);
}

/* Texts of modules end in one line of the answer each, however long and whatever is in them. */
Test(explain, no_text_forges_a_line) {
    struct cg_billing_line line = line_of(DATE, "env\n-1", "lkc-1", "CKU", "1");
    char huge[HUGE_BYTES + 1];
    memset(huge, 'x', sizeof huge - 1);
    huge[sizeof huge - 1] = '\0';
    const struct cg_field fields[] = {{"note\x1b", "a\nrows: 7", CG_FIELD_STRING, 0},
                                      {"huge", huge, CG_FIELD_STRING, 0},
                                      {"list", "[1, {\"a\": [2]}]", CG_FIELD_JSON, 0},
                                      {"nothing", NULL, CG_FIELD_STRING, 0}};
    explain_stage_open(&stage, 1);
    line.fields = fields;
    line.field_count = 4;
    bench_bill(&stage.bench, DATE, &line, 1);
    cr_assert_eq(explain_stage_ask(&stage, &questions[0].question), CG_OK, "%s", stage.bench.error.text);
    cr_assert(strstr(stage.text, "\n  environment: env?-1\n"), "%s", stage.text);
    cr_assert(strstr(stage.text, "\n  note?: a?rows: 7\n"), "%s", stage.text);
    cr_assert(strstr(stage.text, "xxx...\n  list: [1, {\"a\": [2]}]\n  nothing: null\n"), "%s", stage.text);
    for (const char *at_line = stage.text; *at_line; at_line += strcspn(at_line, "\n") + 1)
        cr_assert_lt(strcspn(at_line, "\n"), 4200);
    explain_stage_close(&stage);
}
