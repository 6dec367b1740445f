#include "views/graph_compare.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

struct sample {
    struct cg_graph_node nodes[4];
    const struct cg_graph_node *pointers[4];
    struct cg_graph graph;
};

/* "b=1 a=2" */
static void fill(struct sample *sample, const char *text, char ids[4][8]) {
    char cost[64];
    int used = 0;
    size_t count = 0;
    for (; count < 4 && sscanf(text, " %7[^=]=%63s%n", ids[count], cost, &used) == 2; text += used) {
        sample->nodes[count] = (struct cg_graph_node){.id = ids[count]};
        cr_assert_eq(cg_decimal_parse(cost, strlen(cost), &sample->nodes[count].cost), CG_OK);
        sample->pointers[count] = &sample->nodes[count];
        count++;
    }
    sample->graph = (struct cg_graph){.nodes = sample->pointers, .node_count = count};
}

static const struct {
    const char *name;
    const char *before;
    const char *after;
    const char *wanted; /* "id before after delta percent status" */
} cases[] = {
    {"empty", "", "", ""},
    {"equal", "a=1.50", "a=1.5", "a 1.50 1.5 0.00 0 unchanged\n"},
    {"nothing before", "a=0", "a=0", "a 0 0 0 - unchanged\n"},
    {"from nothing", "a=0.00", "a=3", "a 0.00 3 3.00 - changed\n"},
    {"doubled", "a=7.10", "a=14.20", "a 7.10 14.20 7.10 100 changed\n"},
    {"a third more", "a=3", "a=4", "a 3 4 1 33.33333333333333333333333333 changed\n"},
    {"half even", "a=7.0999999999999996447286321", "a=14.199999999999999289457264",
     "a 7.0999999999999996447286321 14.199999999999999289457264 7.0999999999999996447286319 "
     "99.99999999999999999999999718 changed\n"},
    {"to nothing", "a=8", "a=0", "a 8 0 -8 -100 changed\n"},
    {"a credit", "a=-4", "a=1", "a -4 1 5 -125.00 changed\n"},
    {"come and gone, by id", "c=1 a=2", "d=4 b=3 a=2",
     "a 2 2 0 0 unchanged\nb 0 3 3 - new\nc 1 0 -1 - deleted\n"
     "d 0 4 4 - new\n"},
};

static void add(char *text, size_t size, const struct cg_graph_change *change) {
    char numbers[4][CG_DECIMAL_TEXT_SIZE] = {"", "", "", "-"};
    size_t length = strlen(text);
    cg_decimal_format(&change->before, numbers[0]);
    cg_decimal_format(&change->after, numbers[1]);
    cg_decimal_format(&change->delta, numbers[2]);
    if (change->has_percent)
        cg_decimal_format(&change->percent, numbers[3]);
    snprintf(text + length, size - length, "%s %s %s %s %s %s\n", change->node->id, numbers[0], numbers[1], numbers[2],
             numbers[3], change->status);
}

Test(graph_compare, pairs_nodes_by_id) {
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct cg_arena *arena = cg_arena_new();
        struct sample before;
        struct sample after;
        char ids[2][4][8];
        struct cg_graph_change *changes = NULL;
        struct cg_error error;
        size_t count = 0;
        char text[1024] = "";
        fill(&before, cases[i].before, ids[0]);
        fill(&after, cases[i].after, ids[1]);
        cr_assert_eq(cg_graph_compare(&before.graph, &after.graph, arena, &changes, &count, &error), CG_OK);
        for (size_t j = 0; j < count; j++)
            add(text, sizeof text, &changes[j]);
        cr_assert_str_eq(text, cases[i].wanted, "%s: %s", cases[i].name, text);
        cg_arena_free(arena);
    }
}

Test(graph_compare, tells_what_cannot_be_compared) {
    struct cg_arena *arena = cg_arena_new();
    struct sample before;
    struct sample after;
    char ids[2][4][8];
    struct cg_graph_change *changes = NULL;
    struct cg_error error;
    size_t count = 0;
    fill(&before, "a=99999999999999999999999999999999999999", ids[0]);
    fill(&after, "a=0.1", ids[1]);
    cr_assert_eq(cg_graph_compare(&before.graph, &after.graph, arena, &changes, &count, &error), CG_RANGE);
    cr_assert_str_eq(error.text, "the costs of 'a' in the two periods cannot be compared");
    cg_arena_free(arena);
}
