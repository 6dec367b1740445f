/* The metrics source, and what the labels of its answers say. */
#include <chitragupt/metered.h>

#include "models_share.h"

#include <stdlib.h>
#include <string.h>

const struct cg_metrics_api *cg_metered_source(const struct cg_host *host) {
    /* NOLINTNEXTLINE(bugprone-sizeof-expression): the size of a pointer is meant */
    return CG_HAS_MEMBER(host, struct cg_host, metrics) ? host->metrics : NULL;
}

static int compare_texts(const void *left, const void *right) {
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

cg_status cg_metered_values(const struct cg_host *host, const struct cg_metrics_answer *answer, const char *label,
                            struct cg_text_list *ret) {
    const char **values = cg_scratch_array(host, answer->series_count + 1, sizeof(const char *));
    if (values == NULL) {
        return cg_scratch_error(host, "the values of a label");
    }
    size_t count = 0;
    for (size_t i = 0; i < answer->series_count; i++) {
        const struct cg_metric_series *series = answer->series[i];
        const char *value = cg_field_value(series->labels, series->label_count, label);
        if (value != NULL && value[0] != '\0') {
            values[count++] = value;
        }
    }
    qsort(values, count, sizeof(const char *), compare_texts);
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (kept == 0 || strcmp(values[kept - 1], values[i]) != 0) {
            values[kept++] = values[i];
        }
    }
    *ret = (struct cg_text_list){.items = values, .count = kept};
    return CG_OK;
}
