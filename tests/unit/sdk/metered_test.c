/* The parts of a metered bill that need no host. */
#include <chitragupt/metered.h>
#include <chitragupt/test_host.h>

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#define COUNT(array_) (sizeof(array_) / sizeof((array_)[0]))

Test(cg_metered_step, is_the_greatest_divisor_of_a_day) {
    static const struct {
        int64_t given;
        int64_t step;
    } cases[] = {{3600, 3600}, {1800, 1800},   {7000, 5760},  {86400, 86400}, {86399, 43200}, {90000, 86400},
                 {7, 6},       {3601, 3600},   {1, 1},        {0, 1},         {-5, 1},        {INT64_MAX, 86400},
                 {11, 10},     {14400, 14400}, {43199, 28800}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        cr_assert_eq(cg_metered_step(cases[i].given), cases[i].step, "%lld", (long long)cases[i].given);
    }
}

Test(cg_metered_settings, are_read) {
    static const struct {
        const char *text;
        int64_t step;
    } steps[] = {{NULL, 3600}, {"1", 1}, {"90000", 90000}, {"0", 1}, {"-5", 1}};
    static const struct cg_test_setting texts[] = {{"a.full", "x", 0}, {"a.empty", "", 0}};
    struct cg_test_host test;
    cg_test_host_init(&test);
    for (size_t i = 0; i < COUNT(steps); i++) {
        const struct cg_test_setting setting = {"metrics_step_seconds", steps[i].text, CG_CONFIG_INT};
        const struct cg_config *settings = cg_test_config(&test, &setting, steps[i].text == NULL ? 0 : 1);
        cr_assert_eq(cg_metered_sampling(test.host.config, settings), steps[i].step, "%s", steps[i].text);
    }
    const struct cg_config *settings = cg_test_config(&test, texts, COUNT(texts));
    cr_assert_str_eq(cg_metered_given(test.host.config, settings, "a.full"), "x");
    cr_assert_null(cg_metered_given(test.host.config, settings, "a.empty"));
    cr_assert_null(cg_metered_given(test.host.config, settings, "a.none"));
    cr_assert_null(cg_metered_given(test.host.config, NULL, "a"));
    cg_test_host_done(&test);
}

#define STEP_WRONG                                                                                                   \
    "metrics_step_seconds: Input should be less than or equal to 86400, the seconds of the day that a line is made " \
    "for\n"

#define LISTED "identity_source.static_identities.0."

