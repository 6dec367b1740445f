/* What the series of a metric add up to, in an order of their own. */
#ifndef CCLOUD_USAGE_H
#define CCLOUD_USAGE_H

#include <chitragupt/host.h>

/** One series' part. */
struct ccloud_share {
    const char *name; /**< value of the label, as ccloud_name makes it; not empty */
    double total;     /**< of its points that are finite and above 0; may be 0, or not finite when it overflows */
};

/** Which series count. */
struct ccloud_selection {
    const char *key;         /**< of the metric query */
    const char *name_label;  /**< the label that gives the name; series without it are left out */
    const char *where_label; /**< only series in which this label has the value `where`; NULL: all */
    const char *where;
};

/**
 * The selected series, sorted by name and total; in scratch memory. Several may have one name. Sums of doubles depend
 * on their order, so whoever adds shares in this order gets the same result however the metrics server lists its
 * series. Error: CG_NO_MEMORY, with a text.
 */
cg_status ccloud_shares_of(const struct cg_host *host, const struct cg_metrics *metrics,
                           const struct ccloud_selection *selection, struct ccloud_share **ret, size_t *ret_count);

/** A label's value as a name that can be charged: see cg_metered_id. NULL when out of memory, with a text. */
const char *ccloud_name(const struct cg_host *host, const char *value);

/** Whether any series of the key has a point that is a finite number, whatever its labels. */
int ccloud_has_points(const struct cg_metrics *metrics, const char *key);

#endif
