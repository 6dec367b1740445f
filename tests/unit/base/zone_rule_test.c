#include "base/zone_rule.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <string.h>

#include "base/time.h"

/* ---- reading ---- */

static const struct {
    const char *text;
    int32_t standard;
    int32_t summer;
    int32_t changes;
} rules[] = {
    {"UTC0", 0, 0, 0},
    {"IST-5:30", 19800, 19800, 0},
    {"<+0545>-5:45", 20700, 20700, 0},
    {"<-02>2<-01>,M3.5.0/-1,M10.5.0/0", -7200, -3600, 1},
    {"IST-1GMT0,M10.5.0,M3.5.0/1", 3600, 0, 1},
    {"MST7MDT,M3.2.0,M11.1.0", -25200, -21600, 1},
    {"<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", 37800, 39600, 1},
    {"AAA+24:59:59BBB,0/-167:59:59,365/+167", -89999, -86399, 1},
    {"YYY-24:59:59", 89999, 89999, 0},
    {"YYY3EDT4,0/0,J365/23", -10800, -14400, 1},
    {"abcdefghijklmnop0", 0, 0, 0},
};

Test(zone_rule, reads) {
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        struct cg_zone_rule rule;
        cr_assert_eq(cg_zone_rule_parse(rules[i].text, strlen(rules[i].text), &rule), CG_OK, "%s", rules[i].text);
        cr_assert_eq(rule.standard, rules[i].standard, "%s: %d", rules[i].text, rule.standard);
        cr_assert_eq(rule.summer, rules[i].summer, "%s: %d", rules[i].text, rule.summer);
        cr_assert_eq(rule.changes, rules[i].changes, "%s", rules[i].text);
    }
}

static const char *const wrong[] = {
    "",
    "U0",
    "UT0",
    "UTC",
    "UTC0 ",
    "UTC0x",
    "UTC25",
    "UTC0:60",
    "UTC0:00:60",
    "UTC0:",
    "UTC-",
    "UTC+-1",
    "<UTC0",
    "<U>0",
    "<UT C>0",
    "U1C0",
    "MST7MDT",
    "MST7MDT,",
    "MST7MDT,M3.2.0",
    "MST7MDT,M3.2.0,",
    "MST7MDT,M3.2.0,M11.1.0,",
    "MST7MDT,M3.2.0,M11.1.0x",
    "MST7MDT,M0.2.0,M11.1.0",
    "MST7MDT,M13.2.0,M11.1.0",
    "MST7MDT,M3.0.0,M11.1.0",
    "MST7MDT,M3.6.0,M11.1.0",
    "MST7MDT,M3.2.7,M11.1.0",
    "MST7MDT,M3.2,M11.1.0",
    "MST7MDT,M3.2.0/168,M11.1.0",
    "MST7MDT,M3.2.0/,M11.1.0",
    "MST7MDT,J0,J365",
    "MST7MDT,J366,J365",
    "MST7MDT,366,1",
    "MST7MDT,-1,1",
    "MST7MDT,1000,1",
    ":America/Denver",
};

Test(zone_rule, refuses) {
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct cg_zone_rule rule;
        cr_assert_eq(cg_zone_rule_parse(wrong[i], strlen(wrong[i]), &rule), CG_INVALID, "'%s'", wrong[i]);
    }
    struct cg_zone_rule rule;
    cr_assert_eq(cg_zone_rule_parse("UTC0\0x", 6, &rule), CG_INVALID);
    cr_assert_eq(cg_zone_rule_parse("UTC0xxxx", 4, &rule), CG_OK, "the text ends where it is said to");
}

/* ---- changes ---- */

