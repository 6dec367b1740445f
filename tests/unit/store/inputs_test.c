#include <stdlib.h>

#include "store/inputs.h"
#include "support.h"

#define DATE "2026-01-10"

static struct cg_date_inputs read_inputs(struct stage *stage, int of_topics) {
    struct cg_date_inputs inputs = {.known = 9, .metrics_failed = 9};
    if (of_topics)
        assert_ok(stage, cg_store_topic_inputs(stage->store, at(DATE), stage->arena, &inputs, &stage->error));
    else
        assert_ok(stage, cg_store_date_inputs(stage->store, at(DATE), stage->arena, &inputs, &stage->error));
    return inputs;
}

static void assert_unknown(struct stage *stage, int of_topics, const char *name) {
    const struct cg_date_inputs inputs = read_inputs(stage, of_topics);
    cr_assert(inputs.known == 0 && inputs.metrics_failed == 0 && !inputs.digest && !inputs.questions, "%s", name);
}

static void assert_known(struct stage *stage, int of_topics, const char *digest, const char *questions,
                         int32_t metrics_failed) {
    const struct cg_date_inputs inputs = read_inputs(stage, of_topics);
    cr_assert_eq(inputs.known, 1, "%s", digest);
    cr_assert_str_eq(inputs.digest, digest);
    cr_assert_str_eq(inputs.questions, questions);
    cr_assert_eq(inputs.metrics_failed, metrics_failed);
}

static void write_date(struct stage *stage, const char *digest, const char *questions, int32_t metrics_failed) {
    const struct cg_fact fact = fact_of(DATE, "e", "r", "A", "x", "1");
    const struct cg_date_result result = {.date = at(DATE),
                                          .facts = &fact,
                                          .fact_count = 1,
                                          .metrics_failed = metrics_failed,
                                          .inputs_digest = digest,
                                          .questions = questions};
    uint64_t rows = 0;
    int32_t changed = 0;
    assert_ok(stage, cg_store_write_date(stage->store, &result, &rows, &changed, &stage->error));
}

static void write_topics(struct stage *stage, const char *digest, const char *questions) {
    const struct cg_topic_fact fact = topic_of(DATE, "t", "A", "1");
    const struct cg_topic_result result = {
        .date = at(DATE), .facts = &fact, .fact_count = 1, .inputs_digest = digest, .questions = questions};
    uint64_t rows = 0;
    int32_t changed = 0;
    assert_ok(stage, cg_store_write_topics(stage->store, &result, &rows, &changed, &stage->error));
}

static void furnish(struct stage *stage, const char *cost) {
    const struct cg_billing_line line = line_of(DATE, "e", "r", "A", cost);
    stage_bill(stage, DATE, &line, 1);
}

Test(store_inputs, of_a_date) {
    struct stage stage;
    stage_init(&stage);
    stage_open(&stage);
    furnish(&stage, "1");
    assert_unknown(&stage, 0, "never calculated");
    write_date(&stage, NULL, NULL, 1);
    assert_unknown(&stage, 0, "nothing given");
    /* Also when the rows are equal. */
    write_date(&stage, "d1", "", 0);
    assert_known(&stage, 0, "d1", "", 0);
    write_date(&stage, "d2", "q2", 1);
    assert_known(&stage, 0, "d2", "q2", 1);
    assert_unknown(&stage, 1, "topics are another matter");
    /* An equal bill leaves it, a revised one does not. */
    furnish(&stage, "1");
    assert_known(&stage, 0, "d2", "q2", 1);
    furnish(&stage, "2");
    assert_unknown(&stage, 0, "marked as changed");
    furnish(&stage, "1");
    write_date(&stage, "d3", "q3", 0);
    assert_known(&stage, 0, "d3", "q3", 0);
    write_date(&stage, "d4", NULL, 0);
    assert_unknown(&stage, 0, "half of it given");
    write_date(&stage, "d5", "q5", 0);
    stage_run(&stage, "UPDATE pipeline_state SET calculation_id = 'theirs'");
    assert_unknown(&stage, 0, "calculated by somebody else");
    stage_done(&stage);
}

Test(store_inputs, of_topics) {
    struct stage stage;
    stage_init(&stage);
    stage_open(&stage);
    furnish(&stage, "1");
    assert_unknown(&stage, 1, "never attributed");
    /* The overlay does not wait for the calculation. */
    write_topics(&stage, "t1", "q1");
    assert_known(&stage, 1, "t1", "q1", 0);
    assert_unknown(&stage, 0, "rows are another matter");
    write_date(&stage, "d1", "", 0);
    assert_unknown(&stage, 1, "calculated since");
    write_topics(&stage, "t1", "q1");
    assert_known(&stage, 1, "t1", "q1", 0);
    /* Calculated again to the same rows: still the same calculation. */
    write_date(&stage, "d2", "", 0);
    assert_known(&stage, 1, "t1", "q1", 0);
    furnish(&stage, "2");
    assert_unknown(&stage, 1, "marked as changed");
    write_topics(&stage, NULL, "q1");
    assert_unknown(&stage, 1, "nothing given");
    stage_done(&stage);
}

Test(store_inputs, questions_have_a_limit) {
    struct stage stage;
    stage_init(&stage);
    stage_open(&stage);
    furnish(&stage, "1");
    char *questions = malloc(CG_INPUTS_QUESTIONS_LIMIT + 2);
    cr_assert_not_null(questions);
    memset(questions, 'q', CG_INPUTS_QUESTIONS_LIMIT + 1);
    questions[CG_INPUTS_QUESTIONS_LIMIT + 1] = '\0';
    write_date(&stage, "d", questions, 0);
    assert_unknown(&stage, 0, "too long");
    questions[CG_INPUTS_QUESTIONS_LIMIT] = '\0';
    write_date(&stage, "d", questions, 0);
    assert_known(&stage, 0, "d", questions, 0);
    free(questions);
    stage_done(&stage);
}
