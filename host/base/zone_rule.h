/*
 * zone_rule.h - the rule that holds after the last change written down in a zone's file: the text of the POSIX variable
 * TZ, "MST7MDT,M3.2.0,M11.1.0".
 *
 * Times are seconds since 1970-01-01T00:00:00Z, offsets are seconds east of UTC.
 */
#ifndef CG_BASE_ZONE_RULE_H
#define CG_BASE_ZONE_RULE_H

#include <chitragupt/error.h>

/** Offsets are smaller than this, to either side. */
#define CG_ZONE_OFFSET_LIMIT (26 * 3600)

/** How a day of the year is told. */
#define CG_ZONE_DAY_JULIAN 0u /**< `day` 1 to 365, February 29 is never counted */
#define CG_ZONE_DAY_PLAIN 1u  /**< `day` 0 to 365, February 29 is counted */
#define CG_ZONE_DAY_WEEK 2u   /**< weekday `day` (0: Sunday) of week `week` (1 to 5, 5: the last one) of `month` */

/** When, in every year, a change happens. */
struct cg_zone_moment {
    uint32_t form;
    int32_t month;
    int32_t week;
    int32_t day;
    int32_t time; /**< seconds from that day's midnight on the clock before the change; -167 h to 167 h */
};

struct cg_zone_rule {
    int32_t standard; /**< offset */
    int32_t summer;   /**< offset between `start` and `end`; the same as `standard` without `changes` */
    int32_t changes;  /**< 1: there are summer times */
    struct cg_zone_moment start;
    struct cg_zone_moment end;
};

/** A change of a zone's offset. */
struct cg_zone_change {
    int64_t time;
    int32_t before;
    int32_t after;
};

/** Reads a rule. Error: CG_INVALID. */
cg_status cg_zone_rule_parse(const char *text, size_t length, struct cg_zone_rule *ret);

/** The last change at or before `time`. 0 when the rule has no changes, else 1. */
int32_t cg_zone_rule_last(const struct cg_zone_rule *rule, int64_t time, struct cg_zone_change *ret);

#endif