static const struct {
    const char *rule;
    const char *time;
    const char *change; /* the last one at or before it */
    int32_t before;
    int32_t after;
} changes[] = {
    {"MST7MDT,M3.2.0,M11.1.0", "2026-03-08T08:59:59Z", "2025-11-02T08:00:00Z", -21600, -25200},
    {"MST7MDT,M3.2.0,M11.1.0", "2026-03-08T09:00:00Z", "2026-03-08T09:00:00Z", -25200, -21600},
    {"MST7MDT,M3.2.0,M11.1.0", "2026-11-01T08:00:00Z", "2026-11-01T08:00:00Z", -21600, -25200},
    /* The last Sunday; the fourth one is the last in February. */
    {"CET-1CEST,M3.5.0,M10.5.0/3", "2026-07-01T00:00:00Z", "2026-03-29T01:00:00Z", 3600, 7200},
    {"AAA0BBB,M2.5.0/0,M12.5.3/0", "2026-03-01T00:00:00Z", "2026-02-22T00:00:00Z", 0, 3600},
    {"AAA0BBB,M2.5.0/0,M12.5.3/0", "2026-12-31T23:00:00Z", "2026-12-29T23:00:00Z", 3600, 0},
    /* J60 is March 1, also in leap years; 59 is February 29 in leap years. */
    {"AAA0BBB,J60/0,J300/0", "2024-03-15T00:00:00Z", "2024-03-01T00:00:00Z", 0, 3600},
    {"AAA0BBB,J60/0,J300/0", "2025-03-15T00:00:00Z", "2025-03-01T00:00:00Z", 0, 3600},
    {"AAA0BBB,59/0,300/0", "2024-03-15T00:00:00Z", "2024-02-29T00:00:00Z", 0, 3600},
    {"AAA0BBB,59/0,300/0", "2025-03-15T00:00:00Z", "2025-03-01T00:00:00Z", 0, 3600},
    {"AAA0BBB,J59/0,J300/0", "2024-03-15T00:00:00Z", "2024-02-28T00:00:00Z", 0, 3600},
    /* Times outside of the day, also outside of the year. */
    {"EET-2EEST,M3.4.4/50,M10.4.4/50", "2040-07-01T00:00:00Z", "2040-03-24T00:00:00Z", 7200, 10800},
    {"AAA0BBB,J1/-24,J180/0", "2025-12-31T00:00:00Z", "2025-12-31T00:00:00Z", 0, 3600},
    {"AAA0BBB,J180/0,J365/48", "2026-01-01T22:59:59Z", "2025-06-29T00:00:00Z", 0, 3600},
    {"AAA0BBB,J180/0,J365/48", "2026-01-01T23:00:00Z", "2026-01-01T23:00:00Z", 3600, 0},
    {"AAA0BBB,J180/0,J365/167", "2026-01-06T00:00:00Z", "2025-06-29T00:00:00Z", 0, 3600},
    /* South of the equator, summer begins in the year before. */
    {"<-04>4<-03>,M9.1.6/24,M4.1.6/24", "2026-09-06T04:00:00Z", "2026-09-06T04:00:00Z", -14400, -10800},
    {"<-04>4<-03>,M9.1.6/24,M4.1.6/24", "2026-01-01T00:00:00Z", "2025-09-07T04:00:00Z", -14400, -10800},
    /* It ends when it starts again. */
    {"EST5EDT,0/0,J365/25", "2026-06-01T00:00:00Z", "2026-01-01T05:00:00Z", -14400, -14400},
    {"EST5EDT,0/0,J365/25", "2028-01-01T05:00:00Z", "2028-01-01T05:00:00Z", -14400, -14400},
    {"AAA0BBB,M3.2.0,M11.1.0", "0001-06-01T00:00:00Z", "0001-03-11T02:00:00Z", 0, 3600},
    {"AAA0BBB,M3.2.0,M11.1.0", "9999-12-31T00:00:00Z", "9999-11-07T01:00:00Z", 3600, 0},
};

Test(zone_rule, last_change) {
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        struct cg_zone_rule rule;
        struct cg_zone_change change;
        int64_t time = 0;
        int64_t wanted = 0;
        cr_assert_eq(cg_zone_rule_parse(changes[i].rule, strlen(changes[i].rule), &rule), CG_OK, "%s", changes[i].rule);
        cr_assert_eq(cg_time_parse(changes[i].time, &time), CG_OK);
        cr_assert_eq(cg_time_parse(changes[i].change, &wanted), CG_OK);
        cr_assert_eq(cg_zone_rule_last(&rule, time / 1000000, &change), 1);
        cr_assert_eq(change.time, wanted / 1000000, "%s %s: off by %" PRId64, changes[i].rule, changes[i].time,
                     change.time - wanted / 1000000);
        cr_assert(change.before == changes[i].before && change.after == changes[i].after, "%s %s: %d to %d",
                  changes[i].rule, changes[i].time, change.before, change.after);
    }
}

Test(zone_rule, without_changes) {
    struct cg_zone_rule rule;
    struct cg_zone_change change;
    cr_assert_eq(cg_zone_rule_parse("JST-9", 5, &rule), CG_OK);
    cr_assert_eq(cg_zone_rule_last(&rule, 0, &change), 0);
}
