#include "net/metrics_jobs.h"

#include <string.h>

#include "base/intern.h"

cg_status cg_metrics_table_init(struct cg_metrics_table *table, size_t count, struct cg_arena *arena) {
    size_t slots = 16;
    while (slots < count && slots <= SIZE_MAX / 4)
        slots *= 2;
    table->mask = slots - 1;
    table->slots = cg_arena_array(arena, slots, sizeof(struct cg_metrics_job *));
    return table->slots ? CG_OK : CG_NO_MEMORY;
}

static bool same_text(const char *left, const char *right) {
    return left == right || (left && right && strcmp(left, right) == 0);
}

static bool same_query(const struct cg_metric_query *left, const struct cg_metric_query *right) {
    if (left == right)
        return true;
    if (!same_text(left->expression, right->expression) || !same_text(left->filter_label, right->filter_label) ||
        left->labels.count != right->labels.count ||
        ((left->flags ^ right->flags) & (CG_METRIC_TRAILING | CG_METRIC_LITERAL)))
        return false;
    for (size_t i = 0; i < left->labels.count; i++) {
        if (!same_text(left->labels.items[i], right->labels.items[i]))
            return false;
    }
    return true;
}

static uint64_t hash_of(const struct cg_metrics_job *job) {
    uint64_t parts[5] = {0};
    parts[0] = (uint64_t)job->step;
    parts[1] = cg_hash_bytes(job->query->expression, strlen(job->query->expression));
    parts[2] = job->resource_id ? cg_hash_bytes(job->resource_id, strlen(job->resource_id)) : 0;
    parts[3] = (uint64_t)job->start;
    parts[4] = (uint64_t)job->end;
    return cg_hash_bytes(parts, sizeof parts);
}

struct cg_metrics_job *cg_metrics_table_get(struct cg_metrics_table *table, const struct cg_metrics_job *wanted,
                                            struct cg_arena *arena, bool *ret_new) {
    uint64_t hash = hash_of(wanted);
    struct cg_metrics_job **slot = &table->slots[hash & table->mask];
    for (struct cg_metrics_job *job = *slot; job; job = job->next) {
        if (job->hash == hash && job->start == wanted->start && job->end == wanted->end && job->step == wanted->step &&
            same_text(job->resource_id, wanted->resource_id) && same_query(job->query, wanted->query)) {
            *ret_new = false;
            return job;
        }
    }
    struct cg_metrics_job *job = cg_arena_alloc(arena, sizeof *job);
    if (!job)
        return NULL;
    *job = *wanted;
    job->hash = hash;
    job->next = *slot;
    *slot = job;
    *ret_new = true;
    return job;
}

static void add_filter(struct cg_buf *buf, const char *label, const char *value) {
    cg_buf_add_char(buf, '{');
    cg_buf_add_text(buf, label);
    cg_buf_add_text(buf, "=\"");
    for (; *value; value++) {
        if (*value == '\n') {
            cg_buf_add_text(buf, "\\n");
            continue;
        }
        if (*value == '\\' || *value == '"')
            cg_buf_add_char(buf, '\\');
        cg_buf_add_char(buf, *value);
    }
    cg_buf_add_text(buf, "\"}");
}

bool cg_metrics_render(struct cg_buf *buf, const struct cg_metric_query *query, const char *resource_id) {
    const char *place = query->flags & CG_METRIC_LITERAL ? NULL : strstr(query->expression, "{}");
    if (!place) {
        cg_buf_add_text(buf, query->expression);
        return false;
    }
    cg_buf_add(buf, query->expression, (size_t)(place - query->expression));
    if (resource_id && query->filter_label)
        add_filter(buf, query->filter_label, resource_id);
    cg_buf_add_text(buf, place + 2);
    return true;
}
