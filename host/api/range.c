/*
 * range.c - ranges of days, from what was asked for to bounds of times (params.h).
 */
#include "api/params.h"
#include "base/zone.h"

#define DEFAULT_DAYS 30

/* NULL for UTC. 0 when the reply was written. */
static int32_t find_zone(struct cg_call *call, const char *name, const struct cg_zone **ret) {
    *ret = NULL;
    if (!name || !*name)
        return 1;
    cg_status status = cg_zone_find(name, call->arena, ret);
    if (status == CG_OK)
        return 1;
    if (status == CG_NO_MEMORY)
        call->reply.body.status = CG_NO_MEMORY;
    else
        cg_reply_detail(call, 400, "Unknown timezone: %s", cg_call_quoted(call, name));
    return 0;
}

static int32_t is_in_calendar(const struct cg_range *range) {
    return range->start >= CG_TIME_FIRST && range->end <= CG_TIME_LAST && range->zone_start >= CG_TIME_FIRST &&
           range->zone_end <= CG_TIME_LAST;
}

int32_t cg_range_resolve(struct cg_call *call, const struct cg_range_given *given, struct cg_range *ret) {
    struct cg_range range = {0};
    int64_t last = given->end_date == CG_TIME_NONE ? cg_time_day(call->now) : given->end_date;
    range.start = given->start_date == CG_TIME_NONE ? last - DEFAULT_DAYS * CG_DAY_US : given->start_date;
    range.end = last + CG_DAY_US;
    if (range.start > last) {
        cg_reply_detail(call, 400, "start_date must be <= end_date");
        return 0;
    }
    if (!find_zone(call, given->timezone, &range.zone))
        return 0;
    range.zone_start = range.zone ? cg_zone_midnight(range.zone, range.start) : range.start;
    range.zone_end = range.zone ? cg_zone_midnight(range.zone, range.end) : range.end;
    if (!is_in_calendar(&range)) {
        cg_reply_detail(call, 400,
                        "start_date and end_date must be days that lie, in the time zone asked for and in UTC, "
                        "between 0001-01-01 and 9999-12-30");
        return 0;
    }
    *ret = range;
    return 1;
}

void cg_range_facts(const struct cg_call *call, const struct cg_range *range, int64_t *ret_start, int64_t *ret_end) {
    *ret_start = call->tenant->hourly ? range->zone_start : range->start;
    *ret_end = call->tenant->hourly ? range->zone_end : range->end;
}
