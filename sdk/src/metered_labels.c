/* The metrics source, and what the labels of its answers say. */
#include <chitragupt/metered.h>
#include <chitragupt/models.h>

#include "models_share.h"

#include <stdlib.h>
#include <string.h>

const struct cg_metrics_api *cg_metered_source(const struct cg_host *host) {
    /* NOLINTNEXTLINE(bugprone-sizeof-expression): the size of a pointer is meant */
    return CG_HAS_MEMBER(host, struct cg_host, metrics) ? host->metrics : NULL;
}

/* ---- ids ---- */

/* Bytes of the UTF-8 sequence at `text`, as RFC 3629, section 4, has it; 0 for none and for a control character. */
static size_t character(const unsigned char *text) {
    unsigned char lead = text[0];
    if (lead < 0x80) {
        return lead >= 0x20 && lead != 0x7F;
    }
    size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    unsigned low = lead == 0xC2 || lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80; /* with C2 80 to C2 9F: controls */
    unsigned high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    if (lead < 0xC2 || lead > 0xF4 || text[1] < low || text[1] > high) {
        return 0;
    }
    for (size_t i = 2; i < length; i++) {
        if ((text[i] & 0xC0) != 0x80) {
            return 0;
        }
    }
    return length;
}

/* Bytes of `text` that can stay as they are, at most `most`. */
static size_t clean_length(const char *text, size_t most) {
    size_t length = 0;
    while (text[length] != '\0') {
        size_t next = character((const unsigned char *)text + length);
        if (next == 0 || length + next > most) {
            break;
        }
        length += next;
    }
    return length;
}

const char *cg_metered_id(const struct cg_host *host, const char *value) {
    size_t length = clean_length(value, CG_METERED_ID_SIZE);
    if (value[length] == '\0') {
        return value;
    }
    char *id = host->scratch(host, strnlen(value, CG_METERED_ID_SIZE) + 1);
    size_t size = 0;
    while (id != NULL && *value != '\0') {
        length = clean_length(value, CG_METERED_ID_SIZE - size);
        memcpy(id + size, value, length);
        size += length;
        value += length;
        if (*value == '\0' || character((const unsigned char *)value) > 0 || size == CG_METERED_ID_SIZE) {
            break;
        }
        id[size++] = '?';
        value++;
    }
    if (id != NULL) {
        id[size] = '\0';
    }
    return id;
}

/* ---- series ---- */

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
        if (value == NULL || value[0] == '\0') {
            continue;
        }
        values[count] = cg_metered_id(host, value);
        if (values[count++] == NULL) {
            return cg_scratch_error(host, "the values of a label");
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

cg_status cg_metered_usage(struct cg_usage *usage, const struct cg_allocation_context *context, const char *key,
                           const char *label) {
    const struct cg_metrics *metrics = context->metrics;
    cg_status status = CG_OK;
    for (size_t i = 0; metrics != NULL && i < metrics->series_count && status == CG_OK; i++) {
        const struct cg_metric_series *series = metrics->series[i];
        const char *value = cg_field_value(series->labels, series->label_count, label);
        if (strcmp(series->key, key) != 0 || value == NULL || value[0] == '\0') {
            continue;
        }
        const char *id = cg_metered_id(context->host, value);
        if (id == NULL) {
            return cg_scratch_error(context->host, "the usage of an identity");
        }
        for (size_t k = 0; k < series->point_count && status == CG_OK; k++) {
            status = cg_usage_add(usage, id, series->points[k].value);
        }
    }
    return status;
}
