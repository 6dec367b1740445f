#include "usage.h"

#include <chitragupt/metered.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

static double total_of(const struct cg_metric_series *series) {
    double total = 0;
    for (size_t i = 0; i < series->point_count; i++) {
        double value = series->points[i].value;
        if (isfinite(value) && value > 0) {
            total += value;
        }
    }
    return total;
}

static int compare_shares(const void *left, const void *right) {
    const struct ccloud_share *a = left;
    const struct ccloud_share *b = right;
    int order = strcmp(a->name, b->name);
    if (order != 0) {
        return order;
    }
    return (a->total > b->total) - (a->total < b->total);
}

static const char *label_of(const struct cg_metric_series *series, const char *label) {
    return cg_field_value(series->labels, series->label_count, label);
}

static int is_selected(const struct cg_metric_series *series, const struct ccloud_selection *selection) {
    if (strcmp(series->key, selection->key) != 0) {
        return 0;
    }
    const char *name = label_of(series, selection->name_label);
    if (name == NULL || name[0] == '\0') {
        return 0;
    }
    const char *where = selection->where_label == NULL ? NULL : label_of(series, selection->where_label);
    return selection->where_label == NULL || (where != NULL && strcmp(where, selection->where) == 0);
}

const char *ccloud_name(const struct cg_host *host, const char *value) {
    const char *name = cg_metered_id(host, value);
    if (name == NULL) {
        (void)host->set_error(host, CG_NO_MEMORY, "There was not enough memory for the names in the metrics.");
    }
    return name;
}

cg_status ccloud_shares_of(const struct cg_host *host, const struct cg_metrics *metrics,
                           const struct ccloud_selection *selection, struct ccloud_share **ret, size_t *ret_count) {
    struct ccloud_share *shares = host->scratch(host, (metrics->series_count + 1) * sizeof *shares);
    if (shares == NULL) {
        return host->set_error(host, CG_NO_MEMORY, "There was not enough memory for the usage in %s.", selection->key);
    }
    size_t count = 0;
    for (size_t i = 0; i < metrics->series_count; i++) {
        const struct cg_metric_series *series = metrics->series[i];
        if (!is_selected(series, selection)) {
            continue;
        }
        const char *name = ccloud_name(host, label_of(series, selection->name_label));
        if (name == NULL) {
            return CG_NO_MEMORY;
        }
        shares[count++] = (struct ccloud_share){name, total_of(series)};
    }
    qsort(shares, count, sizeof *shares, compare_shares);
    *ret = shares;
    *ret_count = count;
    return CG_OK;
}

int ccloud_has_points(const struct cg_metrics *metrics, const char *key) {
    for (size_t i = 0; i < metrics->series_count; i++) {
        const struct cg_metric_series *series = metrics->series[i];
        if (strcmp(series->key, key) != 0) {
            continue;
        }
        for (size_t k = 0; k < series->point_count; k++) {
            if (isfinite(series->points[k].value)) {
                return 1;
            }
        }
    }
    return 0;
}
