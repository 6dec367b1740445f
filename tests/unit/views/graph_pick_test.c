#include "views/graph_pick.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct cg_decimal number(const char *text) {
    struct cg_decimal value;
    cr_assert_eq(cg_decimal_parse(text, strlen(text), &value), CG_OK, "%s", text);
    return value;
}

/* "a=1.5 b=0 ..." */
static void offer_all(struct cg_graph_pick *pick, const char *members) {
    char id[32];
    char cost[48];
    int used = 0;
    for (; sscanf(members, " %31[^=]=%47s%n", id, cost, &used) == 2; members += used) {
        const struct cg_graph_member member = {.id = id, .cost = number(cost), .level = id[0] == 'z' ? 2 : 1};
        cr_assert_eq(cg_graph_pick_offer(pick, &member), CG_OK);
    }
}

static const char *kept(const struct cg_graph_pick *pick) {
    static char text[512];
    size_t length = 0;
    text[0] = '\0';
    for (size_t i = 0; i < pick->kept; i++)
        length += (size_t)snprintf(text + length, sizeof text - length, "%s%s", i ? " " : "", pick->members[i].id);
    return text;
}

static const struct {
    const char *name;
    size_t limit;
    uint32_t order;
    const char *members;
    const char *by_order;
    const char *by_id;
    int64_t count;
    int64_t zeros;
    const char *total;
} cases[] = {
    {"nothing", 3, CG_PICK_BY_COST, "", "", "", 0, 0, "0"},
    {"costliest first, then by id", 9, CG_PICK_BY_COST, "c=1 a=2 b=1.0 d=10", "d a b c", "a b c d", 4, 0, "14.0"},
    {"only the costliest", 2, CG_PICK_BY_COST, "a=1 b=2 c=3 d=4 e=5 f=6 g=0.5", "f e", "e f", 7, 0, "21.5"},
    {"equal costs are cut by id", 2, CG_PICK_BY_COST, "e=1 d=1 c=1 b=1 a=1", "a b", "a b", 5, 0, "5"},
    {"credits come last", 9, CG_PICK_BY_COST, "a=-1 b=0 c=1 d=-2", "c b a d", "a b c d", 4, 1, "-2"},
    {"credits before what is free", 9, CG_PICK_ZEROS_LAST, "a=-1 b=0 c=1 d=-2 e=0.00", "c a d b e", "a b c d e", 5, 2,
     "-2.00"},
    {"credits are kept, what is free is not", 3, CG_PICK_ZEROS_LAST, "a=0 b=0 c=0 d=0 e=0 f=0 g=-1 h=2 i=-3", "h g i",
     "g h i", 9, 6, "-2"},
    {"levels before ids", 9, CG_PICK_BY_COST, "z1=5 b=1 a=1", "z1 a b", "a b z1", 3, 0, "7"},
    {"exact", 1, CG_PICK_BY_COST, "a=0.1 b=0.2 c=0.0000000000000000000000000000000001", "b", "b", 3, 0,
     "0.3000000000000000000000000000000001"},
};

Test(graph_pick, orders_and_sums) {
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct cg_graph_pick pick;
        const struct cg_decimal total = number(cases[i].total);
        cg_graph_pick_init(&pick, cases[i].limit, cases[i].order);
        offer_all(&pick, cases[i].members);
        cg_graph_pick_finish(&pick);
        cr_assert_str_eq(kept(&pick), cases[i].by_order, "%s", cases[i].name);
        cg_graph_pick_by_id(&pick);
        cr_assert_str_eq(kept(&pick), cases[i].by_id, "%s", cases[i].name);
        cr_assert_eq(pick.count, cases[i].count, "%s", cases[i].name);
        cr_assert_eq(pick.zeros, cases[i].zeros, "%s", cases[i].name);
        cr_assert_eq(cg_decimal_compare(&pick.total, &total), 0, "%s", cases[i].name);
        cg_graph_pick_done(&pick);
    }
}

Test(graph_pick, keeps_a_bounded_number_of_any) {
    struct cg_graph_pick pick;
    cg_graph_pick_init(&pick, 5, CG_PICK_BY_COST);
    for (int64_t i = 0; i < 20000; i++) {
        char id[16];
        /* Every remainder once, in no order. */
        int64_t cost = i * 7919 % 20000;
        snprintf(id, sizeof id, "m%05d", (int)cost);
        const struct cg_graph_member member = {.id = id, .cost = cg_decimal_from_int64(cost)};
        cr_assert_eq(cg_graph_pick_offer(&pick, &member), CG_OK);
        cr_assert_leq(pick.room, 32);
    }
    cg_graph_pick_finish(&pick);
    cr_assert_str_eq(kept(&pick), "m19999 m19998 m19997 m19996 m19995");
    cr_assert_eq(pick.count, 20000);
    cg_graph_pick_done(&pick);
}

Test(graph_pick, tells_a_sum_that_does_not_fit) {
    struct cg_graph_pick pick;
    const struct cg_graph_member large = {.id = "a", .cost = number("99999999999999999999999999999999999999")};
    const struct cg_graph_member small = {.id = "b", .cost = number("0.1")};
    cg_graph_pick_init(&pick, 5, CG_PICK_BY_COST);
    cr_assert_eq(cg_graph_pick_offer(&pick, &large), CG_OK);
    cr_assert_eq(cg_graph_pick_offer(&pick, &small), CG_RANGE);
    cr_assert_eq(cg_graph_pick_offer(&pick, &large), CG_RANGE);
    cg_graph_pick_done(&pick);
}
