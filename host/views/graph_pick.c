#include "views/graph_pick.h"

#include <stdlib.h>
#include <string.h>

typedef int (*comparison)(const void *left, const void *right);

static int by_cost(const void *left, const void *right) {
    const struct cg_graph_member *a = left;
    const struct cg_graph_member *b = right;
    int order = cg_decimal_compare(&b->cost, &a->cost);
    return order ? order : strcmp(a->id, b->id);
}

static int zeros_last(const void *left, const void *right) {
    const struct cg_graph_member *a = left;
    const struct cg_graph_member *b = right;
    int order = (cg_decimal_is_zero(&a->cost) != 0) - (cg_decimal_is_zero(&b->cost) != 0);
    return order ? order : by_cost(left, right);
}

static int by_id(const void *left, const void *right) {
    const struct cg_graph_member *a = left;
    const struct cg_graph_member *b = right;
    int order = (a->level > b->level) - (a->level < b->level);
    return order ? order : strcmp(a->id, b->id);
}

static comparison order_of(const struct cg_graph_pick *pick) {
    return pick->order == CG_PICK_ZEROS_LAST ? zeros_last : by_cost;
}

void cg_graph_pick_init(struct cg_graph_pick *pick, size_t limit, uint32_t order) {
    *pick = (struct cg_graph_pick){.limit = limit, .order = order};
}

/* Ids are our own copies; the member says const because its readers have no business with them. */
static void drop_from(struct cg_graph_pick *pick, size_t first) {
    for (size_t i = first; i < pick->kept; i++) {
        union {
            const char *read;
            char *owned;
        } id = {.read = pick->members[i].id};
        free(id.owned);
    }
    pick->kept = first;
}

void cg_graph_pick_done(struct cg_graph_pick *pick) {
    drop_from(pick, 0);
    free(pick->members);
    pick->members = NULL;
}

static void sort(struct cg_graph_pick *pick, comparison compare) {
    if (pick->kept > 1)
        qsort(pick->members, pick->kept, sizeof *pick->members, compare);
}

static void cut(struct cg_graph_pick *pick) {
    sort(pick, order_of(pick));
    if (pick->kept > pick->limit) {
        drop_from(pick, pick->limit);
        pick->cut = 1;
    }
}

static cg_status make_room(struct cg_graph_pick *pick) {
    if (pick->kept < pick->room)
        return CG_OK;
    size_t most = pick->limit * 2;
    size_t room = pick->room ? pick->room * 2 : 32;
    room = room > most ? most : room;
    if (room == pick->room) {
        cut(pick);
        return CG_OK;
    }
    struct cg_graph_member *members = realloc(pick->members, room * sizeof *members);
    if (!members)
        return CG_NO_MEMORY;
    pick->members = members;
    pick->room = room;
    return CG_OK;
}

cg_status cg_graph_pick_offer(struct cg_graph_pick *pick, const struct cg_graph_member *member) {
    if (pick->status != CG_OK)
        return pick->status;
    pick->status = cg_decimal_add(&pick->total, &member->cost, &pick->total);
    pick->count++;
    pick->zeros += cg_decimal_is_zero(&member->cost) != 0;
    /* After a cut the first `limit` members are in order: what is behind the last of them will never be shown. */
    if (pick->status != CG_OK || (pick->cut && order_of(pick)(member, &pick->members[pick->limit - 1]) > 0))
        return pick->status;
    pick->status = make_room(pick);
    if (pick->status != CG_OK)
        return pick->status;
    char *id = strdup(member->id);
    if (!id)
        return pick->status = CG_NO_MEMORY;
    pick->members[pick->kept] = *member;
    pick->members[pick->kept++].id = id;
    return CG_OK;
}

void cg_graph_pick_finish(struct cg_graph_pick *pick) {
    cut(pick);
}

void cg_graph_pick_by_id(struct cg_graph_pick *pick) {
    sort(pick, by_id);
}
