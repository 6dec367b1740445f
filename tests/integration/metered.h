/*
 * metered.h - tenants whose bill is made of what a real Prometheus measured, over ten days with a month's end.
 *
 * Every function ends the running Criterion test when it cannot do what it says.
 */
#ifndef CG_TESTS_METERED_H
#define CG_TESTS_METERED_H

#include <stdint.h>

#include "support/db.h"
#include "support/program.h"
#include "support/prometheus.h"

/** When runs take place, and the days that they bill: ten, from FIRST up to END. */
#define METERED_NOW "2026-07-04T12:00:00Z"
#define METERED_FIRST "2026-06-23"
#define METERED_LAST "2026-07-02"
#define METERED_DAYS 10

/** In Unix seconds: midnight of METERED_FIRST, the end of METERED_LAST, and METERED_NOW. */
#define METERED_START INT64_C(1782172800)
#define METERED_END INT64_C(1783036800)
#define METERED_AT INT64_C(1783166400)

#define METERED_HOUR INT64_C(3600)
#define METERED_DAY INT64_C(86400)
#define METERED_GIB 1073741824.0

/** Samples are so many seconds apart, the first of them at a midnight. */
#define METERED_SCRAPE 300

/** The tenant and its database. */
#define METERED_TENANT "metered"
#define METERED_DATABASE "metered.db"
#define METERED_CSV "csv"

/** One series. */
struct metered_series {
    const char *series; /**< with its labels: x{a="b"} */
    double hourly;      /**< a counter's increase in an hour: a multiple of 0.125, below 2^40 */
    double size;        /**< in place of it: a gauge that stands still */
    int64_t from;       /**< first sample; 0: METERED_START */
    int64_t until;      /**< last sample; 0: METERED_AT */
    int64_t gap_from;   /**< no samples from here up to gap_until; 0: no gap */
    int64_t gap_until;
    const char *odd; /**< "NaN", "+Inf": the value of the first sample of each day's second hour, or NULL */
};

/** A Prometheus with its blocks. */
struct metered_source {
    struct cg_test_prometheus server;
    char blocks[CG_TEST_PATH_SIZE];
};

/**
 * Starts a Prometheus that knows series; `name` is a folder that is made for its blocks in `folder`. Of `options` (may
 * be NULL) all but metrics and blocks count.
 *
 * Increases that are exact: Prometheus takes the difference between the last and the first sample of a window, and
 * stretches it where the samples do not reach the window's ends. Here a sample stands on each end of each window (of 5
 * minutes and more), so that it stretches by 1; and all values are multiples of 1/8 below 2^50, so that differences and
 * their sums are exact in doubles, in whatever order they are added.
 */
void metered_start(const char *folder, const char *name, const struct metered_series *series, size_t count,
                   const struct cg_test_prometheus_options *options, struct metered_source *ret);

/** Ends it; nothing happens when it was never started or was ended before. */
void metered_stop(struct metered_source *source);

/** What a configuration says. */
struct metered_config {
    const char *ecosystem;
    const char *url;      /**< of the metrics source */
    const char *settings; /**< lines of plugin_settings, indented by six */
    const char *metrics;  /**< further entries of `metrics`, ", a: b", or NULL */
    const char *tenant;   /**< further lines of the tenant, indented by four, or NULL */
    const char *database; /**< or NULL: METERED_DATABASE */
    unsigned lookback;    /**< 0: 11, which are METERED_DAYS */
};

/** The same as text: a "tenants:" section with one tenant and CSV files. The caller frees it. */
char *metered_config_text(const struct metered_config *config);

/** Writes `folder`/config.yaml. */
void metered_configure(const char *folder, const struct metered_config *config);

/** A run at METERED_NOW, which must end with this status; returns what it wrote to standard error, to be freed. */
char *metered_run(const char *folder, int exit_status);

/** "product quantity unit_price total_cost\n" of a day's lines, by product. The caller frees it. */
char *metered_lines(sqlite3 *db, const char *date);

/** "product identity cost_type method detail amount\n" of a day's rows, by product and identity. The caller frees it.
 */
char *metered_rows(sqlite3 *db, const char *date);

/** "type id display_name parent region metadata deleted\n" of the resources, by id. The caller frees it. */
char *metered_resources(sqlite3 *db);

/** "type id display_name metadata deleted\n" of the identities, by id. The caller frees it. */
char *metered_identities(sqlite3 *db);

/** Ends the test unless each of the ten days has these lines and rows (NULL: no matter). */
void metered_every_day(sqlite3 *db, const char *lines, const char *rows);

/** Ends the test unless the texts are equal. `what` is said in front; `got` is freed. */
void metered_equal(const char *what, char *got, const char *wanted);

/** Ends the test unless the rows of every billing line sum to its cost exactly, and the files follow them. */
void metered_balance(const char *folder, sqlite3 *db);

#endif
