#include "views/graph_compare.h"

#include <stdlib.h>
#include <string.h>

struct entry {
    const struct cg_graph_node *node;
};

static int by_id(const void *left, const void *right) {
    const struct entry *a = left;
    const struct entry *b = right;
    return strcmp(a->node->id, b->node->id);
}

/* The nodes in the order of their ids. */
static struct entry *sorted(const struct cg_graph *graph, struct cg_arena *arena) {
    struct entry *entries = cg_arena_array(arena, graph->node_count + 1, sizeof *entries);
    for (size_t i = 0; entries && i < graph->node_count; i++)
        entries[i].node = graph->nodes[i];
    if (entries && graph->node_count > 1)
        qsort(entries, graph->node_count, sizeof *entries, by_id);
    return entries;
}

static cg_status set_percent(struct cg_graph_change *change) {
    const struct cg_decimal hundred = cg_decimal_from_int64(100);
    struct cg_decimal ratio;
    if (cg_decimal_is_zero(&change->before))
        return CG_OK;
    cg_status status =
        cg_decimal_divide(&change->delta, &change->before, CG_DECIMAL_CONTEXT_DIGITS, CG_ROUND_HALF_EVEN, &ratio);
    if (status == CG_OK)
        status = cg_decimal_multiply(&ratio, &hundred, CG_DECIMAL_CONTEXT_DIGITS, CG_ROUND_HALF_EVEN, &change->percent);
    change->has_percent = status == CG_OK;
    return status;
}

/* Either may be NULL, but not both. */
static cg_status compare(const struct cg_graph_node *before, const struct cg_graph_node *after,
                         struct cg_graph_change *ret) {
    *ret = (struct cg_graph_change){.node = before ? before : after};
    if (before)
        ret->before = before->cost;
    if (after)
        ret->after = after->cost;
    cg_status status = cg_decimal_subtract(&ret->after, &ret->before, &ret->delta);
    if (status != CG_OK)
        return status;
    if (!before || !after) {
        ret->status = before ? CG_GRAPH_DELETED : CG_GRAPH_NEW;
        return CG_OK;
    }
    ret->status = cg_decimal_is_zero(&ret->delta) ? CG_GRAPH_UNCHANGED : CG_GRAPH_CHANGED;
    return set_percent(ret);
}

cg_status cg_graph_compare(const struct cg_graph *before, const struct cg_graph *after, struct cg_arena *arena,
                           struct cg_graph_change **ret, size_t *ret_count, struct cg_error *error) {
    const struct entry *left = sorted(before, arena);
    const struct entry *right = sorted(after, arena);
    struct cg_graph_change *changes =
        cg_arena_array(arena, before->node_count + after->node_count + 1, sizeof *changes);
    if (!left || !right || !changes)
        return cg_error_no_memory(error);
    size_t i = 0;
    size_t j = 0;
    size_t count = 0;
    while (i < before->node_count || j < after->node_count) {
        int order = i == before->node_count  ? 1
                    : j == after->node_count ? -1
                                             : strcmp(left[i].node->id, right[j].node->id);
        const char *id = (order <= 0 ? &left[i] : &right[j])->node->id;
        const struct cg_graph_node *gone = order <= 0 ? left[i++].node : NULL;
        const struct cg_graph_node *come = order >= 0 ? right[j++].node : NULL;
        if (compare(gone, come, &changes[count++]) != CG_OK)
            return cg_error_set(error, CG_RANGE, "the costs of '%s' in the two periods cannot be compared", id);
    }
    *ret = changes;
    *ret_count = count;
    return CG_OK;
}
