#include "moment.h"

#include <criterion/criterion.h>
#include <inttypes.h>

#define BAD INT64_MIN
#define SECONDS(count_) ((count_)*INT64_C(1000000))

struct moment {
    const char *text;
    int64_t time;
};

static const struct moment moments[] = {
    {"1970-01-01T00:00:00Z", 0},
    {"2024-03-01T08:00:00Z", SECONDS(1709280000)},
    {"2024-03-02T10:00:00.123456Z", SECONDS(1709373600) + 123456},
    {"2024-03-02T10:00:00.1234567890Z", SECONDS(1709373600) + 123456},
    {"2024-03-02T10:00:00.5", SECONDS(1709373600) + 500000},
    {"2024-03-02t10:00:00z", SECONDS(1709373600)},
    {"2024-03-02 10:00:00", SECONDS(1709373600)},
    {"2024-03-02T10:00", SECONDS(1709373600)},
    {"2024-03-02T12:00:00+02:00", SECONDS(1709373600)},
    {"2024-03-02T12:00:00+0200", SECONDS(1709373600)},
    {"2024-03-02T12:00:00+02", SECONDS(1709373600)},
    {"2024-03-02T04:30:00-05:30", SECONDS(1709373600)},
    {"2024-02-29", SECONDS(1709164800)},
    {"1969-12-31T23:59:59Z", SECONDS(-1)},
    {"2000-02-29T00:00:00Z", SECONDS(951782400)},
    {"9999-12-31T23:59:59Z", SECONDS(253402300799)},
    {"0001-01-01T00:00:00Z", SECONDS(-62135596800)},
    {"2023-02-29T00:00:00Z", BAD},
    {"1900-02-29", BAD},
    {"0000-01-01", BAD},
    {"2024-13-01", BAD},
    {"2024-00-01", BAD},
    {"2024-01-32", BAD},
    {"2024-1-1", BAD},
    {"2024-03-02T24:00:00Z", BAD},
    {"2024-03-02T10:60:00Z", BAD},
    {"2024-03-02T10:00:60Z", BAD},
    {"2024-03-02T10:00:00.Z", BAD},
    {"2024-03-02T10:00:00Zx", BAD},
    {"2024-03-02T10:00:00+2", BAD},
    {"2024-03-02T10:00:00+02:0", BAD},
    {"2024-03-02T", BAD},
    {"yesterday", BAD},
    {"", BAD},
};

Test(moment, iso_8601) {
    for (size_t i = 0; i < sizeof moments / sizeof moments[0]; i++) {
        int64_t time = 0;
        cg_status status = ccloud_moment_parse(moments[i].text, &time);
        cr_expect_eq(status, moments[i].time == BAD ? CG_INVALID : CG_OK, "'%s'", moments[i].text);
        if (status == CG_OK) {
            cr_expect_eq(time, moments[i].time, "'%s' is %" PRId64, moments[i].text, time);
        }
    }
}

static const struct moment days[] = {
    {"2026-06-01", SECONDS(1780272000)},
    {"2026-6-1", SECONDS(1780272000)},
    {"2026-06-1", SECONDS(1780272000)},
    {"2024-02-29", SECONDS(1709164800)},
    {"2026-06-01T00:00:00Z", BAD},
    {"06/01/2026", BAD},
    {"2026-06-31", BAD},
    {"26-06-01", BAD},
    {"2026-06-01 ", BAD},
    {"2026-06-001", BAD},
    {"", BAD},
};

Test(moment, days) {
    for (size_t i = 0; i < sizeof days / sizeof days[0]; i++) {
        int64_t time = 0;
        cg_status status = ccloud_day_parse(days[i].text, &time);
        cr_expect_eq(status, days[i].time == BAD ? CG_INVALID : CG_OK, "'%s'", days[i].text);
        if (status == CG_OK) {
            cr_expect_eq(time, days[i].time, "'%s' is %" PRId64, days[i].text, time);
        }
    }
}

Test(moment, every_day_is_written_as_it_is_read) {
    int64_t first = 0;
    int64_t last = 0;
    cr_assert_eq(ccloud_day_parse("1896-01-01", &first), CG_OK);
    cr_assert_eq(ccloud_day_parse("2104-12-31", &last), CG_OK);
    for (int64_t day = first; day <= last; day += CG_DAY_US) {
        char text[CCLOUD_DAY_SIZE];
        int64_t back = 0;
        ccloud_day_format(day, text);
        cr_assert_eq(ccloud_day_parse(text, &back), CG_OK, "%s", text);
        cr_assert_eq(back, day, "%s", text);
    }
}
