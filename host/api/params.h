/*
 * params.h - parameters of the query and the path, checked. What is wrong with them is collected, so that one answer
 * tells everything.
 *
 *     struct cg_params params;
 *     cg_params_init(&params, call);
 *     int64_t page = cg_param_int(&params, "page", 1, 1, CG_PARAM_NO_LIMIT);
 *     if (!cg_params_fine(&params))
 *         return cg_reply_done(call);    // 422 with the list of problems was written
 */
#ifndef CG_API_PARAMS_H
#define CG_API_PARAMS_H

#include "api/call.h"
#include "api/json.h"
#include "base/time.h"

#define CG_PARAM_NO_LIMIT INT64_MAX

/** Longest echo of a rejected value, in characters. */
#define CG_PARAM_ECHO 200

struct cg_params {
    struct cg_call *call;
    struct cg_buf problems; /**< elements of the list, as JSON */
    struct cg_json json;
    size_t count;
};

void cg_params_init(struct cg_params *params, struct cg_call *call);

/** 1 when there was no problem; else writes the 422 and answers 0. Frees what was collected. */
int32_t cg_params_fine(struct cg_params *params);

/** The last value of a name, "" included; NULL when it is not given. */
const char *cg_param_text(struct cg_params *params, const char *name);

/** A text that must be given: NULL, and a problem, when it is not; `least` characters at least. */
const char *cg_param_needed_text(struct cg_params *params, const char *name, size_t least);

/** A whole number in [minimum, maximum]; `otherwise` when not given or wrong. */
int64_t cg_param_int(struct cg_params *params, const char *name, int64_t otherwise, int64_t minimum, int64_t maximum);

/** The path's value `index` as a whole number of 64 bits, 0 when it is none; `name` is for the message. */
int64_t cg_param_path_int(struct cg_params *params, size_t index, const char *name);

/** Midnight of a date; CG_TIME_NONE when not given (a problem with `needed`) or wrong. */
int64_t cg_param_date(struct cg_params *params, const char *name, int32_t needed);

/** A point in time. */
struct cg_instant {
    int64_t time;     /**< UTC, or CG_TIME_NONE: not given or wrong */
    int32_t has_zone; /**< 0: no offset was given, which is a 400 of the route's, see cg_instant_check */
};

struct cg_instant cg_param_instant(struct cg_params *params, const char *name);

/** One of `choices` (a NULL-terminated list), or NULL when not given; another text is a `literal_error`. */
const char *cg_param_choice(struct cg_params *params, const char *name, const char *const *choices);

/**
 * Adds a problem by hand. `place` is "query", "path" or "body"; `input` is JSON text; `context` is JSON text or NULL.
 */
void cg_params_problem(struct cg_params *params, const char *type, const char *place, const char *name,
                       const char *message, const char *input, const char *context);

/** 1 when fine; else writes 400 "<name> must include timezone (e.g., 2026-02-24T00:00:00Z)" and answers 0. */
int32_t cg_instant_check(struct cg_call *call, const char *name, const struct cg_instant *instant);

/** Pages. */
struct cg_page {
    int64_t page;      /**< from 1 */
    int64_t page_size; /**< 1 to 1000 */
    int64_t offset;    /**< rows before it */
};

struct cg_page cg_params_page(struct cg_params *params);

/**
 * A range of days. Daily facts belong to their UTC day, whatever the zone: [start, end) are UTC midnights. Where facts
 * lie within a day, they belong to a day of the zone: [zone_start, zone_end). Without a zone both are equal.
 */
struct cg_range {
    int64_t start;
    int64_t end; /**< exclusive */
    int64_t zone_start;
    int64_t zone_end;
    const struct cg_zone *zone; /**< or NULL: UTC */
};

/** Reads start_date, end_date and timezone as texts and dates; cg_range_resolve checks them against each other. */
struct cg_range_given {
    int64_t start_date; /**< or CG_TIME_NONE */
    int64_t end_date;
    const char *timezone; /**< or NULL */
};

struct cg_range_given cg_params_range(struct cg_params *params);

/**
 * Applies the defaults (end: today in UTC; start: 30 days before the end) and the zone. 1 when fine; else writes 400
 * ("start_date must be <= end_date", "Unknown timezone: 'x'") and answers 0. A route about facts calls
 * cg_range_facts for the bounds.
 */
int32_t cg_range_resolve(struct cg_call *call, const struct cg_range_given *given, struct cg_range *ret);

/** The bounds that hold for facts of the call's tenant: zone_start and zone_end if it is hourly, else start and end. */
void cg_range_facts(const struct cg_call *call, const struct cg_range *range, int64_t *ret_start, int64_t *ret_end);

#endif
