#include "views/graph_group.h"

#include <inttypes.h>

#include "base/time.h"

const struct cg_graph_kind cg_graph_topics = {"topic_group", "topics", 1, 1};
const struct cg_graph_kind cg_graph_resources = {"resource_group", "resources", 1, 0};
const struct cg_graph_kind cg_graph_identities = {"identity_group", "identities", 1, 1};
const struct cg_graph_kind cg_graph_clusters = {"cluster_group", "clusters", 0, 0};

void cg_graph_part_pick(struct cg_graph_pick *pick, enum cg_graph_mode mode) {
    int opened = mode == CG_GRAPH_OPENED || mode == CG_GRAPH_OPENED_MANY;
    cg_graph_pick_init(pick,
                       mode == CG_GRAPH_ALL ? CG_GRAPH_WHOLE
                       : opened             ? CG_GRAPH_EXPANDED
                                            : CG_GRAPH_FEW,
                       opened ? CG_PICK_ZEROS_LAST : CG_PICK_BY_COST);
}

/* What is being put together. */
struct making {
    const struct cg_graph_pick *pick;
    const struct cg_graph_kind *kind;
    const char *focus;
    struct cg_arena *arena;
    struct cg_graph_part *part;
};

static cg_status add_group(struct making *making, const char *suffix, const char *type, const char *name, int64_t count,
                           const struct cg_decimal *cost) {
    const char *id = suffix ? cg_arena_printf(making->arena, "%s:%s", making->focus, suffix) : NULL;
    if (!id || !name)
        return CG_NO_MEMORY;
    making->part->groups[making->part->group_count++] = (struct cg_graph_node){
        .id = id,
        .type = type,
        .name = name,
        .parent_id = making->kind->has_parent ? making->focus : NULL,
        .status = "active",
        .cost = *cost,
        .created_at = CG_TIME_NONE,
        .deleted_at = CG_TIME_NONE,
        .is_summary = 1,
        .child_count = count,
        .child_cost = *cost,
    };
    return CG_OK;
}

/* The total without the first members. */
static cg_status rest_of(const struct cg_graph_pick *pick, size_t first, struct cg_decimal *ret) {
    struct cg_decimal rest = pick->total;
    cg_status status = CG_OK;
    for (size_t i = 0; i < first && status == CG_OK; i++)
        status = cg_decimal_subtract(&rest, &pick->members[i].cost, &rest);
    *ret = rest;
    return status;
}

static cg_status make_grouped(struct making *making) {
    struct cg_decimal rest;
    int64_t count = making->pick->count - (int64_t)CG_GRAPH_TOP;
    cg_status status = rest_of(making->pick, CG_GRAPH_TOP, &rest);
    if (status != CG_OK)
        return status;
    making->part->count = CG_GRAPH_TOP;
    making->part->groups_first = 1;
    return add_group(making, making->kind->group, making->kind->group,
                     cg_arena_printf(making->arena, "%" PRId64 " %s", count, making->kind->plural), count, &rest);
}

/* The other side of an expanded view: it costs nothing here, but says what is in it. */
static cg_status make_folded(struct making *making) {
    int64_t count = making->pick->count;
    making->part->count = 0;
    if (count == 0)
        return CG_OK;
    cg_status status = add_group(making, making->kind->group, making->kind->group,
                                 cg_arena_printf(making->arena, "%" PRId64 " %s", count, making->kind->plural), count,
                                 &making->pick->total);
    if (status == CG_OK)
        making->part->groups[0].cost = (struct cg_decimal){0};
    return status;
}

static cg_status make_opened(struct making *making) {
    const struct cg_graph_pick *pick = making->pick;
    const char *plural = making->kind->plural;
    const struct cg_decimal zero = {0};
    struct cg_decimal rest;
    int64_t costly = pick->count - pick->zeros;
    size_t shown = costly < (int64_t)CG_GRAPH_EXPANDED ? (size_t)costly : CG_GRAPH_EXPANDED;
    int64_t more = costly - (int64_t)shown;
    cg_status status = rest_of(pick, shown, &rest);
    making->part->count = shown;
    if (status == CG_OK && more > 0)
        status = add_group(making, cg_arena_printf(making->arena, "capped_%s", plural), "capped_summary",
                           cg_arena_printf(making->arena, "%" PRId64 " more %s", more, plural), more, &rest);
    if (status == CG_OK && pick->zeros > 0)
        status = add_group(making, cg_arena_printf(making->arena, "zero_cost_%s", plural), "zero_cost_summary",
                           costly == 0 && making->kind->says_none
                               ? cg_arena_printf(making->arena, "%" PRId64 " %s ($0)", pick->zeros, plural)
                               : cg_arena_printf(making->arena, "%" PRId64 " others at $0", pick->zeros),
                           pick->zeros, &zero);
    return status;
}

cg_status cg_graph_part_make(struct cg_graph_pick *pick, enum cg_graph_mode mode, const struct cg_graph_kind *kind,
                             const char *focus, struct cg_arena *arena, struct cg_graph_part *ret) {
    int many = pick->count > (int64_t)CG_GRAPH_FEW;
    if (pick->status != CG_OK)
        return pick->status;
    cg_graph_pick_finish(pick);
    *ret = (struct cg_graph_part){.members = pick->members, .count = pick->kept};
    struct making making = {pick, kind, focus, arena, ret};
    if (mode == CG_GRAPH_FOLDED)
        return make_folded(&making);
    if (mode == CG_GRAPH_OPENED || (mode == CG_GRAPH_OPENED_MANY && many))
        return make_opened(&making);
    if (mode == CG_GRAPH_GROUPED && many)
        return make_grouped(&making);
    cg_graph_pick_by_id(pick);
    return CG_OK;
}
