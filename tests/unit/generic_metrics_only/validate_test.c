/* Rules beyond the option table. */
#include "database.h"

#include <criterion/criterion.h>

#define STATIC                                \
    {"metrics.url", "http://p", 0}, {         \
        "identity_source.source", "static", 0 \
    }
#define WITH_QUERY(query_) STATIC, COST("0", "N", "1", "network_gib", "even_split"), QUERY("0", query_)
#define ADVICE "write increase(x[$__interval]), or one window that divides a day, such as increase(x[1h])\n"
#define AT "cost_types.0.cost_quantity.query: "

Test(generic_validate, says_what_is_wrong) {
    static const struct {
        const char *name;
        struct cg_test_setting settings[40];
        const char *problems;
    } cases[] = {
        {"fine", {DATABASE}, ""},
        {"no identities",
         {{"metrics.url", "http://p", 0}},
         "identity_source: discovery_query required when source includes 'prometheus'\n"},
        {"no metrics", {{"identity_source.source", "static", 0}}, "metrics: Field required\n"},
        {"step",
         {STATIC, {"metrics_step_seconds", "86401", CG_CONFIG_INT}},
         "metrics_step_seconds: Input should be less than or equal to 86400, the seconds of the day that a line is "
         "made "
         "for\n"},
        {"label",
         {STATIC, {"identity_source.label", "a b", 0}},
         "identity_source.label: 'a b' is no label name; expected letters, digits and '_', the first of them no "
         "digit\n"},
        {"names",
         {STATIC, COST("0", "A", "1", "fixed", "even_split"), FIXED("0", "1"),
          COST("1", "A", "1", "fixed", "even_split"), FIXED("1", "1")},
         "cost_types.1.name: the name 'A' is given twice; every cost type needs a name of its own\n"},
        {"no type",
         {STATIC, COST("0", "A", "1", NULL, "even_split")},
         "cost_types.0.cost_quantity: Unable to extract tag using discriminator 'type'\n"},
        {"other type",
         {STATIC, COST("0", "A", "1", "other", "even_split")},
         "cost_types.0.cost_quantity: Input tag 'other' found using 'type' does not match any of the expected tags: "
         "'fixed', 'storage_gib', 'network_gib'\n"},
        {"no count",
         {STATIC, COST("0", "A", "1", "fixed", "even_split")},
         "cost_types.0.cost_quantity.count: Field required\n"},
        {"count 0",
         {STATIC, COST("0", "A", "1", "fixed", "even_split"), FIXED("0", "0")},
         "cost_types.0.cost_quantity.count: Input should be greater than 0\n"},
        {"no query", {STATIC, COST("0", "A", "1", "storage_gib", "even_split")}, AT "Field required\n"},
        {"usage",
         {STATIC, COST("0", "A", "1", "fixed", "usage_ratio"), FIXED("0", "1")},
         "cost_types.0: allocation_query required when allocation_strategy='usage_ratio'\n"
         "cost_types.0: allocation_label required when allocation_strategy='usage_ratio'\n"},
        {"usage label",
         {STATIC, COST("0", "A", "1", "fixed", "usage_ratio"), FIXED("0", "1"), BY("0", "x", "1")},
         "cost_types.0.allocation_label: '1' is no label name; expected letters, digits and '_', the first of them no "
         "digit\n"},
        {"interval", {WITH_QUERY("increase(x[$__interval])")}, ""},
        {"ten minutes", {WITH_QUERY("increase(x[10m])")}, ""},
        {"no window",
         {WITH_QUERY("x")},
         AT "a network_gib query gives the bytes of a window, but this one has none; " ADVICE},
        {"windows",
         {WITH_QUERY("increase(x[5m]) + increase(y[1h])")},
         AT "the query has windows of different length; " ADVICE},
        {"seven minutes", {WITH_QUERY("increase(x[7m])")}, AT "the window of 420 s does not divide a day; " ADVICE},
        {"two days", {WITH_QUERY("increase(x[2d])")}, AT "the window of 172800 s does not divide a day; " ADVICE},
        {"odd",
         {WITH_QUERY("increase(x[step])")},
         AT "the query has a window that is no duration of whole seconds; " ADVICE},
    };
    for (size_t i = 0; i < STAGE_COUNT(cases); i++) {
        struct cg_test_host test;
        size_t count = 0;
        while (count < STAGE_COUNT(cases[i].settings) && cases[i].settings[count].path != NULL) {
            count++;
        }
        cg_test_host_init(&test);
        generic_validate(&test.host, cg_test_config(&test, cases[i].settings, count));
        cr_assert_str_eq(test.problems, cases[i].problems, "%s: %s", cases[i].name, test.problems);
        cg_test_host_done(&test);
    }
}
