/*
 * A stage for ecosystems that make their bill of metrics: a test host, what its metrics source knows, and texts of what
 * came out.
 */
#ifndef METERED_STAGE_H
#define METERED_STAGE_H

#include <chitragupt/metered.h>
#include <chitragupt/plugin.h>
#include <chitragupt/test_host.h>

#define STAGE_METRICS 64
#define STAGE_SERIES 16

/** 2026-01-13T00:00:00Z. */
#define STAGE_DAY (INT64_C(20466) * CG_DAY_US)
#define STAGE_HOUR INT64_C(3600000000)

struct stage {
    struct cg_test_host test;
    struct cg_metered_memory memory; /**< of what the test lays down and of texts */
    const struct cg_ecosystem *factory;
    struct cg_tenant tenant;
    void *instance;
    struct cg_ecosystem_description description;
    struct cg_test_metrics metrics[STAGE_METRICS];
    struct cg_metric_series *series[STAGE_METRICS];
};

/** The texts a test compares are split over lines for people; this many settings a table has. */
#define STAGE_COUNT(array_) (sizeof(array_) / sizeof((array_)[0]))

/** Creates an instance and asks it what it is. The billing window is one day from STAGE_DAY, now is noon after it. */
void stage_open(struct stage *stage, const struct cg_registration *module, const struct cg_test_setting *settings,
                size_t count);
void stage_close(struct stage *stage);

/** Sets the billing window; now is noon of the day of its end. */
void stage_window(struct stage *stage, int64_t start, size_t days);

/**
 * Lets the source know a series of `expression`: `value` every `step` seconds in [start, end). `labels` is
 * "name=value" pairs joined by newlines, "" for none.
 */
void stage_know(struct stage *stage, const char *expression, const char *labels, int64_t start, int64_t end,
                int64_t step, double value);

/** Sets one point of the expression's last series. */
void stage_point(struct stage *stage, const char *expression, size_t point, double value);

/** Lets the expression fail; `start` and `end` 0: in any window. */
void stage_fail(struct stage *stage, const char *expression, int64_t start, int64_t end, cg_status status,
                const char *error);

/** "DATE TYPE QUANTITY PRICE TOTAL\n" for every line. */
const char *stage_lines(struct stage *stage);

/** "KIND TYPE ID NAME PARENT {KEY=VALUE,...}\n" for every resource and identity, then "family NAME STATUS TEXT\n". */
const char *stage_inventory(struct stage *stage);

/**
 * Splits a line of `amount` on the first day of the window as the program would: fetches the metrics of all products,
 * resolves, allocates. "ID COST_TYPE AMOUNT METHOD DETAIL TIER\n" for every row. Checks that they sum to the amount.
 */
const char *stage_rows(struct stage *stage, const char *product_type, const char *amount);

#endif
