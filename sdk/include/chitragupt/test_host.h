/*
 * test_host.h - a host for the tests of a module.
 *
 * A part of the helper library (libchitragupt-sdk.a), for test programs only. It holds still, remembers everything it
 * was told and answers what the test laid down:
 *
 *     static const struct cg_test_setting settings[] = {{"resource_id", "lkc-1", 0}, {"owners.0", "sa-1", 0}};
 *     struct cg_test_host test;
 *     cg_test_host_init(&test);
 *     struct cg_tenant tenant = {.struct_size = sizeof tenant, .settings = cg_test_config(&test, settings, 2), ...};
 *     status = factory->create(&test.host, &tenant, &instance);
 *     ... look at test.rows, test.error, test.log ...
 *     cg_test_host_done(&test);
 *
 * What the test lays down is set in the struct's members and borrowed; what is recorded belongs to the test host and
 * lives until cg_test_host_reset or cg_test_host_done. When memory is really exhausted, or the test itself is wrong,
 * the program is aborted with a sentence. Thread: one.
 *
 * Since ABI 1.0; the metrics source since 1.3.
 */
#ifndef CHITRAGUPT_TEST_HOST_H
#define CHITRAGUPT_TEST_HOST_H

#include <chitragupt/ecosystem.h>

CG_BEGIN_DECLS

/** One setting, by its path from the root: {"flink.0.region_id", "eu", 0}. Lists are filled in order from 0. */
struct cg_test_setting {
    const char *path;
    const char *value; /**< its text; NULL for null, and for empty lists and maps */
    uint32_t type;     /**< CG_CONFIG_; 0: a string, or null when `value` is NULL */
};

/** One canned answer. Several answers to one path are given in turn, the last one then stays. */
struct cg_test_answer {
    const char
        *path; /**< "/iam/v2/users", or with the encoded query: "/iam/v2/users?page_size=99" (looked for first) */
    uint32_t http_status; /**< 0: no answer, as after a connection failure */
    const char *body;     /**< or NULL: empty */
};

/**
 * What the metrics source knows. A question is answered by the first entry that has its expression and, where it gives
 * one, its window; a question that none answers has no series. Of the series, the labels that the query names and the
 * points inside the window are handed over, under the query's key; those without such points are left out. Since ABI
 * 1.3.
 */
struct cg_test_metrics {
    const char *expression; /**< as it is sent: with the filter in the place of the first "{}", or without it */
    int64_t start;          /**< of the window; 0 with `end` 0: any window */
    int64_t end;
    const struct cg_metric_series *series; /**< or NULL: none; labels and points as modules get them */
    size_t series_count;
    uint64_t ignored_points;
    cg_status status;  /**< other than CG_OK: the query fails */
    const char *error; /**< its sentence then, or NULL: a general one */
};

#define CG_TEST_ACTIVE 1u  /**< `identity` was added as active */
#define CG_TEST_DERIVED 2u /**< `identity` was added as derived */
#define CG_TEST_TEXT 3u    /**< map, key and text were put */
#define CG_TEST_NUMBER 4u  /**< map, key and number were put */

/** One call of a resolution sink. */
struct cg_test_finding {
    uint32_t kind; /**< CG_TEST_ACTIVE... */
    const struct cg_identity *identity;
    const char *map;
    const char *key;
    const char *text;
    double number;
};

/** How an ecosystem said that reading a family ended. */
struct cg_test_family {
    const char *name;
    cg_status status;
    const char *text;
};

struct cg_test_host {
    struct cg_host host;                       /**< for the module: &test.host */
    struct cg_row_sink row_sink;               /**< for allocators */
    struct cg_resolution_sink resolution_sink; /**< for identity resolvers */
    struct cg_gather gather;                   /**< for gather calls; the test sets now, billing_start, billing_end */

    /* Laid down by the test; kept by cg_test_host_reset. */
    int64_t now;       /**< what host->now answers; 0 at first */
    int32_t cancelled; /**< what host->cancelled answers */
    uint32_t reserved;
    size_t scratch_left; /**< calls of host->scratch that still succeed; SIZE_MAX at first: all */
    const struct cg_test_answer *answers;
    size_t answer_count;
    const struct cg_test_metrics *metrics;
    size_t metrics_count;
    int64_t metrics_step_seconds; /**< 3600 at first */
    cg_status metrics_status;     /**< CG_OK at first; else what every call of host->metrics->fetch answers */
    uint32_t reserved2;

    /* Recorded. */
    const char *log;        /**< "WARNING text\n" per event; "" when there is none */
    const char *problems;   /**< "path: text\n" per problem of `validate` */
    const char *requests;   /**< "/path?query\n" per HTTP request */
    const char *questions;  /**< "expression [start, end) step\n" per question to the metrics source, times in seconds;
                                 "expression (start, end] step\n" with CG_METRIC_TRAILING */
    const char *error;      /**< the sentence of the last set_error, or NULL */
    cg_status error_status; /**< its status, CG_OK when there is none */
    uint32_t problem_count;
    const struct cg_row *rows;
    size_t row_count;
    const struct cg_test_finding *findings;
    size_t finding_count;
    const struct cg_resource *const *resources;
    size_t resource_count;
    const struct cg_identity *const *identities;
    size_t identity_count;
    const struct cg_test_family *families;
    size_t family_count;
    const struct cg_billing_line *const *lines; /**< in the order in which they were handed over */
    size_t line_count;

    void *impl; /**< the test host's own */
};

/** Makes an empty test host. The struct must not move afterwards. */
void cg_test_host_init(struct cg_test_host *test);

/** Forgets what was recorded, and frees scratch memory; settings and what the test laid down stay. */
void cg_test_host_reset(struct cg_test_host *test);

/** Frees everything. HTTP clients must be closed before. */
void cg_test_host_done(struct cg_test_host *test);

/** Settings from a table, with the types given there; they live until cg_test_host_done. */
const struct cg_config *cg_test_config(struct cg_test_host *test, const struct cg_test_setting *settings, size_t count);

CG_END_DECLS

#endif
