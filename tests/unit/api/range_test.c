#include "api/params.h"
#include "api/support.h"

/* Answers with the bounds that a range of days comes to, and those that hold for facts. */
static cg_status show(struct cg_call *call) {
    struct cg_params params;
    struct cg_range range;
    char texts[6][CG_TIME_TEXT_SIZE];
    int64_t start = 0;
    int64_t end = 0;
    cg_params_init(&params, call);
    struct cg_range_given given = cg_params_range(&params);
    if (!cg_params_fine(&params) || !cg_range_resolve(call, &given, &range))
        return cg_reply_done(call);
    cg_range_facts(call, &range, &start, &end);
    cg_buf_printf(&call->reply.body, "%s %s|%s %s|%s %s", cg_time_format_seconds(range.start, texts[0]),
                  cg_time_format_seconds(range.end, texts[1]), cg_time_format_seconds(range.zone_start, texts[2]),
                  cg_time_format_seconds(range.zone_end, texts[3]), cg_time_format_seconds(start, texts[4]),
                  cg_time_format_seconds(end, texts[5]));
    return cg_reply_done(call);
}

static const struct cg_route routes[] = {
    {.method = "GET", .path = "/api/v1/tenants/{}/range", .store = CG_ROUTE_READ, .handle = show},
};

#define T "T/range?"

/* Facts of a tenant with daily lines belong to their day in UTC, whatever the zone. */
static const struct {
    const char *query;
    const char *days;
    const char *zone;
} ranges[] = {
    {"start_date=2026-03-01&end_date=2026-03-01", "2026-03-01 00:00:00 2026-03-02 00:00:00",
     "2026-03-01 00:00:00 2026-03-02 00:00:00"},
    {"start_date=2026-03-01&end_date=2026-03-01&timezone=", "2026-03-01 00:00:00 2026-03-02 00:00:00",
     "2026-03-01 00:00:00 2026-03-02 00:00:00"},
    {"start_date=2026-03-01&end_date=2026-03-01&timezone=UTC", "2026-03-01 00:00:00 2026-03-02 00:00:00",
     "2026-03-01 00:00:00 2026-03-02 00:00:00"},
    {"start_date=2026-03-08&end_date=2026-03-08&timezone=America/Denver", "2026-03-08 00:00:00 2026-03-09 00:00:00",
     "2026-03-08 07:00:00 2026-03-09 06:00:00"},
    {"start_date=2026-11-01&end_date=2026-11-01&timezone=America/Denver", "2026-11-01 00:00:00 2026-11-02 00:00:00",
     "2026-11-01 06:00:00 2026-11-02 07:00:00"},
    {"start_date=2026-09-06&end_date=2026-09-06&timezone=America/Santiago", "2026-09-06 00:00:00 2026-09-07 00:00:00",
     "2026-09-06 04:00:00 2026-09-07 03:00:00"},
    {"start_date=2026-03-01&end_date=2026-03-01&timezone=Asia/Kolkata", "2026-03-01 00:00:00 2026-03-02 00:00:00",
     "2026-02-28 18:30:00 2026-03-01 18:30:00"},
    {"start_date=2026-03-01&end_date=2026-03-01&timezone=Asia%2FKolkata&timezone=Etc/GMT%2B1",
     "2026-03-01 00:00:00 2026-03-02 00:00:00", "2026-03-01 01:00:00 2026-03-02 01:00:00"},
    /* Today is 2026-03-20; the start is 30 days before the end, wherever that is. */
    {"", "2026-02-18 00:00:00 2026-03-21 00:00:00", "2026-02-18 00:00:00 2026-03-21 00:00:00"},
    {"start_date=2026-03-20", "2026-03-20 00:00:00 2026-03-21 00:00:00", "2026-03-20 00:00:00 2026-03-21 00:00:00"},
    {"end_date=2020-03-31", "2020-03-01 00:00:00 2020-04-01 00:00:00", "2020-03-01 00:00:00 2020-04-01 00:00:00"},
    {"end_date=2030-01-31", "2030-01-01 00:00:00 2030-02-01 00:00:00", "2030-01-01 00:00:00 2030-02-01 00:00:00"},
    /* As far as the calendar goes. */
    {"start_date=0001-01-01&end_date=9999-12-30", "0001-01-01 00:00:00 9999-12-31 00:00:00",
     "0001-01-01 00:00:00 9999-12-31 00:00:00"},
    {"start_date=0001-01-01&end_date=9999-12-30&timezone=America/Denver", "0001-01-01 00:00:00 9999-12-31 00:00:00",
     "0001-01-01 06:59:56 9999-12-31 07:00:00"},
};

