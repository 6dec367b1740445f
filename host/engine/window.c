#include "engine/window.h"

#include <string.h>

#include "base/time.h"

#define HOUR_US (CG_DAY_US / 24)

cg_status cg_window_end(const struct cg_tenant_settings *tenant, const char *granularity, int64_t timestamp,
                        int64_t *ret, struct cg_error *error) {
    int64_t hours = 0;
    if (strcmp(granularity, "monthly") == 0)
        hours = 24 * (int64_t)cg_time_month_days(timestamp);
    else if (strcmp(granularity, "daily") == 0)
        hours = 24;
    else if (strcmp(granularity, "hourly") == 0)
        hours = 1;
    for (size_t i = 0; i < tenant->duration_count; i++)
        if (strcmp(tenant->durations[i].name, granularity) == 0 && strcmp(granularity, "monthly") != 0)
            hours = tenant->durations[i].hours;
    if (hours <= 0)
        return cg_error_set(error, CG_INVALID, "Unknown billing granularity: '%s'", granularity);
    int64_t room = timestamp > 0 ? INT64_MAX - timestamp : INT64_MAX;
    if (hours > room / HOUR_US)
        return cg_error_set(error, CG_RANGE, "granularity '%s' lasts too long", granularity);
    *ret = timestamp + hours * HOUR_US;
    return CG_OK;
}
