/*
 * metered.h - a bill made of measurements: so many units of what a metrics source counted, at a price.
 *
 * A part of the helper library (libchitragupt-sdk.a), for ecosystems whose provider sends no bill: they say which
 * products there are and how each is measured, and cg_metered_gather makes the billing lines of every UTC day.
 *
 *   days       from midnight to midnight (UTC), each of 24.0 hours. A day that is not over gets no lines.
 *   samples    of a counter: the increases over consecutive steps, so that each second of the day counts once; of a
 *              size: one sample per step, series that share a time added up first.
 *   quantity   CG_METERED_FIXED    count x hours
 *              CG_METERED_SIZE     mean of the day's sizes in GiB x hours
 *              CG_METERED_COUNTER  sum of the day's increases in GiB
 *   numbers    samples are doubles; they are added with compensation (Neumaier, "Rundungsfehleranalyse einiger
 *              Verfahren zur Summation endlicher Summen", 1974), and the sum becomes a decimal through its shortest
 *              text. From there on products and quotients have 28 significant digits, ties to even, and the text of
 *              the quantity and of the cost keeps its zeros: 72.0 x 0.12 = 8.640.
 *
 * What is not finite is left out. Structs here do not cross the border between program and module. Thread: [run] unless
 * said otherwise.
 *
 * Since ABI 1.3.
 */
#ifndef CHITRAGUPT_METERED_H
#define CHITRAGUPT_METERED_H

#include <chitragupt/ecosystem.h>

CG_BEGIN_DECLS

struct cg_usage;

/* ---- memory that lives as long as an instance ---- */

struct cg_metered_block;

/** Zero-initialise before use. */
struct cg_metered_memory {
    struct cg_metered_block *blocks;
};

/** Zeroed memory, aligned for any type; NULL when out of memory. Thread: [any]. */
void *cg_metered_alloc(struct cg_metered_memory *memory, size_t size);

/** A text in that memory; NULL when out of memory. Thread: [any]. */
char *cg_metered_printf(struct cg_metered_memory *memory, const char *format, ...) CG_PRINTF(2, 3);

/** Gives everything back; the memory may be used again. Thread: [any]. */
void cg_metered_memory_done(struct cg_metered_memory *memory);

/* ---- settings ---- */

/** Seconds of a UTC day, which is what a line is made for. */
#define CG_METERED_DAY_SECONDS INT64_C(86400)

/** The text at `path` below `node`, or NULL when it is absent or empty. Borrowed from the settings. Thread: [any]. */
const char *cg_metered_given(const struct cg_config_api *config, const struct cg_config *node, const char *path);

/** metrics_step_seconds of plugin_settings: at least 1, and 3600 when it is not given. Thread: [any]. */
int64_t cg_metered_sampling(const struct cg_config_api *config, const struct cg_config *settings);

/**
 * For cg_ecosystem.validate: reports plugin_settings without the section `metrics`, metrics_step_seconds above
 * CG_METERED_DAY_SECONDS, and ids and types of static_identities that are longer than CG_METERED_ID_SIZE and
 * CG_METERED_TYPE_SIZE or hold control characters. Thread: [start].
 */
void cg_metered_check(const struct cg_host *host, const struct cg_config *settings);

/**
 * For cg_ecosystem.validate: reports, as a problem of the setting at `path` below `node`, a `name` that
 * cg_metered_is_label_name refuses. NULL is fine. Thread: [start].
 */
void cg_metered_check_label(const struct cg_host *host, const struct cg_config *node, const char *path,
                            const char *name);

/* ---- queries ---- */

/** Room for any duration's text with its NUL. */
#define CG_METERED_DURATION_SIZE 32

/** What stands in a query for the step at which it is sampled: increase(x[$__interval]). */
#define CG_METERED_INTERVAL "$__interval"

/** The greatest number of seconds that divides a day and is not above `step_seconds` (at least 1). Thread: [any]. */
int64_t cg_metered_step(int64_t step_seconds);

/** Writes seconds (at least 1) as PromQL in the largest unit that is exact: 1d, 1h, 30m, 90s. Thread: [any]. */
const char *cg_metered_duration(int64_t seconds, char *buffer);

/** 1 for a metric's name: letters, digits, '_', ':', the first no digit, at most 255 bytes. Thread: [any]. */
int32_t cg_metered_is_metric_name(const char *text);

/** 1 for a label's name: letters, digits, '_', the first no digit, at most 255 bytes. Thread: [any]. */
int32_t cg_metered_is_label_name(const char *text);

/**
 * A selector: `metric`, or with a filter metric{label="value",...}. `filter` is a map of label names to values, or
 * NULL; values may hold any character. NULL when out of memory. Thread: [any].
 */
const char *cg_metered_selector(struct cg_metered_memory *memory, const struct cg_config_api *config,
                                const char *metric, const struct cg_config *filter);

/** What the range selectors of a query are. */
#define CG_METERED_WINDOW_NONE 0u     /**< there is none */
#define CG_METERED_WINDOW_ONE 1u      /**< all have one length, of whole seconds */
#define CG_METERED_WINDOW_INTERVAL 2u /**< all are [$__interval] */
#define CG_METERED_WINDOW_SEVERAL 3u  /**< they differ */
#define CG_METERED_WINDOW_UNREAD 4u   /**< one is no duration of whole seconds */

/**
 * Looks at the range selectors ([1h], [5m:30s], [$__interval]) of a PromQL expression; those in strings and comments do
 * not count. `*ret_seconds` is the length with CG_METERED_WINDOW_ONE, else 0. Thread: [any].
 */
uint32_t cg_metered_window(const char *query, int64_t *ret_seconds);

