#include "views/aggregate_bucket.h"

#include <stdio.h>

#define HOUR_US (INT64_C(3600) * 1000000)

static int64_t floor_divide(int64_t value, int64_t by) {
    return value / by - (value % by < 0);
}

/* Week of the year, as %W of C counts it. */
static int64_t week_of(int64_t day, int32_t year) {
    int64_t first = 0;
    if (cg_time_from_date(year, 1, 1, &first) != CG_OK)
        return 0;
    int64_t of_year = (day - first) / CG_DAY_US;
    int64_t number = floor_divide(day, CG_DAY_US);
    int64_t since_monday = (number + 3) - floor_divide(number + 3, 7) * 7; /* 1970-01-01 was a Thursday */
    return (of_year + 7 - since_monday) / 7;
}

int64_t cg_bucket_of(uint32_t unit, int64_t time, const struct cg_zone *zone) {
    int32_t year = 0;
    int32_t month = 0;
    if (unit == CG_BUCKET_HOUR)
        return floor_divide(time, HOUR_US);
    int64_t day = zone ? cg_zone_day(zone, time) : cg_time_day(time);
    if (unit == CG_BUCKET_DAY)
        return floor_divide(day, CG_DAY_US);
    cg_time_to_date(day, &year, &month, NULL);
    return unit == CG_BUCKET_WEEK ? (int64_t)year * 64 + week_of(day, year) : (int64_t)year * 16 + month;
}

void cg_bucket_format(uint32_t unit, int64_t bucket, char *buffer) {
    char text[CG_TIME_TEXT_SIZE];
    if (unit == CG_BUCKET_HOUR) {
        cg_time_format_seconds(bucket * HOUR_US, text);
        snprintf(buffer, CG_BUCKET_TEXT_SIZE, "%.10sT%.8s", text, text + 11);
    } else if (unit == CG_BUCKET_DAY) {
        snprintf(buffer, CG_BUCKET_TEXT_SIZE, "%s", cg_time_format_date(bucket * CG_DAY_US, text));
    } else if (unit == CG_BUCKET_WEEK) {
        snprintf(buffer, CG_BUCKET_TEXT_SIZE, "%04d-W%02d", (int)(bucket / 64), (int)(bucket % 64));
    } else {
        snprintf(buffer, CG_BUCKET_TEXT_SIZE, "%04d-%02d", (int)(bucket / 16), (int)(bucket % 16));
    }
}
