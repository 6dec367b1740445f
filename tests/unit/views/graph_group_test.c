#include "views/graph_group.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

/* Members: `costly` of cost 1, 2, ..., `free` of cost 0, `credits` of cost -1. */
struct members {
    int costly;
    int free;
    int credits;
};

static void offer_some(struct cg_graph_pick *pick, const char *letter, int count, int64_t cost, int64_t step) {
    for (int i = 0; i < count; i++) {
        char id[16];
        snprintf(id, sizeof id, "%s%04d", letter, i);
        const struct cg_graph_member member = {.id = id, .cost = cg_decimal_from_int64(cost + i * step), .level = 1};
        cr_assert_eq(cg_graph_pick_offer(pick, &member), CG_OK);
    }
}

/* "3 shown a0002..a0000, groups" and each of them as "id type name parent cost count total". */
static const char *part_text(const struct cg_graph_part *part) {
    static char text[1024];
    size_t length = (size_t)snprintf(text, sizeof text, "%zu", part->count);
    if (part->count)
        length += (size_t)snprintf(text + length, sizeof text - length, " %s..%s", part->members[0].id,
                                   part->members[part->count - 1].id);
    for (size_t i = 0; i < part->group_count; i++) {
        const struct cg_graph_node *group = &part->groups[i];
        char cost[CG_DECIMAL_TEXT_SIZE];
        char total[CG_DECIMAL_TEXT_SIZE];
        cg_decimal_format(&group->cost, cost);
        cg_decimal_format(&group->child_cost, total);
        cr_assert_str_eq(group->status, "active");
        cr_assert(group->is_summary);
        length +=
            (size_t)snprintf(text + length, sizeof text - length, "%s%s|%s|%s|%s|%s|%lld|%s",
                             part->groups_first ? " < " : " > ", group->id, group->type, group->name,
                             group->parent_id ? group->parent_id : "-", cost, (long long)group->child_count, total);
    }
    return text;
}

static const struct {
    const char *name;
    enum cg_graph_mode mode;
    const struct cg_graph_kind *kind;
    struct members members;
    const char *wanted;
} cases[] = {
    {"none", CG_GRAPH_GROUPED, &cg_graph_topics, {0, 0, 0}, "0"},
    {"few", CG_GRAPH_GROUPED, &cg_graph_topics, {10, 9, 1}, "20 c0000..z0008"},
    {"one too many",
     CG_GRAPH_GROUPED,
     &cg_graph_topics,
     {10, 10, 1},
     "5 c0009..c0005 < f:topic_group|topic_group|16 topics|f|14|16|14"},
    {"resources",
     CG_GRAPH_GROUPED,
     &cg_graph_resources,
     {25, 0, 0},
     "5 c0024..c0020 < f:resource_group|resource_group|20 resources|f|210|20|210"},
    {"identities",
     CG_GRAPH_GROUPED,
     &cg_graph_identities,
     {24, 0, 0},
     "5 c0023..c0019 < f:identity_group|identity_group|19 identities|f|190|19|190"},
    {"clusters",
     CG_GRAPH_GROUPED,
     &cg_graph_clusters,
     {25, 0, 0},
     "5 c0024..c0020 < f:cluster_group|cluster_group|20 clusters|-|210|20|210"},
    {"nothing to fold", CG_GRAPH_FOLDED, &cg_graph_topics, {0, 0, 0}, "0"},
    {"folded, few",
     CG_GRAPH_FOLDED,
     &cg_graph_identities,
     {2, 1, 0},
     "0 > f:identity_group|identity_group|3 identities|f|0|3|3"},
    {"folded, many",
     CG_GRAPH_FOLDED,
     &cg_graph_topics,
     {22, 1, 0},
     "0 > f:topic_group|topic_group|23 topics|f|0|23|253"},
    {"opened, none", CG_GRAPH_OPENED, &cg_graph_topics, {0, 0, 0}, "0"},
    {"opened, few",
     CG_GRAPH_OPENED,
     &cg_graph_topics,
     {3, 2, 1},
     "4 c0002..m0000 > f:zero_cost_topics|zero_cost_summary|2 others at $0|f|0|2|0"},
    {"opened, nothing costs",
     CG_GRAPH_OPENED,
     &cg_graph_topics,
     {0, 7, 0},
     "0 > f:zero_cost_topics|zero_cost_summary|7 topics ($0)|f|0|7|0"},
    {"opened, no identity costs",
     CG_GRAPH_OPENED,
     &cg_graph_identities,
     {0, 7, 0},
     "0 > f:zero_cost_identities|zero_cost_summary|7 identities ($0)|f|0|7|0"},
    {"opened, only credits",
     CG_GRAPH_OPENED,
     &cg_graph_topics,
     {0, 1, 2},
     "2 m0000..m0001 > f:zero_cost_topics|zero_cost_summary|1 others at $0|f|0|1|0"},
    {"opened, to the brim", CG_GRAPH_OPENED, &cg_graph_topics, {200, 0, 0}, "200 c0199..c0000"},
    {"opened, capped",
     CG_GRAPH_OPENED,
     &cg_graph_topics,
     {203, 4, 1},
     "200 c0202..c0003 > f:capped_topics|capped_summary|4 more topics|f|5|4|5 > "
     "f:zero_cost_topics|zero_cost_summary|4 others at $0|f|0|4|0"},
    {"opened if many, few", CG_GRAPH_OPENED_MANY, &cg_graph_resources, {10, 9, 1}, "20 c0000..z0008"},
    {"opened if many, many",
     CG_GRAPH_OPENED_MANY,
     &cg_graph_resources,
     {10, 10, 1},
     "11 c0009..m0000 > f:zero_cost_resources|zero_cost_summary|10 others at $0|f|0|10|0"},
    {"opened if many, nothing costs",
     CG_GRAPH_OPENED_MANY,
     &cg_graph_resources,
     {0, 21, 0},
     "0 > f:zero_cost_resources|zero_cost_summary|21 others at $0|f|0|21|0"},
    {"opened if many, capped",
     CG_GRAPH_OPENED_MANY,
     &cg_graph_clusters,
     {201, 1, 0},
     "200 c0200..c0001 > f:capped_clusters|capped_summary|1 more clusters|-|1|1|1 > "
     "f:zero_cost_clusters|zero_cost_summary|1 others at $0|-|0|1|0"},
    {"identities, capped",
     CG_GRAPH_OPENED,
     &cg_graph_identities,
     {201, 0, 0},
     "200 c0200..c0001 > f:capped_identities|capped_summary|1 more identities|f|1|1|1"},
    {"all", CG_GRAPH_ALL, &cg_graph_topics, {300, 300, 1}, "601 c0000..z0299"},
};

Test(graph_group, shows_members_and_stands_for_the_others) {
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct cg_arena *arena = cg_arena_new();
        struct cg_graph_pick pick;
        struct cg_graph_part part;
        cg_graph_part_pick(&pick, cases[i].mode);
        offer_some(&pick, "m", cases[i].members.credits, -1, 0);
        offer_some(&pick, "z", cases[i].members.free, 0, 0);
        offer_some(&pick, "c", cases[i].members.costly, 1, 1);
        cr_assert_eq(cg_graph_part_make(&pick, cases[i].mode, cases[i].kind, "f", arena, &part), CG_OK);
        cr_assert_str_eq(part_text(&part), cases[i].wanted, "%s: %s", cases[i].name, part_text(&part));
        cg_graph_pick_done(&pick);
        cg_arena_free(arena);
    }
}
