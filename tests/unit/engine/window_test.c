#include <criterion/criterion.h>

#include "base/time.h"
#include "engine/window.h"

static const struct cg_duration durations[] = {{"daily", 24}, {"hourly", 1}, {"shift", 8}};
static const struct cg_duration overridden[] = {{"daily", 12}, {"hourly", 2}, {"monthly", 5}};

static const struct {
    const char *name;
    const struct cg_duration *durations;
    const char *granularity;
    const char *start;
    const char *end; /* NULL: refused */
} cases[] = {
    {"an hour", durations, "hourly", "2026-06-01T05:00:00Z", "2026-06-01T06:00:00Z"},
    {"a day", durations, "daily", "2026-06-01T00:00:00Z", "2026-06-02T00:00:00Z"},
    {"a configured name", durations, "shift", "2026-06-01T16:00:00Z", "2026-06-02T00:00:00Z"},
    {"a month of 30 days", durations, "monthly", "2026-06-01T00:00:00Z", "2026-07-01T00:00:00Z"},
    {"February", durations, "monthly", "2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z"},
    {"February of a leap year", durations, "monthly", "2028-02-01T00:00:00Z", "2028-03-01T00:00:00Z"},
    {"December", durations, "monthly", "2026-12-01T00:00:00Z", "2027-01-01T00:00:00Z"},
    {"an overridden day", overridden, "daily", "2026-06-01T00:00:00Z", "2026-06-01T12:00:00Z"},
    {"a month cannot be overridden", overridden, "monthly", "2026-06-01T00:00:00Z", "2026-07-01T00:00:00Z"},
    {"an unknown name", durations, "weekly", "2026-06-01T00:00:00Z", NULL},
    {"no name", durations, "", "2026-06-01T00:00:00Z", NULL},
};

Test(window, end) {
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct cg_duration copies[3];
        for (size_t d = 0; d < 3; d++)
            copies[d] = cases[i].durations[d];
        struct cg_tenant_settings tenant = {.durations = copies, .duration_count = 3};
        struct cg_error error = {0};
        int64_t start = 0;
        int64_t wanted = -1;
        int64_t end = -1;
        cg_time_parse(cases[i].start, &start);
        if (cases[i].end)
            cg_time_parse(cases[i].end, &wanted);
        cg_status status = cg_window_end(&tenant, cases[i].granularity, start, &end, &error);
        cr_assert_eq(status, cases[i].end ? CG_OK : CG_INVALID, "%s: %s", cases[i].name, error.text);
        cr_assert_eq(end, wanted, "%s", cases[i].name);
    }
}

Test(window, unknown_name_is_told) {
    struct cg_tenant_settings tenant = {0};
    struct cg_error error = {0};
    int64_t end = 0;
    cg_window_end(&tenant, "x", 0, &end, &error);
    cr_assert_str_eq(error.text, "Unknown billing granularity: 'x'");
}