/** The query with each "$__interval" replaced by a duration; NULL when out of memory. Thread: [any]. */
const char *cg_metered_with_interval(struct cg_metered_memory *memory, const char *query, int64_t seconds);

/** Most bytes of an id that cg_metered_id makes, without its NUL. */
#define CG_METERED_ID_SIZE 1024

/** Most bytes of the type of an identity, without its NUL. */
#define CG_METERED_TYPE_SIZE 255

/**
 * A label's value as an id that can be stored and shown: a byte that is part of a control character or of no UTF-8
 * becomes '?', and what is too long is cut. Answers `value` itself when it is fine, else a text in scratch memory; NULL
 * when out of memory.
 */
const char *cg_metered_id(const struct cg_host *host, const char *value);

/**
 * The values of a label in an answer as cg_metered_id makes them, each once, in byte order; empty ones are left out. In
 * scratch memory. Errors: CG_NO_MEMORY with a sentence.
 */
cg_status cg_metered_values(const struct cg_host *host, const struct cg_metrics_answer *answer, const char *label,
                            struct cg_text_list *ret);

/** The tenant's metrics source, or NULL when it has none or the host is older than ABI 1.3. */
const struct cg_metrics_api *cg_metered_source(const struct cg_host *host);

/* ---- the bill ---- */

#define CG_METERED_FIXED 0u   /**< `count` of something, all day */
#define CG_METERED_SIZE 1u    /**< bytes that are there */
#define CG_METERED_COUNTER 2u /**< bytes that went by: the query gives the increase of each step */

/** One product of the bill. */
struct cg_metered_product {
    uint32_t kind;         /**< CG_METERED_ */
    uint32_t empty_places; /**< decimal places of the zero that stands for a size without samples */
    const char *product_type;
    const char *product_category;
    struct cg_decimal unit_price;
    int64_t count;                       /**< of CG_METERED_FIXED */
    const struct cg_metric_query *query; /**< of the others */
    int64_t step_seconds;                /**< at which the query is sampled; divides a day */
};

/** What the bill consists of. Borrowed for the call. */
struct cg_metered_bill {
    const char *tenant_id;
    const char *resource_id; /**< of every line */
    const char *currency;    /**< e.g. "USD" */
    const char *no_data;     /**< end of the warning for a day without any sample, e.g. " -- skipping" */
    const struct cg_metered_product *products;
    size_t product_count;
};

/**
 * Does the work of cg_ecosystem.gather_billing: asks each query once for all days, those that fail once more day by
 * day, and hands over the lines of every day, product by product in their order. A day without any sample of any query
 * has no lines, which is logged once for all such days that follow each other. A day that could not be read in full is
 * not handed over, so that what is stored of it stays; the others are, and then the first failure is answered, so that
 * the gather is repeated. A bill without queries needs no metrics source.
 */
cg_status cg_metered_gather(const struct cg_gather *gather, const struct cg_metered_bill *bill);

/** The compensated sum. Thread: [any]. */
double cg_metered_sum(const double *values, size_t count);

/* ---- who is charged ---- */

/** A principal and the team it belongs to. */
struct cg_metered_team {
    const char *principal;
    const char *team;
};

/** The section `identity_source` of the settings. Lives in the memory it was read into. */
struct cg_metered_people {
    const struct cg_host *host;
    int32_t from_metrics;     /**< source is `prometheus` or `both` */
    int32_t from_list;        /**< source is `static` or `both` */
    int32_t keeps_raw;        /**< metadata of principals has raw_principal */
    const char *default_team; /**< "UNASSIGNED" */
    const struct cg_metered_team *teams;
    size_t team_count;
    const struct cg_identity *const *listed; /**< static_identities by id, each once: the last one of an id */
    size_t listed_count;
};

/** Reads the section. Strings of the settings are borrowed. Errors: CG_NO_MEMORY with a sentence. */
cg_status cg_metered_people_read(struct cg_metered_memory *memory, const struct cg_host *host,
                                 const struct cg_config *section, int32_t keeps_raw, struct cg_metered_people *ret);

/** Fields of a principal's identity. */
#define CG_METERED_PRINCIPAL_FIELDS 2

/** The identity of a principal: type "principal", named after its team. `ret` borrows `id` and `fields`. */
void cg_metered_principal(const struct cg_metered_people *people, const char *id,
                          struct cg_field fields[CG_METERED_PRINCIPAL_FIELDS], struct cg_identity *ret);

/** The listed identity with this id, or NULL. */
const struct cg_identity *cg_metered_listed(const struct cg_metered_people *people, const char *id);

/**
 * Hands over everybody: the principals that were found, then the list when the source has it, or when nobody was found.
 * Somebody in both is handed over as listed. Types of which the list alone tells are reported as listed completely.
 */
cg_status cg_metered_people_gather(const struct cg_gather *gather, const struct cg_metered_people *people,
                                   const struct cg_text_list *principals);

/** Adds the identity of a principal that shows in metrics: as the window knows it, as listed, or made from its id. One
 * that calls itself UNALLOCATED is left out. */
cg_status cg_metered_add_derived(const struct cg_resolution_context *context, const struct cg_resolution_sink *sink,
                                 const struct cg_metered_people *people, const char *id);

/** Adds every point of the series with `key` to the usage of whom `label` names; those without the label are left out.
 */
cg_status cg_metered_usage(struct cg_usage *usage, const struct cg_allocation_context *context, const char *key,
                           const char *label);

/** Adds the whole list as active. */
cg_status cg_metered_add_listed(const struct cg_resolution_sink *sink, const struct cg_metered_people *people);

CG_END_DECLS

#endif
