/*
 * window.h - how long a billing line lasts.
 */
#ifndef CG_ENGINE_WINDOW_H
#define CG_ENGINE_WINDOW_H

#include "base/error.h"
#include "config/settings.h"

/**
 * End of the window that starts at `timestamp`: "monthly" is the calendar month's days, "hourly" and "daily" an hour
 * and a day unless `granularity_durations` says otherwise, which also gives other names their length. CG_INVALID:
 * unknown name.
 */
cg_status cg_window_end(const struct cg_tenant_settings *tenant, const char *granularity, int64_t timestamp,
                        int64_t *ret, struct cg_error *error);

#endif
