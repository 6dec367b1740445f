#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "engine/questions.h"

static const struct cg_question asked[] = {
    {.kind = CG_QUESTION_IDENTITY, .end = 1, .id = "u-1"},
    {.kind = CG_QUESTION_IDENTITY, .end = 2, .id = "u-1"},
    {.kind = CG_QUESTION_RESOURCE, .end = -1, .id = "u-1"},
    {.kind = CG_QUESTION_RESOURCE, .end = INT64_MAX, .id = ""},
    {.kind = CG_QUESTION_RESOURCES, .start = INT64_MIN, .end = 5, .type = "connector", .parent = "lkc-1"},
    {.kind = CG_QUESTION_RESOURCES, .start = 4, .end = 5, .type = "connector", .parent = NULL},
    {.kind = CG_QUESTION_RESOURCES, .start = 4, .end = 5, .type = NULL, .parent = "-"},
    {.kind = CG_QUESTION_RESOURCES, .start = 4, .end = 5, .type = NULL, .parent = NULL},
    {.kind = CG_QUESTION_RESOURCES, .start = 4, .end = 5, .type = "", .parent = "=\xc3\xa9 x"},
};
static const size_t asked_count = sizeof asked / sizeof *asked;

static int same(const char *left, const char *right) {
    return left && right ? strcmp(left, right) == 0 : left == right;
}

Test(questions, a_kept_text_gives_the_same_questions) {
    struct cg_questions *questions = cg_questions_new();
    for (int round = 0; round < 2; round++)
        for (size_t i = 0; i < asked_count; i++)
            cr_assert_eq(cg_questions_ask(questions, &asked[i]), round == 0, "question %zu", i);
    cr_assert_eq(cg_questions_count(questions), asked_count);
    char *text = strdup(cg_questions_text(questions));
    char *rest = text;
    struct cg_question read = {0};
    for (size_t i = 0; i < asked_count; i++) {
        cr_assert_eq(cg_questions_read(&rest, &read), CG_OK, "question %zu", i);
        cr_assert(read.kind == asked[i].kind && read.start == asked[i].start && read.end == asked[i].end &&
                      same(read.id, asked[i].id) && same(read.type, asked[i].type) &&
                      same(read.parent, asked[i].parent),
                  "question %zu", i);
    }
    cr_assert_eq(cg_questions_read(&rest, &read), CG_NOT_FOUND);
    free(text);
    cr_assert_eq(cg_questions_clear(questions), CG_OK);
    cr_assert_str_eq(cg_questions_text(questions), "");
    cr_assert_eq(cg_questions_ask(questions, &asked[0]), 1, "the next date asks anew");
    cg_questions_free(questions);
}

static const char *const no_questions[] = {
    "x",
    "\n",
    "I\n",
    "I\t1\n",
    "I\t1\tid\n",
    "I\t1\t-\n",
    "I\tx\t=id\n",
    "I\t\t=id\n",
    "I\t1\t=a\tb\n",
    "I\t1 \t=id\n",
    "Q\t1\t=id\n",
    "II\t1\t=id\n",
    "L\t1\t2\n",
    "L\t1\t=a\t-\n",
    "L\t1\t2\t=a\n",
    "L\t1\t2\t=a\t-b\n",
    "I\t1\t=id",
    "I\t99999999999999999999\t=id\n",
};

Test(questions, what_is_no_question_is_refused) {
    for (size_t i = 0; i < sizeof no_questions / sizeof *no_questions; i++) {
        char *text = strdup(no_questions[i]);
        char *rest = text;
        struct cg_question read = {0};
        cr_expect_eq(cg_questions_read(&rest, &read), CG_INVALID, "'%s'", no_questions[i]);
        free(text);
    }
}
