/*
 * grouping.h - what the aggregates of chargebacks and of topics have in common: group_by, tag filters, and how sums are
 * written.
 *
 * Parameters `tag:{key}=a,b` are filters: the effective value of the tag is a or b. `group_by=tag:{key}` groups by it.
 */
#ifndef CG_API_GROUPING_H
#define CG_API_GROUPING_H

#include "api/names.h"
#include "api/params.h"
#include "views/aggregate.h"

/** What was asked for. Everything lives in the call's arena. */
struct cg_grouping {
    const char **names; /**< of the columns, then of the tags as "tag:{key}", as the answer shows them */
    const char **columns;
    size_t column_count;
    const char **tags; /**< keys */
    size_t tag_count;
    const char **unknown; /**< other words of group_by */
    size_t unknown_count;
    struct cg_fact_tag_filter *filters;
    size_t filter_count;
};

/** Reads the tag filters. 1 when fine; else writes 400 ("Invalid tag key format: 'x'") and answers 0. */
int32_t cg_grouping_filters(struct cg_call *call, struct cg_grouping *grouping);

/**
 * Reads group_by: `otherwise` when it is not given. A word given twice counts once. 1 when fine; else writes 400
 * ("Invalid tag key format in group_by: 'x'") and answers 0. Words that are neither in `known` nor tags are kept apart.
 */
int32_t cg_grouping_read(struct cg_call *call, struct cg_grouping *grouping, const struct cg_name *known,
                         size_t known_count, const char *otherwise);

/** The unit (CG_BUCKET_) of "hour", "day", "week", "month"; -1 for another word. NULL is "day". */
int32_t cg_bucket_unit(const char *name);

/** Writes the members of a bucket or of the whole answer that are sums; `rows` is the name of their number of rows. */
typedef void (*cg_grouping_put_sums)(struct cg_json *json, const struct cg_aggregate_sums *sums, const char *rows);

/**
 * Puts the groups into a question, asks it, and writes the reply: {"buckets":[{"dimensions":{...},"time_bucket":"...",
 * and sums}], and sums}. Returns what the handler does.
 */
cg_status cg_grouping_reply(struct cg_call *call, const struct cg_grouping *grouping,
                            const struct cg_aggregate_question *question, cg_grouping_put_sums put_sums);

/** Writes a member that is a sum: all its digits and at least `places` decimals; zero is "0". */
void cg_grouping_put_sum(struct cg_json *json, const char *key, const struct cg_decimal *sum, int32_t places);

#endif