Test(cg_metered_settings, are_checked) {
    static const struct {
        const char *name;
        struct cg_test_setting settings[3];
        size_t count;
        const char *problems;
    } cases[] = {
        {"fine", {{"metrics.url", "http://p", 0}}, 1, ""},
        {"a day", {{"metrics.url", "http://p", 0}, {"metrics_step_seconds", "86400", CG_CONFIG_INT}}, 2, ""},
        {"nothing", {{NULL, NULL, 0}}, 0, "metrics: Field required\n"},
        {"no section", {{"metrics", "http://p", 0}}, 1, "metrics: Field required\n"},
        {"beyond a day",
         {{"metrics.url", "http://p", 0}, {"metrics_step_seconds", "86401", CG_CONFIG_INT}},
         2,
         STEP_WRONG},
        {"both", {{"metrics_step_seconds", "172800", CG_CONFIG_INT}}, 1, "metrics: Field required\n" STEP_WRONG},
        {"an identity",
         {{"metrics.url", "http://p", 0},
          {LISTED "identity_id", "al\xc3\xafs", 0},
          {LISTED "identity_type", "user", 0}},
         3,
         ""},
        {"an odd identity",
         {{"metrics.url", "http://p", 0},
          {LISTED "identity_id", "al\tice", 0},
          {LISTED "identity_type",
           "us\xc2\x85"
           "er",
           0}},
         3,
         LISTED
         "identity_id: 'al\tice' cannot be stored; expected at most 1024 bytes without control characters\n" LISTED
         "identity_type: 'us\xc2\x85"
         "er' cannot be stored; expected at most 255 bytes without control characters\n"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct cg_test_host test;
        cg_test_host_init(&test);
        cg_metered_check(&test.host, cg_test_config(&test, cases[i].settings, cases[i].count));
        cr_assert_str_eq(test.problems, cases[i].problems, "%s: %s", cases[i].name, test.problems);
        cg_test_host_done(&test);
    }
}

Test(cg_metered_settings, listed_identities_have_names_that_fit) {
    char id[CG_METERED_ID_SIZE + 2] = "";
    char type[CG_METERED_TYPE_SIZE + 2] = "";
    const struct cg_test_setting settings[] = {
        {"metrics.url", "http://p", 0}, {LISTED "identity_id", id, 0}, {LISTED "identity_type", type, 0}};
    for (size_t more = 0; more < 2; more++) {
        struct cg_test_host test;
        memset(id, 'x', CG_METERED_ID_SIZE + more);
        memset(type, 'y', CG_METERED_TYPE_SIZE + more);
        cg_test_host_init(&test);
        cg_metered_check(&test.host, cg_test_config(&test, settings, 3));
        cr_assert_eq(strstr(test.problems, "identity_id: 'xxx") != NULL, more == 1, "%s", test.problems);
        cr_assert_eq(strstr(test.problems, "identity_type: 'yyy") != NULL, more == 1, "%s", test.problems);
        cg_test_host_done(&test);
    }
}

Test(cg_metered_settings, name_labels) {
    static const struct cg_test_setting setting = {"labels.topic", "a:b", 0};
    struct cg_test_host test;
    cg_test_host_init(&test);
    const struct cg_config *settings = cg_test_config(&test, &setting, 1);
    cg_metered_check_label(&test.host, settings, "labels.topic", NULL);
    cg_metered_check_label(&test.host, settings, "labels.topic", "a_b");
    cg_metered_check_label(&test.host, settings, "labels.topic", "a:b");
    cg_metered_check_label(&test.host, settings, "labels.topic", "");
    cr_assert_str_eq(test.problems,
                     "labels.topic: 'a:b' is no label name; expected letters, digits and '_', the first of them no "
                     "digit\nlabels.topic: '' is no label name; expected letters, digits and '_', the first of them no "
                     "digit\n");
    cg_test_host_done(&test);
}

Test(cg_metered_duration, is_in_the_largest_exact_unit) {
    static const struct {
        int64_t seconds;
        const char *text;
    } cases[] = {{3600, "1h"}, {1800, "30m"}, {90, "90s"},     {86400, "1d"}, {172800, "2d"},
                 {60, "1m"},   {1, "1s"},     {7000, "7000s"}, {5760, "96m"}, {90000, "25h"}};
    char text[CG_METERED_DURATION_SIZE];
    for (size_t i = 0; i < COUNT(cases); i++) {
        cr_assert_str_eq(cg_metered_duration(cases[i].seconds, text), cases[i].text);
    }
}

Test(cg_metered_window, finds_range_selectors) {
    static const struct {
        const char *query;
        uint32_t kind;
        int64_t seconds;
    } cases[] = {
        {"sum(x)", CG_METERED_WINDOW_NONE, 0},
        {"sum(increase(x[1h]))", CG_METERED_WINDOW_ONE, 3600},
        {"increase(x[ 90s ])", CG_METERED_WINDOW_ONE, 90},
        {"increase(x[1h30m])", CG_METERED_WINDOW_ONE, 5400},
        {"increase(x[60m]) + increase(y[1h])", CG_METERED_WINDOW_ONE, 3600},
        {"increase(x[1w])", CG_METERED_WINDOW_ONE, 604800},
        {"increase(x[1y])", CG_METERED_WINDOW_ONE, 31536000},
        {"increase(x[3000ms])", CG_METERED_WINDOW_ONE, 3},
        {"increase(x[300])", CG_METERED_WINDOW_ONE, 300},
        {"increase(x[$__interval])", CG_METERED_WINDOW_INTERVAL, 0},
        {"increase(x[$__interval]) + increase(y[ $__interval ])", CG_METERED_WINDOW_INTERVAL, 0},
        {"avg_over_time(rate(x[5m])[1h:])", CG_METERED_WINDOW_SEVERAL, 0},
        {"avg_over_time(x[1h:5m])", CG_METERED_WINDOW_ONE, 3600},
        {"increase(x[1h]) + increase(y[$__interval])", CG_METERED_WINDOW_SEVERAL, 0},
        {"increase(x[1h]) + increase(y[2h])", CG_METERED_WINDOW_SEVERAL, 0},
        {"increase(x{a=\"[5m]\"}[1h])", CG_METERED_WINDOW_ONE, 3600},
        {"increase(x{a='\\'[5m]'}[1h])", CG_METERED_WINDOW_ONE, 3600},
        {"increase(x{a=`\\`}[1h])", CG_METERED_WINDOW_ONE, 3600},
        {"increase(x[1h]) # [5m]\n", CG_METERED_WINDOW_ONE, 3600},
        {"increase(x[1h]) # [5m]\n+ increase(y[5m])", CG_METERED_WINDOW_SEVERAL, 0},
        {"increase(x[])", CG_METERED_WINDOW_UNREAD, 0},
        {"increase(x[1500ms])", CG_METERED_WINDOW_UNREAD, 0},
        {"increase(x[abc])", CG_METERED_WINDOW_UNREAD, 0},
        {"increase(x[0s])", CG_METERED_WINDOW_UNREAD, 0},
        {"increase(x[1h", CG_METERED_WINDOW_UNREAD, 0},
        {"increase(x[99999999999999999999y])", CG_METERED_WINDOW_UNREAD, 0},
        {"increase(x[9999999999999y])", CG_METERED_WINDOW_UNREAD, 0},
        {"increase(x[${range}])", CG_METERED_WINDOW_UNREAD, 0},
        {"increase(x[\"", CG_METERED_WINDOW_UNREAD, 0},
        {"\"[1h]", CG_METERED_WINDOW_NONE, 0},
        {"[", CG_METERED_WINDOW_UNREAD, 0},
        {"", CG_METERED_WINDOW_NONE, 0},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t seconds = -1;
        cr_assert_eq(cg_metered_window(cases[i].query, &seconds), cases[i].kind, "%s", cases[i].query);
        cr_assert_eq(seconds, cases[i].seconds, "%s", cases[i].query);
    }
}

Test(cg_metered_with_interval, replaces_every_one) {
    struct cg_metered_memory memory = {NULL};
    cr_assert_str_eq(cg_metered_with_interval(&memory, "a[$__interval]+b[$__interval]", 1800), "a[30m]+b[30m]");
    cr_assert_str_eq(cg_metered_with_interval(&memory, "$__interval", 7), "7s");
    cr_assert_str_eq(cg_metered_with_interval(&memory, "x[1h]", 7), "x[1h]");
    cr_assert_str_eq(cg_metered_with_interval(&memory, "", 7), "");
    cg_metered_memory_done(&memory);
    cr_assert_null(memory.blocks);
}

Test(cg_metered_names, are_those_of_prometheus) {
    static const struct {
        const char *text;
        int32_t metric;
        int32_t label;
    } cases[] = {{"a", 1, 1},   {"_a9", 1, 1}, {"job:x:rate", 1, 0}, {"9a", 0, 0},         {"", 0, 0},   {"a-b", 0, 0},
                 {"a b", 0, 0}, {"ä", 0, 0},   {":", 1, 0},          {"a{b=\"c\"}", 0, 0}, {"a\n", 0, 0}};
    char most[257];
    for (size_t i = 0; i < COUNT(cases); i++) {
        cr_assert_eq(cg_metered_is_metric_name(cases[i].text), cases[i].metric, "'%s'", cases[i].text);
        cr_assert_eq(cg_metered_is_label_name(cases[i].text), cases[i].label, "'%s'", cases[i].text);
    }
    for (size_t i = 0; i < 256; i++) {
        most[i] = 'a';
    }
    most[256] = '\0';
    cr_assert_eq(cg_metered_is_label_name(most), 0);
    cr_assert_eq(cg_metered_is_label_name(most + 1), 1);
}

Test(cg_metered_sum, loses_nothing_between_great_and_small) {
    static const double values[] = {1, 1e100, 1, -1e100};
    static const double tenths[] = {0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1};
    const double wild[] = {1, NAN, INFINITY, 2};
    cr_assert(cg_metered_sum(values, 4) == 2);
    cr_assert(cg_metered_sum(tenths, 10) == 1);
    cr_assert(cg_metered_sum(wild, 4) == 3);
    cr_assert(cg_metered_sum(NULL, 0) == 0);
}

Test(cg_metered_id, is_clean_and_short) {
    static const struct {
        const char *value;
        const char *id;
    } cases[] = {
        {"alice", "alice"},
        {"User:CN=a,O=\"b\"", "User:CN=a,O=\"b\""},
        {"\xc3\xbc\xe2\x82\xac\xf0\x9f\x90\x8e", "\xc3\xbc\xe2\x82\xac\xf0\x9f\x90\x8e"},
        {"two\nlines\t\x7f", "two?lines??"},
        {"a\xc2\x9b"
         "b\xc2\xa0",
         "a??b\xc2\xa0"},
        {"\xff\xc0\x80\xed\xa0\x80", "??????"},
        {"cut\xe2\x82", "cut??"},
        {"\x1b[31mred", "?[31mred"},
    };
    struct cg_test_host test;
    cg_test_host_init(&test);
    for (size_t i = 0; i < COUNT(cases); i++) {
        cr_assert_str_eq(cg_metered_id(&test.host, cases[i].value), cases[i].id, "%zu", i);
    }
    char value[2 * CG_METERED_ID_SIZE + 1];
    memset(value, 'a', sizeof value - 1);
    value[sizeof value - 1] = '\0';
    cr_assert_eq(strlen(cg_metered_id(&test.host, value)), CG_METERED_ID_SIZE);
    memset(value, '\n', CG_METERED_ID_SIZE - 1);
    memcpy(value + CG_METERED_ID_SIZE - 1, "\xc3\xbc", 2);
    cr_assert_eq(strlen(cg_metered_id(&test.host, value)), CG_METERED_ID_SIZE - 1, "half a character is left out");
    cg_test_host_done(&test);
}
