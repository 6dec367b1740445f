#include "config/problems.h"

#include <criterion/criterion.h>
#include <string.h>

Test(problems, are_kept_in_file_order) {
    struct cg_problems *problems = cg_problems_new();
    cg_problems_add(problems, 0, "b.yaml", 9, "x", "nine");
    cg_problems_add(problems, 1, "a.yaml", 1, "", "other file");
    cg_problems_add(problems, 0, "b.yaml", 3, "y.z", "three %d", 3);
    cg_problems_add(problems, 0, "b.yaml", 3, "y.z", "three again");
    cg_problems_add(problems, 0, "b.yaml", 0, "", "whole");
    cg_problems_add(problems, 0, "b.yaml", 3, "y.z", "three 3");
    cr_expect_eq(cg_problems_count(problems), 5);
    cr_expect_eq(cg_problems_errors(problems), 4);
    cr_expect_eq(cg_problems_warnings(problems), 1);
    struct cg_buf buf;
    cg_buf_init(&buf, 10000);
    cr_assert_eq(cg_problems_format(problems, 0, &buf), CG_OK);
    cr_expect_str_eq(cg_buf_text(&buf), "b.yaml: whole\n"
                                        "b.yaml:3: y.z: three 3\n"
                                        "b.yaml:3: y.z: three again\n"
                                        "b.yaml:9: x: nine\n");
    cg_buf_clear(&buf);
    cr_assert_eq(cg_problems_format(problems, 1, &buf), CG_OK);
    cr_expect_str_eq(cg_buf_text(&buf), "a.yaml:1: other file\n");
    cr_expect_null(cg_problems_at(problems, 5));
    cg_buf_done(&buf);
    cg_problems_free(problems);
}

Test(problems, are_bounded_but_counted) {
    struct cg_problems *problems = cg_problems_new();
    for (uint32_t i = 1; i <= CG_PROBLEMS_MAX + 5; i++)
        cg_problems_add(problems, 0, "c.yaml", i, "", "wrong");
    cr_expect_eq(cg_problems_count(problems), CG_PROBLEMS_MAX);
    cr_expect_eq(cg_problems_errors(problems), CG_PROBLEMS_MAX + 5);
    cr_expect(cg_problems_full(problems));
    struct cg_buf buf;
    cg_buf_init(&buf, 1000000);
    cr_assert_eq(cg_problems_format(problems, 0, &buf), CG_OK);
    cr_expect_not_null(strstr(cg_buf_text(&buf), "... and 5 more\n"));
    cg_buf_done(&buf);
    cg_problems_free(problems);
}

Test(problems, cannot_forge_lines_and_are_cut_between_characters) {
    struct cg_problems *problems = cg_problems_new();
    char text[3000];
    for (size_t i = 0; i + 1 < sizeof text; i++)
        text[i] = i % 2 ? '\xA9' : '\xC3';
    text[sizeof text - 1] = '\0';
    cg_problems_add(problems, 0, "c\n.yaml", 1, "a\x1b[31m", "one\ntwo\r\x7f");
    cg_problems_add(problems, 0, "c.yaml", 1, "", "%s", text);
    const struct cg_problem *first = cg_problems_at(problems, 0);
    cr_expect_str_eq(first->file, "c .yaml");
    cr_expect_str_eq(first->path, "a [31m");
    cr_expect_str_eq(first->text, "one two  ");
    const struct cg_problem *second = cg_problems_at(problems, 1);
    cr_expect_eq(strlen(second->text) % 2, 0);
    cr_expect_lt(strlen(second->text), CG_PROBLEM_TEXT_MAX);
    cg_problems_free(problems);
    cg_problems_free(NULL);
    cg_problems_add(NULL, 0, "c.yaml", 1, "", "nowhere");
}