Test(api_range, bounds) {
    struct api_stage stage;
    api_init(&stage, routes, 1);
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
        char target[256];
        char wanted[256];
        snprintf(target, sizeof target, "%s%s", T, ranges[i].query);
        stage.tenant.hourly = 0;
        snprintf(wanted, sizeof wanted, "%s|%s|%s", ranges[i].days, ranges[i].zone, ranges[i].days);
        assert_get(&stage, target, 200, wanted);
        stage.tenant.hourly = 1;
        snprintf(wanted, sizeof wanted, "%s|%s|%s", ranges[i].days, ranges[i].zone, ranges[i].zone);
        assert_get(&stage, target, 200, wanted);
    }
    api_done(&stage);
}

#define DETAIL(text) "{\"detail\":\"" text "\"}"
#define ORDER DETAIL("start_date must be <= end_date")
#define OUTSIDE                                                                                             \
    DETAIL("start_date and end_date must be days that lie, in the time zone asked for and in UTC, between " \
           "0001-01-01 and 9999-12-30")

static const struct {
    const char *query;
    const char *wanted;
} refusals[] = {
    {"start_date=2026-03-02&end_date=2026-03-01", ORDER},
    {"start_date=2026-03-21", ORDER}, /* tomorrow */
    {"start_date=2026-03-02&end_date=2026-03-01&timezone=nowhere", ORDER},
    {"timezone=nowhere", DETAIL("Unknown timezone: 'nowhere'")},
    {"timezone=../x", DETAIL("Unknown timezone: '../x'")},
    {"timezone=it's", DETAIL("Unknown timezone: \\\"it's\\\"")},
    {"timezone=a%0A%5C%7F%C2%85%C3%A9", DETAIL("Unknown timezone: 'a\\\\n\\\\\\\\\\\\x7f\\\\x85\xc3\xa9'")},
    {"timezone=..%2F..%2Fetc%2Fpasswd", DETAIL("Unknown timezone: '../../etc/passwd'")},
    {"timezone=/etc/passwd", DETAIL("Unknown timezone: '/etc/passwd'")},
    {"timezone=america/denver", DETAIL("Unknown timezone: 'america/denver'")},
    {"timezone=+UTC", DETAIL("Unknown timezone: ' UTC'")},
    {"timezone=zone.tab", DETAIL("Unknown timezone: 'zone.tab'")},
    {"timezone=leapseconds", DETAIL("Unknown timezone: 'leapseconds'")},
    {"timezone=posixrules", DETAIL("Unknown timezone: 'posixrules'")},
    {"timezone=America", DETAIL("Unknown timezone: 'America'")},
    {"timezone=it's", DETAIL("Unknown timezone: \\\"it's\\\"")},
    {"timezone=a%5Cb", DETAIL("Unknown timezone: 'a\\\\\\\\b'")},
    {"timezone=a%0Ab", DETAIL("Unknown timezone: 'a\\\\nb'")},
    {"timezone=Z%C3%BCrich", DETAIL("Unknown timezone: 'Z\xc3\xbcrich'")},
    {"start_date=9999-12-31&end_date=9999-12-31", OUTSIDE},
    {"end_date=9999-12-31", OUTSIDE},
    {"start_date=0001-01-01&end_date=9999-12-31", OUTSIDE},
    {"end_date=0001-01-01", OUTSIDE},
    {"start_date=0001-01-01&end_date=0001-01-01&timezone=Asia/Tokyo", OUTSIDE},
    {"start_date=9999-12-31&end_date=9999-12-31&timezone=nowhere", DETAIL("Unknown timezone: 'nowhere'")},
};

Test(api_range, refusals) {
    struct api_stage stage;
    api_init(&stage, routes, 1);
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        char target[256];
        snprintf(target, sizeof target, "%s%s", T, refusals[i].query);
        assert_get(&stage, target, 400, refusals[i].wanted);
    }
    api_done(&stage);
}

Test(api_range, a_long_zone_is_cut) {
    struct api_stage stage;
    static char target[10100] = T "timezone=";
    api_init(&stage, routes, 1);
    memset(target + strlen(target), 'x', 10000);
    const char *answer = api_get(&stage, target);
    cr_assert_eq(stage.status, 400);
    cr_assert_eq(strncmp(answer, "{\"detail\":\"Unknown timezone: 'xxx", 33), 0, "%s", answer);
    cr_assert_lt(strlen(answer), 1100);
    api_done(&stage);
}

/* What is wrong with dates is told before what is wrong with their order. */
Test(api_range, dates_that_are_none) {
    struct api_stage stage;
    api_init(&stage, routes, 1);
    static const char *const targets[] = {
        T "start_date=",         T "end_date=2026-02-30",  T "start_date=x&timezone=nowhere",
        T "start_date=2026-3-1", T "end_date=10000-01-01", T "end_date=0000-01-01"};
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
        api_get(&stage, targets[i]);
        cr_assert_eq(stage.status, 422, "%s: %u", targets[i], stage.status);
    }
    api_done(&stage);
}
